#include "model/desired.h"

#include <fmt/format.h>

#include <algorithm>

namespace idpd::model {

std::string Location::text() const {
  return line > 0 ? fmt::format("{}:{}:{}", file, line, column) : file;
}

std::string Diagnostic::text() const {
  const std::string at = where.file.empty() ? "" : where.text() + ": ";
  return at + (severity == Severity::warning ? "warning: " : "") + message;
}

const std::string& DesiredProvider::name() const {
  static const std::string none;
  const auto found = fields.find(name_path);
  return found != fields.end() && found->second.is_string() ? found->second.string() : none;
}

Location DesiredProvider::location(std::string_view path) const {
  const auto found = std::find_if(positions.begin(), positions.end(),
                                  [&](const FieldPosition& one) { return one.path == path; });
  return found == positions.end() ? where : Location{where.file, found->line, found->column};
}

}  // namespace idpd::model
