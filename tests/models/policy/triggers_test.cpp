// Triggers in small worlds whose dates are worked out by hand.
#include <gtest/gtest.h>

#include <cmath>

#include "models/policy/build_triggers.hpp"
#include "models/policy/orders.hpp"
#include "tests/models/world_fixture.hpp"

namespace nadc::test {
namespace {

constexpr Tick day = ticks_per_day, hour = ticks_per_hour;

TriggerSpec trigger(TriggerMetric metric) {
  TriggerSpec spec;
  spec.name = "t";
  spec.every = TriggerPeriod::day;
  spec.when.metric = metric;
  return spec;
}
TriggerSpec raise_price_when(TriggerMetric metric, std::int64_t at_most) {
  TriggerSpec spec = trigger(metric);
  spec.then.price = PriceChangeSpec{1.5, ""};
  spec.at_most = at_most;
  return spec;
}

std::vector<Tick> acts(const Study& study, const ReplicaResult& result, std::uint32_t t = 0) {
  return acts_of(study.world(), result.raw(study.world()), TriggerId(t));
}

// Eight GPUs, and a job of eight for two days on each day at 01:00, from the first. They start one after another, job n
// at 01:00 of day 2 n, so that it waits n days; at midnight of day d a job that waits since day n has waited
// 24 (d − n) − 1 hours.
Scenario growing_queue(Tick horizon) {
  Scenario s = machine(8, 8, horizon);
  s.policy.purchase.prices = {{"node", 100}};
  s.policy.purchase.exchange_rate = 1000;
  return s;
}
std::vector<TraceInput> daily_jobs() {
  std::vector<TraceInput> jobs{job(0, 1, 60)};  // the first of a trace is at its start
  for (int n = 0; n < 12; ++n) jobs.push_back(job(n * 86400.0 + 3600, 8, 2 * 86400.0));
  return jobs;
}
TriggerSpec order_more(std::int64_t at_most, std::int64_t pause) {
  TriggerSpec spec = trigger(TriggerMetric::wait_mean);
  spec.when.longer = day;
  spec.when.in_a_row = 2;
  spec.then.order = OrderSpec{};
  spec.then.order->node = "node";
  spec.then.order->gpus = 8;
  spec.then.order->lead = 3 * day;
  spec.then.order->delay = LawSpec::constant(0);
  spec.at_most = at_most;
  spec.pause = pause;
  return spec;
}

// At the end of day 3 job 1 has started after just a day, and job 2 has waited 23 h: not yet too long. At the end of
// day 4 nobody started, and job 2 has waited 47 h: it holds. On day 5 job 2 started after 48 h, and job 3 has waited
// 47 h: it holds again, and eight GPUs come on day 8, when job 4 takes them.
TEST(Triggers, OrderWhenWaitsGrew) {
  Scenario s = growing_queue(20 * day);
  s.policy.triggers = {order_more(1, 0)};
  const Study study(s, daily_jobs());
  Diary diary;
  const ReplicaResult result = study.run(0, 0, &diary);
  EXPECT_EQ(acts(study, result), (std::vector<Tick>{5 * day}));
  EXPECT_EQ(diary.start[1 + 3], 6 * day + hour);
  EXPECT_EQ(diary.start[1 + 4], 8 * day);
  EXPECT_EQ(diary.start[1 + 5], 8 * day + hour);
  EXPECT_EQ(study.site(result, "trigger_acts"), 1);
  EXPECT_EQ(study.site(result, "trigger_first_day"), 5);
  EXPECT_EQ(study.site(result, "gpus_ordered"), 8);
  EXPECT_EQ(study.site(result, "gpus_installed_end"), 16);
  EXPECT_EQ(study.site(result, "gpu_hours_installed"), 24 * (8 * 20 + 8 * 12));
  EXPECT_EQ(study.site(result, "capex_krw"), 200'000);
  EXPECT_EQ(study.hash(study.run<32>()), study.hash(result));
}

// It counts anew after an act: days 6 and 7 hold (71 and 47 h; 72, 71 and 47 h), and the second order is given on day 7
// for day 10. With a pause of three, days 6 to 8 do not count, and it is given on day 10 for day 13.
TEST(Triggers, CountAnewAfterAnActAndAPause) {
  Scenario s = growing_queue(20 * day);
  s.policy.triggers = {order_more(2, 0), raise_price_when(TriggerMetric::wait_mean, 1)};
  s.policy.triggers[1].name = "once";
  s.policy.triggers[1].when.longer = day;
  const Study twice(s, daily_jobs());
  const ReplicaResult result = twice.run();
  EXPECT_EQ(acts(twice, result), (std::vector<Tick>{5 * day, 7 * day}));
  EXPECT_EQ(acts(twice, result, 1), (std::vector<Tick>{4 * day}));
  EXPECT_EQ(twice.site(result, "gpu_hours_installed"), 24 * 8 * (20 + 12 + 10));
  s.policy.triggers = {order_more(2, 3)};
  const Study paused(s, daily_jobs());
  EXPECT_EQ(acts(paused, paused.run()), (std::vector<Tick>{5 * day, 10 * day}));
  EXPECT_EQ(paused.site(paused.run(), "gpu_hours_installed"), 24 * 8 * (20 + 12 + 7));
}

// Ordered on day 5, planned for day 8, it comes a day late; a run that ends on day 7 has ordered it and not paid it.
TEST(Triggers, OrdersComeLateAndArePaidOnTheirPlannedDate) {
  Scenario s = growing_queue(20 * day);
  s.policy.triggers = {order_more(1, 0)};
  s.policy.triggers[0].then.order->delay = LawSpec::constant(86400);
  const Study late(s, daily_jobs());
  EXPECT_EQ(late.site(late.run(), "gpu_hours_installed"), 24 * 8 * (20 + 11));
  s.horizon = 7 * day;
  const Study cut(s, daily_jobs());
  const ReplicaResult result = cut.run();
  EXPECT_EQ(cut.site(result, "gpus_ordered"), 8);
  EXPECT_EQ(cut.site(result, "ordered_krw"), 100'000);
  EXPECT_EQ(cut.site(result, "capex_krw"), 100'000);
  EXPECT_EQ(cut.site(result, "gpus_installed_end"), 8);
}

// What is never ordered costs nothing and stands nowhere.
TEST(Triggers, ThatNeverActChangeNothing) {
  Scenario s = growing_queue(20 * day);
  const Study without(s, daily_jobs());
  s.policy.triggers = {order_more(3, 0)};
  s.policy.triggers[0].when.longer = 100 * day;
  const Study idle(s, daily_jobs());
  const ReplicaResult a = without.run(), b = idle.run();
  for (const MetricInfo& info : site_metrics()) {
    if (info.name == "trigger_first_day") continue;
    const double before = without.site(a, info.name), after = idle.site(b, info.name);
    EXPECT_TRUE(before == after || (std::isnan(before) && std::isnan(after))) << info.name;
  }
  EXPECT_TRUE(std::isnan(idle.site(b, "trigger_first_day")));
}

// From 2026-12-28 on: the order of 2 January is planned for 5 January 2027, when a node costs a tenth more. A year's
// maintenance is a tenth of the price: of the first node for 20 days, of the second for 12.
TEST(Triggers, PayThePriceOfTheYearAndMaintenance) {
  Scenario s = growing_queue(20 * day);
  s.start = monday + 357 * 86400;
  s.policy.purchase.trend = 0.1;
  s.policy.cost.maintenance = 0.1;
  s.policy.triggers = {order_more(1, 0)};
  const Study study(s, daily_jobs());
  const ReplicaResult result = study.run();
  EXPECT_EQ(study.site(result, "capex_krw"), 100'000 + 110'000);
  EXPECT_EQ(study.site(result, "ordered_krw"), 110'000);
  const double a_year = 10'000 + 11'000, gpu_days = 8 * 20 + 8 * 12;
  EXPECT_NEAR(study.site(result, "opex_krw") - study.site(result, "energy_cost_krw"),
              a_year * gpu_days / (16 * ticks_per_year / day), 1);
}

// Orders of a kind of their own are all of a partition; the state pays a quarter of the one that it shares.
TEST(Triggers, OrderAnotherKindForAnotherOwner) {
  Scenario s = growing_queue(20 * day);
  s.catalog.nodes.push_back(node_kind("other", 8));
  s.policy.purchase.prices.push_back({"other", 300});
  s.policy.ownership.state = 0.25;
  s.policy.triggers = {order_more(1, 0)};
  s.policy.triggers[0].then.order->node = "other";
  const Study study(s, daily_jobs());
  Diary diary;
  const ReplicaResult result = study.run(0, 0, &diary);
  EXPECT_EQ(study.builder().partitions(), (std::vector<std::string>{"site/cluster/node", "site/cluster/other"}));
  EXPECT_EQ(diary.where[1 + 4].partition, PartitionId(1));
  EXPECT_EQ(study.site(result, "capex_krw"), 400'000);
  EXPECT_NEAR(study.site(result, "public_cash_krw"), (400'000 + study.site(result, "opex_krw")) / 4, 1);
  s.policy.triggers[0].then.order->how = Acquire::rent;
  s.policy.purchase.rents = {{"other", 2}};
  const Study rented(s, daily_jobs());
  EXPECT_EQ(rented.site(rented.run(), "capex_krw"), 100'000);
  EXPECT_NEAR(rented.site(rented.run(), "opex_krw") - rented.site(rented.run(), "energy_cost_krw"),
              8 * 24.0 * 12 * 2 * 1000, 1);
}

// Levers share the numbers of their nodes and the names of their triggers.
TEST(Triggers, OfOneLeverLeaveTheOthersAlone) {
  Scenario base = machine(32, 8, 20 * day);
  base.workload.classes = {job_class("c", LawSpec::choice({{1, 2}, {8, 1}}), LawSpec::exponential(7200))};
  base.workload.jobs_per_day = 60;
  Scenario more = base;
  more.policy.triggers = {order_more(2, 0)};
  more.policy.triggers[0].when.longer = 0;
  more.policy.triggers[0].when.in_a_row = 1;
  const Study alone({base}), both({base, more});
  const ReplicaResult a = alone.run(3), b = both.run(3, 0);
  for (const char* name : {"jobs_started", "gpu_hours_held", "wait_mean_s", "gpu_hours_installed"})
    EXPECT_EQ(alone.site(a, name), both.site(b, name)) << name;
  EXPECT_EQ(both.site(both.run(3, 0), "trigger_acts"), 0);
  EXPECT_EQ(both.site(both.run(3, 1), "trigger_acts", 1), 2);
}

// Ten GPUs. On each of two days a job of ten runs from midnight for two hours, one of one GPU waits two hours for it,
// and others of one GPU start at once at 03:00: eight on the first day, so that one of ten waited more than an hour,
// which is just a tenth; seven on the second. On the third a job of ten runs for two days, and one waits for it.
std::vector<TraceInput> waits_of_a_tenth() {
  std::vector<TraceInput> jobs;
  for (const int d : {0, 1}) {
    jobs.push_back(job(d * 86400.0 + 60, 10, 7200));
    jobs.push_back(job(d * 86400.0 + 60, 1, 60));
    for (int n = 0; n < 8 - d; ++n) jobs.push_back(job(d * 86400.0 + 3 * 3600, 1, 60));
  }
  jobs.push_back(job(2 * 86400.0 + 60, 10, 2 * 86400));
  jobs.push_back(job(2 * 86400.0 + 60, 1, 60));
  return jobs;
}
TEST(Triggers, CountAP90AsMoreThanATenth) {
  Scenario s = machine(10, 1, 8 * day);
  s.policy.triggers = {raise_price_when(TriggerMetric::wait_p90, 20)};
  s.policy.triggers[0].when.longer = hour;
  const Study above(s, waits_of_a_tenth());
  // Days 3 and 4: nobody else starts, and the one that waits counts. It starts on day 5, after two days.
  EXPECT_EQ(acts(above, above.run()), (std::vector<Tick>{2 * day, 3 * day, 4 * day, 5 * day}));
  // Just two hours are not longer than two hours; on days 1 and 2 all waited no longer.
  s.policy.triggers[0].when.longer = 2 * hour;
  const Study equal(s, waits_of_a_tenth());
  EXPECT_EQ(acts(equal, equal.run()), (std::vector<Tick>{3 * day, 4 * day, 5 * day}));
  // Nine tenths waited less than an hour on the first day alone; days without jobs are neither short nor long.
  s.policy.triggers[0].when.longer = -1;
  s.policy.triggers[0].when.shorter = hour;
  const Study below(s, waits_of_a_tenth());
  EXPECT_EQ(acts(below, below.run()), (std::vector<Tick>{day}));
  // The means of the days are 12 min, 2 h / 9, then those of the job that waits.
  s.policy.triggers[0].when.metric = TriggerMetric::wait_mean;
  s.policy.triggers[0].when.shorter = 13 * ticks_per_minute;
  const Study mean(s, waits_of_a_tenth());
  EXPECT_EQ(acts(mean, mean.run()), (std::vector<Tick>{day}));
}

// Of one group alone: the small jobs are the other's.
TEST(Triggers, LookAtOneGroup) {
  Scenario s = machine(10, 1, 8 * day);
  s.workload.groups = {GroupSpec{}, GroupSpec{}};
  s.workload.groups[0].name = "large", s.workload.groups[1].name = "small";
  std::vector<TraceInput> jobs = waits_of_a_tenth();
  for (TraceInput& one : jobs) one.group = one.gpus == 10 ? "large" : "small";
  s.policy.triggers = {raise_price_when(TriggerMetric::wait_mean, 20)};
  s.policy.triggers[0].when.of = "large";
  s.policy.triggers[0].when.longer = 0;
  const Study large(s, jobs);
  EXPECT_EQ(acts(large, large.run()), std::vector<Tick>{});
  s.policy.triggers[0].when.of = "small";
  const Study small(s, jobs);
  EXPECT_EQ(acts(small, small.run()), (std::vector<Tick>{day, 2 * day, 3 * day, 4 * day, 5 * day}));
}

// Ten GPUs at 1,000 won. The first day's job holds them for 21.6 h: just 90 %. The second's for 22 h, and another from
// 23:00 on for six hours: 23 h. The price doubles at the end of that day: five of the last job's hours are dearer.
TEST(Triggers, RaiseThePriceAboveAUtilization) {
  Scenario s = machine(10, 1, 4 * day);
  s.workload.groups = {GroupSpec{}};
  s.workload.groups[0].name = "g";
  s.workload.groups[0].price = 1000.0 / 3600;
  s.workload.groups[0].subsidy = 0.5;
  s.policy.triggers = {raise_price_when(TriggerMetric::utilization, 1)};
  s.policy.triggers[0].when.above = 0.9;
  s.policy.triggers[0].then.price->by = 2;
  const std::vector<TraceInput> jobs{job(0, 10, 21.6 * 3600, 0, "g"), job(86400, 10, 22 * 3600, 0, "g"),
                                     job(86400 + 23 * 3600, 10, 6 * 3600, 0, "g")};
  const Study study(s, jobs);
  const ReplicaResult result = study.run();
  EXPECT_EQ(acts(study, result), (std::vector<Tick>{2 * day}));
  EXPECT_EQ(study.site(result, "fees_krw"), 1000 * (216 + 220 + 10) + 2000 * 50);
  EXPECT_EQ(study.site(result, "subsidy_krw"), 500 * (216 + 220 + 10) + 1000 * 50);
  EXPECT_EQ(study.hash(study.run<32>()), study.hash(result));
  // A warm-up of a day and a half leaves 10 of the second day's hours, and 40 GPU-hours less one job's end.
  s.warmup = day + 12 * hour;
  const Study warm(s, jobs);
  EXPECT_EQ(warm.site(warm.run(), "fees_krw"), 1000 * (100 + 10) + 2000 * 50);
  // One of two days measures the change itself: what is measured all has the new price.
  s.warmup = 2 * day;
  const Study after(s, jobs);
  EXPECT_EQ(acts(after, after.run()), (std::vector<Tick>{2 * day}));
  EXPECT_EQ(after.site(after.run(), "fees_krw"), 2000 * 50);
}
// Below: the third day has five hours of 24, the fourth none.
TEST(Triggers, LookForIdleGpus) {
  Scenario s = machine(10, 1, 5 * day);
  s.policy.triggers = {raise_price_when(TriggerMetric::utilization, 9)};
  s.policy.triggers[0].when.below = 0.25;
  const Study study(s, {job(0, 10, 2 * 86400), job(2 * 86400, 10, 5 * 3600)});
  EXPECT_EQ(acts(study, study.run()), (std::vector<Tick>{3 * day, 4 * day}));
}

// Twice the price at elasticity −1 deters half of the candidates from the first look on, a third of the way. Of n =
// 3600 candidates 1200 + 1200 are sent: binomial, 4 standard errors (6·10⁻⁵), and those of n itself.
TEST(Triggers, ArePricesThatUsersAnswer) {
  Scenario s = machine(1000, 8, 36 * day);
  s.workload.classes = {job_class("c", LawSpec::constant(1), LawSpec::constant(600))};
  s.workload.groups = {GroupSpec{}};
  s.workload.groups[0].name = "g";
  s.workload.groups[0].reference_wait = ticks_per_hour;
  s.workload.groups[0].price = s.workload.groups[0].reference_price = 1000.0 / 3600;
  s.workload.groups[0].price_elasticity = -1;
  s.workload.response = {30 * day, 1, 0.5};
  s.workload.jobs_per_day = 100;
  s.policy.triggers = {raise_price_when(TriggerMetric::utilization, 1)};
  s.policy.triggers[0].when.above = 0;
  s.policy.triggers[0].when.in_a_row = 12;
  s.policy.triggers[0].then.price->by = 2;
  const Study study({s});
  const ReplicaResult result = study.run();
  EXPECT_EQ(acts(study, result), (std::vector<Tick>{12 * day}));
  const double sent = study.site(result, "jobs_submitted");
  EXPECT_NEAR(sent, 2400, 4 * std::sqrt(2400 / 4.0) + 4 * std::sqrt(2400));
  EXPECT_NEAR(study.site(result, "jobs_deterred"), 1200, 4 * std::sqrt(1200.0));
  EXPECT_EQ(study.hash(study.run<32>()), study.hash(result));
}

// Ten GPUs, half of them each group's. The second has no job; of eight of the first five run. On each of the first two
// days a fifth of all moves: two more may run on day 1, the last on day 2. A tenth is left to the second: of its jobs
// of day 3 the one of two GPUs does not start any more, and the one of one does.
TEST(Triggers, MoveAQuotaFromWhoIdles) {
  Scenario s = machine(10, 1, 6 * day);
  Admits::choose<GroupQuota>(s.access.admit);
  s.workload.groups = {GroupSpec{}, GroupSpec{}};
  s.workload.groups[0].name = "waits", s.workload.groups[1].name = "idles";
  s.workload.groups[0].quota = s.workload.groups[1].quota = 0.5;
  std::vector<TraceInput> jobs;
  for (int n = 0; n < 8; ++n) jobs.push_back(job(0, 1, 10 * 86400, 0, "waits"));
  jobs.push_back(job(3 * 86400.0, 2, 60, 0, "idles"));
  jobs.push_back(job(3 * 86400.0, 1, 60, 0, "idles"));
  s.policy.triggers = {trigger(TriggerMetric::group_use)};
  s.policy.triggers[0].when.of = "idles";
  s.policy.triggers[0].when.below = 0.1;
  s.policy.triggers[0].then.quota = QuotaMoveSpec{"idles", "waits", 0.2};
  s.policy.triggers[0].at_most = 2;
  const Study study(s, jobs);
  Diary diary;
  const ReplicaResult result = study.run(0, 0, &diary);
  EXPECT_EQ(acts(study, result), (std::vector<Tick>{day, 2 * day}));
  const std::vector<Tick> starts{0, 0, 0, 0, 0, day, day, 2 * day};
  for (std::size_t n = 0; n < starts.size(); ++n) EXPECT_EQ(diary.start[n], starts[n]) << n;
  EXPECT_EQ(diary.start[9], 3 * day);
  EXPECT_EQ(diary.start[8], -1);
  EXPECT_EQ(study.hash(study.run<32>()), study.hash(result));
  // Two fifths, then the tenth that is left; then there is nothing, and it does not act.
  s.policy.triggers[0].then.quota->share = 0.4;
  s.policy.triggers[0].at_most = 9;
  const Study all(s, jobs);
  EXPECT_EQ(acts(all, all.run()), (std::vector<Tick>{day, 2 * day}));
}
// Four of its own five GPUs are 80 % of its quota, though 40 % of all.
TEST(Triggers, MeasureAGroupByItsQuota) {
  Scenario s = machine(10, 1, 3 * day);
  Admits::choose<GroupQuota>(s.access.admit);
  s.workload.groups = {GroupSpec{}, GroupSpec{}};
  s.workload.groups[0].name = "a", s.workload.groups[1].name = "b";
  s.workload.groups[0].quota = s.workload.groups[1].quota = 0.5;
  s.policy.triggers = {raise_price_when(TriggerMetric::group_use, 9)};
  s.policy.triggers[0].when.of = "a";
  const std::vector<TraceInput> jobs{job(0, 4, 86400, 0, "a")};
  for (const auto& [above, first] : {std::pair{0.8, std::vector<Tick>{}}, {0.79, {day}}}) {
    s.policy.triggers[0].when.above = above;
    const Study study(s, jobs);
    EXPECT_EQ(acts(study, study.run()), first) << above;
  }
}

// Periods of the calendar: from 2026-01-05, months end on days 27 and 55, a quarter on day 86; weeks count from the
// start.
TEST(Triggers, LookAtTheEndsOfCalendarPeriods) {
  Scenario s = machine(10, 1, 100 * day);
  s.policy.triggers = {raise_price_when(TriggerMetric::utilization, 64)};
  s.policy.triggers[0].when.below = 2;
  const std::vector<TraceInput> jobs{job(0, 1, 60)};
  const auto days_of = [&](TriggerPeriod every) {
    s.policy.triggers[0].every = every;
    const Study study(s, jobs);
    std::vector<Tick> days;
    for (const Tick tick : acts(study, study.run())) days.push_back(tick / day);
    return days;
  };
  EXPECT_EQ(days_of(TriggerPeriod::month), (std::vector<Tick>{27, 55, 86}));
  EXPECT_EQ(days_of(TriggerPeriod::quarter), (std::vector<Tick>{86}));
  EXPECT_EQ(days_of(TriggerPeriod::year), std::vector<Tick>{});
  EXPECT_EQ(days_of(TriggerPeriod::week).size(), 14u);
}

// What cannot be is refused where it is written, and what can never act is said.
TEST(Triggers, ThatMakeNoSenseAreRefused) {
  const auto refused = [](const Scenario& s) {
    try {
      const Study study({s});
    } catch (const Error& error) {
      return error.problems().front().place.path;
    }
    return std::string("built");
  };
  Scenario s = machine(10, 1, 8 * day);
  s.workload.groups = {GroupSpec{}, GroupSpec{}};
  s.workload.groups[0].name = "a", s.workload.groups[1].name = "b";
  s.policy.triggers = {raise_price_when(TriggerMetric::wait_mean, 1)};
  s.policy.triggers[0].when.longer = hour;
  EXPECT_EQ(refused(s), "built");
  Scenario other = s;
  other.policy.triggers[0].when.of = "c";
  EXPECT_EQ(refused(other), "policy.triggers.t.when.of");
  other = s;
  other.policy.triggers[0].then.price->of = "c";
  EXPECT_EQ(refused(other), "policy.triggers.t.then.price.of");
  other = s;
  other.policy.triggers[0].then.quota = QuotaMoveSpec{"a", "b", 0.1};
  EXPECT_EQ(refused(other), "policy.triggers.t.then.quota");  // access is open
  Admits::choose<GroupQuota>(other.access.admit);
  EXPECT_EQ(refused(other), "policy.triggers.t.then.quota.to");  // it has all
  other.workload.groups[1].quota = 0.5;
  EXPECT_EQ(refused(other), "built");
  other = s;
  other.policy.triggers[0].then.order = order_more(1, 0).then.order;
  EXPECT_EQ(refused(other), "built");
  other.policy.triggers[0].then.order->cluster = "nowhere";
  EXPECT_EQ(refused(other), "policy.triggers.t.then.order.cluster");
  other.policy.triggers[0].then.order->cluster = "";
  other.policy.triggers[0].then.order->node = "none";
  EXPECT_EQ(refused(other), "policy.triggers.t.then.order.node");
  other.policy.triggers[0].then.order->node = "node";
  other.policy.triggers[0].then.order->how = Acquire::rent;
  EXPECT_EQ(refused(other), "policy.triggers.t.then.order.node");  // it has no rent
}
TEST(Triggers, ThatCanNeverActAreNamed) {
  Scenario s = growing_queue(10 * day);
  s.policy.triggers = {order_more(1, 0)};
  EXPECT_TRUE(idle_triggers(s).empty());
  s.policy.triggers[0].when.in_a_row = 7;  // on day 7, for day 10
  ASSERT_EQ(idle_triggers(s).size(), 1u);
  EXPECT_NE(idle_triggers(s)[0].find("orders too late"), std::string::npos);
  s.policy.triggers[0].when.in_a_row = 10;  // nine days end before
  ASSERT_EQ(idle_triggers(s).size(), 1u);
  EXPECT_NE(idle_triggers(s)[0].find("never acts"), std::string::npos);
  s.policy.triggers = {raise_price_when(TriggerMetric::utilization, 1)};
  EXPECT_EQ(idle_triggers(s).size(), 2u);  // no user answers, and there is no price
}

}  // namespace
}  // namespace nadc::test
