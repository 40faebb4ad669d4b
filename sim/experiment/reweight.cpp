#include "sim/experiment/reweight.hpp"

#include <algorithm>
#include <cmath>

#include "sim/error.hpp"

namespace nadc {
namespace {

struct Pairs {
  std::vector<double> x, y, z;
  double mean = 0.0, sd = 0.0;
};

Pairs pairs_of(std::span<const double> x, std::span<const double> y) {
  if (x.size() != y.size()) throw Error(ErrorKind::usage, "input and outcome have different numbers of rows");
  Pairs pairs;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (std::isfinite(x[i]) && std::isfinite(y[i])) {
      pairs.x.push_back(x[i]);
      pairs.y.push_back(y[i]);
    }
  const RowMoments moments = row_moments(pairs.x);
  pairs.mean = moments.mean;
  pairs.sd = std::sqrt(moments.variance);
  for (const double v : pairs.x) pairs.z.push_back(pairs.sd > 0 ? (v - pairs.mean) / pairs.sd : 0.0);
  return pairs;
}

Reweighted tilted(const Pairs& pairs, double tilt) {
  const std::size_t n = pairs.x.size();
  std::vector<double> w(n);
  double top = -std::numeric_limits<double>::infinity();
  for (const double z : pairs.z) top = std::max(top, tilt * z);
  double sum = 0.0, squares = 0.0, of_x = 0.0, of_y = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    w[i] = std::exp(tilt * pairs.z[i] - top);
    sum += w[i];
    squares += w[i] * w[i];
    of_x += w[i] * (pairs.x[i] - pairs.mean);
    of_y += w[i] * pairs.y[i];
  }
  Reweighted out{};
  out.tilt = tilt;
  out.input_mean = pairs.mean + of_x / sum;
  out.mean = of_y / sum;
  out.effective = sum * sum / squares;
  double error = 0.0;
  for (std::size_t i = 0; i < n; ++i) error += std::pow(w[i] * (pairs.y[i] - out.mean), 2);
  out.standard_error = std::sqrt(error) / sum * std::sqrt(out.effective / std::max(out.effective - 1.0, 1e-9));
  out.ci95 = student_interval(out.mean, out.standard_error, out.effective - 1.0);
  return out;
}

// Bisection between a tilt where `far` holds not and one where it does, to the latter's side.
template <class Holds> double boundary(double before, double after, Holds&& far) {
  for (int i = 0; i < 60; ++i) {
    const double middle = 0.5 * (before + after);
    (far(middle) ? after : before) = middle;
  }
  return after;
}

}  // namespace

Reweighted reweight(std::span<const double> x, std::span<const double> y, double tilt) {
  return tilted(pairs_of(x, y), tilt);
}

std::optional<Switching> switching(std::span<const double> x, std::span<const double> y, double least_effective) {
  const Pairs pairs = pairs_of(x, y);
  const std::size_t n = pairs.x.size();
  if (static_cast<double>(n) < 2.0 * least_effective || !(pairs.sd > 0.0)) return std::nullopt;
  const auto [low, high] = std::minmax_element(pairs.y.begin(), pairs.y.end());
  if (*low == *high) return std::nullopt;
  const auto too_few = [&](double tilt) { return tilted(pairs, tilt).effective < least_effective; };
  const auto reach = [&](double direction) {
    double tilt = direction;
    while (!too_few(tilt) && std::abs(tilt) < 1e3) tilt *= 2.0;
    if (!too_few(tilt)) return tilt;
    // The side that still has enough: bisect for the first that has not, and step back by the last interval.
    double enough = 0.0, few = tilt;
    for (int i = 0; i < 60; ++i) {
      const double middle = 0.5 * (enough + few);
      (too_few(middle) ? few : enough) = middle;
    }
    return enough;
  };
  Switching out{n, pairs.mean, pairs.sd, std::nullopt, tilted(pairs, reach(-1.0)), tilted(pairs, reach(1.0))};
  const double sign = tilted(pairs, 0.0).mean < 0 ? -1.0 : 1.0;
  constexpr int steps = 64;
  for (const Reweighted& end : {out.lowest, out.highest}) {
    double before = 0.0;
    for (int i = 1; i <= steps; ++i) {
      const double tilt = end.tilt * i / steps;
      const auto flipped = [&](double t) { return sign * tilted(pairs, t).mean <= 0.0; };
      if (flipped(tilt)) {
        const Reweighted found = tilted(pairs, boundary(before, tilt, flipped));
        const double move = std::abs(found.input_mean - pairs.mean);
        if (!out.at || move < std::abs(out.at->input_mean - pairs.mean)) out.at = found;
        break;
      }
      before = tilt;
    }
  }
  return out;
}

}  // namespace nadc
