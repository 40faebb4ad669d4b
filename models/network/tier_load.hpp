// Load of the upper tiers of a partition's network, by what jobs across pods put on them (pace.hpp).
#pragma once
#include <cstddef>
#include <cstdint>

#include "models/loop/carver.hpp"
#include "models/loop/frame.hpp"
#include "sim/platform.hpp"

namespace nadc {

template <int Width> class TierLoad {
 public:
  using F = Frame<Width>;

  NADC_HD void layout(Carver& carver, Heat heat, const World& world) {
    if (heat == Heat::hot) tiers_ = carver.take_by<PartitionId, Tiers>(world.partitions.count);
  }
  NADC_HD void start(const F& f) {
    f.lanes.for_each(f.partitions(), [&](PartitionId p) { tiers_[p] = Tiers{}; });
  }

  NADC_HD std::uint32_t load_16ths(PartitionId p) const { return tiers_[p].load_16ths; }
  NADC_HD std::uint32_t spanning(PartitionId p) const { return tiers_[p].spanning; }

  // Jobs put more, or less, on them [sixteenths of a GPU's full rate]; in_service: GPUs. True: the load is another.
  NADC_HD bool span(const F& f, PartitionId p, std::int64_t sixteenths, std::uint32_t in_service) {
    const Tiers& tiers = tiers_[p];
    const auto spanning = static_cast<std::uint32_t>(static_cast<std::int64_t>(tiers.spanning) + sixteenths);
    std::uint64_t total = in_service ? in_service : 1;
    if (tiers.uplinks_lost) {  // what is left carries the load
      const std::uint64_t whole = std::uint64_t{f.parts[p].shape.nodes} << 16;
      total = tiers.uplinks_lost < whole ? total * (whole - tiers.uplinks_lost) / whole : 0;
      if (total == 0) total = 1;
    }
    const std::uint64_t full = (spanning + total - 1) / total;
    const auto load = static_cast<std::uint32_t>(full < 16 ? full : 16);
    const bool changed = load != tiers.load_16ths;
    f.lanes.once([&] {
      tiers_[p].spanning = spanning;
      tiers_[p].load_16ths = load;
    });
    return changed;
  }

  // Nodes lose a share of their uplinks [1/65,536], or get it back (direction −1).
  NADC_HD void change_uplinks(const F& f, PartitionId p, std::uint32_t nodes, std::uint32_t share, int direction) {
    f.lanes.once([&] {
      tiers_[p].uplinks_lost +=
          static_cast<std::uint64_t>(static_cast<std::int64_t>(std::uint64_t{nodes} * share) * direction);
    });
  }

 private:
  struct Tiers {
    std::uint32_t spanning = 0;  // what jobs put on them, in sixteenths of a GPU's full rate
    std::uint32_t load_16ths = 0;
    std::uint64_t uplinks_lost = 0;  // nodes × share of their uplinks, in 1/65,536
  };
  By<PartitionId, Tiers> tiers_;
};

}  // namespace nadc
