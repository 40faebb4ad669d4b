#include "models/reliability/components.hpp"

#include <gtest/gtest.h>

namespace nadc {
namespace {

TEST(Components, SumToThePublishedInterruptionsAndRate) {
  EXPECT_EQ(llama3_unexpected(), 419);
  double rate = 0.0;
  for (const Component& c : llama3_components) {
    rate += component_rate(c);
    EXPECT_GE(c.drains, 0.0);
    EXPECT_LE(c.drains, 1.0);
    EXPECT_GT(c.repair_median_h, 0.0);
  }
  EXPECT_NEAR(rate, 3.79, 0.01);
  EXPECT_NEAR(rate, fleet_rates[2].rate, 1e-12);
  EXPECT_NEAR(component_rate(llama3_components[0]), 1.338, 0.001);
}

}  // namespace
}  // namespace nadc
