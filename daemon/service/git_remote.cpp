#include "service/git_remote.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/text.h"
#include "service/git_library.h"
#include "service/git_proof.h"

namespace idpd::service {

namespace {

using base::Code;
using base::Error;
using base::Result;
using git::Fetch;

constexpr std::size_t most_branches_named = 10;

std::string local_path(const std::string& url) {
  constexpr std::string_view scheme = "file://";
  return url.starts_with(scheme) ? url.substr(scheme.size()) : url;
}

Error failure(const Fetch& fetch, int got) {
  Error out{Code::network, {}, fetch.remote.url, true};
  if (fetch.progress.cancelled) {
    out.message = "fetching was given up: nothing came any more, or idpd ends";
  } else if (!fetch.problem.empty()) {
    if (fetch.refused) out.code = Code::unauthorized;
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
  git_remote_create_options made = GIT_REMOTE_CREATE_OPTIONS_INIT;
  made.repository = clone.get();
  // What would be rewritten is in nobody's configuration here, and looking for it leaks in libgit2 1.5.
  made.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF;
  if (git_remote_create_with_opts(&raw, fetch.remote.url.c_str(), &made) < 0)
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
  const git_fetch_options options = git::options_for(fetch);
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
  const git_fetch_options options = git::options_for(fetch);
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
