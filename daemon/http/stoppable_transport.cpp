#include "http/stoppable_transport.h"

namespace idpd::http {

asio::awaitable<base::Result<Response>> StoppableTransport::send(Request request) {
  const base::Error stopping{base::Code::invalid, "it was not asked: idpd is stopping"};
  if (stopped_) co_return stopping;
  const bool read = request.method == Method::get;
  auto answer = co_await inner_.send(std::move(request));
  if (!answer && stopped_ && read) co_return stopping;
  co_return answer;
}

}  // namespace idpd::http
