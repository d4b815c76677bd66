// What a check has found out of one identity provider: a verdict for each probe, and why. Plain values; they
// hold no secret, and nothing of an answer but its error, cut short.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "check/catalog.h"

namespace idpd::check {

struct Probe {
  std::string name;  // discovery, keys, authorize, credentials, certificates, metadata
  Verdict verdict = Verdict::unknown;
  std::optional<Grade> grade;      // of the rule that decided; nothing when none fits the answer
  std::string endpoint;            // the address without its query; empty when nothing was sent
  std::string message;             // what was found
  std::string advice;              // what to do next; may be empty
  std::vector<std::string> notes;  // what else a person should know; no fault
};

struct Outcome {
  std::string account;
  std::string key;
  std::string name;
  std::string type;
  std::vector<Probe> probes;  // empty: there is nothing to probe

  // Bad if one is, else unknown if one is.
  Verdict verdict() const;
};

}  // namespace idpd::check
