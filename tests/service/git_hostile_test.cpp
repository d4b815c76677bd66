// What somebody may push, or a server may send, to harm whoever reads it: all of it is bounded, and none of
// it is run.
#include <gmock/gmock.h>

#include "git_folder.h"
#include "service/git_remote.h"

namespace {

using idpd::base::Result;
using idpd::service::fetch_branch;
using idpd::service::GitRemote;
using idpd::service::Progress;
using idpd::service::Repository;
using idpd::test::Folder;
using idpd::test::GitRepo;
using idpd::test::shell;
using testing::HasSubstr;

using Files = Result<std::vector<idpd::config::SourceFile>>;

class HostileGit : public testing::Test {
 protected:
  Result<std::string> fetch(const std::string& branch = "main", GitRemote remote = {}) {
    if (remote.url.empty()) remote.url = origin.path().string();
    auto clone = Repository::open_bare((folder / "clone").string());
    EXPECT_TRUE(clone);
    Progress progress;
    return fetch_branch(*clone, remote, branch, progress);
  }
  // What the daemon makes of the branch.
  Files files() {
    const auto commit = fetch();
    if (!commit) return commit.error();
    return Repository::open_bare((folder / "clone").string())->files(*commit, {""});
  }
  std::string blob(const std::string& text) const {
    idpd::test::write(folder / "blob", text);
    return origin.git("hash-object -w '" + (folder / "blob").string() + "'");
  }
  // So many entries that all are the same object, named by `name` with a number for %d.
  std::string tree(const std::string& mode_and_kind, const std::string& object, int entries,
                   const std::string& name) const {
    return origin.git("--version >/dev/null; for i in $(seq " + std::to_string(entries) + "); do printf '" +
                      mode_and_kind + " " + object + "\\t" + name + "\\n' $i; done | git mktree --missing");
  }
  void point_main_at(const std::string& tree) const {
    origin.git("update-ref refs/heads/main $(git -c user.name=A -c user.email=a@x commit-tree -m x " + tree +
               ")");
  }

  Folder folder;
  GitRepo origin{folder / "origin"};
};

TEST_F(HostileGit, AFewObjectsThatMakeATreeWithoutEndAreRefused) {
  std::string inner = tree("100644 blob", blob("x"), 10, "f%d.txt");
  for (int level = 0; level < 12; ++level) inner = tree("040000 tree", inner, 10, "d%d");
  point_main_at(inner);
  const Files got = files();
  ASSERT_FALSE(got);
  EXPECT_THAT(got.error().message, HasSubstr("more than 10000 folders"));
}

TEST_F(HostileGit, OneLargeFileUnderManyNamesIsBoundedInAll) {
  point_main_at(tree("100644 blob", blob(std::string(1000 << 10U, ' ')), 200, "f%d.yaml"));
  const Files got = files();
  ASSERT_FALSE(got);
  EXPECT_THAT(got.error().message, HasSubstr("64 MiB in all"));
}

TEST_F(HostileGit, ThousandsOfFilesAreRefused) {
  point_main_at(tree("100644 blob", blob("{}"), 10'001, "f%d.yaml"));
  const Files got = files();
  ASSERT_FALSE(got);
  EXPECT_THAT(got.error().message, HasSubstr("more than 10000 files"));
}

TEST_F(HostileGit, AHugeFileAFolderOrACommitIsRefusedByItsHeader) {
  shell(folder / "", "truncate -s 20M huge");
  const std::string huge = origin.git("hash-object -w '" + (folder / "huge").string() + "'");
  point_main_at(tree("100644 blob", huge, 1, "f%d.yaml"));
  const Files file = files();
  ASSERT_FALSE(file);
  EXPECT_THAT(file.error().message, HasSubstr("larger than"));

  point_main_at(tree("100644 blob", blob("x"), 40'000, std::string(200, 'n') + "%d.txt"));
  const Files list = files();
  ASSERT_FALSE(list);
  EXPECT_THAT(list.error().message, HasSubstr("larger than"));

  shell(folder / "", "head -c 9000000 /dev/zero | tr '\\0' x > message");
  origin.git("update-ref refs/heads/main $(git -c user.name=A -c user.email=a@x commit-tree -F '" +
             (folder / "message").string() + "' main^{tree})");
  const auto commit = fetch();
  ASSERT_TRUE(commit) << commit.error().text();
  const auto said = Repository::open_bare((folder / "clone").string())->describe(*commit);
  ASSERT_FALSE(said);
  EXPECT_THAT(said.error().message, HasSubstr("larger than"));
}

TEST_F(HostileGit, ASubmoduleIsRefusedAndNothingOfItIsFetched) {
  const std::string other = origin.commit("a.yaml", "{}");
  point_main_at(tree("160000 commit", other, 1, "module%d"));
  const Files got = files();
  ASSERT_FALSE(got);
  EXPECT_THAT(got.error().message, HasSubstr("submodule"));
}

TEST_F(HostileGit, NamesThatLeaveTheFolderAreReadNowhereAndWrittenNowhere) {
  const std::string object = blob("{}");
  for (const std::string name : {"..", ".git", "../x.yaml", "/x.yaml", "a/../../x.yaml"}) {
    // git itself refuses to make such a tree.
    idpd::test::write(folder / "make.py", "import sys;sys.stdout.buffer.write(b'100644 " + name +
                                              "\\0'+bytes.fromhex('" + object + "'))");
    const std::string id = origin.git("--version >/dev/null; python3 '" + (folder / "make.py").string() +
                                      "' | git hash-object -t tree --literally -w --stdin");
    point_main_at(id);
    (void)files();
    EXPECT_FALSE(std::filesystem::exists(folder / "x.yaml")) << name;
    EXPECT_FALSE(std::filesystem::exists("/x.yaml")) << name;
  }
}

TEST_F(HostileGit, NoHookAndNoProgramOfAConfigurationIsRun) {
  const std::string touch = "touch '" + (folder / "ran").string() + "'";
  for (const std::string where : {"origin/.git/hooks", "clone/hooks"}) {
    for (const std::string hook :
         {"post-checkout", "post-merge", "pre-receive", "update", "post-update", "post-receive",
          "reference-transaction", "pre-auto-gc", "fsmonitor-watchman"}) {
      idpd::test::write(folder / (where + "/" + hook), "#!/bin/sh\n" + touch + "\n");
      std::filesystem::permissions(folder / (where + "/" + hook), std::filesystem::perms::owner_all);
    }
  }
  ASSERT_TRUE(Repository::open_bare((folder / "clone").string()));
  for (const std::string config : {"origin/.git/config", "clone/config"}) {
    std::ofstream(folder / config, std::ios::app)
        << "[core]\n\tsshCommand = " << touch << "\n\tfsmonitor = " << touch << "\n\tgitProxy = " << touch
        << "\n\taskPass = " << touch << "\n[credential]\n\thelper = !" << touch
        << "\n[uploadpack]\n\tpackObjectsHook = " << touch << "\n[filter \"x\"]\n\tsmudge = " << touch
        << "\n\tprocess = " << touch << "\n";
  }
  idpd::test::write(origin.path() / ".gitattributes", "* filter=x\n");
  shell(origin.path(),
        "GIT_CONFIG_GLOBAL=/dev/null git -c core.hooksPath=/dev/null -c core.fsmonitor= -c filter.x.process= "
        "-c filter.x.smudge= -c user.name=A -c user.email=a@x add -A");
  shell(origin.path(),
        "git -c core.hooksPath=/dev/null -c core.fsmonitor= -c filter.x.process= -c user.name=A "
        "-c user.email=a@x commit -q --allow-empty -m x");
  std::filesystem::remove(folder / "ran");
  const Files got = files();
  EXPECT_TRUE(got) << got.error().text();
  EXPECT_FALSE(std::filesystem::exists(folder / "ran"));
}

TEST_F(HostileGit, ABranchOrAnAddressLikeAnOptionIsNone) {
  origin.commit("a.yaml", "{}");
  const std::string ran = (folder / "ran").string();
  for (const std::string& branch :
       std::vector<std::string>{"--upload-pack=touch " + ran, std::string("../../../etc/passwd"),
                                std::string("-x"), std::string("*"), std::string("main:refs/heads/other")})
    EXPECT_FALSE(fetch(branch)) << branch;
  for (const std::string& url : std::vector<std::string>{
           "ssh://-oProxyCommand=touch " + ran + "/x", "-oProxyCommand=touch " + ran + ":x",
           "--upload-pack=touch " + ran, "ext::sh -c touch% " + ran, "file://" + ran, "fd::0",
           "ssh://x:y@127.0.0.1:1/-x"})
    EXPECT_FALSE(fetch("main", GitRemote{.url = url})) << url;
  EXPECT_FALSE(std::filesystem::exists(ran));
}

TEST_F(HostileGit, MoreThanWasAgreedOnIsNotFetchedToItsEnd) {
  shell(origin.path(), "head -c 3000000 /dev/urandom > noise");
  origin.commit("a.yaml", "{}");
  const auto got = fetch("main", GitRemote{.url = origin.path().string(), .most_bytes = 1U << 20U});
  ASSERT_FALSE(got);
  EXPECT_THAT(got.error().message, HasSubstr("more than 1 MiB came"));
}

TEST_F(HostileGit, AServerThatNeverComesToAnEndIsGivenUp) {
  origin.commit("a.yaml", "{}");
  const auto got =
      fetch("main", GitRemote{.url = origin.path().string(), .longest = std::chrono::milliseconds(0)});
  ASSERT_FALSE(got);
  EXPECT_THAT(got.error().message, HasSubstr("takes too long"));
}

}  // namespace
