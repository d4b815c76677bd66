#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "base/text.h"
#include "cloudflare/client.h"
#include "cloudflare/paths.h"

namespace idpd::cloudflare {

using base::Error;
using base::Json;
using base::Result;

namespace {

// The zones list refuses more than 50; the others take at least 100.
constexpr int zones_a_page = 50;
constexpr int referrers_a_page = 100;
constexpr std::size_t longest_name = 80;

struct Place {
  const char* path;
  const char* kind;
};
constexpr Place account_places[] = {
    {"/access/apps", "Access app"},  // with the policies that belong to one app inside
    {"/access/policies", "Access policy"},
    {"/access/groups", "Access group"},
    {"/access/idp_federation_grants", "identity provider federation grant"},
    {"/zt_risk_scoring/integrations", "risk scoring integration"},
};
constexpr Place zone_places[] = {{"/access/apps", "Access app"}, {"/access/groups", "Access group"}};

// `Access app "Wiki" of the zone example.com`
std::string title_of(const Json& body, const std::string& kind, const std::string& zone) {
  std::string name = body.text("name");
  if (name.empty()) name = body.text("id", body.text("uid"));
  name = std::string(base::beginning(name, longest_name));
  std::string title = kind;
  if (!name.empty()) title += fmt::format(" \"{}\"", name);
  if (!zone.empty()) title += fmt::format(" of the zone {}", zone);
  return base::printable(title);
}

Error unknown_references(const std::string& what, Error error) {
  error.message = fmt::format("the list of {} could not be read: {}", what, error.message);
  return error;
}

// The depth is bounded by the parser.
void visit_texts(const Json& value, const std::function<void(const std::string&)>& visit) {
  if (value.is_string()) {
    visit(value.string());
  } else if (value.is_array()) {
    for (const Json& item : value.array()) visit_texts(item, visit);
  } else if (value.is_object()) {
    for (const auto& [name, member] : value.object()) {
      visit(name);
      visit_texts(member, visit);
    }
  }
}

}  // namespace

asio::awaitable<Result<std::vector<Client::Referrer>>> Client::list_referrers() {
  std::vector<Referrer> referrers;
  for (const Place& place : account_places) {
    auto added = co_await add_referrers(referrers, account_path(place.path), place.kind, {});
    if (!added) co_return added.error();
  }
  auto zones =
      co_await list(fmt::format("/zones?account.id={}", path_segment(options_.account_id)), zones_a_page);
  if (!zones) co_return unknown_references("zones", zones.error());
  for (const Json& zone : *zones) {
    const std::string id = zone.text("id");
    const std::string name = zone.text("name", id);
    for (const Place& place : zone_places) {
      auto added = co_await add_referrers(referrers, fmt::format("/zones/{}{}", path_segment(id), place.path),
                                          place.kind, name);
      if (!added) co_return added.error();
    }
  }
  co_return std::move(referrers);
}

asio::awaitable<Result<void>> Client::add_referrers(std::vector<Referrer>& referrers, std::string path,
                                                    std::string kind, std::string zone) {
  auto items = co_await list(std::move(path), referrers_a_page);
  if (!items) {
    std::string what = kind == "Access policy" ? "Access policies" : kind + "s";
    if (!zone.empty()) what += fmt::format(" of the zone {}", zone);
    co_return unknown_references(base::printable(what), items.error());
  }
  for (Json& item : *items) {
    Referrer referrer{title_of(item, kind, zone), {}};
    referrer.body = std::move(item);
    referrers.push_back(std::move(referrer));
  }
  co_return Result<void>();
}

std::map<std::string, std::vector<std::string>> referrers_of(const std::vector<std::string>& ids,
                                                             const std::vector<Client::Referrer>& referrers) {
  std::map<std::string, std::vector<std::string>> found;
  for (const std::string& id : ids) found[id];
  for (const Client::Referrer& referrer : referrers) {
    std::set<std::string> named;
    visit_texts(referrer.body, [&](const std::string& text) {
      if (found.contains(text)) named.insert(text);
    });
    for (const std::string& id : named) {
      auto& titles = found[id];
      if (std::find(titles.begin(), titles.end(), referrer.title) == titles.end())
        titles.push_back(referrer.title);
    }
  }
  return found;
}

}  // namespace idpd::cloudflare
