#include "secrets/secret.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstring>
#include <new>
#include <ostream>
#include <type_traits>
#include <vector>

namespace idpd::secrets {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

template <typename T>
concept Comparable = requires(const T& a, const T& b) { a == b; };
template <typename T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(std::is_nothrow_move_constructible_v<Secret> && std::is_nothrow_move_assignable_v<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string> && !std::is_convertible_v<std::string, Secret>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);
static_assert(!Comparable<Secret> && !Printable<Secret> && !fmt::is_formattable<Secret>::value);

// Short enough for the string's own buffer, so that it can be looked for inside the object.
constexpr std::string_view short_text = "s3cr3t";

bool holds_text(const Secret& secret) {
  const std::string_view bytes(reinterpret_cast<const char*>(&secret), sizeof secret);
  // Without the first letter, which emptying a string overwrites in any case.
  return bytes.find(short_text.substr(1)) != std::string_view::npos;
}

TEST(Secret, MovingLeavesNoCopyOfAShortTextBehind) {
  Secret first{std::string(short_text)};
  ASSERT_TRUE(holds_text(first));
  Secret second(std::move(first));
  EXPECT_FALSE(holds_text(first));  // NOLINT(bugprone-use-after-move)
  EXPECT_TRUE(first.empty());
  EXPECT_EQ(second.reveal(), short_text);
  Secret third;
  third = std::move(second);
  EXPECT_FALSE(holds_text(second));  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(third.reveal(), short_text);
}

TEST(Secret, MovingOntoItselfKeepsIt) {
  Secret secret{std::string(short_text)};
  Secret& same = secret;
  secret = std::move(same);
  EXPECT_EQ(secret.reveal(), short_text);
}

TEST(Secret, LongTextsMoveWhole) {
  const std::string text(10'000, 'x');
  Secret first{text};
  Secret second(std::move(first));
  EXPECT_EQ(second.reveal(), text);
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move)
}

TEST(Secret, FingerprintDependsOnKeyAndText) {
  const Secret one{std::string("one")};
  EXPECT_EQ(fingerprint("key", one), fingerprint("key", Secret(std::string("one"))));
  EXPECT_NE(fingerprint("key", one), fingerprint("other key", one));
  EXPECT_NE(fingerprint("key", one), fingerprint("key", Secret(std::string("two"))));
  // RFC 4231, test case 2.
  EXPECT_THAT(fingerprint("Jefe", Secret(std::string("what do ya want for nothing?"))),
              EndsWith(":5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
}

TEST(Secret, FingerprintSaysWhichKeyItWasAndNothingOfTheKey) {
  const auto key_of = [](const std::string& text) { return text.substr(0, text.find(':')); };
  const std::string one = fingerprint("0123456789abcdef", Secret(std::string("one")));
  EXPECT_EQ(key_of(one), key_of(fingerprint("0123456789abcdef", Secret(std::string("two")))));
  EXPECT_NE(key_of(one), key_of(fingerprint("0123456789abcdee", Secret(std::string("one")))));
  EXPECT_EQ(key_of(one).size(), 8U);
  EXPECT_THAT(one, Not(HasSubstr("01234567")));
}

}  // namespace
}  // namespace idpd::secrets
