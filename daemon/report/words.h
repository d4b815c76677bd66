// The words that the terminal text and Markdown share: symbols, origins, counts. Pure; every foreign text
// in an answer went through base::printable.
#pragma once

#include <string>
#include <string_view>

#include "report/report.h"

namespace idpd::report {

std::string_view symbol_of(plan::Action action);

// What to call it: its key, or for one that has none `(unmanaged)`.
std::string label_of(const plan::Change& change);

// `pingone "PingOne Workforce"`.
std::string kind_and_name(std::string_view type, std::string_view name);

// Why, as far as the origin and the kind of change tell: `changed in Cloudflare`; may be empty.
std::string reason_of(const plan::Change& change);
// The same for one field, where its origin is not that of the whole change; else empty.
std::string reason_of(const plan::FieldChange& field, const plan::Change& change);

// What became of a change in a report that was applied: one that a stopped pass never reached counts as
// skipped.
plan::Outcome outcome_of(const plan::Change& change);

// `1 identity provider matches`, `4 identity providers match`.
std::string matches(std::size_t count);
// `1 account is unknown`.
std::string unknown_accounts(std::size_t count);
// `1 more is not managed`.
std::string not_managed(std::size_t count);

// `production (0123…cdef)`: enough to tell accounts apart.
std::string short_id(std::string_view account_id);

// `config/a.yaml:7:9`, or the file alone, or nothing.
std::string place(const model::Diagnostic& diagnostic);

// Whether anything at all is planned or withheld.
bool has_changes(const Report& report);

}  // namespace idpd::report
