#include "app/option_rules.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

#include "sim/error.hpp"

namespace nadc {
namespace {

std::vector<std::string> terms_of(const std::string& list) {
  std::istringstream in(list);
  std::vector<std::string> terms;
  for (std::string term; in >> term;) terms.push_back(term);
  return terms;
}

// As it is written on the command line.
std::string shown(std::string term) {
  const std::size_t mark = term.find('=');
  if (mark != std::string::npos) term[mark] = ' ';
  return term;
}

std::string any_of(const std::vector<std::string>& terms) {
  std::string text;
  for (std::size_t i = 0; i < terms.size(); ++i)
    text += (i == 0 ? "" : i + 1 < terms.size() ? ", " : " or ") + shown(terms[i]);
  return text;
}

}  // namespace

bool holds(const CLI::App& command, const std::string& term) {
  const std::size_t mark = term.find('=');
  const std::string name = term.substr(0, mark);
  for (const CLI::App* at = &command; at; at = at->get_parent()) {
    const CLI::Option* option = at->get_option_no_throw(name);
    if (!option) continue;
    if (mark == std::string::npos) return option->count() > 0;
    const std::vector<std::string> values = option->results();
    return std::find(values.begin(), values.end(), term.substr(mark + 1)) != values.end();
  }
  return false;
}

void refuse_idle(const CommandRules& rules) {
  const CLI::App& command = *rules.command;
  for (const OptionRule& row : rules.rows) {
    if (!holds(command, row.option)) continue;
    const std::string option = shown(row.option);
    const auto refuse = [&](const std::string& where, const std::string& hint) {
      throw Error(ErrorKind::usage, option + " has no effect " + where, hint);
    };
    if (!row.never.empty()) refuse("on this command: " + row.never, "leave it out");
    const std::vector<std::string> with = terms_of(row.with);
    if (!with.empty() && std::none_of(with.begin(), with.end(), [&](const auto& term) { return holds(command, term); }))
      refuse("without " + any_of(with), "add " + any_of(with) + ", or leave out " + option);
    for (const std::string& term : terms_of(row.without))
      if (holds(command, term)) refuse("beside " + shown(term), "leave out one of the two");
  }
}

}  // namespace nadc
