// The metrics: what users read. One table a scope names each, with its unit and meaning; finalize() computes them from
// what a replica counted. The names are those of JSON, HDF5, reports and tests.
#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "models/raw.hpp"
#include "models/world.hpp"

namespace nadc {

struct MetricInfo {
  std::string_view name;
  std::string_view unit;  // UDUNITS
  std::string_view help;
  std::string_view leaves_out = {};   // what the value does not see
  std::string_view censored_by = {};  // metric of the same scope: where it is above 0, the value is a lower bound
  std::string_view beside = {};       // metric of the same scope: how many jobs are bounded or left out
};

// The tables of which the lists below are made, for the page of all metrics.
struct MetricTable {
  std::string_view title, help;
  std::vector<MetricInfo> metrics;
};
std::vector<MetricTable> metric_tables();

std::span<const MetricInfo> site_metrics();    // of the whole datacenter
std::span<const MetricInfo> group_metrics();   // of a user group, and of a class
std::span<const MetricInfo> period_metrics();  // of the whole, by period

// Values in the order of the tables. NaN: there is none (a quantile of nothing).
struct Metrics {
  std::vector<double> site;                  // (metric)
  std::vector<std::vector<double>> groups;   // (group, metric)
  std::vector<std::vector<double>> classes;  // (class, metric)
  std::vector<std::vector<double>> domains;  // (domain, metric of groups); none when no class names one
  std::vector<std::vector<double>> periods;  // (measured period, metric)
};

Metrics finalize(const World& world, const Point& point, const Raw& raw);

}  // namespace nadc
