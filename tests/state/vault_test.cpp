#include "state/vault.h"

#include <gmock/gmock.h>
#include <sys/wait.h>

#include <vector>

#include "state_folder.h"

namespace idpd::state {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

const std::string secret = "s3cr3t-scim-token";

TEST(FingerprintKey, IsMadeOnceForItsOwnerAlone) {
  const StateFolder folder;
  const Umask umask(0);
  const auto key = fingerprint_key(folder / "state");
  ASSERT_TRUE(key.ok());
  EXPECT_THAT(*key, MatchesRegex("[0-9a-f]+"));
  EXPECT_EQ(key->size(), 64u);
  EXPECT_EQ(mode_of(folder / "state"), 0700);
  EXPECT_EQ(mode_of(folder / "state/fingerprint.key"), 0600);
  EXPECT_EQ(*fingerprint_key(folder / "state"), *key);
  EXPECT_EQ(**read_fingerprint_key(folder / "state"), *key);
  EXPECT_EQ(names_in(folder / "state"), std::set<std::string>{"fingerprint.key"});
  EXPECT_NE(*fingerprint_key(folder / "another"), *key);
}

TEST(FingerprintKey, ReadingMakesNone) {
  const StateFolder folder;
  const auto key = read_fingerprint_key(folder.path());
  ASSERT_TRUE(key.ok());
  EXPECT_FALSE(key->has_value());
  EXPECT_TRUE(names_in(folder.path()).empty());
}

TEST(FingerprintKey, ADamagedOneIsAnErrorAndStays) {
  const std::string good(64, 'a');
  for (const std::string& text : {std::string(), good.substr(1), good + "a", good + "\n\n",
                                  std::string(64, 'x'), std::string(100'000, 'a')}) {
    const StateFolder folder;
    write_content(folder / "fingerprint.key", text);
    for (const auto& error :
         {fingerprint_key(folder.path()).error(), read_fingerprint_key(folder.path()).error()}) {
      EXPECT_EQ(error.code, base::Code::io);
      EXPECT_THAT(error.message, HasSubstr(folder / "fingerprint.key"));
      EXPECT_THAT(error.message, HasSubstr("move it away"));
      EXPECT_THAT(error.message, Not(HasSubstr("aaa")));
    }
    EXPECT_EQ(content_of(folder / "fingerprint.key"), text);
  }
}

TEST(FingerprintKey, ProcessesThatMakeItAtOnceAgree) {
  const StateFolder folder;
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      const auto key = fingerprint_key(folder.path());
      if (key) write_content(folder / ("seen-" + std::to_string(i)), *key);
      ::_exit(key ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  for (int i = 0; i < 8; ++i)
    EXPECT_EQ(content_of(folder / ("seen-" + std::to_string(i))), *fingerprint_key(folder.path()));
}

TEST(ScimSecret, IsKeptWholeForItsOwnerAlone) {
  const StateFolder folder;
  const Umask umask(0);
  ASSERT_TRUE(await_scim_secret(folder.path(), account, "entra").ok());
  EXPECT_TRUE(names_in(folder / ("scim/" + account)).empty());
  const auto path = save_scim_secret(folder.path(), account, "entra", secret);
  ASSERT_TRUE(path.ok());
  EXPECT_EQ(*path, folder / ("scim/" + account + "/entra"));
  EXPECT_EQ(content_of(*path), secret);
  EXPECT_EQ(mode_of(*path), 0600);
  EXPECT_EQ(mode_of(folder / "scim"), 0700);
  EXPECT_EQ(mode_of(folder / ("scim/" + account)), 0700);
}

TEST(ScimSecret, WhatAKilledProcessLeftHalfWrittenIsRemovedAndNothingElse) {
  const StateFolder folder;
  ASSERT_TRUE(remove_unfinished_scim(folder.path(), account).ok()) << "there is nothing yet";
  ASSERT_TRUE(save_scim_secret(folder.path(), account, "entra", secret).ok());
  ASSERT_TRUE(save_scim_secret(folder.path(), other_account, "entra", secret).ok());
  ASSERT_TRUE(await_scim_secret(folder.path(), account, "okta").ok());
  write_content(folder / ("scim/" + account + "/.tmp-a1B2c3"), secret);
  write_content(folder / ("scim/" + account + "/.probe-4711"), "");
  write_content(folder / ("scim-awaited/" + account + "/.tmp-a1B2c3"), "none");
  write_content(folder / ("scim/" + other_account + "/.tmp-a1B2c3"), secret);
  ASSERT_TRUE(remove_unfinished_scim(folder.path(), account).ok());
  EXPECT_EQ(names_in(folder / ("scim/" + account)), std::set<std::string>{"entra"});
  EXPECT_EQ(names_in(folder / ("scim-awaited/" + account)), std::set<std::string>{"okta"});
  EXPECT_EQ(names_in(folder / ("scim/" + other_account)), (std::set<std::string>{"entra", ".tmp-a1B2c3"}))
      << "somebody may be writing it";
}

TEST(ScimSecret, ANewOneReplacesTheOldAndItsPermissions) {
  const StateFolder folder;
  const std::string path = *save_scim_secret(folder.path(), account, "entra", "older-and-longer-secret");
  ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
  ASSERT_TRUE(save_scim_secret(folder.path(), account, "entra", secret).ok());
  EXPECT_EQ(content_of(path), secret);
  EXPECT_EQ(mode_of(path), 0600);
  EXPECT_EQ(names_in(folder / ("scim/" + account)), std::set<std::string>{"entra"});
}

TEST(ScimSecret, WhatCannotNameAFileIsRefusedBeforeAndAfter) {
  const StateFolder folder;
  for (const std::string& bad : {std::string(), std::string("."), std::string(".."), std::string(".x"),
                                 std::string("a/b"), std::string("../../x"), std::string("a b"),
                                 std::string("ä"), std::string("a\0b", 3), std::string(256, 'a')}) {
    EXPECT_FALSE(await_scim_secret(folder.path(), account, bad).ok()) << bad;
    const auto saved = save_scim_secret(folder.path(), account, bad, secret);
    ASSERT_FALSE(saved.ok()) << bad;
    EXPECT_EQ(saved.error().code, base::Code::invalid);
    EXPECT_THAT(saved.error().message, Not(HasSubstr(secret)));
  }
  EXPECT_FALSE(await_scim_secret(folder.path(), "../x", "entra").ok());
  EXPECT_FALSE(save_scim_secret(folder.path(), "../x", "entra", secret).ok());
  EXPECT_TRUE(names_in(folder.path()).empty());
  EXPECT_TRUE(save_scim_secret(folder.path(), account, "My_Okta.2-b", secret).ok());
  EXPECT_TRUE(save_scim_secret(folder.path(), account, std::string(255, 'a'), secret).ok());
}

TEST(ScimSecret, APlaceThatCannotBeWrittenShowsItselfBeforeTheRequest) {
  const StateFolder folder;
  write_content(folder / "scim", "");
  const auto ready = await_scim_secret(folder.path(), account, "entra");
  ASSERT_FALSE(ready.ok());
  EXPECT_EQ(ready.error().code, base::Code::io);
  EXPECT_THAT(ready.error().message, HasSubstr(folder / "scim"));
  const auto saved = save_scim_secret(folder.path(), account, "entra", secret);
  ASSERT_FALSE(saved.ok());
  EXPECT_THAT(saved.error().message, Not(HasSubstr(secret)));
}

TEST(ScimSecret, AFolderInTheFilesPlaceShowsItselfBeforeTheRequest) {
  const StateFolder folder;
  std::filesystem::create_directories(folder / ("scim/" + account + "/entra"));
  EXPECT_FALSE(await_scim_secret(folder.path(), account, "entra").ok());
  const auto saved = save_scim_secret(folder.path(), account, "entra", secret);
  ASSERT_FALSE(saved.ok());
  EXPECT_EQ(names_in(folder / ("scim/" + account)),
            std::set<std::string>{"entra"});  // no temporary file either
}

TEST(ScimSecret, ThatWasAwaitedAndDidNotComeIsMissingUntilOneIsThere) {
  const StateFolder folder;
  const auto missing = [&] { return *scim_secret_is_missing(folder.path(), account, "entra"); };
  EXPECT_FALSE(missing());  // nobody awaits one
  ASSERT_TRUE(await_scim_secret(folder.path(), account, "entra").ok());
  EXPECT_TRUE(missing());
  ASSERT_TRUE(give_up_scim_secret(folder.path(), account, "entra").ok());
  EXPECT_FALSE(missing());
  ASSERT_TRUE(await_scim_secret(folder.path(), account, "entra").ok());
  ASSERT_TRUE(save_scim_secret(folder.path(), account, "entra", secret).ok());
  EXPECT_FALSE(missing());
  // An older one stays in its place until there is a new one, and does not pass for it.
  ASSERT_TRUE(await_scim_secret(folder.path(), account, "entra").ok());
  EXPECT_TRUE(missing());
  EXPECT_EQ(content_of(folder / ("scim/" + account + "/entra")), secret);
  write_content(folder / ("scim/" + account + "/entra"), "put there by a person");
  EXPECT_FALSE(missing());
}

TEST(ScimSecret, FollowsItsKeyAndSoDoesTheWaitForIt) {
  const StateFolder folder;
  ASSERT_TRUE(move_scim_secret(folder.path(), account, "entra", "staff").ok());  // there is none
  ASSERT_TRUE(save_scim_secret(folder.path(), account, "entra", secret).ok());
  ASSERT_TRUE(await_scim_secret(folder.path(), account, "entra").ok());
  ASSERT_TRUE(move_scim_secret(folder.path(), account, "entra", "staff").ok());
  EXPECT_EQ(content_of(folder / ("scim/" + account + "/staff")), secret);
  EXPECT_TRUE(*scim_secret_is_missing(folder.path(), account, "staff"));
  EXPECT_FALSE(*scim_secret_is_missing(folder.path(), account, "entra"));
}

}  // namespace
}  // namespace idpd::state
