// The files of one branch of a git repository, fetched every so often by a thread of its own into a bare
// clone below the state's folder. What is read is always one whole commit; while fetching fails the last one
// fetched stays readable and says so. Made and used on the loop; `stop` ends a fetch in flight.
#pragma once

#include <optional>

#include "base/clock.h"
#include "config/settings.h"
#include "service/alarm.h"
#include "service/source.h"
#include "service/worker.h"

namespace idpd::service {

// A commit that was fetched, and its files or why they cannot be read.
struct Fetched {
  std::string commit = {};
  base::Result<Snapshot> snapshot = Snapshot{};
};

class GitSource final : public Source {
 public:
  // `own` resolves the settings' own references and outlives the source.
  GitSource(asio::io_context& io, Alarms& alarms, config::Git settings, const std::string& state_path,
            const secrets::Resolver& own);

  asio::awaitable<base::Result<Snapshot>> read() override;
  asio::awaitable<void> run(std::function<void()> changed) override;
  void look() override;
  void stop() override;
  std::string title() const override;

 private:
  // What `read` gives and what it gave: when they differ, that is told.
  struct State {
    std::string commit = {};
    std::string problem = {};
    bool operator==(const State&) const = default;
  };

  asio::awaitable<void> refresh();
  asio::awaitable<void> fetch();
  void take(std::optional<Fetched> fetched, std::optional<base::Error> problem);
  Instant next();

  Alarms& alarms_;
  config::Git settings_;
  std::string folder_;
  const secrets::Resolver& own_;
  base::SystemRandom random_;
  std::unique_ptr<Alarm> alarm_;
  Worker worker_;
  std::optional<Fetched> fetched_;
  std::optional<base::Error> problem_;
  State told_;
  std::vector<Alarm*> waiters_;  // for the fetch in flight
  int failures_ = 0;
  bool tried_ = false;
  bool busy_ = false;
  bool stopped_ = false;
};

}  // namespace idpd::service
