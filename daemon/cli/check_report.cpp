#include "cli/check_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/markdown_text.h"
#include "report/paint.h"
#include "report/words.h"

namespace idpd::cli {

namespace {

using base::Json;
using report::Tone;

constexpr std::size_t page = 100;    // columns
constexpr std::size_t details = 25;  // where the text of a probe begins
constexpr const char* what_is_tested =
    "A secret that is tested is the one that idpd holds; what Cloudflare has stored cannot be read.";

std::string verdict_of(const check::Outcome& one) {
  return one.probes.empty() ? "none" : std::string(check::name_of(one.verdict()));
}

Tone tone_of(check::Verdict verdict) {
  if (verdict == check::Verdict::ok) return Tone::green;
  return verdict == check::Verdict::bad ? Tone::red : Tone::yellow;
}

std::string place_of(const check::Outcome& one) {
  return one.account.empty() || one.account == "default" ? one.key : one.account + "/" + one.key;
}

std::string summary_line(const CheckReport& report) {
  const CheckSummary sum = summarize(report);
  std::string out = fmt::format("{} ok, {} bad, {} unknown", sum.ok, sum.bad, sum.unknown);
  if (sum.none > 0) out += fmt::format(", {} with nothing to probe", sum.none);
  return out + ".";
}

void hang(std::string& out, const std::string& text) {
  for (const std::string& part : report::wrap(report::clean(text), page - details))
    out += std::string(details, ' ') + part + '\n';
}

// What one probe says the next ones often say again, when a host cannot be reached: once is enough.
void write(std::string& out, const check::Probe& one, const check::Probe* before,
           const report::Paint& paint) {
  const std::string grade = one.grade ? fmt::format(" [{}]", check::letter(*one.grade)) : "";
  const bool again = before && before->message == one.message && before->advice == one.advice;
  const auto lines = report::wrap(again ? "the same" : report::clean(one.message + grade), page - details);
  out +=
      fmt::format("  {} {}", paint(tone_of(one.verdict), report::pad(std::string(name_of(one.verdict)), 8)),
                  report::pad(one.name, details - 11));
  for (std::size_t i = 0; i < lines.size(); ++i)
    out += (i == 0 ? "" : std::string(details, ' ')) + lines[i] + '\n';
  if (!one.advice.empty() && !again) hang(out, "→ " + one.advice);
  for (const std::string& note : one.notes) hang(out, "note: " + note);
}

Json or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

Json to_json(const check::Probe& one) {
  Json::Array notes;
  for (const std::string& note : one.notes) notes.emplace_back(note);
  return Json::Object{{"probe", one.name},
                      {"verdict", check::name_of(one.verdict)},
                      {"grade", one.grade ? Json(std::string(1, check::letter(*one.grade))) : Json()},
                      {"endpoint", or_null(one.endpoint)},
                      {"message", one.message},
                      {"advice", or_null(one.advice)},
                      {"notes", std::move(notes)}};
}

}  // namespace

CheckSummary summarize(const CheckReport& report) {
  CheckSummary out;
  for (const check::Outcome& one : report.outcomes) {
    std::size_t& count = one.probes.empty()                     ? out.none
                         : one.verdict() == check::Verdict::ok  ? out.ok
                         : one.verdict() == check::Verdict::bad ? out.bad
                                                                : out.unknown;
    ++count;
  }
  return out;
}

std::string to_text(const CheckReport& report, bool color) {
  const report::Paint paint(color);
  std::string out;
  for (const check::Outcome& one : report.outcomes) {
    out += fmt::format("{}  {}\n", paint(Tone::bold, report::clean(place_of(one))),
                       report::title(one.type, one.name));
    if (one.probes.empty()) out += "  nothing to probe\n";
    const check::Probe* before = nullptr;
    for (const check::Probe& probe : one.probes) {
      write(out, probe, before, paint);
      before = &probe;
    }
    out += '\n';
  }
  const bool secrets =
      std::any_of(report.outcomes.begin(), report.outcomes.end(), [](const check::Outcome& one) {
        return std::any_of(one.probes.begin(), one.probes.end(),
                           [](const check::Probe& probe) { return probe.name == "credentials"; });
      });
  out += paint(Tone::bold, summary_line(report)) + '\n';
  if (secrets) out += paint(Tone::dim, what_is_tested) + '\n';
  return out;
}

Json to_json(const CheckReport& report) {
  const CheckSummary sum = summarize(report);
  Json::Array providers;
  for (const check::Outcome& one : report.outcomes) {
    Json::Array probes;
    for (const check::Probe& probe : one.probes) probes.push_back(to_json(probe));
    providers.push_back(Json::Object{{"account", one.account},
                                     {"key", one.key},
                                     {"name", one.name},
                                     {"type", one.type},
                                     {"verdict", verdict_of(one)},
                                     {"probes", std::move(probes)}});
  }
  Json::Array diagnostics;
  for (const model::Diagnostic& one : report.diagnostics) diagnostics.push_back(report::to_json(one));
  return Json::Object{
      {"format_version", 1},
      {"idpd_version", report.version},
      {"at", report.at},
      {"control", report.control},
      {"summary",
       Json::Object{{"ok", sum.ok}, {"bad", sum.bad}, {"unknown", sum.unknown}, {"none", sum.none}}},
      {"identity_providers", std::move(providers)},
      {"diagnostics", std::move(diagnostics)}};
}

std::string to_markdown(const CheckReport& report) {
  std::string out = fmt::format("**idpd check**: {}\n", summary_line(report));
  for (const check::Verdict verdict : {check::Verdict::bad, check::Verdict::unknown, check::Verdict::ok}) {
    for (const check::Outcome& one : report.outcomes) {
      if (one.probes.empty() || one.verdict() != verdict) continue;
      out += fmt::format("\n**{}** {} {}\n\n", check::name_of(verdict), report::markdown_code(place_of(one)),
                         report::markdown_code(report::title(one.type, one.name)));
      for (const check::Probe& probe : one.probes) {
        out += fmt::format("- {} {}: {}\n", check::name_of(probe.verdict), probe.name,
                           report::markdown_prose(probe.message));
        if (!probe.advice.empty()) out += fmt::format("  - {}\n", report::markdown_prose(probe.advice));
        for (const std::string& note : probe.notes)
          out += fmt::format("  - note: {}\n", report::markdown_prose(note));
      }
    }
  }
  return out;
}

}  // namespace idpd::cli
