// The screening ledger: the same answers on every backend, the full replica's rules, and its luck.
#include "gpu/screening.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <ostream>

#include "models/access/admit.hpp"
#include "models/build.hpp"
#include "models/metrics.hpp"
#include "sim/error.hpp"
#include "sim/experiment/control_variate.hpp"
#include "tests/gpu/worlds.hpp"

namespace nadc {
void PrintTo(Backend backend, std::ostream* out) { *out << name_of(backend); }
}  // namespace nadc

namespace nadc::test {
namespace {

struct Screened {
  BlobStudy study;
  std::vector<ScreeningPlan> plans;

  Screened(const std::vector<Scenario>& levers, double draws, std::uint32_t samples = 1, std::uint64_t seed = 1)
      : study(make_study("screened", levers, samples, 0, seed)),
        plans(plan_screening(study.world(), study.points, draws, {})) {}
  std::vector<Task> tasks(std::uint32_t replicas) const {
    std::vector<Task> list;
    for (std::uint32_t p = 0; p < study.points.size(); ++p)
      for (std::uint32_t r = 0; r < replicas; ++r) list.push_back({p, r});
    return list;
  }
  std::vector<Screening> run(std::span<const Task> tasks, const ScreeningOptions& options = {}) const {
    return run_screening(study.world(), study.points, plans, tasks, options);
  }
};

bool equal_bits(const std::vector<Screening>& a, const std::vector<Screening>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(Screening)) == 0;
}

std::vector<double> column(const std::vector<Screening>& answers, Screening::Outcome outcome) {
  std::vector<double> values;
  for (const Screening& answer : answers) values.push_back(answer.value[outcome]);
  return values;
}

std::size_t metric(std::string_view name) {
  for (std::size_t i = 0; i < site_metrics().size(); ++i)
    if (site_metrics()[i].name == name) return i;
  ADD_FAILURE() << "no metric " << name;
  return 0;
}

double correlation(const std::vector<double>& y, const std::vector<double>& x) {
  return controlled_mean(y, x, {0.0}).correlation;
}

class ScreeningOn : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override {
    const auto list = available_backends();
    if (std::find(list.begin(), list.end(), GetParam()) == list.end())
      GTEST_SKIP() << name_of(GetParam()) << ": " << describe(GetParam());
  }
};

TEST_P(ScreeningOn, GivesTheBitsOfAPlainLoopForAnyThreads) {
  Scenario full = full_scenario(640, 20, 250), open = full;
  Admits::choose<OpenQueue>(open.access.admit);
  const Screened screened({full, open}, 4000, 2);
  const std::vector<Task> tasks = screened.tasks(20);
  const std::vector<Screening> expected = screened.run(tasks);
  for (const int threads : {0, 1, 2, 5}) {
    const ScreeningOptions options{GetParam(), threads};
    const auto plans = plan_screening(screened.study.world(), screened.study.points, 4000, options);
    EXPECT_TRUE(
        equal_bits(run_screening(screened.study.world(), screened.study.points, plans, tasks, options), expected));
  }
}

TEST_P(ScreeningOn, AcceptsNoTasks) {
  const Screened screened({lean_scenario(128, 2, 50)}, 100);
  EXPECT_TRUE(screened.run({}, {GetParam(), 0}).empty());
}

INSTANTIATE_TEST_SUITE_P(Backends, ScreeningOn,
                         testing::Values(Backend::serial, Backend::omp, Backend::tbb, Backend::cuda),
                         [](const auto& test) { return std::string(name_of(test.param)); });

TEST(Screening, ARunDependsOnItsPointAndReplicaAlone) {
  const Screened screened({full_scenario(640, 10, 250), full_scenario(960, 10, 250)}, 2000, 2);
  std::vector<Task> tasks = screened.tasks(5);
  const std::vector<Screening> forward = screened.run(tasks);
  std::reverse(tasks.begin(), tasks.end());
  std::vector<Screening> backward = screened.run(tasks);
  std::reverse(backward.begin(), backward.end());
  EXPECT_TRUE(equal_bits(forward, backward));
  for (std::size_t i = 1; i < forward.size(); ++i)
    EXPECT_NE(0, std::memcmp(&forward[i], &forward[i - 1], sizeof(Screening))) << "two runs are alike: " << i;
}

TEST(Screening, CountsWhatTheMachineHolds) {
  for (const double draws : {0.0, 500.0, 1e9}) {
    SCOPED_TRACE(draws);
    for (const Scenario& scenario : {lean_scenario(1024, 20, 300), full_scenario(640, 20, 250)}) {
      const Screened screened({scenario}, draws);
      for (const Screening& answer : screened.run(screened.tasks(10))) {
        const double* value = answer.value;
        for (std::uint32_t k = 0; k < Screening::outcomes; ++k)
          EXPECT_TRUE(std::isfinite(value[k]) && value[k] >= 0) << k;
        EXPECT_GT(value[Screening::utilization], 0.1);
        EXPECT_LE(value[Screening::utilization], 1.02);
        EXPECT_LT(value[Screening::gpu_hours_down], 0.1 * value[Screening::gpu_hours_installed]);
        if (scenario.name == "lean") {
          EXPECT_DOUBLE_EQ(value[Screening::gpu_hours_installed], 1024 * 480.0);
        }
      }
    }
  }
}

TEST(Screening, DrawsTheJobsOfTheFullReplica) {
  // With all cells drawn, jobs are those of the full replica, one for one.
  const Screened screened({lean_scenario(1024, 20, 300)}, 1e9);
  EXPECT_EQ(screened.plans[0].cells, 2u);
  const std::vector<Task> tasks = screened.tasks(4);
  const std::vector<Screening> answers = screened.run(tasks);
  run_ensemble(screened.study.world(), screened.study.points, tasks, {}, [&](const Row& row) {
    const auto& point = *reinterpret_cast<const Point*>(screened.study.points[row.task.point].data());
    const Metrics full =
        finalize(screened.study.world(), point, Raw(RawShape(screened.study.world()), const_cast<void*>(row.raw)));
    const double* value = answers[row.task.replica].value;
    EXPECT_EQ(value[Screening::jobs_submitted], full.site[metric("jobs_submitted")]);
    EXPECT_NEAR(value[Screening::node_failures], full.site[metric("node_failures")], 3);
    EXPECT_NEAR(value[Screening::utilization], full.site[metric("utilization")], 0.05);
    EXPECT_NEAR(value[Screening::it_energy_mwh], full.site[metric("it_energy_mwh")],
                0.05 * full.site[metric("it_energy_mwh")]);
  });
}

TEST(Screening, FollowsFullReplicas) {
  const Screened screened({lean_scenario(1536, 20, 300)}, 2000);
  const std::vector<Task> tasks = screened.tasks(48);
  const std::vector<Screening> answers = screened.run(tasks);
  const char* names[] = {"utilization", "it_energy_mwh", "node_failures", "gpu_hours_down", "wait_mean_s"};
  std::vector<std::vector<double>> y(std::size(names), std::vector<double>(tasks.size()));
  run_ensemble(screened.study.world(), screened.study.points, tasks, {}, [&](const Row& row) {
    const auto& point = *reinterpret_cast<const Point*>(screened.study.points[row.task.point].data());
    const Metrics full =
        finalize(screened.study.world(), point, Raw(RawShape(screened.study.world()), const_cast<void*>(row.raw)));
    for (std::size_t m = 0; m < std::size(names); ++m) y[m][row.task.replica] = full.site[metric(names[m])];
  });
  const double least[] = {0.8, 0.8, 0.9, 0.8, 0.5};
  for (std::size_t m = 0; m < std::size(names); ++m)
    EXPECT_GT(correlation(y[m], column(answers, control_of(names[m]))), least[m]) << names[m];
}

TEST(Screening, AWallLeavesGpusIdle) {
  Scenario open = lean_scenario(512, 20, 600), walled = open;
  GroupSpec a, b;
  a.name = "a", b.name = "b";
  a.share = 9, b.share = 1;
  a.quota = b.quota = 0.5;
  open.workload.groups = walled.workload.groups = {a, b};
  Admits::choose<GroupQuota>(walled.access.admit);
  const Screened screened({open, walled}, 2000);
  EXPECT_EQ(screened.plans[0].groups, 1u);
  EXPECT_EQ(screened.plans[1].groups, 2u);
  const std::vector<Screening> answers = screened.run(std::vector<Task>{{0, 0}, {1, 0}});
  EXPECT_GT(answers[0].value[Screening::utilization], answers[1].value[Screening::utilization] + 0.1);
  EXPECT_GT(answers[1].value[Screening::wait_mean_s], answers[0].value[Screening::wait_mean_s]);
}

TEST(Screening, MoreGroupsThanWallsShareOne) {
  Scenario s = lean_scenario(512, 10, 300);
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) {
    s.workload.groups.emplace_back();
    s.workload.groups.back().name = name;
    s.workload.groups.back().share = 1;
    s.workload.groups.back().quota = 0.2;
  }
  Admits::choose<GroupQuota>(s.access.admit);
  const Screened screened({s}, 500);
  EXPECT_EQ(screened.plans[0].groups, screening_groups);
  EXPECT_FLOAT_EQ(screened.plans[0].quota[3], 0.6f);
  EXPECT_GT(screened.run(screened.tasks(1))[0].value[Screening::utilization], 0.1);
}

TEST(Screening, APlanDrawsWhatVariesMostWithinItsBudget) {
  double before = -1;
  for (const double draws : {0.0, 100.0, 1000.0, 1e6}) {
    const Screened screened({full_scenario(640, 20, 250)}, draws);
    EXPECT_LE(screened.plans[0].expected_draws, draws);
    EXPECT_GE(screened.plans[0].expected_draws, before);
    before = screened.plans[0].expected_draws;
  }
}

TEST(Screening, RefusesATraceAPlanTooFewAndABackendThatIsMissing) {
  Scenario replay = lean_scenario(128, 5, 50);
  replay.workload.trace = "made here";
  const Screened traced({replay}, 100), good({lean_scenario(128, 5, 50)}, 100);
  EXPECT_THROW(traced.run(traced.tasks(1)), Error);
  EXPECT_THROW(run_screening(good.study.world(), good.study.points, {}, good.tasks(1), {}), Error);
  EXPECT_THROW(good.run(std::vector<Task>{{7, 0}}), Error);
  EXPECT_THROW(good.run(good.tasks(1), {Backend::serial, -1}), Error);
  const auto list = available_backends();
  if (std::find(list.begin(), list.end(), Backend::cuda) == list.end()) {
    EXPECT_THROW(good.run(good.tasks(1), {Backend::cuda, 0}), Error);
  }
}

TEST(ScreeningControls, NameTheMetricOrWhatDrivesIt) {
  EXPECT_EQ(control_of("utilization"), Screening::utilization);
  EXPECT_EQ(control_of("wait_p90_s"), Screening::wait_mean_s);
  EXPECT_EQ(control_of("days_to_target_gpus"), Screening::outcomes);
  for (std::uint32_t i = 0; i < Screening::outcomes; ++i)
    EXPECT_FALSE(name_of(static_cast<Screening::Outcome>(i)).empty());
}

}  // namespace
}  // namespace nadc::test
