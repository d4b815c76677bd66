// Answers of the API: line 1 the status, 2 the path, 3 and 4 the headers Ratelimit and Ratelimit-Policy, 5
// Retry-After, and then the body of one page on each line. No answer crashes; a list is whole or an error; an
// object that was taken in holds no secret, and one that is exported is read back as what lives.
#include "cloudflare/audit_log.h"
#include "cloudflare/client.h"
#include "cloudflare/envelope.h"
#include "cloudflare/pagination.h"
#include "cloudflare/paths.h"
#include "config/export.h"
#include "config/identity_providers.h"
#include "fuzz.h"
#include "http/budget.h"
#include "http/retry.h"
#include "model/live.h"

using namespace idpd;
using base::Json;

namespace {

void check(base::Error error, http::Method method, std::string_view path) {
  fuzz::require_printable(error.text());
  constexpr std::size_t longest = 2000;
  fuzz::require(error.text().size() < longest + path.size() * 4, "an error is no body", error.text());
  if (cloudflare::is_open_refusal(error, method, path)) {
    cloudflare::settle_refusal(error, cloudflare::TokenVerdict::valid, method, path);
    fuzz::require(!cloudflare::is_open_refusal(error, method, path), "a verdict settles a refusal",
                  error.message);
  }
  for (int attempt = 1; attempt < 6; ++attempt) {
    const auto delay = http::delay_before_retry({}, attempt, error, 0.5);
    fuzz::require(
        !delay || (delay->count() >= 0 && *delay <= http::longest_retry_after + std::chrono::minutes(1)),
        "nobody waits for ever");
  }
}

// An identity provider that `import` wrote is read back; what it says is what lives.
void check_export(const model::LiveProvider& live) {
  const config::Exported exported = config::export_provider("production", "key", live);
  const config::LoadOptions options{.accounts = {"production"}, .default_account = ""};
  const auto read = config::load_desired({{"idp.yaml", exported.yaml}}, fuzz::catalog(), options);
  if (!read.ok()) return;  // the API may hold what a file may not say
  const auto& all = read.accounts.at("production").providers;
  fuzz::require(all.size() == 1 && all.front().key == "key", "one object is exported", exported.yaml);
  fuzz::require(all.front().type == live.type && all.front().name() == live.name, "it keeps type and name",
                exported.yaml);
  for (const auto& [path, value] : all.front().fields) {
    const model::Field* field = live.schema->find(path);
    if (!field) continue;
    const auto found = live.fields.find(path);
    fuzz::require(
        model::canonical_value(*field, value) == (found == live.fields.end() ? Json() : found->second),
        "it says what lives", exported.yaml);
  }
}

void check_object(const Json& object) {
  if (const auto entry = cloudflare::read_audit_entry(object)) {
    const cloudflare::AuditQuery query(entry->resource_id, entry->at - std::chrono::hours(1), entry->at);
    for (const char* token : {"", "ours"}) {
      const auto last = cloudflare::last_change_by_others({*entry}, query, token);
      if (last) fuzz::require_printable(last->actor + last->interface + last->at);
    }
  }
  const auto taken = model::take_live(fuzz::catalog(), object);
  if (!taken) return fuzz::require_printable(taken.error().text());
  fuzz::require(!taken->id.empty() && !taken->type.empty(), "what lives has an id and a type");
  fuzz::require(model::same_live(*taken, *taken), "an object equals itself");
  if (!taken->schema) return;
  for (const model::Field& field : taken->schema->fields) {
    if (field.secret || field.read_only)
      fuzz::require(!model::at_path(taken->writable, field.path), "no secret is taken in", field.path);
  }
  Json sent = taken->writable;
  sent["id"] = taken->id;
  if (taken->read_only) sent["read_only"] = true;
  const auto again = model::take_live(fuzz::catalog(), sent);
  fuzz::require(again && model::same_live(*taken, *again), "an object that is sent back changes nothing");
  check_export(*taken);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = fuzz::text_of(data, size);
  http::Response response;
  response.status = std::atoi(fuzz::take_line(rest).substr(0, 3).c_str());
  const std::string path = fuzz::take_line(rest);
  const std::string ratelimit = fuzz::take_line(rest);
  const std::string policy = fuzz::take_line(rest);
  response.headers = {{"retry-after", fuzz::take_line(rest)}};

  for (const http::ServerLimit& limit : http::parse_rate_limits(ratelimit, policy))
    fuzz::require(limit.remaining >= 0 && limit.reset_after.count() >= 0 && limit.quota >= 0,
                  "limits are counts");
  fuzz::require(http::parse_retry_after(response.header("retry-after")) >= -1,
                "a time to wait is none in the past");
  fuzz::require_printable(cloudflare::where_of(http::Method::get, path));
  fuzz::require_printable(cloudflare::path_segment(path));

  cloudflare::Listing listing("GET /list", 2);
  std::vector<cloudflare::Client::Referrer> referrers;
  bool whole = false;
  while (!rest.empty() && !whole) {
    response.body = fuzz::take_line(rest);
    for (const auto method : {http::Method::get, http::Method::put, http::Method::remove}) {
      auto envelope = cloudflare::read_envelope(method, path, response);
      fuzz::require(!envelope || (response.status >= 200 && response.status < 300),
                    "only a 2xx is a success");
      if (!envelope) {
        check(envelope.error(), method, path);
      } else if (method == http::Method::get) {
        if (!envelope->result.is_array()) check_object(envelope->result);
        auto done = listing.add(*std::move(envelope));
        if (!done) {
          check(done.error(), method, path);
          return 0;
        }
        whole = *done;
      }
    }
  }
  if (!whole) return 0;
  std::vector<std::string> ids;
  for (Json& item : listing.take()) {
    check_object(item);
    ids.push_back(item.text("id"));
    referrers.push_back({item.text("name"), std::move(item)});
  }
  for (const auto& [id, titles] : cloudflare::referrers_of(ids, referrers))
    fuzz::require(id.empty() || !titles.empty(), "an object that names an id is found", id);
  return 0;
}
