#include "models/network/topology.hpp"

#include <algorithm>
#include <array>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/boykov_kolmogorov_max_flow.hpp>
#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/connected_components.hpp>
#include <boost/graph/filtered_graph.hpp>

#include "models/network/text.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

constexpr std::array<std::string_view, 7> node_names{"gpu", "nvswitch", "leaf", "spine", "core", "router", "manager"};
constexpr std::array<std::string_view, 6> cable_names{"nvlink", "host", "leaf_spine", "spine_core", "local", "global"};

void mix(std::uint64_t& hash, std::uint64_t value) {  // FNV-1a on whole words
  hash = (hash ^ value) * 0x100000001b3ull;
  hash ^= hash >> 29;
}

}  // namespace

struct Topology::Graph {
  using Type = boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS, NetNode, Cable>;
  Type graph;
};

std::string_view name_of(NodeKind kind) { return node_names[static_cast<std::size_t>(kind)]; }
std::string_view name_of(CableKind kind) { return cable_names[static_cast<std::size_t>(kind)]; }

Topology::Topology(Topology&&) noexcept = default;
Topology& Topology::operator=(Topology&&) noexcept = default;
Topology::~Topology() = default;

Topology::Topology(TopologySpec spec, Shape shape, std::vector<NetNode> nodes, std::vector<Cable> cables,
                   std::vector<std::string> names)
    : spec_(std::move(spec)),
      shape_(std::move(shape)),
      nodes_(std::move(nodes)),
      cables_(std::move(cables)),
      names_(std::move(names)),
      graph_(std::make_unique<Graph>()) {
  while (gpus_ < nodes_.size() && nodes_[gpus_].kind == NodeKind::gpu) ++gpus_;
  if (gpus_ == 0) throw Error(ErrorKind::input, "the network has no GPU", "give nodes of kind gpu");
  graph_->graph = Graph::Type(nodes_.size());
  first_arc_.assign(nodes_.size() + 1, 0);
  hash_ = 0xcbf29ce484222325ull;
  for (std::size_t v = 0; v < nodes_.size(); ++v) {
    graph_->graph[v] = nodes_[v];
    mix(hash_, static_cast<std::uint64_t>(nodes_[v].kind));
  }
  for (const Cable& cable : cables_) {
    if (!(cable.bytes_per_s > 0.0)) {
      throw Error(ErrorKind::input, "the link " + name(cable.a) + " – " + name(cable.b) + " has zero capacity",
                  "give its speed in Gbit/s, or leave the link out");
    }
    boost::add_edge(cable.a, cable.b, cable, graph_->graph);
    ++first_arc_[cable.a + 1];
    ++first_arc_[cable.b + 1];
    mix(hash_, (static_cast<std::uint64_t>(cable.a) << 32) | cable.b);
    mix(hash_, static_cast<std::uint64_t>(cable.bytes_per_s));
  }
  for (std::size_t v = 0; v < nodes_.size(); ++v) first_arc_[v + 1] += first_arc_[v];
  arcs_.resize(2 * cables_.size());
  std::vector<std::uint32_t> next(first_arc_.begin(), first_arc_.end() - 1);
  for (std::uint32_t c = 0; c < cables_.size(); ++c) {
    arcs_[next[cables_[c].a]++] = Arc{cables_[c].b, 2 * c};
    arcs_[next[cables_[c].b]++] = Arc{cables_[c].a, 2 * c + 1};
  }
  domain_.assign(gpus_, none);
  nvlink_.assign(gpus_, none);
  first_domain_ = gpus_;
  std::uint32_t domains = 0;
  while (gpus_ + domains < nodes_.size() && nodes_[gpus_ + domains].kind == NodeKind::nvswitch) ++domains;
  first_domain_gpu_.assign(domains + 1, 0);
  for (std::uint32_t d = 0; d < domains; ++d) {
    for (const Arc& arc : arcs(gpus_ + d)) {
      if (!is_gpu(arc.to)) continue;
      domain_[arc.to] = gpus_ + d;
      nvlink_[arc.to] = arc.link ^ 1u;
      domain_gpus_.push_back(arc.to);
    }
    first_domain_gpu_[d + 1] = static_cast<std::uint32_t>(domain_gpus_.size());
  }
}

std::span<const std::uint32_t> Topology::domain_gpus(std::uint32_t domain) const {
  const std::uint32_t d = domain - first_domain_;
  return {domain_gpus_.data() + first_domain_gpu_[d], domain_gpus_.data() + first_domain_gpu_[d + 1]};
}

std::vector<double> Topology::capacities() const {
  std::vector<double> result(2 * cables_.size());
  for (std::size_t c = 0; c < cables_.size(); ++c) result[2 * c] = result[2 * c + 1] = cables_[c].bytes_per_s;
  return result;
}

std::string Topology::name(std::uint32_t node) const {
  if (node < names_.size()) return names_[node];
  const NetNode& n = nodes_[node];
  std::string text(name_of(n.kind));
  text += std::to_string(n.index);
  if (shape_.planes > 1 && is_switch(node)) text += "@plane" + std::to_string(n.plane);
  return text;
}

std::int64_t Topology::count(NodeKind kind) const {
  return std::count_if(nodes_.begin(), nodes_.end(), [&](const NetNode& n) { return n.kind == kind; });
}

std::int64_t Topology::count(CableKind kind) const {
  return std::count_if(cables_.begin(), cables_.end(), [&](const Cable& c) { return c.kind == kind; });
}

int Topology::ports_used(NodeKind kind) const {
  std::size_t most = 0;
  for (std::uint32_t v = 0; v < nodes_.size(); ++v) {
    if (nodes_[v].kind == kind) most = std::max(most, arcs(v).size());
  }
  return static_cast<int>(most);
}

std::vector<std::uint32_t> Topology::pieces(std::span<const double> factor) const {
  std::vector<std::uint32_t> piece(nodes_.size());
  if (factor.empty()) {
    boost::connected_components(graph_->graph, piece.data());
    return piece;
  }
  // Edges were added in cable order, so the descriptor's property address gives the cable.
  const auto up = [&](const Graph::Type::edge_descriptor& edge) {
    const Cable& cable = graph_->graph[edge];
    for (const Arc& arc : arcs(cable.a)) {
      if (arc.to == cable.b && factor[arc.link >> 1] > 0.0) return true;
    }
    return false;
  };
  const boost::filtered_graph<Graph::Type, std::function<bool(const Graph::Type::edge_descriptor&)>> left(graph_->graph,
                                                                                                          up);
  boost::connected_components(left, piece.data());
  return piece;
}

double Topology::max_flow_bisection() const {
  using namespace boost;
  using Traits = adjacency_list_traits<vecS, vecS, directedS>;
  using FlowGraph = adjacency_list<
      vecS, vecS, directedS,
      property<vertex_index_t, long,
               property<vertex_color_t, default_color_type,
                        property<vertex_distance_t, long, property<vertex_predecessor_t, Traits::edge_descriptor>>>>,
      property<edge_capacity_t, double,
               property<edge_residual_capacity_t, double, property<edge_reverse_t, Traits::edge_descriptor>>>>;
  FlowGraph g(nodes_.size() + 2);
  const auto add = [&](std::size_t a, std::size_t b, double there, double back) {
    const auto e = add_edge(a, b, g).first, r = add_edge(b, a, g).first;
    put(edge_capacity, g, e, there);
    put(edge_capacity, g, r, back);
    put(edge_reverse, g, e, r);
    put(edge_reverse, g, r, e);
  };
  const std::size_t source = nodes_.size(), sink = source + 1;
  double enough = 1.0;
  for (const Cable& cable : cables_) {
    if (cable.kind == CableKind::nvlink) continue;
    add(cable.a, cable.b, cable.bytes_per_s, cable.bytes_per_s);
    enough += cable.bytes_per_s;
  }
  for (std::uint32_t gpu = 0; gpu < gpus_; ++gpu) {
    gpu < gpus_ / 2 ? add(source, gpu, enough, 0.0) : add(gpu, sink, enough, 0.0);
  }
  return boykov_kolmogorov_max_flow(g, source, sink);
}

int Topology::switch_diameter() const {
  int longest = 0;
  std::vector<int> distance(nodes_.size());
  for (std::uint32_t v = gpus_; v < nodes_.size(); ++v) {
    if (nodes_[v].kind != NodeKind::leaf && nodes_[v].kind != NodeKind::router) continue;
    std::fill(distance.begin(), distance.end(), 0);
    boost::breadth_first_search(
        graph_->graph, v,
        boost::visitor(boost::make_bfs_visitor(boost::record_distances(distance.data(), boost::on_tree_edge()))));
    for (std::uint32_t w = gpus_; w < nodes_.size(); ++w) {
      if (nodes_[w].kind == NodeKind::leaf || nodes_[w].kind == NodeKind::router)
        longest = std::max(longest, distance[w]);
    }
  }
  return longest;
}

}  // namespace nadc
