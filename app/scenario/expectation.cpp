// What a field expects, in words.
#include "app/scenario/reader.hpp"

namespace nadc {

std::string list_of(const std::vector<std::string_view>& names) {
  std::string all;
  for (std::size_t i = 0; i < names.size(); ++i) all += (i == 0 ? "" : ", ") + std::string(names[i]);
  return all;
}

std::string near_or_known(std::string_view word, const std::vector<std::string_view>& known) {
  const std::string near = nearest(word, known);
  if (!near.empty()) return "did you mean '" + near + "'?";
  return known.empty() ? "" : "known here: " + list_of(known);
}

std::string expectation(const Field& field) {
  switch (field.kind) {
    case FieldKind::boolean:
      return "true or false";
    case FieldKind::integer:
      return "a whole number";
    case FieldKind::number:
      return "a number";
    case FieldKind::quantity:
    case FieldKind::ticks:
      return a_dimension(field.dimension) + " such as \"" + std::string(example_of(field.dimension)) + "\"";
    case FieldKind::date:
      return "a date such as 2026-03-31";
    case FieldKind::text:
    case FieldKind::name:
      return "text";
    case FieldKind::path:
      return field.names.empty() ? "the path of a file" : "the path of a file, or one of " + list_of(field.names);
    case FieldKind::choice:
      return "one of " + list_of(field.names);
    case FieldKind::integers:
      return "a list of whole numbers";
    case FieldKind::numbers:
      return "a list of numbers";
    case FieldKind::quantities:
      return "a list, each " + a_dimension(field.dimension);
    case FieldKind::texts:
      return "a list of texts";
    case FieldKind::amounts:
      return "a map from names to " + a_dimension(field.dimension) + " each";
    case FieldKind::law:
      return a_dimension(field.dimension) + " or a law";
    case FieldKind::object:
      return "a map of keys";
    case FieldKind::list:
      return "a list of maps";
    case FieldKind::map:
      return "a map from names to maps";
    default:
      return "the name of an alternative, or a map of one entry";
  }
}

bool good_name(std::string_view name) {
  return !name.empty() && name.find_first_of(".[]=~+ \t\n\"'") == std::string_view::npos;
}

}  // namespace nadc
