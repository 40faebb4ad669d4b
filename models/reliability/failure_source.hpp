// What fails, in the loop: candidates of failures of nodes, thinned by the present hazard of the node that each names,
// and of outages. A candidate is a draw of its number, so that the same ones come under every lever.
#pragma once
#include <cstdint>

#include "models/loop/agenda.hpp"
#include "models/loop/carver.hpp"
#include "models/loop/frame.hpp"
#include "models/reliability/failure_modes.hpp"
#include "models/reliability/hazard.hpp"
#include "models/site/fleet_state.hpp"
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

// An outage of nodes [begin, end) of a partition.
struct UnitOutage {
  bool happens = false;
  PartitionId partition;
  NodeId begin, end;
  std::uint32_t number = 0;  // of the candidate
  Tick length = 0;
};

template <int Width> class FailureSource {
 public:
  using F = Frame<Width>;

  NADC_HD void layout(Carver& carver, Heat heat, const Point& point) {
    if (heat == Heat::cold) outages_ = carver.take_by<OutageId, Candidate>(point.outages.count);
  }
  NADC_HD void start(const F& f, Agenda<Width>& agenda) {
    if (f.point.failures_on) next_failure(f, agenda);
    for (const OutageId o : f.point.outages.ids()) {
      f.lanes.put(&outages_[o], Candidate{});
      next_outage(f, agenda, o);
    }
  }

  // The candidate is due: what comes of it.
  NADC_HD NodeFailure failure(const F& f, Agenda<Width>& agenda, const FleetState<Width>& fleet) {
    const Uniforms candidate = failure_.u;
    NodeFailure failed;
    failed.number = failure_.number++;
    next_failure(f, agenda);
    const StudyNodeId node{multiply_high(candidate.word[1], f.world.nodes)};
    const PartitionId p = failed.partition = f.partition_of(node);
    const NodeId local = failed.node = f.node_in(p, node);
    if (!fleet.well(f, p, local)) return failed;
    const HazardView view{node, f.now - fleet.delivered_at(f, p, local)};
    double hazard = Hazards::visit(f.point.hazard, [&](const auto& policy) { return policy(view); });
    if (f.point.lemons &&
        draw(f.key, static_cast<std::uint32_t>(Stream::lemon), node.value, 0).word[0] < f.point.lemons)
      hazard *= f.point.lemon_factor;
    if (uniform_of(candidate.word[2]) * f.point.greatest_hazard >= hazard) return failed;
    if (f.point.modes.count == 0) {
      failed.kind = NodeFailure::drains;
      failed.length = sample_ticks(f.point.repair, f.tables(), candidate.word[3]);
      return failed;
    }
    const Uniforms u = draw(f.key, static_cast<std::uint32_t>(Stream::mode), 0, failed.number);
    const auto modes = at(&f.point, f.point.modes);
    ModeId m{0};
    while (m + 1 < f.point.modes.ids().last && u.word[0] >= modes[m].below) ++m;
    if (modes[m].speed_q16 != full_rate && f.by_node) {
      failed.kind = NodeFailure::degrades;
      failed.length = sample_ticks(modes[m].detection, f.tables(), u.word[3]);
      failed.mode = m;
      failed.speed_q16 = modes[m].speed_q16;
      failed.uniform = u.word[2];
    } else if (u.word[1] < modes[m].drains) {
      failed.kind = NodeFailure::drains;
      failed.length = sample_ticks(modes[m].repair, f.tables(), u.word[2]);
    } else {
      failed.kind = NodeFailure::stops;
    }
    return failed;
  }

  // The candidate of an outage is due. All nodes of one unit are concerned.
  NADC_HD UnitOutage outage(const F& f, Agenda<Width>& agenda, OutageId o) {
    const OutageParams& params = at(&f.point, f.point.outages)[o];
    const Uniforms u = outages_[o].u;
    UnitOutage found;
    found.number = outages_[o].number;
    f.lanes.put(&outages_[o].number, found.number + 1);
    next_outage(f, agenda, o);
    if (!params.active || (!params.planned && uniform_of(u.word[2]) >= params.share)) return found;
    std::uint32_t units = 0;
    for (const PartitionId p : f.partitions()) units += units_of(f, params, p);
    std::uint32_t unit = params.planned ? found.number % units : multiply_high(u.word[1], units);
    PartitionId p{0};
    for (; unit >= units_of(f, params, p); ++p) unit -= units_of(f, params, p);
    const std::uint32_t nodes = f.parts[p].shape.nodes;
    found.happens = true;
    found.partition = p;
    found.begin = NodeId(unit * (params.nodes ? params.nodes : nodes));
    found.end = NodeId(nodes);
    if (params.nodes && found.begin + params.nodes < found.end) found.end = found.begin + params.nodes;
    found.length = sample_ticks(params.length, f.tables(), u.word[3]);
    return found;
  }

 private:
  struct Candidate {
    Uniforms u{};
    std::uint32_t number = 0;
    Tick at = 0;
  };

  NADC_HD void next_failure(const F& f, Agenda<Width>& agenda) {
    failure_.u = draw(f.key, static_cast<std::uint32_t>(Stream::failure), 0, failure_.number);
    failure_.at += sample_ticks(f.point.failure_gap, f.tables(), failure_.u.word[0]);
    agenda.set(f, EventKind::failure, failure_.at);
  }
  NADC_HD void next_outage(const F& f, Agenda<Width>& agenda, OutageId o) {
    const Uniforms u = draw(f.key, static_cast<std::uint32_t>(Stream::outage), o.value, outages_[o].number);
    const Tick when = outages_[o].at + sample_ticks(at(&f.point, f.point.outages)[o].gap, f.tables(), u.word[0]);
    f.lanes.put(&outages_[o].u, u);
    f.lanes.put(&outages_[o].at, when);
    agenda.set(f, o, when);
  }
  NADC_HD static std::uint32_t units_of(const F& f, const OutageParams& params, PartitionId p) {
    const std::uint32_t nodes = f.parts[p].shape.nodes;
    return params.nodes == 0 ? (nodes > 0) : (nodes + params.nodes - 1) / params.nodes;
  }

  Candidate failure_;                // the next
  By<OutageId, Candidate> outages_;  // the next
};

}  // namespace nadc
