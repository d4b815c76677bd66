#include "cluster/gateway.h"

#include <algorithm>
#include <stdexcept>

namespace idpd::test {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string encode(const std::string& text) {
  std::string out;
  unsigned bits = 0;
  int have = 0;
  for (const unsigned char one : text) {
    bits = bits << 8U | one;
    for (have += 8; have >= 6; have -= 6) out += alphabet[bits >> static_cast<unsigned>(have - 6) & 63U];
  }
  if (have > 0) out += alphabet[bits << static_cast<unsigned>(6 - have) & 63U];
  while (out.size() % 4 != 0) out += '=';
  return out;
}

std::string decode(const std::string& text) {
  if (text.size() % 4 != 0) throw std::invalid_argument("no base64");
  std::string out;
  unsigned bits = 0;
  int have = 0;
  for (const char one : text) {
    if (one == '=') break;
    const std::size_t value = alphabet.find(one);
    if (value == std::string_view::npos) throw std::invalid_argument("no base64");
    bits = bits << 6U | static_cast<unsigned>(value);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    out += static_cast<char>(bits >> static_cast<unsigned>(have) & 255U);
  }
  return out;
}

// The one way in which the gateway takes a field: this name, this type.
std::string text(const rapidjson::Value& object, const char* name) {
  if (!object.HasMember(name)) return {};
  if (!object[name].IsString()) throw std::invalid_argument(std::string(name) + " is no text");
  return object[name].GetString();
}

std::int64_t number(const rapidjson::Value& object, const char* name) {
  const std::string digits = text(object, name);  // 64 bits go as text
  return digits.empty() ? 0 : std::stoll(digits);
}

void only(const rapidjson::Value& object, const std::set<std::string>& names) {
  if (!object.IsObject()) throw std::invalid_argument("no object");
  for (const auto& member : object.GetObject()) {
    if (!names.contains(member.name.GetString()))
      throw std::invalid_argument(std::string("unknown field ") + member.name.GetString());
  }
}

http::Response error(int status, int code, const std::string& words) {
  return {status, {}, R"({"error":")" + words + R"(","code":)" + std::to_string(code) + "}"};
}

}  // namespace

std::string Gateway::header() const {
  return R"("header":{"revision":")" + std::to_string(revision_) + R"("})";
}

void Gateway::protect(std::string user, std::string password) {
  user_ = std::move(user);
  password_ = std::move(password);
}

void Gateway::put(const std::string& key, const std::string& value, std::int64_t lease) {
  ++revision_;
  Key& one = keys_[key];
  if (one.created == 0) one.created = revision_;
  one.value = value;
  one.modified = revision_;
  one.lease = lease;
}

void Gateway::erase(const std::string& key) {
  ++revision_;
  keys_.erase(key);
}

std::int64_t Gateway::grant(std::int64_t seconds) {
  const std::int64_t id = ++last_lease_;
  leases_[id] = {std::chrono::seconds(seconds), now + std::chrono::seconds(seconds)};
  return id;
}

void Gateway::revoke(std::int64_t lease) {
  if (leases_.erase(lease) == 0) return;
  ++revision_;
  std::erase_if(keys_, [&](const auto& one) { return one.second.lease == lease; });
}

void Gateway::expire() {
  std::vector<std::int64_t> over;
  for (const auto& [id, lease] : leases_) {
    if (lease.until <= now) over.push_back(id);
  }
  for (const std::int64_t id : over) revoke(id);
}

std::optional<Gateway::Key> Gateway::get(const std::string& key) {
  expire();
  const auto found = keys_.find(key);
  return found == keys_.end() ? std::nullopt : std::optional(found->second);
}

bool Gateway::has_lease(std::int64_t lease) {
  expire();
  return leases_.contains(lease);
}

std::size_t Gateway::count(const std::string& path) const {
  return static_cast<std::size_t>(std::count(asked.begin(), asked.end(), path));
}

asio::awaitable<base::Result<http::Response>> Gateway::send(http::Request request) {
  const std::size_t at = request.url.find("/v3/");
  const std::string path = at == std::string::npos ? request.url : request.url.substr(at + 4);
  asked.push_back(path);
  base::Error unanswered{base::Code::network, "nobody answers"};
  if (auto& acts = acts_[path]; !acts.empty()) {
    const auto act = std::move(acts.front());
    acts.pop_front();
    act();
  }
  if (down) co_return unanswered;
  std::optional<Fault> fault;
  if (auto& faults = faults_[path]; !faults.empty()) {
    fault = faults.front();
    faults.pop_front();
  }
  if (fault == Fault::unheard) co_return unanswered;
  if (fault == Fault::no_leader) co_return error(503, 14, "etcdserver: no leader");
  if (fault == Fault::garbage) co_return http::Response{200, {}, "<html>hello</html>"};
  if (fault == Fault::compacted)
    co_return error(400, 11, "etcdserver: mvcc: required revision has been compacted");
  if (fault == Fault::token_over) token_.clear();
  expire();
  rapidjson::Document body;
  body.Parse(request.body.c_str());
  if (request.method != http::Method::post || body.HasParseError())
    co_return error(400, 3, "not a request of the gateway");
  std::string token;
  for (const auto& [name, value] : request.headers) {
    if (name == "Authorization") token = value;
  }
  if (!user_.empty() && path != "auth/authenticate" && (token.empty() || token != token_))
    co_return error(401, 16, "etcdserver: invalid auth token");
  Answer done;
  try {
    done = answer(path, body);
  } catch (const std::exception& wrong) {
    done = error(400, 3, wrong.what());
  }
  if (fault == Fault::unanswered) co_return unanswered;
  co_return done;
}

Gateway::Answer Gateway::answer(const std::string& path, const rapidjson::Document& body) {
  if (path == "kv/range") return range(body);
  if (path == "kv/txn") return transact(body);
  if (path == "auth/authenticate") return authenticate(body);
  if (path == "lease/grant") {
    only(body, {"TTL"});
    const std::int64_t seconds = number(body, "TTL");
    if (seconds < 1) return error(400, 3, "no TTL");
    const std::string id = std::to_string(grant(seconds));
    return {200, {}, "{" + header() + R"(,"ID":")" + id + R"(","TTL":")" + std::to_string(seconds) + "\"}"};
  }
  only(body, {"ID"});
  const std::int64_t id = number(body, "ID");
  const auto found = leases_.find(id);
  if (path == "lease/keepalive") {
    std::string ttl;
    if (found != leases_.end()) {
      found->second.until = now + found->second.lasts;
      ttl = R"(,"TTL":")" + std::to_string(found->second.lasts.count()) + "\"";
    }
    return {200, {}, R"({"result":{)" + header() + R"(,"ID":")" + std::to_string(id) + "\"" + ttl + "}}\n"};
  }
  if (path == "lease/revoke") {
    if (found == leases_.end()) return error(404, 5, "etcdserver: requested lease not found");
    revoke(id);
    return {200, {}, "{" + header() + "}"};
  }
  return error(404, 5, "Not Found");
}

Gateway::Answer Gateway::range(const rapidjson::Document& body) {
  only(body, {"key", "range_end", "limit", "revision"});
  const std::string from = decode(text(body, "key"));
  const std::string end = decode(text(body, "range_end"));
  const auto limit = static_cast<std::size_t>(number(body, "limit"));
  std::string found;
  std::size_t count = 0;
  bool more = false;
  for (const auto& [key, one] : keys_) {
    if (key < from || key >= end) continue;
    if (limit != 0 && count == limit) more = true;
    if (more) break;
    if (count++ > 0) found += ",";
    found += R"({"key":")" + encode(key) + R"(","create_revision":")" + std::to_string(one.created) +
             R"(","mod_revision":")" + std::to_string(one.modified) + R"(","version":"1","value":")" +
             encode(one.value) + "\"";
    if (one.lease != 0) found += R"(,"lease":")" + std::to_string(one.lease) + "\"";
    found += "}";
  }
  // What is empty or false is left out.
  std::string out = "{" + header();
  if (count > 0) out += R"(,"kvs":[)" + found + R"(],"count":")" + std::to_string(count) + "\"";
  if (more) out += R"(,"more":true)";
  return {200, {}, out + "}"};
}

Gateway::Answer Gateway::transact(const rapidjson::Document& body) {
  only(body, {"compare", "success"});
  bool holds = true;
  for (const auto& one : body["compare"].GetArray()) {
    const std::string target = text(one, "target");
    const char* field = target == "CREATE" ? "create_revision" : "mod_revision";
    only(one, {"key", "target", field});
    const auto found = keys_.find(decode(text(one, "key")));
    const Key none;
    const Key& key = found == keys_.end() ? none : found->second;
    holds = holds && number(one, field) == (target == "CREATE" ? key.created : key.modified);
  }
  if (!holds) return {200, {}, "{" + header() + "}"};
  std::set<std::string> touched;
  for (const auto& one : body["success"].GetArray()) {
    only(one, {"request_put", "request_delete_range"});
    const bool puts = one.HasMember("request_put");
    const auto& operation = one[puts ? "request_put" : "request_delete_range"];
    if (!touched.insert(text(operation, "key")).second)
      return error(400, 3, "etcdserver: duplicate key given");
    if (puts && number(operation, "lease") != 0 && !leases_.contains(number(operation, "lease")))
      return error(404, 5, "etcdserver: requested lease not found");
  }
  ++revision_;
  for (const auto& one : body["success"].GetArray()) {
    if (one.HasMember("request_delete_range")) {
      only(one["request_delete_range"], {"key"});
      keys_.erase(decode(text(one["request_delete_range"], "key")));
      continue;
    }
    const auto& operation = one["request_put"];
    only(operation, {"key", "value", "lease"});
    const std::string key = decode(text(operation, "key"));
    --revision_;  // all of a transaction is one revision
    put(key, decode(text(operation, "value")), number(operation, "lease"));
  }
  return {200, {}, "{" + header() + R"(,"succeeded":true})"};
}

Gateway::Answer Gateway::authenticate(const rapidjson::Document& body) {
  only(body, {"name", "password"});
  if (text(body, "name") != user_ || text(body, "password") != password_)
    return error(400, 3, "etcdserver: authentication failed, invalid user ID or password");
  token_ = "token." + std::to_string(++tokens_);
  return {200, {}, "{" + header() + R"(,"token":")" + token_ + "\"}"};
}

}  // namespace idpd::test
