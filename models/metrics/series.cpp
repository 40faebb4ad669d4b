#include "models/metrics/series.hpp"

#include "models/metrics/counting.hpp"
#include "models/metrics/scope.hpp"

namespace nadc {

using namespace metrics;

namespace {

// GPU-hours, MWh or job-hours of a stretch, over its length.
double mean(double total, const Scope& scope) { return ratio(total, scope.hours); }

const Metric whole[] = {
    {{"gpus_in_use", "1", "Mean GPUs held by jobs."},
     [](const Scope& s) { return mean(s.jobs[busy_ticks] / ticks_an_hour, s); }},
    {{"gpus_in_service", "1", "Mean GPUs delivered and not down."},
     [](const Scope& s) { return mean(available(s.machine) / ticks_an_hour, s); }},
    {{"jobs_waiting", "1", "Mean jobs that wait for their first start."},
     [](const Scope& s) { return mean(s.jobs[wait_ticks] / ticks_an_hour, s); }},
    {{"it_power_mw", "MW", "Mean IT power."}, [](const Scope& s) { return mean(s.it_mwh, s); }},
};
const Metric of_group[] = {
    {{"jobs_waiting", "1", "Mean jobs of the group that wait for their first start."},
     [](const Scope& s) { return mean(s.jobs[wait_ticks] / ticks_an_hour, s); }},
};

std::vector<MetricInfo> infos_of(std::span<const Metric> metrics) {
  std::vector<MetricInfo> infos;
  for (const Metric& metric : metrics) infos.push_back(metric.info);
  return infos;
}

// Adds a cell to the scope of one stretch, with wait_ticks as the time that its jobs waited in it.
void add(Scope& scope, const Counting& counting, std::uint32_t period, CellId c) {
  Scope of, before;
  counting.add_cell(of, period, c, period);
  if (period > 0) counting.add_cell(before, period - 1, c, period - 1);
  of.jobs.n[wait_ticks] += of.jobs.n[unstarted_ticks] - before.jobs.n[unstarted_ticks];
  for (std::uint32_t i = 0; i < cell_counts; ++i) scope.jobs.n[i] += of.jobs.n[i];
}

}  // namespace

std::span<const MetricInfo> series_metrics() {
  static const std::vector<MetricInfo> infos = infos_of(whole);
  return infos;
}
std::span<const MetricInfo> group_series_metrics() {
  static const std::vector<MetricInfo> infos = infos_of(of_group);
  return infos;
}

std::vector<double> series_of(const World& world, const Point& point, const Raw& raw) {
  const Counting counting(world, point, raw);
  const RawShape& shape = counting.shape();
  const std::uint32_t first = counting.first_measured(), stretches = shape.periods - first;
  std::vector<Scope> site(stretches);
  std::vector<std::vector<Scope>> groups(shape.groups, std::vector<Scope>(stretches));
  for (std::uint32_t t = 0; t < stretches; ++t) {
    const std::uint32_t period = first + t;
    const double hours = static_cast<double>(counting.end_of(period) - counting.begin_of(period)) / ticks_an_hour;
    for (const CellId c : range<CellId>(shape.cells)) {
      add(site[t], counting, period, c);
      add(groups[shape.group_of(c).value][t], counting, period, c);
    }
    counting.add_machine(site[t], period);
    counting.add_energy(site[t], period, period + 1);
    site[t].hours = hours;
    for (auto& of : groups) of[t].hours = hours;
  }
  std::vector<double> values;
  for (const Metric& metric : whole)
    for (const Scope& scope : site) values.push_back(metric.value(scope));
  for (const Metric& metric : of_group)
    for (const auto& of : groups)
      for (const Scope& scope : of) values.push_back(metric.value(scope));
  return values;
}

}  // namespace nadc
