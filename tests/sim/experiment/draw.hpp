// Reproducible draws for statistical tests, the same on every machine.
#pragma once
#include <cstdint>
#include <random>
#include <vector>

#include "sim/law_shapes.hpp"

namespace nadc::testing {

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : engine_(seed) {}
  double uniform() { return (static_cast<double>(engine_() >> 11) + 0.5) * 0x1p-53; }
  double normal(double mean = 0.0, double sd = 1.0) { return mean + sd * law_shapes::normal_quantile(uniform()); }
  std::vector<double> normals(std::size_t n, double mean = 0.0, double sd = 1.0) {
    std::vector<double> out(n);
    for (double& x : out) x = normal(mean, sd);
    return out;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace nadc::testing
