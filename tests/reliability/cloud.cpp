#include "reliability/cloud.h"

#include <algorithm>
#include <array>

#include "reliability/text.h"

namespace idpd::test {

namespace {

using http::Method;
using http::Request;
using http::Response;

constexpr std::size_t kept_past = 3;
const std::string collection = "/access/identity_providers";

std::string path_of(const Request& request) {
  const std::string path = request.url.substr(request.url.find("/client/v4") + 10);
  return path.substr(0, path.find('?'));
}

Response answer_of(int status, Json result, bool success = true) {
  Response out;
  out.status = status;
  Json body;
  body["success"] = success;
  body["errors"] = success ? Json::Array{} : Json::Array{Json::Object{{"code", 12130}, {"message", "no"}}};
  body["messages"] = Json::Array{};
  if (result.is_array()) body["result_info"]["total_count"] = result.array().size();
  body["result"] = std::move(result);
  out.body = base::dump_json(body);
  return out;
}

base::Error broken() {
  return {base::Code::network, "the connection broke", {}, true};
}

bool enables_scim(const Json& object) {
  const Json* scim = object.find("scim_config");
  return scim && scim->flag("enabled");
}

}  // namespace

const char* name_of(Fault fault) {
  constexpr std::array<const char*, faults> all{
      "none",    "lost_before",   "lost_after", "error_before", "error_after", "too_many", "refused",
      "garbage", "success:false", "redirect",   "short_list",   "empty_list",  "stale"};
  return all[static_cast<std::size_t>(fault)];
}

std::string id_in(const Request& request) {
  const std::string path = path_of(request);
  const std::size_t at = path.find(collection + "/");
  return at == std::string::npos ? "" : path.substr(at + collection.size() + 1);
}

std::string kind_of(const Request& request) {
  const std::string method(http::name_of(request.method));
  if (request.method != Method::get) return method;
  const std::string path = path_of(request);
  if (path.ends_with(collection)) return "GET list";
  if (path.ends_with("/access/apps")) return "GET apps";
  return id_in(request).empty() ? "GET other" : "GET id";
}

std::string Cloud::add(const std::string& type, const std::string& name, int client) {
  Json body;
  body["type"] = type;
  body["name"] = name;
  body["config"] = Json::Object{};
  const Entry entry{.type = type, .name = name, .secret = {}, .client = client, .adopt_id = {}};
  for (const auto& [field, value] : config_of(entry)) body["config"][field] = value;
  if (type != singleton_type) body["config"]["client_secret"] = "by-hand-" + std::to_string(made_);
  keep_past();
  std::string id = post(body).text("id");
  made_by_people.insert(id);
  return id;
}

void Cloud::keep_past() {
  past_.push_back(objects);
  if (past_.size() > kept_past) past_.pop_front();
}

const std::map<std::string, Json>& Cloud::as_seen(Fault fault) const {
  return fault == Fault::stale && !past_.empty() ? past_.front() : objects;
}

Response Cloud::list(Fault fault) {
  if (fault == Fault::empty_list) return answer_of(200, Json::Array{});
  Json::Array all;
  for (const auto& [id, object] : as_seen(fault)) {
    const auto late = hidden.find(id);
    if (late != hidden.end() && late->second > 0) continue;
    all.push_back(object);
  }
  for (auto& [id, lists] : hidden) --lists;
  if (fault != Fault::short_list) return answer_of(200, std::move(all));
  Json body = *base::parse_json(answer_of(200, all).body);
  if (!all.empty()) all.pop_back();
  body["result_info"]["total_count"] = all.size() + 1;
  body["result"] = std::move(all);
  Response out;
  out.status = 200;
  out.body = base::dump_json(body);
  return out;
}

Response Cloud::apps() const {
  Json::Array all;
  for (const std::string& id : referenced) {
    all.push_back(Json::Object{{"id", "app-" + id}, {"name", "App"}, {"allowed_idps", Json::Array{id}}});
  }
  return answer_of(200, std::move(all));
}

void Cloud::store(const std::string& id, const Json& body, const Json* before) {
  Json object = body;
  object["id"] = id;
  object["uid"] = id;
  object["version"] = "v" + std::to_string(++scim_made_);
  if (const std::string secret = body.find("config")->text("client_secret"); !secret.empty()) {
    secrets[id] = secret;
    object["config"]["client_secret"] = "**********";
  }
  scim_in_answer_.clear();
  if (enables_scim(object)) {
    if (!before || !enables_scim(*before))
      scim[id] = scim_in_answer_ = "scim-" + std::to_string(++scim_made_);
    object["scim_config"]["secret"] = "********";
  }
  names[id].insert(object.text("name"));
  objects[id] = std::move(object);
}

Json Cloud::post(const Json& body) {
  const std::string id = "id-" + padded(++made_);
  store(id, body, nullptr);
  return objects.at(id);
}

Answer Cloud::answer(const Request& request, Fault fault, const Witness& witness) {
  const std::string kind = kind_of(request);
  const std::string id = id_in(request);
  Answer out;
  Response good;
  const bool write = request.method != Method::get;
  const bool missing = !id.empty() && !as_seen(fault).contains(id);
  if (fault == Fault::too_many) {
    good = answer_of(429, Json(), false);
    good.headers.emplace_back("retry-after", "0");
  } else if (fault == Fault::refused) {
    good = answer_of(400, Json(), false);
  } else if (fault == Fault::error_before) {
    good = answer_of(500, Json(), false);
  } else if (fault == Fault::not_success) {
    good = answer_of(200, Json(), false);
  } else if (fault == Fault::redirect) {
    good.status = 302;
  } else if (fault == Fault::lost_before) {
    out.response = broken();
    return out;
  } else if (missing) {
    good = answer_of(404, Json(), false);
  } else if (!write) {
    if (kind == "GET list") good = list(fault);
    if (kind == "GET id") good = answer_of(200, as_seen(fault).at(id));
    if (kind == "GET apps") good = apps();
    if (kind == "GET other") good = answer_of(200, Json::Array{});
  } else {
    Json body = request.body.empty() ? Json() : *base::parse_json(request.body);
    if (request.method == Method::post && body.text("type") == singleton_type &&
        std::any_of(objects.begin(), objects.end(),
                    [](const auto& one) { return one.second.text("type") == singleton_type; })) {
      out.response = answer_of(409, Json(), false);
      return out;
    }
    keep_past();
    out.committed = true;
    Json made;
    if (request.method == Method::post) {
      const std::string next = "id-" + padded(made_ + 1);
      witness(request.method, next, body);
      made = post(body);
      if (lag > 0) hidden[next] = std::exchange(lag, 0);
    } else if (request.method == Method::put) {
      witness(request.method, id, body);
      const Json before = objects.at(id);
      store(id, body, &before);
      made = objects.at(id);
    } else {
      witness(request.method, id, body);
      made = objects.at(id);
      objects.erase(id);
      scim_in_answer_.clear();
    }
    out.gave_scim = !scim_in_answer_.empty();
    if (out.gave_scim) made["scim_config"]["secret"] = scim_in_answer_;
    good = answer_of(request.method == Method::post ? 201 : 200, std::move(made));
  }
  out.delivered = fault == Fault::none;
  if (fault == Fault::lost_after) {
    out.response = broken();
  } else if (fault == Fault::error_after) {
    good.status = 502;
    good.body = "<html>Bad gateway</html>";
    out.response = std::move(good);
  } else if (fault == Fault::garbage_after) {
    good.status = 200;
    good.body = "{\"success\": tr";
    out.response = std::move(good);
  } else {
    out.response = std::move(good);
  }
  return out;
}

}  // namespace idpd::test
