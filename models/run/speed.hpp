// How fast a job runs where it is: by its partition, the network (pace.hpp), degraded nodes and power (cap.hpp). Rates
// are 65,536ths of full speed, at least 1.
#pragma once
#include <cstddef>
#include <cstdint>

#include "models/loop/frame.hpp"
#include "models/network/pace.hpp"
#include "models/network/tier_load.hpp"
#include "models/power/limits.hpp"
#include "models/scheduler/place.hpp"
#include "sim/platform.hpp"

namespace nadc {

// Of a job of the class, placed there.
template <int Width>
NADC_HD inline PaceView pace_view(const Frame<Width>& f, const TierLoad<Width>& tiers, ClassId klass,
                                  const Placement& where) {
  const SurfaceId surface = f.part_params[where.partition].surface;
  const ClassParams& params = f.classes[klass];
  return PaceView{where.pods,
                  tiers.load_16ths(where.partition),
                  params.communication,
                  where.nodes,
                  f.point.surfaces.count > surface.value * PaceSurface::cells
                      ? at(&f.point, f.point.surfaces) + std::size_t{surface.value} * PaceSurface::cells
                      : nullptr,
                  params.hidden,
                  params.slack};
}

// Sixteenths of a GPU that the job puts on the upper tiers.
template <int Width>
NADC_HD inline std::int64_t upward(const Frame<Width>& f, const PaceView& view, std::uint32_t gpus) {
  return Paces::visit(f.point.pace, [&](const auto& pace) { return pace.upward(view, gpus); });
}

NADC_HD inline std::uint32_t at_pace(std::uint32_t base, std::uint32_t pace) {
  if (pace == full_rate) return base;
  const auto rate = static_cast<std::uint32_t>((static_cast<std::uint64_t>(base) * pace) >> 16);
  return rate > 0 ? rate : 1;
}
template <int Width>
NADC_HD inline std::uint32_t paced(const Frame<Width>& f, std::uint32_t base, const PaceView& view) {
  return at_pace(base, Paces::visit(f.point.pace, [&](const auto& policy) { return policy(view); }));
}

// By a degraded node, and by clocks below full.
template <int Width>
NADC_HD inline std::uint32_t slowed(const Frame<Width>& f, std::uint32_t rate, std::uint32_t speed_q16, ClassId klass,
                                    std::uint32_t level) {
  if (speed_q16 == full_rate && level == full_level) return rate;
  std::uint64_t slow = (static_cast<std::uint64_t>(rate) * speed_q16) >> 16;
  if (level != full_level)
    slow = (slow * at(&f.point, f.point.cap_speed)[klass.value * (full_level + 1) + level]) >> 16;
  return slow > 0 ? static_cast<std::uint32_t>(slow) : 1;
}

}  // namespace nadc
