#include "models/power/cap.hpp"
#include "models/power/limits.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <type_traits>

#include "sim/error.hpp"

namespace nadc {
namespace {

static_assert(std::is_trivially_copyable_v<SpeedCurve>);

TEST(SpeedCurve, FullPowerIsFullSpeedAndNothingRunsUnderTheFloor) {
  const SpeedCurve curve = make_speed_curve(1.0);
  EXPECT_EQ(speed_at(curve, q16_one), q16_one);
  EXPECT_EQ(speed_at(curve, 2 * q16_one), q16_one);
  // floor: 0.25 + 0.75 · 0.4² = 0.37
  EXPECT_EQ(curve.least_power_q16, static_cast<std::uint32_t>(std::ceil(0.37 * 65536)));
  EXPECT_EQ(speed_at(curve, curve.least_power_q16 - 1), 0u);
  EXPECT_NEAR(speed_at(curve, curve.least_power_q16) / 65536.0, 0.4, 0.01);
}

TEST(SpeedCurve, MatchesTheFormulaBetweenItsEntries) {
  const SpeedCurve curve = make_speed_curve(0.8);
  for (double power = 0.40; power < 1.0; power += 0.0137) {
    const double clock = std::sqrt((power - 0.25) / 0.75);
    const double speed = 1.0 / (0.8 / clock + 0.2);
    EXPECT_NEAR(speed_at(curve, static_cast<std::uint32_t>(power * 65536)) / 65536.0, speed, 1e-3) << power;
  }
}

TEST(SpeedCurve, LosesNineToFifteenPerCentAtSixSevenths) {
  // One public note: 600 of 700 W cost 10–15 % of pre-training throughput; exponent 1.5 … 2.
  const auto at = static_cast<std::uint32_t>(600.0 / 700.0 * 65536);
  EXPECT_NEAR(speed_at(make_speed_curve(1.0), at) / 65536.0, 0.90, 0.01);
  EXPECT_NEAR(speed_at(make_speed_curve(1.0, {0.25, 1.5, 0.4}), at) / 65536.0, 0.87, 0.01);
}

TEST(SpeedCurve, NeverFallsWithPowerAndCommunicationSuffersLess) {
  const SpeedCurve compute = make_speed_curve(1.0), mixed = make_speed_curve(0.5);
  std::uint32_t last = 0;
  for (std::uint32_t p = 0; p <= q16_one; p += 97) {
    const std::uint32_t now = speed_at(compute, p);
    EXPECT_GE(now, last);
    EXPECT_GE(speed_at(mixed, p), now);
    last = now;
  }
}

// What the loop does with a limit: the level of 64ths that keeps it, and wastes less than one of them.
TEST(PowerLevel, NeverExceedsTheLimitAndWastesLessThanAPartIn64) {
  std::uint64_t x = 88172645463325252ull;
  const auto next = [&] {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    return x;
  };
  for (int i = 0; i < 100000; ++i) {
    PowerDomain domain;
    domain.base_mw = static_cast<std::int64_t>(next() % 20000000000ull);
    const auto full = static_cast<std::int64_t>(next() % 20000000000ull);
    const DomainParams params{static_cast<std::int64_t>(next() % 40000000000ull), AtLimit::slow, 0, 1};
    const std::uint32_t level = domain.level_for(params, full);
    ASSERT_LE(level, full_level);
    const std::int64_t room = std::max<std::int64_t>(0, params.limit_mw - domain.base_mw);
    ASSERT_LE(draw_at(full, level), room);
    ASSERT_GE(draw_at(full, level), std::min(room, full) - full / 64 - 1);
  }
}

}  // namespace
}  // namespace nadc
