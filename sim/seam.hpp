// A seam: a closed list of policies, of which a scenario chooses one by name. A policy is a small trivially copyable
// struct: its members are its parameters, and it has
//   static constexpr std::string_view name, help;
//   static const FieldTable& fields();          // only when it has parameters
// and the functions that its seam calls, marked NADC_HD. visit() is the only switch over policies in the program.
#pragma once
#include <array>
#include <span>
#include <string_view>
#include <type_traits>

#include "sim/choice.hpp"
#include "sim/field.hpp"
#include "sim/platform.hpp"

namespace nadc {

template <class... Policies> struct Seam {
  static constexpr int size = sizeof...(Policies);

  // Calls f with the chosen policy.
  template <class F> NADC_HD static auto visit(const ChoiceValue& choice, F&& f) {
    return visit_from<0, Policies...>(choice, f);
  }

  // Chooses a policy, and tells whether it is the one chosen: by its type, never by its place in the list.
  template <class Policy> static void choose(ChoiceValue& choice, const Policy& policy = {}) {
    choice.set(place_of<Policy>(), policy);
  }
  template <class Policy> NADC_HD static bool holds(const ChoiceValue& choice) {
    return choice.index == place_of<Policy>();
  }

  // For spec::one_of.
  static std::span<const Alternative> alternatives() {
    static const std::array<Alternative, sizeof...(Policies)> list{describe<Policies>()...};
    return list;
  }

 private:
  template <class Policy> NADC_HD static constexpr int place_of() {
    static_assert((std::is_same_v<Policy, Policies> || ...), "the seam has no such policy");
    constexpr bool is[] = {std::is_same_v<Policy, Policies>...};
    int place = 0;
    while (!is[place]) ++place;
    return place;
  }

  template <int Index, class First, class... Rest, class F>
  NADC_HD static auto visit_from(const ChoiceValue& choice, F& f) {
    if constexpr (sizeof...(Rest) == 0) {
      return f(choice.as<First>());
    } else {
      if (choice.index == Index) return f(choice.as<First>());
      return visit_from<Index + 1, Rest...>(choice, f);
    }
  }
  template <class Policy> static Alternative describe() {
    if constexpr (requires { Policy::fields(); })
      return alternative<Policy>(Policy::name, Policy::help);
    else
      return alternative(Policy::name, Policy::help);
  }
};

}  // namespace nadc
