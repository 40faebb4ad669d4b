// What a scenario says about power draw.
#pragma once
#include "sim/choice.hpp"
#include "sim/field.hpp"

namespace nadc {

struct PowerSpec {
  ChoiceValue draw;
  static const FieldTable& fields();
};

}  // namespace nadc
