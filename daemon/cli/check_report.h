// The outcome of `idpd check` as text, JSON and Markdown. Pure; README.md, "Check as JSON", has the form that
// scripts rely on.
#pragma once

#include <string>
#include <vector>

#include "check/outcome.h"
#include "model/desired.h"

namespace idpd::cli {

struct CheckReport {
  std::string version;
  std::string at;        // RFC 3339
  bool control = false;  // wrong secrets were tried as well
  std::vector<check::Outcome> outcomes;
  std::vector<model::Diagnostic> diagnostics;
};

struct CheckSummary {
  std::size_t ok = 0;
  std::size_t bad = 0;
  std::size_t unknown = 0;
  std::size_t none = 0;  // nothing to probe
};
CheckSummary summarize(const CheckReport& report);

std::string to_text(const CheckReport& report, bool color);
base::Json to_json(const CheckReport& report);
std::string to_markdown(const CheckReport& report);

}  // namespace idpd::cli
