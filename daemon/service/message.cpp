#include "service/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "plan/plan.h"
#include "report/words.h"

namespace idpd::service {

namespace {

using base::Json;
using model::Incident;
using report::clean;

constexpr std::int64_t format_version = 1;
constexpr std::size_t fields_in_a_sentence = 3;
constexpr std::size_t longest_in_sentence = 80;

// `pingone "PingOne Workforce" (production/workforce)`, `account production`, `the files`.
std::string subject(const Incident& incident) {
  std::string where = clean(incident.account);
  if (!incident.key.empty()) where += "/" + clean(incident.key);
  if (!incident.name.empty())
    return fmt::format("{} ({})", report::title(incident.type, incident.name),
                       incident.account.empty() ? clean(incident.key) : where);
  if (!incident.key.empty()) return where;
  return incident.account.empty() ? "the files" : "account " + where;
}

std::string_view ending_words(model::Ending ending) {
  switch (ending) {
    case model::Ending::healed:
      return "set back by idpd";
    case model::Ending::reverted:
      return "undone in Cloudflare";
    case model::Ending::accepted:
      return "taken over by the files";
    case model::Ending::resolved:
      break;
  }
  return "";
}

// `after 2 h, set back by idpd`
std::string end_words(const Incident& incident) {
  const auto lasted = incident.ended.value_or(incident.last_seen) - incident.first_seen;
  std::string out = lasted > std::chrono::seconds(0) ? "after " + duration_words(lasted) : "at once";
  if (const auto how = incident.ending ? ending_words(*incident.ending) : ""; !how.empty())
    out += fmt::format(", {}", how);
  return out;
}

std::string author(const model::Attribution& by) {
  std::string out = clean(by.actor);
  if (!by.interface.empty()) out += fmt::format(" ({})", clean(by.interface));
  return out;
}

std::string capitalised(std::string_view word) {
  std::string out(word);
  if (!out.empty()) out[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[0])));
  return out;
}

// The first part of the sentence, before what is wrong.
std::string beginning(const Incident& incident, Event event) {
  const std::string_view kind = model::name_of(incident.kind);
  const std::string what = fmt::format("{} in {}", kind, subject(incident));
  switch (event) {
    case Event::ended:
      return fmt::format("Resolved: {}, over {}", what, end_words(incident));
    case Event::reminder:
      return fmt::format("Still {}, since {}", what, model::timestamp(incident.first_seen));
    case Event::changed:
      return capitalised(what) + ", now in another way";
    case Event::opened:
      break;
  }
  return incident.ended ? fmt::format("{}, over {}", capitalised(what), end_words(incident))
                        : capitalised(what);
}

// What is wrong, in pieces of a sentence.
std::vector<std::string> pieces(const Incident& incident, const Message& message) {
  std::vector<std::string> out;
  if (std::string reason = message.reason; !reason.empty()) {
    while (reason.ends_with('.')) reason.pop_back();
    out.push_back(std::move(reason));
  }
  for (std::size_t i = 0; i < std::min(incident.fields.size(), fields_in_a_sentence); ++i) {
    const model::Difference& field = incident.fields[i];
    const Values shown = values(field);
    out.push_back(field.sensitive ? fmt::format("{} differs", clean(field.path))
                                  : fmt::format("{} {} {}, should be {}", clean(field.path),
                                                incident.ended ? "was" : "is",
                                                report::shorten(shown.live, longest_in_sentence),
                                                report::shorten(shown.desired, longest_in_sentence)));
  }
  if (incident.fields.size() > fields_in_a_sentence) {
    const std::size_t more = incident.fields.size() - fields_in_a_sentence;
    out.push_back("and " + report::counted(more, "more field", "more fields"));
  }
  if (incident.changed_by) out.push_back("changed by " + author(*incident.changed_by));
  for (const std::string& code : message.codes) out.push_back("to carry it out: " + code);
  return out;
}

std::string title(const Incident& incident, Event event) {
  const std::string_view kind = model::name_of(incident.kind);
  std::string what = clean(incident.name.empty() ? incident.key : incident.name);
  if (what.empty()) what = subject(incident);
  if (event == Event::ended) return fmt::format("Resolved {}: {}", kind, what);
  if (event == Event::reminder) return fmt::format("Still {}: {}", kind, what);
  if (incident.ended) return fmt::format("{}, already over: {}", capitalised(kind), what);
  return fmt::format("{}: {}", capitalised(kind), what);
}

std::vector<Fact> facts(const Incident& incident) {
  std::vector<Fact> out{{"About", subject(incident)}};
  if (!incident.id.empty()) out.push_back({"Id", clean(incident.id)});
  if (const auto& by = incident.changed_by) {
    out.push_back({"Changed by", author(*by)});
    if (!by->at.empty()) out.push_back({"Changed at", clean(by->at)});
  }
  out.push_back({"Since", model::timestamp(incident.first_seen)});
  if (incident.ended)
    out.push_back({"Over", fmt::format("{}, {}", model::timestamp(*incident.ended), end_words(incident))});
  return out;
}

}  // namespace

std::string_view name_of(const Incident& incident, Event event) {
  return event == Event::ended ? "resolved" : model::name_of(incident.kind);
}

Values values(const model::Difference& field) {
  if (field.sensitive) return {"(sensitive)", "(sensitive)"};
  plan::FieldChange change;
  change.before = field.live;
  change.after = field.desired;
  report::Sides shown = report::shown_sides(change);
  return {std::move(shown.before), std::move(shown.after)};
}

std::string duration_words(std::chrono::seconds length) {
  const std::int64_t seconds = std::max<std::int64_t>(0, length.count());
  const auto both = [](std::int64_t whole, const char* unit, std::int64_t rest, const char* smaller) {
    return rest == 0 ? fmt::format("{} {}", whole, unit)
                     : fmt::format("{} {} {} {}", whole, unit, rest, smaller);
  };
  if (seconds < 60) return fmt::format("{} s", seconds);
  const std::int64_t minutes = seconds / 60;
  if (minutes < 60) return fmt::format("{} min", minutes);
  const std::int64_t hours = minutes / 60;
  if (hours < 24) return both(hours, "h", minutes % 60, "min");
  return both(hours / 24, "d", hours % 24, "h");
}

Message message(const Incident& incident, Event event) {
  Message out;
  out.event = name_of(incident, event);
  out.reminder = event == Event::reminder;
  out.title = title(incident, event);
  out.reason = clean(incident.message);
  out.facts = facts(incident);
  // What is over can no longer be approved.
  if (!incident.approve.empty() && !incident.ended)
    out.codes.push_back("idpd approve " + clean(incident.approve));
  out.text = beginning(incident, event);
  if (event != Event::ended) {
    if (const auto rest = pieces(incident, out); !rest.empty()) out.text += ": " + base::join(rest, "; ");
  }
  return out;
}

std::string json_body(const Incident& incident, Event event, model::Time now) {
  const Message words = message(incident, event);
  return base::dump_json(Json::Object{{"format_version", format_version},
                                      {"idpd_version", IDPD_VERSION},
                                      {"time", model::timestamp(now)},
                                      {"event", words.event},
                                      {"reminder", words.reminder},
                                      {"text", words.text},
                                      {"incident", model::to_json(incident)}});
}

}  // namespace idpd::service
