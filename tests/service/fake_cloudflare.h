// Cloudflare as a transport in the test's own process: identity providers of any account, and nothing that
// refers to them. What is asked is counted.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "http/transport.h"
#include "reconcile/account.h"

namespace idpd::test {

class FakeCloudflare final : public http::Transport {
 public:
  std::map<std::string, Account> accounts;  // by id
  std::vector<std::string> requests;        // `GET 0123…/access/identity_providers`
  std::optional<int> fails_with;            // a status for every request

  asio::awaitable<base::Result<http::Response>> send(http::Request request) override {
    const std::string root = "/accounts/";
    const std::size_t at = request.url.find(root);
    const std::string path = request.url.substr(at + root.size(), request.url.find('?') - at - root.size());
    requests.push_back(std::string(http::name_of(request.method)) + " " + path);
    if (fails_with) co_return answer(*fails_with, Json(), false);
    const std::string id = path.substr(0, path.find('/'));
    const std::string collection = "/access/identity_providers";
    if (path.find(collection) == std::string::npos) co_return answer(200, Json::Array{}, true);
    const std::string rest = path.substr(path.find(collection) + collection.size());
    co_return handle(accounts[id], request.method, rest.empty() ? "" : rest.substr(1), request.body);
  }

  std::size_t count(const std::string& begins) const {
    return static_cast<std::size_t>(std::count_if(requests.begin(), requests.end(),
                                                  [&](const auto& one) { return one.starts_with(begins); }));
  }

 private:
  static http::Response answer(int status, Json result, bool success) {
    http::Response out;
    out.status = status;
    Json body;
    body["success"] = success;
    body["errors"] = Json::Array{};
    body["messages"] = Json::Array{};
    if (result.is_array()) {
      body["result_info"]["total_count"] = result.array().size();
      body["result_info"]["count"] = result.array().size();
    }
    body["result"] = std::move(result);
    out.body = base::dump_json(body);
    return out;
  }

  static http::Response handle(Account& account, http::Method method, const std::string& id,
                               const std::string& body) {
    if (method == http::Method::post) {
      const std::string made = account.post(*base::parse_json(body));
      return answer(201, account.objects.at(made), true);
    }
    if (id.empty()) {
      Json::Array all;
      for (const auto& [each, object] : account.objects) all.push_back(object);
      return answer(200, std::move(all), true);
    }
    if (!account.objects.contains(id)) return answer(404, Json(), false);
    if (method == http::Method::put) account.put(id, *base::parse_json(body));
    const Json object = account.objects.at(id);
    if (method == http::Method::remove) account.remove(id);
    return answer(200, object, true);
  }
};

}  // namespace idpd::test
