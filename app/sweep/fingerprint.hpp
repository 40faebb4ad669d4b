// What rows depend on, as numbers: equal fingerprints mean equal rows of the same program.
//
// A key of a point covers the lever's resolved scenario with the rows of its data files, the sample's number and
// values, and what the levers of a study share (size of the fleet, names, trace, seed). It does not cover the lever's
// name, the number of samples or replicas, or the other levers, so a study can grow around finished rows. Hash: FNV-1a
// over 64-bit words with a final mix; keys are cut to 53 bits and so are exact as doubles. Two of n different points of
// one sample share a key with probability n² / 2⁵⁴.
#pragma once
#include <cstdint>
#include <string>

#include "app/study/study.hpp"

namespace nadc {

class PointKeys {
 public:
  explicit PointKeys(const Study& study);  // built; lives as long as this

  // [0, 2⁵³).
  std::uint64_t key(std::uint32_t lever, std::uint32_t sample) const;

 private:
  const Study& study_;
  std::uint64_t world_ = 0;
  std::vector<std::uint64_t> levers_;
};

// Of all data that the study read from other files than scenarios, such as traces and empirical laws.
std::uint64_t data_fingerprint(const Study& study);

}  // namespace nadc
