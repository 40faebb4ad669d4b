// Rules on what a period was like, made once a point: policy.triggers (models/policy/trigger_spec.hpp).
#pragma once
#include <cstdint>

#include "models/access/exact_share.hpp"
#include "models/ids.hpp"
#include "sim/platform.hpp"
#include "sim/time.hpp"

namespace nadc {

enum class TriggerMetric : std::uint32_t { wait_mean, wait_p90, utilization, group_use };
enum class TriggerSide : std::uint32_t { above, below };

NADC_HD constexpr bool is_of_waits(TriggerMetric metric) {
  return metric == TriggerMetric::wait_mean || metric == TriggerMetric::wait_p90;
}

struct TriggerParams {
  TriggerMetric metric;
  TriggerSide side;
  GroupId of;                       // whose; invalid: all
  Tick wait;                        // threshold of waits
  ExactShare share;                 // threshold of shares
  std::uint32_t in_a_row;           // periods for which it has to hold
  std::uint32_t at_most;            // times that it acts
  std::uint32_t pause;              // periods after an act that do not count
  std::uint32_t first_look, looks;  // rows of Point::looks
  std::uint32_t orders;             // 1: each act orders the tranche of its number
  GroupId from, to;                 // between whose quotas a share moves; invalid: none does
  std::uint32_t moves;              // share of all GPUs, in units of 10⁻⁹
  double price;                     // factor on it; 1: as it is
  GroupId price_of;                 // invalid: of all groups
};

// What a trigger may order, for the account.
struct OrderMoney {
  TriggerId trigger;
  std::uint32_t act;  // of the trigger, from 0
  PartitionId partition;
  std::int64_t nodes, gpus;   // gpus: of all nodes
  std::int64_t state_ppm;     // the state's part
  std::int64_t rent_krw;      // a year; 0: they are bought
  Tick lead;                  // from the order to the planned delivery, when it is paid
  std::uint32_t first_price;  // row of Point::order_prices, of the trigger's first look
};

}  // namespace nadc
