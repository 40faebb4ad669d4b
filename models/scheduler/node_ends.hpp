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
#include "sim/contract.hpp"
#include "sim/lanes.hpp"
#include "sim/platform.hpp"
#include "sim/time.hpp"

namespace nadc {

template <int Width> class NodeEnds {
 public:
  NADC_HD static std::size_t bytes(std::uint32_t nodes) { return (sizeof(std::uint32_t) * nodes + 15) / 16 * 16; }

  // due: as the wheel's; the entries of the nodes begin at `entries`.
  NADC_HD void init(Lanes<Width> lanes, void* memory, std::uint32_t nodes, By<DueId, Due> due, DueId entries) {
    lanes.once([&] {
      first_ = {static_cast<DueId*>(memory)};
      nodes_ = nodes;
      due_ = due;
      entries_ = entries;
    });
    lanes.for_each(range<NodeId>(nodes), [&](NodeId node) { first_[node] = {}; });
  }

  NADC_HD bool shared(NodeId node) const { return first_[node].valid(); }
  // When the last of the node's jobs ends. Only of a node that is shared().
  NADC_HD Tick latest(NodeId node) const { return due_[node_entry(node)].end; }
  // Calls f(end, GPUs) for each of its jobs.
  template <class F> NADC_HD void for_jobs(NodeId node, F&& f) const {
    for (DueId job = first_[node]; job.valid(); job = due_[job].next) f(due_[job].end, due_[job].units);
  }
  // GPUs that its jobs have released by `when`.
  NADC_HD std::uint32_t released(NodeId node, Tick when) const {
    std::uint32_t gpus = 0;
    for_jobs(node, [&](Tick end, std::uint32_t units) { gpus += end <= when ? units : 0; });
    return gpus;
  }
  // The first end of a job at which the node, with `free` GPUs now, has `gpus`; never, if it never has.
  NADC_HD Tick room_at(NodeId node, std::uint32_t free, std::uint32_t gpus) const {
    Tick best = never;
    for_jobs(node, [&](Tick end, std::uint32_t) {
      if (end < best && free + released(node, end) >= gpus) best = end;
    });
    return best;
  }

  NADC_HD void start(Lanes<Width> lanes, ReleaseWheel<Width>& wheel, NodeId node, SlotId slot, Tick end,
                     std::uint32_t gpus) {
    const DueId entry = node_entry(node), head = first_[node], job = job_entry(slot);
    const Tick latest = due_[entry].end;
    lanes.once([&] {
      due_[job] = Due{end, gpus, head, {}};
      if (head.valid()) due_[head].previous = job;
      first_[node] = job;
    });
    if (head.valid()) {
      if (end <= latest) return;
      wheel.remove(lanes, entry);
    }
    wheel.insert(lanes, entry, end, 1);
  }

  NADC_HD void end(Lanes<Width> lanes, ReleaseWheel<Width>& wheel, NodeId node, SlotId slot) {
    NADC_EXPECT(shared(node));
    const DueId entry = node_entry(node);
    const Due gone = due_[job_entry(slot)];
    lanes.once([&] {
      if (gone.previous.valid())
        due_[gone.previous].next = gone.next;
      else
        first_[node] = gone.next;
      if (gone.next.valid()) due_[gone.next].previous = gone.previous;
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
  NADC_HD DueId node_entry(NodeId node) const { return entries_ + node.value; }

  By<NodeId, DueId> first_;  // its newest job
  By<DueId, Due> due_;       // (slot, then node)
  DueId entries_;            // of the first node
  std::uint32_t nodes_ = 0;
};

}  // namespace nadc
