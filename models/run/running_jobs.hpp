// The jobs that run, by slot, and the nodes of those on several; what they have done is counted when their speed
// changes (settle). Slots and sets are taken lowest first, so that a number does not depend on the capacity.
#pragma once
#include <cstddef>
#include <cstdint>

#include "models/loop/carver.hpp"
#include "models/loop/frame.hpp"
#include "models/loop/ledger.hpp"
#include "models/run/running_job.hpp"
#include "sim/contract.hpp"
#include "sim/platform.hpp"

namespace nadc {

template <int Width> class RunningJobs {
 public:
  using F = Frame<Width>;

  // words: of a bit mask of a partition's nodes.
  NADC_HD void layout(Carver& carver, Heat heat, const Capacity& capacity, std::uint32_t words) {
    if (heat == Heat::hot) {
      free_slots_ = carver.take<std::uint64_t>((capacity.slots + 63) / 64);
      free_sets_ = carver.take<std::uint64_t>((capacity.sets + 63) / 64);
      return;
    }
    words_ = words;
    jobs_ = carver.take_by<SlotId, RunningJob>(capacity.slots);
    sets_ = carver.take<std::uint64_t>(std::size_t{capacity.sets} * words);
    set_slot_ = carver.take_by<SetId, SlotId>(capacity.sets);
  }
  NADC_HD void start(const F& f) {
    set_all(f, free_slots_, f.capacity.slots);
    set_all(f, free_sets_, f.capacity.sets);
    f.lanes.for_each(f.slots(), [&](SlotId i) { jobs_[i].rate = 0; });
    f.lanes.for_each(f.capacity.sets * words_, [&](std::uint32_t i) { sets_[i] = 0; });
  }

  // Of a slot that is free the rate is 0.
  NADC_HD RunningJob& operator[](SlotId slot) const { return jobs_[slot]; }
  NADC_HD std::uint64_t running() const { return running_; }
  NADC_HD std::uint64_t gpus_busy() const { return busy_; }
  NADC_HD std::uint64_t store_load() const { return store_load_; }  // of the checkpoint store

  // f(slot) for the jobs that run.
  template <class Each> NADC_HD void for_each(const F& f, Each&& each) const {
    for_taken<SlotId>(free_slots_, f.capacity.slots, each);
  }
  // each(slot, set) for those on several nodes.
  template <class Each> NADC_HD void for_each_set(const F& f, Each&& each) const {
    for_taken<SetId>(free_sets_, f.capacity.sets, [&](SetId set) { each(set_slot_[set], set); });
  }

  // ---- slots and sets

  // Invalid, with a status, when none is free.
  NADC_HD SlotId take_slot(F& f) { return take_lowest<SlotId>(f, free_slots_, f.capacity.slots, Status::slots_full); }
  NADC_HD SetId take_set(F& f) { return take_lowest<SetId>(f, free_sets_, f.capacity.sets, Status::sets_full); }
  NADC_HD void give_slot(const F& f, SlotId slot) { give_back(f, free_slots_, slot); }
  NADC_HD void give_set(const F& f, SetId set) { give_back(f, free_sets_, set); }
  NADC_HD std::uint64_t* nodes(SetId set) const { return sets_ + std::size_t{set.value} * words_; }
  NADC_HD void own(SetId set, SlotId slot) { set_slot_[set] = slot; }  // one lane

  // Whether a placement holds a node of the partition.
  NADC_HD bool holds(const F& f, PartitionId p, const Placement& where, NodeId node) const {
    if (where.partition != p || node >= f.parts[p].shape.end()) return false;
    if (where.nodes == 0) return where.node() == node;
    return has_bit(nodes(where.set), node);
  }
  // The first slot from `from` on whose job runs on the node; that behind the last if there is none.
  NADC_HD SlotId job_on(const F& f, PartitionId p, NodeId node, SlotId from) const {
    return f.lanes.find_first(from, f.slots().last,
                              [&](SlotId i) { return jobs_[i].rate != 0 && holds(f, p, jobs_[i].where, node); });
  }

  NADC_HD void count_start(const RunningJob& run) {
    store_load_ += run.job.save_load;
    busy_ += run.where.gpus;
    ++running_;
  }
  NADC_HD void count_end(const RunningJob& run) {
    store_load_ -= run.job.save_load;
    busy_ -= run.where.gpus;
    --running_;
  }

  // ---- what they do

  // Counts what the job in the slot did since its rate last changed, and what of that was useful.
  NADC_HD void settle(const F& f, Ledger<Width>& ledger, SlotId slot) {
    const RunningJob& run = jobs_[slot];
    const Tick held_for = f.now - run.since;
    if (held_for == 0) return;
    const std::int64_t pace = held_for * run.rate, moved = pace < run.work_left ? pace : run.work_left;
    const std::int64_t done = (run.job.work << 16) - (run.work_left - moved);
    const std::int64_t before = run.useful_work, after = useful_q16(run.job, done);
    const Tick useful = share_of(held_for, after - before, moved);
    const auto work_at = [](std::int64_t work_q16, std::uint32_t rate) { return work_q16 / rate; };
    const std::uint32_t degraded_rate =
        run.slow == full_rate
            ? run.network_rate
            : static_cast<std::uint32_t>((static_cast<std::uint64_t>(run.network_rate) * run.slow) >> 16);
    f.lanes.once([&] {
      RunningJob& now = jobs_[slot];
      const CellId c = now.job.cell;
      const std::uint32_t gpus = now.where.gpus;
      ledger.cell(c, useful_ticks) += static_cast<std::uint64_t>((after >> 16) - (before >> 16)) * now.job.gpus;
      ledger.part(now.where.partition, work_ticks) +=
          static_cast<std::uint64_t>(work_at(after, now.base_rate) - work_at(before, now.base_rate)) * now.job.gpus;
      ledger.cell(c, lost_ticks) += static_cast<std::uint64_t>(held_for - useful) * gpus;
      if (now.rate != now.base_rate) {  // moved at a constant rate: what each cause added is a difference of times
        const Tick alone = work_at(pace, now.base_rate), networked = work_at(pace, now.network_rate),
                   degraded = degraded_rate > now.rate ? work_at(pace, degraded_rate) : held_for;
        ledger.cell(c, network_ticks) += static_cast<std::uint64_t>(networked - alone) * gpus;
        ledger.cell(c, degraded_ticks) += static_cast<std::uint64_t>(degraded - networked) * gpus;
        ledger.cell(c, power_ticks) += static_cast<std::uint64_t>(held_for - degraded) * gpus;
      }
      now.work_left -= moved;
      now.request_left -= pace < now.request_left ? pace : now.request_left;
      now.since = f.now;
      now.useful_work = after;
      now.useful_time += useful;
    });
  }
  NADC_HD void settle_all(const F& f, Ledger<Width>& ledger) {
    for_each(f, [&](SlotId slot) { settle(f, ledger, slot); });
  }
  // What they have done so far was done in the warm-up.
  NADC_HD void end_warmup(const F& f) {
    for_each(f, [&](SlotId slot) { f.lanes.put(&jobs_[slot].unmeasured, jobs_[slot].useful_work); });
  }

  // From now on the job in the slot, settled, runs at this speed. True: it ends at another time.
  NADC_HD bool change_speed(const F& f, Ledger<Width>& ledger, SlotId slot, Speed speed) {
    if (jobs_[slot].rate == speed.all && jobs_[slot].network_rate == speed.network) return false;
    settle(f, ledger, slot);
    const bool other = jobs_[slot].rate != speed.all;
    f.lanes.once([&] {
      jobs_[slot].rate = speed.all;
      jobs_[slot].network_rate = speed.network;
    });
    return other;
  }

 private:
  NADC_HD static void set_all(const F& f, std::uint64_t* mask, std::uint32_t n) {
    f.lanes.for_each((n + 63) / 64, [&](std::uint32_t w) {
      mask[w] = w * 64 + 64 <= n ? ~std::uint64_t{0} : (std::uint64_t{1} << (n % 64)) - 1;
    });
  }
  template <class Id> NADC_HD static Id take_lowest(F& f, std::uint64_t* mask, std::uint32_t n, Status full) {
    const std::uint32_t words = (n + 63) / 64,
                        w = f.lanes.find_first(0, words, [&](std::uint32_t i) { return mask[i] != 0; });
    if (w == words) {
      f.status = full;
      return {};
    }
    const auto bit = static_cast<std::uint32_t>(lowest_bit(mask[w]));
    f.lanes.once([&] { mask[w] &= mask[w] - 1; });
    return Id(w * 64 + bit);
  }
  template <class Id> NADC_HD static void give_back(const F& f, std::uint64_t* mask, Id taken) {
    NADC_EXPECT(!has_bit(mask, taken));
    f.lanes.once([&] { mask[word_of(taken)] |= bit_of(taken); });
  }
  // The bits that are not set, of n.
  template <class Id, class Each>
  NADC_HD static void for_taken(const std::uint64_t* mask, std::uint32_t n, Each&& each) {
    for (std::uint32_t first = 0; first < n; first += 64) {
      const std::uint32_t here = n - first;
      const std::uint64_t all = here < 64 ? (std::uint64_t{1} << here) - 1 : ~std::uint64_t{0};
      for (std::uint64_t used = ~mask[first / 64] & all; used; used &= used - 1)
        each(Id(first + static_cast<std::uint32_t>(lowest_bit(used))));
    }
  }

  By<SlotId, RunningJob> jobs_;
  std::uint64_t *free_slots_ = nullptr, *free_sets_ = nullptr;  // bit masks
  std::uint64_t* sets_ = nullptr;                               // (set, word) nodes
  By<SetId, SlotId> set_slot_;                                  // of the job that owns it
  std::uint32_t words_ = 0;
  std::uint64_t running_ = 0, busy_ = 0, store_load_ = 0;
};

}  // namespace nadc
