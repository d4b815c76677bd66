// What tests of sessions and members have in common: an etcd in memory, and hosts with stores of their own.
#pragma once

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "cluster/gateway.h"
#include "cluster/loop.h"
#include "cluster/session.h"
#include "cluster/shards.h"

namespace idpd::test {

using cluster::Etcd;
using cluster::Identity;
using cluster::Session;
using cluster::Tenure;

constexpr std::chrono::seconds lease_seconds{30};
constexpr int shard_count = 4;

class ClusterTest : public LoopTest {
 protected:
  ClusterTest() {
    std::string name = (std::filesystem::temp_directory_path() / "idpd-cluster-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~ClusterTest() override { std::filesystem::remove_all(folder_); }

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

  Gateway gateway;

 private:
  std::string folder_;
};

}  // namespace idpd::test
