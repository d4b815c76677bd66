#include "service/status_page.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "base/digest.h"
#include "service/git_folder.h"
#include "service/status_samples.h"

namespace idpd::service {
namespace {

using base::Json;

Page page_of(const std::string& name) {
  const Sample& sample = status_sample(name);
  return status_page(sample.status, sample.history, sample_now);
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

// What is not well-formed about it; empty when nothing is. Style sheet and doctype are the only exceptions.
std::string fault_of(const std::string& html) {
  std::vector<std::string> open;
  for (std::size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    const std::size_t end = html.find('>', at);
    if (end == std::string::npos) return "a tag without an end";
    const std::string tag = html.substr(at + 1, end - at - 1);
    if (tag.starts_with("!DOCTYPE")) continue;
    if (tag.find('<') != std::string::npos) return "a tag in a tag: " + tag;
    if (tag.starts_with("/")) {
      if (open.empty() || open.back() != tag.substr(1)) return "closes what is not open: " + tag;
      open.pop_back();
    } else if (!tag.ends_with("/")) {
      open.push_back(tag.substr(0, tag.find(' ')));
    }
  }
  return open.empty() ? "" : "left open: " + open.back();
}

TEST(StatusPage, SaysFirstThatAllIsWell) {
  const Page page = page_of("all_well");
  EXPECT_NE(page.html.find("All 2 identity providers of 1 account match the files."), std::string::npos);
  EXPECT_NE(page.html.find("<title>all well – idpd</title>"), std::string::npos);
  EXPECT_EQ(page.html.find("idpd approve"), std::string::npos);
}

TEST(StatusPage, SaysFirstWhatIsWrong) {
  const std::string html = page_of("incident").html;
  for (const char* said :
       {"2 identity providers have drifted; 1 change failed; 1 change waits for approval",
        "1 secret expires soon",
        "idpd approve sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
        "deletes: withhold", "did you mean", "config.pkce_enabled", "bo@example.com",
        "mallory@example.com (API)", "23 minutes ago", "in 3 minutes", "4f1c0de4f1c0<", "with local changes",
        "the token was refused (403)", "<html lang=\"en\">", "reloads itself every 30 seconds",
        "for 10 minutes, since ", "One-time PIN"})
    EXPECT_NE(html.find(said), std::string::npos) << said;
}

TEST(StatusPage, IsWellFormedWhateverItTells) {
  for (const Sample& sample : status_samples())
    EXPECT_EQ(fault_of(status_page(sample.status, sample.history, sample_now).html), "") << sample.name;
}

TEST(StatusPage, LetsNoNameBecomeMarkup) {
  const std::string html = page_of("hostile").html;
  EXPECT_EQ(count(html, "<script"), 0U);
  EXPECT_EQ(count(html, "<img"), 0U);
  EXPECT_EQ(count(html, "<style"), 1U);
  EXPECT_GT(count(html, "&lt;script&gt;"), 10U);
  EXPECT_EQ(html.find('\0'), std::string::npos);
  EXPECT_EQ(html.find('\x1b'), std::string::npos);
  EXPECT_EQ(html.find("\xe2\x80\xae"), std::string::npos) << "turns the direction of writing";
  EXPECT_EQ(html.find('\xff'), std::string::npos) << "not UTF-8";
}

TEST(StatusPage, AllowsItsOwnStyleSheetAlone) {
  const Page page = page_of("all_well");
  const std::size_t begin = page.html.find("<style>") + 7;
  const std::string css = page.html.substr(begin, page.html.find("</style>") - begin);
  EXPECT_NE(page.content_security_policy.find("style-src 'sha256-" + base::sha256_base64(css) + "'"),
            std::string::npos);
  EXPECT_TRUE(page.content_security_policy.starts_with("default-src 'none';"));
  for (const char* outside : {" style=", "http://cdn", "src=", "<link", "@import", "url("})
    EXPECT_EQ(page.html.find(outside), std::string::npos) << outside;
}

TEST(StatusPage, NeverShowsASensitiveValue) {
  Json status = status_sample("incident").status;
  Json& field = status["accounts"].array()[0]["changes"].array()[0]["fields"].array()[1];
  field["before"] = "old-secret";
  field["after"] = "new-secret";
  const std::string html = status_page(status, Json(), sample_now).html;
  EXPECT_EQ(html.find("old-secret"), std::string::npos);
  EXPECT_EQ(html.find("new-secret"), std::string::npos);
  EXPECT_NE(html.find("(sensitive)"), std::string::npos);
}

// Takes members out or makes them of another kind, at random.
void damage(Json& json, std::mt19937& random) {
  if (json.is_object()) {
    for (auto& [key, value] : json.object()) damage(value, random);
    if (!json.object().empty() && random() % 4 == 0) json.object().pop_back();
  } else if (json.is_array()) {
    for (Json& one : json.array()) damage(one, random);
  }
  if (random() % 12 == 0) json = random() % 2 == 0 ? Json() : Json("x<y");
  if (random() % 12 == 0) json = random() % 2 == 0 ? Json(-7) : Json(Json::Array{Json(true)});
}

TEST(StatusPage, IsMadeOfAnyDocument) {
  const unsigned seed = std::random_device{}();
  std::mt19937 random(seed);
  for (int i = 0; i < 200; ++i) {
    Json status = status_sample("incident").status;
    Json history = status_sample("incident").history;
    damage(status, random);
    damage(history, random);
    ASSERT_EQ(fault_of(status_page(status, history, sample_now).html), "") << "seed " << seed;
  }
}

// For tests/browser: the pages as files, NAME.html and NAME.csp.
TEST(StatusPage, CanBeWrittenForABrowser) {
  const char* given = std::getenv("IDPD_TEST_PAGES");
  const test::Folder own;
  const std::string folder = given ? given : own.string();
  std::filesystem::create_directories(folder);
  for (const Sample& sample : status_samples()) {
    const Page page = status_page(sample.status, sample.history, sample_now);
    const std::string stem = folder + "/" + sample.name;
    std::ofstream(stem + ".html", std::ios::binary) << page.html;
    std::ofstream(stem + ".csp", std::ios::binary) << page.content_security_policy;
    EXPECT_GT(std::filesystem::file_size(stem + ".html"), page.html.size() / 2);
  }
}

}  // namespace
}  // namespace idpd::service
