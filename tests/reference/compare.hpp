// Runs the reference and the loop on one scenario and says where they differ first.
#pragma once
#include <string>
#include <vector>

#include "tests/models/world_fixture.hpp"
#include "tests/reference/history.hpp"

namespace nadc::reference {

// What a comparison is made of: a scenario, a trace where it replays one, and which random history.
struct Case {
  Scenario scenario;
  std::vector<TraceInput> jobs;  // none: synthetic
  std::uint64_t seed = 1;
  std::uint32_t replica = 0;
};

struct Comparison {
  std::string difference;  // empty: none
  std::uint64_t starts = 0, stops = 0, ends = 0, moments = 0, totals = 0;
};

Comparison compare(const Case& one);

// Its histories, for a closer look.
History loop_history(const test::Study& study, std::uint32_t replica);

}  // namespace nadc::reference
