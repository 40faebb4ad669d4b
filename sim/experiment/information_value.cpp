#include "sim/experiment/information_value.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace nadc {
namespace {

constexpr std::size_t highest_degree = 5, groups = 20, least_samples = 40;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

using Series = std::vector<double>;

// Orthonormal polynomials over the values of x: column d has degree d. Fewer where x has few distinct values.
std::vector<Series> polynomials(const Series& x) {
  const std::size_t n = x.size();
  const RowMoments moments = row_moments(x);
  const double sd = std::sqrt(moments.variance);
  std::vector<Series> basis{Series(n, 1.0 / std::sqrt(static_cast<double>(n)))};
  if (!(sd > 0.0)) return basis;
  // Few rows bear few degrees.
  for (std::size_t degree = 1; degree <= std::min(highest_degree, n / 8); ++degree) {
    Series next(n);
    for (std::size_t i = 0; i < n; ++i) next[i] = (x[i] - moments.mean) / sd * basis.back()[i];
    for (int pass = 0; pass < 2; ++pass)  // twice, for rounding
      for (const Series& known : basis) {
        double along = 0.0;
        for (std::size_t i = 0; i < n; ++i) along += known[i] * next[i];
        for (std::size_t i = 0; i < n; ++i) next[i] -= along * known[i];
      }
    double length = 0.0;
    for (const double v : next) length += v * v;
    if (!(length > 1e-10)) break;
    for (double& v : next) v /= std::sqrt(length);
    basis.push_back(std::move(next));
  }
  return basis;
}

// E[y | x] at each sample.
Series smooth(const std::vector<Series>& basis, const Series& y) {
  const double n = static_cast<double>(y.size());
  Series fit(y.size(), 0.0), best;
  double residual = 0.0, lowest = std::numeric_limits<double>::infinity();
  for (const double v : y) residual += v * v;
  const double all = residual;
  for (std::size_t degree = 0; degree < basis.size(); ++degree) {
    double along = 0.0;
    for (std::size_t i = 0; i < y.size(); ++i) along += basis[degree][i] * y[i];
    for (std::size_t i = 0; i < y.size(); ++i) fit[i] += along * basis[degree][i];
    residual = std::max(residual - along * along, 1e-24 * all);
    const double free = n - static_cast<double>(degree) - 1.0;
    if (free <= 0.0) break;
    const double score = residual / (free * free);
    if (score < lowest) {
      lowest = score;
      best = fit;
    }
  }
  return best;
}

double mean_of(const Series& values) { return row_moments(values).mean; }

struct Choice {
  std::vector<Series> gains;   // (lever, sample), more is better
  std::vector<Series> inputs;  // (input, sample)
};

std::size_t best_lever(const Choice& choice) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < choice.gains.size(); ++i)
    if (mean_of(choice.gains[i]) > mean_of(choice.gains[best])) best = i;
  return best;
}

// EVPI first, then EVPPI of each input.
std::vector<double> values_of(const Choice& choice) {
  const std::size_t chosen = best_lever(choice), n = choice.gains.front().size();
  std::vector<Series> ahead;  // of the lever chosen now
  for (std::size_t i = 0; i < choice.gains.size(); ++i) {
    if (i == chosen) continue;
    Series& difference = ahead.emplace_back(choice.gains[i]);
    for (std::size_t s = 0; s < n; ++s) difference[s] -= choice.gains[chosen][s];
  }
  const auto worth = [&](const std::vector<Series>& expected) {
    Series best(n, 0.0);
    for (const Series& one : expected)
      for (std::size_t s = 0; s < n; ++s) best[s] = std::max(best[s], one[s]);
    return mean_of(best);
  };
  std::vector<double> values{worth(ahead)};
  for (const Series& x : choice.inputs) {
    const std::vector<Series> basis = polynomials(x);
    std::vector<Series> expected;
    for (const Series& difference : ahead) expected.push_back(smooth(basis, difference));
    values.push_back(std::min(worth(expected), values.front()));
  }
  return values;
}

Choice without_group(const Choice& choice, std::size_t group) {
  Choice rest;
  const auto cut = [&](const std::vector<Series>& from, std::vector<Series>& to) {
    for (const Series& one : from) {
      Series& kept = to.emplace_back();
      for (std::size_t s = 0; s < one.size(); ++s)
        if (s % groups != group) kept.push_back(one[s]);
    }
  };
  cut(choice.gains, rest.gains);
  cut(choice.inputs, rest.inputs);
  return rest;
}

}  // namespace

std::optional<InformationValues> information_value(MatrixView levers, Better better, MatrixView inputs) {
  if (inputs.rows() > 0 && inputs.columns() != levers.columns())
    throw Error(ErrorKind::usage, "levers and inputs have different numbers of samples");
  std::vector<std::size_t> part;
  for (std::size_t i = 0; i < levers.rows(); ++i) {
    const auto row = levers.row(i);
    if (std::any_of(row.begin(), row.end(), [](double v) { return std::isfinite(v); })) part.push_back(i);
  }
  if (part.size() < 2) return std::nullopt;
  const double sign = better == Better::higher ? 1.0 : -1.0;
  Choice choice;
  choice.gains.resize(part.size());
  choice.inputs.resize(inputs.rows());
  for (std::size_t s = 0; s < levers.columns(); ++s) {
    if (std::any_of(part.begin(), part.end(), [&](std::size_t i) { return !std::isfinite(levers(i, s)); })) continue;
    for (std::size_t p = 0; p < part.size(); ++p) choice.gains[p].push_back(sign * levers(part[p], s));
    for (std::size_t j = 0; j < inputs.rows(); ++j)
      choice.inputs[j].push_back(std::isfinite(inputs(j, s)) ? inputs(j, s) : nan);
  }
  const std::size_t n = choice.gains.front().size();
  if (n == 0) return std::nullopt;
  for (Series& x : choice.inputs)  // an input without a value in some sample is not one to learn
    if (std::any_of(x.begin(), x.end(), [](double v) { return std::isnan(v); })) x.assign(n, 0.0);

  const std::vector<double> values = values_of(choice);
  std::vector<double> errors(values.size(), nan);
  if (n >= least_samples) {
    std::vector<std::vector<double>> left(values.size());
    for (std::size_t g = 0; g < groups; ++g) {
      const std::vector<double> without = values_of(without_group(choice, g));
      for (std::size_t v = 0; v < values.size(); ++v) left[v].push_back(without[v]);
    }
    for (std::size_t v = 0; v < values.size(); ++v) {
      const double degrees = static_cast<double>(groups - 1);
      errors[v] = std::sqrt(row_moments(left[v]).variance * degrees * degrees / static_cast<double>(groups));
    }
  }
  InformationValues out;
  out.perfect = {values[0], errors[0]};
  for (std::size_t v = 1; v < values.size(); ++v) out.inputs.push_back({values[v], errors[v]});
  out.chosen = part[best_lever(choice)];
  out.samples = n;
  return out;
}

}  // namespace nadc
