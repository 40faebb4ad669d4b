// What a scenario says about node failures and repairs.
#pragma once
#include "sim/choice.hpp"
#include "sim/field.hpp"
#include "sim/law.hpp"

namespace nadc {

struct ReliabilitySpec {
  ChoiceValue hazard;
  LawSpec repair;
  static const FieldTable& fields();
};

}  // namespace nadc
