#include "models/power/facility.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <vector>

#include "models/power/climate.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

const Watts rated(20e6);

TEST(Facility, PueRisesWithWetBulbAndFallsWithLoad) {
  for (const Cooling c : {Cooling::air, Cooling::rear_door, Cooling::liquid, Cooling::immersion}) {
    const Facility f = stock_facility(c, rated);
    double last = 0.0;
    for (double wb = -10.0; wb <= 30.0; wb += 1.0) {
      const double pue = facility_power(f, rated * 0.8, Celsius(wb)).pue();
      EXPECT_GE(pue, last - 1e-12) << cooling_name(c) << wb;
      last = pue;
    }
    EXPECT_GT(facility_power(f, rated * 0.1, Celsius(10)).pue(), facility_power(f, rated * 0.8, Celsius(10)).pue());
  }
}

TEST(Facility, LiquidBeatsRearDoorBeatsAir) {
  for (const double wb : {0.0, 15.0, 24.0}) {
    const auto pue = [&](Cooling c) {
      return facility_power(stock_facility(c, rated), rated * 0.8, Celsius(wb)).pue();
    };
    EXPECT_LT(pue(Cooling::immersion), pue(Cooling::liquid));
    EXPECT_LT(pue(Cooling::liquid), pue(Cooling::rear_door));
    EXPECT_LT(pue(Cooling::rear_door), pue(Cooling::air));
  }
}

TEST(Facility, StockPlantsLieInTheRangeThatIsReported) {
  // Ranges, from memory: liquid 1.05–1.20, air 1.12–1.45.
  for (const double wb : {0.0, 10.0, 24.0}) {
    const double liquid = facility_power(stock_facility(Cooling::liquid, rated), rated * 0.8, Celsius(wb)).pue();
    const double air = facility_power(stock_facility(Cooling::air, rated), rated * 0.8, Celsius(wb)).pue();
    EXPECT_GT(liquid, 1.05);
    EXPECT_LT(liquid, 1.20);
    EXPECT_GT(air, 1.12);
    EXPECT_LT(air, 1.45);
  }
}

TEST(Facility, WithoutUpsAndInTheCoolALiquidPlantReachesAFewPerCent) {
  // Frontier 1.03 and LUMI 1.04 (from memory) run without a UPS for the machine.
  Facility f = stock_facility(Cooling::liquid, rated);
  f.liquid_share = 0.95;
  f.ups_share = 0.05;
  f.fixed_share = 0.006;
  EXPECT_NEAR(facility_power(f, rated * 0.85, Celsius(8)).pue(), 1.05, 0.015);
}

TEST(Facility, FreeCoolingIsFullBelowNoneAboveAndLinearBetween) {
  const Facility f = stock_facility(Cooling::air, rated);  // room loop 15 to 21 °C, 6 K of approaches
  EXPECT_EQ(free_cooling_share(f, f.room_loop, Celsius(9)), 1.0);
  EXPECT_EQ(free_cooling_share(f, f.room_loop, Celsius(15)), 0.0);
  EXPECT_DOUBLE_EQ(free_cooling_share(f, f.room_loop, Celsius(12)), 0.5);
  EXPECT_EQ(facility_power(f, rated, Celsius(9)).chillers.value, 0.0);
}

TEST(Facility, WaterByHand) {
  // Immersion at rating, 0 °C: heat 20 MW + room part; all rejected heat × 0.8 / 2.45 MJ/kg × 5/4.
  Facility f = stock_facility(Cooling::immersion, rated);
  const FacilityPower p = facility_power(f, rated, Celsius(0));
  const double heat = rated.value + p.ups.value + 0.5 * p.distribution.value + p.pumps.value;
  EXPECT_NEAR(p.water_kg_per_s, heat * 0.8 / 2.45e6 * 1.25, 1e-9);
  f.evaporative_share = 0.0;
  EXPECT_EQ(facility_power(f, rated, Celsius(0)).water_kg_per_s, 0.0);
}

TEST(Facility, ImpossibleLoadsAreRefused) {
  EXPECT_THROW(facility_power(stock_facility(Cooling::air, Watts(0)), Watts(1), Celsius(0)), Error);
  EXPECT_THROW(facility_power(stock_facility(Cooling::air, rated), rated * 1.3, Celsius(0)), Error);
  EXPECT_THROW(facility_power(stock_facility(Cooling::air, rated), Watts(-1), Celsius(0)), Error);
}

TEST(Climate, TheTablesAreTheSharedOnesAndFollowStull) {
  const char* folder = std::getenv("NADC_SHARED");
  std::ifstream in(std::string(folder ? folder : NADC_SHARED_DEFAULT) + "/reference/climate_monthly.csv");
  if (!in) GTEST_SKIP() << "the shared climate table is not beside this checkout";
  std::string line;
  std::getline(in, line);
  int rows = 0;
  while (std::getline(in, line)) {
    std::vector<std::string> cells;
    std::stringstream cut(line);
    for (std::string cell; std::getline(cut, cell, ',');) cells.push_back(cell);
    ASSERT_GE(cells.size(), 5u);
    const double wet = std::stod(cells[4]);
    EXPECT_NEAR(stull_wet_bulb(Celsius(std::stod(cells[2])), std::stod(cells[3])).value, wet, 0.06) << line;
    ++rows;
  }
  EXPECT_EQ(rows, 24);
}

TEST(Climate, TheDayHasItsTopAtThreeInTheAfternoonAndItsMeanIsTheMonths) {
  Climate climate;
  climate.mean_wet_bulb_c.fill(23.8);
  double sum = 0.0;
  for (int h = 0; h < 24; ++h) sum += climate.wet_bulb(8, h + 0.5).value;
  EXPECT_NEAR(sum / 24.0, 23.8, 1e-9);
  EXPECT_NEAR(climate.wet_bulb(8, 15).value, 25.8, 1e-9);
}

}  // namespace
}  // namespace nadc
