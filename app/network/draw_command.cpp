// nadc network draw and export: a topology as a picture, and as files of other programs.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "app/command.hpp"
#include "app/io/atomic_file.hpp"
#include "app/network/network_json.hpp"
#include "app/network/pattern_loads.hpp"
#include "app/network/register_draw.hpp"
#include "models/network/damage.hpp"
#include "models/network/exports.hpp"
#include "models/network/picture.hpp"
#include "models/network/text.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

struct DrawRequest {
  FlowsRequest flows;
  HallOptions hall;
  bool floor = false;
  std::string output;
};

struct ExportRequest {
  TopologyOptions topology;
  std::string to, output, nodes = "node";
  bool switches_only = false;
};

Topology one_topology(const TopologyOptions& options) {
  const std::vector<NamedTopology> found = resolve_topologies(options);
  if (found.size() != 1) throw Error(ErrorKind::usage, "one topology at a time", "give one topology, size and radix");
  return build_topology(found[0].spec);
}

int hand_over(const std::string& text, const std::string& path) {
  if (!path.empty()) {
    write_file(path, text);
    return 0;
  }
  std::cout << text << std::flush;
  if (!std::cout) throw Error(ErrorKind::failed, "cannot write to standard output", "is the disk full?");
  return 0;
}

// The racks of a hall in place of the graph.
int draw_floor(const DrawRequest& request) {
  std::vector<NamedTopology> found = resolve_topologies(request.flows.topology);
  if (found.size() != 1) throw Error(ErrorKind::usage, "one topology at a time", "give one topology, size and radix");
  SizingInputs& inputs = found[0].inputs;
  overlay(request.hall, inputs);
  if (!inputs.hall)
    throw Error(ErrorKind::usage, "--floor has no effect without --rack-kw or the hall: of a topology file",
                "add --rack-kw 40");
  const TopologySpec& spec = found[0].spec;
  const NetworkSize size =
      is_read_from_file(spec.kind) ? size_graph(read_topology(spec), inputs) : size_network(spec, inputs);
  if (!size.shape.fits) throw Error(ErrorKind::input, size.shape.why);
  const std::string name = spec.name.empty() ? std::string(name_of(spec.kind)) : spec.name;
  return hand_over(floor_svg_of(*size.hall, name + ", " + grouped(size.spec.gpus) + " GPUs"), request.output);
}

int draw(const DrawRequest& request) {
  if (request.floor) return draw_floor(request);
  const Topology net = one_topology(request.flows.topology);
  NetworkHealth health;
  for (const std::string& name : request.flows.failed_switches) fail_named_switch(health, net, name);
  for (const std::string& name : request.flows.failed_cables) fail_named_cable(health, net, name);
  std::vector<double> load;
  std::string traffic;
  if (!request.flows.pattern.empty()) {
    load = pattern_loads(request.flows, net, health);
    traffic = request.flows.pattern + " of all GPUs, " + request.flows.routing;
  }
  const Picture picture = picture_of(net, load, health);
  if (!request.output.empty())
    for (const std::string& note : picture.notes) std::cerr << "note: " << note << '\n';
  return hand_over(svg_of(picture, traffic), request.output);
}

int export_to(const ExportRequest& request) {
  const Topology net = one_topology(request.topology);
  const Hosts hosts = request.switches_only ? Hosts::without : Hosts::with;
  const std::string& to = request.to;
  if (to == "dot") return hand_over(dot_of(net, hosts), request.output);
  if (to == "graphml") return hand_over(graphml_of(net, hosts), request.output);
  if (to == "slurm") return hand_over(slurm_tree_of(net, request.nodes), request.output);
  if (to == "slurm-block") return hand_over(slurm_blocks_of(net, request.nodes), request.output);
  const std::vector<std::string_view> known{"dot", "graphml", "slurm", "slurm-block"};
  throw Error(ErrorKind::usage, "no export is called '" + to + "'",
              "did you mean " + std::string(nearest_word(to, known)) + "? known: dot, graphml, slurm, slurm-block");
}

template <class Request>
CLI::App* verb(CLI::App& network, const char* name, const char* help, Command& command,
               const std::shared_ptr<Request>& request, int (*act)(const Request&)) {
  CLI::App* sub = network.add_subcommand(name, help);
  sub->set_help_flag("--help", "print this help");
  sub->callback([&command, request, act] { command.action = [request, act] { return act(*request); }; });
  sub->fallthrough();
  return sub;
}

}  // namespace

void register_draw(CLI::App& network, Command& command) {
  auto drawing = std::make_shared<DrawRequest>();
  CLI::App* sub =
      verb(network, "draw", "a picture (SVG): tiers, pods, planes, and link loads", command, drawing, &draw);
  FlowsRequest& flows = drawing->flows;
  add_topology_options(*sub, flows.topology, TopologyUse::flows);
  sub->add_option("--pattern", flows.pattern, "also the load of every link under permutation, shift or all-to-all");
  sub->add_option("--routing", flows.routing, "d-mod-k, ecmp, spray, adaptive or valiant [ecmp]");
  sub->add_option("--seed", flows.seed, "of the pattern [1]");
  sub->add_option("--failed-switches", flows.failed_switches, "switches that are down: names such as spine3, numbers")
      ->delimiter(',')
      ->allow_extra_args(false);
  sub->add_option("--failed-cables", flows.failed_cables, "cables that are down: names such as leaf0-spine3, numbers")
      ->delimiter(',')
      ->allow_extra_args(false);
  sub->add_flag("--floor", drawing->floor, "the floor plan of the hall in place of the network");
  add_hall_options(*sub, drawing->hall);
  sub->add_option("-o,--output", drawing->output, "SVG file to write [standard output]");
  const auto rules = [&](std::vector<OptionRule> rows, const std::vector<OptionRule>& own) {
    rows.insert(rows.end(), own.begin(), own.end());
    command.rules.push_back({sub, std::move(rows)});
  };
  const std::string text = "this command writes a file of its own kind";
  rules(topology_rules(TopologyUse::flows, "", "", "--nvlink-gbps --nvlink-domain"),
        {{"--pattern", "", "--floor"},
         {"--floor"},
         {"--rack-kw", "--floor"},
         {"--node-kw", "--floor"},
         {"--rows", "--floor"},
         {"--cooling", "--floor"},
         {"--routing", "--pattern"},
         {"--seed", "--pattern", "--pattern=all-to-all"},
         {"--failed-switches", "", "--floor"},
         {"--failed-cables", "", "--floor"},
         {"--nvlink-domain", "--pattern"},
         {"--nvlink-gbps", "--pattern", "--nvlink-domain=0 --nvlink-domain=1"},
         {"-o"},
         {"--format", "", "", text}});

  auto exporting = std::make_shared<ExportRequest>();
  sub = verb(network, "export", "the graph as dot, graphml, or Slurm's topology.conf", command, exporting, &export_to);
  add_topology_options(*sub, exporting->topology, TopologyUse::flows);
  sub->add_option("--to", exporting->to, "dot, graphml, slurm (tree) or slurm-block")->required();
  sub->add_flag("--switches-only", exporting->switches_only, "leave GPUs and NVLink out");
  sub->add_option("--nodes", exporting->nodes, "what Slurm's node names begin with [node]");
  sub->add_option("-o,--output", exporting->output, "file to write [standard output]");
  const std::string slurm = "--to=slurm --to=slurm-block";
  rules(topology_rules(TopologyUse::flows, "", "", "--nvlink-gbps --nvlink-domain"),
        {{"--to"},
         {"--switches-only", "", slurm},
         {"--nodes", slurm},
         {"--nvlink-domain", "", "--switches-only --to=slurm"},
         {"--nvlink-gbps", "", slurm + " --switches-only --nvlink-domain=0 --nvlink-domain=1"},
         {"-o"},
         {"--format", "", "", text}});
}

}  // namespace nadc
