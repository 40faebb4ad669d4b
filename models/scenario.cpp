#include "models/scenario.hpp"

#include "models/access/admit.hpp"
#include "models/reliability/hazard.hpp"
#include "models/scheduler/order.hpp"
#include "models/scheduler/place.hpp"

namespace nadc {

using namespace spec;

const FieldTable& ConstantHazard::fields() {
  static const FieldTable table{
      "constant",
      "A constant failure rate.",
      {number(&ConstantHazard::rate, "rate", not_negative, required, "Node failures per 1,000 node-days.", "")}};
  return table;
}

const FieldTable& InfantHazard::fields() {
  static const FieldTable table{
      "infant",
      "A failure rate that falls after delivery.",
      {
          number(&InfantHazard::rate, "rate", not_negative, required, "Long-run node failures per 1,000 node-days.",
                 ""),
          number(&InfantHazard::excess, "excess", not_negative, required,
                 "Excess of the rate on the first day, relative to the long-run rate.", ""),
          duration(&InfantHazard::period, "period", positive, required, "Time until the excess is gone.", ""),
      }};
  return table;
}

const FieldTable& FairShare::fields() {
  static const FieldTable table{"fair-share",
                                "Use of a group over its share, forgotten by halves.",
                                {
                                    duration(&FairShare::half_life, "half_life", between(0, 100 * 365.0 * 86400), "7 d",
                                             "Time after which a group's use counts half; 0: nothing is forgotten.",
                                             "Slurm: PriorityDecayHalfLife"),
                                    duration(&FairShare::interval, "interval", between(1, 365.0 * 86400), "5 min",
                                             "Time after which use is added up and the order of the queue made anew.",
                                             "Slurm: PriorityCalcPeriod"),
                                }};
  return table;
}

const FieldTable& AccessSpec::fields() {
  static const FieldTable table{"access",
                                "Who may use what.",
                                {one_of(&AccessSpec::admit, "admit", &Admits::alternatives, "open",
                                        "Rule that lets a job start.", "neutral default")}};
  return table;
}

const FieldTable& SchedulerSpec::fields() {
  static const FieldTable table{
      "scheduler",
      "Which job starts next, and where.",
      {
          one_of(&SchedulerSpec::order, "order", &Orders::alternatives, "fifo", "Order of the queue.",
                 "neutral default"),
          choice(&SchedulerSpec::backfill, "backfill", {"none", "easy", "conservative"}, "easy",
                 "What may overtake a job that does not fit.", "neutral default: as large centres do"),
          one_of(&SchedulerSpec::place, "place", &Places::alternatives, "pack", "Which GPUs a job gets.",
                 "neutral default"),
          integer(
              &SchedulerSpec::window, "window", at_least(0), "256",
              "Queued jobs that a pass may look at in vain: the first by key of those that access lets start (a job at "
              "its group's wall takes no place); 0: all.",
              "assumption: Slurm sites set bf_max_job_test to 100 to 1,000"),
          choice(
              &SchedulerSpec::limit, "limit", {"none", "kill"}, "none",
              "A job that has run as long as it requested: runs on (its request is then at least its duration), or is "
              "killed. What it did until then counts as delivered; with restarts each run has the time that is left "
              "of the request, and that of the restart. Saves count into a trace's request, and come on top of one "
              "that "
              "is drawn.",
              "neutral default; Slurm kills"),
          integer(&SchedulerSpec::queue, "queue", at_least(-1), "-1",
                  "Jobs that may wait: what finds more waiting is turned away; 0 is a loss system, -1 any number.",
                  "neutral default: no limit"),
      }};
  return table;
}

const FieldTable& OutputsSpec::fields() {
  static const FieldTable table{"outputs",
                                "What a result holds.",
                                {choice(&OutputsSpec::by, "by", {"none", "month", "quarter", "year"}, "none",
                                        "Length of the periods reported.", "neutral default"),
                                 integer(&OutputsSpec::series, "series", between(0, most_series_stretches), "0",
                                         "Equal stretches of what is measured, in whole hours, over which a sweep "
                                         "keeps means of a few series by row; they take the place of the periods.",
                                         "neutral default")}};
  return table;
}

const FieldTable& Scenario::fields() {
  static const FieldTable table{
      "scenario",
      "One world.",
      {
          text(&Scenario::name, "name", required, "Name of the scenario.", ""),
          text(&Scenario::description, "description", "\"\"", "What it is about.", "neutral default"),
          date(&Scenario::start, "start", required, "First moment simulated, local time.", ""),
          duration(&Scenario::horizon, "horizon", not_negative, "0 s",
                   "How long to simulate; 0 runs a trace until its last job has ended.", "neutral default"),
          duration(&Scenario::warmup, "warmup", not_negative, "0 s",
                   "Time at the start that no metric counts; part of the horizon.", "neutral default"),
          object(&Scenario::catalog, "catalog", "{}", "Figures of hardware."),
          object(&Scenario::fleet, "fleet", "{}", "Size of the fleet, and the short form with one cluster."),
          list(&Scenario::sites, "sites", anything, "[]", "Sites with clusters; none: the short form."),
          object(&Scenario::access, "access", "{}", "Who may use what."),
          object(&Scenario::network, "network", "{}", "What the network costs a job."),
          object(&Scenario::workload, "workload", "{}", "The jobs."),
          object(&Scenario::scheduler, "scheduler", "{}", "Which job starts next, and where."),
          object(&Scenario::reliability, "reliability", "{}", "Failures and repair."),
          object(&Scenario::power, "power", "{}", "What the machines draw."),
          object(&Scenario::outputs, "outputs", "{}", "What a result holds."),
          object(&Scenario::policy, "policy", "{}",
                 "Budget, purchases, incentives, ownership, targets, costs, bids and triggers."),
      }};
  return table;
}

}  // namespace nadc
