#include <fmt/format.h>

#include "report/words.h"
#include "service/page_parts.h"
#include "service/timeline.h"

namespace idpd::service {

namespace {

constexpr std::size_t most_rows = 30;

void write_head(Html& out, std::initializer_list<const char*> titles) {
  out.open("table", {{"class", "told"}}).open("thead").open("tr");
  for (const char* title : titles) out.element("th", title, {{"scope", "col"}});
  out.close().close().open("tbody");
}

void write_incident_rows(Html& out, const Showing& show) {
  write_head(out, {"Incident", "When"});
  std::size_t rows = 0;
  for (const IncidentView& one : show.history.incidents) {
    if (++rows > most_rows) break;
    out.open("tr").open("th", {{"scope", "row"}});
    out.element("bdi", fmt::format("{}: {}", one.kind, one.subject()));
    std::string more = one.account;
    if (!one.actor.who.empty()) more += (more.empty() ? "by " : ", by ") + one.actor.who;
    out.element("small", more);
    out.element("small", one.message).close().open("td");
    if (one.ended) {
      out.text(one.ending.empty() ? "ended" : one.ending);
      if (one.first_seen) out.text(" after " + lasting(*one.ended - *one.first_seen));
    } else {
      out.element("strong", "open", {{"class", "bad"}});
    }
    out.open("small").text("began ");
    write_time(out, one.first_seen, show.now);
    out.close().close().close();
  }
  out.close().close();
}

void write_pass_rows(Html& out, const Showing& show) {
  write_head(out, {"Pass", "Result"});
  std::size_t rows = 0;
  for (const PassView& one : show.history.passes) {
    if (++rows > most_rows) break;
    out.open("tr").open("th", {{"scope", "row"}}).element("bdi", one.account);
    out.element("small", one.trigger).close().open("td").text(words_of(one.result)).open("small");
    write_time(out, one.began, show.now);
    out.close();
    std::string more;
    if (one.applied > 0) more += fmt::format("{} carried out. ", one.applied);
    if (one.withheld > 0) more += fmt::format("{} withheld. ", one.withheld);
    out.element("small", more + one.error).close().close();
  }
  out.close().close();
}

}  // namespace

void write_history(Html& out, const Showing& show) {
  out.open("section").element("h2", "What happened");
  const std::string picture = timeline(show.history, show.now);
  if (picture.empty()) {
    out.element("p", "No pass has been made yet.").close();
    return;
  }
  out.raw(picture);
  out.open("p", {{"class", "legend faint"}});
  for (const char* one : {"● in sync", "◆ changes", "■ withheld", "✗ failed or unknown", "▬ incident"})
    out.element("span", one);
  out.close();
  if (!show.history.incidents.empty()) {
    out.open("details").element("summary", "Incidents as a table");
    write_incident_rows(out, show);
    out.close();
  }
  if (!show.history.passes.empty()) {
    out.open("details").element("summary", "Passes as a table");
    write_pass_rows(out, show);
    out.close();
  }
  out.close();
}

}  // namespace idpd::service
