#include "app/network/network_command.hpp"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "app/io/table.hpp"
#include "app/network/network_json.hpp"
#include "app/network/register_draw.hpp"
#include "app/output_options.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

using nlohmann::ordered_json;

Cell cell(const ordered_json& value) {
  if (value.is_null()) return std::monostate{};
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return std::string(value.get<bool>() ? "yes" : "no");
  if (value.is_number_integer()) return value.get<std::int64_t>();
  return value.get<double>();
}

// Objects become columns (cables.host), lists of text one cell; other lists are left to print_lists.
void flatten(const ordered_json& object, const std::string& prefix, std::vector<std::pair<std::string, Cell>>& out) {
  for (const auto& [key, value] : object.items()) {
    if (value.is_object()) {
      flatten(value, prefix + key + ".", out);
    } else if (!value.is_array()) {
      out.emplace_back(prefix + key, cell(value));
    }
  }
}

void print_table(const std::string& title, const ordered_json& rows, Format format, std::string& text) {
  if (rows.empty()) return;
  // Remarks and limits stay in JSON and CSV when rows stand side by side.
  const auto aside = [&](const std::string& key) {
    return format != Format::csv && rows.size() > 1 && (key == "note" || key == "most_gpus" || key == "injection_tbps");
  };
  std::vector<std::vector<std::pair<std::string, Cell>>> cells;
  for (const ordered_json& row : rows) flatten(row, "", cells.emplace_back());
  if (!title.empty() && format != Format::csv) text += "\n" + title + "\n\n";
  if (rows.size() == 1 && cells[0].size() > 10 && format != Format::csv) {  // one wide row reads better upright
    Table table({{.name = "key", .align = Align::left}, {.name = "value", .digits = 6}});
    for (auto& [key, value] : cells[0]) table.add({key, value});
    text += table.render(format);
    return;
  }
  // Columns that say the same nothing in every row are left out of what people read.
  std::vector<Column> columns;
  std::vector<std::size_t> kept;
  for (std::size_t c = 0; c < cells[0].size(); ++c) {
    bool blank = format != Format::csv;
    for (const auto& row : cells) {
      const Cell& value = row[c].second;
      const bool nothing = std::holds_alternative<std::monostate>(value) || value == Cell(std::string()) ||
                           value == Cell(std::int64_t{0});
      blank = blank && nothing;
    }
    if (blank || aside(cells[0][c].first)) continue;
    kept.push_back(c);
    const bool left = std::holds_alternative<std::string>(cells[0][c].second);
    columns.push_back({.name = cells[0][c].first, .align = left ? Align::left : Align::right, .digits = 5});
  }
  Table table(columns);
  for (const auto& row : cells) {
    std::vector<Cell> line;
    for (std::size_t c : kept) line.push_back(c < row.size() ? row[c].second : Cell());
    table.add(std::move(line));
  }
  text += table.render(format);
}

// The main table, then one for each list inside when there is a single row.
int print(const ordered_json& answer, const OutputOptions& output) {
  const Format format = parse_format(output.format);
  std::string text;
  if (format == Format::json) {
    text = answer.dump(2) + "\n";
  } else {
    const ordered_json rows = answer.is_array() ? answer : ordered_json::array({answer});
    print_table("", rows, format, text);
    if (format != Format::csv) {
      for (const ordered_json& row : rows) {
        for (const auto& [key, value] : row.items()) {
          if (!value.is_array() || value.empty()) continue;
          if (value[0].is_object()) {
            if (rows.size() == 1 || key == "degraded")
              print_table(key + (rows.size() > 1 ? " of " + row.value("topology", "") : ""), value, format, text);
          } else if (!output.quiet) {
            for (const ordered_json& note : value) std::cerr << "note: " << note.get<std::string>() << '\n';
          }
        }
      }
    }
  }
  std::cout << text << std::flush;
  if (!std::cout) throw Error(ErrorKind::failed, "cannot write to standard output", "is the disk full?");
  return 0;
}

template <class Request>
CLI::App* verb(CLI::App& network, const char* name, const char* help, Command& command, OutputOptions& output,
               const std::shared_ptr<Request>& request, ordered_json (*answer)(const Request&)) {
  CLI::App* sub = network.add_subcommand(name, help);
  sub->set_help_flag("--help", "print this help");  // -h is a number of ports here
  sub->callback([&command, &output, request, answer] {
    command.action = [&output, request, answer] { return print(answer(*request), output); };
  });
  sub->fallthrough();
  return sub;
}

}  // namespace

void register_network(CLI::App& app, Command& command, OutputOptions& output) {
  CLI::App* network =
      app.add_subcommand("network", "size and draw networks, run flows over them, time collectives and training steps");
  network->require_subcommand(1);
  network->fallthrough();

  CLI::App* sub = nullptr;
  const auto rules = [&](std::vector<OptionRule> rows, const std::vector<OptionRule>& own) {
    rows.insert(rows.end(), own.begin(), own.end());
    command.rules.push_back({sub, std::move(rows)});
  };
  auto size = std::make_shared<SizeRequest>();
  sub = verb(*network, "size", "switches, cables, bisection, power and cost of topologies", command, output, size,
             &size_json);
  add_topology_options(*sub, size->topology, TopologyUse::size);
  sub->add_option("--fabrics", size->fabrics, "also storage, front-end, management")
      ->delimiter(',')
      ->allow_extra_args(false);
  sub->add_option("--grow-to", size->grow_to, "GPUs that the network grows to: links to move, ports to reserve");
  sub->add_option("--down", size->down, "worst case of this many switches or cables down")
      ->check(CLI::NonNegativeNumber);
  sub->add_option("--failed-switches", size->failed_switches, "what is left without these: names such as spine3")
      ->delimiter(',')
      ->allow_extra_args(false);
  sub->add_option("--failed-cables", size->failed_cables, "the same: names such as leaf0-spine3, or numbers")
      ->delimiter(',')
      ->allow_extra_args(false);
  sub->add_flag("--bill", size->bill, "a bill of materials: switches, transceivers, cables by length, spares");
  sub->add_option("--spares", size->spares, "of each item of the bill, in per cent, at least one [2]");
  add_hall_options(*sub, size->hall);
  sub->add_flag("--racks", size->racks, "the floor plan: a line a rack");
  sub->add_option("--sweep", size->sweep, "FROM:TO[:STEP] GPUs: where a topology stops fitting");
  sub->add_option("--optimise,--optimize", size->optimise,
                  "the cheapest topology whose mean slow-down stays under this");
  sub->add_option("--model", size->model, "job for --optimise: a named model or a file [three usual jobs]");
  sub->add_option("--gpu", size->gpu, "its GPU kind [h100]");
  sub->add_option("--job-gpus", size->job_gpus, "its GPUs [all]");
  sub->add_option("--batch", size->batch, "its sequences a step [one a GPU]");
  sub->add_option("--seq", size->seq, "its tokens a sequence [8192]");

  sub->add_option("--scenario", size->scenario,
                  "scenario or study whose clusters' networks are sized; with --optimise, whose jobs are run on each "
                  "candidate");
  sub->add_option("--lever", size->lever, "lever of the study [the first]");
  sub->add_flag("--all", size->all, "run also the candidates that are dearer than the first one that meets the bound");
  sub->add_option("overrides", size->overrides, "of the scenario: key.path=value, +key=value, ~key");
  rules(topology_rules(TopologyUse::size, "", "", "--topology --gpus"),
        {{"--topology", "", "--scenario"},
         {"--gpus", "", "--scenario --sweep"},
         {"--tiers", "", "--optimise"},
         {"--p", "", "--optimise"},
         {"--a", "", "--optimise"},
         {"--h", "", "--optimise"},
         {"--group-links", "", "--optimise"},
         {"--leaf-radix", "", "--optimise"},
         {"--spine-radix", "", "--optimise"},
         {"--core-radix", "", "--optimise"},
         {"--leaf-port-gbps", "", "--optimise"},
         {"--spine-port-gbps", "", "--optimise"},
         {"--core-port-gbps", "", "--optimise"},
         {"--oversubscription", "", "--optimise"},
         {"--nvlink-domain", "--down --failed-switches --failed-cables"},
         {"--failed-switches", "", "--optimise"},
         {"--failed-cables", "", "--optimise"},
         {"--fabrics", "", "--optimise"},
         {"--grow-to", "", "--optimise"},
         {"--down", "", "--optimise"},
         {"--sweep", "", "--optimise"},
         {"--bill", "", "--optimise --sweep --grow-to --down --failed-switches --failed-cables"},
         {"--spares", "--bill"},
         {"--rack-kw", "", "--optimise"},
         {"--node-kw", "", "--optimise"},
         {"--rows", "", "--optimise"},
         {"--cooling", "", "--optimise"},
         {"--racks", "", "--optimise --sweep --bill --grow-to --down --failed-switches --failed-cables --fabrics"},
         {"--optimise"},
         {"--model", "--optimise", "--scenario"},
         {"--gpu", "--model"},
         {"--job-gpus", "--model"},
         {"--batch", "--model"},
         {"--seq", "--model"},
         {"--scenario", "", "--sweep"},
         {"--lever", "--scenario"},
         {"--all", "--scenario"},
         {"--all", "--optimise"},
         {"overrides", "--scenario"},
         {"--format"}});

  auto flows = std::make_shared<FlowsRequest>();
  sub = verb(*network, "flows", "transfers that share links max-min fairly, to completion", command, output, flows,
             &flows_json);
  sub->add_option("file", flows->file, "instance: links L cap C flows N, then src dst bytes nlinks link…");
  add_topology_options(*sub, flows->topology, TopologyUse::flows);
  sub->add_option("--pattern", flows->pattern, "permutation, shift or all-to-all, in place of a file");
  sub->add_option("--flows-per-gpu", flows->flows_per_gpu, "rounds of the pattern [1]");
  sub->add_option("--bytes", flows->bytes,
                  "largest flow; sizes are uniform up to it, and all the same in all-to-all [1e9]")
      ->check(CLI::PositiveNumber);
  sub->add_option("--routing", flows->routing, "d-mod-k, ecmp, spray, adaptive or valiant [ecmp]");
  sub->add_option("--queue-pairs", flows->queue_pairs, "queue pairs of a flow [1]");
  sub->add_option("--seed", flows->seed, "of the pattern and sizes [1]");
  sub->add_option("--failed-switches", flows->failed_switches, "switches that are down: names such as spine3, numbers")
      ->delimiter(',')
      ->allow_extra_args(false);
  sub->add_option("--failed-cables", flows->failed_cables, "cables that are down: names such as leaf0-spine3, numbers")
      ->delimiter(',')
      ->allow_extra_args(false);
  sub->add_option("--write", flows->write, "write the instance to this file");
  rules(topology_rules(TopologyUse::flows, "", "file"),
        {{"file"},
         {"--pattern", "", "file"},
         {"--flows-per-gpu", "--pattern", "file"},
         {"--bytes", "--pattern", "file"},
         {"--routing", "--pattern", "file"},
         {"--queue-pairs", "--pattern", "file --routing=spray --routing=d-mod-k"},
         {"--seed", "--pattern", "file"},
         {"--failed-switches", "--pattern", "file"},
         {"--failed-cables", "--pattern", "file"},
         {"--write", "--pattern", "file"},
         {"--nvlink-gbps", "", "--nvlink-domain=0 --nvlink-domain=1"},
         {"--format"}});

  auto collective = std::make_shared<CollectiveRequest>();
  sub = verb(*network, "collective", "time, algorithm and bus bandwidth by size and ranks", command, output, collective,
             &collective_json);
  add_topology_options(*sub, collective->topology, TopologyUse::collective);
  sub->add_option("--kind", collective->kind,
                  "all-reduce, all-gather, reduce-scatter, all-to-all, broadcast or send-receive [all-reduce]");
  sub->add_option("--algorithm", collective->algorithm,
                  "auto, ring, tree, in-switch (NVLS), hierarchical or in-switch-tree [auto]");
  sub->add_option("--gpu", collective->gpu, "a100, h100, h200, b200, gb200, b300, gb300 or mi300x [h100]");
  sub->add_option("--ranks", collective->ranks, "GPUs [8]")->delimiter(',')->allow_extra_args(false);
  sub->add_option("--bytes", collective->bytes, "message sizes, for example 1M,1G")
      ->delimiter(',')
      ->allow_extra_args(false);
  sub->add_option("--from", collective->from, "smallest size of the sweep [8]");
  sub->add_option("--to", collective->to, "largest size of the sweep [8G]");
  sub->add_option("--factor", collective->factor, "between sizes [4]");
  sub->add_option("--beside", collective->beside,
                  "other traffic on the topology: permutation, all-reduce or all-to-all");
  sub->add_option("--routing", collective->routing, "of the shared topology [ecmp]");
  sub->add_option("--against", collective->against, "nccl-tests output to compare with");
  sub->add_option("--fit", collective->fit, "fit launch, latency and efficiency to it and write them to this file");
  sub->add_option("--constants", collective->constants, "file of an earlier --fit, in place of the built-in constants");
  rules(
      topology_rules(TopologyUse::collective, "--topology", "", "--topology --host-gbps --nvlink-gbps --nvlink-domain"),
      {{"--topology"},
       {"--host-gbps"},
       {"--nvlink-gbps", "", "--nvlink-domain=0 --nvlink-domain=1"},
       {"--nvlink-domain"},
       {"--kind"},
       {"--algorithm", "", "--kind=all-to-all --kind=send-receive"},
       {"--gpu"},
       {"--ranks"},
       {"--bytes", "", "--against"},
       {"--from", "", "--bytes --against"},
       {"--to", "", "--bytes --against"},
       {"--factor", "", "--bytes --against"},
       {"--beside", "--topology"},
       {"--routing", "--beside"},
       {"--against"},
       {"--fit", "--against", "--beside"},
       {"--constants"},
       {"--format"}});

  auto step = std::make_shared<StepTimeRequest>();
  sub = verb(*network, "steptime", "one training step of a transformer", command, output, step, &steptime_json);
  add_topology_options(*sub, step->topology, TopologyUse::step);
  sub->add_option("--gpus", step->gpus, "GPUs of the job")->required();
  sub->add_option("--model", step->model,
                  "gpt3-175b, llama3.1-8b, -70b, -405b, nemotron4-15b, -340b, mixtral-8x7b, -8x22b, deepseek-v3, or a "
                  "model file")
      ->required();
  sub->add_option("--gpu", step->gpu, "a100, h100, h200, b200, gb200, b300, gb300 or mi300x [h100]");
  sub->add_option("--batch", step->batch, "sequences of the whole job")->required();
  sub->add_option("--seq", step->seq, "tokens a sequence [8192]");
  sub->add_option("--tp", step->layout.tp, "tensor parallel degree [chosen]");
  sub->add_option("--pp", step->layout.pp, "pipeline stages [chosen]");
  sub->add_option("--cp", step->layout.cp, "context parallel degree [chosen]");
  sub->add_option("--dp", step->layout.dp, "data parallel degree [what is left]");
  sub->add_option("--ep", step->layout.ep, "expert parallel degree [chosen]");
  sub->add_option("--vp", step->layout.vp, "chunks of layers a stage, interleaved [chosen]");
  sub->add_option("--micro-batch", step->layout.micro_batch, "sequences a micro-batch [chosen]");
  sub->add_option("--precision", step->precision, "bf16, fp8 or nvfp4 [bf16]");
  sub->add_option("--schedule", step->schedule, "auto, plain, interleaved or zero-bubble [auto]");
  sub->add_option("--recompute", step->recompute, "activations: auto, none, selective or full [auto: least that fits]");
  sub->add_option("--gradients", step->gradients, "fp32 or bf16, as they are kept and reduced [fp32]");
  sub->add_option("--tensor-overlap", step->tensor_overlap,
                  "share of tensor-parallel communication that may hide under products [as fitted]");
  sub->add_option("--capacity-factor", step->capacity, "rows of an expert over the mean [1]");
  sub->add_option("--constants", step->constants, "file of nadc network collective --fit: efficiency of the NICs");
  sub->add_option("--scatter", step->scatter, "share of neighbours under another leaf [0]");
  sub->add_option("--network-share", step->share, "of the bandwidth that other traffic leaves [1]");
  rules(topology_rules(TopologyUse::step, "--topology", "", "--topology --host-gbps"),
        {{"--topology"},
         {"--host-gbps"},
         {"--gpus"},
         {"--model"},
         {"--gpu"},
         {"--batch"},
         {"--seq"},
         {"--tp"},
         {"--pp"},
         {"--cp"},
         {"--dp"},
         {"--ep"},
         {"--vp", "", "--pp=1"},
         {"--micro-batch"},
         {"--precision"},
         {"--schedule"},
         {"--recompute"},
         {"--gradients"},
         {"--tensor-overlap", "", "--tp=1"},
         {"--capacity-factor"},
         {"--constants"},
         {"--scatter", "--topology"},
         {"--network-share"},
         {"--format"}});

  auto calibrate = std::make_shared<CalibrateRequest>();
  sub =
      verb(*network, "calibrate", "distil the flow model of a scenario's fabrics into a table for network.model: table",
           command, output, calibrate, &calibrate_json);
  sub->add_option("file", calibrate->file, "scenario, or topology file")->required();
  sub->add_option("overrides", calibrate->overrides, "key.path=value, +key=value, ~key");
  sub->add_option("-o,--output", calibrate->output, "table to write; surfaces of other fabrics in it stay")->required();
  sub->add_option("--replicas", calibrate->replicas, "runs for each load and placement [1]");
  sub->add_flag("--force", calibrate->force, "also when the table has these surfaces already");
  rules({}, {{"file"}, {"overrides"}, {"-o"}, {"--replicas"}, {"--force"}, {"--format"}});

  register_draw(*network, command);
}

}  // namespace nadc
