// The quotas of groups, as triggers have left them (models/policy/triggers.hpp).
#pragma once
#include <cstdint>

#include "models/access/admit.hpp"
#include "models/access/exact_share.hpp"
#include "models/loop/carver.hpp"
#include "models/loop/frame.hpp"
#include "sim/platform.hpp"

namespace nadc {

// Groups that the queue's blocks tell apart: where a window is counted over jobs whose verdict changes with use.
NADC_HD inline std::uint32_t wall_columns(const World& world, const Point& point) {
  const bool by_use = Admits::visit(point.admit, [](const auto& admit) { return admit.depends_on_use; });
  if (!by_use || point.window == 0) return 0;
  return world.groups < 16 ? world.groups : 16;
}

template <int Width> class Quotas {
 public:
  using F = Frame<Width>;
  NADC_HD void layout(Carver& carver, const World& world) {
    quotas_ = carver.take_by<GroupId, ExactShare>(world.groups);
  }
  NADC_HD void start(const F& f) {
    f.lanes.for_each(f.groups(), [&](GroupId g) { quotas_[g] = at(&f.point, f.point.quotas)[g]; });
  }

  NADC_HD ExactShare operator[](GroupId group) const { return quotas_[group]; }
  // A share of all GPUs [10⁻⁹] moves from one quota to another: as much as the one has and the other can take. False:
  // nothing can.
  NADC_HD bool move(const F& f, GroupId from, GroupId to, std::uint32_t share) {
    const std::uint64_t left = billionths(quotas_[from]), had = billionths(quotas_[to]);
    const std::uint64_t room = share_decimals > had ? share_decimals - had : 0, least = left < room ? left : room,
                        moved = share < least ? share : least;
    if (moved == 0) return false;
    f.lanes.once([&] {
      quotas_[from] = {static_cast<std::uint32_t>(left - moved), static_cast<std::uint32_t>(share_decimals)};
      quotas_[to] = {static_cast<std::uint32_t>(had + moved), static_cast<std::uint32_t>(share_decimals)};
    });
    return true;
  }

 private:
  By<GroupId, ExactShare> quotas_;
};

}  // namespace nadc
