#include "app/decide/decide.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "app/decide/futures.hpp"
#include "app/decide/inputs.hpp"
#include "app/scenario/units.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// "METRIC=NUMBER" of an outcome that takes part.
std::pair<std::size_t, double> valued_outcome(const Futures& futures, const std::string& text, const char* option) {
  const std::size_t equals = text.rfind('=');
  const auto value = parse_number(equals == std::string::npos ? std::string() : text.substr(equals + 1));
  if (!value || !std::isfinite(*value))
    throw Error(ErrorKind::usage, fmt::format("{} {}: expected METRIC=NUMBER", option, text),
                fmt::format("for example {} wait_mean_s=3600", option));
  const std::string name = text.substr(0, equals);
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < futures.outcomes.size(); ++i) {
    const OutcomeSpec& spec = futures.outcomes[i].spec;
    if (name == futures.outcomes[i].name || name == spec.metric + (spec.of.empty() ? "" : "@" + spec.of))
      return {i, *value};
    names.push_back(futures.outcomes[i].name);
  }
  const std::string near = nearest(name, names);
  throw Error(ErrorKind::usage, fmt::format("{} {}: '{}' is not among the outcomes", option, text, name),
              near.empty() ? "add it with --outcome" : "did you mean " + near + "?");
}

OutcomeRanking rank_outcome(const FutureOutcome& outcome, MatrixView values) {
  OutcomeRanking ranking;
  ranking.name = outcome.name;
  ranking.unit = outcome.unit;
  ranking.better = outcome.better;
  const Regrets all = regrets(values, outcome.better);
  ranking.futures = all.samples;
  ranking.left_out = all.left_out;
  for (std::size_t lever = 0; lever < values.rows(); ++lever) {
    const Estimate estimate = summarize(MatrixView(values.row(lever), values.columns(), 1));
    const std::string& metric = outcome.spec.metric;  // the weighted score has none, and no bounds
    RankedLever one{metric.empty() ? estimate : within_range(estimate, metric), all.levers[lever],
                    outcome.bounded.empty() ? 0 : outcome.bounded[lever]};
    if (!std::isnan(one.estimate.mean)) ranking.order.push_back(lever);
    ranking.levers.push_back(one);
  }
  const double sign = outcome.better == Better::higher ? 1.0 : -1.0;
  std::stable_sort(ranking.order.begin(), ranking.order.end(), [&](std::size_t a, std::size_t b) {
    return sign * ranking.levers[a].estimate.mean > sign * ranking.levers[b].estimate.mean;
  });
  return ranking;
}

// The weighted score of each lever and future as one more outcome: 0 at the worst of the levers' means, 1 at the best
// (swing weights: von Winterfeldt and Edwards 1986, chapter 8).
FutureOutcome weighted_score(const Futures& futures, const std::vector<OutcomeRanking>& rankings,
                             std::vector<Weight>& weights) {
  FutureOutcome score;
  score.name = "weighted score";
  score.unit = "1";
  score.better = Better::higher;
  score.values.assign(futures.levers.size() * futures.count, 0.0);
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0,
                                     [](double total, const Weight& weight) { return total + weight.weight; });
  for (Weight& weight : weights) {
    const OutcomeRanking& ranking = rankings[weight.outcome];
    weight.worst = ranking.order.empty() ? nan : ranking.levers[ranking.order.back()].estimate.mean;
    weight.best = ranking.order.empty() ? nan : ranking.levers[ranking.order.front()].estimate.mean;
    if (weight.worst == weight.best) continue;  // all levers alike: nothing to weigh
    const std::vector<double>& values = futures.outcomes[weight.outcome].values;
    for (std::size_t i = 0; i < values.size(); ++i)
      score.values[i] += weight.weight / sum * (values[i] - weight.worst) / (weight.best - weight.worst);
  }
  return score;
}

Satisficing satisfice(const Futures& futures, std::vector<SatisficingThreshold> thresholds) {
  Satisficing out;
  out.thresholds = std::move(thresholds);
  for (std::size_t lever = 0; lever < futures.levers.size(); ++lever) {
    std::vector<double> holds;
    for (const SatisficingThreshold& threshold : out.thresholds) {
      const bool higher = futures.outcomes[threshold.outcome].better == Better::higher;
      for (const double value : futures.matrix(threshold.outcome).row(lever))
        holds.push_back(std::isnan(value) ? nan : (higher ? value >= threshold.value : value <= threshold.value));
    }
    const MatrixView view(holds, out.thresholds.size(), futures.count);
    out.all.push_back(share_where_all_hold(view));
    std::vector<ProbabilityEstimate>& each = out.each.emplace_back();
    for (std::size_t t = 0; t < out.thresholds.size(); ++t)
      each.push_back(probability(MatrixView(view.row(t), futures.count, 1)));
  }
  return out;
}

bool has_value(const Futures& futures, std::size_t outcome, std::size_t lever) {
  const auto row = futures.matrix(outcome).row(lever);
  return std::any_of(row.begin(), row.end(), [](double v) { return !std::isnan(v); });
}

// Over the outcomes that every lever has (one without a value anywhere does not count); nothing without such an
// outcome.
std::optional<Pareto> pareto_of(const Futures& futures) {
  Pareto out;
  std::vector<ParetoOutcome> outcomes;
  std::vector<bool> alive(futures.levers.size(), false);
  for (std::size_t i = 0; i < futures.outcomes.size(); ++i)
    for (std::size_t lever = 0; lever < alive.size(); ++lever)
      alive[lever] = alive[lever] || has_value(futures, i, lever);
  for (std::size_t i = 0; i < futures.outcomes.size(); ++i) {
    bool all = true;
    for (std::size_t lever = 0; lever < alive.size(); ++lever)
      all = all && (!alive[lever] || has_value(futures, i, lever));
    if (!all) continue;
    out.outcomes.push_back(i);
    outcomes.push_back({futures.matrix(i), futures.outcomes[i].better});
  }
  if (outcomes.empty()) return std::nullopt;
  out.set = pareto_set(outcomes);
  return out;
}

std::vector<SatisficingThreshold> thresholds_of(const Futures& futures, const std::vector<std::string>& texts) {
  std::vector<SatisficingThreshold> thresholds;
  for (std::size_t i = 0; i < futures.outcomes.size(); ++i)
    if (!std::isnan(futures.outcomes[i].spec.threshold)) thresholds.push_back({i, futures.outcomes[i].spec.threshold});
  for (const std::string& text : texts) {
    const auto [outcome, value] = valued_outcome(futures, text, "--threshold");
    const auto known = std::find_if(thresholds.begin(), thresholds.end(),
                                    [outcome = outcome](const auto& one) { return one.outcome == outcome; });
    if (known == thresholds.end())
      thresholds.push_back({outcome, value});
    else
      known->value = value;
  }
  return thresholds;
}

std::vector<Weight> weights_of(const Futures& futures, const std::vector<std::string>& texts) {
  std::vector<Weight> weights;
  for (const std::string& text : texts) {
    const auto [outcome, value] = valued_outcome(futures, text, "--weigh");
    if (!(value > 0))
      throw Error(ErrorKind::usage, fmt::format("--weigh {}: a weight is above 0", text),
                  "leave out what does not count");
    if (std::any_of(weights.begin(), weights.end(), [o = outcome](const Weight& w) { return w.outcome == o; }))
      throw Error(ErrorKind::usage, fmt::format("--weigh {}: it is weighed twice", text),
                  "give each outcome one weight");
    weights.push_back({outcome, value, nan, nan});
  }
  return weights;
}

}  // namespace

const std::vector<std::string>& decide_section_names() {
  static const std::vector<std::string> names{"ranking",   "satisficing", "pareto", "sensitivity",
                                              "discovery", "switching",   "voi"};
  return names;
}

Decision decide(const SweepSet& set, const DecideRequest& request) {
  const auto wanted = [&](DecideSection section) {
    return request.sections.empty() ||
           std::find(request.sections.begin(), request.sections.end(), section) != request.sections.end();
  };
  Futures futures = read_futures(set, request.outcomes);
  const std::vector<SatisficingThreshold> thresholds = thresholds_of(futures, request.thresholds);
  Decision out;
  out.sections = request.sections;
  out.weights = weights_of(futures, request.weights);
  out.study = set.file(0).header().title;
  out.levers = futures.levers;
  out.samples = futures.samples;
  out.replicas = futures.replicas;
  out.futures = futures.count;
  out.of_samples = futures.of_samples;
  out.incomplete = futures.incomplete;
  for (const FutureInput& input : futures.inputs) {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const double v : input.values) {
      low = std::fmin(low, v);
      high = std::fmax(high, v);
    }
    out.inputs.push_back({input.name, input.unit, low, high});
  }
  for (std::size_t i = 0; i < futures.outcomes.size(); ++i)
    out.outcomes.push_back(rank_outcome(futures.outcomes[i], futures.matrix(i)));
  if (wanted(DecideSection::pareto) && futures.levers.size() > 1) out.pareto = pareto_of(futures);
  if (wanted(DecideSection::satisficing) && !thresholds.empty()) out.satisficing = satisfice(futures, thresholds);
  if (!out.weights.empty()) {
    futures.outcomes.push_back(weighted_score(futures, out.outcomes, out.weights));
    out.outcomes.push_back(rank_outcome(futures.outcomes.back(), futures.matrix(futures.outcomes.size() - 1)));
  }

  if (out.futures < fewest_futures)
    out.too_few.push_back(fmt::format("{} {}: too few to say who is best, or how surely; {} or more can", out.futures,
                                      out.of_samples ? "samples" : "replicas of one sample", fewest_futures));
  if (wanted(DecideSection::sensitivity)) out.sensitivity = sensitivity_of(futures, out.too_few);
  if (wanted(DecideSection::discovery)) out.discovery = discovery_of(futures, thresholds, out.too_few);
  if (wanted(DecideSection::switching)) out.switching = switching_of(futures, out.outcomes, out.too_few);
  if (wanted(DecideSection::voi)) out.voi = information_of(futures, out.too_few);
  return out;
}

}  // namespace nadc
