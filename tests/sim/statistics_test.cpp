#include "sim/statistics.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "sim/random.hpp"

namespace nadc {
namespace {

TEST(Sketch, BucketsNeverFallAndCoverTheirRange) {
  std::uint32_t before = 0;
  for (std::uint64_t v = 0; v < (1u << 20); ++v) {
    const std::uint32_t bucket = Sketch::bucket(v);
    ASSERT_GE(bucket, before);
    ASSERT_LE(bucket, before + 1) << "a bucket is skipped at " << v;
    before = bucket;
  }
  EXPECT_EQ(Sketch::bucket((std::uint64_t{1} << 40) - 1), Sketch::bucket_count - 1);
  EXPECT_EQ(Sketch::bucket(UINT64_MAX), Sketch::bucket_count - 1);
  EXPECT_LE(Sketch::bucket_count, 1600u);
}

TEST(Sketch, ValueOfABucketIsWithinTheStatedErrorOfItsEnds) {
  for (std::uint32_t b = 0; b < Sketch::bucket_count; ++b) {
    const std::uint64_t first = Sketch::least(b);
    const std::uint64_t last = b + 1 < Sketch::bucket_count ? Sketch::least(b + 1) - 1 : (std::uint64_t{1} << 40) - 1;
    ASSERT_EQ(Sketch::bucket(first), b);
    ASSERT_EQ(Sketch::bucket(last), b);
    const double value = Sketch::value(b);
    if (b < 64) {
      ASSERT_EQ(value, static_cast<double>(b));
      continue;
    }
    ASSERT_LE(std::abs(value / static_cast<double>(first) - 1.0), Sketch::relative_error) << b;
    ASSERT_LE(std::abs(value / static_cast<double>(last) - 1.0), Sketch::relative_error) << b;
  }
}

TEST(Sketch, QuantilesAreWithinOnePercentOfTheNearestRank) {
  std::vector<std::uint64_t> values;
  std::vector<std::uint32_t> counts(Sketch::bucket_count);
  for (std::uint32_t i = 0; i < 20000; ++i) {
    const Uniforms u = draw({7, 0, 0}, 0, 0, i);
    values.push_back(u.word[0] >> (u.word[1] & 31u));  // from 0 to 2^32, about log-uniform
    ++counts[Sketch::bucket(values.back())];
  }
  std::sort(values.begin(), values.end());
  for (const double p : {0.0, 1e-4, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.9999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(p * 20000)));
    const auto exact = static_cast<double>(values[rank - 1]);
    EXPECT_NEAR(Sketch::quantile(counts, p), exact, 0.01 * exact) << p;
  }
}

TEST(Sketch, MergesByAddition) {
  std::vector<std::uint32_t> whole(Sketch::bucket_count);
  std::vector<std::uint64_t> merged(Sketch::bucket_count);
  for (int part = 0; part < 3; ++part) {
    std::vector<std::uint32_t> counts(Sketch::bucket_count);
    for (std::uint64_t i = 0; i < 1000; ++i) {
      const std::uint64_t v = (i * 7919 + static_cast<std::uint64_t>(part)) % 100003;
      ++counts[Sketch::bucket(v)], ++whole[Sketch::bucket(v)];
    }
    for (std::size_t b = 0; b < counts.size(); ++b) merged[b] += counts[b];
  }
  for (const double p : {0.05, 0.5, 0.95}) EXPECT_EQ(Sketch::quantile(merged, p), Sketch::quantile(whole, p));
}

TEST(Sketch, AnEmptyOneHasNoQuantile) {
  EXPECT_TRUE(std::isnan(Sketch::quantile(std::vector<std::uint32_t>(Sketch::bucket_count), 0.5)));
}

// By hand: 2, 4, 4, 4, 5, 5, 7, 9 has mean 5 and squared deviations 32, so variance 32/7; t(0.975, 7) = 2.364624.
TEST(MeanInterval, IsStudentsAroundTheMean) {
  const std::vector<double> rows{2, 4, 4, 4, 5, 5, 7, 9};
  const MeanInterval interval = mean_interval(rows);
  EXPECT_EQ(interval.n, 8u);
  EXPECT_DOUBLE_EQ(interval.mean, 5.0);
  EXPECT_DOUBLE_EQ(interval.sd, std::sqrt(32.0 / 7.0));
  const double half = 2.364624251592785 * std::sqrt(32.0 / 7.0 / 8.0);
  EXPECT_NEAR(interval.low, 5.0 - half, 1e-12);
  EXPECT_NEAR(interval.high, 5.0 + half, 1e-12);
}

TEST(MeanInterval, NeedsTwoRows) {
  EXPECT_TRUE(std::isnan(mean_interval(std::vector<double>{}).mean));
  EXPECT_EQ(mean_interval(std::vector<double>{3.0}).mean, 3.0);
  EXPECT_TRUE(std::isnan(mean_interval(std::vector<double>{3.0}).low));
}

TEST(SortedQuantile, TakesTheNearestRank) {
  const std::vector<double> sorted{1, 2, 3, 4};
  EXPECT_EQ(sorted_quantile(sorted, 0.0), 1);
  EXPECT_EQ(sorted_quantile(sorted, 0.25), 1);
  EXPECT_EQ(sorted_quantile(sorted, 0.5), 2);
  EXPECT_EQ(sorted_quantile(sorted, 0.51), 3);
  EXPECT_EQ(sorted_quantile(sorted, 1.0), 4);
  EXPECT_TRUE(std::isnan(sorted_quantile({}, 0.5)));
}

// The example of Kaplan and Meier (1958), section 2, in tenths: deaths at 8, 31, 54, 92, losses at 10, 27, 70, 121.
// Survival 7/8, 7/10, 21/40 and 21/80. Area up to 121:
// 8 + 23 · 7/8 + 23 · 7/10 + 38 · 21/40 + 29 · 21/80 = 71.7875.
TEST(KaplanMeier, GivesTheTableOfThePaper) {
  std::vector<std::uint64_t> deaths(Sketch::bucket_count), losses(Sketch::bucket_count);
  for (const std::uint64_t at : {8, 31, 54, 92}) ++deaths[Sketch::bucket(at)];
  for (const std::uint64_t at : {10, 27, 70, 121}) ++losses[Sketch::bucket(at)];
  EXPECT_EQ(Sketch::quantile(deaths, losses, 0.125), 8);
  EXPECT_EQ(Sketch::quantile(deaths, losses, 0.13), 31);
  EXPECT_EQ(Sketch::quantile(deaths, losses, 0.3), 31);
  EXPECT_EQ(Sketch::quantile(deaths, losses, 0.47), 54);
  EXPECT_NEAR(Sketch::quantile(deaths, losses, 0.5), 92, 0.92);
  EXPECT_NEAR(Sketch::quantile(deaths, losses, 0.8), 121, 1.21);  // at least
  EXPECT_NEAR(Sketch::restricted_mean(deaths, losses), 71.7875, 0.7);
}

TEST(KaplanMeier, IsTheSampleWithoutLosses) {
  std::vector<std::uint64_t> counts(Sketch::bucket_count), none(Sketch::bucket_count);
  double sum = 0;
  for (std::uint64_t v = 0; v < 60; v += 3) {
    counts[Sketch::bucket(v)] += 1 + v % 4;
    sum += static_cast<double>(v * (1 + v % 4));
  }
  double n = 0;
  for (const std::uint64_t count : counts) n += static_cast<double>(count);
  for (const double p : {0.0, 0.1, 0.5, 0.9, 1.0})
    EXPECT_EQ(Sketch::quantile(counts, none, p), Sketch::quantile(counts, p));
  EXPECT_NEAR(Sketch::restricted_mean(counts, none), sum / n, 1e-9);
  EXPECT_TRUE(std::isnan(Sketch::quantile(none, none, 0.5)));
  EXPECT_TRUE(std::isnan(Sketch::restricted_mean(none, none)));
}

}  // namespace
}  // namespace nadc
