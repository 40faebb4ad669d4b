// Small random worlds in which every seam meets every other. A world is a choice in each of some thirty dimensions
// (order, backfill, place, access, failures, limits, …) and a seed; choice 0 is always the plain one, so a world is
// made simpler by setting a dimension back, and nothing else about it changes.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/reference/compare.hpp"

namespace nadc::reference {

struct Dimension {
  std::string_view name;
  std::vector<std::string_view> choices;  // the first is the plain one
};
const std::vector<Dimension>& dimensions();

struct Choices {
  std::uint64_t seed = 1;
  std::vector<int> of;  // (dimension)

  int operator[](std::string_view dimension) const;
  int& operator[](std::string_view dimension);
};

// Every dimension but some at random.
Choices random_choices(std::uint64_t seed);
// "seed=7 order=shortest place=pack …": what is not named is plain. Throws std::invalid_argument.
Choices read_choices(const std::string& text);
std::string text_of(const Choices& choices);

Case case_of(const Choices& choices);

// The jobs that the synthetic workload of a case would send, as a trace.
Case as_trace(const Case& one);

}  // namespace nadc::reference
