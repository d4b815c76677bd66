#include "cluster/lease.h"

#include <gtest/gtest.h>

namespace idpd::cluster {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Moment asked{std::chrono::hours(5)};

TEST(Lease, CountsFromBeforeTheRequestAndEndsBeforeEtcdEndsIt) {
  Lease lease;
  lease.renewed(asked, seconds(30));
  EXPECT_TRUE(lease.good(asked + milliseconds(26'999)));
  EXPECT_FALSE(lease.good(asked + seconds(27)));
}

TEST(Lease, GivesAWriteNoLongerThanWhatIsLeft) {
  Lease lease;
  lease.renewed(asked, seconds(30));
  EXPECT_EQ(lease.write_until(asked + seconds(10)), asked + seconds(27));
}

TEST(Lease, RefusesAWriteThatTooLittleIsLeftFor) {
  Lease lease;
  lease.renewed(asked, seconds(30));
  EXPECT_TRUE(lease.write_until(asked + milliseconds(19'500)));
  EXPECT_FALSE(lease.write_until(asked + milliseconds(19'501)));
  EXPECT_FALSE(lease.write_until(asked + seconds(500)));
}

TEST(Lease, AllowsNothingBeforeItIsGrantedAndAfterItHasEnded) {
  Lease lease;
  EXPECT_FALSE(lease.write_until(asked));
  lease.renewed(asked, seconds(30));
  lease.ended();
  EXPECT_FALSE(lease.write_until(asked));
  EXPECT_FALSE(lease.good(asked));
}

TEST(Lease, KeepsAMarginThatASlowServerAndAFastClockFitInto) {
  EXPECT_EQ(Lease::margin(seconds(30)), seconds(3));
  EXPECT_EQ(Lease::margin(seconds(4)), milliseconds(500));
}

}  // namespace
}  // namespace idpd::cluster
