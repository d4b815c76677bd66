#include "service/status_samples.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace idpd::service {

namespace {

using base::Json;

// Of tests/service/samples.
Json read(const std::string& name) {
  std::ifstream file(std::string(IDPD_SOURCE_DIR) + "/tests/service/samples/" + name + ".json");
  auto json = base::parse_json(std::string(std::istreambuf_iterator<char>(file), {}));
  if (!json) std::abort();  // a mistake in the sample
  return *std::move(json);
}

// Every string of the document becomes hostile; what names a state or a time stays.
void spoil(Json& json, const std::string& name) {
  if (json.is_array()) {
    for (Json& one : json.array()) spoil(one, name);
  } else if (json.is_object()) {
    for (auto& [key, value] : json.object()) spoil(value, key);
  } else if (json.is_string()) {
    for (const char* kept : {"status", "state", "kind", "result", "at", "started", "first_seen", "ended",
                             "began", "since", "last_attempt", "last_success", "next_attempt", "account"}) {
      if (name == kept) return;
    }
    json =
        Json("</style></title><script>document.title='owned'</script><img src=x onerror=alert(1)>\"'&amp;" +
             std::string(1, '\0') + "\x1b[31m\xe2\x80\xae" + "gpj.exe\xff" + name);
  }
}

Sample hostile() {
  Sample out{"hostile", read("incident_status"), read("incident_history")};
  spoil(out.status, "");
  spoil(out.history, "");
  return out;
}

Sample many() {
  Sample out{"many", read("all_well_status"), read("all_well_history")};
  Json& account = out.status["accounts"].array().front();
  account["identity_providers"] = Json::Array{};
  for (int i = 0; i < 50; ++i) {
    const std::string number = std::to_string(i);
    account["identity_providers"].array().push_back(
        Json::Object{{"key", "a-rather-long-key-of-an-identity-provider-" + number},
                     {"id", number},
                     {"name", "Identity provider of department number " + number},
                     {"type", "azureAD"},
                     {"state", i % 17 == 5 ? "drifted" : "in_sync"},
                     {"since", "2026-11-27T12:00:00Z"}});
  }
  return out;
}

}  // namespace

std::vector<Sample> status_samples() {
  return {{"all_well", read("all_well_status"), read("all_well_history")},
          {"incident", read("incident_status"), read("incident_history")},
          hostile(),
          {"empty", Json(), Json()},
          many()};
}

const Sample& status_sample(const std::string& name) {
  static const std::vector<Sample> all = status_samples();
  for (const Sample& one : all) {
    if (one.name == name) return one;
  }
  std::abort();  // a mistake in a test
}

}  // namespace idpd::service
