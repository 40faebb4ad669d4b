#include "models/network/spec.hpp"

#include "models/network/pace.hpp"
#include "models/network/topology_words.hpp"
#include "sim/error.hpp"

namespace nadc {

using namespace spec;

namespace {

constexpr double bytes_per_gbit = 1e9 / 8.0;

}  // namespace

const FieldTable& NetworkPricesSpec::fields() {
  const auto price = [](double NetworkPricesSpec::*member, std::string_view key, std::string_view doc) {
    return spec::quantity(member, key, Dimension::money, not_negative, required, doc, "");
  };
  static const FieldTable table{
      "prices",
      "What network parts cost. There is no trustworthy list, so every one must be given.",
      {
          price(&NetworkPricesSpec::network_switch, "switch", "One switch."),
          price(&NetworkPricesSpec::copper_cable, "copper_cable", "One copper cable."),
          price(&NetworkPricesSpec::multimode_optic, "multimode_optic", "One multimode transceiver."),
          price(&NetworkPricesSpec::single_mode_optic, "single_mode_optic", "One single-mode transceiver."),
          price(&NetworkPricesSpec::multimode_fibre_per_m, "multimode_fibre_per_m", "A metre of multimode cable."),
          price(&NetworkPricesSpec::single_mode_fibre_per_m, "single_mode_fibre_per_m",
                "A metre of single-mode cable."),
      }};
  return table;
}

const FieldTable& HallSpec::fields() {
  static const FieldTable table{
      "hall",
      "Racks and rows, from which cable lengths follow.",
      {
          spec::quantity(&HallSpec::rack_power, "rack_power", Dimension::power, positive, required,
                         "Power and cooling of a rack.", ""),
          choice(&HallSpec::cooling, "cooling", {"air", "rear-door", "liquid"}, "air",
                 "How racks are cooled: at most 45, 75 or 140 kW each, rows 3.0, 2.7 or 2.4 m apart.",
                 "assumption: 30-50, 50-80, 100-200 kW"),
          integer(&HallSpec::rows, "rows", between(0, 10000), "0", "Rows; 0: a hall as wide as it is deep.",
                  "convention"),
          spec::quantity(&HallSpec::node_power, "node_power", Dimension::power, positive, "10.2 kW",
                         "The most that a node draws.", "NVIDIA DGX H100 data sheet"),
          integer(&HallSpec::node_units, "node_units", between(1, 48), "8", "Height of a node, in rack units.",
                  "NVIDIA DGX H100 data sheet"),
          integer(&HallSpec::switches_per_rack, "switches_per_rack", between(1, 48), "16",
                  "Switches of a rack of their own; fewer where they draw more than the rack carries.",
                  "assumption: 8 to 32, for their cables"),
      }};
  return table;
}

Hall HallSpec::value() const {
  Hall hall;
  hall.rack_kw = rack_power / 1000.0, hall.node_kw = node_power / 1000.0;
  hall.cooling = cooling;
  hall.rows = rows, hall.node_units = node_units, hall.switches_per_rack = switches_per_rack;
  return hall;
}

const FieldTable& TopologyFile::fields() {
  static const FieldTable table{
      "topology",
      "One network topology.",
      {
          text(&TopologyFile::name, "name", required, "Name in reports.", ""),
          with_topologies(choice(&TopologyFile::topology, "topology", {}, required, "Kind of topology.", "")),
          integer(&TopologyFile::gpus, "gpus", not_negative, "0", "GPUs; 0: a custom graph counts its own.",
                  "convention"),
          integer(&TopologyFile::tiers, "tiers", between(0, 3), "0", "Tiers of a fat tree; 0: the fewest that fit.",
                  "convention"),
          integer(&TopologyFile::radix, "radix", between(2, 4096), "64", "Ports of a switch.",
                  "NVIDIA QM9700: 64 × 400G"),
          integer(&TopologyFile::leaf_radix, "leaf_radix", between(0, 4096), "0", "Of a leaf or router; 0: radix.",
                  "convention"),
          integer(&TopologyFile::spine_radix, "spine_radix", between(0, 4096), "0", "Of a spine; 0: radix.",
                  "convention"),
          integer(&TopologyFile::core_radix, "core_radix", between(0, 4096), "0", "Of a core; 0: radix.", "convention"),
          spec::quantity(
              &TopologyFile::leaf_port_rate, "leaf_port_speed", Dimension::data_rate, not_negative, "0 Gbit/s",
              "Port of a leaf or router, broken out to 2, 4 or 8 slower cables; 0: as its cables.", "convention"),
          spec::quantity(&TopologyFile::spine_port_rate, "spine_port_speed", Dimension::data_rate, not_negative,
                         "0 Gbit/s", "The same of a spine.", "convention"),
          spec::quantity(&TopologyFile::core_port_rate, "core_port_speed", Dimension::data_rate, not_negative,
                         "0 Gbit/s", "The same of a core.", "convention"),
          spec::quantity(&TopologyFile::host_rate, "host_speed", Dimension::data_rate, positive, "400 Gbit/s",
                         "Speed of a GPU's NIC, each way.", "NVIDIA ConnectX-7"),
          spec::quantity(&TopologyFile::trunk_rate, "trunk_speed", Dimension::data_rate, not_negative, "0 Gbit/s",
                         "Speed of leaf–spine, local and global cables; 0: as the NIC.", "convention"),
          spec::quantity(&TopologyFile::core_rate, "core_speed", Dimension::data_rate, not_negative, "0 Gbit/s",
                         "Speed of spine–core and global cables; 0: as the trunk.", "convention"),
          number(&TopologyFile::leaf_oversubscription, "leaf_oversubscription", positive, "1",
                 "Bandwidth down over bandwidth up of a leaf; below 1 is undersubscribed.",
                 "convention: full bisection"),
          number(&TopologyFile::spine_oversubscription, "spine_oversubscription", positive, "1",
                 "The same of a spine with cores above it.", "convention: full bisection"),
          integer(&TopologyFile::gpus_per_node, "gpus_per_node", between(1, 1024), "8", "GPUs, and rails, of a node.",
                  "DGX H100"),
          integer(&TopologyFile::nvlink_domain, "nvlink_domain", between(0, 4096), "8",
                  "GPUs that NVLink joins; 0: none.", "DGX H100"),
          spec::quantity(&TopologyFile::nvlink_rate, "nvlink_speed", Dimension::data_rate, positive, "3600 Gbit/s",
                         "NVLink of one GPU, each way.", "NVIDIA H100 SXM5 data sheet"),
          integer(&TopologyFile::p, "p", not_negative, "0", "Hosts a dragonfly router or leaf; 0: balanced.",
                  "convention"),
          integer(&TopologyFile::a, "a", not_negative, "0", "Routers, or leaves and spines, of a dragonfly group.",
                  "convention"),
          integer(&TopologyFile::h, "h", not_negative, "0", "Global ports of a router or spine.", "convention"),
          integer(&TopologyFile::group_links, "group_links", between(0, 4096), "0",
                  "Cables between two groups of a dragonfly; 0: all global ports are used.", "convention"),
          integer(&TopologyFile::manager_cables, "manager_cables", between(-1, 64), "-1",
                  "Cables of the fabric manager; -1: 4 where one node's place is left.", "NVIDIA DGX SuperPOD H100"),
          path(&TopologyFile::graph, "graph", "\"\"", "GraphML file or edge list of a custom topology.", "convention"),
          integer(&TopologyFile::nodes_per_rack, "nodes_per_rack", between(1, 128), "4",
                  "Nodes of a rack, for cable lengths.", "assumption: air-cooled 8-GPU nodes, 1 to 8"),
          spec::quantity(&TopologyFile::switch_power, "switch_power", Dimension::power, not_negative, "0 W",
                         "Typical draw of a switch without its optics; 0: by its ports and speed.",
                         "catalogue: 747 W for 64 × 400G (QM9700 from memory)"),
          object(&TopologyFile::prices, "prices", "Prices; without them no cost is printed."),
          object(&TopologyFile::hall, "hall",
                 "Racks and rows; without them lengths are those of an assumed floor of nodes_per_rack."),
      }};
  return table;
}

TopologySpec TopologyFile::spec() const {
  TopologySpec s;
  s.name = name;
  s.kind = topology;
  s.gpus = gpus;
  s.tiers = tiers;
  s.radix = radix;
  s.host_gbps = host_rate / bytes_per_gbit;
  s.trunk_gbps = trunk_rate / bytes_per_gbit;
  s.core_gbps = core_rate / bytes_per_gbit;
  s.leaf_oversubscription = leaf_oversubscription;
  s.spine_oversubscription = spine_oversubscription;
  s.gpus_per_node = gpus_per_node;
  s.nvlink_domain = nvlink_domain;
  s.nvlink_gbps = nvlink_rate / bytes_per_gbit;
  s.leaf_radix = leaf_radix, s.spine_radix = spine_radix, s.core_radix = core_radix;
  s.leaf_port_gbps = leaf_port_rate / bytes_per_gbit, s.spine_port_gbps = spine_port_rate / bytes_per_gbit;
  s.core_port_gbps = core_port_rate / bytes_per_gbit;
  s.p = p, s.a = a, s.h = h, s.group_links = group_links;
  s.manager_cables = manager_cables;
  s.file = graph;
  return s;
}

SizingInputs TopologyFile::inputs() const {
  SizingInputs inputs;
  inputs.floor.nodes_per_rack = nodes_per_rack;
  inputs.power.switch_w = switch_power;
  if (hall) inputs.hall = hall->value();
  if (prices) {
    inputs.prices =
        NetworkPrices{prices->network_switch,    prices->copper_cable,          prices->multimode_optic,
                      prices->single_mode_optic, prices->multimode_fibre_per_m, prices->single_mode_fibre_per_m};
  }
  return inputs;
}

const FieldTable& SurfaceSpec::fields() {
  static const FieldTable table{
      "surface",
      "How much longer communication takes on one fabric.",
      {
          text(&SurfaceSpec::fabric, "fabric", required, "Hash of its graph, routing and traffic.", ""),
          text(&SurfaceSpec::topology, "topology", "\"\"", "Its topology, for readers.", "convention"),
          integer(&SurfaceSpec::gpus, "gpus", not_negative, "0", "Its GPUs, for readers.", "convention"),
          text(&SurfaceSpec::settings, "settings", "\"\"", "What it was calibrated on.", "convention"),
          number(&SurfaceSpec::rmse, "rmse", not_negative, "0",
                 "Root mean square over size classes of the error of their mean slow-down, on runs held out.",
                 "convention"),
          number(&SurfaceSpec::mean, "mean", not_negative, "0", "Mean slow-down there.", "convention"),
          integers(&SurfaceSpec::stretch, "stretch", between(PaceSurface::one, 65535), required,
                   "Stretch of communication in 1/1,024 by size, spread and load.", ""),
      }};
  return table;
}

std::vector<std::uint16_t> SurfaceSpec::cells() const {
  if (stretch.size() != PaceSurface::cells)
    throw Error(ErrorKind::input,
                "the surface of fabric " + fabric + " has " + std::to_string(stretch.size()) + " values, not " +
                    std::to_string(PaceSurface::cells),
                "make the table anew with nadc network calibrate", Place{"", 0, 0, "network.table", ""});
  return {stretch.begin(), stretch.end()};
}

const FieldTable& SurfaceFile::fields() {
  static const FieldTable table{"table",
                                "Response surfaces of fabrics, from nadc network calibrate.",
                                {list(&SurfaceFile::surfaces, "surfaces", anything, "[]", "One a fabric.")}};
  return table;
}

const FieldTable& ModelFile::fields() {
  static const FieldTable table{
      "model",
      "A transformer.",
      {
          text(&ModelFile::name, "name", required, "Name in reports.", ""),
          integer(&ModelFile::layers, "layers", at_least(1), required, "Transformer layers.", ""),
          integer(&ModelFile::hidden, "hidden", at_least(1), required, "Hidden size.", ""),
          integer(&ModelFile::heads, "heads", at_least(1), required, "Attention heads.", ""),
          integer(&ModelFile::kv_heads, "kv_heads", not_negative, "0", "Key and value heads; 0: as many as heads.",
                  "convention"),
          integer(&ModelFile::ffn, "ffn", at_least(1), required, "Inner size of the feed-forward block.", ""),
          boolean(&ModelFile::gated, "gated", "true", "Three feed-forward matrices (SwiGLU) rather than two.",
                  "convention"),
          integer(&ModelFile::vocabulary, "vocabulary", at_least(1), required, "Tokens of the vocabulary.", ""),
          integer(&ModelFile::experts, "experts", not_negative, "0", "Experts a layer; 0: dense.", "convention"),
          integer(&ModelFile::top_k, "top_k", not_negative, "0", "Experts that a token meets.", "convention"),
          integer(&ModelFile::shared_experts, "shared_experts", not_negative, "0",
                  "Experts that every token meets beside them.", "convention"),
          integer(&ModelFile::dense_layers, "dense_layers", not_negative, "0", "First layers without experts.",
                  "convention"),
          integer(&ModelFile::dense_ffn, "dense_ffn", not_negative, "0", "Their feed-forward block's inner size.",
                  "convention"),
          text(&ModelFile::source, "source", "\"\"", "Where these figures come from.", "convention"),
      }};
  return table;
}

TransformerModel ModelFile::model() const {
  TransformerModel model;
  model.name = name;
  model.layers = layers, model.hidden = hidden, model.heads = heads;
  model.kv_heads = kv_heads > 0 ? kv_heads : heads;
  model.ffn = ffn, model.gated = gated, model.vocabulary = vocabulary;
  model.experts = experts, model.top_k = top_k, model.shared_experts = shared_experts;
  model.dense_layers = dense_layers, model.dense_ffn = dense_ffn;
  model.source = source;
  return model;
}

}  // namespace nadc
