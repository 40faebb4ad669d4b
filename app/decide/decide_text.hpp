// A decision for people: a table or a few a section, and as one flat table for programs.
#pragma once
#include <string>

#include "app/decide/decide.hpp"
#include "app/io/table.hpp"

namespace nadc {

enum class Length { page, all };

// page: the three best levers of an outcome and the ten most telling lines of a section, and how many more there are.
std::string decision_text(const Decision& decision, Format format, Length length);

// One line a number: section, outcome, lever, input, quantity, value, low, high.
Table decision_table(const Decision& decision);

}  // namespace nadc
