#include "models/reliability/closed_forms.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "sim/error.hpp"

namespace nadc {
namespace {

void require(bool holds, const char* message) {
  if (!holds) throw Error(ErrorKind::usage, message);
}

}  // namespace

double mttf_hours(double nodes, double rate) {
  require(nodes > 0.0 && rate > 0.0, "nodes and failure rate are above 0");
  return 24.0 * 1000.0 / (nodes * rate);
}

CountBand poisson_band(double mean, double confidence) {
  require(mean > 0.0 && mean <= 1e6, "the mean of a Poisson count lies in (0, 1e6]");
  require(confidence > 0.0 && confidence < 1.0, "a confidence lies between 0 and 1");
  const double tail = (1.0 - confidence) / 2.0;
  CountBand band{-1, 0};
  double cumulative = 0.0;
  for (std::int64_t k = 0;; ++k) {
    const double n = static_cast<double>(k);
    cumulative += std::exp(n * std::log(mean) - mean - std::lgamma(n + 1.0));
    if (band.lo < 0 && cumulative > tail) band.lo = k;
    if (cumulative >= 1.0 - tail) {
      band.hi = k;
      return band;
    }
  }
}

double series_availability(std::span<const PartTimes> parts) {
  double availability = 1.0;
  for (const PartTimes& p : parts) {
    require(p.mttf_h > 0.0 && p.mttr_h >= 0.0, "times to failure are above 0, repair times 0 or more");
    availability *= p.mttf_h / (p.mttf_h + p.mttr_h);
  }
  return availability;
}

MachineRepair machine_repair(int machines, int spares, int crews, double mttf_h, double mttr_h, Standby standby) {
  require(machines >= 1 && crews >= 1 && spares >= 0, "a repair queue has machines and crews, and spares 0 or more");
  require(mttf_h > 0.0 && mttr_h > 0.0, "times to failure and repair are above 0");
  const int all = machines + spares;
  // log of unnormalised state probabilities, so that large fleets do not overflow
  std::vector<double> weight(static_cast<std::size_t>(all) + 1);
  double greatest = 0.0;
  for (int k = 1; k <= all; ++k) {
    const int up = all - (k - 1);
    const int exposed = standby == Standby::hot ? up : std::min(up, machines);
    const double ratio = (exposed / mttf_h) / (std::min(k, crews) / mttr_h);
    weight[static_cast<std::size_t>(k)] = weight[static_cast<std::size_t>(k) - 1] + std::log(ratio);
    greatest = std::max(greatest, weight[static_cast<std::size_t>(k)]);
  }
  MachineRepair r{};
  double sum = 0.0;
  for (int k = 0; k <= all; ++k) {
    const double p = std::exp(weight[static_cast<std::size_t>(k)] - greatest);
    sum += p;
    r.mean_running += p * std::min(machines, all - k);
    r.mean_failed += p * k;
    r.mean_waiting += p * std::max(0, k - crews);
    r.crew_utilization += p * std::min(k, crews) / crews;
    if (k <= spares) r.all_filled += p;
  }
  for (double* x : {&r.mean_running, &r.mean_failed, &r.mean_waiting, &r.crew_utilization, &r.all_filled}) *x /= sum;
  return r;
}

}  // namespace nadc
