// What a scenario says about who starts when and where.
#pragma once
#include <cstdint>

#include "models/scheduler/backfill.hpp"
#include "sim/choice.hpp"
#include "sim/field.hpp"

namespace nadc {

// What happens to a job that reaches its request.
enum class TimeLimit : int { none, kill };

struct SchedulerSpec {
  ChoiceValue order;
  ChoiceValue place;
  Backfill backfill = Backfill::easy;
  std::int64_t window = 0;  // queued jobs that ordering and backfill see; 0: all
  TimeLimit limit = TimeLimit::none;
  std::int64_t queue = -1;  // jobs that may wait, more are turned away; -1: any number
  static const FieldTable& fields();
};

struct AccessSpec {
  ChoiceValue admit;
  static const FieldTable& fields();
};

}  // namespace nadc
