#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <ostream>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/reporting.h"
#include "service/admin_routes.h"

namespace idpd::cli {

namespace {

using base::Code;
using base::Error;
using base::Json;
using base::Result;

constexpr int accepted = 202;

Error unreachable(const std::string& path) {
  if (::access(path.c_str(), F_OK) != 0) {
    return Error{Code::io,
                 fmt::format("there is no socket {}: is `idpd run` running, with these settings, and may "
                             "this user look into that folder?",
                             path)};
  }
  if (::access(path.c_str(), W_OK) != 0) {
    return Error{Code::io,
                 fmt::format("this user may not use {}: it is for the user that runs idpd and for the group "
                             "idpd (sudo -u idpd idpd approve …)",
                             path)};
  }
  return Error{
      Code::io,
      fmt::format(
          "nobody answers on {}: is `idpd run` running? Whether it took the approval, `idpd status` shows",
          path)};
}

// What the daemon said, for a person. Error: its refusal, or no answer.
Result<std::string> read_answer(const Result<http::Response>& answer, const std::string& path) {
  if (!answer) {
    Error error = unreachable(path);
    error.message += fmt::format(" ({})", answer.error().message);
    return error;
  }
  const auto body = base::parse_json(answer->body);
  const Json json = body && body->is_object() ? *body : Json();
  if (answer->status == accepted) return base::printable(json.text("message", "The daemon has accepted it."));
  return Error{Code::refused,
               base::printable(json.text(
                   "error", fmt::format("{} answered with status {}: is it `idpd run` that listens there?",
                                        path, answer->status)))};
}

Result<http::Response> post(const World& world, const std::string& path, const Json& body) {
  constexpr std::chrono::seconds connect{5};
  constexpr std::chrono::seconds total{30};
  constexpr std::size_t most = std::size_t{1} << 20U;
  asio::io_context io;
  http::CurlOptions options;
  options.unix_socket = path;
  options.connect_timeout = connect;
  options.total_timeout = total;
  options.max_body = most;
  const auto transport = world.make_transport(io, std::move(options));
  std::optional<Result<http::Response>> result;
  const auto exchange = [&]() -> asio::awaitable<void> {
    http::Request request;
    request.method = http::Method::post;
    request.url = "http://localhost/api/v1/approve";
    request.headers.emplace_back("Content-Type", "application/json");
    request.body = base::dump_json(body);
    result.emplace(co_await transport->send(std::move(request)));
  };
  std::exception_ptr bug;
  asio::co_spawn(io, exchange(), [&](const std::exception_ptr& thrown) { bug = thrown; });
  io.run();
  if (bug) std::rethrow_exception(bug);
  return *std::move(result);
}

}  // namespace

base::ExitCode approve(const World& world, const Options& options) {
  std::vector<model::Diagnostic> diagnostics;
  const auto refuse = [&](std::string why) {
    diagnostics.push_back({model::Severity::error, {}, std::move(why)});
    return fail(world, options, diagnostics);
  };
  if (!service::is_fingerprint(options.fingerprint))
    return refuse(
        "a fingerprint is sha256: and 64 hexadecimal digits, as `idpd status` and the status page show it");
  if (options.config.empty())
    return refuse(
        "approve needs the settings file of the daemon (--config FILE): it names the daemon's socket");
  const auto settings = load_settings(world, options, diagnostics);
  if (!settings) return fail(world, options, std::move(diagnostics));
  const auto socket = std::find_if(settings->listen.begin(), settings->listen.end(),
                                   [](const config::Listen& one) { return one.is_unix(); });
  if (socket == settings->listen.end()) {
    return refuse(
        fmt::format("{} names no unix socket for the daemon: set admin.listen to unix:/run/idpd/admin.sock "
                    "(approval goes over a unix socket only), and reload the daemon",
                    options.config));
  }
  const Json body = Json::Object{{"fingerprint", options.fingerprint}};
  const auto said = read_answer(post(world, socket->path, body), socket->path);
  if (!said) return refuse(said.error().text());
  world.out << *said << '\n';
  return base::ExitCode::done;
}

}  // namespace idpd::cli
