// One reading of the settings and all that is built from it: connections, source, notifications, the daemon.
// It goes as a whole when the next one comes. Owned by `run`; what is in `Lasting` outlives it. `run` ends
// after `stop`, when the changes in hand are through; `abandon` cuts short what they wait for.
#pragma once

#include <asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "http/curl_transport.h"
#include "http/logged_transport.h"
#include "http/stoppable_transport.h"
#include "service/clustering.h"
#include "service/daemon.h"
#include "service/metered_transport.h"
#include "service/notifier.h"

namespace idpd::service {

// What stays while settings come and go.
struct Lasting {
  asio::io_context& io;
  Alarms& alarms;
  base::Random& random;
  const model::TypeCatalog& catalog;
  const check::Catalog& checks;
  secrets::Resolver::Environment environment;
  std::function<std::unique_ptr<http::Transport>(asio::io_context&, http::CurlOptions)> make_transport;
  state::Store& store;
  std::string fingerprint_key;
  Metrics& metrics;
  http::Budgets& budgets;
  std::function<void(const std::string&)> status;  // one line for people, whenever it changes
  model::Time started{};
  cluster::Member* cluster = nullptr;           // null: this host alone
  std::function<void()> accounts_changed = {};  // the files that they stand in, perhaps
  KeptAccounts kept = {};                       // for the generation that comes next
};

class Generation final : private Observer {
 public:
  Generation(Lasting& lasting, config::Settings settings);

  // `ready` is called once the files have been read for the first time.
  asio::awaitable<void> run(Trigger first, std::function<void()> ready);
  void stop();
  void abandon();

  const config::Settings& settings() const { return settings_; }
  Daemon& daemon() { return daemon_; }
  // Brings the metrics that nobody tells of up to date.
  void measure();

 private:
  void measure_cluster(base::Result<std::vector<model::Incident>>& open);
  base::Result<void> incident(const Told& told) override;
  void passed(const Finished& pass, const config::Account& account,
              const std::vector<Expiring>& expiring) override;
  void checked(const config::Account& account, const CheckedByKey& known) override;
  void told_elsewhere(const model::Incident& incident) override;
  void status(const std::string& line) override;

  Lasting& lasting_;
  config::Settings settings_;
  std::unique_ptr<http::Transport> wire_;
  http::StoppableTransport gate_;
  http::LoggedTransport logged_;
  MeteredTransport metered_;
  Connections connections_;
  std::unique_ptr<http::Transport> probe_wire_;
  http::LoggedTransport probe_log_;
  Acceptance acceptance_;
  std::optional<Checks> checks_;
  std::unique_ptr<Source> source_;
  std::unique_ptr<Source> accounts_;  // null: they stand in the settings
  Notifier notifier_;
  Daemon daemon_;
  std::optional<ReachProbe> reach_;  // nothing: this host alone
  Tasks tasks_;
};

}  // namespace idpd::service
