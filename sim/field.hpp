// Field tables: a plain struct describes its own members, and everything that users see of it follows from that one
// description: parsing and its error messages, `nadc schema`, `nadc explain KEY`, the reference page, the resolved
// scenario and the list of assumptions. Nothing here reads a file; app/scenario/ does.
//
//   struct GridSpec {
//     double connection = 0;                     // [W]
//     Tick outage = 0;
//     static const FieldTable& fields();
//   };
//   const FieldTable& GridSpec::fields() {
//     using namespace spec;
//     static const FieldTable table{"grid", "The site's connection to the grid.", {
//         quantity(&GridSpec::connection, "connection", Dimension::power, positive, "40 MW",
//                  "Power that the site may draw.", "assumption"),
//         duration(&GridSpec::outage, "outage", not_negative, "0 s", "Length of an outage.", "assumption"),
//     }};
//     return table;
//   }
//
// Each maker below fits one kind of member; a member of another type does not compile. The arguments are: member, key,
// [dimension], [range], default, doc (one sentence), source (where the default comes from; begins with "assumption"
// when it is one). The default is YAML text, as a user would write it: required = no default, optional = may be absent
// and the member then keeps its initial value. An object whose keys all have defaults has the default "{}".
//
// Where a member has the name of a maker, write spec::date(…).
// Members are reached by their offset, measured on a default-constructed object. Host only.
#pragma once
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "sim/choice.hpp"
#include "sim/time.hpp"
#include "sim/units.hpp"

namespace nadc {

struct LawSpec;  // sim/law.hpp

// What a number measures. The value is kept in the coherent unit named here.
enum class Dimension : std::uint8_t {
  none,                    // a plain number
  ratio,                   // 1; "85 %" or 0.85
  duration,                // s
  frequency,               // 1/s
  power,                   // W
  energy,                  // J
  data,                    // B
  data_rate,               // B/s
  compute,                 // FLOP
  compute_rate,            // FLOP/s
  money,                   // KRW
  money_rate,              // KRW/s
  money_per_energy,        // KRW/J
  money_per_power,         // KRW/W
  money_per_power_time,    // KRW/(W s), the demand charge
  money_per_volume,        // KRW/m3
  carbon,                  // kg of CO2 equivalent
  carbon_per_energy,       // kg/J
  temperature,             // °C
  temperature_difference,  // K
  length,                  // m
  volume,                  // m3
  volume_per_energy,       // m3/J
  energy_per_data,         // J/B
  efficiency,              // FLOP/J
  how_many,                // number of dimensions, not one of them
};

enum class Bound : std::uint8_t { closed, open };

// Which values are allowed, in the coherent unit of the dimension.
struct Range {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  Bound at_min = Bound::closed;
  Bound at_max = Bound::closed;

  constexpr bool contains(double x) const {
    return (at_min == Bound::closed ? x >= min : x > min) && (at_max == Bound::closed ? x <= max : x < max);
  }
};
// Makers and ranges, for `using namespace spec;` inside a table.
namespace spec {
inline constexpr Range anything{};
inline constexpr Range not_negative{.min = 0};
inline constexpr Range positive{.min = 0, .at_min = Bound::open};
inline constexpr Range fraction{.min = 0, .max = 1};
constexpr Range at_least(double min) { return {.min = min}; }
constexpr Range between(double min, double max) { return {.min = min, .max = max}; }

inline constexpr std::string_view required{};
inline constexpr std::string_view optional = "~";
}  // namespace spec

enum class FieldKind : std::uint8_t {
  boolean,     // bool
  integer,     // int or std::int64_t
  number,      // double without unit
  quantity,    // double in the unit of the dimension
  ticks,       // Tick, from a duration
  date,        // std::int64_t, seconds since 1970-01-01 UTC; "2026-03-31", "2026-03-31T09:00:00Z", "start + 90 d"
  text,        // std::string
  name,        // std::string: the key under which the object stands in a map
  path,        // std::string, resolved from the folder of the file it is written in
  choice,      // enum or int: index into names
  integers,    // std::vector<std::int64_t>
  numbers,     // std::vector<double>
  quantities,  // std::vector<double>
  texts,       // std::vector<std::string>
  amounts,     // std::vector<NamedAmount>: name: quantity
  law,         // LawSpec: a distribution, drawn again for each event
  object,      // a struct, or std::optional of one
  list,        // std::vector of a struct
  map,         // std::vector of a struct with a name, in the order of the file
  one_of,      // ChoiceValue: one alternative of a closed list, with its parameters
};

// One entry of a map from names to quantities, such as shares.
struct NamedAmount {
  std::string name;
  double value = 0;
};

struct FieldTable;
using TableOf = const FieldTable& (*)();

// One alternative of a closed list; table is null when it takes no parameters.
struct Alternative {
  std::string_view name;
  std::string_view help;  // one sentence
  TableOf table = nullptr;
  void (*construct)(std::byte* params) = nullptr;
};
using AlternativesOf = std::span<const Alternative> (*)();

// Params::fields() describes the parameters.
template <class Params> Alternative alternative(std::string_view name, std::string_view help) {
  static_assert(std::is_trivially_copyable_v<Params>, "parameters of a policy must be trivially copyable");
  static_assert(sizeof(Params) <= ChoiceValue::capacity, "too many parameters");
  static_assert(alignof(Params) <= 8, "parameters of a policy must be aligned as numbers are");
  return {name, help, &Params::fields, [](std::byte* params) { new (params) Params(); }};
}
inline Alternative alternative(std::string_view name, std::string_view help) { return {name, help}; }

// How a field holds other structs. member points to the field in its object.
struct Nested {
  TableOf table = nullptr;
  std::size_t (*size)(const void* member) = nullptr;
  void* (*at)(void* member, std::size_t index) = nullptr;
  void* (*grow)(void* member) = nullptr;  // appends one element, or makes the optional one
  void (*clear)(void* member) = nullptr;
};

struct Field {
  FieldKind kind = FieldKind::number;
  Dimension dimension = Dimension::none;
  std::uint8_t width = 8;  // bytes of an integer or choice
  std::string_view key;
  std::size_t offset = 0;
  Range range;
  std::string_view default_text;
  std::string_view doc;
  std::string_view source;
  std::vector<std::string_view> names;  // of a choice; words that may stand in place of a path
  Nested nested;                        // object, list, map
  AlternativesOf alternatives = nullptr;

  bool is_required() const { return default_text.empty(); }
  bool is_optional() const { return default_text == spec::optional; }
  bool is_assumption() const { return source.starts_with("assumption"); }
  void* in(void* object) const { return static_cast<std::byte*>(object) + offset; }
  const void* in(const void* object) const { return static_cast<const std::byte*>(object) + offset; }
  template <class M> M& as(void* object) const { return *static_cast<M*>(in(object)); }
  template <class M> const M& as(const void* object) const { return *static_cast<const M*>(in(object)); }
};

// What a rule that spans several fields found wrong; key is where it is shown.
struct Complaint {
  std::string key;
  std::string message;
  std::string hint;
};
using TableCheck = void (*)(const void* object, std::vector<Complaint>& complaints);

// Describes one struct. check, if any, is called after all fields were read without a problem.
struct FieldTable {
  std::string_view name;
  std::string_view doc;
  std::vector<Field> fields;
  TableCheck check = nullptr;

  const Field* find(std::string_view key) const {
    for (const Field& field : fields)
      if (field.key == key) return &field;
    return nullptr;
  }
  // The field that holds the key under which the object stands in a map; null if there is none.
  const Field* name_field() const {
    for (const Field& field : fields)
      if (field.kind == FieldKind::name) return &field;
    return nullptr;
  }
};

// Turns a typed rule, void rule(const T&, std::vector<Complaint>&), into the check of a table: check_with<&rule>.
template <auto rule> inline constexpr TableCheck check_with = nullptr;
template <class T, void (*rule)(const T&, std::vector<Complaint>&)>
inline constexpr TableCheck check_with<rule> =
    [](const void* object, std::vector<Complaint>& complaints) { rule(*static_cast<const T*>(object), complaints); };

namespace field_detail {

template <class T, class M> std::size_t offset_of(M T::*member) {
  const auto object = std::make_unique<T>();
  return static_cast<std::size_t>(reinterpret_cast<const std::byte*>(&((*object).*member)) -
                                  reinterpret_cast<const std::byte*>(object.get()));
}

template <class T, class M>
Field base(FieldKind kind, M T::*member, std::string_view key, std::string_view default_text, std::string_view doc,
           std::string_view source) {
  Field field;
  field.kind = kind;
  field.key = key;
  field.offset = offset_of(member);
  field.default_text = default_text;
  field.doc = doc;
  field.source = source;
  return field;
}

template <class T, class M>
Field ranged(FieldKind kind, M T::*member, std::string_view key, Dimension dimension, Range range,
             std::string_view default_text, std::string_view doc, std::string_view source) {
  Field field = base(kind, member, key, default_text, doc, source);
  field.dimension = dimension;
  field.range = range;
  return field;
}

template <class Tag> inline constexpr Dimension dimension_of = Dimension::none;
template <> inline constexpr Dimension dimension_of<SecondsTag> = Dimension::duration;
template <> inline constexpr Dimension dimension_of<WattsTag> = Dimension::power;
template <> inline constexpr Dimension dimension_of<JoulesTag> = Dimension::energy;
template <> inline constexpr Dimension dimension_of<BytesTag> = Dimension::data;
template <> inline constexpr Dimension dimension_of<BytesPerSecondTag> = Dimension::data_rate;
template <> inline constexpr Dimension dimension_of<FlopsTag> = Dimension::compute_rate;
template <> inline constexpr Dimension dimension_of<KrwTag> = Dimension::money;
template <> inline constexpr Dimension dimension_of<KrwPerJouleTag> = Dimension::money_per_energy;
template <> inline constexpr Dimension dimension_of<CelsiusTag> = Dimension::temperature;
template <> inline constexpr Dimension dimension_of<RatioTag> = Dimension::ratio;

template <class E> Nested nested_vector() {
  return {&E::fields, [](const void* m) { return static_cast<const std::vector<E>*>(m)->size(); },
          [](void* m, std::size_t i) -> void* { return &(*static_cast<std::vector<E>*>(m))[i]; },
          [](void* m) -> void* { return &static_cast<std::vector<E>*>(m)->emplace_back(); },
          [](void* m) { static_cast<std::vector<E>*>(m)->clear(); }};
}

}  // namespace field_detail

namespace spec {

template <class T>
Field boolean(bool T::*member, std::string_view key, std::string_view default_text, std::string_view doc,
              std::string_view source) {
  return field_detail::base(FieldKind::boolean, member, key, default_text, doc, source);
}

// Member: int or std::int64_t.
template <class T, class M>
Field integer(M T::*member, std::string_view key, Range range, std::string_view default_text, std::string_view doc,
              std::string_view source) {
  static_assert(std::is_same_v<M, int> || std::is_same_v<M, std::int64_t>, "an integer is an int or std::int64_t");
  Field field =
      field_detail::ranged(FieldKind::integer, member, key, Dimension::none, range, default_text, doc, source);
  field.width = sizeof(M);
  return field;
}

template <class T>
Field number(double T::*member, std::string_view key, Range range, std::string_view default_text, std::string_view doc,
             std::string_view source) {
  return field_detail::ranged(FieldKind::number, member, key, Dimension::none, range, default_text, doc, source);
}

template <class T>
Field quantity(double T::*member, std::string_view key, Dimension dimension, Range range, std::string_view default_text,
               std::string_view doc, std::string_view source) {
  return field_detail::ranged(FieldKind::quantity, member, key, dimension, range, default_text, doc, source);
}

// The dimension follows from the type: Watts, Bytes, Krw, …
template <class T, class Tag>
Field quantity(Quantity<Tag> T::*member, std::string_view key, Range range, std::string_view default_text,
               std::string_view doc, std::string_view source) {
  static_assert(field_detail::dimension_of<Tag> != Dimension::none, "this unit type has no dimension");
  static_assert(sizeof(Quantity<Tag>) == sizeof(double));
  return field_detail::ranged(FieldKind::quantity, member, key, field_detail::dimension_of<Tag>, range, default_text,
                              doc, source);
}

// A duration kept as ticks; the range is in seconds.
template <class T>
Field duration(Tick T::*member, std::string_view key, Range range, std::string_view default_text, std::string_view doc,
               std::string_view source) {
  return field_detail::ranged(FieldKind::ticks, member, key, Dimension::duration, range, default_text, doc, source);
}

template <class T>
Field date(std::int64_t T::*member, std::string_view key, std::string_view default_text, std::string_view doc,
           std::string_view source) {
  return field_detail::base(FieldKind::date, member, key, default_text, doc, source);
}

// An empty default is written '""'.
template <class T>
Field text(std::string T::*member, std::string_view key, std::string_view default_text, std::string_view doc,
           std::string_view source) {
  return field_detail::base(FieldKind::text, member, key, default_text, doc, source);
}

template <class T> Field name(std::string T::*member, std::string_view doc) {
  return field_detail::base(FieldKind::name, member, "name", required, doc, {});
}

template <class T>
Field path(std::string T::*member, std::string_view key, std::string_view default_text, std::string_view doc,
           std::string_view source) {
  return field_detail::base(FieldKind::path, member, key, default_text, doc, source);
}
// A path, or one of these words in its place.
template <class T>
Field path_or(std::string T::*member, std::string_view key, std::initializer_list<std::string_view> words,
              std::string_view default_text, std::string_view doc, std::string_view source) {
  Field field = field_detail::base(FieldKind::path, member, key, default_text, doc, source);
  field.names = words;
  return field;
}

// Member: an enum whose values are 0, 1, … in the order of names, or an int.
template <class T, class M>
Field choice(M T::*member, std::string_view key, std::initializer_list<std::string_view> names,
             std::string_view default_text, std::string_view doc, std::string_view source) {
  static_assert(std::is_enum_v<M> || std::is_same_v<M, int>, "a choice is an enum or an int");
  Field field = field_detail::base(FieldKind::choice, member, key, default_text, doc, source);
  field.names = names;
  field.width = sizeof(M);
  return field;
}

template <class T>
Field integers(std::vector<std::int64_t> T::*member, std::string_view key, Range range, std::string_view default_text,
               std::string_view doc, std::string_view source) {
  return field_detail::ranged(FieldKind::integers, member, key, Dimension::none, range, default_text, doc, source);
}

template <class T>
Field numbers(std::vector<double> T::*member, std::string_view key, Range range, std::string_view default_text,
              std::string_view doc, std::string_view source) {
  return field_detail::ranged(FieldKind::numbers, member, key, Dimension::none, range, default_text, doc, source);
}

template <class T>
Field quantities(std::vector<double> T::*member, std::string_view key, Dimension dimension, Range range,
                 std::string_view default_text, std::string_view doc, std::string_view source) {
  return field_detail::ranged(FieldKind::quantities, member, key, dimension, range, default_text, doc, source);
}

template <class T>
Field texts(std::vector<std::string> T::*member, std::string_view key, std::string_view default_text,
            std::string_view doc, std::string_view source) {
  return field_detail::base(FieldKind::texts, member, key, default_text, doc, source);
}

// Dimension::none takes plain numbers.
template <class T>
Field amounts(std::vector<NamedAmount> T::*member, std::string_view key, Dimension dimension, Range range,
              std::string_view default_text, std::string_view doc, std::string_view source) {
  return field_detail::ranged(FieldKind::amounts, member, key, dimension, range, default_text, doc, source);
}

// The dimension and range are those of the values drawn.
template <class T>
Field law(LawSpec T::*member, std::string_view key, Dimension dimension, Range range, std::string_view default_text,
          std::string_view doc, std::string_view source) {
  return field_detail::ranged(FieldKind::law, member, key, dimension, range, default_text, doc, source);
}

// M::fields() describes the object.
template <class T, class M>
Field object(M T::*member, std::string_view key, std::string_view default_text, std::string_view doc,
             std::string_view source = {}) {
  static_assert(std::is_class_v<M>, "an object is a struct with fields()");
  Field field = field_detail::base(FieldKind::object, member, key, default_text, doc, source);
  field.nested = {&M::fields, [](const void*) { return std::size_t{1}; }, [](void* m, std::size_t) { return m; },
                  [](void* m) { return m; }, [](void* m) { *static_cast<M*>(m) = M(); }};
  return field;
}

// An object that may be absent; the default is always optional.
template <class T, class M>
Field object(std::optional<M> T::*member, std::string_view key, std::string_view doc, std::string_view source = {}) {
  Field field = field_detail::base(FieldKind::object, member, key, optional, doc, source);
  field.nested = {&M::fields,
                  [](const void* m) { return std::size_t{static_cast<const std::optional<M>*>(m)->has_value()}; },
                  [](void* m, std::size_t) -> void* { return &**static_cast<std::optional<M>*>(m); },
                  [](void* m) -> void* { return &static_cast<std::optional<M>*>(m)->emplace(); },
                  [](void* m) { static_cast<std::optional<M>*>(m)->reset(); }};
  return field;
}

// The range counts the elements.
template <class T, class E>
Field list(std::vector<E> T::*member, std::string_view key, Range count, std::string_view default_text,
           std::string_view doc, std::string_view source = {}) {
  Field field = field_detail::ranged(FieldKind::list, member, key, Dimension::none, count, default_text, doc, source);
  field.nested = field_detail::nested_vector<E>();
  return field;
}

// As list, but written as a map: the key goes to the element's name().
template <class T, class E>
Field map(std::vector<E> T::*member, std::string_view key, Range count, std::string_view default_text,
          std::string_view doc, std::string_view source = {}) {
  Field field = list(member, key, count, default_text, doc, source);
  field.kind = FieldKind::map;
  return field;
}

// Written as a name ("fifo") or as a map of one entry ({spread: {penalty: "5 %"}}).
template <class T>
Field one_of(ChoiceValue T::*member, std::string_view key, AlternativesOf alternatives, std::string_view default_text,
             std::string_view doc, std::string_view source) {
  Field field = field_detail::base(FieldKind::one_of, member, key, default_text, doc, source);
  field.alternatives = alternatives;
  return field;
}

}  // namespace spec
}  // namespace nadc
