// Scenario discovery: where in the space of the inputs the cases of interest lie, as one box.
//
// Patient rule induction (Friedman and Fisher 1999, Statistics and Computing 9, sections 8 and 9), as scenario
// discovery uses it (Bryant and Lempert 2010, Technological Forecasting and Social Change 77). Cases are rows with y
// = 1. The box begins as everything; each step peels off the slab, at the low or high end of one input, about `peel` of
// the rows in the box, that leaves the highest share of cases; it stops at `least_support` rows. Every step is a box of
// the trajectory. The box chosen has the greatest harmonic mean of
//   coverage  cases in the box / all cases,    density  cases in the box / rows in the box
// (the greatest F1); where it comes out with several, the first. Then slabs are pasted back while the F1 rises, and a
// restriction goes when the box is no worse without it, or when its quasi-p-value is above 5 %.
//
// Quasi-p-value of a restriction: the chance that as many of the box's rows would be cases if they were drawn from the
// rows of the box without that restriction, P(Binomial(rows, density without) >= cases). It is quasi because the box
// was chosen to be dense: read it as a warning when it is large, never as proof when it is small.
//
// inputs: shape (row, input); y: shape (row), 0 or 1. Rows with a NaN are left out. No box (no restriction) where there
// are no cases, only cases, or too few rows. Throws Error(usage) when the numbers of rows differ.
// O(steps × inputs × rows).
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/experiment/matrix.hpp"

namespace nadc {

struct BoxSide {
  std::size_t input;
  double low, high;  // both ends included; infinite where the box does not restrict
  double quasi_p;
};

struct ScenarioBox {
  std::vector<BoxSide> sides;  // by input; empty: no box
  double coverage = 1.0, density = 0.0;
  std::uint64_t rows = 0, cases = 0;          // in the box
  std::uint64_t all_rows = 0, all_cases = 0;  // that count
};

struct PrimOptions {
  double peel = 0.05;
  double least_support = 0.05;  // share of rows, and never fewer than 5 rows
};

ScenarioBox find_box(MatrixView inputs, std::span<const double> y, PrimOptions options = {});

// What a given box holds: coverage, density and quasi-p-values. Sides without a restriction are dropped.
ScenarioBox describe_box(MatrixView inputs, std::span<const double> y, std::vector<BoxSide> sides);

}  // namespace nadc
