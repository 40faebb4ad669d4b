#include "app/decide/futures.hpp"

#include <algorithm>
#include <cmath>

#include "models/metrics.hpp"
#include "sim/experiment/estimate.hpp"

namespace nadc {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// One value a sample of rows (sample, replica); a replica where there is one sample.
std::vector<double> averaged(std::vector<double> rows, const SweepSet& set) {
  if (rows.empty()) rows.assign(set.samples() * set.replicas(), nan);
  return set.samples() > 1 ? sample_means(MatrixView(rows, set.samples(), set.replicas())) : rows;
}

// Samples A and B of each block; all without blocks (block 0).
std::vector<double> futures_of(const std::vector<double>& samples, std::uint64_t block) {
  std::vector<double> kept;
  for (std::size_t s = 0; s < samples.size(); ++s)
    if (block == 0 || s % block < 2) kept.push_back(samples[s]);
  return kept;
}

std::uint64_t bounded_rows(const SweepSet& set, std::size_t lever, OutcomeSpec outcome) {
  std::string_view censored_by;
  for (const MetricInfo& info : outcome.of.empty() ? site_metrics() : group_metrics())
    if (info.name == outcome.metric) censored_by = info.censored_by;
  if (censored_by.empty()) return 0;
  outcome.metric = censored_by;
  const std::vector<double> cut_off = set.column(lever, outcome);
  return static_cast<std::uint64_t>(std::count_if(cut_off.begin(), cut_off.end(), [](double n) { return n > 0; }));
}

std::vector<FutureInput> inputs_of(const SweepSet& set, std::uint64_t block) {
  std::vector<FutureInput> inputs;
  if (set.samples() < 2) return inputs;
  for (std::size_t file = 0; file < set.files(); ++file) {
    std::size_t dimension = 0;
    for (const Variable& point : set.file(file).schema().points) {
      if (point.name == "point_key") continue;
      FutureInput input;
      input.dimension = dimension++;
      input.name = point.long_name.starts_with("sampled ") ? point.long_name.substr(8) : point.name;
      if (std::any_of(inputs.begin(), inputs.end(), [&](const FutureInput& known) { return known.name == input.name; }))
        continue;
      input.unit = point.units;
      input.values.assign(set.samples(), nan);
      for (std::size_t lever = 0; lever < set.levers().size(); ++lever) {
        const std::vector<double> own = averaged(set.column(lever, point.name), set);
        input.of_lever.push_back(std::any_of(own.begin(), own.end(), [](double v) { return std::isfinite(v); }));
        for (std::size_t s = 0; s < own.size(); ++s)
          if (std::isnan(input.values[s])) input.values[s] = own[s];
      }
      double low = std::numeric_limits<double>::infinity(), high = -low;
      for (const double v : input.values) {
        low = std::fmin(low, v);
        high = std::fmax(high, v);
      }
      input.values = futures_of(input.values, block);
      if (low < high) inputs.push_back(std::move(input));
    }
  }
  return inputs;
}

}  // namespace

Futures read_futures(const SweepSet& set, const std::vector<std::string>& outcomes) {
  Futures futures;
  for (const ComparedLever& lever : set.levers()) futures.levers.push_back(lever.label);
  futures.samples = set.samples();
  futures.replicas = set.replicas();
  futures.of_samples = set.samples() > 1;
  for (const Variable& point : set.file(0).schema().points) futures.dimensions += point.name != "point_key";
  const std::uint64_t block =
      futures.of_samples && set.layout() == DesignLayout::pick_freeze ? futures.dimensions + 2 : 0;
  futures.count = futures_of(std::vector<double>(futures.of_samples ? set.samples() : set.replicas()), block).size();
  for (const OutcomeSpec& spec : chosen_outcomes(set, outcomes)) {
    FutureOutcome& outcome = futures.outcomes.emplace_back();
    outcome.spec = spec;
    outcome.name = label_of(spec);
    outcome.unit = set.unit_of(spec);
    outcome.better = spec.better == OutcomeDirection::higher ? Better::higher : Better::lower;
    for (std::size_t lever = 0; lever < set.levers().size(); ++lever) {
      const std::vector<double> samples = averaged(set.column(lever, spec), set), values = futures_of(samples, block);
      if (block > 0) outcome.blocks.insert(outcome.blocks.end(), samples.begin(), samples.end());
      outcome.values.insert(outcome.values.end(), values.begin(), values.end());
      outcome.bounded.push_back(bounded_rows(set, lever, spec));
    }
  }
  for (std::size_t lever = 0; lever < set.levers().size(); ++lever)
    for (const double done : set.column(lever, "state_hash")) futures.incomplete += std::isnan(done);
  futures.inputs = inputs_of(set, block);
  return futures;
}

}  // namespace nadc
