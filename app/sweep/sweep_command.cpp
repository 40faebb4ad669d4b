#include "app/sweep/sweep_command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "app/io/atomic_file.hpp"
#include "app/io/table.hpp"
#include "app/output_options.hpp"
#include "app/print.hpp"
#include "app/run/dropped.hpp"
#include "app/run/run.hpp"
#include "app/scenario/units.hpp"
#include "app/stop_signal.hpp"
#include "app/sweep/blob.hpp"
#include "app/sweep/levers.hpp"
#include "app/sweep/screening.hpp"
#include "app/sweep/select.hpp"
#include "app/sweep/summary.hpp"
#include "app/sweep/sweep.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t failures_shown = 10;

struct SweepArguments {
  std::string file, output, device = "auto", levers, shard, extend, blob, select, units = "plain", currency,
                            metrics_file;
  double within = 0;
  std::vector<std::string> overrides;
  int threads = 0;
  std::int64_t samples = 0, replicas = 0;
  int series = 0;
  std::int64_t screening = -1;  // -1: as the study says
  bool resume = false, all = false, overwrite = false;
};

Shard parse_shard(const std::string& text) {
  if (text.empty()) return {};
  const auto fault = [&] {
    return Error(ErrorKind::usage, "--shard: '" + text + "' is no share",
                 "for example --shard 2/8, the second of eight");
  };
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos) throw fault();
  const auto index = parse_integer(text.substr(0, slash)), count = parse_integer(text.substr(slash + 1));
  if (!index || !count || *count < 1 || *index < 1 || *index > *count) throw fault();
  return {static_cast<std::uint64_t>(*index), static_cast<std::uint64_t>(*count)};
}

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Units units_of(const SweepArguments& arguments, const Study& study, const SweepRows& rows) {
  std::vector<DollarRate> rates;
  for (std::uint64_t i = 0; i < rows.grid().levers.size(); ++i) {
    const Lever& lever = study.levers()[rows.study_lever(i)];
    const bool sampled =
        std::any_of(lever.loaded.uncertain.begin(), lever.loaded.uncertain.end(),
                    [](const UncertainScalar& u) { return u.path == "policy.purchase.exchange_rate"; });
    rates.push_back({lever.name, sampled ? std::numeric_limits<double>::quiet_NaN()
                                         : lever.loaded.scenario.policy.purchase.exchange_rate});
  }
  return parse_units(arguments.units, arguments.currency, rates);
}

std::string human_bytes(std::uint64_t bytes) {
  const double value = static_cast<double>(bytes);
  if (value >= 1e9) return human_number(value / 1e9, 3) + " GB";
  if (value >= 1e6) return human_number(value / 1e6, 3) + " MB";
  return human_number(value / 1e3, 3) + " kB";
}

Json json_of(const std::vector<ScreenedOutcome>& outcomes) {
  Json json = Json::object();
  for (const ScreenedOutcome& outcome : outcomes) {
    const ControlledMean& m = outcome.mean;
    Json& entry = json[std::string(site_metrics()[outcome.metric].name)];
    entry = {{"mean", number(m.mean)},
             {"ci95", {number(m.ci95.low), number(m.ci95.high)}},
             {"plain_mean", number(m.plain_mean)},
             {"plain_ci95", {number(m.plain_ci95.low), number(m.plain_ci95.high)}},
             {"control", std::string(name_of(outcome.control))},
             {"correlation", number(m.correlation)},
             {"coefficient", number(m.coefficient)},
             {"variance_removed", m.variance_removed},
             {"used", m.use == ControlUse::used},
             {"n", m.n}};
    if (m.use == ControlUse::refused) entry["reason"] = m.reason;
  }
  return json;
}

Json json_of(const ScreeningReport& screening, const ScreeningRequest& request) {
  Json json{{screening.over_samples ? "samples" : "replicas", screening.units},
            {"draws", request.draws},
            {"runs", screening.runs},
            {"wall_s", screening.wall_s},
            {"runs_per_s", static_cast<double>(screening.runs) / std::max(screening.wall_s, 1e-9)}};
  for (const ScreenedLever& lever : screening.levers) {
    json["levers"][lever.lever] = json_of(lever.outcomes);
    if (!lever.differences.empty()) json["differences"][lever.lever] = json_of(lever.differences);
  }
  return json;
}

Json json_of(const Study& study, const SweepRows& rows, const std::vector<LeverSummary>& summaries,
             const SweepOutcome& outcome, const std::vector<std::string>& assumptions) {
  Json json;
  json["study"] = study.spec().name;
  json["seed"] = study.seed();
  json["samples"] = rows.grid().samples;
  json["replicas"] = outcome.used_replicas;
  json["levers"] = Json::object();
  for (const LeverSummary& summary : summaries) {
    Json& lever = json["levers"][summary.lever];
    for (std::size_t i = 0; i < summary.metrics.size(); ++i) {
      const Estimate& e = summary.metrics[i];
      lever["metrics"][std::string(site_metrics()[i].name)] = {{"mean", number(e.mean)},
                                                               {"sd", number(e.sd)},
                                                               {"ci95", {number(e.ci95.low), number(e.ci95.high)}},
                                                               {"p05", number(e.p05)},
                                                               {"p50", number(e.p50)},
                                                               {"p95", number(e.p95)},
                                                               {"n", e.n},
                                                               {"bounded", summary.unseen[i].bounded},
                                                               {"left_out", summary.unseen[i].left_out}};
    }
    for (std::size_t i = 0; i < summary.thresholds.size(); ++i)
      if (summary.thresholds[i]) {
        const OutcomeSpec& spec = study.spec().outcomes[i];
        lever["thresholds"][spec.metric] = {
            {"threshold", spec.threshold},
            {"side", spec.better == OutcomeDirection::higher ? "at_least" : "at_most"},
            {"p", number(summary.thresholds[i]->p)},
            {"ci95", {number(summary.thresholds[i]->ci.low), number(summary.thresholds[i]->ci.high)}}};
      }
  }
  json["failed"] = outcome.failures;
  json["assumptions"] = assumptions;
  json["engine"] = {{"backend", outcome.backend},
                    {"device", outcome.device},
                    {"replicas", outcome.made},
                    {"replicas_found", outcome.found},
                    {"events", outcome.events},
                    {"wall_s", outcome.wall_s},
                    {"replicas_per_s", static_cast<double>(outcome.made) / std::max(outcome.wall_s, 1e-9)},
                    {"events_per_s", static_cast<double>(outcome.events) / std::max(outcome.wall_s, 1e-9)},
                    {"replica_bytes", outcome.ensemble.state_bytes},
                    {"reruns", outcome.ensemble.reruns}};
  return json;
}

std::string thresholds_table(const Study& study, const std::vector<LeverSummary>& summaries, Format format) {
  std::vector<Column> columns{{"reaches", "", Align::left}};
  for (const LeverSummary& summary : summaries) columns.push_back({summary.lever});
  Table table(columns);
  for (std::size_t i = 0; i < study.spec().outcomes.size(); ++i) {
    const OutcomeSpec& spec = study.spec().outcomes[i];
    if (std::isnan(spec.threshold) || !spec.of.empty()) continue;
    std::vector<Cell> row{spec.metric + (spec.better == OutcomeDirection::higher ? " ≥ " : " ≤ ") +
                          human_number(spec.threshold, 4)};
    for (const LeverSummary& summary : summaries) {
      const ProbabilityEstimate& p = *summary.thresholds[i];
      row.push_back(fmt::format("{:.0f} % ({:.0f} to {:.0f})", 100 * p.p, 100 * p.ci.low, 100 * p.ci.high));
    }
    table.add(row);
  }
  return table.rows() > 0 ? "\n" + table.render(format) : "";
}

// False when interrupted.
bool report(const Study& study, const SweepRows& rows, const SweepOutcome& outcome, const SweepArguments& arguments,
            const std::optional<SelectRequest>& select, const ScreeningRequest& request, Format format, Log& log,
            const std::atomic<bool>& stop) {
  std::vector<LeverSummary> summaries;
  std::vector<std::string> assumptions, without_effect;
  ScreeningReport screening;
  const auto read = [&](const ReadColumn& column) {
    summaries = summarize_levers(rows.grid(), column, study.spec().outcomes);
    without_effect = levers_without_effect(rows.grid(), column, study.spec().outcomes);
    if (request.units > 0)
      screening = screen_study(study, rows, column, shown_metrics(study.spec().outcomes), request, log, stop);
  };
  if (arguments.output.empty()) {
    read(columns_of(outcome.site, rows.grid()));
    assumptions = rows.header("", "", "").provenance.assumptions;
  } else {
    const SweepReader reader(arguments.output);
    read(columns_of(reader));
    assumptions = reader.header().provenance.assumptions;
  }
  std::vector<std::string> names;
  std::vector<double> hidden;
  for (const LeverSummary& summary : summaries) {
    std::vector<double> means;
    for (const Estimate& metric : summary.metrics) means.push_back(metric.mean);
    if (const std::string text = dropped_text(means); !text.empty())
      log.warn("lever \"" + summary.lever + "\", on the mean of its replicas: " + text);
    names.push_back(summary.lever);
    hidden.push_back(means[metric_number("window_full_share")]);
  }
  if (const std::string text = window_text(names, hidden); !text.empty()) log.warn(text);
  if (format == Format::json) {
    Json json = json_of(study, rows, summaries, outcome, assumptions);
    json["without_effect"] = without_effect;
    if (outcome.selection) json["selection"] = selection_json(*outcome.selection, *select, rows.grid().levers);
    if (request.units > 0 && !screening.interrupted) json["screening"] = json_of(screening, request);
    print(json.dump(2) + "\n");
  } else if (format == Format::csv) {
    print(long_table(summaries).render(format));
  } else {
    std::vector<LeverSummary> shown;
    if (arguments.all)
      shown = summaries;
    else
      for (const std::size_t lever : telling_levers(summaries, study.spec().outcomes))
        shown.push_back(summaries[lever]);
    const Estimate& any = summaries.front().metrics.front();
    const bool over_samples = any.over == IntervalOver::samples;
    const std::uint64_t units = over_samples ? rows.grid().samples : any.n;
    const Units shown_as = units_of(arguments, study, rows);
    if (const std::string rate = rate_sentence(shown_as); !rate.empty()) log.info(rate);
    print(side_by_side(shown, shown_metrics(study.spec().outcomes), format, units, shown_as) +
          (units < fewest_for_interval ? "" : thresholds_table(study, shown, format)));
    if (shown.size() < summaries.size())
      log.info(fmt::format("{} of {} levers, the first and those best in an outcome; --all shows the rest",
                           shown.size(), summaries.size()));
    if (units < fewest_for_interval)
      log.info(fmt::format("means over {} {}: too few to say how far they are off, or what is better ({} or more can)",
                           units, over_samples ? "samples" : "replicas", fewest_for_interval));
    else
      log.info(fmt::format("mean ± 95 % interval over {} {}", over_samples ? "samples" : "replicas", units));
    for (const OutcomeSpec& spec : study.spec().outcomes)
      if (!spec.of.empty())
        log.info(label_of(spec) + (arguments.output.empty() ? ": kept in a results file (-o)" : ": see nadc compare"));
    if (request.units > 0 && !screening.interrupted) {
      print("\n" + screening_table(screening, format));
      log.info(fmt::format("screened with {} {} of the hourly ledger, {} runs in {}",
                           human_number(static_cast<std::int64_t>(screening.units)),
                           screening.over_samples ? "samples" : "replicas",
                           human_number(static_cast<std::int64_t>(screening.runs)), human_duration(screening.wall_s)));
    }
  }
  if (outcome.selection)
    log.info(selection_text(*outcome.selection, *select, rows.grid().levers, rows.grid().replicas));
  for (const std::string& sentence : without_effect) log.warn(sentence);
  if (screening.interrupted) log.warn("interrupted: no screened means");
  return !screening.interrupted;
}

int sweep(const SweepArguments& arguments, const OutputOptions& output) {
  const Format format = parse_format(output.format);
  SweepRequest request;
  request.output = arguments.output;
  request.shard = parse_shard(arguments.shard);
  request.resume = arguments.resume ? Resume::allow : Resume::refuse;
  request.overwrite = arguments.overwrite ? Overwrite::anything : Overwrite::same_study;
  request.extend = arguments.extend;
  request.threads = arguments.threads;
  request.command_line = command_line();

  Log log(console_of(output));
  std::vector<std::string> overrides = arguments.overrides;
  if (arguments.samples > 0) overrides.push_back("design.samples=" + std::to_string(arguments.samples));
  if (arguments.replicas > 0) overrides.push_back("design.replicas=" + std::to_string(arguments.replicas));
  if (arguments.series > 0) {
    overrides.push_back("outputs.by=none");
    overrides.push_back("outputs.series=" + std::to_string(arguments.series));
  }
  Study study(arguments.file, overrides);
  const std::vector<std::uint32_t> levers = parse_levers(study, arguments.levers);
  if (!arguments.select.empty())
    request.select = parse_select(arguments.select, arguments.within, study, levers.size());
  if (!arguments.metrics_file.empty())
    log.keep_metrics(
        arguments.metrics_file,
        {{"command", "sweep"}, {"study", study.spec().name}, {"output", arguments.output}, {"shard", arguments.shard}});
  if (!request.output.empty()) check_replaceable(request.output);
  study.build(std::nullopt);
  for (const std::string& warning : study.warnings()) log.warn(warning);
  for (const std::string& note : study.notes()) log.info("note: " + note);
  request.backend = choose_backend(arguments.device, study, log);
  request.cards = cards_of(arguments.device);
  if (request.backend == Backend::cuda && arguments.device == "auto" && request.threads == 0) {
    const std::vector<Card> all = cards();  // a thread serves each that can be used
    const auto used = std::count_if(all.begin(), all.end(), [](const Card& card) { return card.obstacle.empty(); });
    request.threads = std::max(0, hardware_threads() - static_cast<int>(used));
  }

  if (study.spec().design.layout == DesignLayout::pick_freeze) {
    if (arguments.screening > 0)
      throw Error(ErrorKind::usage, "--screening does not go with design.layout: pick-freeze",
                  "screen with layout: plain");
    log.info(
        fmt::format("laid out pick-freeze: {} blocks; within a block samples repeat coordinates, so intervals here and "
                    "in nadc compare are too narrow; nadc decide takes that into account",
                    study.spec().design.samples / (static_cast<std::int64_t>(study.uncertain().size()) + 2)));
  }
  warn_of_idle_keys(study, levers, log);
  const SweepRows rows(study, levers);
  units_of(arguments, study, rows);  // refuses before anything runs
  ScreeningRequest screening;
  screening.units =
      static_cast<std::uint64_t>(arguments.screening >= 0 ? arguments.screening : study.spec().design.screening);
  screening.draws = static_cast<double>(study.spec().design.screening_draws);
  screening.backend = request.backend;
  screening.threads = arguments.threads;
  if (request.shard.count > 1 && arguments.screening > 0)
    throw Error(ErrorKind::usage, "--screening looks at all rows, and a shard has a part of them",
                "merge the shards, then nadc sweep --resume --screening on the merged file");
  if (request.shard.count == 1) check_screening(study, rows.grid(), screening);
  if (screening.units > 0 && !study.builder().triggers().empty())
    log.info(
        "note: the screening's ledger has no policy.triggers; means that it helps to estimate are those of full "
        "replicas, with wider intervals where triggers act");
  const std::uint64_t count = rows.grid().rows();
  std::string plan =
      fmt::format("{} replicas: {} levers x {} samples x {} replicas", human_number(static_cast<std::int64_t>(count)),
                  levers.size(), rows.grid().samples, rows.grid().replicas);
  if (request.shard.count > 1) plan += fmt::format(", shard {} of {}", request.shard.index, request.shard.count);
  plan += fmt::format(", on {}", describe(request.backend));
  if (!request.output.empty())
    plan += fmt::format("; {} of results, {} on disk while it runs", human_bytes(rows.schema().bytes()),
                        human_bytes(2 * rows.schema().bytes()));
  log.info(plan);

  const StopSignal signal;
  if (!arguments.blob.empty())
    return export_blob(arguments.blob, study, rows, request, log, signal.flag()) ? 0 : interrupted_exit;
  const SweepOutcome outcome = run_sweep(study, rows, request, log, signal.flag());
  screening.replicas = outcome.used_replicas;
  for (std::size_t i = 0; i < std::min(outcome.failures.size(), failures_shown); ++i) log.error(outcome.failures[i]);
  if (outcome.failures.size() > failures_shown)
    log.error(fmt::format("and {} more failed", outcome.failures.size() - failures_shown));
  if (outcome.interrupted) {
    log.warn(request.output.empty()
                 ? std::string("interrupted; nothing is kept without -o")
                 : fmt::format("interrupted: {} of {} replicas are kept in {}.part; --resume goes on from there",
                               human_number(static_cast<std::int64_t>(outcome.found + outcome.made)),
                               human_number(static_cast<std::int64_t>(outcome.rows)), request.output));
    return interrupted_exit;
  }
  if (outcome.was_finished)
    log.info(request.output + " is finished already" +
             (request.select ? "; nadc compare says which levers may be best" : ""));
  else
    log.detail(fmt::format("{} replicas, {} events in {}", human_number(static_cast<std::int64_t>(outcome.made)),
                           human_number(static_cast<std::int64_t>(outcome.events)), human_duration(outcome.wall_s)));
  if (study.spec().design.stopping && !outcome.was_finished)
    log.info(fmt::format("{} after {} of {} replicas",
                         outcome.precise ? "the stopping rule is satisfied" : "the stopping rule is not satisfied",
                         outcome.used_replicas, rows.grid().replicas));
  if (request.shard.count > 1) {
    if (!outcome.was_finished)
      log.info(fmt::format("wrote {}; join all {} with nadc merge", request.output, request.shard.count));
  } else {
    if (!report(study, rows, outcome, arguments, request.select, screening, format, log, signal.flag()))
      return interrupted_exit;
    if (!request.output.empty() && !outcome.was_finished) log.info("wrote " + request.output);
  }
  return outcome.failures.empty() ? 0 : static_cast<int>(ErrorKind::partial);
}

struct MergeArguments {
  std::string output;
  std::vector<std::string> parts;
  bool partial = false;
};

int merge(const MergeArguments& arguments, const OutputOptions& output) {
  Log log(console_of(output));
  const MergeReport report = merge_sweeps(arguments.output, arguments.parts,
                                          arguments.partial ? MissingRows::keep : MissingRows::refuse, command_line());
  for (const Problem& problem : report.damaged) log.warn(render(problem));
  for (const std::string& run : report.missing_rows) log.warn("missing: " + run);
  if (report.failed > 0) log.warn(fmt::format("{} replicas failed", report.failed));
  const auto whole = [](std::uint64_t n) { return human_number(static_cast<std::int64_t>(n)); };
  log.info(fmt::format("wrote {}: {} of {} replicas", arguments.output, whole(report.done), whole(report.rows)) +
           (report.skipped > 0 ? ", " + whole(report.skipped) + " skipped by the stopping rule" : ""));
  const bool whole_study = report.missing == 0 && report.failed == 0 && report.damaged.empty();
  return whole_study ? 0 : static_cast<int>(ErrorKind::partial);
}

}  // namespace

void register_sweep(CLI::App& app, Command& command, OutputOptions& output) {
  auto arguments = std::make_shared<SweepArguments>();
  CLI::App* sub = app.add_subcommand("sweep", "Run all levers, samples and replicas of a study.");
  sub->add_option("study", arguments->file, "Study or scenario")->required();
  sub->add_option("overrides", arguments->overrides, "key=value, +key=value, ~key");
  sub->add_option("-o,--output", arguments->output, "Results file (HDF5); without it results are only printed");
  sub->add_option("--device", arguments->device, "auto, cuda, cuda:0,2 (these cards), tbb, omp or serial")
      ->capture_default_str();
  sub->add_option("--threads", arguments->threads,
                  "Threads on the host (default: all; with --device cuda none beside the cards)")
      ->check(CLI::Range(1, 65536));
  sub->add_option("--samples", arguments->samples, "Samples (default: the study's)")->check(CLI::PositiveNumber);
  sub->add_option("--replicas", arguments->replicas, "Replicas a sample (default: the study's)")
      ->check(CLI::PositiveNumber);
  sub->add_option(
         "--series", arguments->series,
         "Keep means of GPUs, queue and power over this many equal stretches of time by row, for bands in nadc "
         "report; in place of the periods (outputs.series)")
      ->check(CLI::Range(1, most_series_stretches));
  sub->add_option("--levers", arguments->levers, "Only these levers, such as A,B");
  sub->add_option("--screening", arguments->screening,
                  "Samples of the hourly ledger that sharpen the means (default: the study's; 0: none)")
      ->check(CLI::NonNegativeNumber);
  sub->add_option(
      "--select", arguments->select,
      "Add replicas only until the best lever by this METRIC is found, or known to be within --within of it");
  sub->add_option("--within", arguments->within, "Difference that is too small to care about, in the metric's unit")
      ->check(CLI::PositiveNumber);
  add_progress_options(*sub, arguments->metrics_file, output);
  sub->add_option("--export-blob", arguments->blob,
                  "Run the rows and write them, as hashes, with the study into a file for nadc-gpu-check");
  sub->add_option("--shard", arguments->shard,
                  "Run the I-th of N equal parts only, such as 2/8; nadc merge joins them");
  sub->add_flag("--resume", arguments->resume, "Go on with an unfinished sweep, if there is one at the output");
  sub->add_flag("--overwrite", arguments->overwrite, "Replace finished results of another study at the output");
  sub->add_flag("--all", arguments->all, "Show all levers, not the ten most telling ones");
  sub->add_option("--units", arguments->units,
                  "Won and times in tables: plain, billions (won in billions and trillions, hours and days) or korean")
      ->check(CLI::IsMember(units_names));
  sub->add_option("--currency", arguments->currency,
                  "Money in tables: USD at the scenario's exchange rate, or such as EUR=1650 in won (default: KRW)");
  sub->add_option("--extend", arguments->extend, "Take finished rows from this file; run only what is new");
  command.rules.push_back({sub,
                           {{"study"},
                            {"overrides"},
                            {"-o", "", "--export-blob"},
                            {"--device"},
                            {"--threads", "", "--device=serial"},
                            {"--samples"},
                            {"--replicas"},
                            {"--series", "-o", "--export-blob"},
                            {"--levers"},
                            {"--screening", "", "--export-blob --format=csv"},
                            {"--select", "--within", "--export-blob"},
                            {"--within", "--select"},
                            {"--progress"},
                            {"--metrics-file"},
                            {"--export-blob"},
                            {"--shard", "-o"},
                            {"--resume", "-o"},
                            {"--overwrite", "-o", "--resume"},
                            {"--extend", "-o"},
                            {"--all", "", "--format=json --format=csv --shard --export-blob"},
                            {"--units", "", "--format=json --format=csv --shard --export-blob"},
                            {"--currency", "", "--format=json --format=csv --shard --export-blob"},
                            {"--format", "", "--shard --export-blob"}}});
  sub->callback(
      [arguments, &command, &output] { command.action = [arguments, &output] { return sweep(*arguments, output); }; });
}

void register_merge(CLI::App& app, Command& command, OutputOptions& output) {
  auto arguments = std::make_shared<MergeArguments>();
  CLI::App* sub = app.add_subcommand("merge", "Join the shards of a sweep into one file.");
  sub->add_option("-o,--output", arguments->output, "Results file (HDF5)")->required();
  sub->add_option("parts", arguments->parts, "Files of the shards")->required();
  sub->add_flag("--partial", arguments->partial, "Write what there is when rows are missing or a file is damaged");
  command.rules.push_back(
      {sub, {{"-o"}, {"parts"}, {"--partial"}, {"--format", "", "", "it prints nothing but what it wrote"}}});
  sub->callback(
      [arguments, &command, &output] { command.action = [arguments, &output] { return merge(*arguments, output); }; });
}

}  // namespace nadc
