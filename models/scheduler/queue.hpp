// Who waits, by key (waiting.hpp), and how far a pass has looked: the rounds of a pass and the rules of access
// (models/access/admit.hpp), the window, the head, and what is to be looked at again and why.
//
// A pass looks at jobs in order, at most at a window of those that access lets start; where some may borrow, it goes
// through the queue a second time for them. What it looked at is not looked at again before something changes.
#pragma once
#include <cstddef>
#include <cstdint>

#include "models/access/admit.hpp"
#include "models/access/quotas.hpp"
#include "models/loop/agenda.hpp"
#include "models/loop/carver.hpp"
#include "models/loop/frame.hpp"
#include "models/loop/ledger.hpp"
#include "models/scheduler/openings.hpp"
#include "models/scheduler/order.hpp"
#include "models/scheduler/standings.hpp"
#include "models/scheduler/waiting.hpp"
#include "sim/platform.hpp"
#include "sim/time.hpp"

namespace nadc {

template <int Width> class Queue {
 public:
  using F = Frame<Width>;
  NADC_HD void layout(Carver& carver, Heat heat, const World& world, const Point& point, const Capacity& capacity) {
    if (heat == Heat::cold) return;
    group_busy_ = carver.take_by<GroupId, std::uint32_t>(world.groups);
    group_room_ = carver.take_by<GroupId, std::uint32_t>(world.groups);
    standings_.layout(carver, world, point);
    quotas_.layout(carver, world);
    memory_ = carver.take_bytes(Waiting<Width>::bytes(capacity.waiting, wall_columns(world, point)));
  }
  NADC_HD void start(const F& f, Agenda<Width>& agenda) {
    standings_.start(f);
    if (standings_.remembers()) agenda.set(f, EventKind::rekey, rekey_interval(f.point.order));
    waiting_.init(f.lanes, memory_, f.capacity.waiting, wall_columns(f.world, f.point), f.shape.classes);
    f.lanes.for_each(f.groups(), [&](GroupId g) { group_busy_[g] = 0; });
    quotas_.start(f);
  }

  NADC_HD const Waiting<Width>& waiting() const { return waiting_; }
  NADC_HD const WaitingJob& operator[](PlaceId place) const { return waiting_[place]; }
  NADC_HD std::uint32_t size() const { return waiting_.size(); }
  NADC_HD PlaceId end() const { return waiting_.end(); }

  // ---- why a pass is made

  NADC_HD void look_again() { rescan_ = true; }                     // something ended: all are looked at again
  NADC_HD void look_deeper(bool deeper) { look_deeper_ = deeper; }  // a start may free places of the window
  NADC_HD bool rescans() const { return rescan_; }
  NADC_HD bool moved() const { return moved_; }  // jobs changed places: all are looked at again
  NADC_HD bool is_due(const F& f) const {
    const bool over = (counted_ && places_ >= f.window) || scanned_ == waiting_.end();
    return rescan_ || moved_ || !over || look_deeper_;
  }
  NADC_HD void forget_rescan() { rescan_ = false; }
  NADC_HD void forget_moves() { rescan_ = moved_ = false; }

  // ---- the order

  NADC_HD const Standings<Width>& standings() const { return standings_; }
  NADC_HD std::int64_t key_of(const F& f, const WaitingJob& job) const {
    const GroupId group = f.shape.group_of(job.cell);
    const OrderView view{job.submit, job.request, job.gpus, at(&f.point, f.point.priorities)[group], standings_[group]};
    return Orders::visit(f.point.order, [&](const auto& order) { return order(view); });
  }
  // Keys are made anew, and all are looked at again.
  NADC_HD void rekey(const F& f, Agenda<Width>& agenda) {
    agenda.cancel(f, EventKind::rekey);
    rekeyed_ = true;
    standings_.renew(f, group_busy_);
    if (waiting_.size() == 0) return;
    waiting_.rekey(f.lanes, [&](const WaitingJob& job) { return key_of(f, job); });
    scanned_ = PlaceId(0);
    head_ = {};
    moved_ = true;
  }
  // After the pass that follows: again after an interval, unless nothing is to come any more.
  NADC_HD void await_rekey(const F& f, Agenda<Width>& agenda) {
    if (!rekeyed_) return;
    rekeyed_ = false;
    if (agenda.next(f).pending()) agenda.set(f, EventKind::rekey, f.now + rekey_interval(f.point.order));
  }

  // ---- jobs join and leave

  // A job that goes behind all that was looked at leaves that so.
  NADC_HD void insert(F& f, Ledger<Width>& ledger, const WaitingJob& job) {
    waiting_.trim();
    settle_scan();
    PlaceId place = waiting_.place_of(job), room = waiting_.room(f.lanes, place);
    if (!room.valid()) {
      const std::uint32_t scanned = waiting_.present_before(f.lanes, scanned_),
                          head = head_.valid() ? waiting_.present_before(f.lanes, head_) : 0;
      using Gaps = typename Waiting<Width>::Gaps;
      if (!waiting_.compact(f.lanes, place == waiting_.end() ? Gaps::closed : Gaps::spread)) {
        f.status = Status::waiting_full;
        return;
      }
      scanned_ = scanned ? waiting_.place_of_rank(scanned - 1) + 1 : PlaceId(0);
      if (head_.valid()) head_ = waiting_.place_of_rank(head);
      place = waiting_.place_of(job);
      room = waiting_.room(f.lanes, place, Waiting<Width>::any_reach);
    }
    if (place < scanned_ || (head_.valid() && place <= head_)) moved_ = true;
    if (head_.valid() && head_borrows_) moved_ = true;  // it may go before those who borrow
    if (f.by_use && counted_ && (f.may_borrow || f.point.backfill == Backfill::conservative)) look_deeper_ = true;
    waiting_.insert(f.lanes, job, shortest_request(f, job), place, room);
    f.lanes.once([&] { ledger.join(f, f.shape.group_of(job.cell)); });
  }

  // The job at `place` starts.
  NADC_HD void leave(const F& f, Ledger<Width>& ledger, PlaceId place) {
    remove(f, ledger, place);
    if (waiting_.size() > 0) return;
    scanned_ = PlaceId(0);  // the window starts over
    head_ = {};
    borrowing_ = passed_ = false;
  }

  // The last in order leave when more wait than may. Those that borrow, and stay, were out of their way: all are
  // looked at again. was_head(bool): of each that leaves.
  template <class WasHead> NADC_HD void turn_away(const F& f, Ledger<Width>& ledger, WasHead&& was_head) {
    if (f.point.queue == unlimited_queue) return;
    while (waiting_.size() > f.point.queue) {
      waiting_.trim();
      const PlaceId place = waiting_.end() - 1;
      f.lanes.once([&] {
        const WaitingJob& job = waiting_[place];
        ++ledger.cell(job.cell, turned_away);
        ledger.end_of(job.cell, job.submit);
        if (job.restarts)
          ledger.end_requeue(f, job.cell, job.gpus);
        else
          ledger.start_of(job.cell, job.submit);
      });
      const bool held_place = counted_ && place < scanned_ && takes_place(f, place);  // of the window
      remove(f, ledger, place);
      if (f.may_borrow) moved_ = true;
      was_head(head_ == place);
      if (head_ == place) head_ = {};
      if (held_place) give_place();
    }
    waiting_.trim();
    if (scanned_ > waiting_.end()) scanned_ = waiting_.end();
    if (waiting_.size() == 0) head_ = {};
  }

  NADC_HD void forget_plans(const F& f) { waiting_.forget_plans(f.lanes); }
  NADC_HD void plan(const F& f, PlaceId place, Tick start, PartitionId p) { waiting_.plan(f.lanes, place, start, p); }

  // ---- access

  // GPUs of a group change. One lane.
  NADC_HD void use(const F& f, GroupId group, std::int32_t gpus) {
    group_busy_[group] += static_cast<std::uint32_t>(gpus);
    standings_.change(f, group, gpus);
  }
  NADC_HD std::uint32_t group_busy(GroupId group) const { return group_busy_[group]; }
  NADC_HD ExactShare quota(GroupId group) const { return quotas_[group]; }
  NADC_HD bool move_quota(const F& f, GroupId from, GroupId to, std::uint32_t share) {  // as Quotas::move
    const bool moved = quotas_.move(f, from, to, share);
    if (moved) look_again();
    return moved;
  }

  // By what the job would hold where it holds most.
  NADC_HD Verdict verdict(const F& f, std::uint32_t in_service, const WaitingJob& job) const {
    return Admits::visit(f.point.admit, [&](const auto& admit) {
      if (!admit.depends_on_use) return Verdict::yes;
      return admit(view(in_service, f.shape.group_of(job.cell), job.most_held));
    });
  }
  NADC_HD bool admissible(const F& f, std::uint32_t in_service, const WaitingJob& job) const {
    const Verdict admitted = verdict(f, in_service, job);
    return admitted == Verdict::yes || (admitted == Verdict::borrows && borrowing_);
  }

  // ---- the rounds of a pass

  NADC_HD PlaceId scanned() const { return scanned_; }      // places before this were looked at
  NADC_HD bool counted() const { return counted_; }         // more jobs wait than the window holds
  NADC_HD std::uint32_t places() const { return places_; }  // of the window, taken in this round; only if counted
  NADC_HD bool borrowing() const { return borrowing_; }     // the second round
  NADC_HD PlaceId head() const { return head_; }            // the first job that does not fit; invalid: none

  // Whether the window binds, and whether what was looked at before still holds its places in it. Where verdicts
  // change with use it may not: then everything is looked at again.
  NADC_HD void begin_pass(const F& f, std::uint32_t in_service) {
    const bool counted_before = counted_, conservative = f.point.backfill == Backfill::conservative;
    counted_ = waiting_.size() > f.window;
    const bool keeps_places = counted_before && !f.may_borrow && !conservative;
    if (f.by_use && (look_deeper_ || (counted_ && !keeps_places))) moved_ = true;
    // Who comes after a second round goes before those who borrow, and before what is reserved for them.
    if (borrowing_ && scanned_ < waiting_.end()) {
      if (conservative)
        moved_ = true;
      else
        borrowing_ = passed_ = false;
    }
    look_deeper_ = false;
    if (!counted_) return;
    if (f.by_use) {
      for (const GroupId g : f.groups()) find_room(f, in_service, g);
    } else if (!counted_before) {
      places_ = waiting_.present_before(f.lanes, scanned_);
    }
  }

  // All are looked at, from the first.
  NADC_HD void first_round() {
    scanned_ = PlaceId(0);
    places_ = 0;
    head_ = {};
    borrowing_ = passed_ = head_borrows_ = hid_ = false;
    held_back_ = walled_out_ = 0;
  }
  // Those that borrow, if some were left to it. again: a job that was refused for the part of a node that it would get
  // may get another by what started since. False: there is none, or this was it.
  NADC_HD bool second_round(const F& f, bool again) {
    if (borrowing_ || !(passed_ || (f.may_borrow && again))) return false;
    hid_ = hides_jobs(f);
    borrowing_ = true;
    scanned_ = PlaceId(0);
    places_ = 0;
    return true;
  }

  // Moves on to the next job that may start, and counts the places of those before it that may not. candidates(from,
  // to): the first in [from, to) that may start; to if there is none. False: the round is over.
  template <class Candidates> NADC_HD bool advance(const F& f, Candidates&& candidates) {
    const PlaceId end = waiting_.end();
    if (!counted_) {
      scanned_ = candidates(scanned_, end);
      return scanned_ != end;
    }
    if (head_.valid() && f.point.backfill == Backfill::none) {
      scanned_ = end;
      return false;
    }
    if (f.by_use && f.may_borrow) passed_ = true;
    while (places_ < f.window && scanned_ < end) {
      if (scanned_ < waiting_.first()) scanned_ = waiting_.first();
      const std::uint32_t left = f.window - places_, block = Waiting<Width>::block_of(scanned_);
      const PlaceId next_block{(block + 1) * Waiting<Width>::block};
      PlaceId to = f.by_use ? next_block : left < end - scanned_ ? scanned_ + left : end;
      if (to > end) to = end;
      if (f.by_use && !may_take_places(f, block)) {
        scanned_ = to;
        continue;
      }
      const PlaceId from = scanned_, next = candidates(from, to);
      const PrefixAt last = f.lanes.find_prefix(next - from, left, [&](std::uint32_t i) {
        return std::uint64_t{waiting_.present(from + i) && takes_place(f, from + i)};
      });
      if (last.index < next - from) {  // here the window ends
        places_ = f.window;
        scanned_ = from + last.index + 1;
        return false;
      }
      places_ += static_cast<std::uint32_t>(last.before);
      scanned_ = next;
      if (next == to) continue;
      if (takes_place(f, next)) return true;
      ++scanned_;
    }
    return false;
  }
  // The place that advance() found is looked at.
  NADC_HD PlaceId take_next() {
    const PlaceId next = scanned_;
    ++scanned_;
    return next;
  }

  // What comes of looking at a job.
  NADC_HD void leave_to_second_round() { passed_ = true; }
  NADC_HD void hold_back(const WaitingJob& job) { held_back_ += job.gpus; }  // at its wall, though it fits
  NADC_HD void keep_place() { ++places_; }                                   // it waits
  NADC_HD void give_place() {
    if (places_ > 0) --places_;
  }
  NADC_HD void wall_out(const WaitingJob& job) { walled_out_ += job.gpus; }  // before a partition's wall
  NADC_HD void forget_walled_out() { walled_out_ = 0; }
  NADC_HD void set_head(PlaceId place, Verdict admitted) {
    head_ = place;
    head_borrows_ = admitted == Verdict::borrows;
  }
  // A job of the group started: one more may hold less.
  NADC_HD void note_start(const F& f, std::uint32_t in_service, GroupId group) {
    if (counted_ && f.by_use) find_room(f, in_service, group);
  }

  // Gaps between the jobs that a pass looks at make it slow.
  NADC_HD void close_gaps(const F& f) {
    const std::uint32_t size = waiting_.size();
    if (!counted_) {
      if (waiting_.gaps() > (size / 4 > most_gaps ? size / 4 : most_gaps)) waiting_.compact(f.lanes);
    } else if (!f.by_use && left_ >= most_gaps) {
      left_ = 0;
      // The window is what the last pass looked at, or a little more.
      const PlaceId far = waiting_.first() + (2 * f.window + 2 * most_gaps);
      if (far < waiting_.end() && waiting_.present_in(f.lanes, waiting_.first(), far) < f.window)
        waiting_.close_front(f.lanes, far);
    }
  }

  // ---- what stays idle though somebody waits

  // GPUs of the jobs that only their group's wall keeps from starting; no more than are free are counted. candidates:
  // as in advance(); filter(): of the jobs that fit somewhere; fits(job).
  template <class Candidates, class Filter, class Fits>
  NADC_HD void count_held_back(const F& f, std::uint64_t free, Candidates&& candidates, Filter&& filter, Fits&& fits) {
    if (f.may_borrow) return;
    const PlaceId end = waiting_.end();
    held_back_ = 0;
    // Only jobs that fit somewhere are worth a look, and of these only those at their walls.
    PlaceId i = free ? candidates(PlaceId(0), end) : end;
    const WaitingFilter some = filter();
    for (; i < end && held_back_ < free; ++i) {
      i = waiting_.find(f.lanes, i, end, some, [&](PlaceId place) { return !takes_place(f, place); });
      if (i == end) break;
      if (fits(waiting_[i])) held_back_ += waiting_[i].gpus;
    }
  }
  NADC_HD std::uint64_t held_back() const { return held_back_; }
  NADC_HD std::uint64_t walled_out() const { return walled_out_; }
  // Jobs that might start stand behind the window.
  NADC_HD bool hides(const F& f) const { return counted_ && (hid_ || hides_jobs(f)); }

 private:
  static constexpr std::uint32_t most_gaps = 32;  // in a short queue before a scan closes them

  NADC_HD void remove(const F& f, Ledger<Width>& ledger, PlaceId place) {
    const GroupId group = f.shape.group_of(waiting_[place].cell);
    f.lanes.once([&] { ledger.leave(f, group); });
    waiting_.remove(f.lanes, place);
    ++left_;
  }
  // What was looked at ends with a job, or there is none.
  NADC_HD void settle_scan() {
    if (scanned_ > waiting_.end()) scanned_ = waiting_.end();
    while (scanned_ > waiting_.first() && !waiting_.present(scanned_ - 1)) --scanned_;
    if (scanned_ <= waiting_.first()) scanned_ = PlaceId(0);
  }

  NADC_HD AdmitView view(std::uint32_t in_service, GroupId group, std::uint32_t gpus) const {
    return AdmitView{gpus, group_busy_[group], in_service, quotas_[group]};
  }
  NADC_HD void find_room(const F& f, std::uint32_t in_service, GroupId group) {
    f.lanes.put(&group_room_[group], most_within_quota(view(in_service, group, 0)));
  }
  // The job takes a place of the window in this round if it does not start.
  NADC_HD bool takes_place(const F& f, PlaceId place) const {
    return !f.by_use || (waiting_.held(place) <= group_room_[waiting_.group(place)]) != borrowing_;
  }
  NADC_HD bool may_take_places(const F& f, std::uint32_t block) const {
    if (borrowing_) return true;
    for (const GroupId g : f.groups())
      if (waiting_.least_held(block, g.value % waiting_.columns()) <= group_room_[g]) return true;
    return false;
  }
  // Of this round.
  NADC_HD bool hides_jobs(const F& f) const {
    if (!counted_ || places_ < f.window || f.point.backfill == Backfill::none) return false;
    if (!f.by_use) return waiting_.size() > f.window;
    const PlaceId end = waiting_.end();
    return f.lanes.find_first(scanned_, end, [&](PlaceId i) { return waiting_.present(i) && takes_place(f, i); }) < end;
  }

  Waiting<Width> waiting_;
  Standings<Width> standings_;
  Quotas<Width> quotas_;
  By<GroupId, std::uint32_t> group_busy_;  // GPUs
  By<GroupId, std::uint32_t> group_room_;  // GPUs that one more job may hold within the quota, in a pass
  void* memory_ = nullptr;                 // of waiting_

  bool rescan_ = false, moved_ = false, look_deeper_ = false, rekeyed_ = false;
  PlaceId scanned_{0};
  std::uint32_t places_ = 0;
  std::uint32_t left_ = 0;  // jobs that left since gaps were last looked for
  bool counted_ = false;
  bool hid_ = false;  // the window of the first round hid jobs
  PlaceId head_;
  bool head_borrows_ = false;
  bool passed_ = false;  // a job was left to the second round
  bool borrowing_ = false;
  std::uint64_t held_back_ = 0, walled_out_ = 0;
};

}  // namespace nadc
