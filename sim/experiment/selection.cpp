#include "sim/experiment/selection.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/experiment/mean_inference.hpp"

namespace nadc {

LeverSelection select_best(MatrixView levers, Better better, double confidence, unsigned looks) {
  const std::size_t k = levers.rows();
  if (k == 0) throw Error(ErrorKind::usage, "a selection among no levers");
  if (!(confidence > 0.0 && confidence < 1.0) || looks == 0)
    throw Error(ErrorKind::usage, "a selection needs a confidence between 0 and 1 and at least one look");
  LeverSelection out{};
  for (std::size_t i = 0; i < k; ++i) out.means.push_back(row_moments(levers.row(i)).mean);
  const double sign = better == Better::higher ? 1.0 : -1.0;
  out.chosen = k;
  for (std::size_t i = 0; i < k; ++i)
    if (!std::isnan(out.means[i]) && (out.chosen == k || sign * out.means[i] > sign * out.means[out.chosen]))
      out.chosen = i;
  if (out.chosen == k) throw Error(ErrorKind::usage, "a selection among levers without any value");

  const double error =
      (1.0 - confidence) / static_cast<double>(looks) / static_cast<double>(std::max<std::size_t>(k - 1, 1));
  std::vector<double> difference(levers.columns());
  const auto lead = [&](std::size_t i, std::size_t j) {  // by how much i is better than j, with one-sided bounds
    for (std::size_t n = 0; n < difference.size(); ++n) difference[n] = sign * (levers(i, n) - levers(j, n));
    const MeanInference inference = infer_mean(difference);
    const double level = 1.0 - 2.0 * error;
    return ConfidenceInterval{inference.low(level), inference.high(level)};
  };
  for (std::size_t i = 0; i < k; ++i) {
    bool survives = true;
    for (std::size_t j = 0; j < k && survives; ++j)
      if (j != i) survives = lead(j, i).low <= 0.0;
    if (survives) out.survivors.push_back(i);
  }
  for (std::size_t j = 0; j < k; ++j)
    if (j != out.chosen) out.gap = std::max(out.gap, lead(j, out.chosen).high);
  return out;
}

}  // namespace nadc
