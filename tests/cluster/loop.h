// A loop of the test's own. `wait` runs it until nothing is left to do, so that what waits for a timer is
// waited for, too.
#pragma once

#include <gtest/gtest.h>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <optional>
#include <utility>

namespace idpd::test {

class LoopTest : public testing::Test {
 protected:
  template <typename T>
  T wait(asio::awaitable<T> task) {
    std::optional<T> out;
    wait(keep(std::move(task), out));
    return *std::move(out);
  }
  void wait(asio::awaitable<void> task) {
    asio::co_spawn(io, std::move(task), asio::detached);
    io.restart();
    io.run();
  }

  asio::io_context io;

 private:
  template <typename T>
  static asio::awaitable<void> keep(asio::awaitable<T> task, std::optional<T>& out) {
    out.emplace(co_await std::move(task));
  }
};

}  // namespace idpd::test
