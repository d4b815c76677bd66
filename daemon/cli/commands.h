// The commands, each a function of the world and the command line; each returns the exit code. `run` is what
// main calls. Nothing here keeps state between calls.
#pragma once

#include "base/exit_code.h"
#include "cli/options.h"
#include "cli/world.h"

namespace idpd::cli {

int run(int argc, const char* const* argv, const World& world);

base::ExitCode validate(const World& world, const Options& options);
base::ExitCode plan(const World& world, const Options& options);
base::ExitCode run_daemon(const World& world, const Options& options);
base::ExitCode apply(const World& world, Options options);
base::ExitCode check(const World& world, const Options& options);
base::ExitCode import(const World& world, const Options& options);
base::ExitCode forget(const World& world, const Options& options);
base::ExitCode approve(const World& world, const Options& options);
base::ExitCode status(const World& world, const Options& options);
base::ExitCode history(const World& world, const Options& options);
base::ExitCode init(const World& world, const Options& options);
base::ExitCode schema(const World& world, const Options& options);

}  // namespace idpd::cli
