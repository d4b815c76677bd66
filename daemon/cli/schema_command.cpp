#include <fmt/format.h>

#include <ostream>

#include "base/text.h"
#include "cli/commands.h"
#include "config/editor_schema.h"

namespace idpd::cli {

base::ExitCode schema(const World& world, const Options& options) {
  const std::string name = options.name.empty() ? "identity-providers" : options.name;
  const auto document = config::editor_schema(world.catalog, name);
  if (document) {
    world.out << base::dump_json_pretty(*document) << '\n';
    return base::ExitCode::done;
  }
  std::vector<std::string> names = world.catalog.names();
  names.insert(names.begin(), {"identity-providers", "settings"});
  world.err << fmt::format("error: there is no schema \"{}\"{}; known are {}\n", base::printable(name),
                           base::did_you_mean(name, names), base::join(names, ", "));
  return base::ExitCode::error;
}

}  // namespace idpd::cli
