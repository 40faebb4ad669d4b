#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>

#include "app/network/network_json.hpp"
#include "app/network/scenario_judge.hpp"
#include "app/network/scenario_network.hpp"
#include "app/study/study.hpp"
#include "models/network/optimise.hpp"
#include "models/network/text.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

using nlohmann::ordered_json;

constexpr const char* medium_names[] = {"copper", "multimode", "single_mode"};

ordered_json row(const NetworkSize& s) {
  const TopologySpec& spec = s.spec;
  ordered_json cables = {{"host", s.cable_count(CableKind::host)},
                         {"leaf_spine", s.cable_count(CableKind::leaf_spine)},
                         {"spine_core", s.cable_count(CableKind::spine_core)},
                         {"local", s.cable_count(CableKind::local)},
                         {"global", s.cable_count(CableKind::global)}};
  ordered_json media = ordered_json::array(), ports = ordered_json::array();
  for (const CableGroup& g : s.media) {
    media.push_back({{"tier", name_of(g.kind)},
                     {"medium", medium_names[static_cast<int>(g.medium)]},
                     {"count", g.count},
                     {"mean_m", g.metres / static_cast<double>(g.count)}});
  }
  for (const TierPorts& t : s.ports)
    ports.push_back({{"tier", t.tier},
                     {"switches", t.switches},
                     {"radix", t.of.ports},
                     {"gbps", t.gbps},
                     {"used", t.used},
                     {"left", t.left}});
  return {{"topology", spec.name.empty() || s.fabric != "compute" ? std::string(name_of(spec.kind)) : spec.name},
          {"fabric", s.fabric},
          {"gpus", spec.gpus},
          {"radix", spec.radix},
          {"tiers", s.shape.tiers},
          {"switches", s.switches},
          {"leaves", s.leaves},
          {"spines", s.spines},
          {"cores", s.cores},
          {"groups", s.groups},
          {"cables", cables},
          {"optics", s.optics},
          {"bisection_tbps", s.bisection_tbps},
          {"injection_tbps", s.injection_tbps},
          {"power_kw", s.power_kw},
          {"cost_krw", s.cost_krw ? ordered_json(*s.cost_krw) : ordered_json()},
          {"fits", s.shape.fits},
          {"why", s.shape.why},
          {"note", s.shape.note},
          {"most_gpus", s.shape.most_gpus},
          {"media", media},
          {"ports", ports}};
}

// Where a hall is described; empty cells for what does not fit.
ordered_json hall_row(const NetworkSize& s) {
  const auto value = [&](auto of) { return s.hall ? ordered_json(of(*s.hall)) : ordered_json(); };
  const auto network = [](const HallPlan& plan) {
    return static_cast<std::int64_t>(plan.racks.size()) - plan.count(RackKind::nodes);
  };
  return {{"racks_of_nodes", value([](const HallPlan& p) { return p.count(RackKind::nodes); })},
          {"racks_of_switches", value(network)},
          {"nodes_per_rack", value([](const HallPlan& p) { return p.nodes_per_rack; })},
          {"rows", value([](const HallPlan& p) { return p.rows; })},
          {"node_kw", value([](const HallPlan& p) { return p.hall.node_kw; })},
          {"racks_per_row", value([](const HallPlan& p) { return p.places; })},
          {"width_m", value([](const HallPlan& p) { return p.width_m; })},
          {"depth_m", value([](const HallPlan& p) { return p.depth_m; })},
          {"most_mw", value([](const HallPlan& p) { return p.kw / 1000.0; })}};
}

void append_racks(ordered_json& rows, const NetworkSize& s) {
  if (!s.shape.fits) throw Error(ErrorKind::input, s.shape.why);
  for (const HallRack& rack : s.hall->racks)
    rows.push_back({{"topology", s.spec.name.empty() ? std::string(name_of(s.spec.kind)) : s.spec.name},
                    {"row", rack.row + 1},
                    {"rack", rack.place + 1},
                    {"holds", name_of(rack.kind)},
                    {"count", rack.count},
                    {"from", rack.first},
                    {"most_kw", rack.kw}});
}

SideFabric side_fabric(const std::string& name) {
  std::string known;
  for (const SideFabric& fabric : side_fabrics()) {
    if (fabric.name == name) return fabric;
    known += ", " + fabric.name;
  }
  throw Error(ErrorKind::usage, "no fabric is called '" + name + "'", "known: compute" + known);
}

std::vector<std::int64_t> sweep_sizes(const std::string& text) {
  std::vector<std::int64_t> parts;
  std::string rest = text;
  try {
    while (true) {
      const std::size_t colon = rest.find(':');
      std::size_t used = 0;
      parts.push_back(std::stoll(rest.substr(0, colon), &used));
      if (used != std::min(colon, rest.size())) throw std::invalid_argument("digits");
      if (colon == std::string::npos) break;
      rest = rest.substr(colon + 1);
    }
  } catch (const std::exception&) {
    parts.clear();
  }
  const std::int64_t step = parts.size() > 2 ? parts[2] : 1024;
  if (parts.size() < 2 || parts[0] < 1 || parts[1] < parts[0] || step < 1 || (parts[1] - parts[0]) / step > 100000) {
    throw Error(ErrorKind::usage, "'" + text + "' is no range of GPUs",
                "FROM:TO or FROM:TO:STEP, for example 10000:18432:1024");
  }
  std::vector<std::int64_t> sizes;
  for (std::int64_t n = parts[0]; n < parts[1]; n += step) sizes.push_back(n);
  sizes.push_back(parts[1]);
  if (std::accumulate(sizes.begin(), sizes.end(), 0.0) > 3e8)  // each GPU's cable is laid anew for every size
    throw Error(ErrorKind::usage,
                "'" + text + "' comes to " + grouped(static_cast<std::int64_t>(sizes.size())) +
                    " sizes of too many GPUs, some minutes' work",
                "a larger step, for example 10000:18432:1024");
  return sizes;
}

void append(ordered_json& rows, const OptimiseRequest& search, const char* source) {
  for (const Candidate& c : optimise_network(search)) {
    ordered_json size = row(c.size);
    if (!c.verdict.refused.empty()) size["why"] = c.verdict.refused;
    if (!c.judged && c.verdict.refused.empty()) size["why"] = "not run: dearer than one that meets the bound";
    const auto judged = [&](const auto& value) { return c.judged ? ordered_json(value) : ordered_json(); };
    ordered_json one = {{"topology", size["topology"]},
                        {"meets", judged(c.meets)},
                        {"slowdown_mean", judged(c.verdict.slowdown)},
                        {"slowdown_worst", judged(c.verdict.worst)},
                        {"worst_of", c.verdict.worst_of},
                        {"slowdown_source", source}};
    for (auto& [key, value] : size.items()) one[key] = std::move(value);
    rows.push_back(std::move(one));
  }
}

// Judged by the scenario's own jobs.
ordered_json optimised_for(const SizeRequest& request) {
  const TopologyOptions& options = request.topology;
  auto judge = std::make_shared<ScenarioJudge>(request.scenario, request.overrides, request.lever);
  OptimiseRequest search;
  search.bases = judge->bases();
  for (TopologySpec& base : search.bases) overlay(options, base);
  if (!options.radices.empty()) search.radices = options.radices;
  search.inputs.prices = given_prices(options);
  search.most_slowdown = request.optimise;
  search.all = request.all ? JudgeAll::yes : JudgeAll::no;
  search.judge = [judge](std::span<const TopologySpec> specs) { return (*judge)(specs); };
  ordered_json rows = ordered_json::array();
  append(rows, search, "scenario's jobs");
  return rows;
}

ordered_json optimised(const SizeRequest& request) {
  ordered_json rows = ordered_json::array();
  TopologyOptions options = request.topology;
  options.radices.clear();  // all are tried for each base
  options.every_shape = true;
  const std::vector<NamedTopology> bases = resolve_topologies(options);
  for (const std::string& name : options.topologies)
    if (!name.ends_with(".yaml") && !name.ends_with(".yml"))
      throw Error(ErrorKind::usage, "--topology " + name + " has no effect beside --optimise: every shape is tried",
                  "leave it out, or give a topology file, whose speeds, floor and prices count");
  for (const NamedTopology& base : bases) {
    OptimiseRequest search;
    search.bases = {base.spec};
    search.inputs = base.inputs;
    search.most_slowdown = request.optimise;
    if (!request.topology.radices.empty()) search.radices = request.topology.radices;
    std::vector<StepRequest> jobs = usual_jobs(base.spec.gpus);
    if (!request.model.empty()) {
      const std::int64_t gpus = request.job_gpus > 0 ? request.job_gpus : base.spec.gpus;
      StepRequest job = step_request("llama3.1-8b", request.gpu, gpus, request.batch > 0 ? request.batch : gpus,
                                     request.seq, Precision::fp8);
      job.model = read_model(request.model);
      jobs = {job};
    }
    search.judge = judge_by_steps(std::move(jobs));
    append(rows, search, request.model.empty() ? "steps of usual jobs" : "steps of the model");
  }
  return rows;
}

// The networks of a scenario's clusters as they are to be built, with what the flags lay over them. A rack is filled by
// what the cluster's own nodes draw unless the topology's file or a flag says another figure.
std::vector<NamedTopology> networks_of(const SizeRequest& request) {
  const TopologyOptions& options = request.topology;
  Study study(request.scenario, request.overrides);
  const std::uint32_t lever = request.lever.empty() ? 0 : study.lever(request.lever);
  study.build(std::nullopt);
  const std::optional<NetworkPrices> prices = given_prices(options);
  std::vector<NamedTopology> found;
  for (ClusterTopology& cluster : topologies_of(study.levers()[lever].loaded.scenario, study.builder())) {
    NamedTopology one = std::move(cluster.network);
    const bool graph = is_read_from_file(one.spec.kind);
    one.spec.name = cluster.cluster + " " + std::string(name_of(one.spec.kind));
    if (!graph) overlay(options, one.spec);
    if (prices) one.inputs.prices = prices;
    if (!one.inputs.hall && request.hall.rack_kw && !request.hall.node_kw && cluster.node_kw > 0.0) {
      one.inputs.hall = Hall{};
      one.inputs.hall->node_kw = cluster.node_kw;
    }
    std::vector<int> radices = options.radices;
    if (radices.empty() || graph) radices = {one.spec.radix};
    for (const int radix : radices) {
      one.spec.radix = radix;
      found.push_back(one);
    }
  }
  return found;
}

}  // namespace

ordered_json size_json(const SizeRequest& request) {
  if (request.optimise != 0.0) return request.scenario.empty() ? optimised(request) : optimised_for(request);
  TopologyOptions options = request.topology;
  if (!request.sweep.empty()) options.gpus = sweep_sizes(request.sweep);
  ordered_json rows = ordered_json::array();
  for (NamedTopology one : request.scenario.empty() ? resolve_topologies(options) : networks_of(request)) {
    overlay(request.hall, one.inputs);
    if (request.racks && !one.inputs.hall)
      throw Error(ErrorKind::usage, "--racks has no effect without --rack-kw or the hall: of a topology file",
                  "add --rack-kw 40");
    if (is_read_from_file(one.spec.kind)) {
      if (request.grow_to || request.bill || !request.fabrics.empty())
        throw Error(ErrorKind::usage, "--grow-to, --bill and --fabrics have no effect on a graph of cables",
                    "leave them out, or give a shape");
      const Topology graph = read_topology(one.spec);
      ordered_json answer = row(size_graph(graph, one.inputs));
      if (request.down > 0 || !request.failed_switches.empty() || !request.failed_cables.empty())
        answer["degraded"] = damage_json(graph, request);
      rows.push_back(std::move(answer));
      continue;
    }
    const NetworkSize size = size_network(one.spec, one.inputs);
    if (request.racks) {
      append_racks(rows, size);
      continue;
    }
    if (request.bill) {
      if (!size.shape.fits) throw Error(ErrorKind::input, size.shape.why);
      append_bill(rows, size, one.inputs, request.spares);
      for (const std::string& name : request.fabrics)
        if (name != "compute")
          append_bill(rows, size_side_fabric(side_fabric(name), one.spec, one.inputs), one.inputs, request.spares);
      continue;
    }
    ordered_json answer = row(size);
    if (one.inputs.hall) answer["hall"] = hall_row(size);
    if (request.grow_to && size.shape.fits) {
      const Growth g = grow_network(one.spec, *request.grow_to, one.inputs);
      answer["growth"] = {{"gpus", *request.grow_to},
                          {"fits", g.to.shape.fits},
                          {"new_switches", g.new_switches},
                          {"new_cables", g.new_cables},
                          {"links_to_move", g.links_to_move},
                          {"ports_to_reserve", g.ports_to_reserve},
                          {"note", g.note}};
    }
    const bool named = !request.failed_switches.empty() || !request.failed_cables.empty();
    if ((request.down > 0 || named) && size.shape.fits)
      answer["degraded"] = damage_json(build_topology(one.spec), request);
    rows.push_back(std::move(answer));
    for (const std::string& name : request.fabrics) {
      if (name == "compute") continue;
      const NetworkSize side = size_side_fabric(side_fabric(name), one.spec, one.inputs);
      rows.push_back(row(side));
      if (one.inputs.hall) rows.back()["hall"] = hall_row(side);
    }
  }
  return rows;
}

}  // namespace nadc
