// This host among the others: keeps its lease alive, takes the free shards that are its by rendezvous hashing
// and gives up those that belong to another live member, each once the pass in hand has ended. No host is
// special. One that does not reach the API says so, and its shards go to those that do. While etcd does not
// answer it goes on asking, ever as often as a part of the lease. Owned by the command `run`, through every
// reload of the settings; `run` ends after `stop`, and gives all back first.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cluster/link.h"
#include "cluster/reach.h"

namespace idpd::cluster {

class Member {
 public:
  Member(asio::io_context& io, std::unique_ptr<http::Transport> transport, Etcd::Options etcd,
         Identity identity, Session::Now now = base::BootClock::now);

  asio::awaitable<void> run();
  // Once: renews the lease, looks who is there, takes and gives up what follows from that.
  asio::awaitable<void> tick();
  void stop();
  // Without giving back what cannot be given back at once; cancel what it waits for after that.
  void abandon();

  asio::awaitable<base::Result<std::unique_ptr<Tenure>>> enter(state::Store& store, std::string account_id) {
    return session_.enter(store, std::move(account_id));
  }
  // It is this host's to work on.
  bool holds(const std::string& account_id) const;
  // Who has it, for people: `host-b`, or empty where nobody has it.
  std::string holder(const std::string& account_id) const;
  const std::string& fingerprint_key() const { return session_.fingerprint_key(); }
  // What is wrong with the cluster, with since when; empty while all is well.
  const std::string& problem() const { return problem_; }
  std::size_t members() const { return session_.view().members.size(); }
  std::size_t requests() const { return link_.etcd.requests(); }
  // What a request to the API has come to.
  void api(bool answered);
  // The API has not answered for long: whoever can should ask it now and then whether it does again, and
  // tells `api`.
  bool out_of_reach() const;
  // Told after each look at etcd.
  void watch(std::function<void()> changed) { changed_ = std::move(changed); }

 private:
  asio::awaitable<base::Result<void>> settle();
  asio::awaitable<base::Result<void>> appear(const View& view);
  asio::awaitable<base::Result<void>> settle_shard(int shard, const std::set<std::string>& able, bool stay);
  bool stays(const std::set<std::string>& able);
  void look_at_reach();
  void ring();
  asio::awaitable<void> wait(std::chrono::nanoseconds time);
  void note(const base::Result<void>& done);

  Link link_;
  Session& session_ = link_.session;
  asio::steady_timer timer_;
  Session::Now now_;
  Reach reach_;
  std::string trouble_;              // as others are told
  std::optional<Moment> displaced_;  // since when others reach the API and this host does not
  std::function<void()> changed_ = [] {};
  std::string wrong_;  // as etcd said it last
  std::string problem_;
  bool rung_ = false;
  bool stopping_ = false;
};

}  // namespace idpd::cluster
