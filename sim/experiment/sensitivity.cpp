#include "sim/experiment/sensitivity.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "sim/experiment/linear.hpp"

namespace nadc {
namespace {

std::vector<std::size_t> order_of(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  return order;
}

// Ranks of mean 0 and length 1, ties averaged; empty when all values are equal.
std::vector<double> standard_ranks(std::span<const double> values, const std::vector<std::size_t>& order) {
  const std::size_t n = values.size();
  std::vector<double> ranks(n);
  const double centre = 0.5 * static_cast<double>(n - 1);
  double squares = 0.0;
  for (std::size_t i = 0; i < n;) {
    std::size_t end = i + 1;
    while (end < n && values[order[end]] == values[order[i]]) ++end;
    const double rank = 0.5 * static_cast<double>(i + end - 1) - centre;
    for (std::size_t k = i; k < end; ++k) ranks[order[k]] = rank;
    squares += rank * rank * static_cast<double>(end - i);
    i = end;
  }
  if (squares == 0.0) return {};
  for (double& r : ranks) r /= std::sqrt(squares);
  return ranks;
}

// Corrected share of the variance of y between groups of equal count by x; equal values of x stay together.
void first_order_index(std::span<const double> x, const std::vector<std::size_t>& order, std::span<const double> y,
                       const RowMoments& of_y, InputInfluence& out) {
  const std::size_t n = y.size();
  const std::size_t wanted = std::clamp<std::size_t>(static_cast<std::size_t>(2.0 * std::cbrt(double(n))), 2, 50);
  double between = 0.0;
  std::size_t groups = 0;
  for (std::size_t begin = 0; begin < n; ++groups) {
    std::size_t end = std::max(begin + 1, (groups + 1) * n / wanted);
    end = std::min(end, n);
    while (end < n && x[order[end]] == x[order[end - 1]]) ++end;
    double sum = 0.0;
    for (std::size_t k = begin; k < end; ++k) sum += y[order[k]] - of_y.mean;
    between += sum * sum / static_cast<double>(end - begin);
    begin = end;
  }
  if (groups < 2 || groups >= n) return;
  const double rows = static_cast<double>(n), between_degrees = static_cast<double>(groups - 1);
  const double within_degrees = static_cast<double>(n - groups);
  const double total = of_y.variance * (rows - 1.0);
  const double within = std::max(0.0, total - between) / within_degrees;
  out.first_order = (between - between_degrees * within) / total;
  out.noise = std::sqrt(2.0 * between_degrees * (1.0 + between_degrees / within_degrees)) / rows;
}

}  // namespace

Influence influence(MatrixView inputs, std::span<const double> outcome) {
  if (inputs.rows() != outcome.size())
    throw Error(ErrorKind::usage, "inputs and outcome have different numbers of rows");
  const std::size_t d = inputs.columns();
  std::vector<std::vector<double>> x(d);
  std::vector<double> y;
  for (std::size_t r = 0; r < inputs.rows(); ++r) {
    const auto row = inputs.row(r);
    if (std::isnan(outcome[r]) || std::any_of(row.begin(), row.end(), [](double v) { return std::isnan(v); })) continue;
    for (std::size_t i = 0; i < d; ++i) x[i].push_back(row[i]);
    y.push_back(outcome[r]);
  }
  Influence out{std::vector<InputInfluence>(d), 0.0, y.size()};
  const std::vector<double> y_ranks = y.size() >= d + 3 ? standard_ranks(y, order_of(y)) : std::vector<double>();
  if (y_ranks.empty()) return out;

  const RowMoments of_y = row_moments(y);
  std::vector<std::vector<double>> ranks;  // of the inputs that vary, then of the outcome
  std::vector<std::size_t> active;
  for (std::size_t i = 0; i < d; ++i) {
    const auto order = order_of(x[i]);
    auto standard = standard_ranks(x[i], order);
    if (standard.empty()) continue;
    if (std::isfinite(of_y.variance)) first_order_index(x[i], order, y, of_y, out.inputs[i]);
    ranks.push_back(std::move(standard));
    active.push_back(i);
  }
  ranks.push_back(y_ranks);
  const std::size_t m = ranks.size(), last = m - 1;
  std::vector<double> correlation(m * m, 1.0);
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t j = 0; j < i; ++j)
      correlation[i * m + j] = correlation[j * m + i] =
          std::inner_product(ranks[i].begin(), ranks[i].end(), ranks[j].begin(), 0.0);
  const auto c = inverse(correlation, m, 1e-10);
  const double unknown = std::numeric_limits<double>::quiet_NaN();
  out.r2 = c ? 1.0 - 1.0 / (*c)[last * m + last] : unknown;
  for (std::size_t k = 0; k < active.size(); ++k) {
    InputInfluence& in = out.inputs[active[k]];
    in.srrc = c ? -(*c)[k * m + last] / (*c)[last * m + last] : unknown;
    in.prcc = c ? -(*c)[k * m + last] / std::sqrt((*c)[k * m + k] * (*c)[last * m + last]) : unknown;
  }
  return out;
}

void saltelli_point(const Design& design, std::uint32_t row, std::span<double> u) {
  const DesignSpec& spec = design.spec();
  if (spec.dimensions % 2 != 0 || !spec.correlation.empty() || u.size() * 2 != spec.dimensions)
    throw Error(
        ErrorKind::usage,
        "first-order and total indices need an independent design of 2 x " + std::to_string(u.size()) + " dimensions",
        "with correlated uncertainties use the indices from plain rows");
  const std::uint32_t d = spec.dimensions / 2;
  std::vector<double> both(spec.dimensions);
  design.sample(row / (d + 2), both);
  const std::uint32_t variant = row % (d + 2);
  for (std::uint32_t i = 0; i < d; ++i) u[i] = both[variant == 1 || variant == 2 + i ? d + i : i];
}

std::vector<SobolIndex> sobol_indices(MatrixView outcomes) {
  if (outcomes.columns() < 3) throw Error(ErrorKind::usage, "first-order and total indices need 3 or more columns");
  const std::size_t d = outcomes.columns() - 2;
  std::vector<std::size_t> base;
  std::vector<double> ab;
  for (std::size_t r = 0; r < outcomes.rows(); ++r) {
    const auto row = outcomes.row(r);
    if (std::any_of(row.begin(), row.end(), [](double v) { return std::isnan(v); })) continue;
    base.push_back(r);
    ab.push_back(row[0]);
    ab.push_back(row[1]);
  }
  const double centre = row_moments(ab).mean;
  const std::size_t n = base.size(), groups = n >= 40 ? 20 : 0;

  // Sums of each group apart: leaving one out is then a subtraction.
  struct Sums {
    double n = 0, y = 0, y2 = 0;
    std::vector<double> first, total;
  };
  const auto empty = [&] { return Sums{0, 0, 0, std::vector<double>(d), std::vector<double>(d)}; };
  std::vector<Sums> parts(std::max<std::size_t>(groups, 1), empty());
  for (std::size_t k = 0; k < n; ++k) {
    Sums& part = parts[groups > 0 ? k * groups / n : 0];
    const auto row = outcomes.row(base[k]);
    const double a = row[0] - centre, b = row[1] - centre;
    part.n += 1;
    part.y += a + b;
    part.y2 += a * a + b * b;
    for (std::size_t i = 0; i < d; ++i) {
      const double mixed = row[2 + i] - centre;
      part.first[i] += b * (mixed - a);
      part.total[i] += 0.5 * (a - mixed) * (a - mixed);
    }
  }
  const auto indices = [&](std::size_t left_out) {
    Sums sum = empty();
    for (std::size_t g = 0; g < parts.size(); ++g) {
      if (g == left_out) continue;
      sum.n += parts[g].n;
      sum.y += parts[g].y;
      sum.y2 += parts[g].y2;
      for (std::size_t i = 0; i < d; ++i) {
        sum.first[i] += parts[g].first[i];
        sum.total[i] += parts[g].total[i];
      }
    }
    const double mean = sum.y / (2.0 * sum.n), variance = sum.y2 / (2.0 * sum.n) - mean * mean;
    std::vector<std::pair<double, double>> out(d, {0.0, 0.0});
    if (variance > 0.0)
      for (std::size_t i = 0; i < d; ++i) out[i] = {sum.first[i] / sum.n / variance, sum.total[i] / sum.n / variance};
    return out;
  };

  const double infinity = std::numeric_limits<double>::infinity();
  std::vector<SobolIndex> result;
  for (const auto& [first, total] : indices(parts.size()))
    result.push_back({first, total, {-infinity, infinity}, {-infinity, infinity}});
  if (groups == 0) return result;
  std::vector<std::vector<std::pair<double, double>>> without;
  for (std::size_t g = 0; g < groups; ++g) without.push_back(indices(g));
  const double degrees = static_cast<double>(groups - 1);
  const auto jackknife_error = [&](auto value) {
    std::vector<double> values;
    for (const auto& one : without) values.push_back(value(one));
    const double variance = row_moments(values).variance;  // Σ(v - mean)² / (G - 1); the jackknife's is (G - 1) / G Σ
    return std::sqrt(variance * degrees * degrees / static_cast<double>(groups));
  };
  for (std::size_t i = 0; i < d; ++i) {
    SobolIndex& index = result[i];
    index.first_ci95 =
        student_interval(index.first, jackknife_error([i](const auto& v) { return v[i].first; }), degrees);
    index.total_ci95 =
        student_interval(index.total, jackknife_error([i](const auto& v) { return v[i].second; }), degrees);
  }
  return result;
}

}  // namespace nadc
