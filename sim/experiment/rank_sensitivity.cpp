#include "sim/experiment/rank_sensitivity.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "sim/error.hpp"

namespace nadc {

FirstOrder rank_first_order(std::span<const double> input, std::span<const double> outcome) {
  if (input.size() != outcome.size()) throw Error(ErrorKind::usage, "input and outcome have different numbers of rows");
  constexpr double infinity = std::numeric_limits<double>::infinity();
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < input.size(); ++i)
    if (std::isfinite(input[i]) && std::isfinite(outcome[i])) order.push_back(i);
  const std::size_t n = order.size();
  FirstOrder out{std::numeric_limits<double>::quiet_NaN(), {-infinity, infinity}, n};
  if (n < 4) return out;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return input[a] < input[b]; });
  if (input[order.front()] == input[order.back()]) return out;
  std::vector<double> y;
  for (const std::size_t i : order) y.push_back(outcome[i]);
  const RowMoments of_y = row_moments(y);
  double squares = 0.0, products = 0.0;
  for (double& v : y) {
    v -= of_y.mean;
    squares += v * v;
  }
  const double size = std::abs(of_y.mean) * 1e-14;
  if (!(squares > static_cast<double>(n) * size * size)) return out;  // constant but for rounding
  for (std::size_t j = 0; j < n; ++j) products += y[j] * y[(j + 1) % n];
  out.index = products / squares;

  std::vector<double> e(n);
  const double variance = squares / static_cast<double>(n);
  for (std::size_t j = 0; j < n; ++j) e[j] = (y[j] * y[(j + 1) % n] - out.index * y[j] * y[j]) / variance;
  double own = 0.0, next = 0.0, after = 0.0;
  for (std::size_t j = 0; j < n; ++j) {
    own += e[j] * e[j];
    next += e[j] * e[(j + 1) % n];
    after += e[j] * e[(j + 2) % n];
  }
  // The correction is noisy with few rows; half the plain variance is the least that is believed.
  const double spread = std::max(own + 2.0 * (next - after), 0.5 * own) / static_cast<double>(n - 1);
  out.ci95 = student_interval(out.index, std::sqrt(spread / static_cast<double>(n)), static_cast<double>(n - 1));
  return out;
}

}  // namespace nadc
