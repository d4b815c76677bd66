// Puts the pages of a listing together and tells a whole one from one that broke off: a truncated list looks
// like absent identity providers and would be answered with twins. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "cloudflare/envelope.h"

namespace idpd::cloudflare {

class Listing {
 public:
  Listing(std::string where, int per_page) : where_(std::move(where)), per_page_(per_page) {}

  int next_page() const { return pages_ + 1; }
  // True when that was the last page. Error: incomplete, worth reading again from the start.
  base::Result<bool> add(Envelope page);
  base::Json::Array take() { return std::move(items_); }

 private:
  base::Error incomplete(const std::string& what) const;

  std::string where_;
  std::int64_t per_page_;
  int pages_ = 0;
  std::optional<std::int64_t> total_;
  std::set<std::string> ids_;
  base::Json::Array items_;
};

}  // namespace idpd::cloudflare
