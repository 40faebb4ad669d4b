// The CUDA kernels, run lane by lane: the rows of every pair of choices are those of a plain loop, bit for bit, in any
// order of lanes, warps and blocks, and no two lanes touch a word unordered.
#include <gtest/gtest.h>

#include <map>

#include "gpu/ensemble.hpp"
#include "models/raw.hpp"
#include "tests/gpu/simt/simt.hpp"
#include "tests/gpu/worlds.hpp"

namespace nadc::test {
namespace {

constexpr std::uint64_t seed = 20261129;

std::string text_of(const Choices& choices) {
  std::string text;
  for (std::size_t f = 0; f < choices.size(); ++f)
    text += std::string(factors()[f].name) + "=" + std::to_string(choices[f]) + " ";
  return text;
}

std::string found() {
  std::string text;
  for (const std::string& fault : simt::faults()) text += fault + "\n";
  return text;
}

void expect_equal_rows(const BlobStudy& study, EnsembleOptions options, std::uint64_t order) {
  simt::Settings settings;
  settings.seed = order;
  simt::reset(settings);
  options.backend = Backend::cuda;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> hashes;
  for (const ExpectedRow& row : study.rows) hashes[{row.task.point, row.task.replica}] = row.hash;
  std::size_t rows = 0;
  run_ensemble(study.world(), study.points, tasks_of(study), options, [&](const Row& row) {
    ++rows;
    ASSERT_TRUE(row.raw) << row.error;
    EXPECT_EQ(hash_of(study.world(), Raw(RawShape(study.world()), const_cast<void*>(row.raw))),
              (hashes[{row.task.point, row.task.replica}]));
  });
  EXPECT_EQ(rows, study.rows.size());
  EXPECT_EQ(found(), "");
  EXPECT_EQ(simt::leaks().size(), 0u);
}

// In parts, for several cores.
constexpr std::size_t parts = 4;
class DevicePairs : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Part, DevicePairs, testing::Range(std::size_t{0}, parts));

TEST_P(DevicePairs, CountWhatTheHostCounts) {
  const std::vector<Choices> rows = pairwise_cover(seed);
  for (std::size_t row = GetParam(); row < rows.size(); row += parts) {
    SCOPED_TRACE(text_of(rows[row]));
    const BlobStudy study = make_study("pair", {scenario_with(rows[row], seed + row)}, 1, 1, seed);
    expect_equal_rows(study, {}, seed + row + 1);
    if (::testing::Test::HasFailure()) return;  // one is enough to look at
  }
}

TEST(Device, CountsTheSameInAnyOrderOfLanes) {
  const BlobStudy study = make_study("full", {full_scenario(320, 2, 60)}, 1, 2, seed);
  for (std::uint64_t order = 1; order <= 6; ++order) expect_equal_rows(study, {}, order);
}

TEST(Device, CountsTheSameWithAThreadAReplica) {
  EnsembleOptions options;
  options.lane_width = LaneWidth::thread;
  const BlobStudy study = make_study("levers", {lean_scenario(320, 3, 80), lean_scenario(320, 3, 120)}, 2, 2, seed);
  expect_equal_rows(study, options, 1);
}

TEST(Device, CountsTheSameWithAnySharedMemory) {
  const BlobStudy study = make_study("lean", {lean_scenario(320, 1, 80)}, 1, 1, seed);
  for (const std::uint32_t fast : {0u, 64u, 4096u, 0xffffffffu}) {
    EnsembleOptions options;
    options.fast_bytes = fast;
    expect_equal_rows(study, options, fast + 1);
  }
}

}  // namespace
}  // namespace nadc::test
