// The settings file: accounts, where the desired state comes from, and how the daemon behaves. Read once a
// run (and again on reload); plain values. Paths in it are relative to the file and absolute here. The
// accounts may stand in files of their own, which the caller reads.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/reference.h"
#include "base/result.h"
#include "config/identity_providers.h"
#include "config/listen.h"
#include "model/desired.h"
#include "model/type_catalog.h"

namespace idpd::config {

enum class Unmanaged { report, ignore, remove };

struct Account {
  std::string alias;
  std::string id;
  std::string token;  // the text of a reference, resolved when it is needed
  bool enforce = false;
  bool allow_deletes = false;
  std::size_t max_deletes = 1;
  Unmanaged unmanaged = Unmanaged::report;
  std::string rate_group;   // accounts of one group share a budget, and so do those of one token
  std::string team_domain;  // of its Access organization, for the probes; may be empty
  Variables variables;      // for the files, the given ones included
  bool operator==(const Account&) const = default;
};

struct Api {
  std::string base_url = "https://api.cloudflare.com/client/v4";
  std::optional<int> requests_per_5m;
  std::string ca_file;
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds stall_timeout{30'000};
  std::chrono::milliseconds timeout{120'000};
  bool operator==(const Api&) const = default;
};

// The repository that `run` fetches by itself.
struct Git {
  std::string url;  // https, ssh or a local path, absolute; holds no credentials
  std::string branch = "main";
  std::string path;  // the folder in it; empty = its root
  std::chrono::milliseconds interval{60'000};
  std::string token;    // the text of a reference; for https
  std::string ssh_key;  // the same, for ssh
  bool operator==(const Git&) const = default;
};

// One receiver of notifications.
struct Receiver {
  std::string webhook;       // the text of a reference: who has the URL can post too
  bool slack = false;        // else generic JSON
  std::set<std::string> on;  // the events as the file names them; empty = all
  std::chrono::milliseconds remind{std::chrono::hours(24)};
  bool operator==(const Receiver&) const = default;
};

// The connection probes.
struct Check {
  std::optional<std::chrono::milliseconds> interval;  // of `run`; nothing: never
  bool before_apply = false;
  std::vector<std::string> allowed_hosts;  // empty: any
  std::string ca_file;
  bool operator==(const Check&) const = default;
};

// Several hosts that share the accounts through etcd.
struct Cluster {
  std::vector<std::string> etcd;  // https, or http to this machine; no slash at the end
  std::string prefix = "/idpd/";  // with a slash at its end
  std::string user;               // empty: none
  std::string password;           // the text of a reference
  std::string ca_file;
  std::string host;  // the host's own name when none is given
  std::chrono::milliseconds lease{30'000};
  int shards = 16;

  bool operator==(const Cluster&) const = default;
};

struct Settings {
  std::string file;
  std::vector<Account> accounts;  // sorted by alias
  std::string accounts_path;      // the file or folder that they stand in; empty: in the settings
  std::string desired_path;       // empty when it comes from git
  std::optional<Git> git;
  std::chrono::milliseconds interval{300'000};
  std::size_t concurrency = 8;
  std::vector<Listen> listen;  // of the admin endpoint; empty: there is none
  std::vector<Receiver> notify;
  std::chrono::milliseconds warn_before_expiry{std::chrono::hours(24 * 30)};
  Check check;
  std::vector<std::string> secret_files;  // what ${file:…} in identity providers may read
  std::vector<base::Reference>
      own_references;  // what the settings use themselves: refused to the other files
  std::string state_path;
  std::optional<Cluster> cluster;  // nothing: this host alone
  Api api;

  const Account* find(std::string_view alias) const;
  const Account* find_id(std::string_view id) const;
  std::vector<std::string> aliases() const;
  bool operator==(const Settings&) const = default;
};

// Of the file or folder that `accounts` names: read_files().
using ReadAccounts = std::function<base::Result<std::vector<SourceFile>>(const std::string& path)>;

// `state_directory` is $STATE_DIRECTORY, empty when it is not set. Errors, all at once, go to `diagnostics`.
std::optional<Settings> parse_settings(const std::string& file, std::string_view text,
                                       const model::TypeCatalog& catalog, const std::string& state_directory,
                                       std::vector<model::Diagnostic>& diagnostics,
                                       const ReadAccounts& read_accounts = {});

// How the files are loaded for these settings, which outlive what is loaded.
LoadOptions load_options(const Settings& settings);

// What is sent there cannot be read on the way: https, or http to this machine itself.
bool is_private_url(const std::string& url);
inline constexpr std::string_view private_url_rule =
    "must begin with https:// (http only to 127.0.0.1, localhost or [::1])";
// Nothing when the token may be sent there.
std::optional<std::string> base_url_problem(const std::string& url);

bool is_account_id(std::string_view text);

}  // namespace idpd::config
