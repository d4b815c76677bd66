// What the daemon counts and measures, in the text form of Prometheus. Base units; labels are aliases, keys
// and words of ours, never free text, a secret or a display name. Owned by main's daemon object and outliving
// what reports to it; nothing here blocks or waits. prometheus-cpp does the work, in metrics.cpp alone.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model/incident.h"
#include "plan/plan.h"
#include "service/checks.h"

namespace idpd::service {

enum class Delivery { delivered, failed, dropped };  // failed: one try of a notification, repeated later

class Metrics {
 public:
  explicit Metrics(const std::string& version);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // One pass over an account that has ended. An account that is unknown has no numbers of changes.
  void pass(const plan::AccountPlan& done, std::chrono::nanoseconds duration, model::Time began,
            model::Time ended, bool success);
  void drifted(const std::string& account, std::size_t identity_providers);
  // Secrets and certificates of an account by key: when the first of them ends. What is not named goes.
  void expiries(const std::string& account, const std::map<std::string, model::Time>& by_key);
  // By key and probe: whether it passes; what could not be told is not named. And when it was last asked.
  void checked(const std::string& account, const CheckedByKey& by_key);
  // Everything about accounts that are not among these goes.
  void keep_accounts(const std::vector<std::string>& aliases);

  // Where there are several hosts: whether this one has the account, and whether etcd answers.
  void held(const std::string& account, bool here);
  void cluster(bool well);

  // `status` 0: there was no answer. `method`: GET, POST, …
  void api_request(const std::string& method, int status, std::chrono::nanoseconds duration);
  // What a group's budget has waited since it was made (http::Budget::waited_seconds).
  void rate_limit_wait(const std::string& rate_group, double total_seconds);

  // How often each account of a group is looked at, which its budget may make rarer than the settings say.
  void interval(const std::string& rate_group, std::chrono::milliseconds interval);
  void open_incidents(const std::vector<model::Incident>& open);
  void notifications_pending(std::size_t count);
  void notification(Delivery result);
  void config_reloaded(bool successful);

  // The text form, version 0.0.4; series in a fixed order.
  std::string text() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

// Of `text()`, for the Content-Type header.
inline constexpr const char* metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace idpd::service
