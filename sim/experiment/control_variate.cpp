#include "sim/experiment/control_variate.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <vector>

#include "sim/statistics.hpp"

namespace nadc {
namespace {

std::string two_digits(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", x);
  return text;
}

}  // namespace

ControlMean control_mean(MatrixView cheap) {
  const Estimate estimate = summarize(cheap);
  return {estimate.mean, estimate.standard_error, estimate.n};
}

ControlledMean controlled_mean(std::span<const double> y, std::span<const double> x, ControlMean control,
                               double minimum_correlation) {
  if (y.size() != x.size()) throw Error(ErrorKind::usage, "a control with another number of rows than its outcome");
  std::vector<double> ys, xs, products;
  for (std::size_t i = 0; i < y.size(); ++i)
    if (!std::isnan(y[i]) && !std::isnan(x[i])) {
      ys.push_back(y[i]);
      xs.push_back(x[i]);
    }
  const RowMoments of_y = row_moments(ys), of_x = row_moments(xs);
  const double n = static_cast<double>(of_y.n);
  ControlledMean out{};
  out.n = of_y.n;
  out.use = ControlUse::refused;
  out.plain_mean = out.mean = of_y.mean;
  out.plain_standard_error = out.standard_error = std::sqrt(of_y.variance / n);
  out.plain_ci95 = out.ci95 = student_interval(of_y.mean, out.plain_standard_error, n - 1.0);
  if (out.n < 10) {
    out.reason = "only " + std::to_string(out.n) + " pairs; a control needs 10";
    return out;
  }
  if (!(of_x.variance > 0.0) || !(of_y.variance > 0.0)) {
    out.reason = of_x.variance > 0.0 ? "the outcome does not vary" : "the control does not vary";
    return out;
  }
  if (!std::isfinite(control.mean) || !std::isfinite(control.standard_error)) {
    out.reason = "the mean of the control is not known";
    return out;
  }
  for (std::size_t i = 0; i < ys.size(); ++i) products.push_back((ys[i] - of_y.mean) * (xs[i] - of_x.mean));
  const double covariance = row_moments(products).mean * n / (n - 1.0);
  const double sxx = of_x.variance * (n - 1.0);
  out.coefficient = covariance / of_x.variance;
  out.correlation = covariance / std::sqrt(of_x.variance * of_y.variance);
  const double r2 = std::min(1.0, out.correlation * out.correlation);
  const double t = student_t_quantile(0.995, n - 2.0);
  const double significant = t / std::sqrt(n - 2.0 + t * t);  // |r| beyond chance at 1 %
  const double needed = std::max(minimum_correlation, significant);
  if (std::abs(out.correlation) < needed) {
    out.reason = "correlation " + two_digits(out.correlation) + " is below " + two_digits(needed);
    return out;
  }
  const double residual = of_y.variance * (1.0 - r2) * (n - 1.0) / (n - 2.0);
  const double offset = of_x.mean - control.mean;
  const double from_control = out.coefficient * control.standard_error;
  // Where residuals spread more at an extreme control, each row's own by its weight in the adjusted mean.
  std::vector<double> squares;
  for (std::size_t i = 0; i < ys.size(); ++i) {
    const double off = xs[i] - of_x.mean, leverage = 1.0 / n + off * off / sxx;
    const double error = ys[i] - of_y.mean - out.coefficient * off, weight = 1.0 / n - offset * off / sxx;
    squares.push_back(weight * weight * error * error / std::max(1.0 - leverage, 1e-9));
  }
  const double robust = row_moments(squares).mean * n, plain = residual * (1.0 / n + offset * offset / sxx);
  const double error2 = std::max(plain, robust) + from_control * from_control;
  const double plain2 = out.plain_standard_error * out.plain_standard_error;
  if (!(error2 < plain2)) {
    out.reason = "the control's mean is not known well enough";
    return out;
  }
  out.use = ControlUse::used;
  out.mean = of_y.mean - out.coefficient * offset;
  out.standard_error = std::sqrt(error2);
  out.ci95 = student_interval(out.mean, out.standard_error, n - 2.0);
  out.variance_removed = 1.0 - error2 / plain2;
  return out;
}

TwoLevelPlan two_level_plan(double correlation, double cost_ratio) {
  const double r2 = correlation * correlation;
  if (!(r2 < 1.0)) return {std::numeric_limits<double>::infinity(), 1.0 / cost_ratio};
  const double ratio = std::max(1.0, std::sqrt(r2 / ((1.0 - r2) * cost_ratio)));
  // Equal cost: n (1 + ratio · cost) = N of the plain mean; variance n⁻¹ ((1 - r²) + r² / ratio).
  return {ratio, 1.0 / ((1.0 + ratio * cost_ratio) * ((1.0 - r2) + r2 / ratio))};
}

}  // namespace nadc
