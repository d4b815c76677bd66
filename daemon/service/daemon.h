// One generation of the settings at work: reads the files and follows them, keeps a loop for each account,
// and writes down what each pass has found. A reload makes another generation when this one has ended. Owned
// by the command `run`; everything in `Parts` outlives it. `run` ends after `stop`, when the changes in hand
// are through; `abandon` cuts short what they wait for.
#pragma once

#include <asio/awaitable.hpp>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "service/acceptance.h"
#include "service/account_loop.h"
#include "service/account_pass.h"
#include "service/checks.h"
#include "service/desired_files.h"
#include "service/documents.h"
#include "service/expiry.h"
#include "service/incidents.h"
#include "service/source.h"
#include "service/spread.h"
#include "service/tasks.h"

namespace idpd::service {

// Who else wants to know: notifications, metrics, systemd.
class Observer {
 public:
  virtual ~Observer() = default;
  // An incident in the transaction that saves it: once for each step, and what `lasts` after every pass. An
  // error undoes that.
  virtual base::Result<void> incident(const Told& told) = 0;
  // `expiring`: all that ends on a known date, near or far; empty when the account could not be read.
  virtual void passed(const Finished& pass, const config::Account& account,
                      const std::vector<Expiring>& expiring) = 0;
  // All that is known of the account's probes, whenever it may have changed.
  virtual void checked(const config::Account& account, const CheckedByKey& known) = 0;
  // An open incident came with its account, of which the host that had it has told.
  virtual void told_elsewhere(const model::Incident& /*incident*/) {}
  // One line for people on how everything stands.
  virtual void status(const std::string& line) = 0;
};

// What one generation leaves to the next of an account that stays as it is, by account id: a change of some
// accounts is no reason to look at all of them.
struct Kept {
  std::size_t signature = 0;  // of what the files said
  Instant next{};
  std::string consent;
};
using KeptAccounts = std::map<std::string, Kept>;

// Of an account's identity providers, for the one line on how everything stands.
struct ProviderCounts {
  std::size_t in_sync = 0;
  std::size_t drifted = 0;
  std::size_t pending = 0;
  std::size_t unknown = 0;
  std::size_t withheld = 0;
};

class Daemon {
 public:
  struct Parts {
    asio::io_context& io;
    Alarms& alarms;
    base::Random& random;
    const model::TypeCatalog& catalog;
    Connections& connections;
    state::Store& store;
    std::string fingerprint_key;
    Source& source;
    Observer& observer;
    model::Time started{};
    Acceptance* acceptance = nullptr;    // null: secrets are written unasked
    Checks* checks = nullptr;            // null: nothing is probed
    cluster::Member* cluster = nullptr;  // null: this host alone
    KeptAccounts kept = {};
  };

  Daemon(Parts parts, const config::Settings& settings);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // `ready` is called once the files have been read for the first time, good or bad.
  asio::awaitable<void> run(Trigger first, std::function<void()> ready);
  void stop();
  void abandon();

  // A pass of one account, or of all. Error: no such account.
  base::Result<void> ask(const std::optional<std::string>& account, Trigger trigger);
  // The account whose withheld plan has this fingerprint carries it out. Error: none has, or it may not.
  base::Result<std::string> approve(const std::string& fingerprint);
  // Why it cannot work yet; empty when files are in force.
  std::string not_ready() const;
  const DesiredFiles& files() const { return files_; }
  KeptAccounts kept() const;
  const std::map<std::string, Spread>& pace() const { return pace_; }

 private:
  // What it holds refers to itself: it stays where it is.
  struct One {
    One(Daemon& daemon, const config::Account& its);
    const config::Account& account;
    AccountLoop loop;
    // From the pass until they are saved, together: the store has them otherwise.
    std::optional<base::Json> document;
    std::optional<model::Pass> summary;
    std::optional<std::string> last_success;
    ProviderCounts counts;
    Instant audit_again{};      // the audit log could not be read: not before this is it asked again
    std::string consent;        // the fingerprint of what waits for a person
    std::size_t signature = 0;  // of the files that its last pass was asked for
    bool checking = false;
    bool elsewhere = true;                    // where there are several hosts: it is not this one's
    std::optional<std::string> shown_holder;  // as the status tells; nothing while it is this one's
  };

  asio::awaitable<bool> read_files();  // true: what they say is in force
  asio::awaitable<void> follow_files();
  void begin(Trigger first);
  void ask_where_files_changed();
  void look_at_cluster();
  asio::awaitable<Ended> pass(One& one, Job job);
  asio::awaitable<void> conclude(One& one, const Finished& finished, const model::DesiredState& desired);
  asio::awaitable<void> share_incidents(const One& one, cluster::Tenure& tenure);
  void begin_check(One& one, const Finished& finished, std::shared_ptr<const model::DesiredState> desired);
  asio::awaitable<void> check(One& one, std::shared_ptr<const model::DesiredState> desired, bool again);
  void end_checks(const One& one);
  base::Result<void> save_document(const One& one, base::Json document);
  void count(One& one, const base::Json& document);
  std::optional<base::Json> document_of(const One& one) const;
  asio::awaitable<void> attribute(One& one, model::Incident& incident);
  void settled(One& one);
  void tell(std::vector<Told> all);
  void say_status();
  model::Time now() const;

  Parts parts_;
  const config::Settings& settings_;
  DesiredFiles files_;
  Slots slots_;
  std::map<std::string, Spread> pace_;  // by rate group
  std::string spread_notice_;
  std::list<One> accounts_;
  std::unique_ptr<Alarm> files_changed_;
  Tasks tasks_;
  Tasks checking_;  // nothing is lost when these are cut short
  bool begun_ = false;
  bool stopping_ = false;
};

}  // namespace idpd::service
