// One observed replica of a study, and the ways to show it.
#pragma once
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/io/progress.hpp"
#include "app/study/study.hpp"
#include "models/metrics.hpp"

namespace nadc {

struct RunRequest {
  std::string lever;                    // empty: the first
  std::optional<std::uint32_t> sample;  // none: uncertain scalars at their median
  std::uint32_t replica = 0;
  std::string output;  // results file; empty: none
  bool jobs = false;   // a record a job in the results file
  Tick series = 0;     // interval of the time series in the results file; 0: none
  std::string command_line;
  const FlowService* flows = nullptr;       // in place of the lever's own
  const std::atomic<bool>* stop = nullptr;  // polled; when set, run_replica throws Interrupted and leaves no file
};

// How the computation went; no part of a result.
struct EngineReport {
  std::uint64_t events = 0;
  double wall_s = 0, cpu_s = 0;
  std::int64_t peak_rss_bytes = 0;
};

// When a trigger of policy.triggers acted.
struct TriggerActs {
  std::string name;
  std::vector<double> days;  // from the start
};

struct RunResult {
  std::uint32_t lever = 0, sample = 0, replica = 0;
  double horizon_s = 0;  // simulated
  Metrics metrics;
  std::vector<TriggerActs> triggers;  // of the lever
  std::uint64_t hash = 0;
  EngineReport engine;
};

// Errors: Error. With an output, the file appears only when all of it is written.
RunResult run_replica(const Study& study, const RunRequest& request, Log& log);

// Warns of keys that were given and act under none of these levers.
void warn_of_idle_keys(const Study& study, std::span<const std::uint32_t> levers, Log& log);

// A moment as the units of a CF time axis name it: "2026-01-01 00:00:00".
std::string clock_text(std::int64_t seconds);

// The assumptions that a lever's result rests on, a line each, and what it does not model.
std::vector<std::string> assumption_lines(const Lever& lever);

}  // namespace nadc
