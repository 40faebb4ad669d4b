#include "models/network/constants.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "sim/error.hpp"

namespace nadc {

using namespace spec;

namespace {

// Launch [s], factor on latencies, factor on efficiencies.
using Point = std::array<double, 3>;

FabricView at(const FabricView& view, std::int64_t ranks, const Point& p) {
  FabricView v = view;
  v.launch_s = p[0];
  if (v.domain > 1 && ranks <= v.domain) {
    v.nvlink_latency_s *= p[1];
    v.in_switch_wait_s *= p[1];
    v.nvlink_efficiency = std::min(1.0, v.nvlink_efficiency * p[2]);
    v.in_switch_efficiency = std::min(1.0, v.in_switch_efficiency * p[2]);
  } else {
    v.network_latency_s *= p[1];
    v.nvlink_latency_s *= p[1];
    v.nic_efficiency = std::min(1.0, v.nic_efficiency * p[2]);
  }
  return v;
}

}  // namespace

const FieldTable& CollectiveConstants::fields() {
  static const FieldTable table{
      "collectives",
      "Constants of collectives, from nadc network collective --fit.",
      {
          number(&CollectiveConstants::launch_us, "launch_us", between(0, 1e4), "0", "Before the first byte [µs].",
                 "convention"),
          number(&CollectiveConstants::nvlink_latency_us, "nvlink_latency_us", between(1e-3, 1e4), "1.5",
                 "A step inside an NVLink domain [µs].", "from memory"),
          number(&CollectiveConstants::network_latency_us, "network_latency_us", between(1e-3, 1e4), "5",
                 "A step between nodes [µs].", "from memory"),
          number(&CollectiveConstants::nvlink_efficiency, "nvlink_efficiency", between(0.01, 1), "0.822",
                 "Of NVLink, in rings.", "H100 node: 370 of 450 GB/s"),
          number(&CollectiveConstants::in_switch_efficiency, "in_switch_efficiency", between(0, 1), "0.636",
                 "Of NVLink, in switches that reduce; 0: none do.", "H100 node"),
          number(&CollectiveConstants::nic_efficiency, "nic_efficiency", between(0.01, 1), "0.94", "Of the NICs.",
                 "46 to 48 of 50 GB/s"),
          text(&CollectiveConstants::source, "source", "\"\"", "What it was fitted to.", "convention"),
      }};
  return table;
}

void CollectiveConstants::apply(FabricView& view) const {
  view.launch_s = launch_us * 1e-6;
  view.nvlink_latency_s = nvlink_latency_us * 1e-6;
  view.network_latency_s = network_latency_us * 1e-6;
  view.nvlink_efficiency = nvlink_efficiency;
  view.in_switch_efficiency = in_switch_efficiency;
  view.nic_efficiency = nic_efficiency;
}

CollectiveConstants CollectiveConstants::of(const FabricView& view) {
  CollectiveConstants c;
  c.launch_us = view.launch_s * 1e6;
  c.nvlink_latency_us = view.nvlink_latency_s * 1e6;
  c.network_latency_us = view.network_latency_s * 1e6;
  c.nvlink_efficiency = view.nvlink_efficiency;
  c.in_switch_efficiency = view.in_switch_efficiency;
  c.nic_efficiency = view.nic_efficiency;
  return c;
}

ConstantsFit fit_constants(std::span<const NcclLine> lines, CollectiveKind kind, CollectiveAlgorithm algorithm,
                           std::int64_t ranks, const FabricView& view) {
  std::set<double> sizes;
  for (const NcclLine& line : lines)
    if (line.time_us > 0.0) sizes.insert(line.bytes);
  if (sizes.size() < 4)
    throw Error(ErrorKind::input, "a fit of three constants to " + std::to_string(sizes.size()) + " sizes",
                "give a log of four sizes or more");
  const auto errors = [&](const Point& p, double& worst) {
    const FabricView v = at(view, ranks, p);
    double sum = 0.0, count = 0.0;
    worst = 0.0;
    for (const NcclLine& line : lines) {
      if (!(line.time_us > 0.0)) continue;
      const double ratio = collective_time(kind, algorithm, line.bytes, ranks, v).time_s * 1e6 / line.time_us;
      sum += std::log(ratio) * std::log(ratio);
      worst = std::max(worst, std::fabs(ratio - 1.0));
      ++count;
    }
    return std::sqrt(sum / count);
  };
  ConstantsFit fit;
  Point best{view.launch_s, 1.0, 1.0};
  fit.rms_before = errors(best, fit.worst_before);
  double least = fit.rms_before, worst = 0.0;
  for (const double launch : {view.launch_s, 1e-5, 5e-5}) {
    for (const double latency : {1.0, 4.0}) {
      Point here{launch, latency, 1.0};
      double now = errors(here, worst);
      Point step{1e-5, 0.5, 0.2};
      for (int round = 0; round < 400 && step[1] > 1e-5; ++round) {
        bool moved = false;
        for (std::size_t k = 0; k < 3; ++k) {
          for (const double sign : {1.0, -1.0}) {
            Point there = here;
            // Launch in seconds; the factors by their own size.
            there[k] = k == 0 ? std::clamp(here[0] + sign * step[0], 0.0, 1e-2)
                              : std::clamp(here[k] * (sign > 0 ? 1.0 + step[k] : 1.0 / (1.0 + step[k])), 0.02, 50.0);
            const double then = errors(there, worst);
            if (then < now) here = there, now = then, moved = true;
          }
        }
        if (!moved)
          for (double& s : step) s /= 2.0;
      }
      if (now < least) least = now, best = here;
    }
  }
  fit.rms_after = errors(best, fit.worst_after);
  fit.constants = CollectiveConstants::of(at(view, ranks, best));
  return fit;
}

}  // namespace nadc
