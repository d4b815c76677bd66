// Runs curl's multi interface on Asio: curl names the sockets and the time that it waits for, Asio waits,
// and curl is called from Asio's handlers only. Shared by the transport and the coroutines in flight;
// closed when the transport goes or the io_context shuts down, whichever is first. One thread.
#pragma once

#include <curl/curl.h>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "http/curl_exchange.h"

namespace idpd::http {

class CurlDriver : public std::enable_shared_from_this<CurlDriver> {
 public:
  static std::shared_ptr<CurlDriver> create(asio::io_context& io);
  explicit CurlDriver(asio::io_context& io);
  ~CurlDriver();
  CurlDriver(const CurlDriver&) = delete;
  CurlDriver& operator=(const CurlDriver&) = delete;

  // Ends every exchange and drops the connections; nothing can be added afterwards.
  void close();

  // An exchange on curl for as long as this lives.
  class Registration {
   public:
    Registration(std::shared_ptr<CurlDriver> driver, CurlExchange& exchange);
    ~Registration();
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;

   private:
    std::shared_ptr<CurlDriver> driver_;
    CurlExchange& exchange_;
  };

 private:
  struct Socket;

  static int on_socket(CURL* easy, curl_socket_t fd, int what, void* self, void* socket);
  static int on_timer(CURLM* multi, long milliseconds, void* self);
  void add(CurlExchange& exchange);
  void remove(CurlExchange& exchange);
  void watch(curl_socket_t fd, int what);
  void wait(const std::shared_ptr<Socket>& socket, int what);
  void arm(long milliseconds);
  void act(curl_socket_t fd, int events);

  asio::io_context& io_;
  std::optional<asio::steady_timer> timer_;  // gone once closed: it must not outlive the io_context
  CURLM* multi_ = nullptr;
  CURLSH* share_ = nullptr;  // TLS sessions, so that a connection made anew resumes the one before
  std::map<curl_socket_t, std::shared_ptr<Socket>> sockets_;
  std::set<CurlExchange*> exchanges_;
};

}  // namespace idpd::http
