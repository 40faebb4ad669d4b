// Checks of the network room against published tables and closed forms.
#pragma once
#include "models/validation.hpp"

namespace nadc {

// The rows that rest on published figures alone. The flow instances and step-time tables live outside of the
// repository; `folder` names where they stand (network/, reference/), and adds their rows when they are there.
std::vector<ValidationRow> validate_network(const std::string& folder = {});

}  // namespace nadc
