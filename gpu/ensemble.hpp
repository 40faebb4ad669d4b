// Many replicas at once: rows of a sweep, each (point, replica), on one of four backends that agree to the bit.
//
//   serial   a plain loop
//   omp, tbb workers that take replicas from a queue, started by Thrust on OpenMP or TBB
//   cuda     persistent thread groups that take replicas from a queue on the device, on one card or on several, and
//            threads of the host beside them where they are asked for
//
// A row is what the replica counted (models/raw.hpp), a pure function of the world, the point and the replica number:
// backend, threads, batch and order change nothing in it. A replica that overflows a capacity is run again with twice
// as much; one that needs more memory than allowed is reported as a failed row while the others go on.
//
// Memory: serial, omp and tbb hold one replica a thread; cuda plans its replicas, rows and launches from the free
// memory of the device. Errors: Error (usage) for a backend that this build or machine lacks; Error (failed) when the
// device fails, after all have stopped; what the sink throws comes out unchanged after the workers have stopped.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "models/network/flow_pace.hpp"
#include "models/world.hpp"

namespace nadc {

enum class Backend { serial, omp, tbb, cuda };

// A row to compute.
struct Task {
  std::uint32_t point;  // index into the points handed in
  std::uint32_t replica;
};

struct Row {
  Task task;
  const void* raw = nullptr;  // RawShape(world).bytes() bytes, valid during the call; null when it failed
  std::string error;          // empty, or why it failed
};

enum class LaneWidth : int { best = 0, thread = 1, warp = 32 };  // threads a replica on the device

struct EnsembleOptions {
  Backend backend = Backend::serial;
  int threads = 0;          // of omp and tbb; 0: as many as the machine has. cuda: beside the cards; 0: none
  std::vector<int> cards;   // cuda: by the runtime's number; empty: all that can be used
  std::uint32_t batch = 0;  // replicas a worker takes at a time, or a launch; 0: best
  std::size_t most_replica_bytes = std::size_t{8} << 30;  // of one replica; more is a failed row
  LaneWidth lane_width = LaneWidth::best;                 // cuda
  std::uint32_t groups_per_multiprocessor = 0;            // cuda: replicas resident on each; 0: as many as fit
  std::uint32_t fast_bytes = 0xffffffffu;                 // cuda, warp: shared memory a replica; the default: an
                                                          // equal part of what there is
  std::vector<FlowService> flows;                         // (lever) host backends only; empty: none
};

// How the work was done; no part of a result.
struct EnsembleReport {
  std::uint64_t rows = 0, failed = 0;
  std::uint64_t reruns = 0;     // replicas run again with greater capacities
  std::uint64_t launches = 0;   // cuda
  std::uint64_t resident = 0;   // replicas in progress at once
  std::size_t state_bytes = 0;  // of one replica, the most that was used
  std::size_t fast_bytes = 0;   // cuda: of these in shared memory
  bool stopped = false;         // by the stop flag, with rows left
};

// Calls sink once for every task, in any order, from one thread at a time. points: as WorldBuilder::point makes them.
// stop, when given, is polled between replicas: those in progress are finished, no more begin.
EnsembleReport run_ensemble(const World& world, std::span<const std::vector<std::byte>> points,
                            std::span<const Task> tasks, const EnsembleOptions& options,
                            const std::function<void(const Row&)>& sink, const std::atomic<bool>* stop = nullptr);

// Empty when a row of the backend is that of the plain loop, bit for bit; else what differs, or the reason why there is
// no row. A device is trusted with a study after one row of it.
std::string disagreement(const World& world, const std::vector<std::byte>& point, const EnsembleOptions& options);

// A CUDA device of this machine, and why it cannot be used; empty: it can.
struct Card {
  int number;
  std::string description, obstacle;
};
std::vector<Card> cards();  // none in a build without CUDA

std::vector<LaneWidth> lane_widths();       // that this build has on a device
std::vector<Backend> available_backends();  // in this build, on this machine; the most capable first
const char* name_of(Backend backend);       // "cuda"
std::string describe(Backend backend);      // device, driver, versions, for provenance
int hardware_threads();

}  // namespace nadc
