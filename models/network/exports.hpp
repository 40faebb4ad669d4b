// A network for other programs: DOT (Graphviz), GraphML, and Slurm's topology.conf.
//
// DOT and GraphML hold every vertex and cable, parallel cables as one edge with a count; GraphML is what read_topology
// reads. Slurm, tree: the nodes below the same leaves (a rail-optimised unit, or one leaf; of several leaves the one
// with most of a node's GPUs) are a switch, pods or dragonfly groups the next, one switch on top. Slurm, block: NVLink
// domains of several nodes where there are such, else the same switches. Nodes are numbered from 0 as in the scenario.
// Sources: graphviz.org/doc/info/lang.html; graphml.graphdrawing.org; slurm.schedmd.com/topology.conf.html (from
// memory). Cost: O(vertices + cables). Errors: ErrorKind::usage for a prefix that no host name begins with.
#pragma once
#include <string>

#include "models/network/topology.hpp"

namespace nadc {

enum class Hosts : std::uint8_t { with, without };  // GPUs and their NVLink switches

std::string dot_of(const Topology& topology, Hosts hosts);
std::string graphml_of(const Topology& topology, Hosts hosts);
std::string slurm_tree_of(const Topology& topology, const std::string& node_prefix);
std::string slurm_blocks_of(const Topology& topology, const std::string& node_prefix);

}  // namespace nadc
