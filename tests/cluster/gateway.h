// A strict imitation of what idpd uses of etcd's v3 JSON gateway, in memory and on the test's own clock; it
// shares no code with the daemon. What it does not know it refuses with 400, and the test sees that. Faults
// are queued for the next requests to one path. Outlives the coroutines that ask it.
#pragma once

#include <rapidjson/document.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "http/transport.h"

namespace idpd::test {

class Gateway final : public http::Transport {
 public:
  using Moment = base::BootClock::time_point;

  struct Key {
    std::string value;
    std::int64_t created = 0;
    std::int64_t modified = 0;
    std::int64_t lease = 0;
  };
  enum class Fault {
    unheard,     // nothing arrives
    unanswered,  // it is done, and the answer is lost
    no_leader,   // 503
    compacted,   // 400, code 11
    token_over,  // 401, and the token is worth nothing from now on
    garbage,     // 200 with what is no JSON
  };

  asio::awaitable<base::Result<http::Response>> send(http::Request request) override;

  // For the next request to this path, `kv/txn`.
  void fail(const std::string& path, Fault fault) { faults_[path].push_back(fault); }
  // Before the next request to this path is looked at.
  void before(const std::string& path, std::function<void()> act) { acts_[path].push_back(std::move(act)); }
  // From now on one needs to be this user.
  void protect(std::string user, std::string password);

  // As another client would.
  void put(const std::string& key, const std::string& value, std::int64_t lease = 0);
  void erase(const std::string& key);
  std::int64_t grant(std::int64_t seconds);
  void revoke(std::int64_t lease);
  std::optional<Key> get(const std::string& key);
  bool has_lease(std::int64_t lease);
  std::size_t count(const std::string& path) const;

  Moment now{std::chrono::hours(5)};
  bool down = false;               // nothing arrives at all
  std::vector<std::string> asked;  // paths

 private:
  struct Lease {
    std::chrono::seconds lasts{0};
    Moment until{};
  };
  using Answer = http::Response;
  void expire();
  Answer answer(const std::string& path, const rapidjson::Document& body);
  Answer range(const rapidjson::Document& body);
  Answer transact(const rapidjson::Document& body);
  Answer authenticate(const rapidjson::Document& body);
  std::string header() const;

  std::int64_t revision_ = 1;
  std::int64_t last_lease_ = 7'000'000'000'000'000'000;
  std::map<std::string, Key> keys_;
  std::map<std::int64_t, Lease> leases_;
  std::string user_;
  std::string password_;
  std::string token_;
  int tokens_ = 0;
  std::map<std::string, std::deque<Fault>> faults_;
  std::map<std::string, std::deque<std::function<void()>>> acts_;
};

}  // namespace idpd::test
