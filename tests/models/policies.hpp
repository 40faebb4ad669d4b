// Policies of a seam in the order of a test's own, named by type: policies<Orders, Fifo, PriorityFirst>().at(1).
#pragma once
#include <array>
#include <string>

#include "sim/choice.hpp"

namespace nadc::test {

template <class Seam, class... Policies> std::array<ChoiceValue, sizeof...(Policies)> policies() {
  std::array<ChoiceValue, sizeof...(Policies)> list;
  std::size_t n = 0;
  (Seam::template choose<Policies>(list[n++]), ...);
  return list;
}

// Its name in the seam.
template <class Seam> std::string name_in(const ChoiceValue& choice) {
  return Seam::visit(choice, [](const auto& policy) { return std::string(policy.name); });
}

}  // namespace nadc::test
