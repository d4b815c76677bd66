// `idpd history`, in the way of `git log`: incidents and passes in one stream, newest first, a day after the
// other. Passes that found nothing to do are counted together.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "service/status_text.h"
#include "service/text_lines.h"
#include "service/view.h"

namespace idpd::service {

namespace {

using report::Tone;

constexpr std::size_t most_moments = 40;
constexpr std::size_t kind_at = 10;  // the time before it: "  11:58:40  "
constexpr std::size_t text_at = 22;

// One line of the stream: an incident, a pass, or several passes that did nothing.
struct Moment {
  MaybeTime at;
  const IncidentView* incident = nullptr;
  std::vector<const PassView*> passes = {};
};

bool uneventful(const PassView& pass) {
  return pass.result == "in_sync" && pass.applied == 0 && pass.withheld == 0 && pass.error.empty();
}

// Both lists come newest first, whatever the clock said; what has no time stays where it is.
std::vector<Moment> stream_of(const HistoryView& view) {
  std::vector<Moment> out;
  std::vector<const IncidentView*> incidents;
  for (const IncidentView& one : view.incidents) incidents.push_back(&one);
  std::stable_sort(incidents.begin(), incidents.end(), [](const IncidentView* a, const IncidentView* b) {
    return a->first_seen > b->first_seen;
  });
  auto incident = incidents.begin();
  for (const PassView& pass : view.passes) {
    for (; incident != incidents.end() && (*incident)->first_seen >= pass.began; ++incident)
      out.push_back({(*incident)->first_seen, *incident});
    if (uneventful(pass) && !out.empty() && !out.back().passes.empty() &&
        uneventful(*out.back().passes.front())) {
      out.back().passes.push_back(&pass);
    } else {
      out.push_back({pass.began, nullptr, {&pass}});
    }
  }
  for (; incident != incidents.end(); ++incident) out.push_back({(*incident)->first_seen, *incident});
  return out;
}

class HistoryWriter {
 public:
  HistoryWriter(model::Time now, bool color) : now_(now), out_(color) {}

  std::string run(const HistoryView& view) {
    const std::vector<Moment> all = stream_of(view);
    if (all.empty()) out_.line(0, "No passes and no incidents yet.");
    const std::size_t shown = std::min(all.size(), most_moments);
    for (std::size_t at = 0; at < shown; ++at) write(all[at]);
    if (shown < all.size()) {
      out_.gap();
      out_.line(0, fmt::format("… and {} older: idpd history --output json", all.size() - shown));
    }
    return out_.finish();
  }

 private:
  static std::string day_of(MaybeTime at) {
    return at ? model::timestamp(*at).substr(0, 10) : "at an unknown time";
  }
  static std::string clock_of(MaybeTime at) { return at ? model::timestamp(*at).substr(11, 8) : "        "; }

  void write(const Moment& one) {
    const std::string day = day_of(one.at);
    if (day != day_) {
      out_.gap();
      std::string head = out_.paint(Tone::bold, day);
      if (one.at) head += out_.paint(Tone::dim, ", UTC, " + days_ago(*one.at));
      out_.line(0, head);
      day_ = day;
    }
    if (one.incident) {
      write(*one.incident);
    } else {
      write(one.passes);
    }
  }

  std::string days_ago(model::Time at) const {
    const auto days =
        (std::chrono::floor<std::chrono::days>(now_) - std::chrono::floor<std::chrono::days>(at)).count();
    if (days == 0) return "today";
    if (days == 1) return "yesterday";
    return days < 0 ? "to come" : fmt::format("{} days ago", days);
  }

  void head(MaybeTime at, Tone tone, const std::string& kind, const std::string& text) {
    const std::string lead = fmt::format("  {}  ", clock_of(at));
    out_.hang(0, lead + out_.paint(tone, report::pad(kind, kind_at)), text_at, text);
  }
  void below(std::string_view text, Tone tone = Tone::plain) {
    if (!text.empty()) out_.hang(text_at, "", 0, text, tone);
  }

  void write(const IncidentView& one) {
    const Tone tone = one.ended                                                             ? Tone::green
                      : one.kind == "failure" || one.kind == "drift" || one.kind == "check" ? Tone::red
                                                                                            : Tone::yellow;
    std::string state = "open";
    if (one.ended) {
      state = one.ending.empty() ? "ended" : one.ending;
      if (one.first_seen) state += " after " + lasting(*one.ended - *one.first_seen);
    } else if (one.first_seen) {
      state += " for " + lasting(now_ - *one.first_seen);
    }
    head(one.first_seen, tone, one.kind,
         fmt::format("{}{}: {}", one.subject(), one.account.empty() ? "" : fmt::format(" ({})", one.account),
                     state));
    below(one.message);
    if (!one.actor.who.empty())
      below("changed by " + one.actor.who +
            (one.actor.at ? fmt::format(", {}", model::timestamp(*one.actor.at)) : ""));
    if (!one.ended && !one.approve.empty()) below("idpd approve " + one.approve, Tone::bold);
  }

  void write(const std::vector<const PassView*>& passes) {
    const PassView& one = *passes.front();
    const Tone tone = one.result == "in_sync"                             ? Tone::green
                      : one.result == "failed" || one.result == "unknown" ? Tone::red
                                                                          : Tone::yellow;
    std::string text = one.account;
    if (passes.size() > 1) {
      std::set<std::string> accounts;
      for (const PassView* pass : passes) accounts.insert(pass->account);
      text = fmt::format("{}: {} passes",
                         accounts.size() == 1 ? one.account : fmt::format("{} accounts", accounts.size()),
                         passes.size());
      if (passes.back()->began) text += ", the first " + model::timestamp(*passes.back()->began);
    } else {
      std::vector<std::string> parts;
      if (one.applied > 0) parts.push_back(fmt::format("{} carried out", one.applied));
      if (one.withheld > 0) parts.push_back(fmt::format("{} withheld", one.withheld));
      if (!parts.empty()) text += ": " + base::join(parts, ", ");
      std::vector<std::string> why;
      if (!one.trigger.empty()) why.push_back(words_of(one.trigger));
      if (!one.commit.empty()) why.push_back("commit " + short_commit(one.commit));
      if (!why.empty()) text += fmt::format(" ({})", base::join(why, ", "));
    }
    head(one.began, tone, words_of(one.result), text);
    below(one.error, Tone::red);
  }

  model::Time now_;
  TextLines out_;
  std::string day_;
};

}  // namespace

std::string history_text(const base::Json& history, model::Time now, bool color) {
  const HistoryView view = view_of_history(history);
  return HistoryWriter(now, color).run(view);
}

}  // namespace idpd::service
