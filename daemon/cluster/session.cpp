#include "cluster/session.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "cluster/shards.h"
#include "cluster/shared_records.h"
#include "state/vault.h"

namespace idpd::cluster {

using base::Code;
using base::Error;
using base::Json;
using base::Result;

namespace {

constexpr std::string_view members_below = "live/members/";
constexpr std::string_view shards_below = "live/shards/";
constexpr std::size_t operations_a_transaction = 100;  // etcd takes 128
constexpr std::size_t bytes_a_transaction = std::size_t{512} << 10U;
constexpr int most_tries = 3;

std::string description(const Identity& identity, const std::string& trouble = {}) {
  Json out = Json::Object{{"host", identity.host},
                          {"purpose", fmt::format("pid {} ({})", ::getpid(), identity.purpose)}};
  if (!trouble.empty()) out["trouble"] = trouble;
  return base::dump_json(out);
}

void add_member(View& view, std::string_view host, const KeyValue& one) {
  const auto body = base::parse_json(one.value);
  view.members[std::string(host)] = {one.lease, one.create_revision, body ? body->text("trouble") : ""};
}

void add_shard(View& view, std::string_view number, const KeyValue& one) {
  int shard = -1;
  std::from_chars(number.data(), number.data() + number.size(), shard);
  const auto body = base::parse_json(one.value);
  if (shard < 0 || !body) return;
  view.shards[shard] = {body->text("host"), body->text("purpose"), one.create_revision, one.lease};
}

}  // namespace

std::set<std::string> View::able() const {
  std::map<std::string, bool> reaches;
  for (const auto& [host, seat] : members) reaches[host] = seat.trouble.empty();
  return cluster::able(reaches);
}

Session::Session(Etcd& etcd, Identity identity, Now now)
    : etcd_(etcd), identity_(std::move(identity)), now_(std::move(now)) {}

std::string Session::shard_key(int shard) const {
  return fmt::format("{}{}{}", identity_.prefix, shards_below, shard);
}

int Session::shard_of(const std::string& account_id) const {
  return cluster::shard_of(account_id, identity_.shards);
}

const View::Shard* Session::holder_of(const std::string& account_id) const {
  const auto found = view_.shards.find(shard_of(account_id));
  return found == view_.shards.end() ? nullptr : &found->second;
}

void Session::lose_all() {
  for (const auto& [shard, holding] : holdings_) holding->lost = true;
  holdings_.clear();
  lease_.ended();
  id_ = 0;
}

asio::awaitable<Result<void>> Session::keep() {
  if (id_ != 0) {
    const Moment asked = now_();
    const auto kept = co_await etcd_.keep_alive(id_);
    if (!kept) co_return kept.error();
    if (kept->seconds > 0) {
      lease_.renewed(asked, std::chrono::seconds(kept->seconds));
      co_return Result<void>();
    }
    lose_all();
  }
  co_return co_await begin();
}

asio::awaitable<Result<void>> Session::begin() {
  if (key_.empty()) {
    auto agreed = co_await agree();
    if (!agreed) co_return agreed;
  }
  const Moment asked = now_();
  const auto granted = co_await etcd_.grant(identity_.lease.count());
  if (!granted) co_return granted.error();
  id_ = granted->id;
  lease_.renewed(asked, std::chrono::seconds(granted->seconds));
  co_return Result<void>();
}

// What all hosts have to have in common: the first one says it.
asio::awaitable<Result<void>> Session::agree() {
  const std::string key = identity_.prefix + "cluster";
  const auto own = state::fingerprint_key(identity_.state_directory);
  if (!own) co_return own.error();
  const std::string mine =
      base::dump_json(Json::Object{{"format", 1}, {"shards", identity_.shards}, {"fingerprint_key", *own}});
  std::vector<Compare> absent{{.key = key}};
  std::vector<Operation> put{{.key = key, .value = mine}};
  const auto first = co_await etcd_.transact(std::move(absent), std::move(put));
  if (!first) co_return first.error();
  const auto found = co_await etcd_.range(key);
  if (!found) co_return found.error();
  const auto body = found->empty() ? Result<Json>(Error{}) : base::parse_json(found->front().value);
  if (!body || body->text("fingerprint_key").empty())
    co_return Error{Code::invalid,
                    fmt::format("{} in etcd is not what idpd wrote; check cluster.prefix", key)};
  const Json* shards = body->find("shards");
  if (!shards || !(*shards == Json(identity_.shards))) {
    co_return Error{Code::invalid,
                    fmt::format("cluster.shards is {} here and {} in etcd ({}); all hosts need the same",
                                identity_.shards, shards ? base::dump_json(*shards) : "nothing", key)};
  }
  const std::string theirs = body->text("fingerprint_key");
  if (theirs != *own) {
    auto set = state::set_fingerprint_key(identity_.state_directory, theirs);
    if (!set) co_return set;
  }
  key_ = theirs;
  co_return Result<void>();
}

asio::awaitable<Result<View>> Session::look() {
  const auto keys = co_await etcd_.range(identity_.prefix + "live/");
  if (!keys) co_return keys.error();
  View view;
  for (const KeyValue& one : *keys) {
    const std::string_view name = std::string_view(one.key).substr(identity_.prefix.size());
    if (name.starts_with(members_below)) add_member(view, name.substr(members_below.size()), one);
    if (name.starts_with(shards_below)) add_shard(view, name.substr(shards_below.size()), one);
  }
  // What is under our lease is ours, also where the answer that said so was lost; what is not is not.
  std::erase_if(holdings_, [&](const auto& held) {
    const auto found = view.shards.find(held.first);
    const bool ours = found != view.shards.end() && found->second.lease == id_ &&
                      found->second.created == held.second->created;
    held.second->lost = !ours;
    return !ours;
  });
  for (const auto& [shard, each] : view.shards) {
    if (each.lease != id_ || id_ == 0 || holdings_.contains(shard)) continue;
    holdings_[shard] = std::make_shared<Holding>();
    holdings_[shard]->created = each.created;
  }
  view_ = view;
  co_return view;
}

asio::awaitable<Result<bool>> Session::join() {
  const std::string key = fmt::format("{}{}{}", identity_.prefix, members_below, identity_.host);
  std::vector<Compare> absent{{.key = key}};
  std::vector<Operation> put{{.key = key, .value = description(identity_), .lease = id_}};
  const auto done = co_await etcd_.transact(std::move(absent), std::move(put));
  if (!done) co_return done.error();
  if (done->succeeded) view_.members[identity_.host] = {id_, done->revision, {}};
  co_return done->succeeded;
}

asio::awaitable<Result<void>> Session::say(std::string trouble) {
  const View::Seat& seat = view_.members[identity_.host];
  if (seat.trouble == trouble) co_return Result<void>();
  const std::string key = fmt::format("{}{}{}", identity_.prefix, members_below, identity_.host);
  std::vector<Compare> ours{{.key = key, .revision = seat.created}};
  std::vector<Operation> put{{.key = key, .value = description(identity_, trouble), .lease = id_}};
  const auto done = co_await etcd_.transact(std::move(ours), std::move(put));
  if (!done) co_return done.error();
  if (done->succeeded) view_.members[identity_.host].trouble = std::move(trouble);
  co_return Result<void>();
}

asio::awaitable<Result<bool>> Session::take(int shard) {
  const std::string key = shard_key(shard);
  std::vector<Compare> absent{{.key = key}};
  std::vector<Operation> put{{.key = key, .value = description(identity_), .lease = id_}};
  const std::int64_t under = id_;
  const auto done = co_await etcd_.transact(std::move(absent), std::move(put));
  if (!done) co_return done.error();
  if (!done->succeeded || under != id_) co_return false;
  auto& held = holdings_[shard];
  held = std::make_shared<Holding>();
  held->created = done->revision;
  view_.shards[shard] = {identity_.host, identity_.purpose, done->revision, id_};
  co_return true;
}

asio::awaitable<Result<void>> Session::give_up(int shard) {
  const auto found = holdings_.find(shard);
  if (found == holdings_.end()) co_return Result<void>();
  const std::shared_ptr<Holding> held = found->second;
  held->leaving = held->lost = true;
  holdings_.erase(found);
  const std::string key = shard_key(shard);
  std::vector<Compare> ours{{.key = key, .revision = held->created}};
  std::vector<Operation> remove{{.key = key}};
  const auto done = co_await etcd_.transact(std::move(ours), std::move(remove));
  if (!done) co_return done.error();  // the next look finds it under our lease, and it is held again
  view_.shards.erase(shard);
  co_return Result<void>();
}

asio::awaitable<Result<void>> Session::end() {
  const std::int64_t lease = id_;
  lose_all();
  if (lease == 0) co_return Result<void>();
  co_return co_await etcd_.revoke(lease);
}

asio::awaitable<Result<std::unique_ptr<Tenure>>> Session::enter(state::Store& store, std::string account_id) {
  const auto found = holdings_.find(shard_of(account_id));
  if (found == holdings_.end() || found->second->leaving || !good()) {
    const View::Shard* holder = holder_of(account_id);
    const bool another = holder && holder->lease != id_;
    co_return Error{
        Code::locked,
        !good() ? std::string("etcd has not confirmed that this host may write, so that nothing is done")
        : another
            ? fmt::format("held by {}, {}", base::printable(holder->host), base::printable(holder->purpose))
            : std::string("no host holds it just now"),
        {},
        true};
  }
  auto tenure = std::make_unique<Tenure>(*this, found->second, store, std::move(account_id));
  if (!tenure->holding_->accounts.contains(tenure->account_id_)) {
    auto pulled = co_await tenure->pull();
    if (!pulled)
      co_return Error{Code::locked, "its records cannot be had: " + pulled.error().text(), {}, true};
    // Records that etcd has never seen come from the time before there were several hosts.
    if (!tenure->holding_->accounts[tenure->account_id_].seen) {
      const auto seen = store.seen_before(tenure->account_id_);
      auto pushed = seen && *seen ? co_await tenure->publish() : Result<void>();
      if (!pushed) co_return Error{Code::locked, pushed.error().text(), {}, true};
    }
  }
  co_return std::move(tenure);
}

Tenure::Tenure(Session& session, std::shared_ptr<Holding> holding, state::Store& store,
               std::string account_id)
    : session_(session),
      holding_(std::move(holding)),
      store_(store),
      account_id_(std::move(account_id)),
      prefix_(fmt::format("{}accounts/{}/", session.identity_.prefix, account_id_)) {
  ++holding_->passes;
  store_.watch(account_id_, touched_);
}

Tenure::~Tenure() {
  store_.unwatch(account_id_, touched_);
  --holding_->passes;
  session_.left();
}

std::optional<std::string> Tenure::barred() const {
  if (!failure_.empty()) return failure_;
  if (holding_->lost) return "this host no longer holds the account: another takes it over";
  if (!session_.lease_.write_until(session_.now_()))
    return "etcd has not confirmed in time that this host still holds the account";
  return std::nullopt;
}

Result<Moment> Tenure::permit() const {
  if (auto why = barred()) return Error{Code::invalid, "it was not sent: " + *std::move(why)};
  return *session_.lease_.write_until(session_.now_());
}

asio::awaitable<Result<void>> Tenure::pull() {
  const auto keys = co_await session_.etcd_.range(prefix_);
  if (!keys) co_return keys.error();
  Holding::Copy copy;
  for (const KeyValue& one : *keys) {
    const std::string name = one.key.substr(prefix_.size());
    if (name == mark_name) {
      copy.mark = one.mod_revision;
      copy.seen = one.value == seen_mark;
    } else {
      copy.digests[name] = base::sha256_base64(one.value);
    }
  }
  const bool first = !holding_->accounts.contains(account_id_);
  if (first && copy.mark != 0) {
    auto taken = take_over(store_, account_id_, prefix_, *keys);
    if (!taken) co_return taken.error();
    told_elsewhere_ = *std::move(taken);
  }
  holding_->accounts[account_id_] = std::move(copy);
  co_return Result<void>();
}

asio::awaitable<Result<void>> Tenure::publish_incidents() {
  touched_.incidents = true;
  return publish();
}

asio::awaitable<Result<void>> Tenure::publish() {
  Result<void> done;
  for (int attempt = 0; attempt < most_tries; ++attempt) {
    if (attempt > 0) {
      // The answer was lost, or the one before it came late: what is there now says.
      done = co_await pull();
      if (!done) continue;
    }
    done = co_await push();
    if (done) co_return done;
    if (holding_->lost) break;
  }
  failure_ = "the records could not be kept in etcd, so that nothing more is written: " + done.error().text();
  co_return Error{done.error().code, failure_};
}

Tenure::Changes Tenure::changes(const Entries& entries, const state::Touched& touched) const {
  const auto& known = holding_->accounts.at(account_id_).digests;
  Changes out;
  const auto remove = [&](const std::string& name) {
    out.operations.push_back({.key = prefix_ + name});
    out.digests[name] = std::nullopt;
  };
  for (const auto& [name, text] : entries) {
    const auto before = known.find(name);
    if (!text) {
      if (before != known.end()) remove(name);
      continue;
    }
    std::string digest = base::sha256_base64(*text);
    if (before != known.end() && before->second == digest) continue;
    out.operations.push_back({.key = prefix_ + name, .value = text});
    out.digests[name] = std::move(digest);
  }
  for (const std::string_view prefix : whole_prefixes(touched)) {
    for (auto one = known.lower_bound(std::string(prefix));
         one != known.end() && one->first.starts_with(prefix); ++one) {
      if (!entries.contains(one->first)) remove(one->first);
    }
  }
  return out;
}

asio::awaitable<Result<void>> Tenure::push() {
  const state::Touched touched = std::exchange(touched_, {.all = false});
  auto done = co_await push(touched);
  if (!done) touched_.all = true;
  co_return done;
}

asio::awaitable<Result<void>> Tenure::push(const state::Touched& touched) {
  const auto entries = shared_entries(store_, account_id_, touched);
  if (!entries) co_return entries.error();
  const auto seen = store_.seen_before(account_id_);
  if (!seen) co_return seen.error();
  Holding::Copy& copy = holding_->accounts[account_id_];
  Changes wanted = this->changes(*entries, touched);
  std::vector<Operation>& changes = wanted.operations;
  if (changes.empty() && copy.seen == *seen) co_return Result<void>();
  std::size_t next = 0;
  do {
    std::vector<Operation> batch;
    std::size_t bytes = 0;
    while (next < changes.size() && batch.size() < operations_a_transaction && bytes < bytes_a_transaction) {
      bytes += changes[next].value ? changes[next].value->size() : 0;
      batch.push_back(std::move(changes[next++]));
    }
    const std::string mark = prefix_ + std::string(mark_name);
    batch.push_back({.key = mark, .value = std::string(*seen ? seen_mark : unseen_mark)});
    const int shard = session_.shard_of(account_id_);
    std::vector<Compare> conditions{{.key = session_.shard_key(shard), .revision = holding_->created},
                                    {.key = mark, .what = Compare::What::modified, .revision = copy.mark}};
    const auto done = co_await session_.etcd_.transact(std::move(conditions), std::move(batch));
    if (!done) co_return done.error();
    if (!done->succeeded)
      co_return Error{Code::conflict, "another host has the account, or has changed its records"};
    copy.mark = done->revision;
  } while (next < changes.size());
  for (auto& [name, digest] : wanted.digests) {
    if (digest) {
      copy.digests[name] = *std::move(digest);
    } else {
      copy.digests.erase(name);
    }
  }
  copy.seen = *seen;
  co_return Result<void>();
}

}  // namespace idpd::cluster
