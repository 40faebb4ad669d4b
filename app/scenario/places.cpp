#include "app/scenario/places.hpp"

#include <charconv>
#include <vector>

#include "app/scenario/merge.hpp"

namespace nadc {
namespace {

const Node* item_of(const Node& list, const std::string& segment) {
  for (const Node& item : list.items)
    if (const Node::Entry* name = item.find("name"); name && name->value.text == segment) return &item;
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(segment.data(), segment.data() + segment.size(), index);
  const bool whole = error == std::errc() && end == segment.data() + segment.size();
  return whole && index < list.items.size() ? &list.items[index] : nullptr;
}

}  // namespace

Place find_place(const Node& tree, const std::string& path, const std::string& file) {
  Place place;
  place.file = file;
  place.path = path;
  const Node* node = &tree;
  for (const std::string& segment : split_path(path)) {
    const Node::Entry* entry = node->is_map() ? node->find(segment) : nullptr;
    node = entry ? &entry->value : node->is_list() ? item_of(*node, segment) : nullptr;
    if (!node || node->is_default) break;
    if (node->where.source && node->where.line > 0) place = place_of(node->where, path);
  }
  return place;
}

Error with_places(const Error& error, const Node& tree, const std::string& file) {
  std::vector<Problem> problems = error.problems();
  for (Problem& problem : problems)
    if (problem.place.file.empty()) problem.place = find_place(tree, problem.place.path, file);
  return Error(error.kind(), std::move(problems));
}

}  // namespace nadc
