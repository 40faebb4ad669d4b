#include "app/decide/inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/experiment/classification_tree.hpp"
#include "sim/experiment/information_value.hpp"
#include "sim/experiment/quantile.hpp"

namespace nadc {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::uint64_t fewest_for_box = 20;     // futures
constexpr std::uint64_t fewest_cases = 5;        // and as many that are none
constexpr std::uint64_t fewest_for_inputs = 40;  // samples for the worth of one input, which is fitted
constexpr double least_effective = 10;           // sample size under a belief that was moved

// Whether inputs can be spoken of; says why not.
bool enough(const Futures& futures, std::uint64_t fewest, const std::string& what, std::vector<std::string>& too_few) {
  if (!futures.of_samples) {
    too_few.push_back(what + ": one sample says nothing of what is uncertain");
    return false;
  }
  if (futures.inputs.empty()) {
    too_few.push_back(what + ": nothing in the study is uncertain");
    return false;
  }
  if (futures.count < fewest) {
    too_few.push_back(fmt::format("{}: {} samples are too few; {} or more can say", what, futures.count, fewest));
    return false;
  }
  return true;
}

// Inputs that a lever has, as (future, input).
struct LeverInputs {
  std::vector<std::size_t> numbers;
  std::vector<double> values;
  MatrixView view(std::uint64_t futures) const { return MatrixView(values, futures, numbers.size()); }
};

LeverInputs inputs_of(const Futures& futures, std::size_t lever) {
  LeverInputs out;
  for (std::size_t i = 0; i < futures.inputs.size(); ++i)
    if (futures.inputs[i].of_lever[lever]) out.numbers.push_back(i);
  for (std::uint64_t f = 0; f < futures.count; ++f)
    for (const std::size_t i : out.numbers) out.values.push_back(futures.inputs[i].values[f]);
  return out;
}

std::string quoted(const std::string& text) {
  return text.find_first_of(" ,[]()'\"") == std::string::npos ? text : "'" + text + "'";
}

// The search by new runs over what was sampled.
std::vector<std::string> telling_runs(const Futures& futures, const SwitchingValues& pair, const FutureInput& input) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const double v : input.values) {
    low = std::fmin(low, v);
    high = std::fmax(high, v);
  }
  const std::string range =
      fmt::format("{}={:.6g}..{:.6g}{}", input.name, low, high, input.unit == "1" ? "" : " " + input.unit);
  const FutureOutcome& outcome = futures.outcomes[pair.outcome];
  if (outcome.spec.metric.empty()) return {};  // the weighted score
  const std::string name = outcome.spec.metric + (outcome.spec.of.empty() ? "" : "@" + outcome.spec.of);
  return {fmt::format("nadc break-even STUDY {} --levers {} --outcome {}", quoted(range),
                      quoted(futures.levers[pair.first] + "," + futures.levers[pair.second]), quoted(name))};
}

double key(double index) { return std::isnan(index) ? -std::numeric_limits<double>::infinity() : index; }

}  // namespace

namespace {

Sensitivity by_rank(const Futures& futures, std::size_t lever, std::size_t outcome) {
  Sensitivity one{lever, outcome, SensitivityMethod::rank, 0, {}};
  for (std::size_t i = 0; i < futures.inputs.size(); ++i) {
    if (!futures.inputs[i].of_lever[lever]) continue;
    FirstOrder first = rank_first_order(futures.inputs[i].values, futures.matrix(outcome).row(lever));
    first.ci95.high = std::fmin(first.ci95.high, 1.0);
    one.n = std::max(one.n, first.n);
    if (!std::isnan(first.index)) one.inputs.push_back({i, first.index, first.ci95, std::nullopt, {nan, nan}});
  }
  return one;
}

Sensitivity by_blocks(const Futures& futures, std::size_t lever, std::size_t outcome) {
  Sensitivity one{lever, outcome, SensitivityMethod::pick_freeze, 0, {}};
  const std::size_t block = futures.dimensions + 2, base = futures.samples / block;
  std::vector<double> rows = futures.outcomes[outcome].blocks;
  rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(lever * futures.samples));
  rows.resize(base * block);
  bool varies = false;
  for (double& v : rows) {
    if (!std::isfinite(v)) v = nan;
    varies = varies || (std::isfinite(rows.front()) && std::isfinite(v) && v != rows.front());
  }
  for (std::size_t b = 0; b < base; ++b) {
    const auto row = std::span(rows).subspan(b * block, block);
    one.n += std::none_of(row.begin(), row.end(), [](double v) { return std::isnan(v); });
  }
  if (!varies || one.n == 0) return one;
  const std::vector<SobolIndex> indices = sobol_indices(MatrixView(rows, base, block));
  for (std::size_t i = 0; i < futures.inputs.size(); ++i) {
    if (!futures.inputs[i].of_lever[lever]) continue;
    const SobolIndex& index = indices[futures.inputs[i].dimension];
    one.inputs.push_back({i, index.first, index.first_ci95, index.total, index.total_ci95});
  }
  return one;
}

}  // namespace

std::vector<Sensitivity> sensitivity_of(const Futures& futures, std::vector<std::string>& too_few) {
  std::vector<Sensitivity> all;
  // Columns of a plain design are aliased while there are about as few samples as inputs: one borrows from another.
  const bool blocks = !futures.outcomes.empty() && !futures.outcomes.front().blocks.empty();
  const std::uint64_t fewest =
      blocks ? fewest_futures : std::max<std::uint64_t>(fewest_futures, 2 * futures.inputs.size());
  if (!enough(futures, fewest, "sensitivity", too_few)) return all;
  for (std::size_t lever = 0; lever < futures.levers.size(); ++lever)
    for (std::size_t outcome = 0; outcome < futures.outcomes.size(); ++outcome) {
      Sensitivity one = futures.outcomes[outcome].blocks.empty() ? by_rank(futures, lever, outcome)
                                                                 : by_blocks(futures, lever, outcome);
      if (one.inputs.empty() || one.n < fewest_futures) continue;
      std::stable_sort(one.inputs.begin(), one.inputs.end(),
                       [](const auto& a, const auto& b) { return key(a.first) > key(b.first); });
      all.push_back(std::move(one));
    }
  return all;
}

std::vector<Discovery> discovery_of(const Futures& futures, const std::vector<SatisficingThreshold>& thresholds,
                                    std::vector<std::string>& too_few) {
  std::vector<Discovery> all;
  if (!enough(futures, fewest_for_box, "discovery", too_few)) return all;
  std::vector<SatisficingThreshold> looked_at = thresholds;
  if (thresholds.empty())
    for (std::size_t o = 0; o < futures.outcomes.size(); ++o) looked_at.push_back({o, nan});
  std::uint64_t skipped = 0;
  for (std::size_t lever = 0; lever < futures.levers.size(); ++lever) {
    const LeverInputs inputs = inputs_of(futures, lever);
    if (inputs.numbers.empty()) continue;
    for (const SatisficingThreshold& threshold : looked_at) {
      const bool higher = futures.outcomes[threshold.outcome].better == Better::higher;
      const auto values = futures.matrix(threshold.outcome).row(lever);
      Discovery one{lever, threshold.outcome, threshold.value, std::isnan(threshold.value), {}, {}};
      if (one.worst_quarter) {
        std::vector<double> sorted;
        std::copy_if(values.begin(), values.end(), std::back_inserter(sorted), [](double v) { return !std::isnan(v); });
        std::sort(sorted.begin(), sorted.end());
        one.threshold = interpolated_quantile(sorted, higher ? 0.25 : 0.75);
      }
      std::vector<double> cases;
      std::uint64_t missed = 0, met = 0;
      for (const double v : values) {
        const bool misses = higher ? v < one.threshold : v > one.threshold;
        cases.push_back(std::isnan(v) ? nan : misses);
        if (!std::isnan(v)) ++(misses ? missed : met);
      }
      if (missed < fewest_cases || met < fewest_cases) {
        skipped += missed > 0 && met > 0;
        continue;
      }
      const auto in_study = [&](ScenarioBox& box) {
        for (BoxSide& side : box.sides) side.input = inputs.numbers[side.input];
      };
      one.box = find_box(inputs.view(futures.count), cases);
      one.tree = case_leaves(inputs.view(futures.count), cases);
      in_study(one.box);
      for (ScenarioBox& box : one.tree) in_study(box);
      all.push_back(std::move(one));
    }
  }
  if (skipped > 0)
    too_few.push_back(
        fmt::format("discovery: of {} pairs of lever and outcome fewer than {} futures miss, or meet, the "
                    "threshold",
                    skipped, fewest_cases));
  return all;
}

std::vector<SwitchingValues> switching_of(const Futures& futures, const std::vector<OutcomeRanking>& rankings,
                                          std::vector<std::string>& too_few) {
  std::vector<SwitchingValues> all;
  if (futures.levers.size() < 2 ||
      !enough(futures, 2 * static_cast<std::uint64_t>(least_effective), "switching", too_few))
    return all;
  for (std::size_t outcome = 0; outcome < rankings.size(); ++outcome) {
    if (rankings[outcome].order.size() < 2) continue;
    SwitchingValues one{outcome, rankings[outcome].order[0], rankings[outcome].order[1], nan, {}};
    const auto first = futures.matrix(outcome).row(one.first), second = futures.matrix(outcome).row(one.second);
    std::vector<double> difference;
    for (std::uint64_t f = 0; f < futures.count; ++f) difference.push_back(first[f] - second[f]);
    one.difference = row_moments(difference).mean;
    for (std::size_t i = 0; i < futures.inputs.size(); ++i) {
      const FutureInput& input = futures.inputs[i];
      if (!input.of_lever[one.first] && !input.of_lever[one.second]) continue;
      if (auto found = switching(input.values, difference, least_effective))
        one.inputs.push_back({i, *found, found->at ? std::vector<std::string>() : telling_runs(futures, one, input)});
    }
    if (one.inputs.empty()) continue;
    const auto moved = [&](const InputSwitching& i) {
      if (i.found.at) return std::abs(i.found.at->input_mean - i.found.input_mean) / i.found.input_sd;
      // Behind all that switch: which comes nearest to it, by the share of the difference that is left.
      constexpr double behind = 1e6;
      const double left = std::min(i.found.lowest.mean / one.difference, i.found.highest.mean / one.difference);
      return std::isfinite(left) ? behind + left : 2 * behind;
    };
    std::stable_sort(one.inputs.begin(), one.inputs.end(),
                     [&](const auto& a, const auto& b) { return moved(a) < moved(b); });
    all.push_back(std::move(one));
  }
  return all;
}

std::vector<InformationOfOutcome> information_of(const Futures& futures, std::vector<std::string>& too_few) {
  std::vector<InformationOfOutcome> all;
  if (futures.levers.size() < 2 || !enough(futures, fewest_futures, "value of information", too_few)) return all;
  if (futures.count < fewest_for_inputs)
    too_few.push_back(fmt::format("value of information: {} samples are too few for single inputs; {} or more can say",
                                  futures.count, fewest_for_inputs));
  std::vector<double> rows;
  for (const FutureInput& input : futures.inputs) rows.insert(rows.end(), input.values.begin(), input.values.end());
  const MatrixView inputs(rows, futures.inputs.size(), futures.count);
  for (std::size_t outcome = 0; outcome < futures.outcomes.size(); ++outcome) {
    const auto values = information_value(futures.matrix(outcome), futures.outcomes[outcome].better, inputs);
    if (!values || values->samples < fewest_futures) continue;
    InformationOfOutcome one{
        outcome, values->chosen, values->perfect.value, values->perfect.standard_error, values->samples, {}};
    if (values->samples >= fewest_for_inputs)
      for (std::size_t i = 0; i < values->inputs.size(); ++i)
        one.inputs.push_back({i, values->inputs[i].value, values->inputs[i].standard_error});
    std::stable_sort(one.inputs.begin(), one.inputs.end(),
                     [](const auto& a, const auto& b) { return a.value > b.value; });
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace nadc
