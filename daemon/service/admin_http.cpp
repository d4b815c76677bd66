#include "service/admin_http.h"

#include <fmt/format.h>
#include <strings.h>
#include <sys/socket.h>

#include <charconv>
#include <cstring>
#include <optional>

namespace idpd::service {

namespace {

struct Headers {
  AdminRequest& request;
  bool twice = false;
  std::optional<std::string> length = {};
  bool chunked = false;
};

bool same_name(const char* name, const char* other) {
  return ::strcasecmp(name, other) == 0;
}

MHD_Result take_header(void* closure, MHD_ValueKind /*kind*/, const char* name, const char* value) {
  auto& headers = *static_cast<Headers*>(closure);
  const auto keep = [&](std::optional<std::string>& place) {
    headers.twice = headers.twice || place;
    place = value == nullptr ? "" : value;
  };
  if (same_name(name, MHD_HTTP_HEADER_HOST)) keep(headers.request.host);
  if (same_name(name, MHD_HTTP_HEADER_ORIGIN)) keep(headers.request.origin);
  if (same_name(name, "Sec-Fetch-Site")) keep(headers.request.fetch_site);
  if (same_name(name, MHD_HTTP_HEADER_CONTENT_LENGTH)) keep(headers.length);
  if (same_name(name, MHD_HTTP_HEADER_TRANSFER_ENCODING)) headers.chunked = true;
  return MHD_YES;
}

}  // namespace

void forget_request(void* /*closure*/, MHD_Connection* /*connection*/, void** state,
                    MHD_RequestTerminationCode /*why*/) {
  delete static_cast<Incoming*>(*state);  // NOLINT: the library keeps nothing but a pointer
  *state = nullptr;
}

std::size_t leave_escaped(void* /*closure*/, MHD_Connection* /*connection*/, char* text) {
  return std::strlen(text);
}

base::Result<std::uint64_t> read_headers(MHD_Connection* connection, AdminRequest& request) {
  const auto invalid = [](const char* message) { return base::Error{base::Code::invalid, message}; };
  Headers headers{request};
  MHD_get_connection_values(connection, MHD_HEADER_KIND, &take_header, &headers);
  if (headers.twice) return invalid("a header that may be there once is there twice");
  if (headers.length && headers.chunked)
    return invalid("Content-Length and Transfer-Encoding exclude one another");
  std::uint64_t bytes = 0;
  if (!headers.length) return bytes;
  const char* const last = headers.length->data() + headers.length->size();
  const auto [end, error] = std::from_chars(headers.length->data(), last, bytes);
  if (error != std::errc() || end != last) return invalid("Content-Length is no number");
  return bytes;
}

MHD_Result send_answer(MHD_Connection* connection, const AdminResponse& answer) {
  MHD_Response* response =
      MHD_create_response_from_buffer(answer.body.size(), const_cast<char*>(answer.body.data()),  // NOLINT
                                      MHD_RESPMEM_MUST_COPY);
  if (response == nullptr) return MHD_NO;
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer.content_type.c_str());
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
  for (const auto& [name, value] : answer.headers)
    MHD_add_response_header(response, name.c_str(), value.c_str());
  const MHD_Result queued = MHD_queue_response(connection, static_cast<unsigned>(answer.status), response);
  MHD_destroy_response(response);
  return queued;
}

int descriptor_of(MHD_Connection* connection) {
  const auto* const info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info == nullptr ? -1 : info->connect_fd;
}

std::string peer_of(MHD_Connection* connection) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(descriptor_of(connection), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return "unknown";
  return fmt::format("uid {}, process {}", peer.uid, peer.pid);
}

}  // namespace idpd::service
