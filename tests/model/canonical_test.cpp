#include "model/canonical.h"

#include "model/catalog.h"

namespace idpd::model {
namespace {

using base::Json;
using test::certificate_a;
using test::certificate_b;
using test::json;
using test::pem;
using test::type_of;

const Field& field(const std::string& type, const std::string& path) {
  return *type_of(type).find(path);
}

struct Row {
  const char* type;
  const char* path;
  const char* value;
  const char* canonical;  // null: as good as absent
};

TEST(Canonical, TheTableOfWhatIsOneAndTheSame) {
  const Row rows[] = {
      // Absent, null, empty text, an empty list: one thing.
      {"pingone", "config.client_id", "null", "null"},
      {"pingone", "config.client_id", "\"\"", "null"},
      {"pingone", "config.client_id", "\"a\"", "\"a\""},
      {"pingone", "config.client_id", "\" a\"", "\" a\""},
      {"pingone", "config.claims", "[]", "null"},
      {"pingone", "config.claims", "[\"\"]", "null"},
      {"pingone", "config.claims", "[null]", "null"},
      {"pingone", "config.claims", "{}", "null"},
      // For booleans absent is false.
      {"pingone", "config.pkce_enabled", "false", "null"},
      {"pingone", "config.pkce_enabled", "true", "true"},
      {"saml", "config.sign_request", "false", "null"},
      // The default of the schema.
      {"pingone", "scim_config.identity_update_behavior", "\"no_action\"", "null"},
      {"pingone", "scim_config.identity_update_behavior", "\"reauth\"", "\"reauth\""},
      // Sets have no order and hold a thing once.
      {"pingone", "config.claims", "[\"b\",\"a\"]", "[\"a\",\"b\"]"},
      {"pingone", "config.claims", "[\"b\",\"a\",\"b\",\"\"]", "[\"a\",\"b\"]"},
      {"saml", "config.header_attributes",
       R"([{"header_name":"H","attribute_name":"b"},{"attribute_name":"a","header_name":"G"}])",
       R"([{"attribute_name":"a","header_name":"G"},{"attribute_name":"b","header_name":"H"}])"},
      {"saml", "config.header_attributes",
       R"([{"attribute_name":"a","header_name":"G","added":null,"off":false}])",
       R"([{"attribute_name":"a","header_name":"G"}])"},
      // What should not be there stands as it is, and is a difference.
      {"pingone", "config.pkce_enabled", "\"true\"", "\"true\""},
      {"pingone", "config.claims", "\"a\"", "\"a\""},
      {"saml", "config.idp_public_certs", "[\"no certificate\"]", "[\"no certificate\"]"},
  };
  for (const Row& row : rows) {
    const Json canonical = canonical_value(field(row.type, row.path), json(row.value));
    EXPECT_EQ(base::canonical_json(canonical), row.canonical) << row.path << " " << row.value;
    EXPECT_EQ(canonical_value(field(row.type, row.path), canonical), canonical)
        << "twice is once: " << row.value;
  }
}

TEST(Canonical, ACertificateIsItsDerHoweverItIsWritten) {
  const Field& certs = field("saml", "config.idp_public_certs");
  const Json a = canonical_value(certs, Json::Array{certificate_a, certificate_b});
  const Json b = canonical_value(certs, Json::Array{pem(certificate_b, 76, "\r\n"), pem(certificate_a)});
  EXPECT_EQ(a, b);
  EXPECT_EQ(a.array().size(), 2u);
  EXPECT_EQ(canonical_value(certs, Json::Array{certificate_a, pem(certificate_a)}).array().size(), 1u);
  EXPECT_NE(canonical_value(certs, Json::Array{certificate_a}),
            canonical_value(certs, Json::Array{certificate_b}));
}

TEST(Canonical, AnObjectHasOnlyFieldsThatCanBeCompared) {
  Json live = json(
      R"({"id": "1", "name": "n", "type": "pingone", "config": {"client_id": "c", "client_secret": "s3cret",
    "redirect_url": "https://x/", "claims": [], "unknown": 1}, "scim_config": {"enabled": true, "secret": "s3cret"}})");
  const FieldMap fields = canonical_fields(type_of("pingone"), live);
  std::vector<std::string> paths;
  for (const auto& [path, value] : fields) paths.push_back(path);
  EXPECT_EQ(paths, (std::vector<std::string>{"config.client_id", "name", "scim_config.enabled"}));
}

TEST(Canonical, TheOlderNameOfACertificateCounts) {
  const Json older = json(R"({"name": "n", "type": "saml", "config": {"idp_public_cert": ")" +
                          std::string(certificate_a) + "\"}}");
  const Json newer = json(R"({"name": "n", "type": "saml", "config": {"idp_public_certs": [")" +
                          std::string(certificate_a) + "\"]}}");
  EXPECT_EQ(canonical_fields(type_of("saml"), older), canonical_fields(type_of("saml"), newer));
}

TEST(Canonical, WhatIsShownForAnAbsentValueIsItsDefault) {
  EXPECT_EQ(shown_value(field("pingone", "config.pkce_enabled"), nullptr), Json(false));
  EXPECT_EQ(shown_value(field("pingone", "scim_config.identity_update_behavior"), nullptr),
            Json("no_action"));
  EXPECT_EQ(shown_value(field("pingone", "config.client_id"), nullptr), Json());
  EXPECT_EQ(shown_value(field("pingone", "config.client_id"), "c"), Json("c"));
}

TEST(Paths, ReachIntoObjectsAndNowhereElse) {
  Json object = json(R"({"a": {"b": {"c": 1}}, "d": [1], "e": "text"})");
  EXPECT_EQ(*at_path(object, "a.b.c"), Json(1));
  for (const char* path : {"a.x", "a.b.c.d", "d.0", "e.f", "x", "", "a..b", ".a"})
    EXPECT_EQ(at_path(object, path), nullptr) << path;
  set_path(object, "e.f", 2);
  EXPECT_EQ(*at_path(object, "e.f"), Json(2));
  erase_path(object, "a.b.c");
  EXPECT_EQ(at_path(object, "a.b.c"), nullptr);
  EXPECT_NE(at_path(object, "a.b"), nullptr);
  erase_path(object, "x.y.z");
}

}  // namespace
}  // namespace idpd::model
