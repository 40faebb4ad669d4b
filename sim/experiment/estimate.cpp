#include "sim/experiment/estimate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/experiment/mean_inference.hpp"
#include "sim/experiment/quantile.hpp"
#include "sim/statistics.hpp"

namespace nadc {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

// Neumaier's sum. Not for infinities: those are caught before.
class CompensatedSum {
 public:
  void add(double x) {
    const double t = sum_ + x;
    rest_ += std::abs(sum_) >= std::abs(x) ? (sum_ - t) + x : (x - t) + sum_;
    sum_ = t;
  }
  double value() const { return sum_ + rest_; }

 private:
  double sum_ = 0.0, rest_ = 0.0;
};

}  // namespace

RowMoments row_moments(std::span<const double> values) {
  CompensatedSum sum;
  double plain = 0.0;  // right for infinities
  std::uint64_t n = 0;
  for (const double x : values)
    if (!std::isnan(x)) {
      sum.add(x);
      plain += x;
      ++n;
    }
  if (n == 0) return {nan, nan, 0};
  if (!std::isfinite(plain)) return {plain, nan, n};
  const double mean = sum.value() / static_cast<double>(n);
  CompensatedSum squares;
  for (const double x : values)
    if (!std::isnan(x)) squares.add((x - mean) * (x - mean));
  return {mean, n > 1 ? squares.value() / static_cast<double>(n - 1) : nan, n};
}

ConfidenceInterval student_interval(double mean, double standard_error, double degrees, double level) {
  if (!(degrees >= 1.0) || std::isnan(standard_error)) return {-infinity, infinity};
  const double half = student_t_quantile(0.5 + 0.5 * level, degrees) * standard_error;
  return {mean - half, mean + half};
}

std::vector<double> sample_means(MatrixView rows) {
  std::vector<double> means(rows.rows());
  for (std::size_t s = 0; s < rows.rows(); ++s) means[s] = row_moments(rows.row(s)).mean;
  return means;
}

VarianceComponents variance_components(MatrixView rows) {
  // Sums of squares within and between, over the samples that have values.
  double within = 0.0, count = 0.0, count_squared = 0.0;
  std::size_t samples = 0;
  std::vector<RowMoments> parts(rows.rows());
  CompensatedSum total;
  for (std::size_t s = 0; s < rows.rows(); ++s) {
    parts[s] = row_moments(rows.row(s));
    const auto n = static_cast<double>(parts[s].n);
    if (parts[s].n == 0) continue;
    ++samples;
    count += n;
    count_squared += n * n;
    total.add(n * parts[s].mean);
    if (parts[s].n > 1) within += (n - 1.0) * parts[s].variance;
  }
  const double groups = static_cast<double>(samples);
  const double mean_within = count > groups ? within / (count - groups) : 0.0;
  if (samples < 2) return {0.0, mean_within};
  const double mean = total.value() / count;
  double between = 0.0;
  for (const RowMoments& part : parts)
    if (part.n > 0) between += static_cast<double>(part.n) * (part.mean - mean) * (part.mean - mean);
  const double mean_between = between / (groups - 1.0);
  const double effective = (count - count_squared / count) / (groups - 1.0);
  return {std::max(0.0, (mean_between - mean_within) / effective), mean_within};
}

Estimate summarize(MatrixView rows) {
  Estimate out{};
  std::vector<double> valid;
  valid.reserve(rows.values().size());
  for (const double x : rows.values())
    if (!std::isnan(x)) valid.push_back(x);
  out.n = valid.size();
  out.missing = rows.values().size() - valid.size();
  const RowMoments all = row_moments(valid);
  out.sd = std::sqrt(all.variance);
  const std::vector<double> means = sample_means(rows);
  out.over = row_moments(means).n > 1 ? IntervalOver::samples : IntervalOver::replicas;
  const MeanInference inference = infer_mean(out.over == IntervalOver::samples ? means : valid);
  out.mean = inference.mean;
  out.standard_error = inference.standard_error;
  out.ci95 = {inference.low(), inference.high()};
  out.uncertain = inference.uncertain;
  std::sort(valid.begin(), valid.end());
  out.p05 = interpolated_quantile(valid, 0.05);
  out.p50 = interpolated_quantile(valid, 0.50);
  out.p95 = interpolated_quantile(valid, 0.95);
  return out;
}

}  // namespace nadc
