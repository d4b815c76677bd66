#include "service/admin_server.h"

#include <fmt/format.h>
#include <microhttpd.h>
#include <sys/socket.h>

#include <algorithm>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <exception>
#include <map>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "service/admin_http.h"
#include "service/admin_socket.h"

namespace idpd::service {

// One socket and the library's daemon on it, kept alive by the handlers that wait for it.
class AdminServer::Listener : public std::enable_shared_from_this<Listener> {
 public:
  Listener(asio::io_context& io, AdminSocket socket, AdminBackend& backend, AdminLimits limits)
      : backend_(backend),
        limits_(limits),
        timer_(std::in_place, io),
        epoll_(io),
        socket_(std::move(socket)) {}
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() { stop(); }

  bool start();
  void stop();
  const config::Listen& where() const { return socket_->where(); }

 private:
  using Time = std::chrono::steady_clock::time_point;

  static MHD_Result on_access(void* self, MHD_Connection* connection, const char* url, const char* method,
                              const char* version, const char* data, std::size_t* size, void** state);
  static void on_connection(void* self, MHD_Connection* connection, void** context,
                            MHD_ConnectionNotificationCode code);
  MHD_Result begin(MHD_Connection* connection, const char* url, const char* method, void** state);
  MHD_Result take_body(Incoming& incoming, const char* data, std::size_t* size) const;
  MHD_Result finish(MHD_Connection* connection, const Incoming& incoming);
  void wait_for_events();
  void run();
  void end_overdue();
  void arm();

  AdminBackend& backend_;
  const AdminLimits limits_;
  std::optional<asio::steady_timer> timer_;
  asio::posix::stream_descriptor epoll_;  // the library's; never closed here
  std::optional<AdminSocket> socket_;
  MHD_Daemon* daemon_ = nullptr;
  std::map<MHD_Connection*, Time> connections_;  // until when each may live
  bool again_ = false;                           // the library has something to do that no event tells of
};

bool AdminServer::Listener::start() {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(limits_.life);
  const int descriptor = socket_->release();
  daemon_ = MHD_start_daemon(MHD_USE_EPOLL, 0, nullptr, nullptr, &on_access, this, MHD_OPTION_LISTEN_SOCKET,
                             descriptor, MHD_OPTION_CONNECTION_LIMIT,
                             static_cast<unsigned>(limits_.connections), MHD_OPTION_CONNECTION_TIMEOUT,
                             static_cast<unsigned>(seconds.count()), MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                             limits_.memory, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_COMPLETED,
                             &forget_request, nullptr, MHD_OPTION_NOTIFY_CONNECTION, &on_connection, this,
                             MHD_OPTION_UNESCAPE_CALLBACK, &leave_escaped, nullptr, MHD_OPTION_END);
  if (daemon_ == nullptr) return false;
  const auto* const info = MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_EPOLL_FD);
  if (info == nullptr) return false;
  epoll_.assign(info->epoll_fd);
  wait_for_events();
  arm();
  return true;
}

void AdminServer::Listener::stop() {
  if (daemon_ == nullptr) return;
  timer_.reset();
  if (epoll_.is_open()) epoll_.release();  // its waiting handler ends; the library closes the descriptor
  MHD_stop_daemon(daemon_);
  daemon_ = nullptr;
  socket_.reset();  // takes the file of a unix socket away
}

void AdminServer::Listener::wait_for_events() {
  epoll_.async_wait(asio::posix::descriptor_base::wait_read,
                    [weak = weak_from_this()](const std::error_code& error) {
                      const auto self = weak.lock();
                      if (error || !self || self->daemon_ == nullptr) return;
                      self->run();
                      self->wait_for_events();
                    });
}

void AdminServer::Listener::run() {
  again_ = false;
  end_overdue();
  MHD_run(daemon_);
  arm();
}

// The library's own timeout is about silence; a client that sends a byte now and then would stay for ever.
void AdminServer::Listener::end_overdue() {
  const Time now = std::chrono::steady_clock::now();
  for (auto& [connection, until] : connections_) {
    if (until > now) continue;
    ::shutdown(descriptor_of(connection), SHUT_RDWR);  // which the library then sees as an end
    until = Time::max();
  }
}

void AdminServer::Listener::arm() {
  const Time now = std::chrono::steady_clock::now();
  Time next = Time::max();
  for (const auto& [connection, until] : connections_) next = std::min(next, until);
  MHD_UNSIGNED_LONG_LONG milliseconds = 0;
  if (MHD_get_timeout(daemon_, &milliseconds) == MHD_YES)
    next = std::min(next, now + std::chrono::milliseconds(milliseconds));
  if (again_) next = now;
  if (next == Time::max()) {
    timer_->cancel();
    return;
  }
  timer_->expires_at(next);
  timer_->async_wait([weak = weak_from_this()](const std::error_code& error) {
    const auto self = weak.lock();
    if (!error && self && self->daemon_ != nullptr) self->run();
  });
}

void AdminServer::Listener::on_connection(void* self, MHD_Connection* connection, void** /*context*/,
                                          MHD_ConnectionNotificationCode code) {
  auto& listener = *static_cast<Listener*>(self);
  if (code == MHD_CONNECTION_NOTIFY_STARTED) {
    listener.connections_[connection] = std::chrono::steady_clock::now() + listener.limits_.life;
    return;
  }
  listener.connections_.erase(connection);
  listener.again_ = true;  // at its limit it has stopped listening, and goes on at its next run only
}

MHD_Result AdminServer::Listener::on_access(void* self, MHD_Connection* connection, const char* url,
                                            const char* method, const char* /*version*/, const char* data,
                                            std::size_t* size, void** state) {
  auto& listener = *static_cast<Listener*>(self);
  try {
    if (*state == nullptr) return listener.begin(connection, url, method, state);
    auto& incoming = *static_cast<Incoming*>(*state);
    if (*size > 0) return listener.take_body(incoming, data, size);
    return listener.finish(connection, incoming);
  } catch (const std::exception& bug) {  // must not pass through a library in C
    base::log(base::LogLevel::error,
              fmt::format("the admin endpoint: this is a bug in idpd: {}", bug.what()));
    return MHD_NO;
  }
}

// The head has come. What is refused by it alone is refused before any of the body is read.
MHD_Result AdminServer::Listener::begin(MHD_Connection* connection, const char* url, const char* method,
                                        void** state) {
  auto incoming = std::make_unique<Incoming>();
  AdminRequest& request = incoming->request;
  request.method = method;
  request.path = url;
  request.over_unix_socket = where().is_unix();
  request.port = where().port;
  *state = incoming.release();
  const auto length = read_headers(connection, request);
  if (!length) return send_answer(connection, admin_error(http_status::bad_request, length.error().message));
  if (*length > limits_.body)
    return send_answer(connection, admin_error(http_status::too_large,
                                               fmt::format("a body may have {} bytes", limits_.body)));
  return MHD_YES;
}

MHD_Result AdminServer::Listener::take_body(Incoming& incoming, const char* data, std::size_t* size) const {
  constexpr std::size_t patience = std::size_t{1} << 20U;
  std::string& body = incoming.request.body;
  if (incoming.discarded > 0 || *size > limits_.body - body.size()) {
    // The answer can be given only at the end; who sends on and on is cut off.
    incoming.discarded += *size;
    if (incoming.discarded > patience) return MHD_NO;
  } else {
    body.append(data, *size);
  }
  *size = 0;
  return MHD_YES;
}

MHD_Result AdminServer::Listener::finish(MHD_Connection* connection, const Incoming& incoming) {
  const AdminRequest& request = incoming.request;
  if (incoming.discarded > 0)
    return send_answer(connection, admin_error(http_status::too_large,
                                               fmt::format("a body may have {} bytes", limits_.body)));
  AdminResponse response;
  try {
    response = answer(request, backend_);
  } catch (const std::exception& bug) {
    base::log(base::LogLevel::error, fmt::format("the admin endpoint, {}: this is a bug in idpd: {}",
                                                 base::printable(request.path), bug.what()));
    response = admin_error(http_status::internal_error, "this is a bug in idpd; its log says more");
  }
  if (request.method == "POST") {
    base::log(base::LogLevel::info,
              fmt::format("admin endpoint: POST {} by {}: {}", base::printable(request.path),
                          request.over_unix_socket ? peer_of(connection) : shown(where()), response.status));
  }
  return send_answer(connection, response);
}

base::Result<std::unique_ptr<AdminServer>> AdminServer::start(asio::io_context& io,
                                                              const std::vector<config::Listen>& listen,
                                                              AdminBackend& backend, AdminLimits limits) {
  std::unique_ptr<AdminServer> server(new AdminServer());
  for (const config::Listen& one : listen) {
    auto socket = AdminSocket::open(one);
    if (!socket) return socket.error();
    auto listener = std::make_shared<Listener>(io, *std::move(socket), backend, limits);
    if (!listener->start())
      return base::Error{base::Code::io, fmt::format("the admin endpoint cannot serve {}", shown(one))};
    server->listeners_.push_back(std::move(listener));
  }
  return server;
}

AdminServer::~AdminServer() {
  stop();
}

void AdminServer::stop() {
  for (const auto& listener : listeners_) listener->stop();
  listeners_.clear();
}

std::vector<config::Listen> AdminServer::listening() const {
  std::vector<config::Listen> out;
  out.reserve(listeners_.size());
  for (const auto& listener : listeners_) out.push_back(listener->where());
  return out;
}

}  // namespace idpd::service
