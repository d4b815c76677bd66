// Status and history documents as the daemon could have written them, for the page and the text forms.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "model/incident.h"

namespace idpd::service {

struct Sample {
  std::string name;
  base::Json status;
  base::Json history;
};

// All of them are told at this moment.
inline const model::Time sample_now =
    std::chrono::sys_days(std::chrono::year(2026) / 11 / 28) + std::chrono::hours(12);

// all_well, incident, hostile, empty, many
std::vector<Sample> status_samples();
const Sample& status_sample(const std::string& name);

}  // namespace idpd::service
