#include "report/report.h"

#include <gmock/gmock.h>

#include <regex>

#include "report/samples.h"

namespace idpd::report {
namespace {

using base::Json;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::vector<Report> all_samples() {
  return {samples::empty(),        samples::everything(), samples::two_accounts(),
          samples::every_reason(), samples::applied(),    samples::hostile()};
}

std::string without_colors(const std::string& text) {
  static const std::regex codes("\x1b\\[[0-9;]*m");
  return std::regex_replace(text, codes, "");
}

std::vector<std::string> names(const Json& object) {
  std::vector<std::string> out;
  for (const auto& [name, value] : object.object()) out.push_back(name);
  return out;
}

TEST(Forms, NeverHoldASensitiveValue) {
  for (const Report& report : all_samples()) {
    EXPECT_THAT(to_text(report, true), Not(HasSubstr(samples::secret)));
    EXPECT_THAT(to_markdown(report), Not(HasSubstr(samples::secret)));
    EXPECT_THAT(base::dump_json(to_json(report)), Not(HasSubstr(samples::secret)));
  }
}

TEST(Text, ColorsOnlyWhenAskedAndNothingElseDiffers) {
  for (const Report& report : all_samples()) {
    const std::string plain = to_text(report, false);
    EXPECT_THAT(plain, Not(HasSubstr("\x1b")));
    EXPECT_EQ(without_colors(to_text(report, true)), plain);
  }
}

TEST(Text, EndsWithTheSummaryAndHasNoTrailingSpaces) {
  for (const Report& report : all_samples()) {
    const std::string text = to_text(report, false);
    EXPECT_THAT("\n" + text, EndsWith("\n" + summary_line(report) + "\n"));
    EXPECT_THAT(text, Not(HasSubstr(" \n")));
    EXPECT_THAT(text, Not(HasSubstr("\n\n\n")));
  }
}

TEST(Json, HasEveryNameOfTheDesign) {
  const Json plan = to_json(samples::everything());
  EXPECT_THAT(names(plan), testing::ElementsAre("format_version", "idpd_version", "fingerprint", "revision",
                                                "options", "summary", "accounts", "diagnostics"));
  EXPECT_THAT(names(*plan.find("revision")), testing::ElementsAre("commit", "author", "subject", "dirty"));
  EXPECT_THAT(names(*plan.find("summary")),
              testing::ElementsAre("create", "update", "replace", "delete", "adopt", "move", "forget",
                                   "withheld", "in_sync", "unmanaged", "unknown"));
  const Json& account = plan.find("accounts")->array()[0];
  EXPECT_THAT(names(account),
              testing::ElementsAre("account", "account_id", "status", "error", "changes", "unmanaged"));
  EXPECT_THAT(names(account.find("unmanaged")->array()[0]), testing::ElementsAre("id", "name", "type"));
  for (const Json& change : account.find("changes")->array()) {
    for (const char* name :
         {"key", "action", "id", "name", "type", "origin", "withheld", "fields", "changed_by"}) {
      EXPECT_NE(change.find(name), nullptr) << name;
    }
    EXPECT_EQ(change.find("outcome"), nullptr);
    EXPECT_EQ(change.find("previous_key") != nullptr, change.text("action") == "move");
    for (const Json& field : change.find("fields")->array()) {
      EXPECT_THAT(names(field), testing::ElementsAre("path", "before", "after", "sensitive", "origin"));
    }
  }
  EXPECT_THAT(names(plan.find("diagnostics")->array()[0]),
              testing::ElementsAre("severity", "file", "line", "column", "message"));
  EXPECT_EQ(plan.find("diagnostics")->array().size(), 2u);
  EXPECT_EQ(to_json(samples::empty())["revision"], Json());
  EXPECT_EQ(to_json(samples::empty()).find("options"), nullptr);
}

TEST(Json, SaysWhatBecameOfEachChange) {
  const Json applied = to_json(samples::applied());
  for (const Json& change : applied.find("accounts")->array()[0].find("changes")->array()) {
    EXPECT_NE(change.find("outcome"), nullptr);
    EXPECT_NE(change.find("error"), nullptr);
  }
}

TEST(Json, CountsWithheldChangesOnlyAsWithheld) {
  const Json plan = to_json(samples::everything());
  const Json& summary = *plan.find("summary");
  EXPECT_EQ(summary.find("delete")->integer(), 1);
  EXPECT_EQ(summary.find("withheld")->integer(), 1);
  EXPECT_EQ(summary.find("unknown")->integer(), 1);
}

TEST(SummaryLine, IsWhatTheDesignSays) {
  EXPECT_EQ(summary_line(samples::empty()), "No changes. 4 identity providers match.");
  EXPECT_EQ(summary_line(samples::two_accounts()),
            "Plan: 0 to create, 1 to update, 0 to replace, 0 to delete, 0 withheld.");
  Report one = samples::empty();
  one.accounts[0].in_sync = 1;
  EXPECT_EQ(summary_line(one), "No changes. 1 identity provider matches.");
  one.applied = true;
  EXPECT_EQ(summary_line(one), "No changes. 1 identity provider matches.");
}

TEST(SummaryLine, NeverSoundsInSyncWhenSomethingIsUnknown) {
  Report report = samples::empty();
  report.accounts.push_back(samples::everything().accounts[1]);
  EXPECT_THAT(summary_line(report), Not(StartsWith("No changes.")));
  EXPECT_THAT(summary_line(report), HasSubstr("1 account is unknown"));
  report.accounts.erase(report.accounts.begin());
  EXPECT_THAT(summary_line(report), Not(HasSubstr("match")));

  Report failed = samples::empty();
  failed.accounts[0].diagnostics = {{model::Severity::error, {"a.yaml", 1, 2}, "several fit"}};
  EXPECT_THAT(summary_line(failed), Not(StartsWith("No changes.")));
}

TEST(SummaryLine, CountsOutcomes) {
  EXPECT_EQ(
      summary_line(samples::applied()),
      "Applied: 1 created, 2 updated, 1 replaced, 1 deleted, 1 adopted, 1 moved, 1 forgotten, 1 failed, "
      "1 with an unknown outcome, 1 withheld, 2 not carried out.");
}

TEST(Headline, IsOneLine) {
  const auto changes = samples::everything().accounts[0].changes;
  EXPECT_EQ(headline(changes[0], false), "-> staff (was employees)");
  EXPECT_EQ(headline(changes[4], false), "~ workforce (pingone \"PingOne Workforce\")");
  EXPECT_EQ(headline(changes[4], true), "\x1b[33m~\x1b[0m workforce (pingone \"PingOne Workforce\")");
  EXPECT_THAT(headline(samples::hostile().accounts[0].changes[0], false), Not(HasSubstr("\n")));
}

TEST(Text, ShowsNoControlCharacters) {
  const std::string text = to_text(samples::hostile(), false);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\xc2\x9b")));
  EXPECT_THAT(text, Not(HasSubstr("\xe2\x80\xae")));
}

// What is left after taking out fences and code: only there can text be markup, or call somebody.
std::string outside_code(const std::string& markdown) {
  std::string out;
  std::string fence;
  std::size_t begin = 0;
  while (begin < markdown.size()) {
    const std::size_t end = markdown.find('\n', begin);
    const std::string line = markdown.substr(begin, end - begin);
    begin = end + 1;
    const std::size_t ticks = line.find_first_not_of('`');
    if (fence.empty() && ticks != std::string::npos && ticks >= 3 && line.substr(ticks) == "diff") {
      fence = line.substr(0, ticks);
    } else if (!fence.empty()) {
      if (line == fence) fence.clear();
    } else {
      out += line + "\n";
    }
  }
  EXPECT_EQ(fence, "");
  std::string plain;
  for (std::size_t at = 0; at < out.size();) {
    if (out[at] == '\\') {
      at += 2;
      continue;
    }
    if (out[at] != '`') {
      plain += out[at++];
      continue;
    }
    const std::size_t stop = std::min(out.find_first_not_of('`', at), out.size());
    std::size_t close = stop;
    while (true) {
      close = out.find('`', close);
      if (close == std::string::npos) break;
      const std::size_t after = std::min(out.find_first_not_of('`', close), out.size());
      if (after - close == stop - at) break;
      close = after;
    }
    EXPECT_NE(close, std::string::npos) << out.substr(at, 80);
    if (close == std::string::npos) break;
    EXPECT_THAT(out.substr(at, close - at), Not(HasSubstr("\n")));
    at = close + stop - at;
  }
  return plain;
}

TEST(Markdown, NothingBreaksOutOrPingsPeople) {
  std::string rest = outside_code(to_markdown(samples::hostile()));
  EXPECT_THAT(rest, Not(HasSubstr("@octocat")));
  EXPECT_THAT(rest, Not(HasSubstr("@team")));
  EXPECT_THAT(rest, Not(HasSubstr("<img")));
  EXPECT_THAT(rest, Not(HasSubstr("://")));
  EXPECT_THAT(rest, Not(HasSubstr("\n# ")));
  EXPECT_EQ(rest.find("</details>"), rest.rfind("</details>"));
}

TEST(Markdown, EndsWithTheFingerprint) {
  const Report report = samples::everything();
  EXPECT_THAT(to_markdown(report), EndsWith("`" + plan::fingerprint(report.accounts) + "`\n"));
}

TEST(Markdown, FitsIntoACommentHoweverLongThePlanIs) {
  Report report = samples::everything();
  auto& changes = report.accounts[0].changes;
  while (changes.size() < 1000) changes.push_back(changes[5]);
  const std::string text = to_markdown(report);
  EXPECT_LT(text.size(), 65'000u);
  EXPECT_THAT(text, HasSubstr("and 900 more"));
  EXPECT_THAT(text, HasSubstr(plan::fingerprint(report.accounts)));
}

}  // namespace
}  // namespace idpd::report
