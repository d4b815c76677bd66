#include "http/fenced_transport.h"

namespace idpd::http {

asio::awaitable<base::Result<Response>> FencedTransport::send(Request request) {
  if (request.method != Method::get) {
    const auto until = permit_();
    if (!until) co_return until.error();
    request.deadline = *until;
  }
  co_return co_await inner_.send(std::move(request));
}

}  // namespace idpd::http
