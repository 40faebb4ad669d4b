// A decision with won and times in units for people: ranking, weights and the value of information. Thresholds and
// inputs keep the units in which they are given.
#pragma once
#include "app/decide/decide.hpp"
#include "app/sweep/shown_units.hpp"

namespace nadc {

Decision shown_in(Decision decision, const Units& units);

}  // namespace nadc
