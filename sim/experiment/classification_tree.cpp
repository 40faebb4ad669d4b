#include "sim/experiment/classification_tree.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace nadc {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double least_gain = 0.01;  // of the root's impurity

struct Node {
  std::vector<std::size_t> rows;
  std::vector<BoxSide> sides;  // (input)
  double cases = 0.0;

  double n() const { return static_cast<double>(rows.size()); }
  double impurity() const { return rows.empty() ? 0.0 : 2.0 * cases * (n() - cases) / n(); }  // times the rows
};

struct Split {
  double gain = 0.0, at = 0.0;
  std::size_t input = 0;
};

Split best_split(const Node& node, MatrixView inputs, std::span<const double> y, std::size_t least) {
  Split best;
  std::vector<std::size_t> order = node.rows;
  for (std::size_t i = 0; i < inputs.columns(); ++i) {
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return inputs(a, i) < inputs(b, i); });
    double left_cases = 0.0;
    for (std::size_t k = 0; k + 1 < order.size(); ++k) {
      left_cases += y[order[k]];
      const double here = inputs(order[k], i), next = inputs(order[k + 1], i);
      if (here == next || k + 1 < least || order.size() - k - 1 < least) continue;
      const double left = static_cast<double>(k + 1), right = node.n() - left, right_cases = node.cases - left_cases;
      const double gain = node.impurity() - 2.0 * left_cases * (left - left_cases) / left -
                          2.0 * right_cases * (right - right_cases) / right;
      const double middle = here + 0.5 * (next - here);
      if (gain > best.gain) best = {gain, middle, i};
    }
  }
  return best;
}

void grow(const Node& node, MatrixView inputs, std::span<const double> y, unsigned depth, std::size_t least,
          double wanted, std::vector<Node>& leaves) {
  const Split split = depth > 0 ? best_split(node, inputs, y, least) : Split{};
  if (!(split.gain > wanted)) {
    leaves.push_back(node);
    return;
  }
  Node low{{}, node.sides, 0.0}, high{{}, node.sides, 0.0};
  for (const std::size_t row : node.rows) {
    Node& child = inputs(row, split.input) <= split.at ? low : high;
    child.rows.push_back(row);
    child.cases += y[row];
  }
  low.sides[split.input].high = split.at;
  high.sides[split.input].low = split.at;
  grow(low, inputs, y, depth - 1, least, wanted, leaves);
  grow(high, inputs, y, depth - 1, least, wanted, leaves);
}

}  // namespace

std::vector<ScenarioBox> case_leaves(MatrixView inputs, std::span<const double> y, unsigned depth) {
  if (inputs.rows() != y.size()) throw Error(ErrorKind::usage, "inputs and cases have different numbers of rows");
  Node root;
  for (std::size_t i = 0; i < inputs.columns(); ++i) root.sides.push_back({i, -infinity, infinity, 1.0});
  for (std::size_t r = 0; r < inputs.rows(); ++r) {
    const auto row = inputs.row(r);
    if (std::isnan(y[r]) || std::any_of(row.begin(), row.end(), [](double v) { return std::isnan(v); })) continue;
    root.rows.push_back(r);
    root.cases += y[r];
  }
  std::vector<Node> leaves;
  const auto least = std::max<std::size_t>(5, static_cast<std::size_t>(std::ceil(0.05 * root.n())));
  grow(root, inputs, y, depth, least, least_gain * root.impurity(), leaves);
  std::vector<ScenarioBox> boxes;
  if (leaves.size() < 2) return boxes;
  const double everywhere = root.cases / root.n();
  const auto dense = [&](double density) {
    return std::any_of(leaves.begin(), leaves.end(), [&](const Node& l) { return l.cases / l.n() >= density; });
  };
  const double wanted = dense(0.5) ? 0.5 : 2.0 * everywhere;
  std::stable_sort(leaves.begin(), leaves.end(), [](const Node& a, const Node& b) { return a.cases > b.cases; });
  for (const Node& leaf : leaves)
    if (leaf.cases > 0 && leaf.cases / leaf.n() >= wanted) boxes.push_back(describe_box(inputs, y, leaf.sides));
  return boxes;
}

}  // namespace nadc
