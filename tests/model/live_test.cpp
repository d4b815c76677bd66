#include "model/live.h"

#include "model/catalog.h"

namespace idpd::model {
namespace {

using base::Json;
using test::catalog;
using test::json;
using test::Random;

LiveProvider taken(const Json& object) {
  auto live = take_live(catalog(), object);
  EXPECT_TRUE(live.ok()) << base::dump_json(object);
  return live.ok() ? *std::move(live) : LiveProvider{};
}

TEST(Live, OfEveryTypeHoldsNoSecretInAnyFormThatTheApiShowsOne) {
  Random random(test::test_seed());
  for (const Type& type : catalog().types()) {
    for (const char* form : {"absent", "", "**********", "s3cret"}) {
      Json object = random.live(type);
      std::set<std::string> held;
      for (const Field& field : type.fields) {
        if (!field.secret) continue;
        if (std::string_view(form) == "absent") {
          erase_path(object, field.path);
        } else {
          set_path(object, field.path, form);
          if (*form) held.insert(field.path);
        }
      }
      const LiveProvider live = taken(object);
      EXPECT_EQ(live.held_secrets, held) << type.name << " " << form;
      EXPECT_TRUE(live.opaque.empty()) << type.name;
      for (const Field& field : type.fields) {
        if (!field.secret) continue;
        EXPECT_EQ(at_path(live.writable, field.path), nullptr) << type.name << " " << field.path;
        EXPECT_FALSE(live.fields.contains(field.path)) << type.name << " " << field.path;
      }
      EXPECT_EQ(base::dump_json(live.writable).find("s3cret"), std::string::npos) << type.name;
    }
  }
}

TEST(Live, TheThreeFormsOfASecretAreNoDifference) {
  Random random(test::test_seed());
  for (const Type& type : catalog().types()) {
    Json one = random.live(type);
    Json other = one;
    for (const Field& field : type.fields) {
      if (!field.secret) continue;
      set_path(one, field.path, "****");
      erase_path(other, field.path);
    }
    EXPECT_TRUE(same_live(taken(one), taken(other))) << type.name;
  }
}

TEST(Live, WhatOnlyTheServerSetsIsNotSentBack) {
  const LiveProvider live =
      taken(json(R"({"id": "1", "uid": "1", "version": "v", "read_only": true, "name": "n", "type": "pingone",
    "scim_base_url": "https://x/", "saml_certificate_set": {}, "config": {"client_id": "c", "redirect_url": "https://x/"},
    "scim_config": {"enabled": true, "scim_base_url": "https://x/", "group_member_deprovision": true}})"));
  EXPECT_TRUE(live.read_only);
  EXPECT_EQ(base::canonical_json(live.writable),
            R"({"config":{"client_id":"c"},"name":"n","scim_config":{"enabled":true},"type":"pingone"})");
}

TEST(Live, AMaskedFieldThatTheSchemaDoesNotKnowIsNotedAndNeverSentBack) {
  const LiveProvider live =
      taken(json(R"({"id": "1", "name": "***", "type": "pingone", "config": {"client_id": "****",
    "new_secret": "******", "kept": 1, "nested": {"token": "*", "plain": "p"}, "list": ["***", "a", {"key": "**"}]}})"));
  EXPECT_EQ(live.opaque, (std::set<std::string>{"config.new_secret", "config.nested.token", "config.list",
                                                "config.list.key"}));
  EXPECT_EQ(base::canonical_json(*live.writable.find("config")),
            R"({"client_id":"****","kept":1,"list":["a",{}],"nested":{"plain":"p"}})");
  EXPECT_EQ(live.name, "***");  // a name is a name
}

TEST(Live, OfATypeThatWeDoNotKnowIsTakenWithoutItsMaskedFields) {
  const LiveProvider live = taken(
      json(R"({"id": "1", "name": "n", "type": "newtype", "config": {"a": "b", "client_secret": "***"}})"));
  EXPECT_EQ(live.schema, nullptr);
  EXPECT_EQ(live.type, "newtype");
  EXPECT_EQ(live.opaque, (std::set<std::string>{"config.client_secret"}));
  EXPECT_TRUE(live.fields.empty());
}

TEST(Live, AnAliasOfATypeIsTheType) {
  EXPECT_EQ(taken(json(R"({"id": "1", "name": "n", "type": "ping", "config": {}})")).type, "pingone");
}

TEST(Live, TheOlderNameOfACertificateBecomesTheNewer) {
  const std::string cert = test::certificate_a;
  const LiveProvider older =
      taken(json(R"({"id":"1","name":"n","type":"saml","config":{"idp_public_cert":")" + cert + "\"}}"));
  EXPECT_EQ(older.writable.find("config")->find("idp_public_cert"), nullptr);
  EXPECT_EQ(older.writable.find("config")->find("idp_public_certs")->array().size(), 1u);
  const LiveProvider both = taken(
      json(R"({"id":"1","name":"n","type":"saml","config":{"idp_public_cert":"x","idp_public_certs":[")" +
           cert + "\"]}}"));
  EXPECT_EQ(base::canonical_json(both.writable), base::canonical_json(older.writable));
}

TEST(Live, ANullConfigIsNone) {
  const LiveProvider live =
      taken(json(R"({"id": "1", "name": "n", "type": "onetimepin", "config": null, "scim_config": null})"));
  EXPECT_EQ(base::canonical_json(live.writable), R"({"name":"n","type":"onetimepin"})");
}

TEST(Live, AnObjectWithoutIdOrTypeIsAnIncompleteAnswer) {
  for (const char* text :
       {"null", "[]", "\"x\"", "{}", R"({"id": "1"})", R"({"type": "saml"})", R"({"id": 1, "type": "saml"})",
        R"({"id": "", "type": "saml"})", R"({"id": "1", "type": null})"}) {
    const auto live = take_live(catalog(), json(text));
    ASSERT_FALSE(live.ok()) << text;
    EXPECT_EQ(live.error().code, base::Code::incomplete);
  }
}

TEST(Live, ValuesOfTheWrongKindDoNoHarm) {
  for (const Type& type : catalog().types()) {
    for (const char* odd : {"null", "true", "1", "\"x\"", "[]", "[1]", "{}", R"({"a": {"b": ["***"]}})"}) {
      Json object = json(R"({"id": "1", "name": "n"})");
      object["type"] = type.name;
      object["config"] = json(odd);
      object["scim_config"] = json(odd);
      taken(object);
      object["config"] = Json(Json::Object{});
      for (const Field& field : type.fields) set_path(object, field.path, json(odd));
      object["name"] = json(odd);
      taken(object);
    }
  }
}

TEST(Live, AChangeOfAnyFieldThatCanBeComparedIsSeen) {
  const Json object = json(
      R"({"id": "1", "name": "n", "type": "pingone", "config": {"client_id": "c", "claims": ["a", "b"]}})");
  Json other = object;
  set_path(other, "config.claims", Json::Array{"b", "a"});
  EXPECT_TRUE(same_live(taken(object), taken(other)));
  set_path(other, "config.claims", Json::Array{"b"});
  EXPECT_FALSE(same_live(taken(object), taken(other)));
  other = object;
  other["read_only"] = true;
  EXPECT_FALSE(same_live(taken(object), taken(other)));
  other = object;
  other["id"] = "2";
  EXPECT_FALSE(same_live(taken(object), taken(other)));
}

}  // namespace
}  // namespace idpd::model
