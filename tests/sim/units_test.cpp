#include "sim/units.hpp"

#include <gtest/gtest.h>

namespace nadc {
namespace {

TEST(Units, PowerTimesTimeIsEnergy) {
  EXPECT_EQ(Watts(10.0) * Seconds(3.0), Joules(30.0));
  EXPECT_EQ(Joules(30.0) / Seconds(3.0), Watts(10.0));
}

TEST(Units, BytesOverBandwidthIsTime) { EXPECT_EQ(Bytes(50e9) / BytesPerSecond(25e9), Seconds(2.0)); }

TEST(Units, QuotientOfLikeQuantitiesIsANumber) { EXPECT_DOUBLE_EQ(Watts(6.0) / Watts(4.0), 1.5); }

}  // namespace
}  // namespace nadc
