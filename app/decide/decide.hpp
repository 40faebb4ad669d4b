// What a sweep says to whoever has to choose: which lever is best and how surely, which is never far wrong, what drives
// the outcomes, where a lever fails, how far a belief must move before the first and the second change places, and what
// knowing more would be worth. Everything is computed on futures (app/decide/futures.hpp) by sim/experiment/; nothing
// is run.
//
// Sections that have too little to stand on are left empty, and `too_few` says which and why. Levers, outcomes and
// inputs are numbers into `levers`, `outcomes` and `inputs`.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/compare/comparison.hpp"
#include "sim/experiment/estimate.hpp"
#include "sim/experiment/pareto.hpp"
#include "sim/experiment/prim.hpp"
#include "sim/experiment/rank_sensitivity.hpp"
#include "sim/experiment/regret.hpp"
#include "sim/experiment/reweight.hpp"
#include "sim/experiment/sensitivity.hpp"

namespace nadc {

// Below this many futures no interval and no share is worth quoting.
inline constexpr std::uint64_t fewest_futures = 10;

enum class DecideSection { ranking, satisficing, pareto, sensitivity, discovery, switching, voi };
// Their names on the command line and in JSON, in order.
const std::vector<std::string>& decide_section_names();

struct DecideRequest {
  std::vector<std::string> outcomes;      // as chosen_outcomes() takes them; empty: the study's
  std::vector<std::string> weights;       // "METRIC=WEIGHT"; empty: no weighted score
  std::vector<std::string> thresholds;    // "METRIC=VALUE", beside or instead of the study's
  std::vector<DecideSection> sections{};  // empty: all
};

struct RankedLever {
  Estimate estimate;  // over futures
  LeverRegret regret;
  std::uint64_t bounded = 0;  // rows that are lower bounds
};

struct OutcomeRanking {
  std::string name, unit;
  Better better = Better::lower;
  std::vector<RankedLever> levers;  // (lever)
  std::vector<std::size_t> order;   // levers with a mean, best first
  std::uint64_t futures = 0, left_out = 0;
};

struct Weight {
  std::size_t outcome;
  double weight;       // as given; the score divides by their sum
  double worst, best;  // means of the levers between which the score runs from 0 to 1
};

struct SatisficingThreshold {
  std::size_t outcome;
  double value;
};
struct Satisficing {
  std::vector<SatisficingThreshold> thresholds;
  std::vector<ProbabilityEstimate> all;                // (lever): all thresholds hold
  std::vector<std::vector<ProbabilityEstimate>> each;  // (lever, threshold)
};

struct Pareto {
  std::vector<std::size_t> outcomes;
  ParetoSet set;
};

enum class SensitivityMethod { rank, pick_freeze };
struct InputSensitivity {
  std::size_t input;
  double first;
  ConfidenceInterval first_ci95;
  std::optional<double> total;  // pick-freeze only
  ConfidenceInterval total_ci95;
};
struct Sensitivity {
  std::size_t lever, outcome;
  SensitivityMethod method;
  std::uint64_t n;                       // futures, or base points
  std::vector<InputSensitivity> inputs;  // greatest first-order index first
};

struct Discovery {
  std::size_t lever, outcome;
  double threshold;               // a case is a future on the wrong side of it
  bool worst_quarter;             // no threshold was stated: it is the quartile of the lever's own futures
  ScenarioBox box;                // PRIM's
  std::vector<ScenarioBox> tree;  // CART's
};

struct InputSwitching {
  std::size_t input;
  Switching found;
  std::vector<std::string> runs{};  // commands whose answer would tell, where re-weighting does not reach
};
struct SwitchingValues {
  std::size_t outcome, first, second;
  double difference;  // of their means, first less second
  std::vector<InputSwitching>
      inputs;  // those that switch first, by how far the belief must move in standard deviations
};

struct InformationOfInput {
  std::size_t input;
  double value, standard_error;
};
struct InformationOfOutcome {
  std::size_t outcome, chosen;
  double perfect, standard_error;
  std::uint64_t n;
  std::vector<InformationOfInput> inputs;  // greatest first
};

struct DecisionInput {
  std::string name, unit;
  double low, high;  // sampled
};

struct Decision {
  std::string study;
  std::vector<std::string> levers;
  std::uint64_t samples = 0, replicas = 0, futures = 0;
  bool of_samples = true;               // false: futures are the replicas of one sample
  std::uint64_t incomplete = 0;         // rows that are missing, failed or skipped
  std::vector<DecideSection> sections;  // asked for; empty: all
  std::vector<DecisionInput> inputs;
  std::vector<OutcomeRanking> outcomes;  // the weighted score last, when weights were given
  std::vector<Weight> weights;
  std::optional<Satisficing> satisficing;
  std::optional<Pareto> pareto;
  std::vector<Sensitivity> sensitivity;
  std::vector<Discovery> discovery;
  std::vector<SwitchingValues> switching;
  std::vector<InformationOfOutcome> voi;
  std::vector<std::string> too_few;  // sentences
};

// Errors: Error (usage) for a metric, weight or threshold that cannot be read or is not in the file.
Decision decide(const SweepSet& set, const DecideRequest& request);

}  // namespace nadc
