#include "service/directory_source.h"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "git_folder.h"

namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using idpd::base::Result;
using idpd::service::DirectorySource;
using idpd::service::Snapshot;
using idpd::test::write;

class DirectorySourceTest : public testing::Test {
 protected:
  DirectorySourceTest() { fs::create_directory(path); }
  ~DirectorySourceTest() override { stop(); }

  void make(const fs::path& of) { source = std::make_unique<DirectorySource>(io, alarms, of.string()); }

  void run() {
    if (!source) make(path);
    running = true;
    const auto task = [](DirectorySourceTest& test) -> asio::awaitable<void> {
      // Named, since g++ 12 goes wrong about it in the call itself.
      const std::function<void()> changed = [&test] { ++test.changes; };
      co_await test.source->run(changed);
      test.running = false;
    };
    asio::co_spawn(io, task(*this), asio::detached);
    alarms.settle();
  }

  void stop() {
    if (!source) return;
    source->stop();
    EXPECT_TRUE(idpd::test::until(alarms, [&] { return !running; }));
  }

  // How often a change was told, given all the time that it needs.
  int told() {
    const int before = changes;
    for (int i = 0; i < 15; ++i) {
      alarms.settle();
      alarms.advance(20ms);
    }
    alarms.advance(5s);
    return changes - before;
  }

  std::optional<Result<Snapshot>> got;
  void begin_read() {
    if (!source) make(path);
    got.reset();
    const auto task = [](DirectorySource& from,
                         std::optional<Result<Snapshot>>& into) -> asio::awaitable<void> {
      into.emplace(co_await from.read());
    };
    asio::co_spawn(io, task(*source, got), asio::detached);
    alarms.settle();
  }
  Result<Snapshot> read() {
    begin_read();
    alarms.advance(5s);
    EXPECT_TRUE(got);
    return *got;
  }

  idpd::test::Folder folder;
  fs::path path = folder / "idps";
  asio::io_context io;
  idpd::test::FakeAlarms alarms{io};
  std::unique_ptr<DirectorySource> source;
  int changes = 0;
  bool running = false;
};

TEST_F(DirectorySourceTest, AQuietFolderSaysNothing) {
  write(path / "a.yaml", "a");
  run();
  EXPECT_EQ(told(), 0);
}

TEST_F(DirectorySourceTest, AChangedAnAddedAndARemovedFileAreToldOnceEach) {
  write(path / "a.yaml", "a");
  run();
  write(path / "a.yaml", "b");
  EXPECT_EQ(told(), 1);
  write(path / "b.yaml", "b");
  EXPECT_EQ(told(), 1);
  fs::remove(path / "b.yaml");
  EXPECT_EQ(told(), 1);
}

TEST_F(DirectorySourceTest, AnEditorsRenameOverTheFileIsSeen) {
  write(path / "a.yaml", "a");
  run();
  write(path / ".a.yaml.swp", "b");
  told();
  fs::rename(path / ".a.yaml.swp", path / "a.yaml");
  EXPECT_EQ(told(), 1);
}

TEST_F(DirectorySourceTest, WhatIsNotReadSaysNothing) {
  run();
  write(path / "a.yaml~", "a");
  write(path / ".#a.yaml", "a");
  write(path / "#a.yaml#", "a");
  write(path / "notes.txt", "a");
  fs::remove(path / "notes.txt");
  EXPECT_EQ(told(), 0);
}

TEST_F(DirectorySourceTest, NewFoldersAreWatchedWithAllThatIsInThem) {
  run();
  write(path / "one/two/a.yaml", "a");
  EXPECT_EQ(told(), 1);
  write(path / "one/two/a.yaml", "b");
  EXPECT_EQ(told(), 1);
  fs::rename(path / "one", path / "other");
  EXPECT_EQ(told(), 1);
  write(path / "other/two/a.yaml", "c");
  EXPECT_EQ(told(), 1);
}

TEST_F(DirectorySourceTest, AConfigMapsSwapIsSeen) {
  write(path / "..1/a.yaml", "a");
  write(path / "..2/a.yaml", "b");
  fs::create_directory_symlink("..1", path / "..data");
  fs::create_symlink("..data/a.yaml", path / "a.yaml");
  run();
  fs::create_directory_symlink("..2", path / "..data_tmp");
  fs::rename(path / "..data_tmp", path / "..data");
  EXPECT_EQ(told(), 1);
  fs::remove_all(path / "..1");
  told();
  const auto now = read();
  ASSERT_TRUE(now);
  EXPECT_EQ(now->files[0].text, "b");
  write(path / "..2/a.yaml", "c");  // behind the link
  EXPECT_EQ(told(), 1);
}

TEST_F(DirectorySourceTest, AFolderThatIsRemovedAndMadeAnewIsSeen) {
  write(path / "a.yaml", "a");
  run();
  fs::remove_all(path);
  EXPECT_EQ(told(), 1);
  write(path / "a.yaml", "b");
  EXPECT_EQ(told(), 1);
  write(path / "a.yaml", "c");
  EXPECT_EQ(told(), 1);
}

TEST_F(DirectorySourceTest, AFolderThatIsNotThereYetIsSeenWhenItComesWithItsParents) {
  make(folder / "x/y/idps");
  run();
  write(folder / "x/y/idps/a.yaml", "a");
  EXPECT_GE(told(), 1);
  write(folder / "x/y/idps/a.yaml", "b");
  EXPECT_EQ(told(), 1);
}

TEST_F(DirectorySourceTest, OneFileIsWatchedAndItsNeighboursAreNot) {
  write(path / "a.yaml", "a");
  make(path / "a.yaml");
  run();
  write(path / "b.yaml", "b");
  EXPECT_EQ(told(), 0);
  write(path / "a.yaml.new", "b");
  fs::rename(path / "a.yaml.new", path / "a.yaml");
  EXPECT_EQ(told(), 1);
  write(path / "a.yaml", "c");
  EXPECT_EQ(told(), 1);
}

TEST_F(DirectorySourceTest, AThousandEditsInABurstAreFewCalls) {
  run();
  for (int i = 0; i < 1000; ++i) {
    write(path / (std::to_string(i % 50) + ".yaml"), std::to_string(i));
    alarms.advance(1ms);
  }
  EXPECT_LE(changes + told(), 2);
  EXPECT_GE(changes, 1);
}

TEST_F(DirectorySourceTest, EditsWithoutEndAreToldAllTheSame) {
  run();
  for (int i = 0; i < 100; ++i) {
    write(path / "a.yaml", std::to_string(i));
    alarms.advance(100ms);
  }
  EXPECT_GE(changes, 4);
  EXPECT_LE(changes, 6);
}

TEST_F(DirectorySourceTest, WithoutTheSystemsHelpTheFolderIsLookedAtEveryFewSeconds) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizers need the descriptors that this takes away; other builds run it";
#endif
  make(path);
  rlimit usual{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &usual), 0);
  const int next = ::dup(0);
  ::close(next);
  const rlimit none{static_cast<rlim_t>(next), usual.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  run();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &usual), 0);
  alarms.advance(30s);
  EXPECT_EQ(changes, 0);
  write(path / "a.yaml", "a");
  alarms.advance(9s);
  EXPECT_EQ(changes, 0);
  alarms.advance(2s);
  EXPECT_EQ(changes, 1);
  // By now the system helps again.
  write(path / "a.yaml", "b");
  EXPECT_EQ(told(), 1);
}

TEST_F(DirectorySourceTest, ALookIsToldAtOnce) {
  run();
  source->look();
  alarms.settle();
  EXPECT_EQ(changes, 1);
}

TEST_F(DirectorySourceTest, NothingIsToldAfterStop) {
  run();
  write(path / "a.yaml", "a");
  alarms.settle();
  stop();
  EXPECT_EQ(told(), 0);
}

TEST_F(DirectorySourceTest, AFileIsNotReadWhileItIsBeingWritten) {
  write(path / "a.yaml", "half");
  begin_read();
  alarms.advance(150ms);
  write(path / "a.yaml", "whole");
  alarms.advance(100ms);
  EXPECT_FALSE(got) << "it was not quiet";
  alarms.advance(300ms);
  ASSERT_TRUE(got);
  EXPECT_EQ((*got)->files[0].text, "whole");
}

TEST_F(DirectorySourceTest, AFolderThatNeverRestsIsAnErrorNotAWaitWithoutEnd) {
  begin_read();
  for (int i = 0; i < 40; ++i) {
    write(path / "a.yaml", std::string(static_cast<std::size_t>(i), 'x'));
    alarms.advance(100ms);
  }
  ASSERT_TRUE(got);
  ASSERT_FALSE(*got);
  EXPECT_TRUE(got->error().retryable);
}

TEST_F(DirectorySourceTest, AFolderThatIsNotThereIsAnError) {
  make(folder / "absent");
  const auto now = read();
  ASSERT_FALSE(now);
  EXPECT_EQ(now.error().where, (folder / "absent").string());
}

TEST_F(DirectorySourceTest, InAWorkTreeTheCommitIsToldAndWhetherTheFolderDiffersFromIt) {
  const idpd::test::GitRepo repo(path);
  make(path / "in");
  repo.commit("in/b.yaml", "b");
  const std::string id = repo.commit("in/a.yaml", "a", "Add a");
  auto now = read();
  ASSERT_TRUE(now);
  ASSERT_TRUE(now->revision);
  EXPECT_EQ(now->revision->commit, id);
  EXPECT_EQ(now->revision->author, "Ada <ada@example.com>");
  EXPECT_EQ(now->revision->subject, "Add a");
  EXPECT_FALSE(now->revision->dirty);
  write(path / "elsewhere.yaml", "not ours");
  EXPECT_FALSE(read()->revision->dirty);
  write(path / "in/a.yaml", "other");
  EXPECT_TRUE(read()->revision->dirty);
  write(path / "in/a.yaml", "a");
  EXPECT_FALSE(read()->revision->dirty);
  write(path / "in/new.yaml", "new");
  EXPECT_TRUE(read()->revision->dirty);
  fs::remove(path / "in/new.yaml");
  fs::remove(path / "in/b.yaml");
  EXPECT_TRUE(read()->revision->dirty);
}

TEST_F(DirectorySourceTest, OutsideOfARepositoryThereIsNoCommit) {
  write(path / "a.yaml", "a");
  EXPECT_FALSE(read()->revision);
}

TEST_F(DirectorySourceTest, ABrokenRepositoryDoesNotKeepTheFilesFromBeingRead) {
  write(path / "a.yaml", "a");
  write(path / ".git/HEAD", "ref: refs/heads/main");
  write(path / ".git/config", "[broken");
  fs::create_directories(path / ".git/objects");
  fs::create_directories(path / ".git/refs");
  const auto now = read();
  ASSERT_TRUE(now);
  EXPECT_EQ(now->files.size(), 1U);
  EXPECT_FALSE(now->revision);
}

}  // namespace
