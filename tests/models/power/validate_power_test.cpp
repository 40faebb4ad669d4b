#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>

#include "models/validation.hpp"

namespace nadc {
namespace {

TEST(ValidatePower, EveryRowHoldsItsTolerance) {
  for (const ValidationRow& row : validate_power()) {
    const double error = row.computed / row.expected - 1.0;
    std::printf("%-22s %-52s %12.1f %12.1f %+6.1f %%\n", row.group.c_str(), row.name.c_str(), row.computed,
                row.expected, 100 * error);
    EXPECT_LE(std::abs(error), row.tolerance) << row.group << ": " << row.name;
    EXPECT_FALSE(row.source.empty());
  }
}

TEST(ValidatePower, ThePublishedFiguresAreThoseOfTheSharedTable) {
  const char* folder = std::getenv("NADC_SHARED");
  std::ifstream in(std::string(folder ? folder : NADC_SHARED_DEFAULT) + "/reference/power_systems.csv");
  if (!in) GTEST_SKIP() << "the shared machine table is not beside this checkout";
  std::map<std::string, double> published;
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::vector<std::string> cells{""};  // quoted cells do not occur
    for (const char c : line) {
      if (c == ',')
        cells.emplace_back();
      else
        cells.back() += c;
    }
    published[cells.at(1)] = std::stod(cells.at(7));
  }
  ASSERT_EQ(published.size(), 20u);
  std::size_t found = 0;
  for (const ValidationRow& row : validate_power()) {
    if (row.group != "power/hpl") continue;
    const std::string system = row.name.substr(0, row.name.find(" ("));
    const auto at = published.find(system == "JUWELS Booster" ? "JUWELS Booster Module" : system);
    ASSERT_NE(at, published.end()) << system;
    EXPECT_DOUBLE_EQ(at->second, row.expected) << system;
    ++found;
  }
  EXPECT_EQ(found, 20u);
}

}  // namespace
}  // namespace nadc
