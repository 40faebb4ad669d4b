// The levers of a command line.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "app/study/study.hpp"

namespace nadc {

// Numbers of the levers named in a list with commas, ascending; all when it is empty. A name may hold a comma itself
// (levers of a grid), so the longest known name wins. Error (usage) for an unknown one.
std::vector<std::uint32_t> parse_levers(const Study& study, const std::string& list);

}  // namespace nadc
