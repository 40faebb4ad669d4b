// A small run file and a small sweep with fixed provenance, so that listings of them are always the same.
#pragma once
#include <string>

#include "app/io/results_file.hpp"

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
                  labelled("period", "month", {"2026-01", "2026-02"}),
                  time_axis("2026-01-01 00:00:00"), growing("job", "number of the job")};
  s.variables = {{"utilization", {}, "1", "(delivered + lost) / available GPU time", h5::Type::float64, {}},
                 {"jobs_completed", {}, "1", "jobs completed", h5::Type::int64, {}},
                 {"group_wait_mean_s", {"group"}, "s", "mean wait", h5::Type::float64, {}},
                 {"class_jobs_completed", {"class"}, "1", "jobs completed", h5::Type::int64, {}},
                 {"period_it_energy_mwh", {"period"}, "MW h", "IT energy", h5::Type::float64, {}},
                 {"ts_inlet_temperature", {"time"}, "degree_Celsius", "inlet temperature", h5::Type::float64, {}},
                 {"ts_group_gpus_busy", {"time", "group"}, "1", "GPUs busy", h5::Type::int32, {}},
                 {"jobs_wait_s", {"job"}, "s", "wait", h5::Type::float64, {}},
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

}  // namespace nadc::fixture
