#include "reliability/schedule.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <random>

#include "reliability/ending.h"
#include "reliability/steps.h"

namespace idpd::test {

namespace {

struct Weight {
  Act act;
  unsigned weight;
  const char* name;
};

constexpr std::array<Weight, acts> weights{{
    {Act::add, 10, "add"},
    {Act::change, 6, "change"},
    {Act::rename, 4, "rename"},
    {Act::rekey, 4, "rekey"},
    {Act::drop, 7, "drop"},
    {Act::retype, 6, "retype"},
    {Act::scim, 5, "scim"},
    {Act::pkce, 3, "pkce"},
    {Act::prevent, 2, "prevent"},
    {Act::adopt, 2, "adopt"},
    {Act::swap, 2, "swap"},
    {Act::empty, 1, "empty"},
    {Act::break_file, 3, "break_file"},
    {Act::mend_file, 3, "mend_file"},
    {Act::rotate, 4, "rotate"},
    {Act::lose_secret, 1, "lose_secret"},
    {Act::find_secrets, 2, "find_secrets"},
    {Act::person_changes, 5, "person_changes"},
    {Act::person_renames, 3, "person_renames"},
    {Act::person_deletes, 4, "person_deletes"},
    {Act::person_adds, 2, "person_adds"},
    {Act::person_twins, 5, "person_twins"},
    {Act::person_extends, 2, "person_extends"},
    {Act::person_refers, 4, "person_refers"},
    {Act::person_frees, 2, "person_frees"},
    {Act::person_stops_scim, 2, "person_stops_scim"},
    {Act::fault, 24, "fault"},
    {Act::deliver, 40, "deliver"},
    {Act::settle, 8, "settle"},
    {Act::advance, 16, "advance"},
    {Act::wait, 3, "wait"},
    {Act::crash, 5, "crash"},
    {Act::crash_after, 8, "crash_after"},
    {Act::start, 14, "start"},
    {Act::stop, 3, "stop"},
    {Act::reload, 3, "reload"},
    {Act::apply, 7, "apply"},
    {Act::approve, 4, "approve"},
    {Act::ask, 4, "ask"},
    {Act::mode, 1, "mode"},
    {Act::deletes, 2, "deletes"},
    {Act::unmanaged, 1, "unmanaged"},
}};

unsigned total() {
  unsigned sum = 0;
  for (const Weight& one : weights) sum += one.weight;
  return sum;
}

const Weight& drawn(unsigned at) {
  for (const Weight& one : weights) {
    if (at < one.weight) return one;
    at -= one.weight;
  }
  return weights[0];
}

// What went wrong, without the names and numbers of this one time.
std::string kind_of(const Verdict& verdict) {
  if (verdict.problems.empty()) return {};
  std::string out = verdict.problems.front().substr(verdict.problems.front().find(": ") + 1);
  std::erase_if(out, [](char c) { return c >= '0' && c <= '9'; });
  return out;
}

}  // namespace

Schedule draw(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
  Schedule out;
  out.hosts = below(4) == 0 ? 2 : 1;
  for (unsigned i = 0, n = 1 + below(3); i < n; ++i)
    out.steps.push_back({Act::add, below(1000), below(1000)});
  for (std::size_t i = 0; i < out.hosts; ++i) out.steps.push_back({Act::start, static_cast<unsigned>(i), 0});
  for (unsigned i = 0, n = 6 + below(26); i < n; ++i)
    out.steps.push_back({drawn(below(total())).act, below(1000), below(1000)});
  return out;
}

std::string text_of(const Schedule& schedule) {
  std::string out = fmt::format("{} host(s):", schedule.hosts);
  for (const Step& step : schedule.steps)
    out += fmt::format(" {}({},{})", weights[static_cast<std::size_t>(step.act)].name, step.a, step.b);
  return out;
}

Verdict run(const Schedule& schedule) {
  Scene scene(schedule.hosts);
  for (const Step& step : schedule.steps) {
    scene.note(fmt::format("-- {}({},{})", weights[static_cast<std::size_t>(step.act)].name, step.a, step.b));
    take_step(scene, step);
    if (!scene.problems.empty()) break;
  }
  if (scene.problems.empty()) come_to_an_end(scene);
  Verdict out;
  for (const Host& host : scene.hosts) {
    for (const auto& [process, count] : host.writes) out.writes += count;
  }
  scene.processes.clear();
  out.problems = scene.problems;
  out.log = scene.log;
  return out;
}

Schedule shrunk(Schedule schedule) {
  constexpr std::chrono::seconds a_moment{20};
  const std::string kind = kind_of(run(schedule));
  const auto deadline = std::chrono::steady_clock::now() + a_moment;
  for (std::size_t length = schedule.steps.size() / 2; length > 0; length /= 2) {
    for (bool smaller = true; smaller;) {
      smaller = false;
      for (std::size_t at = 0; at + length <= schedule.steps.size();) {
        if (std::chrono::steady_clock::now() > deadline) return schedule;
        Schedule less = schedule;
        const auto begin = less.steps.begin() + static_cast<std::ptrdiff_t>(at);
        less.steps.erase(begin, begin + static_cast<std::ptrdiff_t>(length));
        if (kind_of(run(less)) == kind) {
          schedule = std::move(less);
          smaller = true;
        } else {
          ++at;
        }
      }
    }
  }
  return schedule;
}

}  // namespace idpd::test
