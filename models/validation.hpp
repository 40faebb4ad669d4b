// One check of the simulator against something outside it. Every model hands in its rows; `nadc validate` prints them.
#pragma once
#include <string>
#include <vector>

namespace nadc {

// Holds when |computed / expected − 1| ≤ tolerance; when expected is 0, when |computed| ≤ tolerance.
struct ValidationRow {
  std::string group, name;
  double computed, expected, tolerance;
  std::string unit, source;
};

std::vector<ValidationRow> validate_power();
std::vector<ValidationRow> validate_reliability();
std::vector<ValidationRow> validate_reliability_simulated();  // runs replicas: a second or so

}  // namespace nadc
