#include "service/files_at.h"

#include <fmt/format.h>
#include <unistd.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/clock.h"
#include "base/text.h"
#include "service/worker.h"

namespace idpd::service {

namespace {

namespace fs = std::filesystem;
using base::Code;
using base::Error;
using base::Result;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::error_code problem;
    std::string name = (fs::temp_directory_path(problem) / "idpd-XXXXXX").string();
    if (::mkdtemp(name.data())) path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Result<Snapshot> read_at(const Repository& repository, const std::string& revision,
                         const std::vector<std::string>& paths) {
  const auto commit = repository.commit_of(revision);
  if (!commit) return commit.error();
  auto described = repository.describe(*commit);
  if (!described) return described.error();
  auto files = repository.files(*commit, paths);
  if (!files) return files.error();
  return Snapshot{.files = *std::move(files), .revision = *std::move(described)};
}

Result<Snapshot> fetch_and_read(const std::string& folder, const GitRemote& remote, const std::string& branch,
                                const std::string& revision, const std::vector<std::string>& paths,
                                Progress& progress) {
  auto clone = Repository::open_bare(folder);
  if (!clone) return clone.error();
  if (revision.empty()) {
    const auto tip = fetch_branch(*clone, remote, branch, progress);
    if (!tip) return tip.error();
    return read_at(*clone, *tip, paths);
  }
  if (auto done = fetch_all(*clone, remote, progress); !done) return done.error();
  if (auto done = clone->set_head(branch); !done) return done.error();
  auto out = read_at(*clone, revision, paths);
  if (!out && out.error().code == Code::not_found && out.error().where.starts_with(folder)) {
    Error problem = out.error();
    problem.where = remote.url;  // nobody knows the folder
    return problem;
  }
  return out;
}

// In a thread, which a server that says nothing does not hold for ever.
Result<Snapshot> from_remote(const config::Git& git, const std::vector<std::string>& paths,
                             const std::string& revision, const secrets::Resolver& own) {
  const auto remote = git_remote_of(git, own);
  if (!remote) return remote.error();
  const TemporaryFolder folder;
  if (folder.path().empty())
    return Error{Code::io, fmt::format("no temporary folder can be made: {}", std::strerror(errno))};
  const auto result = std::make_shared<Result<Snapshot>>(
      Error{Code::network, "fetching hangs and was given up", git.url, true});
  std::function<void(Progress&)> job = [=, where = folder.path(), from = *remote,
                                        branch = git.branch](Progress& progress) {
    *result = fetch_and_read(where, *from, branch, revision, paths, progress);
  };
  asio::io_context io;
  base::SystemClock clock;
  SystemAlarms alarms(io, clock);
  Worker worker(io, alarms);
  bool ended = false;
  const auto wait = [](Worker& with, std::function<void(Progress&)> work,
                       bool& done) -> asio::awaitable<void> {
    done = co_await with.run(std::move(work), longest_silence);
  };
  asio::co_spawn(io, wait(worker, std::move(job), ended), asio::detached);
  io.run();
  if (ended) return *result;
  return Error{Code::network, "fetching hangs and was given up", git.url, true};
}

Result<Snapshot> from_work_tree(const std::vector<std::string>& paths, const std::string& revision) {
  const auto repository = Repository::around(paths.front());
  if (!repository) return repository.error();
  if (!*repository) {
    return Error{Code::invalid, "lies in no git work tree, so that there is no --git-rev of it",
                 paths.front()};
  }
  std::vector<std::string> inside;
  for (const std::string& path : paths) {
    auto one = (*repository)->inside(path);
    if (!one) return one.error();
    inside.push_back(*std::move(one));
  }
  return read_at(**repository, revision, inside);
}

}  // namespace

Result<Snapshot> files_at(const config::Settings& settings, const std::vector<std::string>& paths,
                          const std::string& revision, const secrets::Resolver& own) {
  if (settings.git) {
    const std::vector<std::string> configured{settings.git->path};
    return from_remote(*settings.git, paths.empty() ? configured : paths, revision, own);
  }
  if (!paths.empty()) return from_work_tree(paths, revision);
  if (!settings.desired_path.empty()) return from_work_tree({settings.desired_path}, revision);
  return Error{Code::invalid,
               "no files are given: name folders as arguments, or set desired.path or desired.git",
               settings.file};
}

}  // namespace idpd::service
