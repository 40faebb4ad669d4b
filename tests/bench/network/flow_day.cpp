// A day of 18,000 GPUs with flows, by routing: CPU seconds in the loop, and where they go.
// usage: network_flow_day [SCENARIO [ROUTING…]]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <type_traits>
#include <vector>

#include "app/io/progress.hpp"
#include "app/run/run.hpp"
#include "app/study/study.hpp"
#include "sim/error.hpp"

namespace {

using namespace nadc;

// The calls of the flow solver, counted and timed. One at a time.
struct Counted {
  const FlowCalls* inner = nullptr;
  std::uint64_t starts = 0, solves = 0, changes = 0;
  double start_s = 0, solve_s = 0;
} counted;

template <class Work> auto timed(double& sum, Work work) {
  const auto begin = std::chrono::steady_clock::now();
  const auto end = [&] { sum += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  if constexpr (std::is_void_v<decltype(work())>) {
    work();
    end();
  } else {
    const auto result = work();
    end();
    return result;
  }
}

const FlowCalls counting{
    [](const void* fabrics) { return counted.inner->open(fabrics); },
    [](void* state) { counted.inner->close(state); },
    [](void* state, std::uint32_t slot, const Placement& where, const std::uint64_t* set) {
      ++counted.starts;
      timed(counted.start_s, [&] { counted.inner->start(state, slot, where, set); });
    },
    [](void* state, std::uint32_t slot) { counted.inner->end(state, slot); },
    [](void* state, std::uint32_t partition, std::uint32_t begin, std::uint32_t end, std::uint32_t lost, bool gone) {
      counted.inner->change_uplinks(state, partition, begin, end, lost, gone);
    },
    [](void* state) {
      ++counted.solves;
      const auto changes = timed(counted.solve_s, [&] { return counted.inner->solve(state); });
      counted.changes += changes.size();
      return changes;
    }};

double metric(const RunResult& result, std::string_view name) {
  for (std::size_t i = 0; i < site_metrics().size(); ++i)
    if (site_metrics()[i].name == name) return result.metrics.site[i];
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string scenario = argc > 1 ? argv[1] : NADC_SOURCE_DIR "/scenarios/bench/flow-day-18k.yaml";
  std::vector<std::string> routings(argv + std::min(argc, 2), argv + argc);
  if (routings.empty()) routings = {"spray", "d-mod-k", "ecmp"};
  std::printf("%-10s %10s %10s %10s %8s %8s %9s %10s %9s\n", "routing", "loop cpu s", "routes s", "solves s", "jobs",
              "solves", "changes", "slow-down", "hash");
  try {
    for (const std::string& routing : routings) {
      const std::string override = "network.routing=" + routing;
      Study study(scenario, std::span(&override, 1));
      study.build(std::nullopt);
      counted = {study.network(0).flows.calls};
      const FlowService flows{&counting, study.network(0).flows.fabrics};
      RunRequest request;
      request.flows = &flows;
      Log log(Console{.verbosity = Verbosity::quiet});
      const RunResult result = run_replica(study, request, log);
      std::printf("%-10s %10.3f %10.3f %10.3f %8.0f %8llu %9llu %10.4f  %08llx\n", routing.c_str(), result.engine.cpu_s,
                  counted.start_s, counted.solve_s, metric(result, "jobs_submitted"),
                  static_cast<unsigned long long>(counted.solves), static_cast<unsigned long long>(counted.changes),
                  metric(result, "comm_slowdown_mean"), static_cast<unsigned long long>(result.hash >> 32));
      std::fflush(stdout);
    }
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
