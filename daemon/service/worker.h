// What blocks on the network runs in a thread of its own, one job at a time, while the loop goes on. Owned by
// a source and used from the loop's thread alone. A job gets a Progress and must look at it; one that shows
// no sign of life, or that is cancelled, is woken from whatever system call it waits in, and is left to
// itself if even that does not end it: what it uses must therefore be its own or shared.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>

#include "service/alarm.h"
#include "service/git_remote.h"

namespace idpd::service {

class Worker {
 public:
  Worker(asio::io_context& io, Alarms& alarms) : io_(io), alarms_(alarms) {}
  // Cancels, and waits a moment at most.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // True when the job ran to its end, cancelled or not; false when it was left to itself. `stall` is how long
  // it may show no sign of life.
  asio::awaitable<bool> run(std::function<void(Progress&)> job, std::chrono::milliseconds stall);
  // Ends the job that runs, if any; it may be called again.
  void cancel();

 private:
  struct Job;
  asio::io_context& io_;
  Alarms& alarms_;
  std::shared_ptr<Job> job_;
};

}  // namespace idpd::service
