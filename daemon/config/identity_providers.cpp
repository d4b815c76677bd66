#include "config/identity_providers.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <tuple>

#include "base/text.h"
#include "config/decode.h"
#include "config/format.h"

namespace idpd::config {

namespace {

using base::Json;
using model::DesiredProvider;
using model::Diagnostic;
using model::Location;
using model::Severity;
using model::Type;
using model::TypeCatalog;

// Documents of schema/ that the loader cannot do without; a test loads them all.
const Json& document(const TypeCatalog& catalog, std::string_view name) {
  static const Json nothing{Json::Object{}};
  const Json* found = catalog.document(name);
  return found ? *found : nothing;
}

class Loader {
 public:
  Loader(const TypeCatalog& catalog, const LoadOptions& options, Desired& out)
      : catalog_(catalog), options_(options), outer_schema_(outer_schema(catalog)), out_(out) {}

  void load(const SourceFile& file) {
    const std::size_t before = out_.diagnostics.size();
    const Node root = read_yaml(file.path, file.text, Limits{}, out_.diagnostics);
    if (root.kind == Node::Kind::null) {
      if (before == out_.diagnostics.size())
        report(Severity::warning, {file.path, 0, 0}, "the file is empty");
      return;
    }
    const bool keyed = root.find("identity_providers") || root.find("account");
    if (root.kind == Node::Kind::mapping && !keyed && root.find("type")) {
      const std::string stem = std::filesystem::path(file.path).stem().string();
      const auto problem = format_problem(*key_schema(), Json(stem));
      if (problem) {
        report(Severity::error, {file.path, 0, 0},
               fmt::format("the file's name is the key \"{}\", which {}", base::printable(stem), *problem));
      }
      const std::string alias = account_of(file.path, nullptr);
      auto provider = entry(file.path, stem, root, {file.path, root.line, root.column});
      if (provider) out_.accounts[alias].providers.push_back(*std::move(provider));
    } else {
      keyed_document(file.path, root);
    }
  }

  void check_across() {
    for (auto& [alias, state] : out_.accounts) {
      auto& all = state.providers;
      std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
      std::map<std::string, const DesiredProvider*> keys, names, singletons, adopted;
      for (const DesiredProvider& one : all) {
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
  }

 private:
  void report(Severity severity, Location where, std::string message) {
    out_.diagnostics.push_back({severity, std::move(where), std::move(message)});
  }
  void once(std::map<std::string, const DesiredProvider*>& seen, const std::string& what,
            const DesiredProvider& one, const Location& where, const std::string& description) {
    if (what.empty()) return;
    const auto [first, added] = seen.emplace(what, &one);
    if (added) return;
    report(Severity::error, where,
           fmt::format("{} is taken by {}", description, first->second->where.text()));
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
      report(Severity::error, {file, stated->line, stated->column},
             fmt::format("the settings have no account \"{}\"{}", base::printable(stated->text),
                         base::did_you_mean(stated->text, known)));
    }
    return stated->text;
  }

  void keyed_document(const std::string& file, const Node& root) {
    decode(root, outer_schema_, {.file = file}, out_.diagnostics);
    const Node* entries = root.find("identity_providers");
    const Node* account = root.find("account");
    const std::string alias =
        account_of(file, account && account->kind == Node::Kind::scalar ? account : nullptr);
    if (!entries) return;
    std::set<std::string_view> seen;
    for (const auto& [key, node] : entries->members) {
      if (key.kind != Node::Kind::scalar) continue;
      auto provider = entry(file, key.text, node, {file, key.line, key.column});
      const bool first = seen.insert(key.text).second;  // the decoder has told of a second one
      if (provider && first) out_.accounts[alias].providers.push_back(*std::move(provider));
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
    const Type* type = type_of(file, key, node, where);
    if (!type) return std::nullopt;

    const Node* options = node.find("options");
    const Node* keep = options ? options->find("keep_secret") : nullptr;
    const bool kept = keep && (keep->text == "true" || keep->text == "True" || keep->text == "TRUE");
    const DecodeOptions decoding{.file = file,
                                 .keep_null = true,
                                 .explain_unknown = [&](const std::string& parent, const std::string& name) {
                                   return of_another_type(*type, parent, name);
                                 }};
    Decoded decoded = decode(node, schema_for(*type, kept), decoding, out_.diagnostics);
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

  DesiredProvider make_provider(const Type& type, const std::string& key, const Location& where,
                                Decoded decoded) {
    DesiredProvider out;
    out.key = key;
    out.type = type.name;
    out.where = where;
    out.secrets = std::move(decoded.secrets);
    out.locations = std::move(decoded.locations);
    for (const model::Field& field : type.fields) {
      if (field.secret || field.read_only) continue;
      if (const Json* value = model::at_path(decoded.value, field.path))
        out.fields.emplace(field.path, *value);
    }
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
    const Location& options = one.location("options.ignore");
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
  const LoadOptions& options_;
  const Json outer_schema_;
  std::map<std::pair<const Type*, bool>, Json> entry_schemas_;  // by type, and whether secrets may be absent
  Desired& out_;
};

}  // namespace

bool Desired::ok() const {
  return std::none_of(diagnostics.begin(), diagnostics.end(),
                      [](const Diagnostic& one) { return one.severity == Severity::error; });
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
  Desired out;
  for (const std::string& alias : options.accounts) out.accounts[alias];
  Loader loader(catalog, options, out);
  for (const SourceFile& file : files) loader.load(file);
  loader.check_across();
  if (options.strict) {
    for (Diagnostic& one : out.diagnostics) one.severity = Severity::error;
  }
  std::stable_sort(out.diagnostics.begin(), out.diagnostics.end(),
                   [](const Diagnostic& a, const Diagnostic& b) {
                     return std::tie(a.where.file, a.where.line, a.where.column) <
                            std::tie(b.where.file, b.where.line, b.where.column);
                   });
  return out;
}

}  // namespace idpd::config
