#include "service/git_proof.h"

#include <fmt/format.h>

#include <cstdlib>

#include "base/digest.h"
#include "base/text.h"
#include "service/known_hosts.h"
#include "state/files.h"

namespace idpd::service::git {

namespace {

constexpr std::size_t most_known_hosts = 4 << 20;

int give_up(Fetch& fetch, std::string problem) {
  fetch.problem = std::move(problem);
  return GIT_EUSER;
}

int refuse(Fetch& fetch, std::string problem) {
  fetch.refused = true;
  return give_up(fetch, std::move(problem));
}

int alive(Fetch& fetch) {
  ++fetch.progress.steps;
  if (fetch.progress.cancelled) return GIT_EUSER;
  if (std::chrono::steady_clock::now() - fetch.began < fetch.remote.longest) return 0;
  return give_up(fetch, "fetching was given up: it takes too long, though something still comes");
}

int received(Fetch& fetch, const git_indexer_progress& so_far) {
  if (const int stop = alive(fetch); stop != 0) return stop;
  if (so_far.received_bytes <= fetch.remote.most_bytes) return 0;
  return give_up(fetch, fmt::format("fetching was given up: more than {} MiB came, which is no repository of "
                                    "identity providers",
                                    fetch.remote.most_bytes >> 20U));
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

}  // namespace

git_fetch_options options_for(Fetch& fetch) {
  git_fetch_options out = GIT_FETCH_OPTIONS_INIT;
  out.callbacks.payload = &fetch;
  out.callbacks.credentials = &give_credentials;
  out.callbacks.certificate_check = &check_certificate;
  out.callbacks.sideband_progress = [](const char*, int, void* payload) {
    return alive(*static_cast<Fetch*>(payload));
  };
  out.callbacks.transfer_progress = [](const git_indexer_progress* so_far, void* payload) {
    return received(*static_cast<Fetch*>(payload), *so_far);
  };
  out.update_fetchhead = 0;
  out.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
  out.proxy_opts.type = GIT_PROXY_AUTO;
  out.follow_redirects = GIT_REMOTE_REDIRECT_NONE;  // the token is for this address alone
  return out;
}

}  // namespace idpd::service::git
