// How often a job saves its work and how long that stops it, inside the loop. The formulas are those of checkpoint.hpp
// (write time through a shared store, Young's interval), from exact operations only, so that host and device agree.
#pragma once
#include <cmath>
#include <cstdint>

#include "sim/platform.hpp"
#include "sim/time.hpp"

namespace nadc {

// Of a class.
struct SavingParams {
  Tick every = 0, cost = 0;      // fixed
  double bytes = 0;              // of one checkpoint; 0: `cost` is fixed
  double bytes_per_gpu = 0;      // added for each GPU of the job
  std::uint32_t young = 0;       // the interval is Young's, from the job's size and the cost
  std::uint32_t background = 0;  // the job stops for the copy to host memory only
};

// Of the whole scenario.
struct StoreParams {
  double bytes_per_tick = 0;           // of all writers together
  double bytes_per_tick_per_node = 0;  // of one node
  double copy_per_tick_per_node = 0;   // to host memory
  Tick latency = 0;
  double node_mttf_ticks = 0;  // mean time between failures of one node in the long run; 0: none fail
};

struct SavePlan {
  std::uint32_t every = 0, cost = 0;  // [ticks]; every = 0: never
  std::uint32_t load = 0;             // of the store, in 1/2^20: what this job's saves take of it on the mean
};

inline constexpr std::uint32_t whole_store = 1u << 20;

// nodes: that the job will hold. load: sum of the loads of the jobs that run now; the job gets what they leave, at
// least a tenth.
NADC_HD inline SavePlan saving_of(const SavingParams& params, const StoreParams& store, std::uint32_t gpus,
                                  std::uint32_t nodes, std::uint64_t load) {
  constexpr double most = 4294967295.0;
  const auto ticks = [](double x) {
    return x < 1.0 ? 1u : x < most ? static_cast<std::uint32_t>(x + 0.5) : 0xffffffffu;
  };
  SavePlan saving;
  const double bytes = params.bytes + params.bytes_per_gpu * static_cast<double>(gpus);
  double stall = static_cast<double>(params.cost), write = stall;
  if (bytes > 0 && store.bytes_per_tick > 0) {
    constexpr std::uint64_t most_taken = std::uint64_t{whole_store} / 10 * 9;
    const std::uint64_t taken = load < most_taken ? load : most_taken;
    const double share = store.bytes_per_tick * (static_cast<double>(whole_store - taken) / whole_store);
    const double own = store.bytes_per_tick_per_node * static_cast<double>(nodes);
    write = static_cast<double>(store.latency) + bytes / (own < share ? own : share);
    stall = params.background ? bytes / (store.copy_per_tick_per_node * static_cast<double>(nodes)) : write;
  }
  double every = static_cast<double>(params.every);
  if (params.young) {
    every = store.node_mttf_ticks > 0 ? std::sqrt(2.0 * store.node_mttf_ticks / static_cast<double>(nodes) * stall) : 0;
    if (params.background && every > 0 && every < write) every = write;  // saves cannot overtake each other
  }
  if (!(every > 0)) return saving;
  saving.every = ticks(every);
  saving.cost = stall > 0 ? ticks(stall) : 0;
  if (bytes > 0 && store.bytes_per_tick > 0) {
    const double part = bytes / store.bytes_per_tick / (every + stall);
    saving.load = static_cast<std::uint32_t>((part < 1.0 ? part : 1.0) * whole_store);
  }
  return saving;
}

// Work with the time of its saves: one after each interval but the last.
NADC_HD inline Tick with_saves(const SavePlan& saving, Tick duration) {
  if (saving.every == 0 || duration <= 0) return duration;
  return duration + (duration - 1) / saving.every * saving.cost;
}

}  // namespace nadc
