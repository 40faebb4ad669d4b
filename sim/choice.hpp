// One alternative of a closed list with its parameters, kept by value: trivially copyable, so that it travels to a
// device. The lists are made with sim/seam.hpp; users write them through sim/field.hpp.
#pragma once
#include <cstddef>
#include <new>
#include <type_traits>

#include "sim/platform.hpp"

namespace nadc {

struct ChoiceValue {
  static constexpr std::size_t capacity = 96;
  int index = 0;
  alignas(8) std::byte params[capacity]{};

  template <class Params> NADC_HD const Params& as() const {
    static_assert(std::is_trivially_copyable_v<Params> && sizeof(Params) <= capacity && alignof(Params) <= 8);
    return *reinterpret_cast<const Params*>(params);
  }
  template <class Params> void set(int alternative, const Params& value) {
    static_assert(std::is_trivially_copyable_v<Params> && sizeof(Params) <= capacity && alignof(Params) <= 8);
    index = alternative;
    new (params) Params(value);
  }
};

}  // namespace nadc
