#include "service/metered_transport.h"

namespace idpd::service {

namespace {

constexpr int first_server_error = 500;

}  // namespace

asio::awaitable<base::Result<http::Response>> MeteredTransport::send(http::Request request) {
  const std::string method(http::name_of(request.method));
  const auto began = clock_.monotonic();
  auto answer = co_await inner_.send(std::move(request));
  // What was never sent is no request.
  if (answer || answer.error().code != base::Code::invalid) {
    metrics_.api_request(method, answer ? answer->status : 0, clock_.monotonic() - began);
    if (told_) told_(answer && answer->status < first_server_error);
  }
  co_return answer;
}

}  // namespace idpd::service
