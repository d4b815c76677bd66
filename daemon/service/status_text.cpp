#include "service/status_text.h"

#include <fmt/format.h>

#include "report/paint.h"
#include "report/words.h"
#include "service/view.h"

namespace idpd::service {

namespace {

using report::Paint;
using report::Tone;

constexpr std::size_t columns = 100;

class Writer {
 public:
  Writer(model::Time now, bool color) : now_(now), paint_(color) {}

  void line(std::size_t indent, const std::string& text) { out_ += std::string(indent, ' ') + text + '\n'; }
  // A long text, broken into lines that stand below each other.
  void prose(std::size_t indent, std::string_view label, std::string_view text, Tone tone = Tone::plain) {
    std::string lead = label.empty() ? "" : std::string(label) + ": ";
    for (const std::string& one : report::wrap(text, columns - indent - lead.size())) {
      line(indent, (lead.find_first_not_of(' ') == std::string::npos ? lead : paint_(Tone::dim, lead)) +
                       paint_(tone, one));
      lead.assign(lead.size(), ' ');
    }
  }
  std::string when(MaybeTime at) const {
    return at ? fmt::format("{} ({})", relative(*at, now_), model::timestamp(*at)) : "never";
  }

  // For how long, with the moment at which it began.
  std::string span(MaybeTime since) const {
    return since ? fmt::format("for {} (since {})", lasting(now_ - *since), model::timestamp(*since)) : "";
  }

  void fields(std::size_t indent, const std::vector<FieldView>& all) {
    for (const FieldView& one : all) {
      line(indent, paint_(Tone::bold, one.path));
      line(indent + 2, fmt::format("live  {}", paint_(Tone::red, one.live)));
      line(indent + 2, fmt::format("file  {}", paint_(Tone::green, one.file)));
    }
  }
  void actor(std::size_t indent, const ActorView& one) {
    if (one.who.empty()) return;
    line(indent, fmt::format("changed by {}{}", one.who, one.at ? ", " + when(one.at) : ""));
  }
  void change(const ChangeView& one);
  void provider(const ProviderView& one, const StatusView& status, const AccountView& account);
  void account(const StatusView& status, const AccountView& one);
  void source(const SourceView& one);
  void incident(const IncidentView& one);
  void status(const StatusView& one);

  std::string finish() { return std::move(out_); }

 private:
  model::Time now_;
  Paint paint_;
  std::string out_;
};

void Writer::change(const ChangeView& one) {
  const std::string state = !one.withheld.empty() ? "withheld"
                            : one.outcome.empty() ? "planned"
                                                  : words_of(one.outcome);
  line(4, fmt::format("{} {} ({}): {}", one.action, paint_(Tone::bold, one.key.empty() ? one.name : one.key),
                      report::title(one.type, one.name), paint_(Tone::yellow, state)));
  if (!one.withheld.empty()) prose(6, "why", one.withheld);
  if (!one.error.empty()) prose(6, "error", one.error, Tone::red);
  fields(6, one.fields);
  actor(6, one.actor);
}

void Writer::provider(const ProviderView& one, const StatusView& status, const AccountView& account) {
  line(4, fmt::format("{} ({}) {}{}", paint_(Tone::bold, one.key), report::title(one.type, one.name),
                      paint_(one.state == "drifted" ? Tone::red : Tone::yellow, words_of(one.state)),
                      one.since ? " " + span(one.since) : ""));
  for (const ChangeView& change : account.changes) {
    if (change.key == one.key) return;  // told below
  }
  for (const IncidentView& incident : status.incidents) {
    if (incident.kind != "drift" || incident.account != account.account || incident.key != one.key) continue;
    fields(6, incident.fields);
    actor(6, incident.actor);
  }
}

void Writer::account(const StatusView& status, const AccountView& one) {
  const Tone tone = one.status == "in_sync"   ? Tone::green
                    : one.status == "changes" ? Tone::yellow
                                              : Tone::red;
  line(0, "");
  line(0, fmt::format("{}  {}  (mode {})", paint_(Tone::bold, one.account),
                      paint_(tone, words_of(one.status)), one.mode));
  line(2, fmt::format("last pass  {}", when(one.last_attempt)));
  if (one.last_success != one.last_attempt) line(2, fmt::format("last good  {}", when(one.last_success)));
  if (one.next_attempt) line(2, fmt::format("next pass  {}", when(one.next_attempt)));
  if (!one.error.empty()) prose(2, "error", one.error, Tone::red);
  if (one.failures > 1)
    line(2, fmt::format("{} in a row failed", report::counted(one.failures, "pass", "passes")));
  std::size_t in_sync = 0;
  for (const ProviderView& provider : one.providers) in_sync += provider.state == "in_sync" ? 1U : 0U;
  line(2, fmt::format("{} of {} identity providers in sync", in_sync, one.providers.size()));
  for (const ProviderView& provider : one.providers) {
    if (provider.state != "in_sync") this->provider(provider, status, one);
  }
  if (!one.changes.empty()) line(2, "changes:");
  for (const ChangeView& change : one.changes) this->change(change);
  if (!one.fingerprint.empty())
    line(2,
         fmt::format("to carry out what waits: {}", paint_(Tone::bold, "idpd approve " + one.fingerprint)));
  if (!one.unmanaged.empty())
    line(2, fmt::format("{} in Cloudflare that no file names",
                        report::counted(one.unmanaged.size(), "other", "others")));
}

void Writer::source(const SourceView& one) {
  if (one.title.empty() && one.problem.empty()) return;
  line(0, "");
  line(0, fmt::format("files: {}", one.title));
  if (!one.commit.empty()) {
    line(2, fmt::format("commit {}{}{}{}", short_commit(one.commit), one.dirty ? " with local changes" : "",
                        one.subject.empty() ? "" : " " + one.subject,
                        one.author.empty() ? "" : " by " + one.author));
  }
  if (!one.problem.empty()) prose(2, "problem", one.problem, Tone::red);
}

void Writer::incident(const IncidentView& one) {
  const Tone tone = one.ended                                      ? Tone::green
                    : one.kind == "failure" || one.kind == "drift" ? Tone::red
                                                                   : Tone::yellow;
  const std::string began = one.first_seen ? model::timestamp(*one.first_seen) : std::string("unknown time");
  std::string state = "open";
  if (one.ended) {
    state = one.ending.empty() ? "ended" : one.ending;
    if (one.first_seen) state += " after " + lasting(*one.ended - *one.first_seen);
  } else if (one.first_seen) {
    state = "open for " + lasting(now_ - *one.first_seen);
  }
  line(2, fmt::format("{}  {}  {}{}  {}", began, paint_(tone, report::pad(one.kind, 8)),
                      paint_(Tone::bold, one.subject()), one.account.empty() ? "" : " (" + one.account + ")",
                      state));
  if (!one.message.empty()) prose(4, "", one.message);
  actor(4, one.actor);
}

void Writer::status(const StatusView& one) {
  const Headline head = headline(one);
  prose(0, "", head.sentence, head.mood == Mood::good ? Tone::green : Tone::yellow);
  std::string about;
  if (one.at) about = fmt::format("As of {}", when(one.at));
  if (!one.version.empty()) about += fmt::format("{}idpd {}", about.empty() ? "" : "; ", one.version);
  if (one.started) about += fmt::format("{}running {}", about.empty() ? "" : ", ", span(one.started));
  if (!about.empty()) line(0, paint_(Tone::dim, about + "."));
  source(one.source);
  for (const AccountView& each : one.accounts) account(one, each);
  if (one.incidents.empty()) return;
  line(0, "");
  line(0, "open incidents:");
  for (const IncidentView& each : one.incidents) incident(each);
}

}  // namespace

std::string status_text(const base::Json& status, model::Time now, bool color) {
  Writer out(now, color);
  out.status(view_of_status(status));
  return out.finish();
}

std::string history_text(const base::Json& history, model::Time now, bool color) {
  Writer out(now, color);
  const Paint paint(color);
  const HistoryView view = view_of_history(history);
  out.line(0, view.incidents.empty() ? "No incidents." : "incidents, newest first:");
  for (const IncidentView& one : view.incidents) out.incident(one);
  out.line(0, "");
  out.line(0, view.passes.empty() ? "No passes." : "passes, newest first:");
  for (std::size_t at = 0; at < view.passes.size();) {
    const PassView& one = view.passes[at];
    const auto quiet = [&](const PassView& pass) {
      return pass.account == one.account && pass.result == "in_sync" && pass.applied == 0 &&
             pass.error.empty();
    };
    std::size_t next = at + 1;
    if (quiet(one)) {
      while (next < view.passes.size() && quiet(view.passes[next])) ++next;
    }
    const Tone tone = one.result == "in_sync"                             ? Tone::green
                      : one.result == "failed" || one.result == "unknown" ? Tone::red
                                                                          : Tone::yellow;
    std::string text =
        fmt::format("{}  {}  {}", one.began ? model::timestamp(*one.began) : "unknown time        ",
                    paint(tone, report::pad(words_of(one.result), 8)), one.account);
    if (next - at > 1) {
      text += fmt::format("  and {} before it alike", next - at - 1);
    } else {
      if (one.applied > 0) text += fmt::format("  {} carried out", one.applied);
      if (one.withheld > 0) text += fmt::format("  {} withheld", one.withheld);
      if (!one.trigger.empty()) text += paint(Tone::dim, fmt::format("  ({})", one.trigger));
    }
    out.line(2, text);
    if (!one.error.empty()) out.prose(4, "", one.error, Tone::red);
    at = next;
  }
  return out.finish();
}

}  // namespace idpd::service
