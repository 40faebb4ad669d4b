// When to stop adding replicas: at the first check where the 95 % half-width of every watched series is small enough.
//
// A series is one number a replica index (a lever's outcome, a paired difference, a mean over the study's samples),
// added in index order. Checks fall at min_replicas, then every `batch` more, then max_replicas: they depend on the
// index alone, so the answer is the same however replicas were made or handed over. What comes after the stop is not
// part of the result. Half-width is Student's on the replicas so far; with values averaged over samples it speaks of
// these samples.
//
// Looking often and stopping at a lucky moment makes intervals cover a little less than 95 % (Chow and Robbins 1965;
// exact only as the target shrinks). min_replicas guards against it. Measured on N(10, 3²) over 10,000 studies: 94.9 %
// for relative 5 % looked at every 10 from 30 on, 93.8 % for relative 10 % looked at every 5 from 10 on.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "sim/statistics.hpp"

namespace nadc {

enum class StoppingPrecision { absolute, relative };  // half-width [unit of the series], or as a share of |mean|

struct StoppingSpec {
  StoppingPrecision precision = StoppingPrecision::relative;
  double half_width = 0.05;
  std::uint32_t min_replicas = 30;  // at least 2
  std::uint32_t max_replicas = 1000;
  std::uint32_t batch = 10;
  double level = 0.95;
};

enum class StopReason { none, precise, limit };

class StoppingRule {
 public:
  // Throws Error(input) for a half-width, counts or level out of range, Error(usage) for no series.
  StoppingRule(StoppingSpec spec, std::size_t series);

  // Values of the next replica index, shape (series); NaN has no value and is left out of its series. Ignored after the
  // stop. Throws Error(usage) for another length.
  void add(std::span<const double> values);

  StopReason stopped() const { return reason_; }
  std::uint32_t replicas() const { return replicas_; }  // that count
  // How many more to make before the next check; 0 after the stop.
  std::uint32_t until_next_check() const;
  // Present half-width of a series, infinite below two values.
  double half_width(std::size_t series) const;
  double mean(std::size_t series) const { return states_[series].mean; }

 private:
  std::uint32_t next_check() const;
  bool precise() const;

  StoppingSpec spec_;
  std::vector<Moments> states_;
  std::uint32_t replicas_ = 0;
  StopReason reason_ = StopReason::none;
};

}  // namespace nadc
