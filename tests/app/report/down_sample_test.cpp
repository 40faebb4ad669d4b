#include "app/report/down_sample.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace nadc {
namespace {

TEST(DownSample, ShortSeriesStayWhole) {
  const std::vector<double> values{3, 1, 2, 5};
  EXPECT_EQ(kept_places(values, 1), (std::vector<std::uint32_t>{0, 1, 2, 3}));
  EXPECT_TRUE(kept_places({}, 4).empty());
}

// Every window that is a union of buckets has the least and greatest value that the whole series has there.
TEST(DownSample, EveryBucketKeepsItsExtremes) {
  std::mt19937_64 random(5);
  std::normal_distribution<double> normal;
  std::vector<double> values(10007);
  for (double& v : values) v = normal(random);
  const std::size_t buckets = 100;
  const std::vector<std::uint32_t> kept = kept_places(values, buckets);
  EXPECT_LE(kept.size(), 4 * buckets);
  EXPECT_TRUE(std::is_sorted(kept.begin(), kept.end()));
  EXPECT_EQ(kept.front(), 0u);
  EXPECT_EQ(kept.back(), values.size() - 1);
  for (std::size_t b = 0; b < buckets; ++b) {
    const std::size_t first = b * values.size() / buckets, end = (b + 1) * values.size() / buckets;
    double least = 1e9, greatest = -1e9;
    for (const std::uint32_t i : kept)
      if (i >= first && i < end) least = std::min(least, values[i]), greatest = std::max(greatest, values[i]);
    EXPECT_EQ(least, *std::min_element(values.begin() + static_cast<std::ptrdiff_t>(first),
                                       values.begin() + static_cast<std::ptrdiff_t>(end)));
    EXPECT_EQ(greatest, *std::max_element(values.begin() + static_cast<std::ptrdiff_t>(first),
                                          values.begin() + static_cast<std::ptrdiff_t>(end)));
  }
}

TEST(DownSample, GapsHideNoExtreme) {
  std::vector<double> values(1000, std::nan(""));
  values[501] = 7;
  values[777] = -7;
  const std::vector<std::uint32_t> kept = kept_places(values, 10);
  EXPECT_TRUE(std::binary_search(kept.begin(), kept.end(), 501u));
  EXPECT_TRUE(std::binary_search(kept.begin(), kept.end(), 777u));
}

}  // namespace
}  // namespace nadc
