// etcd as a coroutine client, over its JSON gateway (/v3/…): leases, ranges and transactions, with one member
// after another until one answers. Outlives its coroutines; uses the transport that its owner made. One that
// is cancelled in the middle leaves open whether the request was carried out, as a lost answer does. Neither
// the password nor the session token reaches an error.
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "http/transport.h"

namespace idpd::cluster {

struct KeyValue {
  std::string key;
  std::string value;
  std::int64_t create_revision = 0;
  std::int64_t mod_revision = 0;
  std::int64_t lease = 0;
};

// A condition on one key; revision 0 = there is no such key.
struct Compare {
  enum class What { created, modified };
  std::string key;
  What what = What::created;
  std::int64_t revision = 0;
};

struct Operation {
  std::string key;
  std::optional<std::string> value;  // nothing: the key is deleted
  std::int64_t lease = 0;
};

struct Outcome {
  bool succeeded = false;     // the conditions held, and all was done
  std::int64_t revision = 0;  // of the store, after it
};

class Etcd {
 public:
  struct Options {
    std::vector<std::string> endpoints;  // no slash at the end
    std::string user;                    // empty: etcd asks for none
    std::function<base::Result<std::string>()> password;
  };

  Etcd(http::Transport& transport, Options options);
  ~Etcd();
  Etcd(const Etcd&) = delete;
  Etcd& operator=(const Etcd&) = delete;

  struct Lease {
    std::int64_t id = 0;
    std::int64_t seconds = 0;  // 0: it is over
  };
  asio::awaitable<base::Result<Lease>> grant(std::int64_t seconds);
  asio::awaitable<base::Result<Lease>> keep_alive(std::int64_t lease);
  asio::awaitable<base::Result<void>> revoke(std::int64_t lease);  // one that is over already is no error

  // All keys with this prefix, by key, as they stood at one moment.
  asio::awaitable<base::Result<std::vector<KeyValue>>> range(std::string prefix);
  asio::awaitable<base::Result<Outcome>> transact(std::vector<Compare> conditions,
                                                  std::vector<Operation> operations);

  std::size_t requests() const { return requests_; }
  // Whoever cancels what is in hand does not want the next member asked.
  void give_up() { given_up_ = true; }

 private:
  asio::awaitable<base::Result<base::Json>> call(std::string path, base::Json body);
  asio::awaitable<base::Result<base::Json>> ask(std::string endpoint, std::string path, std::string body);
  asio::awaitable<base::Result<base::Json>> once(std::string endpoint, std::string path, std::string body);
  asio::awaitable<base::Result<void>> log_in(std::string endpoint);

  http::Transport& transport_;
  Options options_;
  std::size_t current_ = 0;  // the member that answered last
  std::string token_;
  std::size_t requests_ = 0;
  bool given_up_ = false;
};

}  // namespace idpd::cluster
