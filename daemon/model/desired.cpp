#include "model/desired.h"

#include <fmt/format.h>

namespace idpd::model {

std::string Location::text() const {
  return line > 0 ? fmt::format("{}:{}:{}", file, line, column) : file;
}

std::string Diagnostic::text() const {
  const std::string at = where.file.empty() ? "" : where.text() + ": ";
  return at + (severity == Severity::warning ? "warning: " : "") + message;
}

std::string DesiredProvider::name() const {
  const auto found = fields.find(std::string(name_path));
  return found != fields.end() && found->second.is_string() ? found->second.string() : "";
}

Location DesiredProvider::location(const std::string& path) const {
  const auto found = locations.find(path);
  return found == locations.end() ? where : found->second;
}

}  // namespace idpd::model
