#include "service/status_text.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "service/status_samples.h"
#include "support/golden.h"

namespace idpd::service {
namespace {

TEST(StatusText, OfEachSampleIsAsItWasFoundGood) {
  for (const char* name : {"all_well", "incident", "empty"})
    expect_golden(std::string("service/golden/status_") + name + ".txt",
                  status_text(status_sample(name).status, sample_now, false));
}

TEST(StatusText, HasColoursOnlyWhenAsked) {
  EXPECT_EQ(status_text(status_sample("incident").status, sample_now, false).find('\x1b'), std::string::npos);
  EXPECT_NE(status_text(status_sample("incident").status, sample_now, true).find('\x1b'), std::string::npos);
}

std::size_t lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}
std::size_t count(const std::string& text, const std::string& what) {
  std::size_t out = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++out;
  return out;
}

TEST(StatusText, TellsEachThingOnce) {
  const std::string text = status_text(status_sample("incident").status, sample_now, false);
  for (const char* what : {"mallory@example.com", "config.pkce_enabled", "Cloudflare answered 500",
                           "the token was refused", "Its client secret expires"})
    EXPECT_EQ(count(text, what), 1U) << what;
}

// As many of the first identity provider of the first account, all in need of something.
base::Json with_many(std::size_t number) {
  base::Json status = status_sample("incident").status;
  base::Json::Array accounts = status.find("accounts")->array();
  base::Json::Array changes;
  for (std::size_t i = 0; i < number; ++i) {
    base::Json change = accounts[0].find("changes")->array()[0];
    change["key"] = fmt::format("key-{:03}", i);
    change["fields"] = base::Json::Array(40, change.find("fields")->array()[0]);
    changes.push_back(std::move(change));
  }
  accounts[0]["changes"] = std::move(changes);
  status["accounts"] = std::move(accounts);
  base::Json::Array incidents(200, status.find("incidents")->array()[1]);
  status["incidents"] = std::move(incidents);
  return status;
}

TEST(StatusText, StaysWithinWhatOneReads) {
  const std::string text = status_text(with_many(500), sample_now, false);
  EXPECT_LT(lines(text), 250U);
  EXPECT_NE(text.find("… and 490 more: idpd status --output json"), std::string::npos)
      << text;  // two have drifted
  EXPECT_NE(text.find("and 34 fields more"), std::string::npos);
  EXPECT_NE(text.find("… and 190 more: idpd status --output json"), std::string::npos);
}

// The accounts of the sample among a thousand that are all well.
base::Json fleet() {
  base::Json status = status_sample("incident").status;
  base::Json::Array accounts = status.find("accounts")->array();
  const base::Json well = status_sample("all_well").status.find("accounts")->array()[0];
  for (int i = 0; i < 1000; ++i) {
    base::Json one = well;
    one["account"] = fmt::format("customer-{:03}", i);
    accounts.insert(accounts.begin() + i / 2, one);
  }
  status["accounts"] = std::move(accounts);
  return status;
}

TEST(StatusText, OfAThousandAccountsCountsThoseInSyncAndTellsOfTheOthersFirst) {
  expect_golden("service/golden/status_fleet.txt", status_text(fleet(), sample_now, false));
}

TEST(StatusText, OfAThousandAccountsInTroubleIsStillRead) {
  base::Json status = fleet();
  base::Json::Array accounts = status.find("accounts")->array();
  for (base::Json& one : accounts) {
    one["status"] = "unknown";
    one["error"] = "the token was refused";
  }
  status["accounts"] = std::move(accounts);
  const std::string text = status_text(status, sample_now, false);
  EXPECT_LT(lines(text), 250U);
  EXPECT_NE(text.find("that need a look too: idpd status --output json"), std::string::npos) << text;
}

TEST(StatusText, SaysWhatToDoNext) {
  base::Json status = status_sample("incident").status;
  EXPECT_EQ(status_text(status, sample_now, false).find("idpd validate"), std::string::npos);  // it is git's
  status["source"]["title"] = "folder identity-providers";
  const std::string text = status_text(status, sample_now, false);
  for (const char* command :
       {"\n    idpd validate ", "\n    idpd approve sha256:0011", "\n    idpd history "})
    EXPECT_NE(text.find(command), std::string::npos) << command;
  EXPECT_EQ(status_text(status_sample("all_well").status, sample_now, false).find("Next:"),
            std::string::npos);
}

TEST(StatusText, SaysWhenNobodySeemsToBeThere) {
  const base::Json status = status_sample("all_well").status;
  EXPECT_EQ(status_text(status, sample_now, false).find("overdue"), std::string::npos);
  const std::string later = status_text(status, sample_now + std::chrono::hours(2), false);
  EXPECT_NE(later.find("systemctl status idpd"), std::string::npos) << later;
  EXPECT_NE(later.find("the pass of production is overdue"), std::string::npos);
}

TEST(StatusText, LetsNoNameSteerTheTerminal) {
  const std::string text = status_text(status_sample("hostile").status, sample_now, false);
  for (const char* steering : {"\x1b", "\xe2\x80\xae", "\xff"})
    EXPECT_EQ(text.find(steering), std::string::npos);
}

}  // namespace
}  // namespace idpd::service
