// The status and history documents as plain values, for those who show them to people: the page and the text
// forms. What a document lacks or has of another kind becomes empty; every text is safe to show
// (report::clean, and valid UTF-8), though not yet escaped for HTML. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "model/incident.h"

namespace idpd::service {

using MaybeTime = std::optional<model::Time>;

struct FieldView {
  std::string path;
  std::string live;
  std::string file;
};

struct ActorView {
  std::string who;  // empty: not known
  MaybeTime at = {};
};

struct ChangeView {
  std::string key, action, name, type, outcome, error;
  std::string withheld;  // why; empty: it is not
  std::vector<FieldView> fields = {};
  ActorView actor = {};
};

struct ProviderView {
  std::string key, id, name, type;
  std::string state;  // in_sync, drifted or unknown, nothing else
  MaybeTime since = {};
};

struct IncidentView {
  std::string kind, account, key, name, type, message, approve, ending;
  std::vector<FieldView> fields = {};
  ActorView actor = {};
  MaybeTime first_seen = {}, ended = {};

  // The key, the name, or the account: what a person knows it by.
  std::string subject() const;
};

struct AccountView {
  std::string account, account_id, mode;
  std::string status;  // in_sync, changes or unknown, nothing else
  std::string error, fingerprint;
  bool elsewhere = false;  // no pass is made on this host
  std::string holder;      // the host that makes them then; empty: none does just now
  MaybeTime last_attempt = {}, last_success = {}, next_attempt = {};
  std::size_t failures = 0;
  std::vector<ProviderView> providers = {}, unmanaged = {};
  std::vector<ChangeView> changes = {};

  std::size_t withheld() const;
  // `held by host-b`, where it is elsewhere.
  std::string held_by() const;
};

// Which accounts are told of one by one: up to a few all of them; of more, those in which something is not as
// it should be, the worst first, and the others are counted.
struct ToldAccounts {
  std::vector<const AccountView*> told;
  std::size_t left_out = 0;  // that need a look too
  std::size_t quiet = 0;
  std::size_t quiet_providers = 0;
  MaybeTime quiet_oldest = {};  // of their last passes

  std::string quiet_words() const;  // `995 more accounts are in sync (4975 identity providers)`; may be empty
};

struct SourceView {
  std::string title, problem, commit, author, subject;
  bool dirty = false;
};

struct StatusView {
  std::string version;
  MaybeTime at = {}, started = {};
  SourceView source = {};
  std::vector<AccountView> accounts = {};
  std::vector<IncidentView> incidents = {};  // open ones

  ToldAccounts told_accounts(std::size_t most) const;
};

struct PassView {
  std::string account, result, error, trigger, commit;
  MaybeTime began = {}, ended = {};
  std::size_t applied = 0, withheld = 0;
};

struct HistoryView {
  std::vector<IncidentView> incidents = {};
  std::vector<PassView> passes = {};
};

StatusView view_of_status(const base::Json& status);
HistoryView view_of_history(const base::Json& history);

// Whether all is well, in a sentence or two.
enum class Mood { good, attention, unknown };
struct Headline {
  Mood mood = Mood::unknown;
  std::string sentence;
  std::string few_words;  // for a title
};
Headline headline(const StatusView& status);

// `4 minutes ago`, `in 2 hours`, `just now`.
std::string relative(model::Time at, model::Time now);
// `4 minutes`; below a minute `12 seconds`.
std::string lasting(std::chrono::seconds span);
// `in sync` of `in_sync`.
std::string words_of(std::string_view state);
// The first twelve characters of a commit.
std::string short_commit(const std::string& commit);

}  // namespace idpd::service
