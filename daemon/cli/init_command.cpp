#include <filesystem>
#include <fstream>
#include <ostream>

#include "cli/commands.h"

namespace idpd::cli {

namespace {

namespace fs = std::filesystem;

constexpr const char* settings_text =
    R"(# idpd settings. Every setting is described in configs/idpd.yaml of the idpd repository.
accounts:
  production:
    id: "00000000000000000000000000000000"   # Cloudflare dashboard: the account's id, 32 hexadecimal digits
    token: ${env:CLOUDFLARE_API_TOKEN}       # needs Access: Organizations, Identity Providers, and Groups Write
    deletes: withhold                        # allow: removing one from the files deletes it
desired:
  path: identity-providers
)";

constexpr const char* provider_text = R"(identity_providers:
  workforce:                                  # the key: a handle that stays when the name changes
    name: PingOne Workforce
    type: pingone
    config:
      client_id: replace-me
      client_secret: ${env:PINGONE_CLIENT_SECRET}
      ping_env_id: replace-me
      pkce_enabled: true
)";

bool write(const World& world, const fs::path& path, const char* text) {
  std::error_code ignored;
  if (fs::exists(path, ignored)) {
    world.err << "error: " << path.string() << ": is there already; nothing was changed\n";
    return false;
  }
  fs::create_directories(path.parent_path(), ignored);
  std::ofstream stream(path, std::ios::binary);
  stream << text << std::flush;
  if (!stream) {
    world.err << "error: " << path.string() << ": cannot be written\n";
    return false;
  }
  world.out << "wrote " << path.string() << '\n';
  return true;
}

}  // namespace

base::ExitCode init(const World& world, const Options& options) {
  const fs::path settings = options.config.empty() ? "idpd.yaml" : options.config;
  if (!write(world, settings, settings_text)) return base::ExitCode::error;
  if (!write(world, settings.parent_path() / "identity-providers" / "workforce.yaml", provider_text))
    return base::ExitCode::error;
  world.out << "Fill in the account id, then: idpd --config " << settings.string() << " plan\n"
            << "An account with identity providers in it: idpd --config " << settings.string()
            << " import --adopt\n";
  return base::ExitCode::done;
}

}  // namespace idpd::cli
