#include "http/curl_transport.h"

#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "http/curl_driver.h"
#include "http/curl_exchange.h"

namespace idpd::http {

namespace {

// Takes shares instead of the transport, so that a coroutine outlived by nothing else stays sound.
asio::awaitable<base::Result<Response>> run(std::shared_ptr<CurlDriver> driver,
                                            std::shared_ptr<const CurlOptions> options, Request request) {
  const auto executor = co_await asio::this_coro::executor;
  CurlExchange exchange(executor, std::move(request), std::move(options));
  if (auto prepared = exchange.prepare(); !prepared) co_return prepared.error();
  const CurlDriver::Registration registration(driver, exchange);
  while (!exchange.finished()) {
    std::error_code error;
    co_await exchange.event().async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (!exchange.finished() && error) exchange.abandon("the request was cancelled");
  }
  co_return exchange.take_result();
}

}  // namespace

CurlTransport::CurlTransport(asio::io_context& io, CurlOptions options)
    : options_(std::make_shared<const CurlOptions>(std::move(options))), driver_(CurlDriver::create(io)) {}

// NOLINTNEXTLINE(bugprone-exception-escape): as in CurlDriver
CurlTransport::~CurlTransport() {
  driver_->close();
}

asio::awaitable<base::Result<Response>> CurlTransport::send(Request request) {
  return run(driver_, options_, std::move(request));
}

}  // namespace idpd::http
