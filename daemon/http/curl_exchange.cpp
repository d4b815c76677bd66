#include "http/curl_exchange.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>  // explicit_bzero
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <regex>

#include "base/text.h"

namespace idpd::http {

using base::Code;
using base::Error;

namespace {

constexpr std::size_t max_header_bytes = std::size_t{256} * 1024;

Error not_sendable(std::string message) {
  return Error{Code::invalid, std::move(message)};
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

}  // namespace

CurlExchange::CurlExchange(const asio::any_io_executor& executor, Request request,
                           std::shared_ptr<const CurlOptions> options)
    : event_(executor, asio::steady_timer::time_point::max()),
      request_(std::move(request)),
      options_(std::move(options)),
      easy_(curl_easy_init()) {}

CurlExchange::~CurlExchange() {
  curl_easy_cleanup(easy_);
  for (curl_slist* header = headers_; header != nullptr; header = header->next) {
    explicit_bzero(header->data, std::strlen(header->data));  // the token
  }
  curl_slist_free_all(headers_);
}

base::Result<void> CurlExchange::prepare() {
  if (easy_ == nullptr) return Error{Code::internal, "curl has no memory for a request"};
  if (auto parsed = parse_url(); !parsed) return parsed;
  if (auto added = add_headers(); !added) return added;
  set_method();
  set_limits();
  curl_easy_setopt(easy_, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, reason_.data());
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy_, CURLOPT_FOLLOWLOCATION, 0L);  // the token goes nowhere but to this host
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy_, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(easy_, CURLOPT_USERAGENT, options_->user_agent.c_str());
  curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  curl_easy_setopt(easy_, CURLOPT_PIPEWAIT, 1L);
  curl_easy_setopt(easy_, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy_, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options_->unix_socket.empty()) {
    curl_easy_setopt(easy_, CURLOPT_UNIX_SOCKET_PATH, options_->unix_socket.c_str());
    curl_easy_setopt(easy_, CURLOPT_PROXY, "");
  }
  // A proxy of the environment carries https unread. Plain http goes to this machine alone, and never through
  // a proxy, which would see the token.
  if (plain_http_) curl_easy_setopt(easy_, CURLOPT_PROXY, "");
  if (!options_->ca_file.empty()) curl_easy_setopt(easy_, CURLOPT_CAINFO, options_->ca_file.c_str());
  return {};
}

base::Result<void> CurlExchange::parse_url() {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), &curl_url_cleanup);
  char* scheme = nullptr;
  char* host = nullptr;
  const bool whole = curl_url_set(url.get(), CURLUPART_URL, request_.url.c_str(), 0) == CURLUE_OK &&
                     curl_url_get(url.get(), CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                     curl_url_get(url.get(), CURLUPART_HOST, &host, 0) == CURLUE_OK;
  if (host != nullptr) host_ = base::printable(host);
  const std::string_view kind = scheme == nullptr ? "" : scheme;
  plain_http_ = kind == "http";
  const bool known = plain_http_ || kind == "https";
  curl_free(scheme);
  curl_free(host);
  // The URL itself is not shown: it may hold a password.
  if (!whole || !known) return not_sendable("not a URL that begins with https:// or http://");
  curl_easy_setopt(easy_, CURLOPT_URL, request_.url.c_str());
  return {};
}

base::Result<void> CurlExchange::add_headers() {
  const auto append = [&](const char* line) {
    curl_slist* longer = curl_slist_append(headers_, line);
    if (longer != nullptr) headers_ = longer;
  };
  for (const auto& [name, value] : request_.headers) {
    const auto control = [](unsigned char c) { return c < ' ' || c == 0x7f; };
    if (name.empty() || std::any_of(name.begin(), name.end(), control) ||
        std::any_of(value.begin(), value.end(), control)) {
      return not_sendable(
          fmt::format("the value of the header {} holds a line break or another control character",
                      base::printable(name)));
    }
    std::string line;
    line.reserve(name.size() + value.size() + 2);
    line.append(name).append(value.empty() ? ";" : ": ").append(value);
    append(line.c_str());
    base::wipe(line);
  }
  append("Expect:");  // no round trip before a body
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_);
  return {};
}

void CurlExchange::set_method() {
  if (request_.method == Method::get) {
    curl_easy_setopt(easy_, CURLOPT_HTTPGET, 1L);
    return;
  }
  const bool bodied = request_.method != Method::remove || !request_.body.empty();
  if (bodied) {
    // The body is given out once and cannot be rewound: curl would otherwise repeat a request, a POST
    // too, when a kept connection dies before the first byte of the answer.
    curl_easy_setopt(easy_, CURLOPT_POST, 1L);
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(easy_, CURLOPT_READFUNCTION, &on_upload);
    curl_easy_setopt(easy_, CURLOPT_READDATA, this);
    curl_easy_setopt(easy_, CURLOPT_SEEKFUNCTION, &on_rewind);
    curl_easy_setopt(easy_, CURLOPT_SEEKDATA, this);
  }
  if (request_.method != Method::post) {
    curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, std::string(name_of(request_.method)).c_str());
  }
}

void CurlExchange::set_limits() {
  const auto milliseconds = [](std::chrono::milliseconds time) { return static_cast<long>(time.count()); };
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(options_->connect_timeout));
  std::chrono::milliseconds total = options_->total_timeout;
  if (request_.deadline) {
    const auto left =
        std::chrono::floor<std::chrono::milliseconds>(*request_.deadline - base::BootClock::now());
    total = std::clamp(left, std::chrono::milliseconds(1), total);
    curl_easy_setopt(easy_, CURLOPT_PREREQFUNCTION, &on_ready);
    curl_easy_setopt(easy_, CURLOPT_PREREQDATA, this);
  }
  curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS, milliseconds(total));
  if (options_->unacknowledged.count() > 0) {
    curl_easy_setopt(easy_, CURLOPT_SOCKOPTFUNCTION, &on_socket);
    curl_easy_setopt(easy_, CURLOPT_SOCKOPTDATA, this);
  }
  const auto stall = std::chrono::ceil<std::chrono::seconds>(options_->stall_timeout);
  curl_easy_setopt(easy_, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(easy_, CURLOPT_LOW_SPEED_TIME, std::max(1L, static_cast<long>(stall.count())));
}

std::size_t CurlExchange::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  const std::size_t bytes = size * count;
  return static_cast<CurlExchange*>(self)->take_header({data, bytes}) ? bytes : 0;
}

bool CurlExchange::take_header(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > max_header_bytes) {
    too_large_ = true;
    return false;
  }
  if (line.starts_with("HTTP/")) {  // after an interim answer the real one begins
    response_.headers.clear();
    return true;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return true;
  response_.headers.emplace_back(lower(base::trimmed(line.substr(0, colon))),
                                 base::trimmed(line.substr(colon + 1)));
  return true;
}

std::size_t CurlExchange::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<CurlExchange*>(self);
  const std::size_t bytes = size * count;
  if (bytes > exchange.options_->max_body - exchange.response_.body.size()) {
    exchange.too_large_ = true;
    return 0;  // bytes is more than that: curl stops
  }
  exchange.response_.body.append(data, bytes);
  return bytes;
}

std::size_t CurlExchange::on_upload(char* data, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<CurlExchange*>(self);
  if (exchange.is_late()) return CURL_READFUNC_ABORT;
  const std::size_t bytes = std::min(size * count, exchange.request_.body.size() - exchange.sent_);
  std::copy_n(exchange.request_.body.data() + exchange.sent_, bytes, data);
  exchange.sent_ += bytes;
  return bytes;
}

int CurlExchange::on_socket(void* self, curl_socket_t fd, curlsocktype /*purpose*/) {
  const auto limit =
      static_cast<unsigned>(static_cast<CurlExchange*>(self)->options_->unacknowledged.count());
  const bool set = ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof limit) == 0;
  return set ? CURL_SOCKOPT_OK : CURL_SOCKOPT_ERROR;
}

// The connection stands, and the request goes out next: the process may have been stopped meanwhile.
int CurlExchange::on_ready(void* self, char* /*to*/, char* /*from*/, int /*to_port*/, int /*from_port*/) {
  auto& exchange = *static_cast<CurlExchange*>(self);
  if (exchange.is_late()) return CURL_PREREQFUNC_ABORT;
  exchange.begun_ = true;
  return CURL_PREREQFUNC_OK;
}

int CurlExchange::on_rewind(void* /*self*/, curl_off_t /*offset*/, int /*origin*/) {
  return CURL_SEEKFUNC_FAIL;
}

void CurlExchange::finish(CURLcode code) {
  if (code == CURLE_OK) {
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    response_.status = static_cast<int>(status);
    result_.emplace(std::move(response_));
  } else {
    result_.emplace(failure(code));
  }
  event_.cancel();
}

void CurlExchange::abandon(std::string_view reason) {
  if (!result_) result_.emplace(Error{Code::network, fmt::format("no answer from {}: {}", host_, reason)});
  event_.cancel();
}

namespace {

// What is said of one failure is the same each time: what is told as an incident has changed only when its
// words have. curl's own words hold milliseconds and bytes.
std::string lasting(CURLcode code, const std::string& reason) {
  if (code == CURLE_OPERATION_TIMEDOUT || code == CURLE_PARTIAL_FILE) return curl_easy_strerror(code);
  static const std::regex duration(" after [0-9]+ (ms|milliseconds)");
  return std::regex_replace(reason, duration, "");
}

}  // namespace

base::Error CurlExchange::failure(CURLcode code) const {
  Error error{Code::network, {}, {}, true};
  const std::string reason =
      base::printable(reason_[0] != '\0' ? std::string_view(reason_.data()) : curl_easy_strerror(code));
  if (request_.deadline && !begun_ && is_late()) {
    return {Code::invalid,
            fmt::format(
                "it was not sent, since {} could not be reached in time: the right to write was about to end",
                host_)};
  }
  if (too_large_) {
    error.message = fmt::format("the answer of {} is larger than allowed ({} bytes); check {} and any proxy",
                                host_, options_->max_body, options_->address_from);
    error.retryable = false;
    return error;
  }
  if (code == CURLE_PEER_FAILED_VERIFICATION) {
    long verdict = 0;
    curl_easy_getinfo(easy_, CURLINFO_SSL_VERIFYRESULT, &verdict);
    // curl compares the name before it asks for the verdict on the chain, which then is still the one that
    // it begins with.
    constexpr long not_asked_yet = 1;
    error.retryable = false;  // nothing that a second try mends
    error.message = verdict <= not_asked_yet ? fmt::format(
                                                   "{} shows a certificate of another host ({}), so that "
                                                   "nothing was sent; see {} and any proxy",
                                                   host_, reason, options_->address_from)
                                             : fmt::format(
                                                   "the certificate of {} is not trusted ({}), so that "
                                                   "nothing was sent; if a CA of your own signed it, "
                                                   "give that with {}",
                                                   host_, reason, options_->ca_from);
    return error;
  }
  if (code == CURLE_SSL_CACERT_BADFILE) {
    return not_sendable(
        fmt::format("cannot read the CA file {} ({}): {}", options_->ca_file, options_->ca_from, reason));
  }
  if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL) {
    return not_sendable("not a URL that begins with https:// or http://");
  }
  error.message =
      fmt::format("no whole answer from {}: {}; is the network there, and the proxy if there is one?", host_,
                  lasting(code, reason));
  return error;
}

}  // namespace idpd::http
