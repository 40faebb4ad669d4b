// What fails, in the loop: candidates of failures of nodes, thinned by the present hazard of the node that each names,
// and of outages. A candidate is a draw of its number, so that the same ones come under every lever.
#pragma once
#include <cstdint>

#include "models/loop/agenda.hpp"
#include "models/loop/carver.hpp"
#include "models/loop/frame.hpp"
#include "models/reliability/failure_draw.hpp"
#include "models/reliability/failure_modes.hpp"
#include "models/site/fleet_state.hpp"
#include "sim/law.hpp"
#include "sim/platform.hpp"
#include "sim/random.hpp"
#include "sim/time.hpp"

namespace nadc {

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
    const DrawFailure draw_failure{f.world, f.point, f.key};
    const StudyNodeId node = draw_failure.node(candidate);
    const PartitionId p = failed.partition = f.partition_of(node);
    const NodeId local = failed.node = f.node_in(p, node);
    if (fleet.well(f, p, local) && draw_failure.fails(candidate, node, f.now - fleet.delivered_at(f, p, local)))
      draw_failure.decide(candidate, f.by_node, failed);
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
    const DrawFailure draw_failure{f.world, f.point, f.key};
    failure_.u = draw_failure.candidate(failure_.number);
    failure_.at += draw_failure.gap(failure_.u);
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
