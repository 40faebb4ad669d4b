#include "app/scenario/document.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

namespace nadc {
namespace {

constexpr std::size_t most_nodes = 200000;
constexpr std::size_t most_levels = 100;
constexpr std::uintmax_t most_bytes = 16u << 20;

[[noreturn]] void fail(std::string message, std::string hint, const Where& where) {
  throw Error(ErrorKind::input, std::move(message), std::move(hint), place_of(where, {}));
}

// Bytes of the character that begins at text[i], 0 if it is not UTF-8.
std::size_t character_length(std::string_view text, std::size_t i) {
  const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
  const unsigned char first = byte(i);
  const std::size_t length = first < 0x80                    ? 1
                             : first >= 0xC2 && first < 0xE0 ? 2
                             : first >= 0xE0 && first < 0xF0 ? 3
                             : first >= 0xF0 && first < 0xF5 ? 4
                                                             : 0;
  if (length == 0 || i + length > text.size()) return 0;
  for (std::size_t k = 1; k < length; ++k)
    if ((byte(i + k) & 0xC0) != 0x80) return 0;
  if (first == 0xE0 && byte(i + 1) < 0xA0) return 0;
  if (first == 0xED && byte(i + 1) >= 0xA0) return 0;
  if (first == 0xF0 && byte(i + 1) < 0x90) return 0;
  if (first == 0xF4 && byte(i + 1) >= 0x90) return 0;
  return length;
}

std::shared_ptr<Source> make_source(std::string_view text, std::string name, std::string folder) {
  auto source = std::make_shared<Source>();
  source->name = std::move(name);
  source->folder = std::move(folder);
  std::size_t begin = 0;
  while (begin <= text.size()) {
    std::size_t end = text.find('\n', begin);
    if (end == std::string_view::npos) end = text.size();
    std::string_view line = text.substr(begin, end - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    source->lines.emplace_back(line);
    begin = end + 1;
  }
  return source;
}

// What the parser below could misread without a word.
void check_characters(std::string_view text, const std::shared_ptr<const Source>& source) {
  int line = 1, column = 1;
  bool indenting = true;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = character_length(text, i);
    if (length == 0) fail("the file is not UTF-8 text", "save it as UTF-8", {source, line, column});
    const char c = text[i];
    if (c == '\t' && indenting) {
      const std::size_t rest = text.find_first_not_of(" \t\r", i);
      if (rest != std::string_view::npos && text[rest] != '\n' && text[rest] != '#')
        fail("a tab indents this line", "indent with spaces", {source, line, column});
    }
    if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r')
      fail("a control character stands here", "is this a text file?", {source, line, column});
    if (c != ' ' && c != '\t') indenting = false;
    if (c == '\n') {
      ++line;
      column = 1;
      indenting = true;
    } else {
      ++column;
    }
    i += length;
  }
}

// Builds the tree from the parser's events, so that places, aliases and duplicates are ours to judge.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::shared_ptr<const Source> source) : source_(std::move(source)) {}

  Node take() { return std::move(root_); }
  bool empty() const { return documents_ == 0 || (root_.is_null() && !explicit_root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1)
      fail("a second document begins here", "a file holds one document: remove '---' and what follows", at(mark));
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    node.where = at(mark);
    put(std::move(node), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) fail("this alias stands inside what it names", "", at(mark));
    Node node = found->second.first;
    count(found->second.second, at(mark));
    node.where = at(mark);
    put(std::move(node), 0);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (tag != "?" && tag != "!" && !tag.empty()) refuse_tag(tag, mark);
    Node node;
    node.kind = Node::Kind::scalar;
    node.quoted = tag == "!";
    node.text = value;
    node.where = at(mark);
    put(std::move(node), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Node::Kind::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Node::Kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

  Where at(const YAML::Mark& mark) const {
    if (mark.line < 0) return {source_, 0, 0};
    Where where{source_, mark.line + 1, 1};
    // The parser counts bytes.
    if (static_cast<std::size_t>(mark.line) < source_->lines.size()) {
      const std::string& line = source_->lines[static_cast<std::size_t>(mark.line)];
      const auto end = std::min(static_cast<std::size_t>(std::max(mark.column, 0)), line.size());
      for (std::size_t i = 0; i < end; ++i)
        if ((static_cast<unsigned char>(line[i]) & 0xC0) != 0x80) ++where.column;
    }
    return where;
  }

 private:
  struct Level {
    Node node;
    YAML::anchor_t anchor = 0;
    std::size_t first = 0;  // nodes seen before it
    bool has_key = false;
    std::string key;
    Where key_where;
  };

  [[noreturn]] void refuse_tag(const std::string& tag, const YAML::Mark& mark) const {
    fail("the tag '" + tag + "' is not understood", "remove the tag", at(mark));
  }
  void count(std::size_t nodes, const Where& where) {
    if (nodes_ + nodes > most_nodes)
      fail("the document has more than " + std::to_string(most_nodes) + " nodes once aliases are expanded",
           "aliases of aliases multiply", where);
    nodes_ += nodes;
  }
  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (tag != "?" && tag != "!" && !tag.empty()) refuse_tag(tag, mark);
    if (levels_.size() >= most_levels)
      fail("more than " + std::to_string(most_levels) + " levels of nesting", "", at(mark));
    Level level;
    level.node.kind = kind;
    level.node.where = at(mark);
    level.anchor = anchor;
    level.first = nodes_;
    levels_.push_back(std::move(level));
  }
  void close() {
    Level level = std::move(levels_.back());
    levels_.pop_back();
    const std::size_t size = nodes_ - level.first;
    put(std::move(level.node), level.anchor, size);
  }
  void put(Node node, YAML::anchor_t anchor, std::size_t size = 0) {
    count(1, node.where);
    if (anchor != 0) anchors_[anchor] = {node, size + 1};
    if (levels_.empty()) {
      explicit_root_ = !node.is_null();
      root_ = std::move(node);
      return;
    }
    Level& level = levels_.back();
    if (level.node.is_list()) {
      level.node.items.push_back(std::move(node));
      return;
    }
    if (!level.has_key) {
      if (!node.is_scalar()) fail("a key must be plain text", "", node.where);
      if (node.text == "<<" && !node.quoted)
        fail("merge keys ('<<') are not supported", "use 'extends', or write the keys out", node.where);
      if (const Node::Entry* first = level.node.find(node.text))
        fail("duplicate key '" + node.text + "'", "it is first given on line " + std::to_string(first->key_where.line),
             node.where);
      level.has_key = true;
      level.key = std::move(node.text);
      level.key_where = node.where;
      return;
    }
    level.has_key = false;
    // An empty value has the place of whatever comes next: its key is the better place.
    if (node.is_null()) node.where = level.key_where;
    // A block that begins below its key has the place of what is first in it.
    if ((node.is_map() || node.is_list()) && node.where.line > level.key_where.line) node.where = level.key_where;
    level.node.entries.push_back({std::move(level.key), level.key_where, std::move(node)});
  }

  std::shared_ptr<const Source> source_;
  Node root_;
  bool explicit_root_ = false;
  int documents_ = 0;
  std::size_t nodes_ = 0;
  std::vector<Level> levels_;
  std::map<YAML::anchor_t, std::pair<Node, std::size_t>> anchors_;
};

std::optional<Node> run_parser(std::string_view text, const std::shared_ptr<const Source>& source) {
  check_characters(text, source);
  TreeBuilder builder(source);
  std::istringstream stream{std::string(text)};
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {}
  } catch (const YAML::Exception& error) {
    std::string message = error.msg;
    if (message == "end of map not found")
      message = "the map ends in something that is neither a key nor less indented";
    if (message == "end of map flow not found") message = "a '{' is not closed";
    if (message == "end of sequence flow not found") message = "a '[' is not closed";
    if (message == "end of sequence not found") message = "the list ends in something that is not an item";
    fail("this is not YAML: " + message, "check the indentation, colons, brackets and quotes near here",
         builder.at(error.mark));
  }
  if (builder.empty()) return std::nullopt;
  return builder.take();
}

bool needs_quotes(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ') return true;
  static constexpr std::string_view leading = "-?:,[]{}#&*!|>'\"%@`~=<";
  if (leading.find(text.front()) != std::string_view::npos) return true;
  if (text.find(": ") != std::string_view::npos || text.back() == ':') return true;
  if (text.find(" #") != std::string_view::npos) return true;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\' || c == 0x7f) return true;
    if (c == ',' || c == '[' || c == ']' || c == '{' || c == '}') return true;
  }
  return false;
}

std::string in_quotes(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (c == '\t') {
      quoted += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      static constexpr char digits[] = "0123456789abcdef";
      quoted += "\\x";
      quoted += digits[(c >> 4) & 15];
      quoted += digits[c & 15];
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

void emit_into(const Node& node, std::size_t indent, EmitDefaults defaults, std::string& out) {
  const std::string margin(indent, ' ');
  const auto inline_value = [](const Node& value) -> std::optional<std::string> {
    if (value.is_null()) return "~";
    if (value.is_scalar()) return emit_scalar(value.text, value.quoted);
    if (value.is_list() && value.items.empty()) return "[]";
    if (value.is_map() && value.entries.empty()) return "{}";
    return std::nullopt;
  };
  const auto marked = [&](const Node& value) {
    if (defaults == EmitDefaults::plain || !value.is_default) return false;
    // The keys of an object speak for themselves.
    return std::none_of(value.entries.begin(), value.entries.end(), [](const auto& e) { return e.value.is_default; });
  };
  if (node.is_map()) {
    for (const Node::Entry& entry : node.entries) {
      out += margin + emit_scalar(entry.key, entry.key == "~" || entry.key == "null") + ':';
      if (const auto text = inline_value(entry.value)) {
        out += ' ' + *text + (marked(entry.value) ? "  # default\n" : "\n");
      } else {
        out += marked(entry.value) ? "  # default\n" : "\n";
        emit_into(entry.value, indent + 2, defaults, out);
      }
    }
  } else if (node.is_list()) {
    for (const Node& item : node.items) {
      if (const auto text = inline_value(item)) {
        out += margin + "- " + *text + '\n';
        continue;
      }
      std::string inner;
      emit_into(item, indent + 2, defaults, inner);
      inner.replace(indent, 2, "- ");
      out += inner;
    }
  }
}

}  // namespace

const Node::Entry* Node::find(std::string_view key) const {
  for (const Entry& entry : entries)
    if (entry.key == key) return &entry;
  return nullptr;
}

Node::Entry* Node::find(std::string_view key) { return const_cast<Entry*>(static_cast<const Node*>(this)->find(key)); }

Node parse_document(std::string_view text, std::string name, std::string folder) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const auto source = make_source(text, std::move(name), std::move(folder));
  std::optional<Node> root = run_parser(text, source);
  if (!root) fail("the file is empty", "a scenario is a map of keys, for example 'name: test'", {source, 0, 0});
  return *std::move(root);
}

Node read_document(const std::string& file) {
  namespace fs = std::filesystem;
  const auto refuse = [&](std::string message, std::string hint) {
    throw Error(ErrorKind::input, std::move(message), std::move(hint), Place{file, 0, 0, {}, {}});
  };
  std::error_code code;
  const fs::file_status status = fs::status(file, code);
  if (status.type() == fs::file_type::not_found) refuse("there is no such file", "");
  if (code) refuse("the file cannot be opened: " + code.message(), "");
  if (status.type() == fs::file_type::directory) refuse("this is a directory", "name a file in it");
  if (status.type() == fs::file_type::regular && fs::file_size(file, code) > most_bytes)
    refuse("the file is larger than 16 MiB", "is this a scenario?");
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) refuse("the file cannot be opened: " + std::string(std::strerror(errno)), "");
  std::string text;
  char buffer[1 << 16];
  while (stream.read(buffer, sizeof buffer) || stream.gcount() > 0) {
    text.append(buffer, static_cast<std::size_t>(stream.gcount()));
    if (text.size() > most_bytes) refuse("the file is larger than 16 MiB", "is this a scenario?");
  }
  if (stream.bad()) refuse("the file cannot be read: " + std::string(std::strerror(errno)), "");
  return parse_document(text, file, fs::path(file).parent_path().string());
}

Node parse_value(std::string_view text, const std::string& name, const std::string& line, int column) {
  auto source = make_source(text, name, {});
  const auto shown = std::make_shared<Source>(Source{name, {}, {line}, false});
  const auto relocate = [&](auto&& self, Node& node) -> void {
    node.where = {shown, node.where.line, node.where.column + column - 1};
    for (Node& item : node.items) self(self, item);
    for (Node::Entry& entry : node.entries) {
      entry.key_where = {shown, entry.key_where.line, entry.key_where.column + column - 1};
      self(self, entry.value);
    }
  };
  std::optional<Node> root;
  try {
    root = run_parser(text, source);
  } catch (const Error& error) {
    const Problem& first = error.problems().front();
    fail(first.message, first.hint, {shown, 1, first.place.column + column - 1});
  }
  if (!root) {
    root.emplace();
    root->where = {source, 1, 1};
  }
  relocate(relocate, *root);
  return *std::move(root);
}

Node parse_default(std::string_view text, std::string_view owner) {
  const bool plain = !text.empty() && std::string_view("{[\"'~|>&*!").find(text.front()) == std::string_view::npos;
  if (plain) {
    static const auto builtin = std::make_shared<const Source>(Source{"built-in default", {}, {}, false});
    Node node;
    node.kind = Node::Kind::scalar;
    node.text = text;
    node.where = {builtin, 0, 0};
    return node;
  }
  return parse_value(text, "default of " + std::string(owner), std::string(text), 1);
}

std::string emit(const Node& node, EmitDefaults defaults) {
  std::string out;
  if (node.is_map() && !node.entries.empty()) {
    emit_into(node, 0, defaults, out);
  } else if (node.is_list() && !node.items.empty()) {
    emit_into(node, 0, defaults, out);
  } else {
    out = node.is_scalar() ? emit_scalar(node.text, node.quoted) : node.is_map() ? "{}" : node.is_list() ? "[]" : "~";
    out += '\n';
  }
  return out;
}

std::string emit_scalar(std::string_view text, bool as_text) {
  static constexpr std::string_view words[] = {"true", "false", "null", "yes", "no", "on", "off"};
  const bool starts_like_number =
      !text.empty() && (text[0] == '+' || text[0] == '.' || (text[0] >= '0' && text[0] <= '9'));
  if (as_text && (starts_like_number || std::find(std::begin(words), std::end(words), text) != std::end(words)))
    return in_quotes(text);
  const bool negative = text.size() > 1 && text[0] == '-' && text[1] != ' ' && text[1] != '-';
  if (negative && !as_text && !needs_quotes(text.substr(1))) return std::string(text);
  return needs_quotes(text) ? in_quotes(text) : std::string(text);
}

std::string describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::list:
      return "a list";
    case Node::Kind::map:
      return "a map";
    default:
      break;
  }
  std::string text = node.text.substr(0, 60);
  while (!text.empty() && text.size() < node.text.size() && (static_cast<unsigned char>(text.back()) & 0x80) != 0)
    text.pop_back();  // whole characters only
  return "'" + text + (node.text.size() > 60 ? "…'" : "'");
}

Place place_of(const Where& where, std::string path) {
  Place place;
  place.path = std::move(path);
  if (!where.source) return place;
  place.file = where.source->name;
  if (where.line <= 0) return place;
  if (where.source->numbered) place.line = where.line;
  place.column = where.column;
  if (static_cast<std::size_t>(where.line) <= where.source->lines.size())
    place.source_line = where.source->lines[static_cast<std::size_t>(where.line) - 1];
  return place;
}

}  // namespace nadc
