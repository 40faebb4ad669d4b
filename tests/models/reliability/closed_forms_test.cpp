#include "models/reliability/closed_forms.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "models/validation.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

TEST(Mttf, IsThePublishedProjection) {
  EXPECT_NEAR(mttf_hours(2048, 6.5), 1.803, 0.001);
  EXPECT_NEAR(mttf_hours(16384, 6.5), 0.225, 0.001);
  EXPECT_THROW(mttf_hours(0, 6.5), Error);
  EXPECT_THROW(mttf_hours(10, 0), Error);
}

TEST(PoissonBand, HoldsItsTailsExactly) {
  // Mean 3: P(0) = 0.0498 > 0.025, so lo = 0; P(≤ 6) = 0.9665, P(≤ 7) = 0.9881 ≥ 0.975, so hi = 7.
  const CountBand three = poisson_band(3.0, 0.95);
  EXPECT_EQ(three.lo, 0);
  EXPECT_EQ(three.hi, 7);
  // Mean 419: normal approximation 419 ± 1.96 · 20.47 = 378.9 … 459.1.
  const CountBand llama = poisson_band(419.0, 0.95);
  EXPECT_NEAR(static_cast<double>(llama.lo), 379, 2);
  EXPECT_NEAR(static_cast<double>(llama.hi), 459, 2);
  EXPECT_THROW(poisson_band(0.0, 0.95), Error);
  EXPECT_THROW(poisson_band(3.0, 1.0), Error);
}

TEST(SeriesAvailability, IsTheProduct) {
  const std::vector<PartTimes> parts{{90, 10}, {99, 1}, {1000, 0}};
  EXPECT_NEAR(series_availability(parts), 0.9 * 0.99, 1e-12);
}

TEST(MachineRepair, OneMachineIsRenewal) {
  const MachineRepair r = machine_repair(1, 0, 1, 90, 10, Standby::cold);
  EXPECT_NEAR(r.mean_running, 0.9, 1e-12);
  EXPECT_NEAR(r.mean_failed, 0.1, 1e-12);
  EXPECT_EQ(r.mean_waiting, 0.0);
}

TEST(MachineRepair, WithACrewForEachMachineIsIndependentMachines) {
  const MachineRepair r = machine_repair(50, 0, 50, 400, 30, Standby::cold);
  EXPECT_NEAR(r.mean_running, 50 * 400.0 / 430.0, 1e-9);
  EXPECT_NEAR(r.all_filled, std::pow(400.0 / 430.0, 50), 1e-12);
}

TEST(MachineRepair, TwoMachinesOneCrewByHand) {
  // ρ = λ/μ = 0.1: weights 1, 2ρ, 2ρ² = 1, 0.2, 0.02; sum 1.22.
  const MachineRepair r = machine_repair(2, 0, 1, 100, 10, Standby::cold);
  EXPECT_NEAR(r.mean_failed, (0.2 + 0.04) / 1.22, 1e-12);
  EXPECT_NEAR(r.mean_waiting, 0.02 / 1.22, 1e-12);
  EXPECT_NEAR(r.crew_utilization, 0.22 / 1.22, 1e-12);
  // One cold spare: states 0, 1, 2, 3 with rates 2λ, 2λ, λ: weights 1, 0.2, 0.04, 0.004; sum 1.244.
  const MachineRepair s = machine_repair(2, 1, 1, 100, 10, Standby::cold);
  EXPECT_NEAR(s.mean_running, (2 + 0.4 + 0.04) / 1.244, 1e-12);
  EXPECT_NEAR(s.all_filled, 1.2 / 1.244, 1e-12);
  // A hot spare fails too: rates 3λ, 2λ, λ: weights 1, 0.3, 0.06, 0.006; sum 1.366.
  const MachineRepair h = machine_repair(2, 1, 1, 100, 10, Standby::hot);
  EXPECT_NEAR(h.all_filled, 1.3 / 1.366, 1e-12);
}

TEST(MachineRepair, FlowsBalanceInAFleet) {
  // Failures a second equal repairs a second: running/MTTF = busy crews/MTTR (cold spares).
  const MachineRepair r = machine_repair(2000, 20, 4, 3700, 12, Standby::cold);
  EXPECT_NEAR(r.mean_running / 3700, r.crew_utilization * 4 / 12, 1e-9);
}

TEST(MachineRepair, MoreSparesAndMoreCrewsNeverHurt) {
  double last = 0.0;
  for (int spares = 0; spares <= 40; spares += 4) {
    const double now = machine_repair(500, spares, 3, 2000, 12, Standby::cold).mean_running;
    EXPECT_GE(now, last);
    last = now;
  }
  EXPECT_LE(machine_repair(500, 4, 2, 2000, 12, Standby::cold).mean_running,
            machine_repair(500, 4, 3, 2000, 12, Standby::cold).mean_running);
  EXPECT_THROW(machine_repair(0, 0, 1, 1, 1, Standby::cold), Error);
  EXPECT_THROW(machine_repair(1, 0, 0, 1, 1, Standby::cold), Error);
}

TEST(ValidateReliability, EveryRowHoldsItsTolerance) {
  for (const ValidationRow& row : validate_reliability()) {
    const double error = row.computed / row.expected - 1.0;
    std::printf("%-22s %-60s %10.4f %10.4f %+6.2f %%\n", row.group.c_str(), row.name.c_str(), row.computed,
                row.expected, 100 * error);
    EXPECT_LE(std::abs(error), row.tolerance) << row.name;
  }
}

}  // namespace
}  // namespace nadc
