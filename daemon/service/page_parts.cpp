#include "service/page_parts.h"

#include <fmt/format.h>

namespace idpd::service {

void write_time(Html& out, const MaybeTime& at, model::Time now) {
  if (!at) {
    out.text("never");
    return;
  }
  const std::string exact = model::timestamp(*at);
  out.text(relative(*at, now) + " ");
  out.element("time", "(" + exact + ")", {{"datetime", exact}, {"title", relative(*at, now)}});
}

void write_since(Html& out, const MaybeTime& at, model::Time now) {
  if (!at) {
    out.text("an unknown time");
    return;
  }
  const std::string exact = model::timestamp(*at);
  out.element("time", exact, {{"datetime", exact}, {"title", relative(*at, now)}});
  out.text(" (for " + lasting(now - *at) + ")");
}

void write_badge(Html& out, std::string_view style, std::string_view words) {
  const std::string_view sign = words == "unknown" ? "?"
                                : style == "good"  ? "✓"
                                : style == "warn"  ? "▲"
                                                   : "✗";
  out.open("span", {{"class", fmt::format("badge {}", style)}});
  out.element("span", sign, {{"aria-hidden", "true"}});
  out.text(fmt::format(" {}", words)).close();
}

void write_fields(Html& out, const std::vector<FieldView>& fields) {
  if (fields.empty()) return;
  out.open("table", {{"class", "fields"}}).open("thead").open("tr");
  for (const char* title : {"In Cloudflare", "In the file"}) out.element("th", title, {{"scope", "col"}});
  out.close().close();
  // The field has a line of its own, so that its two values have room on a phone.
  for (const FieldView& one : fields) {
    out.open("tbody").open("tr").element("th", one.path, {{"scope", "rowgroup"}, {"colspan", "2"}}).close();
    out.open("tr").open("td").element("code", one.live).close();
    out.open("td").element("code", one.file).close().close().close();
  }
  out.close();
}

void write_actor(Html& out, const ActorView& actor, model::Time now) {
  if (actor.who.empty()) return;
  out.open("p").text("Changed by ").element("bdi", actor.who);
  if (actor.at) {
    out.text(", ");
    write_time(out, actor.at, now);
  }
  out.text(".").close();
}

void write_waiting(Html& out, const Showing& show) {
  for (const AccountView& account : show.status.accounts) {
    if (account.fingerprint.empty()) continue;
    out.open("section", {{"class", "alarm"}});
    out.open("h2").text("Waiting for approval in ").element("bdi", account.account).close();
    for (const ChangeView& change : account.changes) {
      if (change.withheld.empty()) continue;
      out.open("p").element(
          "strong", fmt::format("{} {}", change.action, change.key.empty() ? change.name : change.key));
      out.text(": " + change.withheld).close();
    }
    out.element("p", "To carry out exactly this plan, type on the daemon's host:");
    out.element("code", "idpd approve " + account.fingerprint, {{"class", "command"}}).close();
  }
}

void write_incidents(Html& out, const Showing& show) {
  std::vector<const IncidentView*> told;
  for (const IncidentView& one : show.status.incidents) {
    // A drift stands at its identity provider, with the fields.
    if (one.kind != "drift" || one.key.empty()) told.push_back(&one);
  }
  if (told.empty()) return;
  out.open("section").element("h2", "Open incidents");
  for (const IncidentView* one : told) {
    const bool expiry = one->kind == "expiry";
    const std::string_view style = one->kind == "failure" || one->kind == "drift" ? "bad" : "warn";
    out.open("article", {{"class", style}}).open("h3");
    write_badge(out, style, expiry ? "secret expires" : one->kind);
    out.text(" ").element("bdi", one->subject());
    if (!one->account.empty()) out.text(" in ").element("bdi", one->account);
    out.close();
    if (!one->message.empty()) out.element("p", one->message);
    write_fields(out, one->fields);
    write_actor(out, one->actor, show.now);
    out.open("p", {{"class", "faint"}}).text("Open since ");
    write_since(out, one->first_seen, show.now);
    out.close();
    if (!one->approve.empty()) out.element("code", "idpd approve " + one->approve, {{"class", "command"}});
    out.close();
  }
  out.close();
}

void write_files(Html& out, const Showing& show) {
  const SourceView& source = show.status.source;
  out.open("section").element("h2", "Files in force").open("dl");
  out.element("dt", "Source").element("dd", source.title.empty() ? "not known" : source.title);
  out.element("dt", "Commit").open("dd");
  if (source.commit.empty() && source.title.empty()) {
    out.text("not known");
  } else if (source.commit.empty()) {
    out.text("none: the files are in no repository");
  } else {
    out.element("code", short_commit(source.commit), {{"title", source.commit}});
    if (source.dirty) {
      out.text(" ");
      write_badge(out, "warn", "with local changes");
    }
  }
  out.close();
  if (!source.subject.empty()) out.element("dt", "Subject").open("dd").element("bdi", source.subject).close();
  if (!source.author.empty()) out.element("dt", "Author").open("dd").element("bdi", source.author).close();
  out.close().close();
}

}  // namespace idpd::service
