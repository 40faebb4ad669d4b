#include "app/decide/decide_units.hpp"

#include <vector>

namespace nadc {

Decision shown_in(Decision decision, const Units& units) {
  std::vector<double> factors;
  for (OutcomeRanking& outcome : decision.outcomes) {
    std::vector<double> means;
    for (const RankedLever& lever : outcome.levers) means.push_back(lever.estimate.mean);
    const ShownUnit unit = shown_unit(outcome.unit, means, units);
    outcome.unit = unit.name;
    factors.push_back(unit.factor);
    for (RankedLever& lever : outcome.levers) {
      lever.estimate = scaled(lever.estimate, unit.factor);
      for (double* regret : {&lever.regret.mean, &lever.regret.p90, &lever.regret.max}) *regret *= unit.factor;
    }
  }
  for (Weight& weight : decision.weights) {
    weight.worst *= factors[weight.outcome];
    weight.best *= factors[weight.outcome];
  }
  for (InformationOfOutcome& voi : decision.voi) {
    voi.perfect *= factors[voi.outcome];
    voi.standard_error *= factors[voi.outcome];
    for (InformationOfInput& input : voi.inputs) {
      input.value *= factors[voi.outcome];
      input.standard_error *= factors[voi.outcome];
    }
  }
  return decision;
}

}  // namespace nadc
