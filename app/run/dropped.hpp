// What is said of jobs that a result leaves out: how many were dropped, and why; and that some stood unseen.
#pragma once
#include <span>
#include <string>

namespace nadc {

// site: values of site_metrics(), of one replica or means of several. Empty when none was dropped.
std::string dropped_text(std::span<const double> site);
// One sentence for all levers, in their order; with one lever without its name. Empty where the window hid jobs in less
// than 1 % of the time everywhere.
std::string window_text(std::span<const std::string> levers, std::span<const double> window_full_shares);

}  // namespace nadc
