// A YAML document as a tree in which every node knows where it was written.
//
// Stricter than YAML: one document a file, UTF-8, no duplicate keys, no merge keys, no tags, keys are plain text, at
// most 200,000 nodes once aliases are expanded, 100 levels and 16 MiB. Aliased nodes are copies; the copy's own place
// is that of the alias, what lies inside it keeps the anchor's. Everything wrong with a file is an Error (input) with
// file, line and column, both from 1; columns count characters.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/error.hpp"

namespace nadc {

// Where text came from: a file, an override on the command line, or a default.
struct Source {
  std::string name;    // as shown
  std::string folder;  // paths written in it start here; "" is the working directory
  std::vector<std::string> lines;
  bool numbered = true;  // lines have numbers worth showing
};

struct Where {
  std::shared_ptr<const Source> source;
  int line = 0;  // from 1; 0 = unknown
  int column = 0;
};

struct Node {
  enum class Kind : std::uint8_t { null, scalar, list, map };
  struct Entry;

  Kind kind = Kind::null;
  bool is_default = false;  // not written by anyone: filled in
  bool quoted = false;      // a scalar in quotes or a block: text for sure
  std::string text;         // of a scalar
  Where where;
  std::vector<Node> items;     // of a list
  std::vector<Entry> entries;  // of a map, in the order of the file

  const Entry* find(std::string_view key) const;
  Entry* find(std::string_view key);
  bool is_map() const { return kind == Kind::map; }
  bool is_list() const { return kind == Kind::list; }
  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_null() const { return kind == Kind::null; }
};

struct Node::Entry {
  std::string key;
  Where key_where;
  Node value;
};

Node read_document(const std::string& file);
// name stands for the file in messages; folder is where relative paths start.
Node parse_document(std::string_view text, std::string name, std::string folder = {});
// One value on one line, such as the right side of an override; column is where it begins in line.
Node parse_value(std::string_view text, const std::string& name, const std::string& line, int column);
// A default: plain text is a scalar without a parser's help.
Node parse_default(std::string_view text, std::string_view owner);

// Text that reads back to the same tree; marked writes "# default" behind what was filled in.
enum class EmitDefaults : std::uint8_t { plain, marked };
std::string emit(const Node& node, EmitDefaults defaults = EmitDefaults::plain);
std::string emit_scalar(std::string_view text, bool as_text);
// "list", "map", "nothing", "'40 MW'".
std::string describe(const Node& node);
// The place of a node for an error, with its source line.
Place place_of(const Where& where, std::string path);

}  // namespace nadc
