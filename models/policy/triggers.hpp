// Triggers, in the loop: each looks, at the end of each of its periods, at what the period was like, and says whether
// it acts now. What it does then is a transaction (models/transactions_of_policy.hpp).
//
//   waits        of the jobs that started for the first time in the period and of those that wait for their first start
//                at its end and have waited longer than the threshold already, so far: a wait looks no better when
//                nobody starts. The mean is compared as sum against threshold · jobs; the 90th percentile is above the
//                threshold exactly when more than a tenth of them waited longer.
//   utilization  GPU-ticks held / GPU-ticks delivered and not down
//   group use    GPU-ticks held by the group / (its quota, as it is · GPU-ticks delivered and not down)
// A period with none of these (no such jobs, no GPUs) is neither above nor below. All is counted in whole ticks and
// jobs and compared without division: equal on all backends.
//
// A trigger acts when its rule has held for `in_a_row` periods in a row; it then counts anew, and the next `pause`
// periods do not count.
#pragma once
#include <cstdint>

#include "models/loop/agenda.hpp"
#include "models/loop/carver.hpp"
#include "models/loop/frame.hpp"
#include "models/loop/ledger.hpp"
#include "models/policy/trigger_params.hpp"
#include "models/scheduler/waiting.hpp"
#include "sim/platform.hpp"

namespace nadc {

struct TriggerState {
  std::uint64_t jobs, over, waits;  // first starts of the period, those that waited too long, all waits [ticks]
  std::uint64_t held, available;    // GPU-ticks until the last look
  std::uint32_t looks, in_a_row, pause, acted;
};

template <int Width> class Triggers {
 public:
  using F = Frame<Width>;

  NADC_HD void layout(Carver& carver, Heat heat, const Point& point) {
    if (heat == Heat::cold) states_ = carver.take_by<TriggerId, TriggerState>(point.triggers.count);
  }
  NADC_HD void start(const F& f, Agenda<Width>& agenda) {
    f.lanes.for_each(f.point.triggers.ids(), [&](TriggerId t) { states_[t] = TriggerState{}; });
    for (const TriggerId t : f.point.triggers.ids()) agenda.set(f, t, next_look(f, t));
  }

  NADC_HD std::uint32_t acted(TriggerId t) const { return states_[t].acted; }
  NADC_HD static const TriggerParams& params(const F& f, TriggerId t) { return at(&f.point, f.point.triggers)[t]; }

  // A job of the group starts for the first time after this wait.
  NADC_HD void met(const F& f, GroupId group, Tick wait) {
    for (const TriggerId t : f.point.triggers.ids()) {
      const TriggerParams& rule = params(f, t);
      if (!is_of_waits(rule.metric) || !is_of(rule, group)) continue;
      f.lanes.once([&] {
        TriggerState& state = states_[t];
        ++state.jobs;
        state.over += is_over(rule, wait);
        state.waits += static_cast<std::uint64_t>(wait);
      });
    }
  }

  // A period of the trigger ends. True: it has held for long enough. quota(group); gpus: as the ledger asks for them.
  template <class Quota, class Gpus>
  NADC_HD bool look(const F& f, Agenda<Width>& agenda, const Ledger<Width>& ledger, const Waiting<Width>& waiting,
                    TriggerId t, const Quota& quota, const Gpus& gpus) {
    const TriggerParams& rule = params(f, t);
    const std::uint64_t held = ledger.held_until_now(f, rule.of), available = ledger.available_until_now(f, gpus);
    const bool holds = is_of_waits(rule.metric)
                           ? wait_holds(f, rule, states_[t], waiting)
                           : share_holds(rule, held - states_[t].held, available - states_[t].available, quota);
    f.lanes.once([&] {
      TriggerState& state = states_[t];
      state.jobs = state.over = state.waits = 0;
      state.held = held;
      state.available = available;
      ++state.looks;
      state.in_a_row = holds && state.pause == 0 ? state.in_a_row + 1 : 0;
      if (state.pause > 0) --state.pause;
    });
    agenda.set(f, t, next_look(f, t));
    return states_[t].in_a_row >= rule.in_a_row && states_[t].acted < rule.at_most;
  }
  NADC_HD void note_act(const F& f, TriggerId t) {
    f.lanes.once([&] {
      ++states_[t].acted;
      states_[t].in_a_row = 0;
      states_[t].pause = params(f, t).pause;
    });
  }

 private:
  NADC_HD static bool is_of(const TriggerParams& rule, GroupId group) { return !rule.of.valid() || rule.of == group; }
  // Beyond the threshold, on the side that is bad for a user: a wait as long as it is too long only where waits are to
  // be shorter.
  NADC_HD static bool is_over(const TriggerParams& rule, Tick wait) {
    return rule.side == TriggerSide::above ? wait > rule.wait : wait >= rule.wait;
  }
  NADC_HD Tick next_look(const F& f, TriggerId t) const {
    const TriggerParams& rule = params(f, t);
    const std::uint32_t look = states_[t].looks;
    return look < rule.looks ? at(&f.point, f.point.looks)[rule.first_look + look] : never;
  }

  NADC_HD static bool wait_holds(const F& f, const TriggerParams& rule, const TriggerState& state,
                                 const Waiting<Width>& waiting) {
    const Ids<PlaceId> places{PlaceId(0), waiting.end()};
    const auto waits_too_long = [&](PlaceId i) {
      return waiting.present(i) && !waiting[i].restarts && is_of(rule, f.shape.group_of(waiting[i].cell)) &&
             is_over(rule, f.now - waiting[i].submit);
    };
    const std::uint64_t late = f.lanes.sum(places, [&](PlaceId i) { return std::uint64_t{waits_too_long(i)}; }),
                        jobs = state.jobs + late, over = state.over + late;
    if (jobs == 0) return false;
    if (rule.metric == TriggerMetric::wait_p90)
      return rule.side == TriggerSide::above ? 10 * over > jobs : 10 * over <= jobs;
    const std::uint64_t waits = state.waits + f.lanes.sum(places, [&](PlaceId i) {
      return waits_too_long(i) ? static_cast<std::uint64_t>(f.now - waiting[i].submit) : 0;
    });
    const UInt128 allowed = UInt128{static_cast<std::uint64_t>(rule.wait)} * jobs;
    return rule.side == TriggerSide::above ? waits > allowed : waits < allowed;
  }

  template <class Quota>
  NADC_HD static bool share_holds(const TriggerParams& rule, std::uint64_t held, std::uint64_t available,
                                  const Quota& quota) {
    const ExactShare of_all = rule.metric == TriggerMetric::group_use ? quota(rule.of) : ExactShare{};
    const UInt128 used = UInt128{held} * rule.share.whole * of_all.whole,
                  compared = UInt128{available} * rule.share.parts * of_all.parts;
    return rule.side == TriggerSide::above ? used > compared : used < compared;
  }

  By<TriggerId, TriggerState> states_;
};

}  // namespace nadc
