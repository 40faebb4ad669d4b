#include "app/network/topology_options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>

#include "app/scenario/read.hpp"
#include "models/network/limits.hpp"
#include "models/network/spec.hpp"
#include "models/network/text.hpp"
#include "models/network/topologies/topology_type.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

bool ends_with_any(const std::string& text, std::initializer_list<const char*> endings) {
  return std::any_of(endings.begin(), endings.end(), [&](const char* e) { return text.ends_with(e); });
}
bool is_yaml(const std::string& text) { return ends_with_any(text, {".yaml", ".yml"}); }
bool is_graph(const std::string& text) { return ends_with_any(text, {".graphml", ".xml", ".txt", ".edges"}); }

NamedTopology read_file(const std::string& path) {
  TopologyFile file;
  read_into(file, read_document(path));
  return {file.spec(), file.inputs()};
}

bool is_dragonfly(const TopologySpec& s) { return type_of(s.kind).acts.groups; }
bool any_shape(const TopologySpec& s) { return !is_read_from_file(s.kind); }
bool any_tree(const TopologySpec& s) { return type_of(s.kind).acts.tiers; }
// Or none that fits, whose message says more.
bool three_tiers(const TopologySpec& s) {
  if (!any_tree(s)) return false;
  const Shape shape = shape_of(s);
  return !shape.fits || shape.tiers == 3;
}
bool has_spines(const TopologySpec& s) {
  if (!any_shape(s)) return false;
  const Shape shape = shape_of(s);
  return !shape.fits || shape.spines > 0;
}
bool has_cores(const TopologySpec& s) { return three_tiers(s) || is_dragonfly(s); }
bool railed(const TopologySpec& s) { return type_of(s.kind).acts.rails; }
bool anywhere(const TopologySpec&) { return true; }
bool has_nvlink(const TopologySpec& s) { return any_shape(s) && s.nvlink_domain > 1; }
bool manager(const TopologySpec& s) { return type_of(s.kind).acts.manager; }

constexpr unsigned bit(TopologyUse use) { return 1u << static_cast<unsigned>(use); }
constexpr unsigned of_size = bit(TopologyUse::size), of_flows = bit(TopologyUse::flows),
                   of_collective = bit(TopologyUse::collective), of_step = bit(TopologyUse::step),
                   of_all = of_size | of_flows | of_collective | of_step;

// What each flag overlays, the commands where that can act, and the shapes where it does.
struct TopologyFlag {
  std::string_view name;
  unsigned uses;
  bool (*acts)(const TopologySpec&);
  std::string_view where;
  bool (*given)(const TopologyOptions&);
  void (*add)(CLI::App&, TopologyOptions&);
  bool of(TopologyUse use) const { return (uses & bit(use)) != 0; }
};
template <auto member> constexpr bool is_given(const TopologyOptions& o) { return (o.*member).has_value(); }
constexpr TopologyFlag topology_flags[] = {
    {"--tiers", of_all, any_tree, "it is of trees", is_given<&TopologyOptions::tiers>,
     [](CLI::App& app, TopologyOptions& o) {
       app.add_option("--tiers", o.tiers, "tiers of a fat tree, 2 or 3 [the fewest that fit]");
     }},
    {"--p", of_all, is_dragonfly, "it is of dragonflies", is_given<&TopologyOptions::p>,
     [](CLI::App& app, TopologyOptions& o) { app.add_option("--p", o.p, "hosts of a dragonfly router or leaf"); }},
    {"--a", of_all, is_dragonfly, "it is of dragonflies", is_given<&TopologyOptions::a>,
     [](CLI::App& app, TopologyOptions& o) {
       app.add_option("--a", o.a, "routers, or leaves and spines, of a dragonfly group");
     }},
    {"--h", of_all, is_dragonfly, "it is of dragonflies", is_given<&TopologyOptions::h>,
     [](CLI::App& app, TopologyOptions& o) {
       app.add_option("--h", o.h, "global ports of a dragonfly router or spine");
     }},
    {"--group-links", of_all, is_dragonfly, "it is of dragonflies", is_given<&TopologyOptions::group_links>,
     [](CLI::App& app, TopologyOptions& o) {
       app.add_option("--group-links", o.group_links, "cables between two groups of a dragonfly [all global ports]");
     }},
    {"--leaf-radix", of_all, any_shape, "the file says the cables", is_given<&TopologyOptions::leaf_radix>,
     [](CLI::App& app, TopologyOptions& o) {
       app.add_option("--leaf-radix", o.leaf_radix, "ports of a leaf or router [--radix]");
     }},
    {"--spine-radix", of_all, has_spines, "there are no spines", is_given<&TopologyOptions::spine_radix>,
     [](CLI::App& app, TopologyOptions& o) { app.add_option("--spine-radix", o.spine_radix, "of a spine [--radix]"); }},
    {"--core-radix", of_all, three_tiers, "there are no cores", is_given<&TopologyOptions::core_radix>,
     [](CLI::App& app, TopologyOptions& o) { app.add_option("--core-radix", o.core_radix, "of a core [--radix]"); }},
    {"--leaf-port-gbps", of_all, any_shape, "the file says the cables", is_given<&TopologyOptions::leaf_port_gbps>,
     [](CLI::App& app, TopologyOptions& o) {
       app.add_option("--leaf-port-gbps", o.leaf_port_gbps,
                      "port of a leaf or router, broken out to 2, 4 or 8 slower cables [as its cables]");
     }},
    {"--spine-port-gbps", of_all, has_spines, "there are no spines", is_given<&TopologyOptions::spine_port_gbps>,
     [](CLI::App& app, TopologyOptions& o) {
       app.add_option("--spine-port-gbps", o.spine_port_gbps, "the same of a spine");
     }},
    {"--core-port-gbps", of_all, three_tiers, "there are no cores", is_given<&TopologyOptions::core_port_gbps>,
     [](CLI::App& app, TopologyOptions& o) {
       app.add_option("--core-port-gbps", o.core_port_gbps, "the same of a core");
     }},
    {"--gpus-per-node", of_size | of_flows, any_shape, "a graph has its own nodes",
     is_given<&TopologyOptions::gpus_per_node>,
     [](CLI::App& app, TopologyOptions& o) {
       app.add_option("--gpus-per-node", o.gpus_per_node, "GPUs, and rails, of a node [8]");
     }},
    {"--gpus-per-node", of_collective, anywhere, "", is_given<&TopologyOptions::gpus_per_node>,
     [](CLI::App& app, TopologyOptions& o) {
       app.add_option("--gpus-per-node", o.gpus_per_node,
                      "GPUs, and rails, of a node [8]; without rails, of what runs --beside");
     }},
    {"--gpus-per-node", of_step, railed, "it is the rails of rail-fat-tree and rail-planes",
     is_given<&TopologyOptions::gpus_per_node>,
     [](CLI::App& app, TopologyOptions& o) {
       app.add_option("--gpus-per-node", o.gpus_per_node, "GPUs, and rails, of a node [8]");
     }},
    {"--nvlink-domain", of_size | of_flows | of_collective, any_shape, "the graph has its own NVLink",
     is_given<&TopologyOptions::nvlink_domain>,
     [](CLI::App& app, TopologyOptions& o) {
       app.add_option("--nvlink-domain", o.nvlink_domain, "GPUs that NVLink joins [8]");
     }},
    {"--manager-cables", of_size, manager, "only a rail-fat-tree has them", is_given<&TopologyOptions::manager_cables>,
     [](CLI::App& app, TopologyOptions& o) {
       app.add_option("--manager-cables", o.manager_cables, "cables of the fabric manager of a rail-fat-tree");
     }},
    {"--host-gbps", of_all, any_shape, "the file says the speeds", is_given<&TopologyOptions::host_gbps>,
     [](CLI::App& app, TopologyOptions& o) {
       app.add_option("--host-gbps", o.host_gbps, "NIC of a GPU [400 Gbit/s]");
     }},
    {"--trunk-gbps", of_all, any_shape, "the file says the speeds", is_given<&TopologyOptions::trunk_gbps>,
     [](CLI::App& app, TopologyOptions& o) {
       app.add_option("--trunk-gbps", o.trunk_gbps, "leaf–spine, local and global cables [as the NIC]");
     }},
    {"--core-gbps", of_all, has_cores, "there are no cores", is_given<&TopologyOptions::core_gbps>,
     [](CLI::App& app, TopologyOptions& o) {
       app.add_option("--core-gbps", o.core_gbps, "spine–core and global cables [as the trunk]");
     }},
    {"--nvlink-gbps", of_flows, has_nvlink, "no NVLink joins its GPUs", is_given<&TopologyOptions::nvlink_gbps>,
     [](CLI::App& app, TopologyOptions& o) {
       app.add_option("--nvlink-gbps", o.nvlink_gbps, "NVLink of a GPU, each way [3600 Gbit/s]");
     }},
    {"--nvlink-gbps", of_collective, any_shape, "the graph has its own NVLink", is_given<&TopologyOptions::nvlink_gbps>,
     [](CLI::App& app, TopologyOptions& o) {
       app.add_option("--nvlink-gbps", o.nvlink_gbps, "NVLink of a GPU, each way [3600 Gbit/s]");
     }},
    {"--oversubscription", of_all, any_tree, "it is of the leaves of trees",
     is_given<&TopologyOptions::leaf_oversubscription>,
     [](CLI::App& app, TopologyOptions& o) {
       app.add_option("--oversubscription,--leaf-oversubscription", o.leaf_oversubscription,
                      "bandwidth down over up at the leaf [1]");
     }},
    {"--spine-oversubscription", of_all, three_tiers, "it is of trees of three tiers",
     is_given<&TopologyOptions::spine_oversubscription>,
     [](CLI::App& app, TopologyOptions& o) {
       app.add_option("--spine-oversubscription", o.spine_oversubscription, "the same at the spine [1]");
     }},
    {"--prices", of_size, anywhere, "", [](const TopologyOptions& o) { return !o.prices.empty(); },
     [](CLI::App& app, TopologyOptions& o) {
       app.add_option("--prices", o.prices, "topology file whose prices count for all");
     }},
};

// A flag that acts in none of what was found.
void refuse_idle_flags(const TopologyOptions& o, const std::vector<NamedTopology>& found) {
  const auto refuse = [&](std::string_view flag, const std::string& where) {
    throw Error(ErrorKind::usage, std::string(flag) + " has no effect on " + where, "leave it out");
  };
  const bool graphs = std::all_of(found.begin(), found.end(),
                                  [](const NamedTopology& one) { return is_read_from_file(one.spec.kind); });
  if (graphs && !o.gpus.empty()) refuse("--gpus", "a graph: the file says them");
  if (graphs && !o.radices.empty()) refuse("--radix", "a graph: the file says the cables");
  for (const TopologyFlag& flag : topology_flags) {
    if (!flag.of(o.use) || !flag.given(o)) continue;
    const bool acts =
        std::any_of(found.begin(), found.end(), [&](const NamedTopology& one) { return flag.acts(one.spec); });
    if (!acts) refuse(flag.name, std::string(name_of(found.front().spec.kind)) + ": " + std::string(flag.where));
  }
}

}  // namespace

void overlay(const TopologyOptions& o, TopologySpec& s) {
  const auto set = [](const auto& given, auto& member) {
    if (given) member = *given;
  };
  set(o.tiers, s.tiers);
  set(o.p, s.p), set(o.a, s.a), set(o.h, s.h);
  set(o.group_links, s.group_links);
  set(o.leaf_radix, s.leaf_radix), set(o.spine_radix, s.spine_radix), set(o.core_radix, s.core_radix);
  set(o.leaf_port_gbps, s.leaf_port_gbps), set(o.spine_port_gbps, s.spine_port_gbps);
  set(o.core_port_gbps, s.core_port_gbps);
  set(o.gpus_per_node, s.gpus_per_node);
  set(o.nvlink_domain, s.nvlink_domain);
  set(o.manager_cables, s.manager_cables);
  set(o.host_gbps, s.host_gbps), set(o.trunk_gbps, s.trunk_gbps), set(o.core_gbps, s.core_gbps);
  set(o.nvlink_gbps, s.nvlink_gbps);
  set(o.leaf_oversubscription, s.leaf_oversubscription);
  set(o.spine_oversubscription, s.spine_oversubscription);
}

void add_hall_options(CLI::App& app, HallOptions& o) {
  app.add_option("--rack-kw", o.rack_kw, "power and cooling of a rack: racks, rows, and the lengths that follow");
  app.add_option("--node-kw", o.node_kw, "the most that a node draws [10.2]");
  app.add_option("--rows", o.rows, "rows of the hall [as wide as it is deep]");
  app.add_option("--cooling", o.cooling, "of the racks: air, rear-door or liquid [air]");
}

void overlay(const HallOptions& o, SizingInputs& inputs) {
  if (o.rack_kw && !inputs.hall) inputs.hall = Hall{};
  const char* idle = o.node_kw ? "--node-kw" : o.rows ? "--rows" : o.cooling.empty() ? nullptr : "--cooling";
  if (!inputs.hall) {
    if (idle != nullptr)
      throw Error(ErrorKind::usage,
                  std::string(idle) + " has no effect without --rack-kw or the hall: of a topology file",
                  "add --rack-kw 40");
    return;
  }
  if (o.rack_kw) inputs.hall->rack_kw = *o.rack_kw;
  if (o.node_kw) inputs.hall->node_kw = *o.node_kw;
  if (o.rows) inputs.hall->rows = *o.rows;
  if (!o.cooling.empty()) inputs.hall->cooling = hall_cooling(o.cooling);
}

std::optional<NetworkPrices> given_prices(const TopologyOptions& o) {
  if (o.prices.empty()) return std::nullopt;
  const std::optional<NetworkPrices> prices = read_file(o.prices).inputs.prices;
  if (!prices)
    throw Error(ErrorKind::input, "the file has no prices", "add a prices: block", Place{o.prices, 0, 0, {}, {}});
  return prices;
}

void add_topology_options(CLI::App& app, TopologyOptions& o, TopologyUse use) {
  o.use = use;
  std::string names;
  for (const TopologyType* type : topology_types())
    if (type->shape) names += std::string(name_of(type->kind)) + ", ";
  app.add_option("--topology", o.topologies,
                 names + "or a file (.yaml, .graphml, edge list .txt); several stand side by side")
      ->delimiter(',')
      ->allow_extra_args(false);
  if (use != TopologyUse::step)
    app.add_option("--gpus", o.gpus, "GPUs; several sizes make several rows")->delimiter(',')->allow_extra_args(false);
  app.add_option("--radix", o.radices, "ports of a switch; several make several rows [64]")
      ->delimiter(',')
      ->allow_extra_args(false);
  for (const TopologyFlag& flag : topology_flags)
    if (flag.of(use)) flag.add(app, o);
}

std::vector<OptionRule> topology_rules(TopologyUse use, const std::string& with, const std::string& without,
                                       const std::string& except) {
  std::vector<OptionRule> rows{{"--topology", "", without}, {"--radix", with, without}};
  if (use != TopologyUse::step) rows.push_back({"--gpus", with, without});
  for (const TopologyFlag& flag : topology_flags)
    if (flag.of(use)) rows.push_back({std::string(flag.name), with, without});
  std::erase_if(rows, [&](const OptionRule& row) {
    return (" " + except + " ").find(" " + row.option + " ") != std::string::npos;
  });
  return rows;
}

std::vector<NamedTopology> resolve_topologies(const TopologyOptions& o, std::int64_t default_gpus) {
  std::vector<NamedTopology> found;
  const std::optional<NetworkPrices> prices = given_prices(o);
  std::vector<std::string> names = o.topologies;
  if (names.empty()) names.emplace_back("fat-tree");
  for (const std::string& name : names) {
    NamedTopology one;
    if (is_yaml(name)) {
      one = read_file(name);
    } else if (is_graph(name)) {
      one.spec.kind = TopologyKind::custom;
      one.spec.file = name;
      one.spec.name = std::filesystem::path(name).filename().string();
    } else {
      one.spec.kind = topology_kind(name);
      if (is_read_from_file(one.spec.kind))
        throw Error(ErrorKind::usage, "a custom topology needs its file", "--topology net.graphml");
    }
    overlay(o, one.spec);
    if (prices) one.inputs.prices = prices;
    std::vector<std::int64_t> sizes = o.gpus;
    if (sizes.empty()) sizes.push_back(one.spec.gpus > 0 ? one.spec.gpus : default_gpus);
    std::vector<int> radices = o.radices;
    if (radices.empty()) radices.push_back(one.spec.radix);
    if (is_read_from_file(one.spec.kind)) {
      found.push_back(one);
      continue;
    }
    for (std::int64_t gpus : sizes) {
      if (gpus == 0) throw Error(ErrorKind::usage, "how many GPUs the network joins is not said", "add --gpus N");
      for (int radix : radices) {
        one.spec.gpus = gpus;
        one.spec.radix = radix;
        found.push_back(one);
      }
    }
  }
  if (!o.every_shape) refuse_idle_flags(o, found);
  return found;
}

CollectiveConstants read_constants(const std::string& file) {
  CollectiveConstants constants;
  read_into(constants, read_document(file));
  return constants;
}

TransformerModel read_model(const std::string& name) {
  if (!is_yaml(name)) return transformer_model(name);
  ModelFile file;
  read_into(file, read_document(name));
  return file.model();
}

double link_rate(double gbps) {
  if (!(gbps >= least_gbps && gbps <= most_gbps))
    throw Error(ErrorKind::usage, "a link of " + shortened(gbps) + " Gbit/s",
                "give its speed in Gbit/s, 0.001 to 1,000,000, such as 400");
  return gbps * 1e9 / 8.0;
}

double parse_bytes(const std::string& text) {
  char* end = nullptr;
  double value = std::strtod(text.c_str(), &end);
  std::string unit(end);
  unit.erase(std::remove(unit.begin(), unit.end(), ' '), unit.end());
  double factor = 0.0;
  if (unit.empty() || unit == "B") factor = 1.0;
  const std::string letters = "KMGT";
  for (std::size_t i = 0; i < letters.size(); ++i) {
    const double power = std::pow(1024.0, static_cast<double>(i + 1));
    if (unit == std::string(1, letters[i]) || unit == std::string(1, letters[i]) + "iB") factor = power;
    if (unit == std::string(1, letters[i]) + "B") factor = std::pow(1000.0, static_cast<double>(i + 1));
  }
  if (end == text.c_str() || factor == 0.0 || !(value > 0.0) || !std::isfinite(value)) {
    throw Error(ErrorKind::usage, "'" + text + "' is no size in bytes", "for example 8, 64K, 1M, 16G, 1GiB");
  }
  if (!(value * factor >= 1.0 && value * factor <= most_message_bytes))
    throw Error(ErrorKind::usage, "'" + text + "' is outside 1 to 1e18 bytes", "give a size that a machine could hold");
  return value * factor;
}

}  // namespace nadc
