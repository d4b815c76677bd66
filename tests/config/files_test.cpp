// Which files are read, what their names mean, and what holds across several of them.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "config/loading.h"

namespace idpd::config {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class Folder : public testing::Test {
 protected:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "idpd-files-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
  }
  ~Folder() override { fs::remove_all(root_); }

  void write(const std::string& path, const std::string& text = "{}") const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path, std::ios::binary) << text;
  }
  // Names below the folder.
  std::vector<std::string> read(const std::vector<std::string>& paths) const {
    std::vector<std::string> absolute;
    for (const std::string& path : paths) absolute.push_back((root_ / path).string());
    const auto files = read_files(absolute);
    if (!files) return {"error: " + files.error().text()};
    std::vector<std::string> out;
    for (const SourceFile& file : *files)
      out.push_back(fs::path(file.path).lexically_normal().lexically_relative(root_).string());
    return out;
  }

  fs::path root_;
};

TEST_F(Folder, FilesOfTheThreeEndingsAreReadFromAllFoldersInOrder) {
  for (const char* path : {"b.yaml", "a.yml", "c.json", "sub/deep/d.yaml", "sub/a.yaml"}) write(path);
  EXPECT_THAT(read({"."}), ElementsAre("a.yml", "b.yaml", "c.json", "sub/a.yaml", "sub/deep/d.yaml"));
}

TEST_F(Folder, HiddenFilesAndEditorLeftoversArePassedOver) {
  for (const char* path : {"a.yaml", ".hidden.yaml", ".git/config.yaml", ".a.yaml.swp", "a.yaml~", "#a.yaml#",
                           "#a.yaml", ".#a.yaml", "a.yaml.bak", "a.yaml.orig", "a.yaml.tmp", "4913", "a.txt",
                           "README.md", "yaml", "sub/.b.yml"}) {
    write(path);
  }
  EXPECT_THAT(read({"."}), ElementsAre("a.yaml"));
}

TEST_F(Folder, AFileGivenByNameIsReadWhateverItsEndingAndOnlyOnce) {
  write("a.yaml");
  write("b.conf");
  EXPECT_THAT(read({"b.conf", "a.yaml", "a.yaml"}), ElementsAre("a.yaml", "b.conf"));
}

TEST_F(Folder, WhatIsNotThereIsAnErrorAndNotAnEmptyAccount) {
  write("a.yaml");
  EXPECT_THAT(read({"a.yaml", "missing"}).front(), HasSubstr("missing: there is no such file or folder"));
  EXPECT_THAT(read({"."}), ElementsAre("a.yaml"));
}

TEST_F(Folder, AnUnreadableFileIsAnErrorAndNotAnAbsentOne) {
  write("a.yaml");
  fs::permissions(root_ / "a.yaml", fs::perms::none);
  constexpr auto passable =
      fs::perms::group_read | fs::perms::group_exec | fs::perms::others_read | fs::perms::others_exec;
  fs::permissions(root_, passable, fs::perm_options::add);
  constexpr uid_t nobody = 65534;
  const bool root = geteuid() == 0;  // who reads everything, and may be somebody else for a moment
  ASSERT_TRUE(!root || seteuid(nobody) == 0);
  const std::vector<std::string> found = read({"."});
  ASSERT_TRUE(!root || seteuid(0) == 0);
  EXPECT_THAT(found.front(), HasSubstr("cannot be read"));
}

TEST_F(Folder, ADanglingLinkIsAnErrorAndNotAnAbsentFile) {
  write("a.yaml");
  fs::create_symlink(root_ / "gone.yaml", root_ / "link.yaml");
  EXPECT_THAT(read({"."}).front(), HasSubstr("link.yaml"));
}

TEST_F(Folder, ALinkToAFileIsReadAndALinkToItsOwnFolderDoesNoHarm) {
  write("real/a.yaml");
  fs::create_symlink(root_ / "real/a.yaml", root_ / "link.yaml");
  fs::create_directory_symlink(root_, root_ / "loop");
  EXPECT_THAT(read({"."}), ElementsAre("link.yaml", "real/a.yaml"));
}

TEST_F(Folder, WhatIsNoFileInTheNameOfOneIsAnErrorAndNotAnAbsentOne) {
  write("a.yaml");
  ASSERT_EQ(::mkfifo((root_ / "b.yaml").c_str(), 0600), 0);
  const auto files = read_files({root_.string()});
  ASSERT_FALSE(files.ok());
  EXPECT_THAT(files.error().text(), HasSubstr("b.yaml: is neither a file nor a folder"));
}

TEST_F(Folder, FilesAreBoundedInAllAndTakeNoMoreRoomThanTheyHave) {
  write("0.yaml", std::string(1000 << 10, '#'));
  for (int i = 1; i < 60; ++i) fs::create_hard_link(root_ / "0.yaml", root_ / (std::to_string(i) + ".yaml"));
  EXPECT_TRUE(read_files({root_.string()}).ok());
  for (int i = 60; i < 70; ++i) fs::create_hard_link(root_ / "0.yaml", root_ / (std::to_string(i) + ".yaml"));
  const auto files = read_files({root_.string()});
  ASSERT_FALSE(files.ok());
  EXPECT_THAT(files.error().text(), HasSubstr("more than 64 MiB in all"));
  write("small/a.yaml", "a: b");
  EXPECT_LT(read_files({(root_ / "small").string()})->front().text.capacity(), 4096U);
}

TEST_F(Folder, AFileThatIsTooLargeIsRefusedWithoutBeingReadWhole) {
  write("large.yaml", "# " + std::string(3 << 20, 'x'));
  const auto files = read_files({root_.string()});
  ASSERT_TRUE(files.ok());
  EXPECT_LE(files->front().text.size(), (1u << 20) + 1);
  EXPECT_THAT(text_of(load(*files).diagnostics), HasSubstr("large.yaml: larger than 1024 KiB"));
}

// One bare object, as the API takes it.

constexpr const char* how_to_object = R"({
  "config": {
    "client_id": "<your client id>",
    "client_secret": "<your client secret>",
    "ping_env_id": "<your ping environment id>"
  },
  "type": "ping",
  "name": "my example idp"
})";

void expect_how_to_object(const Desired& desired, const std::string& key) {
  EXPECT_TRUE(desired.ok()) << text_of(desired.diagnostics);
  const auto& all = desired.accounts.at("production").providers;
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].key, key);
  EXPECT_EQ(all[0].type, "pingone");
  EXPECT_EQ(all[0].name(), "my example idp");
  EXPECT_EQ(all[0].fields.at("config.client_id"), base::Json("<your client id>"));
  EXPECT_EQ(all[0].fields.at("config.ping_env_id"), base::Json("<your ping environment id>"));
  EXPECT_TRUE(all[0].secrets.at("config.client_secret").in_clear);
}

TEST(BareObject, OfCloudflaresHowToLoadsAsItStandsUnderTheFilesName) {
  expect_how_to_object(load({{"identity-providers/my-ping.json", how_to_object}}), "my-ping");
}

TEST(BareObject, OfCloudflaresHowToLoadsAsYaml) {
  expect_how_to_object(
      load({{"my-ping.yaml",
             "config:\n  client_id: <your client id>\n  client_secret: <your client secret>\n"
             "  ping_env_id: <your ping environment id>\ntype: ping\nname: my example idp\n"}}),
      "my-ping");
}

TEST(BareObject, OfTheExampleIsTheOneOfTheHowTo) {
  const std::string path = IDPD_SOURCE_DIR "/configs/bare-object/my-example-idp.json";
  const auto files = read_files({path});
  ASSERT_TRUE(files.ok());
  EXPECT_EQ(test::json(files->front().text), test::json(how_to_object));
  expect_how_to_object(load(*files), "my-example-idp");
}

TEST(BareObject, ErrorsHaveTheirPlacesToo) {
  const Desired desired =
      load({{"p.json",
             "{\n  \"name\": \"P\",\n  \"type\": \"pingone\",\n  \"config\": {\"client_idd\": 1}\n}\n"}});
  EXPECT_THAT(text_of(desired.diagnostics), HasSubstr("p.json:4:14: unknown key \"client_idd\" in config"));
  EXPECT_THAT(text_of(desired.diagnostics), HasSubstr("p.json:4:13: config.ping_env_id is missing"));
}

TEST(BareObject, NeedsAFileNameThatIsAKey) {
  const Desired desired = load({{"my idp.json", how_to_object}});
  EXPECT_THAT(text_of(desired.diagnostics),
              HasSubstr("my idp.json: the file's name is the key \"my idp\", which must match"));
}

// Several files.

std::string pin(const std::string& key, const std::string& name, const std::string& account = "") {
  return (account.empty() ? "" : "account: " + account + "\n") + "identity_providers:\n  " + key +
         ": {name: " + name + ", type: cloudflare, config: {}}\n";
}

TEST(SeveralFiles, MakeOneAccountSortedByKey) {
  const Desired desired =
      load({{"a.yaml", pin("z", "Z")}, {"b.yaml", pin("a", "A")}, {"c.json", how_to_object}});
  EXPECT_TRUE(desired.ok());
  std::vector<std::string> keys;
  for (const auto& one : desired.accounts.at("production").providers) keys.push_back(one.key);
  EXPECT_THAT(keys, ElementsAre("a", "c", "z"));
}

TEST(SeveralFiles, ClashesNameBothPlaces) {
  EXPECT_EQ(text_of(load({{"a.yaml", pin("k", "A")}, {"b.yaml", pin("k", "B")}}).diagnostics),
            "b.yaml:2:3: the key \"k\" is taken by a.yaml:2:3\n");
  EXPECT_EQ(text_of(load({{"a.yaml", pin("k", "A")}, {"b.yaml", pin("l", "A")}}).diagnostics),
            "b.yaml:2:13: the name \"A\" is taken by a.yaml:2:3\n");
}

TEST(SeveralFiles, OneErrorLeavesTheOthersToBeCheckedAndNothingToBeUsed) {
  const Desired desired = load({{"a.yaml", "a: ["}, {"b.yaml", pin("l", "''")}, {"c.yaml", pin("c", "C")}});
  EXPECT_FALSE(desired.ok());
  EXPECT_THAT(text_of(desired.diagnostics), HasSubstr("a.yaml:"));
  EXPECT_THAT(text_of(desired.diagnostics), HasSubstr("b.yaml:2:13: name must not be empty"));
}

TEST(Accounts, AFileBelongsToTheOneThatItNames) {
  const LoadOptions two{.accounts = {"production", "staging"}};
  const Desired desired =
      load({{"a.yaml", pin("k", "A", "production")}, {"b.yaml", pin("k", "A", "staging")}}, two);
  EXPECT_EQ(text_of(desired.diagnostics), "");
  EXPECT_EQ(desired.accounts.at("production").providers.size(), 1u);
  EXPECT_EQ(desired.accounts.at("staging").providers.size(), 1u);
}

TEST(Accounts, WhereThereAreSeveralAFileMustNameOne) {
  const LoadOptions two{.accounts = {"production", "staging"}};
  EXPECT_EQ(text_of(load({{"a.yaml", pin("k", "A")}}, two).diagnostics),
            "a.yaml:1:1: the file must say which account it is about: `account: production` or `account: "
            "staging`\n");
  EXPECT_EQ(text_of(load({{"p.json", how_to_object}}, two).diagnostics).find("p.json:1:1: the file must say"),
            0u);
}

TEST(Accounts, OfTheSettingsAreThereEvenWithoutAFile) {
  const Desired desired = load({}, {.accounts = {"production", "staging"}});
  EXPECT_TRUE(desired.ok());
  EXPECT_EQ(desired.accounts.size(), 2u);
}

TEST(Accounts, WithoutSettingsAnyNameDoes) {
  const Desired desired = load({{"a.yaml", pin("k", "A", "whatever")}}, {});
  EXPECT_TRUE(desired.ok());
  EXPECT_EQ(desired.accounts.at("whatever").providers.size(), 1u);
}

}  // namespace
}  // namespace idpd::config
