// Power inside the loop: limits are kept at every event, connections strand what they cannot feed, and the meter reads
// what the power says. Small cases are worked by hand.
#include <gtest/gtest.h>

#include "models/power/cap.hpp"
#include "models/power/energy_metrics.hpp"
#include "models/power/victim.hpp"
#include "tests/models/random_world.hpp"

namespace nadc::test {
namespace {

constexpr double hour = 3600;

// Two nodes of four GPUs, 100 W idle and 1,000 W busy each, PUE 1, jobs by node.
Scenario two_nodes(Tick horizon) {
  Scenario s = cluster_of(2, horizon, 4);
  s.sites[0].pue = 1;
  return s;
}

// Never more than the limit, at any event of any world; a base of idle nodes above it is the exception that is allowed.
struct Watch : Silent {
  const Point* point = nullptr;
  std::uint32_t domains = 0;
  std::uint64_t looks = 0, slowed = 0;
  std::vector<std::string> problems;
  template <class D> void before(Tick now, const D& datacenter) {
    for (const DomainId d : range<DomainId>(domains)) {
      const PowerDomain& domain = datacenter.domain(d);
      const std::int64_t limit = domain.limit(at(point, point->domains)[d]);
      ++looks;
      slowed += domain.level < full_level;
      if (domain.base_mw + domain.drawn_mw > limit && problems.size() < 3)
        problems.push_back("domain " + std::to_string(d.value) + " draws " +
                           std::to_string(domain.base_mw + domain.drawn_mw) + " of " + std::to_string(limit) +
                           " mW at " + std::to_string(now));
    }
  }
};

TEST(PowerLimit, IsNeverExceededAtAnyEvent) {
  std::uint64_t looks = 0, slowed = 0, stopped = 0;
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    const Scenario scenario = random_scenario(seed);
    const Study study({scenario});
    if (!study.point().limited) continue;
    Watch watch;
    watch.point = &study.point();
    watch.domains = study.world().domains;
    const ReplicaResult result = study.run<1>(3, 0, &watch);
    ASSERT_TRUE(watch.problems.empty()) << seed << ": " << watch.problems[0];
    looks += watch.looks;
    slowed += watch.slowed;
    stopped += static_cast<std::uint64_t>(study.site(result, "jobs_preempted"));
  }
  EXPECT_GT(looks, 50000u);  // the worlds do something
  EXPECT_GT(slowed, 500u);
  EXPECT_GT(stopped, 20u);
}

// Both nodes busy draw 2,000 W; the cap of 1,500 W leaves 1,300 W for jobs that want 1,800 W.
TEST(PowerLimit, DelayLetsTheSecondJobWait) {
  Scenario s = two_nodes(ticks_per_day);
  s.sites[0].power.limit = Watts(1500);
  s.sites[0].power.at_limit = AtLimit::delay;
  const Study study(s, {job(0, 4, hour), job(0, 4, hour)});
  Diary diary;
  const ReplicaResult result = study.run<1>(0, 0, &diary);
  EXPECT_EQ(diary.end[0], ticks_per_hour);
  EXPECT_EQ(diary.start[1], ticks_per_hour);
  EXPECT_EQ(diary.end[1], 2 * ticks_per_hour);
  EXPECT_DOUBLE_EQ(study.site(result, "power_capped_hours"), 1);
  EXPECT_DOUBLE_EQ(study.site(result, "it_power_peak_mw"), 1100e-6);
}

TEST(PowerLimit, SlowLetsBothRunAtTheSpeedOfTheCurve) {
  Scenario s = two_nodes(ticks_per_day);
  s.sites[0].power.limit = Watts(1500);
  s.sites[0].power.at_limit = AtLimit::slow;
  const Study study(s, {job(0, 4, hour), job(0, 4, hour)});
  Diary diary;
  const ReplicaResult result = study.run<1>(0, 0, &diary);
  const std::uint32_t level = 1300 * 64 / 1800;
  const std::uint32_t speed = at(&study.point(), study.point().cap_speed)[level];
  EXPECT_EQ(level, 46u);
  EXPECT_GT(speed, full_rate * 3 / 4);
  EXPECT_LT(speed, full_rate);
  const Tick length = ((ticks_per_hour << 16) + speed - 1) / speed;
  EXPECT_EQ(diary.start[1], 0);
  EXPECT_EQ(diary.end[0], length);
  EXPECT_EQ(diary.end[1], length);
  EXPECT_DOUBLE_EQ(study.site(result, "it_power_peak_mw"), (200 + 2 * (900 * 46 / 64.0)) * 1e-6);
  // No more GPU-time is useful than without the limit.
  EXPECT_NEAR(study.site(result, "power_capped_hours"), static_cast<double>(length) / ticks_per_hour, 1e-9);
}

// A window of half the limit opens at 13:00 of a Monday: the newest job stops, with its work saved, and goes on at
// 17:00.
TEST(PowerLimit, PreemptStopsTheNewestJobWhenAWindowOpens) {
  Scenario s = two_nodes(2 * ticks_per_day);
  s.sites[0].power.limit = Watts(2000);
  s.sites[0].power.at_limit = AtLimit::preempt;
  DemandResponseSpec window;
  window.from = 13;
  window.to = 17;
  window.share = 0.6;
  s.sites[0].power.demand_response = {window};
  s.workload.classes = {job_class("all", LawSpec::constant(1), LawSpec::constant(1))};
  s.workload.classes[0].checkpoint_every = ticks_per_hour;
  const Study study(s, {job(0, 4, 20 * hour), job(60, 4, 14 * hour)});
  Diary diary;
  const ReplicaResult result = study.run<1>(0, 0, &diary);
  EXPECT_EQ(diary.segments[0], 1);
  EXPECT_EQ(diary.segments[1], 2);
  EXPECT_EQ(diary.lost[1], 0);
  EXPECT_EQ(diary.end[0], 20 * ticks_per_hour);
  EXPECT_EQ(diary.end[1], 60 * ticks_per_second + 18 * ticks_per_hour);  // 4 h stopped: 13:00 to 17:00
  EXPECT_EQ(study.site(result, "jobs_preempted"), 1);
  EXPECT_EQ(study.site(result, "job_interruptions"), 0);
}

// Who gives way when the window opens at 13:00, with notice. Each case is worked by hand.
struct Waits {
  int older, newer;  // segments
};
Waits segments_when_a_window_opens(Scenario s, std::vector<TraceInput> jobs) {
  s.sites[0].power.limit = Watts(2000);
  s.sites[0].power.at_limit = AtLimit::preempt;
  DemandResponseSpec window;
  window.from = 13;
  window.to = 17;
  window.share = 0.6;  // 1,200 W: 1,000 W for jobs
  s.sites[0].power.demand_response = {window};
  const Study study(std::move(s), std::move(jobs));
  Diary diary, wide;
  const ReplicaResult result = study.run<1>(0, 0, &diary);
  EXPECT_EQ(study.hash(result), study.hash(study.run<32>(0, 0, &wide)));
  return {diary.segments[0], diary.segments[1]};
}

TEST(Victim, OfLowestPriorityGivesWayThoughItIsOlder) {
  Scenario s = two_nodes(2 * ticks_per_day);
  Victims::choose<LowestPriorityVictim>(s.power.victim);
  GroupSpec low, high;
  low.name = "low";
  low.priority = -1;
  high.name = "high";
  s.workload.groups = {high, low};
  s.workload.classes = {job_class("all", LawSpec::constant(1), LawSpec::constant(1))};
  const Waits other =
      segments_when_a_window_opens(s, {job(0, 4, 20 * hour, 0, "low"), job(60, 4, 14 * hour, 0, "high")});
  EXPECT_EQ(other.older, 2);
  EXPECT_EQ(other.newer, 1);
  const Waits alike =
      segments_when_a_window_opens(s, {job(0, 4, 20 * hour, 0, "low"), job(60, 4, 14 * hour, 0, "low")});
  EXPECT_EQ(alike.older, 1);
  EXPECT_EQ(alike.newer, 2);
}

TEST(Victim, ThatLosesLeastCountsWhatItCanSaveItsRestartAndItsGpus) {
  Scenario s = two_nodes(2 * ticks_per_day);
  Victims::choose<LeastLostVictim>(s.power.victim);
  ClassSpec saves = job_class("saves", LawSpec::constant(1), LawSpec::constant(1)), none = saves, slow = saves;
  saves.checkpoint_every = slow.checkpoint_every = ticks_per_hour;
  saves.restart_cost = 10 * ticks_per_minute;
  none.name = "none";
  slow.name = "slow";
  slow.restart_cost = 20 * ticks_per_minute;
  s.workload.classes = {saves, none, slow};
  // 13 h of work, of which all is saved, against 1 h that is lost: 4 GPUs × 10 min against 4 × 1 h.
  Waits waits = segments_when_a_window_opens(
      s, {job(0, 4, 20 * hour, 0, "", "saves"), job(12 * hour, 4, 9 * hour, 0, "", "none")});
  EXPECT_EQ(waits.older, 2);
  EXPECT_EQ(waits.newer, 1);
  // A restart of 20 min against 5 min of work.
  waits = segments_when_a_window_opens(
      s, {job(0, 4, 20 * hour, 0, "", "slow"), job(12 * hour + 55 * 60, 4, 9 * hour, 0, "", "none")});
  EXPECT_EQ(waits.older, 1);
  EXPECT_EQ(waits.newer, 2);
  // 2 GPUs × 13 h = 26 GPU-hours against 4 × 8 h = 32.
  waits = segments_when_a_window_opens(
      s, {job(0, 2, 20 * hour, 0, "", "none"), job(5 * hour, 4, 14 * hour, 0, "", "none")});
  EXPECT_EQ(waits.older, 2);
  EXPECT_EQ(waits.newer, 1);
  // 2 GPUs × 13 h = 26 GPU-hours against 4 × 6 h = 24.
  waits = segments_when_a_window_opens(
      s, {job(0, 2, 20 * hour, 0, "", "none"), job(7 * hour, 4, 12 * hour, 0, "", "none")});
  EXPECT_EQ(waits.older, 1);
  EXPECT_EQ(waits.newer, 2);
}

// 10 h of work with a save of 15 min after each 3 h but the last: stopped with notice at 13:00 after 4 h of work and
// one save, 6 h are left, which need one more save (after 3 h) and no second. 13:00 + 4 h + 6 h 15 min = 23:15.
TEST(PowerLimit, WorkSavedAtNoticeNeedsNoMoreSavesThanAreLeft) {
  Scenario s = two_nodes(2 * ticks_per_day);
  s.sites[0].power.limit = Watts(2000);
  s.sites[0].power.at_limit = AtLimit::preempt;
  DemandResponseSpec window;
  window.from = 13;
  window.to = 17;
  window.share = 0.6;
  s.sites[0].power.demand_response = {window};
  s.workload.classes = {job_class("all", LawSpec::constant(1), LawSpec::constant(1))};
  s.workload.classes[0].checkpoint_every = 3 * ticks_per_hour;
  s.workload.classes[0].checkpoint_cost = ticks_per_hour / 4;
  const Study study(s, {job(0, 4, 20 * hour), job(8.75 * hour, 4, 10 * hour)});
  Diary diary;
  study.run<1>(0, 0, &diary);
  EXPECT_EQ(diary.segments[1], 2);
  EXPECT_EQ(diary.end[1], 23 * ticks_per_hour + ticks_per_hour / 4);
}

// A scenario that starts at 15:00 starts inside the window of 13:00 to 17:00, in which one job of two may run: the
// second waits for the end of the first. So it is at 14:00 of the next day.
TEST(PowerLimit, AWindowThatIsOpenAtTheStartHolds) {
  Scenario s = two_nodes(2 * ticks_per_day);
  s.start += 15 * 3600;
  s.sites[0].power.limit = Watts(2000);
  DemandResponseSpec window;
  window.from = 13;
  window.to = 17;
  window.share = 0.6;
  s.sites[0].power.demand_response = {window};
  s.workload.classes = {job_class("all", LawSpec::constant(1), LawSpec::constant(1))};
  const Study study(s, {job(0, 4, hour), job(0, 4, hour), job(23 * hour, 4, hour), job(23 * hour, 4, hour)});
  Diary diary;
  study.run<1>(0, 0, &diary);
  EXPECT_EQ(diary.start, (std::vector<Tick>{0, ticks_per_hour, 23 * ticks_per_hour, 24 * ticks_per_hour}));
}

TEST(Connection, StrandsWhatItCannotFeedUntilTheNextStep) {
  Scenario s = two_nodes(20 * ticks_per_day);
  GridStepSpec first, second;
  first.adds = second.adds = Watts(1000);
  second.date = s.start + 10 * 86400;
  s.sites[0].power.grid = {first, second};
  const Study study(s, {job(0, 8, hour)});
  Diary diary;
  const ReplicaResult result = study.run<1>(0, 0, &diary);
  EXPECT_EQ(diary.start[0], 10 * ticks_per_day);
  EXPECT_DOUBLE_EQ(study.site(result, "stranded_gpu_hours_power"), 4 * 240);
  EXPECT_DOUBLE_EQ(study.site(result, "stranded_gpu_hours"), 4 * 240);
  EXPECT_DOUBLE_EQ(study.site(result, "gpu_hours_installed"), 8 * 480);
  EXPECT_DOUBLE_EQ(study.site(result, "gpu_hours_available"), 8 * 480);
  EXPECT_EQ(study.site(result, "days_to_target_gpus"), 0);
}

// The same fleet, the same jobs; the connection a year late strands the fleet for a year.
TEST(Connection, AYearLateStrandsAYearOfGpuHours) {
  Scenario s = two_nodes(800 * ticks_per_day);
  GridStepSpec step;
  step.adds = Watts(5000);
  step.date = s.start + 30 * 86400;
  s.sites[0].power.grid = {step};
  Scenario late = s;
  late.sites[0].power.grid[0].date += 365 * 86400;
  const Study study({s, late});
  EXPECT_DOUBLE_EQ(study.site(study.run(0, 0), "stranded_gpu_hours_power", 0), 8 * 24 * 30);
  EXPECT_DOUBLE_EQ(study.site(study.run(0, 1), "stranded_gpu_hours_power", 1), 8 * 24 * 395);
}

TEST(GpuPower, CapsEveryGpuAtAShareOfItsDraw) {
  Scenario s = two_nodes(ticks_per_day);
  s.sites[0].clusters[0].gpu_power = 0.7;
  const Study study(s, {job(0, 4, hour)});
  Diary diary;
  const ReplicaResult result = study.run<1>(0, 0, &diary);
  EXPECT_DOUBLE_EQ(study.site(result, "it_power_peak_mw"), (200 + 0.7 * 900) * 1e-6);
  const std::uint32_t speed = speed_at_share(0, 0.7);
  EXPECT_EQ(diary.end[0], ((ticks_per_hour << 16) + speed - 1) / speed);
}

// ---- the meter

TariffSpec three_bands() {
  TariffSpec tariff;
  tariff.name = "bands";
  TariffSeasonSpec season;
  for (int month = 1; month <= 12; ++month) season.months.push_back(month);
  season.off_peak = 100 / joules_per_kwh;
  season.mid_peak = 150 / joules_per_kwh;
  season.on_peak = 250 / joules_per_kwh;
  for (int h = 8; h < 22; ++h) season.mid_hours.push_back(h);
  season.on_hours = {11, 13};
  tariff.seasons = {season};
  return tariff;
}

// 1,000 W from Monday 10:00 to 12:00 beside 100 W of an idle node, and 200 W else, at PUE 1.5.
TEST(Meter, ChargesEachHourAtItsPrice) {
  Scenario s = two_nodes(ticks_per_day);
  s.catalog.tariffs = {three_bands()};
  s.sites[0].pue = 1.5;
  s.sites[0].power.tariff = "bands";
  const Study study(s, {job(0, 1, 1), job(10 * hour, 4, 2 * hour)});
  const ReplicaResult result = study.run();
  // kWh by band: off-peak 10 hours, mid 12 hours, on 2 hours of 0.2 kW; in 10:00–12:00 0.9 kW more, half mid, half on;
  // and one second of a quarter of that at midnight.
  const double kwh_off = 10 * 0.2 + 0.225 / 3600, kwh_mid = 12 * 0.2 + 0.9, kwh_on = 2 * 0.2 + 0.9;
  EXPECT_EQ(study.site(result, "energy_cost_krw"), std::round(1.5 * (100 * kwh_off + 150 * kwh_mid + 250 * kwh_on)));
  EXPECT_NEAR(study.site(result, "facility_energy_mwh"), 1.5e-3 * (kwh_off + kwh_mid + kwh_on), 1e-12);
  EXPECT_NEAR(study.site(result, "carbon_tco2e"), 0.4173 * 1.5e-3 * (kwh_off + kwh_mid + kwh_on), 1e-12);
  EXPECT_NEAR(study.site(result, "facility_power_peak_mw"), 1.5 * 1.1e-3, 1e-9);
}

// Half of the day at no carbon, half at twice the mean; 1,000 W more in one hour of each half.
TEST(Meter, CarbonFollowsTheHour) {
  Scenario s = two_nodes(ticks_per_day);
  s.sites[0].power.carbon_hours.assign(24, 0);
  for (std::size_t h = 12; h < 24; ++h) s.sites[0].power.carbon_hours[h] = 7;
  const Study study(s, {job(0, 4, hour), job(15 * hour, 4, hour)});
  EXPECT_NEAR(study.site(study.run(), "carbon_tco2e"), 2 * 0.4173 * (12 * 0.2e-3 + 0.9e-3), 1e-12);
}

TEST(Meter, DemandChargeFollowsTheHighestHour) {
  Scenario s = two_nodes(ticks_per_day);
  s.catalog.tariffs = {three_bands()};
  s.catalog.tariffs[0].demand_charge = 6490.0 / 1000.0 / (365.0 / 12.0 * 86400.0);
  for (TariffSeasonSpec& season : s.catalog.tariffs[0].seasons) season.off_peak = season.mid_peak = season.on_peak = 0;
  s.sites[0].power.tariff = "bands";
  const Study study(s, {job(0, 4, 1), job(5 * hour, 4, hour / 2)});
  // Half an hour of 1,100 W and half of 200 W; one day of January.
  EXPECT_EQ(study.site(study.run(), "energy_cost_krw"), std::round(6490 * 0.65 / 31));
}

TEST(Meter, CostIsAdditiveOverAnySplitOfTime) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    Scenario s = random_scenario(seed);
    s.catalog.tariffs = {three_bands()};
    for (SiteSpec& site : s.sites) {
      site.power.plant = Plant::constant;
      site.power.tariff = "bands";
    }
    s.warmup = 0;
    s.outputs.by = PeriodLength::none;
    Scenario monthly = s, split = s;
    monthly.outputs.by = PeriodLength::month;
    split.warmup = 5 * ticks_per_day + 1234567;
    const Study whole({s}), months({monthly}), rest({split});
    const ReplicaResult a = whole.run(1), b = months.run(1);
    const double cost = whole.site(a, "energy_cost_krw");
    double sum = 0;
    for (const auto& period : months.metrics(b).periods)
      sum += Study::value(period_metrics(), period, "energy_cost_krw");
    EXPECT_GT(cost, 1000);
    EXPECT_EQ(sum, cost) << seed;                                // the months are the stretches that were rounded
    EXPECT_EQ(months.site(b, "energy_cost_krw"), cost) << seed;  // no output interval changes it
    // A cut elsewhere rounds once more to the won, at most, for each site.
    const ReplicaResult c = rest.run(1);
    Scenario head = s;
    const double after = rest.site(c, "energy_cost_krw");
    EXPECT_LT(after, cost) << seed;
    double before = 0;
    const Raw raw = c.raw(rest.world());
    const RawShape shape(rest.world());
    const MeterStretch* stretches = at(&rest.world(), rest.world().stretches);
    const auto sites = at(&rest.point(), rest.point().energy);
    const MeteredDemand demand = metered_demand(rest.world(), {sites.data, shape.sites},
                                                {raw.meter_peak, std::size_t{shape.stretches} * shape.sites});
    for (std::uint32_t t = 0; t < shape.stretches && stretches[t].period == 0; ++t)
      for (const SiteId site : range<SiteId>(shape.sites)) {
        const std::size_t i = std::size_t{t} * shape.sites + site.value;
        before += metered_use(sites[site], calendar_of(rest.world(), rest.point(), site), stretches[t],
                              t ? stretches[t - 1].end : 0, {raw.metered + i * meter_bins, meter_bins},
                              demand.peak_mw[i], demand.billed_mw[i])
                      .won;
      }
    EXPECT_NEAR(before + after, cost, 2.0 * shape.sites) << seed;
  }
}

// Two idle nodes of four GPUs, 100 W each, and 50 W of storage for a GPU: 600 W all day. An immersion plant whose every
// loss is switched off by its keys adds nothing; one with a UPS loses what its curve says.
TEST(Meter, StorageAndTheKeysOfThePlantAreInTheBill) {
  Scenario s = two_nodes(ticks_per_day);
  s.power.storage = Watts(50);
  ClimateSpec climate;
  climate.name = "cold";
  climate.wet_bulb.assign(12, 0.0);
  s.catalog.climates = {climate};
  SitePowerSpec& power = s.sites[0].power;
  power.plant = Plant::immersion, power.climate = "cold", power.pue_margin = 0;
  power.rated_it = Watts(2400);  // 2,200 W in full and 400 W of storage, within 1.2 of the rating
  FacilitySpec& keys = power.facility.emplace();
  keys.ups_share = 0, keys.fixed = 0, keys.pumps = 0, keys.towers = 0, keys.distribution_efficiency = 1;
  const std::vector<TraceInput> jobs{job(0, 1, 1)};
  const Study none(s, jobs);
  const double it = none.site(none.run(), "it_energy_mwh");
  EXPECT_NEAR(it, 600e-6 * 24 + 225e-6 / 3600, 1e-12);
  EXPECT_NEAR(none.site(none.run(), "facility_energy_mwh"), it, 1e-12);
  EXPECT_EQ(none.site(none.run(), "water_m3") > 0, true);
  keys.dry_coolers = true;
  const Study dry(s, jobs);
  EXPECT_EQ(dry.site(dry.run(), "water_m3"), 0);
  // Its load is a quarter of the rating: by hand from the curve, scaled so that a quarter is lost at 75 %.
  keys.ups_share = 1, keys.ups_efficiency = 0.8;
  const Study ups(s, jobs);
  const auto curve = [](double x) { return 0.010 + 0.012 * x + 0.015 * x * x; };
  const double factor = 0.75 * 0.25 / curve(0.75), lost_w = 2400 * factor * curve(0.25);
  EXPECT_NEAR(ups.site(ups.run(), "facility_energy_mwh"), it + lost_w * 24e-6, 2e-6 * it);
}

TEST(Meter, LimitAtTheMeterHoldsInTheWarmestHour) {
  SiteEnergy energy;
  energy.plant = static_cast<std::uint32_t>(Plant::liquid);
  energy.rated_it_w = 10e6;
  const double wet_bulb[] = {-1, 0, 4, 9, 14, 19, 23, 24, 19, 13, 7, 1};
  std::copy(std::begin(wet_bulb), std::end(wet_bulb), energy.wet_bulb_c);
  energy.wet_bulb_swing_k = 2;
  const double it = it_limit(energy, Watts(8e6)).value;
  EXPECT_GT(it, 6e6);
  EXPECT_LT(it, 8e6);
  BlobWriter<World> writer;
  World world{};
  const std::vector<MeterStretch> august{{31 * ticks_per_day, 0, 2026, 8}};
  world.stretches = writer.append(august);
  const std::vector<std::byte> block = std::move(writer).finish(world);
  const std::vector<std::uint64_t> peaks{static_cast<std::uint64_t>(it * 1000)};
  const double peak_mw =
      metered_demand(*reinterpret_cast<const World*>(block.data()), {&energy, 1}, peaks).peak_mw.front();
  EXPECT_NEAR(peak_mw, 8, 0.01);
  EXPECT_LE(peak_mw, 8.0001);
}

}  // namespace
}  // namespace nadc::test
