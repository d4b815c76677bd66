#include "check/prober.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "check/documents.h"
#include "check/steps.h"

namespace idpd::check {

namespace {

std::string callback_of(const Subject& subject) {
  const std::string own = subject.provider.check.text("team_domain");
  const std::string& team = own.empty() ? subject.team_domain : own;
  return team.empty() ? std::string() : fmt::format("https://{}/cdn-cgi/access/callback", team);
}

std::map<std::string, std::string> given(const Knowledge& knowledge, const std::string& callback) {
  std::map<std::string, std::string> out{{"console", knowledge.console}};
  out["redirect_uri"] = callback.empty() ? "https://<your team domain>/cdn-cgi/access/callback" : callback;
  return out;
}

Scene scene_of(const Tools& tools, const Subject& subject, const Knowledge& knowledge) {
  const std::string callback = callback_of(subject);
  return {.tools = tools,
          .subject = subject,
          .knowledge = knowledge,
          .callback = callback,
          .values = Values(knowledge, subject.provider, given(knowledge, callback)),
          .talk = Conversation(tools.transport, tools.allowed_hosts, subject)};
}

void keep(Outcome& out, std::optional<Probe> probe, const char* name) {
  if (!probe) return;
  probe->name = name;
  out.probes.push_back(*std::move(probe));
}

}  // namespace

Verdict Outcome::verdict() const {
  const auto any = [&](Verdict verdict) {
    return std::any_of(probes.begin(), probes.end(),
                       [&](const Probe& one) { return one.verdict == verdict; });
  };
  if (any(Verdict::bad)) return Verdict::bad;
  return any(Verdict::unknown) ? Verdict::unknown : Verdict::ok;
}

std::vector<std::string> Scene::scopes() const {
  const auto found = subject.provider.fields.find("config.scopes");
  const std::vector<std::string> own =
      found == subject.provider.fields.end() ? std::vector<std::string>{} : strings(&found->second);
  return own.empty() ? std::vector<std::string>{"openid", "email", "profile"} : own;
}

bool Scene::pkce() const {
  const auto found = subject.provider.fields.find("config.pkce_enabled");
  return found != subject.provider.fields.end() && found->second == base::Json(true);
}

http::CurlOptions transport_options(const config::Check& settings) {
  return {.ca_file = settings.ca_file,
          .connect_timeout = std::chrono::seconds(10),
          .stall_timeout = std::chrono::seconds(15),
          .total_timeout = std::chrono::seconds(20),
          .max_body = std::size_t{1} << 20U,
          .address_from = "the address in the file",
          .ca_from = "check.ca_file"};
}

asio::awaitable<Outcome> probe(const Tools& tools, const Subject& subject, Extent extent) {
  Outcome out;
  out.account = subject.account;
  out.key = subject.provider.key;
  out.name = subject.provider.name();
  out.type = subject.provider.type;
  const Knowledge* knowledge = tools.catalog.find(out.type);
  if (!knowledge) co_return out;
  Scene scene = scene_of(tools, subject, *knowledge);
  scene.values.give("scopes", base::join(scene.scopes(), " "));
  if (extent != Extent::credentials) {
    keep(out, co_await probe_discovery(scene), "discovery");
    keep(out, co_await probe_keys(scene), "keys");
    keep(out, co_await probe_authorize(scene), "authorize");
  }
  keep(out, co_await probe_credentials(scene, extent == Extent::control), "credentials");
  if (extent != Extent::credentials) {
    keep(out, probe_certificates(scene), "certificates");
    keep(out, co_await probe_metadata(scene), "metadata");
  }
  co_return out;
}

}  // namespace idpd::check
