#include "models/power/tariff.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "models/power/carbon.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

TEST(CivilTime, CrossesDaysMonthsLeapYearsAndTheStart) {
  const CivilStart start = civil_start(2024, 2, 28, 12 * ticks_per_hour);
  const CivilHour leap = start.at(13 * ticks_per_hour);
  EXPECT_EQ(leap.month, 2u);
  EXPECT_EQ(leap.day, 29u);
  EXPECT_EQ(leap.hour, 1u);
  EXPECT_EQ(start.at(36 * ticks_per_hour).day, 1u);
  EXPECT_EQ(start.at(-13 * ticks_per_hour).day, 27u);
  EXPECT_EQ(civil_start(2026, 8, 1).at(0).day_kind, DayKind::saturday);
  EXPECT_EQ(civil_start(2026, 8, 2).at(0).day_kind, DayKind::holiday);
  EXPECT_EQ(civil_start(2026, 8, 3).at(0).day_kind, DayKind::working);
  EXPECT_EQ(start.next_hour(0), ticks_per_hour);
  EXPECT_EQ(start.next_hour(1), ticks_per_hour);
}

TEST(Tariff, KoreanPricesByBand) {
  const Tariff& t = korea_industrial_gap2_hva1();
  // Summer working day: off-peak 22–08, mid 08–11, 12–13, 18–22, peak 11–12, 13–18.
  const std::int32_t off = 957, mid = 1215, peak = 1550;
  for (unsigned h = 0; h < 24; ++h) {
    const std::int32_t expected = h < 8 || h >= 22 ? off : h == 11 || (h >= 13 && h < 18) ? peak : mid;
    EXPECT_EQ(price_at(t, 7, DayKind::working, h), expected) << h;
  }
  EXPECT_EQ(price_at(t, 4, DayKind::working, 3), 957);
  EXPECT_EQ(price_at(t, 10, DayKind::working, 14), 1197);
  EXPECT_EQ(price_at(t, 9, DayKind::working, 9), 1005);
  EXPECT_EQ(price_at(t, 1, DayKind::working, 3), 1031);
  EXPECT_EQ(price_at(t, 11, DayKind::working, 17), 1494);
  EXPECT_EQ(price_at(t, 12, DayKind::working, 13), 1200);
  EXPECT_EQ(price_at(t, 7, DayKind::saturday, 14), mid);
  EXPECT_EQ(price_at(t, 7, DayKind::holiday, 14), off);
  EXPECT_THROW(price_at(t, 13, DayKind::working, 0), Error);
  EXPECT_THROW(price_at(t, 1, DayKind::working, 24), Error);
}

TEST(Tariff, OneSummerWorkingDayOfTenMegawattsToTheWon) {
  // Off-peak 10 h, mid 8 h, peak 6 h of 10 MW: 10,000 · (10·95.7 + 8·121.5 + 6·155.0) = 28,590,000 won.
  const Tariff& t = korea_industrial_gap2_hva1();
  MonthBill bill{energy_cost(t, civil_start(2026, 8, 3), 0, ticks_per_day, 10'000'000'000), 10'000'000'000};
  EXPECT_EQ(bill.energy_won(), 28'590'000);
  EXPECT_EQ(bill.demand_won(t), 64'900'000);
  EXPECT_EQ(bill.won(t), 93'490'000);
}

TEST(Tariff, CostIsAdditiveOverAnySplitOfTime) {
  const Tariff& t = korea_industrial_gap2_hva1();
  const CivilStart start = civil_start(2026, 6, 29, 5 * ticks_per_hour + 123457);
  const Tick end = 5 * ticks_per_day + 987654;
  const std::int64_t mw = 12'345'678'901;
  const CostUnits whole = energy_cost(t, start, 0, end, mw);
  std::uint64_t x = 2463534242;
  for (int trial = 0; trial < 50; ++trial) {
    std::vector<Tick> cuts{0, end};
    for (int i = 0; i < 20; ++i) {
      x ^= x << 13, x ^= x >> 7, x ^= x << 17;
      cuts.push_back(static_cast<Tick>(x % static_cast<std::uint64_t>(end)));
    }
    std::sort(cuts.begin(), cuts.end());
    CostUnits sum = 0;
    for (std::size_t i = 1; i < cuts.size(); ++i) sum += energy_cost(t, start, cuts[i - 1], cuts[i], mw);
    ASSERT_TRUE(sum == whole);
  }
}

TEST(MonthBill, MergesInAnyOrderAndRoundsOnce) {
  // Three parts of 0.4 won each make 1 won (1.2 rounded), not 0.
  const CostUnits part = CostUnits(4) * 3'600'000'000'000;  // 4 tenths of a won
  MonthBill a{part, 5}, b{part, 9}, c{part, 7};
  MonthBill left = a, right = b;
  left.merge(b), left.merge(c);
  right.merge(c), right.merge(a);
  EXPECT_EQ(left.energy_won(), 1);
  EXPECT_TRUE(left.energy == right.energy);
  EXPECT_EQ(left.peak_milliwatts, 9);
  EXPECT_EQ(right.peak_milliwatts, 9);
}

TEST(Tariff, FlatIndustrialMean) {
  const Tariff t = flat_tariff(1826, 0, "industrial (eul) mean, derived: assumption");
  const MonthBill bill{energy_cost(t, civil_start(2026, 1, 1), 0, ticks_per_day, 1'000'000), 0};
  EXPECT_EQ(bill.won(t), 4382);  // 24 kWh · 182.6 = 4,382.4
}

TEST(Carbon, OperationalAndEmbodiedByHand) {
  EXPECT_NEAR(operational_carbon(Joules(joules_per_mwh * 10), korea_grid_2023), 4.173, 1e-12);
  EXPECT_NEAR(carbon_cost(4.173, 10000).value, 41730, 1e-6);
  // Eight GPUs of 164 kg and a host of 1,500 kg.
  EXPECT_NEAR(embodied_carbon(find_node_kind("hgx-h100")), 2.812, 1e-12);
  EXPECT_NEAR(embodied_share(2.812, 8760, 5 * 8760), 0.5624, 1e-12);
  EXPECT_NEAR(embodied_share(2.812, 1e9, 5 * 8760), 2.812, 1e-12);
}

}  // namespace
}  // namespace nadc
