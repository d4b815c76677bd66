#include "service/git_library.h"

#include <fmt/format.h>

#include <cstdlib>
#include <mutex>

#include "base/text.h"

namespace idpd::service::git {

void start() {
  static std::once_flag started;
  std::call_once(started, [] {
    git_libgit2_init();
    for (const int level : {GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL})
      git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
    // git refuses another user's repository because its configuration may name programs to run. None is run
    // here, and the daemon reads folders that belong to root as its own user.
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    // As OpenSSL's own programs do; otherwise the system's authorities.
    const char* file = std::getenv("SSL_CERT_FILE");
    const char* folder = std::getenv("SSL_CERT_DIR");
    if (file || folder) git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, file, folder);
  });
}

std::string last_words() {
  const git_error* last = git_error_last();
  return last && last->message ? base::printable(last->message) : "no reason is known";
}

base::Error error(base::Code code, const std::string& what, const std::string& where) {
  return base::Error{code, fmt::format("{}: {}", what, last_words()), where};
}

std::string text(const git_oid& id) {
  char out[GIT_OID_HEXSZ + 1];
  return git_oid_tostr(out, sizeof out, &id);
}

}  // namespace idpd::service::git
