// Each announced measure, from its key to its outcome: a hand-worked case, and the same turned on over common random
// numbers. docs/policy.md lists them. Statistical checks have a false-alarm rate of 6·10⁻⁵ (four standard errors).
#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/world_fixture.hpp"

namespace nadc::test {
namespace {

using Starts = std::vector<Tick>;
Starts seconds(std::initializer_list<double> list) {
  Starts ticks;
  for (double s : list) ticks.push_back(static_cast<Tick>(s * 1000));
  return ticks;
}
Starts starts_of(const Scenario& scenario, const std::vector<TraceInput>& jobs) {
  const Study study(scenario, jobs);
  Diary diary;
  study.run<1>(0, 0, &diary);
  return diary.start;
}

TrancheSpec tranche(std::int64_t gpus, std::int64_t date, LawSpec delay) {
  TrancheSpec spec;
  spec.node = "node";
  spec.gpus = gpus;
  spec.date = date;
  spec.delay = std::move(delay);
  return spec;
}
// One cluster with these tranches; nodes of 8.
Scenario delivered(std::vector<TrancheSpec> tranches, Tick horizon) {
  Scenario s = machine(0, 8, horizon);
  s.sites = {SiteSpec{}};
  s.sites[0].name = "s";
  s.sites[0].clusters = {ClusterSpec{}};
  s.sites[0].clusters[0].name = "c";
  s.sites[0].clusters[0].tranches = std::move(tranches);
  return s;
}

// A busy centre of 64 GPUs through 60 days with two groups: 90 % load.
Scenario centre() {
  Scenario s = delivered({tranche(64, 0, LawSpec::constant(0))}, 60 * ticks_per_day);
  s.scheduler.backfill = Backfill::easy;
  s.scheduler.window = 64;
  s.workload.classes = {job_class("train", LawSpec::choice({{8, 1}, {16, 1}}), LawSpec::lognormal(7200, 1)),
                        job_class("serve", LawSpec::choice({{1, 1}, {4, 1}}), LawSpec::lognormal(7200, 1))};
  s.workload.groups = {GroupSpec{}, GroupSpec{}};
  s.workload.groups[0].name = "academia", s.workload.groups[1].name = "start-up";
  s.workload.jobs_per_day = 58;
  s.policy.purchase.prices = {{"node", 100}};
  s.policy.purchase.exchange_rate = 1000;
  s.policy.cost.lifetime = 5 * 365 * ticks_per_day;
  return s;
}

// The lever moves the metric as intended, in the mean of 4 replicas over common random numbers.
void expect_moves(const Scenario& off, const Scenario& on, const char* metric, int direction) {
  const Study study({off, on});
  double change = 0;
  for (std::uint32_t replica = 0; replica < 4; ++replica)
    change += study.site(study.run(replica, 1), metric, 1) - study.site(study.run(replica, 0), metric, 0);
  EXPECT_GT(change * direction, 0) << metric << " changes by " << change / 4;
}

// ---- 10,000 GPUs by the end of 2025; 18,000

// Two independent tranches, due after 10 and 40 days, each late by an exponential delay of mean m. By day T both are
// there with probability (1 − e^(−(T−10)/m)) (1 − e^(−(T−40)/m)); a later tranche is not asked for.
TEST(Target, IsReachedWithTheProbabilityOfIndependentTranches) {
  constexpr int replicas = 3000;
  for (const double mean_days : {5.0, 20.0, 60.0}) {
    const LawSpec late = LawSpec::exponential(mean_days * 86400);
    Scenario s = delivered({tranche(6000, monday + 10 * 86400, late), tranche(4000, monday + 40 * 86400, late),
                            tranche(8000, monday + 80 * 86400, late)},
                           100 * ticks_per_day);
    s.policy.target = {10000, monday + 60 * 86400};
    Scenario all = s;
    all.policy.target = {18000, monday + 100 * 86400};
    const Study study({s, all});
    double reached = 0, reached_all = 0;
    for (std::uint32_t r = 0; r < replicas; ++r) {
      reached += study.site(study.run(r, 0), "target_reached", 0);
      reached_all += study.site(study.run(r, 1), "target_reached", 1);
    }
    const auto by = [&](double due, double at) { return 1 - std::exp(-(at - due) / mean_days); };
    // Installed reaches 10,000 also when the third tranche comes before one of the others: 6,000 + 8,000 or 4,000 +
    // 8,000; not before day 80, so not by the end of day 60, which is 61 days from the start.
    const double p = by(10, 61) * by(40, 61), q = by(10, 100) * by(40, 100) * by(80, 100);
    EXPECT_NEAR(reached / replicas, p, 4 * std::sqrt(p * (1 - p) / replicas)) << mean_days;
    EXPECT_NEAR(reached_all / replicas, q, 4 * std::sqrt(q * (1 - q) / replicas)) << mean_days;
  }
}

// Delivered at noon of the promised day is in time, at midnight after it is late.
TEST(Target, ByADateMeansTheEndOfThatDay) {
  for (const auto& [late_s, reached] : {std::pair{43200.0, 1.0}, {86399.0, 1.0}, {86400.0, 0.0}}) {
    Scenario s = delivered({tranche(8, monday + 10 * 86400, LawSpec::constant(late_s))}, 20 * ticks_per_day);
    s.policy.target = {8, monday + 10 * 86400};
    const Study study({s});
    EXPECT_EQ(study.site(study.run(), "target_reached"), reached) << late_s;
  }
}

// 8 GPUs now, 8 more after 100 s and their delay: the second job waits for them.
TEST(Target, AndTheQueueWaitsForTheTranches) {
  const std::vector<TraceInput> jobs{job(0, 8, 300), job(0, 8, 300)};
  Scenario s = delivered({tranche(8, 0, {}), tranche(8, monday + 100, LawSpec::constant(0))}, 0);
  EXPECT_EQ(starts_of(s, jobs), seconds({0, 100}));
  s.sites[0].clusters[0].tranches[1].delay = LawSpec::constant(60);
  EXPECT_EQ(starts_of(s, jobs), seconds({0, 160}));
}

// ---- tax credit

// Investors bring one node at the old rates (100,000 won, one node) and two at 50 %, elasticity 1: three jobs of 8 need
// not wait for one another. Tax forgone: half of 200,000, and none at the old rates: 100,000 for the 8 GPUs added. From
// an old rate of 20 %, one node still comes without a change: 20,000 were forgone anyway, and at 50 % the factor is
// 0.8/0.5 = 1.6: one node, nothing added, no figure; at 60 % it is two: 120,000 − 20,000 = 100,000 for 8 GPUs.
TEST(TaxCredit, BringsGpusThatShortenTheQueue) {
  Scenario s = centre();
  IncentiveSpec& incentive = s.policy.incentive;
  incentive.node = "node";
  incentive.cap = 80;
  incentive.baseline = 100'000;
  incentive.shares = {{"large", 1}};
  incentive.elasticity = 1;
  incentive.delay = LawSpec::constant(0);
  Scenario credit = s;
  credit.policy.incentive.credit = {{"large", 0.5}};
  expect_moves(s, credit, "wait_mean_s", -1);
  expect_moves(s, credit, "gpus_installed_end", +1);

  for (Scenario* small : {&s, &credit}) {
    small->sites[0].clusters[0].tranches[0].gpus = 8;
    small->horizon = 0;
    small->workload.groups.clear();
    small->workload.classes.clear();
  }
  const std::vector<TraceInput> jobs{job(0, 8, 100), job(0, 8, 100), job(0, 8, 100)};
  EXPECT_EQ(starts_of(s, jobs), seconds({0, 0, 100}));
  EXPECT_EQ(starts_of(credit, jobs), seconds({0, 0, 0}));
  const Study study(credit, jobs);
  const ReplicaResult result = study.run();
  EXPECT_EQ(study.site(result, "tax_forgone_krw"), 100'000);
  EXPECT_EQ(study.site(result, "coinvestment_krw"), 200'000);
  EXPECT_EQ(study.site(result, "gpus_coinvested"), 16);
  EXPECT_EQ(study.site(result, "gpus_coinvested_baseline"), 8);
  EXPECT_EQ(study.site(result, "gpus_coinvested_added"), 8);
  EXPECT_EQ(study.site(result, "tax_forgone_per_gpu_krw"), 100'000.0 / 8);
  credit.policy.incentive.before = {{"large", 0.2}};
  const Study none(credit, jobs);
  EXPECT_EQ(none.site(none.run(), "gpus_coinvested_added"), 0);
  EXPECT_TRUE(std::isnan(none.site(none.run(), "tax_forgone_per_gpu_krw")));
  credit.policy.incentive.credit = {{"large", 0.6}};
  const Study more(credit, jobs);
  EXPECT_EQ(more.site(more.run(), "tax_forgone_added_krw"), 100'000);
  EXPECT_EQ(more.site(more.run(), "tax_forgone_per_gpu_krw"), 100'000.0 / 8);
}

// ---- 9.4 trillion won to 2027

// 8 nodes planned, money for 6: 16 GPUs are not bought, 200,000 won short. Dearer dollars buy 5.
TEST(Budget, LimitsTheFleetAndRecordsTheOverrun) {
  Scenario free = centre(), tight = free, dear = free;
  tight.policy.budget.envelope = {{"2026", 650'000}};
  dear.policy.budget.envelope = tight.policy.budget.envelope;
  dear.policy.purchase.exchange_rate = 1200;
  const Study study({free, tight, dear});
  const ReplicaResult a = study.run(0, 1), b = study.run(0, 2);
  EXPECT_EQ(study.site(a, "gpus_installed_end", 1), 48);
  EXPECT_EQ(study.site(a, "gpus_not_bought", 1), 16);
  EXPECT_EQ(study.site(a, "budget_unspent_krw", 1), 50'000);
  EXPECT_EQ(study.site(a, "budget_spent_krw", 1), 600'000);
  EXPECT_GE(study.site(a, "budget_overrun_krw", 1), 200'000);
  EXPECT_EQ(study.site(b, "gpus_installed_end", 2), 40);
  expect_moves(free, tight, "wait_mean_s", +1);
  // Two nodes in place of three: the third job waits.
  Scenario small = delivered({tranche(24, 0, {})}, 0);
  small.policy.purchase = centre().policy.purchase;
  const std::vector<TraceInput> jobs{job(0, 8, 100), job(0, 8, 100), job(0, 8, 100)};
  EXPECT_EQ(starts_of(small, jobs), seconds({0, 0, 0}));
  small.policy.budget.envelope = {{"2026", 250'000}};
  EXPECT_EQ(starts_of(small, jobs), seconds({0, 0, 100}));
}

// ---- the fund for AI-chip start-ups

// A node of 8 and 8 domestic accelerators from 50 s on, which serve at half speed and do not train: the training job
// waits for the node, the serving job starts at 50 and takes 200 s. At a performance of 2 it takes 100 s.
TEST(Fund, AddsAcceleratorsForTheClassesThatTheyCanRun) {
  Scenario s = delivered({tranche(8, 0, {})}, 0);
  s.catalog.nodes.push_back(node_kind("own", 8));
  s.workload.classes = {job_class("train", LawSpec::constant(1), LawSpec::constant(1)),
                        job_class("serve", LawSpec::constant(1), LawSpec::constant(1))};
  s.workload.classes[0].speed = {{"own", 0}};
  s.workload.classes[1].speed = {{"own", 0.5}};
  const std::vector<TraceInput> jobs{job(0, 8, 300, 0, "", "train"), job(1, 8, 10, 0, "", "train"),
                                     job(2, 8, 100, 0, "", "serve")};
  EXPECT_EQ(starts_of(s, jobs), seconds({0, 300, 310}));
  s.policy.purchase.prices = {{"own", 50}};
  s.policy.purchase.exchange_rate = 1000;
  s.policy.domestic.node = "own";
  s.policy.fund.amount = 100'000;
  s.policy.fund.purchase = 0.5;
  s.policy.fund.cap = 80;
  s.policy.fund.date = monday + 50;
  s.policy.fund.delay = LawSpec::constant(0);
  s.scheduler.backfill = Backfill::easy;
  const Study slow(s, jobs);
  Diary diary;
  slow.run<1>(0, 0, &diary);
  EXPECT_EQ(diary.start, seconds({0, 300, 50}));
  EXPECT_EQ(diary.end[2], 250'000);
  s.policy.domestic.performance = 2;
  const Study fast(s, jobs);
  fast.run<1>(0, 0, &diary);
  EXPECT_EQ(diary.end[2], 150'000);
}

TEST(Fund, ShortensTheQueueOnCommonRandomNumbers) {
  Scenario off = centre();
  off.catalog.nodes.push_back(node_kind("own", 8));
  off.workload.classes[0].speed = {{"own", 0}};
  off.policy.domestic.node = "own";
  off.policy.purchase.prices.push_back({"own", 50});
  Scenario on = off;
  on.policy.fund.amount = 200'000;
  on.policy.fund.purchase = 1;
  on.policy.fund.cap = 80;
  on.policy.fund.delay = LawSpec::constant(0);
  expect_moves(off, on, "wait_mean_s", -1);
  // A share of the fleet in domestic kinds leaves fewer GPUs that train: they wait longer.
  Scenario share = off;
  share.policy.domestic.share = 0.5;
  expect_moves(off, share, "wait_mean_s", +1);
}

// ---- public–private cooperation

// The state pays half and its group may hold half: its second job waits for the first. Under 30 % (8 GPUs: 2.4) it gets
// nothing; with 100 % both start at once.
TEST(Ownership, DecidesWhatTheGroupsGet) {
  Scenario s = machine(8, 8, 200 * ticks_per_second);
  Admits::choose<GroupQuota>(s.access.admit);
  s.workload.groups = {GroupSpec{}};
  s.workload.groups[0].name = "academia";
  s.workload.groups[0].owner = Owner::state;
  s.policy.ownership.quotas = true;
  const std::vector<TraceInput> jobs{job(0, 4, 100), job(0, 4, 50)};
  s.policy.ownership.state = 1;
  EXPECT_EQ(starts_of(s, jobs), seconds({0, 0}));
  s.policy.ownership.state = 0.5;
  EXPECT_EQ(starts_of(s, jobs), seconds({0, 100}));
  s.policy.ownership.state = 0.3;
  EXPECT_EQ(starts_of(s, jobs), Starts{});

  Scenario all = centre();
  Admits::choose<GroupQuota>(all.access.admit);
  all.policy.ownership.quotas = true;
  all.workload.groups[0].owner = Owner::state;
  Scenario shared = all;
  shared.policy.ownership.state = 0.3;
  expect_moves(all, shared, "wait_mean_s", +1);
  expect_moves(all, shared, "public_annual_cost_krw", -1);
}

// ---- regulation

// A regime that halves a class's demand halves its jobs, and nobody else's.
TEST(Regime, ScalesTheDemandOfAClass) {
  Scenario base = centre(), strict = base;
  strict.workload.classes[0].demand = 0.5;
  const Study study({base, strict});
  double before = 0, after = 0;
  for (std::uint32_t r = 0; r < 4; ++r) {
    const Metrics a = study.metrics(study.run(r, 0), 0), b = study.metrics(study.run(r, 1), 1);
    before += Study::value(group_metrics(), a.classes[0], "jobs_submitted");
    after += Study::value(group_metrics(), b.classes[0], "jobs_submitted");
    EXPECT_EQ(Study::value(group_metrics(), a.classes[1], "jobs_submitted"),
              Study::value(group_metrics(), b.classes[1], "jobs_submitted"));
  }
  // Poisson: 4·60·29 expected jobs, halved.
  EXPECT_NEAR(after, before / 2, 4 * std::sqrt(before / 2 + before / 4));
  expect_moves(base, strict, "wait_mean_s", -1);
}

// A wall around private data splits the fleet: both sides wait longer.
TEST(PrivacyPartition, FragmentsTheFleet) {
  Scenario open = centre();
  open.sites[0].clusters.push_back(open.sites[0].clusters[0]);
  open.sites[0].clusters[1].name = "private";
  for (ClusterSpec& cluster : open.sites[0].clusters) cluster.tranches[0].gpus = 32;
  Scenario walled = open;
  walled.sites[0].clusters[1].groups = {"start-up"};
  walled.workload.groups[1].confined = true;
  expect_moves(open, walled, "wait_mean_s", +1);
  expect_moves(open, walled, "stranded_gpu_hours_partition", +1);
}

// ---- domains

// What classes of a domain do adds up, waits included.
TEST(Domains, AreTheSumOfTheirClasses) {
  Scenario s = centre();
  s.workload.classes.push_back(job_class("model", LawSpec::constant(32), LawSpec::lognormal(7200, 1)));
  s.workload.classes[2].share = 0.2;
  s.workload.classes[0].domain = s.workload.classes[2].domain = "generative-ai";
  s.workload.classes[1].domain = "health";
  const Study study({s});
  const Metrics m = study.metrics(study.run());
  ASSERT_EQ(study.builder().domains(), (std::vector<std::string>{"generative-ai", "health"}));
  const auto value = [&](const std::vector<double>& row, const char* name) {
    return Study::value(group_metrics(), row, name);
  };
  for (const char* name : {"jobs_submitted", "jobs_started", "gpu_hours_delivered", "gpu_time_share"})
    EXPECT_NEAR(value(m.domains[0], name), value(m.classes[0], name) + value(m.classes[2], name),
                1e-9 * value(m.domains[0], name));
  EXPECT_EQ(value(m.domains[1], "wait_p90_s"), value(m.classes[1], "wait_p90_s"));
}

// ---- start-ups

// Two groups share 8 GPUs; start-ups come second and wait 100 s for the others' job; by quota, or first by priority,
// their result is there at 50 s.
TEST(StartUps, GetResultsSoonerByQuotaOrPriority) {
  Scenario s = machine(8, 8, 1000 * ticks_per_second);
  s.workload.groups = {GroupSpec{}, GroupSpec{}};
  s.workload.groups[0].name = "all", s.workload.groups[1].name = "start-up";
  s.workload.groups[1].award = 4 * 50 / 3600.0;
  s.workload.groups[1].members = 10;
  s.workload.groups[1].startups = true;
  const std::vector<TraceInput> jobs{job(0, 4, 100, 0, "all"), job(0, 4, 100, 0, "all"), job(0, 4, 50, 0, "start-up")};
  const auto result_of = [&] {
    const Study study(s, jobs);
    const ReplicaResult result = study.run();
    EXPECT_EQ(study.site(result, "startups_served"), 1);
    return Study::value(group_metrics(), study.metrics(result).groups[1], "time_to_result_mean_s");
  };
  EXPECT_EQ(result_of(), 150);
  s.workload.groups[1].priority = 5;
  Orders::choose<PriorityFirst>(s.scheduler.order);
  EXPECT_EQ(result_of(), 50);
  Orders::choose<Fifo>(s.scheduler.order);
  Admits::choose<GroupQuota>(s.access.admit);
  s.workload.groups[0].quota = s.workload.groups[1].quota = 0.5;
  EXPECT_EQ(result_of(), 50);
}

TEST(StartUps, ShareMovesOnCommonRandomNumbers) {
  Scenario open = centre();
  open.scheduler.window = 0;  // academia's jobs behind its wall fill no window
  Scenario reserved = open;
  open.workload.groups[1].award = reserved.workload.groups[1].award = 100;
  Admits::choose<GroupQuota>(reserved.access.admit);
  reserved.workload.groups[0].quota = 0.25;
  const Study study({open, reserved});
  double change = 0;
  for (std::uint32_t r = 0; r < 4; ++r)
    change += Study::value(group_metrics(), study.metrics(study.run(r, 1), 1).groups[1], "time_to_result_mean_s") -
              Study::value(group_metrics(), study.metrics(study.run(r, 0), 0).groups[1], "time_to_result_mean_s");
  EXPECT_LT(change, 0);
}

}  // namespace
}  // namespace nadc::test
