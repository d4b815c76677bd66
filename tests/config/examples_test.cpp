// configs/ is what people copy: all of it is right, under --strict, and there is something of every type.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "config/editor_schema.h"
#include "config/loading.h"

namespace idpd::config {
namespace {

const std::string root = IDPD_SOURCE_DIR "/configs/";

std::string text_at(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  EXPECT_TRUE(stream.is_open()) << path;
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(Examples, TheSettingsHaveNothingToComplainOf) {
  std::vector<model::Diagnostic> diagnostics;
  const auto settings =
      parse_settings(root + "idpd.yaml", text_at(root + "idpd.yaml"), catalog(), "", diagnostics);
  EXPECT_EQ(text_of(diagnostics), "");
  ASSERT_TRUE(settings.has_value());
  EXPECT_EQ(settings->desired_path, root + "identity-providers");
}

// Every setting is there, if only as a comment.
void expect_named(const base::Json& schema, const std::string& text, const std::string& path) {
  for (const char* word : {"items", "additionalProperties"}) {
    if (const base::Json* below = schema.find(word); below && below->is_object())
      expect_named(*below, text, path);
  }
  if (const base::Json* shapes = schema.find("oneOf")) {
    for (const base::Json& shape : shapes->array()) expect_named(shape, text, path);
  }
  const base::Json* properties = schema.find("properties");
  if (!properties) return;
  for (const auto& [name, member] : properties->object()) {
    EXPECT_NE(text.find(name + ":"), std::string::npos) << path << name << " is not in configs/idpd.yaml";
    expect_named(member, text, path + name + ".");
  }
}
TEST(Examples, TheSettingsNameEverySettingThereIs) {
  expect_named(*catalog().document("settings.json"), text_at(root + "idpd.yaml"), "");
}

TEST(Examples, EveryIdentityProviderLoadsUnderStrictAndNoTypeIsWithoutOne) {
  const auto files = read_files({root + "identity-providers"});
  ASSERT_TRUE(files.ok()) << files.error().text();
  const Desired desired =
      load(*files, {.accounts = {"production"}, .default_account = "production", .strict = true});
  EXPECT_EQ(text_of(desired.diagnostics), "");
  std::set<std::string> types;
  for (const auto& one : desired.accounts.at("production").providers) types.insert(one.type);
  for (const std::string& name : catalog().names())
    EXPECT_TRUE(types.contains(name)) << "no example of type " << name;
}

TEST(Examples, OfATypeSitInAFileOfItsName) {
  for (const std::string& name : catalog().names()) {
    const std::string path = root + "identity-providers/" + name + ".yaml";
    const Desired desired = load({{path, text_at(path)}});
    EXPECT_EQ(only_one(desired).type, name);
  }
}

TEST(Examples, OfAFleetLoadUnderStrictForEachOfItsAccounts) {
  std::vector<model::Diagnostic> diagnostics;
  const auto settings =
      parse_settings(root + "fleet/idpd.yaml", text_at(root + "fleet/idpd.yaml"), catalog(), "", diagnostics,
                     [](const std::string& path) { return read_files({path}); });
  EXPECT_EQ(text_of(diagnostics), "");
  ASSERT_TRUE(settings.has_value());
  const auto files = read_files({settings->desired_path});
  ASSERT_TRUE(files.ok()) << files.error().text();
  LoadOptions options = load_options(*settings);
  options.strict = true;
  const Desired desired = load(*files, options);
  EXPECT_EQ(text_of(desired.diagnostics), "");
  EXPECT_EQ(desired.accounts.at("customer-aurora").providers.size(), 2u);
  EXPECT_EQ(desired.accounts.at("customer-austral").providers.size(), 1u);
  EXPECT_EQ(desired.accounts.at("internal").providers.size(), 1u);
}

TEST(Examples, OfTheDemoLoad) {
  const auto files = read_files({root + "demo"});
  ASSERT_TRUE(files.ok()) << files.error().text();
  std::vector<SourceFile> providers;
  for (const SourceFile& file : *files) {
    if (file.path.find("identity-providers") != std::string::npos) providers.push_back(file);
  }
  const Desired desired = load(providers, {.accounts = {"demo"}, .default_account = "demo", .strict = true});
  EXPECT_EQ(text_of(desired.diagnostics), "");
}

}  // namespace
}  // namespace idpd::config
