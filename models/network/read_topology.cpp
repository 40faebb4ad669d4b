#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/graphml.hpp>
#include <charconv>
#include <fstream>
#include <map>
#include <sstream>

#include "models/network/limits.hpp"
#include "models/network/text.hpp"
#include "models/network/topology.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

constexpr double bytes_per_gbit = 1e9 / 8.0;

// What a file says, before vertices are put into our order (GPUs, NVLink switches, the rest).
struct RawNode {
  std::string name, kind;
};
struct RawEdge {
  std::size_t a = 0, b = 0;
  double gbps = 0.0;
  int count = 1;
  int line = 0;
};
struct RawGraph {
  std::vector<RawNode> nodes;
  std::vector<RawEdge> edges;
};

NodeKind kind_of(const RawNode& node, const std::string& file) {
  std::string text = node.kind;
  if (text.empty()) text = node.name.starts_with("gpu") || node.name.starts_with("host") ? "gpu" : "router";
  if (text == "host") text = "gpu";
  if (text == "switch") text = "router";
  std::vector<std::string_view> names;
  for (NodeKind kind : {NodeKind::gpu, NodeKind::nvswitch, NodeKind::leaf, NodeKind::spine, NodeKind::core,
                        NodeKind::router, NodeKind::manager}) {
    if (text == name_of(kind)) return kind;
    names.push_back(name_of(kind));
  }
  throw Error(ErrorKind::input, "node " + node.name + " has the unknown kind '" + text + "'",
              "did you mean " + std::string(nearest_word(text, names)) + "?", Place{file, 0, 0, {}, {}});
}

RawGraph read_edge_list(const std::string& path, std::istream& file) {
  RawGraph graph;
  std::map<std::string, std::size_t, std::less<>> index;
  const auto vertex = [&](const std::string& name) {
    const auto [it, fresh] = index.try_emplace(name, graph.nodes.size());
    if (fresh) graph.nodes.push_back({name, ""});
    return it->second;
  };
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    const auto fail = [&](const std::string& what, const std::string& hint) {
      throw Error(ErrorKind::input, what, hint, Place{path, number, 1, {}, line.substr(0, 120)});
    };
    std::istringstream words(line.substr(0, line.find('#')));
    std::vector<std::string> word;
    for (std::string w; words >> w;) word.push_back(w);
    if (word.empty()) continue;
    if (word[0] == "node") {
      if (word.size() != 3)
        fail("a node line has " + std::to_string(word.size()) + " words", "expected: node NAME KIND");
      graph.nodes[vertex(word[1])].kind = word[2];
      continue;
    }
    if (word.size() != 3 && word.size() != 4)
      fail("a cable line has " + std::to_string(word.size()) + " words", "expected: NAME NAME GBPS [COUNT]");
    RawEdge edge{vertex(word[0]), vertex(word[1]), 0.0, 1, number};
    const auto parse = [&](const std::string& text, auto& value) {
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error != std::errc() || end != text.data() + text.size())
        fail("'" + text + "' is not a number", "expected: NAME NAME GBPS [COUNT]");
    };
    parse(word[2], edge.gbps);
    if (word.size() == 4) parse(word[3], edge.count);
    graph.edges.push_back(edge);
  }
  return graph;
}

RawGraph read_graphml_file(const std::string& path, std::istream& file) {
  using Type = boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS, RawNode, RawEdge>;
  Type read;
  boost::dynamic_properties properties(boost::ignore_other_properties);
  properties.property("name", boost::get(&RawNode::name, read));
  properties.property("kind", boost::get(&RawNode::kind, read));
  properties.property("gbps", boost::get(&RawEdge::gbps, read));
  properties.property("count", boost::get(&RawEdge::count, read));
  try {
    boost::read_graphml(file, read, properties);
  } catch (const std::exception& e) {
    throw Error(ErrorKind::input, std::string("this is not GraphML that can be read: ") + e.what(),
                "an undirected graph with node attribute kind and edge attribute gbps", Place{path, 0, 0, {}, {}});
  }
  RawGraph graph;
  for (std::size_t v = 0; v < boost::num_vertices(read); ++v) {
    graph.nodes.push_back(read[v]);
    if (graph.nodes.back().name.empty()) graph.nodes.back().name = "n" + std::to_string(v);
  }
  for (auto [e, end] = boost::edges(read); e != end; ++e) {
    const RawEdge& edge = read[*e];
    graph.edges.push_back({boost::source(*e, read), boost::target(*e, read), edge.gbps, std::max(edge.count, 1), 0});
  }
  return graph;
}

CableKind cable_kind(NodeKind a, NodeKind b) {
  const auto either = [&](NodeKind k) { return a == k || b == k; };
  if (either(NodeKind::nvswitch)) return CableKind::nvlink;
  if (either(NodeKind::gpu) || either(NodeKind::manager)) return CableKind::host;
  if (either(NodeKind::core)) return CableKind::spine_core;
  if (either(NodeKind::leaf) && either(NodeKind::spine)) return CableKind::leaf_spine;
  return CableKind::local;
}

}  // namespace

Topology read_topology(const TopologySpec& spec) {
  const Place place{spec.file, 0, 0, {}, {}};
  std::ifstream file(spec.file);
  if (!file) throw Error(ErrorKind::input, "cannot open the topology file", "check its path", place);
  std::string begin(5, '\0');
  file.read(begin.data(), 5);
  file.clear();
  file.seekg(0);
  RawGraph raw =
      begin.find('<') != std::string::npos ? read_graphml_file(spec.file, file) : read_edge_list(spec.file, file);
  if (raw.nodes.empty())
    throw Error(ErrorKind::input, "the topology file is empty", "give edges: NAME NAME GBPS", place);

  std::vector<NodeKind> kinds;
  for (const RawNode& node : raw.nodes) kinds.push_back(kind_of(node, spec.file));
  std::vector<std::size_t> order(raw.nodes.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto rank = [&](std::size_t v) {
    return kinds[v] == NodeKind::gpu ? 0 : kinds[v] == NodeKind::nvswitch ? 1 : 2;
  };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) { return rank(x) < rank(y); });
  std::vector<std::uint32_t> where(order.size());
  std::vector<NetNode> nodes;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < order.size(); ++i) {
    where[order[i]] = static_cast<std::uint32_t>(i);
    nodes.push_back({kinds[order[i]], -1, 0, static_cast<std::int32_t>(i)});
    names.push_back(raw.nodes[order[i]].name);
  }
  std::vector<Cable> cables;
  for (const RawEdge& edge : raw.edges) {
    const Place at{spec.file, edge.line, edge.line ? 1 : 0, {}, {}};
    const std::string pair = raw.nodes[edge.a].name + " – " + raw.nodes[edge.b].name;
    if (edge.a == edge.b)
      throw Error(ErrorKind::input, "the cable " + pair + " joins a node to itself", "leave it out", at);
    if (!(edge.gbps >= least_gbps && edge.gbps <= most_gbps)) {
      throw Error(ErrorKind::input, "the link " + pair + " has zero or no capacity",
                  "give its speed in Gbit/s, for example 400, or leave the link out", at);
    }
    if (edge.count < 1 || edge.count > 100000)
      throw Error(ErrorKind::input, "the cable " + pair + " has a count of " + std::to_string(edge.count), "1 or more",
                  at);
    std::uint32_t a = where[edge.a], b = where[edge.b];
    if (rank(order[a]) > rank(order[b])) std::swap(a, b);
    for (int i = 0; i < edge.count; ++i)
      cables.push_back({a, b, cable_kind(nodes[a].kind, nodes[b].kind), edge.gbps * bytes_per_gbit});
  }
  TopologySpec resolved = spec;
  resolved.gpus = std::count(kinds.begin(), kinds.end(), NodeKind::gpu);
  Shape shape;
  shape.fits = true;
  shape.hosts = resolved.gpus;
  Topology topology(resolved, shape, std::move(nodes), std::move(cables), std::move(names));
  const std::vector<std::uint32_t> pieces = topology.pieces();
  const std::uint32_t first = pieces[0];
  for (std::uint32_t v = 0; v < pieces.size(); ++v) {
    if (pieces[v] == first) continue;
    const std::uint32_t count = 1 + *std::max_element(pieces.begin(), pieces.end());
    throw Error(ErrorKind::input,
                "the graph is in " + std::to_string(count) + " pieces: no path from " + topology.name(0) + " to " +
                    topology.name(v),
                "join them, for example with the line: " + topology.name(v) + " " +
                    (topology.arcs(0).empty() ? topology.name(0) : topology.name(topology.arcs(0)[0].to)) + " 400",
                place);
  }
  return topology;
}

}  // namespace nadc
