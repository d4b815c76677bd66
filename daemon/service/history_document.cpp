#include "service/history_document.h"

namespace idpd::service {

base::Result<base::Json> history_document(const state::Store& store, std::size_t most) {
  const auto incidents = store.history().incidents(most);
  if (!incidents) return incidents.error();
  const auto passes = store.history().passes(most);
  if (!passes) return passes.error();
  base::Json::Array told;
  for (const model::Incident& one : *incidents) told.push_back(model::to_json(one));
  base::Json::Array made;
  for (const model::Pass& one : *passes) made.push_back(model::to_json(one));
  return base::Json(
      base::Json::Object{{"format_version", 1}, {"incidents", std::move(told)}, {"passes", std::move(made)}});
}

}  // namespace idpd::service
