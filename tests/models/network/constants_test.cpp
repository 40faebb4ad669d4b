#include "models/network/constants.hpp"

#include <gtest/gtest.h>

#include "sim/error.hpp"

namespace nadc {
namespace {

// A log as four nodes of eight might give it, written down by hand and not by the model: 120 us before anything moves,
// then the bytes at 280 GB/s of bus bandwidth (2 * 31/32 of the size).
std::vector<NcclLine> four_nodes() {
  std::vector<NcclLine> lines;
  for (double bytes = 1048576.0; bytes <= 8.6e9; bytes *= 4.0) {
    NcclLine line;
    line.bytes = bytes;
    line.time_us = 120.0 + bytes * 2.0 * 31.0 / 32.0 / 280e9 * 1e6;
    lines.push_back(line);
  }
  return lines;
}

TEST(Constants, FitFindsTheEndsOfALogThatTheModelDidNotMake) {
  const auto lines = four_nodes();
  const ConstantsFit fit =
      fit_constants(lines, CollectiveKind::all_reduce, CollectiveAlgorithm::automatic, 32, FabricView{});
  EXPECT_GT(fit.worst_before, 0.3);
  EXPECT_LT(fit.worst_after, 0.2);
  EXPECT_LT(fit.rms_after, 0.5 * fit.rms_before);
  FabricView view;
  fit.constants.apply(view);
  const auto time_us = [&](double bytes) {
    return collective_time(CollectiveKind::all_reduce, CollectiveAlgorithm::automatic, bytes, 32, view).time_s * 1e6;
  };
  EXPECT_NEAR(time_us(lines.front().bytes) / lines.front().time_us, 1.0, 0.15);
  EXPECT_NEAR(time_us(lines.back().bytes) / lines.back().time_us, 1.0, 0.10);
}

TEST(Constants, TooFewSizesAreRefused) {
  auto lines = four_nodes();
  lines.resize(3);
  EXPECT_THROW(fit_constants(lines, CollectiveKind::all_reduce, CollectiveAlgorithm::ring, 32, FabricView{}), Error);
}

}  // namespace
}  // namespace nadc
