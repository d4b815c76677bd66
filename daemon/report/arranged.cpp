#include "report/arranged.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "report/words.h"

namespace idpd::report {

namespace {

constexpr std::size_t most_alike_named = 8;

bool is_quiet(const plan::AccountPlan& account) {
  return account.status != plan::Status::unknown && account.changes.empty() && !account.changed_since;
}

bool went_wrong_in(const plan::AccountPlan& account) {
  return std::any_of(account.changes.begin(), account.changes.end(), [](const plan::Change& one) {
    return one.outcome == plan::Outcome::failed || one.outcome == plan::Outcome::unknown;
  });
}

// Whoever has to do something about it reads from the top.
int rank_of(const plan::AccountPlan& account) {
  if (account.status == plan::Status::unknown || account.changed_since || went_wrong_in(account)) return 0;
  const bool withheld =
      std::any_of(account.changes.begin(), account.changes.end(),
                  [](const plan::Change& one) { return one.withheld || one.delete_withheld; });
  return withheld ? 1 : 2;
}

// What makes accounts alike: names and values may be each account's own.
std::string likeness(const plan::AccountPlan& account) {
  if (account.status == plan::Status::unknown) return "unknown\n" + account.error.value_or("");
  std::string out = account.changed_since ? "stopped\n" : "";
  for (const plan::Change& one : account.changes) {
    out += fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", one.key, plan::name_of(one.action), one.type,
                       static_cast<int>(one.origin), static_cast<int>(one.outcome), one.error,
                       one.withheld ? plan::name_of(one.withheld->reason) : "",
                       one.delete_withheld ? plan::name_of(one.delete_withheld->reason) : "");
    for (const plan::FieldChange& field : one.fields) out += field.path + "\n";
    for (const std::string& note : one.notes) out += note + "\n";
  }
  return out;
}

}  // namespace

Arranged arranged(const Report& report) {
  Arranged out;
  const bool many = report.accounts.size() > most_accounts_listed;
  std::map<std::string, std::size_t> known;
  for (const plan::AccountPlan& account : report.accounts) {
    if (!many) {
      out.groups.push_back({&account});
      continue;
    }
    if (is_quiet(account)) {
      ++out.quiet;
      out.matching += account.in_sync;
      out.unmanaged += account.unmanaged.size();
      continue;
    }
    const auto [found, added] = known.emplace(likeness(account), out.groups.size());
    if (added) {
      out.groups.push_back({&account});
    } else {
      out.groups[found->second].alike.push_back(&account);
    }
  }
  if (many) {
    std::stable_sort(out.groups.begin(), out.groups.end(), [](const Group& one, const Group& other) {
      return rank_of(*one.shown) < rank_of(*other.shown);
    });
  }
  return out;
}

std::string quiet_words(const Arranged& all) {
  if (all.quiet == 0) return "";
  const char* more = all.groups.empty() ? "" : "more ";
  std::string out =
      fmt::format("{} {}{} ({})", all.quiet, more, all.quiet == 1 ? "account matches" : "accounts match",
                  counted(all.matching, "identity provider", "identity providers"));
  if (all.unmanaged > 0)
    out += fmt::format("; {} not managed in them", counted(all.unmanaged, "other is", "others are"));
  return out;
}

std::string alike_words(const Group& group) {
  if (group.alike.empty()) return "";
  std::string out =
      fmt::format("and the same in {}: ", counted(group.alike.size(), "more account", "more accounts"));
  for (std::size_t at = 0; at < std::min(most_alike_named, group.alike.size()); ++at)
    out += (at > 0 ? ", " : "") + clean(group.alike[at]->account);
  if (group.alike.size() > most_alike_named) out += ", …";
  return out;
}

}  // namespace idpd::report
