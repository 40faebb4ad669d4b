// What a replica counts, by period (models/raw.hpp). The one place where an integral of time is raised, lowered, cut at
// the end of a period and begun anew.
//
// An integral of a count is telescoped: a change by n at tick t adds −n·t, and the end adds the present count times the
// present tick; between two changes nothing is touched, and sums of integers lose nothing. The ledger keeps the present
// counts of cells and of what the queue lacks; those of nodes and power domains are their owners', who are asked when
// a period is cut.
#pragma once
#include <cstddef>
#include <cstdint>

#include "models/loop/carver.hpp"
#include "models/loop/frame.hpp"
#include "models/raw.hpp"
#include "sim/platform.hpp"
#include "sim/statistics.hpp"
#include "sim/time.hpp"

namespace nadc {

// Jobs of which something is still to come.
struct JobsOpen {
  std::uint64_t jobs = 0, submits = 0;  // submits: the sum of their submissions, modulo 2^64

  NADC_HD void add(Tick submit) {
    ++jobs;
    submits += static_cast<std::uint64_t>(submit);
  }
  NADC_HD void remove(Tick submit) {
    --jobs;
    submits -= static_cast<std::uint64_t>(submit);
  }
  NADC_HD std::uint64_t ticks(Tick now) const { return static_cast<std::uint64_t>(now) * jobs - submits; }
};

// What the integrals of a cell add up, at present.
struct CellNow {
  std::uint32_t busy = 0;      // GPUs held
  std::uint32_t requeued = 0;  // GPUs of jobs that wait for their restart
  std::int64_t mw = 0;         // of its jobs, above idle
  JobsOpen unstarted, unended;
};

// Greatest power in a period, and greatest draw of one job above idle [mW].
struct PowerPeaks {
  std::int64_t power_mw = 0, swing_mw = 0;
};

// Work that an interruption destroyed [GPU-ticks], as the counts of these names.
struct WorkGone {
  std::uint64_t useful, lost, work;
};

template <int Width> class Ledger {
 public:
  using F = Frame<Width>;

  NADC_HD void layout(Carver& carver, Heat heat, const World& world) {
    if (heat == Heat::hot) {
      cells_ = carver.take_by<CellId, CellNow>(world.cells());
      waiting_ = carver.take_by<GroupId, std::uint32_t>(world.groups);
    } else {
      memory_ = carver.take_bytes(RawShape(world).bytes());
    }
  }

  NADC_HD void start(const F& f) {
    auto* words = static_cast<std::uint32_t*>(memory_);
    f.lanes.for_each(static_cast<std::uint32_t>(f.shape.bytes() / 4), [&](std::uint32_t i) { words[i] = 0; });
    f.lanes.for_each(f.cells(), [&](CellId c) { cells_[c] = CellNow{}; });
    f.lanes.for_each(f.groups(), [&](GroupId g) { waiting_[g] = 0; });
    turn_to(f, 0);
  }

  NADC_HD Raw raw(const F& f) const { return Raw(f.shape, memory_); }
  NADC_HD const void* memory() const { return memory_; }
  NADC_HD std::uint32_t period() const { return period_; }
  NADC_HD const CellNow& cell_now(CellId c) const { return cells_[c]; }
  NADC_HD std::uint32_t waiting(GroupId group) const { return waiting_[group]; }
  NADC_HD std::uint64_t idle_now(PartitionCount what) const { return idle_[what_of(what)]; }

  // ---- counts of the present period; one lane

  NADC_HD std::uint64_t& cell(CellId c, CellCount count) const {
    return cell_[std::size_t{c.value} * cell_counts + count];
  }
  NADC_HD std::uint64_t& part(PartitionId p, PartitionCount count) const {
    return part_[std::size_t{p.value} * partition_counts + count];
  }

  // ---- counts whose integrals are kept change at this tick; one lane

  NADC_HD void hold(const F& f, CellId c, std::uint32_t gpus, std::int64_t mw) {
    cells_[c].busy += gpus;
    cells_[c].mw += mw;
    change(f, cell(c, busy_ticks), gpus);
    change(f, cell_energy_[c], mw);
  }
  NADC_HD void let_go(const F& f, CellId c, std::uint32_t gpus, std::int64_t mw) {
    cells_[c].busy -= gpus;
    cells_[c].mw -= mw;
    change(f, cell(c, busy_ticks), 0 - std::uint64_t{gpus});
    change(f, cell_energy_[c], -mw);
  }
  // GPUs of interrupted jobs begin or cease to wait for a restart.
  NADC_HD void requeue(const F& f, CellId c, std::uint32_t gpus) {
    cells_[c].requeued += gpus;
    change(f, cell(c, requeue_ticks), gpus);
  }
  NADC_HD void end_requeue(const F& f, CellId c, std::uint32_t gpus) {
    cells_[c].requeued -= gpus;
    change(f, cell(c, requeue_ticks), 0 - std::uint64_t{gpus});
  }
  // A job of the group joins the queue, or leaves it.
  NADC_HD void join(const F& f, GroupId group) {
    if (waiting_[group]++ == 0) change(f, cell(f.shape.first_cell_of(group), queued_ticks), 1);
  }
  NADC_HD void leave(const F& f, GroupId group) {
    if (--waiting_[group] == 0) change(f, cell(f.shape.first_cell_of(group), queued_ticks), 0 - std::uint64_t{1});
  }
  NADC_HD void open(CellId c, Tick submit) {
    cells_[c].unstarted.add(submit);
    cells_[c].unended.add(submit);
  }
  NADC_HD void start_of(CellId c, Tick submit) { cells_[c].unstarted.remove(submit); }
  NADC_HD void end_of(CellId c, Tick submit) { cells_[c].unended.remove(submit); }
  // Count of a partition, kept by another; n: by how much it changes, modulo 2^64.
  NADC_HD void part_changes(const F& f, PartitionId p, PartitionCount count, std::uint64_t n) {
    change(f, part(p, count), n);
  }
  NADC_HD void part_power_changes(const F& f, PartitionId p, std::int64_t mw) { change(f, part_energy_[p], mw); }
  NADC_HD void cap_changes(const F& f, DomainId domain, bool capped) {
    change(f, capped_in(domain), capped ? 1 : 0 - std::uint64_t{1});
  }
  // What stays idle, or unseen, is from now on n: stranded, walled or hidden. All lanes.
  NADC_HD void set_idle(const F& f, PartitionCount what, std::uint64_t n) {
    std::uint64_t& now = idle_[what_of(what)];
    if (n == now) return;
    const std::uint64_t more = n - now;
    f.lanes.once([&] { change(f, part(PartitionId(0), what), more); });
    now = n;
  }

  NADC_HD void count_in_sketch(const F& f, std::uint32_t sketch, Tick value) {
    std::uint32_t* counts = sketch_ + std::size_t{sketch} * Sketch::bucket_count;
    f.lanes.once([&] { ++counts[Sketch::bucket(static_cast<std::uint64_t>(value))]; });
  }

  // Useful work that is gone leaves what was delivered in the present period, or in that of the warm-up; its time is
  // lost. One lane.
  enum class Of { present, first };
  NADC_HD void destroy(const F& f, Of period, CellId c, PartitionId p, const WorkGone& gone) {
    const Raw first = raw(f);
    std::uint64_t* cell = (period == Of::first ? first.cell : cell_) + std::size_t{c.value} * cell_counts;
    std::uint64_t* part = (period == Of::first ? first.partition : part_) + std::size_t{p.value} * partition_counts;
    cell[useful_ticks] -= gone.useful;
    cell[lost_ticks] += gone.lost;
    part[work_ticks] -= gone.work;
  }

  // ---- of all periods until now [GPU-ticks, modulo 2^64]; all lanes

  // Held by the jobs of the group; invalid: of all.
  NADC_HD std::uint64_t held_until_now(const F& f, GroupId group) const {
    return f.lanes.sum(f.cells(), [&](CellId c) {
      if (group.valid() && !(f.shape.group_of(c) == group)) return std::uint64_t{0};
      return counted(f, c, busy_ticks, 0) + static_cast<std::uint64_t>(f.now) * cells_[c].busy;
    });
  }
  // Delivered and not down. gpus: as in close().
  template <class Gpus> NADC_HD std::uint64_t available_until_now(const F& f, const Gpus& gpus) const {
    return f.lanes.sum(f.partitions(), [&](PartitionId p) {
      const auto& its = gpus(p);
      std::uint64_t ticks = static_cast<std::uint64_t>(f.now) * (its.installed() - its.down);
      for (std::uint32_t period = 0; period <= period_; ++period) {
        const std::uint64_t* of =
            raw(f).partition + (std::size_t{period} * f.shape.partitions + p.value) * partition_counts;
        ticks += of[installed_ticks] - of[down_ticks];
      }
      return ticks;
    });
  }
  // Useful work of the group in the warm-up, or since it; running jobs are settled.
  NADC_HD std::uint64_t delivered_until_now(const F& f, GroupId group) const {
    const std::uint32_t first = period_ < f.world.first_measured_period ? 0 : f.world.first_measured_period;
    return f.lanes.sum(f.cells(), [&](CellId c) {
      return f.shape.group_of(c) == group ? counted(f, c, useful_ticks, first) : std::uint64_t{0};
    });
  }

  // ---- periods

  // The period ends at this tick: integrals are cut, and what is open is counted. gpus(p), of a partition: its
  // DutyCounts; capped(d): 1 while domain d slows or holds back work.
  template <class Gpus, class Capped>
  NADC_HD void close(const F& f, const Gpus& gpus, const Capped& capped, PowerPeaks peaks) {
    cut(f, +1, gpus, capped);
    f.lanes.for_each(f.cells(), [&](CellId c) {
      cell(c, unstarted) = cells_[c].unstarted.jobs;
      cell(c, unstarted_ticks) = cells_[c].unstarted.ticks(f.now);
      cell(c, unended) = cells_[c].unended.jobs;
      cell(c, unended_ticks) = cells_[c].unended.ticks(f.now);
    });
    f.lanes.once([&] {
      raw(f).peak_mw[period_] = static_cast<std::uint64_t>(peaks.power_mw);
      raw(f).swing_mw[period_] = static_cast<std::uint64_t>(peaks.swing_mw);
    });
  }
  // The next one begins. The warm-up's waits count for nothing.
  template <class Gpus, class Capped> NADC_HD void open_next(const F& f, const Gpus& gpus, const Capped& capped) {
    if (period_ < f.world.first_measured_period) {
      std::uint32_t* buckets = raw(f).sketch;
      f.lanes.for_each(f.shape.sketches() * Sketch::bucket_count, [&](std::uint32_t i) { buckets[i] = 0; });
    }
    turn_to(f, period_ + 1);
    cut(f, -1, gpus, capped);
  }

 private:
  NADC_HD static std::uint32_t what_of(PartitionCount what) {
    return what == stranded_ticks ? 0 : what == walled_ticks ? 1 : 2;
  }
  NADC_HD static void change(const F& f, std::uint64_t& integral, std::uint64_t n) {
    integral -= static_cast<std::uint64_t>(f.now) * n;
  }
  NADC_HD static void change(const F& f, UInt128& integral, std::int64_t mw) {
    integral -= static_cast<UInt128>(f.now) * static_cast<UInt128>(static_cast<Int128>(mw));
  }

  NADC_HD std::uint64_t counted(const F& f, CellId c, CellCount count, std::uint32_t first) const {
    std::uint64_t sum = 0;
    for (std::uint32_t period = first; period <= period_; ++period)
      sum += raw(f).cell[(std::size_t{period} * f.shape.cells + c.value) * cell_counts + count];
    return sum;
  }
  NADC_HD std::uint64_t& capped_in(DomainId d) const {
    return domain_[std::size_t{d.value} * domain_counts + capped_ticks];
  }

  NADC_HD void turn_to(const F& f, std::uint32_t period) {
    const Raw all = raw(f);
    period_ = period;
    cell_ = all.cell + std::size_t{period} * f.shape.cells * cell_counts;
    part_ = all.partition + std::size_t{period} * f.shape.partitions * partition_counts;
    domain_ = all.domain + std::size_t{period} * f.shape.domains * domain_counts;
    cell_energy_ = {all.cell_energy + std::size_t{period} * f.shape.cells};
    part_energy_ = {all.partition_energy + std::size_t{period} * f.shape.partitions};
    sketch_ = all.sketch;
  }

  // Adds the present counts times the present tick: the end of the integrals of a period (sign +1), or the start of
  // those of the next (sign −1).
  template <class Gpus, class Capped>
  NADC_HD void cut(const F& f, std::int64_t sign, const Gpus& gpus, const Capped& capped) {
    const auto times = static_cast<std::uint64_t>(sign * f.now);
    const auto wide = static_cast<UInt128>(static_cast<Int128>(sign * f.now));
    const auto power = [&](std::int64_t mw) { return wide * static_cast<UInt128>(static_cast<Int128>(mw)); };
    f.lanes.for_each(f.cells(), [&](CellId c) {
      cell(c, busy_ticks) += times * cells_[c].busy;
      cell(c, requeue_ticks) += times * cells_[c].requeued;
      cell_energy_[c] += power(cells_[c].mw);
    });
    f.lanes.for_each(f.groups(), [&](GroupId g) {
      if (waiting_[g]) cell(f.shape.first_cell_of(g), queued_ticks) += times;
    });
    f.lanes.for_each(f.partitions(), [&](PartitionId p) {
      const auto& its = gpus(p);
      part(p, installed_ticks) += times * its.installed();
      part(p, down_ticks) += times * its.down;
      part(p, dark_ticks) += times * its.dark;
      part(p, spare_ticks) += times * its.spare;
      part(p, held_ticks) += times * (its.in_service - its.free);
      if (p == PartitionId(0))
        for (const PartitionCount what : {stranded_ticks, walled_ticks, hidden_ticks})
          part(p, what) += times * idle_[what_of(what)];
      part_energy_[p] += power(its.base_mw);
    });
    f.lanes.for_each(f.domains(), [&](DomainId d) { capped_in(d) += times * capped(d); });
  }

  By<CellId, CellNow> cells_;
  By<GroupId, std::uint32_t> waiting_;  // jobs
  void* memory_ = nullptr;              // of Raw
  std::uint64_t idle_[3] = {};          // stranded, walled, hidden
  std::uint32_t period_ = 0;
  // Of the present period.
  std::uint64_t *cell_ = nullptr, *part_ = nullptr, *domain_ = nullptr;
  By<CellId, UInt128> cell_energy_;
  By<PartitionId, UInt128> part_energy_;
  std::uint32_t* sketch_ = nullptr;  // of all periods
};

}  // namespace nadc
