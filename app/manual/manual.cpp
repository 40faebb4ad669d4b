#include "app/manual/manual.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <sstream>

namespace nadc {
namespace {

struct ExitCode {
  int code;
  const char* meaning;
};
constexpr ExitCode exit_codes[] = {
    {0, "Done."},
    {1, "A run or a check failed, or the device or the disk did."},
    {2, "Wrong usage."},
    {3, "An invalid scenario, study or input file."},
    {4, "Some replicas failed, or shards are missing, damaged or not finished."},
    {130, "Interrupted (Ctrl-C, SIGTERM). An unfinished sweep goes on with --resume."},
};

std::vector<const CLI::App*> below(const CLI::App& command) {
  const auto all = command.get_subcommands([](const CLI::App*) { return true; });
  return {all.begin(), all.end()};
}

// "nadc network size" of the command, with some separator.
std::string path_of(const CLI::App& command, const std::string& separator) {
  return command.get_parent() ? path_of(*command.get_parent(), separator) + separator + command.get_name()
                              : command.get_name();
}

bool is_flag(const CLI::Option& option) { return option.get_items_expected_max() == 0; }
bool takes_many(const CLI::Option& option) { return option.get_items_expected_max() > 1; }

// The values of a list, as IsMember shows them: "TEXT:{table,json}".
std::vector<std::string> choices_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::size_t open = type.find('{'), close = type.find('}');
  std::vector<std::string> choices;
  if (open == std::string::npos || close == std::string::npos || close < open) return choices;
  std::istringstream list(type.substr(open + 1, close - open - 1));
  for (std::string choice; std::getline(list, choice, ',');) choices.push_back(choice);
  return choices;
}

std::string first_word(const std::string& text) { return text.substr(0, text.find_first_of(" :[")); }

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

// A description as a sentence; what begins with a value to type, "auto, …" or "key=value", keeps its case.
std::string sentence(std::string text) {
  if (text.empty()) return text;
  const std::string word = text.substr(0, text.find(' '));
  if (word.find_first_of(",=") == std::string::npos)
    text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  if (text.back() != '.' && text.back() != '?') text += '.';
  return text;
}

// As roff wants it: hyphens of options as such, no line that looks like a request.
std::string roff(const std::string& text) {
  std::string out;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
    line_begins = c == '\n';
  }
  return out;
}

std::string bold(const std::string& text) { return "\\fB" + roff(text) + "\\fR"; }
std::string italic(const std::string& text) { return "\\fI" + roff(text) + "\\fR"; }

std::string value_name(const CLI::Option& option) {
  const std::string type = first_word(option.get_type_name());
  return type.empty() || type == "TEXT"    ? "VALUE"
         : type == "INT" || type == "UINT" ? "N"
         : type == "FLOAT"                 ? "X"
                                           : type;
}

std::string heading_of(const CLI::Option& option) {
  std::string text;
  const auto add = [&](const std::string& name) { text += (text.empty() ? "" : ", ") + bold(name); };
  for (const std::string& name : option.get_snames()) add("-" + name);
  for (const std::string& name : option.get_lnames()) add("--" + name);
  if (text.empty()) return italic(upper(option.get_name()));
  return is_flag(option) ? text : text + " " + italic(value_name(option)) + (takes_many(option) ? " …" : "");
}

// A term of a rule as typed: "--format json".
std::string terms(const std::string& list, const char* last) {
  std::istringstream in(list);
  std::vector<std::string> all;
  for (std::string term; in >> term;) {
    std::replace(term.begin(), term.end(), '=', ' ');
    all.push_back(bold(term));
  }
  std::string text;
  for (std::size_t i = 0; i < all.size(); ++i)
    text += (i == 0 ? "" : i + 1 < all.size() ? std::string(", ") : fmt::format(" {} ", last)) + all[i];
  return text;
}

bool names_option(const CLI::Option& option, const std::string& term) {
  return option.check_name(term.substr(0, term.find('=')));
}

// What the table of rules says of an option, in sentences.
std::string rule_text(const CLI::Option& option, const CommandRules* rules) {
  std::string text;
  if (!rules) return text;
  for (const OptionRule& row : rules->rows) {
    if (!names_option(option, row.option)) continue;
    const std::size_t mark = row.option.find('=');
    const std::string of = mark == std::string::npos ? "" : " as " + bold(row.option.substr(mark + 1));
    if (!row.never.empty()) text += fmt::format(" Has no effect{}: {}.", of, roff(row.never));
    if (!row.with.empty()) text += fmt::format(" Acts{} only with {}.", of, terms(row.with, "or"));
    if (!row.without.empty()) text += fmt::format(" Not{} beside {}.", of, terms(row.without, "or"));
  }
  return text;
}

std::string paragraph_of(const CLI::Option& option, const CommandRules* rules) {
  std::string text = ".TP\n" + heading_of(option) + "\n" + roff(sentence(option.get_description()));
  if (const std::vector<std::string> choices = choices_of(option); !choices.empty())
    text += roff(fmt::format(" One of {}.", fmt::join(choices, ", ")));
  if (!option.get_default_str().empty() && !is_flag(option))
    text += roff(" Default: " + option.get_default_str() + ".");
  if (option.get_required()) text += option.get_positional() ? "" : " Required.";
  return text + rule_text(option, rules) + "\n";
}

std::string synopsis_of(const CLI::App& command) {
  std::string text = bold(path_of(command, " "));
  text += " [" + italic("OPTION") + "]…";
  for (const CLI::Option* option : command.get_options())
    if (option->get_positional()) {
      const std::string name = italic(upper(option->get_name())) + (takes_many(*option) ? "…" : "");
      text += " " + (option->get_required() ? name : "[" + name + "]");
    }
  if (!below(command).empty())
    text += " " + (command.get_require_subcommand_min() > 0 ? italic("COMMAND") : "[" + italic("COMMAND") + "]") + " …";
  return text;
}

const CommandRules* rules_of(const CLI::App& command, const std::vector<CommandRules>& rules) {
  const auto at =
      std::find_if(rules.begin(), rules.end(), [&](const CommandRules& each) { return each.command == &command; });
  return at == rules.end() ? nullptr : &*at;
}

std::string page_of(const CLI::App& command, const std::vector<CommandRules>& all, const std::string& version) {
  const std::string name = path_of(command, "-");
  const CommandRules* rules = rules_of(command, all);
  std::string description = command.get_description();
  while (description.ends_with('.')) description.pop_back();
  std::string text = fmt::format(".TH \"{}\" 1 \"\" \"nadc {}\" \"nadc manual\"\n", upper(roff(name)), version);
  text += ".SH NAME\n" + roff(name) + " \\- " + roff(description) + "\n";
  text += ".SH SYNOPSIS\n.nh\n.ad l\n" + synopsis_of(command) + "\n.ad b\n.hy\n";
  if (!command.get_parent())
    text +=
        ".SH DESCRIPTION\n" +
        roff(
            "nadc simulates a national AI datacenter, event by event: what is delivered, how long jobs wait, what "
            "fails, what it draws and what it costs, under one policy or many. Scenarios and studies are YAML files; "
            "results are HDF5 files that xarray and ncdump read. Data go to standard output, all else to standard "
            "error.") +
        "\n";
  std::string arguments, options;
  for (const CLI::Option* option : command.get_options())
    (option->get_positional() ? arguments : options) += paragraph_of(*option, rules);
  if (!arguments.empty()) text += ".SH ARGUMENTS\n" + arguments;
  if (!options.empty()) text += ".SH OPTIONS\n" + options;
  // Those above may stand behind the subcommand; a rule of this command may say that one does not act.
  std::string common;
  for (const CLI::App* above = command.get_parent(); above; above = above->get_parent())
    for (const CLI::Option* option : above->get_options())
      if (!option->get_positional() && option != above->get_help_ptr() && option->get_group() == "Options" &&
          !option->check_name("--version"))
        common += paragraph_of(*option, rules);
  if (!common.empty()) text += ".SH \"COMMON OPTIONS\"\n" + common;
  if (const auto commands = below(command); !commands.empty()) {
    text += ".SH COMMANDS\n";
    for (const CLI::App* each : commands)
      text += ".TP\n" + bold(path_of(*each, "\\-")) + "(1)\n" + roff(sentence(each->get_description())) + "\n";
  }
  text += ".SH \"EXIT STATUS\"\n";
  for (const auto& [code, meaning] : exit_codes) text += fmt::format(".TP\n\\fB{}\\fR\n{}\n", code, roff(meaning));
  std::vector<std::string> others;
  if (command.get_parent()) {
    others.push_back(path_of(*command.get_parent(), "-"));
    for (const CLI::App* each : below(*command.get_parent()))
      if (each != &command) others.push_back(path_of(*each, "-"));
    text += ".SH \"SEE ALSO\"\n";
    for (std::size_t i = 0; i < others.size(); ++i)
      text += bold(others[i]) + (i + 1 < others.size() ? "(1),\n" : "(1)\n");
  }
  return text;
}

void add_pages(const CLI::App& command, const std::vector<CommandRules>& rules, const std::string& version,
               std::vector<ManualPage>& pages) {
  pages.push_back({path_of(command, "-"), page_of(command, rules, version)});
  for (const CLI::App* each : below(command)) add_pages(*each, rules, version, pages);
}

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  return names;
}

// Which files a value names, by the words of its description; the first row that fits. "": any.
struct FileKind {
  const char *word, *extensions;
};
constexpr FileKind file_kinds[] = {{"HDF5", "h5 h5.part"}, {"Results of", "h5 h5.part"}, {"shards", "h5 h5.part"},
                                   {"Study", "yaml yml"},  {"Scenario", "yaml yml"},     {"OpenMetrics", "prom"}};
std::string extensions_of(const CLI::Option& option) {
  for (const auto& [word, extensions] : file_kinds)
    if (option.get_description().find(word) != std::string::npos) return extensions;
  return {};
}

// Numbers are for the user to think of; text may be a file.
bool may_be_file(const CLI::Option& option) { return first_word(option.get_type_name()) == "TEXT"; }

void add_cases(const CLI::App& command, std::string& options, std::string& values, std::string& arguments,
               std::string& commands, std::string& paths) {
  const std::string path = path_of(command, " ");
  std::vector<std::string> words;
  for (const CLI::App* at = &command; at; at = at->get_parent())
    for (const CLI::Option* option : at->get_options()) {
      if (option->get_positional() || (at != &command && option->check_name("--version"))) continue;
      const std::vector<std::string> names = names_of(*option);
      for (const std::string& name : names)
        if (std::find(words.begin(), words.end(), name) == words.end()) words.push_back(name);
      if (is_flag(*option)) continue;
      std::vector<std::string> patterns;
      for (const std::string& name : names) patterns.push_back(fmt::format("'{}:{}'", path, name));
      const std::vector<std::string> choices = choices_of(*option);
      const std::string reply = !choices.empty()       ? fmt::format("_nadc_words '{}'", fmt::join(choices, " "))
                                : may_be_file(*option) ? fmt::format("_nadc_files {}", extensions_of(*option))
                                                       : ":";
      values += fmt::format("    {}) {} ;;\n", fmt::join(patterns, "|"), reply);
    }
  options += fmt::format("    '{}') _nadc_words '{}' ;;\n", path, fmt::join(words, " "));
  std::vector<std::string> names;
  for (const CLI::App* each : below(command)) {
    names.push_back(each->get_name());
    paths += fmt::format("      '{} {}') path='{} {}' ;;\n", path, each->get_name(), path, each->get_name());
  }
  if (!names.empty()) commands += fmt::format("    '{}') _nadc_words '{}' ;;\n", path, fmt::join(names, " "));
  std::string reply;
  for (const CLI::Option* option : command.get_options())
    if (option->get_positional() && reply.empty()) reply = "_nadc_files " + extensions_of(*option);
  if (!reply.empty()) arguments += fmt::format("    '{}') {} ;;\n", path, reply);
  for (const CLI::App* each : below(command)) add_cases(*each, options, values, arguments, commands, paths);
}

}  // namespace

std::vector<ManualPage> manual_pages(const CLI::App& app, const std::vector<CommandRules>& rules,
                                     const std::string& version) {
  std::vector<ManualPage> pages;
  add_pages(app, rules, version, pages);
  return pages;
}

std::string bash_completion(const CLI::App& app) {
  std::string options, values, arguments, commands, paths;
  add_cases(app, options, values, arguments, commands, paths);
  return R"(# bash completion for nadc, made of its options.

_nadc_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}

# Files with one of some extensions, and folders; all files where there are none such, or where no extension is given.
_nadc_files() {
  local name kind
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$cur")
  (($#)) || return
  local -a fitting=()
  for name in "${COMPREPLY[@]}"; do
    [[ -d $name ]] && fitting+=("$name")
    for kind in "$@"; do [[ $name == *."$kind" && ! -d $name ]] && fitting+=("$name"); done
  done
  ((${#fitting[@]})) && COMPREPLY=("${fitting[@]}")
}

_nadc() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} path=nadc i
  COMPREPLY=()
  # --option=value comes as three words.
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = && COMP_CWORD -ge 2 ]]; then
    prev=${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path ${COMP_WORDS[i]}" in
)" + paths +
         R"(    esac
  done
  case "$path:$prev" in
)" + values +
         R"(    *) _nadc_argument ;;
  esac
}

_nadc_argument() {
  if [[ $cur == -* ]]; then
    case "$path" in
)" + options +
         R"(    esac
    return
  fi
  case "$path" in
)" + commands +
         arguments +
         R"(  esac
}

complete -F _nadc nadc
)";
}

}  // namespace nadc
