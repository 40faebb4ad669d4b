// Conservation on random worlds: jobs, GPU-ticks and energy, counted a second time by an observer that sees every
// moment and adds up plainly what the loop telescopes.
#include <gtest/gtest.h>

#include <map>

#include "tests/models/random_world.hpp"

namespace nadc::test {
namespace {

constexpr std::uint64_t worlds = 80;

// Integrates over [measured_from, end], and by steps of a sampling interval as well.
struct Auditor : Silent {
  static constexpr bool paranoid = true;  // and whatever the loop keeps is recomputed after every moment

  Tick measured_from = 0;
  Tick interval = 777777;
  bool by_node = false;

  Tick last = 0, end = 0;
  std::uint64_t first_starts = 0, starts = 0, ended_jobs = 0, interruptions = 0;
  UInt128 energy = 0;                                         // [µJ]
  std::map<Tick, UInt128> energy_of;                          // (interval)
  std::uint64_t busy = 0, in_service = 0, down = 0, off = 0;  // [GPU-ticks]
  std::uint64_t lost = 0, useful = 0;                         // [GPU-ticks] warm-up included
  std::uint64_t waiting = 0;                                  // jobs at the end
  // [GPU-ticks] held from measured_from on: at the speeds of the moment, by how much longer each cause made them.
  double network = 0, degraded = 0, power = 0;
  std::int64_t peak_mw = 0;
  std::map<PartitionId, std::uint64_t> held;                // GPUs
  std::map<std::pair<CellId, std::uint32_t>, int> running;  // (cell, number)
  const Study* study = nullptr;
  std::vector<std::string> problems;

  void restart() {
    Auditor fresh;
    fresh.measured_from = measured_from;
    fresh.by_node = by_node;
    fresh.study = study;
    *this = std::move(fresh);
  }
  void check(bool holds, const char* what) {
    if (!holds && problems.size() < 5) problems.push_back(std::string(what) + " at " + std::to_string(end));
  }

  template <class D> void before(Tick now, const D& datacenter) {
    end = now;
    const Snapshot shot = datacenter.snapshot();
    const World& world = datacenter.world();
    std::uint64_t total = 0;
    for (const PartitionId p : world.partitions.ids()) {
      const auto& partition = datacenter.partition(p);
      total += held[p];
      check(held[p] + partition.free == partition.in_service, "held and free are not what is in service");
      if (!by_node) continue;
      std::uint64_t free = 0, nodes = 0;
      for (std::uint32_t level = 0; level < partition.map.shape().levels(); ++level) {
        free += std::uint64_t{level} * partition.map.count(level);
        nodes += partition.map.count(level);
      }
      check(free == partition.free, "the node map and the count of free GPUs differ");
      check(nodes * partition.map.shape().gpus_per_node == partition.in_service, "nodes are missing from the map");
    }
    check(shot.gpus_busy == total, "busy GPUs differ");
    check(shot.running == running.size(), "running jobs differ");
    if (now > last) {
      const Tick from = std::max(last, measured_from);
      for (Tick at = from; at < now;) {  // by sampling intervals
        const Tick next = std::min(now, (at / interval + 1) * interval);
        energy_of[at / interval] += static_cast<UInt128>(next - at) * static_cast<std::uint64_t>(shot.it_power_mw);
        at = next;
      }
      if (now > from) {
        const auto span = static_cast<std::uint64_t>(now - from);
        energy += static_cast<UInt128>(span) * static_cast<std::uint64_t>(shot.it_power_mw);
        busy += span * shot.gpus_busy;
        for (const SlotId slot : datacenter.slots()) {
          const RunningJob& run = datacenter.job_in(slot);
          if (run.rate == 0 || run.rate == run.base_rate) continue;
          const double held_here = static_cast<double>(span) * run.where.gpus, work = held_here * run.rate;
          const double networked = work / run.network_rate, with_nodes = networked * full_rate / run.slow;
          network += networked - work / run.base_rate;
          degraded += with_nodes - networked;
          power += held_here - with_nodes;
        }
        in_service += span * shot.gpus_in_service;
        down += span * shot.gpus_down;
        off += span * (shot.gpus_dark + shot.gpus_spare);
        peak_mw = std::max(peak_mw, shot.it_power_mw);
      }
      last = now;
    }
  }
  void started(Tick now, const RunningJob& run) {
    const Point& point = study->point();
    const std::uint32_t partitions = study->world().partitions.count;
    check(at(&point, point.rates)[run.job.cell.value * partitions + run.where.partition.value] > 0,
          "a job runs where its class may not");
    check(run.where.gpus >= run.job.gpus, "a job holds less than it asked for");
    check(now >= run.job.submit, "a job starts before it is submitted");
    check(run.job.request >= run.job.work, "a job would outlive its request");
    const bool fresh = running.emplace(std::pair{run.job.cell.id(), run.job.number}, 1).second;
    check(fresh, "a job runs twice at once");
    ++starts;
    first_starts += run.job.restarts == 0;
    held[run.where.partition] += run.where.gpus;
  }
  void left(const RunningJob& run) {
    held[run.where.partition] -= run.where.gpus;
    check(running.erase({run.job.cell.id(), run.job.number}) == 1, "a job ends that did not run");
  }
  void ended(Tick now, const RunningJob& run, Tick wasted) {
    ++ended_jobs;
    check(wasted >= 0 && wasted <= now - run.segment_start, "more is wasted than was held");
    lost += static_cast<std::uint64_t>(wasted) * run.where.gpus;
    useful += static_cast<std::uint64_t>(run.job.duration) * run.job.gpus;
    left(run);
  }
  void interrupted(Tick now, const RunningJob& run, Tick held_in_vain) {
    ++interruptions;
    check(held_in_vain >= 0 && held_in_vain <= now - run.segment_start, "more is lost than was held");
    lost += static_cast<std::uint64_t>(held_in_vain) * run.where.gpus;
    left(run);
  }
  // Useful work in so much of a job's work, saves included: whole cycles, and what lies before the next save.
  static Tick useful_in(const WaitingJob& job, Tick done) {
    if (done <= 0) return 0;
    if (job.save_every == 0) return done;
    const Tick every = job.save_every, cycle = every + job.save_cost;
    return done / cycle * every + std::min(done % cycle, every);
  }
  void still_running(Tick now, const RunningJob& run, Tick wasted) {
    check(wasted >= 0 && wasted <= now - run.segment_start, "more is wasted than was held");
    lost += static_cast<std::uint64_t>(wasted) * run.where.gpus;
    still_waiting(now, run.job);
    --waiting;
    const Tick done = run.job.work - ((run.work_left + 0xffff) >> 16);
    useful += static_cast<std::uint64_t>(useful_in(run.job, done)) * run.job.gpus;
  }
  // Of a job that has run, what its last checkpoint holds.
  void still_waiting(Tick, const WaitingJob& job) {
    ++waiting;
    const Tick work_left = useful_in(job, job.work);
    check(work_left <= job.duration, "more work is left than there was");
    useful += static_cast<std::uint64_t>(job.duration - work_left) * job.gpus;
  }
};

std::uint64_t cell_sum(const Study& study, const Raw& raw, CellCount count, std::uint32_t first_period) {
  const RawShape shape(study.world());
  std::uint64_t total = 0;
  for (std::uint32_t i = first_period * shape.cells; i < shape.periods * shape.cells; ++i)
    total += raw.cell[std::size_t{i} * cell_counts + count];
  return total;
}
std::uint64_t part_sum(const Study& study, const Raw& raw, PartitionCount count) {
  const RawShape shape(study.world());
  std::uint64_t total = 0;
  for (std::uint32_t i = study.world().first_measured_period * shape.partitions; i < shape.periods * shape.partitions;
       ++i)
    total += raw.partition[std::size_t{i} * partition_counts + count];
  return total;
}
UInt128 energy_sum(const Study& study, const Raw& raw) {
  const RawShape shape(study.world());
  const std::uint32_t first = study.world().first_measured_period;
  UInt128 total = 0;
  for (std::size_t i = first * shape.cells; i < std::size_t{shape.periods} * shape.cells; ++i)
    total += raw.cell_energy[i];
  for (std::size_t i = first * shape.partitions; i < std::size_t{shape.periods} * shape.partitions; ++i)
    total += raw.partition_energy[i];
  return total;
}

// Changes one thing that the loop keeps, behind its back.
struct Saboteur : Silent {
  static constexpr bool paranoid = true;
  std::uint32_t Partition<1>::*kept = nullptr;
  int moments = 0;
  template <class D> void before(Tick, const D& datacenter) {
    if (kept && ++moments == 20) ++(const_cast<Partition<1>&>(datacenter.partition(PartitionId(0))).*kept);
  }
};

TEST(Paranoia, NamesWhatIsKeptWrong) {
  const Study study({random_scenario(3)});
  const auto said = [&](std::uint32_t Partition<1>::*kept) -> std::string {
    Saboteur saboteur;
    saboteur.kept = kept;
    try {
      study.run<1>(5, 0, &saboteur);
    } catch (const std::logic_error& difference) {
      return difference.what();
    }
    return "";
  };
  EXPECT_EQ(said(nullptr), "");
  EXPECT_NE(said(&Partition<1>::free).find("free GPUs [0] is kept as"), std::string::npos);
  EXPECT_NE(said(&Partition<1>::down).find("GPUs installed [0] is kept as"), std::string::npos);
}

TEST(Conservation, OfJobsGpuTicksAndEnergyOnRandomWorlds) {
  std::uint64_t ended_in_all = 0, interrupted_in_all = 0, metered_worlds = 0;
  int slowed_by_network = 0, slowed_by_nodes = 0, slowed_by_power = 0;
  for (std::uint64_t seed = 1; seed <= worlds; ++seed) {
    const Scenario scenario = random_scenario(seed);
    const Study study({scenario});
    Auditor audit;
    audit.study = &study;
    audit.measured_from = scenario.warmup;
    audit.by_node = !Places::holds<Pool>(scenario.scheduler.place);
    const ReplicaResult result = study.run<1>(5, 0, &audit);
    const Raw raw = result.raw(study.world());
    ASSERT_TRUE(audit.problems.empty()) << seed << ": " << audit.problems[0];

    // Jobs, over the whole horizon.
    const std::uint64_t all = cell_sum(study, raw, submitted, 0);
    const std::uint64_t done =
        cell_sum(study, raw, completed, 0) + cell_sum(study, raw, failed, 0) + cell_sum(study, raw, cancelled, 0);
    EXPECT_EQ(done, audit.ended_jobs) << seed;
    EXPECT_EQ(all, done + audit.running.size() + raw.end[RawShape::waiting_at_end]) << seed;
    EXPECT_EQ(audit.starts, done + audit.running.size() + audit.interruptions) << seed;
    EXPECT_EQ(cell_sum(study, raw, started, 0), audit.first_starts) << seed;
    EXPECT_EQ(cell_sum(study, raw, interruptions, 0) + cell_sum(study, raw, preempted, 0), audit.interruptions) << seed;
    ended_in_all += done;
    interrupted_in_all += audit.interruptions;

    // GPU-ticks, to the tick, of what is measured.
    const std::uint32_t first = study.world().first_measured_period;
    const std::uint64_t installed = part_sum(study, raw, installed_ticks), down = part_sum(study, raw, down_ticks),
                        busy = cell_sum(study, raw, busy_ticks, first);
    EXPECT_EQ(audit.end, scenario.horizon) << seed;
    EXPECT_EQ(installed, audit.in_service + audit.down + audit.off) << seed;
    EXPECT_EQ(part_sum(study, raw, dark_ticks) + part_sum(study, raw, spare_ticks), audit.off) << seed;
    EXPECT_EQ(down, audit.down) << seed;
    EXPECT_EQ(busy, audit.busy) << seed;
    EXPECT_EQ(cell_sum(study, raw, lost_ticks, 0), audit.lost) << seed;
    EXPECT_EQ(cell_sum(study, raw, useful_ticks, 0), audit.useful) << seed;
    // A settled stretch rounds to a tick of each GPU.
    const double rounding = 1 + 1e-6 * static_cast<double>(busy);
    EXPECT_NEAR(static_cast<double>(cell_sum(study, raw, network_ticks, first)), audit.network, rounding) << seed;
    EXPECT_NEAR(static_cast<double>(cell_sum(study, raw, degraded_ticks, first)), audit.degraded, rounding) << seed;
    EXPECT_NEAR(static_cast<double>(cell_sum(study, raw, power_ticks, first)), audit.power, rounding) << seed;
    slowed_by_network += audit.network > 0;
    slowed_by_nodes += audit.degraded > 0;
    slowed_by_power += audit.power > 0;
    EXPECT_EQ(raw.end[RawShape::waiting_at_end], audit.waiting) << seed;
    EXPECT_LE(down + busy + audit.off, installed) << seed;
    EXPECT_LE(part_sum(study, raw, stranded_ticks), installed - down - busy - audit.off) << seed;
    if (Admits::holds<OpenQueue>(scenario.access.admit)) {
      EXPECT_EQ(part_sum(study, raw, stranded_ticks), 0u) << seed;
    }

    // Energy = Σ power × time, and the same by any interval.
    EXPECT_TRUE(energy_sum(study, raw) == audit.energy) << seed;
    UInt128 sampled = 0;
    for (const auto& [interval, energy] : audit.energy_of) sampled += energy;
    EXPECT_TRUE(sampled == audit.energy) << seed;
    std::uint64_t peak = 0;
    for (std::uint32_t p = first; p < RawShape(study.world()).periods; ++p) peak = std::max(peak, raw.peak_mw[p]);
    EXPECT_EQ(peak, static_cast<std::uint64_t>(audit.peak_mw)) << seed;

    // What the meters read is the same energy, to the microjoule; the warm-up's is read as well.
    if (RawShape(study.world()).stretches && scenario.warmup == 0) {
      UInt128 metered = 0;
      for (std::size_t i = 0; i < RawShape(study.world()).meters() * meter_bins; ++i) metered += raw.metered[i];
      EXPECT_TRUE(metered == audit.energy) << seed;
      ++metered_worlds;
    }
  }
  EXPECT_GT(ended_in_all, 50000u);  // the worlds do something
  EXPECT_GT(interrupted_in_all, 500u);
  EXPECT_GT(metered_worlds, 5u);
  EXPECT_GT(slowed_by_network, 10);
  EXPECT_GT(slowed_by_nodes, 5);
  EXPECT_GT(slowed_by_power, 5);
}

// What a group holds, whole nodes rounded up, is at most its quota of what is in service when a job starts.
struct Walls : Silent {
  const Study* study = nullptr;
  std::uint64_t in_service = 0;
  VectorBy<GroupId, std::uint64_t> held;
  std::vector<std::string> problems;
  void restart() {
    in_service = 0;
    held.assign(study->world().groups, 0);
    problems.clear();
  }
  template <class D> void before(Tick, const D& datacenter) { in_service = datacenter.snapshot().gpus_in_service; }
  GroupId group(const RunningJob& run) const { return study->world().group_of(run.job.cell); }
  void started(Tick now, const RunningJob& run) {
    const Point& point = study->point();
    held[group(run)] += run.where.gpus;
    const ExactShare wall = at(&point, point.quotas)[group(run)];
    if (now > 0 && held[group(run)] * wall.whole > in_service * wall.parts)  // at 0 the fleet enters service
      problems.push_back("group " + std::to_string(group(run).value) + " passes its wall at " + std::to_string(now));
  }
  void ended(Tick, const RunningJob& run, Tick) { held[group(run)] -= run.where.gpus; }
  void interrupted(Tick, const RunningJob& run, Tick) { held[group(run)] -= run.where.gpus; }
};

TEST(Quota, NoGroupEverStartsAJobBeyondItsWall) {
  for (std::uint64_t seed = 1; seed <= worlds; ++seed) {
    Scenario scenario = random_scenario(seed);
    Admits::choose<GroupQuota>(scenario.access.admit);
    // The fleet in service is then known before each event.
    scenario.reliability.hazard = {};
    scenario.reliability.outages.clear();
    for (SiteSpec& site : scenario.sites) {
      site.power.grid.clear();
      for (TrancheSpec& tranche : site.clusters[0].tranches) tranche.date = 0;
    }
    scenario.policy.incentive = {};
    const Study study({scenario});
    Walls walls;
    walls.study = &study;
    study.run<1>(5, 0, &walls);
    ASSERT_TRUE(walls.problems.empty()) << seed << ": " << walls.problems[0];
  }
}

TEST(Metrics, PeriodsGroupsAndClassesAddUpToTheWhole) {
  for (std::uint64_t seed = 1; seed <= worlds; ++seed) {
    Scenario scenario = random_scenario(seed);
    scenario.outputs.by = PeriodLength::month;
    const Study study({scenario});
    const ReplicaResult result = study.run(2);
    const Metrics metrics = study.metrics(result);
    const auto site = [&](std::string_view name) { return Study::value(site_metrics(), metrics.site, name); };
    const auto sum = [&](std::span<const MetricInfo> infos, const auto& rows, std::string_view name) {
      double total = 0;
      for (const auto& row : rows) total += Study::value(infos, row, name);
      return total;
    };
    for (const char* name : {"jobs_started", "jobs_completed", "jobs_failed", "jobs_cancelled", "job_interruptions",
                             "gpu_hours_delivered", "gpu_hours_held", "gpu_hours_lost"}) {
      const double whole = site(name);
      EXPECT_NEAR(sum(group_metrics(), metrics.groups, name), whole, 1e-9 * whole) << seed << name;
      EXPECT_NEAR(sum(group_metrics(), metrics.classes, name), whole, 1e-9 * whole) << seed << name;
      EXPECT_NEAR(sum(period_metrics(), metrics.periods, name), whole, 1e-9 * std::abs(whole)) << seed << name;
    }
    EXPECT_EQ(sum(group_metrics(), metrics.groups, "jobs_submitted"), site("jobs_submitted")) << seed;
    EXPECT_EQ(sum(group_metrics(), metrics.classes, "jobs_submitted"), site("jobs_submitted")) << seed;
    for (const char* name : {"gpu_hours_installed", "gpu_hours_down", "gpu_hours_available", "gpu_hours_idle",
                             "stranded_gpu_hours", "node_failures", "it_energy_mwh", "facility_energy_mwh"}) {
      const double whole = site(name);
      EXPECT_NEAR(sum(period_metrics(), metrics.periods, name), whole, 1e-9 * std::abs(whole) + 1e-9) << seed << name;
    }
    EXPECT_EQ(site("jobs_submitted"), site("jobs_completed") + site("jobs_failed") + site("jobs_cancelled") +
                                          site("jobs_running_end") + site("jobs_waiting_end"))
        << seed;
    EXPECT_GE(site("jobs_running_end"), 0) << seed;
    EXPECT_NEAR(site("gpu_hours_installed"), site("gpu_hours_down") + site("gpu_hours_available"),
                1e-9 * site("gpu_hours_installed"));
    EXPECT_NEAR(site("gpu_hours_available"), site("gpu_hours_held") + site("gpu_hours_idle"),
                1e-9 * site("gpu_hours_available"));
    EXPECT_NEAR(site("utilization") * site("gpu_hours_available"), site("gpu_hours_held"),
                1e-9 * site("gpu_hours_available"));
    EXPECT_GE(site("gpu_hours_lost"), 0) << seed;
    EXPECT_GE(site("gpu_hours_delivered"), 0) << seed;
    EXPECT_EQ(site("results_censored"), site("jobs_running_end") + site("jobs_waiting_end")) << seed;
    EXPECT_LE(site("waits_censored"), site("jobs_waiting_end")) << seed;
    for (const char* name : {"waits_censored", "results_censored"}) {
      EXPECT_EQ(sum(group_metrics(), metrics.groups, name), site(name)) << seed;
      EXPECT_EQ(sum(group_metrics(), metrics.classes, name), site(name)) << seed;
      EXPECT_EQ(Study::value(period_metrics(), metrics.periods.back(), name), site(name)) << seed;
    }
    EXPECT_GE(site("facility_energy_mwh"), site("it_energy_mwh"));
  }
}

// Common random numbers: a lever with more nodes leaves the failures of the shared nodes where they were.
struct FailureDiary : Silent {
  std::uint32_t nodes = 0;
  std::vector<bool> up;
  std::vector<std::pair<Tick, std::uint32_t>> failures;
  Tick last = 0;
  void restart() {
    up.assign(nodes, false);
    failures.clear();
    last = 0;
  }
  template <class D> void before(Tick now, const D& datacenter) {
    for (std::uint32_t n = 0; n < nodes; ++n) {
      const bool present = datacenter.partition(PartitionId(0)).map.present(NodeId(n));
      if (up[n] && !present) failures.emplace_back(last, n);
      up[n] = present;
    }
    last = now;
  }
};

TEST(CommonRandomNumbers, SharedNodesFailAtTheSameTimesUnderALargerFleet) {
  Scenario small = machine(10 * 8, 8, 300 * ticks_per_day);
  Hazards::choose(small.reliability.hazard, ConstantHazard{.rate = 20});
  small.workload.classes.push_back(job_class("all", LawSpec::constant(8), LawSpec::constant(5000)));
  small.workload.jobs_per_day = 50;
  Scenario large = small;
  large.fleet.gpus = 18 * 8;
  Places::choose<BestFit>(large.scheduler.place);
  const Study study({small, large});
  FailureDiary few, many;
  few.nodes = many.nodes = 10;
  study.run<1>(1, 0, &few);
  study.run<1>(1, 1, &many);
  EXPECT_GT(few.failures.size(), 30u);
  EXPECT_EQ(few.failures, many.failures);
}

}  // namespace
}  // namespace nadc::test
