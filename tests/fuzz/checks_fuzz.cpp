// What identity providers answer to the probes, one answer for all of them: a first line `TYPE STATUS
// LOCATION`, then the body. No answer makes a probe show what a terminal would interpret, repeat the secret,
// send it to another host, or decide without a rule that may.
#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include "base/json.h"
#include "check/prober.h"
#include "check/values.h"
#include "fuzz.h"

using namespace idpd;

namespace {

constexpr const char* secret_text = "s3cret-that-nobody-sees";
constexpr const char* most_types[] = {"pingone",  "azureAD", "oidc",     "okta", "google",
                                      "onelogin", "github",  "facebook", "saml"};

const check::Catalog& checks() {
  static const check::Catalog all = [] {
    auto loaded = check::Catalog::load(schema::documents());
    fuzz::require(loaded.ok(), "schema/checks loads");
    return *std::move(loaded);
  }();
  return all;
}

class Answering final : public http::Transport {
 public:
  Answering(http::Response response) : response_(std::move(response)) {}
  asio::awaitable<base::Result<http::Response>> send(http::Request request) override {
    const bool secret = request.body.find(secret_text) != std::string::npos ||
                        std::any_of(request.headers.begin(), request.headers.end(),
                                    [](const auto& one) { return one.first == "Authorization"; });
    const std::string host = check::https_host(request.url).value_or("");
    fuzz::require(!secret || !host.ends_with("elsewhere.test"), "the secret goes where the file says",
                  request.url);
    fuzz::require(++requests_ < 20, "a check is a few requests");
    co_return response_;
  }

 private:
  http::Response response_;
  int requests_ = 0;
};

model::DesiredProvider provider(const std::string& type) {
  model::DesiredProvider out;
  out.key = "workforce";
  out.type = type;
  out.fields["name"] = "n";
  for (const char* name : {"client_id", "ping_env_id", "directory_id"})
    out.fields[std::string("config.") + name] = "id";
  for (const char* name : {"auth_url", "token_url", "certs_url", "okta_account", "onelogin_account",
                           "issuer_url", "sso_target_url"})
    out.fields[std::string("config.") + name] = "https://login.example.com/x";
  out.check["issuer"] = "https://login.example.com/x";
  out.check["metadata_url"] = "https://login.example.com/m";
  return out;
}

void look_at(const check::Outcome& outcome) {
  for (const check::Probe& one : outcome.probes) {
    for (const std::string& text : {one.message, one.advice}) {
      fuzz::require_printable(text);
      fuzz::require(text.find(secret_text) == std::string::npos, "the secret is not shown", text);
    }
    for (const std::string& note : one.notes) fuzz::require_printable(note);
    fuzz::require(one.verdict == check::Verdict::unknown || (one.grade && check::decides(*one.grade)),
                  "a hint decides nothing", one.message);
  }
}

asio::awaitable<void> look(const check::Tools& tools, const check::Subject& subject) {
  const check::Outcome outcome = co_await check::probe(tools, subject, check::Extent::control);
  look_at(outcome);
}

void run(const check::Tools& tools, const check::Subject& subject) {
  asio::io_context io;
  asio::co_spawn(io, look(tools, subject), [](const std::exception_ptr& thrown) {
    if (thrown) std::rethrow_exception(thrown);
  });
  io.run();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzz::text_of(data, size);
  const std::string first = fuzz::take_line(text);
  const std::size_t space = std::min(first.find(' '), first.size());
  std::string rest = first.substr(std::min(space + 1, first.size()));
  const std::size_t second = std::min(rest.find(' '), rest.size());
  http::Response response;
  response.status = std::atoi(rest.substr(0, second).c_str()) % 1000;
  response.headers.emplace_back("location", rest.substr(std::min(second + 1, rest.size())));
  response.body = text;
  const std::string wanted = first.substr(0, space);
  const bool known = std::find(std::begin(most_types), std::end(most_types), wanted) != std::end(most_types);
  const model::DesiredProvider one = provider(known ? wanted : most_types[size % std::size(most_types)]);
  const secrets::Secret secret{secret_text};
  Answering transport(std::move(response));
  const check::Tools tools{.catalog = checks(),
                           .transport = transport,
                           .allowed_hosts = {},
                           .now = std::chrono::sys_days{std::chrono::year(2026) / 11 / 28}};
  const check::Subject subject{
      .account = "a", .provider = one, .team_domain = "example.cloudflareaccess.com", .secret = &secret};
  run(tools, subject);
  return 0;
}
