#include "service/desired_files.h"

#include <fmt/format.h>

#include "base/log.h"

namespace idpd::service {

namespace {

using base::Json;
using base::LogLevel;
using base::Result;

constexpr const char* document_name = "last_good_files";
constexpr std::size_t most_errors = 5;  // in one message; `idpd validate` tells them all

std::string errors_in(const std::vector<model::Diagnostic>& diagnostics) {
  std::string out;
  std::size_t errors = 0;
  for (const model::Diagnostic& one : diagnostics) {
    if (one.severity != model::Severity::error) continue;
    if (++errors > most_errors) continue;
    if (!out.empty()) out += "; ";
    out += one.text();
  }
  if (errors > most_errors) out += fmt::format("; and {} more (idpd validate)", errors - most_errors);
  return out;
}

}  // namespace

DesiredFiles::DesiredFiles(const model::TypeCatalog& catalog, const config::Settings& settings,
                           state::Store& store)
    : catalog_(catalog), settings_(settings), store_(store) {}

bool DesiredFiles::load(const std::vector<config::SourceFile>& files) {
  config::SharedDesired desired(files, catalog_, config::load_options(settings_), last_);
  parsed_ += desired.parsed();
  const bool good = desired.ok();
  if (!good) problem_ = errors_in(desired.diagnostics);
  desired.diagnostics.clear();
  last_ = desired.holds_secret_in_clear() ? config::SharedDesired() : desired;
  if (!good) return false;
  desired_ = std::move(desired);
  in_force_ = true;
  return true;
}

bool DesiredFiles::take(const Result<Snapshot>& read) {
  problem_.clear();
  if (!read) {
    problem_ = read.error().text();
    return false;
  }
  if (!load(read->files)) return false;
  problem_ = read->problem;
  revision_ = read->revision;
  keep(*read);
  return true;
}

// A failure here costs the next start its last good files, not this one its work.
void DesiredFiles::keep(const Snapshot& snapshot) {
  Result<void> kept;
  if (desired_.holds_secret_in_clear()) {
    kept = store_.history().erase_document(document_name);
  } else {
    Json::Array files;
    for (const config::SourceFile& file : snapshot.files)
      files.push_back(Json::Object{{"path", file.path}, {"text", file.text}});
    const Json revision = snapshot.revision ? model::to_json(*snapshot.revision) : Json();
    kept = store_.history().save_document(document_name,
                                          Json::Object{{"files", std::move(files)}, {"revision", revision}});
  }
  if (!kept)
    base::log(LogLevel::warn,
              "the files in force could not be kept for the next start: " + kept.error().text());
}

bool DesiredFiles::recall() {
  const auto document = store_.history().document(document_name);
  if (!document) {
    base::log(LogLevel::warn,
              "the last good files cannot be read, so that nothing is in force until files can be read: " +
                  document.error().text());
    return false;
  }
  if (!*document || !(*document)->find("files")) return false;
  std::vector<config::SourceFile> files;
  const Json::Array& kept = (*document)->find("files")->array();
  for (const Json& file : kept) files.push_back({file.text("path"), file.text("text")});
  const std::string problem = problem_;
  const bool good = load(files);
  problem_ = problem;  // of the files that are there now
  if (!good) return false;
  if (const Json* revision = (*document)->find("revision"); revision && revision->is_object()) {
    revision_ = model::Revision{.commit = revision->text("commit"),
                                .author = revision->text("author"),
                                .subject = revision->text("subject"),
                                .dirty = revision->flag("dirty")};
  }
  return true;
}

std::shared_ptr<const model::DesiredState> DesiredFiles::of(const std::string& account) const {
  return std::make_shared<const model::DesiredState>(desired_.of(account));
}

}  // namespace idpd::service
