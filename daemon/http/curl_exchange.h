// One request and its answer as a curl easy handle. Owned by the coroutine that waits for it, which also
// keeps it on the driver; it does not move. What curl got a copy of is wiped where we can reach it.
#pragma once

#include <curl/curl.h>

#include <array>
#include <asio/any_io_executor.hpp>
#include <asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>

#include "http/curl_transport.h"
#include "http/transport.h"

namespace idpd::http {

class CurlExchange {
 public:
  CurlExchange(const asio::any_io_executor& executor, Request request,
               std::shared_ptr<const CurlOptions> options);
  ~CurlExchange();
  CurlExchange(const CurlExchange&) = delete;
  CurlExchange& operator=(const CurlExchange&) = delete;

  // Error: it cannot be sent (invalid).
  base::Result<void> prepare();
  CURL* easy() { return easy_; }
  void finish(CURLcode code);             // curl is done with it
  void abandon(std::string_view reason);  // nobody waits for curl any more
  bool finished() const { return result_.has_value(); }
  asio::steady_timer& event() { return event_; }  // expires never, is cancelled by finish and abandon
  base::Result<Response> take_result() { return *std::move(result_); }

 private:
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_upload(char* data, std::size_t size, std::size_t count, void* self);
  static int on_socket(void* self, curl_socket_t fd, curlsocktype purpose);
  static int on_ready(void* self, char* to, char* from, int to_port, int from_port);
  static int on_rewind(void* self, curl_off_t offset, int origin);

  base::Result<void> parse_url();
  base::Result<void> add_headers();
  void set_method();
  void set_limits();
  bool is_late() const { return request_.deadline && base::BootClock::now() >= *request_.deadline; }
  bool take_header(std::string_view line);
  base::Error failure(CURLcode code) const;

  asio::steady_timer event_;
  Request request_;
  std::shared_ptr<const CurlOptions> options_;
  CURL* easy_ = nullptr;
  curl_slist* headers_ = nullptr;
  std::array<char, CURL_ERROR_SIZE> reason_{};
  std::string host_;
  std::size_t sent_ = 0;
  std::size_t header_bytes_ = 0;
  bool too_large_ = false;
  bool plain_http_ = false;
  bool begun_ = false;  // some of the request may have left
  Response response_;
  std::optional<base::Result<Response>> result_;
};

}  // namespace idpd::http
