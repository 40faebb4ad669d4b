// A scenario: one world, as validated plain structs. app/scenario reads it from YAML through these tables.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "models/network/network_spec.hpp"
#include "models/policy/spec.hpp"
#include "models/power/spec.hpp"
#include "models/reliability/spec.hpp"
#include "models/scheduler/spec.hpp"
#include "models/site/spec.hpp"
#include "models/workload/spec.hpp"
#include "sim/field.hpp"
#include "sim/time.hpp"

namespace nadc {

inline constexpr int most_series_stretches = 64;
enum class PeriodLength : int { none, month, quarter, year };

struct OutputsSpec {
  PeriodLength by = PeriodLength::none;
  int series = 0;  // equal stretches of what is measured; 0: none
  static const FieldTable& fields();
};

struct Scenario {
  std::string name;
  std::string description;
  std::int64_t start = 0;  // [s since 1970, local time of the site]
  Tick horizon = 0;
  Tick warmup = 0;  // metrics count from here; part of the horizon
  CatalogSpec catalog;
  FleetSpec fleet;
  std::vector<SiteSpec> sites;
  AccessSpec access;
  NetworkSpec network;
  WorkloadSpec workload;
  SchedulerSpec scheduler;
  ReliabilitySpec reliability;
  PowerSpec power;
  OutputsSpec outputs;
  PolicySpec policy;
  static const FieldTable& fields();
};

}  // namespace nadc
