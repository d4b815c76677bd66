#include "cloudflare/pagination.h"

#include <gmock/gmock.h>

namespace idpd::cloudflare {
namespace {

using base::Code;
using base::Json;
using ::testing::HasSubstr;

// `count` items from number `first` on; a total or a page size below zero is left out.
Envelope page(int first, int count, int total, int per_page = -1) {
  Json::Array items;
  for (int i = first; i < first + count; ++i) {
    Json item{Json::Object{}};
    item["id"] = "id-" + std::to_string(i);
    items.push_back(std::move(item));
  }
  Envelope envelope;
  envelope.result = Json(std::move(items));
  if (total >= 0) envelope.result_info["total_count"] = total;
  if (per_page >= 0) envelope.result_info["per_page"] = per_page;
  return envelope;
}

struct Outcome {
  std::string end;  // "whole", "more" or "incomplete"
  std::size_t items = 0;
};

Outcome read(std::vector<Envelope> pages, int per_page = 10) {
  Listing listing("GET /x", per_page);
  for (std::size_t i = 0; i < pages.size(); ++i) {
    EXPECT_EQ(listing.next_page(), static_cast<int>(i) + 1);
    const auto whole = listing.add(std::move(pages[i]));
    if (!whole) {
      EXPECT_EQ(whole.error().code, Code::incomplete);
      EXPECT_TRUE(whole.error().retryable);
      EXPECT_EQ(whole.error().where, "GET /x");
      return {"incomplete"};
    }
    if (*whole) {
      EXPECT_EQ(i + 1, pages.size()) << "ended early";
      return {"whole", listing.take().size()};
    }
  }
  return {"more"};
}

std::vector<Envelope> pages_of(std::initializer_list<Envelope> pages) {
  return pages;
}

void expect_whole(std::vector<Envelope> pages, std::size_t items) {
  const Outcome outcome = read(std::move(pages));
  EXPECT_EQ(outcome.end, "whole");
  EXPECT_EQ(outcome.items, items);
}

TEST(Listing, EndsWhenItsTotalIsReached) {
  expect_whole(pages_of({page(0, 0, 0)}), 0);
  expect_whole(pages_of({page(0, 10, 10)}), 10);
  expect_whole(pages_of({page(0, 10, 12), page(10, 2, 12)}), 12);
}

TEST(Listing, GoesOnWhenTheServerMakesSmallerPagesThanAskedFor) {
  expect_whole(pages_of({page(0, 4, 6, 4), page(4, 2, 6, 4)}), 6);
  expect_whole(pages_of({page(0, 4, -1, 4), page(4, 2, -1, 4)}), 6);
}

TEST(Listing, WithoutATotalEndsWithAPageThatIsNotFull) {
  expect_whole(pages_of({page(0, 3, -1)}), 3);
  expect_whole(pages_of({page(0, 10, -1), page(10, 0, -1)}), 10);
  expect_whole(pages_of({page(0, 10, -1), page(10, 1, -1)}), 11);
}

TEST(Listing, TakesMoreThanAskedForAsAServerThatDoesNotPage) {
  expect_whole(pages_of({page(0, 25, -1)}), 25);
}

TEST(Listing, ThatIsShortOfItsTotalIsIncomplete) {
  EXPECT_EQ(read(pages_of({page(0, 0, 3)})).end, "incomplete");
  EXPECT_EQ(read(pages_of({page(0, 10, 30), page(10, 0, 30)})).end, "incomplete");
}

TEST(Listing, ThatNeverEndsIsGivenUpAsIncomplete) {
  EXPECT_EQ(read(pages_of({page(0, 1, 1'000'000'000)})).end, "incomplete");  // at once: it says so itself
  std::vector<Envelope> pages;
  for (int i = 0; i < 1000; ++i) pages.push_back(page(10 * i, 10, -1));
  EXPECT_EQ(read(std::move(pages)).end, "incomplete");
  EXPECT_EQ(read(pages_of({page(0, 50, 40'000)}), 50).end, "more");  // a large account's zones
}

TEST(Listing, WhoseTotalChangesMidwayIsIncomplete) {
  EXPECT_EQ(read(pages_of({page(0, 10, 12), page(10, 1, 11)})).end, "incomplete");
  EXPECT_EQ(read(pages_of({page(0, 10, 12), page(10, 2, -1)})).end, "incomplete");
}

TEST(Listing, WithOneEntryTwiceIsIncomplete) {
  EXPECT_EQ(read(pages_of({page(0, 10, 12), page(9, 2, 12)})).end, "incomplete");
  EXPECT_EQ(read(pages_of({page(0, 10, -1), page(0, 10, -1)})).end, "incomplete");
}

TEST(Listing, WithMoreThanItsTotalIsIncomplete) {
  EXPECT_EQ(read(pages_of({page(0, 10, 3)})).end, "incomplete");
}

TEST(Listing, WithoutAListIsUnknownAndNotEmpty) {
  EXPECT_EQ(read(pages_of({Envelope{}})).end, "incomplete");
  Envelope object;
  object.result = Json(Json::Object{});
  EXPECT_EQ(read(pages_of({object})).end, "incomplete");
  Envelope none;
  none.result_info["total_count"] = 0;
  expect_whole(pages_of({none}), 0);
}

}  // namespace
}  // namespace idpd::cloudflare
