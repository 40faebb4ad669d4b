// What is said of jobs that never were: how many were dropped, and why.
#pragma once
#include <span>
#include <string>

namespace nadc {

// site: values of site_metrics(), of one replica or means of several. Empty when none was dropped.
std::string dropped_text(std::span<const double> site);

}  // namespace nadc
