// What is known of each type's endpoints and of what their answers mean, read from schema/checks, which is
// compiled in: a type that can be probed is a file there. Built once in main, never changed after, passed by
// reference. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace idpd::check {

enum class Verdict { ok, bad, unknown };
std::string_view name_of(Verdict verdict);

// How sure a rule is. Only the first three decide; the others are hints, and leave the verdict unknown.
enum class Grade { documented, source, measured, reported, inferred };
char letter(Grade grade);
bool decides(Grade grade);

// What an answer must have; what is not set is not asked for.
struct When {
  std::vector<std::int64_t> status;
  std::vector<std::string> error;    // one of these
  std::vector<std::int64_t> number;  // one of these
  std::vector<std::string>
      text;              // one of these, in the description or the beginning of the body, in any case
  std::string member;    // of the JSON body
  std::string query;     // a parameter of the address that it redirects to
  std::string redirect;  // `callback`: to our redirect URI; `elsewhere`
};

struct Rule {
  When when;
  Verdict means = Verdict::unknown;
  Grade grade = Grade::inferred;
  std::string says;
  std::string advice;  // what a person does next; {console} and values are filled in
};

// A value that addresses are made of: the first of some templates that can be filled in, or the translation
// of a field.
struct Value {
  std::vector<std::string> templates;
  std::string of;
  std::map<std::string, std::string> translations;
  std::string otherwise;  // the field's value when it is not set
};

struct Elsewhere {
  std::string value;  // the other translations of this one are tried
  std::string says;
  std::string advice;
};

struct Discovery {
  std::string issuer;
  std::string differs;  // why another issuer is no fault; empty: it is one
  std::vector<Rule> rules;
  std::optional<Elsewhere> elsewhere;
};

struct Authorize {
  std::string url;  // empty: as the discovery document says
  std::map<std::string, std::string> parameters;
  std::vector<Rule> rules;
  std::vector<Rule> explanations;  // better words for what a rule has decided
};

struct Retry {
  When when;
  std::string authentication;
  std::string says;
  std::string advice;
};

// Is the secret looked at before the code? Documented or inherent; as RFC 6749 implies; nobody knows.
enum class Order { known, specified, unconfirmed };

struct Credentials {
  std::string by;  // code, client_credentials, introspection
  std::string url;
  std::string authentication;  // client_secret_basic, client_secret_post
  std::map<std::string, std::string> parameters;
  Order order = Order::specified;
  std::vector<Rule> rules;
  std::vector<Rule> explanations;
  std::optional<Retry> retry;
};

struct Metadata {
  std::string url;
  std::string entity_id;  // paths of fields
  std::string sso_url;
};

struct Knowledge {
  std::string console;
  std::map<std::string, Value> values;
  std::optional<Discovery> discovery;
  std::string keys_url;  // empty: as the discovery document says
  std::optional<Authorize> authorize;
  std::optional<Credentials> credentials;
  std::string certificates;  // the path of the field; empty: there are none
  std::optional<Metadata> metadata;
};

class Catalog {
 public:
  // `documents`: path below schema/ -> text, of which those below checks/ are read. Errors: no JSON, a member
  // or a word that nobody reads.
  static base::Result<Catalog> load(const std::map<std::string, std::string>& documents);

  // Null: nothing is known to probe of this type.
  const Knowledge* find(const std::string& type) const;

 private:
  std::map<std::string, Knowledge> types_;
};

}  // namespace idpd::check
