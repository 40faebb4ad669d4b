// What files say about networks and models: topology files (scenarios/topologies/*.yaml) and transformer models.
#pragma once
#include <optional>
#include <string>

#include "models/network/sizing.hpp"
#include "models/network/steptime.hpp"
#include "sim/field.hpp"

namespace nadc {

struct NetworkPricesSpec {
  double network_switch = 0, copper_cable = 0, multimode_optic = 0, single_mode_optic = 0;  // [KRW]
  double multimode_fibre_per_m = 0, single_mode_fibre_per_m = 0;                            // [KRW/m]
  static const FieldTable& fields();
};

struct HallSpec {
  double rack_power = 0, node_power = 0;  // [W]
  HallCooling cooling = HallCooling::air;
  int rows = 0, node_units = 8, switches_per_rack = 16;
  static const FieldTable& fields();
  Hall value() const;
};

struct TopologyFile {
  std::string name;
  TopologyKind topology = TopologyKind::fat_tree;
  std::int64_t gpus = 0;
  int tiers = 0, radix = 64;
  double host_rate = 0, trunk_rate = 0, core_rate = 0;  // [B/s]
  double leaf_oversubscription = 1, spine_oversubscription = 1;
  int gpus_per_node = 8, nvlink_domain = 8;
  double nvlink_rate = 0;  // [B/s]
  int leaf_radix = 0, spine_radix = 0, core_radix = 0;
  double leaf_port_rate = 0, spine_port_rate = 0, core_port_rate = 0;  // [B/s]
  int p = 0, a = 0, h = 0, group_links = 0;
  int manager_cables = -1;
  std::string graph;
  int nodes_per_rack = 4;
  double switch_power = 0;  // [W]
  std::optional<NetworkPricesSpec> prices;
  std::optional<HallSpec> hall;
  static const FieldTable& fields();

  TopologySpec spec() const;
  SizingInputs inputs() const;
};

// One response surface of a file of nadc network calibrate.
struct SurfaceSpec {
  std::string fabric;  // hash of its graph, routing and traffic
  std::string topology;
  std::int64_t gpus = 0;
  std::string settings;       // of the calibration
  double rmse = 0, mean = 0;  // [1] over size classes of their mean slow-down, and that of all, on runs held out
  std::vector<std::int64_t> stretch;
  static const FieldTable& fields();
  std::vector<std::uint16_t> cells() const;  // ErrorKind::input unless they are those of a PaceSurface
};

struct SurfaceFile {
  std::vector<SurfaceSpec> surfaces;
  static const FieldTable& fields();
};

struct ModelFile {
  std::string name;
  int layers = 0, hidden = 0, heads = 0, kv_heads = 0, ffn = 0, vocabulary = 0, experts = 0, top_k = 0;
  int shared_experts = 0, dense_layers = 0, dense_ffn = 0;
  bool gated = true;
  std::string source;
  static const FieldTable& fields();
  TransformerModel model() const;
};

}  // namespace nadc
