// A second, independent scheduler: slow and plain, written from the rules alone, to judge the simulator's own.
//
// One pool of identical GPUs. At one time all completions, then all arrivals, then one pass over the queue, which is in
// order of submission (ties: as given). Jobs without duration or GPUs, or larger than the pool, are dropped.
//   FCFS          starts jobs from the head of the queue while they fit.
//   EASY          as FCFS; then the head's reservation is the first time at which enough running jobs have reached
//                 start + request; every later job in queue order starts now if it fits and either ends (now + request)
//                 by that time or needs no more than the units that the head leaves over then.
//                 Source: Lifka 1995; Mu'alem and Feitelson 2001.
//   conservative  all reservations are made anew in queue order at each pass, each at the earliest time at which the
//   job
//                 fits for its whole request without moving an earlier one; who gets "now" starts.
// A running job that has outlived its request is expected to end at once. Time is in integer ticks of the caller's
// choice. Cost: O(queue · running) a pass, conservative O(queue²).
#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

namespace nadc::oracle {

struct ReferenceJob {
  std::int64_t submit = 0, gpus = 0, duration = 0, request = 0;
};

enum class Backfill { none, easy, conservative };

struct ReferenceResult {
  std::vector<std::int64_t> start;  // (job); −1: dropped
  std::int64_t dropped = 0;

  // Mean of start − submit over the jobs that ran.
  double mean_wait(const std::vector<ReferenceJob>& jobs) const {
    double sum = 0;
    std::int64_t n = 0;
    for (std::size_t i = 0; i < jobs.size(); ++i)
      if (start[i] >= 0) sum += static_cast<double>(start[i] - jobs[i].submit), ++n;
    return n > 0 ? sum / static_cast<double>(n) : 0;
  }
};

namespace detail {

// Free units as a step function from now on: steps[i].free holds from steps[i].at until steps[i + 1].at.
struct Profile {
  struct Step {
    std::int64_t at, free;
  };
  std::vector<Step> steps;

  std::size_t split(std::int64_t at) {
    std::size_t i = 0;
    while (i + 1 < steps.size() && steps[i + 1].at <= at) ++i;
    if (steps[i].at == at) return i;
    steps.insert(steps.begin() + static_cast<std::ptrdiff_t>(i) + 1, {at, steps[i].free});
    return i + 1;
  }
  void take(std::int64_t from, std::int64_t until, std::int64_t units) {
    const std::size_t first = split(from), last = split(until);
    for (std::size_t i = first; i < last; ++i) steps[i].free -= units;
  }
  std::int64_t earliest(std::int64_t length, std::int64_t units) const {
    for (std::size_t i = 0;; ++i) {
      std::size_t j = i;
      while (j < steps.size() && steps[j].at < steps[i].at + length && steps[j].free >= units) ++j;
      if (j == steps.size() || steps[j].at >= steps[i].at + length) return steps[i].at;
    }
  }
};

}  // namespace detail

inline ReferenceResult reference_schedule(const std::vector<ReferenceJob>& jobs, std::int64_t gpus, Backfill backfill) {
  ReferenceResult result;
  result.start.assign(jobs.size(), -1);
  std::vector<std::size_t> order(jobs.size()), queue, running;
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return jobs[a].submit < jobs[b].submit; });
  std::erase_if(order, [&](std::size_t j) {
    const bool unusable = jobs[j].duration <= 0 || jobs[j].gpus <= 0 || jobs[j].gpus > gpus;
    result.dropped += unusable;
    return unusable;
  });

  std::int64_t now = 0, free = gpus;
  std::size_t next = 0;
  const auto end_of = [&](std::size_t j) { return result.start[j] + jobs[j].duration; };
  const auto expected_end = [&](std::size_t j) { return std::max(now, result.start[j] + jobs[j].request); };
  const auto start = [&](std::size_t j) {
    result.start[j] = now;
    free -= jobs[j].gpus;
    running.push_back(j);
  };
  const auto backfill_easy = [&] {
    if (queue.empty()) return;
    const std::size_t head = queue.front();
    std::vector<std::size_t> ending = running;
    std::stable_sort(ending.begin(), ending.end(), [&](auto a, auto b) { return expected_end(a) < expected_end(b); });
    std::int64_t available = free, shadow = now;
    for (std::size_t i = 0; i < ending.size(); ++i) {
      if (available >= jobs[head].gpus && expected_end(ending[i]) > shadow) break;  // all that end then are counted
      available += jobs[ending[i]].gpus;
      shadow = expected_end(ending[i]);
    }
    std::int64_t extra = available - jobs[head].gpus;
    for (std::size_t i = 1; i < queue.size();) {
      const ReferenceJob& job = jobs[queue[i]];
      const bool in_time = now + job.request <= shadow;
      if (job.gpus <= free && (in_time || job.gpus <= extra)) {
        if (!in_time) extra -= job.gpus;
        start(queue[i]);
        queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(i));
      } else {
        ++i;
      }
    }
  };
  const auto backfill_conservative = [&] {
    detail::Profile profile{{{now, gpus}}};
    // A job that has outlived its request still holds its units now.
    for (std::size_t j : running) profile.take(now, std::max(now + 1, expected_end(j)), jobs[j].gpus);
    std::vector<std::size_t> waiting;
    for (std::size_t j : queue) {
      const std::int64_t length = std::max<std::int64_t>(jobs[j].request, 1);
      const std::int64_t at = profile.earliest(length, jobs[j].gpus);
      profile.take(at, at + length, jobs[j].gpus);
      if (at == now)
        start(j);
      else
        waiting.push_back(j);
    }
    queue = waiting;
  };

  while (next < order.size() || !running.empty()) {
    std::int64_t soonest = std::numeric_limits<std::int64_t>::max();
    if (next < order.size()) soonest = jobs[order[next]].submit;
    for (std::size_t j : running) soonest = std::min(soonest, end_of(j));
    now = soonest;
    std::erase_if(running, [&](std::size_t j) {
      if (end_of(j) > now) return false;
      free += jobs[j].gpus;
      return true;
    });
    while (next < order.size() && jobs[order[next]].submit == now) queue.push_back(order[next++]);
    if (backfill == Backfill::conservative) {
      backfill_conservative();
      continue;
    }
    while (!queue.empty() && jobs[queue.front()].gpus <= free) {
      start(queue.front());
      queue.erase(queue.begin());
    }
    if (backfill == Backfill::easy) backfill_easy();
  }
  return result;
}

}  // namespace nadc::oracle
