#include "config/listen.h"

#include <gmock/gmock.h>

#include "config/loading.h"
#include "config/settings.h"

namespace idpd::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ListenOn, AUnixSocketOrALoopbackPort) {
  EXPECT_EQ(*parse_listen("unix:/run/idpd/admin.sock"), (Listen{.path = "/run/idpd/admin.sock"}));
  EXPECT_EQ(*parse_listen("127.0.0.1:9180"), (Listen{.address = "127.0.0.1", .port = 9180}));
  EXPECT_EQ(*parse_listen("127.8.9.10:1"), (Listen{.address = "127.8.9.10", .port = 1}));
  EXPECT_EQ(*parse_listen("localhost:65535"), (Listen{.address = "127.0.0.1", .port = 65535}));
  EXPECT_EQ(*parse_listen("[::1]:9180"), (Listen{.address = "::1", .port = 9180}));
}

TEST(ListenOn, IsShownAsItIsWritten) {
  for (const std::string text : {"unix:/run/idpd/admin.sock", "127.0.0.1:9180", "[::1]:9180"})
    EXPECT_EQ(shown(*parse_listen(text)), text);
}

TEST(ListenOn, NothingThatAnotherMachineCouldReach) {
  for (const std::string text :
       {"0.0.0.0:9180", "10.0.0.1:9180", "[::]:9180", "[fe80::1]:9180", "[::ffff:127.0.0.1]:9180", "::1:9180",
        "example.com:9180", "localhost.example.com:9180", "128.0.0.1:80", "127.1:80", "2130706433:80",
        ":9180", "*:9180", " 127.0.0.1:80", "[::1%lo]:80", "user@127.0.0.1:80"}) {
    const auto parsed = parse_listen(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error().message, HasSubstr("not on loopback")) << text;
  }
}

TEST(ListenOn, NothingThatIsReadOnlyUpToANulByte) {
  EXPECT_FALSE(parse_listen(std::string("127.0.0.1\0.example.com:80", 24)));
  EXPECT_FALSE(parse_listen(std::string("[::1\0]:80", 9)));
}

TEST(ListenOn, NothingMisspelt) {
  for (const std::string text :
       {"", "9180", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:-1",
        "127.0.0.1:+1", "127.0.0.1:80x", "127.0.0.1: 80", "[::1]", "unix", "unix:", "unix:relative/path",
        "unix:@abstract", "unix:/run/idpd/", "unix:/a\nb"}) {
    EXPECT_FALSE(parse_listen(text)) << text;
  }
}

TEST(ListenOn, ASocketWhosePathTheKernelCanHold) {
  EXPECT_TRUE(parse_listen("unix:/" + std::string(106, 'a')));
  const auto longer = parse_listen("unix:/" + std::string(107, 'a'));
  ASSERT_FALSE(longer);
  EXPECT_THAT(longer.error().message, HasSubstr("108 bytes"));
}

std::string said_of(const std::string& listen) {
  std::vector<model::Diagnostic> diagnostics;
  (void)parse_settings("idpd.yaml",
                       "accounts: {a: {id: 0123456789abcdef0123456789abcdef, token: \"${env:T}\"}}\n"
                       "desired: {path: idps}\nadmin:\n  listen: " +
                           listen + "\n",
                       catalog(), "", diagnostics);
  return text_of(diagnostics);
}

TEST(ListenOn, MistakesInTheSettingsNameTheirPlace) {
  EXPECT_EQ(said_of("127.0.0.1:9180"), "");
  EXPECT_THAT(said_of("0.0.0.0:9180"),
              HasSubstr("idpd.yaml:4:11: admin.listen \"0.0.0.0:9180\" is not on loopback"));
  EXPECT_THAT(said_of("[unix:/a, unix:b]"), HasSubstr("idpd.yaml:4:21: admin.listen[1] must be unix:"));
  EXPECT_THAT(said_of("[localhost:1, 127.0.0.1:1]"),
              HasSubstr("idpd.yaml:4:25: admin.listen[1] is listed twice: 127.0.0.1:1"));
}

}  // namespace
}  // namespace idpd::config
