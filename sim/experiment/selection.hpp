// Which of k levers is best, with a guarantee, from observations that are common to all (column j of every lever saw
// the same world): subset selection and multiple comparisons with the best by paired differences (Student's t, widened
// where they are skewed: sim/experiment/mean_inference.hpp) and Bonferroni's inequality over the k - 1 comparisons that
// involve the best lever (Gupta 1965; Hsu 1984; Nelson and Matejcik 1995, Management Science 41).
//
// With probability at least `confidence` (observations normal, or many; nearly so when skewed): the best lever is among
// the survivors, and the chosen lever is no more than `gap` worse than the best. The guarantee is for one look at the
// data; a study that looks several times and may act each time states how many looks and splits the error over them.
//
// One observation is one independent unit: give sample means (sim/experiment/estimate.hpp), or replicas where there is
// one sample. Two levers are compared over the observations where both have a value. O(k² n).
#pragma once
#include <cstdint>
#include <vector>

#include "sim/experiment/compare.hpp"
#include "sim/experiment/matrix.hpp"

namespace nadc {

struct LeverSelection {
  std::size_t chosen;                  // lever with the best mean; the lowest index among equals
  std::vector<std::size_t> survivors;  // levers that may still be the best, in index order
  double gap;                          // upper bound of how much worse than the best the chosen lever is, >= 0
  std::vector<double> means;           // shape (lever)

  bool decided() const { return survivors.size() == 1; }
};

// levers: shape (lever, observation). A lever without any value is never chosen and always survives: nothing is known
// of it. Throws Error(usage) for no lever, no lever with values, looks of 0, or a confidence outside (0, 1).
LeverSelection select_best(MatrixView levers, Better better, double confidence = 0.95, unsigned looks = 1);

}  // namespace nadc
