#include "app/report/job_digest.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

namespace nadc {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t shown_jobs = 500;
constexpr double day_s = 86400;

struct Size {
  const char* label;
  std::int64_t least;
};
constexpr std::array<Size, 6> sizes = {Size{"1", 1},   {"2–8", 2},         {"9–64", 9},
                                       {"65–512", 65}, {"513–4,096", 513}, {"> 4,096", 4097}};

double quantile(const std::vector<double>& sorted, double p) {
  if (sorted.empty()) return std::nan("");
  const double at = p * static_cast<double>(sorted.size() - 1);
  const std::size_t low = static_cast<std::size_t>(at), high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (at - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

Json waits_json(const std::vector<std::string>& names, std::vector<std::vector<double>>& waits,
                const std::vector<std::uint64_t>& waiting) {
  Json rows = Json::array();
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::vector<double>& of = waits[i];
    if (of.empty()) continue;
    std::sort(of.begin(), of.end());
    rows.push_back({{"name", names[i]},
                    {"jobs", of.size()},
                    {"waiting", waiting[i]},
                    {"mean", std::accumulate(of.begin(), of.end(), 0.0) / static_cast<double>(of.size())},
                    {"p50", quantile(of, 0.5)},
                    {"p90", quantile(of, 0.9)},
                    {"p99", quantile(of, 0.99)}});
  }
  return rows;
}

struct Columns {
  std::vector<std::int64_t> gpus;
  std::vector<double> start, end;  // end: of the run, where the job still runs
};

// The day of most GPU-time, and how much of it each day has.
std::size_t busiest_day(const Columns& jobs, double horizon_s) {
  std::vector<double> by_day(static_cast<std::size_t>(std::max(1.0, std::ceil(horizon_s / day_s))), 0.0);
  for (std::size_t i = 0; i < jobs.gpus.size(); ++i) {
    if (std::isnan(jobs.start[i])) continue;
    for (auto day = static_cast<std::size_t>(std::max(0.0, jobs.start[i]) / day_s);
         day < by_day.size() && static_cast<double>(day) * day_s < jobs.end[i]; ++day) {
      const double from = std::max(jobs.start[i], static_cast<double>(day) * day_s),
                   to = std::min(jobs.end[i], static_cast<double>(day + 1) * day_s);
      by_day[day] += std::max(0.0, to - from) * static_cast<double>(jobs.gpus[i]);
    }
  }
  return static_cast<std::size_t>(std::max_element(by_day.begin(), by_day.end()) - by_day.begin());
}

Json day_json(const ResultsReader& file, const Columns& jobs, double horizon_s) {
  const std::size_t day = busiest_day(jobs, horizon_s);
  const double from = static_cast<double>(day) * day_s, to = from + day_s;
  std::vector<std::pair<double, std::size_t>> held;  // GPU-seconds in the day, place
  double all = 0, shown = 0;
  for (std::size_t i = 0; i < jobs.gpus.size(); ++i) {
    const double time = std::min(jobs.end[i], to) - std::max(jobs.start[i], from);
    if (!(time > 0)) continue;
    held.emplace_back(time * static_cast<double>(jobs.gpus[i]), i);
    all += held.back().first;
  }
  const std::size_t n = std::min(shown_jobs, held.size());
  std::partial_sort(
      held.begin(), held.begin() + static_cast<std::ptrdiff_t>(n), held.end(),
      [](const auto& a, const auto& b) { return a.first != b.first ? a.first > b.first : a.second < b.second; });
  const auto group = file.read<std::int64_t>("jobs_group"), klass = file.read<std::int64_t>("jobs_class"),
             outcome = file.read<std::int64_t>("jobs_outcome"), stops = file.read<std::int64_t>("jobs_interruptions");
  Json list = Json::array();
  for (std::size_t k = 0; k < n; ++k) {
    const std::size_t i = held[k].second;
    shown += held[k].first;
    list.push_back({jobs.start[i], jobs.end[i], jobs.gpus[i], group[i], klass[i], outcome[i], stops[i]});
  }
  return {{"day", day},
          {"jobs", held.size()},
          {"shown_share", all > 0 ? shown / all : 1.0},
          {"columns", {"start_s", "end_s", "gpus", "group", "class", "outcome", "interruptions"}},
          {"rows", list}};
}

}  // namespace

Json job_digest(const ResultsReader& file, double horizon_s) {
  const Schema& schema = file.schema();
  if (std::none_of(schema.variables.begin(), schema.variables.end(),
                   [](const Variable& v) { return v.name == "jobs_wait"; }))
    return nullptr;
  Columns jobs;
  jobs.gpus = file.read<std::int64_t>("jobs_gpus");
  const auto wait = file.read<double>("jobs_wait");
  const auto state = file.read<std::int64_t>("jobs_state");
  Json json = {{"jobs", wait.size()}};
  {
    const auto group = file.read<std::int64_t>("jobs_group");
    const auto names = std::get<std::vector<std::string>>(schema.dimension("group").values);
    std::vector<std::vector<double>> by_group(names.size()), by_size(sizes.size());
    std::vector<std::uint64_t> group_waiting(names.size()), size_waiting(sizes.size());
    std::vector<std::string> size_names;
    for (const Size& size : sizes) size_names.emplace_back(size.label);
    for (std::size_t i = 0; i < wait.size(); ++i) {
      std::size_t bin = 0;
      while (bin + 1 < sizes.size() && jobs.gpus[i] >= sizes[bin + 1].least) ++bin;
      by_size[bin].push_back(wait[i]);
      size_waiting[bin] += state[i] == 0;
      if (group[i] < 0 || static_cast<std::size_t>(group[i]) >= names.size()) continue;
      by_group[static_cast<std::size_t>(group[i])].push_back(wait[i]);
      group_waiting[static_cast<std::size_t>(group[i])] += state[i] == 0;
    }
    json["waits_by_group"] = waits_json(names, by_group, group_waiting);
    json["waits_by_size"] = waits_json(size_names, by_size, size_waiting);
  }
  jobs.start = file.read<double>("jobs_start");
  jobs.end = file.read<double>("jobs_end");
  for (std::size_t i = 0; i < jobs.end.size(); ++i)
    if (state[i] == 1) jobs.end[i] = horizon_s;
  json["day"] = day_json(file, jobs, horizon_s);
  return json;
}

}  // namespace nadc
