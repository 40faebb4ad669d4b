// A small run file and a small sweep with fixed provenance, so that listings of them are always the same.
#pragma once
#include <numeric>
#include <string>
#include <vector>

#include "app/io/results_file.hpp"
#include "app/io/sweep_file.hpp"

namespace nadc::fixture {

inline Header header(std::string kind, std::string title) {
  Provenance p;
  p.version = "0.1.0";
  p.git_hash = "0123abc";
  p.compiler = "g++ 12.2.0";
  p.backend = "serial";
  p.device = "host";
  p.seed = 42;
  p.scenario = "name: 한국 10k\nfleet: {gpus: 10000}\n";
  p.command_line = "nadc run korea.yaml seed=42";
  p.host = "node-1";
  p.started = "2026-01-02T03:04:05Z";
  p.finished = "2026-01-02T03:04:06Z";
  p.assumptions = {"repair time: lognormal, median 4 h (1 h to 12 h)", "냉각수 온도 18 °C (16 to 24)"};
  return {std::move(kind), std::move(title), std::move(p)};
}

inline Schema run_schema() {
  Schema s;
  s.dimensions = {labelled("group", "user group", {"국가 연구소", "startup"}),
                  labelled("class", "job class", {"train", "serve", "debug"}),
                  labelled("period", "month", {"2026-01", "2026-02"}), time_axis("2026-01-01 00:00:00"),
                  growing("job", "number of the job")};
  s.variables = {{"utilization", {}, "1", "(delivered + lost) / available GPU time"},
                 {"jobs_completed", {}, "1", "jobs completed", h5::Type::int64},
                 {"group_wait_mean_s", {"group"}, "s", "mean wait"},
                 {"class_jobs_completed", {"class"}, "1", "jobs completed", h5::Type::int64},
                 {"period_it_energy_mwh", {"period"}, "MW h", "IT energy"},
                 {"ts_inlet_temperature", {"time"}, "degree_Celsius", "inlet temperature"},
                 {"ts_group_gpus_busy", {"time", "group"}, "1", "GPUs busy", h5::Type::int32},
                 {"jobs_wait_s", {"job"}, "s", "wait"},
                 {"jobs_state", {"job"}, "1", "how the job ended", h5::Type::int8, {{0, "completed"}, {1, "failed"}}}};
  return s;
}

// `rows` time steps and jobs.
inline void write_run(const std::string& path, std::int64_t rows = 3) {
  ResultsWriter out(path, header("run", "nadc run of 한국 10k"), run_schema());
  out.write("utilization", 0.875);
  out.write("jobs_completed", 123);
  out.write("group_wait_mean_s", std::vector<double>{1.5, 2.5});
  out.write("class_jobs_completed", std::vector<std::int64_t>{100, 20, 3});
  out.write("period_it_energy_mwh", std::vector<double>{10.25, 11.5});
  for (std::int64_t i = 0; i < rows; ++i) {
    const double t = 3600.0 * static_cast<double>(i), temperature = 18 + 0.5 * static_cast<double>(i);
    const std::int64_t busy[] = {8 * i, 8 * i + 1}, state = i % 2;
    out.append("time", std::span(&t, 1));
    out.append("ts_inlet_temperature", std::span(&temperature, 1));
    out.append("ts_group_gpus_busy", busy);
    out.append("job", std::span(&i, 1));
    out.append("jobs_wait_s", std::span(&t, 1));
    out.append("jobs_state", std::span(&state, 1));
  }
  out.publish();
}

inline SweepSchema sweep_schema(std::vector<std::string> levers = {"10k", "18k 세액공제"}, std::uint64_t samples = 3,
                                std::uint64_t replicas = 4) {
  SweepSchema s;
  s.grid = {std::move(levers), samples, replicas};
  s.axes = {labelled("group", "user group", {"국가 연구소", "startup"}),
            labelled("period", "month", {"2026-01", "2026-02", "2026-03"})};
  s.metrics = {{"utilization", {}, "1", "(delivered + lost) / available GPU time"},
               {"wait_mean_s", {}, "s", "mean wait"},
               {"group_wait_mean_s", {"group"}, "s", "mean wait"},
               {"period_it_energy_mwh", {"period"}, "MW h", "IT energy"}};
  s.points = {{"point_mtbf", {}, "h", "mean time between failures of a node"}};
  return s;
}

// Every value tells its row and its place; the point depends on lever and sample alone.
inline std::vector<double> sweep_row(const SweepSchema& schema, std::uint64_t row) {
  std::vector<double> values(schema.row_width());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(row) + 0.125 * static_cast<double>(i);
  values.back() = static_cast<double>(row / schema.grid.replicas);
  return values;
}

inline std::vector<std::uint64_t> all_rows(const SweepSchema& schema) {
  std::vector<std::uint64_t> rows(schema.grid.rows());
  std::iota(rows.begin(), rows.end(), std::uint64_t{0});
  return rows;
}

inline void write_sweep(const std::string& path, const SweepSchema& schema) {
  SweepPart part = SweepPart::create(path, header("sweep", "nadc sweep of 한국"), schema, all_rows(schema));
  for (const std::uint64_t row : part.rows()) part.put(row, RowState::done, sweep_row(schema, row));
  part.publish_grid(MissingRows::refuse);
}

}  // namespace nadc::fixture
