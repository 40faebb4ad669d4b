#include "app/reference_command.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "app/command.hpp"
#include "app/io/table.hpp"
#include "app/output_options.hpp"
#include "app/print.hpp"
#include "app/scenario/describe.hpp"
#include "app/study/study.hpp"
#include "models/metrics.hpp"

namespace nadc {
namespace {

int print_metrics(const OutputOptions& output) {
  Table table({{"metric", "", Align::left}, {"unit", "", Align::left}, {"meaning", "", Align::left}});
  for (const MetricInfo& info : site_metrics())
    table.add({std::string(info.name), std::string(info.unit), std::string(info.help)});
  print(table.render(parse_format(output.format)));
  return 0;
}

}  // namespace

void register_reference(CLI::App& app, Command& command, OutputOptions& output) {
  CLI::App* schema = app.add_subcommand("schema", "Print the JSON Schema of scenario files, for editors.");
  auto study = std::make_shared<bool>(false);
  schema->add_flag("--study", *study, "Of study files instead");
  schema->callback([study, &command] {
    command.action = [study] {
      print(*study ? schema_json(StudySpec::fields(), "nadc study", study_override_keys())
                   : schema_json(Scenario::fields(), "nadc scenario"));
      return 0;
    };
  });

  CLI::App* explain_app = app.add_subcommand("explain", "Explain a key of scenario files, or the metrics.");
  auto key = std::make_shared<std::string>();
  auto reference = std::make_shared<bool>(false);
  explain_app->add_option("key", *key,
                          "Key path, such as scheduler.window; \"metrics\" lists the metrics; none: the root");
  explain_app->add_flag("--reference", *reference, "Print the page of all keys in Markdown");
  explain_app->callback([key, reference, &command, &output] {
    command.action = [key, reference, &output] {
      if (*key == "metrics") return print_metrics(output);
      if (*reference)
        print(reference_markdown(Scenario::fields(), "Keys of scenario files"));
      else
        print(explain(Scenario::fields(), *key));
      return 0;
    };
  });
}

}  // namespace nadc
