#include "models/site/spec.hpp"

#include "models/network/topology_words.hpp"

namespace nadc {

using namespace spec;

const FieldTable& NodeKindSpec::fields() {
  static const FieldTable table{
      "node",
      "One kind of node.",
      {
          spec::name(&NodeKindSpec::name, "Name of the node kind."),
          text(&NodeKindSpec::gpu, "gpu", required, "GPU kind.", ""),
          integer(&NodeKindSpec::gpus, "gpus", between(1, 72), required, "GPUs in a node.", ""),
          quantity(&NodeKindSpec::idle, "idle", not_negative, required, "Power of a node that runs nothing.", ""),
          quantity(&NodeKindSpec::busy, "busy", not_negative, required,
                   "Power of a node whose GPUs all train at intensity 1.", ""),
          quantity(&NodeKindSpec::down, "down", not_negative, "0 W", "Power of a node out of service.",
                   "assumption: switched off for repair"),
          number(&NodeKindSpec::h100e, "h100e", positive, required, "H100-equivalents a GPU.", ""),
          text(&NodeKindSpec::source, "source", required, "Where these figures come from.", ""),
      }};
  return table;
}

const FieldTable& TrancheSpec::fields() {
  static const FieldTable table{"tranche",
                                "GPUs of one kind that arrive together.",
                                {
                                    text(&TrancheSpec::node, "node", required, "Node kind of the catalog.", ""),
                                    integer(&TrancheSpec::gpus, "gpus", between(1, 100e6), required,
                                            "GPUs delivered; whole nodes, rounded up.", ""),
                                    spec::date(&TrancheSpec::date, "date", optional,
                                               "Planned date of entry into service; absent: at the start.", ""),
                                    law(&TrancheSpec::delay, "delay", Dimension::duration, not_negative, "0 s",
                                        "Delay after the planned date.", "assumption: on time"),
                                    choice(&TrancheSpec::owner, "owner", {"shared", "state", "investors"}, "shared",
                                           "Who pays and owns; shared: by policy.ownership.", "neutral default"),
                                    choice(&TrancheSpec::how, "how", {"buy", "rent", "lease"}, "buy",
                                           "Whether the GPUs are bought, rented by the hour, or leased "
                                           "(policy.lease).",
                                           "neutral default"),
                                }};
  return table;
}

const FieldTable& ClusterSpec::fields() {
  static const FieldTable table{
      "cluster",
      "Nodes on one fabric.",
      {
          text(&ClusterSpec::name, "name", required, "Name of the cluster.", ""),
          integer(&ClusterSpec::pod_nodes, "pod_nodes", at_least(1), "32", "Nodes below one group of leaf switches.",
                  "NVIDIA DGX SuperPOD H100: 32 nodes a scalable unit"),
          list(&ClusterSpec::tranches, "tranches", at_least(1), required, "Deliveries."),
          integer(&ClusterSpec::spares, "spares", between(0, 1e6), "0",
                  "Nodes of each kind that stand by, switched on, and take the place of one that fails.",
                  "neutral default"),
          quantity(&ClusterSpec::limit, "limit", not_negative, "0 W",
                   "Cap of the cluster's IT power, held as the site's at_limit says; 0: none.", "neutral default"),
          quantity(&ClusterSpec::gpu_power, "gpu_power", Dimension::ratio, {.min = 0.35, .max = 1}, "1",
                   "Power limit of every GPU, as a share of its draw above idle; slows its jobs.", "neutral default"),
          with_shapes(path_or(&ClusterSpec::topology, "topology", {"auto"}, "\"\"",
                              "Fabric of this cluster; absent: as network.topology.", "convention")),
          texts(&ClusterSpec::groups, "groups", "[]", "Groups that may use the cluster; none named: all groups.",
                "neutral default"),
      }};
  return table;
}

const FieldTable& SiteSpec::fields() {
  static const FieldTable table{
      "site",
      "A place with clusters and power.",
      {
          text(&SiteSpec::name, "name", required, "Name of the site.", ""),
          number(&SiteSpec::pue, "pue", at_least(1), "1.3", "Facility power over IT power.",
                 "assumption: a new air-cooled site; 1.1 to 1.6 in use"),
          list(&SiteSpec::clusters, "clusters", at_least(1), required, "Clusters of the site."),
          object(&SiteSpec::power, "power", "{}", "What the site may draw, and what it costs."),
      }};
  return table;
}

const FieldTable& FleetSpec::fields() {
  static const FieldTable table{
      "fleet",
      "The whole fleet: its size, and the short form of a scenario with one cluster.",
      {
          integer(&FleetSpec::gpus, "gpus", between(0, 100e6), "0",
                  "Total GPUs; scales the tranches in proportion, 0 leaves them as they are.", "neutral default"),
          text(&FleetSpec::node, "node", "\"\"", "Node kind of the short form without sites.", "neutral default"),
          integer(&FleetSpec::pod_nodes, "pod_nodes", at_least(1), "32", "Nodes of a pod of the short form.",
                  "NVIDIA DGX SuperPOD H100: 32 nodes a scalable unit"),
      }};
  return table;
}

const FieldTable& CatalogSpec::fields() {
  static const FieldTable table{
      "catalog",
      "Figures of hardware, each with its source.",
      {
          map(&CatalogSpec::nodes, "nodes", anything, "{}", "Node kinds by name."),
          map(&CatalogSpec::tariffs, "tariffs", anything, "{}", "Tariffs by name."),
          map(&CatalogSpec::climates, "climates", anything, "{}", "Climates by name."),
          map(&CatalogSpec::calendars, "calendars", anything, "{}", "Public holidays by name."),
      }};
  return table;
}

}  // namespace nadc
