// What the field tables say, for people and for editors.
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "sim/field.hpp"

namespace nadc {

// JSON Schema draft 7: completion and checks in editors. Quantities are strings with a pattern for number and unit.
// free_maps: further keys that hold a map from key paths to what changes there.
struct FreeMap {
  std::string_view key, doc;
};
std::string schema_json(const FieldTable& table, std::string_view title, std::span<const FreeMap> free_maps = {});

// Type, unit, range, default, doc and source of one key, or the keys of an object; "" explains the root. Indices and
// names in lists and maps may be left out or be anything: "sites[0].power", "sites.power".
// Errors: Error (usage) for an unknown key, with the nearest.
std::string explain(const FieldTable& table, std::string_view key_path);

// All keys as Markdown, a table a struct, in the order in which they are met.
std::string reference_markdown(const FieldTable& table, std::string_view title);

}  // namespace nadc
