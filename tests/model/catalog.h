// The types that the program itself knows, and a random live object of any of them.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "base/certificates.h"
#include "embedded.h"
#include "model/live.h"

namespace idpd::test {

using base::Json;

inline const model::TypeCatalog& catalog() {
  static const model::TypeCatalog all = [] {
    auto loaded = model::TypeCatalog::load(schema::documents());
    if (!loaded) {
      std::fprintf(stderr, "%s\n", loaded.error().text().c_str());
      std::abort();
    }
    return *std::move(loaded);
  }();
  return all;
}

inline const model::Type& type_of(const std::string& name) {
  return *catalog().find(name);
}

// The same run again: IDPD_TEST_SEED=… in the environment.
inline unsigned test_seed() {
  const char* given = std::getenv("IDPD_TEST_SEED");
  const unsigned seed = given ? static_cast<unsigned>(std::atoll(given)) : std::random_device{}();
  std::printf("seed %u (repeat with IDPD_TEST_SEED)\n", seed);
  return seed;
}

inline Json json(std::string_view text) {
  auto parsed = base::parse_json(text);
  EXPECT_TRUE(parsed.ok()) << text;
  return parsed.ok() ? *std::move(parsed) : Json();
}

// Values that a schema allows, with a liking for texts that YAML and references could misread.
class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}

  std::size_t below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(engine_);
  }
  bool coin() { return below(2) == 0; }
  template <typename T>
  const T& one_of(const std::vector<T>& all) {
    return all[below(all.size())];
  }

  std::string text() {
    static const std::vector<std::string> awkward{"true",
                                                  "null",
                                                  "~",
                                                  "yes",
                                                  "1.5",
                                                  "0x1f",
                                                  "12345678901234567890",
                                                  "- item",
                                                  "key: value",
                                                  "# not a comment",
                                                  "a #b",
                                                  " leading",
                                                  "trailing ",
                                                  "'single'",
                                                  "\"double\"",
                                                  "a\\b",
                                                  "$${x}",
                                                  "${env:HOME}",
                                                  "${",
                                                  "$",
                                                  "{a: b}",
                                                  "[a]",
                                                  "*alias",
                                                  "&anchor",
                                                  "!tag",
                                                  "%directive",
                                                  "@at",
                                                  "`tick",
                                                  "---",
                                                  "...",
                                                  "? q",
                                                  ": c",
                                                  "|",
                                                  ">",
                                                  "a: |",
                                                  "<<",
                                                  "=",
                                                  "a,b",
                                                  "tab\there",
                                                  "two\nlines",
                                                  "\nleading newline",
                                                  "ends with newline\n",
                                                  "a\n\n\nb\n  indented\n",
                                                  "  \n x",
                                                  "\r\n",
                                                  "a\rb",
                                                  "nul-less \x01 \x1b[2J \x7f",
                                                  "\xc3\xa4\xc3\xb6\xc3\xbc \xe2\x82\xac \xf0\x9f\x94\x91",
                                                  "\xc2\x85 \xe2\x80\xa8 \xef\xbb\xbf",
                                                  "*****x"};
    if (coin()) return one_of(awkward);
    static const std::string letters = "abcXYZ019 -_.:/#'\"${}[]&*!|>%@,?\\\t\n";
    std::string out;
    for (std::size_t i = 0, size = 1 + below(12); i < size; ++i) out += letters[below(letters.size())];
    return base_name(out);
  }

  Json value(const Json& schema) {
    if (const Json* options = schema.find("enum")) return one_of(options->array());
    const std::string type = schema.text("type");
    if (type == "boolean") return coin();
    if (type == "integer") return below(1000);
    if (type == "array") {
      Json::Array out;
      const std::size_t least = schema.find("minItems") ? 1 : 0;
      for (std::size_t i = 0, size = least + below(3); i < size; ++i)
        out.push_back(value(*schema.find("items")));
      return out;
    }
    if (type == "object") {
      Json out{Json::Object{}};
      for (const auto& [name, member] : schema.find("properties")->object()) out[name] = value(member);
      return out;
    }
    const std::string format = schema.text("format");
    if (format == "uri") return "https://idp-" + std::to_string(below(1000)) + ".example.com/a?b=c#d";
    if (format == "x509-certificate") {
      const std::string base64 = coin() ? certificate_a : certificate_b;
      return coin() ? base64 : pem(base64);
    }
    return text();
  }

  // As the API would answer: every required field, some of the others, secrets masked, absent or empty.
  Json live(const model::Type& type) {
    Json out;
    out["id"] = "11111111-2222-4333-8444-" + std::to_string(100'000'000'000 + below(899'999'999'999));
    out["type"] = type.name;
    out["config"] = Json(Json::Object{});
    for (const model::Field& field : type.fields) {
      if (!field.required && coin()) continue;
      if (field.secret) {
        if (const std::size_t form = below(3); form < 2)
          model::set_path(out, field.path, form == 0 ? "" : "************");
      } else {
        model::set_path(out, field.path, value(field.schema));
      }
    }
    return out;
  }

 private:
  // A text of spaces only, or of asterisks only, is a matter of its own.
  static std::string base_name(std::string text) {
    return text.find_first_not_of(" *\n\t") == std::string::npos ? text + "x" : text;
  }

  std::mt19937 engine_;
};

}  // namespace idpd::test
