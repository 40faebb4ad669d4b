#include "sim/law.hpp"

#include <algorithm>
#include <bit>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>

#include "sim/error.hpp"
#include "sim/law_shapes.hpp"

namespace nadc {
namespace {

using Kind = LawSpec::Kind;
constexpr double log2_e = 1.4426950408889634;

void check_points(const LawSpec& spec, std::vector<std::string>& problems) {
  const std::vector<LawPoint>& points = spec.points;
  if (points.empty()) {
    problems.emplace_back("no values");
    return;
  }
  double total = 0.0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const std::string which = " of value " + std::to_string(i + 1);
    if (!std::isfinite(points[i].value)) problems.push_back("value " + std::to_string(i + 1) + " is not finite");
    if (!std::isfinite(points[i].weight) || points[i].weight < 0.0) {
      problems.push_back((spec.kind == Kind::choice ? "the weight" : "the cumulative probability") + which +
                         " is negative or not finite");
      return;
    }
    total += points[i].weight;
    if (spec.kind == Kind::empirical && i > 0 &&
        (points[i].value < points[i - 1].value || points[i].weight < points[i - 1].weight))
      problems.push_back("values and cumulative probabilities must rise, and point " + std::to_string(i + 1) +
                         " falls");
  }
  if (spec.kind == Kind::choice && !(total > 0.0 && std::isfinite(total)))
    problems.emplace_back("the weights must sum to a positive number");
  if (spec.kind == Kind::empirical && std::abs(points.back().weight - 1.0) > 1e-9)
    problems.emplace_back("the last cumulative probability is not 1");
}

[[noreturn]] void refuse(const LawSpec& spec, const std::vector<std::string>& found) {
  std::vector<Problem> problems;
  for (const std::string& text : found)
    problems.push_back({std::string(law_forms()[static_cast<std::size_t>(spec.kind)].name) + ": " + text, {}, {}});
  throw Error(ErrorKind::input, std::move(problems));
}

void require_sound(const LawSpec& spec) {
  const std::vector<std::string> found = problems_of(spec);
  if (!found.empty()) refuse(spec, found);
}

// Parameters and caps of a law whose form, offset and size are set.
void fill(Law& law, const LawSpec& spec) {
  const double* const x = spec.parameter;
  switch (spec.kind) {
    case Kind::constant:
      law.a = x[0], law.b = 0.0;
      break;
    case Kind::uniform:
      law.a = x[0], law.b = x[1] - x[0];
      break;
    case Kind::triangular:
      law.a = x[0], law.b = x[2] - x[0];
      law.c = law.b > 0.0 ? (x[1] - x[0]) / law.b : 0.0;
      break;
    case Kind::normal:
      law.a = x[0], law.b = x[1];
      break;
    case Kind::lognormal:
      law.a = exact_log2(x[0]), law.b = x[1] * log2_e;
      break;
    case Kind::weibull:
      law.a = exact_log2(x[1]), law.b = 1.0 / x[0];
      break;
    case Kind::exponential:
      law.a = exact_log2(x[0]), law.b = 1.0;
      break;
    case Kind::gamma:
      law.a = exact_log2(x[1]), law.b = 1.0;
      break;
    case Kind::choice:
    case Kind::empirical:
      law.a = 0.0, law.b = x[0];
      break;
  }
  law.low = spec.min;
  law.high = spec.max;
}

}  // namespace

LawSpec LawSpec::choice(std::vector<LawPoint> values_and_weights) {
  LawSpec spec{Kind::choice, {1.0, 0, 0}};
  spec.points = std::move(values_and_weights);
  return spec;
}

LawSpec LawSpec::empirical(std::vector<LawPoint> values_and_cumulative) {
  LawSpec spec{Kind::empirical, {1.0, 0, 0}};
  spec.points = std::move(values_and_cumulative);
  return spec;
}

std::span<const LawForm> law_forms() {
  constexpr LawUnit quantity = LawUnit::quantity, ratio = LawUnit::ratio;
  static const std::vector<LawForm> forms = {
      {Kind::constant, "constant", "always the same value", {{"value", quantity}}, LawPoints::none},
      {Kind::uniform,
       "uniform",
       "equally likely from low to high",
       {{"low", quantity}, {"high", quantity}},
       LawPoints::none},
      {Kind::triangular,
       "triangular",
       "density rises from low to mode and falls to high",
       {{"low", quantity}, {"mode", quantity}, {"high", quantity}},
       LawPoints::none},
      {Kind::normal, "normal", "Gaussian", {{"mean", quantity}, {"sd", quantity}}, LawPoints::none},
      {Kind::lognormal, "lognormal", "ln x is Gaussian", {{"median", quantity}, {"sigma", ratio}}, LawPoints::none},
      {Kind::weibull,
       "weibull",
       "P(X > x) = exp(-(x/scale)^shape)",
       {{"shape", ratio}, {"scale", quantity}},
       LawPoints::none},
      {Kind::exponential, "exponential", "memoryless", {{"mean", quantity}}, LawPoints::none},
      {Kind::gamma, "gamma", "mean = shape * scale", {{"shape", ratio}, {"scale", quantity}}, LawPoints::none},
      {Kind::choice, "choice", "one of the listed values, by weight", {{"factor", ratio}}, LawPoints::weights},
      {Kind::empirical, "empirical", "a measured cumulative distribution", {{"factor", ratio}}, LawPoints::cumulative},
  };
  return forms;
}

std::vector<std::string> problems_of(const LawSpec& spec) {
  std::vector<std::string> problems;
  const LawForm& form = law_forms()[static_cast<std::size_t>(spec.kind)];
  const double* const x = spec.parameter;
  for (std::size_t i = 0; i < form.fields.size(); ++i)
    if (!std::isfinite(x[i])) problems.push_back(std::string(form.fields[i].name) + " is not finite");
  if (std::isnan(spec.min) || std::isnan(spec.max) || spec.min > spec.max)
    problems.emplace_back("min is greater than max");
  if (!problems.empty()) return problems;
  switch (spec.kind) {
    case Kind::constant:
      break;
    case Kind::uniform:
      if (x[0] > x[1]) problems.emplace_back("low is greater than high");
      break;
    case Kind::triangular:
      if (x[0] > x[1] || x[1] > x[2]) problems.emplace_back("low, mode and high are not in rising order");
      break;
    case Kind::normal:
      if (x[1] < 0.0) problems.emplace_back("sd is negative");
      break;
    case Kind::lognormal:
      if (x[0] <= 0.0) problems.emplace_back("median is not positive");
      if (x[1] < 0.0 || x[1] > 100.0) problems.emplace_back("sigma is outside 0 to 100");
      break;
    case Kind::weibull:
    case Kind::gamma:
      if (x[0] < 0.05 || x[0] > 1e6) problems.emplace_back("shape is outside 0.05 to 1e6");
      if (x[1] <= 0.0) problems.emplace_back("scale is not positive");
      break;
    case Kind::exponential:
      if (x[0] <= 0.0) problems.emplace_back("mean is not positive");
      break;
    case Kind::choice:
    case Kind::empirical:
      if (x[0] <= 0.0) problems.emplace_back("factor is not positive");
      check_points(spec, problems);
      break;
  }
  return problems;
}

double mean(const LawSpec& spec) {
  require_sound(spec);
  return law_shapes::mean(spec);
}

double quantile(const LawSpec& spec, double p) {
  require_sound(spec);
  if (!(p > 0.0 && p < 1.0)) throw Error(ErrorKind::input, "a quantile needs a probability inside (0, 1)");
  return std::clamp(law_shapes::quantile(spec, p), spec.min, spec.max);
}

LawTables::LawTables() : values_(std::size_t{2} * law_detail::table_nodes) {
  law_shapes::fill_table(
      values_.data(), [](double p) { return law_shapes::normal_quantile(p); },
      [](double q) { return -law_shapes::normal_quantile(q); });
  law_shapes::fill_table(
      values_.data() + law_detail::table_nodes, [](double p) { return std::log2(-std::log1p(-p)); },
      [](double q) { return std::log2(-std::log(q)); });
}

std::uint32_t LawTables::gamma_shape(double shape) {
  const auto known = gamma_shapes_.find(shape);
  if (known != gamma_shapes_.end()) return known->second;
  const auto offset = static_cast<std::uint32_t>(values_.size());
  values_.resize(values_.size() + law_detail::table_nodes);
  law_shapes::fill_table(
      values_.data() + offset, [shape](double p) { return std::log2(boost::math::gamma_p_inv(shape, p)); },
      [shape](double q) { return std::log2(boost::math::gamma_q_inv(shape, q)); });
  gamma_shapes_.emplace(shape, offset);
  return offset;
}

std::uint32_t LawTables::points_shape(const LawSpec& spec, std::uint32_t& size) {
  const std::vector<LawPoint> points = law_shapes::cumulative_points(spec);
  const auto count = static_cast<std::uint32_t>(points.size());
  // Four cells a point: most cells then hold one point, and need no search.
  size = static_cast<std::uint32_t>(std::min(12, 2 + static_cast<int>(std::bit_width(count - 1u))));
  std::vector<double> key;
  key.reserve(2 * points.size());
  for (const LawPoint& point : points) key.push_back(point.value), key.push_back(point.weight);
  const auto known = point_shapes_.find(key);
  if (known != point_shapes_.end()) return known->second;

  const auto offset = static_cast<std::uint32_t>(values_.size());
  const std::uint32_t cells = 1u << size;
  values_.push_back(count);
  for (std::uint32_t cell = 0; cell <= cells; ++cell) {
    // The least p of a cell; the last entry is the greatest p of all.
    const double p = cell == cells ? 1.0 - 0x1p-33 : static_cast<double>(cell) / cells + 0x1p-33;
    const auto first = std::find_if(points.begin(), points.end(), [p](const LawPoint& at) { return at.weight > p; });
    values_.push_back(static_cast<double>(first - points.begin()));
  }
  for (const LawPoint& point : points) values_.push_back(point.weight);
  for (const LawPoint& point : points) values_.push_back(point.value);
  point_shapes_.emplace(std::move(key), offset);
  return offset;
}

Law LawTables::compile(const LawSpec& spec) {
  require_sound(spec);
  Law law;
  switch (spec.kind) {
    case Kind::constant:
    case Kind::uniform:
      law.form = Law::Form::linear;
      break;
    case Kind::triangular:
      law.form = Law::Form::triangular;
      break;
    case Kind::normal:
      law.form = Law::Form::table;
      break;
    case Kind::lognormal:
      law.form = Law::Form::power_table;
      break;
    case Kind::weibull:
    case Kind::exponential:
      law.form = Law::Form::power_table;
      law.offset = law_detail::table_nodes;
      break;
    case Kind::gamma:
      law.form = Law::Form::power_table;
      law.offset = gamma_shape(spec.parameter[0]);
      break;
    case Kind::choice:
      law.form = Law::Form::steps;
      law.offset = points_shape(spec, law.size);
      break;
    case Kind::empirical:
      law.form = Law::Form::segments;
      law.offset = points_shape(spec, law.size);
      break;
  }
  fill(law, spec);
  return law;
}

Law LawTables::recompile(const Law& law, const LawSpec& spec) {
  Law again = law;
  fill(again, spec);
  return again;
}

}  // namespace nadc
