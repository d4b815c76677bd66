// Which shard an account is in, and which host each shard should be at: rendezvous hashing, so that all hosts
// that see the same members agree, and one that comes or goes moves nobody else's shards. Pure.
#pragma once

#include <map>
#include <set>
#include <string>

namespace idpd::cluster {

int shard_of(const std::string& account_id, int shards);
// Those among whom the shards are spread, of members that do or do not reach the API: who does, and all of
// them where nobody does, so that an outage for all moves nothing.
std::set<std::string> able(const std::map<std::string, bool>& reaches);
// Empty where there are no members.
std::string wanted_holder(int shard, const std::set<std::string>& members);

}  // namespace idpd::cluster
