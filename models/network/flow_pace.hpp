// The flow solver as the loop sees it: jobs that span nodes put their collectives on the links of their cluster's
// fabric, max-min fairness shares the links, and a job's communication stretches by what it gets.
//
// The solver stands behind a table of functions, so that the loop needs neither graphs nor their library; it is made
// by open_flows() of models/network/fabric.hpp. One FlowPace serves one replica and is a pure function of the calls
// made to it, so results depend on no thread and no replica before. Host only.
#pragma once
#include <cstdint>
#include <memory>
#include <span>

#include "models/ids.hpp"
#include "models/site/node_map.hpp"

namespace nadc {

struct FlowStretch {
  std::uint32_t slot;
  double stretch;  // of communication, against the NIC's full rate; at least 1
};

struct FlowCalls {
  void* (*open)(const void* fabrics);
  void (*close)(void* state);
  void (*start)(void* state, std::uint32_t slot, const Placement& where, const std::uint64_t* set);
  void (*end)(void* state, std::uint32_t slot);
  // Nodes [begin, end) of a partition lose a share of their uplinks, or get it back.
  void (*change_uplinks)(void* state, std::uint32_t partition, std::uint32_t begin, std::uint32_t end,
                         std::uint32_t lost_q16, bool lost);
  std::span<const FlowStretch> (*solve)(void* state);  // jobs whose stretch has changed since the last call
};

// The fabrics of one lever, shared by all its replicas and threads.
struct FlowService {
  const FlowCalls* calls = nullptr;
  std::shared_ptr<const void> fabrics;
  explicit operator bool() const { return calls != nullptr; }
};

class FlowPace {
 public:
  static constexpr bool active = true;

  explicit FlowPace(const FlowService& service)
      : calls_(*service.calls), fabrics_(service.fabrics), state_(calls_.open(fabrics_.get())) {}
  ~FlowPace() { calls_.close(state_); }
  FlowPace(const FlowPace&) = delete;
  FlowPace& operator=(const FlowPace&) = delete;

  // A job starts on the nodes of its set. Only jobs on several nodes that communicate meet others.
  void start(SlotId slot, const Placement& where, const std::uint64_t* set, double communication) {
    if (where.nodes > 1 && communication > 0) calls_.start(state_, slot.value, where, set);
  }
  void end(SlotId slot) { calls_.end(state_, slot.value); }
  void change_uplinks(PartitionId partition, NodeId begin, NodeId end, std::uint32_t lost_q16, bool lost) {
    calls_.change_uplinks(state_, partition.value, begin.value, end.value, lost_q16, lost);
  }
  std::span<const FlowStretch> solve() { return calls_.solve(state_); }

 private:
  const FlowCalls& calls_;
  std::shared_ptr<const void> fabrics_;
  void* state_;
};

}  // namespace nadc
