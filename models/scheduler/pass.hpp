// The scheduling pass: which waiting jobs start now, and where. Members of Datacenter.
#pragma once
#include "models/datacenter.hpp"

namespace nadc {

template <int Width, class Observer, class Flow> NADC_HD inline void Datacenter<Width, Observer, Flow>::schedule() {
  const bool over = counted_ ? places_ >= window_ || scanned_ == waiting_.end() : scanned_ == waiting_.end();
  const bool again = look_again_ || (blocked_ && started_) || !is_still_head();
  bool pass = rescan_ || moved_ || !over || look_deeper_ || again || planned_next_ <= now_;
  if (!pass) {
    turn_away();
    pass = moved_;
    if (!pass && !(counted_ && by_use_)) return;
    if (!pass) count_held_back();  // of a job that came behind the window
  }
  rescan_ = rescan_ || again;
  while (pass && status_ == Status::done) {
    ++passes_;
    begin_pass();
    if (point_.backfill == Backfill::conservative)
      schedule_by_plan();
    else
      schedule_in_order();
    if (counted_ && by_use_) count_held_back();
    turn_away();
    pass = moved_;
  }
  const std::uint64_t free = free_gpus(), stranded = held_back_ < free ? held_back_ : free;
  const std::uint64_t walled = walled_out_ < free - stranded ? walled_out_ : free - stranded;
  if (stranded != stranded_ || walled != walled_) {
    lanes_.once([&] {
      *part(0, stranded_ticks) += now_times(stranded_) - now_times(stranded);
      *part(0, walled_ticks) += now_times(walled_) - now_times(walled);
    });
    stranded_ = stranded;
    walled_ = walled;
  }
}

// The last in order leave when more wait than may. Those that borrow, and stay, were out of their way: all are looked
// at again.
template <int Width, class Observer, class Flow> NADC_HD inline void Datacenter<Width, Observer, Flow>::turn_away() {
  if (point_.queue == unlimited_queue) return;
  while (waiting_.size() > point_.queue) {
    waiting_.trim();
    const std::uint32_t place = waiting_.end() - 1;
    lanes_.once([&] {
      const WaitingJob& job = waiting_[place];
      ++*cell(job.cell, turned_away);
      a_.cell_unended[job.cell].remove(job.submit);
      if (!job.restarts) a_.cell_unstarted[job.cell].remove(job.submit);
    });
    if (waiting_[place].restarts) end_requeue(waiting_[place]);
    leave(place);
    plan_valid_ = false;  // what was reserved for it is free
    if (may_borrow_) moved_ = true;
    if (head_ == place) {
      head_ = none;
      reserved_ = false;
    }
    if (place < scanned_ && places_ > 0) --places_;
  }
  waiting_.trim();
  if (scanned_ > waiting_.end()) scanned_ = waiting_.end();
  if (waiting_.size() == 0) head_ = none;
}

// Queue order until a job does not fit; then, with EASY, whatever does not delay that one's reservation. What was
// looked at before and could not start is looked at again only when something has ended.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::schedule_in_order() {
  while (status_ == Status::done) {
    if (rescan_ || moved_) {
      rescan_ = moved_ = false;
      scanned_ = 0;
      head_ = none;
      reserved_ = false;
      first_round();
      if (point_.limited) forget_held();
      close_gaps();
    }
    if (!advance()) {
      if (!second_round()) return;
      walled_out_ = 0;  // all are looked at again
      continue;
    }
    const std::uint32_t place = scanned_++;
    const WaitingJob& job = waiting_[place];
    const Verdict admitted = verdict(job);
    if (borrowing_ && admitted == Verdict::yes) {  // it had its turn in the first round
      if (is_walled_out(job)) walled_out_ += job.gpus;
      continue;
    }
    const std::uint32_t p = head_ == none ? choose_partition(job) : choose_backfill(job);
    if (admitted == Verdict::borrows && !borrowing_) {
      passed_ = true;
    } else if (admitted == Verdict::no) {
      if (p != none) held_back_ += job.gpus;
    } else if (p != none) {
      const std::uint32_t group = job.cell / shape_.classes;
      launch(place, p);
      if (counted_ && by_use_) find_room(group);
    } else {
      ++places_;
      if (is_walled_out(job)) walled_out_ += job.gpus;
      if (head_ == none) {
        head_ = place;
        head_borrows_ = admitted == Verdict::borrows;
        if (point_.limited) hold_back(job);
      }
    }
  }
}

// What started since may have taken the head's admission.
template <int Width, class Observer, class Flow>
NADC_HD inline bool Datacenter<Width, Observer, Flow>::is_still_head() const {
  return head_ == none || verdict(waiting_[head_]) == (head_borrows_ ? Verdict::borrows : Verdict::yes);
}

// The rounds of a pass (models/access/admit.hpp).
template <int Width, class Observer, class Flow> NADC_HD inline void Datacenter<Width, Observer, Flow>::first_round() {
  borrowing_ = passed_ = head_borrows_ = false;
  refused_part_ = refused_pace_ = look_again_ = false;
  held_back_ = walled_out_ = 0;
  places_ = 0;
}

template <int Width, class Observer, class Flow> NADC_HD inline bool Datacenter<Width, Observer, Flow>::second_round() {
  // A job that was refused for the part of a node that it would get may get another by what started since.
  if (borrowing_ || !(passed_ || (may_borrow_ && look_again_))) return false;
  borrowing_ = true;
  scanned_ = places_ = 0;
  return true;
}

// Whether the window binds, and whether what was looked at before still holds its places in it. Where verdicts change
// with use it may not: then everything is looked at again.
template <int Width, class Observer, class Flow> NADC_HD inline void Datacenter<Width, Observer, Flow>::begin_pass() {
  const bool counted_before = counted_;
  counted_ = waiting_.size() > window_;
  const bool keeps_places = counted_before && !may_borrow_ && point_.backfill != Backfill::conservative;
  if (by_use_ && (look_deeper_ || (counted_ && !keeps_places))) moved_ = true;
  // Who comes after a second round goes before those who borrow, and before what is reserved for them.
  if (borrowing_ && scanned_ < waiting_.end()) {
    if (point_.backfill == Backfill::conservative)
      moved_ = true;
    else
      borrowing_ = passed_ = false;
  }
  look_deeper_ = false;
  if (!counted_) return;
  if (by_use_) {
    for (std::uint32_t g = 0; g < shape_.groups; ++g) find_room(g);
  } else if (!counted_before) {
    places_ = waiting_.present_before(lanes_, scanned_);
  }
}

// The GPUs of a job that the group's quota just admits.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::find_room(std::uint32_t group) {
  std::uint32_t low = 0, high = in_service_ + 1;  // the first is within the quota, or nothing is; the second is not
  while (high - low > 1) {
    const std::uint32_t middle = low + (high - low) / 2;
    (admit_view(group, middle).within_quota() ? low : high) = middle;
  }
  lanes_.put(&a_.group_room[group], low);
}

// The job takes a place of the window in this round if it does not start.
template <int Width, class Observer, class Flow>
NADC_HD inline bool Datacenter<Width, Observer, Flow>::takes_place(std::uint32_t place) const {
  return !by_use_ || (waiting_.held(place) <= a_.group_room[waiting_.group(place)]) != borrowing_;
}

template <int Width, class Observer, class Flow>
NADC_HD inline bool Datacenter<Width, Observer, Flow>::may_take_places(std::uint32_t block) const {
  if (borrowing_) return true;
  for (std::uint32_t g = 0; g < shape_.groups; ++g)
    if (waiting_.least_held(block, g % waiting_.columns()) <= a_.group_room[g]) return true;
  return false;
}

template <int Width, class Observer, class Flow>
NADC_HD inline std::uint32_t Datacenter<Width, Observer, Flow>::next_candidate(std::uint32_t from, std::uint32_t to,
                                                                               BackfillScan& scan) {
  if (head_ == none || point_.backfill == Backfill::conservative) return waiting_.find(lanes_, from, to, none - 1);
  return next_to_backfill(from, to, scan);
}

// Moves on to the next job that may start, and counts the places of those before it that may not. False: the round is
// over.
template <int Width, class Observer, class Flow> NADC_HD inline bool Datacenter<Width, Observer, Flow>::advance() {
  const std::uint32_t end = waiting_.end();
  BackfillScan scan;
  if (!counted_) {
    scanned_ = next_candidate(scanned_, end, scan);
    return scanned_ != end;
  }
  if (head_ != none && point_.backfill == Backfill::none) {
    scanned_ = end;
    return false;
  }
  if (by_use_ && may_borrow_) passed_ = true;
  while (places_ < window_ && scanned_ < end) {
    if (scanned_ < waiting_.first()) scanned_ = waiting_.first();
    const std::uint32_t left = window_ - places_,
                        next_block = (scanned_ / Waiting<Width>::block + 1) * Waiting<Width>::block;
    std::uint32_t to = by_use_ ? next_block : left < end - scanned_ ? scanned_ + left : end;
    if (to > end) to = end;
    if (by_use_ && !may_take_places(scanned_ / Waiting<Width>::block)) {
      scanned_ = to;
      continue;
    }
    const std::uint32_t from = scanned_, next = next_candidate(from, to, scan);
    places_ += !by_use_ ? waiting_.present_in(lanes_, from, next)
                        : static_cast<std::uint32_t>(lanes_.sum(next - from, [&](std::uint32_t i) {
                            return std::uint64_t{waiting_.present(from + i) && takes_place(from + i)};
                          }));
    scanned_ = next;
    if (places_ >= window_) return false;
    if (next == to) continue;
    if (takes_place(next)) return true;
    ++scanned_;
  }
  return false;
}

// Gaps between the jobs that a pass looks at make it slow.
template <int Width, class Observer, class Flow> NADC_HD inline void Datacenter<Width, Observer, Flow>::close_gaps() {
  const std::uint32_t size = waiting_.size();
  if (!counted_) {
    if (waiting_.gaps() > (size / 4 > most_gaps ? size / 4 : most_gaps)) waiting_.compact(lanes_);
  } else if (!by_use_ && left_ >= most_gaps) {
    left_ = 0;
    // The window is what the last pass looked at, or a little more.
    const std::uint32_t far = waiting_.first() + 2 * window_ + 2 * most_gaps;
    if (far < waiting_.end() && waiting_.present_in(lanes_, waiting_.first(), far) < window_)
      waiting_.close_front(lanes_, far);
  }
}

// GPUs of the jobs that only their group's wall keeps from starting; no more than are free are counted.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::count_held_back() {
  if (may_borrow_) return;
  const std::uint64_t free = free_gpus();
  const std::uint32_t end = waiting_.end();
  BackfillScan scan;
  held_back_ = 0;
  // Only jobs that fit somewhere are worth a look, and of these only those at their walls.
  std::uint32_t i = free ? next_candidate(0, end, scan) : end;
  if (!scan.ready) scan.filter.free = largest_fit();
  for (; i < end && held_back_ < free; ++i) {
    i = waiting_.find(lanes_, i, end, scan.filter, [&](std::uint32_t place) { return !takes_place(place); });
    if (i == end) break;
    const WaitingJob& job = waiting_[i];
    if ((head_ == none ? choose_partition(job) : choose_backfill(job)) != none) held_back_ += job.gpus;
  }
}

// The job would fit into a partition that only a rule of access keeps it out of.
template <int Width, class Observer, class Flow>
NADC_HD inline bool Datacenter<Width, Observer, Flow>::is_walled_out(const WaitingJob& job) const {
  if (point_.walled.count == 0) return false;
  const std::uint32_t* walled = at(&point_, point_.walled) + std::size_t{job.cell} * shape_.partitions;
  for (std::uint32_t p = 0; p < shape_.partitions; ++p)
    if (walled[p] && fits(job, p)) return true;
  return false;
}

// The next place in [from, to) whose job may start without delaying the head's reservation.
template <int Width, class Observer, class Flow>
NADC_HD inline std::uint32_t Datacenter<Width, Observer, Flow>::next_to_backfill(std::uint32_t from, std::uint32_t to,
                                                                                 BackfillScan& scan) {
  if (point_.backfill == Backfill::none) return to;
  if (!scan.ready) {
    if (scan.largest == none) scan.largest = largest_fit();
    from = waiting_.find(lanes_, from, to, scan.largest);
    if (from == to) return to;
    if (!reserved_) reserve(waiting_[head_]);
    scan.filter = backfill_filter();
    scan.ready = true;
  }
  return waiting_.find(lanes_, from, to, scan.filter);
}

template <int Width, class Observer, class Flow>
NADC_HD inline WaitingFilter Datacenter<Width, Observer, Flow>::backfill_filter() {
  WaitingFilter filter;
  for (std::uint32_t p = 0; p < shape_.partitions; ++p) {
    const std::uint32_t here = largest_fit(p);
    if (p == shadow_partition_ && !tied_)
      filter.reserved = here;
    else if (here > filter.free)
      filter.free = here;
  }
  filter.longest = Waiting<Width>::brief(shadow_.at - now_);
  if (shadow_partition_ != none) filter.spare = spare_gpus(shadow_partition_);
  return filter;
}

// No job of more GPUs than this starts in the partition without taking reserved units.
template <int Width, class Observer, class Flow>
NADC_HD inline std::uint32_t Datacenter<Width, Observer, Flow>::spare_gpus(std::uint32_t p) {
  const std::uint64_t most = none - 1;
  if (!by_node_) return static_cast<std::uint32_t>(extra_ < most ? extra_ : most);
  const std::uint32_t full = parts_[p].shape.gpus_per_node;
  if (extra_ > 0) return static_cast<std::uint32_t>(extra_ < most / full ? extra_ * full : most);
  if (shadow_part_) return full;
  // A job gets the lowest node of its level: one that is not among those reserved.
  const Partition<Width>& partition = a_.partitions[p];
  std::uint32_t level = place_detail::largest_part(partition);
  while (level > 0 && partition.ends.latest(partition.map.lowest(lanes_, level)) <= shadow_.at) {
    refused_part_ = true;
    level = partition.map.level_below(level);
  }
  return level;
}

// Conservative: every waiting job has a reservation; one that is due starts. The plan is made anew when something
// happened that it did not foresee.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::schedule_by_plan() {
  if (blocked_ || (rescan_ && (passed_over_ || by_use_ || point_.walled.count > 0))) plan_valid_ = false;
  if (plans_by_node_ && (rescan_ || started_ || planned_next_ <= now_)) plan_valid_ = false;
  rescan_ = started_ = false;
  if (plan_valid_ && !plans_by_node_) {
    lanes_.for_each(shape_.partitions, [&](std::uint32_t p) { a_.partitions[p].profile.plan.forget(now_); });
    if (!moved_) start_due_jobs();
  }
  while (status_ == Status::done) {
    if (!plan_valid_ || moved_) {
      begin_plan();
      plan_valid_ = true;
      moved_ = blocked_ = passed_over_ = false;
      scanned_ = 0;
      first_round();
      if (counted_ && by_use_) waiting_.forget_plans(lanes_);  // not all of them are looked at
    }
    if (!advance()) {
      if (second_round()) continue;
      break;
    }
    plan_job(scanned_++);
  }
  // What stands behind the window may have a plan of an earlier pass.
  const std::uint32_t planned = by_use_ || scanned_ > waiting_.end() ? waiting_.end() : scanned_;
  const KeyAt next = lanes_.min_at(planned, [&](std::uint32_t i) {
    return static_cast<std::uint64_t>(waiting_.present(i) ? waiting_[i].planned : never);
  });
  planned_next_ = next.index == planned ? never : static_cast<Tick>(next.key);
}

// The plan knows the running jobs only.
template <int Width, class Observer, class Flow> NADC_HD inline void Datacenter<Width, Observer, Flow>::begin_plan() {
  if (!plans_by_node_) {
    lanes_.for_each(shape_.partitions, [&](std::uint32_t p) {
      Profile& profile = a_.partitions[p].profile;
      profile.base.forget(now_);
      profile.plan.copy(profile.base);
    });
    return;
  }
  for (std::uint32_t p = 0; p < shape_.partitions; ++p) {
    Partition<Width>& partition = a_.partitions[p];
    partition.plan.begin(lanes_, now_, [&](std::uint32_t node) { return partition.map.free_gpus(node); });
    lanes_.once([&] {
      for (std::uint32_t node = 0; node < parts_[p].shape.nodes; ++node)
        partition.ends.for_jobs(node, [&](Tick end, std::uint32_t gpus) { partition.plan.release(node, end, gpus); });
    });
  }
  lanes_.once([&] {
    for (std::uint32_t set = 0; set < capacity_.sets; ++set) {
      if ((a_.free_sets[set / 64] >> (set % 64)) & 1) continue;
      const std::uint32_t slot = a_.set_slot[set];
      const Placement& where = a_.jobs[slot].where;
      NodePlan<Width>& plan = a_.partitions[where.partition].plan;
      const std::uint64_t* nodes = a_.sets + std::size_t{set} * a_.set_words;
      for (std::uint32_t word = where.first; word <= where.last; ++word)
        for (std::uint64_t bits = nodes[word]; bits; bits &= bits - 1)
          plan.release(word * 64 + static_cast<std::uint32_t>(lowest_bit(bits)), a_.due[slot].end,
                       parts_[where.partition].shape.gpus_per_node);
    }
  });
  for (std::uint32_t p = 0; p < shape_.partitions; ++p)
    if (a_.partitions[p].plan.full()) status_ = Status::profile_full;
}

// Starts the jobs whose reservation is now. The plan becomes invalid when one finds no power, or its group at
// the wall.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::start_due_jobs() {
  if (planned_next_ > now_) return;
  const std::uint32_t end = scanned_;
  for (std::uint32_t i = 0; i < end && i < waiting_.end(); ++i) {
    if (!waiting_.present(i)) continue;
    const WaitingJob job = waiting_[i];
    if (job.planned > now_) continue;
    if (fits(job, job.planned_partition) && admissible(job)) {
      launch(i, job.planned_partition);
      if (places_ > 0) --places_;
    } else {
      plan_valid_ = false;
    }
    if (!plan_valid_) return;  // what it leaves goes first to those before the others in the queue
  }
}

// Gives the job the earliest start that delays nobody before it, and starts it when that is now.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::plan_job(std::uint32_t place) {
  const WaitingJob job = waiting_[place];
  if (borrowing_) {
    if (verdict(job) == Verdict::yes) return;  // a job of the first round, looked at there or behind its window
    if (job.planned < never) {                 // planned there, before its group had its quota
      ++places_;
      return;
    }
  }
  if (!admissible(job)) {
    passed_over_ = true;
    if (verdict(job) == Verdict::borrows)
      passed_ = true;
    else if (choose_partition(job) != none)
      held_back_ += job.gpus;
    waiting_.plan(lanes_, place, never, 0);
    return;
  }
  Tick best = never;
  std::uint32_t chosen = 0;
  for (std::uint32_t p = 0; p < shape_.partitions; ++p) {
    if (rate_of(job, p) == 0) continue;
    const Tick start = earliest(job, p);
    if (start < best || (start == best && start < never && rate_of(job, p) > rate_of(job, chosen))) {
      best = start;
      chosen = p;
    }
  }
  // Enough GPUs, but no power: nothing is reserved, and the job is tried again when something ends.
  const bool blocked =
      best == now_ && !(plans_by_node_ ? !point_.limited || has_power(job, chosen) : fits(job, chosen));
  if (best < never && !blocked) {
    const Tick length = request_on(job, chosen);
    if (plans_by_node_) {
      NodePlan<Width>& plan = a_.partitions[chosen].plan;
      planned_where_ =
          Places::visit(point_.place, [&](const auto& policy) { return plan.place(lanes_, policy, best, job.gpus); });
      lanes_.once([&] { plan.reserve(planned_where_, plan.set(), best, best + length); });
      if (plan.full()) status_ = Status::profile_full;
    } else {
      reserve_in_plan(chosen, best, length, held(job, chosen));
    }
    if (best == now_) {
      launch(place, chosen);
      if (counted_ && by_use_) find_room(job.cell / shape_.classes);
      return;
    }
  }
  ++places_;
  if (blocked) blocked_ = true;
  if (is_walled_out(job)) walled_out_ += job.gpus;
  waiting_.plan(lanes_, place, blocked ? never : best, chosen);
}

// The earliest start in a partition that delays nobody before the job.
template <int Width, class Observer, class Flow>
NADC_HD inline Tick Datacenter<Width, Observer, Flow>::earliest(const WaitingJob& job, std::uint32_t p) {
  Partition<Width>& partition = a_.partitions[p];
  const Tick length = request_on(job, p);
  if (plans_by_node_) return partition.plan.earliest(lanes_, now_, length, held(job, p));
  return partition.profile.plan.earliest(now_, length, held(job, p));
}

template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::reserve_in_plan(std::uint32_t p, Tick start, Tick length,
                                                                       std::uint32_t gpus) {
  lanes_.once([&] { a_.partitions[p].profile.plan.reserve(start, length, gpus); });
  if (a_.partitions[p].profile.full()) status_ = Status::profile_full;
}

// The running jobs' plan changes over [now, end).
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::base_plan(std::uint32_t p, Tick end, std::int64_t gpus) {
  if (point_.backfill != Backfill::conservative || plans_by_node_) return;
  lanes_.once([&] { a_.partitions[p].profile.base.add(now_, end, gpus); });
  if (a_.partitions[p].profile.full()) status_ = Status::profile_full;
}

template <int Width, class Observer, class Flow>
NADC_HD inline bool Datacenter<Width, Observer, Flow>::admissible(const WaitingJob& job) const {
  const Verdict admitted = verdict(job);
  return admitted == Verdict::yes || (admitted == Verdict::borrows && borrowing_);
}

// By what the job would hold where it holds most.
template <int Width, class Observer, class Flow>
NADC_HD inline Verdict Datacenter<Width, Observer, Flow>::verdict(const WaitingJob& job) const {
  return Admits::visit(point_.admit, [&](const auto& admit) {
    if (!admit.depends_on_use) return Verdict::yes;
    return admit(admit_view(job.cell / shape_.classes, job.most_held));
  });
}

template <int Width, class Observer, class Flow>
NADC_HD inline AdmitView Datacenter<Width, Observer, Flow>::admit_view(std::uint32_t group, std::uint32_t gpus) const {
  return AdmitView{gpus, a_.group_busy[group], in_service_, at(&point_, point_.quotas)[group]};
}

template <int Width, class Observer, class Flow>
NADC_HD inline std::uint32_t Datacenter<Width, Observer, Flow>::most_held(const WaitingJob& job) const {
  std::uint32_t most = 0;
  for (std::uint32_t p = 0; p < shape_.partitions; ++p)
    if (rate_of(job, p) && held(job, p) > most) most = held(job, p);
  return most;
}

template <int Width, class Observer, class Flow>
NADC_HD inline std::uint32_t Datacenter<Width, Observer, Flow>::rate_of(const WaitingJob& job, std::uint32_t p) const {
  return rates_[job.cell * shape_.partitions + p];
}

template <int Width, class Observer, class Flow>
NADC_HD inline std::uint32_t Datacenter<Width, Observer, Flow>::held(const WaitingJob& job, std::uint32_t p) const {
  return Places::visit(point_.place, [&](const auto& place) { return place.held(parts_[p].shape, job.gpus); });
}

template <int Width, class Observer, class Flow>
NADC_HD inline bool Datacenter<Width, Observer, Flow>::fits(const WaitingJob& job, std::uint32_t p) const {
  const bool idle =
      Places::visit(point_.place, [&](const auto& place) { return place.fits(a_.partitions[p], job.gpus); });
  return idle && (!point_.limited || has_power(job, p));
}

template <int Width, class Observer, class Flow>
NADC_HD inline std::uint32_t Datacenter<Width, Observer, Flow>::largest_fit(std::uint32_t p) const {
  return Places::visit(point_.place, [&](const auto& place) { return place.largest(a_.partitions[p]); });
}

template <int Width, class Observer, class Flow>
NADC_HD inline std::uint32_t Datacenter<Width, Observer, Flow>::largest_fit() const {
  std::uint32_t largest = 0;
  for (std::uint32_t p = 0; p < shape_.partitions; ++p) {
    const std::uint32_t here = largest_fit(p);
    if (here > largest) largest = here;
  }
  return largest;
}

template <int Width, class Observer, class Flow>
NADC_HD inline std::uint64_t Datacenter<Width, Observer, Flow>::free_gpus() const {
  std::uint64_t free = 0;
  for (std::uint32_t p = 0; p < shape_.partitions; ++p) free += a_.partitions[p].free;
  return free;
}

// Ticks that `work` takes at a rate, rounded up.
template <int Width, class Observer, class Flow>
NADC_HD inline Tick Datacenter<Width, Observer, Flow>::ticks_at(std::int64_t work_q16, std::uint32_t rate) {
  if (rate == full_rate) return (work_q16 + (full_rate - 1)) >> 16;
  return (work_q16 + rate - 1) / rate;
}

template <int Width, class Observer, class Flow>
NADC_HD inline Tick Datacenter<Width, Observer, Flow>::restart_of(const WaitingJob& job) const {
  return job.restarts ? classes_[job.cell % shape_.classes].restart_cost : 0;
}

// How long the job runs at most at a rate, by its request. What is ended at its limit may run as long as it asked,
// however slow or fast it is.
template <int Width, class Observer, class Flow>
NADC_HD inline Tick Datacenter<Width, Observer, Flow>::request_at(const WaitingJob& job, std::uint32_t rate) const {
  const Tick asked = job.request + restart_of(job);
  return point_.kills ? asked : ticks_at(asked << 16, rate);
}

// Where the job runs fastest.
template <int Width, class Observer, class Flow>
NADC_HD inline Tick Datacenter<Width, Observer, Flow>::shortest_request(const WaitingJob& job) const {
  std::uint32_t fastest = 0;
  for (std::uint32_t p = 0; p < shape_.partitions; ++p)
    if (rate_of(job, p) > fastest) fastest = rate_of(job, p);
  return fastest ? request_at(job, fastest) : never;
}

template <int Width, class Observer, class Flow>
NADC_HD inline Tick Datacenter<Width, Observer, Flow>::request_on(const WaitingJob& job, std::uint32_t p) const {
  return request_at(job, rate_of(job, p));
}

// The fastest partition in which the job fits now, the lowest of these.
template <int Width, class Observer, class Flow>
NADC_HD inline std::uint32_t Datacenter<Width, Observer, Flow>::choose_partition(const WaitingJob& job) const {
  std::uint32_t best = none, best_rate = 0;
  for (std::uint32_t p = 0; p < shape_.partitions; ++p) {
    const std::uint32_t rate = rate_of(job, p);
    if (rate > best_rate && fits(job, p)) {
      best = p;
      best_rate = rate;
    }
  }
  return best;
}

// As choose_partition, but nothing that delays the reservation.
template <int Width, class Observer, class Flow>
NADC_HD inline std::uint32_t Datacenter<Width, Observer, Flow>::choose_backfill(const WaitingJob& job) {
  std::uint32_t best = none, best_rate = 0;
  for (std::uint32_t p = 0; p < shape_.partitions; ++p) {
    const std::uint32_t rate = rate_of(job, p);
    if (rate <= best_rate || !fits(job, p) || !leaves_reservation(job, p)) continue;
    best = p;
    best_rate = rate;
  }
  return best;
}

// The blocked job's earliest fit does not move when this one starts here, on the nodes that it would get.
template <int Width, class Observer, class Flow>
NADC_HD inline bool Datacenter<Width, Observer, Flow>::leaves_reservation(const WaitingJob& job, std::uint32_t p) {
  if (p != shadow_partition_ || tied_) return true;
  const bool in_time = now_ + request_on(job, p) <= shadow_.at;
  const bool paced = !Flow::active && Paces::visit(point_.pace, [](const auto& pace) { return pace.depends_on_load; });
  if (in_time && !degraded_ && !point_.limited && !paced) return true;
  if (reserved_units(job, p) <= extra_) return true;
  if (in_time && end_if_started(job, p) <= shadow_.at) return true;
  // A job on part of a node may get another one when a part has been taken, and any job another pace.
  refused_pace_ = refused_pace_ || in_time;
  refused_part_ =
      refused_part_ || (by_node_ && a_.partitions[p].map.best_level(job.gpus) < parts_[p].shape.gpus_per_node);
  return false;
}

// When the job would be due if it started here now.
template <int Width, class Observer, class Flow>
NADC_HD inline Tick Datacenter<Width, Observer, Flow>::end_if_started(const WaitingJob& job, std::uint32_t p) {
  Partition<Width>& partition = a_.partitions[p];
  std::uint32_t set = 0;
  if (by_node_ && job.gpus > parts_[p].shape.gpus_per_node) {
    set = take_lowest(a_.free_sets, capacity_.sets);
    if (set == none) {
      status_ = Status::sets_full;
      return never;
    }
  }
  const Placement where = take(job, p, set);
  const std::uint32_t rate = start_speed(job, where, degraded_ ? speed_of_nodes(p, where) : full_rate).all;
  if (where.nodes) {
    partition.map.give_set(lanes_, where.first, where.last, where.nodes, a_.sets + std::size_t{set} * a_.set_words);
    give_back(a_.free_sets, set);
  } else if (by_node_) {
    partition.map.give(lanes_, where.first, where.gpus);
  }
  lanes_.once([&] { partition.free += where.gpus; });
  return now_ + request_at(job, rate);
}

// What the job would take of the units that the blocked one waits for: GPUs of a pool, or nodes that have the room for
// it at its reservation.
template <int Width, class Observer, class Flow>
NADC_HD inline std::uint64_t Datacenter<Width, Observer, Flow>::reserved_units(const WaitingJob& job,
                                                                               std::uint32_t p) const {
  if (!by_node_) return held(job, p);
  const Partition<Width>& partition = a_.partitions[p];
  const std::uint32_t full = parts_[p].shape.gpus_per_node;
  if (job.gpus >= full) return held(job, p) / full;
  const std::uint32_t level = partition.map.best_level(job.gpus), asked = shadow_part_ ? shadow_part_ : full;
  if (level == full) return full - job.gpus < asked ? 1 : 0;
  const std::uint32_t node = partition.map.lowest(lanes_, level);
  const std::uint32_t then = level + partition.ends.released(node, shadow_.at);
  return then >= asked && then - job.gpus < asked ? 1 : 0;
}

// The blocked job's reservation: the earliest moment, over the partitions, at which it fits if the running jobs end by
// their requests and nobody else starts.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::reserve(const WaitingJob& job) {
  reserved_ = true;
  shadow_ = Shadow{never, 0};
  shadow_partition_ = none;
  shadow_part_ = 0;
  tied_ = lacks_power_ = false;
  extra_ = ~std::uint64_t{0};
  for (std::uint32_t p = 0; p < shape_.partitions; ++p) {
    Partition<Width>& partition = a_.partitions[p];
    const std::uint32_t gpus = held(job, p);
    if (rate_of(job, p) == 0 || gpus > partition.in_service) continue;
    typename Partition<Width>::Reservation found = partition.reservation;
    if (!found.good || found.number != job.number || found.cell != job.cell) {
      found = reservation_in(p, gpus);
      found.good = true;
      found.number = job.number;
      found.cell = job.cell;
      lanes_.once([&] { partition.reservation = found; });
    }
    lacks_power_ = lacks_power_ || found.lacks_power;
    if (found.shadow.at < shadow_.at) {
      shadow_ = found.shadow;
      shadow_partition_ = p;
      shadow_part_ = by_node_ && gpus < parts_[p].shape.gpus_per_node ? gpus : 0;
      extra_ = found.extra;
      tied_ = false;
    } else if (found.shadow.at < never && found.shadow.at == shadow_.at) {
      tied_ = true;
    }
  }
}

// A job that fits and lacks power waits for the next release.
template <int Width, class Observer, class Flow>
NADC_HD inline typename Partition<Width>::Reservation Datacenter<Width, Observer, Flow>::reservation_in(
    std::uint32_t p, std::uint32_t gpus) {
  Partition<Width>& partition = a_.partitions[p];
  typename Partition<Width>::Reservation found;
  const std::uint32_t full = parts_[p].shape.gpus_per_node;
  const bool part = by_node_ && gpus < full;
  const std::uint64_t free = by_node_ ? partition.map.idle_nodes() : partition.free;
  const std::uint64_t asked = part ? 1 : by_node_ ? gpus / full : gpus;
  found.lacks_power = asked <= free || (part && partition.map.best_level(gpus) <= full);
  found.shadow = partition.wheel.find(lanes_, now_, free, asked > free ? asked : free + 1);
  found.extra = found.shadow.units - asked;
  if (!part) return found;
  // A part of a node: on a node that still has jobs then it may find room earlier.
  const NodeEnds<Width>& ends = partition.ends;
  const KeyAt first = lanes_.min_at(parts_[p].shape.nodes, [&](std::uint32_t node) {
    return static_cast<std::uint64_t>(
        ends.shared(node) ? ends.room_at(node, partition.map.free_gpus(node), found.lacks_power ? 0 : gpus) : never);
  });
  if (static_cast<Tick>(first.key) < found.shadow.at) found.shadow = {static_cast<Tick>(first.key), free};
  const Tick at = found.shadow.at;
  const std::uint64_t others = lanes_.sum(parts_[p].shape.nodes, [&](std::uint32_t node) {
    return std::uint64_t{ends.shared(node) && ends.latest(node) > at &&
                         partition.map.free_gpus(node) + ends.released(node, at) >= gpus};
  });
  found.extra = found.shadow.units + others - asked;
  return found;
}

}  // namespace nadc
