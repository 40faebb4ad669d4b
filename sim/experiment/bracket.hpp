// Where the sign of a difference changes along one scalar, by bisection between values of a coarse grid.
//
// sign(x) is −1, 0 or 1, and asked once for each x. Between two neighbours of the grid with different signs the place
// where the sign of the left one is left is bisected until it is known within `within`, or to the step. Two changes
// between neighbours of the grid stay unseen: that is what `points` is for.
#pragma once
#include <functional>
#include <vector>

namespace nadc {

struct BracketSearch {
  double low = 0, high = 0;  // low < high
  double within = 0;         // widest bracket that is narrow enough; above 0
  double step = 0;           // values asked for are multiples of it; 0: any
  int points = 5;            // of the grid, both ends among them; at least 2
};

struct Bracket {
  double low, high;   // both were asked
  int before, after;  // signs there; they differ
};

// In order. Throws Error (usage) where no grid fits into the search.
std::vector<Bracket> sign_changes(const BracketSearch& search, const std::function<int(double)>& sign);

}  // namespace nadc
