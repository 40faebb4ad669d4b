#include "sim/experiment/quantile.hpp"

#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

namespace nadc {

double normal_probability(double z) { return boost::math::cdf(boost::math::normal(), z); }

double student_t_tail(double t, double degrees_of_freedom) {
  return boost::math::cdf(boost::math::complement(boost::math::students_t(degrees_of_freedom), t));
}

double interpolated_quantile(std::span<const double> sorted, double p) {
  if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double at = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  if (below + 1 >= sorted.size()) return sorted.back();
  const double fraction = at - static_cast<double>(below);
  const double low = sorted[below], high = sorted[below + 1];
  if (fraction == 0.0 || low == high) return low;
  if (std::isinf(low) || std::isinf(high)) return fraction < 0.5 ? low : high;
  return low + fraction * (high - low);
}

}  // namespace nadc
