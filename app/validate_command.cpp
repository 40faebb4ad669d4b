#include "app/validate_command.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "app/command.hpp"
#include "app/io/table.hpp"
#include "app/output_options.hpp"
#include "app/print.hpp"
#include "app/scenario/units.hpp"
#include "models/network/validate.hpp"
#include "models/validation.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

// One row a group: where its checks come from.
struct Group {
  std::string_view name;
  std::vector<ValidationRow> (*rows)(const std::string& data);
  bool reads_data = false;  // tables and traces that are not shipped
};
constexpr Group groups[] = {
    {"network", [](const std::string& data) { return validate_network(data); }, true},
    {"power", [](const std::string&) { return validate_power(); }},
    {"reliability",
     [](const std::string&) {
       std::vector<ValidationRow> rows = validate_reliability();
       const std::vector<ValidationRow> simulated = validate_reliability_simulated();
       rows.insert(rows.end(), simulated.begin(), simulated.end());
       return rows;
     }},
};

double error_of(const ValidationRow& row) {
  return row.expected == 0 ? row.computed : (row.computed - row.expected) / std::fabs(row.expected);
}

int validate(const std::vector<std::string>& chosen, const std::string& data, const OutputOptions& output) {
  std::vector<std::string_view> names;
  for (const Group& group : groups) names.push_back(group.name);
  for (const std::string& name : chosen)
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      std::string list;
      for (const std::string_view known : names) list += (list.empty() ? "" : ", ") + std::string(known);
      throw Error(ErrorKind::usage, "no group of checks '" + name + "'", "groups: " + list);
    }

  std::string readers;
  bool read = chosen.empty();
  for (const Group& group : groups) {
    if (!group.reads_data) continue;
    readers += (readers.empty() ? "" : " or ") + std::string(group.name);
    read = read || std::find(chosen.begin(), chosen.end(), group.name) != chosen.end();
  }
  if (!data.empty() && !read)
    throw Error(ErrorKind::usage, "--data has no effect without the checks of " + readers,
                "add " + readers + ", or leave out --data");

  Table table({{"group", "", Align::left},
               {"check", "", Align::left},
               {"computed", ""},
               {"expected", ""},
               {"unit", "", Align::left},
               {"error_pct", "", Align::right, 3, "error [%]"},
               {"tolerance_pct", "", Align::right, 3, "tolerance [%]"},
               {"result", "", Align::left},
               {"source", "", Align::left}});
  std::size_t failed = 0, total = 0;
  for (const Group& group : groups) {
    if (!chosen.empty() && std::find(chosen.begin(), chosen.end(), group.name) == chosen.end()) continue;
    for (const ValidationRow& row : group.rows(data)) {
      const double error = error_of(row);
      const bool holds = std::fabs(error) <= row.tolerance;
      ++total;
      failed += holds ? 0 : 1;
      table.add({row.group, row.name, row.computed, row.expected, row.unit, 100 * error, 100 * row.tolerance,
                 std::string(holds ? "ok" : "FAIL"), row.source});
    }
  }
  print(table.render(parse_format(output.format)));
  if (failed > 0)
    throw Error(ErrorKind::failed, std::to_string(failed) + " of " + std::to_string(total) + " checks failed");
  return 0;
}

}  // namespace

void register_validate(CLI::App& app, Command& command, OutputOptions& output) {
  CLI::App* sub = app.add_subcommand("validate", "Compare the models with published figures and theory.");
  auto chosen = std::make_shared<std::vector<std::string>>();
  sub->add_option("groups", *chosen, "Groups of checks (default: all)");
  auto data = std::make_shared<std::string>();
  sub->add_option("--data", *data, "Folder with the tables and traces that are not shipped; adds their checks");
  command.rules.push_back({sub, {{"groups"}, {"--data"}, {"--format"}}});
  sub->callback([chosen, data, &command, &output] {
    command.action = [chosen, data, &output] { return validate(*chosen, *data, output); };
  });
}

}  // namespace nadc
