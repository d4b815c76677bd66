#include "service/expiry.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "base/digest.h"
#include "base/text.h"
#include "plan/index.h"

namespace idpd::service {

namespace {

using model::DesiredProvider;
using model::LiveProvider;
using model::Time;

// The certificates of a field as the API gave them; `fields` holds only their digests.
std::vector<Time> ends_of_certificates(const LiveProvider& live, const model::Field& field) {
  std::vector<Time> out;
  const auto add = [&](const base::Json& value) {
    if (!value.is_string()) return;
    if (const auto one = base::read_certificate(value.string())) out.push_back(one->not_after);
  };
  const base::Json* value = model::at_path(live.writable, field.path);
  if (value && value->is_array()) {
    for (const base::Json& one : value->array()) add(one);
  } else if (value) {
    add(*value);
  }
  return out;
}

struct Due {
  bool expired = false;
  std::string text;
};

// What is due of one field, given all that is in it.
std::vector<Due> due(const std::vector<const Expiring*>& together, Time now, Time limit) {
  const bool another =
      std::any_of(together.begin(), together.end(), [&](const Expiring* one) { return one->expires > now; });
  std::vector<Due> out;
  for (const Expiring* one : together) {
    const bool expired = one->expires <= now;
    if (one->expires > limit || (expired && another)) continue;
    const std::string date = model::timestamp(one->expires).substr(0, 10);
    out.push_back(
        {expired, fmt::format("the {} {} on {}", one->what, expired ? "expired" : "expires", date)});
  }
  return out;
}

}  // namespace

std::vector<Expiring> expiring(const model::DesiredState& desired, const model::LiveState& live,
                               const std::vector<plan::Match>& matches) {
  const plan::Lookup<plan::Match> by_key(matches, &plan::Match::key);
  const plan::Lookup<LiveProvider> by_id(live.providers, &LiveProvider::id);
  std::vector<Expiring> out;
  for (const DesiredProvider& provider : desired.providers) {
    const plan::Match* match = by_key.find(provider.key);
    const LiveProvider* found = match ? by_id.find(match->id) : nullptr;
    Expiring one{provider.key, found ? found->id : "", provider.name(), provider.type, "client secret", {}};
    if (const auto date = model::day_from(provider.options.secret_expires)) {
      one.expires = *date;
      out.push_back(one);
    }
    if (!found || !found->schema) continue;
    for (const model::Field& field : found->schema->fields) {
      if (!field.certificates) continue;
      one.what = "certificate in " + field.path;
      for (const Time end : ends_of_certificates(*found, field)) {
        one.expires = end;
        out.push_back(one);
      }
    }
  }
  std::sort(out.begin(), out.end(), [](const Expiring& a, const Expiring& b) {
    return std::tie(a.key, a.expires, a.what) < std::tie(b.key, b.expires, b.what);
  });
  return out;
}

std::vector<model::Incident> expiry_incidents(const std::vector<Expiring>& all, Time now,
                                              std::chrono::milliseconds warn_before) {
  const Time limit = now + std::chrono::floor<std::chrono::seconds>(warn_before);
  std::map<std::string, std::map<std::string, std::vector<const Expiring*>>> by_key;
  for (const Expiring& one : all) by_key[one.key][one.what].push_back(&one);
  std::vector<model::Incident> out;
  for (const auto& [key, fields] : by_key) {
    std::vector<std::string> texts;
    bool expired = false;
    for (const auto& [what, together] : fields) {
      for (Due& one : due(together, now, limit)) {
        expired = expired || one.expired;
        texts.push_back(std::move(one.text));
      }
    }
    if (texts.empty()) continue;
    const Expiring& first = *fields.begin()->second.front();
    model::Incident incident{.kind = model::Kind::expiry, .account = {}};
    incident.key = key;
    incident.id = first.id;
    incident.name = first.name;
    incident.type = first.type;
    incident.message = base::join(texts, ", ") + (expired ? "; logins by it fail until it is renewed"
                                                          : "; renew it before, or logins by it will fail");
    incident.fingerprint = "sha256:" + base::sha256_hex(base::join(texts, "\n"));
    out.push_back(std::move(incident));
  }
  return out;
}

}  // namespace idpd::service
