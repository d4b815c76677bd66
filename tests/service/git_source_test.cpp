#include "service/git_source.h"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/ip/tcp.hpp>

#include <gmock/gmock.h>

#include "git_folder.h"

namespace {

using namespace std::chrono_literals;
using idpd::base::Result;
using idpd::service::GitSource;
using idpd::service::Snapshot;
using idpd::test::Folder;
using idpd::test::GitRepo;

class GitSourceTest : public testing::Test {
 protected:
  ~GitSourceTest() override { stop(); }

  void stop() {
    if (source) source->stop();
    EXPECT_TRUE(idpd::test::until(alarms, [&] { return !running; }));
  }

  void make_with(idpd::config::Git settings) {
    settings.interval = 60s;
    source = std::make_unique<GitSource>(io, alarms, std::move(settings), (folder / "state").string(), own);
  }
  void make(const std::string& path = "", const std::string& branch = "main") {
    make_with({.url = origin.path().string(), .branch = branch, .path = path});
  }

  Result<Snapshot> read() {
    std::optional<Result<Snapshot>> got;
    const auto task = [](GitSource& from, std::optional<Result<Snapshot>>& into) -> asio::awaitable<void> {
      into.emplace(co_await from.read());
    };
    asio::co_spawn(io, task(*source, got), asio::detached);
    EXPECT_TRUE(idpd::test::until(alarms, [&] { return got.has_value(); }));
    return *got;
  }

  void run() {
    running = true;
    const auto task = [](GitSourceTest& test) -> asio::awaitable<void> {
      // Named, since g++ 12 goes wrong about it in the call itself.
      const std::function<void()> changed = [&test] { ++test.changes; };
      co_await test.source->run(changed);
      test.running = false;
    };
    asio::co_spawn(io, task(*this), asio::detached);
  }

  Folder folder;
  GitRepo origin{folder / "origin"};
  asio::io_context io;
  idpd::test::FakeAlarms alarms{io};
  idpd::secrets::Resolver own{[](const std::string& name) -> std::optional<std::string> {
                                return name == "TOKEN" ? std::optional<std::string>("s3cret") : std::nullopt;
                              },
                              {.settings = true}};
  std::unique_ptr<GitSource> source;
  int changes = 0;
  bool running = false;
};

TEST_F(GitSourceTest, TheFilesOfTheBranchAreReadWithTheCommitTheyComeFrom) {
  origin.commit("other/no.yaml", "no");
  origin.commit("idps/.hidden.yaml", "no");
  origin.commit("idps/readme.md", "no");
  origin.commit("idps/sub/b.json", "{}");
  const std::string id = origin.commit("idps/a.yaml", "name: a", "Add a");
  make("idps/");
  const auto got = read();
  ASSERT_TRUE(got) << got.error().text();
  ASSERT_EQ(got->files.size(), 2U);
  EXPECT_EQ(got->files[0].path, "idps/a.yaml");
  EXPECT_EQ(got->files[0].text, "name: a");
  EXPECT_EQ(got->files[1].path, "idps/sub/b.json");
  EXPECT_EQ(got->revision->commit, id);
  EXPECT_EQ(got->revision->author, "Ada <ada@example.com>");
  EXPECT_EQ(got->revision->subject, "Add a");
  EXPECT_FALSE(got->revision->dirty);
  EXPECT_EQ(got->problem, "");
}

TEST_F(GitSourceTest, TheCloneIsForItsOwnerAlone) {
  origin.commit("a.yaml", "a");
  make();
  ASSERT_TRUE(read());
  for (const std::filesystem::path& one :
       {folder / "state/git", std::filesystem::directory_iterator(folder / "state/git")->path()})
    EXPECT_EQ(std::filesystem::status(one).permissions(), std::filesystem::perms::owner_all) << one;
}

TEST_F(GitSourceTest, ANewCommitIsToldOnceAndTakenWhole) {
  origin.commit("a.yaml", "1");
  make();
  ASSERT_TRUE(read());
  run();
  alarms.settle();
  const std::string id = origin.commit("a.yaml", "2");
  for (int i = 0; i < 3; ++i) {
    source->look();
    idpd::test::until(alarms, [&] { return changes > 0; }, 1s);
  }
  EXPECT_EQ(changes, 1);
  const auto got = read();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->revision->commit, id);
  EXPECT_EQ(got->files[0].text, "2");
}

TEST_F(GitSourceTest, ItFetchesEveryInterval) {
  origin.commit("a.yaml", "1");
  make();
  ASSERT_TRUE(read());
  run();
  ASSERT_TRUE(idpd::test::until(alarms, [&] { return changes == 0; }));
  origin.commit("a.yaml", "2");
  // Each minute, as soon as the one before is through.
  for (int i = 0; i < 50 && changes == 0; ++i) {
    idpd::test::until(alarms, [&] { return changes > 0; }, 100ms);
    alarms.advance(10s);
  }
  EXPECT_EQ(changes, 1);
}

TEST_F(GitSourceTest, TheLastCommitStaysReadableWhileFetchingFailsAlsoAfterARestart) {
  const std::string id = origin.commit("a.yaml", "1");
  make();
  ASSERT_TRUE(read());
  std::filesystem::rename(origin.path(), folder / "away");
  make();  // as after a restart
  const auto got = read();
  ASSERT_TRUE(got) << got.error().text();
  EXPECT_EQ(got->revision->commit, id);
  EXPECT_THAT(got->problem, testing::HasSubstr("cannot be fetched"));
  run();
  idpd::test::until(alarms, [&] { return changes > 0; }, 200ms);
  EXPECT_EQ(changes, 0) << "nothing new since it was read";
  std::filesystem::rename(folder / "away", origin.path());
  source->look();
  EXPECT_TRUE(idpd::test::until(alarms, [&] { return changes == 1; })) << "that it is over is told";
  EXPECT_EQ(read()->problem, "");
}

TEST_F(GitSourceTest, ARewrittenBranchIsTakenAndSaidSo) {
  origin.commit("a.yaml", "1");
  const std::string before = origin.commit("a.yaml", "2");
  make();
  ASSERT_TRUE(read());
  run();
  alarms.settle();
  origin.git("reset -q --hard HEAD~1");
  const std::string now = origin.commit("a.yaml", "3");
  source->look();
  ASSERT_TRUE(idpd::test::until(alarms, [&] { return changes == 1; }));
  const auto got = read();
  EXPECT_EQ(got->revision->commit, now);
  EXPECT_EQ(got->files[0].text, "3");
  ASSERT_EQ(got->notes.size(), 1U);
  EXPECT_THAT(got->notes[0], testing::HasSubstr("rewritten"));
  EXPECT_THAT(got->notes[0], testing::HasSubstr(before.substr(0, 12)));
}

TEST_F(GitSourceTest, AnAbsentBranchIsNamedWithThoseThatAreThere) {
  origin.commit("a.yaml", "1");
  make("", "mian");
  const auto got = read();
  ASSERT_FALSE(got);
  EXPECT_THAT(got.error().message,
              testing::HasSubstr("no branch \"mian\"; there are main, did you mean \"main\"?"));
}

TEST_F(GitSourceTest, AnAbsentFolderIsAnErrorNotNoFiles) {
  origin.commit("a.yaml", "1");
  make("idps");
  const auto got = read();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().where, "idps");
  EXPECT_THAT(got.error().message, testing::HasSubstr("has no such file or folder"));
}

TEST_F(GitSourceTest, ALinkInTheCommitIsRefusedNotPassedOver) {
  std::filesystem::create_symlink("/etc/passwd", origin.path() / "b.yaml");
  origin.commit("a.yaml", "1");
  make();
  const auto got = read();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().where, "b.yaml");
}

TEST_F(GitSourceTest, AFileThatIsTooLargeIsRefused) {
  origin.commit("a.yaml", std::string(3U << 20U, 'x'));
  make();
  const auto got = read();
  ASSERT_FALSE(got);
  EXPECT_THAT(got.error().message, testing::HasSubstr("larger than"));
}

TEST_F(GitSourceTest, ABrokenCloneIsMadeAnew) {
  origin.commit("a.yaml", "1");
  make();
  ASSERT_TRUE(read());
  const auto clone = std::filesystem::directory_iterator(folder / "state/git")->path();
  std::filesystem::remove_all(clone / "objects");
  idpd::test::write(clone / "HEAD", "nonsense");
  make();
  const auto got = read();
  ASSERT_TRUE(got) << got.error().text();
  EXPECT_EQ(got->problem, "");
}

TEST_F(GitSourceTest, TheCloneStaysSmallOverManyFetches) {
  origin.commit("a.yaml", "0");
  make();
  ASSERT_TRUE(read());
  run();
  alarms.settle();
  constexpr int fetches = 60;
  for (int i = 1; i <= fetches; ++i) {
    origin.commit("a.yaml", std::to_string(i));
    source->look();
    ASSERT_TRUE(idpd::test::until(alarms, [&] { return changes == i; }));
  }
  EXPECT_EQ(read()->files[0].text, std::to_string(fetches));
  const auto clone = std::filesystem::directory_iterator(folder / "state/git")->path();
  const auto packs = std::filesystem::directory_iterator(clone / "objects/pack");
  EXPECT_LT(std::distance(begin(packs), end(packs)), 60);
  stop();
  make();
  EXPECT_EQ(read()->files[0].text, std::to_string(fetches));
}

TEST_F(GitSourceTest, ATokenThatCannotBeResolvedSaysWhereItIsWanted) {
  origin.commit("a.yaml", "1");
  make_with({.url = "https://127.0.0.1:1/x.git", .token = "${env:ABSENT}"});
  const auto got = read();
  ASSERT_FALSE(got);
  EXPECT_THAT(got.error().message, testing::HasSubstr("desired.git.token cannot be resolved"));
}

TEST_F(GitSourceTest, StoppingDoesNotWaitForASilentServer) {
  // A listening socket whose connections nobody answers.
  asio::ip::tcp::acceptor silent(io, {asio::ip::make_address("127.0.0.1"), 0});
  make_with({.url = "https://127.0.0.1:" + std::to_string(silent.local_endpoint().port()) + "/x.git",
             .token = "${env:TOKEN}"});
  run();
  idpd::test::until(alarms, [] { return false; }, 200ms);
  const auto began = std::chrono::steady_clock::now();
  source->stop();
  for (int i = 0; i < 100 && running; ++i) {
    idpd::test::until(alarms, [&] { return !running; }, 20ms);
    alarms.advance(50ms);
  }
  EXPECT_FALSE(running);
  source.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 3s);
}

TEST_F(GitSourceTest, ASilentServerIsGivenUpAndReported) {
  asio::ip::tcp::acceptor silent(io, {asio::ip::make_address("127.0.0.1"), 0});
  make_with({.url = "ssh://git@127.0.0.1:" + std::to_string(silent.local_endpoint().port()) + "/x.git"});
  run();
  idpd::test::until(alarms, [] { return false; }, 100ms);
  alarms.advance(31s);
  for (int i = 0; i < 100 && changes == 0; ++i) {
    idpd::test::until(alarms, [&] { return changes > 0; }, 20ms);
    alarms.advance(50ms);
  }
  EXPECT_EQ(changes, 1);
  const auto got = read();
  ASSERT_FALSE(got);
  EXPECT_THAT(got.error().message, testing::HasSubstr("given up"));
}

}  // namespace
