#include "http/transport.h"

#include <fmt/format.h>

namespace idpd::http {

std::string_view name_of(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::remove:
      return "DELETE";
  }
  return "?";
}

std::string Response::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return {};
}

asio::awaitable<base::Result<Response>> ReadOnlyTransport::send(Request request) {
  if (request.method != Method::get) {
    co_return base::Error{
        base::Code::invalid,
        fmt::format("this command only reads: a {} request was not sent", name_of(request.method))};
  }
  co_return co_await inner_.send(std::move(request));
}

}  // namespace idpd::http
