// Until when the nodes of a partition are busy, by the requests of all jobs on them: what a blocked job's reservation
// by node is computed from. A job on part of a node stands in its node's list; the node stands in the release wheel, at
// the latest of its jobs' ends. A job on several nodes stands in the wheel itself. So what the wheel releases are nodes
// that become wholly free.
//
// Costs: a start O(1); an end, or a change of one, O(jobs on the node); what a node has free at a time, the same.
#pragma once
#include <cstddef>
#include <cstdint>

#include "models/scheduler/release_wheel.hpp"
#include "sim/lanes.hpp"
#include "sim/platform.hpp"
#include "sim/time.hpp"

namespace nadc {

template <int Width> class NodeEnds {
 public:
  static constexpr std::uint32_t nil = ReleaseWheel<Width>::nil;

  NADC_HD static std::size_t bytes(std::uint32_t nodes) { return (sizeof(std::uint32_t) * nodes + 15) / 16 * 16; }

  // due: as the wheel's; the entries of the nodes begin at `entries`.
  NADC_HD void init(Lanes<Width> lanes, void* memory, std::uint32_t nodes, Due* due, std::uint32_t entries) {
    lanes.once([&] {
      first_ = static_cast<std::uint32_t*>(memory);
      nodes_ = nodes;
      due_ = due;
      entries_ = entries;
    });
    lanes.for_each(nodes, [&](std::uint32_t node) { first_[node] = nil; });
  }

  NADC_HD bool shared(std::uint32_t node) const { return first_[node] != nil; }
  // When the last of the node's jobs ends. Only of a node that is shared().
  NADC_HD Tick latest(std::uint32_t node) const { return due_[entries_ + node].end; }
  // Calls f(end, GPUs) for each of its jobs.
  template <class F> NADC_HD void for_jobs(std::uint32_t node, F&& f) const {
    for (std::uint32_t slot = first_[node]; slot != nil; slot = due_[slot].next) f(due_[slot].end, due_[slot].units);
  }
  // GPUs that its jobs have released by `when`.
  NADC_HD std::uint32_t released(std::uint32_t node, Tick when) const {
    std::uint32_t gpus = 0;
    for_jobs(node, [&](Tick end, std::uint32_t units) { gpus += end <= when ? units : 0; });
    return gpus;
  }
  // The first end of a job at which the node, with `free` GPUs now, has `gpus`; never, if it never has.
  NADC_HD Tick room_at(std::uint32_t node, std::uint32_t free, std::uint32_t gpus) const {
    Tick best = never;
    for_jobs(node, [&](Tick end, std::uint32_t) {
      if (end < best && free + released(node, end) >= gpus) best = end;
    });
    return best;
  }

  NADC_HD void start(Lanes<Width> lanes, ReleaseWheel<Width>& wheel, std::uint32_t node, std::uint32_t slot, Tick end,
                     std::uint32_t gpus) {
    const std::uint32_t entry = entries_ + node, head = first_[node];
    const Tick latest = due_[entry].end;
    lanes.once([&] {
      due_[slot] = Due{end, gpus, head, nil};
      if (head != nil) due_[head].previous = slot;
      first_[node] = slot;
    });
    if (head != nil) {
      if (end <= latest) return;
      wheel.remove(lanes, entry);
    }
    wheel.insert(lanes, entry, end, 1);
  }

  NADC_HD void end(Lanes<Width> lanes, ReleaseWheel<Width>& wheel, std::uint32_t node, std::uint32_t slot) {
    const std::uint32_t entry = entries_ + node;
    const Due gone = due_[slot];
    lanes.once([&] {
      if (gone.previous != nil)
        due_[gone.previous].next = gone.next;
      else
        first_[node] = gone.next;
      if (gone.next != nil) due_[gone.next].previous = gone.previous;
    });
    Tick latest = -1;
    if (shared(node)) {
      if (gone.end < due_[entry].end) return;
      for_jobs(node, [&](Tick end, std::uint32_t) { latest = end > latest ? end : latest; });
      if (latest == due_[entry].end) return;
    }
    wheel.remove(lanes, entry);
    if (latest >= 0) wheel.insert(lanes, entry, latest, 1);
  }

 private:
  std::uint32_t* first_ = nullptr;  // (node) slot of its newest job
  Due* due_ = nullptr;              // (slot, then node)
  std::uint32_t nodes_ = 0, entries_ = 0;
};

}  // namespace nadc
