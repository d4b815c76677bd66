#include "check/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <set>

namespace idpd::check {

namespace {

using base::Code;
using base::Error;
using base::Json;
using base::Result;

constexpr std::string_view folder = "checks/";
constexpr std::string_view common = "checks/oauth.json";
constexpr std::string_view ending = ".json";
constexpr std::array<std::string_view, 3> verdicts{"ok", "bad", "unknown"};
constexpr std::string_view letters = "DSMRI";

// Reads one document; the first thing that is wrong stays, and what is read after it does not count.
class Reader {
 public:
  explicit Reader(std::string document) : document_(std::move(document)) {}

  const std::optional<Error>& problem() const { return problem_; }

  Knowledge knowledge(const Json& json) {
    allow(json, {"$comment", "console", "values", "discovery", "keys", "authorize", "credentials",
                 "certificates", "metadata"});
    Knowledge out;
    out.console = json.text("console");
    if (const Json* values = json.find("values")) {
      for (const auto& [name, value] : values->object()) out.values.emplace(name, this->value(value));
    }
    if (const Json* one = json.find("discovery")) out.discovery = discovery(*one);
    if (const Json* one = json.find("keys")) {
      allow(*one, {"url"});
      out.keys_url = one->text("url");
    }
    if (const Json* one = json.find("authorize")) out.authorize = authorize(*one);
    if (const Json* one = json.find("credentials")) out.credentials = credentials(*one);
    if (const Json* one = json.find("certificates")) {
      allow(*one, {"field"});
      out.certificates = one->text("field");
    }
    if (const Json* one = json.find("metadata")) {
      allow(*one, {"url", "entity_id", "sso_url"});
      out.metadata = Metadata{one->text("url"), one->text("entity_id"), one->text("sso_url")};
    }
    return out;
  }

  std::vector<Rule> rules(const Json& json, std::string_view name) {
    std::vector<Rule> out;
    if (const Json* all = json.find(name)) {
      for (const Json& one : all->array()) out.push_back(rule(one));
    }
    return out;
  }

 private:
  void fail(std::string message) {
    if (!problem_) problem_ = Error{Code::internal, std::move(message), "schema/" + document_};
  }

  void allow(const Json& object, std::initializer_list<std::string_view> names) {
    for (const auto& [name, value] : object.object()) {
      if (std::find(names.begin(), names.end(), name) == names.end())
        fail(fmt::format("nobody reads \"{}\"", name));
    }
  }

  std::string one_of(const Json& object, std::string_view name,
                     std::initializer_list<std::string_view> words) {
    std::string word = object.text(name);
    if (std::find(words.begin(), words.end(), word) == words.end())
      fail(fmt::format("\"{}\" is no {}", word, name));
    return word;
  }

  static std::map<std::string, std::string> texts(const Json& object, std::string_view name) {
    std::map<std::string, std::string> out;
    if (const Json* found = object.find(name)) {
      for (const auto& [key, value] : found->object()) out.emplace(key, value.string());
    }
    return out;
  }

  Value value(const Json& json) {
    Value out;
    if (json.is_string()) {
      out.templates.push_back(json.string());
    } else if (json.is_array()) {
      for (const Json& one : json.array()) out.templates.push_back(one.string());
    } else {
      allow(json, {"of", "map", "otherwise"});
      out.of = json.text("of");
      out.translations = texts(json, "map");
      out.otherwise = json.text("otherwise");
    }
    return out;
  }

  static std::vector<std::int64_t> numbers(const Json& json, std::string_view name) {
    std::vector<std::int64_t> out;
    if (const Json* found = json.find(name)) {
      for (const Json& one : found->array()) out.push_back(one.integer());
    }
    return out;
  }

  static std::vector<std::string> words(const Json& json, std::string_view name) {
    std::vector<std::string> out;
    if (const Json* found = json.find(name)) {
      for (const Json& one : found->array()) out.push_back(one.string());
    }
    return out;
  }

  When when(const Json& json) {
    allow(json, {"status", "error", "number", "text", "member", "query", "redirect"});
    When out;
    out.status = numbers(json, "status");
    out.error = words(json, "error");
    out.number = numbers(json, "number");
    out.text = words(json, "text");
    out.member = json.text("member");
    out.query = json.text("query");
    if (json.find("redirect")) out.redirect = one_of(json, "redirect", {"callback", "elsewhere"});
    return out;
  }

  Rule rule(const Json& json) {
    allow(json, {"when", "means", "grade", "says", "do"});
    Rule out;
    if (const Json* one = json.find("when")) out.when = when(*one);
    out.says = json.text("says");
    out.advice = json.text("do");
    if (json.find("means")) {
      const std::string means = one_of(json, "means", {"ok", "bad", "unknown"});
      out.means = static_cast<Verdict>(std::find(verdicts.begin(), verdicts.end(), means) - verdicts.begin());
      out.grade = static_cast<Grade>(letters.find(one_of(json, "grade", {"D", "S", "M", "R", "I"}).front()));
    }
    return out;
  }

  Discovery discovery(const Json& json) {
    allow(json, {"issuer", "differs", "answers", "elsewhere"});
    Discovery out{json.text("issuer"), json.text("differs"), rules(json, "answers"), {}};
    if (const Json* one = json.find("elsewhere")) {
      allow(*one, {"value", "says", "do"});
      out.elsewhere = Elsewhere{one->text("value"), one->text("says"), one->text("do")};
    }
    return out;
  }

  Authorize authorize(const Json& json) {
    allow(json, {"url", "parameters", "answers", "explanations"});
    return {json.text("url"), texts(json, "parameters"), rules(json, "answers"), rules(json, "explanations")};
  }

  Credentials credentials(const Json& json) {
    allow(json, {"by", "url", "authentication", "parameters", "order", "answers", "explanations", "retry"});
    Credentials out;
    out.by = one_of(json, "by", {"code", "client_credentials", "introspection"});
    out.url = json.text("url");
    out.authentication = one_of(json, "authentication", {"client_secret_basic", "client_secret_post"});
    out.parameters = texts(json, "parameters");
    const std::string order = one_of(json, "order", {"known", "specified", "unconfirmed"});
    out.order = order == "known"       ? Order::known
                : order == "specified" ? Order::specified
                                       : Order::unconfirmed;
    out.rules = rules(json, "answers");
    out.explanations = rules(json, "explanations");
    if (const Json* one = json.find("retry")) {
      allow(*one, {"when", "authentication", "says", "do"});
      out.retry = Retry{{},
                        one_of(*one, "authentication", {"client_secret_basic", "client_secret_post"}),
                        one->text("says"),
                        one->text("do")};
      if (const Json* condition = one->find("when")) out.retry->when = when(*condition);
    }
    return out;
  }

  std::string document_;
  std::optional<Error> problem_;
};

void append(std::vector<Rule>& rules, const std::vector<Rule>& more) {
  rules.insert(rules.end(), more.begin(), more.end());
}

// The rules that hold everywhere come after the type's own.
struct Common {
  std::vector<Rule> discovery;
  std::vector<Rule> authorize;
  std::map<std::string, std::vector<Rule>> credentials;  // by what they are tried with

  void complete(Knowledge& one) const {
    if (one.discovery) append(one.discovery->rules, discovery);
    if (one.authorize) append(one.authorize->rules, authorize);
    if (one.credentials) append(one.credentials->rules, credentials.at(one.credentials->by));
  }
};

Common read_common(Reader& reader, const Json& document) {
  Common out;
  for (const auto& [name, section] : document.object()) {
    if (!section.is_object()) continue;
    std::vector<Rule> rules = reader.rules(section, "answers");
    if (name == "discovery") {
      out.discovery = std::move(rules);
    } else if (name == "authorize") {
      out.authorize = std::move(rules);
    } else {
      out.credentials[name] = std::move(rules);
    }
  }
  return out;
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  return verdicts[static_cast<std::size_t>(verdict)];
}

char letter(Grade grade) {
  return letters[static_cast<std::size_t>(grade)];
}

bool decides(Grade grade) {
  return grade == Grade::documented || grade == Grade::source || grade == Grade::measured;
}

Result<Catalog> Catalog::load(const std::map<std::string, std::string>& documents) {
  std::map<std::string, Json> parsed;
  for (const auto& [path, text] : documents) {
    if (!path.starts_with(folder)) continue;
    auto json = base::parse_json(text);
    if (!json) return Error{Code::internal, json.error().message, "schema/" + path};
    parsed.emplace(path, *std::move(json));
  }
  Catalog out;
  if (!parsed.contains(std::string(common))) return out;
  Reader reader{std::string(common)};
  const Common everywhere = read_common(reader, parsed.at(std::string(common)));
  if (reader.problem()) return *reader.problem();
  parsed.erase(std::string(common));
  for (const auto& [path, json] : parsed) {
    // Another type's knowledge under this name.
    const std::string same = json.text("same_as");
    const std::string source = same.empty() ? path : std::string(folder) + same + std::string(ending);
    const auto found = parsed.find(source);
    if (found == parsed.end()) return Error{Code::internal, "same_as names nothing", "schema/" + path};
    Reader own(source);
    Knowledge one = own.knowledge(found->second);
    if (own.problem()) return *own.problem();
    everywhere.complete(one);
    out.types_.emplace(path.substr(folder.size(), path.size() - folder.size() - ending.size()),
                       std::move(one));
  }
  return out;
}

const Knowledge* Catalog::find(const std::string& type) const {
  const auto found = types_.find(type);
  return found == types_.end() ? nullptr : &found->second;
}

}  // namespace idpd::check
