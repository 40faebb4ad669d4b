// nadc sweep --select METRIC --within D: what is asked for, and what was found
// (sim/experiment/sequential_selection.hpp).
#pragma once
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "app/study/study.hpp"
#include "app/sweep/sweep.hpp"

namespace nadc {

// "METRIC", or "METRIC:lower" or ":higher" against what the study, or custom, calls better. levers: how many take part.
// Errors: Error (usage).
SelectRequest parse_select(const std::string& text, double within, const Study& study, std::size_t levers);

// To quote.
std::string selection_text(const SequentialSelection& selection, const SelectRequest& select,
                           const std::vector<std::string>& levers, std::uint64_t replicas);
nlohmann::ordered_json selection_json(const SequentialSelection& selection, const SelectRequest& select,
                                      const std::vector<std::string>& levers);

}  // namespace nadc
