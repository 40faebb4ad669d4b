#include "models/power/site_bill.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "sim/error.hpp"

namespace nadc {
namespace {

const Watts rated(20e6);

std::vector<SiteMonth> bill(const EnergyLedger& ledger, Cooling cooling = Cooling::air) {
  return site_months(ledger.months(), stock_facility(cooling, rated), climate_mokpo, korea_industrial_gap2_hva1(),
                     uniform_grid(korea_grid_2023));
}

// A history of 40 days over a month's end with 300 changes of draw.
struct Piece {
  Tick from, to;
  std::int64_t mw;
};
std::vector<Piece> history() {
  std::vector<Piece> pieces;
  std::uint64_t x = 2463534242;
  Tick at = 0;
  for (int i = 0; i < 300; ++i) {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    const Tick to = at + static_cast<Tick>(x % static_cast<std::uint64_t>(40 * ticks_per_day / 150)) + 1;
    pieces.push_back({at, to, static_cast<std::int64_t>(x >> 20) % 18'000'000'000});
    at = to;
  }
  return pieces;
}

TEST(EnergyLedger, HoldsEveryMicrojouleAndTick) {
  EnergyLedger ledger(civil_start(2026, 7, 13, 5 * ticks_per_hour + 17));
  Int128 energy = 0;
  Tick ticks = 0;
  for (const Piece& p : history()) {
    ledger.add(p.from, p.to, p.mw);
    energy += Int128(p.mw) * (p.to - p.from);
    ticks += p.to - p.from;
  }
  EXPECT_TRUE(ledger.microjoules() == energy);
  Tick held = 0;
  for (const EnergyMonth& m : ledger.months())
    for (const auto& day : m.bins)
      for (const HourBin& bin : day) held += bin.ticks;
  EXPECT_EQ(held, ticks);
}

TEST(EnergyLedger, IsTheSameHoweverTheHistoryIsCutAndInAnyOrder) {
  EnergyLedger whole(civil_start(2026, 7, 13)), cut(civil_start(2026, 7, 13));
  auto pieces = history();
  for (const Piece& p : pieces) whole.add(p.from, p.to, p.mw);
  std::reverse(pieces.begin(), pieces.end());
  for (const Piece& p : pieces) {
    const Tick middle = p.from + (p.to - p.from) / 3;
    cut.add(middle, p.to, p.mw);
    cut.add(p.from, middle, p.mw);
  }
  const auto a = bill(whole), b = bill(cut);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].energy_won, b[i].energy_won);
    EXPECT_EQ(a[i].demand_won, b[i].demand_won);
    EXPECT_EQ(a[i].facility.value, b[i].facility.value);
    EXPECT_EQ(a[i].tco2, b[i].tco2);
    EXPECT_EQ(a[i].water_m3, b[i].water_m3);
  }
}

TEST(SiteMonths, AMonthOfConstantDrawByHand) {
  // June 2026 at 10 MW IT with a plant of no losses: 7,200 MWh. 22 working days, 4 Saturdays, 4 Sundays.
  EnergyLedger ledger(civil_start(2026, 6, 1));
  ledger.add(0, 30 * ticks_per_day, 10'000'000'000);
  Facility ideal;
  ideal.rated_it = rated;
  ideal.ups = ideal.distribution = {0, 0, 0};
  ideal.fixed_share = ideal.fan_w_per_w = ideal.pump_w_per_w = ideal.tower_w_per_w = 0.0;
  ideal.room_loop.supply_c = 60.0;  // no chiller
  const auto months =
      site_months(ledger.months(), ideal, climate_mokpo, korea_industrial_gap2_hva1(), uniform_grid(korea_grid_2023));
  ASSERT_EQ(months.size(), 1u);
  EXPECT_NEAR(months[0].facility.value / joules_per_mwh, 7200.0, 1e-6);
  EXPECT_NEAR(months[0].pue(), 1.0, 1e-12);
  // Working day 2,859 won a kW, Saturday 10·95.7 + 14·121.5 = 2,658, Sunday 24·95.7 = 2,296.8; 10,000 kW.
  EXPECT_EQ(months[0].energy_won, 10000 * (22 * 2859 + 4 * 2658) + 4 * 22'968'000);
  EXPECT_EQ(months[0].demand_won, 64'900'000);
  EXPECT_NEAR(months[0].tco2, 7200 * 0.4173, 1e-6);
}

TEST(SiteMonths, SummerCostsMorePueThanWinter) {
  EnergyLedger ledger(civil_start(2026, 1, 1));
  ledger.add(0, 365 * ticks_per_day, 15'000'000'000);
  for (const Cooling c : {Cooling::air, Cooling::liquid}) {
    const auto months = bill(ledger, c);
    ASSERT_EQ(months.size(), 12u);
    EXPECT_GT(months[7].pue(), months[0].pue());
    for (const SiteMonth& m : months)
      std::printf("%s %2u PUE %.3f peak %.2f MW water %.0f m3 %lld won\n", std::string(cooling_name(c)).c_str(),
                  m.month, m.pue(), m.peak.value / 1e6, m.water_m3, static_cast<long long>(m.energy_won));
  }
}

TEST(SiteMonths, ADrawThatThePlantCannotCarryIsRefused) {
  EnergyLedger ledger(civil_start(2026, 1, 1));
  ledger.add(0, ticks_per_day, 30'000'000'000);
  EXPECT_THROW(bill(ledger), Error);
}

TEST(GridProfile, AnHourlyFactorWeighsTheHours) {
  EnergyLedger ledger(civil_start(2026, 1, 1));
  ledger.add(12 * ticks_per_hour, 13 * ticks_per_hour, 10'000'000'000);
  GridProfile solar = uniform_grid(korea_grid_2023);
  solar.tco2_per_mwh[0][12] = 0.2;
  const Facility f = stock_facility(Cooling::liquid, rated);
  const auto noon = site_months(ledger.months(), f, climate_mokpo, korea_industrial_gap2_hva1(), solar);
  EXPECT_NEAR(noon[0].tco2, noon[0].facility.value / joules_per_mwh * 0.2, 1e-9);
}

}  // namespace
}  // namespace nadc
