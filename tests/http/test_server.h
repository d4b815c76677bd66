// A small HTTP/1.1 server on the test's own io_context: it answers from a function and counts what it sees.
// The io_context owns its coroutines; the server object outlives the run.
#pragma once

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read.hpp>
#include <asio/read_until.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace idpd::http {

class TestServer {
 public:
  // The answer to a whole request (head and body); nothing: close the connection without an answer. "": never
  // answer.
  using Answer = std::function<std::optional<std::string>(const std::string& request)>;

  TestServer(asio::io_context& io, Answer answer)
      : acceptor_(io, {asio::ip::make_address("127.0.0.1"), 0}), answer_(std::move(answer)) {
    asio::co_spawn(io, accept(), asio::detached);
  }

  std::string url(const std::string& path = "/") const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + path;
  }
  int connections = 0;
  int closed = 0;
  std::vector<std::string> requests;

 private:
  using Socket = asio::ip::tcp::socket;

  asio::awaitable<void> accept() {
    while (true) {
      std::error_code error;
      Socket socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return;
      ++connections;
      asio::co_spawn(acceptor_.get_executor(), serve(std::move(socket)), asio::detached);
    }
  }

  asio::awaitable<void> serve(Socket socket) {
    std::string buffer;
    while (true) {
      std::error_code error;
      auto token = asio::redirect_error(asio::use_awaitable, error);
      std::size_t size =
          co_await asio::async_read_until(socket, asio::dynamic_buffer(buffer), "\r\n\r\n", token);
      if (error) break;
      size += length_in(buffer.substr(0, size));
      if (buffer.size() < size) {
        co_await asio::async_read(socket, asio::dynamic_buffer(buffer),
                                  asio::transfer_exactly(size - buffer.size()), token);
        if (error) break;
      }
      requests.push_back(buffer.substr(0, size));
      buffer.erase(0, size);
      const auto text = answer_(requests.back());
      if (!text) break;
      co_await asio::async_write(socket, asio::buffer(*text), token);
      if (error) break;
    }
    ++closed;
  }

  static std::size_t length_in(const std::string& head) {
    const std::string name = "Content-Length: ";
    const auto at = head.find(name);
    return at == std::string::npos ? 0 : std::stoul(head.substr(at + name.size()));
  }

  asio::ip::tcp::acceptor acceptor_;
  Answer answer_;
};

// co_spawn wants values that can be made from nothing; a Result cannot.
template <typename T>
asio::awaitable<void> keep(asio::awaitable<T> work, std::optional<T>& result) {
  result.emplace(co_await std::move(work));
}
template <typename T>
asio::awaitable<void> drop(asio::awaitable<T> work) {
  co_await std::move(work);
}

inline std::string ok(const std::string& body, const std::string& headers = {}) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers + "\r\n" +
         body;
}

}  // namespace idpd::http
