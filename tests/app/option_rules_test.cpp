// Goes through the tables of options of all commands: each option has a row, each row names options that exist, what a
// row forbids is refused, and what it asks for can be given.
#include "app/option_rules.hpp"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "app/command.hpp"
#include "app/commands.hpp"
#include "app/output_options.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

struct Program {
  CLI::App app{"", "nadc"};
  Command command;
  OutputOptions output;
  Program() { register_commands(app, command, output); }
};

using Words = std::vector<std::string>;

Words terms_of(const std::string& list) {
  std::istringstream in(list);
  return {std::istream_iterator<std::string>(in), {}};
}

std::string path_of(const CLI::App& app) {
  return app.get_parent() ? path_of(*app.get_parent()) + " " + app.get_name() : "";
}

const CLI::Option* find(const CLI::App& command, const std::string& term) {
  const std::string name = term.substr(0, term.find('='));
  for (const CLI::App* at = &command; at; at = at->get_parent())
    if (const CLI::Option* option = at->get_option_no_throw(name)) return option;
  return nullptr;
}

void each_leaf(const CLI::App& app, const std::function<void(const CLI::App&)>& visit) {
  const auto below = app.get_subcommands([](const CLI::App*) { return true; });
  if (below.empty()) visit(app);
  for (const CLI::App* sub : below) each_leaf(*sub, visit);
}

const CommandRules* rules_of(const Program& program, const CLI::App& command) {
  for (const CommandRules& rules : program.command.rules)
    if (rules.command == &command) return &rules;
  return nullptr;
}

// A command line with these terms, and with what the command requires.
Words line(const CLI::App& command, std::vector<std::string> terms) {
  const std::map<std::string, std::string> values{
      {"--format", "json"},     {"--color", "never"}, {"--from", "swf"},        {"--to", "swf"},
      {"--processors", "cpus"}, {"--by", "group"},    {"--section", "ranking"}, {"--units", "billions"},
      {"--progress", "json"},   {"--points", "2"},    {"--pattern", "shift"},   {"--routing", "ecmp"}};
  std::set<const CLI::Option*> there;
  Words words = terms_of(path_of(command));
  Words positionals;
  const auto add = [&](const std::string& term) {
    const CLI::Option* option = find(command, term);
    if (!option || !there.insert(option).second) return;
    const std::size_t mark = term.find('=');
    const auto usual = values.find(term.substr(0, mark));
    const std::string value = mark != std::string::npos                                ? term.substr(mark + 1)
                              : path_of(command) == "network export" && term == "--to" ? "dot"
                              : usual != values.end()                                  ? usual->second
                                                                                       : "1";
    if (option->get_positional()) {
      positionals.push_back(mark != std::string::npos ? value : "x");
    } else if (option->get_items_expected_max() == 0) {
      words.push_back(term);
    } else {
      words.push_back(term.substr(0, mark) + (term.starts_with("--") ? "=" : ""));
      if (term.starts_with("--"))
        words.back() += value;
      else
        words.push_back(value);
    }
  };
  const auto is_named = [&](const CLI::Option* option) {
    return std::any_of(terms.begin(), terms.end(),
                       [&](const std::string& term) { return find(command, term) == option; });
  };
  for (const CLI::Option* option : command.get_options())
    if (option->get_required() && !is_named(option))
      add(option->get_positional() ? option->get_name(true) : "--" + option->get_lnames()[0]);
  for (const std::string& term : terms) add(term);
  words.insert(words.end(), positionals.begin(), positionals.end());
  return words;
}

// What the table says of a command line; "parse: …" when CLI11 refuses it before.
std::string verdict(const Words& words) {
  Program program;
  Words reversed(words.rbegin(), words.rend());
  try {
    program.app.parse(reversed);
    const CLI::App* at = &program.app;
    while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
    program.command.check(*at);
  } catch (const CLI::ParseError& error) {
    return std::string("parse: ") + error.what();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    return error.what();
  }
  return "";
}

std::string text_of(const Words& words) {
  std::string text = "nadc";
  for (const std::string& word : words) text += " " + word;
  return text;
}

TEST(OptionRules, EveryOptionOfEveryCommandHasARow) {
  const Program program;
  int commands = 0, options = 0;
  each_leaf(program.app, [&](const CLI::App& command) {
    ++commands;
    const CommandRules* rules = rules_of(program, command);
    ASSERT_NE(rules, nullptr) << path_of(command);
    const auto listed = [&](const CLI::Option* option) {
      return std::any_of(rules->rows.begin(), rules->rows.end(),
                         [&](const OptionRule& row) { return find(command, row.option) == option; });
    };
    for (const CLI::Option* option : command.get_options()) {
      if (option == command.get_help_ptr()) continue;
      ++options;
      EXPECT_TRUE(listed(option)) << path_of(command) << " " << option->get_name();
    }
    EXPECT_TRUE(listed(program.app.get_option("--format"))) << path_of(command);
    for (const OptionRule& row : rules->rows)
      for (const std::string& list : {row.option, row.with, row.without})
        for (const std::string& term : terms_of(list))
          EXPECT_NE(find(command, term), nullptr) << path_of(command) << ": no " << term;
  });
  EXPECT_GE(commands, 17);
  EXPECT_GE(options, 150);
}

TEST(OptionRules, WhatCannotActIsRefusedByName) {
  const Program program;
  int refused = 0;
  for (const CommandRules& rules : program.command.rules) {
    for (const OptionRule& row : rules.rows) {
      std::vector<std::vector<std::string>> wrong;
      if (!row.never.empty() || !row.with.empty()) wrong.push_back({row.option});
      for (const std::string& term : terms_of(row.without)) wrong.push_back({row.option, term});
      for (const auto& terms : wrong) {
        const Words words = line(*rules.command, terms);
        const std::string said = verdict(words);
        EXPECT_NE(said.find("has no effect"), std::string::npos) << text_of(words) << "\n" << said;
        EXPECT_NE(said.find("hint:"), std::string::npos) << said;
        ++refused;
      }
    }
  }
  EXPECT_GE(refused, 100);
}

TEST(OptionRules, WhatARowAsksForCanBeGiven) {
  const Program program;
  for (const CommandRules& rules : program.command.rules) {
    for (const OptionRule& row : rules.rows) {
      if (!row.never.empty()) continue;
      std::vector<std::string> terms{row.option};
      for (std::size_t i = 0; i < terms.size() && i < 20; ++i) {
        for (const OptionRule& other : rules.rows) {
          if (find(*rules.command, other.option) != find(*rules.command, terms[i]) || other.with.empty()) continue;
          if (other.option.find('=') != std::string::npos && other.option != terms[i]) continue;
          if (terms[i] == "--format" && other.option != "--format") continue;
          terms.push_back(terms_of(other.with).front());
        }
      }
      // A value of an option goes before the option alone, which `line` adds once.
      std::stable_sort(terms.begin(), terms.end(), [](const auto& a, const auto& b) {
        return (a.find('=') != std::string::npos) > (b.find('=') != std::string::npos);
      });
      const Words words = line(*rules.command, terms);
      EXPECT_EQ(verdict(words), "") << text_of(words);
    }
  }
}

// The faults that were met: each said nothing and changed nothing.
TEST(OptionRules, SayWhatToDo) {
  const auto said = [](const char* text) { return verdict(terms_of(text)); };
  EXPECT_EQ(said("network collective --ranks 16 --bytes 8G --oversubscription 4"),
            "error: --oversubscription has no effect without --topology\n"
            "  hint: add --topology, or leave out --oversubscription");
  EXPECT_EQ(said("network collective --ranks 16 --host-gbps 100"), "");
  EXPECT_EQ(said("network flows a.txt --routing spray"),
            "error: --routing has no effect without --pattern\n  hint: add --pattern, or leave out --routing");
  EXPECT_EQ(said("network size --gpus 64 --sweep 1:2"),
            "error: --gpus has no effect beside --sweep\n  hint: leave out one of the two");
  EXPECT_EQ(said("run a.yaml --jobs"), "error: --jobs has no effect without -o\n  hint: add -o, or leave out --jobs");
  EXPECT_EQ(said("schema --format csv"),
            "error: --format has no effect on this command: a JSON Schema is JSON\n  hint: leave it out");
}

}  // namespace
}  // namespace nadc
