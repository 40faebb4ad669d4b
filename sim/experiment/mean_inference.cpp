#include "sim/experiment/mean_inference.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "sim/experiment/estimate.hpp"
#include "sim/experiment/quantile.hpp"
#include "sim/statistics.hpp"

namespace nadc {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double skewed_from = 0.5;      // standard errors of G1
constexpr double uncertain_from = 0.18;  // of √n
constexpr double hall_tail_at = 32.0;

double hall_share(double n) { return n / (n + hall_tail_at); }

// The inverse of Hall's transform u + a u² + a² u³ / 3 + g / (6 n), a = g / 3, u = (mean - μ) / sd.
double hall_inverse(double z, double g, double n) {
  const double u = z / std::sqrt(n) - g / (6.0 * n);
  return (std::cbrt(1.0 + g * u) - 1.0) / (g / 3.0);
}

}  // namespace

double MeanInference::low(double level) const {
  if (n < 2 || std::isnan(standard_error)) return -infinity;
  const double size = static_cast<double>(n), tail = 0.5 * (1.0 - level);
  const double t = mean - student_t_quantile(1.0 - tail, size - 1.0) * standard_error;
  if (!skewed) return t;
  const double z = student_t_quantile(1.0 - tail * hall_share(size), size - 1.0);
  return std::min(t, mean - standard_error * std::sqrt(size) * hall_inverse(z, skewness, size));
}

double MeanInference::high(double level) const {
  if (n < 2 || std::isnan(standard_error)) return infinity;
  const double size = static_cast<double>(n), tail = 0.5 * (1.0 - level);
  const double t = mean + student_t_quantile(1.0 - tail, size - 1.0) * standard_error;
  if (!skewed) return t;
  const double z = student_t_quantile(1.0 - tail * hall_share(size), size - 1.0);
  return std::max(t, mean - standard_error * std::sqrt(size) * hall_inverse(-z, skewness, size));
}

double MeanInference::p_value() const {
  if (n < 2 || std::isnan(standard_error)) return 1.0;
  if (standard_error == 0.0) return mean == 0.0 ? 1.0 : 0.0;
  const double size = static_cast<double>(n), t = mean / standard_error;
  const double student = 2.0 * student_t_tail(std::abs(t), size - 1.0);
  if (!skewed) return student;
  const double u = t / std::sqrt(size), a = skewness / 3.0;
  const double z = std::sqrt(size) * (u + a * u * u + a * a * u * u * u / 3.0 + skewness / (6.0 * size));
  return std::min(1.0, std::max(student, 2.0 * student_t_tail(std::abs(z), size - 1.0) / hall_share(size)));
}

MeanInference infer_mean(std::span<const double> values) {
  const RowMoments moments = row_moments(values);
  const double size = static_cast<double>(moments.n);
  MeanInference out{moments.mean, std::sqrt(moments.variance / size), 0.0, moments.n, false, false};
  if (moments.n < 3 || !(moments.variance > 0.0)) return out;
  double cubes = 0.0, squares = 0.0;
  for (const double x : values) {
    if (std::isnan(x)) continue;
    const double d = (x - moments.mean) / std::sqrt(moments.variance);
    squares += d * d;
    cubes += d * d * d;
  }
  const double g1 = (cubes / size) / std::pow(squares / size, 1.5);
  out.skewness = g1 * std::sqrt(size * (size - 1.0)) / (size - 2.0);
  const double error = std::sqrt(6.0 * size * (size - 1.0) / ((size - 2.0) * (size + 1.0) * (size + 3.0)));
  out.skewed = std::abs(out.skewness) > skewed_from * error;
  out.uncertain = std::abs(out.skewness) > uncertain_from * std::sqrt(size);
  return out;
}

void adjust_holm(std::span<double> p_values) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p_values.size(); ++i)
    if (!std::isnan(p_values[i])) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
  double largest = 0.0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    largest = std::max(largest, std::min(1.0, p_values[order[i]] * static_cast<double>(order.size() - i)));
    p_values[order[i]] = largest;
  }
}

}  // namespace nadc
