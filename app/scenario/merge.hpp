// One tree out of several files and the command line.
//
// `extends: base.yaml` puts a file on top of another, `extends: [a.yaml, b.yaml]` on top of b on top of a: maps merge
// deeply, lists are replaced, an empty value (~) takes a key back to its default. Where the tables say that a key holds
// a law or one of several alternatives, another law or alternative replaces the old one instead of merging with it.
// Every node keeps the place where it was written.
//
// Overrides come last: "key.path=value" changes what exists or has a default, "+key.path=value" also adds map entries
// and list items, "~key.path" removes. Items of a list are written sites[0].power or sites.0.power; the value is YAML.
//
// All problems of a list of overrides are thrown as one Error (input); text that is no override at all is (usage).
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/scenario/document.hpp"
#include "sim/field.hpp"

namespace nadc {

// Follows extends; a cycle is an error. table describes the root and may be null.
Node read_with_bases(const std::string& file, const FieldTable* table);
// The same, for a tree that is already in memory; extends is taken from its root.
Node merge_with_bases(Node root, const FieldTable* table);
// over wins.
void merge_into(Node& base, const Node& over, const FieldTable* table);

struct Override {
  enum class Action : std::uint8_t { change, add, remove };
  Action action = Action::change;
  std::string path;
  Node value;
  Where where;
};

Override parse_override(const std::string& text);
std::vector<Override> parse_overrides(std::span<const std::string> texts);
// From a map {key.path: value, +key.path: value, ~key.path: }, such as a lever of a study.
std::vector<Override> overrides_from(const Node& map);
void apply_overrides(Node& root, const FieldTable* table, std::span<const Override> overrides);

// "sites[0].power" → sites, 0, power; empty if it is no key path.
std::vector<std::string> split_path(std::string_view path);

// What the tables know about the value at one place: an object, the value of a field, or nothing.
struct TreeShape {
  const FieldTable* object = nullptr;
  const Field* field = nullptr;

  TreeShape child(std::string_view key) const;
};

}  // namespace nadc
