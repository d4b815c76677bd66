#include "fixture.h"

namespace idpd::secrets {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
namespace fs = std::filesystem;

class CredentialTest : public SecretsTest {};

TEST_F(CredentialTest, ACredentialComesFromSystemdsFolder) {
  write("credentials/okta", "s3cr3t\n");
  environment_["CREDENTIALS_DIRECTORY"] = folder_ + "/credentials";
  EXPECT_EQ(value("${credential:okta}"), "s3cr3t");
}

TEST_F(CredentialTest, AMissingCredentialSaysHowToSupplyIt) {
  const auto helpful = AllOf(StartsWith("${credential:okta}"), HasSubstr("LoadCredential=okta:"),
                             HasSubstr("CREDENTIALS_DIRECTORY"));
  EXPECT_THAT(error("${credential:okta}"), helpful);
  environment_["CREDENTIALS_DIRECTORY"] = "";
  EXPECT_THAT(error("${credential:okta}"), helpful);
  environment_["CREDENTIALS_DIRECTORY"] = folder_;
  EXPECT_THAT(error("${credential:okta}"), helpful);
  environment_["CREDENTIALS_DIRECTORY"] = "relative";
  EXPECT_THAT(error("${credential:okta}"), HasSubstr("absolute"));
}

TEST_F(CredentialTest, CredentialsThatTheSettingsUseAreRefusedOnEveryWay) {
  write("credentials/token", "s3cr3t");
  fs::create_symlink("token", folder_ + "/credentials/alias");
  environment_["CREDENTIALS_DIRECTORY"] = folder_ + "/credentials";
  policy_.refused_credentials = {"token"};
  policy_.files = {folder_};
  for (const std::string& text : {std::string("${credential:token}"), std::string("${credential:alias}"),
                                  "${file:" + folder_ + "/credentials/token}"}) {
    EXPECT_THAT(error(text), AllOf(HasSubstr("refused"), Not(HasSubstr("s3cr3t")))) << text;
  }
  policy_.settings = true;
  EXPECT_EQ(value("${credential:token}"), "s3cr3t");
}

TEST_F(CredentialTest, ACredentialThatLinksOutOfTheFolderIsRefused) {
  const std::string outside = write("out/x", "s3cr3t");
  fs::create_directory(folder_ + "/credentials");
  fs::create_symlink(outside, folder_ + "/credentials/link");
  environment_["CREDENTIALS_DIRECTORY"] = folder_ + "/credentials";
  EXPECT_THAT(error("${credential:link}"), AllOf(HasSubstr("refused"), Not(HasSubstr("s3cr3t"))));
}

}  // namespace
}  // namespace idpd::secrets
