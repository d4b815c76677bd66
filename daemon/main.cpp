// The composition root: builds what the commands need from outside and passes it on. An exception that gets
// this far is a bug; it is reported here, once, and ends the process with an error.
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <iostream>

#include "base/exit_code.h"
#include "cli/commands.h"
#include "embedded.h"

namespace {

using namespace idpd;

// Secrets are in memory for a while: no core dump, and no other process of the user looks in.
void forbid_core_dumps() {
  const rlimit none{0, 0};
  (void)setrlimit(RLIMIT_CORE, &none);
  (void)prctl(PR_SET_DUMPABLE, 0);
}

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

int start(int argc, char** argv) {
  const auto catalog = model::TypeCatalog::load(schema::documents());
  const auto checks = check::Catalog::load(schema::documents());
  if (!catalog || !checks) {
    std::cerr << "error: " << (catalog ? checks.error() : catalog.error()).text() << '\n';
    return static_cast<int>(base::ExitCode::error);
  }
  base::SystemClock clock;
  base::SystemRandom random;
  const cli::World world{
      .catalog = *catalog,
      .checks = *checks,
      .clock = clock,
      .random = random,
      .environment = environment,
      .make_transport = [](asio::io_context& io,
                           http::CurlOptions options) -> std::unique_ptr<http::Transport> {
        return std::make_unique<http::CurlTransport>(io, std::move(options));
      },
      .in = std::cin,
      .out = std::cout,
      .err = std::cerr,
      .in_is_terminal = isatty(STDIN_FILENO) == 1,
      .out_is_terminal = isatty(STDOUT_FILENO) == 1,
  };
  return cli::run(argc, argv, world);
}

}  // namespace

int main(int argc, char** argv) {
  forbid_core_dumps();
  try {
    return start(argc, argv);
  } catch (const std::exception& bug) {
    std::cerr << "error: this is a bug in idpd: " << bug.what() << '\n';
    return static_cast<int>(base::ExitCode::error);
  }
}
