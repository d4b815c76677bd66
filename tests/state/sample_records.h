// Records for tests: one with something in every field, and random ones.
#pragma once

#include <limits>
#include <random>
#include <string>

#include "model/record.h"

namespace idpd::state {

inline model::Record sample_record(const std::string& key) {
  model::Record record;
  record.key = key;
  record.id = "id-of-" + key;
  record.type = "oidc";
  record.name = "Näme \"quoted\" \\ \n of " + key;
  record.applied = {{"config.claims", base::Json::Array{"a", "b"}},
                    {"config.pkce_enabled", true},
                    {"config.conditional_access_enabled", nullptr},
                    {"config.nested", base::Json::Object{{"z", 1}, {"a", nullptr}, {"f", 0.5}}}};
  record.observed = {{"config.claims", base::Json::Array{"a"}}, {"name", "x"}};
  record.secrets = {{"config.client_secret", "5f00"}};
  record.stuck = {"config.claims", "config.pkce_enabled"};
  record.prevent_delete = true;
  record.superseded = {"old-2", "old-1"};
  record.passes = 7;
  return record;
}

class RandomRecords {
 public:
  explicit RandomRecords(unsigned seed) : engine_(seed) {}

  model::Record record(const std::string& key) {
    model::Record record;
    record.key = key;
    record.id = text();
    record.type = text();
    record.name = text();
    for (int i = below(6); i > 0; --i) record.applied[text()] = value(3);
    for (int i = below(6); i > 0; --i) record.observed[text()] = value(3);
    for (int i = below(4); i > 0; --i) record.secrets[text()] = text();
    for (int i = below(4); i > 0; --i) record.stuck.insert(text());
    for (int i = below(4); i > 0; --i) record.superseded.push_back(text());
    record.prevent_delete = below(2) == 0;
    record.passes = below(3) == 0 ? std::numeric_limits<int>::max() : below(10);
    return record;
  }

  int below(int bound) { return static_cast<int>(engine_() % static_cast<unsigned>(bound)); }

  std::string text() {
    static const std::string pieces[] = {"a",      "Z",  "0",  ".",  "'",    "\"",
                                         "\\",     "/",  "\n", "\t", "%",    "?",
                                         " ",      "é",  "漢", "🔑", "\x7f", std::string(1, '\0'),
                                         "\u2028", "--", ";"};
    std::string text;
    for (int i = below(12); i > 0; --i) text += pieces[below(static_cast<int>(std::size(pieces)))];
    return text;
  }

 private:
  base::Json value(int depth) {
    switch (below(depth > 0 ? 8 : 6)) {
      case 0:
        return nullptr;
      case 1:
        return below(2) == 0;
      case 2:
        return static_cast<std::int64_t>(engine_());
      case 3:
        return below(2) == 0 ? std::numeric_limits<std::int64_t>::min()
                             : std::numeric_limits<std::int64_t>::max();
      case 4:
        return below(1'000'000) / 8.0;  // exact in decimal as in binary
      case 5:
        return text();
      case 6: {
        base::Json::Array array;
        for (int i = below(4); i > 0; --i) array.push_back(value(depth - 1));
        return array;
      }
      default: {
        base::Json object(base::Json::Object{});
        for (int i = below(4); i > 0; --i) object[text()] = value(depth - 1);
        return object;
      }
    }
  }

  std::mt19937_64 engine_;
};

}  // namespace idpd::state
