// The loop against queueing theory: mean waits over independent replicas, each with a warm-up, against the formula.
// A test fails when the mean lies beyond t standard errors, t the quantile of Student's law at a false-alarm rate of
// 10⁻⁴ a row (two-sided). The seeds are fixed, so a row that passes always passes.
#include <gtest/gtest.h>

#include <cmath>

#include "sim/statistics.hpp"
#include "tests/models/policies.hpp"
#include "tests/models/world_fixture.hpp"

namespace nadc::test {
namespace {

constexpr double false_alarm = 1e-4;
constexpr double service_s = 2000;

void expect_mean(const std::vector<double>& rows, double expected, const std::string& what) {
  const Moments m = moments_of(rows);
  const double t = student_t_quantile(1 - false_alarm / 2, static_cast<double>(m.n - 1));
  EXPECT_NEAR(m.mean, expected, t * m.standard_error()) << what;
  EXPECT_LT(m.standard_error(), 0.04 * expected) << what;  // or the test would see too little
}

// c servers of one GPU each, Poisson arrivals, first come first served.
Scenario queue(std::int64_t servers, double load, const LawSpec& service, double jobs) {
  const double rate = load * static_cast<double>(servers) / mean(service);  // [1/s]
  const auto horizon = static_cast<Tick>(jobs / rate) * ticks_per_second;
  Scenario s = machine(servers, 1, horizon);
  s.warmup = horizon / 10;
  s.workload.classes = {job_class("all", LawSpec::constant(1), service)};
  s.workload.jobs_per_day = rate * 86400;
  return s;
}

std::vector<double> metric_of_replicas(const Scenario& scenario, std::string_view name, std::uint32_t replicas) {
  const Study study({scenario});
  std::vector<double> rows;
  for (std::uint32_t r = 0; r < replicas; ++r) rows.push_back(study.site(study.run(r), name));
  return rows;
}

// Probability of waiting in M/M/c. Source: Erlang 1917; through the recursion of the loss formula.
double erlang_b(std::int64_t servers, double offered) {
  double b = 1;
  for (std::int64_t n = 1; n <= servers; ++n) b = offered * b / (static_cast<double>(n) + offered * b);
  return b;
}
double erlang_c_wait(std::int64_t servers, double load, double service) {
  const double b = erlang_b(servers, load * static_cast<double>(servers));
  const double c = b / (1 - load * (1 - b));
  return c * service / (static_cast<double>(servers) * (1 - load));
}

TEST(Queueing, MeanWaitsAreErlangs) {
  struct Row {
    std::int64_t servers;
    double load, jobs;
  };
  for (const Row& row :
       {Row{1, 0.5, 20000}, Row{1, 0.8, 30000}, Row{4, 0.7, 20000}, Row{20, 0.85, 60000}, Row{64, 0.92, 60000}}) {
    const LawSpec service = LawSpec::exponential(service_s);
    expect_mean(metric_of_replicas(queue(row.servers, row.load, service, row.jobs), "wait_mean_s", 24),
                erlang_c_wait(row.servers, row.load, service_s),
                "M/M/" + std::to_string(row.servers) + " at " + std::to_string(row.load));
  }
}

// By placement on nodes of 8 GPUs the pool of single GPUs is the same queue.
TEST(Queueing, SingleGpuJobsOnLargeNodesAreTheSameQueue) {
  for (const ChoiceValue& place : policies<Places, BestFit, Pack>()) {
    Scenario s = queue(32, 0.85, LawSpec::exponential(service_s), 40000);
    s.catalog.nodes[0].gpus = 8;
    s.scheduler.place = place;
    s.scheduler.backfill = Backfill::easy;
    expect_mean(metric_of_replicas(s, "wait_mean_s", 24), erlang_c_wait(32, 0.85, service_s), "M/M/32 by node");
  }
}

// Pollaczek and Khinchine: W = λ E[S²] / (2 (1 − ρ)) = ρ (1 + C²) E[S] / (2 (1 − ρ)).
TEST(Queueing, MeanWaitsOfOneServerArePollaczekAndKhinchines) {
  const auto expected = [](double load, double squared_variation, double service) {
    return load * (1 + squared_variation) * service / (2 * (1 - load));
  };
  for (double load : {0.4, 0.75}) {
    expect_mean(metric_of_replicas(queue(1, load, LawSpec::constant(service_s), 15000), "wait_mean_s", 24),
                expected(load, 0, service_s), "M/D/1");
    const LawSpec lognormal = LawSpec::lognormal(1000, 0.8);  // C² = exp(σ²) − 1
    expect_mean(metric_of_replicas(queue(1, load, lognormal, 30000), "wait_mean_s", 24),
                expected(load, std::expm1(0.64), mean(lognormal)), "M/G/1, lognormal");
  }
}

// Shares of time with n busy servers out of more than are ever needed.
struct Occupancy : Silent {
  Tick from = 0, last = 0;
  std::vector<double> time;
  void restart() {
    last = 0;
    time.assign(64, 0);
  }
  template <class D> void before(Tick now, const D& datacenter) {
    const Snapshot shot = datacenter.snapshot();
    if (now > from) time.at(shot.running) += static_cast<double>(now - std::max(last, from));
    last = now;
  }
};

// A loss system: what finds all servers busy is turned away. M/M/c/c and M/G/c/c lose Erlang's share whatever the law
// of service. scheduler.queue: 0 says so.
TEST(Queueing, TurnedAwayWithoutAQueueIsErlangsLossFormula) {
  struct Row {
    std::int64_t servers;
    double offered;
    LawSpec service;
  };
  const Row rows[] = {
      {4, 3, LawSpec::exponential(1000)}, {16, 14, LawSpec::lognormal(800, 1)}, {64, 70, LawSpec::exponential(1500)}};
  for (const Row& row : rows) {
    Scenario s = queue(row.servers, row.offered / static_cast<double>(row.servers), row.service, 20000);
    s.scheduler.queue = 0;
    const Study study({s});
    std::vector<double> lost;
    for (std::uint32_t r = 0; r < 24; ++r) {
      const ReplicaResult result = study.run(r);
      const double dropped = study.site(result, "jobs_dropped");
      lost.push_back(dropped / (dropped + study.site(result, "jobs_submitted")));
      EXPECT_EQ(study.site(result, "jobs_waiting_end"), 0);
      EXPECT_EQ(study.site(result, "wait_mean_s"), 0);
    }
    const Moments m = moments_of(lost);
    const double t = student_t_quantile(1 - false_alarm / 2, 23);
    EXPECT_NEAR(m.mean, erlang_b(row.servers, row.offered), t * m.standard_error()) << row.servers;
    EXPECT_LT(m.standard_error(), 0.03 * m.mean) << row.servers;
  }
}

// With servers for all, the number busy is Poisson whatever the law of service (M/G/∞), and its cut-off quotients are
// Erlang's loss formula: B(c) = P(N = c) / P(N ≤ c).
TEST(Queueing, OccupancyWithServersForAllHasErlangsLossQuotients) {
  const double offered = 8;
  const LawSpec service = LawSpec::lognormal(1500, 1);
  Scenario s = queue(60, offered / 60, service, 20000);
  const Study study({s});
  std::vector<std::vector<double>> quotient(16);
  for (std::uint32_t r = 0; r < 24; ++r) {
    Occupancy occupancy;
    occupancy.from = s.warmup;
    study.run<1>(r, 0, &occupancy);
    double upto = 0;
    for (std::size_t c = 0; c < quotient.size(); ++c) {
      upto += occupancy.time[c];
      quotient[c].push_back(upto > 0 ? occupancy.time[c] / upto : 0);
    }
  }
  for (std::size_t c : {std::size_t{4}, std::size_t{8}, std::size_t{12}, std::size_t{15}}) {
    const Moments m = moments_of(quotient[c]);
    const double t = student_t_quantile(1 - false_alarm / 2, 23);
    EXPECT_NEAR(m.mean, erlang_b(static_cast<std::int64_t>(c), offered), t * m.standard_error()) << c;
    EXPECT_LT(m.standard_error(), 0.05 * m.mean) << c;
  }
}

// Little's law holds exactly for busy GPUs: utilization = λ E[S] / c.
TEST(Queueing, UtilizationIsTheOfferedLoad) {
  const LawSpec service = LawSpec::weibull(0.8, 2000);
  expect_mean(metric_of_replicas(queue(16, 0.6, service, 40000), "utilization", 24), 0.6, "utilization");
}

}  // namespace
}  // namespace nadc::test
