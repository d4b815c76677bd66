#include "base/input_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>

namespace idpd::base {

Result<std::string> read_input(const std::string& path, std::size_t most) {
  constexpr std::size_t piece = std::size_t{64} * 1024;
  std::ifstream stream(path, std::ios::binary);
  std::string text;
  std::array<char, piece> part{};
  while (stream && text.size() <= most) {
    const std::size_t wanted = std::min(piece, most + 1 - text.size());
    stream.read(part.data(), static_cast<std::streamsize>(wanted));
    text.append(part.data(), static_cast<std::size_t>(stream.gcount()));
  }
  if (text.size() > most) return Error{Code::invalid, fmt::format("larger than {} KiB", most / 1024), path};
  if (stream.bad() || !stream.eof()) return Error{Code::io, "cannot be read", path};
  return text;
}

}  // namespace idpd::base
