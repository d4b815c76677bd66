// Certificates, as text and as DER in base64: by their digest they are compared, by their end people are
// warned.
#include "base/digest.h"
#include "fuzz.h"
#include "model/live.h"
#include "service/expiry.h"

using namespace idpd;

namespace {

std::string pem(const std::string& base64) {
  return "-----BEGIN CERTIFICATE-----\n" + base64 + "\n-----END CERTIFICATE-----\n";
}

void check(const std::string& text) {
  const auto digest = base::certificate_digest(text);
  const auto one = base::read_certificate(text);
  fuzz::require(digest.ok() || !one.ok(), "what ends is a certificate");
  if (!one) return;
  const std::string shown = model::timestamp(one->not_after);
  fuzz::require(model::time_from(shown) == one->not_after, "its end is shown as it is", shown);
}

// An identity provider that holds it, named by a file that warns of it.
void check_expiry(const std::string& text) {
  const base::Json config = base::Json::Object{{"idp_public_certs", base::Json::Array{text}}};
  const base::Json object =
      base::Json::Object{{"id", "1"}, {"name", "n"}, {"type", "saml"}, {"config", config}};
  const auto live = model::take_live(fuzz::catalog(), object);
  fuzz::require(live.ok(), "whatever the certificate, it lives");
  model::DesiredProvider provider{.key = "key", .type = "saml"};
  provider.fields["name"] = "n";
  const auto all = service::expiring({{provider}}, {{*live}}, {{"key", "1"}});
  const model::Time now{std::chrono::seconds(1'800'000'000)};
  for (const model::Incident& one : service::expiry_incidents(all, now, std::chrono::hours(24 * 30)))
    fuzz::require_printable(one.message);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(fuzz::text_of(data, size));
  const std::string base64 = base::base64(bytes);
  const auto decoded = base::from_base64(base64);
  fuzz::require(decoded && *decoded == bytes, "base64 is read as it was written");
  if (const auto read = base::from_base64(bytes))
    fuzz::require(base::from_base64(base::base64(*read)).ok(), "and what was read can be written");
  check(bytes);
  check(base64);
  const auto bare = base::certificate_digest(base64);
  const auto framed = base::certificate_digest(pem(base64));
  fuzz::require(bare.ok() == framed.ok() && (!bare || *bare == *framed), "two spellings, one certificate");
  check_expiry(bytes);
  check_expiry(base64);
  return 0;
}
