// `idpd status` and `idpd history`: what the daemon wrote into its store, read without a network and without
// writing anything.
#include <fmt/format.h>

#include <ostream>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/reporting.h"
#include "service/documents.h"
#include "service/history_document.h"
#include "service/status_text.h"

namespace idpd::cli {

namespace {

using base::Json;
using base::Result;

constexpr std::size_t most = 200;

// What is shown: the document and its text.
struct Told {
  Json document;
  std::string text;
};

Result<Told> status_of(const state::Store& store, const config::Settings& settings, model::Time now,
                       bool color) {
  auto document = service::status_document(store, now);
  if (!document) return document.error();
  if (!*document) {
    return base::Error{base::Code::io,
                       fmt::format("`idpd run` has not run here yet: {} holds no status (settings {})",
                                   base::printable(settings.state_path), base::printable(settings.file))};
  }
  std::string text = service::status_text(**document, now, color);
  return Told{**std::move(document), std::move(text)};
}

Result<Told> history_of(const state::Store& store, model::Time now, bool color) {
  auto document = service::history_document(store, most);
  if (!document) return document.error();
  std::string text = service::history_text(*document, now, color);
  return Told{*std::move(document), std::move(text)};
}

base::ExitCode tell(const World& world, const Options& options, bool history) {
  std::vector<model::Diagnostic> diagnostics;
  const auto refuse = [&](std::string why) {
    diagnostics.push_back({model::Severity::error, {}, std::move(why)});
    return fail(world, options, diagnostics);
  };
  if (options.config.empty())
    return refuse(fmt::format("{} needs a settings file (--config FILE): it says where the state is kept",
                              options.command));
  const auto settings = load_settings(world, options, diagnostics);
  if (!settings) return fail(world, options, std::move(diagnostics));
  const auto store = state::Store::open_read_only(settings->state_path);
  if (!store) return refuse(store.error().text());
  if (!*store) {
    return refuse(fmt::format("`idpd run` has not run here yet: there is no state in {} (settings {})",
                              base::printable(settings->state_path), base::printable(settings->file)));
  }
  const auto now = std::chrono::floor<std::chrono::seconds>(world.clock.now());
  const auto told =
      history ? history_of(**store, now, options.color) : status_of(**store, *settings, now, options.color);
  if (!told) return refuse(told.error().text());
  world.out << (options.output == Output::json ? base::dump_json_pretty(told->document) + "\n" : told->text);
  return base::ExitCode::done;
}

}  // namespace

base::ExitCode status(const World& world, const Options& options) {
  return tell(world, options, false);
}

base::ExitCode history(const World& world, const Options& options) {
  return tell(world, options, true);
}

}  // namespace idpd::cli
