// A git repository as far as idpd reads one: a commit by its name, what it says of itself, and the files in
// it. libgit2 does the work, in git_*.cpp alone; it runs no hook and no program, and nothing is ever checked
// out. One thread uses a Repository at a time. Calls block on the disk; none can be cancelled. Errors name
// the repository and what to do.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/identity_providers.h"
#include "model/incident.h"

struct git_repository;

namespace idpd::service {

class Repository {
 public:
  // The one whose work tree holds the path (which need not exist); nothing when it lies in none.
  static base::Result<std::optional<Repository>> around(const std::string& path);
  // A bare one in this folder, made (0700) when there is none.
  static base::Result<Repository> open_bare(const std::string& folder);

  // The folder of the work tree, absolute, no slash at the end; empty for a bare one.
  const std::string& work_tree() const { return work_tree_; }
  // A path (absolute or relative to the current folder; need not exist) as the repository knows it: "" is its
  // root. Error: it lies outside.
  base::Result<std::string> inside(const std::string& path) const;

  // The full id behind a branch, a tag, an id or `HEAD~2`. Error: there is none such.
  base::Result<std::string> commit_of(const std::string& revision) const;
  bool has_commit(const std::string& commit) const;
  // Whether `commit` contains the whole history of `ancestor`.
  base::Result<bool> descends(const std::string& commit, const std::string& ancestor) const;
  base::Result<model::Revision> describe(const std::string& commit) const;
  // The files of these folders (or files) in a commit by the rule of config/files.h, sorted.
  // Paths are the repository's own, "" its root. Errors: one that is not there; a link or a submodule.
  base::Result<std::vector<config::SourceFile>> files(const std::string& commit,
                                                      const std::vector<std::string>& paths) const;
  // Nothing when there is no such branch.
  std::optional<std::string> branch(const std::string& name) const;
  base::Result<void> set_branch(const std::string& name, const std::string& commit);

  // What `HEAD` means here.
  base::Result<void> set_head(const std::string& branch);

  git_repository* get() const { return repository_.get(); }

 private:
  Repository(std::shared_ptr<git_repository> repository, std::string work_tree)
      : repository_(std::move(repository)), work_tree_(std::move(work_tree)) {}
  std::shared_ptr<git_repository> repository_;
  std::string work_tree_;
};

}  // namespace idpd::service
