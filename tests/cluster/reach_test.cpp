#include "cluster/reach.h"

#include <gtest/gtest.h>

namespace idpd::cluster {
namespace {

using std::chrono::seconds;

const Moment start{std::chrono::hours(5)};
constexpr seconds patience{60};

TEST(Reach, IsLostOnceNothingWasAnsweredForAsLongAsThat) {
  Reach reach;
  EXPECT_FALSE(reach.lost(start, patience));
  for (int i = 0; i < 5; ++i) reach.failed(start + seconds(10 * i));
  EXPECT_FALSE(reach.lost(start + seconds(59), patience));
  EXPECT_EQ(reach.lost(start + seconds(60), patience), start);
}

TEST(Reach, OneAnswerEndsIt) {
  Reach reach;
  for (int i = 0; i < 5; ++i) reach.failed(start);
  reach.answered();
  EXPECT_FALSE(reach.lost(start + seconds(600), patience));
}

TEST(Reach, OnceOrTwiceInVainIsChance) {
  Reach reach;
  reach.failed(start);
  reach.failed(start + seconds(1));
  EXPECT_FALSE(reach.lost(start + seconds(600), patience));
}

}  // namespace
}  // namespace idpd::cluster
