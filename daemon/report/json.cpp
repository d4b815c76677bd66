#include "report/report.h"

namespace idpd::report {

namespace {

using base::Json;

Json or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

Json to_json(const std::optional<plan::Withheld>& withheld) {
  Json out;
  if (!withheld) return out;
  out["code"] = plan::name_of(withheld->reason);
  out["message"] = withheld->message;
  return out;
}

Json to_json(const plan::FieldChange& field) {
  Json out;
  out["path"] = field.path;
  // A plan holds no secret; that this form shows none does not depend on it.
  out["before"] = field.sensitive ? Json() : field.before;
  out["after"] = field.sensitive ? Json() : field.after;
  out["sensitive"] = field.sensitive;
  out["origin"] = plan::name_of(field.origin);
  return out;
}

Json to_json(const plan::Change& change, bool applied) {
  Json out;
  out["key"] = or_null(change.key);
  out["action"] = plan::name_of(change.action);
  out["id"] = or_null(change.id);
  out["name"] = change.name;
  out["type"] = change.type;
  if (change.action == plan::Action::move) out["previous_key"] = or_null(change.previous_key);
  out["origin"] = plan::name_of(change.origin);
  out["withheld"] = to_json(change.withheld);
  if (change.delete_withheld) out["delete_withheld"] = to_json(change.delete_withheld);
  Json::Array fields;
  for (const plan::FieldChange& field : change.fields) fields.push_back(to_json(field));
  out["fields"] = std::move(fields);
  if (!change.explanation.empty()) out["explanation"] = change.explanation;
  out["changed_by"] = nullptr;
  if (!applied) return out;
  out["outcome"] = plan::name_of(change.outcome);
  out["error"] = or_null(change.error);
  if (!change.notes.empty()) out["notes"] = Json::Array(change.notes.begin(), change.notes.end());
  return out;
}

Json to_json(const plan::Unmanaged& one) {
  Json out;
  out["id"] = one.id;
  out["name"] = one.name;
  out["type"] = one.type;
  if (one.read_only) out["read_only"] = true;
  return out;
}

Json to_json(const plan::Summary& summary) {
  Json out;
  out["create"] = summary.create;
  out["update"] = summary.update;
  out["replace"] = summary.replace;
  out["delete"] = summary.remove;
  out["adopt"] = summary.adopt;
  out["move"] = summary.move;
  out["forget"] = summary.forget;
  out["withheld"] = summary.withheld;
  out["in_sync"] = summary.in_sync;
  out["unmanaged"] = summary.unmanaged;
  out["unknown"] = summary.unknown;
  return out;
}

}  // namespace

Json to_json(const model::Diagnostic& one) {
  const bool placed = !one.where.file.empty() && one.where.line > 0;
  Json out;
  out["severity"] = one.severity == model::Severity::warning ? "warning" : "error";
  out["file"] = or_null(one.where.file);
  out["line"] = placed ? Json(one.where.line) : Json();
  out["column"] = placed ? Json(one.where.column) : Json();
  out["message"] = one.message;
  return out;
}

Json to_json(const plan::AccountPlan& account, bool applied) {
  Json out;
  out["account"] = account.account;
  out["account_id"] = account.account_id;
  out["status"] = plan::name_of(account.status);
  out["error"] = account.error ? Json(*account.error) : Json();
  Json::Array changes;
  for (const plan::Change& change : account.changes) changes.push_back(to_json(change, applied));
  out["changes"] = std::move(changes);
  Json::Array unmanaged;
  for (const plan::Unmanaged& one : account.unmanaged) unmanaged.push_back(to_json(one));
  out["unmanaged"] = std::move(unmanaged);
  return out;
}

Json to_json(const Report& report) {
  Json out;
  out["format_version"] = 1;
  out["idpd_version"] = report.version;
  out["fingerprint"] = plan::fingerprint(report.accounts);
  out["revision"] = report.revision ? model::to_json(*report.revision) : Json();
  if (!report.only.empty()) out["options"]["only"] = Json::Array(report.only.begin(), report.only.end());
  out["summary"] = to_json(plan::summarize(report.accounts));

  Json::Array accounts;
  Json::Array diagnostics;
  for (const model::Diagnostic& one : report.diagnostics) diagnostics.push_back(to_json(one));
  for (const plan::AccountPlan& account : report.accounts) {
    accounts.push_back(to_json(account, report.applied));
    for (const model::Diagnostic& one : account.diagnostics) diagnostics.push_back(to_json(one));
  }
  out["accounts"] = std::move(accounts);
  out["diagnostics"] = std::move(diagnostics);
  return out;
}

}  // namespace idpd::report
