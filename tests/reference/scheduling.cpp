#include <algorithm>
#include <cmath>
#include <set>

#include "models/access/admit.hpp"
#include "tests/reference/datacenter.hpp"

namespace nadc::reference {

namespace {

bool is_before(const Job& a, const Job& b) {
  return std::tie(a.key, a.submit, a.cell, a.number) < std::tie(b.key, b.submit, b.cell, b.number);
}

}  // namespace

// A job of less than a node shares one; a larger one owns whole nodes.
std::uint32_t Datacenter::held_by(const Job& job, std::uint32_t partition) const {
  const std::uint32_t full = gpus_per_node(partition);
  return by_node() && job.gpus > full ? (job.gpus + full - 1) / full * full : job.gpus;
}
std::uint32_t Datacenter::most_held_by(const Job& job) const {
  std::uint32_t most = 0;
  for (const std::uint32_t p : partitions_for(job)) most = std::max(most, held_by(job, p));
  return most;
}

// The partitions that serve it, the fastest first, then the lowest number.
std::vector<std::uint32_t> Datacenter::partitions_for(const Job& job) const {
  std::vector<std::uint32_t> partitions;
  for (std::uint32_t p = 0; p < nodes_.size(); ++p)
    if (speed(job, p) > 0) partitions.push_back(p);
  std::stable_sort(partitions.begin(), partitions.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return speed(job, a) > speed(job, b); });
  return partitions;
}

// A quota is a decimal fraction: what exactly meets it is within it.
Datacenter::Answer Datacenter::access_says(const Job& job) const {
  if (Admits::holds<OpenQueue>(point_.admit)) return Answer::yes;
  std::uint64_t held = 0, service = 0;
  for (const auto& [slot, other] : running_)
    if (group_of(other) == group_of(job)) held += other.held;
  for (std::uint32_t p = 0; p < nodes_.size(); ++p) service += in_service(p);
  if (!watches_.empty()) {
    if ((held + most_held_by(job)) * 1'000'000'000 <= static_cast<std::uint64_t>(quotas_[group_of(job)]) * service)
      return Answer::yes;
    return Admits::holds<GroupQuota>(point_.admit) ? Answer::no : Answer::borrows;
  }
  const ExactShare share = at(&point_, point_.quotas).data[group_of(job)];
  if ((held + most_held_by(job)) * share.whole <= share.parts * service) return Answer::yes;
  return Admits::holds<GroupQuota>(point_.admit) ? Answer::no : Answer::borrows;
}

// One pass over the queue: first the jobs that are within their groups' quotas, then those that borrow.
void Datacenter::pass() {
  std::sort(waiting_.begin(), waiting_.end(), is_before);
  const bool borrows = Admits::holds<BorrowedQuota>(point_.admit);
  if (point_.backfill == Backfill::conservative) {
    // Begun anew when a job that starts will not end as was planned, or changes the speed of others.
    for (bool as_planned = false; !as_planned;) {
      auto plan = taken_by_running();
      Promised promised;
      as_planned = follow_plan(false, plan, promised) && (!borrows || follow_plan(true, plan, promised));
    }
  } else {
    // Begun anew when a start changes the speed of a job that runs.
    for (bool done = false; !done;) {
      std::optional<Job> head;
      done = look_at_queue(false, head);
      // Without backfill nothing overtakes the head of the first round, borrowers neither.
      const bool over = point_.backfill == Backfill::none && head;
      if (done && borrows && !over) done = look_at_queue(true, head);
    }
  }
}

// One round without backfill or with EASY. head: the first job of both rounds that did not start; nobody may delay it.
bool Datacenter::look_at_queue(bool borrowers, std::optional<Job>& head) {
  std::uint32_t looked_at = 0;
  for (std::size_t i = 0; i < waiting_.size();) {
    const Job job = waiting_[i];
    if (access_says(job) != (borrowers ? Answer::borrows : Answer::yes)) {
      ++i;
      continue;
    }
    const Found found = start_if_possible(job, head);
    if (found != Found::nothing) {
      waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
      if (found == Found::other_speeds) return false;
    } else {
      ++i;
      if (!head) head = job;
      if (point_.backfill == Backfill::none) return true;
      if (++looked_at == point_.window) return true;
    }
  }
  return true;
}

Datacenter::Found Datacenter::start_if_possible(const Job& job, const std::optional<Job>& head) {
  const auto taken = taken_by_running();
  // Where the head could start first, by partition, and when.
  std::vector<Tick> first(nodes_.size(), never);
  if (head)
    for (const std::uint32_t q : partitions_for(*head)) first[q] = earliest_fit(*head, q, taken[q]);
  const Tick reserved = *std::min_element(first.begin(), first.end());
  for (const std::uint32_t p : partitions_for(job)) {
    if (!power_for(job, p)) continue;
    const auto nodes = places_for(job, p, taken[p], now_, now_ + 1);
    if (!nodes) continue;
    auto with_it = taken;
    const Job started = placed(job, p, *nodes);
    with_it[p].push_back(taking(job, p, *nodes, now_, expected_end(started)));
    bool delays = reserved < never;
    for (std::uint32_t q = 0; q < nodes_.size() && delays; ++q)
      delays = first[q] > reserved || !places_for(*head, q, with_it[q], reserved, reserved + 1);
    if (delays) continue;
    return start(started) ? Found::other_speeds : Found::place;
  }
  return Found::nothing;
}

// One round of conservative backfill: each job gets the earliest start that leaves those before it theirs. One that was
// promised in the first round, and whose group has its quota since, keeps that one promise.
bool Datacenter::follow_plan(bool borrowers, std::vector<std::vector<Taken>>& plan, Promised& promised) {
  std::uint32_t looked_at = 0;
  for (std::size_t i = 0; i < waiting_.size();) {
    const Job job = waiting_[i];
    if (access_says(job) != (borrowers ? Answer::borrows : Answer::yes)) {
      ++i;
      continue;
    }
    const std::pair name{job.cell, job.number};
    if (borrowers && promised.contains(name)) {
      ++i;
      if (++looked_at == point_.window) break;
      continue;
    }
    Tick best = never;
    std::uint32_t where = 0;
    std::vector<int> nodes;
    Taken promise{};
    for (const std::uint32_t p : partitions_for(job)) {
      const Tick length = longest_on(job, p);
      std::set<Tick> times{now_};
      for (const Taken& taken : plan[p]) times.insert(taken.until);
      for (const Tick from : times) {
        if (from >= best) break;
        const auto found = places_for(job, p, plan[p], from, from + length);
        if (!found) continue;
        best = from;
        where = p;
        nodes = *found;
        promise = taking(job, p, *found, from, from + length);
        break;
      }
    }
    // A job whose GPUs are free and whose power is not gets no promise.
    const bool lacks_power = best == now_ && !power_for(job, where);
    if (best < never && !lacks_power) {
      plan[where].push_back(promise);
      promised.insert(name);
    }
    if (best == now_ && !lacks_power) {
      const Job started = placed(job, where, nodes);
      const bool other_speeds = start(started);
      waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
      if (other_speeds || expected_end(started) != promise.until) return false;
    } else {
      ++i;
      if (++looked_at == point_.window) break;
    }
  }
  return true;
}

// How long it runs in a partition, by what was asked: of work, or of time where that is a limit.
Tick Datacenter::longest_on(const Job& job, std::uint32_t partition) const {
  const Tick asked = job.request + (job.restarts > 0 ? class_of(job).restart_cost : 0), rate = speed(job, partition);
  return point_.kills ? asked : (asked * q16_one + rate - 1) / rate;
}

// When it fits there first, if what runs ends as it is expected to and nobody else starts. What fits now lacks power:
// it waits until more is free (of whole nodes, one more).
Tick Datacenter::earliest_fit(const Job& job, std::uint32_t p, const std::vector<Taken>& taken) const {
  std::set<Tick> times;
  for (const Taken& one : taken) times.insert(one.until);
  const bool fits_now = places_for(job, p, taken, now_, now_ + 1).has_value();
  const auto idle_nodes = [&](Tick at) {
    std::vector<bool> idle;
    for (const Node& node : nodes_[p]) idle.push_back(node.state == Node::up);
    for (const Taken& one : taken)
      if (one.until > at)
        for (const int n : one.nodes) idle[static_cast<std::size_t>(n)] = false;
    return std::count(idle.begin(), idle.end(), true);
  };
  const bool whole_nodes = by_node() && job.gpus >= gpus_per_node(p);
  for (const Tick at : times) {
    if (fits_now && whole_nodes && idle_nodes(at) == idle_nodes(now_)) continue;
    if (places_for(job, p, taken, at, at + 1)) return at;
  }
  return never;
}

// The GPUs that the job would get in [from, until), or nothing. None of a pool have names.
std::optional<std::vector<int>> Datacenter::places_for(const Job& job, std::uint32_t p, const std::vector<Taken>& taken,
                                                       Tick from, Tick until) const {
  // The least that is free at any moment of the time asked for: the time begins, or something is taken.
  std::set<Tick> moments{from};
  for (const Taken& one : taken)
    if (one.from > from && one.from < until) moments.insert(one.from);
  const auto at_moment = [](const Taken& one, Tick moment) { return one.from <= moment && moment < one.until; };

  if (!by_node()) {
    for (const Tick moment : moments) {
      std::uint32_t busy = job.gpus;
      for (const Taken& one : taken)
        if (at_moment(one, moment)) busy += one.gpus;
      if (busy > in_service(p)) return std::nullopt;
    }
    return std::vector<int>{};
  }

  const int full = static_cast<int>(gpus_per_node(p)), count = static_cast<int>(nodes_[p].size());
  std::vector<int> free(static_cast<std::size_t>(count), -1), at_start;
  for (int n = 0; n < count; ++n)
    if (nodes_[p][n].state == Node::up) free[n] = full;
  for (const Tick moment : moments) {
    std::vector<int> then(free.size(), full);
    for (const Taken& one : taken)
      if (at_moment(one, moment))
        for (const int n : one.nodes) then[n] -= one.whole ? full : static_cast<int>(one.gpus);
    for (int n = 0; n < count; ++n) free[n] = std::min(free[n], then[n]);
    if (moment == from) at_start = free;
  }

  // A part of a node: where least is left at the start, the lowest of these.
  if (static_cast<int>(job.gpus) <= full) {
    int best = -1;
    for (int n = 0; n < count; ++n)
      if (free[n] >= static_cast<int>(job.gpus) && (best < 0 || at_start[n] < at_start[best])) best = n;
    if (best < 0) return std::nullopt;
    return std::vector<int>{best};
  }

  // Whole nodes: the lowest idle ones, or from as few pods as possible.
  const int needed = (static_cast<int>(job.gpus) + full - 1) / full;
  if (std::count(free.begin(), free.end(), full) < needed) return std::nullopt;
  const int pod_nodes = static_cast<int>(parts_[p].shape.pod_nodes);
  std::vector<int> chosen;
  const auto choose = [&](int begin, int end) {
    for (int n = begin; n < std::min(end, count) && static_cast<int>(chosen.size()) < needed; ++n)
      if (free[n] == full) {
        chosen.push_back(n);
        free[n] = 0;
      }
  };
  const bool packs = Places::holds<Pack>(point_.place);
  while (static_cast<int>(chosen.size()) < needed) {
    if (!packs) {
      choose(0, count);
      continue;
    }
    const int left = needed - static_cast<int>(chosen.size());
    int best = -1, best_idle = 0;
    for (int pod = 0; pod * pod_nodes < count; ++pod) {
      const auto begin = free.begin() + pod * pod_nodes, end = free.begin() + std::min(count, (pod + 1) * pod_nodes);
      const int idle = static_cast<int>(std::count(begin, end, full));
      // The least room that suffices; where none does, the most.
      const bool better = best < 0 || (idle >= left ? best_idle < left || idle < best_idle : idle > best_idle);
      if (better) best = pod, best_idle = idle;
    }
    choose(best * pod_nodes, (best + 1) * pod_nodes);
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

Taken Datacenter::taking(const Job& job, std::uint32_t partition, const std::vector<int>& nodes, Tick from,
                         Tick until) const {
  return {from, until, job.gpus, nodes, by_node() && job.gpus > gpus_per_node(partition)};
}

std::vector<std::vector<Taken>> Datacenter::taken_by_running() const {
  std::vector<std::vector<Taken>> taken(nodes_.size());
  for (const auto& [slot, job] : running_)
    taken[job.partition].push_back(taking(job, job.partition, job.nodes, now_, expected_end(job)));
  return taken;
}

}  // namespace nadc::reference
