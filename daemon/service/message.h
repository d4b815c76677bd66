// What is told of an incident, in words: one sentence, its details, and the JSON document for programs
// (README.md, "Notifications"). Pure. Everything from outside is shown with control characters as codes.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "model/incident.h"

namespace idpd::service {

// What became of an incident. `ended` is for one that was told before; one that ends in the pass that found
// it is `opened`, with its end in the incident.
enum class Event { opened, changed, reminder, ended };

// The name by which the settings select it: `resolved`, else the incident's kind.
std::string_view name_of(const model::Incident& incident, Event event);

struct Fact {
  std::string label;
  std::string text;
};

struct Message {
  std::string event;  // drift, failure, withheld, expiry, check, resolved
  bool reminder = false;
  std::string title;               // what it is about, in some words
  std::string text;                // one sentence that says it all
  std::string reason;              // what the incident says of itself; may be empty
  std::vector<Fact> facts;         // what it is, since when, by whom, how it ended
  std::vector<std::string> codes;  // commands to copy
};

Message message(const model::Incident& incident, Event event);

// What one field is and should be, each as it is shown: `(sensitive)`, `(unset)`, `"a"`.
struct Values {
  std::string live;
  std::string desired;
};
Values values(const model::Difference& field);

// `format_version` 1.
std::string json_body(const model::Incident& incident, Event event, model::Time now);

// `45 s`, `12 min`, `3 h 20 min`, `2 d 4 h`.
std::string duration_words(std::chrono::seconds length);

}  // namespace idpd::service
