#include "models/reliability/spec.hpp"

#include "models/reliability/hazard.hpp"

namespace nadc {

using namespace spec;

namespace {

void mode_is_sound(const ModeSpec& mode, std::vector<Complaint>& complaints) {
  if (!(mode.speed > 0)) complaints.push_back({"speed", "must be above 0", "a node that stops its jobs drains"});
}
void crews_have_a_shift(const CrewsSpec& crews, std::vector<Complaint>& complaints) {
  if (crews.to <= crews.from)
    complaints.push_back({"to", "the shift ends before it begins", "hours of one day: 0 to 24 is round the clock"});
}
void outage_has_a_cause(const OutageSpec& outage, std::vector<Complaint>& complaints) {
  if (outage.rate > 0 && outage.every > 0)
    complaints.push_back({"every", "has a rate as well", "give rate for chance, or every for what is planned"});
}

}  // namespace

const FieldTable& ModeSpec::fields() {
  static const FieldTable table{
      "mode",
      "One kind of failure of a node.",
      {
          spec::name(&ModeSpec::name, "Name of the kind of failure."),
          number(&ModeSpec::share, "share", not_negative, required, "Relative share of the failures.", ""),
          quantity(&ModeSpec::drains, "drains", Dimension::ratio, fraction, "1",
                   "Share that takes the node out for repair; the rest ends with a restart on the spot.",
                   "neutral default"),
          law(&ModeSpec::repair, "repair", Dimension::duration, not_negative, "1 d", "Work of a crew.",
              "assumption: next-day repair; 1 h to 7 d"),
          quantity(&ModeSpec::speed, "speed", Dimension::ratio, fraction, "1",
                   "Below 1: the node's jobs go on at this speed until the fault is found, then the node is drained.",
                   "neutral default"),
          law(&ModeSpec::detection, "detection", Dimension::duration, not_negative, "1 h",
              "Time until a slow node is found.", "assumption: 5 min to 1 d"),
      },
      check_with<&mode_is_sound>};
  return table;
}

const FieldTable& LemonsSpec::fields() {
  static const FieldTable table{"lemons",
                                "Nodes that fail far more often than the others.",
                                {
                                    quantity(&LemonsSpec::share, "share", Dimension::ratio, fraction, "0",
                                             "Share of the nodes.", "neutral default"),
                                    number(&LemonsSpec::factor, "factor", at_least(1), "10",
                                           "How much more often they fail.", "assumption: 3 to 30"),
                                }};
  return table;
}

const FieldTable& CrewsSpec::fields() {
  static const FieldTable table{
      "crews",
      "Who repairs nodes, one at a time each.",
      {
          integer(&CrewsSpec::crews, "crews", between(0, 1e6), "0", "Crews; 0: as many as needed.", "neutral default"),
          integer(&CrewsSpec::from, "from", between(0, 23), "0", "Hour at which their shift begins.",
                  "neutral default"),
          integer(&CrewsSpec::to, "to", between(1, 24), "24", "Hour at which it ends.", "neutral default"),
      },
      check_with<&crews_have_a_shift>};
  return table;
}

const FieldTable& OutageSpec::fields() {
  static const FieldTable table{
      "outage",
      "One event that takes all nodes of a unit: a rack, a pod, a switch, or maintenance.",
      {
          spec::name(&OutageSpec::name, "Name of the kind of outage."),
          integer(&OutageSpec::nodes, "nodes", between(0, 1e6), required,
                  "Consecutive nodes of a unit; 0: all of one kind in a cluster.", ""),
          number(&OutageSpec::rate, "rate", not_negative, "0", "Outages per 1,000 days of one unit.",
                 "neutral default"),
          spec::duration(&OutageSpec::every, "every", not_negative, "0 s",
                         "Planned: each unit in turn, once in this time; jobs save their work first.",
                         "neutral default"),
          law(&OutageSpec::length, "length", Dimension::duration, not_negative, required, "Time until it is over.", ""),
          quantity(
              &OutageSpec::uplinks, "uplinks", Dimension::ratio, fraction, "0",
              "Share of the unit's uplinks that is lost, by a cable, an optic or a switch above it; its nodes stay "
              "in service. 0: the nodes go down.",
              "neutral default"),
      },
      check_with<&outage_has_a_cause>};
  return table;
}

const FieldTable& StoreSpec::fields() {
  static const FieldTable table{
      "store",
      "Where checkpoints are written.",
      {
          quantity(&StoreSpec::write, "write", not_negative, "0 B/s",
                   "Bandwidth that all writers share; 0: checkpoints cost what their class says.", "neutral default"),
          quantity(&StoreSpec::write_per_node, "write_per_node", positive, "10 GB/s", "At most, of one node.",
                   "assumption: one 100 Gbit/s storage port a node; 5 to 50 GB/s"),
          quantity(&StoreSpec::copy_per_node, "copy_per_node", positive, "160 GB/s",
                   "Copy to host memory, for checkpoints in the background.",
                   "assumption: 20 GB/s a GPU over PCIe; 80 to 400 GB/s"),
          spec::duration(&StoreSpec::latency, "latency", not_negative, "1 s", "Open, barrier and metadata.",
                         "assumption: 0.1 to 10 s"),
      }};
  return table;
}

const FieldTable& ReliabilitySpec::fields() {
  static const FieldTable table{
      "reliability",
      "Failures of nodes and their repair.",
      {
          one_of(&ReliabilitySpec::hazard, "hazard", &Hazards::alternatives, "{constant: {rate: 0}}",
                 "How often a node fails.", "neutral default: no failures"),
          law(&ReliabilitySpec::repair, "repair", Dimension::duration, not_negative, "1 d",
              "Time from failure to return to service, without modes.", "assumption: next-day repair; 1 h to 7 d"),
          map(&ReliabilitySpec::modes, "modes", anything, "{}",
              "Kinds of failure by name; none: each takes its node out for `repair`."),
          object(&ReliabilitySpec::lemons, "lemons", "{}", "Nodes that fail far more often."),
          object(&ReliabilitySpec::crews, "crews", "{}", "Who repairs nodes."),
          map(&ReliabilitySpec::outages, "outages", anything, "{}", "Outages of several nodes at once, by name."),
          object(&ReliabilitySpec::store, "store", "{}", "Where checkpoints are written."),
      }};
  return table;
}

}  // namespace nadc
