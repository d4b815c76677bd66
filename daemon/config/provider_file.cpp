#include "config/provider_file.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <set>
#include <utility>

#include "base/text.h"
#include "config/decode.h"
#include "config/format.h"
#include "config/variables.h"

namespace idpd::config {

namespace {

using base::Json;
using model::Location;
using model::Severity;
using model::TypeCatalog;

// The entries are checked one by one, each against its own type's schema.
Json outer_schema(const TypeCatalog& catalog) {
  const Json* document = catalog.document("identity-providers.json");
  Json schema = document ? *document : Json(Json::Object{});
  if (Json* properties = schema.find("properties"))
    (*properties->find("identity_providers"))["additionalProperties"] = true;
  return schema;
}

// While one file is read.
class Reading {
 public:
  Reading(const SourceFile& file, const LoadOptions& options, const Json& outer_schema, EntryReader& entries)
      : file_(file.path),
        options_(options),
        outer_schema_(outer_schema),
        reader_(entries),
        origin_(std::hash<std::string>{}(file.path + '\0' + file.text)) {}

  ProviderFile out;

  void read(const std::string& text) {
    Node root = read_yaml(file_, text, Limits{}, out.diagnostics);
    if (root.kind == Node::Kind::null) {
      if (out.diagnostics.empty()) report(Severity::warning, {file_, 0, 0}, "the file is empty");
      return;
    }
    const bool keyed = root.find("identity_providers") || root.find("account") || root.find("accounts");
    if (root.kind == Node::Kind::mapping && !keyed && root.find("type")) {
      bare_object(root);
    } else {
      keyed_document(root);
    }
  }

 private:
  void report(Severity severity, Location where, std::string message) {
    out.diagnostics.push_back({severity, std::move(where), std::move(message)});
  }
  Location at(const Node& node) const { return {file_, node.line, node.column}; }

  void bare_object(Node& root) {
    const std::string stem = std::filesystem::path(file_).stem().string();
    const Json* keys = outer_schema_.find("properties")->find("identity_providers")->find("propertyNames");
    if (const auto problem = format_problem(*keys, Json(stem))) {
      report(Severity::error, {file_, 0, 0},
             fmt::format("the file's name is the key \"{}\", which {}", base::printable(stem), *problem));
    }
    out.accounts = {account_of(nullptr)};
    add({stem, at(root)}, root, false);
  }

  void keyed_document(Node& root) {
    decode(root, outer_schema_, {.file = file_}, out.diagnostics);
    const Node* account = root.find("account");
    const Node* accounts = root.find("accounts");
    if (account && accounts)
      report(Severity::error, at(*accounts), "a file says either account or accounts, not both");
    if (accounts) {
      out.accounts = accounts_of(*accounts);
    } else {
      out.accounts = {account_of(account && account->kind == Node::Kind::scalar ? account : nullptr)};
    }
    const auto entries =
        std::find_if(root.members.begin(), root.members.end(), [](const Node::Member& member) {
          return member.key.kind == Node::Kind::scalar && member.key.text == "identity_providers";
        });
    if (entries == root.members.end()) return;
    std::set<std::string_view> seen;
    for (auto& [key, node] : entries->value.members) {
      if (key.kind != Node::Kind::scalar) continue;
      const EntryReader::Place place{key.text, at(key)};
      if (seen.insert(key.text).second) {
        add(place, node, accounts != nullptr);
      } else {  // of which the decoder has told
        (void)reader_.read(place, node, out.diagnostics);
      }
    }
  }

  void add(const EntryReader::Place& place, Node& node, bool shared) {
    auto one = std::make_shared<Entry>(Entry{place, {}, {}, shared, origin_});
    if (has_variable(node) && !options_.any_variable) {
      one->node = std::move(node);
    } else {
      one->provider = reader_.read(place, node, out.diagnostics);
      if (!one->provider) return;
      for (const auto& [path, secret] : one->provider->secrets) out.secret_in_clear |= secret.in_clear;
    }
    out.entries.push_back(std::move(one));
  }

  // The alias of the account that a file is about; empty, and an error, when that is not clear.
  std::string account_of(const Node* stated) {
    if (!stated) {
      if (options_.default_account.empty()) {
        report(Severity::error, {file_, 1, 1},
               fmt::format("the file must say which account it is about: `account: {}`",
                           base::join(options_.accounts, "` or `account: ")));
      }
      return options_.default_account;
    }
    const auto& known = options_.accounts;
    if (!known.empty() && std::find(known.begin(), known.end(), stated->text) == known.end()) {
      unknown_account(stated->text, at(*stated));
    }
    return stated->text;
  }

  static bool is_glob(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

  void take(const Node& wanted, std::set<std::string>& chosen) {
    const bool taken_out = wanted.text.starts_with('!');
    const std::string pattern = wanted.text == "all" ? "*" : wanted.text.substr(taken_out ? 1 : 0);
    const Location where = at(wanted);
    if (options_.accounts.empty()) {  // nobody knows them: a glob stands for those that it will match
      const std::string alias =
          is_glob(pattern) && !options_.default_account.empty() ? options_.default_account : pattern;
      if (!taken_out) chosen.insert(alias);
      return;
    }
    bool any = false;
    for (const std::string& alias : options_.accounts) {
      if (fnmatch(pattern.c_str(), alias.c_str(), 0) != 0) continue;
      any = true;
      if (taken_out) {
        chosen.erase(alias);
      } else {
        chosen.insert(alias);
      }
    }
    if (any) return;
    if (is_glob(pattern)) {
      report(Severity::warning, where, fmt::format("no account matches \"{}\"", base::printable(pattern)));
    } else {
      unknown_account(pattern, where);
    }
  }

  void unknown_account(const std::string& alias, const Location& where) {
    report(Severity::error, where,
           fmt::format("the settings have no account \"{}\"{}", base::printable(alias),
                       base::did_you_mean(alias, options_.accounts)));
  }

  // In their order: what is taken out may be put in again.
  std::vector<std::string> accounts_of(const Node& stated) {
    std::set<std::string> chosen;
    if (stated.kind == Node::Kind::scalar) take(stated, chosen);
    if (!stated.items.empty() && stated.items.front().text.starts_with('!'))
      chosen.insert(options_.accounts.begin(), options_.accounts.end());
    for (const Node& one : stated.items) {
      if (one.kind == Node::Kind::scalar) take(one, chosen);
    }
    return {chosen.begin(), chosen.end()};
  }

  const std::string& file_;
  const LoadOptions& options_;
  const Json& outer_schema_;
  EntryReader& reader_;
  const std::size_t origin_;
};

}  // namespace

FileReader::FileReader(const TypeCatalog& catalog, const LoadOptions& options)
    : options_(options), outer_schema_(outer_schema(catalog)), entries_(catalog, options.any_variable) {}

ProviderFile FileReader::read(const SourceFile& file) {
  Reading reading(file, options_, outer_schema_, entries_);
  reading.read(file.text);
  return std::move(reading.out);
}

}  // namespace idpd::config
