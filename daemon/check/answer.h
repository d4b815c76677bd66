// What an identity provider has answered, in the one form that rules are held against, whatever shape its
// errors have. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "check/catalog.h"
#include "http/transport.h"

namespace idpd::check {

inline constexpr int ok_status = 200;
inline constexpr int too_many_requests = 429;
inline constexpr int first_server_error = 500;

struct Answer {
  int status = 0;
  base::Json body;                    // null when it is no JSON
  std::string error;                  // `error` of RFC 6749, or the code of the provider's own error object
  std::string description;            // for people; from outside
  std::vector<std::int64_t> numbers;  // error numbers beside them
  std::string page;                   // the body as text
  std::string redirect;               // `callback`, `elsewhere`, or empty
  std::map<std::string, std::string> query;  // of the address that it redirects to, its fragment included

  // Whether two answers say the same; what is unique in each, such as a correlation id, does not count.
  bool same_as(const Answer& other) const {
    return status == other.status && error == other.error && numbers == other.numbers;
  }
};

// `callback`: our redirect URI.
Answer read_answer(const http::Response& response, const std::string& callback);

// Never for a 429 or 5xx.
bool matches(const When& when, const Answer& answer);
// The first rule that fits; null when none does.
const Rule* judge(const std::vector<Rule>& rules, const Answer& answer);

}  // namespace idpd::check
