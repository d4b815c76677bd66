// The addresses of one identity provider, made from templates such as `https://{suffix}/{config.client_id}`:
// a name with a dot is a field of the file (`config.…`, `check.…`), any other one of schema/checks or of
// those that are given. Pure; a value that is not there leaves the whole template without a result.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "check/catalog.h"
#include "model/desired.h"

namespace idpd::check {

class Values {
 public:
  Values(const Knowledge& knowledge, const model::DesiredProvider& provider,
         std::map<std::string, std::string> given)
      : knowledge_(knowledge), provider_(provider), given_(std::move(given)) {}

  // A value at the very beginning stands as it is, since it is an address itself; further on it is one
  // segment of a path, and escaped as such.
  std::optional<std::string> address(const std::string& text) const;
  // For people: nothing is escaped, and what is not there is left out.
  std::string sentence(const std::string& text) const;

  // A field of the file, empty where there is none; lists are joined by spaces.
  std::string field(const std::string& path) const;

  // From now on: a value of this name; this one is translated as if its field were that.
  void give(const std::string& name, const std::string& value) { given_[name] = value; }
  void assume(const std::string& value, const std::string& field) { assumed_[value] = field; }
  const Knowledge& knowledge() const { return knowledge_; }

 private:
  std::optional<std::string> find(const std::string& name, int depth) const;
  std::optional<std::string> fill(const std::string& text, bool escape, int depth) const;

  const Knowledge& knowledge_;
  const model::DesiredProvider& provider_;
  std::map<std::string, std::string> given_;
  std::map<std::string, std::string> assumed_;
};

// As one segment of a path, or one value of a form or a query.
std::string escaped(std::string_view text);
// `name=value&…`, sorted by name.
std::string form(const std::map<std::string, std::string>& parameters);

// The host of an https address, in lower case and without its port; nothing when it is no https address, or
// one with a user in it.
std::optional<std::string> https_host(const std::string& url);
// `example.com` allows that host alone, `*.example.com` all below it.
bool is_allowed(const std::string& host, const std::vector<std::string>& allowed);
// Without its query: what may be shown.
std::string without_query(const std::string& url);

}  // namespace idpd::check
