#include <algorithm>
#include <cmath>
#include <map>

#include "models/fail.hpp"
#include "models/workload/build_workload.hpp"

namespace nadc {
namespace {

// Row of each job of the trace among the names of the scenario (groups or classes); adds the row of unknown names.
std::vector<std::size_t> rows_of_names(const TraceInputs& trace, std::string TraceInput::*member,
                                       std::vector<std::string>& names, const std::string& what,
                                       const std::string& unknown) {
  std::vector<std::size_t> rows(trace.jobs.size(), 0);
  if (names.empty()) return rows;
  const std::size_t known = names.size();
  std::map<std::string, std::size_t> strangers;
  std::size_t strange_jobs = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string& name = trace.jobs[i].*member;
    const auto end = names.begin() + static_cast<std::ptrdiff_t>(known), found = std::find(names.begin(), end, name);
    if (found != end)
      rows[i] = static_cast<std::size_t>(found - names.begin());
    else if (!name.empty() || known > 1) {
      ++strange_jobs;
      if (unknown == "error")
        ++strangers[name];
      else
        rows[i] = add_name(names, unknown);
    }
  }
  if (strangers.empty()) return rows;
  std::vector<std::pair<std::size_t, std::string>> by_count;
  for (const auto& [name, jobs] : strangers) by_count.emplace_back(jobs, name.empty() ? "none" : "'" + name + "'");
  std::stable_sort(by_count.begin(), by_count.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  constexpr std::size_t shown = 10;
  std::string list;
  for (std::size_t i = 0; i < std::min(shown, by_count.size()); ++i)
    list += (i > 0 ? ", " : "") + by_count[i].second + " (" + std::to_string(by_count[i].first) + ")";
  if (by_count.size() > shown) list += " and " + std::to_string(by_count.size() - shown) + " more";
  fail("workload.trace",
       std::to_string(strange_jobs) + (strange_jobs == 1 ? " job has a " : " jobs have a ") + what +
           " that the scenario lacks: " + list,
       "known here: " + list_of(names) + "; or name the row for such jobs in workload.unknown_" + what);
}

}  // namespace

std::vector<TraceJob> build_trace(StudyNames& names, const TraceInputs* trace, const WorkloadSpec& workload) {
  std::vector<std::size_t> groups, classes;
  if (trace) {
    groups = rows_of_names(*trace, &TraceInput::group, names.groups, "group", workload.unknown_group);
    classes = rows_of_names(*trace, &TraceInput::klass, names.classes, "class", workload.unknown_class);
  }
  if (names.groups.empty()) names.groups.push_back("all");
  if (names.classes.empty()) names.classes.push_back("all");
  if (names.groups.size() * names.classes.size() > 4096)
    fail("workload", "has more than 4,096 cells of group and class", "unite some");
  std::vector<TraceJob> rows;
  if (!trace) return rows;
  if (trace->jobs.empty()) fail("workload.trace", "holds no usable job", "see nadc trace describe");
  const double first = std::min_element(trace->jobs.begin(), trace->jobs.end(), [](const auto& a, const auto& b) {
                         return a.submit_s < b.submit_s;
                       })->submit_s;
  const auto ticks = [](double seconds) { return std::llround(seconds * static_cast<double>(ticks_per_second)); };
  for (std::size_t i = 0; i < trace->jobs.size(); ++i) {
    const TraceInput& job = trace->jobs[i];
    TraceJob row{};
    row.submit = ticks(job.submit_s - first);
    row.duration = std::max<Tick>(1, ticks(job.duration_s));
    row.request = std::max<Tick>(1, ticks(job.request_s));
    row.gpus = static_cast<std::uint32_t>(std::min<std::int64_t>(job.gpus, INT32_MAX));
    row.cell = CellId16(CellId(static_cast<std::uint32_t>(groups[i] * names.classes.size() + classes[i])));
    row.outcome = static_cast<std::uint8_t>(job.outcome);
    rows.push_back(row);
  }
  std::stable_sort(rows.begin(), rows.end(), [](const TraceJob& a, const TraceJob& b) { return a.submit < b.submit; });
  return rows;
}

Tick longest_request(const std::vector<TraceJob>& trace, const std::vector<Scenario>& scenarios) {
  Tick longest = ticks_per_hour;
  for (const TraceJob& job : trace) longest = std::max({longest, job.request, job.duration});
  for (const Scenario& scenario : scenarios)
    for (const ClassSpec& klass : scenario.workload.classes) longest = std::max(longest, klass.request_max);
  return longest;
}

}  // namespace nadc
