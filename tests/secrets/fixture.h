// A folder that lives as long as the test, and a resolver with an environment of its own.
#pragma once

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>

#include "secrets/resolver.h"

namespace idpd::secrets {

class SecretsTest : public ::testing::Test {
 protected:
  SecretsTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "idpd-secrets-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp");
    folder_ = std::filesystem::canonical(pattern).string();
  }
  ~SecretsTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string write(const std::string& name, const std::string& text) {
    const std::string path = folder_ + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  base::Result<Secret> resolve(const std::string& text) const {
    const Resolver resolver(
        [this](const std::string& name) {
          const auto found = environment_.find(name);
          return found == environment_.end() ? std::nullopt : std::optional(found->second);
        },
        policy_);
    return resolver.resolve(text);
  }

  // The value, or the error in marks that no value has.
  std::string value(const std::string& text) const {
    const auto secret = resolve(text);
    return secret ? std::string(secret->reveal()) : "<error: " + secret.error().text() + ">";
  }

  std::string error(const std::string& text) const {
    const auto secret = resolve(text);
    return secret ? "<no error>" : secret.error().text();
  }

  std::string folder_;
  std::map<std::string, std::string> environment_;
  Policy policy_;
};

}  // namespace idpd::secrets
