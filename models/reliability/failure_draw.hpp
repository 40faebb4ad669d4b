// Candidates of failures of nodes by number: which node each names, whether that fails, and how. The loop
// (failure_source.hpp) and the ledger (models/screening.hpp) ask the same draws.
#pragma once
#include <cstdint>

#include "models/network/pace.hpp"
#include "models/reliability/failure_modes.hpp"
#include "models/reliability/hazard.hpp"
#include "models/world.hpp"
#include "sim/law.hpp"
#include "sim/platform.hpp"
#include "sim/random.hpp"
#include "sim/time.hpp"

namespace nadc {

NADC_HD inline double uniform_of(std::uint32_t word) { return (static_cast<double>(word) + 0.5) * 0x1p-32; }

// A failure of a node, of its partition.
struct NodeFailure {
  enum Kind : std::uint32_t { none, drains, degrades, stops };
  Kind kind = none;
  PartitionId partition;
  NodeId node;
  std::uint32_t number = 0;     // of the candidate
  Tick length = 0;              // drains: of the repair; degrades: until it is noticed
  ModeId mode;                  // degrades
  std::uint32_t speed_q16 = 0;  // likewise
  std::uint32_t uniform = 0;    // likewise, of the repair
};

// Made where it is asked, never kept.
struct DrawFailure {
  const World& world;
  const Point& point;
  const RandomKey& key;

  NADC_HD Uniforms candidate(std::uint32_t number) const {
    return draw(key, static_cast<std::uint32_t>(Stream::failure), 0, number);
  }
  // Since the candidate before.
  NADC_HD Tick gap(const Uniforms& candidate) const {
    return sample_ticks(point.failure_gap, tables(), candidate.word[0]);
  }
  // That it names.
  NADC_HD StudyNodeId node(const Uniforms& candidate) const {
    return StudyNodeId(multiply_high(candidate.word[1], world.nodes));
  }

  // Thinned by the present hazard of the node. age: since it was delivered.
  NADC_HD bool fails(const Uniforms& candidate, StudyNodeId node, Tick age) const {
    const HazardView view{node, age};
    double hazard = Hazards::visit(point.hazard, [&](const auto& policy) { return policy(view); });
    if (point.lemons && draw(key, static_cast<std::uint32_t>(Stream::lemon), node.value, 0).word[0] < point.lemons)
      hazard *= point.lemon_factor;
    return uniform_of(candidate.word[2]) * point.greatest_hazard < hazard;
  }

  // How it fails. by_node: a degraded node slows the jobs on it; else it is drained, or serves on.
  NADC_HD void decide(const Uniforms& candidate, bool by_node, NodeFailure& failed) const {
    if (point.modes.count == 0) {
      failed.kind = NodeFailure::drains;
      failed.length = sample_ticks(point.repair, tables(), candidate.word[3]);
      return;
    }
    const Uniforms u = draw(key, static_cast<std::uint32_t>(Stream::mode), 0, failed.number);
    const auto modes = at(&point, point.modes);
    ModeId m{0};
    while (m + 1 < point.modes.ids().last && u.word[0] >= modes[m].below) ++m;
    if (modes[m].speed_q16 != full_rate && by_node) {
      failed.kind = NodeFailure::degrades;
      failed.length = sample_ticks(modes[m].detection, tables(), u.word[3]);
      failed.mode = m;
      failed.speed_q16 = modes[m].speed_q16;
      failed.uniform = u.word[2];
    } else if (u.word[1] < modes[m].drains) {
      failed.kind = NodeFailure::drains;
      failed.length = sample_ticks(modes[m].repair, tables(), u.word[2]);
    } else {
      failed.kind = NodeFailure::stops;
    }
  }

  NADC_HD const double* tables() const { return at(&world, world.tables); }
};

}  // namespace nadc
