// Failures, crews, spares and checkpoints in the simulation against closed forms. Statistical tests fail at a
// false-alarm rate of 10⁻⁴ each; the seeds are fixed.
#include <gtest/gtest.h>

#include <cmath>

#include "models/reliability/checkpoint.hpp"
#include "models/reliability/closed_forms.hpp"
#include "models/reliability/hazard.hpp"
#include "sim/statistics.hpp"
#include "tests/models/world_fixture.hpp"
#include "tests/oracle/chi_square.hpp"

namespace nadc::test {
namespace {

constexpr double hour = 3600;

// The mean of a metric over replicas, within what its own spread allows.
void expect_mean(const std::vector<double>& values, double expected, const char* what) {
  const Moments m = moments_of(values);
  const double t = student_t_quantile(1 - 1e-4 / 2, static_cast<double>(values.size() - 1));
  EXPECT_NEAR(m.mean, expected, t * m.standard_error()) << what;
  EXPECT_LT(m.standard_error(), 0.03 * std::fabs(expected)) << what;
}

// Nodes fail while they serve and while they stand by; a few crews mend them, one each.
TEST(MachineRepair, CrewsAndSparesAsInTheFiniteSourceQueue) {
  struct Row {
    int machines, spares, crews;
    double rate, repair_h;
  };
  for (const Row& row : {Row{20, 0, 2, 100, 20}, Row{20, 4, 1, 60, 12}, Row{12, 3, 3, 100, 24}}) {
    Scenario s = cluster_of(row.machines + row.spares, 1200 * ticks_per_day);
    s.warmup = 100 * ticks_per_day;
    s.sites[0].clusters[0].spares = row.spares;
    Hazards::choose(s.reliability.hazard, ConstantHazard{.rate = row.rate});
    s.reliability.repair = LawSpec::exponential(row.repair_h * hour);
    s.reliability.crews.crews = row.crews;
    const Study study({s});
    const MachineRepair exact =
        machine_repair(row.machines, row.spares, row.crews, 24000 / row.rate, row.repair_h, Standby::hot);
    std::vector<double> failed, standing_by;
    for (std::uint32_t r = 0; r < 24; ++r) {
      const ReplicaResult result = study.run(r);
      const double hours = 1100 * 24 * 8;
      failed.push_back(study.site(result, "gpu_hours_down") / hours);
      standing_by.push_back(study.site(result, "gpu_hours_spare") / hours);
    }
    expect_mean(failed, exact.mean_failed, "failed");
    if (row.spares)
      expect_mean(standing_by, row.machines + row.spares - exact.mean_failed - exact.mean_running, "standing by");
  }
}

// A job on all nodes runs only while all are up, so the share of time in which it runs is the product of the nodes'
// availabilities; of kinds of failure that exclude each other a node has 1 / (1 + Σ rate × repair).
TEST(SeriesSystem, RunsForTheProductOfItsPartsAvailabilities) {
  const int nodes = 12;
  Scenario s = cluster_of(nodes, 2000 * ticks_per_day);
  Hazards::choose(s.reliability.hazard, ConstantHazard{.rate = 10});
  ModeSpec quick, slow;
  quick.name = "quick";
  quick.share = 3;
  quick.repair = LawSpec::exponential(6 * hour);
  quick.detection = LawSpec::constant(1);
  slow.name = "slow";
  slow.share = 1;
  slow.repair = LawSpec::constant(48 * hour);
  slow.detection = LawSpec::constant(1);
  s.reliability.modes = {quick, slow};
  s.workload.classes = {job_class("all", LawSpec::constant(1), LawSpec::constant(1))};
  s.workload.classes[0].checkpoint_every = ticks_per_second;
  const Study study(s, {job(0, nodes * 8, 4000 * 86400.0)});
  const double mttf_h = 2400, mttr_h = 0.75 * 6 + 0.25 * 48;
  const std::vector<PartTimes> parts(nodes, {mttf_h, mttr_h});
  std::vector<double> running;
  for (std::uint32_t r = 0; r < 24; ++r)
    running.push_back(study.site(study.run(r), "utilization") * (study.site(study.run(r), "gpu_hours_available") /
                                                                 study.site(study.run(r), "gpu_hours_installed")));
  expect_mean(running, series_availability(parts), "running");
}

// Where the time lost is least over the interval between checkpoints: the Young/Daly optimum within 10 %. Each interval
// sees the same failures; a parabola through the losses by the logarithm of the interval has its minimum there.
TEST(Checkpoints, SimulationHasItsOptimumAtYoungAndDaly) {
  const int nodes = 64;
  const double rate = 20, mttf_s = 24000 * hour / (nodes * rate);  // 18.75 h
  const double save_s = 300, restart_s = 600;
  Scenario s = cluster_of(nodes, 4000 * ticks_per_day);
  Hazards::choose(s.reliability.hazard, ConstantHazard{.rate = rate});
  s.reliability.modes.emplace_back();
  s.reliability.modes[0].name = "restart";
  s.reliability.modes[0].drains = 0;
  s.reliability.modes[0].repair = s.reliability.modes[0].detection = LawSpec::constant(1);
  s.workload.classes = {job_class("all", LawSpec::constant(1), LawSpec::constant(1))};
  ClassSpec& klass = s.workload.classes[0];
  klass.checkpoint_cost = static_cast<Tick>(save_s) * ticks_per_second;
  klass.restart_cost = static_cast<Tick>(restart_s) * ticks_per_second;
  const double best = best_interval(Seconds(mttf_s), Seconds(save_s), Seconds(restart_s)).value;
  double sx[5] = {}, sy[3] = {};
  std::vector<double> ettrs;
  for (int i = -4; i <= 4; ++i) {
    const double x = 0.2 * i, every = best * std::exp(x);
    klass.checkpoint_every = static_cast<Tick>(every * ticks_per_second);
    const Study study(s, {job(0, nodes * 8, 1e4 * 86400.0)});
    double ettr = 0;
    for (std::uint32_t r = 0; r < 24; ++r) ettr += study.site(study.run(r), "ettr") / 24;
    EXPECT_NEAR(ettr, expected_ettr(Seconds(every), Seconds(mttf_s), Seconds(save_s), Seconds(restart_s)), 0.002) << i;
    ettrs.push_back(ettr);
    for (int p = 0; p < 5; ++p) sx[p] += std::pow(x, p);
    for (int p = 0; p < 3; ++p) sy[p] += ettr * std::pow(x, p);
  }
  // Least squares of a + b x + c x²; x is symmetric about 0.
  const double b = sy[1] / sx[2];
  const double c = (sy[2] * sx[0] - sy[0] * sx[2]) / (sx[4] * sx[0] - sx[2] * sx[2]);
  EXPECT_LT(c, 0);
  EXPECT_NEAR(std::exp(-b / (2 * c)), 1.0, 0.1);
}

}  // namespace
}  // namespace nadc::test
