#include "tests/oracle/reference_scheduler.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>

#include "app/trace/trace.hpp"

namespace nadc::oracle {
namespace {

std::string shared_file(const std::string& name) {
  const char* folder = std::getenv("NADC_SHARED");
  return (std::filesystem::path(folder != nullptr ? folder : NADC_SHARED_DEFAULT) / name).string();
}

std::vector<ReferenceJob> jobs_of(const Trace& trace) {
  std::vector<ReferenceJob> jobs;
  const auto ticks = [](double seconds) { return std::llround(seconds * 1000); };
  for (const TraceRow& row : trace.rows)
    jobs.push_back({ticks(row.submit_s), row.gpus, ticks(row.duration_s), ticks(row.request_s)});
  return jobs;
}

TEST(ReferenceScheduler, ReplaysTheLingjunWeekWithItsPublishedMeanWaits) {
  const std::string file = shared_file("traces/lingjun_2023_first_week.csv");
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not here (NADC_SHARED names its folder)";
  const auto jobs = jobs_of(read_trace(file, "csv"));
  struct Row {
    std::int64_t gpus, ran;
    double fcfs, easy;  // [s]
  };
  for (const Row& row :
       {Row{1024, 823, 4725.492, 420.000}, Row{768, 823, 43957.035, 5531.738}, Row{512, 822, 285323.796, 18497.007}}) {
    const auto fcfs = reference_schedule(jobs, row.gpus, Backfill::none);
    const auto easy = reference_schedule(jobs, row.gpus, Backfill::easy);
    EXPECT_NEAR(fcfs.mean_wait(jobs) / 1000, row.fcfs, 5e-4) << row.gpus;
    EXPECT_NEAR(easy.mean_wait(jobs) / 1000, row.easy, 5e-4) << row.gpus;
    EXPECT_EQ(static_cast<std::int64_t>(jobs.size()) - fcfs.dropped, row.ran) << row.gpus;
  }
}

// Ten GPUs. A takes 6 until 100; B wants 8 and waits for it; C (2 for 50), D and E (2 for 1000) come after.
TEST(ReferenceScheduler, BackfillsByHandWorkedTimes) {
  const std::vector<ReferenceJob> jobs{
      {0, 6, 100, 100}, {1, 8, 100, 100}, {2, 2, 50, 50}, {3, 2, 1000, 1000}, {4, 2, 1000, 1000}};
  // FCFS: B at 100, C beside it at 100; D when C ends at 150; E when B ends at 200.
  EXPECT_EQ(reference_schedule(jobs, 10, Backfill::none).start, (std::vector<std::int64_t>{0, 100, 100, 150, 200}));
  // EASY at 2: shadow 100, extra 2. C ends at 52 and starts. At 3: 2 free, D runs on past 100 and takes the extra 2.
  // At 4 nothing is free; at 52 C's 2 are, but E runs past 100 and nothing is left over. At 100 B starts; 8 + 2 are
  // full until B ends at 200.
  const std::vector<std::int64_t> easy{0, 100, 2, 3, 200};
  EXPECT_EQ(reference_schedule(jobs, 10, Backfill::easy).start, easy);
  EXPECT_EQ(reference_schedule(jobs, 10, Backfill::conservative).start, easy);
}

// EASY protects the head alone: the long job D passes B and delays C, which conservative backfill does not allow.
TEST(ReferenceScheduler, OnlyConservativeBackfillProtectsTheSecondInLine) {
  const std::vector<ReferenceJob> jobs{{0, 6, 10, 10}, {1, 8, 10, 10}, {2, 10, 10, 10}, {3, 2, 30, 30}};
  EXPECT_EQ(reference_schedule(jobs, 10, Backfill::easy).start, (std::vector<std::int64_t>{0, 10, 33, 3}));
  EXPECT_EQ(reference_schedule(jobs, 10, Backfill::conservative).start, (std::vector<std::int64_t>{0, 10, 20, 30}));
}

TEST(ReferenceScheduler, DropsWhatCannotRun) {
  const std::vector<ReferenceJob> jobs{{0, 11, 5, 5}, {0, 1, 0, 0}, {0, 0, 5, 5}, {0, 10, 5, 5}};
  const auto result = reference_schedule(jobs, 10, Backfill::easy);
  EXPECT_EQ(result.dropped, 3);
  EXPECT_EQ(result.start, (std::vector<std::int64_t>{-1, -1, -1, 0}));
}

TEST(ReferenceScheduler, NeverUsesMoreThanThePoolNorDelaysAJobUnderConservativeBackfill) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 20; ++round) {
    std::vector<ReferenceJob> jobs;
    std::int64_t at = 0;
    for (int i = 0; i < 150; ++i) {
      at += static_cast<std::int64_t>(random() % 20);
      const auto duration = static_cast<std::int64_t>(1 + random() % 100);
      jobs.push_back({at, static_cast<std::int64_t>(1 + random() % 16), duration,
                      duration + static_cast<std::int64_t>(random() % 30)});
    }
    for (Backfill backfill : {Backfill::none, Backfill::easy, Backfill::conservative}) {
      const auto result = reference_schedule(jobs, 16, backfill);
      for (std::size_t i = 0; i < jobs.size(); ++i) {
        ASSERT_GE(result.start[i], jobs[i].submit);
        std::int64_t used = 0;  // when i starts; use peaks at a start
        for (std::size_t j = 0; j < jobs.size(); ++j)
          if (result.start[j] <= result.start[i] && result.start[i] < result.start[j] + jobs[j].duration)
            used += jobs[j].gpus;
        ASSERT_LE(used, 16);
      }
    }
    // With exact requests conservative backfill starts no job later than FCFS does.
    for (ReferenceJob& job : jobs) job.request = job.duration;
    const auto fcfs = reference_schedule(jobs, 16, Backfill::none);
    const auto conservative = reference_schedule(jobs, 16, Backfill::conservative);
    for (std::size_t i = 0; i < jobs.size(); ++i) ASSERT_LE(conservative.start[i], fcfs.start[i]);
  }
}

}  // namespace
}  // namespace nadc::oracle
