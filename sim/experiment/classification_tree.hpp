// A second opinion to PRIM: a small classification tree (Breiman, Friedman, Olshen and Stone 1984, Classification and
// Regression Trees).
//
// Splits are of one input at the middle between two values and take the greatest fall of the Gini impurity; at most
// `depth` splits deep, no leaf below max(5, 5 % of the rows), no split that lowers the impurity of all rows by less
// than 1 % of the root's. The answer is the leaves in which cases are the majority, or, when there is none, at least
// twice as frequent as everywhere, the fullest first, each as a box with coverage and density; the quasi-p-values are
// those of describe_box (sim/experiment/prim.hpp).
//
// inputs: shape (row, input); y: shape (row), 0 or 1. Rows with a NaN are left out. Throws Error(usage) when the
// numbers of rows differ. O(depth × inputs × n log n).
#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "sim/experiment/prim.hpp"

namespace nadc {

std::vector<ScenarioBox> case_leaves(MatrixView inputs, std::span<const double> y, unsigned depth = 2);

}  // namespace nadc
