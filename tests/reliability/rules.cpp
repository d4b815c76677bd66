#include "reliability/rules.h"

#include <algorithm>

#include "state/lock.h"

namespace idpd::test {

namespace {

using model::Record;

const Record* record_with(const std::vector<Record>& records, const std::string& id) {
  const auto found =
      std::find_if(records.begin(), records.end(), [&](const Record& one) { return one.id == id; });
  return found == records.end() ? nullptr : &*found;
}
const Record* record_of(const std::vector<Record>& records, const std::string& key) {
  const auto found =
      std::find_if(records.begin(), records.end(), [&](const Record& one) { return one.key == key; });
  return found == records.end() ? nullptr : &*found;
}
const Record* record_that_left_behind(const std::vector<Record>& records, const std::string& id) {
  const auto found = std::find_if(records.begin(), records.end(), [&](const Record& one) {
    return std::find(one.superseded.begin(), one.superseded.end(), id) != one.superseded.end();
  });
  return found == records.end() ? nullptr : &*found;
}

bool has_mask(const Json& value) {
  if (value.is_string()) return value.string().find("***") != std::string::npos;
  if (value.is_array()) return std::any_of(value.array().begin(), value.array().end(), has_mask);
  if (!value.is_object()) return false;
  return std::any_of(value.object().begin(), value.object().end(),
                     [](const auto& one) { return has_mask(one.second); });
}

bool flag_in(const Json& object, const char* member, const char* name) {
  const Json* inner = object.find(member);
  return inner && inner->flag(name);
}

// One write at a time, and by nobody whom its settings forbid it.
void judge_writer(Process& who) {
  if (!who.account().enforce) who.problem("writes in report mode");
  const auto lock = state::AccountLock::try_acquire(who.settings.state_path, who.account().id, "test");
  if (lock) who.problem("writes without the account's lock");
  std::size_t others = 0;
  for (const auto& [process, count] : who.host.writes) others += process == who.name() ? 0 : count;
  if (others != who.pass->host_writes) who.problem("another process of this host wrote since its pass began");
}

void judge_form(Process& who, const Json& body) {
  if (has_mask(body)) who.problem("sends a masked value: " + base::dump_json(body));
  for (const char* name :
       {"id", "uid", "version", "created_at", "updated_at", "read_only", "scim_base_url"}) {
    if (body.find(name)) who.problem(fmt::format("sends the server's own field {}", name));
  }
  if (const Json* scim = body.find("scim_config"); scim && scim->find("secret"))
    who.problem("sends a SCIM secret");
}

void judge_secret(Process& who, const Entry& entry, const Json& body) {
  if (entry.type == singleton_type) return;
  const std::string sent = body.find("config")->text("client_secret");
  const std::size_t last = who.scene.secrets.turns(entry.secret);
  const auto begun = who.pass->secrets.find(entry.secret);
  for (std::size_t turn = begun == who.pass->secrets.end() ? 0 : begun->second; turn <= last; ++turn) {
    if (sent == Secrets::value(entry.secret, turn)) return;
  }
  who.problem(fmt::format("sends {} for {}", sent.empty() ? "no secret" : "\"" + sent + "\"", entry.secret));
}

void judge_create(Process& who, const std::string& id, const Json& body) {
  const Files& files = who.pass->files;
  const auto asked = std::find_if(files.entries.begin(), files.entries.end(), [&](const auto& one) {
    return one.second.type == body.text("type") && one.second.name == body.text("name");
  });
  if (asked == files.entries.end()) return who.problem("creates what no file asks for: " + body.text("name"));
  const auto& [key, entry] = *asked;
  if (const std::string wrong = difference(entry, body); !wrong.empty())
    who.problem("creates " + key + " with another " + wrong);
  judge_secret(who, entry, body);
  const auto& objects = who.scene.cloud.objects;
  const std::vector<Record> records = who.host.records();
  const Record* record = record_of(records, key);
  if (record && objects.contains(record->id)) {
    const bool replace = objects.at(record->id).text("type") != entry.type;
    if (!replace) who.problem(fmt::format("makes a twin of {}, which {} has", record->id, key));
    const bool allowed = who.account().allow_deletes || who.approved;
    if (replace && (!allowed || entry.prevent_delete || record->prevent_delete))
      who.problem(fmt::format("replaces {}, whose delete is not allowed", record->id));
  }
  for (const auto& [other, object] : objects) {
    if (!who.host.made.contains(other) || object.text("type") != entry.type ||
        object.text("name") != entry.name)
      continue;
    const Record* its = record_with(records, other);
    const bool another = (its && its->key != key) || record_that_left_behind(records, other);
    if (!another) who.problem(fmt::format("makes {} as a twin of {}, both for {}", id, other, key));
  }
}

void judge_update(Process& who, const std::string& id, const Json& body) {
  const Files& files = who.pass->files;
  const auto asked = std::find_if(files.entries.begin(), files.entries.end(), [&](const auto& one) {
    return one.second.type == body.text("type") && one.second.name == body.text("name");
  });
  const Json& live = who.scene.cloud.objects.at(id);
  if (asked == files.entries.end() || body.text("type") != live.text("type"))
    return who.problem(fmt::format("writes {} to {}, which no file asks for", body.text("name"), id));
  const auto& [key, entry] = *asked;
  if (const std::string wrong = difference(entry, body); !wrong.empty())
    who.problem(fmt::format("writes {} with another {}", key, wrong));
  judge_secret(who, entry, body);
  const std::vector<Record> records = who.host.records();
  const Record* its = record_with(records, id);
  if (its && its->key != key)
    who.problem(fmt::format("writes {} to {}, which is that of {}", key, id, its->key));
  const bool consent = who.by_hand() || entry.adopt_id == id || who.host.made.contains(id) ||
                       who.host.attempted.contains(entry.type + entry.name) ||
                       who.host.attempted.contains(entry.type + live.text("name"));
  if (!its && !consent) who.problem(fmt::format("takes {} over by its name and changes it, unasked", id));
  const auto seen = who.pass->read.find(id);
  if (seen == who.pass->read.end()) return who.problem(fmt::format("writes {} without having read it", id));
  for (const auto& [name, value] : seen->second.find("config")->object()) {
    const bool ours = name == "client_secret" || name == "pkce_enabled" || config_of(entry).contains(name);
    const Json* sent = body.find("config")->find(name);
    if (!ours && (!sent || !(*sent == value)))
      who.problem(fmt::format("loses config.{} of {}, which others have set", name, id));
  }
  if (entry.scim < 0 &&
      flag_in(seen->second, "scim_config", "enabled") != flag_in(body, "scim_config", "enabled"))
    who.problem(fmt::format("switches SCIM of {}, unasked", id));
}

void judge_delete(Process& who, const std::string& id) {
  const config::Account& account = who.account();
  const Pass& pass = *who.pass;
  const std::vector<Record> records = who.host.records();
  const std::string type = who.scene.cloud.objects.at(id).text("type");
  if (!account.allow_deletes && !who.approved) who.problem(fmt::format("deletes {}, unasked", id));
  if (!who.approved && pass.deleted.size() >= account.max_deletes)
    who.problem("deletes more than max_deletes");
  if (!pass.referenced) {
    who.problem(fmt::format("deletes {} without a look at who refers to it", id));
  } else if (pass.referenced->contains(id)) {
    who.problem(fmt::format("deletes {}, which is referred to", id));
  }
  if (pass.alive.size() <= 1) who.problem(fmt::format("deletes {}, the last login method", id));
  const Record* current = record_with(records, id);
  const Record* record = current ? current : record_that_left_behind(records, id);
  if (!record) {
    if (account.unmanaged != config::Unmanaged::remove || type == singleton_type)
      who.problem(fmt::format("deletes {}, which it does not own", id));
    return;
  }
  const Entry* entry = pass.files.find(record->key);
  if (record->prevent_delete || (entry && entry->prevent_delete))
    who.problem(fmt::format("deletes {} although prevent_delete is set", id));
  if (current && entry && entry->type == type)
    who.problem(fmt::format("deletes {}, which the files want as {}", id, record->key));
}

// Whatever has come into the records was made by this host, or could be taken for what some file named.
void judge_ownership(Process& who) {
  for (const Record& record : who.host.records()) {
    if (!who.host.known.insert(record.id).second || who.host.made.contains(record.id)) continue;
    const auto& names = who.scene.cloud.names[record.id];
    bool named = record.type == singleton_type;
    for (const Files& files : who.host.versions) {
      for (const auto& [key, entry] : files.entries) {
        named =
            named || entry.adopt_id == record.id || (entry.type == record.type && names.contains(entry.name));
      }
    }
    if (!named) who.problem(fmt::format("has taken over {}, which no file ever named", record.id));
  }
}

void judge_outcome(Process& who, const plan::Change& change) {
  const Pass& pass = *who.pass;
  using plan::Action;
  using plan::Outcome;
  const auto& objects = who.scene.cloud.objects;
  const auto complain = [&](const std::string& what) {
    who.problem(fmt::format("says {} {} {} {}, but {}", plan::name_of(change.action), change.key, change.id,
                            plan::name_of(change.outcome), what));
  };
  const bool made = std::any_of(pass.created.begin(), pass.created.end(), [&](const std::string& id) {
    const auto found = objects.find(id);
    return found != objects.end() && found->second.text("type") == change.type &&
           who.scene.cloud.names[id].contains(change.name);
  });
  const bool creates = change.action == Action::create || change.action == Action::replace;
  const bool updates = change.action == Action::update || change.action == Action::adopt;
  const bool gone = pass.deleted.contains(change.id) || !objects.contains(change.id);
  if (change.outcome == Outcome::done) {
    // A person's of the same type and name that came meanwhile cannot be told from an own one without an
    // answer.
    const bool taken_for_own = who.host.attempted.contains(change.type + change.name) &&
                               objects.contains(change.id) && !who.host.made.contains(change.id);
    if (change.action == Action::create && !pass.created.contains(change.id) && !taken_for_own)
      complain("it was not made");
    if (updates && !pass.written.contains(change.id)) complain("it was not written");
    if (change.action == Action::remove && !gone) complain("it lives");
    if (change.action == Action::replace && !change.delete_withheld && !gone) complain("the old one lives");
  } else if (change.outcome == Outcome::withheld || change.outcome == Outcome::skipped ||
             change.outcome == Outcome::failed) {
    // Half a replace is not done, and its error says which half.
    if (change.action == Action::create && made && change.error.find("any of") == std::string::npos)
      complain("it was made");
    if (creates && made && change.outcome != Outcome::failed && change.action == Action::replace)
      complain("the new one was made");
    if (updates && pass.written.contains(change.id)) complain("it was written");
    if (change.action == Action::remove && pass.deleted.contains(change.id)) complain("it was deleted");
  }
}

}  // namespace

std::string difference(const Entry& entry, const Json& object) {
  if (object.text("type") != entry.type) return "type";
  if (object.text("name") != entry.name) return "name";
  const Json* config = object.find("config");
  if (!config || !config->is_object()) return "config";
  for (const auto& [name, value] : config_of(entry)) {
    if (config->text(name) != value) return "config." + name;
  }
  if (entry.pkce >= 0 && config->flag("pkce_enabled") != (entry.pkce == 1)) return "config.pkce_enabled";
  if (entry.scim >= 0 && flag_in(object, "scim_config", "enabled") != (entry.scim == 1)) return "scim_config";
  return {};
}

void judge_write(Process& who, http::Method method, const std::string& id, const Json& body) {
  judge_writer(who);
  if (method != http::Method::remove) judge_form(who, body);
  if (method == http::Method::post) judge_create(who, id, body);
  if (method == http::Method::put) judge_update(who, id, body);
  if (method == http::Method::remove) judge_delete(who, id);
}

void judge_pass(Process& who, const plan::AccountPlan& plan) {
  judge_ownership(who);
  if (!who.account().enforce) return;
  for (const plan::Change& change : plan.changes) judge_outcome(who, change);
}

}  // namespace idpd::test
