// Failures and repairs against renewal theory and the exact non-homogeneous Poisson process. Statistical tests fail
// at a false-alarm rate of 10⁻⁴ each; the seeds are fixed.
#include <gtest/gtest.h>

#include <cmath>

#include "models/reliability/hazard.hpp"
#include "sim/statistics.hpp"
#include "tests/models/world_fixture.hpp"
#include "tests/oracle/chi_square.hpp"

namespace nadc::test {
namespace {

constexpr double z_limit = 3.891;  // two-sided 10⁻⁴ of the standard normal law

// A node is up for 1/rate on average and down for the mean repair: the share of time down is MTTR / (MTTF + MTTR).
TEST(Renewal, DownTimeIsTheRenewalRatio) {
  struct Row {
    double rate;  // per 1,000 node-days
    LawSpec repair;
  };
  for (const Row& row : {Row{50, LawSpec::constant(2 * 86400)}, Row{20, LawSpec::lognormal(40000, 1.2)},
                         Row{400, LawSpec::exponential(86400)}}) {
    Scenario s = machine(400, 8, 1100 * ticks_per_day);
    s.warmup = 100 * ticks_per_day;
    Hazards::choose(s.reliability.hazard, ConstantHazard{.rate = row.rate});
    s.reliability.repair = row.repair;
    const Study study({s});
    std::vector<double> down, failures;
    for (std::uint32_t r = 0; r < 24; ++r) {
      const ReplicaResult result = study.run(r);
      down.push_back(study.site(result, "gpu_hours_down") / study.site(result, "gpu_hours_installed"));
      failures.push_back(study.site(result, "node_failures"));
    }
    const double up_s = 1000 * 86400 / row.rate, repair_s = mean(row.repair);
    const double t = student_t_quantile(1 - 1e-4 / 2, 23);
    const Moments share = moments_of(down), count = moments_of(failures);
    EXPECT_NEAR(share.mean, repair_s / (up_s + repair_s), t * share.standard_error()) << row.rate;
    EXPECT_LT(share.standard_error(), 0.02 * share.mean);
    EXPECT_NEAR(count.mean, 50 * 1000 * 86400.0 / (up_s + repair_s), t * count.standard_error()) << row.rate;
  }
}

// With repairs of a moment, failures of 200 nodes are a Poisson process of the hazard: 20 a 1,000 node-days, three
// times more at the start, falling over 120 days. By 30-day bins, χ² of the counts against the exact integrals.
struct FailureTimes : Silent {
  std::vector<bool> up;
  std::vector<Tick> times;
  Tick last = 0;
  std::uint64_t seen = 0;
  void restart() { *this = FailureTimes{}; }
  template <class D> void before(Tick now, const D& datacenter) {
    const std::uint64_t failures = datacenter.raw().partition[node_failures];
    for (; seen < failures; ++seen) times.push_back(last);
    last = now;
  }
};

TEST(Thinning, GivesTheExactNonHomogeneousPoissonProcess) {
  const double rate = 20, excess = 3, period = 120, nodes = 200;  // days
  const auto integral = [&](double from, double to) {             // of the hazard, failures
    const auto upto = [&](double age) {
      const double a = std::min(age, period);
      return rate * age + rate * excess * (a - a * a / (2 * period));
    };
    return nodes * (upto(to) - upto(from)) / 1000;
  };
  Scenario s = machine(1600, 8, 360 * ticks_per_day);
  Hazards::choose(s.reliability.hazard, InfantHazard{.rate = rate, .excess = excess, .period = 120 * ticks_per_day});
  s.reliability.repair = LawSpec::constant(0.001);
  const Study study({s});
  std::vector<double> counts(24, 0), expected(24, 0);  // bins of 15 days
  const std::uint32_t replicas = 20;
  double total = 0, squares = 0;
  for (std::uint32_t r = 0; r < replicas; ++r) {
    FailureTimes failures;
    study.run<1>(r, 0, &failures);
    for (Tick t : failures.times) ++counts[static_cast<std::size_t>(t / (15 * ticks_per_day))];
    const double deviation = static_cast<double>(failures.times.size()) - integral(0, 360);
    total += deviation;
    squares += deviation * deviation;
  }
  for (std::size_t b = 0; b < counts.size(); ++b)
    expected[b] = replicas * integral(15.0 * static_cast<double>(b), 15.0 * static_cast<double>(b) + 15);
  EXPECT_LT(chi_square(counts, expected), chi_square_limit(24));
  EXPECT_LT(std::abs(total), z_limit * std::sqrt(replicas * integral(0, 360)));
  // Counts of replicas have the variance of Poisson's law: deviations² / mean is χ² with one degree a replica.
  EXPECT_LT(squares / integral(0, 360), chi_square_limit(replicas));
}

// With long repairs and deliveries of two dates: failures less the hazard integrated over the nodes that are up is a
// martingale with the integral as its variance, whatever the repairs.
struct Compensator : Silent {
  InfantHazard hazard;
  std::vector<Tick> first_up;  // (node)
  double integral = 0;
  Tick last = 0;
  void restart() {
    first_up.assign(first_up.size(), never);
    integral = 0;
    last = 0;
  }
  double upto(Tick age) const {
    const double a = static_cast<double>(age), period = static_cast<double>(hazard.period), m = std::min(a, period);
    return hazard.rate * (a + hazard.excess * (m - m * m / (2 * period))) /
           (1000.0 * static_cast<double>(ticks_per_day));
  }
  template <class D> void before(Tick now, const D& datacenter) {
    for (std::uint32_t n = 0; n < first_up.size(); ++n) {
      if (!datacenter.partition(PartitionId{0}).map.present(NodeId{n})) continue;
      if (first_up[n] == never) first_up[n] = last;
      integral += upto(now - first_up[n]) - upto(last - first_up[n]);
    }
    last = now;
  }
};

TEST(Thinning, CountsTheHazardOverTheTimeThatNodesAreUp) {
  Scenario s = machine(0, 8, 700 * ticks_per_day);
  SiteSpec site;
  site.name = "s";
  ClusterSpec cluster;
  cluster.name = "c";
  for (int t = 0; t < 2; ++t) {
    TrancheSpec tranche;
    tranche.node = "node";
    tranche.gpus = 160;
    tranche.date = s.start + t * 200 * 86400;
    tranche.delay = LawSpec::exponential(30 * 86400);
    cluster.tranches.push_back(tranche);
  }
  site.clusters.push_back(cluster);
  s.sites.push_back(site);
  const InfantHazard hazard{.rate = 15, .excess = 4, .period = 150 * ticks_per_day};
  Hazards::choose(s.reliability.hazard, hazard);
  s.reliability.repair = LawSpec::lognormal(5 * 86400, 1);
  const Study study({s});
  double failures = 0, integral = 0;
  for (std::uint32_t r = 0; r < 20; ++r) {
    Compensator compensator;
    compensator.hazard = hazard;
    compensator.first_up.assign(40, never);
    failures += study.site(study.run<1>(r, 0, &compensator), "node_failures");
    integral += compensator.integral;
  }
  EXPECT_GT(integral, 3000);
  EXPECT_NEAR(failures, integral, z_limit * std::sqrt(integral));
}

}  // namespace
}  // namespace nadc::test
