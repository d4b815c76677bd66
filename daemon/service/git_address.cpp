#include "service/git_address.h"

#include <charconv>
#include <cstdint>

namespace idpd::service {

namespace {

constexpr const char* separator = "://";

// `user@host:port`, `[::1]:port`.
void read_authority(std::string text, GitAddress& out) {
  if (const std::size_t at = text.rfind('@'); at != std::string::npos) {
    out.user = text.substr(0, at);
    text.erase(0, at + 1);
  }
  std::size_t colon = text.rfind(':');
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    colon = close != std::string::npos && close + 1 < text.size() ? close + 1 : std::string::npos;
    out.host = text.substr(1, close == std::string::npos ? close : close - 1);
  } else {
    out.host = text.substr(0, colon);
  }
  std::uint16_t port = 0;  // stays so when what is written is none
  if (colon != std::string::npos) std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
  out.port = port;
}

}  // namespace

GitAddress git_address(const std::string& url) {
  GitAddress out;
  if (const std::size_t scheme = url.find(separator); scheme != std::string::npos) {
    if (url.starts_with("file:")) return out;
    out.kind = url.starts_with("ssh:") ? GitAddress::Kind::ssh : GitAddress::Kind::https;
    const std::size_t begin = scheme + 3;
    read_authority(url.substr(begin, url.find('/', begin) - begin), out);
    return out;
  }
  const std::size_t colon = url.find(':');
  if (colon == std::string::npos || url.find('/') < colon) return out;
  out.kind = GitAddress::Kind::ssh;
  read_authority(url.substr(0, colon), out);
  return out;
}

}  // namespace idpd::service
