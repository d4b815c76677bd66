// What schema/checks may hold, and that all of it is read.
#include "check/catalog.h"

#include "check/talk.h"
#include "model/type_catalog.h"

namespace idpd::check {
namespace {

using testing::HasSubstr;

using Documents = std::map<std::string, std::string>;

TEST(CheckCatalog, KnowsEveryTypeThatHasSomethingToProbe) {
  const auto types = model::TypeCatalog::load(schema::documents());
  ASSERT_TRUE(types.ok());
  std::string without;
  for (const std::string& name : types->names()) {
    if (!test::checks().find(name)) without += name + " ";
  }
  EXPECT_EQ(without, "centrify cloudflare onetimepin ");
}

TEST(CheckCatalog, EveryFieldThatAnAddressIsMadeOfIsAFieldOfTheType) {
  const auto types = model::TypeCatalog::load(schema::documents());
  for (const auto& [path, text] : schema::documents()) {
    if (!path.starts_with("checks/") || path == "checks/oauth.json") continue;
    const model::Type* type = types->find(path.substr(7, path.size() - 12));
    ASSERT_TRUE(type) << path;
    for (std::size_t at = text.find("{config."); at != std::string::npos;
         at = text.find("{config.", at + 1)) {
      const std::string field = text.substr(at + 1, text.find('}', at) - at - 1);
      EXPECT_TRUE(type->find(field)) << path << ": " << field;
    }
  }
}

TEST(CheckCatalog, OnlyWhatIsDocumentedReadOrMeasuredDecides) {
  EXPECT_TRUE(decides(Grade::documented) && decides(Grade::source) && decides(Grade::measured));
  EXPECT_FALSE(decides(Grade::reported) || decides(Grade::inferred));
}

TEST(CheckCatalog, AWordThatNobodyReadsIsAnError) {
  const auto load = [](const std::string& type) {
    const auto loaded = Catalog::load(
        Documents{{"checks/oauth.json", R"({"code": {"answers": []}})"}, {"checks/acme.json", type}});
    return loaded.ok() ? std::string() : loaded.error().text();
  };
  EXPECT_EQ(load(R"({"console": "Acme"})"), "");
  EXPECT_EQ(load(R"({"consol": "Acme"})"), "schema/checks/acme.json: nobody reads \"consol\"");
  EXPECT_THAT(
      load(
          R"({"credentials": {"by": "magic", "url": "https://a", "authentication": "client_secret_post", "order": "known"}})"),
      HasSubstr("\"magic\" is no by"));
  EXPECT_THAT(
      load(
          R"({"discovery": {"issuer": "x", "answers": [{"when": {"sttus": [404]}, "means": "bad", "grade": "D"}]}})"),
      HasSubstr("nobody reads \"sttus\""));
  EXPECT_THAT(load(R"({"same_as": "other"})"), HasSubstr("same_as names nothing"));
}

}  // namespace
}  // namespace idpd::check
