#include "model/type_catalog.h"

#include <gmock/gmock.h>

#include "model/catalog.h"
#include "model/desired.h"

namespace idpd::model {
namespace {

using base::Json;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* common =
    R"({"definitions": {"server_fields": {"type": "object", "properties": {"id": {"type": "string"}}},
  "name": {"type": "string", "description": "shared"}}})";

std::string acme(const std::string& more = "",
                 const std::string& config = R"("client_id": {"type": "string"})") {
  return R"({"type": "object", "properties": {"name": {"$ref": "../common.json#/definitions/name"}, "type": {"const": "acme"},
    "config": {"type": "object", "properties": {)" +
         config + "}}}" + more + "}";
}

base::Result<TypeCatalog> load(Documents documents) {
  documents.emplace("common.json", common);
  return TypeCatalog::load(documents);
}

std::string error_of(const Documents& documents) {
  const auto loaded = load(documents);
  return loaded ? "" : loaded.error().text();
}

TEST(TypeCatalog, ANewTypeIsAFileMore) {
  const auto loaded = load(
      {{"types/acme.json", acme(R"(, "x-singleton": true, "x-type-aliases": ["acmeid"], "title": "Acme")")}});
  ASSERT_TRUE(loaded.ok());
  const Type* type = loaded->find("acmeid");
  ASSERT_NE(type, nullptr);
  EXPECT_EQ(type, loaded->find("acme"));
  EXPECT_EQ(type->title, "Acme");
  EXPECT_TRUE(type->singleton);
  EXPECT_FALSE(type->is_protected);
  ASSERT_EQ(type->fields.size(), 2u);
  EXPECT_EQ(type->fields[0].path, "name");
  EXPECT_EQ(type->fields[1].path, "config.client_id");
  EXPECT_EQ(type->fields[0].schema.text("description"), "shared");
  EXPECT_EQ(loaded->find("Acme"), nullptr);
  EXPECT_THAT(loaded->server_fields(), ElementsAre("id"));
}

TEST(TypeCatalog, WordsBesideARefWinOverThoseBehindIt) {
  const auto loaded =
      load({{"types/acme.json",
             acme("", R"("a": {"description": "mine", "$ref": "../common.json#/definitions/name"})")}});
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->find("acme")->find("config.a")->schema.text("description"), "mine");
  EXPECT_EQ(loaded->find("acme")->find("config.a")->schema.text("type"), "string");
}

TEST(TypeCatalog, RefusesAKeywordThatItWouldSilentlyIgnore) {
  for (const char* word : {"patternProperties", "anyOf", "if", "x-secret", "multipleOf", "writeonly"}) {
    const std::string field = R"("a": {"type": "string", ")" + std::string(word) + "\": true}";
    EXPECT_THAT(error_of({{"types/acme.json", acme("", field)}}),
                HasSubstr("schema/types/acme.json: unknown keyword \"" + std::string(word) + "\""));
    EXPECT_THAT(error_of({{"other.json", R"({"properties": {"l": {"type": "array", "items": {")" +
                                             std::string(word) + "\": 1}}}}"}}),
                HasSubstr("unknown keyword"));
  }
}

TEST(TypeCatalog, RefusesARefThatGoesInACircleOrNowhere) {
  EXPECT_THAT(error_of({{"a.json", R"({"$ref": "#"})"}}), HasSubstr("circle"));
  EXPECT_THAT(error_of({{"a.json", R"({"properties": {"x": {"$ref": "b.json"}}})"},
                        {"b.json", R"({"properties": {"y": {"$ref": "a.json"}}})"}}),
              HasSubstr("circle"));
  for (const char* ref : {"nothing.json", "#/definitions/none", "common.json#/definitions/none",
                          "../common.json", "common.json#/x/y"}) {
    EXPECT_THAT(error_of({{"a.json", R"({"$ref": ")" + std::string(ref) + "\"}"}}),
                HasSubstr("a $ref names nothing"))
        << ref;
  }
}

TEST(TypeCatalog, RefusesTwoTypesOfOneName) {
  EXPECT_THAT(error_of({{"types/acme.json", acme()}, {"types/other.json", acme()}}),
              HasSubstr("a second type \"acme\""));
}

TEST(TypeCatalog, RefusesAnAliasThatIsAnotherTypesName) {
  EXPECT_THAT(
      error_of(
          {{"types/acme.json", acme()},
           {"types/b.json",
            R"({"properties": {"name": {"type": "string"}, "type": {"const": "b"}, "config": {"properties": {}}},
                          "x-type-aliases": ["acme"]})"}}),
      HasSubstr("a second type \"acme\""));
}

TEST(TypeCatalog, RefusesWhatIsNoTypeOrNoJson) {
  EXPECT_THAT(error_of({{"types/acme.json", "{"}}), HasSubstr("schema/types/acme.json: not JSON"));
  EXPECT_THAT(error_of({{"types/acme.json", "{}"}}), HasSubstr("properties.type.const"));
  EXPECT_THAT(error_of({{"types/acme.json", R"({"properties": {"type": {"const": "acme"}}})"}}),
              HasSubstr("`name` and `config`"));
  EXPECT_THAT(TypeCatalog::load({}).error().text(), HasSubstr("server_fields is missing"));
}

// What the design says of the types, held against the files.

TEST(Schemas, KnowTheTypesOfTheApi) {
  EXPECT_THAT(test::catalog().names(),
              ElementsAre("azureAD", "centrify", "cloudflare", "facebook", "github", "google", "google-apps",
                          "linkedin", "oidc", "okta", "onelogin", "onetimepin", "pingone", "saml", "yandex"));
}

TEST(Schemas, SayWhatADesignRuleHangsOn) {
  for (const Type& type : test::catalog().types()) {
    SCOPED_TRACE(type.name);
    EXPECT_EQ(type.singleton, type.name == "onetimepin");
    EXPECT_EQ(type.is_protected, type.name == "onetimepin" || type.name == "cloudflare");
    EXPECT_EQ(type.aliases,
              type.name == "pingone" ? std::vector<std::string>{"ping"} : std::vector<std::string>{});
    EXPECT_EQ(type.find(scim_enabled_path) != nullptr, type.name != "onetimepin");
    ASSERT_NE(type.find(name_path), nullptr);
    EXPECT_TRUE(type.find(name_path)->required);
    EXPECT_FALSE(type.title.empty());
    if (const Field* secret = type.find("config.client_secret")) {
      EXPECT_TRUE(secret->secret && secret->required && !secret->read_only);
      const Field* id = type.find("config.client_id");
      ASSERT_NE(id, nullptr);
      EXPECT_TRUE(id->secret_target)
          << "an update that changes for whom the secret is used must be known as one";
    }
    if (const Field* scim = type.find(scim_secret_path)) {
      EXPECT_TRUE(scim->secret && scim->read_only);
    }
    if (const Field* seat = type.find("scim_config.seat_deprovision")) {
      EXPECT_EQ(seat->schema.text("x-requires"), "user_deprovision");
    }
    for (const Field& field : type.fields) {
      SCOPED_TRACE(field.path);
      EXPECT_FALSE(field.schema.text("description").empty());
      EXPECT_FALSE(field.path.ends_with("_url") && field.secret_target &&
                   field.schema.text("format") != "uri");
      if (field.boolean && !field.read_only) {
        EXPECT_EQ(field.default_value, Json(false));
      }
      if (field.schema.text("type") == "array") {
        EXPECT_TRUE(field.set) << "a list whose order would count";
      }
      if (!field.read_alias.empty()) {
        EXPECT_EQ(field.path + " " + field.read_alias, "config.idp_public_certs idp_public_cert");
      }
    }
  }
  EXPECT_TRUE(test::type_of("saml").find("config.idp_public_certs")->certificates);
}

TEST(Schemas, EveryObjectIsClosedSoThatATypingErrorIsOne) {
  const auto closed = [](const auto& self, const Json& schema, const std::string& path) -> void {
    if (const Json* properties = schema.find("properties")) {
      const bool server = schema.flag("readOnly") || path.find("server_fields") != std::string::npos;
      if (!server) {
        EXPECT_NE(schema.find("additionalProperties"), nullptr) << path;
      }
      for (const auto& [name, member] : properties->object()) self(self, member, path + "." + name);
    }
    if (const Json* items = schema.find("items")) self(self, *items, path + "[]");
  };
  for (const Type& type : test::catalog().types()) closed(closed, type.schema, type.name);
  for (const char* name : {"settings.json", "identity-provider.json", "identity-providers.json"})
    closed(closed, *test::catalog().document(name), name);
}

TEST(Diagnostics, StandWhereTheyBelong) {
  EXPECT_EQ((Diagnostic{Severity::error, {"a.yaml", 3, 7}, "wrong"}.text()), "a.yaml:3:7: wrong");
  EXPECT_EQ((Diagnostic{Severity::warning, {"a.yaml", 0, 0}, "odd"}.text()), "a.yaml: warning: odd");
  EXPECT_EQ((Diagnostic{Severity::error, {}, "wrong"}.text()), "wrong");
}

TEST(DesiredProviders, KnowWhereAFieldStands) {
  DesiredProvider one;
  one.where = {"a.yaml", 1, 3};
  one.positions.push_back({"config", 4, 5});
  EXPECT_EQ(one.location("config").line, 4);
  EXPECT_EQ(one.location("name").line, 1);
  EXPECT_EQ(one.name(), "");
  one.fields["name"] = nullptr;
  EXPECT_EQ(one.name(), "");
}

}  // namespace
}  // namespace idpd::model
