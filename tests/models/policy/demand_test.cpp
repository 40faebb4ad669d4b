// Demand that answers to wait and price.
#include <gtest/gtest.h>

#include <cmath>

#include "models/workload/response.hpp"
#include "tests/models/world_fixture.hpp"

namespace nadc::test {
namespace {

// (4 h / 1 h)^−½ · 2^−1 = ¼; capped at 1½ when waits and prices are low; a wait below a minute counts as one: of a
// reference of 4 min it is a quarter, (¼)^−½ = 2, and so is one of 15 s.
TEST(Response, IsThePowerLaw) {
  const double hour = ticks_per_hour;
  EXPECT_DOUBLE_EQ(demand_of({-0.5, hour, price_factor(2, -1)}, 4 * ticks_per_hour, 1.5), 0.25);
  EXPECT_DOUBLE_EQ(demand_of({-0.5, hour, 1}, 1, 1.5), 1.5);
  EXPECT_DOUBLE_EQ(demand_of({0, hour, 1}, 123456789, 1.5), 1.0);
  EXPECT_DOUBLE_EQ(demand_of({-0.5, 4.0 * ticks_per_minute, 1}, ticks_per_minute, 100), 2);
  EXPECT_DOUBLE_EQ(demand_of({-0.5, 4.0 * ticks_per_minute, 1}, 15 * ticks_per_second, 100), 2);
  EXPECT_EQ(threshold_of(0.25, 1), std::uint64_t{1} << 30);
  EXPECT_EQ(threshold_of(1.5, 1.5), std::uint64_t{1} << 32);
}
TEST(Response, MixesBeliefAndExperience) {
  // Half and half in the logarithm: of 1 and 4 h it is 2 h; a wait below a minute counts as one.
  EXPECT_EQ(believe(ticks_per_hour, 4 * ticks_per_hour, 0.5), 2 * ticks_per_hour);
  EXPECT_EQ(believe(ticks_per_hour, 3 * ticks_per_hour, 0), 3 * ticks_per_hour);
  EXPECT_EQ(believe(ticks_per_hour, 3 * ticks_per_hour, 1), ticks_per_hour);
  EXPECT_EQ(believe(4 * ticks_per_minute, 0, 0.5), 2 * ticks_per_minute);
}

Scenario busy(double jobs_per_day) {
  Scenario s = machine(16, 8, 360 * ticks_per_day);
  s.scheduler.backfill = Backfill::easy;
  s.scheduler.window = 20;
  s.workload.classes = {job_class("c", LawSpec::choice({{1, 2}, {4, 1}}), LawSpec::exponential(7200))};
  s.workload.groups = {GroupSpec{}, GroupSpec{}};
  s.workload.groups[0].name = "home", s.workload.groups[1].name = "foreign";
  for (GroupSpec& group : s.workload.groups) {
    group.reference_wait = ticks_per_hour;
    group.reference_price = 1000.0 / 3600;
  }
  s.workload.jobs_per_day = jobs_per_day;
  return s;
}
Scenario answering(Scenario s, double most) {
  s.workload.response = {30 * ticks_per_day, most, 0.5};
  return s;
}
double of_group(const Metrics& metrics, std::size_t g, const char* name) {
  return Study::value(group_metrics(), metrics.groups[g], name);
}

// Who does not mind sends everything: no metric changes, to the bit, but those that speak of the answer itself.
TEST(Response, OfIndifferentUsersChangesNothing) {
  const Study study({busy(60), answering(busy(60), 1)});
  for (std::uint32_t replica = 0; replica < 3; ++replica) {
    const Metrics off = study.metrics(study.run(replica, 0), 0), on = study.metrics(study.run(replica, 1), 1);
    for (std::size_t i = 0; i < off.site.size(); ++i) {
      if (site_metrics()[i].name.find("demand_") == 0) continue;
      EXPECT_TRUE(off.site[i] == on.site[i] || (std::isnan(off.site[i]) && std::isnan(on.site[i])))
          << site_metrics()[i].name;
    }
  }
}

// Twice the reference price at elasticity −1 deters half. n candidates: binomial, 4 standard errors (6·10⁻⁵).
TEST(Response, ToThePriceThinsCandidates) {
  Scenario dear = answering(busy(100), 1);
  dear.workload.groups[1].price = 2000.0 / 3600;
  dear.workload.groups[1].price_elasticity = -1;
  Scenario subsidised = dear;
  subsidised.workload.groups[1].subsidy = 0.5;
  const Study study({dear, subsidised});
  const Metrics metrics = study.metrics(study.run(0, 0), 0);
  const double sent = of_group(metrics, 1, "jobs_submitted"), n = 360 * 50.0;
  EXPECT_NEAR(sent, n / 2, 4 * std::sqrt(n / 4) + 4 * std::sqrt(n) / 2);
  EXPECT_EQ(of_group(study.metrics(study.run(0, 1), 1), 1, "jobs_submitted"),
            sent + study.site(study.run(0, 0), "jobs_deterred"));
}

// An overloaded machine: 16 GPUs, 130 jobs a day of 2 GPUs and 2 h are 1.35 times what it can do. Those who mind the
// wait leave, those who do not wait less for it; the load settles below 1 and the queue stops growing.
TEST(Response, ToTheWaitRelievesAnOverloadedMachine) {
  Scenario stubborn = answering(busy(130), 1), touchy = stubborn;
  touchy.workload.groups[1].wait_elasticity = -1;
  const Study study({stubborn, touchy});
  for (std::uint32_t replica = 0; replica < 2; ++replica) {
    const ReplicaResult a = study.run(replica, 0), b = study.run(replica, 1);
    const Metrics without = study.metrics(a, 0), with = study.metrics(b, 1);
    EXPECT_EQ(of_group(with, 0, "jobs_submitted"), of_group(without, 0, "jobs_submitted"));
    EXPECT_LT(of_group(with, 1, "jobs_submitted"), 0.7 * of_group(without, 1, "jobs_submitted"));
    EXPECT_LT(of_group(with, 0, "wait_mean_s"), 0.2 * of_group(without, 0, "wait_mean_s"));
    EXPECT_GT(study.site(b, "jobs_deterred", 1), 0);
  }
}

// A wait shorter than abroad draws more users than the workload says, up to the cap.
TEST(Response, AShortWaitDrawsUsers) {
  Scenario s = answering(busy(20), 2);
  s.workload.groups[1].wait_elasticity = -0.5;
  const Study study({s});
  const Metrics metrics = study.metrics(study.run());
  EXPECT_NEAR(of_group(metrics, 0, "jobs_submitted"), 3600, 6 * 60);
  EXPECT_GT(of_group(metrics, 1, "jobs_submitted"), 1.5 * 3600);
}

// M/M/16 whose users answer with elasticity −1.5 to a reference of an hour: 17.5 jobs an hour of 1 h each at the
// reference. Steady where (W(λ) / 1 h)^−1.5 = λ / 17.5, W by Erlang's C: λ = 15.27, demand 0.873. Demand that swings
// between nothing and three times is above it in the mean or empties the machine. Over the last of two years it is
// near: the queue's own noise moves monthly waits, which are correlated over some 60 d, and the curve is concave, so
// the mean lies below by a few per cent: within 10 %.
TEST(Response, SettlesAtTheFixedPointOfAQueue) {
  const auto wait_h = [](double load) {
    double term = 1, sum = 0;
    for (int k = 0; k < 16; ++k) sum += term, term *= load / (k + 1);
    const double last = term * 16 / (16 - load);
    return last / (sum + last) / (16 - load);
  };
  double low = 1, high = 15.999;
  for (int i = 0; i < 100; ++i) {
    const double middle = 0.5 * (low + high);
    (17.5 * std::pow(std::max(wait_h(middle), 1.0 / 60), -1.5) > middle ? low : high) = middle;
  }
  EXPECT_NEAR(low, 15.27, 0.005);
  Scenario s = machine(16, 8, 720 * ticks_per_day);
  s.warmup = 360 * ticks_per_day;
  s.workload.classes = {job_class("c", LawSpec::constant(1), LawSpec::exponential(3600))};
  s.workload.groups = {GroupSpec{}};
  s.workload.groups[0].name = "u";
  s.workload.groups[0].reference_wait = ticks_per_hour;
  s.workload.groups[0].wait_elasticity = -1.5;
  s.workload.groups[0].reference_price = 1;
  s.workload.jobs_per_day = 420;
  s.workload.response = {30 * ticks_per_day, 3, 0.9};
  Scenario hasty = s;
  hasty.workload.response.memory = 0;
  const Study study({s, hasty});
  for (std::uint32_t replica = 0; replica < 3; ++replica) {
    const ReplicaResult settled = study.run(replica, 0), swings = study.run(replica, 1);
    EXPECT_NEAR(study.site(settled, "jobs_submitted") / (360 * 24), low, 0.1 * low);
    EXPECT_LT(study.site(settled, "demand_swing"), 2);
    EXPECT_GT(study.site(swings, "demand_swing", 1), 4);
    // (1 − 0.9) · 1.5 · ρ / (1 − ρ)
    const double load = study.site(settled, "utilization");
    EXPECT_NEAR(study.site(settled, "demand_loop_gain"), 0.15 * load / (1 - load), 1e-6);
  }
}

// Lanes, capacities and a small window change no bit.
TEST(Response, IsTheSameForAnyWidthAndCapacity) {
  Scenario s = answering(busy(130), 1.5);
  s.horizon = 150 * ticks_per_day;
  s.workload.groups[0].wait_elasticity = -0.3;
  s.workload.groups[1].wait_elasticity = -1;
  Admits::choose<BorrowedQuota>(s.access.admit);
  s.workload.groups[0].quota = 0.3;
  s.workload.groups[1].quota = 0.5;
  for (const Backfill backfill : {Backfill::none, Backfill::easy, Backfill::conservative}) {
    s.scheduler.backfill = backfill;
    const Study study({s});
    const std::uint64_t hash = study.hash(study.run());
    EXPECT_EQ(hash, study.hash(study.run<32>()));
    Capacity tiny;
    tiny.slots = tiny.waiting = 8;
    tiny.sets = tiny.repairs = 4;
    tiny.profile = backfill == Backfill::conservative ? 8 : 0;
    EXPECT_EQ(hash, study.hash(study.run_with<1>(tiny)));
  }
}

}  // namespace
}  // namespace nadc::test
