// Where the files come from while the daemon runs: a folder or a git repository, behind one interface. Owned
// by the daemon's generation of settings; `run` ends after `stop`, and nothing is told afterwards.
#pragma once

#include <asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "config/identity_providers.h"
#include "model/incident.h"

namespace idpd::service {

struct Snapshot {
  std::vector<config::SourceFile> files;
  std::optional<model::Revision> revision;  // nothing for a folder that is in no repository
  std::string problem = {};                 // these files are the last good ones: why there may be newer ones
  std::vector<std::string> notes =
      {};  // what came with them, such as a rewritten branch; the source has logged it
};

class Source {
 public:
  virtual ~Source() = default;
  // Everything as it is now, read whole or not at all. Errors say what to do; `conflict` says that somebody
  // is writing, and that a change is told when it is over.
  virtual asio::awaitable<base::Result<Snapshot>> read() = 0;
  // Calls `changed` whenever what `read` gives may have changed, not more often than the debounce allows.
  virtual asio::awaitable<void> run(std::function<void()> changed) = 0;
  // Looks now: fetches, or reads anew; tells of a change by `changed`.
  virtual void look() = 0;
  virtual void stop() = 0;
  // For people: `git https://git.example.com/access.git (main)`, `folder /etc/idpd/identity-providers`.
  virtual std::string title() const = 0;
};

}  // namespace idpd::service
