#include "sim/law_shapes.hpp"

#include <algorithm>
#include <boost/math/distributions/exponential.hpp>
#include <boost/math/distributions/gamma.hpp>
#include <boost/math/distributions/lognormal.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/triangular.hpp>
#include <boost/math/distributions/weibull.hpp>
#include <cmath>

namespace nadc::law_shapes {
namespace {

using Kind = LawSpec::Kind;

double between(double x, double low, double high) { return x < low ? low : (x > high ? high : x); }

// ∫ min(max(x, low), high) over a variate uniform on [a, b].
double mean_uniform(double a, double b, double low, double high) {
  if (!(b > a)) return between(a, low, high);
  const double l = between(low, a, b), h = between(high, a, b);
  double total = 0.5 * (h - l) * (h + l);
  if (l > a) total += low * (l - a);
  if (h < b) total += high * (b - h);
  return total / (b - a);
}

// Integral of the triangular distribution function up to x.
double triangular_area(double x, double a, double m, double b) {
  if (x <= a) return 0.0;
  if (x < m) return (x - a) * (x - a) * (x - a) / (3.0 * (b - a) * (m - a));
  const double upto = (m - a) * (m - a) / (3.0 * (b - a));
  const double end = std::min(x, b);
  double area = upto + (end - m);
  if (b > m) area -= (std::pow(b - m, 3) - std::pow(b - end, 3)) / (3.0 * (b - a) * (b - m));
  return area + (x - end);
}

double mean_triangular(const double* x, double low, double high) {
  if (!(x[2] > x[0])) return between(x[0], low, high);
  const double h = between(high, x[0], x[2]);
  const double l = between(low, x[0], x[2]);
  const double inside = h - (triangular_area(h, x[0], x[1], x[2]) - triangular_area(l, x[0], x[1], x[2]));
  // Caps beyond the whole support leave a constant.
  if (low > x[2]) return low;
  if (high < x[0]) return high;
  return inside;
}

// Mass and first moment below x of a law on (0, ∞), as fractions of 1 and of its mean: E[capped] from those.
template <class Mass, class Moment>
double mean_capped(double low, double high, double whole, Mass&& mass, Moment&& moment) {
  double mass_low = 0.0, moment_low = 0.0, total = 0.0;
  if (low > 0.0) {
    mass_low = mass(low);
    moment_low = moment(low);
    total += low * mass_low;
  }
  if (high <= 0.0) return high;
  if (std::isinf(high)) return total + whole * (1.0 - moment_low);
  return total + whole * (moment(high) - moment_low) + high * (1.0 - mass(high));
}

double phi(double z) { return std::exp(-0.5 * z * z) / std::sqrt(2.0 * 3.14159265358979323846); }
double cumulative_normal(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }

double mean_normal(double mu, double sd, double low, double high) {
  if (sd == 0.0) return between(mu, low, high);
  double total = 0.0, mass_low = 0.0, mass_high = 1.0, density = 0.0;
  if (std::isfinite(low)) {
    const double z = (low - mu) / sd;
    mass_low = cumulative_normal(z);
    density += phi(z);
    total += low * mass_low;
  }
  if (std::isfinite(high)) {
    const double z = (high - mu) / sd;
    mass_high = cumulative_normal(z);
    density -= phi(z);
    total += high * cumulative_normal(-z);
  }
  return total + mu * (mass_high - mass_low) + sd * density;
}

}  // namespace

double normal_quantile(double p) { return boost::math::quantile(boost::math::normal_distribution<double>(), p); }

std::vector<LawPoint> cumulative_points(const LawSpec& spec) {
  std::vector<LawPoint> points = spec.points;
  if (spec.kind == Kind::choice) {
    std::stable_sort(points.begin(), points.end(),
                     [](const LawPoint& x, const LawPoint& y) { return x.value < y.value; });
    std::erase_if(points, [](const LawPoint& at) { return at.weight == 0.0; });
    double total = 0.0, upto = 0.0;
    for (const LawPoint& at : points) total += at.weight;
    for (LawPoint& at : points) at.weight = (upto += at.weight) / total;
  }
  points.back().weight = 1.0;
  return points;
}

double quantile(const LawSpec& spec, double p) {
  const double* const x = spec.parameter;
  switch (spec.kind) {
    case Kind::constant:
      return x[0];
    case Kind::uniform:
      return x[0] + (x[1] - x[0]) * p;
    case Kind::triangular:
      return x[2] > x[0] ? boost::math::quantile(boost::math::triangular_distribution<double>(x[0], x[1], x[2]), p)
                         : x[0];
    case Kind::normal:
      return x[0] + x[1] * normal_quantile(p);
    case Kind::lognormal:
      return x[0] * std::exp(x[1] * normal_quantile(p));
    case Kind::weibull:
      return boost::math::quantile(boost::math::weibull_distribution<double>(x[0], x[1]), p);
    case Kind::exponential:
      return -x[0] * std::log1p(-p);
    case Kind::gamma:
      return boost::math::quantile(boost::math::gamma_distribution<double>(x[0], x[1]), p);
    case Kind::choice:
    case Kind::empirical:
      break;
  }
  const std::vector<LawPoint> points = cumulative_points(spec);
  std::size_t i = 0;
  while (points[i].weight <= p) ++i;
  if (spec.kind == Kind::choice || i == 0) return x[0] * points[i].value;
  const double share = (p - points[i - 1].weight) / (points[i].weight - points[i - 1].weight);
  return x[0] * (points[i - 1].value + (points[i].value - points[i - 1].value) * share);
}

double mean(const LawSpec& spec) {
  const double* const x = spec.parameter;
  const double low = spec.min, high = spec.max;
  switch (spec.kind) {
    case Kind::constant:
      return between(x[0], low, high);
    case Kind::uniform:
      return mean_uniform(x[0], x[1], low, high);
    case Kind::triangular:
      return mean_triangular(x, low, high);
    case Kind::normal:
      return mean_normal(x[0], x[1], low, high);
    case Kind::lognormal: {
      const double s = x[1];
      if (s == 0.0) return between(x[0], low, high);
      const auto z = [&](double at) { return std::log(at / x[0]) / s; };
      return mean_capped(
          low, high, x[0] * std::exp(0.5 * s * s), [&](double at) { return cumulative_normal(z(at)); },
          [&](double at) { return cumulative_normal(z(at) - s); });
    }
    case Kind::weibull:
    case Kind::exponential: {
      const double shape = spec.kind == Kind::weibull ? x[0] : 1.0;
      const double scale = spec.kind == Kind::weibull ? x[1] : x[0];
      const auto hazard = [&](double at) { return std::pow(at / scale, shape); };
      return mean_capped(
          low, high, scale * boost::math::tgamma(1.0 + 1.0 / shape),
          [&](double at) { return -std::expm1(-hazard(at)); },
          [&](double at) { return boost::math::gamma_p(1.0 + 1.0 / shape, hazard(at)); });
    }
    case Kind::gamma:
      return mean_capped(
          low, high, x[0] * x[1], [&](double at) { return boost::math::gamma_p(x[0], at / x[1]); },
          [&](double at) { return boost::math::gamma_p(x[0] + 1.0, at / x[1]); });
    case Kind::choice:
    case Kind::empirical:
      break;
  }
  const std::vector<LawPoint> points = cumulative_points(spec);
  double total = 0.0, before = 0.0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double value = x[0] * points[i].value;
    const double from = spec.kind == Kind::choice || i == 0 ? value : x[0] * points[i - 1].value;
    total += (points[i].weight - before) * mean_uniform(from, value, low, high);
    before = points[i].weight;
  }
  return total;
}

}  // namespace nadc::law_shapes
