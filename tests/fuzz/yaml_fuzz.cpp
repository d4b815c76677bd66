// libFuzzer: whatever the bytes, reading them as settings or as identity providers ends, with a value or with
// errors that stand where something is. Built with IDPD_FUZZ and clang; see tests/CMakeLists.txt.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "config/identity_providers.h"
#include "config/settings.h"
#include "embedded.h"

using namespace idpd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const model::TypeCatalog catalog = [] {
    auto loaded = model::TypeCatalog::load(schema::documents());
    if (!loaded) std::abort();
    return *std::move(loaded);
  }();
  const std::string text(reinterpret_cast<const char*>(data), size);
  const config::Desired desired = config::load_desired({{"idp.yaml", text}}, catalog, {});
  std::vector<model::Diagnostic> diagnostics;
  const auto settings = config::parse_settings("idpd.yaml", text, catalog, "", diagnostics);
  if (!settings && diagnostics.empty()) std::abort();  // refused without a word
  return 0;
}
