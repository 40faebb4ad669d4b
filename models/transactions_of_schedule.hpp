// Transactions of the schedule: which waiting jobs start now, and where (models/scheduler/). Members of Datacenter.
#pragma once
#include "models/datacenter.hpp"

namespace nadc {

// Passes are made while there is something to look at (queue.hpp), and what stays idle meanwhile is noted.
template <int Width, class Observer, class Flow> NADC_HD inline void Datacenter<Width, Observer, Flow>::schedule() {
  const bool conservative = f_.point.backfill == Backfill::conservative;
  const bool again = easy_.looks_again() || plan_.was_blocked();
  bool pass = queue_.is_due(f_) || again || plan_.is_due(f_);
  const auto turn_away = [&] {
    queue_.turn_away(f_, ledger_, [&](bool was_head) {
      plan_.invalidate();  // what was reserved for it is free
      if (was_head) easy_.forget();
    });
    pass = queue_.moved();
  };
  const auto count_held_back = [&] {
    const Openings<Width> open = openings();
    typename Easy<Width>::Scan scan;
    queue_.count_held_back(
        f_, fleet_.free_gpus(f_),
        [&](PlaceId from, PlaceId to) {
          if (!queue_.head().valid() || conservative)
            return queue_.waiting().find(f_.lanes, from, to, Waiting<Width>::any_size);
          return easy_.next(open, releases_, queue_, from, to, scan);
        },
        [&] {
          if (!scan.ready) scan.filter.free = open.largest();
          return scan.filter;
        },
        [&](const WaitingJob& job) { return choose(job).valid(); });
  };
  if (!pass) {
    turn_away();
    if (!pass && !queue_.counted()) return;
    if (!pass && f_.by_use) count_held_back();  // of a job that came behind the window
  }
  if (again) queue_.look_again();
  while (pass && f_.status == Status::done) {
    ++passes_;
    queue_.begin_pass(f_, fleet_.in_service());
    if (conservative)
      plan_.pass(f_, openings(), releases_, jobs_, queue_,
                 [this](PlaceId place, PartitionId p) { start_job(place, p); });
    else
      pass_in_order();
    if (queue_.counted() && f_.by_use) count_held_back();
    turn_away();
  }
  const std::uint64_t free = fleet_.free_gpus(f_), stranded = queue_.held_back() < free ? queue_.held_back() : free,
                      rest = free - stranded;
  ledger_.set_idle(f_, stranded_ticks, stranded);
  ledger_.set_idle(f_, walled_ticks, queue_.walled_out() < rest ? queue_.walled_out() : rest);
  ledger_.set_idle(f_, hidden_ticks, queue_.hides(f_));
}

// Queue order until a job does not fit; then, with EASY, whatever does not delay that one's reservation. What was
// looked at before and could not start is looked at again only when something has ended.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::pass_in_order() {
  const Openings<Width> open = openings();
  while (f_.status == Status::done) {
    if (queue_.rescans() || queue_.moved()) {
      queue_.forget_moves();
      queue_.first_round();
      easy_.forget();
      easy_.first_round();
      if (f_.point.limited) power_.forget_held(f_);
      queue_.close_gaps(f_);
    }
    typename Easy<Width>::Scan scan;
    const auto candidates = [&](PlaceId from, PlaceId to) {
      if (!queue_.head().valid()) return queue_.waiting().find(f_.lanes, from, to, Waiting<Width>::any_size);
      return easy_.next(open, releases_, queue_, from, to, scan);
    };
    if (!queue_.advance(f_, candidates)) {
      if (!queue_.second_round(f_, easy_.looks_again())) return;
      queue_.forget_walled_out();  // all are looked at again
      continue;
    }
    const PlaceId place = queue_.take_next();
    const WaitingJob& job = queue_[place];
    const Verdict admitted = queue_.verdict(f_, fleet_.in_service(), job);
    if (queue_.borrowing() && admitted == Verdict::yes) {  // it had its turn in the first round
      if (open.is_walled_out(job)) queue_.wall_out(job);
      continue;
    }
    const PartitionId p = choose(job);
    if (admitted == Verdict::borrows && !queue_.borrowing()) {
      queue_.leave_to_second_round();
    } else if (admitted == Verdict::no) {
      if (p.valid()) queue_.hold_back(job);
    } else if (p.valid()) {
      const GroupId group = f_.shape.group_of(job.cell);
      start_job(place, p);
      queue_.note_start(f_, fleet_.in_service(), group);
    } else {
      queue_.keep_place();
      if (open.is_walled_out(job)) queue_.wall_out(job);
      if (queue_.head().valid()) continue;
      queue_.set_head(place, admitted);
      if (!f_.point.limited) continue;
      for (const PartitionId q : f_.partitions())  // those that have its GPUs, but not its power
        if (open.has_gpus(job, q) && rate_of(f_, job, q) != 0 && !open.has_power(job, q))
          power_.hold_back(f_, q, open.full_draw(job, q));
    }
  }
}

// The partition in which the job may start now; invalid if there is none.
template <int Width, class Observer, class Flow>
NADC_HD inline PartitionId Datacenter<Width, Observer, Flow>::choose(const WaitingJob& job) {
  const Openings<Width> open = openings();
  if (!queue_.head().valid()) return open.fastest(job);
  return easy_.choose(open, releases_, faults_.degraded() > 0, Flow::active, job,
                      [&](PartitionId p) { return end_if_started(job, p); });
}

// When the job would be due if it started here now.
template <int Width, class Observer, class Flow>
NADC_HD inline Tick Datacenter<Width, Observer, Flow>::end_if_started(const WaitingJob& job, PartitionId p) {
  SetId set;
  if (f_.by_node && job.gpus > f_.parts[p].shape.gpus_per_node && !(set = jobs_.take_set(f_)).valid()) return never;
  const Placement where = take_gpus(job, p, set);
  const std::uint32_t rate = start_speed(job, where, faults_.degraded() ? speed_of_nodes(where) : full_rate).all;
  give_gpus(where);
  return f_.now + request_at(f_, job, rate);
}

}  // namespace nadc
