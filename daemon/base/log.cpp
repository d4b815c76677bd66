#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

namespace idpd::base {

namespace {

constexpr std::string_view names[] = {"trace", "debug", "info", "warn", "error"};

spdlog::level::level_enum level_of(LogLevel level) {
  return spdlog::level::from_str(std::string(names[static_cast<std::size_t>(level)]));
}

// How syslog and the journal count.
constexpr int priorities[] = {7, 7, 6, 4, 3};

// How each line is written; spdlog itself knows no JSON.
enum class Form { text, json, journal };
Form form = Form::text;

// A field's name as a member's: IDPD_KEY is idpd_key.
std::string member_name(std::string_view field) {
  std::string name(field);
  std::ranges::transform(name, name.begin(),
                         [](char c) { return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return name;
}

std::string json_line(LogLevel level, std::string_view message, const Fields& fields) {
  Json line;
  line["time"] = timestamp(std::chrono::system_clock::now());
  line["level"] = names[static_cast<std::size_t>(level)];
  line["message"] = message;
  for (const auto& [name, value] : fields) line[member_name(name)] = value;
  return printable_json(dump_json(line));
}

}  // namespace

void set_up_log(LogLevel level, bool json) {
  spdlog::drop_all();
  auto logger = spdlog::stderr_logger_st("idpd");
  logger->set_level(level_of(level));
  logger->set_pattern(json ? "%v" : "%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  logger->flush_on(spdlog::level::trace);
  form = json ? Form::json : stderr_is_the_journal() ? Form::journal : Form::text;
  spdlog::set_default_logger(std::move(logger));
}

bool logs(LogLevel level) {
  return spdlog::default_logger_raw()->should_log(level_of(level));
}

void log(LogLevel level, std::string_view message) {
  log(level, message, {});
}

void log(LogLevel level, std::string_view message, const Fields& fields) {
  if (!logs(level)) return;
  switch (form) {
    case Form::text:
      spdlog::default_logger_raw()->log(level_of(level), printable(message));
      break;
    case Form::json:
      spdlog::default_logger_raw()->log(level_of(level), json_line(level, message, fields));
      break;
    case Form::journal:
      send_to_journal(priorities[static_cast<std::size_t>(level)], printable(message), fields);
      break;
  }
}

}  // namespace idpd::base
