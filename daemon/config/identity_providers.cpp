#include "config/identity_providers.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "config/decode.h"
#include "config/format.h"

namespace idpd::config {

using base::Json;
using model::DesiredProvider;
using model::DesiredState;
using model::Diagnostic;
using model::Location;
using model::Severity;
using model::Type;
using model::TypeCatalog;

namespace {

// Documents of schema/ that the loader cannot do without; a test loads them all.
const Json& document(const TypeCatalog& catalog, std::string_view name) {
  static const Json nothing{Json::Object{}};
  const Json* found = catalog.document(name);
  return found ? *found : nothing;
}

constexpr std::size_t few_accounts = 3;  // are named in a message that is about many

}  // namespace

class Loader {
 public:
  Loader(const TypeCatalog& catalog, LoadOptions options)
      : catalog_(catalog), options_(std::move(options)), outer_schema_(outer_schema(catalog)) {
    for (const std::string& alias : options_.accounts) accounts_[alias];
  }

  std::vector<Diagnostic> diagnostics;

  const auto& accounts() const { return accounts_; }
  bool holds_secret_in_clear() const { return secret_in_clear_; }
  std::size_t signature(const std::string& alias) const {
    std::size_t out = 0;
    const auto found = accounts_.find(alias);
    if (found == accounts_.end()) return out;
    constexpr std::size_t factor = 1'000'003;  // so that their order counts
    for (const auto& one : found->second) out = out * factor + one->origin + 1;
    return out;
  }

  // The account's state; what is wrong with it has been said when the files were loaded.
  DesiredState of(const std::string& alias) {
    DesiredState out;
    const auto found = accounts_.find(alias);
    if (found == accounts_.end()) return out;
    std::vector<Diagnostic> known;
    std::swap(known, diagnostics);
    for (const auto& one : found->second) {
      if (auto provider = instance(*one, alias)) out.providers.push_back(*std::move(provider));
    }
    std::swap(known, diagnostics);
    sort(out);
    return out;
  }

  // The same of what is needed no more.
  DesiredState take(const std::string& alias) {
    DesiredState out;
    for (auto& one : accounts_.at(alias)) {
      if (one.use_count() > 1 || !one->provider) return of(alias);
    }
    out.providers.reserve(accounts_.at(alias).size());
    for (auto& one : accounts_.at(alias)) out.providers.push_back(*std::move(one->provider));
    accounts_.at(alias).clear();
    sort(out);
    return out;
  }

  void load(const SourceFile& file) {
    origin_ = std::hash<std::string>{}(file.path + '\0' + file.text);
    const std::size_t before = diagnostics.size();
    const Node root = read_yaml(file.path, file.text, Limits{}, diagnostics);
    if (root.kind == Node::Kind::null) {
      if (before == diagnostics.size()) report(Severity::warning, {file.path, 0, 0}, "the file is empty");
      return;
    }
    const bool keyed = root.find("identity_providers") || root.find("account") || root.find("accounts");
    if (root.kind == Node::Kind::mapping && !keyed && root.find("type")) {
      const std::string stem = std::filesystem::path(file.path).stem().string();
      const auto problem = format_problem(*key_schema(), Json(stem));
      if (problem) {
        report(Severity::error, {file.path, 0, 0},
               fmt::format("the file's name is the key \"{}\", which {}", base::printable(stem), *problem));
      }
      const std::string alias = account_of(file.path, nullptr);
      add(file.path, stem, root, {file.path, root.line, root.column}, {alias}, false);
    } else {
      keyed_document(file.path, root);
    }
  }

  // What only all files together show; each account is made once, and not kept.
  void check_across() {
    for (const auto& [alias, entries] : accounts_) {
      std::deque<DesiredProvider> made;
      std::map<const DesiredProvider*, bool> shared;
      std::vector<const DesiredProvider*> sorted;
      for (const auto& one : entries) {
        const DesiredProvider* provider = one->provider ? &*one->provider : nullptr;
        about_ = one->shared ? &alias : nullptr;
        if (!provider) {
          auto its = instance(*one, alias);
          if (!its) continue;
          provider = &made.emplace_back(*std::move(its));
        }
        sorted.push_back(provider);
        shared.emplace(provider, one->shared);
      }
      std::stable_sort(sorted.begin(), sorted.end(),
                       [](const auto* a, const auto* b) { return a->key < b->key; });
      std::map<std::string, const DesiredProvider*> keys, names, singletons, adopted;
      const auto once = [&](auto& seen, const std::string& what, const DesiredProvider& one,
                            const Location& where, const std::string& description) {
        if (what.empty()) return;
        const auto [first, added] = seen.emplace(what, &one);
        if (added) return;
        const bool many = shared.at(&one) || shared.at(first->second);
        about_ = many ? &alias : nullptr;
        report(Severity::error, where,
               fmt::format("{} is taken by {}{}", description, first->second->where.text(),
                           many ? "; a file takes an account out with \"!ALIAS\" in its accounts" : ""));
      };
      for (const DesiredProvider* each : sorted) {
        const DesiredProvider& one = *each;
        once(keys, one.key, one, one.where, fmt::format("the key \"{}\"", base::printable(one.key)));
        once(names, one.name(), one, one.location("name"),
             fmt::format("the name \"{}\"", base::printable(one.name())));
        if (catalog_.find(one.type)->singleton) {
          once(singletons, one.type, one, one.where,
               fmt::format("the type {}, of which an account has one,", one.type));
        }
        if (!one.options.adopt_id.empty()) {
          once(adopted, one.options.adopt_id, one, one.location("options.adopt_id"), "this adopt_id");
        }
      }
    }
    about_ = nullptr;
    name_accounts();
  }

 private:
  // As a file has it: decoded, or where it takes variables as the file says it.
  struct Entry {
    std::optional<DesiredProvider> provider;
    std::optional<Node> node;
    std::string key;
    Location where;
    bool shared = false;     // among accounts
    std::size_t origin = 0;  // its file's text
  };

  static void sort(DesiredState& state) {
    std::stable_sort(state.providers.begin(), state.providers.end(),
                     [](const auto& a, const auto& b) { return a.key < b.key; });
  }

  void report(Severity severity, Location where, std::string message) {
    diagnostics.push_back({severity, std::move(where), std::move(message)});
    if (about_) about_accounts_[diagnostics.size() - 1] = *about_;
  }

  // One mistake in a file for many accounts is one message, which names a few of them.
  void name_accounts() {
    std::map<std::tuple<std::string, int, int, std::string>, std::vector<std::string>> by_mistake;
    std::vector<std::pair<Diagnostic, const std::vector<std::string>*>> kept;
    for (std::size_t i = 0; i < diagnostics.size(); ++i) {
      Diagnostic& one = diagnostics[i];
      const auto found = about_accounts_.find(i);
      if (found == about_accounts_.end()) {
        kept.emplace_back(std::move(one), nullptr);
        continue;
      }
      const auto [mistake, added] =
          by_mistake.try_emplace({one.where.file, one.where.line, one.where.column, one.message});
      mistake->second.push_back(found->second);
      if (added) kept.emplace_back(std::move(one), &mistake->second);
    }
    diagnostics.clear();
    for (auto& [one, accounts] : kept) {
      if (accounts) one.message += fmt::format(" (account{})", named(*accounts));
      diagnostics.push_back(std::move(one));
    }
    about_accounts_.clear();
  }

  static std::string named(const std::vector<std::string>& accounts) {
    const std::vector<std::string> first(
        accounts.begin(),
        accounts.begin() + static_cast<std::ptrdiff_t>(std::min(few_accounts, accounts.size())));
    std::string out = (accounts.size() > 1 ? "s " : " ") + base::join(first, ", ");
    if (accounts.size() > few_accounts) out += fmt::format(" and {} more", accounts.size() - few_accounts);
    return out;
  }

  std::optional<DesiredProvider> instance(const Entry& one, const std::string& alias) {
    if (one.provider) return one.provider;
    if (!one.node) return std::nullopt;
    static const Variables none;
    const Variables* variables = options_.variables ? options_.variables(alias) : nullptr;
    std::vector<UnknownVariable> unknown;
    const Node node = filled(*one.node, variables ? *variables : none, unknown);
    const std::size_t before = diagnostics.size();
    for (const UnknownVariable& each : unknown) {
      std::vector<std::string> names{"account", "account_id"};
      for (const auto& [name, value] : variables ? *variables : none) names.push_back(name);
      const std::string* about = std::exchange(about_, &alias);
      report(Severity::error, {one.where.file, each.line, each.column},
             fmt::format(
                 "there is no variable \"{}\"{}; say it under the account's `variables` in the settings, or "
                 "under account_defaults",
                 base::printable(each.name), base::did_you_mean(each.name, names)));
      about_ = about;
    }
    if (!unknown.empty()) return std::nullopt;
    auto out = entry(one.where.file, one.key, node, one.where);
    if (out) note_secrets(*out);
    if (about_) {
      for (std::size_t i = before; i < diagnostics.size(); ++i) about_accounts_.try_emplace(i, *about_);
    }
    return out;
  }

  void note_secrets(const DesiredProvider& one) {
    for (const auto& [path, secret] : one.secrets) secret_in_clear_ = secret_in_clear_ || secret.in_clear;
  }

  void add(const std::string& file, const std::string& key, const Node& node, const Location& where,
           const std::vector<std::string>& aliases, bool shared) {
    auto one = std::make_shared<Entry>(Entry{{}, {}, key, where, shared, origin_});
    if (has_variable(node) && !options_.any_variable) {
      one->node = node;
    } else {
      one->provider = entry(file, key, node, where);
      if (!one->provider) return;
      note_secrets(*one->provider);
    }
    for (const std::string& alias : aliases) accounts_[alias].push_back(one);
  }

  const Json* key_schema() const {
    return document(catalog_, "identity-providers.json")
        .find("properties")
        ->find("identity_providers")
        ->find("propertyNames");
  }

  // The alias of the account that a file is about; empty, and an error, when that is not clear.
  std::string account_of(const std::string& file, const Node* stated) {
    if (!stated) {
      if (options_.default_account.empty()) {
        report(Severity::error, {file, 1, 1},
               fmt::format("the file must say which account it is about: `account: {}`",
                           base::join(options_.accounts, "` or `account: ")));
      }
      return options_.default_account;
    }
    const auto& known = options_.accounts;
    if (!known.empty() && std::find(known.begin(), known.end(), stated->text) == known.end()) {
      unknown_account(stated->text, {file, stated->line, stated->column});
    }
    return stated->text;
  }

  static bool is_glob(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

  void take(const std::string& file, const Node& wanted, std::set<std::string>& chosen) {
    const bool out = wanted.text.starts_with('!');
    const std::string pattern = wanted.text == "all" ? "*" : wanted.text.substr(out ? 1 : 0);
    const Location where{file, wanted.line, wanted.column};
    if (options_.accounts.empty()) {  // nobody knows them: a glob stands for those that it will match
      const std::string alias =
          is_glob(pattern) && !options_.default_account.empty() ? options_.default_account : pattern;
      if (!out) chosen.insert(alias);
      return;
    }
    bool any = false;
    for (const std::string& alias : options_.accounts) {
      if (fnmatch(pattern.c_str(), alias.c_str(), 0) != 0) continue;
      any = true;
      if (out) {
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
  std::vector<std::string> accounts_of(const std::string& file, const Node& stated) {
    std::set<std::string> chosen;
    if (stated.kind == Node::Kind::scalar) take(file, stated, chosen);
    if (!stated.items.empty() && stated.items.front().text.starts_with('!'))
      chosen.insert(options_.accounts.begin(), options_.accounts.end());
    for (const Node& one : stated.items) {
      if (one.kind == Node::Kind::scalar) take(file, one, chosen);
    }
    return {chosen.begin(), chosen.end()};
  }

  void keyed_document(const std::string& file, const Node& root) {
    decode(root, outer_schema_, {.file = file}, diagnostics);
    const Node* entries = root.find("identity_providers");
    const Node* account = root.find("account");
    const Node* accounts = root.find("accounts");
    if (account && accounts) {
      report(Severity::error, {file, accounts->line, accounts->column},
             "a file says either account or accounts, not both");
    }
    const std::vector<std::string> aliases =
        accounts ? accounts_of(file, *accounts)
                 : std::vector{
                       account_of(file, account && account->kind == Node::Kind::scalar ? account : nullptr)};
    if (!entries) return;
    std::set<std::string_view> seen;
    for (const auto& [key, node] : entries->members) {
      if (key.kind != Node::Kind::scalar) continue;
      const bool first = seen.insert(key.text).second;  // the decoder has told of a second one
      const Location where{file, key.line, key.column};
      if (first) {
        add(file, key.text, node, where, aliases, accounts != nullptr);
      } else {
        (void)entry(file, key.text, node, where);
      }
    }
  }

  // The entries are checked one by one, each against its own type's schema.
  static Json outer_schema(const TypeCatalog& catalog) {
    Json schema = document(catalog, "identity-providers.json");
    (*schema.find("properties")->find("identity_providers"))["additionalProperties"] = true;
    return schema;
  }

  const Json& schema_for(const Type& type, bool secrets_may_be_absent) {
    const auto [found, added] = entry_schemas_.try_emplace({&type, secrets_may_be_absent});
    if (added) {
      found->second = entry_schema(catalog_, type);
      if (secrets_may_be_absent) let_secrets_be_absent(found->second);
    }
    return found->second;
  }

  const Type* type_of(const std::string& file, const std::string& key, const Node& node,
                      const Location& where) {
    const Node* stated = node.find("type");
    if (!stated || stated->kind != Node::Kind::scalar) {
      report(Severity::error, where,
             fmt::format("{} has no type; it is one of {}", base::printable(key),
                         base::join(catalog_.names(), ", ")));
      return nullptr;
    }
    const Type* type = catalog_.find(stated->text);
    if (!type) {
      const std::vector<std::string> names = catalog_.names();
      std::string hint = base::did_you_mean(stated->text, names);
      if (hint.empty()) hint = "; it is one of " + base::join(names, ", ");
      report(Severity::error, {file, stated->line, stated->column},
             fmt::format("unknown type \"{}\"{}", base::printable(stated->text), hint));
    }
    return type;
  }

  std::optional<DesiredProvider> entry(const std::string& file, const std::string& key, const Node& node,
                                       const Location& where) {
    if (node.kind != Node::Kind::mapping) {
      report(Severity::error, where,
             fmt::format("{} must be a mapping with name, type and config", base::printable(key)));
      return std::nullopt;
    }
    const Node* stated = node.find("type");
    if (options_.any_variable && stated && has_variable(std::string_view(stated->text))) return std::nullopt;
    const Type* type = type_of(file, key, node, where);
    if (!type) return std::nullopt;

    const Node* options = node.find("options");
    const Node* keep = options ? options->find("keep_secret") : nullptr;
    const bool kept = keep && (keep->text == "true" || keep->text == "True" || keep->text == "TRUE");
    const DecodeOptions decoding{.file = file,
                                 .keep_null = true,
                                 .any_variable = options_.any_variable,
                                 .explain_unknown = [&](const std::string& parent, const std::string& name) {
                                   return of_another_type(*type, parent, name);
                                 }};
    Decoded decoded = decode(node, schema_for(*type, kept), decoding, diagnostics);
    DesiredProvider provider = make_provider(*type, key, where, std::move(decoded));
    check_one(*type, provider);
    return provider;
  }

  static void let_secrets_be_absent(Json& object) {
    Json* properties = object.find("properties");
    if (!properties) return;
    if (Json* required = object.find("required")) {
      std::erase_if(required->array(), [&](const Json& name) {
        const Json* member = properties->find(name.string());
        return member && member->flag("writeOnly");
      });
    }
    for (auto& [name, member] : properties->object()) let_secrets_be_absent(member);
  }

  // `config.okta_account` in a PingOne entry: say whose it is.
  std::string of_another_type(const Type& type, const std::string& parent, const std::string& name) const {
    const std::string path = parent.empty() ? name : parent + "." + name;
    std::vector<std::string> owners;
    for (const Type& other : catalog_.types()) {
      const bool has = std::any_of(other.fields.begin(), other.fields.end(), [&](const model::Field& field) {
        return field.path == path || field.path.starts_with(path + ".");
      });
      if (has) owners.push_back(other.name);
    }
    if (owners.empty()) return "";
    constexpr std::size_t few = 4;
    if (owners.size() > few) return fmt::format("; a field that type {} does not have", type.name);
    return fmt::format("; a field of type {}, not of {}", base::join(owners, ", "), type.name);
  }

  static DesiredProvider make_provider(const Type& type, const std::string& key, const Location& where,
                                       Decoded decoded) {
    DesiredProvider out;
    out.key = key;
    out.type = type.name;
    out.where = where;
    out.secrets = std::move(decoded.secrets);
    const auto take_position = [&](std::string_view path) {
      const auto found = decoded.positions.find(path);
      if (found != decoded.positions.end())
        out.positions.push_back({path, found->second.line, found->second.column});
    };
    for (const std::string_view path : {"options.adopt_id", "options.ignore"}) take_position(path);
    for (const model::Field& field : type.fields) {
      take_position(field.path);
      if (field.secret || field.read_only) continue;
      if (Json* value = model::at_path(decoded.value, field.path))
        out.fields.emplace(field.path, std::move(*value));
    }
    out.positions.shrink_to_fit();
    if (const Json* options = decoded.value.find("options"); options && options->is_object()) {
      out.options.prevent_delete = options->flag("prevent_delete");
      out.options.keep_secret = options->flag("keep_secret");
      out.options.adopt_id = options->text("adopt_id");
      out.options.secret_expires = options->text("secret_expires");
      if (const Json* ignore = options->find("ignore"); ignore && ignore->is_array()) {
        for (const Json& path : ignore->array()) {
          if (path.is_string()) out.options.ignore.insert(path.string());  // one that was refused is null
        }
      }
    }
    if (const Json* check = decoded.value.find("check")) out.check = *check;
    return out;
  }

  void check_one(const Type& type, const DesiredProvider& one) {
    const Location options = one.location("options.ignore");
    for (const std::string& path : one.options.ignore) {
      const model::Field* field = type.find(path);
      if (field && !field->read_only && path != model::name_path) continue;
      std::vector<std::string> paths;
      for (const model::Field& known : type.fields) {
        if (!known.read_only && known.path != model::name_path) paths.push_back(known.path);
      }
      report(Severity::error, options,
             fmt::format("options.ignore names \"{}\", which is no field of type {}{}", base::printable(path),
                         type.name, base::did_you_mean(path, paths)));
    }
    for (const auto& [path, secret] : one.secrets) {
      const model::Field* field = type.find(path);
      if (secret.unset && field && field->required && !one.options.keep_secret) {
        continue;  // the decoder has said that it must not be empty
      }
      if (secret.in_clear) {
        report(Severity::warning, secret.where,
               fmt::format("{} holds a secret in clear; write a reference such as ${{credential:{}}}", path,
                           one.key));
      }
    }
  }

  const TypeCatalog& catalog_;
  const LoadOptions options_;
  const Json outer_schema_;
  std::map<std::pair<const Type*, bool>, Json> entry_schemas_;  // by type, and whether secrets may be absent
  std::map<std::string, std::vector<std::shared_ptr<Entry>>> accounts_;  // by alias
  bool secret_in_clear_ = false;
  std::size_t origin_ = 0;
  const std::string* about_ = nullptr;                 // whom a mistake is about, in a file for many
  std::map<std::size_t, std::string> about_accounts_;  // by the diagnostic's place
};

namespace {

std::shared_ptr<Loader> loaded(const std::vector<SourceFile>& files, const TypeCatalog& catalog,
                               const LoadOptions& options) {
  auto out = std::make_shared<Loader>(catalog, options);
  for (const SourceFile& file : files) out->load(file);
  out->check_across();
  if (options.strict) {
    for (Diagnostic& one : out->diagnostics) one.severity = Severity::error;
  }
  std::stable_sort(out->diagnostics.begin(), out->diagnostics.end(),
                   [](const Diagnostic& a, const Diagnostic& b) {
                     return std::tie(a.where.file, a.where.line, a.where.column) <
                            std::tie(b.where.file, b.where.line, b.where.column);
                   });
  return out;
}

bool without_error(const std::vector<Diagnostic>& diagnostics) {
  return std::none_of(diagnostics.begin(), diagnostics.end(),
                      [](const Diagnostic& one) { return one.severity == Severity::error; });
}

}  // namespace

bool Desired::ok() const {
  return without_error(diagnostics);
}

bool SharedDesired::ok() const {
  return without_error(diagnostics);
}

Json entry_schema(const TypeCatalog& catalog, const Type& type) {
  Json schema = type.schema;
  for (const char* word : {"$schema", "$id"}) schema.erase(word);
  const Json* ours = document(catalog, "identity-provider.json").find("properties");
  for (const auto& [name, member] : ours->object()) (*schema.find("properties"))[name] = member;
  return schema;
}

Desired load_desired(const std::vector<SourceFile>& files, const TypeCatalog& catalog,
                     const LoadOptions& options) {
  const auto loader = loaded(files, catalog, options);
  Desired out;
  for (const auto& [alias, entries] : loader->accounts()) out.accounts.emplace(alias, loader->take(alias));
  out.diagnostics = std::move(loader->diagnostics);
  return out;
}

SharedDesired::SharedDesired(const std::vector<SourceFile>& files, const TypeCatalog& catalog,
                             const LoadOptions& options)
    : loader_(loaded(files, catalog, options)) {
  diagnostics = std::move(loader_->diagnostics);
}

std::vector<std::string> SharedDesired::accounts() const {
  std::vector<std::string> out;
  if (!loader_) return out;
  for (const auto& [alias, entries] : loader_->accounts()) out.push_back(alias);
  return out;
}

DesiredState SharedDesired::of(const std::string& account) const {
  return loader_ ? loader_->of(account) : DesiredState{};
}

std::size_t SharedDesired::signature(const std::string& account) const {
  return loader_ ? loader_->signature(account) : 0;
}

bool SharedDesired::holds_secret_in_clear() const {
  return loader_ && loader_->holds_secret_in_clear();
}

}  // namespace idpd::config
