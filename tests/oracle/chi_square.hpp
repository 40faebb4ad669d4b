// χ² of counts against expectations, and its quantile at 1 − 10⁻⁴ by Wilson and Hilferty (1931; within 1 % from five
// degrees of freedom on).
#pragma once
#include <cmath>
#include <vector>

namespace nadc::test {

inline double chi_square(const std::vector<double>& counts, const std::vector<double>& expected) {
  double sum = 0;
  for (std::size_t i = 0; i < counts.size(); ++i)
    sum += (counts[i] - expected[i]) * (counts[i] - expected[i]) / expected[i];
  return sum;
}
inline double chi_square_limit(double degrees) {
  const double spread = 2 / (9 * degrees), z = 3.719;
  return degrees * std::pow(1 - spread + z * std::sqrt(spread), 3);
}

}  // namespace nadc::test
