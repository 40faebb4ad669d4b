// The plan of event slots: which kinds of event there are, how many of each, in which order those of one tick apply.
// One event may be pending a slot; what is due is re-keyed or cancelled when it is applied (sim/event_set.hpp).
#pragma once
#include <cstddef>
#include <cstdint>

#include "models/loop/carver.hpp"
#include "models/loop/frame.hpp"
#include "models/scheduler/order.hpp"
#include "models/world.hpp"
#include "sim/contract.hpp"
#include "sim/event_set.hpp"
#include "sim/platform.hpp"
#include "sim/time.hpp"

namespace nadc {

// In the order of their slots, which is that of ties within a rank.
enum class EventKind : std::uint32_t {
  completion,  // of the job in a slot
  arrival,     // of a source's next job
  delivery,    // of a tranche
  connection,  // of a step of the grid
  repair,      // of an entry: an end of a repair or an outage, or a degraded node found out
  outage,      // of a source of outages, the next candidate
  failure,     // the next candidate
  period,      // its end
  meter,       // its reading
  window,      // of reduced power, its beginning or end
  response,    // the users think
  rekey,       // an order with memory makes keys anew
  trigger,     // of policy, looks at its period
  count
};

NADC_HD constexpr EventRank rank_of(EventKind kind) {
  switch (kind) {
    case EventKind::completion:
      return EventRank::completion;
    case EventKind::repair:
      return EventRank::repair;
    case EventKind::outage:
    case EventKind::failure:
      return EventRank::failure;
    case EventKind::delivery:
    case EventKind::connection:
      return EventRank::delivery;
    case EventKind::arrival:
      return EventRank::arrival;
    default:
      return EventRank::periodic;
  }
}

NADC_HD inline std::uint32_t events_of(EventKind kind, const World& world, const Point& point,
                                       const Capacity& capacity) {
  switch (kind) {
    case EventKind::completion:
      return capacity.slots;
    case EventKind::arrival:
      return world.trace.count ? 1 : world.cells();
    case EventKind::delivery:
      return point.tranches.count;
    case EventKind::connection:
      return point.grid.count;
    case EventKind::repair:
      return capacity.repairs;
    case EventKind::outage:
      return point.outages.count;
    case EventKind::rekey:
      return rekey_interval(point.order) > 0;
    case EventKind::trigger:
      return point.triggers.count;
    default:
      return 1;
  }
}

// Slots of all kinds but completions.
NADC_HD inline std::uint32_t other_slots(const World& world, const Point& point, const Capacity& capacity) {
  std::uint32_t slots = 0;
  for (std::uint32_t k = 1; k < static_cast<std::uint32_t>(EventKind::count); ++k)
    slots += events_of(static_cast<EventKind>(k), world, point, capacity);
  return slots;
}

// Of which kind the event of an index is. The other kinds have one event each.
NADC_HD constexpr EventKind kind_of(SlotId) { return EventKind::completion; }
NADC_HD constexpr EventKind kind_of(SourceId) { return EventKind::arrival; }
NADC_HD constexpr EventKind kind_of(TrancheId) { return EventKind::delivery; }
NADC_HD constexpr EventKind kind_of(GridStepId) { return EventKind::connection; }
NADC_HD constexpr EventKind kind_of(RepairId) { return EventKind::repair; }
NADC_HD constexpr EventKind kind_of(OutageId) { return EventKind::outage; }
NADC_HD constexpr EventKind kind_of(TriggerId) { return EventKind::trigger; }

template <int Width> class Agenda {
 public:
  struct Event {
    EventKind kind;
    std::uint32_t index;
  };

  NADC_HD void layout(Carver& carver, Heat heat, const World& world, const Point& point, const Capacity& capacity) {
    if (heat == Heat::cold) return;
    first_[0] = 0;
    for (std::uint32_t k = 0; k < kinds; ++k)
      first_[k + 1] = first_[k] + events_of(static_cast<EventKind>(k), world, point, capacity);
    memory_ = carver.take_bytes(EventSet<Width>::bytes(first_[kinds]));
  }
  NADC_HD void start(const Frame<Width>& f) { events_.init(f.lanes, memory_, first_[kinds]); }

  // tick: never for no event.
  template <class Tag> NADC_HD void set(const Frame<Width>& f, Index<Tag> i, Tick tick) {
    events_.set(f.lanes, slot_of(kind_of(i), i.value), key_of(tick, kind_of(i)));
  }
  NADC_HD void set(const Frame<Width>& f, EventKind kind, Tick tick) {
    events_.set(f.lanes, slot_of(kind, 0), key_of(tick, kind));
  }
  template <class Tag> NADC_HD void cancel(const Frame<Width>& f, Index<Tag> i) {
    events_.cancel(f.lanes, slot_of(kind_of(i), i.value));
  }
  NADC_HD void cancel(const Frame<Width>& f, EventKind kind) { events_.cancel(f.lanes, slot_of(kind, 0)); }
  // Of the next event: its tick, never if none is pending.
  struct Next {
    std::uint64_t key;
    std::uint32_t slot;
    NADC_HD bool pending() const { return key != no_event; }
    NADC_HD Tick tick() const { return static_cast<Tick>(key >> 3); }
  };
  NADC_HD Next next(const Frame<Width>& f) const {
    const NextEvent found = events_.top(f.lanes);
    return {found.key, found.slot};
  }
  NADC_HD Event event_in(std::uint32_t slot) const {
    NADC_EXPECT(slot < first_[kinds]);
    std::uint32_t k = 0;
    while (slot >= first_[k + 1]) ++k;
    return {static_cast<EventKind>(k), slot - first_[k]};
  }
  // When the event is due, as it was set.
  template <class Tag> NADC_HD bool is_set(Index<Tag> i, Tick tick) const {
    return events_.key(slot_of(kind_of(i), i.value)) == key_of(tick, kind_of(i));
  }

 private:
  static constexpr auto kinds = static_cast<std::uint32_t>(EventKind::count);
  NADC_HD std::uint32_t slot_of(EventKind kind, std::uint32_t index) const {
    return kind == EventKind::completion ? index : first_[static_cast<std::uint32_t>(kind)] + index;
  }
  NADC_HD static std::uint64_t key_of(Tick tick, EventKind kind) {
    return tick >= never ? no_event
                         : (static_cast<std::uint64_t>(tick) << 3) | static_cast<std::uint64_t>(rank_of(kind));
  }

  EventSet<Width> events_;
  void* memory_ = nullptr;
  std::uint32_t first_[kinds + 1];  // slot of each kind
};

}  // namespace nadc
