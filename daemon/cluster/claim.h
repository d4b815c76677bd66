// What a command by hand does among several hosts: takes the shards of its accounts under a lease of its own,
// with the records of the other hosts, works, and gives them back. It is no member, so that nothing moves to
// it. Or only reads: the records as etcd has them. Owned by the command's workspace; outlives its coroutines.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "cluster/link.h"

namespace idpd::cluster {

class Claim {
 public:
  Claim(asio::io_context& io, std::unique_ptr<http::Transport> transport, Etcd::Options etcd,
        Identity identity);

  // Waits until `until` for whoever has the account; the error (locked) names the host and the way out.
  asio::awaitable<base::Result<void>> take(state::Store& store, std::string account_id, Moment until);
  // Null where it was not taken.
  Tenure* tenure(const std::string& account_id) const;
  const std::string& fingerprint_key() const { return session_.fingerprint_key(); }

  // Beside the command's work, until `pause`: nothing is done for the lease while the command waits for a
  // person.
  asio::awaitable<base::Result<void>> renew();
  asio::awaitable<void> keep_alive();
  void pause();
  asio::awaitable<base::Result<void>> end();

  // Into a store that is only for reading; gives the key of the fingerprints.
  asio::awaitable<base::Result<std::optional<std::string>>> read_key();
  asio::awaitable<base::Result<void>> read(state::Store& store, std::string account_id);

 private:
  Link link_;
  Session& session_ = link_.session;
  asio::steady_timer timer_;
  std::map<std::string, std::unique_ptr<Tenure>> tenures_;
  bool paused_ = true;
};

}  // namespace idpd::cluster
