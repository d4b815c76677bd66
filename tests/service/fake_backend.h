// A daemon for the admin endpoint to ask: it says what a test wants and notes what it was asked for.
#pragma once

#include <string>
#include <vector>

#include "service/admin_routes.h"

namespace idpd::test {

class FakeBackend : public service::AdminBackend {
 public:
  bool is_healthy = true;
  std::optional<std::string> why_not_ready;
  std::optional<base::Error> refusal;
  std::vector<std::string> asked;
  std::string page_text = "<!doctype html><title>idpd</title>";

  bool healthy() override { return is_healthy; }
  std::optional<std::string> not_ready() override { return why_not_ready; }
  std::string metrics() override { return "idpd_build_info 1\n"; }
  base::Json status() override { return base::Json::Object{{"format_version", 1}}; }
  base::Json history() override { return base::Json::Object{{"passes", base::Json::Array{}}}; }
  service::AdminPage page() override { return {page_text, "default-src 'none'; style-src 'sha256-x'"}; }
  base::Result<base::Json> reconcile(const std::optional<std::string>& account) override {
    return accept("reconcile " + account.value_or("all"));
  }
  base::Result<base::Json> approve(const std::string& fingerprint) override {
    return accept("approve " + fingerprint);
  }

 private:
  base::Result<base::Json> accept(std::string what) {
    asked.push_back(std::move(what));
    if (refusal) return *refusal;
    return base::Json(base::Json::Object{{"message", "accepted"}});
  }
};

inline const std::string a_fingerprint = "sha256:" + std::string(64, 'a');

}  // namespace idpd::test
