#include "cloudflare/pagination.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace idpd::cloudflare {

using base::Json;

namespace {

constexpr int most_pages = 1'000;  // no account is that large; a server that never ends is

std::optional<std::int64_t> count_in(const Json& info, std::string_view name) {
  const Json* value = info.find(name);
  if (!value || !value->is_integer() || value->integer() < 0) return std::nullopt;
  return value->integer();
}

std::string id_of(const Json& item) {
  const std::string id = item.text("id");
  return id.empty() ? item.text("uid") : id;
}

}  // namespace

base::Error Listing::incomplete(const std::string& what) const {
  return {base::Code::incomplete,
          fmt::format("the list is not whole ({}), and what it lacks would look deleted: nothing is done by "
                      "it; run again",
                      what),
          where_, true};
}

base::Result<bool> Listing::add(Envelope page) {
  ++pages_;
  const auto total = count_in(page.result_info, "total_count");
  if (pages_ == 1) {
    total_ = total;
  } else if (total != total_) {
    return incomplete("its total changed while it was read");
  }
  // No result is "unknown", unless the server says that there is nothing.
  if (page.result.is_null() && total == 0) page.result = Json(Json::Array{});
  if (!page.result.is_array()) return incomplete("an answer holds no list");

  Json::Array& items = page.result.array();
  const auto received = static_cast<std::int64_t>(items.size());
  for (const Json& item : items) {
    const std::string id = id_of(item);
    if (!id.empty() && !ids_.insert(id).second) return incomplete("one entry came twice");
  }
  std::move(items.begin(), items.end(), std::back_inserter(items_));

  if (total_) {
    const auto have = static_cast<std::int64_t>(items_.size());
    if (have == *total_) return true;
    if (have > *total_ || received == 0 || *total_ / received > most_pages || pages_ >= most_pages) {
      return incomplete(fmt::format("{} of {} entries came", have, *total_));
    }
    return false;
  }
  // Without a total a page that is not full is the last. The server may make smaller pages than asked for
  // and says so; one that sends more than was asked for does not page at all.
  std::int64_t full = per_page_;
  if (const auto said = count_in(page.result_info, "per_page"); said && *said > 0)
    full = std::min(full, *said);
  if (received != full) return true;
  if (pages_ >= most_pages) return incomplete("it does not end");
  return false;
}

}  // namespace idpd::cloudflare
