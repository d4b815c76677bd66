// What a process is to the other hosts: one lease in etcd, under which lie its name as a member and the
// shards of accounts that it holds. A shard that is held is nobody else's until its key is deleted or the
// lease is over, and by then nothing is written here any more (Tenure). One lease a process: all that it
// holds is lost at once, as a process is paused or cut off as a whole. Owned by Member or by a command;
// outlives its coroutines and every tenure. `end` gives all back.
#pragma once

#include <asio/awaitable.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/result.h"
#include "cluster/etcd.h"
#include "cluster/lease.h"
#include "cluster/shared_records.h"
#include "state/store.h"

namespace idpd::cluster {

struct Identity {
  std::string prefix;  // of all keys, with a slash at its end
  std::string host;
  std::string purpose;  // `idpd run`, for others to read
  std::chrono::seconds lease{30};
  int shards = 16;
  std::string state_directory;
};

// A shard that is ours, and what etcd is known to hold of its accounts.
struct Holding {
  struct Copy {
    std::int64_t mark = 0;  // the revision of the account's last change
    bool seen = false;
    std::map<std::string, std::string> digests;  // of each entry's text
  };
  std::int64_t created = 0;
  bool leaving = false;  // no pass begins any more
  bool lost = false;
  int passes = 0;
  std::map<std::string, Copy> accounts;
};

class Session;

// The right to work on one account: as long as it exists the shard is not given up, and every write asks it.
class Tenure {
 public:
  Tenure(Session& session, std::shared_ptr<Holding> holding, state::Store& store, std::string account_id);
  ~Tenure();
  Tenure(const Tenure&) = delete;
  Tenure& operator=(const Tenure&) = delete;

  // Until when a write that begins now may last. Error (invalid): none may begin.
  base::Result<Moment> permit() const;
  // Why no further change may begin; nothing while all is well.
  std::optional<std::string> barred() const;
  // What the store holds of the account is in etcd afterwards, too. An error bars the tenure.
  asio::awaitable<base::Result<void>> publish();
  // With the account's incidents, after they have been saved.
  asio::awaitable<base::Result<void>> publish_incidents();
  // Open incidents that came with the account: another host has told of them.
  const std::vector<model::Incident>& told_elsewhere() const { return told_elsewhere_; }

 private:
  friend class Session;
  asio::awaitable<base::Result<void>> pull();
  asio::awaitable<base::Result<void>> push();
  asio::awaitable<base::Result<void>> push(const state::Touched& touched);
  struct Changes {
    std::vector<Operation> operations;
    std::map<std::string, std::optional<std::string>> digests;  // as they are after that; nothing: gone
  };
  Changes changes(const Entries& entries, const state::Touched& touched) const;

  Session& session_;
  std::shared_ptr<Holding> holding_;
  state::Store& store_;
  std::string account_id_;
  std::string prefix_;
  std::string failure_;
  std::vector<model::Incident> told_elsewhere_;
  state::Touched touched_;  // since the last time that it was in etcd
};

// Who is there, as of one moment.
struct View {
  struct Seat {
    std::int64_t lease = 0;
    std::int64_t created = 0;
    std::string trouble;  // why others would do better, in its own words; empty: nothing
  };
  std::map<std::string, Seat> members;  // by host
  struct Shard {
    std::string host;
    std::string purpose;
    std::int64_t created = 0;
    std::int64_t lease = 0;
  };
  std::map<int, Shard> shards;

  // Those among whom the shards are spread.
  std::set<std::string> able() const;
};

class Session {
 public:
  using Now = std::function<Moment()>;
  Session(Etcd& etcd, Identity identity, Now now = base::BootClock::now);

  // Begins a lease where there is none, or renews it; what etcd has let expire is lost here as well.
  asio::awaitable<base::Result<void>> keep();
  asio::awaitable<base::Result<View>> look();
  // Under this host's name. False: it is there already, under another lease.
  asio::awaitable<base::Result<bool>> join();
  // What others are to know of this member, which has joined.
  asio::awaitable<base::Result<void>> say(std::string trouble);
  asio::awaitable<base::Result<bool>> take(int shard);  // false: another has it
  asio::awaitable<base::Result<void>> give_up(int shard);
  asio::awaitable<base::Result<void>> end();

  // Error (locked): this host does not hold it, with who does.
  asio::awaitable<base::Result<std::unique_ptr<Tenure>>> enter(state::Store& store, std::string account_id);

  bool good() const { return lease_.good(now_()); }
  int shard_of(const std::string& account_id) const;
  // Of the account's shard, as it was last seen; nothing: nobody.
  const View::Shard* holder_of(const std::string& account_id) const;
  bool holds(int shard) const { return holdings_.contains(shard); }
  const std::map<int, std::shared_ptr<Holding>>& holdings() const { return holdings_; }
  const View& view() const { return view_; }
  const Identity& identity() const { return identity_; }
  std::int64_t lease() const { return id_; }
  // The key of the secrets' fingerprints, one for all hosts; empty until `keep` has been through once.
  const std::string& fingerprint_key() const { return key_; }
  // A tenure has ended.
  std::function<void()> left = [] {};

 private:
  friend class Tenure;
  asio::awaitable<base::Result<void>> begin();
  asio::awaitable<base::Result<void>> agree();
  std::string shard_key(int shard) const;
  void lose_all();

  Etcd& etcd_;
  Identity identity_;
  Now now_;
  std::int64_t id_ = 0;
  Lease lease_;
  std::string key_;
  View view_;
  std::map<int, std::shared_ptr<Holding>> holdings_;
};

}  // namespace idpd::cluster
