// Which shard an account is in, and which host each shard should be at: rendezvous hashing, so that all hosts
// that see the same members agree, and one that comes or goes moves nobody else's shards. Pure.
#pragma once

#include <set>
#include <string>

namespace idpd::cluster {

int shard_of(const std::string& account_id, int shards);
// Empty where there are no members.
std::string wanted_holder(int shard, const std::set<std::string>& members);

}  // namespace idpd::cluster
