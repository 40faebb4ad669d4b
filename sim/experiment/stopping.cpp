#include "sim/experiment/stopping.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "sim/error.hpp"
#include "sim/statistics.hpp"

namespace nadc {

StoppingRule::StoppingRule(StoppingSpec spec, std::size_t series) : spec_(spec), states_(series) {
  std::vector<Problem> problems;
  if (series == 0) throw Error(ErrorKind::usage, "a stopping rule that watches nothing", "name an outcome");
  if (!(spec.half_width > 0.0) || !std::isfinite(spec.half_width))
    problems.push_back({"the stopping half-width is not a positive number", "for example 0.05 of the mean", {}});
  if (spec.min_replicas < 2)
    problems.push_back({"a stopping rule needs at least 2 replicas before its first look", "30 is a safe choice", {}});
  if (spec.max_replicas < spec.min_replicas)
    problems.push_back({"the largest number of replicas (" + std::to_string(spec.max_replicas) +
                            ") is below the smallest (" + std::to_string(spec.min_replicas) + ")",
                        "exchange them",
                        {}});
  if (spec.batch == 0) problems.push_back({"a batch of no replicas", "1 or more", {}});
  if (!(spec.level > 0.0 && spec.level < 1.0))
    problems.push_back({"the confidence level is not between 0 and 1", "for example 0.95", {}});
  if (!problems.empty()) throw Error(ErrorKind::input, std::move(problems));
}

std::uint32_t StoppingRule::next_check() const {
  if (replicas_ < spec_.min_replicas) return spec_.min_replicas;
  const std::uint64_t past = replicas_ - spec_.min_replicas;
  const std::uint64_t at = spec_.min_replicas + (past / spec_.batch + 1) * std::uint64_t{spec_.batch};
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(at, spec_.max_replicas));
}

std::uint32_t StoppingRule::until_next_check() const {
  return reason_ == StopReason::none ? next_check() - replicas_ : 0;
}

double StoppingRule::half_width(std::size_t series) const {
  const Moments& state = states_[series];
  if (state.n < 2) return std::numeric_limits<double>::infinity();
  return student_t_quantile(0.5 + 0.5 * spec_.level, static_cast<double>(state.n) - 1.0) * state.standard_error();
}

bool StoppingRule::precise() const {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const double scale = spec_.precision == StoppingPrecision::relative ? std::abs(states_[i].mean) : 1.0;
    if (!(half_width(i) <= spec_.half_width * scale)) return false;
  }
  return true;
}

void StoppingRule::add(std::span<const double> values) {
  if (values.size() != states_.size())
    throw Error(ErrorKind::usage, "a stopping rule of " + std::to_string(states_.size()) + " series got " +
                                      std::to_string(values.size()) + " values");
  if (reason_ != StopReason::none) return;
  const bool check = replicas_ + 1 == next_check();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) continue;
    states_[i].add(values[i]);
  }
  ++replicas_;
  if (!check) return;
  if (precise())
    reason_ = StopReason::precise;
  else if (replicas_ >= spec_.max_replicas)
    reason_ = StopReason::limit;
}

}  // namespace nadc
