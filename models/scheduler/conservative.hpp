// Conservative backfill: every waiting job has a reservation that delays nobody before it; one that is due starts. The
// plan is made anew when something happened that it did not foresee. Of a pool it is a profile of free GPUs over time
// (profile.hpp), by node one of each node (node_plan.hpp).
#pragma once
#include <cstdint>

#include "models/loop/frame.hpp"
#include "models/run/running_jobs.hpp"
#include "models/scheduler/openings.hpp"
#include "models/scheduler/place.hpp"
#include "models/scheduler/queue.hpp"
#include "models/scheduler/releases.hpp"
#include "sim/platform.hpp"
#include "sim/time.hpp"

namespace nadc {

template <int Width> class Conservative {
 public:
  using F = Frame<Width>;
  using O = Openings<Width>;
  using R = ReleaseTimes<Width>;

  // Something happened that the plan did not foresee.
  NADC_HD void invalidate() { valid_ = false; }
  NADC_HD void note_start() { started_ = true; }
  NADC_HD bool is_due(const F& f) const { return next_ <= f.now; }
  NADC_HD bool was_blocked() const { return blocked_ && started_; }
  NADC_HD const Placement& where() const { return where_; }  // by node: of the job that is started now

  // The GPUs that running jobs leave free change over [now, end), of a pool.
  NADC_HD static void change_base(F& f, const R& releases, PartitionId p, Tick end, std::int64_t gpus) {
    if (f.point.backfill != Backfill::conservative || f.plans_by_node) return;
    f.lanes.once([&] { releases[p].profile.base.add(f.now, end, gpus); });
    if (releases[p].profile.full()) f.status = Status::profile_full;
  }

  // start(place, p): the job starts there now.
  template <class Start>
  NADC_HD void pass(F& f, const O& o, const R& releases, const RunningJobs<Width>& jobs, Queue<Width>& queue,
                    Start&& start) {
    if (blocked_ || (queue.rescans() && (passed_over_ || f.by_use || f.point.walled.count > 0))) valid_ = false;
    if (f.plans_by_node && (queue.rescans() || started_ || next_ <= f.now)) valid_ = false;
    queue.forget_rescan();
    started_ = false;
    if (valid_ && !f.plans_by_node) {
      f.lanes.for_each(f.partitions(), [&](PartitionId p) { releases[p].profile.plan.forget(f.now); });
      if (!queue.moved()) start_due(f, o, queue, start);
    }
    while (f.status == Status::done) {
      if (!valid_ || queue.moved()) {
        begin(f, o, releases, jobs);
        valid_ = true;
        blocked_ = passed_over_ = false;
        queue.forget_moves();
        queue.first_round();
        if (queue.counted() && f.by_use) queue.forget_plans(f);  // not all of them are looked at
      }
      const auto any = [&](PlaceId from, PlaceId to) {
        return queue.waiting().find(f.lanes, from, to, Waiting<Width>::any_size);
      };
      if (!queue.advance(f, any)) {
        if (queue.second_round(f, false)) continue;
        break;
      }
      plan(f, o, releases, queue, queue.take_next(), start);
    }
    // What stands behind the window may have a plan of an earlier pass.
    const PlaceId planned = f.by_use || queue.scanned() > queue.end() ? queue.end() : queue.scanned();
    const auto next = f.lanes.min_at(Ids<PlaceId>{PlaceId(0), planned}, [&](PlaceId i) {
      return static_cast<std::uint64_t>(queue.waiting().present(i) ? queue[i].planned : never);
    });
    next_ = next.index == planned ? never : static_cast<Tick>(next.key);
  }

 private:
  // The plan knows the running jobs only.
  NADC_HD void begin(F& f, const O& o, const R& releases, const RunningJobs<Width>& jobs) {
    if (!f.plans_by_node) {
      f.lanes.for_each(f.partitions(), [&](PartitionId p) {
        Profile& profile = releases[p].profile;
        profile.base.forget(f.now);
        profile.plan.copy(profile.base);
      });
      return;
    }
    for (const PartitionId p : f.partitions()) {
      Releases<Width>& here = releases[p];
      here.plan.begin(f.lanes, f.now, [&](NodeId node) { return o.fleet[p].map.free_gpus(node); });
      f.lanes.once([&] {
        for (const NodeId node : f.nodes(p))
          here.ends.for_jobs(node, [&](Tick end, std::uint32_t gpus) { here.plan.release(node, end, gpus); });
      });
    }
    f.lanes.once([&] {
      jobs.for_each_set(f, [&](SlotId slot, SetId set) {
        const Placement& where = jobs[slot].where;
        NodePlan<Width>& plan = releases[where.partition].plan;
        const std::uint64_t* nodes = jobs.nodes(set);
        for (std::uint32_t word = where.first; word <= where.last; ++word)
          for (std::uint64_t bits = nodes[word]; bits; bits &= bits - 1)
            plan.release(NodeId(word * 64 + static_cast<std::uint32_t>(lowest_bit(bits))), releases.due(slot),
                         f.parts[where.partition].shape.gpus_per_node);
      });
    });
    for (const PartitionId p : f.partitions())
      if (releases[p].plan.full()) f.status = Status::profile_full;
  }

  // Starts the jobs whose reservation is now. The plan becomes invalid when one finds no power, or its group at the
  // wall.
  template <class Start> NADC_HD void start_due(F& f, const O& o, Queue<Width>& queue, Start&& start) {
    if (next_ > f.now) return;
    const PlaceId end = queue.scanned();
    for (PlaceId i{0}; i < end && i < queue.end(); ++i) {
      if (!queue.waiting().present(i)) continue;
      const WaitingJob job = queue[i];
      if (job.planned > f.now) continue;
      if (o.fits(job, job.planned_partition) && queue.admissible(f, o.fleet.in_service(), job)) {
        start(i, job.planned_partition);
        queue.give_place();
      } else {
        valid_ = false;
      }
      if (!valid_) return;  // what it leaves goes first to those before the others in the queue
    }
  }

  // Gives the job the earliest start that delays nobody before it, and starts it when that is now.
  template <class Start>
  NADC_HD void plan(F& f, const O& o, const R& releases, Queue<Width>& queue, PlaceId place, Start&& start) {
    const WaitingJob job = queue[place];
    const Verdict admitted = queue.verdict(f, o.fleet.in_service(), job);
    if (queue.borrowing()) {
      if (admitted == Verdict::yes) return;  // a job of the first round, looked at there or behind its window
      if (job.planned < never) {             // planned there, before its group had its quota
        queue.keep_place();
        return;
      }
    }
    if (admitted == Verdict::no || (admitted == Verdict::borrows && !queue.borrowing())) {
      passed_over_ = true;
      if (admitted == Verdict::borrows)
        queue.leave_to_second_round();
      else if (o.fastest(job).valid())
        queue.hold_back(job);
      queue.plan(f, place, never, {});
      return;
    }
    Tick best = never;
    PartitionId chosen;
    for (const PartitionId p : f.partitions()) {
      if (rate_of(f, job, p) == 0) continue;
      const Tick at = earliest(f, releases, job, p);
      if (at < best || (at == best && at < never && rate_of(f, job, p) > rate_of(f, job, chosen))) {
        best = at;
        chosen = p;
      }
    }
    // Enough GPUs, but no power: nothing is reserved, and the job is tried again when something ends.
    const bool blocked =
        best == f.now && !(f.plans_by_node ? !f.point.limited || o.has_power(job, chosen) : o.fits(job, chosen));
    if (best < never && !blocked) {
      reserve(f, releases, job, chosen, best);
      if (best == f.now) {
        start(place, chosen);
        queue.note_start(f, o.fleet.in_service(), f.shape.group_of(job.cell));
        return;
      }
    }
    queue.keep_place();
    if (blocked) blocked_ = true;
    if (o.is_walled_out(job)) queue.wall_out(job);
    queue.plan(f, place, blocked ? never : best, chosen);
  }

  // The earliest start in a partition that delays nobody before the job.
  NADC_HD static Tick earliest(const F& f, const R& releases, const WaitingJob& job, PartitionId p) {
    const Tick length = request_on(f, job, p);
    if (f.plans_by_node) return releases[p].plan.earliest(f.lanes, f.now, length, held(f, job, p));
    return releases[p].profile.plan.earliest(f.now, length, held(f, job, p));
  }

  NADC_HD void reserve(F& f, const R& releases, const WaitingJob& job, PartitionId p, Tick start) {
    const Tick length = request_on(f, job, p);
    if (f.plans_by_node) {
      NodePlan<Width>& plan = releases[p].plan;
      where_ = Places::visit(f.point.place,
                             [&](const auto& policy) { return plan.place(f.lanes, policy, start, job.gpus); });
      f.lanes.once([&] { plan.reserve(where_, plan.set(), start, start + length); });
      if (plan.full()) f.status = Status::profile_full;
      return;
    }
    f.lanes.once([&] { releases[p].profile.plan.reserve(start, length, held(f, job, p)); });
    if (releases[p].profile.full()) f.status = Status::profile_full;
  }

  bool valid_ = false;        // what happened since the plan was made was foreseen in it
  bool started_ = false;      // a job started since the plan was made
  bool blocked_ = false;      // a job was due, and could not start
  bool passed_over_ = false;  // a job was not admissible
  Tick next_ = never;         // the earliest reservation
  Placement where_;
};

}  // namespace nadc
