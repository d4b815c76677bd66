// Coroutines that begin and end together, as the parts of one generation do. Owned by that generation, whose
// end awaits `ended`: nothing they use may go before. `abandon` cancels what each of them waits for, so that
// it comes back as an error value; whoever waits anew after that has to look whether it should.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/io_context.hpp>
#include <exception>
#include <functional>
#include <list>
#include <memory>

#include "service/alarm.h"

namespace idpd::service {

class Tasks {
 public:
  // `failed` is called when one of them throws, which is a bug; it should make the others end.
  Tasks(asio::io_context& io, Alarms& alarms, std::function<void()> failed);

  void start(asio::awaitable<void> task);
  // Until all have ended. Throws what the first of them threw.
  asio::awaitable<void> ended();
  void abandon();

 private:
  asio::io_context& io_;
  std::unique_ptr<Alarm> one_less_;
  std::function<void()> failed_;
  std::list<asio::cancellation_signal> running_;
  std::exception_ptr bug_;
};

}  // namespace idpd::service
