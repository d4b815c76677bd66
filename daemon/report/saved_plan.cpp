#include "report/saved_plan.h"

#include <optional>

#include "base/json.h"

namespace idpd::report {

using base::Json;
using base::Result;

namespace {

std::optional<std::string> alias_of(const Json& account) {
  return account.text("account").empty() ? std::nullopt : std::optional(account.text("account"));
}

std::optional<std::string> text_in(const Json& value) {
  return value.is_string() ? std::optional(value.string()) : std::nullopt;
}

// False where it is no list, or an item is not what `read` takes.
template <typename Read>
bool read_list(const Json* list, const Read& read, std::vector<std::string>& out) {
  if (!list || !list->is_array()) return false;
  for (const Json& item : list->array()) {
    auto text = read(item);
    if (!text) return false;
    out.push_back(*std::move(text));
  }
  return true;
}

}  // namespace

Result<SavedPlan> read_saved_plan(std::string_view text) {
  const base::Error other{base::Code::invalid,
                          "is not a plan saved by this version of `idpd plan --out`; make it anew"};
  const auto document = base::parse_json(text);
  const Json* version = document ? document->find("format_version") : nullptr;
  if (!version || *version != Json(1)) return other;
  SavedPlan out;
  out.fingerprint = document->text("fingerprint");
  if (out.fingerprint.empty()) return other;
  // Without accounts or keys it would be carried out on all of them.
  if (!read_list(document->find("accounts"), alias_of, out.accounts) || out.accounts.empty()) return other;
  if (const Json* options = document->find("options");
      options && (!read_list(options->find("only"), text_in, out.only) || out.only.empty()))
    return other;
  return out;
}

}  // namespace idpd::report
