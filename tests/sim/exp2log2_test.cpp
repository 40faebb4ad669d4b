#include "sim/exp2log2.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace nadc {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(ExactExp2, AgreesWithLongDoubleOverTheWholeRange) {
  double worst = 0.0;
  for (double x = -1022.0; x < 1024.0; x += 0.00173) {
    const long double exact = std::exp2l(static_cast<long double>(x));
    worst = std::max(worst, static_cast<double>(std::abs((exact_exp2(x) - exact) / exact)));
  }
  EXPECT_LT(worst, 4e-16);
}

TEST(ExactExp2, IsExactAtIntegersAndSafeOutside) {
  for (int k = -1022; k < 1024; ++k) EXPECT_EQ(exact_exp2(k), std::ldexp(1.0, k));
  EXPECT_EQ(exact_exp2(1024.0), infinity);
  EXPECT_EQ(exact_exp2(infinity), infinity);
  EXPECT_EQ(exact_exp2(-1022.5), 0.0);
  EXPECT_EQ(exact_exp2(-infinity), 0.0);
  EXPECT_TRUE(std::isnan(exact_exp2(NAN)));
  const double last = std::nextafter(1024.0, 0.0);
  EXPECT_NEAR(exact_exp2(last) / std::exp2(last), 1.0, 1e-15);
}

TEST(ExactLog2, AgreesWithLongDoubleOverTheWholeRange) {
  double worst = 0.0;
  const auto probe = [&worst](double x) {
    const long double exact = std::log2l(static_cast<long double>(x));
    if (exact == 0.0L) return;
    worst = std::max(worst, static_cast<double>(std::abs((exact_log2(x) - exact) / exact)));
  };
  for (double e = -1022.0; e < 1023.9; e += 0.0137) probe(std::exp2(e));
  for (double x = 0.5; x < 2.0; x += 0.0000131) probe(x);
  for (double d = 1e-15; d < 0.3; d *= 1.3) probe(1.0 + d), probe(1.0 - d);
  EXPECT_LT(worst, 6e-16);
}

TEST(ExactLog2, IsExactAtPowersOfTwoAndSafeOutside) {
  for (int k = -1074; k < 1024; ++k) EXPECT_EQ(exact_log2(std::ldexp(1.0, k)), k);
  EXPECT_EQ(exact_log2(0.0), -infinity);
  EXPECT_EQ(exact_log2(infinity), infinity);
  EXPECT_TRUE(std::isnan(exact_log2(-1.0)));
  EXPECT_TRUE(std::isnan(exact_log2(NAN)));
}

}  // namespace
}  // namespace nadc
