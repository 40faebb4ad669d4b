// What a topology is made of, draws and costs, by closed formulas on its shape; no graph is built.
//
// Counts: shape.hpp. Bisection: N·B/2 × min(1, 1/o_leaf, 1/(o_leaf·o_spine)); dragonflies: the global cables between
// ⌊g/2⌋ and ⌈g/2⌉ groups, at most N·B/2. Injection: N·B.
// Cable lengths come from a hall (hall.hpp) where one is given, cable by cable; else from a floor plan (assumption):
// racks in rows, leaves in the middle of the racks they serve, spines in the middle of their pod, cores in the middle
// of the hall, Manhattan distance plus slack. Copper, multimode
// and single-mode follow from the length. Two transceivers an optical cable. Neglected: patch panels,
// spare parts, NVLink's own cables. Power: switches at typical draw plus transceivers. Cost only from prices that are
// given: there is no trustworthy list.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/network/hall.hpp"
#include "models/network/parts.hpp"
#include "models/network/shape.hpp"
#include "models/network/topology.hpp"

namespace nadc {

struct FloorPlan {  // assumption; ranges in docs/network.md
  int nodes_per_rack = 4;
  int racks_per_row = 20;
  double rack_pitch_m = 0.7;
  double row_pitch_m = 3.0;
  double slack_m = 4.0;  // both ends together
  double in_rack_m = 2.0;
  double copper_reach_m = 3.0;
  double multimode_reach_m = 50.0;
};

Medium medium_of(const FloorPlan& reach, double metres);

struct NetworkPower {
  double switch_w = 0.0;                // typical; 0: by ports and speed (parts.hpp)
  double multimode_w_per_400g = 7.5;    // twin-port 800G 15 W (NVIDIA product page)
  double single_mode_w_per_400g = 8.5;  // twin-port 800G 17 W (NVIDIA product page)
};

struct NetworkPrices {  // [KRW] each
  double network_switch = 0.0;
  double copper_cable = 0.0;
  double multimode_optic = 0.0, single_mode_optic = 0.0;
  double multimode_fibre_per_m = 0.0, single_mode_fibre_per_m = 0.0;
};

struct CableGroup {  // one tier, one medium
  CableKind kind = CableKind::host;
  Medium medium = Medium::copper;
  std::int64_t count = 0;
  double metres = 0.0;  // all together
};

struct CableLength {  // one tier, medium and length as sold
  CableKind kind = CableKind::host;
  Medium medium = Medium::copper;
  double metres = 0.0;
  std::int64_t count = 0;
};

struct TierPorts {
  std::string tier;
  std::int64_t switches = 0;
  std::int64_t used = 0, left = 0;  // ports, all switches of the tier; of one that is broken out, as if all were full
  SwitchTier of;
  double gbps = 0.0;  // of a port: as given, else of the fastest cable
};

struct NetworkSize {
  TopologySpec spec;
  Shape shape;
  std::string fabric = "compute";
  std::int64_t switches = 0, leaves = 0, spines = 0, cores = 0, groups = 0;
  std::array<std::int64_t, cable_kinds> cables{};  // by CableKind
  std::vector<CableGroup> media;
  std::vector<CableLength> lengths;
  std::int64_t optics = 0;  // transceivers
  std::vector<TierPorts> ports;
  double bisection_tbps = 0.0, injection_tbps = 0.0;  // [Tbit/s]
  double power_kw = 0.0;
  std::optional<double> cost_krw;
  std::optional<HallPlan> hall;
  std::int64_t cable_count(CableKind kind) const { return cables[static_cast<std::size_t>(kind)]; }
};

struct SizingInputs {
  FloorPlan floor;
  NetworkPower power;
  std::optional<NetworkPrices> prices;
  std::optional<Hall> hall;
};

NetworkSize size_network(const TopologySpec& spec, const SizingInputs& inputs = {});
// A graph as it is: counts, and the bisection that max-flow finds between the halves of its GPUs. No lengths are known,
// so every cable counts as multimode.
NetworkSize size_graph(const Topology& topology, const SizingInputs& inputs = {});

struct Growth {
  NetworkSize from, to;
  std::int64_t new_switches = 0, new_cables = 0;
  std::int64_t links_to_move = 0;     // when the first build has only what it needs
  std::int64_t ports_to_reserve = 0;  // of the upper tier, when it is built for the end at once: then nothing moves
  std::string note;
};
Growth grow_network(const TopologySpec& spec, std::int64_t gpus, const SizingInputs& inputs = {});

// The other fabrics of the same nodes, each a fat tree of its own.
struct SideFabric {
  std::string name;
  int ports_per_node = 1;
  double gbps = 400.0;
  int radix = 64;
  double oversubscription = 1.0;
};
std::vector<SideFabric> side_fabrics();  // storage, front-end, management: assumptions, docs/network.md
NetworkSize size_side_fabric(const SideFabric& fabric, const TopologySpec& compute, const SizingInputs& inputs = {});

}  // namespace nadc
