// Which files count as identity providers' files, and how many and how large they may be: one rule for a
// folder and for a commit. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace idpd::config {

inline constexpr std::size_t most_files = 10'000;
inline constexpr std::uintmax_t most_bytes = 1
                                             << 20;  // one more than yaml.h allows would do: it says the rest
inline constexpr std::size_t most_bytes_in_all = std::size_t{64} << 20U;

// Where the files together are larger than that, said of the one that is too much.
base::Error too_much(const std::string& path);

// By its name alone: `.yaml`, `.yml` or `.json`, neither hidden nor an editor's leftover.
bool is_source_name(std::string_view name);
// Hidden: neither it nor what lies in it is looked at.
inline bool is_hidden(std::string_view name) {
  return name.starts_with('.');
}

}  // namespace idpd::config
