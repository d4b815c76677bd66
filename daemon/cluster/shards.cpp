#include "cluster/shards.h"

#include <fmt/format.h>

#include <cstdint>

#include "base/digest.h"

namespace idpd::cluster {

int shard_of(const std::string& account_id, int shards) {
  const std::string digest = base::sha256_hex(account_id);
  return static_cast<int>(std::stoull(digest.substr(0, 8), nullptr, 16) % static_cast<std::uint64_t>(shards));
}

std::set<std::string> able(const std::map<std::string, bool>& reaches) {
  std::set<std::string> out;
  std::set<std::string> all;
  for (const auto& [member, reached] : reaches) {
    all.insert(member);
    if (reached) out.insert(member);
  }
  return out.empty() ? all : out;
}

std::string wanted_holder(int shard, const std::set<std::string>& members) {
  std::string best;
  std::string highest;
  for (const std::string& member : members) {
    std::string weight = base::sha256_hex(fmt::format("{}/{}", shard, member));
    if (weight <= highest) continue;
    highest = std::move(weight);
    best = member;
  }
  return best;
}

}  // namespace idpd::cluster
