// What SAML has in place of endpoints that could be asked: certificates with dates, and the metadata that an
// identity provider may publish.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/clock.h"
#include "base/digest.h"
#include "base/text.h"
#include "check/documents.h"
#include "check/saml_metadata.h"
#include "check/steps.h"

namespace idpd::check {

namespace {

using base::Certificate;
using base::Result;

constexpr int least_security_bits = 112;  // NIST SP 800-131A: RSA 2048, EC 224

std::vector<std::string> certificates_of(const Scene& scene) {
  const auto found = scene.subject.provider.fields.find(scene.knowledge.certificates);
  return found == scene.subject.provider.fields.end() ? std::vector<std::string>{} : strings(&found->second);
}

std::string day(std::chrono::sys_seconds at) {
  constexpr std::size_t date_only = 10;
  return base::timestamp(at).substr(0, date_only);
}

void decide(Probe& out, Verdict verdict, std::string message, std::string advice = {}) {
  out.verdict = verdict;
  out.grade = Grade::documented;
  out.message = std::move(message);
  out.advice = std::move(advice);
}

// What is to be said of one certificate that is none of the fault of all.
void note(const Certificate& one, std::size_t number, const Tools& tools, std::vector<std::string>& notes) {
  const std::string which = fmt::format("certificate {}", number);
  if (one.not_after <= tools.now) {
    notes.push_back(fmt::format("{} expired on {}", which, day(one.not_after)));
  } else if (one.not_before > tools.now) {
    notes.push_back(fmt::format("{} is not valid before {}", which, day(one.not_before)));
  } else if (one.not_after <= tools.now + tools.warn_before_expiry) {
    notes.push_back(fmt::format("{} expires on {}", which, day(one.not_after)));
  }
  if (one.security_bits < least_security_bits)
    notes.push_back(
        fmt::format("{} has a weak key, {}: let the identity provider make a new one", which, one.key));
}

// The metadata's signing certificates against those of the file.
void compare_certificates(const SamlMetadata& metadata, const std::vector<std::string>& ours, Probe& out) {
  std::set<std::string> known;
  for (const std::string& one : ours) {
    if (const auto digest = base::certificate_digest(one)) known.insert(*digest);
  }
  std::size_t missing = 0;
  for (const std::string& one : metadata.signing_certificates) {
    const auto digest = base::certificate_digest(one);
    if (digest && !known.contains(*digest)) ++missing;
  }
  const std::size_t all = metadata.signing_certificates.size();
  if (all > 0 && missing == all)
    return decide(out, Verdict::bad, "the identity provider signs with other certificates than the file has",
                  "put the metadata's signing certificates into config.idp_public_certs");
  if (missing > 0) {
    out.notes.push_back(
        fmt::format("{} of {} signing certificates of the metadata {} not in the file: the identity "
                    "provider is about to change them; add what is missing",
                    missing, all, missing == 1 ? "is" : "are"));
  }
}

}  // namespace

std::optional<Probe> probe_certificates(const Scene& scene) {
  if (scene.knowledge.certificates.empty()) return std::nullopt;
  Probe out;
  std::size_t valid = 0;
  std::size_t number = 0;
  std::set<std::string> seen;
  for (const std::string& text : certificates_of(scene)) {
    ++number;
    const auto one = base::read_certificate(text);
    if (!one) {
      out.notes.push_back(fmt::format("certificate {}: {}", number, one.error().message));
      continue;
    }
    if (!seen.insert(one->digest).second)
      out.notes.push_back(fmt::format("certificate {} is there twice", number));
    note(*one, number, scene.tools, out.notes);
    if (one->not_before <= scene.tools.now && scene.tools.now < one->not_after) ++valid;
  }
  if (valid == 0) {
    decide(out, Verdict::bad,
           fmt::format("none of {} certificate{} is valid now", number, number == 1 ? "" : "s"),
           scene.values.sentence("{console}: take its present signing certificate into " +
                                 scene.knowledge.certificates));
  } else {
    decide(out, Verdict::ok,
           fmt::format("{} of {} certificate{} valid now", valid, number, number == 1 ? " is" : "s are"));
  }
  return out;
}

asio::awaitable<std::optional<Probe>> probe_metadata(Scene& scene) {
  if (!scene.knowledge.metadata) co_return std::nullopt;
  const Metadata& known = *scene.knowledge.metadata;
  const auto url = scene.values.address(known.url);
  if (!url) co_return std::nullopt;
  Probe out;
  out.endpoint = without_query(*url);
  const Result<Answer> answer = co_await scene.talk.get(*url);
  if (!answer) {
    no_answer(answer.error(), out);
    co_return out;
  }
  if (answer->status != ok_status) {
    apply(nullptr, nullptr, *answer, scene.talk, scene.values, out);
    co_return out;
  }
  const std::string entity = scene.values.field(known.entity_id);
  const auto metadata = read_saml_metadata(answer->page, entity);
  if (!metadata) {
    out.message = scene.talk.quoted(metadata.error().message);
    out.advice = "compare check.metadata_url";
    co_return out;
  }
  if (metadata->entity_id != entity) {
    decide(out, Verdict::bad,
           scene.talk.quoted(fmt::format("the metadata is of {}, and {} is {}", metadata->entity_id,
                                         known.entity_id, entity)),
           "compare " + known.entity_id + " with entityID of the metadata");
    co_return out;
  }
  const std::string sso = scene.values.field(known.sso_url);
  if (std::find(metadata->sso_urls.begin(), metadata->sso_urls.end(), sso) == metadata->sso_urls.end()) {
    decide(out, Verdict::bad,
           scene.talk.quoted(fmt::format("the metadata names {} for logins, and {} is {}",
                                         base::join(metadata->sso_urls, ", "), known.sso_url, sso)),
           "compare " + known.sso_url + " with SingleSignOnService of the metadata");
    co_return out;
  }
  decide(out, Verdict::ok, "the metadata agrees with the file");
  if (metadata->valid_until && *metadata->valid_until <= scene.tools.now)
    out.notes.push_back(
        fmt::format("the metadata itself was valid until {} only", day(*metadata->valid_until)));
  compare_certificates(*metadata, certificates_of(scene), out);
  co_return out;
}

}  // namespace idpd::check
