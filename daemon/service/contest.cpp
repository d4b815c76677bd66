#include "service/contest.h"

#include <fmt/format.h>

#include <algorithm>

namespace idpd::service {

namespace {

constexpr std::size_t few = 3;  // times set back until it is a contest
constexpr std::chrono::minutes first_pause{10};
constexpr std::chrono::hours longest_pause{6};

struct Contest {
  std::size_t times = 0;
  model::Time last{};
  std::string who;
};

std::chrono::seconds pause_after(std::size_t times) {
  std::chrono::seconds out = first_pause;
  for (std::size_t more = few; more < times && out < longest_pause; ++more) out *= 2;
  return std::min<std::chrono::seconds>(out, longest_pause);
}

}  // namespace

std::map<std::string, std::string> contested(const std::vector<model::Incident>& ended, model::Time now) {
  std::map<std::string, Contest> contests;
  for (const model::Incident& one : ended) {
    const bool set_back = one.kind == model::Kind::drift && one.ending == model::Ending::healed &&
                          one.ended && *one.ended <= now && *one.ended > now - contest_memory;
    if (!set_back || one.key.empty()) continue;
    Contest& contest = contests[one.key];
    ++contest.times;
    contest.last = std::max(contest.last, *one.ended);
    if (one.changed_by) contest.who = fmt::format(", last by {}", one.changed_by->actor);
  }
  std::map<std::string, std::string> out;
  for (const auto& [key, contest] : contests) {
    const model::Time again = contest.last + pause_after(contest.times);
    if (contest.times < few || again <= now) continue;
    out[key] = fmt::format(
        "it is contested: idpd has set it back {} times within a day and it was changed again each time{}; "
        "it stays as that left it, the next try is not before {}, and each takes longer; find out who else "
        "writes it, or let the files take it over, or run `idpd apply`",
        contest.times, contest.who, model::timestamp(again));
  }
  return out;
}

}  // namespace idpd::service
