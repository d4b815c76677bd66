// The canonical form: what makes two spellings of one value equal, so that a plan is empty when nothing
// differs. Absent, null, "", [], {} and the schema's default are one; for booleans absent is false; sets
// are sorted; certificates become the digest of their DER. Pure.
#pragma once

#include <string>

#include "base/json.h"
#include "model/field_map.h"
#include "model/type_catalog.h"

namespace idpd::model {

// Null, "", [] and {}: as good as absent.
bool is_blank(const base::Json& value);

// Null when the value is the same as an absent one.
base::Json canonical_value(const Field& field, const base::Json& value);

// Every field that can be compared (neither secret nor readOnly) of an object as the API writes it;
// those that are as good as absent are left out.
FieldMap canonical_fields(const Type& type, const base::Json& object);

// What to show for a canonical value: the default in place of an absent one.
base::Json shown_value(const Field& field, const base::Json& canonical);

// The value at a dotted path, null when there is none.
const base::Json* at_path(const base::Json& object, std::string_view path);
base::Json* at_path(base::Json& object, std::string_view path);
void set_path(base::Json& object, std::string_view path, base::Json value);
void erase_path(base::Json& object, std::string_view path);

}  // namespace idpd::model
