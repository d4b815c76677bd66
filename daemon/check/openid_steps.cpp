// What needs no secret: the discovery document, the keys, and a login request that nobody follows.
#include <fmt/format.h>

#include "base/digest.h"
#include "base/text.h"
#include "check/documents.h"
#include "check/steps.h"

namespace idpd::check {

namespace {

using base::Json;
using base::Result;

constexpr const char* well_known = "/.well-known/openid-configuration";

std::string discovery_url(std::string issuer) {
  while (issuer.ends_with('/')) issuer.pop_back();  // Discovery 1.0, section 4.1
  return issuer + well_known;
}

Expected expected_of(const Scene& scene, const std::string& issuer) {
  Expected out{.issuer = issuer, .differs = scene.knowledge.discovery->differs, .pkce = scene.pkce()};
  if (scene.knowledge.authorize) {
    out.scopes = scene.scopes();
    if (const auto url = scene.values.address(scene.knowledge.authorize->url))
      out.endpoints["authorization_endpoint"] = *url;
  }
  if (const auto& credentials = scene.knowledge.credentials) {
    out.authentication = credentials->authentication;
    const auto url = scene.values.address(credentials->url);
    if (url && credentials->by != "introspection") out.endpoints["token_endpoint"] = *url;
  }
  if (const auto url = scene.values.address(scene.knowledge.keys_url)) out.endpoints["jwks_uri"] = *url;
  return out;
}

// Takes the document into the scene when it is one.
bool take_document(Scene& scene, const Answer& answer, const std::string& issuer, Probe& out) {
  if (answer.status != ok_status || answer.body.is_null()) return false;
  judge_discovery(answer.body, expected_of(scene, issuer), out);
  if (out.verdict == Verdict::ok) scene.document = answer.body;
  out.message = scene.talk.quoted(std::move(out.message));
  for (std::string& note : out.notes) note = scene.talk.quoted(std::move(note));
  return true;
}

// Where the file does not say which of several places it is and it is not the usual one: the others are
// asked. True: it was found, and the scene goes on there. Nothing: one of them could not tell.
asio::awaitable<std::optional<bool>> look_elsewhere(Scene& scene, const std::string& usual, Probe& out) {
  const Elsewhere& elsewhere = *scene.knowledge.discovery->elsewhere;
  const Value& value = scene.knowledge.values.at(elsewhere.value);
  bool all_told = true;
  for (const auto& [name, translation] : value.translations) {
    if (name == value.otherwise) continue;
    scene.values.assume(elsewhere.value, name);
    const auto issuer = scene.values.address(scene.knowledge.discovery->issuer);
    if (!issuer || *issuer == usual) continue;  // a custom domain is the same everywhere
    out.endpoint = discovery_url(*issuer);
    const Result<Answer> answer = co_await scene.talk.get(out.endpoint);
    if (!answer || !take_document(scene, *answer, *issuer, out)) {
      const Rule* rule = answer ? judge(scene.knowledge.discovery->rules, *answer) : nullptr;
      if (!rule || rule->means != Verdict::bad) all_told = false;
      continue;
    }
    scene.values.give("found", name);
    out.notes.insert(out.notes.begin(), std::exchange(out.message, scene.values.sentence(elsewhere.says)));
    out.advice = scene.values.sentence(elsewhere.advice);
    out.verdict = Verdict::unknown;
    out.grade = Grade::inferred;
    co_return true;
  }
  scene.values.assume(elsewhere.value, value.otherwise);
  co_return all_told ? std::optional(false) : std::nullopt;
}

std::vector<std::string> algorithms_of(const Json& document) {
  return strings(document.find("id_token_signing_alg_values_supported"));
}

std::string authorize_url(const Scene& scene, const std::string& url) {
  std::map<std::string, std::string> parameters = scene.knowledge.authorize->parameters;
  parameters["response_type"] = "code";
  parameters["client_id"] = scene.values.field("config.client_id");
  parameters["redirect_uri"] = scene.callback;
  parameters["scope"] = base::join(scene.scopes(), " ");
  parameters["state"] = made_up;
  parameters["nonce"] = made_up;
  if (scene.pkce()) {
    parameters["code_challenge"] = base::sha256_base64url(made_up_verifier);
    parameters["code_challenge_method"] = "S256";
  }
  return url + (url.find('?') == std::string::npos ? '?' : '&') + form(parameters);
}

}  // namespace

asio::awaitable<std::optional<Probe>> probe_discovery(Scene& scene) {
  if (!scene.knowledge.discovery) co_return std::nullopt;
  const Discovery& discovery = *scene.knowledge.discovery;
  const auto issuer = scene.values.address(discovery.issuer);
  if (!issuer) co_return std::nullopt;
  Probe out;
  out.endpoint = discovery_url(*issuer);
  const Result<Answer> answer = co_await scene.talk.get(out.endpoint);
  if (!answer) {
    no_answer(answer.error(), out);
    co_return out;
  }
  if (take_document(scene, *answer, *issuer, out)) co_return out;
  const Rule* rule = judge(discovery.rules, *answer);
  const std::string asked = out.endpoint;
  if (rule && rule->means == Verdict::bad && discovery.elsewhere) {
    const Value& value = scene.knowledge.values.at(discovery.elsewhere->value);
    if (scene.values.field(value.of).empty()) {
      const std::optional<bool> found = co_await look_elsewhere(scene, *issuer, out);
      if (found.value_or(false)) co_return out;
      if (!found) rule = nullptr;  // it may be where that could not be told
    }
  }
  out.endpoint = asked;
  apply(rule, nullptr, *answer, scene.talk, scene.values, out);
  co_return out;
}

asio::awaitable<std::optional<Probe>> probe_keys(Scene& scene) {
  auto url = scene.values.address(scene.knowledge.keys_url);
  if (!url && !scene.document.text("jwks_uri").empty()) url = scene.document.text("jwks_uri");
  if (!url) co_return std::nullopt;
  Probe out;
  out.endpoint = without_query(*url);
  const Result<Answer> answer = co_await scene.talk.get(*url);
  if (!answer) {
    no_answer(answer.error(), out);
  } else if (answer->status == ok_status && !answer->body.is_null()) {
    judge_keys(answer->body, algorithms_of(scene.document), out);
  } else {
    static const std::vector<Rule> gone{
        {{.status = {404, 410}},
         Verdict::bad,
         Grade::documented,
         "there are no keys at this address",
         "compare it with jwks_uri of the identity provider's discovery document"}};
    apply(judge(gone, *answer), nullptr, *answer, scene.talk, scene.values, out);
  }
  co_return out;
}

asio::awaitable<std::optional<Probe>> probe_authorize(Scene& scene) {
  if (!scene.knowledge.authorize) co_return std::nullopt;
  const Authorize& authorize = *scene.knowledge.authorize;
  auto url = scene.values.address(authorize.url);
  if (!url && !scene.document.text("authorization_endpoint").empty())
    url = scene.document.text("authorization_endpoint");
  Probe out;
  if (scene.callback.empty()) {
    out.message =
        "whether the redirect URI is registered cannot be asked without the team domain; nothing was sent";
    out.advice = "set team_domain of the account in the settings, or check.team_domain here";
    co_return out;
  }
  if (!url) {
    out.message = "where the login begins is not known without the discovery document; nothing was sent";
    co_return out;
  }
  out.endpoint = without_query(*url);
  const Result<Answer> answer = co_await scene.talk.get(authorize_url(scene, *url), scene.callback);
  if (answer) {
    apply(judge(authorize.rules, *answer), judge(authorize.explanations, *answer), *answer, scene.talk,
          scene.values, out);
  } else {
    no_answer(answer.error(), out);
  }
  co_return out;
}

}  // namespace idpd::check
