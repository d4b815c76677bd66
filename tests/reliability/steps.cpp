#include "reliability/steps.h"

#include <algorithm>
#include <iterator>

#include "model/canonical.h"

namespace idpd::test {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t most_daemons = 2;  // on one host
constexpr std::size_t most_processes = 5;

void edit_files(Scene& scene, const Step& step) {
  // Mostly the same everywhere; now and then one host is behind.
  Host& first = scene.hosts[step.a % scene.hosts.size()];
  Files files = first.files();
  if (!edit(scene, files, step)) return;
  for (Host& host : scene.hosts) {
    if (&host == &first || step.b % 4 != 0) put_files(scene, host, files);
  }
}

Json* any_object(Scene& scene, unsigned number, std::string* id = nullptr) {
  auto& objects = scene.cloud.objects;
  if (objects.empty()) return nullptr;
  const auto found = std::next(objects.begin(), number % static_cast<unsigned>(objects.size()));
  if (id) *id = found->first;
  return &found->second;
}

const Entry* any_entry(const Scene& scene, unsigned number) {
  const auto& entries = scene.hosts[0].files().entries;
  if (entries.empty()) return nullptr;
  return &std::next(entries.begin(), number % static_cast<unsigned>(entries.size()))->second;
}

void person(Scene& scene, const Step& step) {
  Cloud& cloud = scene.cloud;
  std::string id;
  Json* object = any_object(scene, step.a, &id);
  if (step.act == Act::person_adds) {
    id = cloud.add("github", "Stranger " + std::to_string(step.b % 3), 7);
  } else if (step.act == Act::person_twins) {
    const Entry* entry = any_entry(scene, step.a);
    if (!entry || entry->type == singleton_type) return;
    id = cloud.add(entry->type, entry->name, step.b % 2 == 0 ? entry->client : 8);
  } else if (!object) {
    return;
  } else if (step.act == Act::person_deletes) {
    if (cloud.referenced.contains(id)) return;
    cloud.keep_past();
    cloud.objects.erase(id);
  } else if (step.act == Act::person_refers) {
    cloud.referenced.insert(id);
  } else if (step.act == Act::person_frees) {
    cloud.referenced.clear();
  } else {
    cloud.keep_past();
    if (step.act == Act::person_changes) model::set_path(*object, "config.client_id", "by hand");
    if (step.act == Act::person_extends) model::set_path(*object, "config.future_field", "by hand");
    if (step.act == Act::person_stops_scim && object->find("scim_config"))
      model::set_path(*object, "scim_config.enabled", false);
    if (step.act == Act::person_renames) {
      (*object)["name"] = "Renamed " + std::to_string(step.b % 3);
      cloud.names[id].insert(object->text("name"));
    }
  }
  scene.note("   " + id);
  for (const auto& one : scene.processes) {
    if (one->pass && one->pass->unread.contains(id)) one->host.unseen.insert(id);
  }
}

Process* any_process(Scene& scene, unsigned number, bool waiting) {
  std::vector<Process*> all;
  for (const auto& one : scene.processes) {
    if (!waiting || one->request()) all.push_back(one.get());
  }
  return all.empty() ? nullptr : all[number % all.size()];
}

void start(Scene& scene, Host& host, service::Trigger trigger) {
  std::size_t running = 0;
  for (const auto& one : scene.processes) {
    if (&one->host == &host && dynamic_cast<DaemonProcess*>(one.get())) ++running;
  }
  if (running >= most_daemons) return;
  scene.add(std::make_unique<DaemonProcess>(scene, host, scene.new_name("run", host), trigger));
}

void apply(Scene& scene, Host& host, const Step& step) {
  if (scene.processes.size() >= most_processes) return;
  plan::Policy policy = service::policy_of(host.settings.accounts[0]);
  policy.withhold_unresolved = true;
  policy.retry_stuck = true;
  policy.allow_deletes = policy.allow_deletes || step.a % 2 == 0;
  if (step.a % 3 == 0) policy.max_deletes = 5;
  policy.allow_empty = step.b % 3 == 0;
  policy.resend_secrets = step.b % 7 == 0;
  scene.add(std::make_unique<ApplyProcess>(scene, host, scene.new_name("apply", host), policy));
}

void take_fault(Scene& scene, const Step& step) {
  const auto fault = static_cast<Fault>(1 + step.a % (faults - 1));
  const bool only_reads = fault >= Fault::short_list;
  const bool writes = !only_reads && step.b % 3 != 0;
  // One answer that fails is asked for again; it takes several to make a read fail.
  const int times = writes || only_reads ? 1 : 1 + static_cast<int>(step.b % 6);
  scene.faults.push_back({fault, writes, times});
  scene.note(fmt::format("   {} for {} {}", name_of(fault), times, writes ? "write" : "reads"));
  if (step.b % 11 == 0) scene.cloud.lag = 1 + static_cast<int>(step.a % 3);
}

void act_on_process(Scene& scene, const Step& step) {
  const bool at_request = step.act == Act::deliver || step.act == Act::crash_after;
  Process* process = any_process(scene, step.a, at_request);
  if (!process) return;
  auto* daemon = dynamic_cast<DaemonProcess*>(process);
  if (step.act == Act::deliver) {
    for (unsigned i = 0; i <= step.b % 8 && process->request(); ++i) scene.deliver(*process);
  } else if (step.act == Act::crash) {
    scene.note("   " + process->name());
    scene.remove(*process);
  } else if (step.act == Act::crash_after) {
    scene.deliver(*process, true);
    scene.remove(*process);
  } else if (step.act == Act::stop) {
    end_process(scene, *process);
  } else if (!daemon) {
    return;
  } else if (step.act == Act::reload) {
    Host& host = process->host;
    end_process(scene, *process);
    start(scene, host, service::Trigger::reload);
  } else if (step.act == Act::approve) {
    daemon->approve();
  } else if (step.act == Act::ask) {
    daemon->ask();
  }
}

}  // namespace

void put_files(Scene& scene, Host& host, Files files) {
  host.versions.push_back(std::move(files));
  for (const auto& one : scene.processes) {
    auto* daemon = dynamic_cast<DaemonProcess*>(one.get());
    if (daemon && &daemon->host == &host) daemon->look();
  }
}

void end_process(Scene& scene, Process& process) {
  process.stop();
  constexpr int enough = 500;
  for (int i = 0; i < enough && !process.over(); ++i) {
    if (process.request()) {
      scene.deliver(process);
    } else {
      scene.advance(seconds(1), false);
    }
  }
  if (!process.over()) process.problem("does not end");
  scene.remove(process);
}

void take_step(Scene& scene, const Step& step) {
  Host& host = scene.hosts[step.a % scene.hosts.size()];
  config::Account& account = host.settings.accounts[0];
  if (step.act <= Act::mend_file) {
    edit_files(scene, step);
  } else if (step.act == Act::rotate) {
    scene.secrets.rotate("S" + std::to_string(step.a % 4));
  } else if (step.act == Act::lose_secret) {
    scene.secrets.missing.insert("S" + std::to_string(step.a % 4));
  } else if (step.act == Act::find_secrets) {
    scene.secrets.missing.clear();
  } else if (step.act <= Act::person_stops_scim) {
    person(scene, step);
  } else if (step.act == Act::fault) {
    take_fault(scene, step);
  } else if (step.act == Act::settle) {
    scene.settle();
  } else if (step.act == Act::advance) {
    scene.advance(minutes(1 + step.a % 40), true);
  } else if (step.act == Act::wait) {
    scene.advance(seconds(1 + step.a % 40), false);
  } else if (step.act == Act::start) {
    start(scene, host, service::Trigger::start);
  } else if (step.act == Act::apply) {
    apply(scene, host, step);
  } else if (step.act == Act::mode) {
    account.enforce = !account.enforce;
  } else if (step.act == Act::deletes) {
    account.allow_deletes = !account.allow_deletes;
    account.max_deletes = 1 + step.b % 3;
  } else if (step.act == Act::unmanaged) {
    account.unmanaged = static_cast<config::Unmanaged>(step.b % 3);
  } else {
    act_on_process(scene, step);
  }
  std::erase_if(scene.processes, [](const auto& one) { return one->over() && !one->request(); });
}

}  // namespace idpd::test
