#include "http/curl_driver.h"

#include <asio/execution_context.hpp>
#include <asio/post.hpp>
#include <vector>

namespace idpd::http {

namespace {

// Closes the drivers of an io_context that is destroyed before they are: their timers and descriptors
// must not outlive its services.
class Teardown : public asio::execution_context::service {
 public:
  using key_type = Teardown;
  static inline asio::execution_context::id id;

  explicit Teardown(asio::execution_context& context) : service(context) {}
  void add(const std::weak_ptr<CurlDriver>& driver) {
    std::erase_if(drivers_, [](const auto& known) { return known.expired(); });
    drivers_.push_back(driver);
  }

 private:
  void shutdown() override {
    for (const auto& known : drivers_) {
      if (const auto driver = known.lock()) driver->close();
    }
  }

  std::vector<std::weak_ptr<CurlDriver>> drivers_;
};

void initialise_curl() {
  static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(once);
}

}  // namespace

struct CurlDriver::Socket {
  explicit Socket(asio::io_context& io) : descriptor(io) {}

  asio::posix::stream_descriptor descriptor;
  curl_socket_t fd = CURL_SOCKET_BAD;
  int wanted = 0;   // CURL_POLL_IN, CURL_POLL_OUT or both
  int pending = 0;  // those of them that a handler waits for
};

std::shared_ptr<CurlDriver> CurlDriver::create(asio::io_context& io) {
  auto driver = std::make_shared<CurlDriver>(io);
  asio::use_service<Teardown>(io).add(driver);
  return driver;
}

CurlDriver::CurlDriver(asio::io_context& io) : io_(io), timer_(std::in_place, io) {
  initialise_curl();
  multi_ = curl_multi_init();
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  share_ = curl_share_init();
  curl_share_setopt(share_, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);  // one thread: nothing to lock
}

// NOLINTNEXTLINE(bugprone-exception-escape): no memory left, and that ends the program anyway
CurlDriver::~CurlDriver() {
  close();
  curl_share_cleanup(share_);
}

void CurlDriver::close() {
  if (multi_ == nullptr) return;
  for (CurlExchange* exchange : exchanges_) {
    curl_multi_remove_handle(multi_, exchange->easy());
    exchange->abandon("the program is stopping");
  }
  exchanges_.clear();
  curl_multi_cleanup(multi_);  // calls on_socket for what it still has
  multi_ = nullptr;
  for (const auto& [fd, socket] : sockets_) socket->descriptor.release();
  sockets_.clear();
  timer_.reset();
}

CurlDriver::Registration::Registration(std::shared_ptr<CurlDriver> driver, CurlExchange& exchange)
    : driver_(std::move(driver)), exchange_(exchange) {
  driver_->add(exchange_);
}

CurlDriver::Registration::~Registration() {
  driver_->remove(exchange_);
}

void CurlDriver::add(CurlExchange& exchange) {
  curl_easy_setopt(exchange.easy(), CURLOPT_SHARE, share_);
  if (multi_ == nullptr || curl_multi_add_handle(multi_, exchange.easy()) != CURLM_OK) {
    exchange.abandon("the program is stopping");
    return;
  }
  exchanges_.insert(&exchange);
}

void CurlDriver::remove(CurlExchange& exchange) {
  if (exchanges_.erase(&exchange) > 0) curl_multi_remove_handle(multi_, exchange.easy());
  curl_easy_setopt(exchange.easy(), CURLOPT_SHARE, nullptr);
}

int CurlDriver::on_socket(CURL* /*easy*/, curl_socket_t fd, int what, void* self, void* /*socket*/) {
  static_cast<CurlDriver*>(self)->watch(fd, what);
  return 0;
}

int CurlDriver::on_timer(CURLM* /*multi*/, long milliseconds, void* self) {
  static_cast<CurlDriver*>(self)->arm(milliseconds);
  return 0;
}

void CurlDriver::watch(curl_socket_t fd, int what) {
  const auto known = sockets_.find(fd);
  if (what == CURL_POLL_REMOVE) {
    if (known == sockets_.end()) return;
    known->second->wanted = 0;
    known->second->descriptor.release();  // curl closes it
    sockets_.erase(known);
    return;
  }
  std::shared_ptr<Socket> socket = known == sockets_.end() ? nullptr : known->second;
  if (!socket) {
    socket = std::make_shared<Socket>(io_);
    socket->fd = fd;
    std::error_code error;
    // On failure the exchange ends by its timeout: a callback has no way to say so at once.
    socket->descriptor.assign(fd, error);
    if (error) return;
    sockets_.emplace(fd, socket);
  }
  socket->wanted = what;
  wait(socket, CURL_POLL_IN);
  wait(socket, CURL_POLL_OUT);
}

void CurlDriver::wait(const std::shared_ptr<Socket>& socket, int what) {
  if ((socket->wanted & what) == 0 || (socket->pending & what) != 0) return;
  socket->pending |= what;
  const auto kind = what == CURL_POLL_IN ? asio::posix::stream_descriptor::wait_read
                                         : asio::posix::stream_descriptor::wait_write;
  socket->descriptor.async_wait(kind, [weak = weak_from_this(), socket, what](std::error_code error) {
    socket->pending &= ~what;
    const auto self = weak.lock();
    // A socket that curl gave up meanwhile wants nothing; its number may be another's by now.
    if (!self || self->multi_ == nullptr || (socket->wanted & what) == 0) return;
    const int ready = what == CURL_POLL_IN ? CURL_CSELECT_IN : CURL_CSELECT_OUT;
    self->act(socket->fd, error ? ready | CURL_CSELECT_ERR : ready);
    if (self->multi_ != nullptr) self->wait(socket, what);
  });
}

void CurlDriver::arm(long milliseconds) {
  if (!timer_) return;
  timer_->cancel();
  if (milliseconds < 0) return;
  auto due = [weak = weak_from_this()](std::error_code error) {
    const auto self = weak.lock();
    if (!error && self && self->multi_ != nullptr) self->act(CURL_SOCKET_TIMEOUT, 0);
  };
  if (milliseconds == 0) {  // with each request: not worth a timer of the system's
    asio::post(io_, [due] { due({}); });
    return;
  }
  timer_->expires_after(std::chrono::milliseconds(milliseconds));
  timer_->async_wait(std::move(due));
}

void CurlDriver::act(curl_socket_t fd, int events) {
  int running = 0;
  curl_multi_socket_action(multi_, fd, events, &running);
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    const CURLcode result = message->data.result;  // the message goes away with the handle
    void* owner = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &owner);
    auto* exchange = static_cast<CurlExchange*>(owner);
    exchanges_.erase(exchange);
    exchange->finish(result);
    curl_multi_remove_handle(multi_, easy);
  }
}

}  // namespace idpd::http
