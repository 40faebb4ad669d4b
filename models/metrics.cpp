#include "models/metrics.hpp"

#include <array>
#include <cmath>
#include <limits>

namespace nadc {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double ticks_a_second = static_cast<double>(ticks_per_second);
constexpr double ticks_an_hour = static_cast<double>(ticks_per_hour);
constexpr double microjoules_per_mwh = 3.6e15;

double ratio(double a, double b) { return b > 0 ? a / b : nan; }

// What was counted over some periods and cells.
struct Counted {
  std::array<std::uint64_t, cell_counts> n{};
  UInt128 energy = 0;

  double operator[](CellCount count) const { return static_cast<double>(n[count]); }
};

struct Machine {
  std::array<std::uint64_t, partition_counts> n{};
  double operator[](PartitionCount count) const { return static_cast<double>(n[count]); }
};

struct Scope {
  Counted jobs;
  Machine machine;
  double it_mwh = 0, facility_mwh = 0;
  double held_ticks = 0;  // GPU-ticks held by all jobs
  double it_peak_mw = 0, facility_peak_mw = 0;
  double hours = 0;                  // length of what is measured
  std::vector<std::uint64_t> waits;  // sketches; empty when not kept for the scope
  std::vector<std::uint64_t> results;
  double running = nan, waiting = nan;  // at the end
  double installed_end = nan, h100e_end = nan, days_to_target = nan;
  double trace_dropped = 0;
};

double quantile_s(const std::vector<std::uint64_t>& counts, double p) {
  if (counts.empty()) return nan;
  return Sketch::quantile(std::span<const std::uint64_t>(counts), p) / ticks_a_second;
}
double ended(const Counted& jobs) { return jobs[completed] + jobs[failed] + jobs[cancelled]; }
double available(const Machine& m) { return m[installed_ticks] - m[down_ticks]; }

struct Metric {
  MetricInfo info;
  double (*value)(const Scope&);
};

// Jobs, of any scope.
const Metric job_metrics[] = {
    {{"jobs_submitted", "1", "Jobs submitted, those waiting or running at the end of the warm-up included."},
     [](const Scope& s) { return s.jobs[submitted] - s.jobs[turned_away]; }},
    {{"jobs_started", "1", "Jobs started for the first time."}, [](const Scope& s) { return s.jobs[started]; }},
    {{"jobs_completed", "1", "Jobs that ended well."}, [](const Scope& s) { return s.jobs[completed]; }},
    {{"jobs_failed", "1", "Jobs that ended in failure of their own."}, [](const Scope& s) { return s.jobs[failed]; }},
    {{"jobs_cancelled", "1", "Jobs that their users cancelled."}, [](const Scope& s) { return s.jobs[cancelled]; }},
    {{"jobs_dropped", "1",
      "Jobs larger than the machine or turned away by a full queue, and rows of a trace that are no jobs."},
     [](const Scope& s) { return s.jobs[dropped] + s.jobs[turned_away] + s.trace_dropped; }},
    {{"job_interruptions", "1", "Interruptions of running jobs by node failures."},
     [](const Scope& s) { return s.jobs[interruptions]; }},
    {{"wait_mean_s", "s", "Mean wait from submission to first start, of the jobs started."},
     [](const Scope& s) { return ratio(s.jobs[wait_ticks], s.jobs[started]) / ticks_a_second; }},
    {{"wait_p50_s", "s", "Median wait; within 1 %."}, [](const Scope& s) { return quantile_s(s.waits, 0.5); }},
    {{"wait_p90_s", "s", "90th percentile of the wait; within 1 %."},
     [](const Scope& s) { return quantile_s(s.waits, 0.9); }},
    {{"wait_p99_s", "s", "99th percentile of the wait; within 1 %."},
     [](const Scope& s) { return quantile_s(s.waits, 0.99); }},
    {{"time_to_result_p50_s", "s", "Median time from submission to end, of the jobs ended; within 1 %."},
     [](const Scope& s) { return quantile_s(s.results, 0.5); }},
    {{"time_to_result_mean_s", "s", "Mean time from submission to end, of the jobs ended."},
     [](const Scope& s) { return ratio(s.jobs[result_ticks], ended(s.jobs)) / ticks_a_second; }},
    {{"bounded_slowdown_mean", "1", "Mean of time to result over duration (at least 10 s), of the jobs ended."},
     [](const Scope& s) { return ratio(s.jobs[slowdown_q16], ended(s.jobs)) / 65536.0; }},
    {{"gpu_hours_delivered", "hour", "GPU-hours of useful work, by their users' measure."},
     [](const Scope& s) { return (s.jobs[busy_ticks] - s.jobs[lost_ticks]) / ticks_an_hour; }},
    {{"gpu_hours_lost", "hour",
      "GPU-hours of checkpoints, restarts and work done twice; counted when a job ends or is interrupted."},
     [](const Scope& s) { return s.jobs[lost_ticks] / ticks_an_hour; }},
    {{"ettr", "1", "Effective training time ratio: delivered over held GPU-hours."},
     [](const Scope& s) { return ratio(s.jobs[busy_ticks] - s.jobs[lost_ticks], s.jobs[busy_ticks]); }},
    {{"comm_slowdown_mean", "1", "Mean factor by which the network lengthened the jobs ended, by GPU-time."},
     [](const Scope& s) { return ratio(s.jobs[busy_ticks], s.jobs[busy_ticks] - s.jobs[stretch_ticks]); }},
};

const Metric group_only_metrics[] = {
    {{"gpu_time_share", "1", "Share of all GPU-time held."},
     [](const Scope& s) { return ratio(s.jobs[busy_ticks], s.held_ticks); }},
    {{"it_energy_mwh", "MW hour", "IT energy of the jobs above idle."}, [](const Scope& s) { return s.it_mwh; }},
};

// The machine, of the whole or a period.
const Metric machine_metrics[] = {
    {{"gpus_installed_mean", "1", "Mean GPUs delivered."},
     [](const Scope& s) { return ratio(s.machine[installed_ticks] / ticks_an_hour, s.hours); }},
    {{"gpu_hours_installed", "hour", "GPU-hours delivered to the site; down and available."},
     [](const Scope& s) { return s.machine[installed_ticks] / ticks_an_hour; }},
    {{"gpu_hours_down", "hour", "GPU-hours of nodes under repair."},
     [](const Scope& s) { return s.machine[down_ticks] / ticks_an_hour; }},
    {{"gpu_hours_available", "hour", "GPU-hours in service: delivered, lost and idle."},
     [](const Scope& s) { return available(s.machine) / ticks_an_hour; }},
    {{"gpu_hours_idle", "hour", "GPU-hours in service that no job held."},
     [](const Scope& s) { return (available(s.machine) - s.jobs[busy_ticks]) / ticks_an_hour; }},
    {{"stranded_gpu_hours", "hour", "GPU-hours idle while a waiting job that fits was held back by a rule of access."},
     [](const Scope& s) { return s.machine[stranded_ticks] / ticks_an_hour; }},
    {{"utilization", "1", "GPU-hours held by jobs over GPU-hours in service."},
     [](const Scope& s) { return ratio(s.jobs[busy_ticks], available(s.machine)); }},
    {{"node_failures", "1", "Failures of nodes."}, [](const Scope& s) { return s.machine[node_failures]; }},
    {{"it_energy_mwh", "MW hour", "Energy of all nodes, exact integral."}, [](const Scope& s) { return s.it_mwh; }},
    {{"facility_energy_mwh", "MW hour", "Energy of the sites."}, [](const Scope& s) { return s.facility_mwh; }},
    {{"pue_mean", "1", "Facility over IT energy."}, [](const Scope& s) { return ratio(s.facility_mwh, s.it_mwh); }},
    {{"it_power_peak_mw", "MW", "Greatest IT power."}, [](const Scope& s) { return s.it_peak_mw; }},
};

const Metric site_only_metrics[] = {
    {{"jobs_running_end", "1", "Jobs running at the end."}, [](const Scope& s) { return s.running; }},
    {{"jobs_waiting_end", "1", "Jobs waiting at the end."}, [](const Scope& s) { return s.waiting; }},
    {{"gpus_installed_end", "1", "GPUs delivered by the end."}, [](const Scope& s) { return s.installed_end; }},
    {{"h100e_installed_end", "1", "The same in H100-equivalents."}, [](const Scope& s) { return s.h100e_end; }},
    {{"days_to_target_gpus", "day", "From the start until all planned GPUs are delivered."},
     [](const Scope& s) { return s.days_to_target; }},
};

template <std::size_t N> void add(std::vector<MetricInfo>& infos, const Metric (&table)[N]) {
  for (const Metric& metric : table) infos.push_back(metric.info);
}
template <std::size_t N> void add(std::vector<double>& values, const Metric (&table)[N], const Scope& scope) {
  for (const Metric& metric : table) values.push_back(metric.value(scope));
}

}  // namespace

std::span<const MetricInfo> site_metrics() {
  static const std::vector<MetricInfo> infos = [] {
    std::vector<MetricInfo> list;
    add(list, job_metrics);
    add(list, machine_metrics);
    add(list, site_only_metrics);
    return list;
  }();
  return infos;
}
std::span<const MetricInfo> group_metrics() {
  static const std::vector<MetricInfo> infos = [] {
    std::vector<MetricInfo> list;
    add(list, job_metrics);
    add(list, group_only_metrics);
    return list;
  }();
  return infos;
}
std::span<const MetricInfo> period_metrics() {
  static const std::vector<MetricInfo> infos = [] {
    std::vector<MetricInfo> list;
    add(list, job_metrics);
    add(list, machine_metrics);
    return list;
  }();
  return infos;
}

Metrics finalize(const World& world, const Point& point, const Raw& raw) {
  const RawShape shape(world);
  const Tick* ends = at(&world, world.period_ends);
  const PartitionParams* partitions = at(&point, point.partitions);
  const auto end_tick = static_cast<Tick>(raw.end[RawShape::end_tick]);

  const auto add_cell = [&](Scope& scope, std::uint32_t period, std::uint32_t cell) {
    const std::size_t i = std::size_t{period} * shape.cells + cell;
    for (std::uint32_t c = 0; c < cell_counts; ++c) scope.jobs.n[c] += raw.cell[i * cell_counts + c];
    scope.jobs.energy += raw.cell_energy[i];
  };
  const auto add_machine = [&](Scope& scope, std::uint32_t period) {
    for (std::uint32_t p = 0; p < shape.partitions; ++p) {
      const std::size_t i = std::size_t{period} * shape.partitions + p;
      for (std::uint32_t c = 0; c < partition_counts; ++c)
        scope.machine.n[c] += raw.partition[i * partition_counts + c];
    }
  };
  // Energy of the nodes and of the jobs on them. A job's share of a site follows the only site, or the mean of all.
  const auto it_energy = [&](std::uint32_t period, Scope& scope) {
    UInt128 nodes = 0, jobs = 0;
    double facility = 0, weight = 0;
    for (std::uint32_t p = 0; p < shape.partitions; ++p) {
      const UInt128 energy = raw.partition_energy[std::size_t{period} * shape.partitions + p];
      nodes += energy;
      facility += static_cast<double>(energy) * partitions[p].pue;
      weight += static_cast<double>(energy);
    }
    for (std::uint32_t c = 0; c < shape.cells; ++c) jobs += raw.cell_energy[std::size_t{period} * shape.cells + c];
    const double pue = weight > 0 ? facility / weight : partitions[0].pue;
    scope.it_mwh += static_cast<double>(nodes + jobs) / microjoules_per_mwh;
    scope.facility_mwh += static_cast<double>(nodes + jobs) * pue / microjoules_per_mwh;
    const double peak = static_cast<double>(raw.peak_mw[period]) / 1e9;
    scope.it_peak_mw = std::fmax(scope.it_peak_mw, peak);
  };
  const auto add_sketch = [&](std::vector<std::uint64_t>& counts, std::uint32_t sketch) {
    counts.resize(Sketch::bucket_count);
    for (std::uint32_t b = 0; b < Sketch::bucket_count; ++b)
      counts[b] += raw.sketch[std::size_t{sketch} * Sketch::bucket_count + b];
  };
  // Jobs of the warm-up that were still there when measuring began count as submitted in it.
  const auto carry_over = [&](Scope& scope, std::uint32_t cell) {
    for (std::uint32_t period = 0; period < world.first_measured_period; ++period) {
      Scope before;
      add_cell(before, period, cell);
      const auto& n = before.jobs.n;
      scope.jobs.n[submitted] += n[submitted] - n[turned_away] - n[completed] - n[failed] - n[cancelled];
    }
  };

  Metrics metrics;
  Scope whole;
  whole.trace_dropped = static_cast<double>(world.trace_dropped);
  for (std::uint32_t period = world.first_measured_period; period < shape.periods; ++period) {
    const Tick from = period == 0 ? 0 : ends[period - 1], to = ends[period] < end_tick ? ends[period] : end_tick;
    Scope scope;
    for (std::uint32_t c = 0; c < shape.cells; ++c) {
      add_cell(scope, period, c);
      add_cell(whole, period, c);
    }
    if (period == world.first_measured_period)
      for (std::uint32_t c = 0; c < shape.cells; ++c) carry_over(scope, c);
    add_machine(scope, period);
    add_machine(whole, period);
    it_energy(period, scope);
    it_energy(period, whole);
    scope.hours = static_cast<double>(to - from) / ticks_an_hour;
    whole.hours += scope.hours;
    std::vector<double>& values = metrics.periods.emplace_back();
    add(values, job_metrics, scope);
    add(values, machine_metrics, scope);
  }
  for (std::uint32_t c = 0; c < shape.cells; ++c) carry_over(whole, c);

  const auto group_scope = [&](auto has_cell, std::uint32_t waits, std::uint32_t results) {
    Scope scope;
    scope.machine = whole.machine;
    scope.held_ticks = whole.jobs[busy_ticks];
    for (std::uint32_t c = 0; c < shape.cells; ++c) {
      if (!has_cell(c)) continue;
      for (std::uint32_t period = world.first_measured_period; period < shape.periods; ++period)
        add_cell(scope, period, c);
      carry_over(scope, c);
    }
    scope.it_mwh = static_cast<double>(scope.jobs.energy) / microjoules_per_mwh;
    add_sketch(scope.waits, waits);
    if (results < shape.sketches()) add_sketch(scope.results, results);
    std::vector<double> values;
    add(values, job_metrics, scope);
    add(values, group_only_metrics, scope);
    return values;
  };
  for (std::uint32_t g = 0; g < shape.groups; ++g) {
    metrics.groups.push_back(
        group_scope([&](std::uint32_t c) { return c / shape.classes == g; }, g, shape.groups + shape.classes + g));
    add_sketch(whole.waits, g);
    add_sketch(whole.results, shape.groups + shape.classes + g);
  }
  for (std::uint32_t k = 0; k < shape.classes; ++k)
    metrics.classes.push_back(
        group_scope([&](std::uint32_t c) { return c % shape.classes == k; }, shape.groups + k, shape.sketches()));

  whole.waiting = static_cast<double>(raw.end[RawShape::waiting_at_end]);
  whole.running = whole.jobs[submitted] - whole.jobs[turned_away] - ended(whole.jobs) - whole.waiting;
  if (raw.end[RawShape::target_tick] < static_cast<std::uint64_t>(never))
    whole.days_to_target = static_cast<double>(raw.end[RawShape::target_tick]) / static_cast<double>(ticks_per_day);
  whole.installed_end = whole.h100e_end = 0;
  for (std::uint32_t p = 0; p < shape.partitions; ++p) {
    whole.installed_end += static_cast<double>(raw.installed[p]);
    whole.h100e_end += static_cast<double>(raw.installed[p]) * partitions[p].h100e;
  }
  add(metrics.site, job_metrics, whole);
  add(metrics.site, machine_metrics, whole);
  add(metrics.site, site_only_metrics, whole);
  return metrics;
}

}  // namespace nadc
