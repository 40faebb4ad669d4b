// What a scenario says about triggers: rules on what a period was like, and what is done when they hold. What they mean
// exactly is said in triggers.hpp.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "models/policy/trigger_params.hpp"
#include "models/site/spec.hpp"
#include "sim/field.hpp"
#include "sim/law.hpp"
#include "sim/time.hpp"

namespace nadc {

enum class TriggerPeriod : int { day, week, month, quarter, year };

struct TriggerWhen {
  TriggerMetric metric = TriggerMetric::wait_mean;
  std::string of;                  // group; empty: all
  Tick longer = -1, shorter = -1;  // of waits; below 0: not said
  double above = -1, below = -1;   // of shares; likewise
  std::int64_t in_a_row = 1;
  static const FieldTable& fields();
};

// A tranche that is ordered when the trigger acts.
struct OrderSpec {
  std::string site, cluster;  // empty: the first
  std::string node;
  std::int64_t gpus = 0;
  Tick lead = 0;  // from the order to the planned delivery
  LawSpec delay;  // after that
  Owner owner = Owner::shared;
  Acquire how = Acquire::buy;
  static const FieldTable& fields();
};

struct QuotaMoveSpec {
  std::string from, to;
  double share = 0;  // of all GPUs
  static const FieldTable& fields();
};

struct PriceChangeSpec {
  double by = 1;   // factor
  std::string of;  // group; empty: all
  static const FieldTable& fields();
};

struct TriggerThen {
  std::optional<OrderSpec> order;
  std::optional<QuotaMoveSpec> quota;
  std::optional<PriceChangeSpec> price;
  static const FieldTable& fields();
};

struct TriggerSpec {
  std::string name;
  TriggerPeriod every = TriggerPeriod::quarter;
  TriggerWhen when;
  TriggerThen then;
  std::int64_t at_most = 1, pause = 0;
  static const FieldTable& fields();
};

}  // namespace nadc
