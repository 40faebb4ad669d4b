#include "models/metrics.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "models/power/carbon.hpp"
#include "models/power/energy_metrics.hpp"

#include "models/policy/bid_metrics.hpp"
#include "models/policy/money.hpp"

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
  double served = nan;                 // members of the group
  double queued = nan;                 // share of the time
  const Account* account = nullptr;    // of the whole
  const MoneyParams* money = nullptr;  // likewise
  double startups = nan, target_reached = nan, target_missed = nan;
  double demand_swing = nan, loop_gain = nan;
};

// Counts that an interruption may take back: negative in the period of the interruption, perhaps.
double signed_hours(std::uint64_t ticks) {
  return static_cast<double>(static_cast<std::int64_t>(ticks)) / ticks_an_hour;
}
double delivered_hours(const Counted& jobs) { return signed_hours(jobs.n[useful_ticks]); }
double useful_time(const Counted& jobs) {
  return static_cast<double>(static_cast<std::int64_t>(jobs.n[busy_ticks] - jobs.n[lost_ticks]));
}
double won(std::int64_t krw) { return static_cast<double>(krw); }

double quantile_s(const std::vector<std::uint64_t>& counts, const std::vector<std::uint64_t>& open, double p) {
  if (counts.empty()) return nan;
  return Sketch::quantile(counts, open, p) / ticks_a_second;
}
double ended(const Counted& jobs) { return jobs[completed] + jobs[failed] + jobs[cancelled]; }

// Jobs that can never start.
double refused(const Counted& jobs) {
  return jobs[dropped] + jobs[dropped_unserved] + jobs[dropped_wall] + jobs[dropped_power];
}

// Time held with some causes of slowness, and without the last of them.
double without(const Counted& jobs, std::initializer_list<CellCount> causes) {
  double ticks = jobs[busy_ticks];
  for (const CellCount cause : causes) ticks -= jobs[cause];
  return ticks;
}

// Members that the jobs submitted stand for × the share of the jobs whose results came back in time; jobs that may
// still come in time, and those that failed of their own or were cancelled, do not count; those killed came to nothing.
double members_served(const Counted& jobs, const GroupMoney& group) {
  const double asked = jobs[asked_ticks] / ticks_an_hour / group.award;
  const double never_ran = refused(jobs) + jobs[turned_away];
  const double share = ratio(jobs[in_time], jobs[completed] + jobs[killed] + jobs[overdue] + never_ran);
  return std::fmin(asked, static_cast<double>(group.members)) * (std::isnan(share) ? 0.0 : share);
}
double available(const Machine& m) { return m[installed_ticks] - m[down_ticks]; }

struct Metric {
  MetricInfo info;
  double (*value)(const Scope&);
};

constexpr std::string_view served_leaves_out =
    "Jobs that may still come in time at the end, that failed of their own or were cancelled; jobs that were deterred; "
    "which member sent which job (an equal share each).";
constexpr std::string_view quantiles_assume =
    "Assumes that jobs cut off by the end would wait as others that waited so long.";

// Jobs, of any scope.
const Metric job_metrics[] = {
    {{"jobs_submitted", "1", "Jobs submitted, those waiting or running at the end of the warm-up included."},
     [](const Scope& s) { return s.jobs[submitted] - s.jobs[turned_away]; }},
    {{"jobs_started", "1", "Jobs started for the first time."}, [](const Scope& s) { return s.jobs[started]; }},
    {{"jobs_completed", "1", "Jobs that ended well."}, [](const Scope& s) { return s.jobs[completed]; }},
    {{"jobs_failed", "1", "Jobs that ended in failure of their own, and those killed at their limit."},
     [](const Scope& s) { return s.jobs[failed]; }},
    {{"jobs_cancelled", "1", "Jobs that their users cancelled."}, [](const Scope& s) { return s.jobs[cancelled]; }},
    {{"jobs_killed", "1", "Of the jobs that failed, those ended at the limit of their time (scheduler.limit: kill)."},
     [](const Scope& s) { return s.jobs[killed]; }},
    {{"jobs_dropped", "1",
      "Jobs that can never start or were turned away by a full queue, and rows of a trace that are no jobs."},
     [](const Scope& s) { return refused(s.jobs) + s.jobs[turned_away] + s.trace_dropped; }},
    {{"jobs_dropped_size", "1", "Of the jobs dropped, those larger than every partition that serves them."},
     [](const Scope& s) { return s.jobs[dropped]; }},
    {{"jobs_dropped_partition", "1", "Of the jobs dropped, those that no partition serves."},
     [](const Scope& s) { return s.jobs[dropped_unserved]; }},
    {{"jobs_dropped_wall", "1",
      "Of the jobs dropped, those larger than their group's quota of the largest fleet (access.admit: quota)."},
     [](const Scope& s) { return s.jobs[dropped_wall]; }},
    {{"jobs_dropped_power", "1", "Of the jobs dropped, those that draw more than a power limit ever lets in."},
     [](const Scope& s) { return s.jobs[dropped_power]; }},
    {{"jobs_turned_away", "1", "Of the jobs dropped, those that found the queue full (scheduler.queue)."},
     [](const Scope& s) { return s.jobs[turned_away]; }},
    {{"job_interruptions", "1", "Interruptions of running jobs by node failures."},
     [](const Scope& s) { return s.jobs[interruptions]; }},
    {{"jobs_preempted", "1", "Running jobs stopped with notice: at a power limit, for maintenance."},
     [](const Scope& s) { return s.jobs[preempted]; }},
    {{"wait_mean_s", "s",
      "Mean wait from submission to first start; jobs that still wait at the end count with their wait so far, so that "
      "with some it is a lower bound.",
      "What the jobs in waits_censored will wait beyond the end.", "", "waits_censored"},
     [](const Scope& s) {
       return ratio(s.jobs[wait_ticks] + s.jobs[unstarted_ticks], s.jobs[started] + s.jobs[unstarted]) / ticks_a_second;
     }},
    {{"waits_censored", "1", "Jobs that still wait for their first start at the end: their waits are known in part."},
     [](const Scope& s) { return s.jobs[unstarted]; }},
    {{"wait_restricted_mean_s", "s", "Mean wait by Kaplan and Meier, of waits cut at the longest seen; within 1 %.",
      "Waits beyond the longest seen; assumes that jobs cut off by the end would wait as others that waited so long.",
      "", "waits_censored"},
     [](const Scope& s) {
       return s.waits.empty() ? nan : Sketch::restricted_mean(s.waits, s.open_waits) / ticks_a_second;
     }},
    {{"wait_p50_s", "s", "Median wait by Kaplan and Meier; the longest seen where the curve ends above it; within 1 %.",
      quantiles_assume, "", "waits_censored"},
     [](const Scope& s) { return quantile_s(s.waits, s.open_waits, 0.5); }},
    {{"wait_p90_s", "s", "90th percentile of the wait, as wait_p50_s.", quantiles_assume, "", "waits_censored"},
     [](const Scope& s) { return quantile_s(s.waits, s.open_waits, 0.9); }},
    {{"wait_p99_s", "s", "99th percentile of the wait, as wait_p50_s.", quantiles_assume, "", "waits_censored"},
     [](const Scope& s) { return quantile_s(s.waits, s.open_waits, 0.99); }},
    {{"time_to_result_p50_s", "s", "Median time from submission to end, as wait_p50_s.", quantiles_assume, "",
      "results_censored"},
     [](const Scope& s) { return quantile_s(s.results, s.open_results, 0.5); }},
    {{"time_to_result_mean_s", "s",
      "Mean time from submission to end; jobs that wait or run at the end count with their time so far, so that with "
      "some it is a lower bound.",
      "What the jobs in results_censored will take beyond the end.", "", "results_censored"},
     [](const Scope& s) {
       return ratio(s.jobs[result_ticks] + s.jobs[unended_ticks], ended(s.jobs) + s.jobs[unended]) / ticks_a_second;
     }},
    {{"results_censored", "1", "Jobs that wait or run at the end: their times to result are known in part."},
     [](const Scope& s) { return s.jobs[unended]; }},
    {{"bounded_slowdown_mean", "1",
      "Mean of time to result over duration as submitted (at least 10 s), at least 1; of the jobs ended.",
      "The jobs in results_censored.", "", "results_censored"},
     [](const Scope& s) { return ratio(s.jobs[slowdown_q16], ended(s.jobs)) / 65536.0; }},
    {{"gpu_hours_delivered", "hour",
      "Useful work at the reference speed: progress in the jobs' durations × the GPUs that they asked for.",
      "Work that an interruption destroyed (taken back when it does), checkpoints, restarts, GPUs held beyond those "
      "asked for, and all that only lengthens a job."},
     [](const Scope& s) { return delivered_hours(s.jobs); }},
    {{"gpu_hours_held", "hour", "GPU-hours held by jobs, useful or lost."},
     [](const Scope& s) { return s.jobs[busy_ticks] / ticks_an_hour; }},
    {{"gpu_hours_lost", "hour",
      "GPU-hours held for checkpoints and restarts, as they happen, and for work done twice when an interruption "
      "destroys "
      "it."},
     [](const Scope& s) { return signed_hours(s.jobs.n[lost_ticks]); }},
    {{"ettr", "1",
      "Effective training time ratio: GPU-hours held less those lost, over those held and those waited for after "
      "interruptions; of ended and running jobs.",
      "Work since the last checkpoint of running jobs, which counts as useful until an interruption destroys it."},
     [](const Scope& s) { return ratio(useful_time(s.jobs), s.jobs[busy_ticks] + s.jobs[requeue_ticks]); }},
    {{"comm_slowdown_mean", "1", "Factor by which the network alone lengthened what jobs did, by GPU-time.",
      "Slowness of the GPUs themselves, which speed says."},
     [](const Scope& s) {
       return ratio(without(s.jobs, {power_ticks, degraded_ticks}),
                    without(s.jobs, {power_ticks, degraded_ticks, network_ticks}));
     }},
    {{"degraded_slowdown_mean", "1", "Factor by which degraded nodes lengthened what jobs did, beyond the network."},
     [](const Scope& s) {
       return ratio(without(s.jobs, {power_ticks}), without(s.jobs, {power_ticks, degraded_ticks}));
     }},
    {{"power_slowdown_mean", "1",
      "Factor by which clocks below full, at a limit of a site or a cluster, lengthened what jobs did, beyond these; "
      "the "
      "product of the three is that of all. A lasting gpu_power is the speed of its GPUs."},
     [](const Scope& s) { return ratio(s.jobs[busy_ticks], without(s.jobs, {power_ticks})); }},
};

const Metric group_only_metrics[] = {
    {{"gpu_time_share", "1", "Share of all GPU-time held."},
     [](const Scope& s) { return ratio(s.jobs[busy_ticks], s.held_ticks); }},
    {{"it_energy_mwh", "MW hour", "IT energy of the jobs above idle."}, [](const Scope& s) { return s.it_mwh; }},
    {{"facility_energy_mwh", "MW hour", "Its part of the sites' energy, by GPU-time held."},
     [](const Scope& s) { return s.use.facility_mwh; }},
    {{"energy_cost_krw", "KRW", "Its part of the cost of energy, by GPU-time held."},
     [](const Scope& s) { return s.use.won; }},
    {{"carbon_tco2e", "t", "Its part of the carbon, by GPU-time held."}, [](const Scope& s) { return s.use.tco2; }},
    {{"queued_share", "1", "Share of the time in which a job of the group waited; groups only."},
     [](const Scope& s) { return s.queued; }},
    {{"cost_krw", "KRW", "Capital charge and running cost, by share of the GPU-time held."},
     [](const Scope& s) { return s.cost; }},
    {{"cost_per_gpu_hour_krw", "KRW hour-1", "The same for a GPU-hour delivered."},
     [](const Scope& s) { return ratio(s.cost, delivered_hours(s.jobs)); }},
    {{"fees_krw", "KRW", "Price of the GPU-hours delivered, subsidies included; groups only."},
     [](const Scope& s) { return won(s.fees.income); }},
    {{"subsidy_krw", "KRW", "What the state pays of it; groups only."},
     [](const Scope& s) { return won(s.fees.subsidy); }},
    {{"benefit_krw", "KRW", "Worth of the GPU-hours delivered, at what they are worth to their users; groups only."},
     [](const Scope& s) { return won(s.fees.worth); }},
    {{"members_served", "1",
      "Members whose results came back in time: those that the jobs submitted stand for (asked GPU-hours over the "
      "award, "
      "at most all) × the share of jobs that completed within result_within; groups only.",
      served_leaves_out},
     [](const Scope& s) { return s.served; }},
};

// Running cost, of the whole or a period.
const Metric cost_metrics[] = {
    {{"stranded_gpu_hours_quota", "hour", "Of stranded_gpu_hours_access, those idle because of a quota."},
     [](const Scope& s) { return s.machine[stranded_ticks] / ticks_an_hour; }},
    {{"stranded_gpu_hours_partition", "hour",
      "Of these, idle while a waiting job that they fit may not enter their cluster."},
     [](const Scope& s) { return s.machine[walled_ticks] / ticks_an_hour; }},
    {{"jobs_deterred", "1", "Jobs that their users did not send, because of the wait or the price."},
     [](const Scope& s) { return s.jobs[deterred]; }},
    {{"opex_krw", "KRW", "Energy, maintenance and rent."}, [](const Scope& s) { return won(s.upkeep.total()); }},
    {{"capex_paid_krw", "KRW", "Price of what is paid for in the time measured, or the period."},
     [](const Scope& s) { return won(s.capex_paid); }},
    {{"cash_krw", "KRW", "Cash: what is paid for in that time, and running cost."},
     [](const Scope& s) { return won(s.capex_paid + s.upkeep.total()); }},
    {{"capital_charge_krw", "KRW", "Capital recovery over the lifetime at the discount rate, for that time."},
     [](const Scope& s) { return won(s.capital_charge); }},
    {{"cost_per_gpu_hour_krw", "KRW hour-1", "Capital charge and running cost for a GPU-hour delivered."},
     [](const Scope& s) { return ratio(s.cost, delivered_hours(s.jobs)); }},
    {{"cost_per_h100e_hour_krw", "KRW hour-1", "The same for an H100-equivalent hour."},
     [](const Scope& s) { return ratio(s.cost, s.h100e_hours); }},
};

// The machine, of the whole or a period.
const Metric machine_metrics[] = {
    {{"gpus_installed_mean", "1", "Mean GPUs delivered."},
     [](const Scope& s) { return ratio(s.machine[installed_ticks] / ticks_an_hour, s.hours); }},
    {{"gpu_hours_installed", "hour", "GPU-hours delivered to the site; down and available."},
     [](const Scope& s) { return s.machine[installed_ticks] / ticks_an_hour; }},
    {{"gpu_hours_down", "hour", "GPU-hours of nodes under repair."},
     [](const Scope& s) { return s.machine[down_ticks] / ticks_an_hour; }},
    {{"gpu_hours_spare", "hour", "GPU-hours of nodes that stand by; part of the idle."},
     [](const Scope& s) { return s.machine[spare_ticks] / ticks_an_hour; }},
    {{"gpu_hours_available", "hour", "GPU-hours that are not down: held and idle."},
     [](const Scope& s) { return available(s.machine) / ticks_an_hour; }},
    {{"gpu_hours_idle", "hour", "GPU-hours in service that no job held."},
     [](const Scope& s) { return (available(s.machine) - s.jobs[busy_ticks]) / ticks_an_hour; }},
    {{"stranded_gpu_hours", "hour", "GPU-hours idle for want of access or of power; the sum of the causes."},
     [](const Scope& s) {
       return (s.machine[stranded_ticks] + s.machine[walled_ticks] + s.machine[dark_ticks]) / ticks_an_hour;
     }},
    {{"stranded_gpu_hours_access", "hour",
      "Of these, idle while a waiting job that fits was held back by a rule of access."},
     [](const Scope& s) { return (s.machine[stranded_ticks] + s.machine[walled_ticks]) / ticks_an_hour; }},
    {{"stranded_gpu_hours_power", "hour", "Of these, delivered but not switched on for want of a grid connection."},
     [](const Scope& s) { return s.machine[dark_ticks] / ticks_an_hour; }},
    {{"utilization", "1", "GPU-hours held by jobs over GPU-hours available."},
     [](const Scope& s) { return ratio(s.jobs[busy_ticks], available(s.machine)); }},
    {{"window_full_share", "1",
      "Share of the time in which jobs that might start stood behind scheduler.window, unseen: waits then depend on "
      "its "
      "depth."},
     [](const Scope& s) { return ratio(s.machine[hidden_ticks] / ticks_an_hour, s.hours); }},
    {{"node_failures", "1", "Failures of nodes."}, [](const Scope& s) { return s.machine[node_failures]; }},
    {{"it_energy_mwh", "MW hour", "Energy of all nodes, exact integral."}, [](const Scope& s) { return s.it_mwh; }},
    {{"outages", "1", "Outages that took several nodes at once, planned ones included."},
     [](const Scope& s) { return s.machine[outages]; }},
    {{"facility_energy_mwh", "MW hour", "Energy of the sites."}, [](const Scope& s) { return s.use.facility_mwh; }},
    {{"pue_mean", "1", "Facility over IT energy."}, [](const Scope& s) { return ratio(s.use.facility_mwh, s.it_mwh); }},
    {{"it_power_peak_mw", "MW", "Greatest IT power."}, [](const Scope& s) { return s.it_peak_mw; }},
    {{"facility_power_peak_mw", "MW",
      "Greatest power at the meters: of a demand interval's mean by site where energy is metered."},
     [](const Scope& s) { return s.use.peak_mw; }},
    {{"job_power_swing_mw", "MW", "Greatest draw of one job above idle: the swing of synchronous training."},
     [](const Scope& s) { return s.swing_mw; }},
    {{"power_capped_hours", "hour", "Hours in which a power limit slowed or held back work, summed over the limits."},
     [](const Scope& s) { return s.capped_hours; }},
    {{"energy_cost_krw", "KRW", "Cost of energy: tariff, demand charge, emissions and water."},
     [](const Scope& s) { return s.use.won; }},
    {{"carbon_tco2e", "t", "Carbon of the energy used."}, [](const Scope& s) { return s.use.tco2; }},
    {{"embodied_tco2e", "t", "Carbon of making the GPUs and their hosts, for the hours that they are installed."},
     [](const Scope& s) { return s.embodied_t; }},
    {{"water_m3", "m3", "Water evaporated and blown down; 0 with a constant plant."},
     [](const Scope& s) { return s.use.water_m3; }},
};

const Metric site_only_metrics[] = {
    {{"jobs_running_end", "1", "Jobs running at the end."}, [](const Scope& s) { return s.running; }},
    {{"jobs_waiting_end", "1", "Jobs waiting at the end."}, [](const Scope& s) { return s.waiting; }},
    {{"gpus_installed_end", "1", "GPUs delivered by the end."}, [](const Scope& s) { return s.installed_end; }},
    {{"h100e_installed_end", "1", "The same in H100-equivalents."}, [](const Scope& s) { return s.h100e_end; }},
    {{"days_to_target_gpus", "day",
      "From the start until the promised GPUs are delivered, by the deliveries drawn after the end too; at least until "
      "the "
      "end where they never are.",
      "", "target_missed"},
     [](const Scope& s) { return s.days_to_target; }},
    {{"target_missed", "1",
      "1 when all deliveries together never make up the promised GPUs: days_to_target_gpus is then a lower bound."},
     [](const Scope& s) { return s.target_missed; }},
    {{"target_reached", "1",
      "1 when the promised GPUs are there by the promised date, or without one by the end; its mean is a probability."},
     [](const Scope& s) { return s.target_reached; }},
    {{"h100e_hours_delivered", "hour",
      "GPU-hours of useful work as long as it takes undisturbed where it ran, in H100-equivalents of these GPUs."},
     [](const Scope& s) { return s.h100e_hours; }},
    {{"demand_swing", "1",
      "Greatest over least demand of a group that answers, trend taken off, over the last third: near 1 when settled."},
     [](const Scope& s) { return s.demand_swing; }},
    {{"demand_loop_gain", "1",
      "(1 - memory) |wait elasticity| rho / (1 - rho), the greatest of a group; rho: utilization, which "
      "swings lower. Much above 2 it swings."},
     [](const Scope& s) { return s.loop_gain; }},
    {{"startups_served", "1", "Start-ups whose results came back in time: members_served of their groups.",
      served_leaves_out},
     [](const Scope& s) { return s.startups; }},
    {{"capex_krw", "KRW", "Price of all that is paid for before the end."},
     [](const Scope& s) { return won(s.account->capex); }},
    {{"capex_before_krw", "KRW", "Of it, what is paid for before what is measured."},
     [](const Scope& s) { return won(s.account->capex_before); }},
    {{"public_cash_krw", "KRW",
      "Cash, all capital at once: the state's part of capital and running cost, tax forgone and subsidies."},
     [](const Scope& s) { return won(s.account->public_cash()); }},
    {{"private_cash_krw", "KRW", "Cash: the rest of capital and running cost."},
     [](const Scope& s) { return won(s.account->private_cash()); }},
    {{"total_cash_krw", "KRW", "Cash, all capital at once: capital and running cost, public and private."},
     [](const Scope& s) { return won(s.account->capex + s.account->opex); }},
    {{"annual_cost_krw", "KRW year-1", "Annualised: capital charge and running cost a year, public and private."},
     [](const Scope& s) { return s.account->annual_cost(); }},
    {{"public_annual_cost_krw", "KRW year-1",
      "Annualised: the state's part of capital charge and running cost, tax forgone and subsidies a year."},
     [](const Scope& s) { return s.account->public_annual_cost(); }},
    {{"private_annual_cost_krw", "KRW year-1", "Annualised: the rest."},
     [](const Scope& s) { return s.account->annual_cost() - s.account->public_annual_cost(); }},
    {{"fees_krw", "KRW", "Price of the GPU-hours delivered, subsidies included."},
     [](const Scope& s) { return won(s.account->income); }},
    {{"subsidy_krw", "KRW", "What the state pays of it."}, [](const Scope& s) { return won(s.account->subsidy); }},
    {{"benefit_krw", "KRW", "Worth of the GPU-hours delivered, at what they are worth to their users."},
     [](const Scope& s) { return won(s.fees.worth); }},
    {{"benefit_cost_ratio", "1", "The same over capital charge and running cost; none without a worth.",
      "Benefits beyond the users' own."},
     [](const Scope& s) { return s.fees.worth > 0 ? ratio(won(s.fees.worth), s.cost) : nan; }},
    {{"npv_krw", "KRW",
      "Present value of fees less capital and running cost from the start, with the book value at the end."},
     [](const Scope& s) { return won(s.account->npv); }},
    {{"budget_envelope_krw", "KRW", "Public money of all years of the budget."},
     [](const Scope& s) { return won(s.money->envelope_krw); }},
    {{"budget_spent_krw", "KRW", "What of it was spent on purchases or kept for operation."},
     [](const Scope& s) { return won(s.money->spent_krw + s.money->reserved_krw); }},
    {{"budget_unspent_krw", "KRW", "The rest."}, [](const Scope& s) { return won(s.money->unspent_krw); }},
    {{"budget_overrun_krw", "KRW",
      "Price of what did not fit into the envelope, and public running cost beyond what is kept for it."},
     [](const Scope& s) {
       if (s.money->envelope_krw == 0) return 0.0;
       const std::int64_t beyond = s.account->state_opex - s.money->reserved_krw;
       return won(s.money->short_krw + (beyond > 0 ? beyond : 0));
     }},
    {{"gpus_not_bought", "1", "Planned GPUs that the envelope did not pay for."},
     [](const Scope& s) { return won(s.money->gpus_not_bought); }},
    {{"coinvestment_krw", "KRW", "What private investors pay before the end."},
     [](const Scope& s) { return won(s.account->coinvestment); }},
    {{"gpus_coinvested", "1", "GPUs that it buys: baseline and added."},
     [](const Scope& s) { return won(s.account->coinvested_gpus); }},
    {{"gpus_coinvested_baseline", "1", "Of these, what would come at the credit of before."},
     [](const Scope& s) { return won(s.account->coinvested_baseline_gpus); }},
    {{"gpus_coinvested_added", "1", "The rest, which the credit adds."},
     [](const Scope& s) { return won(s.account->coinvested_gpus - s.account->coinvested_baseline_gpus); }},
    {{"tax_forgone_krw", "KRW", "Tax credits on all of the co-investment."},
     [](const Scope& s) { return won(s.account->tax_forgone); }},
    {{"tax_forgone_added_krw", "KRW", "What of it goes beyond the tax forgone at the credit of before."},
     [](const Scope& s) { return won(s.account->tax_forgone - s.account->tax_forgone_baseline); }},
    {{"tax_forgone_per_gpu_krw", "KRW", "Tax forgone beyond that of before, for a GPU that the credit adds."},
     [](const Scope& s) {
       return ratio(won(s.account->tax_forgone - s.account->tax_forgone_baseline),
                    won(s.account->coinvested_gpus - s.account->coinvested_baseline_gpus));
     }},
};

template <std::size_t N> void add(std::vector<MetricInfo>& infos, const Metric (&table)[N]) {
  for (const Metric& metric : table) infos.push_back(metric.info);
}
template <std::size_t N> void add(std::vector<double>& values, const Metric (&table)[N], const Scope& scope) {
  for (const Metric& metric : table) values.push_back(metric.value(scope));
}

}  // namespace

std::vector<MetricTable> metric_tables() {
  const auto table = [](std::string_view title, std::string_view help, const auto& metrics) {
    MetricTable made{title, help, {}};
    add(made.metrics, metrics);
    return made;
  };
  const std::span<const MetricInfo> bids = bid_metrics();
  return {table("Jobs", "Of the whole, and by group, class, domain and period.", job_metrics),
          table("The machine", "Of the whole, and by period.", machine_metrics),
          table("The whole", "Of the whole alone.", site_only_metrics),
          table("Running cost", "Of the whole, and by period.", cost_metrics),
          {"The bidder", "Of the whole alone, with `policy.bid.years`.", {bids.begin(), bids.end()}},
          table("Groups", "By group, class and domain alone.", group_only_metrics)};
}

std::span<const MetricInfo> site_metrics() {
  static const std::vector<MetricInfo> infos = [] {
    std::vector<MetricInfo> list;
    add(list, job_metrics);
    add(list, machine_metrics);
    add(list, site_only_metrics);
    add(list, cost_metrics);
    list.insert(list.end(), bid_metrics().begin(), bid_metrics().end());
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
    add(list, cost_metrics);
    return list;
  }();
  return infos;
}

Metrics finalize(const World& world, const Point& point, const Raw& raw) {
  const RawShape shape(world);
  const Tick* ends = at(&world, world.period_ends);
  const PartitionParams* partitions = at(&point, point.partitions);
  const auto end_tick = static_cast<Tick>(raw.end[RawShape::end_tick]);

  // last: of the periods that are added; counts of a moment are those of its end.
  const auto add_cell = [&](Scope& scope, std::uint32_t period, std::uint32_t cell, std::uint32_t last) {
    const std::size_t i = std::size_t{period} * shape.cells + cell;
    for (std::uint32_t c = 0; c < cell_counts; ++c)
      if (!is_of_a_moment(c) || period == last) scope.jobs.n[c] += raw.cell[i * cell_counts + c];
    scope.jobs.energy += raw.cell_energy[i];
  };
  const auto add_machine = [&](Scope& scope, std::uint32_t period) {
    for (std::uint32_t p = 0; p < shape.partitions; ++p) {
      const std::size_t i = std::size_t{period} * shape.partitions + p;
      for (std::uint32_t c = 0; c < partition_counts; ++c)
        scope.machine.n[c] += raw.partition[i * partition_counts + c];
      scope.embodied_t += static_cast<double>(raw.partition[i * partition_counts + installed_ticks]) / ticks_an_hour /
                          embodied_lifetime_hours * partitions[p].embodied_t;
    }
  };
  // IT energy of the nodes and of the jobs on them, and what the sites make of it. Metered sites have their own; else a
  // job's share of a site follows the mean of all.
  const SiteEnergy* sites = at(&point, point.energy);
  const MeteredDemand demand =
      metered_demand(world, {sites, shape.sites}, {raw.meter_peak, std::size_t{shape.stretches} * shape.sites});
  const auto add_energy = [&](Scope& scope, std::uint32_t first, std::uint32_t end) {
    UInt128 all = 0;
    std::vector<double> it_of_site(shape.sites, 0.0);  // [MWh] a job's share by period, so that periods add up
    for (std::uint32_t period = first; period < end; ++period) {
      UInt128 nodes = 0, jobs = 0;
      std::vector<double> of_site(shape.sites, 0.0);
      for (std::uint32_t p = 0; p < shape.partitions; ++p) {
        const UInt128 energy = raw.partition_energy[std::size_t{period} * shape.partitions + p];
        nodes += energy;
        of_site[at(&world, world.partitions)[p].site] += static_cast<double>(energy);
      }
      for (std::uint32_t c = 0; c < shape.cells; ++c) jobs += raw.cell_energy[std::size_t{period} * shape.cells + c];
      const double it_peak_mw = static_cast<double>(raw.peak_mw[period]) / 1e9;
      scope.it_peak_mw = std::fmax(scope.it_peak_mw, it_peak_mw);
      scope.swing_mw = std::fmax(scope.swing_mw, static_cast<double>(raw.swing_mw[period]) / 1e9);
      for (std::uint32_t d = 0; d < shape.domains; ++d)
        scope.capped_hours +=
            static_cast<double>(raw.domain[(std::size_t{period} * shape.domains + d) * domain_counts + capped_ticks]) /
            ticks_an_hour;
      const double it_mwh = static_cast<double>(nodes + jobs) / microjoules_per_mwh;
      scope.it_mwh += it_mwh;
      all += nodes + jobs;
      const double of_nodes = static_cast<double>(nodes);
      for (std::uint32_t s = 0; s < shape.sites; ++s)
        it_of_site[s] += of_nodes > 0 ? it_mwh * of_site[s] / of_nodes : it_mwh / shape.sites;
    }
    if (shape.stretches == 0) {
      const double it_mwh = static_cast<double>(all) / microjoules_per_mwh;
      if (shape.sites == 1) it_of_site[0] = it_mwh;  // to the won, however it is cut
      EnergyUse use;
      for (std::uint32_t s = 0; s < shape.sites; ++s) use.add(unmetered_use(sites[s], it_of_site[s]));
      use.peak_mw = it_mwh > 0 ? scope.it_peak_mw * use.facility_mwh / it_mwh : 0.0;
      scope.use.add(use);
      return;
    }
    const MeterStretch* stretches = at(&world, world.stretches);
    for (std::uint32_t t = 0; t < shape.stretches; ++t) {
      if (stretches[t].period < first || stretches[t].period >= end) continue;
      EnergyUse use;
      double peak_mw = 0;  // of all sites, each at its own hour
      for (std::uint32_t s = 0; s < shape.sites; ++s) {
        const std::size_t i = std::size_t{t} * shape.sites + s;
        const EnergyUse of =
            metered_use(sites[s], calendar_of(world, point, s), stretches[t], t == 0 ? 0 : stretches[t - 1].end,
                        {raw.metered + i * meter_bins, meter_bins}, demand.peak_mw[i], demand.billed_mw[i]);
        use.add(of);
        peak_mw += of.peak_mw;
      }
      use.peak_mw = peak_mw;
      scope.use.add(use);
    }
  };
  // What it costs: capital charge and running cost of [from, to), and the hours in H100-equivalents.
  const auto installed_of = [&](std::uint32_t first, std::uint32_t end, std::vector<std::uint64_t>& installed) {
    double h100e = 0;
    installed.assign(shape.partitions, 0);
    for (std::uint32_t period = first; period < end; ++period)
      for (std::uint32_t p = 0; p < shape.partitions; ++p) {
        const std::uint64_t* counts = raw.partition + (std::size_t{period} * shape.partitions + p) * partition_counts;
        installed[p] += counts[installed_ticks];
        h100e += signed_hours(counts[work_ticks]) * partitions[p].h100e;
      }
    return h100e;
  };
  const auto capital_charge = [&](Tick from, Tick to) {
    std::int64_t krw = 0;
    for (std::uint32_t i = 0; i < point.payments.count; ++i) {
      const Payment& payment = at(&point, point.payments)[i];
      krw += capital_charge_krw(payment.krw, payment.at, point.money, from, to);
    }
    return krw;
  };
  const auto cost_of = [&](Scope& scope, std::uint32_t first, std::uint32_t end, Tick from, Tick to) {
    std::vector<std::uint64_t> installed;
    scope.h100e_hours = installed_of(first, end, installed);
    scope.upkeep = running_cost(world, point, scope.use.won, installed);
    scope.capital_charge = capital_charge(from, to);
    scope.capex_paid = capex_paid_krw(point, from, to);
    scope.cost = won(scope.capital_charge + scope.upkeep.total());
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
      add_cell(before, period, cell, period);
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
      add_cell(scope, period, c, period);
      add_cell(whole, period, c, shape.periods - 1);
    }
    if (period == world.first_measured_period)
      for (std::uint32_t c = 0; c < shape.cells; ++c) carry_over(scope, c);
    add_machine(scope, period);
    add_machine(whole, period);
    add_energy(scope, period, period + 1);
    scope.hours = static_cast<double>(to - from) / ticks_an_hour;
    whole.hours += scope.hours;
    cost_of(scope, period, period + 1, from, to);
    std::vector<double>& values = metrics.periods.emplace_back();
    add(values, job_metrics, scope);
    add(values, machine_metrics, scope);
    add(values, cost_metrics, scope);
  }
  const Tick measured_from = world.first_measured_period > 0 ? ends[world.first_measured_period - 1] : 0;
  add_energy(whole, world.first_measured_period, shape.periods);
  cost_of(whole, world.first_measured_period, shape.periods, measured_from, end_tick);
  for (std::uint32_t c = 0; c < shape.cells; ++c) carry_over(whole, c);

  Fees fees;
  const auto group_scope = [&](auto has_cell, std::vector<std::uint32_t> waits, std::uint32_t results,
                               const GroupMoney* money) {
    Scope scope;
    scope.machine = whole.machine;
    scope.held_ticks = whole.jobs[busy_ticks];
    for (std::uint32_t c = 0; c < shape.cells; ++c) {
      if (!has_cell(c)) continue;
      for (std::uint32_t period = world.first_measured_period; period < shape.periods; ++period)
        add_cell(scope, period, c, shape.periods - 1);
      carry_over(scope, c);
    }
    scope.it_mwh = static_cast<double>(scope.jobs.energy) / microjoules_per_mwh;
    const double part = ratio(scope.jobs[busy_ticks], whole.jobs[busy_ticks]);
    scope.use = {whole.use.facility_mwh * part, whole.use.water_m3 * part, whole.use.tco2 * part, whole.use.won * part,
                 whole.use.peak_mw};
    const std::uint32_t open = shape.ended_sketches();
    for (const std::uint32_t sketch : waits) {
      add_sketch(scope.waits, sketch);
      add_sketch(scope.open_waits, open + sketch);
    }
    if (results < open) {
      add_sketch(scope.results, results);
      add_sketch(scope.open_results, open + results);
    }
    if (whole.held_ticks > 0 || whole.jobs.n[busy_ticks] > 0)
      scope.cost = whole.cost * scope.jobs[busy_ticks] / whole.jobs[busy_ticks];
    if (money) {
      scope.queued = ratio(scope.jobs[queued_ticks] / ticks_an_hour, whole.hours);
      scope.fees = fees_of(*money, delivered_hours(scope.jobs));
      fees.income += scope.fees.income;
      fees.subsidy += scope.fees.subsidy;
      fees.worth += scope.fees.worth;
      if (money->award > 0) scope.served = members_served(scope.jobs, *money);
      if (money->startups && money->award > 0) whole.startups = std::fmax(whole.startups, 0.0) + scope.served;
    }
    std::vector<double> values;
    add(values, job_metrics, scope);
    add(values, group_only_metrics, scope);
    return values;
  };
  for (std::uint32_t g = 0; g < shape.groups; ++g) {
    metrics.groups.push_back(group_scope([&](std::uint32_t c) { return c / shape.classes == g; }, {g},
                                         shape.groups + shape.classes + g, &at(&point, point.group_money)[g]));
    add_sketch(whole.waits, g);
    add_sketch(whole.results, shape.groups + shape.classes + g);
    add_sketch(whole.open_waits, shape.ended_sketches() + g);
    add_sketch(whole.open_results, shape.ended_sketches() + shape.groups + shape.classes + g);
  }
  for (std::uint32_t k = 0; k < shape.classes; ++k)
    metrics.classes.push_back(group_scope([&](std::uint32_t c) { return c % shape.classes == k; }, {shape.groups + k},
                                          shape.sketches(), nullptr));
  const std::uint32_t* class_domains = at(&world, world.class_domains);
  for (std::uint32_t d = 0; d < world.job_domains; ++d) {
    std::vector<std::uint32_t> waits;
    for (std::uint32_t k = 0; k < shape.classes; ++k)
      if (class_domains[k] == d) waits.push_back(shape.groups + k);
    metrics.domains.push_back(group_scope([&](std::uint32_t c) { return class_domains[c % shape.classes] == d; },
                                          std::move(waits), shape.sketches(), nullptr));
  }

  whole.waiting = static_cast<double>(raw.end[RawShape::waiting_at_end]);
  whole.running = whole.jobs[submitted] - whole.jobs[turned_away] - ended(whole.jobs) - whole.waiting;
  whole.installed_end = whole.h100e_end = 0;
  for (std::uint32_t p = 0; p < shape.partitions; ++p) {
    whole.installed_end += static_cast<double>(raw.installed[p]);
    whole.h100e_end += static_cast<double>(raw.installed[p]) * partitions[p].h100e;
  }
  const auto reached = static_cast<Tick>(raw.end[RawShape::target_tick]);
  whole.target_missed = reached < never ? 0.0 : 1.0;
  whole.days_to_target = static_cast<double>(reached < never ? reached : end_tick) / static_cast<double>(ticks_per_day);
  whole.target_reached = reached <= (point.goal_at < never ? point.goal_at : end_tick) ? 1.0 : 0.0;
  // Income less running cost of the warm-up, for the present value.
  Scope warmup;
  std::int64_t net_warmup = 0;
  add_energy(warmup, 0, world.first_measured_period);
  if (world.first_measured_period > 0) cost_of(warmup, 0, world.first_measured_period, 0, measured_from);
  for (std::uint32_t g = 0; g < shape.groups; ++g) {
    Scope of_group;
    for (std::uint32_t period = 0; period < world.first_measured_period; ++period)
      for (std::uint32_t k = 0; k < shape.classes; ++k)
        add_cell(of_group, period, g * shape.classes + k, world.first_measured_period - 1);
    net_warmup += fees_of(at(&point, point.group_money)[g], delivered_hours(of_group.jobs)).income;
  }
  if (point.response.every > 0)
    for (std::uint32_t g = 0; g < shape.groups; ++g) {
      const std::uint64_t* of = raw.response + std::size_t{g} * response_counts;
      if (of[last_demand] == 0) continue;
      const auto spread = static_cast<double>(of[greatest_demand] - of[least_demand]) -
                          std::fabs(static_cast<double>(of[last_demand]) - static_cast<double>(of[first_demand]));
      whole.demand_swing = std::fmax(whole.demand_swing, std::exp2(spread / 65536.0));
      const double load = ratio(whole.jobs[busy_ticks], available(whole.machine));
      whole.loop_gain =
          std::fmax(whole.loop_gain, (1 - point.response.memory) *
                                         std::fabs(at(&point, point.responses)[g].wait_elasticity) * load / (1 - load));
    }
  const Account account =
      account_of(point, whole.upkeep, fees, net_warmup - warmup.upkeep.total(), measured_from, end_tick);
  whole.account = &account;
  whole.fees = fees;
  whole.money = &point.money;
  add(metrics.site, job_metrics, whole);
  add(metrics.site, machine_metrics, whole);
  add(metrics.site, site_only_metrics, whole);
  add(metrics.site, cost_metrics, whole);
  add_bid_metrics(metrics.site, point.money, account, delivered_hours(whole.jobs));
  return metrics;
}

}  // namespace nadc
