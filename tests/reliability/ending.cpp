#include "reliability/ending.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "reliability/rules.h"
#include "reliability/steps.h"
#include "service/incidents.h"
#include "state/vault.h"

namespace idpd::test {

namespace {

using model::Record;
using plan::Change;
using plan::Reason;

// One host at the end, judged by what its last pass says and by what is true.
class Ending {
 public:
  Ending(Scene& scene, DaemonProcess& daemon)
      : scene_(scene),
        host_(daemon.host),
        daemon_(daemon),
        files_(host_.files().broken ? host_.kept.value_or(Files{}) : host_.files()),
        records_(host_.records()),
        plan_(daemon.last()->plan) {}

  void judge() {
    if (plan_.status == plan::Status::unknown) return problem("is unknown: " + plan_.error.value_or(""));
    for (const Change& change : plan_.changes) judge_change(change);
    judge_errors();
    for (const auto& [key, entry] : files_.entries) judge_key(key, entry);
    for (const auto& [id, object] : scene_.cloud.objects) judge_object(id);
    judge_incidents();
  }

 private:
  void problem(const std::string& what) { daemon_.problem("in the end: " + what); }
  const config::Account& account() const { return daemon_.account(); }
  bool lives(const std::string& id) const { return scene_.cloud.objects.contains(id); }
  const Record* record_of(const std::string& key) const {
    const auto found =
        std::find_if(records_.begin(), records_.end(), [&](const Record& one) { return one.key == key; });
    return found == records_.end() ? nullptr : &*found;
  }
  // The key of the record that holds it, now or from before; empty when none does.
  std::string owner(const std::string& id) const {
    for (const Record& one : records_) {
      const auto& old = one.superseded;
      if (one.id == id || std::find(old.begin(), old.end(), id) != old.end()) return one.key;
    }
    return {};
  }
  bool is_like(const std::string& id, const Entry& entry) const {
    const Json& object = scene_.cloud.objects.at(id);
    return object.text("type") == entry.type &&
           (object.text("name") == entry.name || entry.type == singleton_type);
  }

  void judge_change(const Change& change) {
    const std::string what = fmt::format("{} of {} {}", plan::name_of(change.action), change.key, change.id);
    if (!change.withheld) {
      if (account().enforce)
        problem(fmt::format("{} goes on: {} {}", what, plan::name_of(change.outcome), change.error));
      return;
    }
    if (!holds(change)) problem(fmt::format("{} is withheld, wrongly: {}", what, change.withheld->message));
  }

  std::size_t removals() const {
    return static_cast<std::size_t>(std::count_if(plan_.changes.begin(), plan_.changes.end(),
                                                  [](const Change& one) { return one.removes(); }));
  }

  // Whether the reason that it is withheld for is true.
  bool holds(const Change& change) const {
    const Entry* entry = files_.find(change.key);
    const Record* record = record_of(change.key);
    switch (change.withheld->reason) {
      case Reason::deletes_setting:
        return !account().allow_deletes;
      case Reason::prevent_delete:
        return (entry && entry->prevent_delete) || (record && record->prevent_delete);
      case Reason::max_deletes:
        return removals() > account().max_deletes;
      case Reason::references:
        return scene_.cloud.referenced.contains(change.id);
      case Reason::last_login_method:
        return removals() >= scene_.cloud.objects.size();
      case Reason::adoption_consent:
        return entry && owner(change.id).empty() && entry->adopt_id != change.id &&
               is_like(change.id, *entry);
      case Reason::files_empty:
        return std::none_of(records_.begin(), records_.end(),
                            [&](const Record& one) { return files_.find(one.key); });
      case Reason::vanished:
        return vanished();
      case Reason::singleton_replace:
        return change.type == singleton_type ||
               (lives(change.id) && scene_.cloud.objects.at(change.id).text("type") == singleton_type);
      case Reason::contested:
        return is_torn(change);
      case Reason::unmanaged_unsafe:
        return account().unmanaged == config::Unmanaged::remove;
      default:
        return false;
    }
  }

  // Two hosts without a lease hold it under different keys, and undo each other until a person steps in.
  bool is_torn(const Change& change) const {
    return std::any_of(scene_.hosts.begin(), scene_.hosts.end(), [&](const Host& other) {
      const std::vector<Record> records = other.records();
      return std::any_of(records.begin(), records.end(),
                         [&](const Record& one) { return one.id == change.id && one.key != change.key; });
    });
  }

  // Of those that the files name, all that were recorded are gone, and they are several.
  bool vanished() const {
    std::size_t recorded = 0;
    for (const auto& [key, entry] : files_.entries) {
      const Record* record = record_of(key);
      if (!record) continue;
      if (lives(record->id)) return false;
      ++recorded;
    }
    return recorded > 1;
  }

  // A key that cannot be matched, for a reason that holds.
  bool ambiguous(const Entry& entry) const {
    if (!entry.adopt_id.empty()) return true;  // not alive, of another type, or another's
    std::size_t candidates = 0;
    for (const auto& [id, object] : scene_.cloud.objects)
      candidates += is_like(id, entry) && owner(id).empty() ? 1 : 0;
    return candidates > 1;
  }

  void judge_errors() {
    for (const model::Diagnostic& one : plan_.diagnostics) {
      if (one.severity != model::Severity::error) continue;
      const std::string key = one.message.substr(0, one.message.find(':'));
      failed_.insert(key);
      const Entry* entry = files_.find(key);
      if (!entry || !ambiguous(*entry)) problem("an error that nothing explains: " + one.message);
    }
  }

  bool is_planned(const std::string& key) const {
    return failed_.contains(key) ||
           std::any_of(plan_.changes.begin(), plan_.changes.end(),
                       [&](const Change& one) { return one.key == key && !one.superseded; });
  }

  void judge_key(const std::string& key, const Entry& entry) {
    if (is_planned(key)) return;  // why is judged above
    const Record* record = record_of(key);
    if (!record) {
      if (account().enforce) problem(key + " is not managed");
      return;
    }
    if (!lives(record->id)) return problem(fmt::format("{} is gone, and nothing is planned for it", key));
    const Json& object = scene_.cloud.objects.at(record->id);
    if (const std::string wrong = difference(entry, object);
        !wrong.empty() && !host_.unseen.contains(record->id))
      problem(fmt::format("{} ({}) differs in {}, and that is not said", key, record->id, wrong));
    if (const auto secret = scene_.cloud.secrets.find(record->id);
        account().enforce && record->secrets.contains("config.client_secret") &&
        secret->second != scene_.secrets.current(entry.secret))
      problem(fmt::format("{} has the secret {}", key, secret->second));
    judge_scim(*record, entry);
  }

  // The SCIM secret is on the disk, or its loss is told.
  void judge_scim(const Record& record, const Entry& entry) {
    const auto given = host_.scim.find(record.id);
    if (entry.scim != 1 || given == host_.scim.end()) return;
    if (!given->second.came && given->second.key != record.key)
      return;  // its key changed before anybody knew
    std::ifstream stream(state::scim_secret_path(host_.state.string(), account().id, record.key));
    const std::string kept{std::istreambuf_iterator<char>(stream), {}};
    const bool told = lost_secrets().contains(record.key);
    const bool there = kept == scene_.cloud.scim.at(record.id);
    if (!there && !told)
      problem(fmt::format("the SCIM secret of {} is lost, and nobody is told", record.key));
    if (there && told)
      problem(fmt::format("the SCIM secret of {} is said to be lost, and is there", record.key));
    if (given->second.came && !there)
      problem(fmt::format("the SCIM secret of {} came and was not kept", record.key));
  }
  std::set<std::string> lost_secrets() const {
    std::set<std::string> out;
    for (const auto& one : daemon_.last()->lost_secrets) out.insert(one.key);
    return out;
  }

  // Everything that lives is somebody's, reported as nobody's, or one of several that a key may stand for.
  void judge_object(const std::string& id) {
    if (!owner(id).empty() || account().unmanaged == config::Unmanaged::ignore) return;
    const bool reported = std::any_of(plan_.unmanaged.begin(), plan_.unmanaged.end(),
                                      [&](const auto& one) { return one.id == id; }) ||
                          std::any_of(plan_.changes.begin(), plan_.changes.end(),
                                      [&](const Change& one) { return one.id == id; });
    if (!reported) problem(fmt::format("{} lives, and nobody is told of it", id));
  }

  using Matter = std::tuple<model::Kind, std::string, std::string>;
  static std::string text_of(const Matter& matter) {
    return fmt::format("{} {} {}", model::name_of(std::get<0>(matter)), std::get<1>(matter),
                       std::get<2>(matter));
  }

  void judge_incidents() {
    std::multiset<Matter> expected;  // a key may have two deletes that wait: what a replace left, and its own
    for (const Change& change : plan_.changes) {
      const std::string which = change.key.empty() ? change.id : change.key;
      if (service::is_drift(change)) expected.insert({model::Kind::drift, which, ""});
      if (change.withheld && account().enforce) expected.insert({model::Kind::withheld, which, ""});
    }
    if (!failed_.empty()) expected.insert({model::Kind::failure, "", ""});
    for (const std::string& key : lost_secrets()) expected.insert({model::Kind::failure, key, "scim_secret"});
    auto store = state::Store::open_read_only(host_.state.string());
    const auto open = (*store)->history().open_incidents(account().id);
    if (!open) return problem(open.error().text());
    std::multiset<Matter> found;
    for (const model::Incident& one : *open) {
      const bool whole = one.kind == model::Kind::failure || !one.key.empty();
      found.insert({one.kind, whole ? one.key : one.id, one.matter});
    }
    for (const Matter& one : expected) {
      if (found.count(one) < expected.count(one)) problem("no incident tells of " + text_of(one));
    }
    for (const Matter& one : found) {
      if (expected.count(one) < found.count(one)) problem("an incident stays open: " + text_of(one));
    }
    const auto about_files = (*store)->history().open_incidents(std::string());
    if (!about_files || about_files->empty() == host_.files().broken)
      problem("the incident about the files is wrong");
  }

  Scene& scene_;
  Host& host_;
  DaemonProcess& daemon_;
  Files files_;
  std::vector<Record> records_;
  const plan::AccountPlan& plan_;
  std::set<std::string> failed_;
};

// Nothing of a pass was done, and nothing waits for a time that will come.
bool is_quiet(const DaemonProcess& daemon) {
  if (!daemon.last() || daemon.last()->plan.status == plan::Status::unknown) return false;
  const auto& changes = daemon.last()->plan.changes;
  return std::all_of(changes.begin(), changes.end(), [](const Change& one) {
    return one.withheld && one.withheld->reason != Reason::lag && one.withheld->reason != Reason::contested;
  });
}

}  // namespace

void come_to_an_end(Scene& scene) {
  scene.note("-- the end");
  scene.faults.clear();
  scene.secrets.missing.clear();
  scene.cloud.lag = 0;
  scene.cloud.hidden.clear();
  while (!scene.processes.empty() && scene.problems.empty()) end_process(scene, *scene.processes.front());
  Files files = scene.hosts.front().files();
  // Hosts whose last good files differ would undo each other for ever, as they should not be left to.
  if (scene.hosts.size() > 1) files.broken = false;
  std::vector<DaemonProcess*> daemons;
  for (Host& host : scene.hosts) {
    host.settings.accounts[0].enforce = true;
    put_files(scene, host, files);
    auto process =
        std::make_unique<DaemonProcess>(scene, host, scene.new_name("run", host), service::Trigger::start);
    daemons.push_back(process.get());
    scene.add(std::move(process));
  }
  constexpr int most_passes = 40;
  constexpr int enough_quiet = 3;
  int quiet = 0;
  for (int i = 0; i < most_passes && quiet < enough_quiet && scene.problems.empty(); ++i) {
    scene.advance(std::chrono::minutes(31), true);
    quiet = std::all_of(daemons.begin(), daemons.end(), [](const auto* one) { return is_quiet(*one); })
                ? quiet + 1
                : 0;
  }
  if (!scene.problems.empty()) return;
  for (DaemonProcess* one : daemons) {
    // Without any good files there was never anything to look at.
    if (!one->last()) continue;
    Ending(scene, *one).judge();
  }
}

}  // namespace idpd::test
