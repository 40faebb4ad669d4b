// Seam pace: how fast a job runs, as a fraction of full speed in 1/65,536, given where it was placed and what else is
// on the upper tiers of its fabric.
#pragma once
#include <cstdint>
#include <string_view>

#include "sim/platform.hpp"
#include "sim/seam.hpp"

namespace nadc {

inline constexpr std::uint32_t full_rate = 1u << 16;

struct PaceView {
  std::uint32_t pods;        // pods that the job spans
  std::uint32_t load_16ths;  // share of the partition's GPUs in jobs that span pods, in sixteenths, rounded up
  double communication;      // share of the job's time that is exposed communication at full network speed
};

struct FullSpeed {
  static constexpr std::string_view name = "none";
  static constexpr std::string_view help = "The network slows nothing.";
  static constexpr bool depends_on_load = false;
  NADC_HD std::uint32_t operator()(const PaceView&) const { return full_rate; }
};

// Communication of a job that spans pods takes (1 + penalty) times as long, and (1 + contention) times as long again
// at full load of the upper tiers; in proportion below. The calibrated surface of the flow model takes this place.
struct PodSpread {
  double penalty = 0;
  double contention = 0;

  static constexpr std::string_view name = "spread";
  static constexpr std::string_view help =
      "Communication across pods is slower, more so when the upper tiers are loaded.";
  static constexpr bool depends_on_load = true;
  static const FieldTable& fields();
  NADC_HD std::uint32_t operator()(const PaceView& view) const {
    if (view.pods <= 1) return full_rate;
    const double load = static_cast<double>(view.load_16ths) / 16.0;
    const double stretch = (1.0 + penalty) * (1.0 + contention * load);
    const double time = 1.0 + view.communication * (stretch - 1.0);
    const auto rate = static_cast<std::uint32_t>(static_cast<double>(full_rate) / time + 0.5);
    return rate > 0 ? rate : 1;
  }
};

using Paces = Seam<FullSpeed, PodSpread>;

}  // namespace nadc
