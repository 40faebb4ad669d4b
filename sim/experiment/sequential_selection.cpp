#include "sim/experiment/sequential_selection.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "sim/error.hpp"

namespace nadc {

SequentialSelection::SequentialSelection(SelectionSpec spec, std::size_t levers)
    : spec_(spec),
      levers_(levers),
      in_(levers),
      variances_(levers * levers, 0.0),
      sums_(levers, 0.0),
      left_at_(levers, 0),
      gaps_(levers) {
  if (levers < 2) throw Error(ErrorKind::usage, "a selection among fewer than two levers", "add levers");
  std::vector<Problem> problems;
  if (!(spec.within > 0) || !std::isfinite(spec.within))
    problems.push_back({"the difference that matters is not a positive number",
                        "what is too small to care about, in the unit of the outcome",
                        {}});
  if (!(spec.confidence > 0 && spec.confidence < 1))
    problems.push_back({"the confidence is not between 0 and 1", "for example 0.95", {}});
  if (spec.first < 2)
    problems.push_back({"a selection needs at least 2 observations before its first look", "10 is usual", {}});
  if (spec.most < spec.first)
    problems.push_back({"at most " + std::to_string(spec.most) + " observations are fewer than the " +
                            std::to_string(spec.first) + " before the first look",
                        "allow more",
                        {}});
  if (!problems.empty()) throw Error(ErrorKind::input, std::move(problems));
  std::iota(in_.begin(), in_.end(), std::size_t{0});
  const double freedom = spec.first - 1.0, alpha = 1 - spec.confidence;
  const double eta = 0.5 * (std::pow(2 * alpha / static_cast<double>(levers - 1), -2 / freedom) - 1);
  h2_ = 2 * eta * freedom;
}

std::uint32_t SequentialSelection::until_next_look() const {
  if (end_ != SelectionEnd::none) return 0;
  return std::min(n_ < spec_.first ? spec_.first - n_ : 1, spec_.most - seen_);
}

void SequentialSelection::add(std::span<const double> values) {
  if (values.size() != levers_)
    throw Error(ErrorKind::usage, "a selection among " + std::to_string(levers_) + " levers got " +
                                      std::to_string(values.size()) + " values");
  if (end_ != SelectionEnd::none) return;
  ++seen_;
  if (std::none_of(in_.begin(), in_.end(), [&](std::size_t lever) { return std::isnan(values[lever]); })) {
    ++n_;
    for (const std::size_t lever : in_) sums_[lever] += sign() * values[lever];
    if (n_ <= spec_.first) first_.emplace_back(values.begin(), values.end());
    if (n_ == spec_.first)
      for (std::size_t i = 0; i < levers_; ++i)
        for (std::size_t l = 0; l < levers_; ++l) {
          double mean = 0, squares = 0;
          for (const std::vector<double>& row : first_) mean += (row[i] - row[l]) / n_;
          for (const std::vector<double>& row : first_) squares += std::pow(row[i] - row[l] - mean, 2);
          variance(i, l) = squares / (n_ - 1);
        }
    if (n_ >= spec_.first) look();
  }
  if (end_ == SelectionEnd::none && seen_ >= spec_.most) end_ = SelectionEnd::limit;
}

double SequentialSelection::width(std::size_t i, std::size_t l) const {
  const double delta = spec_.within;
  return std::max(0.0, delta / (2.0 * n_) * (h2_ * variances_[i * levers_ + l] / (delta * delta) - n_));
}

void SequentialSelection::look() {
  std::vector<std::size_t> stay;
  bool open = false;
  for (const std::size_t i : in_) {
    const bool beaten = std::any_of(in_.begin(), in_.end(),
                                    [&](std::size_t l) { return l != i && (sums_[l] - sums_[i]) / n_ > width(i, l); });
    if (!beaten) {
      stay.push_back(i);
      continue;
    }
    left_at_[i] = n_;
    for (std::size_t l = 0; l < levers_; ++l) gaps_[i].push_back((sums_[l] - sums_[i]) / n_);
  }
  in_ = std::move(stay);
  for (const std::size_t i : in_)
    for (const std::size_t l : in_) open = open || (l != i && width(i, l) > 0);
  if (!open) end_ = SelectionEnd::chosen;
}

std::size_t SequentialSelection::chosen() const {
  return *std::max_element(in_.begin(), in_.end(), [&](std::size_t a, std::size_t b) { return sums_[a] < sums_[b]; });
}

std::uint32_t SequentialSelection::used(std::size_t lever) const { return left_at_[lever] > 0 ? left_at_[lever] : n_; }

double SequentialSelection::behind(std::size_t lever) const {
  if (n_ == 0) return std::numeric_limits<double>::quiet_NaN();
  const std::size_t best = chosen();
  return left_at_[lever] > 0 ? gaps_[lever][best] : (sums_[best] - sums_[lever]) / n_;
}

}  // namespace nadc
