// The desired state in force: what the source's files say, all of them good or the last that were. Owned by
// the daemon. The last good files are kept in the store for the next start, but for those that hold a secret
// in clear (no secret is ever in the store).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "config/identity_providers.h"
#include "config/settings.h"
#include "model/incident.h"
#include "service/source.h"
#include "state/store.h"

namespace idpd::service {

class DesiredFiles {
 public:
  DesiredFiles(const model::TypeCatalog& catalog, const config::Settings& settings, state::Store& store);

  // Takes what the source gave. True: it is good, and in force from now on.
  bool take(const base::Result<Snapshot>& read);
  // After a start with bad files: those that were in force before. True: there were some.
  bool recall();

  bool in_force() const { return in_force_; }
  // Of the last take: why these are not, or may not be, the newest files. Empty when they are.
  const std::string& problem() const { return problem_; }
  const std::optional<model::Revision>& revision() const { return revision_; }
  // Made for the caller. Of an account that the files do not name: an empty state.
  std::shared_ptr<const model::DesiredState> of(const std::string& account) const;
  // Another one when the files say something else of the account.
  std::size_t signature(const std::string& account) const { return desired_.signature(account); }
  // How many files have been, in all readings: one that has not changed is not parsed again.
  std::size_t parsed() const { return parsed_; }

 private:
  bool load(const std::vector<config::SourceFile>& files);
  void keep(const Snapshot& snapshot);

  const model::TypeCatalog& catalog_;
  const config::Settings& settings_;
  state::Store& store_;
  bool in_force_ = false;
  std::string problem_;
  std::optional<model::Revision> revision_;
  config::SharedDesired desired_;
  config::SharedDesired
      last_;  // the last reading, good or not, without secrets in clear: the next starts from it
  std::size_t parsed_ = 0;
};

}  // namespace idpd::service
