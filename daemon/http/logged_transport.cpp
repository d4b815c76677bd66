#include "http/logged_transport.h"

#include <fmt/format.h>

#include "base/log.h"

namespace idpd::http {

asio::awaitable<base::Result<Response>> LoggedTransport::send(Request request) {
  const std::string what =
      fmt::format("{} {}", name_of(request.method), request.url.substr(0, request.url.find('?')));
  const auto begin = clock_.monotonic();
  auto answer = co_await inner_.send(std::move(request));
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.monotonic() - begin);
  base::log(base::LogLevel::debug,
            fmt::format("{}: {} in {} ms", what,
                        answer ? std::to_string(answer->status) : answer.error().message, took.count()));
  co_return answer;
}

}  // namespace idpd::http
