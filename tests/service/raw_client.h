// A client that sends exactly the bytes that it is told and never blocks: the test turns the loop meanwhile.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <asio/io_context.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <utility>

#include "config/listen.h"

namespace idpd::test {

class RawClient {
 public:
  explicit RawClient(const config::Listen& to)
      : socket_(::socket(to.is_unix()          ? AF_UNIX
                         : to.address == "::1" ? AF_INET6
                                               : AF_INET,
                         SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    std::memcpy(local.sun_path, to.path.c_str(), to.path.size() + 1);
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(to.port);
    (void)::inet_pton(AF_INET, to.address.c_str(), &four.sin_addr);
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(to.port);
    six.sin6_addr = in6addr_loopback;
    int result = 0;
    if (to.is_unix())
      result = ::connect(socket_, reinterpret_cast<sockaddr*>(&local), sizeof local);
    else if (to.address == "::1")
      result = ::connect(socket_, reinterpret_cast<sockaddr*>(&six), sizeof six);
    else
      result = ::connect(socket_, reinterpret_cast<sockaddr*>(&four), sizeof four);
    connected_ = result == 0 || errno == EINPROGRESS;
  }
  RawClient(RawClient&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)),
        connected_(other.connected_),
        closed_(other.closed_),
        got_(std::move(other.got_)) {}
  RawClient& operator=(RawClient&&) = delete;
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() {
    if (socket_ >= 0) ::close(socket_);
  }

  bool connected() const { return connected_; }
  // Whether all of it went out; a part may have.
  bool send(std::string_view bytes) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return sent == static_cast<ssize_t>(bytes.size());
  }
  // What has come until the server closed or the time is over.
  const std::string& read(asio::io_context& io, std::chrono::milliseconds most = std::chrono::seconds(10)) {
    const auto end = std::chrono::steady_clock::now() + most;
    while (!closed_ && std::chrono::steady_clock::now() < end) {
      io.restart();
      io.run_for(std::chrono::milliseconds(1));
      take();
    }
    return got_;
  }
  void take() {
    std::array<char, 16384> part{};
    while (!closed_) {
      const auto got = ::recv(socket_, part.data(), part.size(), 0);
      if (got < 0 && (errno == EAGAIN || errno == ENOTCONN)) return;
      if (got <= 0)
        closed_ = true;
      else
        got_.append(part.data(), static_cast<std::size_t>(got));
    }
  }
  bool closed() const { return closed_; }
  const std::string& got() const { return got_; }

 private:
  int socket_;
  bool connected_ = false;
  bool closed_ = false;
  std::string got_;
};

}  // namespace idpd::test
