// Metrics of jobs: of any scope, and of groups, classes and domains alone.
#include "models/metrics/notes.hpp"
#include "models/metrics/scope.hpp"

namespace nadc::metrics {
namespace {

constexpr std::string_view quantiles_assume =
    "Assumes that jobs cut off by the end would wait as others that waited so long.";

// Jobs, of any scope.
const Metric of_job[] = {
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

const Metric of_group_only[] = {
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

}  // namespace

std::span<const Metric> job_metrics() { return of_job; }
std::span<const Metric> group_only_metrics() { return of_group_only; }

}  // namespace nadc::metrics
