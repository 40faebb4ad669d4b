// The flags that describe a topology, shared by the network verbs; a flag or a file, or a file with flags over it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/option_rules.hpp"
#include "models/network/constants.hpp"
#include "models/network/sizing.hpp"
#include "models/network/steptime.hpp"

namespace CLI {
class App;
}

namespace nadc {

// What a command makes of a topology; some flags change nothing there and are not offered.
enum class TopologyUse : std::uint8_t { size, flows, collective, step };

struct TopologyOptions {
  TopologyUse use = TopologyUse::size;
  bool every_shape = false;             // the command tries all shapes itself
  std::vector<std::string> topologies;  // names of kinds, or topology files (YAML, GraphML, edge list)
  std::vector<std::int64_t> gpus;
  std::vector<int> radices;
  std::optional<int> group_links, leaf_radix, spine_radix, core_radix;
  std::optional<double> leaf_port_gbps, spine_port_gbps, core_port_gbps;
  std::optional<int> tiers, p, a, h, gpus_per_node, nvlink_domain, manager_cables;
  std::optional<double> host_gbps, trunk_gbps, core_gbps, nvlink_gbps, leaf_oversubscription, spine_oversubscription;
  std::string prices;  // a topology file that carries prices for all
};

// Racks and rows, over the hall of a topology file.
struct HallOptions {
  std::optional<double> rack_kw, node_kw;
  std::optional<int> rows;
  std::string cooling;
};
void add_hall_options(CLI::App& app, HallOptions& options);
void overlay(const HallOptions& flags, SizingInputs& inputs);  // ErrorKind::usage where no hall is described

void add_topology_options(CLI::App& app, TopologyOptions& options, TopologyUse use);
// Their rows in the table of rules of a command; `except` lists those that the command has rows of its own for.
std::vector<OptionRule> topology_rules(TopologyUse use, const std::string& with, const std::string& without,
                                       const std::string& except = "");

struct NamedTopology {
  TopologySpec spec;
  SizingInputs inputs;
};
void overlay(const TopologyOptions& flags, TopologySpec& spec);             // what the flags say of it
std::optional<NetworkPrices> given_prices(const TopologyOptions& options);  // of --prices
// Every combination of topology, GPUs and radix that the flags name. ErrorKind::usage when GPUs are missing, or for a
// flag that acts in none of them, such as --p on a tree.
std::vector<NamedTopology> resolve_topologies(const TopologyOptions& options, std::int64_t default_gpus = 0);
CollectiveConstants read_constants(const std::string& file);
TransformerModel read_model(const std::string& name_or_file);

// [B/s] of a link that a flag gives in Gbit/s; ErrorKind::usage unless it is a speed.
double link_rate(double gbps);
// "8", "64K", "1M", "16G", "1 GiB": bytes; K, M, G are powers of 1024 as in nccl-tests. ErrorKind::usage.
double parse_bytes(const std::string& text);

}  // namespace nadc
