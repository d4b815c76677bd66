#include "service/git_repository.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "config/files.h"
#include "service/git_library.h"
#include "state/files.h"

namespace idpd::service {

namespace fs = std::filesystem;
using base::Code;
using base::Error;
using base::Result;

namespace {

using git::Commit;
using git::Tree;

constexpr std::size_t deepest = 64;  // folders in folders
constexpr std::size_t most_folders = 10'000;
constexpr std::size_t most_object_bytes = std::size_t{8} << 20U;  // of a folder's list and a commit

std::string where(git_repository* repository) {
  const char* path = git_repository_workdir(repository);
  return path ? path : git_repository_path(repository);
}

git::Odb odb_of(git_repository* repository) {
  git_odb* odb = nullptr;
  return git::Odb(git_repository_odb(&odb, repository) == 0 ? odb : nullptr);
}

// Asked of its header, before it is read: whoever may push decides how large it is.
Result<void> small_enough(git_odb* odb, const git_oid& id, const std::string& path) {
  std::size_t size = 0;
  git_object_t kind = GIT_OBJECT_INVALID;
  if (!odb || git_odb_read_header(&size, &kind, odb, &id) < 0)
    return git::error(Code::io, "an object of the commit cannot be read", path);
  const std::size_t most = kind == GIT_OBJECT_BLOB ? config::most_bytes : most_object_bytes;
  if (size <= most) return {};
  return Error{
      Code::invalid,
      fmt::format("the {} is larger than {} bytes", kind == GIT_OBJECT_BLOB ? "file" : "object", most), path};
}

Result<Commit> find_commit(git_repository* repository, const std::string& id) {
  git_oid oid;
  git_commit* found = nullptr;
  if (git_oid_fromstr(&oid, id.c_str()) < 0)
    return git::error(Code::io, fmt::format("the commit {} cannot be read", id), where(repository));
  const git::Odb odb = odb_of(repository);
  if (auto done = small_enough(odb.get(), oid, where(repository)); !done) return done.error();
  if (git_commit_lookup(&found, repository, &oid) < 0)
    return git::error(Code::io, fmt::format("the commit {} cannot be read", id), where(repository));
  return Commit(found);
}

Error not_followed(const std::string& path) {
  return Error{Code::invalid,
               "is a link or a submodule, which is not followed in a commit; put the files there", path};
}

// Walks one tree; bounded in depth, number and size, since whoever may push decides about all of them. A few
// objects are enough for a tree without end: each folder may hold the next one many times over.
class Collector {
 public:
  explicit Collector(git_repository* repository) : repository_(repository), odb_(odb_of(repository)) {}

  Result<void> folder(const git_oid& id, const std::string& path, std::size_t depth) {
    if (depth > deepest) return Error{Code::invalid, "the folders lie too deep in one another", path};
    if (++folders_ > most_folders)
      return Error{Code::invalid, fmt::format("more than {} folders", most_folders), path};
    if (auto done = small_enough(odb_.get(), id, path); !done) return done;
    git_tree* raw = nullptr;
    if (git_tree_lookup(&raw, repository_, &id) < 0)
      return git::error(Code::io, "the commit's folder cannot be read", path);
    const Tree tree(raw);
    for (std::size_t i = 0; i < git_tree_entrycount(tree.get()); ++i) {
      const git_tree_entry* entry = git_tree_entry_byindex(tree.get(), i);
      const std::string name = git_tree_entry_name(entry);
      if (config::is_hidden(name)) continue;
      const std::string below = path.empty() ? name : path + "/" + name;
      const git_filemode_t mode = git_tree_entry_filemode(entry);
      // To pass over what a folder on the disk would give could look like a removal.
      if (mode == GIT_FILEMODE_COMMIT || (mode == GIT_FILEMODE_LINK && config::is_source_name(name)))
        return not_followed(below);
      if (mode == GIT_FILEMODE_TREE) {
        if (auto done = folder(*git_tree_entry_id(entry), below, depth + 1); !done) return done;
      } else if (is_file(mode) && config::is_source_name(name)) {
        if (auto done = file(*git_tree_entry_id(entry), below); !done) return done;
      }
    }
    return {};
  }

  Result<void> file(const git_oid& id, const std::string& path) {
    if (auto done = small_enough(odb_.get(), id, path); !done) return done;
    git_blob* raw = nullptr;
    if (git_blob_lookup(&raw, repository_, &id) < 0)
      return git::error(Code::io, "the commit's file cannot be read", path);
    const git::Blob blob(raw);
    bytes_ += static_cast<std::size_t>(git_blob_rawsize(blob.get()));
    if (bytes_ > config::most_bytes_in_all) return config::too_much(path);
    if (files.size() >= config::most_files)
      return Error{Code::invalid, fmt::format("more than {} files", config::most_files), path};
    files.push_back({path, std::string(static_cast<const char*>(git_blob_rawcontent(blob.get())),
                                       static_cast<std::size_t>(git_blob_rawsize(blob.get())))});
    return {};
  }

  static bool is_file(git_filemode_t mode) {
    return mode == GIT_FILEMODE_BLOB || mode == GIT_FILEMODE_BLOB_EXECUTABLE;
  }

  std::vector<config::SourceFile> files;

 private:
  git_repository* repository_;
  git::Odb odb_;
  std::size_t folders_ = 0;
  std::size_t bytes_ = 0;
};

// "./a//b/" -> "a/b", "." and "/" -> "".
std::string tidy(const std::string& path) {
  std::string out = fs::path(path).lexically_normal().relative_path().string();
  while (out.ends_with('/')) out.pop_back();
  return out == "." ? "" : out;
}

// A `.git`, a folder or the file of a linked work tree, here or above.
bool in_work_tree(const std::string& path) {
  std::error_code problem;
  const fs::path full = fs::weakly_canonical(fs::absolute(path, problem), problem);
  for (fs::path at = full; !at.empty(); at = at.parent_path()) {
    if (fs::exists(at / ".git", problem)) return true;
    if (at == at.parent_path()) break;
  }
  return false;
}

}  // namespace

Result<std::optional<Repository>> Repository::around(const std::string& path) {
  // Most folders of a service are in no repository: the library is not even started for them.
  if (!in_work_tree(path)) return std::optional<Repository>();
  git::start();
  std::error_code problem;
  fs::path start = fs::absolute(path, problem).lexically_normal();
  while (!fs::exists(start, problem) && start.has_relative_path()) start = start.parent_path();
  git_repository* raw = nullptr;
  const int got = git_repository_open_ext(&raw, start.c_str(), 0, nullptr);
  if (got == GIT_ENOTFOUND) return std::optional<Repository>();
  if (got < 0) return git::error(Code::io, "the repository cannot be read", start.string());
  std::shared_ptr<git_repository> repository(raw, &git_repository_free);
  const char* folder = git_repository_workdir(raw);
  if (!folder) return std::optional<Repository>();
  std::string work_tree(folder);
  while (work_tree.size() > 1 && work_tree.ends_with('/')) work_tree.pop_back();
  return std::optional(Repository(std::move(repository), std::move(work_tree)));
}

Result<Repository> Repository::open_bare(const std::string& folder) {
  git::start();
  if (auto made = state::make_directory(folder); !made) return made.error();
  git_repository* raw = nullptr;
  constexpr unsigned flags = GIT_REPOSITORY_OPEN_NO_SEARCH | GIT_REPOSITORY_OPEN_BARE;
  int got = git_repository_open_ext(&raw, folder.c_str(), flags, nullptr);
  if (got == GIT_ENOTFOUND) got = git_repository_init(&raw, folder.c_str(), 1);
  if (got < 0) return git::error(Code::io, "the clone cannot be opened (it may be removed)", folder);
  return Repository(std::shared_ptr<git_repository>(raw, &git_repository_free), "");
}

Result<std::string> Repository::inside(const std::string& path) const {
  std::error_code problem;
  fs::path full = fs::weakly_canonical(fs::absolute(path, problem), problem);
  if (problem) full = fs::absolute(path, problem).lexically_normal();
  const fs::path root = fs::weakly_canonical(work_tree_, problem);
  const std::string relative = tidy(full.lexically_relative(root).string());
  if (relative.starts_with(".."))
    return Error{Code::invalid, "lies outside of the repository " + work_tree_, path};
  return relative;
}

Result<std::string> Repository::commit_of(const std::string& revision) const {
  git_object* raw = nullptr;
  if (git_revparse_single(&raw, get(), revision.c_str()) < 0) {
    return Error{Code::not_found,
                 fmt::format("there is no branch, tag or commit \"{}\"", base::printable(revision)),
                 where(get())};
  }
  const git::Object object(raw);
  git_object* peeled = nullptr;
  if (git_object_peel(&peeled, object.get(), GIT_OBJECT_COMMIT) < 0)
    return Error{Code::invalid, fmt::format("\"{}\" is no commit", base::printable(revision)), where(get())};
  const git::Object commit(peeled);
  return git::text(*git_object_id(commit.get()));
}

bool Repository::has_commit(const std::string& commit) const {
  return find_commit(get(), commit).ok();
}

Result<bool> Repository::descends(const std::string& commit, const std::string& ancestor) const {
  git_oid newer;
  git_oid older;
  if (git_oid_fromstr(&newer, commit.c_str()) < 0 || git_oid_fromstr(&older, ancestor.c_str()) < 0)
    return Error{Code::internal, "not a commit's id", where(get())};
  const int got = git_graph_descendant_of(get(), &newer, &older);
  if (got < 0) return git::error(Code::io, "the history cannot be read", where(get()));
  return got == 1 || git_oid_equal(&newer, &older) == 1;
}

Result<model::Revision> Repository::describe(const std::string& commit) const {
  const auto found = find_commit(get(), commit);
  if (!found) return found.error();
  model::Revision out{.commit = commit};
  if (const git_signature* author = git_commit_author(found->get()))
    out.author = base::printable(fmt::format("{} <{}>", author->name, author->email));
  if (const char* subject = git_commit_summary(found->get())) out.subject = base::printable(subject);
  return out;
}

Result<std::vector<config::SourceFile>> Repository::files(const std::string& commit,
                                                          const std::vector<std::string>& paths) const {
  const auto found = find_commit(get(), commit);
  if (!found) return found.error();
  git_tree* raw = nullptr;
  if (git_commit_tree(&raw, found->get()) < 0)
    return git::error(Code::io, fmt::format("the commit {} cannot be read", commit), where(get()));
  const Tree tree(raw);
  Collector collector(get());
  for (const std::string& one : paths) {
    const std::string path = tidy(one);
    Result<void> done;
    git_tree_entry* entry = nullptr;
    if (path.empty()) {
      done = collector.folder(*git_tree_id(tree.get()), path, 0);
    } else if (git_tree_entry_bypath(&entry, tree.get(), path.c_str()) < 0) {
      done = Error{Code::not_found, fmt::format("the commit {} has no such file or folder", commit), path};
    } else {
      const git::TreeEntry owned(entry);
      const git_filemode_t mode = git_tree_entry_filemode(entry);
      const git_oid& id = *git_tree_entry_id(entry);
      if (mode == GIT_FILEMODE_TREE) {
        done = collector.folder(id, path, 0);
      } else if (Collector::is_file(mode)) {
        done = collector.file(id, path);
      } else {
        done = not_followed(path);
      }
    }
    if (!done) return done.error();
  }
  auto& files = collector.files;
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  const auto same = [](const auto& a, const auto& b) { return a.path == b.path; };
  files.erase(std::unique(files.begin(), files.end(), same), files.end());
  return std::move(files);
}

std::optional<std::string> Repository::branch(const std::string& name) const {
  git_oid id;
  if (git_reference_name_to_id(&id, get(), ("refs/heads/" + name).c_str()) < 0) return std::nullopt;
  return git::text(id);
}

Result<void> Repository::set_branch(const std::string& name, const std::string& commit) {
  git_oid id;
  git_reference* raw = nullptr;
  if (git_oid_fromstr(&id, commit.c_str()) < 0 ||
      git_reference_create(&raw, get(), ("refs/heads/" + name).c_str(), &id, 1, nullptr) < 0)
    return git::error(Code::io, fmt::format("the branch {} cannot be kept", name), where(get()));
  const git::Reference owned(raw);
  return {};
}

Result<void> Repository::set_head(const std::string& branch) {
  if (git_repository_set_head(get(), ("refs/heads/" + branch).c_str()) < 0)
    return git::error(Code::io, fmt::format("HEAD cannot be set to {}", branch), where(get()));
  return {};
}

}  // namespace idpd::service
