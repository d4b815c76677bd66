// The schemas as editors want them: one self-contained draft-07 document, made from those of schema/. Pure.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "model/type_catalog.h"

namespace idpd::config {

// `identity-providers` (keyed files and bare objects of every type), `settings`, or a type's name. Nothing
// when there is no such schema.
std::optional<base::Json> editor_schema(const model::TypeCatalog& catalog, const std::string& name);

}  // namespace idpd::config
