// Small texts that several parts of the schedules need.
#pragma once

#include <string>

namespace idpd::test {

inline std::string padded(int number) {
  const std::string digits = std::to_string(number);
  return std::string(digits.size() < 3 ? 3 - digits.size() : 0, '0') + digits;
}

}  // namespace idpd::test
