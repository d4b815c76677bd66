#include "config/settings.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>

#include "base/reference.h"
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
  Reader(const std::string& file, const Decoded& decoded, std::vector<Diagnostic>& diagnostics)
      : file_(file), decoded_(decoded), diagnostics_(diagnostics) {}

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
    read_own_references(out);
    return out;
  }

 private:
  void fail(const std::string& path, std::string message) {
    const auto found = decoded_.locations.find(path);
    const model::Location where =
        found == decoded_.locations.end() ? model::Location{file_, 1, 1} : found->second;
    diagnostics_.push_back({Severity::error, where, std::move(message)});
  }

  std::string beside(const std::string& path) const {
    if (path.empty()) return path;
    return (fs::absolute(file_).parent_path() / path).lexically_normal().string();
  }

  void read_accounts(Settings& out) {
    std::map<std::string, std::string> ids;
    for (const auto& [alias, body] : decoded_.value.find("accounts")->object()) {
      const std::string path = "accounts." + alias;
      Account account;
      account.alias = alias;
      account.id = body.text("id");
      if (const auto token = decoded_.secrets.find(path + ".token"); token != decoded_.secrets.end()) {
        account.token = token->second.text;
      }
      account.enforce = body.text("mode") == "enforce";
      account.allow_deletes = body.text("deletes") == "allow";
      if (const Json* most = body.find("max_deletes"))
        account.max_deletes = static_cast<std::size_t>(most->integer());
      const std::string unmanaged = body.text("unmanaged", "report");
      account.unmanaged = unmanaged == "delete"   ? Unmanaged::remove
                          : unmanaged == "ignore" ? Unmanaged::ignore
                                                  : Unmanaged::report;
      account.rate_group = body.text("rate_group", alias);
      account.team_domain = body.text("team_domain");
      const auto [first, added] = ids.emplace(account.id, alias);
      if (!added)
        fail(path + ".id", fmt::format("accounts.{} and accounts.{} have the same id", first->second, alias));
      out.accounts.push_back(std::move(account));
    }
    if (out.accounts.empty()) fail("accounts", "accounts must name at least one account");
    std::sort(out.accounts.begin(), out.accounts.end(),
              [](const auto& a, const auto& b) { return a.alias < b.alias; });
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

  void read_own_references(Settings& out) const {
    for (const auto& [path, secret] : decoded_.secrets) {
      const auto parts = base::parse_references(secret.text);
      if (!parts) continue;  // the decoder has said so
      for (const base::Part& part : *parts) {
        if (part.reference) out.own_references.push_back(*part.reference);
      }
    }
  }

  const std::string& file_;
  const Decoded& decoded_;
  std::vector<Diagnostic>& diagnostics_;
};

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
                                       std::vector<Diagnostic>& diagnostics) {
  const auto errors = [&] {
    return std::count_if(diagnostics.begin(), diagnostics.end(),
                         [](const Diagnostic& one) { return one.severity == Severity::error; });
  };
  const auto before = errors();
  const Node root = read_yaml(file, text, Limits{}, diagnostics);
  if (errors() > before) return std::nullopt;
  const Decoded decoded = decode(root, *catalog.document("settings.json"), {.file = file}, diagnostics);
  if (errors() > before) return std::nullopt;
  Settings out = Reader(file, decoded, diagnostics).read(state_directory);
  if (errors() > before) return std::nullopt;
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
