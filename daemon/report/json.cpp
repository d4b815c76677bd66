// The JSON form: names and order as README.md gives them; fields are added, never renamed.
#include "report/report.h"
#include "report/words.h"

namespace idpd::report {

using base::Json;

namespace {

constexpr int format_version = 1;

Json or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

Json strings(const std::vector<std::string>& texts) {
  Json::Array out;
  for (const std::string& text : texts) out.emplace_back(text);
  return out;
}

template <typename Items, typename Function>
Json mapped(const Items& items, Function function) {
  Json::Array out;
  for (const auto& item : items) out.push_back(function(item));
  return out;
}

Json revision_json(const Report& report) {
  if (!report.revision) return {};
  Json out;
  out["commit"] = report.revision->commit;
  out["dirty"] = report.revision->dirty;
  return out;
}

Json summary_json(const plan::Summary& sum) {
  Json out;
  out["create"] = sum.create;
  out["update"] = sum.update;
  out["replace"] = sum.replace;
  out["delete"] = sum.remove;
  out["adopt"] = sum.adopt;
  out["move"] = sum.move;
  out["forget"] = sum.forget;
  out["withheld"] = sum.withheld;
  out["in_sync"] = sum.in_sync;
  out["unmanaged"] = sum.unmanaged;
  out["unknown"] = sum.unknown;
  return out;
}

Json withheld_json(const std::optional<plan::Withheld>& withheld) {
  if (!withheld) return {};
  Json out;
  out["code"] = plan::name_of(withheld->reason);
  out["message"] = withheld->message;
  return out;
}

Json field_json(const plan::FieldChange& field) {
  Json out;
  out["path"] = field.path;
  out["before"] = field.sensitive ? Json() : field.before;  // a plan holds none; this makes sure
  out["after"] = field.sensitive ? Json() : field.after;
  out["sensitive"] = field.sensitive;
  out["origin"] = plan::name_of(field.origin);
  return out;
}

Json change_json(const plan::Change& change, bool applied) {
  Json out;
  out["key"] = or_null(change.key);
  out["action"] = plan::name_of(change.action);
  out["id"] = or_null(change.id);
  out["name"] = change.name;
  out["type"] = change.type;
  out["origin"] = plan::name_of(change.origin);
  out["withheld"] = withheld_json(change.withheld);
  if (!change.previous_key.empty()) out["previous_key"] = change.previous_key;
  if (!change.explanation.empty()) out["explanation"] = change.explanation;
  out["fields"] = mapped(change.fields, field_json);
  out["changed_by"] = Json();  // known only to the daemon, from the audit log
  if (applied) {
    out["outcome"] = plan::name_of(outcome_of(change));
    out["error"] = or_null(change.error);
    if (!change.notes.empty()) out["notes"] = strings(change.notes);
  }
  return out;
}

Json unmanaged_json(const plan::Unmanaged& one) {
  Json out;
  out["id"] = one.id;
  out["name"] = one.name;
  out["type"] = one.type;
  if (one.read_only) out["read_only"] = true;
  return out;
}

Json account_json(const plan::AccountPlan& account, bool applied) {
  Json out;
  out["account"] = account.account;
  out["account_id"] = account.account_id;
  out["status"] = plan::name_of(account.status);
  out["error"] = account.error ? Json(*account.error) : Json();
  if (account.changed_since) out["changed_since"] = true;
  out["changes"] = mapped(account.changes, [&](const auto& change) { return change_json(change, applied); });
  out["unmanaged"] = mapped(account.unmanaged, unmanaged_json);
  return out;
}

Json diagnostic_json(const model::Diagnostic& diagnostic) {
  const auto position = [](int number) { return number > 0 ? Json(number) : Json(); };
  Json out;
  out["severity"] = diagnostic.severity == model::Severity::error ? "error" : "warning";
  out["file"] = or_null(diagnostic.where.file);
  out["line"] = position(diagnostic.where.line);
  out["column"] = position(diagnostic.where.column);
  out["message"] = diagnostic.message;
  return out;
}

Json diagnostics_json(const Report& report) {
  Json out = mapped(report.diagnostics, diagnostic_json);
  for (const plan::AccountPlan& account : report.accounts) {
    for (const model::Diagnostic& diagnostic : account.diagnostics) {
      Json one = diagnostic_json(diagnostic);
      one["account"] = account.account;
      out.array().push_back(std::move(one));
    }
  }
  return out;
}

}  // namespace

Json to_json(const Report& report) {
  Json out;
  out["format_version"] = format_version;
  out["idpd_version"] = report.version;
  out["fingerprint"] = plan::fingerprint(report.accounts);
  out["revision"] = revision_json(report);
  if (!report.only.empty()) out["options"]["only"] = strings(report.only);
  out["summary"] = summary_json(plan::summarize(report.accounts));
  out["accounts"] =
      mapped(report.accounts, [&](const auto& account) { return account_json(account, report.applied); });
  out["diagnostics"] = diagnostics_json(report);
  return out;
}

}  // namespace idpd::report
