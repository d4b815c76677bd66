#include "cli/annotating.h"

#include <filesystem>

#include "report/annotations.h"

namespace idpd::cli {

namespace {

namespace fs = std::filesystem;

// The folder that paths are relative to: the top of the repository that holds the file; else what the forge
// says it checked out, since it may do so without git; else where we are.
fs::path base_of(const World& world, const fs::path& file) {
  std::error_code ignored;
  for (fs::path at = file.parent_path();; at = at.parent_path()) {
    if (fs::exists(at / ".git", ignored)) return at;
    if (at == at.parent_path()) break;
  }
  for (const char* name : {"GITHUB_WORKSPACE", "CI_PROJECT_DIR"}) {
    const auto folder = world.environment(name);
    if (folder && !folder->empty()) return fs::path(*folder).lexically_normal();
  }
  return fs::current_path(ignored);
}

std::string in_repository(const World& world, const std::string& file) {
  std::error_code failed;
  const fs::path whole = fs::absolute(file, failed).lexically_normal();
  if (failed) return file;
  const std::string out = whole.lexically_relative(base_of(world, whole)).generic_string();
  return out.empty() || out.starts_with("..") ? file : out;
}

}  // namespace

std::string annotations(const World& world, const Options& options,
                        std::vector<model::Diagnostic> diagnostics) {
  if (options.output != Output::github && options.output != Output::gitlab) return "";
  for (model::Diagnostic& one : diagnostics) {
    if (!one.where.file.empty()) one.where.file = in_repository(world, one.where.file);
  }
  if (options.output == Output::github) return report::to_workflow_commands(diagnostics);
  const std::string& about = options.paths.empty() ? options.config : options.paths.front();
  return report::to_code_quality(diagnostics, about.empty() ? "." : in_repository(world, about));
}

}  // namespace idpd::cli
