// References to secrets: `${env:NAME}` and its like. What was read is written back as the same; idpd's own
// variables are never asked for; and a reference stands in a secret's field or the file is refused.
#include "base/json.h"
#include "base/reference.h"
#include "config/identity_providers.h"
#include "fuzz.h"
#include "secrets/resolver.h"

using namespace idpd;

namespace {

std::string written(const std::vector<base::Part>& parts) {
  static constexpr std::string_view kinds[] = {"env", "file", "credential"};
  std::string out;
  for (const base::Part& part : parts) {
    if (part.reference) {
      out += "${" + std::string(kinds[static_cast<std::size_t>(part.reference->kind)]) + ":" +
             part.reference->name + "}";
      continue;
    }
    for (std::size_t at = 0; at < part.literal.size(); ++at)
      out += part.literal.compare(at, 2, "${") == 0 ? "$$" : part.literal.substr(at, 1);
  }
  return out;
}

bool same(const std::vector<base::Part>& a, const std::vector<base::Part>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const base::Part& one, const base::Part& other) {
                      return one.reference == other.reference && one.literal == other.literal;
                    });
}

void resolve(std::string_view text) {
  const secrets::Resolver resolver(
      [](const std::string& name) -> std::optional<std::string> {
        fuzz::require(!name.starts_with("CLOUDFLARE_") && !name.starts_with("IDPD_"),
                      "idpd's own variables are kept", name);
        if (name == "CREDENTIALS_DIRECTORY") return std::nullopt;  // nothing of the disk is read
        return "value of " + name;
      },
      {});
  const auto secret = resolver.resolve(text);
  if (!secret) fuzz::require_printable(secret.error().text());
}

// As a name and as a secret, in a file that is right but for this text.
config::Desired file_with(const std::string& name, const std::string& secret) {
  const base::Json config = base::Json::Object{{"client_id", "c"}, {"client_secret", secret}};
  const base::Json file = base::Json::Object{{"name", name}, {"type", "github"}, {"config", config}};
  return config::load_desired({{"idp.json", base::dump_json(file)}}, fuzz::catalog(),
                              {.default_account = "production"});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  const auto parts = base::parse_references(text);
  resolve(text);
  const auto as_name = file_with(text, "${env:SECRET}");
  const auto as_secret = file_with("n", text);
  if (!parts) {
    fuzz::require_printable(parts.error().text());
    fuzz::require(!as_name.ok() && !as_secret.ok(), "what is no reference is refused everywhere", text);
    return 0;
  }
  const auto again = base::parse_references(written(*parts));
  fuzz::require(again && same(*parts, *again), "a reference is written as it is read", written(*parts));
  const bool referring = base::has_reference(text);
  fuzz::require(!referring || !as_name.ok(), "a reference in a name is refused", text);
  if (!as_secret.ok()) return 0;
  const auto& provider = as_secret.accounts.at("production").providers.at(0);
  const auto secret = provider.secrets.find("config.client_secret");
  fuzz::require(!provider.fields.contains("config.client_secret"), "a secret is kept apart");
  if (secret != provider.secrets.end())
    fuzz::require(secret->second.in_clear != referring, "a secret is a reference or in clear", text);
  return 0;
}
