#include "reliability/scene.h"

#include <algorithm>

#include "state/store.h"

namespace idpd::test {

namespace {

constexpr int most_requests = 5000;  // until nobody waits any more

std::string memory_folder() {
  const std::string shared = "/dev/shm";
  return ::access(shared.c_str(), W_OK) == 0 ? shared : std::filesystem::temp_directory_path().string();
}

bool fits(const PlannedFault& planned, const http::Request& request) {
  if (planned.writes != (request.method != http::Method::get)) return false;
  const std::string kind = kind_of(request);
  if (planned.fault == Fault::short_list || planned.fault == Fault::empty_list) return kind == "GET list";
  if (planned.fault == Fault::stale) return kind == "GET list" || kind == "GET id";
  return kind != "GET other";
}

}  // namespace

Host::Host(std::string its_name) : name(std::move(its_name)), state(memory_folder()) {
  config::Account account{.alias = "production",
                          .id = account_id,
                          .token = "${env:TOKEN}",
                          .enforce = true,
                          .allow_deletes = true,
                          .max_deletes = 2,
                          .rate_group = "production"};
  settings.accounts = {account};
  settings.api.base_url = "https://api.test/client/v4";
  settings.interval = std::chrono::minutes(30);
  versions.emplace_back();
}

std::vector<model::Record> Host::records() const {
  auto store = state::Store::open_read_only(state.string());
  if (!store || !*store) return {};
  auto out = (*store)->records(account_id);
  return out ? *std::move(out) : std::vector<model::Record>();
}

Scene::Scene(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) hosts.emplace_back(std::string(1, static_cast<char>('a' + i)));
}

void Scene::problem(const Process& who, const std::string& what) {
  problems.push_back(who.name() + ": " + what);
  note("PROBLEM " + problems.back());
}

void Process::problem(const std::string& what) {
  scene.problem(*this, what);
}

Process& Scene::add(std::unique_ptr<Process> process) {
  processes.push_back(std::move(process));
  return *processes.back();
}

void Scene::remove(Process& process) {
  processes.remove_if([&](const auto& one) { return one.get() == &process; });
}

DaemonProcess* Scene::daemon(std::size_t index) {
  std::vector<DaemonProcess*> all;
  for (const auto& one : processes) {
    if (auto* found = dynamic_cast<DaemonProcess*>(one.get())) all.push_back(found);
  }
  return all.empty() ? nullptr : all[index % all.size()];
}

Fault Scene::next_fault(const http::Request& request) {
  const auto found =
      std::find_if(faults.begin(), faults.end(), [&](const PlannedFault& one) { return fits(one, request); });
  if (found == faults.end()) return Fault::none;
  const Fault out = found->fault;
  if (--found->times == 0) faults.erase(found);
  return out;
}

void Scene::deliver(Process& process, bool dies) {
  process.deliver(next_fault(*process.request()), dies);
}

void Scene::settle_all() {
  for (const auto& one : processes) one->settle();
}

void Scene::settle() {
  for (int count = 0; count < most_requests; ++count) {
    settle_all();
    Process* waiting = nullptr;
    for (const auto& one : processes) waiting = one->request() ? one.get() : waiting;
    if (!waiting) return;
    deliver(*waiting);
  }
  problems.emplace_back("it runs away: requests without end");
}

void Scene::advance(std::chrono::nanoseconds length, bool deliver) {
  const std::chrono::nanoseconds end = elapsed + length;
  const auto move_to = [&](std::chrono::nanoseconds at) {
    for (const auto& one : processes) one->alarms.advance(at - elapsed);
    elapsed = at;
  };
  while (problems.empty()) {
    if (deliver) settle();
    std::chrono::nanoseconds soonest = end;
    for (const auto& one : processes) {
      const service::Instant next = one->alarms.next();
      if (next == service::never) continue;
      const auto ahead = std::max<std::chrono::nanoseconds>(next - one->alarms.clock().monotonic(),
                                                            std::chrono::nanoseconds(0));
      soonest = std::min(soonest, elapsed + ahead);
    }
    if (soonest >= end) break;
    move_to(soonest);
  }
  move_to(end);
  if (deliver) settle();
}

}  // namespace idpd::test
