// What a node failure does to a job: checkpoints, work done twice, restarts, and which job of a pool it hits.
#include <gtest/gtest.h>

#include <cmath>

#include "models/reliability/hazard.hpp"
#include "tests/models/world_fixture.hpp"

namespace nadc::test {
namespace {

struct Failures : Diary {
  std::vector<Tick> at;             // of interruptions
  std::vector<std::uint32_t> jobs;  // that they hit
  void restart() { *this = Failures{}; }
  void interrupted(Tick now, const RunningJob& run, Tick held_in_vain) {
    Diary::interrupted(now, run, held_in_vain);
    at.push_back(now);
    jobs.push_back(run.job.number);
  }
};

struct Life {
  Tick end = 0, lost = 0, wasted = 0;
};

// The life of a job alone on one node, in plain words. A segment begins with the restart (not the first), then cycles
// of `every` work and `cost` checkpoint; the last stretch needs no checkpoint. A failure leaves whole cycles. Then the
// node is repaired and the job starts again at once. Everything takes 1/speed as long.
Life life(Tick work, Tick every, Tick cost, Tick restart, Tick repair, double speed,
          const std::vector<Tick>& failures) {
  Life result;
  Tick now = 0, begin_cost = 0;
  for (std::size_t next = 0;; ++next) {
    const Tick checkpoints = every > 0 ? (work - 1) / every * cost : 0;
    const Tick end = now + static_cast<Tick>(std::ceil(static_cast<double>(begin_cost + work + checkpoints) / speed));
    if (next == failures.size() || failures[next] >= end) {
      result.end = end;
      result.wasted = static_cast<Tick>(static_cast<double>(begin_cost + checkpoints) / speed);
      return result;
    }
    const Tick held = failures[next] - now;
    const Tick done = static_cast<Tick>(static_cast<double>(held) * speed) - begin_cost;
    const Tick saved = every > 0 && done > 0 ? done / (every + cost) * every : 0;
    result.lost += held - static_cast<Tick>(static_cast<double>(saved) / speed);
    work -= saved;
    begin_cost = restart;
    now = failures[next] + repair;
  }
}

TEST(Interruptions, LeaveWhatTheLastCheckpointHolds) {
  struct Row {
    double every_s, cost_s, restart_s, speed;
  };
  std::size_t failures_in_all = 0;
  for (const Row& row : {Row{0, 0, 0, 1}, Row{0, 0, 900, 1}, Row{7200, 0, 0, 1}, Row{7200, 300, 600, 1},
                         Row{7200, 300, 600, 0.5}, Row{36000, 1200.5, 3601, 2}}) {
    Scenario s = machine(8, 8, 0);
    Places::choose<BestFit>(s.scheduler.place);
    Hazards::choose(s.reliability.hazard, ConstantHazard{.rate = 500});
    s.reliability.repair = LawSpec::constant(5000);
    s.workload.classes = {job_class("all", LawSpec::constant(1), LawSpec::constant(1))};
    ClassSpec& klass = s.workload.classes[0];
    klass.checkpoint_every = static_cast<Tick>(row.every_s * 1000);
    klass.checkpoint_cost = static_cast<Tick>(row.cost_s * 1000);
    klass.restart_cost = static_cast<Tick>(row.restart_s * 1000);
    klass.speed = {{"node", row.speed}};
    const double work_s = row.every_s > 0 ? 14 * 86400 : 3 * 86400;
    const Study study(s, {job(0, 8, work_s)});
    for (std::uint32_t replica = 0; replica < 6; ++replica) {
      Failures seen;
      const ReplicaResult result = study.run<1>(replica, 0, &seen);
      const Life expected = life(static_cast<Tick>(work_s * 1000), klass.checkpoint_every, klass.checkpoint_cost,
                                 klass.restart_cost, 5000000, row.speed, seen.at);
      const auto rounding = static_cast<Tick>(seen.at.size()) + 1;
      EXPECT_NEAR(seen.end[0], expected.end, rounding) << row.every_s << " " << replica;
      EXPECT_NEAR(seen.lost[0], expected.lost, rounding) << row.every_s << " " << replica;
      EXPECT_NEAR(seen.wasted[0], expected.wasted, rounding) << row.every_s << " " << replica;
      // Delivered is the job's work; held = the same at its speed + lost.
      EXPECT_EQ(study.site(result, "gpu_hours_delivered"), 8 * work_s / 3600);
      EXPECT_NEAR(study.site(result, "gpu_hours_held") - study.site(result, "gpu_hours_lost"),
                  8 * work_s / row.speed / 3600, 1e-3);
      EXPECT_EQ(study.site(result, "job_interruptions"), static_cast<double>(seen.at.size()));
      failures_in_all += seen.at.size();
    }
  }
  EXPECT_GT(failures_in_all, 100u);
}

// Without a failure: 10 h of work, a checkpoint of 60 s after each 3 h but not after the last stretch: three of them.
// With exactly 9 h there are two.
TEST(Checkpoints, AreMadeAfterEachIntervalButTheLast) {
  Scenario s = machine(8, 8, 0);
  s.workload.classes = {job_class("all", LawSpec::constant(1), LawSpec::constant(1))};
  s.workload.classes[0].checkpoint_every = 3 * ticks_per_hour;
  s.workload.classes[0].checkpoint_cost = 60 * ticks_per_second;
  s.workload.classes[0].restart_cost = ticks_per_hour;  // the first start is none
  const Study study(s, {job(0, 4, 36000), job(0, 4, 32400)});
  Diary diary;
  const ReplicaResult result = study.run<1>(0, 0, &diary);
  EXPECT_EQ(diary.end, (std::vector<Tick>{36180000, 32520000}));
  EXPECT_EQ(diary.wasted, (std::vector<Tick>{180000, 120000}));
  EXPECT_NEAR(study.site(result, "gpu_hours_lost"), 4 * 300 / 3600.0, 1e-12);
  EXPECT_NEAR(study.site(result, "ettr"), 68400.0 / 68700, 1e-12);
}

// Jobs of 16 and 48 GPUs hold a pool of 64 between them: failures hit them 1 : 3. z test at 10⁻⁴.
TEST(Interruptions, HitTheJobsOfAPoolByTheirGpus) {
  Scenario s = machine(64, 8, 3000 * ticks_per_day);
  Hazards::choose(s.reliability.hazard, ConstantHazard{.rate = 50});
  s.reliability.repair = LawSpec::constant(0.001);
  const Study study(s, {job(0, 16, 4e8), job(0, 48, 4e8)});
  Failures seen;
  study.run<1>(0, 0, &seen);
  const auto n = static_cast<double>(seen.jobs.size());
  double small = 0;
  for (std::uint32_t number : seen.jobs) small += number == 0;
  EXPECT_GT(n, 1000);
  EXPECT_NEAR(small / n, 0.25, 3.891 * std::sqrt(0.25 * 0.75 / n));
}

// An interrupted job is ahead of those that were submitted after it: one node, two jobs that need all of it.
TEST(Interruptions, PutAJobBackToItsPlaceInTheQueue) {
  Scenario s = machine(8, 8, 0);
  Hazards::choose(s.reliability.hazard, ConstantHazard{.rate = 400});
  s.workload.classes = {job_class("all", LawSpec::constant(1), LawSpec::constant(1))};
  s.workload.classes[0].checkpoint_every = ticks_per_hour;
  const Study study(s, {job(0, 8, 20 * 86400), job(1, 8, 100)});
  Failures seen;
  study.run<1>(0, 0, &seen);
  EXPECT_GT(seen.segments[0], 3);
  EXPECT_GE(seen.start[1], seen.end[0]);
}

}  // namespace
}  // namespace nadc::test
