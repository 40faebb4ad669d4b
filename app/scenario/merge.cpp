#include "app/scenario/merge.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <utility>

#include "app/scenario/units.hpp"

namespace nadc {
namespace {

namespace fs = std::filesystem;

// Whether two values of this shape merge when both are maps.
bool merges(const TreeShape& shape, const Node& base, const Node& over) {
  if (!base.is_map() || !over.is_map()) return false;
  if (shape.object || !shape.field) return true;
  switch (shape.field->kind) {
    case FieldKind::map:
    case FieldKind::amounts:
      return true;
    case FieldKind::one_of:
    case FieldKind::law:
      return base.entries.size() == 1 && over.entries.size() == 1 && base.entries[0].key == over.entries[0].key;
    default:
      return false;  // {uncertain: …} replaces
  }
}

void merge_shaped(Node& base, const Node& over, const TreeShape& shape) {
  if (!merges(shape, base, over)) {
    base = over;
    return;
  }
  if (over.where.source) base.where = over.where;  // who spoke last
  for (const Node::Entry& entry : over.entries) {
    Node::Entry* found = base.find(entry.key);
    if (entry.value.is_null()) {
      if (found) base.entries.erase(base.entries.begin() + (found - base.entries.data()));
    } else if (!found) {
      base.entries.push_back(entry);
    } else {
      found->key_where = entry.key_where;
      merge_shaped(found->value, entry.value, shape.child(entry.key));
    }
  }
}

struct BaseFile {
  std::string file;
  Place place;
};

// The files that a tree extends, from the first to the last word; the key goes.
std::vector<BaseFile> take_bases(Node& root) {
  Node::Entry* entry = root.is_map() ? root.find("extends") : nullptr;
  if (!entry) return {};
  const Node value = std::move(entry->value);
  root.entries.erase(root.entries.begin() + (entry - root.entries.data()));
  std::vector<BaseFile> bases;
  const auto add = [&](const Node& node) {
    const Place place = place_of(node.where, "extends");
    if (!node.is_scalar() || node.text.empty())
      throw Error(ErrorKind::input, "'extends' names a file, or a list of them; found " + describe(node), "", place);
    const fs::path named(node.text);
    const fs::path file = named.is_absolute() ? named : fs::path(node.where.source->folder) / named;
    bases.push_back({file.lexically_normal().string(), place});
  };
  if (value.is_list()) {
    for (const Node& item : value.items) add(item);
  } else {
    add(value);
  }
  return bases;
}

std::string identity(const std::string& file) {
  std::error_code code;
  const fs::path canonical = fs::weakly_canonical(file, code);
  return code ? file : canonical.string();
}

Node with_bases(Node root, const FieldTable* table, std::vector<std::string>& chain) {
  const std::vector<BaseFile> bases = take_bases(root);
  if (bases.empty()) return root;
  Node merged;
  merged.kind = Node::Kind::map;
  for (const auto& [file, place] : bases) {
    const std::string id = identity(file);
    const auto seen = std::find(chain.begin(), chain.end(), id);
    if (seen != chain.end()) {
      std::string circle;
      for (auto each = seen; each != chain.end(); ++each) circle += fs::path(*each).filename().string() + " → ";
      throw Error(ErrorKind::input, "'extends' goes round in a circle: " + circle + fs::path(id).filename().string(),
                  "", place);
    }
    std::error_code code;
    if (!fs::exists(file, code))
      throw Error(ErrorKind::input, "there is no such file: '" + file + "'",
                  "a path in a file starts from the folder of that file", place);
    chain.push_back(id);
    const Node base = with_bases(read_document(file), table, chain);
    chain.pop_back();
    if (!base.is_map())
      throw Error(ErrorKind::input, "'" + file + "' holds " + describe(base) + "; expected a map of keys", "", place);
    merge_into(merged, base, table);
  }
  merge_into(merged, root, table);
  merged.where = root.where;
  return merged;
}

std::optional<std::size_t> as_index(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string hint_from(std::string_view key, const std::vector<std::string_view>& known) {
  const std::string near = nearest(key, known);
  if (!near.empty()) return "did you mean '" + near + "'?";
  std::string all;
  for (std::size_t i = 0; i < known.size() && i < 20; ++i) all += (i ? ", " : "") + std::string(known[i]);
  return known.empty() ? "" : "known here: " + all + (known.size() > 20 ? ", …" : "");
}

// Walks one override down the tree, making what has a default on the way.
class Walker {
 public:
  Walker(Node& root, const FieldTable* table, const Override& change)
      : node_(&root), shape_{table, nullptr}, change_(change) {}

  void apply() {
    const std::vector<std::string> segments = split_path(change_.path);
    for (std::size_t i = 0; i + 1 < segments.size(); ++i) descend(segments[i]);
    finish(segments.back());
  }

 private:
  [[noreturn]] void fail(std::string message, std::string hint) const {
    throw Error(ErrorKind::input, std::move(message), std::move(hint), place_of(change_.where, change_.path));
  }
  std::string here() const { return walked_.empty() ? "the scenario" : "'" + walked_ + "'"; }
  bool adds() const { return change_.action == Override::Action::add; }

  [[noreturn]] void unknown(const std::string& key) const {
    std::vector<std::string_view> known;
    if (shape_.object)
      for (const Field& field : shape_.object->fields) known.push_back(field.key);
    if (!shape_.object)
      for (const Node::Entry& entry : node_->entries) known.push_back(entry.key);
    std::string hint = hint_from(key, known);
    if (!shape_.object) hint += std::string(hint.empty() ? "" : "; ") + "'+' before the key adds a new one";
    fail("unknown key '" + key + "' in " + here(), hint);
  }

  void walk(const std::string& key) {
    shape_ = shape_.child(key);
    walked_ += (walked_.empty() ? "" : ".") + key;
  }

  Node& item(const std::string& segment) {
    const std::optional<std::size_t> index = as_index(segment);
    const std::size_t count = node_->items.size();
    if (!index) fail(here() + " is a list: '" + segment + "' is not an index", "items are written [0], [1], …");
    if (*index == count && adds()) {
      node_->items.emplace_back().where = change_.where;
    } else if (*index >= count) {
      fail(here() + " has " + std::to_string(count) + " items; [" + segment + "] is beyond the last",
           "items count from 0; '+' before the key adds one at the end");
    }
    return node_->items[*index];
  }

  // An alternative without parameters is plain text; it becomes a map when a parameter is set.
  void open_choice(const std::string& key) {
    if (!shape_.field || shape_.field->kind != FieldKind::one_of) return;
    if (node_->is_scalar() && node_->text == key) {
      Node open;
      open.kind = Node::Kind::map;
      open.where = node_->where;
      open.entries.push_back({key, node_->where, Node{}});
      open.entries[0].value.kind = Node::Kind::map;
      *node_ = std::move(open);
    } else if (!(node_->is_map() && node_->find(key))) {
      const std::string now = node_->is_scalar()                           ? node_->text
                              : node_->is_map() && !node_->entries.empty() ? node_->entries[0].key
                                                                           : "";
      fail(here() + " is '" + now + "' here, not '" + key + "'", "set " + walked_ + "=" + key + " first");
    }
  }

  void descend(const std::string& segment) {
    open_choice(segment);
    if (node_->is_list()) {
      Node& next = item(segment);
      if (next.is_null()) next.kind = Node::Kind::map;
      node_ = &next;
      walk(segment);
      return;
    }
    if (node_->is_scalar()) fail(here() + " is a plain value and has no key '" + segment + "'", "");
    Node::Entry* entry = node_->find(segment);
    const Field* field = shape_.object ? shape_.object->find(segment) : nullptr;
    if (!entry) {
      if (shape_.object ? !field : !adds()) unknown(segment);
      Node made;
      if (field && !field->is_required() && !field->is_optional())
        made = parse_default(field->default_text, field->key);
      if (made.is_null()) made.kind = Node::Kind::map;
      made.where = change_.where;
      node_->kind = Node::Kind::map;
      node_->entries.push_back({segment, change_.where, std::move(made)});
      entry = &node_->entries.back();
    } else if (entry->value.is_null()) {
      entry->value.kind = Node::Kind::map;
    }
    node_ = &entry->value;
    walk(segment);
  }

  void finish(const std::string& segment) {
    open_choice(segment);
    const bool removes = change_.action == Override::Action::remove || change_.value.is_null();
    if (node_->is_list()) {
      if (removes) {
        item(segment);
        node_->items.erase(node_->items.begin() + static_cast<std::ptrdiff_t>(*as_index(segment)));
      } else {
        item(segment) = change_.value;
      }
      return;
    }
    if (node_->is_scalar()) fail(here() + " is a plain value and has no key '" + segment + "'", "");
    Node::Entry* entry = node_->find(segment);
    const bool known = shape_.object && shape_.object->find(segment);
    if (removes) {
      if (!entry && !known) unknown(segment);
      if (!entry && change_.action == Override::Action::remove)
        fail("'" + change_.path + "' is not set, so it cannot be removed", "");
      if (entry) node_->entries.erase(node_->entries.begin() + (entry - node_->entries.data()));
      return;
    }
    if (!entry) {
      if (shape_.object ? !known : !adds()) unknown(segment);
      node_->kind = Node::Kind::map;
      node_->entries.push_back({segment, change_.where, change_.value});
    } else {
      entry->key_where = change_.where;
      entry->value = change_.value;
    }
  }

  Node* node_;
  TreeShape shape_;
  const Override& change_;
  std::string walked_;
};

}  // namespace

TreeShape TreeShape::child(std::string_view key) const {
  if (object) {
    const Field* found = object->find(key);
    if (!found) return {};
    if (found->kind == FieldKind::object) return TreeShape{&found->nested.table(), found};
    return {nullptr, found};
  }
  if (!field) return {};
  if (field->kind == FieldKind::list || field->kind == FieldKind::map)
    return TreeShape{&field->nested.table(), nullptr};
  if (field->kind == FieldKind::one_of)
    for (const Alternative& each : field->alternatives())
      if (each.name == key && each.table) return TreeShape{&each.table(), nullptr};
  return {};
}

void merge_into(Node& base, const Node& over, const FieldTable* table) { merge_shaped(base, over, {table, nullptr}); }

Node merge_with_bases(Node root, const FieldTable* table) {
  std::vector<std::string> chain;
  return with_bases(std::move(root), table, chain);
}

Node read_with_bases(const std::string& file, const FieldTable* table) {
  std::vector<std::string> chain{identity(file)};
  return with_bases(read_document(file), table, chain);
}

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> segments;
  std::size_t i = 0;
  while (i < path.size()) {
    if (path[i] == '[') {
      const std::size_t end = path.find(']', i);
      if (end == std::string_view::npos || !as_index(path.substr(i + 1, end - i - 1)) || segments.empty()) return {};
      segments.emplace_back(path.substr(i + 1, end - i - 1));
      i = end + 1;
      if (i < path.size() && path[i] != '.' && path[i] != '[') return {};
    } else {
      const std::size_t end = std::min(path.find_first_of(".[]", i), path.size());
      if (end == i) return {};
      segments.emplace_back(path.substr(i, end - i));
      i = end;
    }
    if (i < path.size() && path[i] == '.') {
      ++i;
      if (i == path.size()) return {};
    } else if (i < path.size() && path[i] == ']') {
      return {};
    }
  }
  return segments;
}

Override parse_override(const std::string& text) {
  Override result;
  const auto source = std::make_shared<const Source>(Source{"command line", {}, {text}, false});
  std::string_view rest = text;
  if (rest.starts_with('+') || rest.starts_with('~')) {
    result.action = rest[0] == '+' ? Override::Action::add : Override::Action::remove;
    rest.remove_prefix(1);
  }
  const std::size_t equals = rest.find('=');
  const bool removes = result.action == Override::Action::remove;
  result.path = rest.substr(0, equals);
  result.where = {source, 1, static_cast<int>(text.size() - rest.size()) + 1};
  const auto refuse = [&](std::string message, std::string hint, int column) {
    throw Error(ErrorKind::usage, std::move(message), std::move(hint), place_of({source, 1, column}, {}));
  };
  if (removes && equals != std::string_view::npos)
    refuse("'~' removes a key and takes no value", "write ~" + result.path, result.where.column);
  if (!removes && equals == std::string_view::npos)
    refuse("'" + text + "' is no override", "write key=value, +key=value or ~key", 1);
  if (split_path(result.path).empty())
    refuse("'" + result.path + "' is no key path", "write it as sites[0].power.grid", result.where.column);
  if (removes) return result;
  const int column = static_cast<int>(text.size() - rest.size() + equals) + 2;
  const std::string_view value = rest.substr(equals + 1);
  if (value.find_first_not_of(' ') == std::string_view::npos)
    refuse("no value after '='", "~" + result.path + " goes back to the default", column);
  result.value = parse_value(value, "command line", text, column);
  return result;
}

std::vector<Override> parse_overrides(std::span<const std::string> texts) {
  std::vector<Override> overrides;
  std::vector<Problem> problems;
  ErrorKind kind = ErrorKind::input;
  for (const std::string& text : texts) {
    try {
      overrides.push_back(parse_override(text));
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::usage) kind = ErrorKind::usage;
      problems.insert(problems.end(), error.problems().begin(), error.problems().end());
    }
  }
  if (!problems.empty()) throw Error(kind, std::move(problems));
  return overrides;
}

std::vector<Override> overrides_from(const Node& map) {
  std::vector<Override> overrides;
  std::vector<Problem> problems;
  if (!map.is_map())
    throw Error(ErrorKind::input, describe(map) + " stands here; expected a map from key paths to values", "",
                place_of(map.where, {}));
  for (const Node::Entry& entry : map.entries) {
    Override change;
    std::string_view path = entry.key;
    if (path.starts_with('+') || path.starts_with('~')) {
      change.action = path[0] == '+' ? Override::Action::add : Override::Action::remove;
      path.remove_prefix(1);
    }
    change.path = path;
    change.value = entry.value;
    change.where = entry.key_where;
    if (split_path(path).empty())
      problems.push_back(
          {"'" + change.path + "' is no key path", "write it as sites[0].power.grid", place_of(entry.key_where, {})});
    else if (change.action == Override::Action::remove && !entry.value.is_null())
      problems.push_back(
          {"'~' removes a key and takes no value", "leave the value empty", place_of(entry.value.where, change.path)});
    else
      overrides.push_back(std::move(change));
  }
  if (!problems.empty()) throw Error(ErrorKind::input, std::move(problems));
  return overrides;
}

void apply_overrides(Node& root, const FieldTable* table, std::span<const Override> overrides) {
  std::vector<Problem> problems;
  for (const Override& change : overrides) {
    try {
      Walker(root, table, change).apply();
    } catch (const Error& error) {
      problems.insert(problems.end(), error.problems().begin(), error.problems().end());
    }
  }
  if (!problems.empty()) throw Error(ErrorKind::input, std::move(problems));
}

}  // namespace nadc
