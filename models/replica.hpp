// Runs replicas one after another on the host, in memory that is kept between them. One that overflows a capacity is
// run again with twice as much, which changes nothing in what it counts.
#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "models/datacenter.hpp"
#include "models/network/flow_pace.hpp"
#include "sim/error.hpp"

namespace nadc {

// Sizes to begin with, from the fleet and the window: enough for most shipped scenarios, whose machines are full of
// small jobs, so that a replica is seldom begun twice.
inline Capacity first_capacity(const World& world, const Point& point) {
  Capacity capacity;
  const auto partitions = at(&world, world.partitions);
  std::uint32_t gpus = 0;
  for (const PartitionId p : world.partitions.ids())
    gpus += partitions[p].shape.nodes * partitions[p].shape.gpus_per_node;
  capacity.repairs = 64;
  // The tournament of events is padded to a power of two; slots fill it.
  const std::uint32_t others = other_slots(world, point, capacity);
  capacity.slots = std::bit_ceil(std::clamp(gpus / 8, 64u, 4096u) + others) - others;
  capacity.waiting = point.window ? std::max(64u, std::min(point.window, 1u << 20) * 2) : 1024;
  capacity.sets = std::clamp(gpus / 32, 16u, 1024u);
  capacity.profile = point.backfill == Backfill::conservative ? 4096 : 0;
  return capacity;
}

inline constexpr const char* stalled_reason =
    "makes no progress: 10,000 times in a row jobs were interrupted that had saved nothing, and none ended";
inline constexpr const char* stalled_hint =
    "let jobs save more often than they are interrupted (workload.classes, checkpoint_every), or give a horizon";

inline void grow(Capacity& capacity, Status status) {
  switch (status) {
    case Status::slots_full:
      capacity.slots *= 2;
      break;
    case Status::waiting_full:
      capacity.waiting *= 2;
      break;
    case Status::sets_full:
      capacity.sets *= 2;
      break;
    case Status::repairs_full:
      capacity.repairs *= 2;
      break;
    case Status::profile_full:
      capacity.profile *= 2;
      break;
    case Status::done:
    case Status::stalled:
      break;
  }
}

// What a replica counted, and how.
struct ReplicaResult {
  std::vector<std::byte> memory;  // of raw; 16-byte aligned by the allocator
  Capacity capacity;              // that sufficed
  std::uint32_t reruns = 0;       // with greater capacities

  Raw raw(const World& world) const { return Raw(RawShape(world), const_cast<std::byte*>(memory.data())); }
};

template <int Width> class ReplicaRunner {
 public:
  explicit ReplicaRunner(std::size_t most_memory = std::size_t{8} << 30) : most_memory_(most_memory) {}

  // Throws Error (failed) when a replica needs more memory than allowed.
  template <class Observer = NoObserver>
  ReplicaResult run(const World& world, const Point& point, const RandomKey& key, Capacity capacity,
                    Observer* observer = nullptr) {
    return repeat<Observer, NoFlowPace>(world, point, key, capacity, observer, nullptr);
  }
  // With jobs at the speed that their flows get.
  template <class Observer = NoObserver>
  ReplicaResult run(const World& world, const Point& point, const RandomKey& key, Capacity capacity,
                    const FlowService& flows, Observer* observer = nullptr) {
    return repeat<Observer, FlowPace>(world, point, key, capacity, observer, &flows);
  }

 private:
  template <class Observer, class Flow>
  ReplicaResult repeat(const World& world, const Point& point, const RandomKey& key, Capacity capacity,
                       Observer* observer, const FlowService* flows) {
    using Loop = Datacenter<Width, Observer, Flow>;
    for (std::uint32_t reruns = 0;; ++reruns) {
      const std::size_t bytes = Loop::bytes(world, point, capacity);
      if (bytes > most_memory_)
        throw Error(ErrorKind::failed,
                    "replica " + std::to_string(key.replica) + " of sample " + std::to_string(key.sample) +
                        " needs more than " + std::to_string(most_memory_ >> 20) + " MiB",
                    "the queue grows without bound; add GPUs, send less, or set scheduler.queue");
      if (memory_.size() < bytes) memory_.resize(bytes);
      if constexpr (Observer::active) observer->restart();
      std::optional<Flow> flow;
      if constexpr (Flow::active) flow.emplace(*flows);
      Loop datacenter(world, point, key, capacity, memory_.data(), observer, {}, flow ? &*flow : nullptr);
      const Status status = datacenter.run();
      if (status == Status::done) {
        ReplicaResult result;
        result.capacity = capacity;
        result.reruns = reruns;
        const RawShape shape(world);
        result.memory.resize(shape.bytes());
        std::memcpy(result.memory.data(), datacenter.raw_memory(), shape.bytes());
        return result;
      }
      if (status == Status::stalled)
        throw Error(ErrorKind::failed,
                    "replica " + std::to_string(key.replica) + " of sample " + std::to_string(key.sample) + ' ' +
                        stalled_reason,
                    stalled_hint);
      grow(capacity, status);
    }
  }

  std::size_t most_memory_;
  std::vector<std::byte> memory_;
};

}  // namespace nadc
