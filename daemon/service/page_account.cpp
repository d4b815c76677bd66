#include <fmt/format.h>

#include <algorithm>

#include "report/words.h"
#include "service/page_parts.h"

namespace idpd::service {

namespace {

std::string_view style_of(std::string_view state) {
  return state == "in_sync" ? "good" : state == "drifted" || state == "unknown" ? "bad" : "warn";
}

void write_passes(Html& out, const Showing& show, const AccountView& account) {
  out.open("dl");
  out.element("dt", "Mode")
      .element("dd", account.mode == "report" ? "report: idpd writes nothing" : account.mode);
  const auto row = [&](const char* title, const MaybeTime& at) {
    out.element("dt", title).open("dd");
    write_time(out, at, show.now);
    out.close();
  };
  row("Last pass", account.last_attempt);
  if (account.last_success != account.last_attempt) row("Last good pass", account.last_success);
  if (account.next_attempt) row("Next pass", account.next_attempt);
  if (account.failures > 0)
    out.element("dt", "Failed in a row").element("dd", report::counted(account.failures, "pass", "passes"));
  out.close();
  if (!account.error.empty()) {
    out.open("p", {{"class", "bad"}}).element("strong", "Error: ").text(account.error).close();
  }
}

// Those that are not as they should be first; the order of the document otherwise.
std::vector<const ProviderView*> worst_first(const std::vector<ProviderView>& all) {
  std::vector<const ProviderView*> out;
  for (const bool in_sync : {false, true}) {
    for (const ProviderView& one : all) {
      if ((one.state == "in_sync") == in_sync) out.push_back(&one);
    }
  }
  return out;
}

void write_providers(Html& out, const Showing& show, const AccountView& account) {
  if (account.providers.empty()) {
    out.element("p", "No identity provider is managed here.");
    return;
  }
  out.open("table", {{"class", "told"}}).element("caption", "Identity providers");
  out.open("thead").open("tr");
  for (const char* title : {"Name", "State"}) out.element("th", title, {{"scope", "col"}});
  out.close().close().open("tbody");
  for (const ProviderView* one : worst_first(account.providers)) {
    out.open("tr").open("th", {{"scope", "row"}}).element("bdi", one->name.empty() ? one->key : one->name);
    out.element("small", fmt::format("{} · {}", one->key, one->type)).close().open("td");
    write_badge(out, style_of(one->state), words_of(one->state));
    if (one->since) {
      const std::string exact = model::timestamp(*one->since);
      out.open("small").text("for " + lasting(show.now - *one->since) + ", since ");
      out.element("time", exact, {{"datetime", exact}}).close();
    }
    out.close().close();
  }
  out.close().close();
}

void write_change(Html& out, const Showing& show, const ChangeView& change, const IncidentView* drift) {
  const bool failed = change.outcome == "failed" || change.outcome == "unknown";
  const std::string_view style = failed ? "bad" : change.outcome == "done" ? "good" : "warn";
  const std::string state = !change.withheld.empty() ? "withheld"
                            : change.outcome.empty() ? "planned"
                                                     : words_of(change.outcome);
  out.open("article", {{"class", style}}).open("h3");
  out.text(change.action + " ").element("bdi", change.key.empty() ? change.name : change.key).text(" ");
  write_badge(out, style, state);
  out.close();
  if (!change.name.empty())
    out.open("p", {{"class", "faint"}}).element("bdi", change.name).text(" · " + change.type).close();
  if (!change.withheld.empty()) out.element("p", "Withheld: " + change.withheld);
  if (!change.error.empty()) out.element("p", "Error: " + change.error, {{"class", "bad"}});
  write_fields(out, change.fields.empty() && drift ? drift->fields : change.fields);
  write_actor(out, change.actor.who.empty() && drift ? drift->actor : change.actor, show.now);
  out.close();
}

const IncidentView* drift_of(const Showing& show, const AccountView& account, const std::string& key) {
  for (const IncidentView& one : show.status.incidents) {
    if (one.kind == "drift" && !key.empty() && one.key == key && one.account == account.account) return &one;
  }
  return nullptr;
}

void write_drifts_without_change(Html& out, const Showing& show, const AccountView& account) {
  for (const IncidentView& one : show.status.incidents) {
    if (one.kind != "drift" || one.key.empty() || one.account != account.account) continue;
    const bool told = std::any_of(account.changes.begin(), account.changes.end(),
                                  [&](const ChangeView& change) { return change.key == one.key; });
    if (told) continue;
    out.open("article", {{"class", "bad"}}).open("h3").element("bdi", one.key).text(" ");
    write_badge(out, "bad", "drifted");
    out.close();
    if (!one.message.empty()) out.element("p", one.message);
    write_fields(out, one.fields);
    write_actor(out, one.actor, show.now);
    out.close();
  }
}

void write_unmanaged(Html& out, const AccountView& account) {
  if (account.unmanaged.empty()) return;
  out.open("details").element(
      "summary",
      fmt::format("{} in Cloudflare that no file names",
                  report::counted(account.unmanaged.size(), "identity provider", "identity providers")));
  out.open("ul");
  for (const ProviderView& one : account.unmanaged) {
    out.open("li").element("bdi", one.name).text(" · " + one.type + " · ").element("code", one.id).close();
  }
  out.close().close();
}

}  // namespace

void write_account(Html& out, const Showing& show, const AccountView& account) {
  out.open("section").open("h2").text("Account ").element("bdi", account.account).text(" ");
  if (account.elsewhere) {
    write_badge(out, account.holder.empty() ? style_of("unknown") : style_of("in_sync"), account.held_by());
    out.close().close();
    return;
  }
  write_badge(out, style_of(account.status), words_of(account.status));
  out.close();
  write_passes(out, show, account);
  write_providers(out, show, account);
  for (const ChangeView& change : account.changes)
    write_change(out, show, change, drift_of(show, account, change.key));
  write_drifts_without_change(out, show, account);
  write_unmanaged(out, account);
  out.close();
}

}  // namespace idpd::service
