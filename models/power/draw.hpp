// Seam draw: what a node draws, in milliwatts, by state. The power of a partition is a sum over its nodes and jobs, a
// piecewise-constant integer that the loop integrates exactly.
#pragma once
#include <cstdint>
#include <string_view>

#include "sim/platform.hpp"
#include "sim/seam.hpp"

namespace nadc {

// A node kind, in milliwatts.
struct NodeDraw {
  std::int64_t idle_mw = 0;
  std::int64_t busy_mw = 0;  // all GPUs at intensity 1
  std::int64_t down_mw = 0;
  std::uint32_t gpus = 1;
};

// Idle power, plus a part of the span from idle to busy for each GPU in use, scaled by the job's intensity.
struct LinearDraw {
  static constexpr std::string_view name = "linear";
  static constexpr std::string_view help = "Idle power plus each busy GPU's share of the span to full power.";
  // Of a node in service that runs nothing.
  NADC_HD std::int64_t idle(const NodeDraw& node) const { return node.idle_mw; }
  NADC_HD std::int64_t down(const NodeDraw& node) const { return node.down_mw; }
  // What a job on `gpus` GPUs adds.
  NADC_HD std::int64_t job(const NodeDraw& node, std::uint32_t gpus, double intensity) const {
    const double span = static_cast<double>(node.busy_mw - node.idle_mw);
    return static_cast<std::int64_t>(span * intensity * static_cast<double>(gpus) / static_cast<double>(node.gpus) +
                                     0.5);
  }
};

// Every node in service draws its full power, busy or not: the planner's worst case.
struct NameplateDraw {
  static constexpr std::string_view name = "nameplate";
  static constexpr std::string_view help = "Every node in service draws full power at all times.";
  NADC_HD std::int64_t idle(const NodeDraw& node) const { return node.busy_mw; }
  NADC_HD std::int64_t down(const NodeDraw& node) const { return node.down_mw; }
  NADC_HD std::int64_t job(const NodeDraw&, std::uint32_t, double) const { return 0; }
};

using Draws = Seam<LinearDraw, NameplateDraw>;

}  // namespace nadc
