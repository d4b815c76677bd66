// What tests of sessions and members have in common: an etcd in memory, hosts with stores of their own, and a
// way to wait for a coroutine. `wait` runs until nothing is left to do, so that what waits for a timer is
// waited for, too.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/use_awaitable.hpp>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <utility>

#include "cluster/gateway.h"
#include "cluster/session.h"
#include "cluster/shards.h"

namespace idpd::test {

using cluster::Etcd;
using cluster::Identity;
using cluster::Session;
using cluster::Tenure;

constexpr std::chrono::seconds lease_seconds{30};
constexpr int shard_count = 4;

class ClusterTest : public testing::Test {
 protected:
  ClusterTest() {
    std::string name = (std::filesystem::temp_directory_path() / "idpd-cluster-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~ClusterTest() override { std::filesystem::remove_all(folder_); }

  template <typename T>
  T wait(asio::awaitable<T> task) {
    std::optional<T> out;
    asio::co_spawn(io, keep(std::move(task), out), asio::detached);
    io.restart();
    io.run();
    return *std::move(out);
  }
  void wait(asio::awaitable<void> task) {
    asio::co_spawn(io, std::move(task), asio::detached);
    io.restart();
    io.run();
  }

  Identity identity(const std::string& host) const {
    return {.prefix = "/idpd/",
            .host = host,
            .purpose = "idpd run",
            .lease = lease_seconds,
            .shards = shard_count,
            .state_directory = folder_ + "/" + host};
  }
  state::Store store(const std::string& host) const {
    return *state::Store::open(identity(host).state_directory);
  }
  Session::Now clock() {
    return [this] { return gateway.now; };
  }
  // An account that lies in this shard.
  static std::string account_in(int shard, int nth = 0) {
    for (int i = 0;; ++i) {
      std::string id = fmt::format("{:032x}", i);
      if (cluster::shard_of(id, shard_count) == shard && nth-- == 0) return id;
    }
  }

  asio::io_context io;
  Gateway gateway;

 private:
  template <typename T>
  static asio::awaitable<void> keep(asio::awaitable<T> task, std::optional<T>& out) {
    out.emplace(co_await std::move(task));
  }
  std::string folder_;
};

}  // namespace idpd::test
