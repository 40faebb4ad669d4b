// What kind of failure struck, and outages that take several nodes at once. Parameters of the loop; the functions are
// in datacenter.hpp.
#pragma once
#include <cstdint>

#include "sim/law.hpp"
#include "sim/platform.hpp"

namespace nadc {

// One kind of failure of a node. A failure interrupts the jobs of its node; then the node is drained for repair, or
// serves on at once. A degrading one slows the node's jobs instead, until it is found out: then the node is drained.
struct FailureMode {
  std::uint32_t below;      // chosen when the 32-bit uniform is below this and not below the one before; the last: all
  std::uint32_t drains;     // threshold of a 32-bit uniform: the node needs repair
  std::uint32_t speed_q16;  // of the jobs on the node; full: it does not degrade but interrupts
  Law repair, detection;
};

// Outages of one kind: a rack, a pod, a switch, a whole cluster; or planned maintenance, unit after unit. Units are
// consecutive nodes of a partition.
struct OutageParams {
  std::uint32_t nodes;    // of a unit; 0: the whole partition
  std::uint32_t planned;  // announced: in turn, and jobs save their work first
  std::uint32_t active;
  double share;  // of the candidates, which come at the study's greatest rate
  Law gap;       // between candidates over all units of the study
  Law length;
  std::uint32_t uplinks_q16;  // share of its uplinks that a unit loses, in 1/65,536; 0: the nodes go down
};

}  // namespace nadc
