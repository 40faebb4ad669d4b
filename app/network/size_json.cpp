#include <cmath>
#include <nlohmann/json.hpp>

#include "app/network/network_json.hpp"
#include "models/network/optimise.hpp"
#include "models/network/text.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

using nlohmann::ordered_json;

constexpr const char* kMedia[] = {"copper", "multimode", "single_mode"};

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
                     {"medium", kMedia[static_cast<int>(g.medium)]},
                     {"count", g.count},
                     {"mean_m", g.metres / static_cast<double>(g.count)}});
  }
  for (const TierPorts& t : s.ports)
    ports.push_back({{"tier", t.tier}, {"switches", t.switches}, {"used", t.used}, {"left", t.left}});
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
  return sizes;
}

ordered_json optimised(const SizeRequest& request) {
  ordered_json rows = ordered_json::array();
  for (const NamedTopology& base : resolve_topologies(request.topology)) {
    OptimiseRequest search;
    search.base = base.spec;
    search.inputs = base.inputs;
    search.most_slowdown = request.optimise;
    if (!request.topology.radices.empty()) search.radices = request.topology.radices;
    if (request.model.empty()) {
      search.jobs = usual_jobs(base.spec.gpus);
    } else {
      const std::int64_t gpus = request.job_gpus > 0 ? request.job_gpus : base.spec.gpus;
      StepRequest job = step_request("llama3.1-8b", request.gpu, gpus, request.batch > 0 ? request.batch : gpus,
                                     request.seq, Precision::fp8);
      job.model = read_model(request.model);
      search.jobs.push_back(job);
    }
    for (const Candidate& c : optimise_network(search)) {
      ordered_json one = row(c.size);
      one["slowdown_mean"] = c.slowdown;
      one["slowdown_worst"] = c.worst;
      one["meets"] = c.meets;
      rows.push_back(std::move(one));
    }
  }
  return rows;
}

}  // namespace

ordered_json size_json(const SizeRequest& request) {
  if (request.optimise != 0.0) return optimised(request);
  TopologyOptions options = request.topology;
  if (!request.sweep.empty()) options.gpus = sweep_sizes(request.sweep);
  ordered_json rows = ordered_json::array();
  for (const NamedTopology& one : resolve_topologies(options)) {
    if (one.spec.kind == TopologyKind::custom) {
      rows.push_back(row(size_graph(read_topology(one.spec), one.inputs)));
      continue;
    }
    const NetworkSize size = size_network(one.spec, one.inputs);
    ordered_json answer = row(size);
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
    if (request.down > 0 && size.shape.fits) {
      ordered_json list = ordered_json::array();
      for (const Degraded& d : degraded_sizes(one.spec, request.down)) {
        list.push_back({{"what", d.what},
                        {"down", d.down},
                        {"gpus_cut", d.gpus_cut},
                        {"gpus_slowed", d.gpus_slowed},
                        {"bisection_left", d.bisection_left}});
      }
      answer["degraded"] = std::move(list);
    }
    rows.push_back(std::move(answer));
    for (const std::string& name : request.fabrics) {
      if (name == "compute") continue;
      std::string known;
      bool found = false;
      for (const SideFabric& fabric : side_fabrics()) {
        known += (known.empty() ? "" : ", ") + fabric.name;
        if (fabric.name != name) continue;
        found = true;
        rows.push_back(row(size_side_fabric(fabric, one.spec, one.inputs)));
      }
      if (!found) throw Error(ErrorKind::usage, "no fabric is called '" + name + "'", "known: compute, " + known);
    }
  }
  return rows;
}

}  // namespace nadc
