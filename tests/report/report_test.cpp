#include "report/report.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <regex>

#include "report/markdown_text.h"
#include "report/samples.h"
#include "report/words.h"

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

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t out = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size()))
    ++out;
  return out;
}

// Summaries are HTML, in which backticks mean nothing: they are looked at by themselves, and taken out.
std::string without_summaries(std::string markdown) {
  static const std::string begin = "<summary>";
  static const std::string end = "</summary>";
  for (std::size_t at = 0; (at = markdown.find(begin, at)) != std::string::npos;) {
    const std::size_t close = markdown.find(end, at);
    std::string inside = markdown.substr(at + begin.size(), close - at - begin.size());
    EXPECT_THAT(inside, Not(HasSubstr("\n")));
    for (const char* tag : {"<code>", "</code>", "<b>", "</b>"}) {
      for (std::size_t found = 0; (found = inside.find(tag)) != std::string::npos;)
        inside.erase(found, std::string(tag).size());
    }
    EXPECT_THAT(inside, Not(HasSubstr("<")));
    EXPECT_THAT(inside, Not(HasSubstr(">")));
    markdown.erase(at, close + end.size() - at);
  }
  return markdown;
}

TEST(Markdown, NothingBreaksOutOrPingsPeople) {
  const std::string rest = outside_code(without_summaries(to_markdown(samples::hostile())));
  EXPECT_THAT(rest, Not(HasSubstr("@octocat")));
  EXPECT_THAT(rest, Not(HasSubstr("@team")));
  EXPECT_THAT(rest, Not(HasSubstr("<img")));
  EXPECT_THAT(rest, Not(HasSubstr("://")));
  EXPECT_THAT(rest, Not(HasSubstr("\n# ")));
  EXPECT_EQ(count(rest, "<details"), count(rest, "</details>"));
}

TEST(MarkdownText, LinksToNothing) {
  const std::pair<const char*, const char*> all[] = {
      {"@ann", "@\u200bann"},
      {"#12", "#\u200b12"},
      {"see !12, $3, %4, &5, ~bug and ^alert",
       "see \\!\u200b12, \\$\u200b3, %\u200b4, &amp;\u200b5, \\~\u200bbug and ^\u200balert"},
      {"100 % & more!", "100 % &amp; more\\!"},
      {"www.example.com or WWW.example.com", "www\u200b.example.com or WWW\u200b.example.com"},
      {"GH-7 and high-7", "GH-\u200b7 and high-7"},
      {"https://example.com/a", "https:\u200b//example.com/a"},
      {"/close", "&#47;close"},
      {"[a](b) <c> | `", "\\[a\\](b) &lt;c&gt; \\| \\`"},
      {"run `idpd apply --allow-deletes`", "run `idpd apply --allow-deletes`"},
  };
  for (const auto& [raw, written] : all) EXPECT_EQ(markdown_prose(raw), written) << raw;
}

TEST(MarkdownText, CodeInHtmlHoldsNoElement) {
  EXPECT_EQ(html_code("<b>&\"`\n"), "<code>&lt;b&gt;&amp;\"`\\x0a</code>");
}

// Where each of these begins, in the order in which they were given.
std::vector<std::size_t> places(const std::string& text, const std::vector<std::string>& what) {
  std::vector<std::size_t> out;
  for (const std::string& one : what) {
    out.push_back(text.find(one));
    EXPECT_NE(out.back(), std::string::npos) << one;
  }
  return out;
}

TEST(Markdown, PutsFirstWhatTakesAway) {
  const std::string text = to_markdown(samples::everything());
  const auto order = places(
      text, {"### idpd: Plan: ", "> [!CAUTION]\n> **1 identity provider goes away:**", "- **warning**",
             "⚠️ `-` **delete** (not managed) `yandex \"Leftover\"`", "<b>replace</b> <code>onelogin</code>",
             "<b>delete</b> <code>old-okta</code>", "`->` move `staff`", "create <code>contractors</code>",
             "update <code>azure</code>", "`.` forget `ldap`"});
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(count(text, "⚠️"), 1u) << "what is withheld, or leaves the old one there, takes nothing away";
}

TEST(Markdown, PutsFirstWhatWentWrong) {
  const std::string text = to_markdown(samples::applied());
  const auto order = places(
      text, {"<code>lost</code>", "<code>refused</code>", "`deleted`", "<code>removed</code>", "`moved`"});
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_THAT(text, Not(HasSubstr("--expect")));
}

TEST(Markdown, EndsWithTheCommandThatCarriesItOut) {
  Report report = samples::two_accounts();
  const std::string fingerprint = plan::fingerprint(report.accounts);
  EXPECT_THAT(to_markdown(report), HasSubstr("Fingerprint `" + fingerprint + "`."));
  EXPECT_THAT(to_markdown(report),
              EndsWith("```sh\nidpd apply --auto-approve --expect " + fingerprint + "\n```\n"));
  report.only = {"workforce", "it's; rm -r /"};
  report.only_accounts = {"staging"};
  EXPECT_THAT(
      to_markdown(report),
      EndsWith(fingerprint + " --account staging --only workforce --only 'it'\\''s; rm -r /'\n```\n"));
}

TEST(Markdown, HasNoCommandForWhatCannotBeApplied) {
  EXPECT_THAT(to_markdown(samples::everything()), Not(HasSubstr("--expect")));  // an account is unknown
  EXPECT_THAT(to_markdown(samples::hostile()), Not(HasSubstr("--expect")));     // an error
  EXPECT_THAT(to_markdown(samples::empty()), Not(HasSubstr("sha256")));         // no changes
}

// GitHub counts code points; what posts it adds some of its own.
constexpr std::size_t longest = 64'000;

Report many(std::size_t changes, const std::string& name) {
  Report report = samples::two_accounts();
  plan::Change change = report.accounts[1].changes[0];
  change.name = name;
  report.accounts[1].changes.assign(changes, change);
  plan::Change removed = change;
  removed.action = plan::Action::remove;
  removed.key = "goes-away";
  report.accounts[1].changes.push_back(removed);
  return report;
}

TEST(Markdown, IsCutToTheSizeOfACommentAndSaysWhat) {
  Report report = many(2000, "🦆🦆🦆🦆");
  report.job = "https://ci.example.com/jobs/7";
  const std::string text = to_markdown(report);
  EXPECT_LE(width(text), longest);
  EXPECT_GT(width(text), longest - 3000) << "there was room for more";
  EXPECT_GT(text.size(), width(text)) << "the unit is not bytes";
  std::smatch said;
  ASSERT_TRUE(std::regex_search(text, said,
                                std::regex("(\\d+) changes are left out\\. The whole plan: \\[the "
                                           "job\\]\\(https://ci\\.example\\.com/jobs/7\\)")));
  EXPECT_EQ(std::stoul(said[1]) + count(text, "`workforce`") + count(text, "<code>workforce</code>"), 2000u);
  EXPECT_LT(text.find("`goes-away`"), text.find("workforce")) << "what takes away stays";
  EXPECT_THAT(text, HasSubstr("--expect " + plan::fingerprint(report.accounts)));
}

TEST(Markdown, LeavesOutDetailsBeforeChanges) {
  const std::string text = to_markdown(many(400, "Name"));
  EXPECT_LE(width(text), longest);
  EXPECT_THAT(text, HasSubstr(" changes are shown without their details. The whole plan: `idpd plan`."));
  EXPECT_THAT(text, Not(HasSubstr("left out")));
  EXPECT_EQ(count(text, "`workforce`") + count(text, "<code>workforce</code>"), 400u);
}

TEST(Markdown, IsNotCutWhereItFits) {
  for (const Report& report : all_samples()) EXPECT_THAT(to_markdown(report), Not(HasSubstr("Too long")));
}

TEST(Markdown, FitsWhateverIsLong) {
  Report report = samples::hostile();
  const std::string endless(20'000, '`');
  plan::AccountPlan& first = report.accounts[0];
  for (int i = 0; i < 30; ++i) {
    first.unmanaged.push_back({endless, endless, endless, false});
    report.diagnostics.push_back({model::Severity::warning, {endless, i, 1}, std::to_string(i) + endless});
  }
  first.changes[0].explanation = endless;
  first.changes[0].withheld->message = endless;
  first.changes[1].notes.assign(40, endless);
  for (int i = 0; i < 60; ++i) {
    plan::AccountPlan unknown;
    unknown.account = "account-" + std::to_string(i);
    unknown.error = std::to_string(i) + endless;
    report.accounts.push_back(unknown);
  }
  const std::string text = to_markdown(report);
  EXPECT_LE(width(text), longest);
  EXPECT_THAT(text, HasSubstr("accounts are left out"));
  EXPECT_THAT(text, HasSubstr("- **error**")) << "errors come before warnings";
}

}  // namespace
}  // namespace idpd::report
