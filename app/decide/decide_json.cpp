#include "app/decide/decide_json.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

namespace nadc {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json ranking_json(const Decision& d) {
  Json list = Json::array();
  for (const OutcomeRanking& outcome : d.outcomes) {
    Json by_lever = Json::array(), order = Json::array();
    for (std::size_t i = 0; i < outcome.levers.size(); ++i) {
      const RankedLever& lever = outcome.levers[i];
      const LeverRegret& r = lever.regret;
      by_lever.push_back({{"lever", d.levers[i]},
                          {"mean", number(lever.estimate.mean)},
                          {"low", number(lever.estimate.ci95.low)},
                          {"high", number(lever.estimate.ci95.high)},
                          {"n", lever.estimate.n},
                          {"few_and_skewed", lever.estimate.uncertain},
                          {"bounded", lever.bounded},
                          {"p_best", number(r.p_best)},
                          {"p_best_ci95", {number(r.p_best_ci95.low), number(r.p_best_ci95.high)}},
                          {"regret", {{"mean", number(r.mean)}, {"p90", number(r.p90)}, {"max", number(r.max)}}}});
    }
    for (const std::size_t lever : outcome.order) order.push_back(d.levers[lever]);
    list.push_back({{"name", outcome.name},
                    {"unit", outcome.unit},
                    {"better", outcome.better == Better::higher ? "high" : "low"},
                    {"futures", outcome.futures},
                    {"left_out", outcome.left_out},
                    {"order", order},
                    {"by_lever", by_lever}});
  }
  return list;
}

Json share_json(const ProbabilityEstimate& p) {
  return {{"share", number(p.p)}, {"low", number(p.ci.low)}, {"high", number(p.ci.high)}, {"n", p.n}};
}

Json satisficing_json(const Decision& d) {
  if (!d.satisficing) return nullptr;
  Json thresholds = Json::array(), by_lever = Json::array();
  for (const SatisficingThreshold& t : d.satisficing->thresholds)
    thresholds.push_back({{"outcome", d.outcomes[t.outcome].name},
                          {"side", d.outcomes[t.outcome].better == Better::higher ? "at_least" : "at_most"},
                          {"value", number(t.value)}});
  for (std::size_t i = 0; i < d.levers.size(); ++i) {
    Json lever{{"lever", d.levers[i]}};
    lever.update(share_json(d.satisficing->all[i]));
    lever["each"] = Json::array();
    for (std::size_t t = 0; t < d.satisficing->thresholds.size(); ++t) {
      Json each{{"outcome", d.outcomes[d.satisficing->thresholds[t].outcome].name}};
      each.update(share_json(d.satisficing->each[i][t]));
      lever["each"].push_back(each);
    }
    by_lever.push_back(lever);
  }
  return {{"thresholds", thresholds}, {"by_lever", by_lever}};
}

Json pareto_json(const Decision& d) {
  if (!d.pareto) return nullptr;
  Json outcomes = Json::array(), by_lever = Json::array();
  for (const std::size_t outcome : d.pareto->outcomes) outcomes.push_back(d.outcomes[outcome].name);
  for (std::size_t i = 0; i < d.levers.size(); ++i) {
    const ParetoLever& lever = d.pareto->set.levers[i];
    by_lever.push_back({{"lever", d.levers[i]},
                        {"in_set", lever.takes_part ? Json(lever.in_set) : Json(nullptr)},
                        {"p_in_set", number(lever.p_in_set)},
                        {"share_of_futures", number(lever.share_of_samples)},
                        {"dominated_by", lever.dominated_by ? Json(d.levers[*lever.dominated_by]) : Json(nullptr)}});
  }
  return {{"outcomes", outcomes},
          {"futures", d.pareto->set.samples},
          {"left_out", d.pareto->set.left_out},
          {"by_lever", by_lever}};
}

Json sensitivity_json(const Decision& d) {
  Json list = Json::array();
  for (const Sensitivity& s : d.sensitivity) {
    Json inputs = Json::array();
    for (const InputSensitivity& input : s.inputs) {
      Json one{{"input", d.inputs[input.input].name},
               {"first", number(input.first)},
               {"low", number(input.first_ci95.low)},
               {"high", number(input.first_ci95.high)}};
      if (input.total) {
        one["total"] = number(*input.total);
        one["total_low"] = number(input.total_ci95.low);
        one["total_high"] = number(input.total_ci95.high);
      }
      inputs.push_back(one);
    }
    list.push_back({{"lever", d.levers[s.lever]},
                    {"outcome", d.outcomes[s.outcome].name},
                    {"method", s.method == SensitivityMethod::rank ? "rank" : "pick-freeze"},
                    {"n", s.n},
                    {"inputs", inputs}});
  }
  return list;
}

Json box_json(const Decision& d, const ScenarioBox& box) {
  Json sides = Json::array();
  for (const BoxSide& side : box.sides)
    sides.push_back({{"input", d.inputs[side.input].name},
                     {"low", number(side.low)},
                     {"high", number(side.high)},
                     {"quasi_p", number(side.quasi_p)}});
  return {{"box", sides},
          {"coverage", number(box.coverage)},
          {"density", number(box.density)},
          {"cases", box.cases},
          {"futures", box.rows}};
}

Json discovery_json(const Decision& d) {
  Json list = Json::array();
  for (const Discovery& found : d.discovery) {
    Json one{{"lever", d.levers[found.lever]},
             {"outcome", d.outcomes[found.outcome].name},
             {"misses", d.outcomes[found.outcome].better == Better::higher ? "below" : "above"},
             {"threshold", number(found.threshold)},
             {"worst_quarter", found.worst_quarter},
             {"all_cases", found.box.all_cases},
             {"all_futures", found.box.all_rows}};
    one.update(box_json(d, found.box));
    one["tree"] = Json::array();
    for (const ScenarioBox& leaf : found.tree) one["tree"].push_back(box_json(d, leaf));
    list.push_back(one);
  }
  return list;
}

Json belief_json(const Reweighted& r) {
  return {{"input_mean", number(r.input_mean)},
          {"difference", number(r.mean)},
          {"low", number(r.ci95.low)},
          {"high", number(r.ci95.high)},
          {"effective_samples", number(r.effective)}};
}

Json switching_json(const Decision& d) {
  Json list = Json::array();
  for (const SwitchingValues& values : d.switching) {
    Json inputs = Json::array();
    for (const InputSwitching& input : values.inputs) {
      const Switching& s = input.found;
      inputs.push_back({{"input", d.inputs[input.input].name},
                        {"mean", number(s.input_mean)},
                        {"sd", number(s.input_sd)},
                        {"switches", s.at.has_value()},
                        {"at", s.at ? belief_json(*s.at) : Json(nullptr)},
                        {"lowest", belief_json(s.lowest)},
                        {"highest", belief_json(s.highest)},
                        {"runs", input.runs}});
    }
    list.push_back({{"outcome", d.outcomes[values.outcome].name},
                    {"first", d.levers[values.first]},
                    {"second", d.levers[values.second]},
                    {"difference", number(values.difference)},
                    {"inputs", inputs}});
  }
  return list;
}

Json voi_json(const Decision& d) {
  Json list = Json::array();
  for (const InformationOfOutcome& voi : d.voi) {
    Json inputs = Json::array();
    for (const InformationOfInput& input : voi.inputs)
      inputs.push_back({{"input", d.inputs[input.input].name},
                        {"evppi", number(input.value)},
                        {"standard_error", number(input.standard_error)}});
    list.push_back({{"outcome", d.outcomes[voi.outcome].name},
                    {"unit", d.outcomes[voi.outcome].unit},
                    {"chosen", d.levers[voi.chosen]},
                    {"evpi", number(voi.perfect)},
                    {"standard_error", number(voi.standard_error)},
                    {"n", voi.n},
                    {"inputs", inputs}});
  }
  return list;
}

}  // namespace

std::string decision_json(const Decision& d, int indent) {
  Json inputs = Json::array(), weights = Json::array();
  for (const DecisionInput& input : d.inputs)
    inputs.push_back(
        {{"name", input.name}, {"unit", input.unit}, {"low", number(input.low)}, {"high", number(input.high)}});
  for (const Weight& weight : d.weights)
    weights.push_back({{"outcome", d.outcomes[weight.outcome].name},
                       {"weight", number(weight.weight)},
                       {"worst", number(weight.worst)},
                       {"best", number(weight.best)}});
  Json json;
  json["study"] = d.study;
  json["samples"] = d.samples;
  json["replicas"] = d.replicas;
  json["futures"] = {
      {"n", d.futures}, {"of", d.of_samples ? "samples" : "replicas"}, {"rows_incomplete", d.incomplete}};
  json["levers"] = d.levers;
  json["inputs"] = inputs;
  json["outcomes"] = ranking_json(d);
  json["weights"] = weights;
  json["satisficing"] = satisficing_json(d);
  json["pareto"] = pareto_json(d);
  json["sensitivity"] = sensitivity_json(d);
  json["discovery"] = discovery_json(d);
  json["switching"] = switching_json(d);
  json["voi"] = voi_json(d);
  json["too_few"] = d.too_few;
  return json.dump(indent, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace nadc
