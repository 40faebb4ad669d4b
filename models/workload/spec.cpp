#include "models/workload/spec.hpp"

namespace nadc {

using namespace spec;

const FieldTable& GroupSpec::fields() {
  static const FieldTable table{
      "group",
      "A group of users.",
      {
          spec::name(&GroupSpec::name, "Name of the group."),
          number(&GroupSpec::share, "share", not_negative, "1", "Relative share of the jobs.", "neutral default"),
          quantity(&GroupSpec::quota, "quota", Dimension::ratio, fraction, "1",
                   "Share of the GPUs in service that the group may hold, with access.admit: quota.",
                   "neutral default"),
          number(&GroupSpec::fair_share, "fair_share", not_negative, "0",
                 "With scheduler.order: fair-share, its share of the use, relative to the others'; 0: its quota.",
                 "neutral default"),
          amounts(&GroupSpec::mix, "mix", Dimension::none, not_negative, "{}",
                  "Relative weight by class; empty takes the classes' own shares.", "neutral default"),
          number(&GroupSpec::demand, "demand", not_negative, "1", "Factor on its jobs; other groups keep theirs.",
                 "neutral default"),
          choice(&GroupSpec::owner, "owner", {"shared", "state", "investors"}, "shared",
                 "Owner whose GPUs its quota is a share of, with policy.ownership.quotas; shared: of all.",
                 "neutral default"),
          boolean(&GroupSpec::confined, "confined", "false",
                  "Whether its jobs may run only on clusters that name it, as regulated data must.", "neutral default"),
          integer(&GroupSpec::priority, "priority", between(-1000, 1000), "0",
                  "With scheduler.order: priority, a higher one comes first.", "neutral default"),
          quantity(&GroupSpec::price, "price", Dimension::money_rate, not_negative, "0 KRW/h",
                   "Price of a GPU, by the time that it is used.", "neutral default"),
          quantity(&GroupSpec::worth, "worth", Dimension::money_rate, not_negative, "0 KRW/h",
                   "What useful work of a GPU is worth to its users: their willingness to pay.",
                   "neutral default: nothing; any figure is an assumption"),
          quantity(&GroupSpec::subsidy, "subsidy", Dimension::ratio, fraction, "0",
                   "Share of the price that the state pays.", "neutral default"),
          number(&GroupSpec::wait_elasticity, "wait_elasticity", between(-10, 0), "0",
                 "Elasticity of its demand to the wait, with workload.response.", "neutral default"),
          number(&GroupSpec::price_elasticity, "price_elasticity", between(-10, 0), "0",
                 "Elasticity of its demand to the price that it pays, with workload.response.", "neutral default"),
          spec::duration(&GroupSpec::reference_wait, "reference_wait", positive, "1 h",
                         "Mean wait at which demand is as the workload says, for example that of centres abroad.",
                         "assumption: no published figure; 10 min to 1 d"),
          quantity(&GroupSpec::reference_price, "reference_price", Dimension::money_rate, positive, "4000 KRW/h",
                   "Price at which demand is as the workload says, for example that of clouds abroad.",
                   "assumption: 2 to 4 USD a GPU-hour of an H100 in 2025"),
          integer(&GroupSpec::members, "members", not_negative, "0", "Firms or projects in the group.",
                  "neutral default"),
          number(&GroupSpec::award, "award", not_negative, "0", "GPU-hours that one member asks for; 0: not known.",
                 "neutral default"),
          spec::duration(&GroupSpec::result_within, "result_within", positive, "7 d",
                         "A result serves its user when it is there within this time of the submission.",
                         "assumption: no published figure; 1 to 30 d"),
          boolean(&GroupSpec::startups, "startups", "false", "Whether its members count as start-ups.",
                  "neutral default"),
      }};
  return table;
}

const FieldTable& ClassSpec::fields() {
  static const FieldTable table{
      "class",
      "A class of jobs.",
      {
          spec::name(&ClassSpec::name, "Name of the class."),
          number(&ClassSpec::share, "share", not_negative, "1", "Relative share of a group's jobs.", "neutral default"),
          law(&ClassSpec::gpus, "gpus", Dimension::none, at_least(1), required, "GPUs asked.", ""),
          law(&ClassSpec::duration, "duration", Dimension::duration, not_negative, required,
              "Duration at full speed on a GPU of speed 1.", ""),
          law(&ClassSpec::request_factor, "request_factor", Dimension::none, at_least(1), "1",
              "Requested over real duration.", "neutral default: users know the duration"),
          spec::duration(&ClassSpec::request_max, "request_max", positive, "30 d",
                         "Cap of the request; never below the duration.", "assumption: a usual limit of large centres"),
          spec::duration(&ClassSpec::checkpoint_every, "checkpoint_every", not_negative, "0 s",
                         "Work between two checkpoints; 0: none, and an interruption loses all.", "neutral default"),
          spec::duration(&ClassSpec::checkpoint_cost, "checkpoint_cost", not_negative, "0 s",
                         "Time that a checkpoint stops the job.", "neutral default"),
          choice(&ClassSpec::checkpoint, "checkpoint", {"fixed", "young"}, "fixed",
                 "Interval between checkpoints: checkpoint_every, or Young's optimum for the job's nodes and cost.",
                 "neutral default"),
          choice(&ClassSpec::checkpoint_mode, "checkpoint_mode", {"blocking", "background"}, "blocking",
                 "Whether the job stops for the whole write, or for the copy to host memory only.", "neutral default"),
          quantity(&ClassSpec::checkpoint_size, "checkpoint_size", Dimension::data, not_negative, "0 B",
                   "Size of a checkpoint; above 0, with reliability.store, its time follows from the store.",
                   "neutral default"),
          quantity(&ClassSpec::checkpoint_size_per_gpu, "checkpoint_size_per_gpu", Dimension::data, not_negative, "0 B",
                   "Added for each GPU of the job.", "neutral default"),
          spec::duration(&ClassSpec::restart_cost, "restart_cost", not_negative, "0 s",
                         "Time to load the checkpoint and warm up after an interruption.", "neutral default"),
          quantity(&ClassSpec::intensity, "intensity", Dimension::ratio, between(0, 1.5), "1",
                   "Power above idle, relative to training at full rate.", "neutral default"),
          quantity(&ClassSpec::communication, "communication", Dimension::ratio, fraction, "0",
                   "Share of the time that is exposed communication at full network speed.", "neutral default"),
          quantity(&ClassSpec::hidden_communication, "hidden_communication", Dimension::ratio, not_negative, "0",
                   "Share of the time with communication under computing, as nadc network steptime says.",
                   "neutral default"),
          quantity(&ClassSpec::overlap_slack, "overlap_slack", Dimension::ratio, not_negative, "0",
                   "Share of the time by which hidden communication may grow before it shows.", "neutral default"),
          quantity(&ClassSpec::failed, "failed", Dimension::ratio, fraction, "0", "Share of jobs that end in failure.",
                   "neutral default"),
          quantity(&ClassSpec::cancelled, "cancelled", Dimension::ratio, fraction, "0",
                   "Share of jobs that their user cancels.", "neutral default"),
          amounts(&ClassSpec::speed, "speed", Dimension::none, not_negative, "{}",
                  "Speed by node kind relative to the duration law; 0: cannot run there; kinds not named: 1.",
                  "neutral default"),
          text(&ClassSpec::domain, "domain", "\"\"",
               "What it is for, such as health; outcomes are also given by domain.", "neutral default"),
          number(&ClassSpec::demand, "demand", not_negative, "1", "Factor on its jobs; other classes keep theirs.",
                 "neutral default"),
      }};
  return table;
}

const FieldTable& ArrivalsSpec::fields() {
  static const FieldTable table{
      "arrivals",
      "How jobs arrive: an hour-of-week rate times bursts.",
      {
          law(&ArrivalsSpec::gap, "gap", Dimension::duration, not_negative, "{exponential: {mean: 1 s}}",
              "Shape of the gaps between jobs; its mean is set by the rate.", "neutral default: a Poisson stream"),
          quantity(&ArrivalsSpec::batch, "batch", Dimension::ratio, {.min = 0, .max = 1, .at_max = Bound::open}, "0",
                   "Share of gaps that are 0 s.", "neutral default"),
          numbers(&ArrivalsSpec::hours, "hours", not_negative, "[]", "24 relative rates by hour of day; empty: flat.",
                  "neutral default"),
          numbers(&ArrivalsSpec::days, "days", not_negative, "[]",
                  "7 relative rates by day of week, Monday first; empty: flat.", "neutral default"),
      }};
  return table;
}

const FieldTable& ResponseSpec::fields() {
  static const FieldTable table{
      "response",
      "Demand that answers to experienced wait and price.",
      {
          spec::duration(&ResponseSpec::every, "every", {.min = 0}, "0 s",
                         "Time in which users form a belief of the wait, at least an hour; they think thirty times in "
                         "it. 0: demand does not answer.",
                         "neutral default"),
          number(&ResponseSpec::most, "most", between(1, 100), "1",
                 "Greatest demand of a group, relative to what the workload says.", "neutral default"),
          quantity(&ResponseSpec::memory, "memory", Dimension::ratio, fraction, "90 %",
                   "Weight of the wait believed `every` ago against the mean met since, in the logarithm.",
                   "assumption: 50 to 97 %; less swings at high load, 0 follows the last period alone"),
      }};
  return table;
}

const FieldTable& WorkloadSpec::fields() {
  static const FieldTable table{
      "workload",
      "The jobs: synthetic by group and class, or a trace.",
      {
          number(&WorkloadSpec::jobs_per_day, "jobs_per_day", between(0, 86.4e6), "0",
                 "Mean jobs a day, all groups; at most one a tick.", "neutral default"),
          choice(&WorkloadSpec::scale, "scale", {"fixed", "fleet"}, "fixed",
                 "Whether the demand is fixed, or in proportion to the planned GPUs.", "neutral default"),
          integer(&WorkloadSpec::per_gpus, "per_gpus", at_least(1), "16000",
                  "With scale: fleet, jobs_per_day is for this many GPUs.", "Meta RSC-1: 16,000 GPUs"),
          object(&WorkloadSpec::arrivals, "arrivals", "{}", "How jobs arrive."),
          map(&WorkloadSpec::groups, "groups", anything, "{}", "User groups by name; none: one group, all."),
          map(&WorkloadSpec::classes, "classes", anything, "{}", "Job classes by name; none: one class, all."),
          path(&WorkloadSpec::trace, "trace", "\"\"", "Trace to replay in place of synthetic jobs.", "neutral default"),
          text(&WorkloadSpec::format, "format", "auto",
               "Format of the trace: auto, or one that nadc trace convert --from names.", "neutral default"),
          choice(&WorkloadSpec::processors, "processors", {"gpus", "cpus"}, "gpus",
                 "What a job's size counts in a trace whose format knows CPUs; CPU jobs are dropped with gpus.",
                 "convention"),
          choice(
              &WorkloadSpec::align, "align", {"calendar", "start"}, "calendar",
              "Where a trace with calendar times begins: at the first moment from start on with the weekday and time "
              "of its first submission, to which start is moved; or at start itself.",
              "convention"),
          text(&WorkloadSpec::unknown_group, "unknown_group", "error",
               "Group of trace jobs whose group the scenario lacks, a further one if it is new; error: refuse them.",
               "convention"),
          text(&WorkloadSpec::unknown_class, "unknown_class", "error",
               "Class of trace jobs whose class the scenario lacks, a further one if it is new; error: refuse them.",
               "convention"),
          boolean(&WorkloadSpec::strict, "strict", "false", "Whether a dropped job is an error.", "neutral default"),
          object(&WorkloadSpec::response, "response", "{}", "Demand that answers to experienced wait and price."),
      }};
  return table;
}

}  // namespace nadc
