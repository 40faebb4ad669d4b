#include "sim/experiment/bracket.hpp"

#include <cmath>

#include "sim/error.hpp"

namespace nadc {

std::vector<Bracket> sign_changes(const BracketSearch& search, const std::function<int(double)>& sign) {
  if (!(search.low < search.high) || !(search.within > 0) || !(search.step >= 0) || search.points < 2)
    throw Error(ErrorKind::usage, "a bracket needs a range, a width above 0 and two values or more");
  const auto snapped = [&](double x) { return search.step > 0 ? std::round(x / search.step) * search.step : x; };
  std::vector<std::pair<double, int>> grid;
  for (int i = 0; i < search.points; ++i) {
    const double x = snapped(search.low + (search.high - search.low) * i / (search.points - 1));
    if (grid.empty() || x > grid.back().first) grid.emplace_back(x, sign(x));
  }
  std::vector<Bracket> found;
  for (std::size_t i = 1; i < grid.size(); ++i) {
    if (grid[i - 1].second == grid[i].second) continue;
    Bracket bracket{grid[i - 1].first, grid[i].first, grid[i - 1].second, grid[i].second};
    while (bracket.high - bracket.low > search.within) {
      const double middle = snapped(bracket.low + (bracket.high - bracket.low) / 2);
      if (!(middle > bracket.low) || !(middle < bracket.high)) break;
      const int here = sign(middle);
      (here == bracket.before ? bracket.low : bracket.high) = middle;
      if (here != bracket.before) bracket.after = here;
    }
    found.push_back(bracket);
  }
  return found;
}

}  // namespace nadc
