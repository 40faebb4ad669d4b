// What an order with memory knows of the groups (order.hpp): what each has used, as far as that is remembered, and how
// it stands by that. Use is an integral of GPUs held, telescoped as in the ledger, from one re-key to the next. An
// order without memory costs a test at every start and end.
#pragma once
#include <cstdint>

#include "models/loop/carver.hpp"
#include "models/loop/frame.hpp"
#include "models/scheduler/order.hpp"
#include "sim/platform.hpp"

namespace nadc {

struct GroupUse {
  std::uint64_t used = 0;   // remembered at the last re-key [GPU-ticks]
  std::uint64_t since = 0;  // since then, without what is held times the present tick; modulo 2^64
  std::int64_t standing = 0;
};

template <int Width> class Standings {
 public:
  using F = Frame<Width>;
  NADC_HD void layout(Carver& carver, const World& world, const Point& point) {
    remembers_ = rekey_interval(point.order) > 0;
    if (remembers_) groups_ = carver.take_by<GroupId, GroupUse>(world.groups);
  }
  NADC_HD void start(const F& f) {
    if (remembers_) f.lanes.for_each(f.groups(), [&](GroupId g) { groups_[g] = GroupUse{}; });
  }

  NADC_HD bool remembers() const { return remembers_; }
  NADC_HD std::int64_t operator[](GroupId group) const { return remembers_ ? groups_[group].standing : 0; }
  NADC_HD const GroupUse& use_of(GroupId group) const { return groups_[group]; }

  // GPUs that a group holds change. One lane.
  NADC_HD void change(const F& f, GroupId group, std::int32_t gpus) {
    if (remembers_)
      groups_[group].since -= static_cast<std::uint64_t>(f.now) * static_cast<std::uint64_t>(std::int64_t{gpus});
  }
  // An interval is over. busy: GPUs that a group holds.
  NADC_HD void renew(const F& f, By<GroupId, std::uint32_t> busy) {
    const auto shares = at(&f.point, f.point.shares);
    Orders::visit(f.point.order, [&](const auto& order) {
      if constexpr (HasMemory<std::decay_t<decltype(order)>>)
        f.lanes.for_each(f.groups(), [&](GroupId g) {
          GroupUse& group = groups_[g];
          const std::uint64_t held = static_cast<std::uint64_t>(f.now) * busy[g];
          group.used = order.kept(group.used) + group.since + held;
          group.since = 0 - held;
          group.standing = order.standing(group.used, shares[g]);
        });
    });
  }

 private:
  By<GroupId, GroupUse> groups_;
  bool remembers_ = false;
};

}  // namespace nadc
