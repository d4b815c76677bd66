// `idpd status`, in the way of `systemctl status`: whether all is well, then an account after the other with
// only what is not, each thing once, and at the end what to do. Lists are cut so that it stays a screenful.
#include "service/status_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "service/text_lines.h"
#include "service/view.h"

namespace idpd::service {

namespace {

using report::Tone;

constexpr std::size_t most_entries = 12;  // an account
constexpr std::size_t most_fields = 6;
constexpr std::size_t most_accounts = 12;
constexpr std::size_t most_named = 8;
constexpr std::size_t most_incidents = 10;
constexpr std::size_t longest_key = 28;
constexpr std::size_t longest_title = 40;
constexpr std::chrono::minutes overdue_after{10};

// One identity provider that is not as it should be: a change, and what is known of its state.
struct Entry {
  const ChangeView* change = nullptr;
  const ProviderView* provider = nullptr;
  const IncidentView* drift = nullptr;

  std::string key() const {
    if (change) return change->key.empty() ? "(not managed)" : change->key;
    return provider->key;
  }
  std::string title() const {
    return change ? report::title(change->type, change->name) : report::title(provider->type, provider->name);
  }
  const std::vector<FieldView>& fields() const {
    static const std::vector<FieldView> none;
    return change && !change->fields.empty() ? change->fields : drift ? drift->fields : none;
  }
  ActorView actor() const {
    if (change && !change->actor.who.empty()) return change->actor;
    return drift ? drift->actor : ActorView{};
  }
};

std::string_view sign_of(const std::string& action) {
  for (int at = 0; at <= static_cast<int>(plan::Action::forget); ++at) {
    const auto one = static_cast<plan::Action>(at);
    if (plan::name_of(one) == action) return report::sign(one);
  }
  return "?";
}

class StatusWriter {
 public:
  StatusWriter(const StatusView& status, model::Time now, bool color)
      : status_(status), told_(status.told_accounts(most_accounts)), now_(now), out_(color) {}

  std::string run() {
    const Headline head = headline(status_);
    const bool good = head.mood == Mood::good;
    out_.hang(0, out_.paint(good ? Tone::green : Tone::yellow, "●") + " ", 2, head.sentence, Tone::bold);
    write_daemon();
    write_source();
    for (const AccountView* one : told_.told) write(*one);
    write_quiet();
    write_incidents();
    write_next(good);
    return out_.finish();
  }

 private:
  std::string ago(MaybeTime at) const { return at ? relative(*at, now_) : "never"; }
  std::string ago_exactly(MaybeTime at) const {
    return at ? fmt::format("{} ({})", relative(*at, now_), model::timestamp(*at)) : "never";
  }

  void write_quiet() {
    if (told_.left_out > 0) {
      out_.gap();
      out_.line(0, fmt::format("… and {} that {} a look too: idpd status --output json",
                               report::counted(told_.left_out, "account", "accounts"),
                               told_.left_out == 1 ? "needs" : "need"));
    }
    if (told_.quiet == 0) return;
    out_.gap();
    out_.line(0, out_.paint(Tone::green, "●") + " " + told_.quiet_words());
    if (told_.quiet_oldest) out_.field("Pass", "none longer ago than " + ago(told_.quiet_oldest));
  }

  void write_daemon() {
    std::string text = status_.version.empty() ? "" : "idpd " + status_.version;
    if (status_.started)
      text += fmt::format("{}up {}", text.empty() ? "" : ", ", lasting(now_ - *status_.started));
    if (!text.empty()) out_.field("Daemon", text);
    if (status_.at) out_.field("As of", ago_exactly(status_.at));
  }

  void write_source() {
    const SourceView& one = status_.source;
    if (!one.title.empty()) out_.field("Files", one.title);
    if (!one.commit.empty()) {
      out_.more(fmt::format("{}{}{}{}", short_commit(one.commit), one.dirty ? " with local changes" : "",
                            one.subject.empty() ? "" : " " + one.subject,
                            one.author.empty() ? "" : ", " + one.author));
    }
    if (!one.problem.empty()) out_.field("Problem", one.problem, Tone::red);
  }

  void write(const AccountView& one) {
    const Tone tone = one.status == "in_sync"   ? Tone::green
                      : one.status == "changes" ? Tone::yellow
                                                : Tone::red;
    out_.gap();
    if (one.elsewhere) {
      out_.line(0, fmt::format("{} {}: {}", out_.paint(one.holder.empty() ? Tone::red : Tone::green, "●"),
                               out_.paint(Tone::bold, one.account), one.held_by()));
      return;
    }
    out_.line(
        0, fmt::format("{} {}: {}{}", out_.paint(tone, "●"), out_.paint(Tone::bold, one.account),
                       out_.paint(tone, words_of(one.status)), one.mode.empty() ? "" : ", mode " + one.mode));
    std::string pass = ago(one.last_attempt);
    if (one.last_success != one.last_attempt) {
      pass += one.failures > 1 ? fmt::format(", {} failed in a row", one.failures) : ", failed";
      pass += ", last good one " + ago_exactly(one.last_success);
    }
    if (one.next_attempt)
      pass += ", next " + (*one.next_attempt < now_ ? "was due " : std::string()) + ago(one.next_attempt);
    out_.field("Pass", pass);
    if (!one.error.empty()) out_.field("Error", one.error, Tone::red);
    out_.field("State", state_of(one));
    write_entries(one);
  }

  static std::string state_of(const AccountView& one) {
    const auto count = [&](std::string_view state) {
      return std::count_if(one.providers.begin(), one.providers.end(),
                           [&](const ProviderView& provider) { return provider.state == state; });
    };
    std::string out = fmt::format("{} of {} in sync", count("in_sync"), one.providers.size());
    if (const auto number = count("drifted"); number > 0) out += fmt::format(", {} drifted", number);
    if (const auto number = count("unknown"); number > 0) out += fmt::format(", {} unknown", number);
    if (const auto number = one.withheld(); number > 0) out += fmt::format(", {} withheld", number);
    if (!one.unmanaged.empty())
      out += fmt::format("; {} in Cloudflare that no file names",
                         report::counted(one.unmanaged.size(), "other", "others"));
    return out;
  }

  std::vector<Entry> entries_of(const AccountView& account) const {
    std::vector<Entry> out;
    for (const ChangeView& change : account.changes) out.push_back({.change = &change});
    for (const ProviderView& provider : account.providers) {
      if (provider.state == "in_sync") continue;
      const auto known = std::find_if(out.begin(), out.end(), [&](const Entry& one) {
        return one.change && !provider.key.empty() && one.change->key == provider.key;
      });
      if (known == out.end()) {
        out.push_back({.provider = &provider});
      } else {
        known->provider = &provider;
      }
    }
    for (Entry& one : out) {
      for (const IncidentView& incident : status_.incidents) {
        if (incident.kind == "drift" && incident.account == account.account && !incident.key.empty() &&
            incident.key == one.key())
          one.drift = &incident;
      }
    }
    return out;
  }

  void write_entries(const AccountView& account) {
    const std::vector<Entry> all = entries_of(account);
    const std::size_t shown = std::min(all.size(), most_entries);
    std::size_t key_width = 0;
    std::size_t title_width = 0;
    for (std::size_t at = 0; at < shown; ++at) {
      key_width = std::max(key_width, std::min(longest_key, report::width(all[at].key())));
      title_width = std::max(title_width, std::min(longest_title, report::width(all[at].title())));
    }
    if (shown > 0) out_.gap();
    for (std::size_t at = 0; at < shown; ++at) write(all[at], key_width, title_width);
    if (shown < all.size())
      out_.line(4, fmt::format("… and {} more: idpd status --output json", all.size() - shown));
  }

  void write(const Entry& one, std::size_t key_width, std::size_t title_width) {
    const std::string_view mark = one.change                         ? sign_of(one.change->action)
                                  : one.provider->state == "drifted" ? "~"
                                                                     : "?";
    const bool drifted = one.provider && one.provider->state == "drifted";
    const bool failed = one.change && !one.change->error.empty();
    std::string state;
    if (one.change && !one.change->withheld.empty()) {
      state = "withheld";
    } else if (one.change) {
      state = one.change->outcome.empty() ? "planned" : words_of(one.change->outcome);
    }
    if (one.provider && (drifted || state.empty()))
      state = words_of(one.provider->state) + (state.empty() ? "" : ", " + state);
    const Tone tone = failed || drifted ? Tone::red : Tone::yellow;
    out_.line(4, fmt::format(
                     "{} {}  {}  {}", out_.paint(tone, report::pad(std::string(mark), 3)),
                     out_.paint(Tone::bold, report::pad(report::shorten(one.key(), longest_key), key_width)),
                     report::pad(report::shorten(one.title(), longest_title), title_width),
                     out_.paint(tone, state)));
    constexpr std::size_t indent = 8;
    std::string since;
    if (one.provider && one.provider->since) since = "since " + ago_exactly(one.provider->since);
    if (const ActorView actor = one.actor(); !actor.who.empty())
      since += (since.empty() ? "changed by " : ", changed by ") + actor.who;
    if (!since.empty()) out_.hang(indent, "", 0, since);
    if (failed) out_.hang(indent, out_.paint(Tone::red, "error: "), 7, one.change->error);
    if (one.change && !one.change->withheld.empty())
      out_.hang(indent, out_.paint(Tone::yellow, "withheld: "), 10, one.change->withheld);
    const std::vector<FieldView>& fields = one.fields();
    for (std::size_t at = 0; at < std::min(fields.size(), most_fields); ++at) {
      const FieldView& field = fields[at];
      write(field, indent);
    }
    if (fields.size() > most_fields)
      out_.line(indent,
                fmt::format("and {} more", report::counted(fields.size() - most_fields, "field", "fields")));
  }

  void write(const FieldView& field, std::size_t indent) {
    const std::string path = out_.paint(Tone::bold, field.path);
    // Both are hidden: that they differ is all that can be said.
    const std::string text = field.live == field.file
                                 ? "differs " + field.live
                                 : fmt::format("is {}, should be {}", field.live, field.file);
    if (indent + report::width(field.path) + 1 + report::width(text) <= TextLines::columns) {
      out_.line(indent, path + " " + text);
    } else {
      out_.line(indent, path);
      out_.hang(indent + 2, "is        ", 10, field.live);
      out_.hang(indent + 2, "should be ", 10, field.file);
    }
  }

  // What an account shows already is not told again.
  bool shown_above(const IncidentView& incident) const {
    for (const AccountView* told : told_.told) {
      const AccountView& account = *told;
      if (account.account != incident.account) continue;
      if (incident.key.empty()) return incident.kind == "failure" && !account.error.empty();
      const auto all = entries_of(account);
      for (std::size_t at = 0; at < std::min(all.size(), most_entries); ++at) {
        const Entry& one = all[at];
        if (one.key() != incident.key) continue;
        if (incident.kind == "drift") return true;
        if (incident.kind == "withheld") return one.change && !one.change->withheld.empty();
        if (incident.kind == "failure") return one.change && !one.change->error.empty();
      }
    }
    return false;
  }

  void write_incidents() {
    std::vector<const IncidentView*> rest;
    for (const IncidentView& one : status_.incidents) {
      if (!shown_above(one)) rest.push_back(&one);
    }
    if (rest.empty()) return;
    out_.gap();
    out_.line(0, out_.paint(Tone::bold, "Open besides:"));
    for (std::size_t at = 0; at < std::min(rest.size(), most_incidents); ++at) {
      const IncidentView& one = *rest[at];
      const Tone tone =
          one.kind == "failure" || one.kind == "drift" || one.kind == "check" ? Tone::red : Tone::yellow;
      out_.line(4, fmt::format("{}  {}{}{}", out_.paint(tone, report::pad(one.kind, 8)),
                               out_.paint(Tone::bold, one.subject()),
                               one.account.empty() ? "" : fmt::format(" ({})", one.account),
                               one.first_seen ? ", since " + ago_exactly(one.first_seen) : ""));
      if (!one.message.empty()) out_.hang(14, "", 0, one.message);
      if (!one.actor.who.empty()) out_.hang(14, "", 0, "changed by " + one.actor.who);
    }
    if (rest.size() > most_incidents)
      out_.line(4, fmt::format("… and {} more: idpd status --output json", rest.size() - most_incidents));
  }

  static std::string named(const std::vector<std::string>& accounts) {
    const std::size_t shown = std::min(accounts.size(), most_named);
    const std::vector<std::string> first(accounts.begin(),
                                         accounts.begin() + static_cast<std::ptrdiff_t>(shown));
    const std::string more =
        shown < accounts.size() ? fmt::format(" and {} more", accounts.size() - shown) : std::string();
    return base::join(first, ", ") + more;
  }

  void write_next(bool good) {
    std::vector<std::pair<std::string, std::string>> all;
    std::vector<std::string> overdue;
    for (const AccountView& one : status_.accounts) {
      if (one.next_attempt && *one.next_attempt + overdue_after < now_) overdue.push_back(one.account);
    }
    if (!overdue.empty())
      all.emplace_back("systemctl status idpd",
                       fmt::format("whether it runs: the pass of {} is overdue", named(overdue)));
    // What comes from a repository is not here.
    if (!status_.source.problem.empty() && status_.source.title.starts_with("folder "))
      all.emplace_back("idpd validate", "once the files are mended; the daemon takes them by itself");
    for (const AccountView* told : told_.told) {
      const AccountView& one = *told;
      if (!one.fingerprint.empty())
        all.emplace_back("idpd approve " + one.fingerprint,
                         fmt::format("carries out what waits in {}, if you want it", one.account));
      const bool waits = std::any_of(one.changes.begin(), one.changes.end(),
                                     [](const ChangeView& change) { return change.withheld.empty(); });
      if (one.mode == "report" && waits)
        all.emplace_back("idpd apply --account " + one.account,
                         "carries it out: the daemon writes nothing with `mode: report`");
    }
    if (!good) all.emplace_back("idpd history", "what came before");
    if (all.empty() || status_.accounts.empty()) return;
    out_.gap();
    out_.line(0, out_.paint(Tone::bold, "Next:"));
    for (const auto& [command, what] : all) {
      constexpr std::size_t beside = 34;
      if (report::width(command) < beside) {
        out_.hang(4, out_.paint(Tone::bold, report::pad(command, beside)), beside, what);
      } else {
        out_.line(4, out_.paint(Tone::bold, command));
        out_.hang(8, "", 0, what);
      }
    }
  }

  const StatusView& status_;
  const ToldAccounts told_;
  model::Time now_;
  TextLines out_;
};

}  // namespace

std::string status_text(const base::Json& status, model::Time now, bool color) {
  const StatusView view = view_of_status(status);
  return StatusWriter(view, now, color).run();
}

}  // namespace idpd::service
