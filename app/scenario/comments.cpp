#include "app/scenario/comments.hpp"

#include <set>
#include <string_view>
#include <utility>

namespace nadc {
namespace {

constexpr std::size_t longest_text = 300;

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// What stands behind " #" outside quotes.
std::string_view comment_on(std::string_view line) {
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (quote) {
      if (line[i] == quote) quote = 0;
    } else if (line[i] == '"' || (line[i] == '\'' && (i == 0 || line[i - 1] == ' '))) {
      quote = line[i];
    } else if (line[i] == '#' && (i == 0 || line[i - 1] == ' ')) {
      return trimmed(line.substr(i + 1));
    }
  }
  return {};
}
bool is_comment(std::string_view line) { return trimmed(line).starts_with('#'); }
bool states_one(std::string_view text) { return text.find("ssumption") != std::string_view::npos; }

class Collector {
 public:
  std::vector<Assumption> found;

  void visit(const Node& node, const std::string& path) {
    for (const Node::Entry& entry : node.entries) {
      const std::string below = path.empty() ? entry.key : path + '.' + entry.key;
      if (below == "catalog.nodes") continue;
      look(entry.key_where, entry.value, below);
      visit(entry.value, below);
    }
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const std::string below = path + '[' + std::to_string(i) + ']';
      look(node.items[i].where, node.items[i], below);
      visit(node.items[i], below);
    }
  }

 private:
  void look(const Where& where, const Node& value, const std::string& path) {
    if (!where.source || !where.source->numbered || where.line < 1) return;
    const std::vector<std::string>& lines = where.source->lines;
    const auto line = static_cast<std::size_t>(where.line - 1);
    if (line >= lines.size()) return;
    if (const std::string_view here = comment_on(lines[line]); states_one(here)) add(where, line, here, value, path);
    std::size_t first = line;
    while (first > 0 && is_comment(lines[first - 1])) --first;
    if (first == line || first == 0) return;
    std::string text;
    for (std::size_t i = first; i < line; ++i) {
      text += text.empty() ? "" : " ";
      text += comment_on(lines[i]);
    }
    if (states_one(text)) add(where, first, text, value, path);
  }

  void add(const Where& where, std::size_t line, std::string_view text, const Node& value, const std::string& path) {
    if (!seen_.insert({where.source->name, line}).second) return;
    const std::string& name = where.source->name;  // without its folder: a result is the same from wherever it is run
    std::string doc(text.substr(0, longest_text));
    if (text.size() > longest_text) doc += "…";
    found.push_back({path,
                     value.is_scalar() ? value.text
                     : value.is_list() ? "[…]"
                                       : "{…}",
                     std::move(doc), name.substr(name.rfind('/') + 1) + ":" + std::to_string(line + 1)});
  }

  std::set<std::pair<std::string, std::size_t>> seen_;
};

}  // namespace

std::vector<Assumption> stated_assumptions(const Node& tree) {
  Collector collector;
  collector.visit(tree, "");
  return std::move(collector.found);
}

}  // namespace nadc
