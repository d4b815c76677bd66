// Whether the client id and the secret are accepted: a request that an identity provider can only answer with
// an error, or with a token that nobody keeps.
#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "check/steps.h"
#include "model/incident.h"

namespace idpd::check {

namespace {

using base::Result;

constexpr const char* wrong_secret = "idpd-connection-check-wrong-secret";

std::map<std::string, std::string> parameters_for(const Scene& scene) {
  const Credentials& credentials = *scene.knowledge.credentials;
  std::map<std::string, std::string> out = credentials.parameters;
  if (credentials.by == "introspection") {
    out["token"] = made_up;
    return out;
  }
  out["grant_type"] = credentials.by == "code" ? "authorization_code" : credentials.by;
  if (credentials.by != "code") return out;
  out["code"] = made_up;
  if (!scene.callback.empty()) out["redirect_uri"] = scene.callback;
  if (scene.pkce()) out["code_verifier"] = made_up_verifier;
  return out;
}

http::Request request_with(const Scene& scene, const std::string& url, const std::string& authentication,
                           std::string_view secret) {
  std::map<std::string, std::string> parameters = parameters_for(scene);
  const std::string client = scene.values.field("config.client_id");
  http::Request out;
  out.method = http::Method::post;
  out.url = url;
  if (authentication == "client_secret_basic") {
    out.headers.emplace_back("Authorization", Conversation::basic(client, secret));
  } else {
    parameters["client_id"] = client;
    parameters["client_secret"] = secret;
  }
  out.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  out.body = form(parameters);
  if (const auto found = parameters.find("client_secret"); found != parameters.end())
    base::wipe(found->second);
  return out;
}

// What the file itself says of the secret's end.
void note_expiry(const Scene& scene, Probe& out) {
  const std::string& date = scene.subject.provider.options.secret_expires;
  const auto end = model::day_from(date);
  if (!end || *end > scene.tools.now + scene.tools.warn_before_expiry) return;
  out.notes.push_back(fmt::format("by options.secret_expires the secret {} on {}",
                                  *end <= scene.tools.now ? "expired" : "expires", date));
}

class Credential {
 public:
  Credential(Scene& scene, std::string url) : scene_(scene), url_(std::move(url)) {}

  asio::awaitable<void> run(bool control, Probe& out) {
    const Credentials& known = *scene_.knowledge.credentials;
    const std::string_view secret = scene_.subject.secret->reveal();
    if (known.authentication == "client_secret_basic" && escaped(secret) != secret)
      out.notes.emplace_back(
          "the secret has characters that are escaped in a header; Access may write them otherwise");
    const Result<Answer> answer = co_await ask(known.authentication, secret);
    if (!answer) co_return no_answer(answer.error(), out);
    if (known.retry && matches(known.retry->when, *answer)) {
      co_await retry(*known.retry, *answer, out);
      co_return;
    }
    const Rule* rule = conclude(*answer, out);
    if (!rule || rule->means != Verdict::ok || known.order == Order::known) co_return;
    if (control) {
      co_await compare(*answer, out);
    } else if (known.order == Order::unconfirmed) {
      out.verdict = Verdict::unknown;
      out.message += "; whether the secret was looked at before the code is not known";
      out.advice = fmt::format("`idpd check --control {}` tries a wrong secret as well, which tells",
                               scene_.subject.provider.key);
    }
  }

 private:
  asio::awaitable<Result<Answer>> ask(const std::string& authentication, std::string_view secret) {
    co_return co_await scene_.talk.send(request_with(scene_, url_, authentication, secret));
  }

  const Rule* conclude(const Answer& answer, Probe& out) {
    const Credentials& known = *scene_.knowledge.credentials;
    const Rule* rule = judge(known.rules, answer);
    apply(rule, judge(known.explanations, answer), answer, scene_.talk, scene_.values, out);
    return rule;
  }

  // It was the way in which the secret was sent that was refused: once more, in the other one.
  asio::awaitable<void> retry(const Retry& other, const Answer& first, Probe& out) {
    const Result<Answer> answer = co_await ask(other.authentication, scene_.subject.secret->reveal());
    const Rule* rule = answer ? conclude(*answer, out) : nullptr;
    if (rule && rule->means == Verdict::ok) {
      out.verdict = Verdict::unknown;  // how Access sends it is reported, not documented
      out.grade = Grade::reported;
      out.message = scene_.values.sentence(other.says) + scene_.talk.error_of(first);
      out.advice = scene_.values.sentence(other.advice);
    } else if (!answer) {
      no_answer(answer.error(), out);
    }
  }

  // The same with a wrong secret: only if that is answered otherwise does the first answer say something.
  asio::awaitable<void> compare(const Answer& right, Probe& out) {
    const Result<Answer> wrong = co_await ask(scene_.knowledge.credentials->authentication, wrong_secret);
    if (!wrong) {
      out.notes.push_back("the request with a wrong secret had no answer: " + wrong.error().message);
      if (scene_.knowledge.credentials->order == Order::unconfirmed) out.verdict = Verdict::unknown;
      co_return;
    }
    out.grade = Grade::measured;
    out.advice.clear();
    if (right.same_as(*wrong)) {
      out.verdict = Verdict::unknown;
      out.message = "a wrong secret is answered in the same way: the secret cannot be tested from outside";
    } else {
      out.verdict = Verdict::ok;
      out.message = "the client id and the secret are accepted; a wrong secret is answered otherwise";
    }
  }

  Scene& scene_;
  std::string url_;
};

}  // namespace

asio::awaitable<std::optional<Probe>> probe_credentials(Scene& scene, bool control) {
  if (!scene.knowledge.credentials) co_return std::nullopt;
  Probe out;
  note_expiry(scene, out);
  const auto url = scene.values.address(scene.knowledge.credentials->url);
  if (!url) {
    out.message = "where the secret is used is not known from the files; nothing was sent";
    co_return out;
  }
  out.endpoint = without_query(*url);
  if (!scene.subject.secret) {
    out.message = scene.subject.secret_problem.empty() ? "the file names no secret; nothing was sent"
                                                       : scene.subject.secret_problem + "; nothing was sent";
    co_return out;
  }
  Credential credential(scene, *url);
  co_await credential.run(control, out);
  co_return out;
}

}  // namespace idpd::check
