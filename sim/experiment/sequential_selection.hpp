// Which of k levers is best, by as few observations as that takes: the fully sequential procedure KN of Kim and Nelson
// (2001, ACM Transactions on Modeling and Computer Simulation 11, 251-273), for observations under common random
// numbers.
//
//   first stage   n0 observations of each; S²(i, l) the sample variance of the differences of i and l
//   after r       i leaves when for some l still in   mean_l(r) − mean_i(r) > W(i, l, r),
//                 W = max(0, δ / 2r · (h² S²(i, l) / δ² − r)),  h² = 2 η (n0 − 1),
//                 η = ½ ((2 α / (k − 1))^(−2 / (n0 − 1)) − 1)
//   end           one is left, or all W of those left are 0: then the best mean is chosen
// Observations independent and normal, however correlated between levers: a lever that leads all others by δ (`within`)
// is chosen with probability at least 1 − α. When none leads by so much, the paper promises nothing; what is chosen was
// then within δ of the best in all of the problems of the test.
//
// An observation is one number a lever from one world (a replica's mean over the samples of a study). What is made of
// it depends on the observations in their order alone, so a study that is interrupted goes on as if it had not been.
// O(k²) a step.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "sim/experiment/compare.hpp"

namespace nadc {

struct SelectionSpec {
  double within = 0;  // δ [unit of the values]
  Better better = Better::higher;
  double confidence = 0.95;
  std::uint32_t first = 10;  // n0
  std::uint32_t most = 1000;
};

enum class SelectionEnd { none, chosen, limit };

class SequentialSelection {
 public:
  // Throws Error(usage) for fewer than two levers, Error(input) for numbers out of range.
  SequentialSelection(SelectionSpec spec, std::size_t levers);

  // The next observation, shape (lever); of levers that are out nothing is read. One in which a lever that is in has
  // no value (NaN) is left out for all, and counts towards `most`. Ignored after the end.
  void add(std::span<const double> values);

  SelectionEnd ended() const { return end_; }
  const std::vector<std::size_t>& in() const { return in_; }
  // How many observations to make before anything can be decided; 0 after the end.
  std::uint32_t until_next_look() const;
  std::uint32_t seen() const { return seen_; }  // those left out included

  // The best mean among those still in; the lowest index among equals.
  std::size_t chosen() const;
  // Observations of a lever until it left, or until now.
  std::uint32_t used(std::size_t lever) const;
  // How much worse than the chosen one a lever was on average when it left, or is now. NaN before the first look.
  double behind(std::size_t lever) const;

 private:
  double sign() const { return spec_.better == Better::higher ? 1.0 : -1.0; }
  double& variance(std::size_t i, std::size_t l) { return variances_[i * levers_ + l]; }
  double width(std::size_t i, std::size_t l) const;
  void look();

  SelectionSpec spec_;
  std::size_t levers_;
  double h2_;
  std::vector<std::size_t> in_;
  std::vector<std::vector<double>> first_;  // (observation of the first stage, lever)
  std::vector<double> variances_;           // (lever, lever)
  std::vector<double> sums_;                // (lever), better is more
  std::vector<std::uint32_t> left_at_;      // (lever); 0: in
  std::vector<std::vector<double>> gaps_;   // (lever that left): means of the others less its own, then
  std::uint32_t n_ = 0, seen_ = 0;
  SelectionEnd end_ = SelectionEnd::none;
};

}  // namespace nadc
