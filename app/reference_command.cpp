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
#include "sim/error.hpp"

namespace nadc {
namespace {

int print_metrics(const OutputOptions& output) {
  Table table({{"metric", "", Align::left}, {"unit", "", Align::left}, {"meaning", "", Align::left}});
  for (const MetricInfo& info : site_metrics())
    table.add({std::string(info.name), std::string(info.unit), std::string(info.help)});
  print(table.render(parse_format(output.format)));
  return 0;
}

constexpr std::string_view metrics_preface =
    R"(<!-- Made by `nadc explain metrics --reference`; a test holds it to that. -->
# Metrics

What `nadc run` prints and sweeps compare. Units are those of UDUNITS. All of them speak of what is measured: the time
after the warm-up.

**Held, delivered, lost.** Time is held, work is delivered.

    available = held + idle                 [GPU-hours of the machine]
    held      = useful time + lost
    delivered = progress in the jobs' durations × the GPUs that they asked for

A job's duration, as the trace or the class says it, is at the reference speed: that of GPUs whose `speed` is 1, on an
undisturbed network, at full clocks. So slow hardware holds more and delivers no more; `utilization` is of time held;
cost per GPU-hour, fees, subsidies and results follow what is delivered. A job that completes has delivered its duration
× the GPUs that it asked for, whatever it held.

**As it happens.** Work, saves and restarts are counted when they happen: pro rata at the end of a period and at the
horizon. Work that an interruption destroys was counted as useful; at the interruption it leaves `gpu_hours_delivered`
and enters `gpu_hours_lost`, with the time that it took. That is counted in the period of the interruption, so a period
can deliver less than nothing when it destroys what earlier ones had been credited with; sums over the periods are
exact. What was done in the warm-up is taken from the warm-up. Work since the last save of a job that still runs at the
end counts as delivered.

**What the end cuts off.** Jobs that wait or run at the end are in no list of ended jobs, but their waits are known to be
at least so long. Means count them with that time: lower bounds. Quantiles are those of Kaplan and Meier (1958): jobs cut
off count as at risk until then. "Beside" names the metric that counts them. Of a period, they are those that wait at its
end. "At least" names a metric that is above 0 where the value itself is only a bound.

**Slow-downs**, one a cause, multiply:

    held / (held without any) = comm_slowdown_mean · degraded_slowdown_mean · power_slowdown_mean

The network is taken first, then degraded nodes, then clocks. The speed of a kind of GPU is none of them.
)";

// The page docs/metrics.md.
std::string metrics_markdown() {
  std::string page(metrics_preface);
  for (const MetricTable& table : metric_tables()) {
    page += "\n## " + std::string(table.title) + "\n" + std::string(table.help) +
            "\n\n| name | unit | meaning | leaves out | beside |\n|---|---|---|---|---|\n";
    for (const MetricInfo& info : table.metrics) {
      const auto named = [](std::string_view name) { return name.empty() ? "" : "`" + std::string(name) + "`"; };
      std::string beside = named(info.beside);
      if (!info.censored_by.empty()) beside += "at least, where " + named(info.censored_by);
      page += "| `" + std::string(info.name) + "` | " + std::string(info.unit) + " | " + std::string(info.help) +
              " | " + std::string(info.leaves_out) + " | " + beside + " |\n";
    }
  }
  return page;
}

}  // namespace

void register_reference(CLI::App& app, Command& command, OutputOptions& output) {
  CLI::App* schema = app.add_subcommand("schema", "Print the JSON Schema of scenario files, for editors.");
  auto study = std::make_shared<bool>(false);
  schema->add_flag("--study", *study, "Of study files instead");
  command.rules.push_back({schema, {{"--study"}, {"--format", "", "", "a JSON Schema is JSON"}}});
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
  explain_app->add_flag("--reference", *reference, "Print the page of all keys, or of all metrics, in Markdown");
  command.rules.push_back({explain_app, {{"key"}, {"--reference"}, {"--format", "key=metrics", "--reference"}}});
  explain_app->callback([key, reference, &command, &output] {
    command.action = [key, reference, &output] {
      if (*key == "metrics" && *reference) {
        print(metrics_markdown());
        return 0;
      }
      if (*key == "metrics") return print_metrics(output);
      if (*reference && !key->empty())
        throw Error(ErrorKind::usage, "a key has no effect beside --reference, which prints all",
                    "leave out one of the two");
      if (*reference)
        print(reference_markdown(Scenario::fields(), "Keys of scenario files"));
      else
        print(explain(Scenario::fields(), *key));
      return 0;
    };
  });
}

}  // namespace nadc
