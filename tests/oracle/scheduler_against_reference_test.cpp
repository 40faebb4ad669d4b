// The loop's schedules against a second scheduler, on random traces full of ties, and against published means of a real
// week. The rule for ties: the queue is in order of submission, then of the trace's rows; jobs that end at the moment
// of the head's reservation are all counted.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "app/trace/trace.hpp"
#include "tests/models/world_fixture.hpp"
#include "tests/oracle/reference_scheduler.hpp"

namespace nadc::test {
namespace {

std::vector<oracle::ReferenceJob> random_jobs(std::mt19937_64& random, std::int64_t gpus, bool exact) {
  std::vector<oracle::ReferenceJob> jobs;
  std::int64_t at = 0;
  const std::uint64_t gap = 1 + random() % 12, longest = 5 + random() % 120;
  const std::int64_t grain = random() % 2 ? 1 : 5;  // coarse times make ties
  for (int i = 0; i < 300; ++i) {
    if (random() % 3) at += static_cast<std::int64_t>(random() % gap) * grain;
    const auto size = static_cast<std::uint64_t>(random() % 3 ? gpus / 4 : gpus);
    const auto duration = static_cast<std::int64_t>(1 + random() % longest) * grain;
    const auto over = static_cast<std::int64_t>(random() % 40) * grain;
    jobs.push_back({at, static_cast<std::int64_t>(1 + random() % size), duration, exact ? duration : duration + over});
  }
  return jobs;
}

std::vector<std::int64_t> loop_starts(const std::vector<oracle::ReferenceJob>& jobs, std::int64_t gpus,
                                      Backfill backfill) {
  Scenario s = machine(gpus, 1, 0);
  s.scheduler.backfill = backfill;
  std::vector<TraceInput> rows;
  for (const auto& j : jobs)
    rows.push_back(
        job(static_cast<double>(j.submit), j.gpus, static_cast<double>(j.duration), static_cast<double>(j.request)));
  const Study study(s, rows);
  Diary diary;
  study.run<1>(0, 0, &diary);
  std::vector<std::int64_t> starts;
  for (Tick start : diary.start) starts.push_back(start / ticks_per_second + jobs[0].submit);
  return starts;
}

void agree(Backfill mine, oracle::Backfill theirs, bool exact, std::uint64_t seed, int rounds = 60) {
  std::mt19937_64 random(seed);
  int overtaken = 0;
  for (int round = 0; round < rounds; ++round) {
    const auto gpus = static_cast<std::int64_t>(4 + random() % 60);
    const auto jobs = random_jobs(random, gpus, exact);
    const auto expected = oracle::reference_schedule(jobs, gpus, theirs).start;
    const auto got = loop_starts(jobs, gpus, mine);
    ASSERT_EQ(got, expected) << "round " << round;
    for (std::size_t i = 1; i < got.size(); ++i) overtaken += got[i] < got[i - 1];
  }
  if (mine != Backfill::none) {
    EXPECT_GT(overtaken, 100);
  } else {
    EXPECT_EQ(overtaken, 0);
  }
}

TEST(AgainstTheReference, FirstComeFirstServedIsExact) { agree(Backfill::none, oracle::Backfill::none, false, 1); }
TEST(AgainstTheReference, EasyIsExactWithExactRequests) { agree(Backfill::easy, oracle::Backfill::easy, true, 2); }
TEST(AgainstTheReference, EasyIsExactWithOverestimatedRequests) {
  agree(Backfill::easy, oracle::Backfill::easy, false, 3);
}
TEST(AgainstTheReference, ConservativeIsExactWithExactRequests) {
  agree(Backfill::conservative, oracle::Backfill::conservative, true, 4, 15);
}
TEST(AgainstTheReference, ConservativeIsExactWithOverestimatedRequests) {
  agree(Backfill::conservative, oracle::Backfill::conservative, false, 5, 15);
}

TEST(AgainstTheReference, ReplaysTheLingjunWeekWithItsPublishedMeanWaits) {
  const char* folder = std::getenv("NADC_SHARED");
  const std::string file =
      (std::filesystem::path(folder ? folder : NADC_SHARED_DEFAULT) / "traces/lingjun_2023_first_week.csv").string();
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not here (NADC_SHARED names its folder)";
  const Trace trace = read_trace(file, "csv");
  std::vector<TraceInput> rows;
  for (const TraceRow& row : trace.rows)
    if (row.duration_s > 0 && row.gpus > 0) rows.push_back(job(row.submit_s, row.gpus, row.duration_s, row.request_s));
  struct Row {
    std::int64_t gpus;
    double ran, fcfs, easy;  // [s]
  };
  for (const Row& row :
       {Row{1024, 823, 4725.492, 420.000}, Row{768, 823, 43957.035, 5531.738}, Row{512, 822, 285323.796, 18497.007}}) {
    for (const auto& [backfill, expected] :
         {std::pair{Backfill::none, row.fcfs}, std::pair{Backfill::easy, row.easy}}) {
      Scenario s = machine(row.gpus, 8, 0);
      s.scheduler.backfill = backfill;
      const Study study(s, rows);
      const ReplicaResult result = study.run(0);
      EXPECT_NEAR(study.site(result, "wait_mean_s"), expected, 5e-4) << row.gpus;
      EXPECT_EQ(study.site(result, "jobs_started"), row.ran) << row.gpus;
      EXPECT_EQ(study.site(result, "jobs_completed"), row.ran) << row.gpus;
    }
  }
}

}  // namespace
}  // namespace nadc::test
