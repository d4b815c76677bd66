#include "config/settings.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "base/reference.h"
#include "base/text.h"
#include "config/decode.h"
#include "config/yaml.h"

namespace idpd::config {

namespace {

namespace fs = std::filesystem;
using base::Json;
using model::Diagnostic;
using model::Severity;

constexpr std::chrono::seconds shortest_lease{4};
constexpr std::chrono::minutes longest_lease{10};

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

// The schema has filled in nothing: defaults stand where the values are read. A test holds the two together.
class Reader {
 public:
  Reader(const std::string& file, const Decoded& decoded, const std::vector<Decoded>& account_files,
         std::vector<Diagnostic>& diagnostics)
      : file_(file), decoded_(decoded), account_files_(account_files), diagnostics_(diagnostics) {}

  Settings read(const std::string& state_directory) {
    Settings out;
    out.file = file_;
    read_accounts(out);
    if (const Json* desired = decoded_.value.find("desired")) {
      out.desired_path = beside(desired->text("path"));
      if (const Json* git = desired->find("git")) {
        if (desired->find("path")) fail("desired", "desired takes a path or a git repository, not both");
        read_git(*git, out.git.emplace());
      }
    }
    if (const Json* secrets = decoded_.value.find("secrets")) {
      if (const Json* files = secrets->find("files")) {
        for (const Json& path : files->array()) out.secret_files.push_back(beside(path.string()));
      }
    }
    if (const Json* reconcile = decoded_.value.find("reconcile")) {
      read_duration(*reconcile, "interval", out.interval);
      if (const Json* most = reconcile->find("concurrency"))
        out.concurrency = static_cast<std::size_t>(most->integer());
    }
    if (const Json* admin = decoded_.value.find("admin")) read_listen(*admin->find("listen"), out.listen);
    if (const Json* notify = decoded_.value.find("notify")) read_receivers(*notify, out.notify);
    if (const Json* check = decoded_.value.find("check")) {
      read_duration(*check, "warn_before_expiry", out.warn_before_expiry);
      read_check(*check, out.check);
    }
    if (const Json* cluster = decoded_.value.find("cluster")) read_cluster(*cluster, out.cluster.emplace());
    read_api(out.api);
    out.state_path = state_path(state_directory);
    references_in(decoded_, out);
    return out;
  }

 private:
  void fail(const std::string& path, std::string message) {
    diagnostics_.push_back({Severity::error, decoded_.location(path), std::move(message)});
  }

  std::string beside(const std::string& path) const {
    if (path.empty()) return path;
    return (fs::absolute(file_).parent_path() / path).lexically_normal().string();
  }

  // What the account does not say itself, the defaults may.
  const Json* either(const Json& body, std::string_view name) const {
    if (const Json* own = body.find(name)) return own;
    const Json* defaults = decoded_.value.find("account_defaults");
    return defaults ? defaults->find(name) : nullptr;
  }
  std::string either_text(const Json& body, std::string_view name, const std::string& otherwise = {}) const {
    const Json* found = either(body, name);
    return found ? found->string() : otherwise;
  }

  Account account(const std::string& alias, const Json& body, const model::SecretInput& token) {
    Account out;
    out.alias = alias;
    out.id = body.text("id");
    out.enforce = either_text(body, "mode") == "enforce";
    out.allow_deletes = either_text(body, "deletes") == "allow";
    if (const Json* most = either(body, "max_deletes"))
      out.max_deletes = static_cast<std::size_t>(most->integer());
    const std::string unmanaged = either_text(body, "unmanaged", "report");
    out.unmanaged = unmanaged == "delete"   ? Unmanaged::remove
                    : unmanaged == "ignore" ? Unmanaged::ignore
                                            : Unmanaged::report;
    out.rate_group = either_text(body, "rate_group");
    out.team_domain = either_text(body, "team_domain");
    for (const Json* level : {&body, decoded_.value.find("account_defaults")}) {
      const Json* variables = level ? level->find("variables") : nullptr;
      if (!variables) continue;
      for (const auto& [name, value] : variables->object()) out.variables.emplace(name, value.string());
    }
    out.variables["account"] = out.alias;
    out.variables["account_id"] = out.id;
    std::vector<std::string> unknown;
    out.token = filled(token.text, out.variables, unknown);
    for (const std::string& name : unknown) {
      diagnostics_.push_back(
          {Severity::error, token.where,
           fmt::format("there is no variable \"{}\" for account {}; say it under its `variables`, or "
                       "under account_defaults",
                       base::printable(name), alias)});
    }
    return out;
  }

  // `prefix`: of the map in its own document.
  void add_accounts(const Decoded& from, const Json& map, const std::string& prefix, Settings& out) {
    for (const auto& [alias, body] : map.object()) {
      const std::string path = prefix + alias;
      const model::Location where = from.location(path);
      if (const auto [first, added] = aliases_.emplace(alias, where); !added) {
        diagnostics_.push_back(
            {Severity::error, where,
             fmt::format("the account {} stands already in {}", alias, first->second.text())});
        continue;
      }
      const auto own = from.secrets.find(path + ".token");
      const auto common = decoded_.secrets.find("account_defaults.token");
      const model::SecretInput none;
      out.accounts.push_back(account(alias, body,
                                     own != from.secrets.end()          ? own->second
                                     : common != decoded_.secrets.end() ? common->second
                                                                        : none));
      note_references(out.accounts.back().token, out);
      if (const Json* variables = body.find("variables")) check_variables(*variables, from, path);
      const auto [first, added] = ids_.emplace(out.accounts.back().id, alias);
      if (!added)
        diagnostics_.push_back(
            {Severity::error, from.location(path + ".id"),
             fmt::format("accounts.{} and accounts.{} have the same id", first->second, alias)});
    }
  }

  void check_variables(const Json& variables, const Decoded& from, const std::string& path) {
    for (const auto& [name, value] : variables.object()) {
      if (name == "account" || name == "account_id")
        diagnostics_.push_back({Severity::error, from.location(path + ".variables." + name),
                                fmt::format("the variable {} is given and cannot be another", name)});
    }
  }

  void read_accounts(Settings& out) {
    const Json& accounts = *decoded_.value.find("accounts");
    if (const Json* defaults = decoded_.value.find("account_defaults")) {
      if (const Json* variables = defaults->find("variables"))
        check_variables(*variables, decoded_, "account_defaults");
    }
    if (accounts.is_string()) {
      out.accounts_path = beside(accounts.string());
      for (const Decoded& file : account_files_) {
        add_accounts(file, file.value, "", out);
        references_in(file, out);
      }
    } else {
      add_accounts(decoded_, accounts, "accounts.", out);
    }
    std::sort(out.accounts.begin(), out.accounts.end(),
              [](const auto& a, const auto& b) { return a.alias < b.alias; });
    share_budgets(out.accounts);
  }

  // One token is one Cloudflare user: its accounts are of one group, named or not. A token in clear is no
  // name.
  static void share_budgets(std::vector<Account>& accounts) {
    std::map<std::string_view, std::string> groups;
    for (const Account& one : accounts) {
      if (!one.rate_group.empty()) groups.emplace(one.token, one.rate_group);
    }
    for (Account& one : accounts) {
      if (one.rate_group.empty()) one.rate_group = groups.emplace(one.token, one.alias).first->second;
    }
  }

  void read_api(Api& out) {
    const Json* api = decoded_.value.find("api");
    if (!api) return;
    out.base_url = api->text("base_url", out.base_url);
    while (out.base_url.ends_with('/')) out.base_url.pop_back();
    if (const auto problem = base_url_problem(out.base_url)) fail("api.base_url", "api.base_url " + *problem);
    if (const Json* most = api->find("requests_per_5m"))
      out.requests_per_5m = static_cast<int>(most->integer());
    out.ca_file = beside(api->text("ca_file"));
    read_duration(*api, "connect_timeout", out.connect_timeout);
    read_duration(*api, "stall_timeout", out.stall_timeout);
    read_duration(*api, "timeout", out.timeout);
  }

  void read_cluster(const Json& cluster, Cluster& out) {
    const Json::Array& endpoints = cluster.find("etcd")->array();
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
      std::string& url = out.etcd.emplace_back(endpoints[i].string());
      while (url.ends_with('/')) url.pop_back();
      const std::string path = fmt::format("cluster.etcd[{}]", i);
      if (!is_private_url(url)) fail(path, fmt::format("{} {}", path, private_url_rule));
    }
    out.prefix = cluster.text("prefix", out.prefix);
    if (!out.prefix.ends_with('/')) out.prefix += '/';
    out.user = cluster.text("user");
    out.password = secret_text("cluster.password");
    if (out.user.empty() != out.password.empty())
      fail("cluster", "cluster.user and cluster.password go together: give both or neither");
    out.ca_file = beside(cluster.text("ca_file"));
    out.host = cluster.text("host", host_name());
    read_duration(cluster, "lease", out.lease);
    if (out.lease < shortest_lease || out.lease > longest_lease)
      fail("cluster.lease", "cluster.lease must be between 4s and 10m");
    if (const Json* shards = cluster.find("shards")) out.shards = static_cast<int>(shards->integer());
  }

  void read_check(const Json& check, Check& out) const {
    if (check.find("interval")) read_duration(check, "interval", out.interval.emplace());
    out.before_apply = check.flag("before_apply");
    if (const Json* hosts = check.find("allowed_hosts")) {
      for (const Json& host : hosts->array()) out.allowed_hosts.push_back(host.string());
    }
    out.ca_file = beside(check.text("ca_file"));
  }

  static void read_duration(const Json& object, const char* name, std::chrono::milliseconds& value) {
    if (const std::string text = object.text(name); !text.empty())
      value = std::chrono::milliseconds(duration_ms(text));
  }

  // The text of a reference (or a secret in clear); empty when the file has none.
  std::string secret_text(const std::string& path) const {
    const auto found = decoded_.secrets.find(path);
    return found == decoded_.secrets.end() ? std::string() : found->second.text;
  }

  void read_git(const Json& git, Git& out) {
    out.url = git.text("url");
    if (out.url.find("://") == std::string::npos && out.url.find(':') == std::string::npos) {
      out.url = beside(out.url);  // a repository on this machine
    } else if (const std::size_t scheme = out.url.find("://"); scheme != std::string::npos) {
      const std::string host = out.url.substr(scheme + 3, out.url.find('/', scheme + 3) - scheme - 3);
      const bool https = out.url.starts_with("https://");
      const std::string user = host.substr(0, host.find('@'));
      if (host.find('@') != std::string::npos && (https || user.find(':') != std::string::npos))
        fail("desired.git.url", "desired.git.url holds credentials; refer to them with desired.git.token");
      if (!https && !out.url.starts_with("ssh://") && !out.url.starts_with("file://"))
        fail("desired.git.url", "desired.git.url must be an https or ssh address or a local path");
    }
    out.branch = git.text("branch", out.branch);
    out.path = git.text("path");
    read_duration(git, "interval", out.interval);
    out.token = secret_text("desired.git.token");
    out.ssh_key = secret_text("desired.git.ssh_key");
  }

  void read_listen(const Json& listen, std::vector<Listen>& out) {
    const auto add = [&](const std::string& path, const std::string& text) {
      const auto one = parse_listen(text);
      if (!one) return fail(path, path + ' ' + one.error().message);
      if (std::find(out.begin(), out.end(), *one) != out.end())
        return fail(path, fmt::format("{} is listed twice: {}", path, shown(*one)));
      out.push_back(*one);
    };
    if (listen.is_string()) return add("admin.listen", listen.string());
    const Json::Array& all = listen.array();
    for (std::size_t i = 0; i < all.size(); ++i) add(fmt::format("admin.listen[{}]", i), all[i].string());
  }

  void read_receivers(const Json& notify, std::vector<Receiver>& out) {
    const Json::Array& receivers = notify.array();
    for (std::size_t i = 0; i < receivers.size(); ++i) {
      Receiver& one = out.emplace_back();
      const std::string path = fmt::format("notify[{}].webhook", i);
      one.webhook = secret_text(path);
      // Behind a reference it is looked at when it is used.
      if (!base::has_reference(one.webhook) && !is_private_url(one.webhook))
        fail(path, fmt::format("{} {}", path, private_url_rule));
      one.slack = receivers[i].text("format") == "slack";
      read_duration(receivers[i], "remind", one.remind);
      if (const Json* on = receivers[i].find("on")) {
        for (const Json& event : on->array()) one.on.insert(event.string());
      }
    }
  }

  std::string state_path(const std::string& state_directory) const {
    if (const Json* state = decoded_.value.find("state")) {
      if (const std::string path = state->text("path"); !path.empty()) return beside(path);
    }
    if (!state_directory.empty()) return state_directory;
    if (fs::absolute(file_).parent_path() == "/etc/idpd") return "/var/lib/idpd";
    return beside(".idpd");
  }

  // Of an account's token, its own or the common one, they are noted with the account's variables in it.
  void references_in(const Decoded& document, Settings& out) {
    for (const auto& [path, secret] : document.secrets) {
      if (!has_variable(std::string_view(secret.text))) {
        note_references(secret.text, out);
      } else if (!path.ends_with(".token") || path.starts_with("desired.")) {
        diagnostics_.push_back({Severity::error, secret.where,
                                fmt::format("{} holds a variable, which belongs to an account", path)});
      }
    }
  }

  void note_references(const std::string& text, Settings& out) {
    const auto parts = base::parse_references(text);
    if (!parts) return;  // the decoder has said so
    for (const base::Part& part : *parts) {
      if (part.reference && noted_.emplace(part.reference->kind, part.reference->name).second)
        out.own_references.push_back(*part.reference);
    }
  }

  const std::string& file_;
  const Decoded& decoded_;
  const std::vector<Decoded>& account_files_;
  std::vector<Diagnostic>& diagnostics_;
  std::map<std::string, model::Location> aliases_;
  std::map<std::string, std::string> ids_;
  std::set<std::pair<base::Reference::Kind, std::string>> noted_;
};

// An account needs a token of its own only where the defaults have none.
void require_token(Json& accounts) {
  accounts.find("additionalProperties")->find("required")->array().emplace_back("token");
}

// The documents of the file or folder that `accounts` names.
std::vector<Decoded> read_account_files(const std::string& settings, const Node& accounts, const Json& schema,
                                        const ReadAccounts& read, std::vector<Diagnostic>& diagnostics) {
  std::vector<Decoded> out;
  const model::Location where{settings, accounts.line, accounts.column};
  if (!read) {
    diagnostics.push_back({Severity::error, where, "accounts cannot be read from files here"});
    return out;
  }
  const auto files = read((fs::absolute(settings).parent_path() / accounts.text).lexically_normal().string());
  if (!files) {
    diagnostics.push_back({Severity::error, where, "accounts: " + files.error().text()});
    return out;
  }
  if (files->empty())
    diagnostics.push_back({Severity::error, where, "accounts names a folder without a .yaml file"});
  for (const SourceFile& file : *files) {
    const std::size_t before = diagnostics.size();
    const Node root = read_yaml(file.path, file.text, Limits{}, diagnostics);
    if (diagnostics.size() == before)
      out.push_back(decode(root, schema, {.file = file.path, .title = "accounts", .secret_variables = true},
                           diagnostics));
  }
  return out;
}

}  // namespace

const Account* Settings::find(std::string_view alias) const {
  for (const Account& account : accounts) {
    if (account.alias == alias) return &account;
  }
  return nullptr;
}

const Account* Settings::find_id(std::string_view id) const {
  for (const Account& account : accounts) {
    if (account.id == id) return &account;
  }
  return nullptr;
}

std::vector<std::string> Settings::aliases() const {
  std::vector<std::string> out;
  out.reserve(accounts.size());
  for (const Account& account : accounts) out.push_back(account.alias);
  return out;
}

std::optional<Settings> parse_settings(const std::string& file, std::string_view text,
                                       const model::TypeCatalog& catalog, const std::string& state_directory,
                                       std::vector<Diagnostic>& diagnostics,
                                       const ReadAccounts& read_accounts) {
  const auto errors = [&] {
    return std::count_if(diagnostics.begin(), diagnostics.end(),
                         [](const Diagnostic& one) { return one.severity == Severity::error; });
  };
  const auto before = errors();
  const Node root = read_yaml(file, text, Limits{}, diagnostics);
  if (errors() > before) return std::nullopt;
  Json schema = *catalog.document("settings.json");
  Json& map = schema.find("properties")->find("accounts")->find("oneOf")->array().front();
  const Node* accounts = root.find("accounts");
  const Node* defaults = root.find("account_defaults");
  if (!defaults || !defaults->find("token")) require_token(map);
  const Decoded decoded = decode(root, schema, {.file = file, .secret_variables = true}, diagnostics);
  std::vector<Decoded> account_files;
  if (accounts && accounts->kind == Node::Kind::scalar && !accounts->text.empty())
    account_files = read_account_files(file, *accounts, map, read_accounts, diagnostics);
  if (errors() > before) return std::nullopt;
  Settings out = Reader(file, decoded, account_files, diagnostics).read(state_directory);
  if (errors() > before) return std::nullopt;
  return out;
}

LoadOptions load_options(const Settings& settings) {
  LoadOptions out{.accounts = settings.aliases()};
  if (settings.accounts.size() == 1) out.default_account = settings.accounts[0].alias;
  std::map<std::string, const Variables*> variables;
  for (const Account& one : settings.accounts) variables.emplace(one.alias, &one.variables);
  out.variables = [variables = std::move(variables)](const std::string& alias) {
    const auto found = variables.find(alias);
    return found == variables.end() ? nullptr : found->second;
  };
  return out;
}

bool is_private_url(const std::string& url) {
  if (url.starts_with("https://")) return true;
  for (const std::string loopback : {"http://127.0.0.1", "http://localhost", "http://[::1]"}) {
    if (!url.starts_with(loopback)) continue;
    const std::string rest = url.substr(loopback.size());
    // Nothing but a port up to the path: in http://127.0.0.1:80@example.com it is a user and a password.
    const std::size_t path = rest.starts_with(':') ? rest.find_first_not_of("0123456789", 1) : 0;
    if (rest.empty() || path == std::string::npos || rest[path] == '/') return true;
  }
  return false;
}

std::optional<std::string> base_url_problem(const std::string& url) {
  if (is_private_url(url)) return std::nullopt;
  return fmt::format("{}; it carries the token", private_url_rule);
}

bool is_account_id(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace idpd::config
