// What git_*.cpp share of libgit2: handles that free themselves, errors, and the library's one start. For
// these files alone; nobody else includes it.
#pragma once

#include <git2.h>

#include <memory>
#include <string>

#include "base/result.h"

namespace idpd::service::git {

template <typename T, void (*Free)(T*)>
struct Freer {
  void operator()(T* object) const { Free(object); }
};
template <typename T, void (*Free)(T*)>
using Handle = std::unique_ptr<T, Freer<T, Free>>;

using Object = Handle<git_object, git_object_free>;
using Commit = Handle<git_commit, git_commit_free>;
using Tree = Handle<git_tree, git_tree_free>;
using TreeEntry = Handle<git_tree_entry, git_tree_entry_free>;
using Blob = Handle<git_blob, git_blob_free>;
using Odb = Handle<git_odb, git_odb_free>;
using Reference = Handle<git_reference, git_reference_free>;
using Remote = Handle<git_remote, git_remote_free>;

// Starts the library, once for the process: no configuration but a repository's own is read. It is never
// stopped, since a thread may still be waiting in it when the process ends.
void start();
// libgit2's own words about its last error in this thread, printable.
std::string last_words();
base::Error error(base::Code code, const std::string& what, const std::string& where);
std::string text(const git_oid& id);

}  // namespace idpd::service::git
