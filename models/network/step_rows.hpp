// The shared tables of measured training steps, as requests.
#pragma once
#include <string>
#include <vector>

#include "models/network/steptime.hpp"

namespace nadc {

struct StepRow {
  std::string table, name, source;
  StepRequest request;
  double measured_s = 0.0;
};
// Rows of the three tables in the folder; tables that are absent give none.
std::vector<StepRow> read_step_rows(const std::string& folder);

}  // namespace nadc
