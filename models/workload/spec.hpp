// What a scenario says about its jobs: user groups, job classes, arrivals, or a trace.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "sim/field.hpp"
#include "sim/law.hpp"

namespace nadc {

struct GroupSpec {
  std::string name;
  double share = 1;              // of the jobs; shares are relative weights
  double quota = 1;              // of the GPUs in service, for access.admit: quota
  std::vector<NamedAmount> mix;  // weight by class; empty: the classes' own shares
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
  double failed = 0, cancelled = 0;    // share of jobs that end so; the rest completes
  std::vector<NamedAmount> speed;      // speed by node kind relative to the duration law; absent kinds: 1
  static const FieldTable& fields();
};

enum class DemandScale : int { fixed, fleet };

struct ArrivalsSpec {
  LawSpec gap;                // shape of the gaps; its scale is set by the rate
  double batch = 0;           // share of gaps that are 0 s
  std::vector<double> hours;  // 24 relative rates; empty: flat
  std::vector<double> days;   // 7 relative rates, Monday first; empty: flat
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
  bool strict = false;
  static const FieldTable& fields();
};

}  // namespace nadc
