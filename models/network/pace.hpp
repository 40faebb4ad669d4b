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
  std::uint32_t pods;            // pods that the job spans
  std::uint32_t load_16ths;      // of the upper tiers, in sixteenths, rounded up
  double communication;          // share of the job's time that is exposed communication at full network speed
  std::uint32_t nodes;           // whole nodes; 0 or 1: the job needs no network
  const std::uint16_t* surface;  // of the job's fabric; null without one
  double hidden = 0;             // share of its time with communication under computing
  double slack = 0;              // share of its time that could hide more
  NADC_HD bool communicates() const { return communication > 0 || hidden > 0; }
};

// A response surface: by how much communication stretches, in 1/1,024, by job size, spread over pods, and load of the
// upper tiers. Calibrated from flow runs (models/network/calibrate.hpp).
struct PaceSurface {
  static constexpr std::uint32_t sizes = 14, spreads = 10, loads = 17;
  static constexpr std::uint32_t cells = sizes * spreads * loads;
  static constexpr std::uint32_t one = 1024;

  // Nodes 1, 2, 3–4, 5–8, …
  NADC_HD static std::uint32_t size(std::uint32_t nodes) {
    std::uint32_t step = 0;
    while (step + 1 < sizes && (std::uint32_t{1} << step) < nodes) ++step;
    return step;
  }
  // Pods 1, 2, 3, 4, 5–6, 7–8, 9–12, 13–16, 17–32, more.
  NADC_HD static std::uint32_t spread(std::uint32_t pods) {
    if (pods <= 4) return pods > 0 ? pods - 1 : 0;
    if (pods <= 8) return pods <= 6 ? 4 : 5;
    if (pods <= 16) return pods <= 12 ? 6 : 7;
    return pods <= 32 ? 8 : 9;
  }
  NADC_HD static std::uint32_t cell(std::uint32_t nodes, std::uint32_t pods, std::uint32_t load_16ths) {
    return (size(nodes) * spreads + spread(pods)) * loads + (load_16ths < loads ? load_16ths : loads - 1);
  }
};

// Time of a job whose communication takes `stretch` times as long: what is exposed grows, and what is hidden as far as
// it no longer fits under computing (steptime.hpp, overlap_shares).
NADC_HD inline double time_at(double communication, double hidden, double slack, double stretch) {
  const double beyond = hidden * (stretch - 1.0) - slack;
  return 1.0 + communication * (stretch - 1.0) + (beyond > 0 ? beyond : 0.0);
}
// The stretch at which a job takes that time; where hidden communication alone grows and still fits, the least: 1.
NADC_HD inline double stretch_at(double communication, double hidden, double slack, double time) {
  const double more = time - 1.0, fits = communication > 0 ? more / communication : 0.0;
  if (communication > 0 && !(hidden * fits > slack)) return 1.0 + fits;
  return more > 0 ? 1.0 + (more + slack) / (communication + hidden) : 1.0;
}
NADC_HD inline std::uint32_t rate_at(double communication, double hidden, double slack, double stretch) {
  const double time = time_at(communication, hidden, slack, stretch);
  const auto rate = static_cast<std::uint32_t>(static_cast<double>(full_rate) / time + 0.5);
  return rate > 0 ? rate : 1;
}

// A policy says how fast a job runs; what the job puts on the upper tiers, in sixteenths of a GPU's full rate; and
// whether it feels their load.
struct FullSpeed {
  static constexpr std::string_view name = "none";
  static constexpr std::string_view help = "The network slows nothing.";
  static constexpr bool depends_on_load = false;
  NADC_HD std::uint32_t operator()(const PaceView&) const { return full_rate; }
  NADC_HD std::uint32_t upward(const PaceView&, std::uint32_t) const { return 0; }
  NADC_HD bool feels_load(const PaceView&) const { return false; }
};

// Communication of a job that spans pods takes (1 + penalty) times as long, and (1 + contention) times as long again
// at full load of the upper tiers; in proportion below. All GPUs of a job that spans pods count as load.
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
    return rate_at(view.communication, view.hidden, view.slack, (1.0 + penalty) * (1.0 + contention * load));
  }
  NADC_HD std::uint32_t upward(const PaceView& view, std::uint32_t gpus) const { return view.pods > 1 ? gpus * 16 : 0; }
  NADC_HD bool feels_load(const PaceView& view) const { return view.pods > 1; }
};

// The calibrated surface. What a job sends across pods counts as load: of all-to-all traffic the share between pods,
// of a ring one node's worth at each pod's edge.
struct PaceTable {
  std::uint32_t all_to_all = 0;  // share of the bytes, in 1/256; the rest goes in rings

  static constexpr std::string_view name = "table";
  static constexpr std::string_view help = "The surface that nadc network calibrate distilled from flow runs.";
  static constexpr bool depends_on_load = true;
  NADC_HD std::uint32_t operator()(const PaceView& view) const {
    if (view.nodes <= 1 || !view.surface) return full_rate;
    const std::uint32_t stretch = view.surface[PaceSurface::cell(view.nodes, view.pods, view.load_16ths)];
    return rate_at(view.communication, view.hidden, view.slack, static_cast<double>(stretch) / PaceSurface::one);
  }
  NADC_HD std::uint32_t upward(const PaceView& view, std::uint32_t gpus) const {
    if (view.pods <= 1 || view.nodes <= 1 || !view.communicates()) return 0;
    const std::uint64_t spread = std::uint64_t{gpus} * all_to_all * (view.pods - 1) / view.pods;
    const std::uint64_t ring = std::uint64_t{gpus} * (256 - all_to_all) * view.pods / view.nodes;
    return static_cast<std::uint32_t>((spread + ring + 15) / 16);
  }
  NADC_HD bool feels_load(const PaceView& view) const { return view.nodes > 1; }
};

using Paces = Seam<FullSpeed, PodSpread, PaceTable>;

// In place of the table on the host: the flow solver (models/network/flow_pace.hpp), or none.
struct NoFlowPace {
  static constexpr bool active = false;
};

}  // namespace nadc
