// Every backend gives the same rows, however the work is split, stopped or broken.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <ostream>
#include <set>
#include <stdexcept>

#include "gpu/ensemble.hpp"
#include "models/raw.hpp"
#include "models/reliability/hazard.hpp"
#include "sim/error.hpp"
#include "tests/gpu/hash_table.hpp"
#include "tests/gpu/worlds.hpp"

namespace nadc {
void PrintTo(Backend backend, std::ostream* out) { *out << name_of(backend); }
}  // namespace nadc

namespace nadc::test {
namespace {

using Hashes = std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t>;

const std::vector<BlobStudy>& studies() {
  static const std::vector<BlobStudy> list = built_in_studies();
  return list;
}

std::uint64_t hash_of_row(const World& world, const Row& row) {
  return hash_of(world, Raw(RawShape(world), const_cast<void*>(row.raw)));
}

Hashes expected(const BlobStudy& study) {
  Hashes hashes;
  for (const ExpectedRow& row : study.rows) hashes[{row.task.point, row.task.replica}] = row.hash;
  return hashes;
}

Hashes computed(const BlobStudy& study, std::span<const Task> tasks, const EnsembleOptions& options) {
  Hashes hashes;
  run_ensemble(study.world(), study.points, tasks, options, [&](const Row& row) {
    EXPECT_TRUE(row.raw) << row.error;
    if (!row.raw) return;
    const bool fresh =
        hashes.emplace(std::pair{row.task.point, row.task.replica}, hash_of_row(study.world(), row)).second;
    EXPECT_TRUE(fresh) << "a row came twice";
  });
  return hashes;
}

bool available(Backend backend) {
  const auto list = available_backends();
  return std::find(list.begin(), list.end(), backend) != list.end();
}

class EveryBackend : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override {
    if (!available(GetParam())) GTEST_SKIP() << name_of(GetParam()) << ": " << describe(GetParam());
  }
  static EnsembleOptions options() {
    EnsembleOptions options;
    options.backend = GetParam();
    return options;
  }
};

TEST_P(EveryBackend, GivesTheRowsOfAPlainLoop) {
  for (const BlobStudy& study : studies()) {
    SCOPED_TRACE(study.name);
    EXPECT_EQ(computed(study, tasks_of(study), options()), expected(study));
  }
}

TEST_P(EveryBackend, IsTrustedAfterOneRow) {
  for (const BlobStudy& study : studies()) EXPECT_EQ(disagreement(study.world(), study.points[0], options()), "");
}

TEST_P(EveryBackend, GivesTheSameRowsForAnyThreadsAndBatch) {
  const BlobStudy& study = studies()[0];
  for (const int threads : {1, 2, 5})
    for (const std::uint32_t batch : {1u, 7u, 1000u}) {
      SCOPED_TRACE(std::to_string(threads) + " threads, batch " + std::to_string(batch));
      EnsembleOptions set = options();
      set.threads = threads;
      set.batch = batch;
      EXPECT_EQ(computed(study, tasks_of(study), set), expected(study));
    }
}

TEST_P(EveryBackend, GivesTheSameRowsInAnyOrderOfTasks) {
  const BlobStudy& study = studies()[1];
  std::vector<Task> tasks = tasks_of(study);
  std::reverse(tasks.begin(), tasks.end());
  std::rotate(tasks.begin(), tasks.begin() + 5, tasks.end());
  EXPECT_EQ(computed(study, tasks, options()), expected(study));
}

TEST_P(EveryBackend, StopsBetweenReplicasAndSaysSo) {
  if (GetParam() == Backend::cuda) GTEST_SKIP() << "rows of a small study are all in progress at once";
  const BlobStudy& study = studies()[0];
  std::atomic<bool> stop{false};
  EnsembleOptions set = options();
  set.threads = 2;
  std::size_t rows = 0;
  const EnsembleReport report = run_ensemble(
      study.world(), study.points, tasks_of(study), set,
      [&](const Row&) {
        if (++rows == 3) stop = true;
      },
      &stop);
  EXPECT_TRUE(report.stopped);
  EXPECT_EQ(report.rows, rows);
  EXPECT_GE(rows, 3u);
  EXPECT_LE(rows, 4u);  // the other thread finishes what it had begun
}

TEST_P(EveryBackend, RunsNothingWhenStoppedBefore) {
  const BlobStudy& study = studies()[0];
  const std::atomic<bool> stop{true};
  const EnsembleReport report = run_ensemble(
      study.world(), study.points, tasks_of(study), options(), [](const Row&) { FAIL(); }, &stop);
  EXPECT_TRUE(report.stopped);
  EXPECT_EQ(report.rows, 0u);
}

TEST_P(EveryBackend, ReportsAReplicaThatNeedsTooMuchMemoryAndGoesOn) {
  // The second lever's queue grows without bound, so its window overflows the memory that is allowed.
  Scenario crowded = lean_scenario(1024, 20, 300);
  crowded.workload.jobs_per_day = 20000;
  const BlobStudy good = make_study("good", {lean_scenario(1024, 20, 300), lean_scenario(1024, 20, 300)}, 1, 3, 7);
  BlobStudy mixed = make_study("mixed", {lean_scenario(1024, 20, 300), crowded}, 1, 0, 7);
  EnsembleOptions set = options();
  set.threads = 2;
  set.most_replica_bytes = std::size_t{2} << 20;
  const std::vector<Task> tasks = {{1, 0}, {0, 0}, {1, 1}, {0, 1}, {0, 2}, {1, 2}};
  Hashes hashes;
  std::vector<std::string> errors;
  const EnsembleReport report = run_ensemble(mixed.world(), mixed.points, tasks, set, [&](const Row& row) {
    if (row.raw)
      hashes[{row.task.point, row.task.replica}] = hash_of_row(mixed.world(), row);
    else
      errors.push_back(row.error);
  });
  EXPECT_EQ(report.rows, 6u);
  EXPECT_EQ(report.failed, 3u);
  EXPECT_FALSE(report.stopped);
  ASSERT_EQ(errors.size(), 3u);
  std::sort(errors.begin(), errors.end());
  EXPECT_EQ(errors[2].rfind("lever 1, sample 0, replica 2: ", 0), 0u) << errors[2];
  ASSERT_EQ(hashes.size(), 3u);
  for (std::uint32_t r = 0; r < 3; ++r) EXPECT_EQ((hashes[{0, r}]), good.rows[r].hash);
}

TEST_P(EveryBackend, RunsAReplicaThatOverflowsAgain) {
  // More nodes are down at once than a replica has room for at first.
  Scenario fragile = lean_scenario(1024, 20, 300);
  Hazards::choose(fragile.reliability.hazard, ConstantHazard{2000.0});
  const BlobStudy study = make_study("fragile", {fragile}, 1, 3, 7);
  Hashes hashes;
  const std::vector<Task> tasks = {{0, 2}, {0, 0}, {0, 1}};
  const EnsembleReport report = run_ensemble(study.world(), study.points, tasks, options(), [&](const Row& row) {
    ASSERT_NE(row.raw, nullptr) << row.error;
    hashes[{row.task.point, row.task.replica}] = hash_of_row(study.world(), row);
  });
  EXPECT_GT(report.reruns, 0u);
  ASSERT_EQ(hashes.size(), 3u);
  for (std::uint32_t r = 0; r < 3; ++r) EXPECT_EQ((hashes[{0, r}]), study.rows[r].hash);
}

TEST_P(EveryBackend, HandsOnWhatTheSinkThrows) {
  const BlobStudy& study = studies()[0];
  EnsembleOptions set = options();
  set.threads = 2;
  std::size_t rows = 0;
  EXPECT_THROW(run_ensemble(study.world(), study.points, tasks_of(study), set,
                            [&](const Row&) {
                              if (++rows == 2) throw std::runtime_error("the disk is full");
                            }),
               std::runtime_error);
  EXPECT_EQ(rows, 2u);
}

TEST_P(EveryBackend, AcceptsNoTasks) {
  const BlobStudy& study = studies()[0];
  const EnsembleReport report = run_ensemble(study.world(), study.points, {}, options(), [](const Row&) { FAIL(); });
  EXPECT_EQ(report.rows, 0u);
  EXPECT_FALSE(report.stopped);
}

INSTANTIATE_TEST_SUITE_P(Backends, EveryBackend,
                         testing::Values(Backend::serial, Backend::omp, Backend::tbb, Backend::cuda),
                         [](const auto& test) { return std::string(name_of(test.param)); });

TEST(CudaBackend, RunsAThreadAReplicaAndAWarpAReplicaAlike) {
  if (!available(Backend::cuda)) GTEST_SKIP() << describe(Backend::cuda);
  for (const BlobStudy& study : studies())
    for (const LaneWidth width : lane_widths())
      for (const std::uint32_t fast : {0u, 4096u, 0xffffffffu}) {
        EnsembleOptions set;
        set.backend = Backend::cuda;
        set.lane_width = width;
        set.fast_bytes = fast;
        EXPECT_EQ(computed(study, tasks_of(study), set), expected(study));
      }
}

TEST(Backends, GiveTheCommittedHashes) {
  const HashTable table = read_hashes(NADC_SOURCE_DIR "/tests/gpu/hashes.txt");
  std::size_t rows = 0;
  for (const BlobStudy& study : studies())
    for (const ExpectedRow& row : study.rows) {
      const auto found = table.find({study.name, row.task.point, row.task.replica});
      ASSERT_NE(found, table.end()) << study.name << " point " << row.task.point;
      EXPECT_EQ(found->second, row.hash) << study.name << " point " << row.task.point << " replica "
                                         << row.task.replica;
      ++rows;
    }
  EXPECT_EQ(rows, table.size());
}

TEST(Backends, ThatAreMissingAreRefused) {
  if (available(Backend::cuda)) GTEST_SKIP() << "every backend is here";
  const BlobStudy& study = studies()[0];
  EnsembleOptions options;
  options.backend = Backend::cuda;
  try {
    run_ensemble(study.world(), study.points, tasks_of(study), options, [](const Row&) {});
    FAIL() << "ran";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_NE(std::string(error.what()).find("available here: "), std::string::npos) << error.what();
  }
}

TEST(Backends, RefuseATaskWithoutPoint) {
  const BlobStudy& study = studies()[0];
  const std::vector<Task> tasks = {{1000, 0}};
  EXPECT_THROW(run_ensemble(study.world(), study.points, tasks, {}, [](const Row&) {}), Error);
}

TEST(BuiltInStudies, DoWhatTheyAreMeantToTest) {
  // Rows that counted nothing would agree on anything.
  for (const BlobStudy& study : studies()) {
    SCOPED_TRACE(study.name);
    std::set<std::uint64_t> hashes;
    for (const ExpectedRow& row : study.rows) hashes.insert(row.hash);
    EXPECT_EQ(hashes.size(), study.rows.size()) << "two rows are alike";
    std::uint64_t failures = 0, interrupted = 0, finished = 0, lost = 0;
    run_ensemble(study.world(), study.points, tasks_of(study), {}, [&](const Row& row) {
      const RawShape shape(study.world());
      const Raw raw(shape, const_cast<void*>(row.raw));
      for (std::uint32_t i = 0; i < shape.periods * shape.partitions; ++i)
        failures += raw.partition[i * partition_counts + node_failures];
      for (std::uint32_t i = 0; i < shape.periods * shape.cells; ++i) {
        interrupted += raw.cell[i * cell_counts + interruptions];
        finished += raw.cell[i * cell_counts + completed];
        lost += raw.cell[i * cell_counts + lost_ticks];
      }
    });
    EXPECT_GT(failures, study.rows.size());
    EXPECT_GT(interrupted, 0u);
    EXPECT_GT(finished, 1000 * study.rows.size());
    EXPECT_GT(lost, 0u);
  }
}

}  // namespace
}  // namespace nadc::test
