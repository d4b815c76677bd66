#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "report/words.h"
#include "service/view.h"

namespace idpd::service {

namespace {

struct Counts {
  std::size_t accounts = 0, elsewhere = 0, unheld = 0, unreadable = 0, providers = 0, drifted = 0,
              unknown = 0;
  std::size_t approvable = 0, withheld = 0, planned = 0, failed = 0, expiring = 0, failures = 0, unfit = 0;
};

Counts counted(const StatusView& status) {
  Counts out;
  for (const AccountView& account : status.accounts) {
    if (account.elsewhere) {
      ++(account.holder.empty() ? out.unheld : out.elsewhere);
      continue;
    }
    ++out.accounts;
    out.unreadable += account.status == "unknown" ? 1U : 0U;
    for (const ProviderView& one : account.providers) {
      ++out.providers;
      out.drifted += one.state == "drifted" ? 1U : 0U;
      out.unknown += one.state == "unknown" ? 1U : 0U;
    }
    (account.fingerprint.empty() ? out.withheld : out.approvable) += account.withheld();
    for (const ChangeView& change : account.changes) {
      if (!change.withheld.empty()) continue;
      out.failed += change.outcome == "failed" || change.outcome == "unknown" ? 1U : 0U;
      out.planned +=
          change.outcome.empty() || change.outcome == "planned" || change.outcome == "skipped" ? 1U : 0U;
    }
  }
  for (const IncidentView& incident : status.incidents) {
    out.expiring += incident.kind == "expiry" ? 1U : 0U;
    out.failures += incident.kind == "failure" ? 1U : 0U;
    out.unfit += incident.kind == "check" ? 1U : 0U;
  }
  return out;
}

}  // namespace

ToldAccounts StatusView::told_accounts(std::size_t most) const {
  constexpr std::size_t few = 5;
  ToldAccounts out;
  std::vector<std::pair<int, const AccountView*>> ranked;
  for (const AccountView& one : accounts) {
    const auto rank_of = [&] {
      if (one.status == "unknown" || !one.error.empty()) return 0;
      const bool failed = std::any_of(one.changes.begin(), one.changes.end(),
                                      [](const ChangeView& change) { return !change.error.empty(); });
      if (failed) return 1;
      if (!one.fingerprint.empty()) return 2;  // somebody's consent is waited for
      if (one.withheld() > 0) return 3;
      const bool in_sync =
          std::all_of(one.providers.begin(), one.providers.end(),
                      [](const ProviderView& provider) { return provider.state == "in_sync"; });
      return in_sync && one.changes.empty() && one.failures == 0 ? 5 : 4;
    };
    const int rank = accounts.size() > few ? rank_of() : 0;
    if (rank < 5) {
      ranked.emplace_back(rank, &one);
      continue;
    }
    ++out.quiet;
    out.quiet_providers += one.providers.size();
    if (one.last_attempt && (!out.quiet_oldest || *one.last_attempt < *out.quiet_oldest))
      out.quiet_oldest = one.last_attempt;
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [rank, one] : ranked) {
    if (out.told.size() < most) {
      out.told.push_back(one);
    } else {
      ++out.left_out;
    }
  }
  return out;
}

std::string ToldAccounts::quiet_words() const {
  if (quiet == 0) return "";
  return fmt::format("{}{} in sync ({})",
                     report::counted(quiet, told.empty() ? "account" : "more account",
                                     told.empty() ? "accounts" : "more accounts"),
                     quiet == 1 ? " is" : " are",
                     report::counted(quiet_providers, "identity provider", "identity providers"));
}

Headline headline(const StatusView& status) {
  using report::counted;
  const Counts count = service::counted(status);
  std::vector<std::string> parts;
  const auto say = [&](std::size_t number, std::string_view one, std::string_view many) {
    if (number > 0) parts.push_back(counted(number, one, many));
  };
  if (!status.source.problem.empty())
    parts.emplace_back("the files cannot be used, so the last good ones stay in force");
  say(count.unheld, "account is held by no host just now", "accounts are held by no host just now");
  say(count.unreadable, "account could not be read", "accounts could not be read");
  say(count.drifted, "identity provider has drifted", "identity providers have drifted");
  // Those of an account that could not be read are said already.
  if (count.unreadable == 0)
    say(count.unknown, "identity provider is unknown", "identity providers are unknown");
  say(count.failed, "change failed", "changes failed");
  say(count.approvable, "change waits for approval", "changes wait for approval");
  say(count.withheld, "change is withheld", "changes are withheld");
  if (count.drifted == 0) say(count.planned, "change is to be made", "changes are to be made");
  if (count.unreadable == 0 && count.failed == 0) say(count.failures, "failure is open", "failures are open");
  say(count.unfit, "identity provider does not pass its check", "identity providers do not pass their check");
  say(count.expiring, "secret expires soon", "secrets expire soon");
  if (status.accounts.empty()) {
    parts.emplace_back("no account has been read yet");
  } else if (parts.empty() && count.accounts == 0) {
    return {Mood::good,
            fmt::format("Other hosts have {}, and this one stands by.",
                        counted(count.elsewhere, "account", "accounts")),
            "standing by"};
  } else if (parts.empty()) {
    const std::string sentence =
        fmt::format("{} of {} match{} the files.",
                    count.providers == 1 ? "The one identity provider"
                                         : fmt::format("All {} identity providers", count.providers),
                    counted(count.accounts, "account", "accounts"), count.providers == 1 ? "es" : "");
    if (count.providers == 0)
      return {Mood::good, "The files name no identity provider, and nothing is to be done.", "all well"};
    return {Mood::good, sentence, "all well"};
  }
  std::string sentence = base::join(parts, "; ") + ".";
  if (sentence[0] >= 'a' && sentence[0] <= 'z') sentence[0] = static_cast<char>(sentence[0] - 'a' + 'A');
  const bool only_unknown =
      parts.size() == 1 && (status.accounts.empty() || count.unreadable + count.unknown > 0);
  return {only_unknown ? Mood::unknown : Mood::attention, sentence, parts.front()};
}

}  // namespace idpd::service
