#include "app/scenario/units.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace nadc {
namespace {

struct Written {
  const char* text;
  Dimension dimension;
  double value;
};

TEST(Units, ReadWhatUsersWrite) {
  const Written all[] = {
      {"40 MW", Dimension::power, 40e6},
      {"40MW", Dimension::power, 40e6},
      {"1.5 kW", Dimension::power, 1500},
      {"250 mW", Dimension::power, 0.25},
      {"400 Gbit/s", Dimension::data_rate, 50e9},
      {"400 Gbps", Dimension::data_rate, 50e9},
      {"50 GB/s", Dimension::data_rate, 50e9},
      {"90 min", Dimension::duration, 5400},
      {"7 d", Dimension::duration, 604800},
      {"2 weeks", Dimension::duration, 1209600},
      {"3 us", Dimension::duration, 3e-6},
      {"1 y", Dimension::duration, 31536000},
      {"16 GiB", Dimension::data, 17179869184.0},
      {"16 GB", Dimension::data, 16e9},
      {"8 Mibit", Dimension::data, 1048576},
      {"85 %", Dimension::ratio, 0.85},
      {"0.85", Dimension::ratio, 0.85},
      {"182.6 KRW/kWh", Dimension::money_per_energy, 182.6 / 3.6e6},
      {"6490 KRW/kW-month", Dimension::money_per_power_time, 6490 / 1000.0 / (365.0 * 86400 / 12)},
      {"0.4173 tCO2e/MWh", Dimension::carbon_per_energy, 417.3 / 3.6e9},
      {"0.4173 tCO2/MWh", Dimension::carbon_per_energy, 417.3 / 3.6e9},
      {"1.459 trillion KRW", Dimension::money, 1.459e12},
      {"300 million won", Dimension::money, 3e8},
      {"989 TFLOP/s", Dimension::compute_rate, 989e12},
      {"989 TFLOPS", Dimension::compute_rate, 989e12},
      {"25 °C", Dimension::temperature, 25},
      {"298.15 K", Dimension::temperature, 25},
      {"8 K", Dimension::temperature_difference, 8},
      {"12 1/h", Dimension::frequency, 12 / 3600.0},
      {"12 /h", Dimension::frequency, 12 / 3600.0},
      {"1.8 L/kWh", Dimension::volume_per_energy, 1.8e-3 / 3.6e6},
      {"5 pJ/bit", Dimension::energy_per_data, 40e-12},
      {"60 GFLOP/J", Dimension::efficiency, 60e9},
      {"-3e2 W", Dimension::power, -300},
      {"30 km", Dimension::length, 30000},
  };
  for (const Written& each : all) {
    const Parsed<double> parsed = parse_quantity(each.text, each.dimension);
    ASSERT_TRUE(parsed) << each.text << ": " << parsed.message;
    EXPECT_NEAR(*parsed / each.value, 1, 4e-16) << each.text;
  }
}

TEST(Units, EveryExampleAndUsualUnitBelongsToItsDimension) {
  for (int i = 0; i < static_cast<int>(Dimension::how_many); ++i) {
    const auto dimension = static_cast<Dimension>(i);
    EXPECT_TRUE(parse_quantity(example_of(dimension), dimension)) << example_of(dimension);
    for (const std::string_view unit : usual_units(dimension))
      EXPECT_TRUE(parse_quantity("1 " + std::string(unit), dimension)) << unit;
    if (!coherent_unit(dimension).empty() && dimension != Dimension::money_per_power_time) {
      const Parsed<double> one = parse_quantity("1 " + std::string(coherent_unit(dimension)), dimension);
      ASSERT_TRUE(one) << coherent_unit(dimension);
      EXPECT_EQ(*one, 1.0) << coherent_unit(dimension);
    }
  }
}

TEST(Units, FormattedQuantitiesReadBackExactly) {
  const double values[] = {0, 1, 40e6, 1.0 / 3, 5400, 50e9, 182.6 / 3.6e6, 1e-300, 6.02e23, -17.25, 0.85, 1.459e12};
  for (int i = 0; i < static_cast<int>(Dimension::how_many); ++i)
    for (const double value : values) {
      const auto dimension = static_cast<Dimension>(i);
      const std::string text = format_quantity(value, dimension);
      const Parsed<double> back = parse_quantity(text, dimension);
      ASSERT_TRUE(back) << text << ": " << back.message;
      EXPECT_EQ(*back, value) << text;
    }
}

TEST(Units, FormatAsPeopleWrite) {
  EXPECT_EQ(format_quantity(40e6, Dimension::power), "40 MW");
  EXPECT_EQ(format_quantity(5400, Dimension::duration), "1.5 h");
  EXPECT_EQ(format_quantity(0.85, Dimension::ratio), "85 %");
  EXPECT_EQ(format_quantity(182.6 / 3.6e6, Dimension::money_per_energy), "182.6 KRW/kWh");
  EXPECT_EQ(format_range(Range{.min = 0, .max = 1, .at_min = Bound::open}, Dimension::none),
            "more than 0 and at most 1");
}

TEST(Units, MessagesNameTheExpectedDimensionAndTheNearestUnit) {
  const auto message = [](const char* text, Dimension dimension) {
    const Parsed<double> parsed = parse_quantity(text, dimension);
    return parsed.message + " | " + parsed.hint;
  };
  EXPECT_EQ(message("40", Dimension::power),
            "'40' has no unit; expected a power such as \"40 MW\" | units of a power: mW, W, kW, MW, GW");
  EXPECT_EQ(message("40 MWh", Dimension::power), "'40 MWh' is an energy; expected a power such as \"40 MW\" | ");
  EXPECT_EQ(message("40 mw", Dimension::power),
            "unknown unit 'mw'; expected a power such as \"40 MW\" | did you mean 'mW'?");
  EXPECT_EQ(message("40 KW", Dimension::power),
            "unknown unit 'KW'; expected a power such as \"40 MW\" | did you mean 'kW'?");
  EXPECT_EQ(message("90 mins", Dimension::duration),
            "unknown unit 'mins'; expected a duration such as \"90 min\" | did you mean 'min'?");
  EXPECT_EQ(message("fast", Dimension::power), "'fast' is not a quantity; expected a power such as \"40 MW\" | ");
}

TEST(Numbers, AreDecimalAndFinite) {
  EXPECT_EQ(*parse_number("1e3"), 1000);
  EXPECT_EQ(*parse_number("-0.5"), -0.5);
  EXPECT_EQ(*parse_number("+7"), 7);
  EXPECT_EQ(*parse_number("0"), 0);
  for (const char* bad : {"", "010", "-01", "0x10", "1e400", "nan", ".nan", "inf", "-.inf", "1,000", "1_000", "1e",
                          "--1", "+-1", "1.2.3", " 1", "1 "})
    EXPECT_FALSE(parse_number(bad)) << bad;
  EXPECT_EQ(*parse_integer("18000"), 18000);
  EXPECT_EQ(*parse_integer("1e6"), 1000000);
  EXPECT_EQ(*parse_integer("-9223372036854775807"), -9223372036854775807);
  for (const char* bad : {"1.5", "010", "9223372036854775808", "1e300", "ten"}) EXPECT_FALSE(parse_integer(bad)) << bad;
}

TEST(Dates, ReadIsoAndRelative) {
  EXPECT_EQ(*parse_date("1970-01-01", {}), 0);
  EXPECT_EQ(*parse_date("2026-03-31", {}), 1774915200);  // 20,543 days
  EXPECT_EQ(*parse_date("2026-03-31T09:30", {}), 1774915200 + 34200);
  EXPECT_EQ(*parse_date("2026-03-31T09:00:00+09:00", {}), 1774915200);
  EXPECT_EQ(*parse_date("start + 90 d", 1000), 1000 + 90 * 86400);
  EXPECT_EQ(*parse_date("start", 1000), 1000);
  for (const char* bad :
       {"2026-02-30", "2026-13-01", "31.03.2026", "2026-3-1", "tomorrow", "2026-03-31T25:00", "start + 9"})
    EXPECT_FALSE(parse_date(bad, 0)) << bad;
  EXPECT_FALSE(parse_date("start + 9 d", {}));
  EXPECT_EQ(format_date(1774915200), "2026-03-31");
  EXPECT_EQ(format_date(1774915200 + 34200), "2026-03-31T09:30:00Z");
}

TEST(Nearest, PrefersCaseChangesAndGivesUpWhenFar) {
  const std::string_view words[] = {"horizon", "warmup", "workload", "network"};
  EXPECT_EQ(nearest("Horizon", words), "horizon");
  EXPECT_EQ(nearest("horizn", words), "horizon");
  EXPECT_EQ(nearest("netwrok", words), "network");
  EXPECT_EQ(nearest("zzz", words), "");
}

}  // namespace
}  // namespace nadc
