// JSON that idpd wrote itself, some time ago: saved plans, the bodies of records and intents, incidents,
// passes and the status document. JSON is read as it was written; what can be read is written so that it is
// read again as the same; whatever stands in the store, the page and the texts made of it are safe to show.
#include "base/json.h"
#include "fuzz.h"
#include "model/incident.h"
#include "report/saved_plan.h"
#include "service/message.h"
#include "service/slack.h"
#include "service/status_page.h"
#include "service/status_text.h"
#include "state/body.h"

using namespace idpd;
using base::Json;

namespace {

constexpr model::Time now{std::chrono::seconds(1'800'000'000)};

void check_json(const Json& json) {
  for (const std::string& text : {base::dump_json(json), base::dump_json_pretty(json)}) {
    const auto again = base::parse_json(text);
    fuzz::require(again && base::dump_json(*again) == base::dump_json(json), "JSON is read as it was written",
                  text);
  }
  const std::string canonical = base::canonical_json(json);
  const auto again = base::parse_json(canonical);
  fuzz::require(again && base::canonical_json(*again) == canonical, "the canonical form is one", canonical);
}

template <typename T>
void check_body(std::string_view text) {
  T value;
  if (!state::read_body(text, value)) return;
  const auto written = state::write_body(value);
  fuzz::require(written.ok(), "what was read can be written", text);
  T again;
  fuzz::require(state::read_body(*written, again).ok() && again == value, "a body is read as it was written",
                *written);
}

void check_incident(const model::Incident& incident) {
  const auto again = model::incident_from(model::to_json(incident));
  fuzz::require(again && *again == incident, "an incident is read as it was written",
                base::dump_json(model::to_json(incident)));
  for (const auto event : {service::Event::opened, service::Event::reminder, service::Event::ended}) {
    const service::Message told = service::message(incident, event);
    fuzz::require_printable(told.title + told.text + told.reason);
    fuzz::require(base::parse_json(service::json_body(incident, event, now)).ok(), "a message is JSON");
    fuzz::require(base::parse_json(service::slack_body(incident, event)).ok(), "so is Slack's");
  }
}

void check_shown(const Json& json) {
  for (const std::string& text :
       {service::status_text(json, now, false), service::history_text(json, now, false)}) {
    fuzz::require_printable(text, true);
    fuzz::require_utf8(text);
  }
  fuzz::require_utf8(service::status_page(json, json, now).html);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  check_body<model::Record>(text);
  check_body<model::Intent>(text);
  if (const auto saved = report::read_saved_plan(text))
    fuzz::require(!saved->fingerprint.empty(), "a saved plan has a fingerprint");
  const auto json = base::parse_json(text);
  if (!json) {
    fuzz::require_printable(json.error().text());
    return 0;
  }
  check_json(*json);
  if (const auto incident = model::incident_from(*json)) check_incident(*incident);
  if (const auto pass = model::pass_from(*json)) {
    const auto again = model::pass_from(model::to_json(*pass));
    fuzz::require(again && *again == *pass, "a pass is read as it was written", text);
  }
  check_shown(*json);
  return 0;
}
