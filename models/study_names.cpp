#include "models/study_names.hpp"

#include <algorithm>
#include <chrono>

#include "models/fail.hpp"

namespace nadc {

PartitionId StudyNames::partition(const PartitionName& name) const {
  for (const PartitionId p : partitions.ids())
    if (partitions[p] == name) return p;
  return {};
}
GroupId StudyNames::group(const std::string& name) const {
  const std::uint32_t row = row_of(groups, name);
  return row < groups.size() ? GroupId(row) : GroupId{};
}
ClassId StudyNames::klass(const std::string& name) const {
  const std::uint32_t row = row_of(classes, name);
  return row < classes.size() ? ClassId(row) : ClassId{};
}
TriggerId StudyNames::trigger(const std::string& name) const {
  const std::uint32_t row = row_of(triggers, name);
  return row < triggers.size() ? TriggerId(row) : TriggerId{};
}

std::uint32_t row_of(const std::vector<std::string>& names, const std::string& name) {
  return static_cast<std::uint32_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

std::uint32_t add_name(std::vector<std::string>& names, const std::string& name) {
  const std::uint32_t row = row_of(names, name);
  if (row == names.size()) names.push_back(name);
  return row;
}

std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

Tick horizon_of(const Scenario& scenario) {
  if (scenario.horizon > 0) return scenario.horizon;
  if (scenario.workload.trace.empty())
    fail("horizon", "is missing", "give a duration, or workload.trace to replay a trace until its last job ends");
  return never;
}

std::vector<Tick> calendar_ends(std::int64_t start, int months, Tick horizon) {
  using namespace std::chrono;
  const auto today = floor<days>(sys_seconds{seconds{start}});
  const year_month_day first{today};
  const auto length = static_cast<unsigned>(months);
  year_month at{first.year(), month{(static_cast<unsigned>(first.month()) - 1) / length * length + 1}};
  std::vector<Tick> ends;
  for (;;) {
    at += std::chrono::months{months};
    const Tick end = (sys_days{at / 1} - today).count() * ticks_per_day - (start % 86400) * ticks_per_second;
    if (end >= horizon) return ends;
    ends.push_back(end);
  }
}

namespace {

// All but the last end, on the hours of the clock: there no demand interval of a tariff is cut.
void add_series_stretches(const Scenario& scenario, Tick horizon, std::vector<Tick>& ends) {
  const std::int64_t n = scenario.outputs.series;
  if (scenario.outputs.by != PeriodLength::none)
    fail("outputs.series", "stands beside outputs.by, and both say what is measured apart", "set outputs.by=none");
  if (horizon >= never)
    fail("outputs.series", "needs an end to divide by, and the horizon has none", "set a horizon, or series=0");
  const Tick length = horizon - scenario.warmup, past_hour = scenario.start % 3600 * ticks_per_second;
  if (length < 2 * n * ticks_per_hour)
    fail("outputs.series", "makes stretches of less than two hours", "take fewer, or a longer horizon");
  for (std::int64_t i = 1; i < n; ++i) {
    const Tick end = scenario.warmup + length / n * i + length % n * i / n;
    ends.push_back(end - (end + past_hour) % ticks_per_hour);
  }
}

}  // namespace

std::vector<Tick> period_ends(const Scenario& scenario, Tick horizon) {
  std::vector<Tick> ends;
  if (scenario.warmup > 0) ends.push_back(scenario.warmup);
  if (scenario.outputs.series > 0) add_series_stretches(scenario, horizon, ends);
  if (scenario.outputs.by != PeriodLength::none && horizon < never) {
    const int months = scenario.outputs.by == PeriodLength::month     ? 1
                       : scenario.outputs.by == PeriodLength::quarter ? 3
                                                                      : 12;
    for (const Tick end : calendar_ends(scenario.start, months, horizon))
      if (end > scenario.warmup) ends.push_back(end);
  }
  ends.push_back(horizon);
  return ends;
}

}  // namespace nadc
