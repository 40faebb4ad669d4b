#include "sim/experiment/prim.hpp"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <limits>
#include <optional>

namespace nadc {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double quasi_p_allowed = 0.05;

struct Range {
  double low = -infinity, high = infinity;
  bool holds(double x) const { return x >= low && x <= high; }
  bool restricts() const { return low > -infinity || high < infinity; }
};
using Box = std::vector<Range>;  // (input)

struct Rows {
  std::vector<std::vector<double>> x;  // (row, input)
  std::vector<bool> is_case;
  std::uint64_t cases = 0;
};

Rows rows_of(MatrixView inputs, std::span<const double> y) {
  if (inputs.rows() != y.size()) throw Error(ErrorKind::usage, "inputs and cases have different numbers of rows");
  Rows rows;
  for (std::size_t r = 0; r < inputs.rows(); ++r) {
    const auto row = inputs.row(r);
    if (std::isnan(y[r]) || std::any_of(row.begin(), row.end(), [](double v) { return std::isnan(v); })) continue;
    rows.x.emplace_back(row.begin(), row.end());
    rows.is_case.push_back(y[r] > 0.5);
    rows.cases += y[r] > 0.5;
  }
  return rows;
}

struct Count {
  std::uint64_t rows = 0, cases = 0;
  double density() const { return rows > 0 ? static_cast<double>(cases) / static_cast<double>(rows) : 0.0; }
  // Harmonic mean of coverage and density: 2 cases / (all cases + rows).
  double f1(std::uint64_t all_cases) const {
    return 2.0 * static_cast<double>(cases) / static_cast<double>(all_cases + rows);
  }
};

bool inside(const Box& box, const std::vector<double>& x, std::size_t but) {
  for (std::size_t i = 0; i < box.size(); ++i)
    if (i != but && !box[i].holds(x[i])) return false;
  return true;
}

constexpr std::size_t none = static_cast<std::size_t>(-1);

Count count_in(const Rows& rows, const Box& box, std::size_t but = none) {
  Count count;
  for (std::size_t r = 0; r < rows.x.size(); ++r) {
    if (!inside(box, rows.x[r], but)) continue;
    ++count.rows;
    count.cases += rows.is_case[r];
  }
  return count;
}

double quasi_p(const Rows& rows, const Box& box, std::size_t input) {
  const Count with = count_in(rows, box), without = count_in(rows, box, input);
  if (with.cases == 0) return 1.0;
  const double p = without.density();
  if (p >= 1.0) return 1.0;
  const boost::math::binomial_distribution<double> law(static_cast<double>(with.rows), p);
  return boost::math::cdf(boost::math::complement(law, static_cast<double>(with.cases) - 1.0));
}

// Values of one input among the rows in the box, ascending.
std::vector<double> values_in(const Rows& rows, const Box& box, std::size_t input) {
  std::vector<double> values;
  for (const auto& x : rows.x)
    if (inside(box, x, none)) values.push_back(x[input]);
  std::sort(values.begin(), values.end());
  return values;
}

// The best box one slab smaller, if any keeps enough rows.
std::optional<Box> peel(const Rows& rows, const Box& box, const PrimOptions& options, std::size_t least) {
  std::optional<Box> best;
  double best_density = -1.0;
  std::uint64_t best_rows = 0;
  for (std::size_t i = 0; i < box.size(); ++i) {
    const std::vector<double> values = values_in(rows, box, i);
    if (values.front() == values.back()) continue;
    const auto slab = std::max<std::size_t>(1, static_cast<std::size_t>(options.peel * double(values.size())));
    for (const bool at_low : {true, false}) {
      Box next = box;
      if (at_low) {
        // Keeps the values above the slab's last.
        const auto above = std::upper_bound(values.begin(), values.end(), values[slab - 1]);
        if (above == values.end()) continue;
        next[i].low = *above;
      } else {
        const auto below = std::lower_bound(values.begin(), values.end(), values[values.size() - slab]);
        if (below == values.begin()) continue;
        next[i].high = *std::prev(below);
      }
      const Count count = count_in(rows, next);
      if (count.rows < least) continue;
      if (count.density() > best_density || (count.density() == best_density && count.rows > best_rows)) {
        best_density = count.density();
        best_rows = count.rows;
        best = std::move(next);
      }
    }
  }
  return best;
}

// Adds slabs back while the harmonic mean rises.
Box paste(const Rows& rows, Box box, const PrimOptions& options) {
  double f1 = count_in(rows, box).f1(rows.cases);
  for (bool changed = true; changed;) {
    changed = false;
    Box best = box;
    for (std::size_t i = 0; i < box.size(); ++i) {
      if (!box[i].restricts()) continue;
      std::vector<double> values;
      for (const auto& x : rows.x)
        if (inside(box, x, i)) values.push_back(x[i]);
      std::sort(values.begin(), values.end());
      const auto slab =
          std::max<std::size_t>(1, static_cast<std::size_t>(options.peel * double(count_in(rows, box).rows)));
      for (const bool at_low : {true, false}) {
        Range range = box[i];
        if (at_low) {
          const auto first = std::lower_bound(values.begin(), values.end(), range.low);
          if (first == values.begin()) continue;
          const auto more = static_cast<std::size_t>(first - values.begin());
          range.low = more <= slab ? -infinity : values[more - slab];
        } else {
          const auto last = std::upper_bound(values.begin(), values.end(), range.high);
          if (last == values.end()) continue;
          const auto more = static_cast<std::size_t>(values.end() - last);
          range.high = more <= slab ? infinity : *(last + static_cast<std::ptrdiff_t>(slab) - 1);
        }
        Box next = box;
        next[i] = range;
        if (const double value = count_in(rows, next).f1(rows.cases); value > f1) {
          f1 = value;
          best = std::move(next);
          changed = true;
        }
      }
    }
    box = std::move(best);
  }
  return box;
}

// Restrictions that do not carry their weight, the weakest first.
Box drop_idle(const Rows& rows, Box box) {
  for (;;) {
    std::size_t weakest = none;
    double worst = -1.0;
    const double f1 = count_in(rows, box).f1(rows.cases);
    for (std::size_t i = 0; i < box.size(); ++i) {
      if (!box[i].restricts()) continue;
      const double p = count_in(rows, box, i).f1(rows.cases) >= f1 ? 2.0 : quasi_p(rows, box, i);
      if (p > worst) {
        worst = p;
        weakest = i;
      }
    }
    if (weakest == none || worst <= quasi_p_allowed) return box;
    box[weakest] = {};
  }
}

ScenarioBox described(const Rows& rows, const Box& box) {
  ScenarioBox out;
  const Count count = count_in(rows, box);
  out.rows = count.rows;
  out.cases = count.cases;
  out.all_rows = rows.x.size();
  out.all_cases = rows.cases;
  out.density = count.density();
  out.coverage = rows.cases > 0 ? static_cast<double>(count.cases) / static_cast<double>(rows.cases) : 1.0;
  for (std::size_t i = 0; i < box.size(); ++i)
    if (box[i].restricts()) out.sides.push_back({i, box[i].low, box[i].high, quasi_p(rows, box, i)});
  return out;
}

}  // namespace

ScenarioBox find_box(MatrixView inputs, std::span<const double> y, PrimOptions options) {
  const Rows rows = rows_of(inputs, y);
  Box box(inputs.columns());
  const std::size_t n = rows.x.size();
  const auto least = std::max<std::size_t>(5, static_cast<std::size_t>(std::ceil(options.least_support * double(n))));
  if (rows.cases == 0 || rows.cases == n || n < least) return described(rows, box);
  Box chosen = box;
  double best = count_in(rows, box).f1(rows.cases);
  while (const auto next = peel(rows, box, options, least)) {
    box = *next;
    if (const double f1 = count_in(rows, box).f1(rows.cases); f1 > best) {
      best = f1;
      chosen = box;
    }
  }
  return described(rows, drop_idle(rows, paste(rows, chosen, options)));
}

ScenarioBox describe_box(MatrixView inputs, std::span<const double> y, std::vector<BoxSide> sides) {
  Box box(inputs.columns());
  for (const BoxSide& side : sides) {
    if (side.input >= box.size()) throw Error(ErrorKind::usage, "a box over an input that is not there");
    box[side.input] = {side.low, side.high};
  }
  return described(rows_of(inputs, y), box);
}

}  // namespace nadc
