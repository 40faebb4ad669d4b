// The plan of a partition for conservative backfill by node: how many GPUs each node will have free from when on, as a
// list of steps a node. It is made anew, from the running jobs by their requests, in every pass before which something
// started, ended or changed; the waiting jobs' reservations are added in order. A reservation names its nodes: those
// that the place seam would choose at its start among the nodes that have the room for all of its length.
//
// Costs: making it O(nodes + jobs); planning a job O(nodes + steps). One lane does the writing.
#pragma once
#include <cstddef>
#include <cstdint>

#include "models/scheduler/place.hpp"
#include "models/site/node_map.hpp"
#include "sim/lanes.hpp"
#include "sim/platform.hpp"
#include "sim/time.hpp"

namespace nadc {

template <int Width> class NodePlan {
 public:
  // steps: besides one a node.
  NADC_HD static std::size_t bytes(const NodeMapShape& shape, std::uint32_t steps) {
    return NodeMap<Width>::bytes(shape) + align(sizeof(Step) * (std::size_t{shape.nodes} + steps)) +
           align(sizeof(Tick) * shape.nodes) + align(sizeof(std::uint64_t) * shape.words());
  }
  NADC_HD void init(Lanes<Width> lanes, void* memory, const NodeMapShape& shape, std::uint32_t steps) {
    lanes.once([&] {
      auto* at = static_cast<std::byte*>(memory);
      map_memory_ = at;
      at += NodeMap<Width>::bytes(shape);
      step_ = reinterpret_cast<Step*>(at);
      at += align(sizeof(Step) * (std::size_t{shape.nodes} + steps));
      start_ = {reinterpret_cast<Tick*>(at)};
      set_ = reinterpret_cast<std::uint64_t*>(at + align(sizeof(Tick) * shape.nodes));
      shape_ = shape;
      used_ = shape.nodes;
      capacity_ = shape.nodes + steps;
      full_ = false;
    });
    lanes.for_each(shape.words(), [&](std::uint32_t i) { set_[i] = 0; });
  }
  NADC_HD bool full() const { return full_; }

  // free(node): its free GPUs now; 0 out of service.
  template <class F> NADC_HD void begin(Lanes<Width> lanes, Tick now, F&& free) {
    lanes.for_each(nodes(), [&](NodeId node) {
      step_[node.value] = Step{now, static_cast<std::int32_t>(free(node)), nil};
    });
    lanes.put(&used_, shape_.nodes);
  }
  // GPUs of a node become free at `when`. One lane.
  NADC_HD void release(NodeId node, Tick when, std::uint32_t gpus) {
    add(node, when, never, static_cast<std::int32_t>(gpus));
  }
  // The placement holds its GPUs over [from, to). One lane.
  NADC_HD void reserve(const Placement& where, const std::uint64_t* set, Tick from, Tick to) {
    if (where.nodes == 0) return add(where.node(), from, to, -static_cast<std::int32_t>(where.gpus));
    for (std::uint32_t word = where.first; word <= where.last; ++word)
      for (std::uint64_t bits = set[word]; bits; bits &= bits - 1)
        add(NodeId(word * 64 + static_cast<std::uint32_t>(lowest_bit(bits))), from, to,
            -static_cast<std::int32_t>(shape_.gpus_per_node));
  }

  // The earliest start from `now` on at which the job (its GPUs as held) can run for `length`; never, if there is none.
  NADC_HD Tick earliest(Lanes<Width> lanes, Tick now, Tick length, std::uint32_t gpus) {
    const std::uint32_t full = shape_.gpus_per_node, each = gpus < full ? gpus : full,
                        several = gpus <= full ? 1 : gpus / full;
    lanes.for_each(nodes(), [&](NodeId node) { start_[node] = earliest_on(node, now, length, each); });
    for (;;) {
      const Tick at = nth_start(lanes, several);
      if (at >= never) return never;
      // The starts of other nodes are before it: when can they, from then on?
      lanes.for_each(nodes(), [&](NodeId node) {
        if (start_[node] < at) start_[node] = earliest_on(node, at, length, each);
      });
      if (lanes.sum(nodes(), [&](NodeId node) { return std::uint64_t{start_[node] == at}; }) >= several) return at;
    }
  }

  // Where the place seam puts the job that earliest() was just asked for, at the time that it answered. A node set, if
  // there is one, is in set(), until the next call.
  template <class Policy>
  NADC_HD Placement place(Lanes<Width> lanes, const Policy& policy, Tick when, std::uint32_t gpus) {
    then_.map.init(lanes, map_memory_, shape_);
    then_.map.fill(lanes, [&](NodeId node) { return start_[node] == when ? room(node, when) : 0; });
    lanes.put(&then_.free, shape_.nodes * shape_.gpus_per_node);
    lanes.for_each(shape_.words(), [&](std::uint32_t i) { set_[i] = 0; });
    return policy.take(lanes, then_, gpus, set_);
  }
  NADC_HD const std::uint64_t* set() const { return set_; }

 private:
  static constexpr std::uint32_t nil = 0xffffffffu;
  struct Step {
    Tick from;
    std::int32_t free;  // until the next step
    std::uint32_t next;
  };
  NADC_HD static std::size_t align(std::size_t n) { return (n + 15) / 16 * 16; }

  NADC_HD Ids<NodeId> nodes() const { return range<NodeId>(shape_.nodes); }
  NADC_HD Tick until(const Step& step) const { return step.next == nil ? never : step_[step.next].from; }

  // The earliest start on one node, from `from` on.
  NADC_HD Tick earliest_on(NodeId node, Tick from, Tick length, std::uint32_t gpus) const {
    Tick start = never;
    for (std::uint32_t i = node.value; i != nil; i = step_[i].next) {
      const Tick end = until(step_[i]);
      if (end <= from) continue;
      if (step_[i].free < static_cast<std::int32_t>(gpus)) {
        start = never;
        continue;
      }
      if (start == never) start = step_[i].from > from ? step_[i].from : from;
      if (end - start >= length) return start;
    }
    return never;
  }

  NADC_HD std::uint32_t room(NodeId node, Tick when) const {
    std::uint32_t i = node.value;
    while (until(step_[i]) <= when) i = step_[i].next;
    return static_cast<std::uint32_t>(step_[i].free);
  }

  // The time by which that many nodes have a start; never, if fewer ever do.
  NADC_HD Tick nth_start(Lanes<Width> lanes, std::uint32_t several) const {
    const auto by = [&](Tick when) {
      return lanes.sum(nodes(), [&](NodeId node) { return std::uint64_t{start_[node] <= when}; });
    };
    const auto first = lanes.min_at(nodes(), [&](NodeId node) { return static_cast<std::uint64_t>(start_[node]); });
    Tick low = static_cast<Tick>(first.key);
    if (shape_.nodes == 0 || low >= never || by(low) >= several) return shape_.nodes == 0 ? never : low;
    const auto last = lanes.min_at(nodes(), [&](NodeId node) {
      return static_cast<std::uint64_t>(start_[node] < never ? never - start_[node] : never);
    });
    Tick high = never - static_cast<Tick>(last.key);
    if (by(high) < several) return never;
    while (high - low > 1) {  // by(low) < several <= by(high)
      const Tick middle = low + (high - low) / 2;
      (by(middle) < several ? low : high) = middle;
    }
    return high;
  }

  NADC_HD void add(NodeId node, Tick from, Tick to, std::int32_t change) {
    std::uint32_t i = node.value;
    while (until(step_[i]) <= from) i = step_[i].next;
    if (step_[i].from < from) {
      if (!split(i, from)) return;
      i = step_[i].next;
    }
    for (;; i = step_[i].next) {
      if (to < until(step_[i]) && !split(i, to)) return;
      step_[i].free += change;
      if (until(step_[i]) >= to) return;
    }
  }
  NADC_HD bool split(std::uint32_t i, Tick when) {
    if (used_ == capacity_) {
      full_ = true;
      return false;
    }
    step_[used_] = Step{when, step_[i].free, step_[i].next};
    step_[i].next = used_++;
    return true;
  }

  NodeMapShape shape_;
  PartitionGpus<Width> then_;  // the nodes that a job may get, for place()
  void* map_memory_ = nullptr;
  Step* step_ = nullptr;          // (step): the first of node n is at n
  By<NodeId, Tick> start_;        // when the job that is planned could start there
  std::uint64_t* set_ = nullptr;  // (word)
  std::uint32_t used_ = 0, capacity_ = 0;
  bool full_ = false;
};

}  // namespace nadc
