#include "service/admin_socket.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <grp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace idpd::service {

using base::Code;
using base::Error;
using base::Result;

namespace {

constexpr const char* group_name = "idpd";
constexpr int backlog = 128;

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy_n(path.data(), std::min(path.size(), sizeof(address.sun_path) - 1), address.sun_path);
  return address;
}

template <typename Address>
const sockaddr* generic(const Address& address) {
  return reinterpret_cast<const sockaddr*>(&address);  // NOLINT: the interface of sockets
}

// Somebody accepts connections there. A full queue is somebody, too.
bool answers(const std::string& path) {
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return true;
  const sockaddr_un address = address_of(path);
  const bool connected = ::connect(probe, generic(address), sizeof address) == 0;
  const bool nobody = !connected && (errno == ECONNREFUSED || errno == ENOENT);
  ::close(probe);
  return !nobody;
}

// Where there is no such group, or it is not ours to give, the socket is this user's alone.
bool give_to_group(const std::string& path) {
  constexpr std::size_t room = 16384;
  std::array<char, room> buffer{};
  group entry{};
  group* found = nullptr;
  if (::getgrnam_r(group_name, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return false;
  // As the service it is the group's from the start, and there chown is among the calls that the sandbox
  // refuses.
  struct stat now{};
  if (::lstat(path.c_str(), &now) == 0 && now.st_gid == found->gr_gid) return true;
  return ::chown(path.c_str(), static_cast<uid_t>(-1), found->gr_gid) == 0;
}

}  // namespace

AdminSocket::AdminSocket(AdminSocket&& other) noexcept
    : where_(std::move(other.where_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      device_(other.device_),
      inode_(std::exchange(other.inode_, 0)) {}

AdminSocket::~AdminSocket() {
  if (descriptor_ >= 0) ::close(descriptor_);
  struct stat now{};
  if (inode_ != 0 && ::lstat(where_.path.c_str(), &now) == 0 && now.st_dev == device_ && now.st_ino == inode_)
    ::unlink(where_.path.c_str());
}

Error AdminSocket::failure(const char* what) const {
  const int code = errno;
  std::string hint;
  if (where_.is_unix() && code == ENOENT)
    hint = "; its folder is not there (systemd's RuntimeDirectory= makes it)";
  if (!where_.is_unix() && code == EADDRINUSE) hint = "; another process has the port (ss -tlnp shows which)";
  return Error{Code::io, fmt::format("the admin endpoint cannot {} {}: {}{}", what, config::shown(where_),
                                     std::generic_category().message(code), hint)};
}

Result<AdminSocket> AdminSocket::open(const config::Listen& where) {
  const int family = where.is_unix() ? AF_UNIX : where.address == "::1" ? AF_INET6 : AF_INET;
  AdminSocket out(where, ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (out.descriptor_ < 0) return out.failure("make a socket for");
  auto bound = where.is_unix() ? out.bind_unix() : out.bind_tcp();
  if (!bound) return bound.error();
  if (::listen(out.descriptor_, backlog) != 0) return out.failure("listen on");
  return out;
}

Result<void> AdminSocket::bind_unix() {
  const char* path = where_.path.c_str();
  struct stat there{};
  if (::lstat(path, &there) == 0) {
    if (!S_ISSOCK(there.st_mode)) {
      return Error{Code::io,
                   fmt::format("the admin endpoint cannot use {}: there is something else than a socket",
                               config::shown(where_))};
    }
    if (answers(where_.path)) {
      return Error{Code::io,
                   fmt::format("the admin endpoint cannot use {}: another process listens on it; does "
                               "`idpd run` run already?",
                               config::shown(where_))};
    }
    if (::unlink(path) != 0) return failure("replace the stale");
  }
  const sockaddr_un address = address_of(where_.path);
  if (::bind(descriptor_, generic(address), sizeof address) != 0) return failure("make");
  if (::lstat(path, &there) != 0) return failure("find");
  device_ = there.st_dev;
  inode_ = there.st_ino;
  // Nobody can connect before listen(): there is no moment in which others may.
  const mode_t mode = give_to_group(where_.path) ? S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP : S_IRUSR | S_IWUSR;
  if (::chmod(path, mode) != 0) return failure("set the permissions of");
  return {};
}

Result<void> AdminSocket::bind_tcp() {
  const int on = 1;
  (void)::setsockopt(descriptor_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in four{};
  sockaddr_in6 six{};
  const bool is_six = where_.address == "::1";
  four.sin_family = AF_INET;
  four.sin_port = htons(where_.port);
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(where_.port);
  six.sin6_addr = in6addr_loopback;
  if (!is_six && ::inet_pton(AF_INET, where_.address.c_str(), &four.sin_addr) != 1) {
    errno = EINVAL;
    return failure("listen on");
  }
  const sockaddr* address = is_six ? generic(six) : generic(four);
  socklen_t size = is_six ? sizeof six : sizeof four;
  if (::bind(descriptor_, address, size) != 0) return failure("listen on");
  if (::getsockname(descriptor_, const_cast<sockaddr*>(address), &size) != 0)
    return failure("find");  // NOLINT
  where_.port = ntohs(is_six ? six.sin6_port : four.sin_port);
  return {};
}

}  // namespace idpd::service
