// What the files say from one reading to the next: what is in force, and that what has not changed is not
// parsed again.
#include "service/desired_files.h"

#include <gmock/gmock.h>

#include "model/catalog.h"

namespace idpd::service {
namespace {

using test::catalog;

config::SourceFile file(const std::string& name, const std::string& secret = "${credential:s}") {
  return {name + ".yaml", "identity_providers: {" + name + ": {name: " + name +
                              ", type: github, config: {client_id: c, client_secret: '" + secret + "'}}}\n"};
}

class DesiredFilesTest : public testing::Test {
 protected:
  DesiredFilesTest() {
    settings.accounts.push_back({.alias = "production"});
    store = *state::Store::open_in_memory();
    files.emplace(catalog(), settings, *store);
  }
  // How many files were parsed.
  std::size_t parsed_by(std::vector<config::SourceFile> now, bool good = true) {
    const std::size_t before = files->parsed();
    EXPECT_EQ(files->take(Snapshot{.files = std::move(now)}), good) << files->problem();
    return files->parsed() - before;
  }
  std::vector<std::string> keys() const {
    std::vector<std::string> out;
    const auto state = files->of("production");
    for (const auto& one : state->providers) out.push_back(one.key);
    return out;
  }

  config::Settings settings;
  std::optional<state::Store> store;
  std::optional<DesiredFiles> files;
};

TEST_F(DesiredFilesTest, AFileThatHasNotChangedIsNotParsedAgain) {
  EXPECT_EQ(parsed_by({file("a"), file("b"), file("c")}), 3u);
  EXPECT_EQ(parsed_by({file("a"), file("b"), file("c")}), 0u);
  EXPECT_EQ(parsed_by({file("a"), file("b", "${credential:other}"), file("c")}), 1u);
  EXPECT_EQ(parsed_by({file("a"), file("c")}), 0u);
  EXPECT_THAT(keys(), testing::ElementsAre("a", "c"));
  EXPECT_EQ(parsed_by({file("a"), file("b"), file("c")}), 1u) << "what is gone is not kept";
}

TEST_F(DesiredFilesTest, BrokenFilesLeaveWhatIsInForceAndCostNoMoreThanThemselves) {
  EXPECT_EQ(parsed_by({file("a"), file("b")}), 2u);
  EXPECT_EQ(parsed_by({file("a"), {"b.yaml", "b: ["}}, false), 1u);
  EXPECT_THAT(files->problem(), testing::HasSubstr("b.yaml:1:1"));
  EXPECT_THAT(keys(), testing::ElementsAre("a", "b"));
  EXPECT_EQ(parsed_by({file("a"), {"b.yaml", "b: ["}}, false), 0u);
  EXPECT_THAT(files->problem(), testing::HasSubstr("b.yaml:1:1")) << "it is still told";
  EXPECT_EQ(parsed_by({file("a"), file("b")}), 1u);
  EXPECT_EQ(files->problem(), "");
}

TEST_F(DesiredFilesTest, AReadingWithASecretInClearIsNotKeptForTheNextOne) {
  EXPECT_EQ(parsed_by({file("a"), file("b", "hunter2")}), 2u);
  EXPECT_EQ(parsed_by({file("a"), file("b")}), 2u);
  EXPECT_EQ(parsed_by({file("a"), file("b")}), 0u);
  // Nor one that may hold one: what an entry with a variable that nobody knows would be.
  EXPECT_EQ(parsed_by({file("a"), file("b", "hunter2 ${var:x}")}, false), 1u);
  EXPECT_EQ(parsed_by({file("a"), file("b")}), 2u);
}

}  // namespace
}  // namespace idpd::service
