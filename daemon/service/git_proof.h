// Who we are to a server and whether it is who it says: what libgit2 asks while it fetches. For git_*.cpp
// alone.
#pragma once

#include "service/git_address.h"
#include "service/git_library.h"
#include "service/git_remote.h"

namespace idpd::service::git {

// What the callbacks of one fetch know.
struct Fetch {
  const GitRemote& remote;
  Progress& progress;
  GitAddress address;
  int asked = 0;             // how often libgit2 wanted credentials: it asks again when they are refused
  std::string problem = {};  // ours, better than libgit2's
  bool refused = false;      // the problem is a proof that is missing or does not do
  std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
};

// With callbacks into `fetch`, which must outlive them.
git_fetch_options options_for(Fetch& fetch);

}  // namespace idpd::service::git
