// A secret value: moved, never copied, wiped when it goes, with no formatter and no ==, so that it cannot
// slip into a log, a comparison or a plan. Whoever needs the text says `reveal()`, which is easy to find.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/digest.h"

namespace idpd::secrets {

class Secret {
 public:
  Secret() = default;
  // Copies and wipes, here and below: a moved-from short string keeps its text in its own buffer.
  explicit Secret(std::string value) : value_(value) { base::wipe(value); }
  // NOLINTNEXTLINE(performance-move-constructor-init): see above
  Secret(Secret&& other) noexcept : value_(other.value_) { base::wipe(other.value_); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      base::wipe(value_);
      value_ = other.value_;
      base::wipe(other.value_);
    }
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  bool operator==(const Secret&) const = delete;
  ~Secret() { base::wipe(value_); }

  std::string_view reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

// HMAC-SHA-256 under the store's key: tells that a secret changed, says nothing about it. In front of the `:`
// is which key it was: what was made with another one, now lost, can be compared with nothing.
std::string fingerprint(std::string_view key, const Secret& secret);

}  // namespace idpd::secrets
