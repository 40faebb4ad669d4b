#include "sim/experiment/reweight.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "sim/error.hpp"
#include "tests/sim/experiment/draw.hpp"

namespace nadc {
namespace {

using testing::Draw;

// A normal input tilted by θ is the same normal with its mean moved by θ sd, and n rows are worth n exp(-θ²):
// E[w]² / E[w²] = exp(θ²) / exp(2 θ²).
TEST(Reweight, MovesANormalBelief) {
  Draw draw(1);
  const std::vector<double> x = draw.normals(200000, 5.0, 2.0);
  std::vector<double> y;
  for (const double v : x) y.push_back(v * v);
  for (const double tilt : {-0.8, 0.5, 1.0}) {
    const Reweighted r = reweight(x, y, tilt);
    const double mean = 5 + 2 * tilt;
    EXPECT_NEAR(r.input_mean, mean, 0.03);
    EXPECT_NEAR(r.mean, mean * mean + 4, 4 * r.standard_error);
    EXPECT_NEAR(r.effective / 200000, std::exp(-tilt * tilt), 0.03);
  }
  EXPECT_NEAR(reweight(x, y, 0).effective, 200000, 1e-6);
}

// Uniform on [0, 1] tilted becomes the density ∝ exp(k u). A fresh study draws it by inversion: u = log(1 + p (eᵏ - 1))
// / k. The re-weighted mean of 512 rows is to agree with a fresh one of 512 within the 95 % intervals of their
// difference in 92 % or more of 400 studies (95 % less three standard errors), and the effective sample size is to be
// that of the closed form, n M(k)² / M(2k) with M(k) = (eᵏ - 1) / k.
TEST(Reweight, EqualsAFreshStudy) {
  const auto model = [](double u, double z) { return std::sin(5 * u) + u * z; };
  const double k = 2.0, sd = std::sqrt(1.0 / 12);
  int within = 0;
  double effective = 0.0;
  for (std::uint64_t study = 0; study < 400; ++study) {
    Draw draw(100 + study);
    std::vector<double> x, y, fresh;
    for (int i = 0; i < 512; ++i) {
      x.push_back(draw.uniform());
      y.push_back(model(x.back(), draw.normal()));
      const double u = std::log1p(draw.uniform() * std::expm1(k)) / k;
      fresh.push_back(model(u, draw.normal()));
    }
    // The tilt is by standard deviations of the sampled x.
    const RowMoments of_x = row_moments(x);
    const Reweighted r = reweight(x, y, k * std::sqrt(of_x.variance));
    const RowMoments of_fresh = row_moments(fresh);
    const double error = std::hypot(r.standard_error, std::sqrt(of_fresh.variance / 512));
    within += std::abs(r.mean - of_fresh.mean) <= 1.96 * error;
    effective += r.effective / 400;
  }
  EXPECT_GE(within, 368);
  const auto m = [](double t) { return std::expm1(t) / t; };
  EXPECT_NEAR(effective / 512, m(k) * m(k) / m(2 * k), 0.01);
  EXPECT_GT(sd, 0);
}

// y = x - 6 with x ~ N(5, 2²) changes its sign when the mean of x is 6: half a standard deviation, θ = 0.5.
TEST(Switching, FindsWhereTheSignChanges) {
  Draw draw(7);
  const std::vector<double> x = draw.normals(4096, 5.0, 2.0);
  std::vector<double> y;
  for (const double v : x) y.push_back(v - 6 + draw.normal());
  const auto s = switching(x, y);
  ASSERT_TRUE(s && s->at);
  EXPECT_NEAR(s->at->input_mean, 6.0, 0.08);
  EXPECT_NEAR(s->at->effective, 4096 * std::exp(-0.25), 120);
  EXPECT_NEAR(s->at->mean, 0.0, 1e-9);
  EXPECT_GE(s->lowest.effective, 9.99);
  EXPECT_GE(s->highest.effective, 9.99);
}

TEST(Switching, TakesTheNearerOfTwo) {
  std::vector<double> x, y;  // y < 0 in the middle, > 0 at both ends, nearer above
  for (int i = 0; i < 2000; ++i) {
    x.push_back((i + 0.5) / 2000);
    y.push_back(std::pow(x.back() - 0.35, 2) - 0.12);
  }
  const auto s = switching(x, y);
  ASSERT_TRUE(s && s->at);
  EXPECT_GT(s->at->input_mean, 0.5);
  EXPECT_LT(s->at->input_mean, 0.65);
}

TEST(Switching, SaysHowFarItCouldLook) {
  Draw draw(8);
  const std::vector<double> x = draw.normals(64);
  std::vector<double> y;
  for (const double v : x) y.push_back(v - 50);
  const auto s = switching(x, y);
  ASSERT_TRUE(s);
  EXPECT_FALSE(s->at);
  EXPECT_NEAR(s->lowest.effective, 10, 0.01);
  EXPECT_NEAR(s->highest.effective, 10, 0.01);
  EXPECT_LT(s->lowest.input_mean, s->input_mean);
}

TEST(Switching, RefusesWhatDoesNotVary) {
  std::vector<double> x, flat;
  for (int i = 0; i < 40; ++i) {
    x.push_back(i);
    flat.push_back(3);
  }
  EXPECT_FALSE(switching(x, flat));
  EXPECT_FALSE(switching(flat, x));
  EXPECT_FALSE(switching(std::span(x).first(19), std::span(x).first(19)));
  EXPECT_THROW(switching(x, std::span(flat).first(3)), Error);
}

}  // namespace
}  // namespace nadc
