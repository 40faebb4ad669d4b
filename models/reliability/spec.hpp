// What a scenario says about failures, repairs and the store of checkpoints.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "sim/choice.hpp"
#include "sim/field.hpp"
#include "sim/law.hpp"

namespace nadc {

// One kind of failure among those that the hazard counts.
struct ModeSpec {
  std::string name;
  double share = 1;   // of the failures; relative weights
  double drains = 1;  // share that takes the node out; the rest ends with a restart of the job
  LawSpec repair;
  double speed = 1;  // of the jobs on the node; below 1 it degrades them until it is found out
  LawSpec detection;
  static const FieldTable& fields();
};

struct LemonsSpec {
  double share = 0;
  double factor = 1;
  static const FieldTable& fields();
};

struct CrewsSpec {
  std::int64_t crews = 0;  // 0: as many as needed
  std::int64_t from = 0, to = 24;
  static const FieldTable& fields();
};

// One event that takes many nodes.
struct OutageSpec {
  std::string name;
  std::int64_t nodes = 0;  // of a unit; 0: a whole partition
  double rate = 0;         // per 1,000 days of one unit
  Tick every = 0;          // planned: each unit once in this time
  LawSpec length;
  double uplinks = 0;  // share of the unit's uplinks that is lost; 0: the nodes go down
  static const FieldTable& fields();
};

struct StoreSpec {
  BytesPerSecond write{0};  // 0: checkpoints cost what their class says
  BytesPerSecond write_per_node{0};
  BytesPerSecond copy_per_node{0};
  Tick latency = 0;
  static const FieldTable& fields();
};

struct ReliabilitySpec {
  ChoiceValue hazard;
  LawSpec repair;
  std::vector<ModeSpec> modes;
  LemonsSpec lemons;
  CrewsSpec crews;
  std::vector<OutageSpec> outages;
  StoreSpec store;
  static const FieldTable& fields();
};

}  // namespace nadc
