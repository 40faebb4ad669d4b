// What a scenario says about its jobs: user groups, job classes, arrivals, or a trace.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "models/site/spec.hpp"
#include "sim/field.hpp"
#include "sim/law.hpp"
#include "sim/time.hpp"

namespace nadc {

struct GroupSpec {
  std::string name;
  double share = 1;                                  // of the jobs; shares are relative weights
  double quota = 1;                                  // of the GPUs in service, for access.admit: quota
  double fair_share = 0;                             // for scheduler.order: fair-share; relative weights; 0: the quota
  std::vector<NamedAmount> mix;                      // weight by class; empty: the classes' own shares
  double demand = 1;                                 // factor on its jobs
  Owner owner = Owner::shared;                       // whose GPUs its quota is a share of, with policy.ownership.quotas
  bool confined = false;                             // only on clusters that name it
  std::int64_t priority = 0;                         // for scheduler.order: priority; more comes first
  double price = 0;                                  // [KRW/s] of a GPU
  double worth = 0;                                  // [KRW/s] of a GPU, to its users
  double subsidy = 0;                                // share of the price that the state pays
  double wait_elasticity = 0, price_elasticity = 0;  // of its demand; see workload/response.hpp
  Tick reference_wait = 0;                           // at which demand is as said
  double reference_price = 0;                        // [KRW/s] likewise
  std::int64_t members = 0;                          // firms or projects
  double award = 0;                                  // GPU-hours that serve one of them
  bool startups = false;                             // its members count as start-ups
  Tick result_within = 7 * ticks_per_day;            // of submission, when a result still serves
  static const FieldTable& fields();
};

struct ClassSpec {
  std::string name;
  double share = 1;                    // of a group's jobs; relative weights
  LawSpec gpus;                        // whole numbers
  LawSpec duration;                    // at full speed, on GPUs of speed 1
  LawSpec request_factor;              // requested over real duration, at least 1
  Tick request_max = 0;                // cap of the request; never below the duration
  Tick checkpoint_every = 0;           // work between checkpoints; 0: none, a failure loses all
  Tick checkpoint_cost = 0;            // time that a checkpoint stops the job
  int checkpoint = 0;                  // fixed: every checkpoint_every; young: as the job's size asks
  int checkpoint_mode = 0;             // blocking, background
  double checkpoint_size = 0;          // [B]; above 0 the store sets the cost
  double checkpoint_size_per_gpu = 0;  // [B]
  Tick restart_cost = 0;               // time to load and warm up after an interruption
  double intensity = 1;                // power above idle, relative to training at full rate
  double communication = 0;            // share of the time that is exposed communication, at full network speed
  double hidden_communication = 0;     // share with communication under computing, there
  double overlap_slack = 0;            // share that could hide more
  double failed = 0, cancelled = 0;    // share of jobs that end so; the rest completes
  std::vector<NamedAmount> speed;      // speed by node kind relative to the duration law; absent kinds: 1
  std::string domain;                  // what it is for; outcomes are also given by domain
  double demand = 1;                   // factor on its jobs
  static const FieldTable& fields();
};

enum class DemandScale : int { fixed, fleet };
enum class TraceAlign : int { calendar, start };
enum class TraceProcessors : int { gpus, cpus };

struct ArrivalsSpec {
  LawSpec gap;                // shape of the gaps; its scale is set by the rate
  double batch = 0;           // share of gaps that are 0 s
  std::vector<double> hours;  // 24 relative rates; empty: flat
  std::vector<double> days;   // 7 relative rates, Monday first; empty: flat
  static const FieldTable& fields();
};

// Demand that answers to the wait and the price that a group meets (workload/response.hpp).
struct ResponseSpec {
  Tick every = 0;     // how often users think again; 0: never
  double most = 1;    // greatest demand, relative to what the workload says
  double memory = 0;  // weight of what was believed before
  static const FieldTable& fields();
};

struct WorkloadSpec {
  double jobs_per_day = 0;
  DemandScale scale = DemandScale::fixed;
  std::int64_t per_gpus = 16000;  // with scale: fleet, jobs_per_day is for this many GPUs
  ArrivalsSpec arrivals;
  std::vector<GroupSpec> groups;
  std::vector<ClassSpec> classes;
  std::string trace;  // replaces the synthetic jobs
  std::string format;
  TraceProcessors processors = TraceProcessors::gpus;
  TraceAlign align = TraceAlign::calendar;                       // of a trace with calendar times
  std::string unknown_group = "error", unknown_class = "error";  // or the row of jobs that name none of the scenario's
  bool strict = false;
  ResponseSpec response;
  static const FieldTable& fields();
};

}  // namespace nadc
