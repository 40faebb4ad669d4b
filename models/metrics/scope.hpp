// What metrics are made of: all that was counted over some cells of jobs and some periods.
#pragma once
#include <array>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <vector>

#include "models/metrics.hpp"
#include "models/policy/money.hpp"
#include "models/policy/orders.hpp"
#include "models/power/energy_metrics.hpp"
#include "models/raw.hpp"
#include "sim/statistics.hpp"

namespace nadc::metrics {

inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double ticks_a_second = static_cast<double>(ticks_per_second);
inline constexpr double ticks_an_hour = static_cast<double>(ticks_per_hour);
inline constexpr double microjoules_per_mwh = 3.6e15;

inline double ratio(double a, double b) { return b > 0 ? a / b : nan; }

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
  double it_mwh = 0;
  EnergyUse use;
  double capped_hours = 0, swing_mw = 0, embodied_t = 0;
  double held_ticks = 0;  // GPU-ticks held by all jobs
  double it_peak_mw = 0;
  double hours = 0;                  // length of what is measured
  std::vector<std::uint64_t> waits;  // sketches; empty when not kept for the scope
  std::vector<std::uint64_t> results;
  double running = nan, waiting = nan;  // at the end
  double installed_end = nan, h100e_end = nan, days_to_target = nan;
  double trace_dropped = 0;
  RunningCost upkeep;  // of the time that is measured, or the period
  double cost = nan;   // [KRW] capital charge and running cost; of a group, its share by GPU-time
  std::int64_t capital_charge = 0, capex_paid = 0;
  double h100e_hours = nan;                             // delivered, in H100-equivalents
  std::vector<std::uint64_t> open_waits, open_results;  // sketches of the jobs that the end cuts off
  Fees fees;
  double served = nan;                     // members of the group
  double queued = nan;                     // share of the time
  const Account* account = nullptr;        // of the whole
  const MoneyParams* money = nullptr;      // likewise
  const TriggersDone* triggers = nullptr;  // likewise
  double startups = nan, target_reached = nan, target_missed = nan;
  double demand_swing = nan, loop_gain = nan;
};

// Counts that an interruption may take back: negative in the period of the interruption, perhaps.
inline double signed_hours(std::uint64_t ticks) {
  return static_cast<double>(static_cast<std::int64_t>(ticks)) / ticks_an_hour;
}
inline double delivered_hours(const Counted& jobs) { return signed_hours(jobs.n[useful_ticks]); }
inline double useful_time(const Counted& jobs) {
  return static_cast<double>(static_cast<std::int64_t>(jobs.n[busy_ticks] - jobs.n[lost_ticks]));
}
inline double won(std::int64_t krw) { return static_cast<double>(krw); }

inline double quantile_s(const std::vector<std::uint64_t>& counts, const std::vector<std::uint64_t>& open, double p) {
  if (counts.empty()) return nan;
  return Sketch::quantile(counts, open, p) / ticks_a_second;
}
inline double ended(const Counted& jobs) { return jobs[completed] + jobs[failed] + jobs[cancelled]; }

// Jobs that can never start.
inline double refused(const Counted& jobs) {
  return jobs[dropped] + jobs[dropped_unserved] + jobs[dropped_wall] + jobs[dropped_power];
}

// Time held with some causes of slowness, and without the last of them.
inline double without(const Counted& jobs, std::initializer_list<CellCount> causes) {
  double ticks = jobs[busy_ticks];
  for (const CellCount cause : causes) ticks -= jobs[cause];
  return ticks;
}

// Members that the jobs submitted stand for × the share of the jobs whose results came back in time; jobs that may
// still come in time, and those that failed of their own or were cancelled, do not count; those killed came to nothing.
inline double members_served(const Counted& jobs, const GroupMoney& group) {
  const double asked = jobs[asked_ticks] / ticks_an_hour / group.award;
  const double never_ran = refused(jobs) + jobs[turned_away];
  const double share = ratio(jobs[in_time], jobs[completed] + jobs[killed] + jobs[overdue] + never_ran);
  return std::fmin(asked, static_cast<double>(group.members)) * (std::isnan(share) ? 0.0 : share);
}
inline double available(const Machine& m) { return m[installed_ticks] - m[down_ticks]; }

struct Metric {
  MetricInfo info;
  double (*value)(const Scope&);
};

// The tables; what each is of is said by metric_tables().
std::span<const Metric> job_metrics();
std::span<const Metric> group_only_metrics();
std::span<const Metric> machine_metrics();
std::span<const Metric> site_only_metrics();
std::span<const Metric> cost_metrics();

}  // namespace nadc::metrics
