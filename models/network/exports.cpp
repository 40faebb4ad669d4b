#include "models/network/exports.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <tuple>

#include "models/network/text.hpp"
#include "models/network/topologies/topology_type.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

struct Edge {
  std::uint32_t a = 0, b = 0;
  double gbps = 0.0;
  std::int64_t count = 0;
};

bool is_host(const Topology& topology, std::uint32_t vertex) {
  const NodeKind kind = topology.nodes()[vertex].kind;
  return kind == NodeKind::gpu || kind == NodeKind::nvswitch || kind == NodeKind::manager;
}

std::vector<Edge> edges_of(const Topology& topology, Hosts hosts) {
  std::map<std::tuple<std::uint32_t, std::uint32_t, double>, std::size_t> known;
  std::vector<Edge> edges;
  for (const Cable& cable : topology.cables()) {
    if (hosts == Hosts::without && (is_host(topology, cable.a) || is_host(topology, cable.b))) continue;
    const double gbps = cable.bytes_per_s * 8e-9;
    const auto [it, fresh] = known.try_emplace({cable.a, cable.b, gbps}, edges.size());
    if (fresh) edges.push_back({cable.a, cable.b, gbps, 0});
    ++edges[it->second].count;
  }
  return edges;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

// "node", {0, 1, 2, 7} → "node[0-2,7]"
std::string host_list(const std::string& prefix, std::vector<std::int64_t> numbers) {
  if (numbers.size() == 1) return prefix + std::to_string(numbers[0]);
  std::sort(numbers.begin(), numbers.end());
  std::string text = prefix + "[";
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    text += (i ? "," : "") + std::to_string(numbers[i]) + (last > i ? "-" + std::to_string(numbers[last]) : "");
    i = last + 1;
  }
  return text + "]";
}

struct SlurmSwitch {
  std::int32_t group = -1;
  std::vector<std::int64_t> nodes;
};

std::int64_t gpus_per_node(const Topology& topology) {
  if (!is_read_from_file(topology.spec().kind)) return topology.spec().gpus_per_node;
  const std::uint32_t domain = topology.domain(0);
  return domain == Topology::none ? 1 : static_cast<std::int64_t>(topology.domain_gpus(domain).size());
}

void check_prefix(const std::string& prefix) {
  const bool good = !prefix.empty() && std::isalpha(static_cast<unsigned char>(prefix[0])) &&
                    std::all_of(prefix.begin(), prefix.end(),
                                [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_'; });
  if (!good)
    throw Error(ErrorKind::usage, "'" + prefix + "' begins no host name",
                "letters, digits and dashes, such as node or gpu-");
}

std::vector<SlurmSwitch> slurm_switches(const Topology& topology) {
  const TopologySpec& spec = topology.spec();
  const bool railed = type_of(spec.kind).acts.rails;
  const std::int64_t stride = gpus_per_node(topology);
  std::map<std::vector<std::uint32_t>, std::size_t> known;
  std::vector<SlurmSwitch> switches;
  for (std::int64_t node = 0; node * stride < topology.gpus(); ++node) {
    std::map<std::uint32_t, std::int64_t> leaves;  // and its cables there
    const std::int64_t last = std::min<std::int64_t>((node + 1) * stride, topology.gpus());
    for (std::int64_t gpu = node * stride; gpu < last; ++gpu)
      for (const Arc& arc : topology.arcs(static_cast<std::uint32_t>(gpu)))
        if (topology.is_switch(arc.to)) ++leaves[arc.to];
    if (leaves.empty()) continue;
    std::vector<std::uint32_t> key;
    if (railed) {
      for (const auto& [leaf, count] : leaves) key.push_back(leaf);
      if (last - node * stride < stride) key.clear();  // a node that is not full stands with its neighbour
    } else {
      key.push_back(std::max_element(leaves.begin(), leaves.end(), [](const auto& a, const auto& b) {
                      return a.second < b.second;
                    })->first);
    }
    if (key.empty() && !switches.empty()) {
      switches.back().nodes.push_back(node);
      continue;
    }
    const auto [it, fresh] = known.try_emplace(key, switches.size());
    if (fresh) switches.push_back({topology.nodes()[leaves.begin()->first].group, {}});
    switches[it->second].nodes.push_back(node);
  }
  return switches;
}

std::string head(const Topology& topology, const std::string& plugin) {
  const std::string name =
      topology.spec().name.empty() ? std::string(name_of(topology.spec().kind)) : topology.spec().name;
  return "# topology.conf of " + name + ", " + grouped(topology.gpus()) + " GPUs, " +
         std::to_string(gpus_per_node(topology)) + " a node; slurm.conf: TopologyPlugin=topology/" + plugin + "\n";
}

}  // namespace

std::string dot_of(const Topology& topology, Hosts hosts) {
  std::string out =
      "graph network {\n  rankdir=BT;\n  node [shape=box, fontname=\"sans-serif\"];\n  edge "
      "[fontname=\"sans-serif\"];\n";
  std::map<std::pair<std::int32_t, std::int32_t>, std::vector<std::uint32_t>> pods;  // plane, group
  std::map<NodeKind, std::vector<std::uint32_t>> tiers;
  for (std::uint32_t v = 0; v < topology.nodes().size(); ++v) {
    const NetNode& node = topology.nodes()[v];
    if (hosts == Hosts::without && is_host(topology, v)) continue;
    tiers[node.kind].push_back(v);
    if (node.group >= 0 && topology.is_switch(v))
      pods[{topology.shape().planes > 1 ? node.plane : 0, node.group}].push_back(v);
    out += "  " + quoted(topology.name(v)) + " [kind=" + std::string(name_of(node.kind)) + "];\n";
  }
  if (pods.size() > 1) {
    for (const auto& [pod, members] : pods) {
      const std::string name = "plane" + std::to_string(pod.first) + "_group" + std::to_string(pod.second);
      out += "  subgraph cluster_" + name + " {";
      for (std::uint32_t v : members) out += " " + quoted(topology.name(v)) + ";";
      out += " }\n";
    }
  } else {
    for (const auto& [kind, members] : tiers) {
      if (kind == NodeKind::router) continue;
      out += "  { rank=same;";
      for (std::uint32_t v : members) out += " " + quoted(topology.name(v)) + ";";
      out += " }\n";
    }
  }
  for (const Edge& edge : edges_of(topology, hosts)) {
    const std::string label = (edge.count > 1 ? std::to_string(edge.count) + " × " : "") + shortened(edge.gbps) + "G";
    out += "  " + quoted(topology.name(edge.a)) + " -- " + quoted(topology.name(edge.b)) + " [label=" + quoted(label) +
           "];\n";
  }
  return out + "}\n";
}

std::string graphml_of(const Topology& topology, Hosts hosts) {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n"
      "<key id=\"name\" for=\"node\" attr.name=\"name\" attr.type=\"string\"/>\n"
      "<key id=\"kind\" for=\"node\" attr.name=\"kind\" attr.type=\"string\"/>\n"
      "<key id=\"gbps\" for=\"edge\" attr.name=\"gbps\" attr.type=\"double\"/>\n"
      "<key id=\"count\" for=\"edge\" attr.name=\"count\" attr.type=\"int\"/>\n"
      "<graph id=\"network\" edgedefault=\"undirected\">\n";
  for (std::uint32_t v = 0; v < topology.nodes().size(); ++v) {
    if (hosts == Hosts::without && is_host(topology, v)) continue;
    out += "<node id=\"n" + std::to_string(v) + "\"><data key=\"name\">" + xml_text(topology.name(v)) +
           "</data><data key=\"kind\">" + std::string(name_of(topology.nodes()[v].kind)) + "</data></node>\n";
  }
  for (const Edge& edge : edges_of(topology, hosts))
    out += "<edge source=\"n" + std::to_string(edge.a) + "\" target=\"n" + std::to_string(edge.b) +
           "\"><data key=\"gbps\">" + shortened(edge.gbps, 15) + "</data><data key=\"count\">" +
           std::to_string(edge.count) + "</data></edge>\n";
  return out + "</graph>\n</graphml>\n";
}

std::string slurm_tree_of(const Topology& topology, const std::string& prefix) {
  check_prefix(prefix);
  const std::vector<SlurmSwitch> switches = slurm_switches(topology);
  std::string out = head(topology, "tree");
  std::map<std::int32_t, std::vector<std::int64_t>> groups;
  for (std::size_t i = 0; i < switches.size(); ++i) {
    groups[switches[i].group].push_back(static_cast<std::int64_t>(i));
    out += "SwitchName=leaf" + std::to_string(i) + " Nodes=" + host_list(prefix, switches[i].nodes) + "\n";
  }
  std::string below = host_list("leaf", groups.begin()->second);
  if (groups.size() > 1) {
    std::vector<std::int64_t> pods;
    for (const auto& [group, members] : groups) {
      pods.push_back(group);
      out += "SwitchName=pod" + std::to_string(group) + " Switches=" + host_list("leaf", members) + "\n";
    }
    below = host_list("pod", pods);
  }
  if (switches.size() > 1) out += "SwitchName=top Switches=" + below + "\n";
  return out;
}

std::string slurm_blocks_of(const Topology& topology, const std::string& prefix) {
  check_prefix(prefix);
  std::vector<SlurmSwitch> blocks;
  const std::int64_t stride = gpus_per_node(topology), nodes = (topology.gpus() + stride - 1) / stride;
  const std::uint32_t domain = topology.domain(0);
  const std::int64_t domain_gpus =
      domain == Topology::none ? 0 : static_cast<std::int64_t>(topology.domain_gpus(domain).size());
  if (!is_read_from_file(topology.spec().kind) && domain_gpus > stride && domain_gpus % stride == 0) {
    for (std::int64_t node = 0; node < nodes; ++node) {
      if (node % (domain_gpus / stride) == 0) blocks.emplace_back();
      blocks.back().nodes.push_back(node);
    }
  } else {
    blocks = slurm_switches(topology);
  }
  std::string out = head(topology, "block");
  std::size_t size = blocks[0].nodes.size();
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (blocks[i].nodes.size() < size && i + 1 < blocks.size()) size = blocks[i].nodes.size();
    out += "BlockName=block" + std::to_string(i) + " Nodes=" + host_list(prefix, blocks[i].nodes) + "\n";
  }
  return out + "BlockSizes=" + std::to_string(size) + "\n";
}

}  // namespace nadc
