// Seam hazard: how often a node fails now, in failures per 1,000 node-days. Candidates come at the study's greatest
// rate and are thinned by this, so it may depend on the node and its age.
#pragma once
#include <cstdint>
#include <string_view>

#include "models/ids.hpp"
#include "sim/platform.hpp"
#include "sim/seam.hpp"
#include "sim/time.hpp"

namespace nadc {

struct HazardView {
  StudyNodeId node;
  Tick age;  // since the node entered service
};

struct ConstantHazard {
  double rate = 0;  // failures per 1,000 node-days

  static constexpr std::string_view name = "constant";
  static constexpr std::string_view help = "The same rate for every node at all times.";
  static const FieldTable& fields();
  NADC_HD double operator()(const HazardView&) const { return rate; }
  double greatest() const { return rate; }
  double long_run() const { return rate; }
};

// Nodes fail `excess` times more often in their first `period`, falling linearly to the long-run rate.
struct InfantHazard {
  double rate = 0;
  double excess = 0;
  Tick period = 0;

  static constexpr std::string_view name = "infant";
  static constexpr std::string_view help = "A higher rate after delivery that falls linearly to the long-run rate.";
  static const FieldTable& fields();
  NADC_HD double operator()(const HazardView& view) const {
    if (view.age >= period) return rate;
    return rate * (1.0 + excess * (1.0 - static_cast<double>(view.age) / static_cast<double>(period)));
  }
  double greatest() const { return rate * (1.0 + excess); }
  double long_run() const { return rate; }
};

using Hazards = Seam<ConstantHazard, InfantHazard>;

}  // namespace nadc
