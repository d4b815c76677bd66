#include <sys/stat.h>

#include <stop_token>
#include <thread>

#include "fixture.h"
#include "secrets/file.h"

namespace idpd::secrets {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
namespace fs = std::filesystem;

class ResolverTest : public SecretsTest {};

TEST_F(ResolverTest, TextsAndReferencesAreJoined) {
  environment_ = {{"USER_PART", "me"}, {"PASSWORD", "s3cr3t"}};
  EXPECT_EQ(value("plain"), "plain");
  EXPECT_EQ(value("${env:USER_PART}:${env:PASSWORD}@$${x}"), "me:s3cr3t@${x}");
}

TEST_F(ResolverTest, AMissingVariableIsNamed) {
  EXPECT_THAT(error("${env:NOPE}"), AllOf(StartsWith("${env:NOPE}"), HasSubstr("not set")));
}

TEST_F(ResolverTest, IdpdsOwnVariablesAreRefusedOutsideTheSettings) {
  for (const char* name : {"CLOUDFLARE_API_TOKEN", "CLOUDFLARE_", "IDPD_X"}) {
    environment_[name] = "s3cr3t";
    const std::string text = std::string("${env:") + name + "}";
    policy_.settings = false;
    EXPECT_THAT(error(text), AllOf(HasSubstr("refused"), HasSubstr(name), Not(HasSubstr("s3cr3t"))));
    policy_.settings = true;
    EXPECT_EQ(value(text), "s3cr3t");
  }
  policy_.settings = false;
  environment_["MY_CLOUDFLARE_X"] = "ok";
  EXPECT_EQ(value("${env:MY_CLOUDFLARE_X}"), "ok");
}

TEST_F(ResolverTest, VariablesThatTheSettingsUseAreRefused) {
  environment_["CF_TOKEN"] = "s3cr3t";
  policy_.refused_variables = {"CF_TOKEN"};
  EXPECT_THAT(error("${env:CF_TOKEN}"), AllOf(HasSubstr("own settings"), Not(HasSubstr("s3cr3t"))));
  policy_.settings = true;
  EXPECT_EQ(value("${env:CF_TOKEN}"), "s3cr3t");
}

TEST_F(ResolverTest, OneTrailingNewlineOfAFileIsDropped) {
  policy_.files = {folder_};
  for (const auto& [text, expected] : {std::pair<std::string, std::string>{"s3cr3t", "s3cr3t"},
                                       {"s3cr3t\n", "s3cr3t"},
                                       {"s3cr3t\r\n", "s3cr3t"},
                                       {"s3cr3t\n\n", "s3cr3t\n"},
                                       {" s3cr3t \n", " s3cr3t "},
                                       {"a\nb\n", "a\nb"}}) {
    EXPECT_EQ(value("${file:" + write("x", text) + "}"), expected);
  }
  environment_["LINE"] = "s3cr3t\n";
  EXPECT_EQ(value("${env:LINE}"), "s3cr3t\n");
}

TEST_F(ResolverTest, AChangedFileIsSeenAtOnce) {
  policy_.files = {folder_};
  const std::string text = "${file:" + write("x", "old") + "}";
  EXPECT_EQ(value(text), "old");
  write("x", "new");
  EXPECT_EQ(value(text), "new");
}

TEST_F(ResolverTest, EmptyValuesAndNulBytesAreErrors) {
  policy_.files = {folder_};
  environment_ = {{"EMPTY", ""}, {"NUL", std::string("s3cr3t\0x", 8)}};
  EXPECT_THAT(error("${env:EMPTY}"), AllOf(HasSubstr("${env:EMPTY}"), HasSubstr("empty")));
  EXPECT_THAT(error("${file:" + write("x", "\n") + "}"),
              AllOf(HasSubstr(folder_ + "/x"), HasSubstr("empty")));
  EXPECT_THAT(error("${env:NUL}"), AllOf(HasSubstr("NUL"), Not(HasSubstr("s3cr3t"))));
  EXPECT_THAT(error("${file:" + write("y", std::string("s3cr3t\0", 7)) + "}"),
              AllOf(HasSubstr("NUL"), Not(HasSubstr("s3cr3t"))));
}

TEST_F(ResolverTest, AFileMustBeNamedByItsWholePath) {
  policy_.files = {folder_, "."};
  EXPECT_THAT(error("${file:x/y}"), AllOf(HasSubstr("${file:x/y}"), HasSubstr("absolute")));
}

TEST_F(ResolverTest, OnlyTheFoldersThatTheSettingsAllowAreRead) {
  const std::string inside = write("in/deep/x", "inside");
  const std::string outside = write("in-too/x", "s3cr3t");
  EXPECT_THAT(error("${file:" + inside + "}"), HasSubstr("allow no files"));
  policy_.files = {folder_ + "/in", folder_ + "/missing", ""};
  EXPECT_EQ(value("${file:" + inside + "}"), "inside");
  EXPECT_EQ(value("${file:" + folder_ + "/in/../in/./deep/x}"), "inside");
  EXPECT_THAT(error("${file:" + outside + "}"), AllOf(HasSubstr("refused"), Not(HasSubstr("s3cr3t"))));
  EXPECT_THAT(error("${file:" + folder_ + "/in/../in-too/x}"), HasSubstr("refused"));
  policy_.files = {folder_ + "/in/deep/x"};  // a single file
  EXPECT_EQ(value("${file:" + inside + "}"), "inside");
  policy_.files = {folder_ + "/in/"};
  EXPECT_EQ(value("${file:" + inside + "}"), "inside");
  policy_.files = {};
  policy_.settings = true;
  EXPECT_EQ(value("${file:" + outside + "}"), "s3cr3t");
}

TEST_F(ResolverTest, LinksAreJudgedByWhereTheyLead) {
  const std::string outside = write("out/x", "s3cr3t");
  const std::string inside = write("in/x", "inside");
  policy_.files = {folder_ + "/in"};
  fs::create_symlink(outside, folder_ + "/in/link");
  fs::create_directory_symlink(folder_ + "/out", folder_ + "/in/folder");
  fs::create_symlink(inside, folder_ + "/in/good");
  fs::create_symlink(inside, folder_ + "/way-in");
  EXPECT_THAT(error("${file:" + folder_ + "/in/link}"),
              AllOf(HasSubstr("refused"), Not(HasSubstr("s3cr3t"))));
  EXPECT_THAT(error("${file:" + folder_ + "/in/folder/x}"), HasSubstr("refused"));
  EXPECT_EQ(value("${file:" + folder_ + "/in/good}"), "inside");
  EXPECT_EQ(value("${file:" + folder_ + "/way-in}"), "inside");
  fs::create_directory_symlink(folder_ + "/in", folder_ + "/alias");
  policy_.files = {folder_ + "/alias"};
  EXPECT_EQ(value("${file:" + inside + "}"), "inside");
}

TEST_F(ResolverTest, AFileIsPublicOnlyWhereEveryFolderAboveItIs) {
  using std::filesystem::perms;
  const std::string path = write("a/b/secret", "s3cret");
  const auto set = [&](const std::string& name, unsigned mode) {
    std::filesystem::permissions(folder_ + name, static_cast<perms>(mode));
  };
  for (const char* name : {"", "/a", "/a/b"}) set(name, 0755);
  set("/a/b/secret", 0644);
  EXPECT_TRUE(is_public(path));
  set("/a", 0700);
  EXPECT_FALSE(is_public(path));
  set("/a", 0711);  // a name that is known is enough
  EXPECT_TRUE(is_public(path));
  set("/a/b/secret", 0640);
  EXPECT_FALSE(is_public(path));
  EXPECT_FALSE(is_public(folder_ + "/none"));
}

TEST_F(ResolverTest, FilesThatTheSettingsUseAreRefused) {
  const std::string token = write("in/token", "s3cr3t");
  fs::create_symlink(token, folder_ + "/in/link");
  policy_.files = {folder_};
  policy_.refused_files = {token};
  for (const char* name : {"/in/token", "/in/link"}) {
    EXPECT_THAT(error("${file:" + folder_ + name + "}"),
                AllOf(HasSubstr("own settings"), Not(HasSubstr("s3cr3t"))));
  }
}

TEST_F(ResolverTest, WhatIsNoRegularFileIsAnErrorAndNotAWait) {
  policy_.files = {folder_, "/dev"};
  ASSERT_EQ(::mkfifo((folder_ + "/fifo").c_str(), 0600), 0);
  EXPECT_THAT(error("${file:" + folder_ + "/fifo}"), HasSubstr("regular file"));
  EXPECT_THAT(error("${file:" + folder_ + "}"), HasSubstr("regular file"));
  EXPECT_THAT(error("${file:/dev/zero}"), HasSubstr("regular file"));
  EXPECT_THAT(error("${file:" + write("x", "a") + "/below}"), HasSubstr(folder_ + "/x/below"));
  EXPECT_THAT(error("${file:" + folder_ + "/missing}"),
              AllOf(HasSubstr("/missing}"), HasSubstr("cannot be read")));
}

TEST_F(ResolverTest, SizeIsBounded) {
  policy_.files = {folder_};
  EXPECT_EQ(value("${file:" + write("most", std::string(64 * 1024, 'x')) + "}").size(), 64u * 1024);
  EXPECT_THAT(error("${file:" + write("more", std::string(64 * 1024 + 1, 'x')) + "}"), HasSubstr("64 KiB"));
  EXPECT_THAT(error("${file:" + folder_ + "/most}${file:" + folder_ + "/most}"), HasSubstr("64 KiB"));
  environment_["LONG"] = std::string(64 * 1024 + 1, 'x');
  EXPECT_THAT(error("${env:LONG}"), HasSubstr("64 KiB"));
}

// Somebody who may write to the allowed folder swaps a file for a link, again and again.
TEST_F(ResolverTest, AFileThatBecomesALinkMeanwhileNeverLeadsOut) {
  write("in/good", "inside");
  write("out/x", "s3cr3t");
  fs::create_directory(folder_ + "/in/real");
  write("in/real/x", "inside");
  policy_.files = {folder_ + "/in"};
  const std::jthread swapper([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::error_code ignored;
      fs::rename(folder_ + "/in/real", folder_ + "/in/away", ignored);
      fs::create_directory_symlink(folder_ + "/out", folder_ + "/in/real", ignored);
      fs::remove(folder_ + "/in/real", ignored);
      fs::rename(folder_ + "/in/away", folder_ + "/in/real", ignored);
    }
  });
  int read = 0;
  for (int i = 0; i < 3000; ++i) {
    const auto secret = resolve("${file:" + folder_ + "/in/real/x}");
    if (!secret) continue;
    ++read;
    ASSERT_EQ(secret->reveal(), "inside");
  }
  EXPECT_GT(read, 0);
}

// The same, at the very moment between the judgement and the opening.
TEST_F(ResolverTest, AFileThatBecameALinkSinceItWasResolvedIsNotRead) {
  write("out/x", "s3cr3t");
  const auto resolved = resolve_links(write("in/real/x", "inside"));
  ASSERT_TRUE(resolved.ok());
  ASSERT_TRUE(read_secret_file(*resolved).ok());
  fs::remove_all(folder_ + "/in/real");
  fs::create_directory_symlink(folder_ + "/out", folder_ + "/in/real");
  const auto secret = read_secret_file(*resolved);
  ASSERT_FALSE(secret.ok());
  EXPECT_THAT(secret.error().message, HasSubstr("changed"));
  fs::remove(folder_ + "/in/real");
  fs::create_directory(folder_ + "/in/real");
  fs::create_symlink(folder_ + "/out/x", folder_ + "/in/real/x");
  EXPECT_FALSE(read_secret_file(*resolved).ok());
}

// The good references come first, so that their values are at hand when the last one fails.
TEST_F(ResolverTest, NoErrorHoldsASecret) {
  policy_.files = {folder_};
  environment_ = {{"GOOD", "s3cr3t-one"}, {"NUL", std::string("s3cr3t\0two", 10)}, {"EMPTY", ""}};
  const std::string good = "s3cr3t-clear ${env:GOOD} ${file:" + write("good", "s3cr3t-three") + "} ";
  const std::string big = write("big", [] {
    std::string text;
    while (text.size() <= 64 * 1024) text += "s3cr3t";
    return text;
  }());
  for (const std::string& bad :
       {std::string("${env:NUL}"), std::string("${env:EMPTY}"), std::string("${env:NOPE}"),
        std::string("${env:IDPD_X}"), "${file:" + big + "}", "${file:" + folder_ + "/missing}",
        std::string("${file:/etc/passwd}"), std::string("${credential:x}"), std::string("${vault:x}"),
        std::string("${")}) {
    const std::string message = error(good + bad);
    EXPECT_THAT(message, AllOf(Not(HasSubstr("s3cr3t")), Not(HasSubstr("<no error>")))) << bad;
  }
}

TEST_F(ResolverTest, WhatATerminalWouldInterpretIsShownHarmlessly) {
  EXPECT_THAT(error("${env:A\x1b[2J}"), AllOf(HasSubstr("\\x1b"), Not(HasSubstr("\x1b"))));
}

}  // namespace
}  // namespace idpd::secrets
