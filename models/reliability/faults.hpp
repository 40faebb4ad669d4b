// What is broken at present, in the loop: nodes under repair by crews (crews.hpp), nodes and uplinks down until an
// outage is over, degraded nodes until they are found out. One entry each, with an event of its own.
#pragma once
#include <cstdint>

#include "models/loop/agenda.hpp"
#include "models/loop/carver.hpp"
#include "models/loop/frame.hpp"
#include "models/network/pace.hpp"
#include "models/reliability/crews.hpp"
#include "sim/platform.hpp"
#include "sim/time.hpp"

namespace nadc {

template <int Width> class Faults {
 public:
  using F = Frame<Width>;

  NADC_HD void layout(Carver& carver, Heat heat, const Capacity& capacity) {
    if (heat == Heat::cold) entries_ = carver.take_by<RepairId, Repair>(capacity.repairs);
  }
  NADC_HD void start(const F& f) {
    f.lanes.for_each(entries(f), [&](RepairId i) { entries_[i] = Repair{}; });
  }

  NADC_HD const Repair& operator[](RepairId entry) const { return entries_[entry]; }
  NADC_HD std::uint32_t degraded() const { return degraded_; }  // nodes
  NADC_HD std::uint32_t crews_busy() const { return crews_busy_; }
  NADC_HD RepairId entries_taken() const { return taken_; }  // no entry below is free

  // A free entry; an invalid one, and a status, if there is none.
  NADC_HD RepairId free_entry(F& f) {
    taken_ = f.lanes.find_first(taken_, entries(f).last, [&](RepairId i) { return entries_[i].state == Repair::free; });
    if (taken_ < entries(f).last) return taken_;
    f.status = Status::repairs_full;
    return {};
  }

  // A node waits for a crew, in the order of the failures.
  NADC_HD void await_crew(const F& f, Agenda<Width>& agenda, RepairId entry, StudyNodeId node, Tick length) {
    Repair repair;
    repair.node = node;
    repair.order = order_++;
    repair.length = length;
    repair.state = Repair::waiting;
    f.lanes.put(&entries_[entry], repair);
    if (f.point.crews.crews == 0 || crews_busy_ < f.point.crews.crews) begin_repair(f, agenda, entry);
  }
  // A node, or uplinks, are down for a time.
  NADC_HD void await_end(const F& f, Agenda<Width>& agenda, RepairId entry, const Repair& what, Tick length) {
    f.lanes.put(&entries_[entry], what);
    ring(f, agenda, entry, f.now + length);
  }
  // A node is degraded until it is noticed.
  NADC_HD void await_notice(const F& f, Agenda<Width>& agenda, RepairId entry, const Repair& what, Tick noticed) {
    ++degraded_;
    await_end(f, agenda, entry, what, noticed);
  }

  // The event of an entry is due: it leaves, and a crew that it frees begins with the next node.
  NADC_HD Repair take(const F& f, Agenda<Width>& agenda, RepairId entry) {
    const Repair ended = entries_[entry];
    leave(f, agenda, entry);
    if (ended.state == Repair::degraded) --degraded_;
    return ended;
  }
  NADC_HD void free_crew(const F& f, Agenda<Width>& agenda) {
    --crews_busy_;
    const auto next = f.lanes.min_at(entries(f), [&](RepairId i) {
      return entries_[i].state == Repair::waiting ? std::uint64_t{entries_[i].order} : std::uint64_t{UINT64_MAX};
    });
    if (next.key != UINT64_MAX) begin_repair(f, agenda, next.index);
  }

  // The node is degraded no more, whether it was or not.
  NADC_HD void forget_degraded(const F& f, Agenda<Width>& agenda, StudyNodeId node) {
    if (degraded_ == 0) return;
    const RepairId entry = f.lanes.find_first(RepairId(0), entries(f).last, [&](RepairId i) {
      return entries_[i].state == Repair::degraded && entries_[i].node == node;
    });
    if (entry == entries(f).last) return;
    leave(f, agenda, entry);
    --degraded_;
  }

  // The least speed of the degraded nodes for which holds(node).
  template <class Holds> NADC_HD std::uint32_t speed_of(const F& f, const Holds& holds) const {
    std::uint32_t speed = full_rate;
    for (const RepairId i : entries(f)) {
      const Repair& repair = entries_[i];
      if (repair.state != Repair::degraded || repair.speed_q16 >= speed) continue;
      if (holds(repair.node)) speed = repair.speed_q16;
    }
    return speed;
  }

 private:
  NADC_HD static Ids<RepairId> entries(const F& f) { return range<RepairId>(f.capacity.repairs); }
  NADC_HD void leave(const F& f, Agenda<Width>& agenda, RepairId entry) {
    agenda.cancel(f, entry);
    f.lanes.put(&entries_[entry], Repair{});
    if (entry < taken_) taken_ = entry;
  }
  NADC_HD void begin_repair(const F& f, Agenda<Width>& agenda, RepairId entry) {
    ++crews_busy_;
    f.lanes.put(&entries_[entry].state, std::uint32_t{Repair::working});
    const Tick day_offset = f.world.week_offset % ticks_per_day;
    ring(f, agenda, entry, work_done(f.point.crews, day_offset, f.now, entries_[entry].length));
  }
  NADC_HD static void ring(const F& f, Agenda<Width>& agenda, RepairId entry, Tick when) {
    agenda.set(f, entry, when > f.now ? when : f.now + 1);
  }

  By<RepairId, Repair> entries_;
  RepairId taken_{0};
  std::uint32_t degraded_ = 0, crews_busy_ = 0, order_ = 0;
};

}  // namespace nadc
