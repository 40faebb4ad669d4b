#include "sim/experiment/linear.hpp"

#include <algorithm>
#include <cmath>

namespace nadc {
namespace {

struct Eigen {
  std::vector<double> values;
  std::vector<double> vectors;  // column j belongs to value j
};

Eigen eigen(std::vector<double> a, std::size_t n) {
  std::vector<double> v(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) v[i * n + i] = 1.0;
  for (int sweep = 0; sweep < 60; ++sweep) {
    double off = 0.0;
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < i; ++j) off += a[i * n + j] * a[i * n + j];
    if (off < 1e-26) break;
    for (std::size_t p = 0; p < n; ++p) {
      for (std::size_t q = p + 1; q < n; ++q) {
        const double apq = a[p * n + q];
        if (apq == 0.0) continue;
        const double theta = (a[q * n + q] - a[p * n + p]) / (2.0 * apq);
        const double t = std::copysign(1.0, theta) / (std::abs(theta) + std::sqrt(theta * theta + 1.0));
        const double c = 1.0 / std::sqrt(t * t + 1.0), s = t * c;
        for (std::size_t k = 0; k < n; ++k) {
          const double x = a[k * n + p], y = a[k * n + q];
          a[k * n + p] = c * x - s * y;
          a[k * n + q] = s * x + c * y;
        }
        for (std::size_t k = 0; k < n; ++k) {
          const double x = a[p * n + k], y = a[q * n + k];
          a[p * n + k] = c * x - s * y;
          a[q * n + k] = s * x + c * y;
        }
        for (std::size_t k = 0; k < n; ++k) {
          const double x = v[k * n + p], y = v[k * n + q];
          v[k * n + p] = c * x - s * y;
          v[k * n + q] = s * x + c * y;
        }
      }
    }
  }
  Eigen out{std::vector<double>(n), std::move(v)};
  for (std::size_t i = 0; i < n; ++i) out.values[i] = a[i * n + i];
  return out;
}

}  // namespace

std::optional<std::vector<double>> cholesky(std::span<const double> a, std::size_t n, double tolerance) {
  std::vector<double> l(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = a[i * n + j];
      for (std::size_t k = 0; k < j; ++k) sum -= l[i * n + k] * l[j * n + k];
      if (i != j) {
        l[i * n + j] = sum / l[j * n + j];
      } else {
        if (!(sum > tolerance * a[i * n + i])) return std::nullopt;
        l[i * n + i] = std::sqrt(sum);
      }
    }
  }
  return l;
}

std::optional<std::vector<double>> inverse(std::span<const double> a, std::size_t n, double tolerance) {
  const auto factor = cholesky(a, n, tolerance);
  if (!factor) return std::nullopt;
  const std::vector<double>& l = *factor;
  std::vector<double> m(n * n, 0.0);  // L⁻¹
  for (std::size_t j = 0; j < n; ++j) {
    m[j * n + j] = 1.0 / l[j * n + j];
    for (std::size_t i = j + 1; i < n; ++i) {
      double sum = 0.0;
      for (std::size_t k = j; k < i; ++k) sum -= l[i * n + k] * m[k * n + j];
      m[i * n + j] = sum / l[i * n + i];
    }
  }
  std::vector<double> out(n * n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = 0.0;
      for (std::size_t k = i; k < n; ++k) sum += m[k * n + i] * m[k * n + j];
      out[i * n + j] = out[j * n + i] = sum;
    }
  return out;
}

std::vector<double> nearest_correlation(std::span<const double> a, std::size_t n, double floor) {
  std::vector<double> y(a.begin(), a.end()), correction(n * n, 0.0), x(n * n);
  for (int iteration = 0; iteration < 200; ++iteration) {
    std::vector<double> r(n * n);
    for (std::size_t i = 0; i < n * n; ++i) r[i] = y[i] - correction[i];
    const Eigen e = eigen(r, n);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) {
        double sum = 0.0;
        for (std::size_t k = 0; k < n; ++k)
          sum += e.vectors[i * n + k] * std::max(e.values[k], floor) * e.vectors[j * n + k];
        x[i * n + j] = sum;
      }
    double change = 0.0;
    for (std::size_t i = 0; i < n * n; ++i) {
      correction[i] = x[i] - r[i];
      const double next = i % (n + 1) == 0 ? 1.0 : x[i];
      change = std::max(change, std::abs(next - y[i]));
      y[i] = next;
    }
    if (change < 1e-7) break;
  }
  return y;
}

}  // namespace nadc
