#include "service/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace idpd::service {

namespace {

using plan::Action;
using plan::Outcome;
using prometheus::Labels;

constexpr double to_seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}
double to_seconds(model::Time time) {
  return static_cast<double>(time.time_since_epoch().count());
}

const prometheus::Histogram::BucketBoundaries request_buckets{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120};
const prometheus::Histogram::BucketBoundaries pass_buckets{0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900};
constexpr std::array all_actions{Action::move,    Action::create, Action::adopt, Action::update,
                                 Action::replace, Action::remove, Action::forget};
constexpr std::array all_kinds{model::Kind::drift, model::Kind::failure, model::Kind::withheld,
                               model::Kind::expiry, model::Kind::check};

// A series' labels in one piece of memory: thousands of accounts have dozens of them each.
std::string packed(const Labels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) out += name + '\0' + value + '\0';
  out.shrink_to_fit();
  return out;
}

// A family that knows its series by account, so that those of what has vanished can be taken out; those of no
// account are under the empty one. The family itself looks through all of its series for one to remove.
template <typename Metric>
class Series {
 public:
  explicit Series(prometheus::Family<Metric>& family) : family_(family) {}

  template <typename... Arguments>
  Metric& at(const Labels& labels, const Arguments&... arguments) {
    const auto account = labels.find("account");
    auto [found, added] = known_[account == labels.end() ? std::string() : account->second].try_emplace(
        packed(labels), nullptr);
    if (added) found->second = &family_.Add(labels, arguments...);
    return *found->second;
  }

  // The account's series are these and no others.
  void become(const std::string& account, const std::map<Labels, double>& values) {
    std::set<std::string> kept;
    for (const auto& [labels, value] : values) {
      at(labels).Set(value);
      kept.insert(packed(labels));
    }
    const auto known = known_.find(account);
    if (known == known_.end()) return;
    std::erase_if(known->second, [&](const auto& one) {
      if (kept.contains(one.first)) return false;
      family_.Remove(one.second);
      return true;
    });
  }

  void keep_accounts(const std::set<std::string>& accounts) {
    std::erase_if(known_, [&](const auto& one) {
      if (accounts.contains(one.first)) return false;
      for (const auto& [labels, metric] : one.second) family_.Remove(metric);
      return true;
    });
  }

 private:
  prometheus::Family<Metric>& family_;
  std::map<std::string, std::map<std::string, Metric*>> known_;
};

using Counters = Series<prometheus::Counter>;
using Gauges = Series<prometheus::Gauge>;
using Histograms = Series<prometheus::Histogram>;

std::string name_of(Delivery result) {
  if (result == Delivery::delivered) return "delivered";
  return result == Delivery::failed ? "failed" : "dropped";
}

}  // namespace

struct Metrics::Families {
  prometheus::Registry registry;

  prometheus::Family<prometheus::Counter>& counter(const std::string& name, const std::string& help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
  }
  prometheus::Family<prometheus::Gauge>& gauge(const std::string& name, const std::string& help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
  }
  prometheus::Family<prometheus::Histogram>& histogram(const std::string& name, const std::string& help) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
  }

  Gauges build{gauge("idpd_build_info", "The version that runs; always 1.")};
  Gauges attempt{gauge("idpd_last_attempt_timestamp_seconds", "When the last pass over the account began.")};
  Gauges success{gauge("idpd_last_success_timestamp_seconds", "When the last pass that succeeded ended.")};
  Gauges failures{gauge("idpd_account_failures", "Passes over the account that failed in a row.")};
  Gauges planned{
      gauge("idpd_changes_planned",
            "Changes in the last plan of the account that nothing withholds, carried out or not.")};
  Counters changes{counter("idpd_changes_total", "Changes that a pass tried to carry out.")};
  Gauges drifted{gauge("idpd_drifted_identity_providers",
                       "Identity providers that differ because they were changed outside of idpd.")};
  Gauges withheld{gauge("idpd_withheld_changes", "Changes in the last plan that are withheld, by reason.")};
  Counters requests{counter("idpd_api_requests_total",
                            "Requests to the Cloudflare API; status is error when no answer came.")};
  Histograms request_duration{
      histogram("idpd_api_request_duration_seconds", "How long requests to the Cloudflare API took.")};
  Counters waited{counter("idpd_rate_limit_wait_seconds_total",
                          "How long requests have waited for their rate group's budget, summed up.")};
  Gauges interval{gauge("idpd_reconcile_interval_seconds",
                        "How often each account of the rate group is looked at, within its request budget.")};
  Gauges expiry{gauge("idpd_expiry_timestamp_seconds",
                      "When the first secret or certificate of the identity provider expires.")};
  Gauges check{gauge("idpd_check_ok", "Whether the last probe of the identity provider passed: 1, or 0.")};
  Gauges check_at{gauge("idpd_check_timestamp_seconds", "When the identity provider was last probed.")};
  Gauges incidents{gauge("idpd_open_incidents", "Incidents that are open.")};
  Gauges here{gauge("idpd_account_held", "Whether this host, among several, has the account: 1, or 0.")};
  Gauges cluster{gauge("idpd_cluster_ok", "Whether etcd answers, and this host has its place in it.")};
  Gauges pending{gauge("idpd_notifications_pending", "Notifications that wait to be delivered.")};
  Counters notifications{counter("idpd_notifications_total",
                                 "Tries to deliver a notification; dropped ones are not tried again.")};
  Histograms pass_duration{histogram("idpd_pass_duration_seconds", "How long a pass over the account took.")};
  Gauges reload{gauge("idpd_config_last_reload_successful",
                      "Whether the settings and files were usable when last read.")};

  std::map<std::string, double> waited_before;  // by rate group, as its budget said last
};

Metrics::Metrics(const std::string& version) : families_(std::make_unique<Families>()) {
  families_->build.at({{"version", version}}).Set(1);
  for (const auto result : {Delivery::delivered, Delivery::failed, Delivery::dropped})
    families_->notifications.at({{"result", name_of(result)}});
  notifications_pending(0);
  open_incidents({});
}

Metrics::~Metrics() = default;

void Metrics::pass(const plan::AccountPlan& done, std::chrono::nanoseconds duration, model::Time began,
                   model::Time ended, bool success) {
  Families& all = *families_;
  const Labels account{{"account", done.account}};
  all.attempt.at(account).Set(to_seconds(began));
  if (success) all.success.at(account).Set(to_seconds(ended));
  prometheus::Gauge& failures = all.failures.at(account);
  failures.Set(success ? 0 : failures.Value() + 1);
  all.pass_duration.at(account, pass_buckets).Observe(to_seconds(duration));

  std::map<Labels, double> planned;
  std::map<Labels, double> withheld;
  const auto labels = [&](const char* name, std::string_view value) {
    return Labels{{"account", done.account}, {name, std::string(value)}};
  };
  if (done.status != plan::Status::unknown) {
    for (const Action action : all_actions) planned[labels("action", plan::name_of(action))] = 0;
    for (const plan::Change& change : done.changes) {
      if (change.withheld) ++withheld[labels("reason", plan::name_of(change.withheld->reason))];
      if (change.delete_withheld) ++withheld[labels("reason", plan::name_of(change.delete_withheld->reason))];
      if (!change.effective()) continue;
      ++planned[labels("action", plan::name_of(change.action))];
      if (change.outcome == Outcome::planned || change.outcome == Outcome::withheld) continue;
      Labels tried = labels("action", plan::name_of(change.action));
      tried["result"] = plan::name_of(change.outcome);
      all.changes.at(tried).Increment();
    }
  }
  all.planned.become(done.account, planned);
  all.withheld.become(done.account, withheld);
}

void Metrics::drifted(const std::string& account, std::size_t identity_providers) {
  families_->drifted.at({{"account", account}}).Set(static_cast<double>(identity_providers));
}

void Metrics::expiries(const std::string& account, const std::map<std::string, model::Time>& by_key) {
  std::map<Labels, double> values;
  for (const auto& [key, at] : by_key) values[{{"account", account}, {"key", key}}] = to_seconds(at);
  families_->expiry.become(account, values);
}

void Metrics::checked(const std::string& account, const CheckedByKey& by_key) {
  std::map<Labels, double> times;
  std::map<Labels, double> verdicts;
  for (const auto& [key, one] : by_key) {
    times[{{"account", account}, {"key", key}}] = to_seconds(one.at);
    for (const auto& [probe, verdict] : one.probes) {
      if (verdict == check::Verdict::unknown) continue;
      verdicts[{{"account", account}, {"key", key}, {"probe", probe}}] =
          verdict == check::Verdict::ok ? 1 : 0;
    }
  }
  families_->check_at.become(account, times);
  families_->check.become(account, verdicts);
}

void Metrics::keep_accounts(const std::vector<std::string>& aliases) {
  const std::set<std::string> kept(aliases.begin(), aliases.end());
  Families& all = *families_;
  for (Gauges* gauges : {&all.attempt, &all.success, &all.failures, &all.planned, &all.drifted, &all.withheld,
                         &all.expiry, &all.check, &all.check_at, &all.here})
    gauges->keep_accounts(kept);
  all.changes.keep_accounts(kept);
  all.pass_duration.keep_accounts(kept);
}

void Metrics::api_request(const std::string& method, int status, std::chrono::nanoseconds duration) {
  families_->requests.at({{"method", method}, {"status", status == 0 ? "error" : std::to_string(status)}})
      .Increment();
  families_->request_duration.at({{"method", method}}, request_buckets).Observe(to_seconds(duration));
}

void Metrics::rate_limit_wait(const std::string& rate_group, double total_seconds) {
  double& before = families_->waited_before[rate_group];
  // After a reload the budget is a new one, which begins at zero; the counter goes on.
  const double more = total_seconds >= before ? total_seconds - before : total_seconds;
  before = total_seconds;
  families_->waited.at({{"rate_group", rate_group}}).Increment(more);
}

void Metrics::interval(const std::string& rate_group, std::chrono::milliseconds interval) {
  families_->interval.at({{"rate_group", rate_group}}).Set(to_seconds(interval));
}

void Metrics::open_incidents(const std::vector<model::Incident>& open) {
  for (const model::Kind kind : all_kinds) {
    const auto count =
        std::count_if(open.begin(), open.end(), [&](const auto& one) { return one.kind == kind; });
    families_->incidents.at({{"kind", std::string(model::name_of(kind))}}).Set(static_cast<double>(count));
  }
}

void Metrics::held(const std::string& account, bool here) {
  families_->here.at({{"account", account}}).Set(here ? 1 : 0);
}

void Metrics::cluster(bool well) {
  families_->cluster.at({}).Set(well ? 1 : 0);
}

void Metrics::notifications_pending(std::size_t count) {
  families_->pending.at({}).Set(static_cast<double>(count));
}

void Metrics::notification(Delivery result) {
  families_->notifications.at({{"result", name_of(result)}}).Increment();
}

void Metrics::config_reloaded(bool successful) {
  families_->reload.at({}).Set(successful ? 1 : 0);
}

std::string Metrics::text() const {
  auto collected = families_->registry.Collect();
  std::erase_if(collected, [](const auto& family) { return family.metric.empty(); });
  std::sort(collected.begin(), collected.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  for (auto& family : collected) {
    for (auto& metric : family.metric) std::sort(metric.label.begin(), metric.label.end());
    std::sort(family.metric.begin(), family.metric.end(),
              [](const auto& a, const auto& b) { return a.label < b.label; });
  }
  return prometheus::TextSerializer().Serialize(collected);
}

}  // namespace idpd::service
