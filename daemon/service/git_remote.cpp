#include "service/git_remote.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "base/digest.h"
#include "base/text.h"
#include "service/git_address.h"
#include "service/git_library.h"
#include "service/known_hosts.h"
#include "state/files.h"

namespace idpd::service {

namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr std::size_t most_known_hosts = 4 << 20;
constexpr std::size_t most_branches_named = 10;

// What the callbacks of one fetch know.
struct Fetch {
  const GitRemote& remote;
  Progress& progress;
  GitAddress address;
  int asked = 0;             // how often libgit2 wanted credentials: it asks again when they are refused
  std::string problem = {};  // ours, better than libgit2's
};

int refuse(Fetch& fetch, std::string problem) {
  fetch.problem = std::move(problem);
  return GIT_EUSER;
}

int alive(Fetch& fetch) {
  ++fetch.progress.steps;
  return fetch.progress.cancelled ? GIT_EUSER : 0;
}

int give_password(Fetch& fetch, git_credential** out) {
  const std::string_view token = fetch.remote.token.reveal();
  if (token.empty()) {
    return refuse(fetch,
                  "the server wants a token, or there is no such repository; set desired.git.token to a "
                  "reference to a token that may read it");
  }
  if (fetch.asked > 1)
    return refuse(fetch,
                  "the server refuses the token of desired.git.token; has it expired, and may it read?");
  std::string copy(token);
  const int got = git_credential_userpass_plaintext_new(out, "x-access-token", copy.c_str());
  base::wipe(copy);
  return got;
}

int give_key(Fetch& fetch, const char* user, git_credential** out) {
  const std::string_view key = fetch.remote.ssh_key.reveal();
  if (key.empty())
    return refuse(fetch, "the server wants a key; set desired.git.ssh_key to a reference to a private key");
  if (fetch.asked > 1) {
    return refuse(fetch,
                  fmt::format("the server refuses the key of desired.git.ssh_key for the user {}; is its "
                              "public half known there? (An ed25519 key without passphrase works "
                              "everywhere, an RSA key not with newer servers.)",
                              base::printable(user)));
  }
  std::string copy(key);
  if (!copy.ends_with('\n')) copy += '\n';  // the resolver drops it, the format wants it
  const int got = git_credential_ssh_key_memory_new(out, user, nullptr, copy.c_str(), nullptr);
  base::wipe(copy);
  return got;
}

int give_credentials(git_credential** out, const char* /*url*/, const char* user, unsigned allowed,
                     void* payload) {
  Fetch& fetch = *static_cast<Fetch*>(payload);
  if (const int stop = alive(fetch); stop != 0) return stop;
  const std::string name = user && *user ? user : "git";
  if ((allowed & GIT_CREDENTIAL_USERNAME) != 0) return git_credential_username_new(out, name.c_str());
  ++fetch.asked;
  if (fetch.address.kind == GitAddress::Kind::https && (allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT) != 0)
    return give_password(fetch, out);
  if (fetch.address.kind == GitAddress::Kind::ssh && (allowed & GIT_CREDENTIAL_SSH_MEMORY) != 0)
    return give_key(fetch, name.c_str(), out);
  return refuse(fetch, "the server wants another proof than a token (https) or a key (ssh)");
}

std::string known_hosts() {
  std::string out;
  const char* home = std::getenv("HOME");
  for (const std::string& path :
       {std::string(home ? home : "") + "/.ssh/known_hosts", std::string("/etc/ssh/ssh_known_hosts")}) {
    const auto text = state::read_file(path, most_known_hosts);
    if (text && *text) out += **text + "\n";
  }
  return out;
}

int check_host(Fetch& fetch, const git_cert_hostkey& key) {
  const std::string& host = fetch.address.host;
  const int port = fetch.address.port;
  const std::string option = port == 0 ? "" : fmt::format("-p {} ", port);
  if ((key.type & GIT_CERT_SSH_RAW) == 0 || (key.type & GIT_CERT_SSH_SHA256) == 0)
    return refuse(fetch, "the host's key is of a kind that cannot be verified");
  const std::string seen =
      shown_fingerprint({reinterpret_cast<const char*>(key.hash_sha256), sizeof key.hash_sha256});
  switch (host_trust(known_hosts(), host, port, {key.hostkey, key.hostkey_len})) {
    case HostTrust::known:
      return 0;
    case HostTrust::revoked:
      return refuse(fetch, fmt::format("the key of the host {} ({}) is revoked", host, seen));
    case HostTrust::other:
      return refuse(fetch,
                    fmt::format("the host {} shows a key ({}) that is not among its known ones: it has a "
                                "new one, or somebody stands between; compare, then put the right one "
                                "into ~/.ssh/known_hosts or /etc/ssh/ssh_known_hosts",
                                host, seen));
    case HostTrust::unknown:
      break;
  }
  return refuse(fetch, fmt::format("the host {} is not known (its key is {}); when that is right, add it: "
                                   "ssh-keyscan {}{} >> ~/.ssh/known_hosts, or to /etc/ssh/ssh_known_hosts",
                                   host, seen, option, host));
}

int check_certificate(git_cert* certificate, int valid, const char* /*host*/, void* payload) {
  Fetch& fetch = *static_cast<Fetch*>(payload);
  if (const int stop = alive(fetch); stop != 0) return stop;
  if (certificate->cert_type == GIT_CERT_HOSTKEY_LIBSSH2)
    return check_host(fetch, *reinterpret_cast<const git_cert_hostkey*>(certificate));
  if (valid != 0) return 0;
  return refuse(fetch,
                fmt::format("the certificate of {} cannot be verified; is the authority that issued it "
                            "known to this system (ca-certificates)?",
                            fetch.address.host));
}

git_fetch_options options_for(Fetch& fetch) {
  git_fetch_options out = GIT_FETCH_OPTIONS_INIT;
  out.callbacks.payload = &fetch;
  out.callbacks.credentials = &give_credentials;
  out.callbacks.certificate_check = &check_certificate;
  out.callbacks.sideband_progress = [](const char*, int, void* payload) {
    return alive(*static_cast<Fetch*>(payload));
  };
  out.callbacks.transfer_progress = [](const git_indexer_progress*, void* payload) {
    return alive(*static_cast<Fetch*>(payload));
  };
  out.update_fetchhead = 0;
  out.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
  out.proxy_opts.type = GIT_PROXY_AUTO;
  out.follow_redirects = GIT_REMOTE_REDIRECT_NONE;  // the token is for this address alone
  return out;
}

std::string local_path(const std::string& url) {
  constexpr std::string_view scheme = "file://";
  return url.starts_with(scheme) ? url.substr(scheme.size()) : url;
}

Error failure(const Fetch& fetch, int got) {
  Error out{Code::network, {}, fetch.remote.url, true};
  if (fetch.progress.cancelled) {
    out.message = "fetching was given up: nothing came any more, or idpd ends";
  } else if (!fetch.problem.empty()) {
    out.code = Code::unauthorized;
    out.message = fetch.problem;
  } else if (got == GIT_EAUTH || got == GIT_ECERTIFICATE) {
    out.code = Code::unauthorized;
    out.message = fmt::format("the repository cannot be fetched: {}", git::last_words());
  } else if (std::error_code ignored; fetch.address.kind == GitAddress::Kind::local &&
                                      !std::filesystem::exists(local_path(fetch.remote.url), ignored)) {
    out.message = "the repository cannot be fetched: there is no such folder";
  } else {
    out.message = fmt::format(
        "the repository cannot be fetched: {}; is desired.git.url right, and can this "
        "host reach it?",
        git::last_words());
  }
  return out;
}

Result<git::Remote> connect(const Repository& clone, Fetch& fetch, const git_fetch_options& options) {
  git_remote* raw = nullptr;
  if (git_remote_create_anonymous(&raw, clone.get(), fetch.remote.url.c_str()) < 0)
    return git::error(Code::invalid, "not the address of a repository", fetch.remote.url);
  git::Remote remote(raw);
  git_remote_connect_options how = GIT_REMOTE_CONNECT_OPTIONS_INIT;
  how.callbacks = options.callbacks;
  how.proxy_opts = options.proxy_opts;
  how.follow_redirects = options.follow_redirects;
  if (const int got = git_remote_connect_ext(raw, GIT_DIRECTION_FETCH, &how); got < 0)
    return failure(fetch, got);
  return remote;
}

Result<git_oid> tip_of(git_remote* remote, const std::string& branch, const Fetch& fetch) {
  const git_remote_head** heads = nullptr;
  std::size_t count = 0;
  if (const int got = git_remote_ls(&heads, &count, remote); got < 0) return failure(fetch, got);
  std::vector<std::string> names;
  constexpr std::string_view prefix = "refs/heads/";
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view name = heads[i]->name;
    if (!name.starts_with(prefix)) continue;
    if (name.substr(prefix.size()) == branch) return heads[i]->oid;
    names.emplace_back(name.substr(prefix.size()));
  }
  std::string there = "it has none";
  if (!names.empty()) {
    const std::string meant = base::did_you_mean(branch, names);
    if (names.size() > most_branches_named) names.resize(most_branches_named);
    there = "there are " + base::printable(base::join(names, ", ") + meant);
  }
  return Error{Code::not_found, fmt::format("the repository has no branch \"{}\"; {}", branch, there),
               fetch.remote.url, true};
}

Result<void> download(git_remote* remote, const std::string& refspec, const git_fetch_options& options,
                      const Fetch& fetch) {
  std::string text = refspec;
  char* list[] = {text.data()};
  const git_strarray refspecs{list, 1};
  if (const int got = git_remote_download(remote, &refspecs, &options); got < 0) return failure(fetch, got);
  return {};
}

}  // namespace

Result<std::shared_ptr<const GitRemote>> git_remote_of(const config::Git& settings,
                                                       const secrets::Resolver& own) {
  auto out = std::make_shared<GitRemote>();
  out->url = settings.url;
  const auto resolve = [&](const std::string& text, const char* name, secrets::Secret& into) -> Result<void> {
    if (text.empty()) return {};
    auto secret = own.resolve(text);
    if (!secret) {
      const Error& problem = secret.error();
      return Error{problem.code, fmt::format("{} cannot be resolved: {}", name, problem.message),
                   problem.where};
    }
    into = *std::move(secret);
    return {};
  };
  if (auto done = resolve(settings.token, "desired.git.token", out->token); !done) return done.error();
  if (auto done = resolve(settings.ssh_key, "desired.git.ssh_key", out->ssh_key); !done) return done.error();
  return std::shared_ptr<const GitRemote>(std::move(out));
}

Result<std::string> fetch_branch(Repository& clone, const GitRemote& remote, const std::string& branch,
                                 Progress& progress) {
  Fetch fetch{.remote = remote, .progress = progress, .address = git_address(remote.url)};
  const git_fetch_options options = options_for(fetch);
  const auto connection = connect(clone, fetch, options);
  if (!connection) return connection.error();
  const auto tip = tip_of(connection->get(), branch, fetch);
  if (!tip) return tip.error();
  std::string commit = git::text(*tip);
  if (clone.branch(branch) == commit && clone.has_commit(commit)) return commit;
  const std::string refspec = fmt::format("+refs/heads/{0}:refs/heads/{0}", branch);
  if (auto done = download(connection->get(), refspec, options, fetch); !done) return done.error();
  if (auto done = clone.set_branch(branch, commit); !done) return done.error();
  return commit;
}

Result<void> fetch_all(Repository& clone, const GitRemote& remote, Progress& progress) {
  Fetch fetch{.remote = remote, .progress = progress, .address = git_address(remote.url)};
  const git_fetch_options options = options_for(fetch);
  const auto connection = connect(clone, fetch, options);
  if (!connection) return connection.error();
  std::string heads = "+refs/heads/*:refs/heads/*";
  std::string tags = "+refs/tags/*:refs/tags/*";
  char* list[] = {heads.data(), tags.data()};
  const git_strarray refspecs{list, 2};
  const int got = git_remote_fetch(connection->get(), &refspecs, &options, nullptr);
  if (got < 0) return failure(fetch, got);
  return {};
}

}  // namespace idpd::service
