// What is amiss with field tables themselves.
#include <set>

#include "app/scenario/reader.hpp"

namespace nadc {

std::vector<std::string> audit(const FieldTable& table, void* object) {
  std::vector<std::string> found;
  std::set<const FieldTable*> visited;
  const auto visit = [&](auto&& self, const FieldTable& each, void* target, const std::string& path) -> void {
    if (!visited.insert(&each).second) return;
    std::set<std::string_view> keys;
    for (const Field& field : each.fields) {
      const std::string at = join_path(path, field.key);
      if (!keys.insert(field.key).second) found.push_back(at + ": the key stands twice in its table");
      if (field.doc.empty()) found.push_back(at + ": has no doc");
      const bool sourced = field.kind == FieldKind::name || field.kind == FieldKind::object ||
                           field.kind == FieldKind::list || field.kind == FieldKind::map;
      if (!sourced && !field.is_required() && !field.is_optional() && field.source.empty())
        found.push_back(at + ": its default has no source");
      if (!field.is_required() && !field.is_optional()) {
        Reader reader(std::int64_t{0});
        try {
          const Node node = parse_default(field.default_text, at);
          Node resolved = node;
          // Required keys below an empty object are the user's to give.
          const bool opens = field.kind == FieldKind::object && node.is_map() && node.entries.empty();
          if (!opens) reader.value(node, field, target, at, resolved);
        } catch (const Error& error) {
          found.push_back(at + ": " + error.what());
        }
        for (const Problem& problem : reader.problems()) found.push_back(at + ": default: " + problem.message);
      }
      if (field.kind == FieldKind::object || field.kind == FieldKind::list || field.kind == FieldKind::map)
        self(self, field.nested.table(), field.nested.grow(field.in(target)), at);
      if (field.kind == FieldKind::map && !field.nested.table().name_field())
        found.push_back(at + ": the elements of a map have no name");
      if (field.kind == FieldKind::one_of)
        for (const Alternative& alternative : field.alternatives())
          if (alternative.table) {
            ChoiceValue value;
            alternative.construct(value.params);
            self(self, alternative.table(), value.params, join_path(at, alternative.name));
          }
    }
  };
  visit(visit, table, object, "");
  return found;
}

}  // namespace nadc
