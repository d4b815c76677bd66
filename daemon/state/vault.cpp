#include "state/vault.h"

#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "base/digest.h"
#include "base/text.h"
#include "state/files.h"

namespace idpd::state {

namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr std::size_t key_bytes = 32;
constexpr std::size_t key_digits = 2 * key_bytes;
constexpr std::size_t most_secret = std::size_t{64} * 1024;
constexpr std::string_view scim_folder = "scim";
constexpr std::string_view awaited_folder = "scim-awaited";

std::string key_path(const std::string& directory) {
  return directory + "/fingerprint.key";
}

bool is_key(std::string_view text) {
  return text.size() == key_digits && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

Result<std::string> folder_in(const std::string& directory, std::string_view name,
                              const std::string& account_id) {
  if (auto good = check_account_id(account_id); !good) return good.error();
  std::string folder = fmt::format("{}/{}/{}", directory, name, account_id);
  if (auto made = make_directory(folder); !made) return made.error();
  return folder;
}

// Beside the folder of the secrets, where no key can collide with it.
std::string awaited_path(const std::string& directory, const std::string& account_id,
                         const std::string& key) {
  return fmt::format("{}/{}/{}/{}", directory, awaited_folder, account_id, key);
}

// Of what is in the file now: two secrets are never alike.
Result<std::string> trace_of_secret(const std::string& path) {
  auto present = read_file(path, most_secret);
  if (!present) return present.error();
  if (!*present) return std::string("none");
  std::string trace = base::sha256_hex(**present);
  base::wipe(**present);
  return trace;
}

}  // namespace

Result<void> set_fingerprint_key(const std::string& directory, std::string_view key) {
  if (!is_key(key)) return Error{Code::invalid, "the key of the fingerprints is not one"};
  return write_file(key_path(directory), std::string(key) + "\n", Existing::replace);
}

Result<std::optional<std::string>> read_fingerprint_key(const std::string& directory) {
  const std::string path = key_path(directory);
  auto text = read_file(path, key_digits + 1);
  if (!text || !*text) return text;
  if ((*text)->ends_with('\n')) (*text)->pop_back();
  if (is_key(**text)) return text;
  // A new key would silently make every fingerprint differ, and so every secret look rotated.
  return Error{Code::io,
               fmt::format("{} is damaged, it should hold {} hex digits; restore it, or move it away: "
                           "then a new one is made and secrets count as unknown until sent again",
                           base::printable(path), key_digits)};
}

Result<std::string> fingerprint_key(const std::string& directory) {
  auto present = read_fingerprint_key(directory);
  if (!present) return present.error();
  if (*present) return **std::move(present);
  std::array<unsigned char, key_bytes> random{};
  const std::string path = key_path(directory);
  // Not interrupted and never short for up to 256 bytes.
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) {
    return file_error("draw random bytes for", path, errno);
  }
  if (auto made = make_directory(directory); !made) return made.error();
  const std::string text = fmt::format("{:02x}", fmt::join(random, ""));
  if (auto written = write_file(path, text, Existing::keep); !written) return written.error();
  present = read_fingerprint_key(directory);  // not `text`: another process may have been faster
  if (!present) return present.error();
  if (!*present)
    return Error{Code::io, fmt::format("{} vanished; try again", base::printable(path)), {}, true};
  return **std::move(present);
}

std::string scim_secret_path(const std::string& directory, const std::string& account_id,
                             const std::string& key) {
  return fmt::format("{}/{}/{}/{}", directory, scim_folder, account_id, key);
}

Result<void> await_scim_secret(const std::string& directory, const std::string& account_id,
                               const std::string& key) {
  if (auto good = check_file_name(key); !good) return good;
  const auto folder = folder_in(directory, scim_folder, account_id);
  if (!folder) return folder.error();
  const std::string probe = fmt::format("{}/.probe-{}", *folder, ::getpid());
  // As long as a secret can be, so that a full disk shows itself now.
  if (auto written = write_file(probe, std::string(most_secret, '\0'), Existing::replace); !written)
    return written;
  if (::unlink(probe.c_str()) != 0) return file_error("remove", probe, errno);
  // What lies in the way of the final name would show itself only after the secret had come.
  const auto trace = trace_of_secret(scim_secret_path(directory, account_id, key));
  if (!trace) return trace.error();
  if (const auto made = folder_in(directory, awaited_folder, account_id); !made) return made.error();
  return write_file(awaited_path(directory, account_id, key), *trace, Existing::replace);
}

Result<void> give_up_scim_secret(const std::string& directory, const std::string& account_id,
                                 const std::string& key) {
  const std::string path = awaited_path(directory, account_id, key);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return file_error("remove", path, errno);
  return {};
}

Result<std::string> save_scim_secret(const std::string& directory, const std::string& account_id,
                                     const std::string& key, std::string_view secret) {
  if (auto good = check_file_name(key); !good) return good.error();
  const auto folder = folder_in(directory, scim_folder, account_id);
  if (!folder) return folder.error();
  std::string path = scim_secret_path(directory, account_id, key);
  if (auto written = write_file(path, secret, Existing::replace); !written) return written.error();
  (void)give_up_scim_secret(directory, account_id, key);  // only tidy: the file is another one now
  return path;
}

Result<void> move_scim_secret(const std::string& directory, const std::string& account_id,
                              const std::string& from, const std::string& to) {
  if (auto good = check_file_name(to); !good) return good;
  for (const auto path_of : {&scim_secret_path, &awaited_path}) {
    const std::string old = path_of(directory, account_id, from);
    const std::string path = path_of(directory, account_id, to);
    if (::rename(old.c_str(), path.c_str()) == 0) continue;
    if (errno != ENOENT) return file_error("rename", old, errno);
  }
  return {};
}

Result<void> remove_unfinished_scim(const std::string& directory, const std::string& account_id) {
  for (const std::string_view name : {scim_folder, awaited_folder}) {
    const std::string folder = fmt::format("{}/{}/{}", directory, name, account_id);
    std::error_code problem;
    std::filesystem::directory_iterator each(folder, problem);
    if (problem == std::errc::no_such_file_or_directory) continue;
    for (; !problem && each != std::filesystem::directory_iterator(); each.increment(problem)) {
      const std::string path = each->path().string();
      // No key begins with a dot.
      if (!each->path().filename().string().starts_with('.')) continue;
      if (::unlink(path.c_str()) != 0 && errno != ENOENT) return file_error("remove", path, errno);
    }
    if (problem) return file_error("read the folder", folder, problem.value());
  }
  return {};
}

Result<bool> scim_secret_is_missing(const std::string& directory, const std::string& account_id,
                                    const std::string& key) {
  const auto awaited = read_file(awaited_path(directory, account_id, key), most_secret);
  if (!awaited) return awaited.error();
  if (!*awaited) return false;
  const auto trace = trace_of_secret(scim_secret_path(directory, account_id, key));
  if (!trace) return trace.error();
  return **awaited == *trace;
}

}  // namespace idpd::state
