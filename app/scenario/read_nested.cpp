// Reads lists and maps of objects, and alternatives with their parameters.
#include "app/scenario/reader.hpp"

namespace nadc {

void Reader::elements(const Node& node, const Field& field, void* member, const std::string& path, Node& resolved) {
  const bool is_map = field.kind == FieldKind::map;
  if (is_map ? !node.is_map() : !node.is_list())
    return problem(node.where, path, describe(node) + " stands here; expected " + expectation(field));
  field.nested.clear(member);
  const FieldTable& table = field.nested.table();
  const std::size_t count = is_map ? node.entries.size() : node.items.size();
  if (!field.range.contains(static_cast<double>(count)))
    problem(node.where, path,
            std::to_string(count) + " entries stand here: there " +
                out_of_range(static_cast<double>(count), field.range, Dimension::none));
  for (std::size_t i = 0; i < count; ++i) {
    void* const element = field.nested.grow(member);
    if (!is_map) {
      const Node& item = node.items[i];
      object(item, item.where, table, element, path + '[' + std::to_string(i) + ']', resolved.items[i]);
      continue;
    }
    const Node::Entry& entry = node.entries[i];
    if (!good_name(entry.key)) {
      problem(entry.key_where, path, "the name '" + entry.key + "' has a character that key paths need",
              "names have no '.', '[', ']', '=', '+', '~', blanks or quotes");
      continue;
    }
    const Field* name_field = table.name_field();
    if (name_field) name_field->as<std::string>(element) = entry.key;
    object(entry.value, entry.key_where, table, element, join_path(path, entry.key), resolved.entries[i].value,
           name_field);
  }
}

void Reader::one_of(const Node& node, const Field& field, void* member, const std::string& path, Node& resolved) {
  const bool single = node.is_map() && node.entries.size() == 1;
  if (!node.is_scalar() && !single)
    return problem(node.where, path, describe(node) + " stands here; expected " + expectation(field),
                   node.is_map() ? "one alternative at a time" : "");
  const std::string& name = single ? node.entries[0].key : node.text;
  const Where& where = single ? node.entries[0].key_where : node.where;
  const std::span<const Alternative> all = field.alternatives();
  std::size_t index = 0;
  while (index < all.size() && all[index].name != name) ++index;
  if (index == all.size()) {
    std::vector<std::string_view> names;
    for (const Alternative& each : all) names.push_back(each.name);
    return problem(where, path, "'" + name + "' is none of " + list_of(names), near_or_known(name, names));
  }
  auto& choice = *static_cast<ChoiceValue*>(member);
  choice = ChoiceValue{};
  choice.index = static_cast<int>(index);
  const Alternative& chosen = all[index];
  if (chosen.construct) chosen.construct(choice.params);
  static const FieldTable nothing{};
  const FieldTable& table = chosen.table ? chosen.table() : nothing;
  Node empty;
  empty.kind = Node::Kind::map;
  empty.where = where;
  const Node& given = single && !node.entries[0].value.is_null() ? node.entries[0].value : empty;
  if (given.is_map() && !given.entries.empty() && table.fields.empty()) {
    problem(given.entries[0].key_where, join_path(path, name), "'" + name + "' takes no parameters",
            "write it as plain text: " + name);
    return;
  }
  Node params;
  object(given, where, table, choice.params, join_path(path, name), params);
  if (table.fields.empty()) return;
  Node open;
  open.kind = Node::Kind::map;
  open.where = node.where;
  open.entries.push_back({name, where, std::move(params)});
  resolved = std::move(open);
}

}  // namespace nadc
