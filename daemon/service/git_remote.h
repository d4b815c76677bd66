// Fetching: from https with a token, ssh with a key and a known host, or a path, into a bare clone. Servers
// are always verified, redirects are not followed, and no message holds what was sent to prove who we are.
// Calls block, for as long as the network does: another thread may set `Progress::cancelled`, which ends them
// at the next sign of life (service/worker.h wakes one that waits in vain). Errors say what to do.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "config/settings.h"
#include "secrets/resolver.h"
#include "service/git_repository.h"

namespace idpd::service {

// Shared with the thread that watches over a fetch.
struct Progress {
  std::atomic<bool> cancelled = false;
  std::atomic<std::uint64_t> steps = 0;  // grows while something comes in
};
// How long a server may show no sign of life.
inline constexpr std::chrono::milliseconds longest_silence{30'000};

// Where to fetch from and how to prove who we are; shared, because it goes along to another thread.
struct GitRemote {
  std::string url;
  secrets::Secret token;
  secrets::Secret ssh_key;
  // Of one fetch, since whoever may push, or stands for the server, decides how much comes and for how long.
  std::uint64_t most_bytes = std::uint64_t{1} << 30U;
  std::chrono::milliseconds longest = std::chrono::minutes(10);
};
// Resolves the references now. Error: one that cannot be resolved.
base::Result<std::shared_ptr<const GitRemote>> git_remote_of(const config::Git& settings,
                                                             const secrets::Resolver& own);

// Gets what the branch has now and moves the clone's branch there only when everything came. The commit.
base::Result<std::string> fetch_branch(Repository& clone, const GitRemote& remote, const std::string& branch,
                                       Progress& progress);
// Every branch and tag.
base::Result<void> fetch_all(Repository& clone, const GitRemote& remote, Progress& progress);

}  // namespace idpd::service
