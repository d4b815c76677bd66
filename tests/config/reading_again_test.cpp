// A reading that starts from the one before it says what one from scratch says, whatever has become of the
// files in between, and parses only what has changed.
#include <fmt/format.h>

#include <map>
#include <random>
#include <string>

#include "config/loading.h"

namespace idpd::config {
namespace {

std::string shown(const model::DesiredState& state) {
  std::string out;
  for (const model::DesiredProvider& one : state.providers) {
    out += one.key + " " + one.type + " " + one.where.text() + " " + base::dump_json(one.check) + " " +
           one.options.adopt_id;
    for (const auto& [path, value] : one.fields) out += "\n " + path + "=" + base::dump_json(value);
    for (const auto& [path, secret] : one.secrets)
      out += "\n " + path + "=" + secret.text + " " + secret.where.text();
    for (const auto& position : one.positions) out += fmt::format("\n {}:{}", position.path, position.line);
    out += "\n";
  }
  return out;
}

std::string shown(const SharedDesired& desired) {
  std::string out = text_of(desired.diagnostics);
  for (const std::string& alias : desired.accounts()) {
    out += fmt::format("== {} {}\n{}", alias, desired.signature(alias), shown(desired.of(alias)));
  }
  return out + (desired.holds_secret_in_clear() ? "in clear" : "");
}

class ReadingAgain : public testing::Test {
 protected:
  ReadingAgain() {
    for (const char* alias : {"one", "two", "three", "four"}) {
      options_.accounts.emplace_back(alias);
      variables_[alias] = {{"account", alias}, {"host", std::string(alias) + ".example.com"}};
    }
    variables_["three"]["only"] = "here";
    options_.variables = [this](const std::string& alias) {
      const auto found = variables_.find(alias);
      return found == variables_.end() ? nullptr : &found->second;
    };
  }

  // What a person may write: entries good and bad, few enough names that they are taken twice, files for one
  // account, for several, for none, with variables that every account has and that one has.
  std::string some_text() {
    const auto pick = [&](std::initializer_list<const char*> any) {
      return std::string(any.begin()[random_() % any.size()]);
    };
    if (random_() % 12 == 0)
      return pick({"", "a: [", "- x\n", "identity_providers: 1\n", "account: one\naccounts: [two]\n"});
    std::string out = pick({"account: one\n", "account: two\n", "accounts: all\n", "accounts: ['t*']\n",
                            "accounts: ['!one']\n", "account: nobody\n", "accounts: ['x*']\n", ""});
    out += "identity_providers:\n";
    const auto entries = random_() % 4;
    for (std::size_t i = 0; i < entries; ++i) {
      out += fmt::format(
          "  key-{}:\n    name: {}\n    type: {}\n{}    config:\n      client_id: {}\n      client_secret: "
          "{}\n",
          random_() % 30, pick({"A", "B", "C of ${var:account}", "D", "E", "F", "G ${var:only}", "''"}),
          pick({"github", "github", "github", "githb", "onetimepin", "${var:typ}"}),
          pick({"", "", "    options: {adopt_id: 11111111-1111-4111-8111-111111111111}\n", "    scim: {}\n"}),
          random_() % 1000,
          pick({"${credential:a}", "${credential:${var:account}}", "${credential:b}", "${what:b}",
                "in-clear"}));
    }
    return out;
  }

  std::vector<SourceFile> files() const {
    std::vector<SourceFile> out;
    for (const auto& [path, text] : texts_) out.push_back({path, text});
    return out;
  }

  LoadOptions options_;
  std::map<std::string, Variables> variables_;
  std::map<std::string, std::string> texts_;
  std::mt19937 random_;
};

TEST_F(ReadingAgain, SaysWhatAReadingFromScratchSays) {
  random_.seed(test::test_seed());
  SharedDesired before;
  std::size_t good = 0, parsed = 0, all = 0;
  for (int round = 0; round < 200; ++round) {
    const std::map<std::string, std::string> were = texts_;
    const auto changes = random_() % 4;
    for (std::size_t i = 0; i < changes; ++i) {
      const std::string path = fmt::format("idps/{}.yaml", random_() % 8);
      if (random_() % 3 == 0) {
        texts_.erase(path);
      } else {
        texts_[path] = some_text();
      }
    }
    if (random_() % 5 == 0) texts_.clear();  // and what is good is seen as well
    std::size_t changed = 0;
    for (const auto& [path, text] : texts_) {
      const auto was = were.find(path);
      changed += was == were.end() || was->second != text;
    }
    const SharedDesired again(files(), catalog(), options_, before);
    const SharedDesired scratch(files(), catalog(), options_);
    ASSERT_EQ(shown(again), shown(scratch)) << "round " << round;
    const Desired once = load_desired(files(), catalog(), options_);  // as a one-shot command has it
    ASSERT_EQ(text_of(again.diagnostics), text_of(once.diagnostics));
    for (const auto& [alias, state] : once.accounts) ASSERT_EQ(shown(again.of(alias)), shown(state));
    ASSERT_EQ(again.parsed(), changed);
    ASSERT_EQ(scratch.parsed(), texts_.size());
    good += again.ok();
    parsed += again.parsed();
    all += scratch.parsed();
    before = again;
  }
  EXPECT_GT(good, 3u) << "the files are hardly ever good";
  EXPECT_LT(parsed, all);
}

}  // namespace
}  // namespace idpd::config
