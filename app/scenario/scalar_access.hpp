// One scalar of a struct, found by its key path once and then set many times: the way of a sampled uncertainty, or of a
// lever, into a copy of a scenario. Setting costs a few pointer steps a level and allocates nothing.
//
// Paths are those of the scenario file: "sites[0].power.pue", "workload.classes.train.runtime.lognormal.median",
// "scheduler.place.spread.penalty"; a law alone stands for its constant value, or for the factor of its points.
// The path stays good for other objects of the same shape: equally long lists, names in the same order, the same laws
// and alternatives. One that differs throws Error (failed).
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sim/field.hpp"

namespace nadc {

class ScalarAccess {
 public:
  // Errors: Error (input) if the path leads to no number in this object.
  ScalarAccess(const FieldTable& table, void* root, std::string_view path);

  // In the coherent unit of the dimension; whole numbers are rounded. Errors: Error (input) outside of the range.
  void set(void* root, double value) const;
  double get(const void* root) const;

  Dimension dimension() const { return dimension_; }
  const Range& range() const { return range_; }
  const std::string& path() const { return path_; }

 private:
  struct Step {
    const Field* field;
    std::size_t index;  // of the element, or of the alternative
  };
  void* locate(void* root) const;

  std::string path_;
  std::vector<Step> steps_;
  const Field* field_ = nullptr;
  Dimension dimension_ = Dimension::none;
  Range range_;
  int law_kind_ = -1;            // of a law: its kind
  int law_parameter_ = -1;       // of a law: 0 … 2, 3 = min, 4 = max
  std::ptrdiff_t element_ = -1;  // of a vector of numbers
};

// One call for rare uses.
void set_scalar(const FieldTable& table, void* root, std::string_view path, double value);

}  // namespace nadc
