// A second scheduler by node, slow and plain, written from the rules alone, to judge the simulator's own. Every
// question is answered by going through all jobs on all nodes; nothing is kept between passes but who runs where.
//
// Partitions of equal nodes. A job runs in one of them, at the speed that it has there: a job of fewer GPUs than a node
// on one node, beside others; a larger one on whole nodes, rounded up. At one time all completions, then all arrivals,
// then one pass over the queue in order of submission (ties: as given).
//   FCFS          starts jobs from the head of the queue while they fit.
//   EASY          the head that does not fit has a reservation: the earliest time, over the partitions, at which it
//   fits
//                 if the running jobs end by their requests. A later job starts if it fits and, with it on the nodes
//                 that it gets, that time stays what it was.
//   conservative  in order, every job gets the earliest start at which it can run for its request beside the running
//                 jobs, by their requests, and the reservations before it; those whose start is now start.
// With a window, a pass is over when so many jobs did not start.
// A job goes to the partition that allows it the earliest start (now), the fastest of these, the first of these. Nodes:
// of a part of a node, the one with the least free GPUs (at the start) that can hold it, the lowest of these; whole
// ones the lowest (best_fit), or pod by pod (pack): the pod with the fewest that still suffices, else the one with the
// most.
#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "tests/oracle/reference_scheduler.hpp"

namespace nadc::oracle {

struct NodePartition {
  std::int64_t nodes, gpus_per_node;
  std::int64_t pod_nodes = 1;
  std::int64_t slowness = 1;  // a job takes this many times as long
};

enum class NodePlace { best_fit, pack };

struct NodeResult {
  std::vector<std::int64_t> start;  // −1: dropped
  std::vector<std::size_t> partition;
  std::vector<std::vector<std::int64_t>> nodes;  // ascending
};

class NodeScheduler {
 public:
  NodeScheduler(std::vector<ReferenceJob> jobs, std::vector<NodePartition> partitions, NodePlace place,
                Backfill backfill, std::size_t window = 0)
      : jobs_(std::move(jobs)),
        partitions_(std::move(partitions)),
        place_(place),
        backfill_(backfill),
        window_(window) {}

  NodeResult run() {
    result_.start.assign(jobs_.size(), -1);
    result_.partition.assign(jobs_.size(), 0);
    result_.nodes.assign(jobs_.size(), {});
    std::multimap<std::int64_t, std::size_t> arrivals;
    for (std::size_t j = 0; j < jobs_.size(); ++j) arrivals.emplace(jobs_[j].submit, j);
    while (!arrivals.empty() || !held_.empty()) {
      now_ = arrivals.empty() ? std::numeric_limits<std::int64_t>::max() : arrivals.begin()->first;
      for (const Held& h : held_) now_ = std::min(now_, h.ends);
      std::erase_if(held_, [&](const Held& h) { return h.ends == now_; });
      for (; !arrivals.empty() && arrivals.begin()->first == now_; arrivals.erase(arrivals.begin()))
        queue_.push_back(arrivals.begin()->second);
      pass();
    }
    return result_;
  }

 private:
  static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max() / 4;

  // GPUs of some nodes, over a time: a running job, or a reservation.
  struct Held {
    std::size_t partition;
    std::vector<std::int64_t> nodes;
    std::int64_t gpus_each;
    std::int64_t from, until;  // as expected
    std::int64_t ends;         // in truth
  };
  using Holds = std::vector<Held>;

  std::int64_t request(std::size_t j, std::size_t p) const { return jobs_[j].request * partitions_[p].slowness; }
  std::int64_t nodes_asked(std::size_t j, std::size_t p) const {
    return (jobs_[j].gpus + partitions_[p].gpus_per_node - 1) / partitions_[p].gpus_per_node;
  }
  std::int64_t gpus_each(std::size_t j, std::size_t p) const {
    return std::min(jobs_[j].gpus, partitions_[p].gpus_per_node);
  }

  std::int64_t free_on(const Holds& holds, std::size_t p, std::int64_t node, std::int64_t when) const {
    std::int64_t free = partitions_[p].gpus_per_node;
    for (const Held& h : holds)
      if (h.partition == p && h.from <= when && when < h.until &&
          std::find(h.nodes.begin(), h.nodes.end(), node) != h.nodes.end())
        free -= h.gpus_each;
    return free;
  }

  // Nodes that have the GPUs free over [from, until).
  std::vector<std::int64_t> able(const Holds& holds, std::size_t p, std::int64_t gpus, std::int64_t from,
                                 std::int64_t until) const {
    std::set<std::int64_t> times{from};
    for (const Held& h : holds)
      if (h.partition == p && h.from > from && h.from < until) times.insert(h.from);
    std::vector<std::int64_t> nodes;
    for (std::int64_t node = 0; node < partitions_[p].nodes; ++node)
      if (std::all_of(times.begin(), times.end(), [&](std::int64_t at) { return free_on(holds, p, node, at) >= gpus; }))
        nodes.push_back(node);
    return nodes;
  }
  bool fits(const Holds& holds, std::size_t j, std::size_t p, std::int64_t from, std::int64_t until) const {
    return static_cast<std::int64_t>(able(holds, p, gpus_each(j, p), from, until).size()) >= nodes_asked(j, p);
  }

  // The earliest time from now on at which the job fits for `length`.
  std::int64_t earliest(const Holds& holds, std::size_t j, std::size_t p, std::int64_t length) const {
    std::set<std::int64_t> times{now_};
    for (const Held& h : holds)
      if (h.partition == p && h.until > now_) times.insert(h.until);
    for (std::int64_t at : times)
      if (fits(holds, j, p, at, at + length)) return at;
    return never;
  }

  std::vector<std::int64_t> choose(const Holds& holds, std::size_t j, std::size_t p, std::int64_t from,
                                   std::int64_t until) const {
    std::vector<std::int64_t> able_nodes = able(holds, p, gpus_each(j, p), from, until), chosen;
    if (jobs_[j].gpus <= partitions_[p].gpus_per_node)
      return {*std::min_element(able_nodes.begin(), able_nodes.end(), [&](std::int64_t a, std::int64_t b) {
        return free_on(holds, p, a, from) < free_on(holds, p, b, from);
      })};
    auto left = static_cast<std::size_t>(nodes_asked(j, p));
    while (left > 0) {
      std::map<std::int64_t, std::vector<std::int64_t>> pods;
      for (std::int64_t node : able_nodes)
        pods[place_ == NodePlace::pack ? node / partitions_[p].pod_nodes : 0].push_back(node);
      const std::vector<std::int64_t>* best = nullptr;
      for (const auto& [pod, nodes] : pods) {
        const bool suffices = nodes.size() >= left, did = best && best->size() >= left;
        if (!best || (suffices && (!did || nodes.size() < best->size())) ||
            (!suffices && !did && nodes.size() > best->size()))
          best = &nodes;
      }
      std::vector<std::int64_t> taken(best->begin(),
                                      best->begin() + static_cast<std::ptrdiff_t>(std::min(left, best->size())));
      for (std::int64_t node : taken) std::erase(able_nodes, node);
      left -= taken.size();
      chosen.insert(chosen.end(), taken.begin(), taken.end());
    }
    std::sort(chosen.begin(), chosen.end());
    return chosen;
  }

  Held placed(const Holds& holds, std::size_t j, std::size_t p, std::int64_t at) const {
    const std::int64_t until = at + request(j, p);
    return {p,
            choose(holds, j, p, at, backfill_ == Backfill::conservative ? until : at + 1),
            gpus_each(j, p),
            at,
            until,
            at + jobs_[j].duration * partitions_[p].slowness};
  }

  void start(std::size_t j, const Held& held) {
    result_.start[j] = now_;
    result_.partition[j] = held.partition;
    result_.nodes[j] = held.nodes;
    held_.push_back(held);
  }

  // When a job could start if the running ones end by their requests and nobody else starts.
  std::int64_t first_fit(const Holds& holds, std::size_t j) const {
    std::int64_t first = never;
    for (std::size_t p = 0; p < partitions_.size(); ++p) first = std::min(first, earliest(holds, j, p, 1));
    return first;
  }

  // As many jobs were looked at and did not start as the window has places.
  bool is_over(const std::vector<std::size_t>& waiting) const { return window_ > 0 && waiting.size() >= window_; }

  void pass() {
    if (backfill_ == Backfill::conservative) return plan();
    std::optional<std::size_t> head;
    std::int64_t reservation = never;
    std::vector<std::size_t> waiting;
    for (std::size_t j : queue_) {
      if (is_over(waiting)) {
        waiting.push_back(j);
        continue;
      }
      std::optional<Held> best;
      for (std::size_t p = 0; p < partitions_.size() && !(head && backfill_ == Backfill::none); ++p) {
        if (best && partitions_[p].slowness >= partitions_[best->partition].slowness) continue;
        if (!fits(held_, j, p, now_, now_ + 1)) continue;
        const Held candidate = placed(held_, j, p, now_);
        Holds with = held_;
        with.push_back(candidate);
        if (head && first_fit(with, *head) > reservation) continue;
        best = candidate;
      }
      if (best) {
        start(j, *best);
        continue;
      }
      waiting.push_back(j);
      if (head) continue;
      head = j;
      reservation = first_fit(held_, j);
    }
    queue_ = waiting;
  }

  void plan() {
    Holds reserved = held_;
    std::vector<std::size_t> waiting;
    for (std::size_t j : queue_) {
      if (is_over(waiting)) {
        waiting.push_back(j);
        continue;
      }
      std::int64_t at = never;
      std::size_t chosen = 0;
      for (std::size_t p = 0; p < partitions_.size(); ++p) {
        const std::int64_t here = earliest(reserved, j, p, request(j, p));
        if (here < at || (here == at && at < never && partitions_[p].slowness < partitions_[chosen].slowness)) {
          at = here;
          chosen = p;
        }
      }
      if (at == never) {
        waiting.push_back(j);
        continue;
      }
      const Held held = placed(reserved, j, chosen, at);
      reserved.push_back(held);
      if (at == now_)
        start(j, held);
      else
        waiting.push_back(j);
    }
    queue_ = waiting;
  }

  std::vector<ReferenceJob> jobs_;
  std::vector<NodePartition> partitions_;
  NodePlace place_;
  Backfill backfill_;
  std::size_t window_;
  NodeResult result_;
  Holds held_;
  std::vector<std::size_t> queue_;
  std::int64_t now_ = 0;
};

}  // namespace nadc::oracle
