#include "service/known_hosts.h"

#include <gtest/gtest.h>

#include "base/digest.h"
#include "service/git_address.h"

namespace {

using idpd::service::git_address;
using idpd::service::GitAddress;
using idpd::service::host_trust;
using idpd::service::HostTrust;

const std::string key = "raw key of the host";
const std::string text_of_key = idpd::base::base64(key);
const std::string other_key = idpd::base::base64("raw key of another");

HostTrust of(const std::string& lines, const std::string& host = "git.example.com", int port = 0) {
  return host_trust(lines, host, port, key);
}

TEST(KnownHosts, AHostIsKnownByItsNameAndKey) {
  EXPECT_EQ(of("git.example.com ssh-ed25519 " + text_of_key + " a comment\n"), HostTrust::known);
  EXPECT_EQ(of("a,GIT.example.com,b ssh-ed25519 " + text_of_key), HostTrust::known);
  EXPECT_EQ(of("*.example.com ssh-ed25519 " + text_of_key), HostTrust::known);
  EXPECT_EQ(of("g?t.example.com\tssh-ed25519\t" + text_of_key + "\r\n"), HostTrust::known);
}

TEST(KnownHosts, AnotherHostsKeySaysNothing) {
  EXPECT_EQ(of(""), HostTrust::unknown);
  EXPECT_EQ(of("# git.example.com ssh-ed25519 " + text_of_key), HostTrust::unknown);
  EXPECT_EQ(of("git.example.org ssh-ed25519 " + text_of_key), HostTrust::unknown);
  EXPECT_EQ(of("*.example.com,!git.example.com ssh-ed25519 " + text_of_key), HostTrust::unknown);
  EXPECT_EQ(of("@cert-authority git.example.com ssh-ed25519 " + text_of_key), HostTrust::unknown);
  EXPECT_EQ(of("git.example.com"), HostTrust::other) << "a line without a key";
}

TEST(KnownHosts, APortOfItsOwnIsAHostOfItsOwn) {
  const std::string line = "[git.example.com]:2222 ssh-ed25519 " + text_of_key;
  EXPECT_EQ(of(line, "git.example.com", 2222), HostTrust::known);
  EXPECT_EQ(of(line), HostTrust::unknown);
  EXPECT_EQ(of("git.example.com ssh-ed25519 " + text_of_key, "git.example.com", 22), HostTrust::known);
  EXPECT_EQ(of("git.example.com ssh-ed25519 " + text_of_key, "git.example.com", 2222), HostTrust::unknown);
}

TEST(KnownHosts, AnyOfSeveralKeysWillDo) {
  const std::string other = "git.example.com ssh-rsa " + other_key + "\n";
  const std::string right = "git.example.com ssh-ed25519 " + text_of_key + "\n";
  EXPECT_EQ(of(other), HostTrust::other);
  EXPECT_EQ(of(other + right), HostTrust::known);
  EXPECT_EQ(of(right + other), HostTrust::known);
}

TEST(KnownHosts, ARevokedKeyIsNotTrustedWhateverElseIsSaid) {
  const std::string right = "git.example.com ssh-ed25519 " + text_of_key + "\n";
  EXPECT_EQ(of(right + "@revoked * ssh-ed25519 " + text_of_key), HostTrust::revoked);
  EXPECT_EQ(of(right + "@revoked * ssh-ed25519 " + other_key), HostTrust::known);
}

TEST(KnownHosts, AHashedNameIsRecognised) {
  const std::string salt = "01234567890123456789";
  const std::string name = "|1|" + idpd::base::base64(salt) + "|" +
                           idpd::base::base64(idpd::base::hmac_sha1(salt, "git.example.com"));
  EXPECT_EQ(of(name + " ssh-ed25519 " + text_of_key), HostTrust::known);
  EXPECT_EQ(of(name + " ssh-ed25519 " + text_of_key, "git.example.org"), HostTrust::unknown);
  EXPECT_EQ(of("|1|%%%%|x ssh-ed25519 " + text_of_key), HostTrust::unknown);
  EXPECT_EQ(of("|1| ssh-ed25519 " + text_of_key), HostTrust::unknown);
}

TEST(KnownHosts, BadBase64IsRefused) {
  EXPECT_EQ(*idpd::base::from_base64("YQ=="), "a");
  EXPECT_EQ(*idpd::base::from_base64(""), "");
  EXPECT_FALSE(idpd::base::from_base64("YQ="));
  EXPECT_FALSE(idpd::base::from_base64("Y*=="));
}

TEST(GitAddressOf, EveryWayToWriteOne) {
  const auto expect = [](const std::string& url, GitAddress::Kind kind, const std::string& user,
                         const std::string& host, int port) {
    const GitAddress got = git_address(url);
    EXPECT_EQ(got.kind, kind) << url;
    EXPECT_EQ(got.user, user) << url;
    EXPECT_EQ(got.host, host) << url;
    EXPECT_EQ(got.port, port) << url;
  };
  using Kind = GitAddress::Kind;
  expect("https://git.example.com/a/b.git", Kind::https, "", "git.example.com", 0);
  expect("https://git.example.com:8443/a.git", Kind::https, "", "git.example.com", 8443);
  for (const char* port : {"65536", "99999999999", "-1", "x", ""})
    expect("https://git.example.com:" + std::string(port) + "/a.git", Kind::https, "", "git.example.com", 0);
  expect("ssh://git@git.example.com:2222/a.git", Kind::ssh, "git", "git.example.com", 2222);
  expect("ssh://git@[::1]:2222/a.git", Kind::ssh, "git", "::1", 2222);
  expect("ssh://[::1]/a.git", Kind::ssh, "", "::1", 0);
  expect("git@git.example.com:a/b.git", Kind::ssh, "git", "git.example.com", 0);
  expect("git.example.com:a.git", Kind::ssh, "", "git.example.com", 0);
  expect("/srv/a:b.git", Kind::local, "", "", 0);
  expect("file:///srv/a.git", Kind::local, "", "", 0);
}

}  // namespace
