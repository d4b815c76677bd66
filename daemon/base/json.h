// A JSON value that can be copied, compared and kept: RapidJSON does the reading and writing (only
// in json.cpp), its own value type is move-only and tied to an allocator. Objects keep the order in
// which they were written (a schema's fields are shown in that order) and compare without it.
// Plain values, no ownership to think of.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace idpd::base {

class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;

  Json() = default;
  Json(std::nullptr_t) {}
  Json(bool value) : value_(value) {}
  Json(int value) : value_(static_cast<std::int64_t>(value)) {}
  Json(std::int64_t value) : value_(value) {}
  Json(std::size_t value) : value_(static_cast<std::int64_t>(value)) {}
  Json(double value) : value_(value) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}

  bool is_null() const { return value_.index() == 0; }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_integer() const { return std::holds_alternative<std::int64_t>(value_); }
  bool is_number() const { return is_integer() || std::holds_alternative<double>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }

  // Each of these wants the right kind; ask first.
  bool boolean() const { return std::get<bool>(value_); }
  std::int64_t integer() const { return std::get<std::int64_t>(value_); }
  double number() const { return is_integer() ? static_cast<double>(integer()) : std::get<double>(value_); }
  const std::string& string() const { return std::get<std::string>(value_); }
  std::string& string() { return std::get<std::string>(value_); }
  const Array& array() const { return std::get<Array>(value_); }
  Array& array() { return std::get<Array>(value_); }
  const Object& object() const { return std::get<Object>(value_); }
  Object& object() { return std::get<Object>(value_); }

  // The member of an object; null where there is none, or where this is no object.
  const Json* find(std::string_view name) const;
  Json* find(std::string_view name);
  // The member, made null when it is missing; this becomes an object when it is null.
  Json& operator[](std::string_view name);
  bool erase(std::string_view name);

  // The member if it has that kind, else the default: for reading what others wrote.
  bool flag(std::string_view name, bool otherwise = false) const;
  std::string text(std::string_view name, const std::string& otherwise = {}) const;

  bool operator==(const Json& other) const;

 private:
  std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Array, Object> value_ = nullptr;
};

// Bounded in depth, so that a hostile answer cannot exhaust the stack. Errors name the byte offset,
// never the text (it may hold a secret).
Result<Json> parse_json(std::string_view text);
std::string dump_json(const Json& value);
// For people as well as programs: a terminal that shows it interprets nothing.
std::string dump_json_pretty(const Json& value);
// Members sorted, no white space: equal values give equal text.
std::string canonical_json(const Json& value);

}  // namespace idpd::base
