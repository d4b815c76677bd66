#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

namespace idpd::base {

namespace {

constexpr std::string_view names[] = {"trace", "debug", "info", "warn", "error"};

spdlog::level::level_enum level_of(LogLevel level) {
  return spdlog::level::from_str(std::string(names[static_cast<std::size_t>(level)]));
}

// How each line is written; spdlog itself knows no JSON.
bool as_json = false;

}  // namespace

void set_up_log(LogLevel level, bool json) {
  spdlog::drop_all();
  auto logger = spdlog::stderr_logger_st("idpd");
  logger->set_level(level_of(level));
  logger->set_pattern(json ? "%v" : "%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  logger->flush_on(spdlog::level::trace);
  as_json = json;
  spdlog::set_default_logger(std::move(logger));
}

bool logs(LogLevel level) {
  return spdlog::default_logger_raw()->should_log(level_of(level));
}

void log(LogLevel level, std::string_view message) {
  if (!logs(level)) return;
  if (!as_json) {
    spdlog::default_logger_raw()->log(level_of(level), printable(message));
    return;
  }
  Json line;
  line["time"] = timestamp(std::chrono::system_clock::now());
  line["level"] = names[static_cast<std::size_t>(level)];
  line["message"] = message;
  spdlog::default_logger_raw()->log(level_of(level), dump_json(line));
}

}  // namespace idpd::base
