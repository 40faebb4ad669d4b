// Which uncertain scalars matter to an outcome. Two ways.
//
// 1. influence(): from the plain rows of any study, at no extra cost.
//    * srrc: standardised rank regression coefficient, and r2: the share of the ranks' variance that the regression
//      explains (Saltelli and Marivoet 1990); prcc: partial rank correlation (Iman and Conover 1979). All three come
//      from the inverse C⁻¹ of the rank correlations of inputs and outcome: -c_iy / c_yy, 1 - 1 / c_yy, -c_iy / √(c_ii
//      c_yy). Good for monotone outcomes; correlated inputs are allowed.
//    * first_order: Sobol' index Var(E[y | x_i]) / Var(y), by binning rows into M groups of equal count by x_i
//    (given-data
//      estimate; Plischke, Borgonovo and Smith 2013), corrected for the chance spread of group means (Kelley's epsilon
//      squared), so that it is centred on 0 for an input without effect and may come out slightly negative. Not
//      monotone only. A smooth outcome loses about 1/M² to the width of the bins. Correlated inputs borrow from each
//      other.
// 2. sobol_indices(): first-order and total indices from a study whose samples were laid out by saltelli_point(): (d +
// 2) rows
//    a base point. First order by Saltelli et al. 2010 (Computer Physics Communications 181, table 2 b), total by
//    Jansen 1999. Independent inputs only.
//
// Outcomes of several replicas should be averaged first: the noise of a single replica otherwise counts as an
// interaction.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "sim/experiment/design.hpp"
#include "sim/experiment/estimate.hpp"
#include "sim/experiment/matrix.hpp"

namespace nadc {

struct InputInfluence {
  double srrc;
  double prcc;
  double first_order;
  double noise;  // standard deviation of first_order for an input without effect; below 2 × noise: not seen
};

struct Influence {
  std::vector<InputInfluence> inputs;  // shape (dimension)
  double r2;                           // of the rank regression; first_order sees what it misses
  std::uint64_t n;                     // rows with all values
};

// inputs: shape (row, dimension); outcome: shape (row). Rows with a NaN are left out. Constant inputs have 0
// everywhere. Below dimension + 3 rows or with a constant outcome all are 0; where inputs determine each other the
// regression's three are NaN. Throws Error(usage) when the numbers of rows differ. O(d n log n + d² n + d³).
Influence influence(MatrixView inputs, std::span<const double> outcome);

// Point of row `row` of a Saltelli layout over a design of 2 d dimensions. Row = base · (d + 2) + variant: variant 0 is
// A (the first d dimensions), 1 is B (the last d), 2 + i is A with coordinate i from B. u has d values. Throws
// Error(usage) for an odd or correlated design, or another length of u.
void saltelli_point(const Design& design, std::uint32_t row, std::span<double> u);

struct SobolIndex {
  double first, total;
  ConfidenceInterval first_ci95, total_ci95;  // delete-a-group jackknife, 20 groups; unbounded below 40 base points
};

// outcomes: shape (base, d + 2) as laid out by saltelli_point(). Base points with a NaN are left out.
// A constant outcome gives 0. Throws Error(usage) below 3 columns.
std::vector<SobolIndex> sobol_indices(MatrixView outcomes);

}  // namespace nadc
