#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/io/atomic_file.hpp"
#include "app/report/down_sample.hpp"
#include "app/report/job_digest.hpp"
#include "app/report/report_json.hpp"

namespace nadc {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t series_buckets = 600;  // a line is drawn on fewer pixels

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

// Metrics of one added axis: {names, metrics: [{name, unit, help, values}]}.
Json axis_json(const ResultsReader& file, const std::string& axis) {
  const Schema& schema = file.schema();
  const auto found =
      std::find_if(schema.dimensions.begin(), schema.dimensions.end(), [&](const Axis& a) { return a.name == axis; });
  if (found == schema.dimensions.end() || !std::holds_alternative<std::vector<std::string>>(found->values))
    return nullptr;
  Json json = {{"names", std::get<std::vector<std::string>>(found->values)}, {"metrics", Json::array()}};
  for (const Variable& v : schema.variables) {
    if (v.dims != std::vector<std::string>{axis} || !v.name.starts_with(axis + "_")) continue;
    Json& one = json["metrics"].emplace_back(Json{
        {"name", v.name.substr(axis.size() + 1)}, {"unit", v.units}, {"help", v.long_name}, {"values", Json::array()}});
    for (const double value : file.read<double>(v.name)) one["values"].push_back(number(value));
  }
  return json;
}

struct Clock {
  std::string start;  // as the file says it: 2026-01-01 00:00:00
  std::chrono::sys_seconds origin{};
  bool known = false;
};

Clock clock_of(const Axis& time) {
  Clock clock;
  const std::size_t at = time.units.find("since ");
  if (at == std::string::npos) return clock;
  clock.start = time.units.substr(at + 6);
  int y = 0, h = 0, m = 0, s = 0;
  unsigned month = 0, d = 0;
  if (std::sscanf(clock.start.c_str(), "%d-%u-%u %d:%d:%d", &y, &month, &d, &h, &m, &s) < 3) return clock;
  using namespace std::chrono;
  const year_month_day date{year{y}, std::chrono::month{month}, day{d}};
  clock.known = date.ok();
  if (clock.known) clock.origin = sys_days{date} + hours{h} + minutes{m} + seconds{s};
  return clock;
}

// Mean of a series by month and hour of the day, and by month its integral over the samples.
Json by_month_and_hour(const std::vector<std::int64_t>& time, const std::vector<double>& values, const Clock& clock) {
  struct Month {
    std::string name;
    std::array<double, 24> sum{}, n{};
    double hours = 0;
  };
  std::vector<Month> months;
  for (std::size_t i = 0; i < time.size(); ++i) {
    using namespace std::chrono;
    const sys_seconds at = clock.origin + seconds{time[i]};
    const year_month_day date{floor<days>(at)};
    char name[16];
    std::snprintf(name, sizeof name, "%04d-%02u", int{date.year()}, unsigned{date.month()});
    if (months.empty() || months.back().name != name) months.push_back({name, {}, {}, 0});
    const auto hour = static_cast<std::size_t>(duration_cast<hours>(at - floor<days>(at)).count());
    months.back().sum[hour] += values[i];
    months.back().n[hour] += 1;
    if (i + 1 < time.size()) months.back().hours += values[i] * static_cast<double>(time[i + 1] - time[i]) / 3600;
  }
  Json rows = Json::array();
  for (const Month& month : months) {
    Json& row = rows.emplace_back(Json{{"month", month.name}, {"integral_h", month.hours}, {"by_hour", Json::array()}});
    for (std::size_t h = 0; h < 24; ++h)
      row["by_hour"].push_back(month.n[h] > 0 ? Json(month.sum[h] / month.n[h]) : Json(nullptr));
  }
  return rows;
}

Json series_json(const ResultsReader& file) {
  const Schema& schema = file.schema();
  const auto found =
      std::find_if(schema.dimensions.begin(), schema.dimensions.end(), [](const Axis& a) { return a.name == "time"; });
  if (found == schema.dimensions.end()) return nullptr;
  const auto time = file.read<std::int64_t>("time");
  if (time.size() < 2) return nullptr;
  const Clock clock = clock_of(*found);
  Json json = {
      {"start", clock.start}, {"every_s", time[1] - time[0]}, {"samples", time.size()}, {"columns", Json::array()}};
  for (const Variable& v : schema.variables) {
    if (v.dims != std::vector<std::string>{"time"}) continue;
    const auto values = file.read<double>(v.name);
    Json& column = json["columns"].emplace_back(
        Json{{"name", v.name}, {"unit", v.units}, {"help", v.long_name}, {"t", Json::array()}, {"v", Json::array()}});
    for (const std::uint32_t i : kept_places(values, series_buckets)) {
      column["t"].push_back(time[i]);
      column["v"].push_back(number(values[i]));
    }
    if (v.name == "ts_it_power_mw" && clock.known) json["power"] = by_month_and_hour(time, values, clock);
  }
  return json;
}

}  // namespace

Json run_page(const std::string& path) {
  const ResultsReader file(path);
  if (file.header().kind != "run")
    throw Error(ErrorKind::input, "this is no results file of nadc run (its kind is " + file.header().kind + ")",
                "sweeps and runs can be reported", in_file(path));
  Json json = {{"kind", "run"},
               {"name", file.header().title},
               {"metrics", Json::array()},
               {"assumptions", file.header().provenance.assumptions},
               {"provenance", Json::array({provenance_json(path, file.header())})}};
  double hours = 0, gpus = 0;
  for (const Variable& v : file.schema().variables) {
    if (!v.dims.empty() || v.type != h5::Type::float64) continue;
    const double value = file.read<double>(v.name).at(0);
    json["metrics"].push_back({{"name", v.name}, {"unit", v.units}, {"help", v.long_name}, {"value", number(value)}});
    if (v.name == "gpu_hours_installed") hours = value;
    if (v.name == "gpus_installed_mean") gpus = value;
  }
  json["measured_h"] = gpus > 0 ? number(hours / gpus) : Json(nullptr);
  for (const std::string axis : {"group", "class", "domain", "period"})
    if (Json of = axis_json(file, axis); !of.is_null()) json[axis] = std::move(of);
  json["series"] = series_json(file);
  // The last that is known of: the end of the run is no variable of the file.
  double end_s = 0;
  for (const std::string name : {"jobs_end", "jobs_submit", "jobs_start"})
    for (const Variable& v : file.schema().variables)
      if (v.name == name)
        for (const double x : file.read<double>(name)) end_s = std::fmax(end_s, x);
  if (!json["series"].is_null())
    end_s = std::fmax(end_s, (json["series"]["samples"].get<double>() - 1) * json["series"]["every_s"].get<double>());
  json["jobs"] = job_digest(file, end_s);
  return json;
}

}  // namespace nadc
