// What a scenario says about sites, clusters, node kinds and deliveries.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "models/power/spec.hpp"
#include "sim/field.hpp"
#include "sim/law.hpp"

namespace nadc {

// One kind of node, from scenarios/catalog/nodes.yaml. Power of the whole node, before the facility's losses.
struct NodeKindSpec {
  std::string name;
  std::string gpu;
  std::int64_t gpus = 8;   // GPUs in a node
  std::int64_t parts = 1;  // equal parts that a node was cut into for a pool, of which this is one; not read
  Watts idle{0};           // in service, no job
  Watts busy{0};           // all GPUs in a training job of intensity 1
  Watts down{0};           // out of service
  double h100e = 1.0;      // H100-equivalents a GPU, by the benchmark that `source` names
  std::string source;
  static const FieldTable& fields();
};

// Who pays and owns: the state, private investors, or both by policy.ownership.
enum class Owner : int { shared, state, investors };
enum class Acquire : int { buy, rent, lease };

// GPUs of one kind that arrive together.
struct TrancheSpec {
  std::string node;
  std::int64_t gpus = 0;
  std::int64_t date = 0;  // [s since 1970] planned delivery; 0: there from the start
  LawSpec delay;          // after the planned date
  Owner owner = Owner::shared;
  Acquire how = Acquire::buy;
  static const FieldTable& fields();
};

// Nodes on one fabric. A pod is the set of nodes below one group of leaf switches.
struct ClusterSpec {
  std::string name;
  std::int64_t pod_nodes = 32;
  std::vector<TrancheSpec> tranches;
  std::int64_t spares = 0;          // nodes of each kind that stand by
  Watts limit{0};                   // IT power of the cluster; 0: none
  double gpu_power = 1;             // power limit of every GPU, as a share of its draw above idle
  std::string topology;             // empty: as network.topology
  std::vector<std::string> groups;  // that may use it; empty: all
  static const FieldTable& fields();
};

struct SiteSpec {
  std::string name;
  double pue = 1.3;  // facility power over IT power
  std::vector<ClusterSpec> clusters;
  SitePowerSpec power;
  static const FieldTable& fields();
};

// The short form (one site, one cluster, one kind, there from the start) when there are no sites; with sites, `gpus`
// scales all tranches in proportion.
struct FleetSpec {
  std::int64_t gpus = 0;  // 0: as the tranches say
  std::string node;
  std::int64_t pod_nodes = 32;
  static const FieldTable& fields();
};

struct CatalogSpec {
  std::vector<NodeKindSpec> nodes;
  std::vector<TariffSpec> tariffs;
  std::vector<ClimateSpec> climates;
  std::vector<CalendarSpec> calendars;
  static const FieldTable& fields();
};

}  // namespace nadc
