#include "state/lock.h"

#include <gmock/gmock.h>
#include <sys/wait.h>

#include <csignal>
#include <optional>

#include "state_folder.h"

namespace idpd::state {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

TEST(AccountLock, AKilledHolderIsReportedAndReleased) {
  const StateFolder folder;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = AccountLock::try_acquire(folder.path(), account, "idpd apply");
    const char outcome = lock ? 'y' : 'n';
    if (::write(ready[1], &outcome, 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  char outcome = 0;
  ASSERT_EQ(::read(ready[0], &outcome, 1), 1);
  ASSERT_EQ(outcome, 'y');
  {
    const auto lock = AccountLock::try_acquire(folder.path(), account, "idpd run");
    ASSERT_FALSE(lock.ok());
    EXPECT_EQ(lock.error().code, base::Code::locked);
    EXPECT_TRUE(lock.error().retryable);
    EXPECT_THAT(lock.error().message, HasSubstr("pid " + std::to_string(child) + " (idpd apply), since 2"));
    EXPECT_THAT(lock.error().message, HasSubstr(folder / ("locks/" + account)));
  }
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  ::close(ready[0]);
  ::close(ready[1]);
  EXPECT_TRUE(AccountLock::try_acquire(folder.path(), account, "idpd run").ok());
}

TEST(AccountLock, EachAccountHasItsOwn) {
  const StateFolder folder;
  const auto one = AccountLock::try_acquire(folder.path(), account, "a");
  const auto two = AccountLock::try_acquire(folder.path(), other_account, "b");
  EXPECT_TRUE(one.ok());
  EXPECT_TRUE(two.ok());
  EXPECT_FALSE(AccountLock::try_acquire(folder.path(), account, "c").ok());
}

TEST(AccountLock, MovesAndIsReleasedWithItsLastOwner) {
  const StateFolder folder;
  std::optional<AccountLock> kept;
  {
    auto lock = AccountLock::try_acquire(folder.path(), account, "a");
    ASSERT_TRUE(lock.ok());
    kept.emplace(*std::move(lock));
  }
  EXPECT_FALSE(AccountLock::try_acquire(folder.path(), account, "b").ok());
  auto other = AccountLock::try_acquire(folder.path(), other_account, "c");
  ASSERT_TRUE(other.ok());
  *kept = *std::move(other);  // lets the first one go
  EXPECT_TRUE(AccountLock::try_acquire(folder.path(), account, "d").ok());
  EXPECT_FALSE(AccountLock::try_acquire(folder.path(), other_account, "e").ok());
  kept.reset();
  EXPECT_TRUE(AccountLock::try_acquire(folder.path(), other_account, "f").ok());
}

TEST(AccountLock, TheFileNamesTheHolderWhileThereIsOne) {
  const StateFolder folder;
  const std::string path = folder / ("locks/" + account);
  {
    const Umask umask(0);
    const auto lock = AccountLock::try_acquire(folder.path(), account, "idpd run\nor so");
    ASSERT_TRUE(lock.ok());
    EXPECT_THAT(content_of(path), MatchesRegex("pid [0-9]+ \\(idpd run\\\\x0aor so\\), since "
                                               "[0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9]+Z\n"));
    EXPECT_EQ(mode_of(path), 0600);
    EXPECT_EQ(mode_of(folder / "locks"), 0700);
    EXPECT_FALSE(AccountLock::try_acquire(folder.path(), account, "other").ok());
    EXPECT_THAT(content_of(path), HasSubstr("idpd run"));
  }
  EXPECT_EQ(content_of(path), "");
}

TEST(AccountLock, WhatIsNoAccountIdNamesNoFile) {
  const StateFolder folder;
  for (const std::string& bad :
       {std::string(), std::string("../x"), std::string(31, 'a'), std::string(33, 'a'), std::string(32, 'A'),
        std::string(32, 'g'), std::string(31, 'a') + "\n"}) {
    const auto lock = AccountLock::try_acquire(folder.path(), bad, "a");
    ASSERT_FALSE(lock.ok()) << bad;
    EXPECT_EQ(lock.error().code, base::Code::invalid);
  }
  EXPECT_TRUE(names_in(folder.path()).empty());
}

TEST(AccountLock, APlaceThatCannotBeMadeIsAnErrorThatNamesIt) {
  const StateFolder folder;
  write_content(folder / "file", "");
  const auto lock = AccountLock::try_acquire(folder / "file", account, "a");
  ASSERT_FALSE(lock.ok());
  EXPECT_EQ(lock.error().code, base::Code::io);
  EXPECT_THAT(lock.error().message, HasSubstr(folder / "file/locks"));
}

}  // namespace
}  // namespace idpd::state
