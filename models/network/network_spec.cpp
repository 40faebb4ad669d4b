#include "models/network/network_spec.hpp"

#include "models/network/pace.hpp"
#include "models/network/topology_words.hpp"

namespace nadc {

using namespace spec;

bool NetworkSpec::uses_table() const { return model == NetworkModel::table || Paces::holds<PaceTable>(pace); }

namespace {

void one_model(const NetworkSpec& network, std::vector<Complaint>& complaints) {
  if (network.model != NetworkModel::none && Paces::holds<PodSpread>(network.pace))
    complaints.push_back(
        {"pace", "stands beside network.model, and both say how fast jobs run", "leave out one of them"});
  if (network.model == NetworkModel::flow && Paces::holds<PaceTable>(network.pace))
    complaints.push_back({"pace", "is table, and network.model is flow", "leave out one of them"});
  if (network.uses_table() && network.table.empty())
    complaints.push_back({"table", "is missing, and jobs run by the table",
                          "make it with nadc network calibrate SCENARIO -o table.yaml"});
  if (!network.uses_table() && !network.table.empty())
    complaints.push_back({"table", "has no effect", "set network.model: table"});
}

}  // namespace

const FieldTable& PodSpread::fields() {
  static const FieldTable table{
      "spread",
      "Slow-down of communication across pods.",
      {
          quantity(&PodSpread::penalty, "penalty", Dimension::ratio, not_negative, required,
                   "How much longer communication across pods takes on an idle network.", ""),
          quantity(&PodSpread::contention, "contention", Dimension::ratio, not_negative, "0",
                   "How much longer again at full load of the upper tiers.", "neutral default"),
      }};
  return table;
}

const FieldTable& NetworkSpec::fields() {
  static const FieldTable table{
      "network",
      "What the network costs a job.",
      {
          one_of(&NetworkSpec::pace, "pace", &Paces::alternatives, "none", "How fast a job runs where it was placed.",
                 "neutral default"),
          choice(&NetworkSpec::model, "model", {"none", "table", "flow"}, "none",
                 "What jobs cost one another on the wire: nothing but pace, a calibrated table, or exact flows (host "
                 "only).",
                 "neutral default"),
          with_shapes(path_or(
              &NetworkSpec::topology, "topology", {"auto"}, "auto",
              "Fabric of every cluster that names none: a topology file, a kind, or auto, a rail-fat-tree of the "
              "cluster's size; for table and flow.",
              "convention")),
          choice(&NetworkSpec::routing, "routing", {"d-mod-k", "ecmp", "spray", "adaptive", "valiant"}, "spray",
                 "How flows take their links.", "convention: what adaptive routing reaches for"),
          quantity(&NetworkSpec::all_to_all, "all_to_all", Dimension::ratio, fraction, "25 %",
                   "Share of a job's traffic that goes from every node to every other; the rest goes in rings.",
                   "assumption: rings of data parallelism, with some tree, pipeline and expert traffic; 0 to 1"),
          path(&NetworkSpec::table, "table", "\"\"", "File of response surfaces, from nadc network calibrate.",
               "neutral default"),
      },
      check_with<&one_model>};
  return table;
}

}  // namespace nadc
