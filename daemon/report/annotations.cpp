#include "report/annotations.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/digest.h"
#include "base/json.h"
#include "base/text.h"
#include "report/words.h"

namespace idpd::report {

namespace {

using model::Diagnostic;
using model::Severity;

constexpr std::size_t most_shown = 10;

// `property`: a colon and a comma end one.
std::string for_command(std::string_view raw, bool property) {
  std::string out;
  for (const char c : clean(raw)) {  // which leaves no line's end
    if (c == '%' || (property && (c == ':' || c == ','))) {
      out += fmt::format("%{:02X}", c);
    } else {
      out += c;
    }
  }
  return out;
}

std::string command_of(const Diagnostic& one, const char* name) {
  std::string out = fmt::format("::{} title=idpd", name);
  if (!one.where.file.empty()) {
    out += ",file=" + for_command(one.where.file, true);
    if (one.where.line > 0) out += fmt::format(",line={}", one.where.line);
    if (one.where.column > 0) out += fmt::format(",col={}", one.where.column);
  }
  return out + "::" + for_command(one.message, false) + "\n";
}

}  // namespace

std::string to_workflow_commands(const std::vector<Diagnostic>& diagnostics) {
  std::string out;
  const auto add = [&](Severity severity, const char* name) {
    std::vector<const Diagnostic*> all;
    for (const Diagnostic& one : diagnostics) {
      if (one.severity == severity) all.push_back(&one);
    }
    const std::size_t shown = all.size() <= most_shown ? all.size() : most_shown - 1;
    for (std::size_t i = 0; i < shown; ++i) out += command_of(*all[i], name);
    if (shown < all.size())
      out += fmt::format("::{} title=idpd::and {} more, in the log of this step\n", name, all.size() - shown);
  };
  add(Severity::error, "error");
  add(Severity::warning, "warning");
  return out;
}

std::string to_code_quality(const std::vector<Diagnostic>& diagnostics, const std::string& whole) {
  base::Json::Array out;
  std::map<std::string, int> seen;
  for (const Diagnostic& one : diagnostics) {
    const bool warning = one.severity == Severity::warning;
    const std::string path = base::valid_utf8(one.where.file.empty() ? whole : one.where.file);
    const std::string what = path + '\n' + one.message;
    base::Json issue;
    issue["description"] = clean(base::valid_utf8(one.message));
    issue["check_name"] = warning ? "idpd-warning" : "idpd-error";
    // Two that say the same of one file are two: GitLab drops the second of a fingerprint.
    issue["fingerprint"] = base::sha256_hex(fmt::format("{}\n{}", what, ++seen[what]));
    issue["severity"] = warning ? "minor" : "major";
    issue["location"]["path"] = path;
    issue["location"]["lines"]["begin"] = std::max(1, one.where.line);
    out.push_back(std::move(issue));
  }
  return base::dump_json_pretty(base::Json(std::move(out))) + "\n";
}

}  // namespace idpd::report
