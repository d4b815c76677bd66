// Errors as values. Everything that can fail at a boundary (files, network, database, user input)
// returns a Result<T>; exceptions mean a bug and are caught once, in main. g++ 12 has no
// std::expected, so this is the same shape in one header. Values are owned by the Result; nothing
// here blocks or can be cancelled.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace idpd::base {

// What kind of failure it is, for code that reacts to it; people read `message`.
enum class Code {
  invalid,       // bad input or usage: a file, an option, a setting
  io,            // the local system: files, permissions, database
  locked,        // another process holds the account
  network,       // no answer, or not a whole one: for a write the outcome is unknown
  unauthorized,  // the token is wrong, expired or lacks a permission
  not_found,     // the API says that it does not exist
  refused,       // the API refuses this request: a clear no
  rate_limited,  // the API asks to wait: a clear "not done"
  unavailable,   // 5xx or an unreadable answer: for a write the outcome is unknown
  conflict,      // the world moved since it was planned
  incomplete,    // a listing broke off or is short: unknown, not empty
  internal,      // a bug
};

struct Error {
  Code code = Code::internal;
  std::string message;                             // one sentence for a person, with the way out
  std::string where = {};                          // file:line:column, or METHOD path; may be empty
  bool retryable = false;                          // the same request may succeed later
  std::optional<double> retry_after_seconds = {};  // what the server asked for

  // `where: message`, or the message alone.
  std::string text() const { return where.empty() ? message : where + ": " + message; }
  bool operator==(const Error&) const = default;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

}  // namespace idpd::base
