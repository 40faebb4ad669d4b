#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <numeric>
#include <random>

#include "app/io/atomic_file.hpp"
#include "app/network/network_json.hpp"
#include "app/scenario/document.hpp"
#include "models/network/constants.hpp"
#include "models/network/limits.hpp"
#include "models/network/nccl_log.hpp"
#include "models/network/text.hpp"
#include "models/network/topologies/topology_type.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

using nlohmann::ordered_json;

FabricView view_of(const CollectiveRequest& request, const NamedTopology* topology) {
  const GpuKind& gpu = gpu_kind(request.gpu);
  FabricView view;
  if (topology)
    view = is_read_from_file(topology->spec.kind) ? fabric_view(read_topology(topology->spec))
                                                  : fabric_view(topology->spec);
  view.in_switch_efficiency = gpu.in_switch;
  const TopologyOptions& given = request.topology;
  if (!topology) view.nic = given.host_gbps ? link_rate(*given.host_gbps) : gpu.nic;
  if (!topology || !is_read_from_file(topology->spec.kind)) {
    view.nvlink = given.nvlink_gbps ? link_rate(*given.nvlink_gbps) : gpu.nvlink;
    view.domain = given.nvlink_domain ? std::max(1, *given.nvlink_domain) : gpu.domain;
  }
  if (!request.constants.empty()) read_constants(request.constants).apply(view);
  return view;
}

// What the network leaves to the collective beside other traffic: its ranks take every second node, the others the
// rest.
double share_of(const CollectiveRequest& request, const NamedTopology& named, CollectiveKind kind, std::int64_t ranks) {
  const Topology net = build_topology(named.spec);
  if (ranks * 2 > net.gpus()) {
    throw Error(ErrorKind::input, grouped(ranks) + " ranks beside other traffic need " + grouped(2 * ranks) + " GPUs",
                "add --gpus " + std::to_string(2 * ranks));
  }
  Router router(net, routing_mode(request.routing));
  const std::uint32_t node = static_cast<std::uint32_t>(std::max(1, named.spec.gpus_per_node));
  std::vector<std::uint32_t> mine, others;
  for (std::uint32_t gpu = 0; gpu < net.gpus(); ++gpu) {
    (gpu / node % 2 == 0 && mine.size() < static_cast<std::size_t>(ranks) ? mine : others).push_back(gpu);
  }
  const std::vector<LinkUse> collective = collective_uses(router, kind, mine);
  std::vector<std::vector<LinkUse>> background;
  if (request.beside == "permutation") {
    std::mt19937_64 random(1);
    std::vector<std::uint32_t> to = others;
    for (std::size_t i = to.size() - 1; i > 0; --i) std::swap(to[i], to[random() % i]);
    std::vector<LinkUse> uses;
    for (std::size_t i = 0; i < others.size(); ++i) {
      if (router.route(others[i], to[i], i, uses)) background.push_back(uses);
    }
  } else if (request.beside == "all-reduce" || request.beside == "all-to-all") {
    background.push_back(collective_uses(router, collective_kind(request.beside), others));
  } else {
    throw Error(ErrorKind::usage, "no traffic is called '" + request.beside + "'",
                "known: permutation, all-reduce, all-to-all");
  }
  return share_beside(net, collective, background);
}

// Fits the view to the log and writes what was found.
ordered_json fit_log(const CollectiveRequest& request, const std::vector<NcclLine>& measured, CollectiveKind kind,
                     CollectiveAlgorithm algorithm, FabricView& view) {
  if (request.ranks.size() != 1) throw Error(ErrorKind::usage, "a log is of one number of ranks", "give one --ranks");
  if (!request.fit.ends_with(".yaml") && !request.fit.ends_with(".yml"))
    throw Error(ErrorKind::usage, "constants are a YAML file, not '" + request.fit + "'", "--fit own.yaml");
  const ConstantsFit fit = fit_constants(measured, kind, algorithm, request.ranks[0], view);
  const CollectiveConstants& c = fit.constants;
  std::string text = "# Constants of collectives, fitted by nadc network collective --fit.\n";
  const auto line = [&](const char* key, double value) {
    char number[64];
    std::snprintf(number, sizeof number, "%s: %.6g\n", key, value);
    text += number;
  };
  line("launch_us", c.launch_us);
  line("nvlink_latency_us", c.nvlink_latency_us);
  line("network_latency_us", c.network_latency_us);
  line("nvlink_efficiency", c.nvlink_efficiency);
  line("in_switch_efficiency", c.in_switch_efficiency);
  line("nic_efficiency", c.nic_efficiency);
  text +=
      "source: " +
      emit_scalar(std::string(name_of(kind)) + " of " + std::to_string(request.ranks[0]) + " ranks, " + request.against,
                  true) +
      "\n";
  write_file(request.fit, text);
  c.apply(view);
  return {{"launch_us", c.launch_us},
          {"network_latency_us", c.network_latency_us},
          {"nvlink_latency_us", c.nvlink_latency_us},
          {"nic_efficiency", c.nic_efficiency},
          {"nvlink_efficiency", c.nvlink_efficiency},
          {"worst_error_before_percent", 100.0 * fit.worst_before},
          {"worst_error_after_percent", 100.0 * fit.worst_after}};
}

}  // namespace

ordered_json collective_json(const CollectiveRequest& request) {
  const CollectiveKind kind = collective_kind(request.kind);
  const CollectiveAlgorithm algorithm = collective_algorithm(request.algorithm);
  std::vector<NamedTopology> topologies;
  if (!request.topology.topologies.empty()) {
    topologies = resolve_topologies(request.topology, *std::max_element(request.ranks.begin(), request.ranks.end()) *
                                                          (request.beside.empty() ? 1 : 2));
    if (topologies.size() != 1)
      throw Error(ErrorKind::usage, "a collective runs on one topology at a time", "give one topology, size and radix");
  }
  if (!request.beside.empty() && topologies.empty())
    throw Error(ErrorKind::usage, "other traffic needs a topology to share", "add --topology");
  FabricView view = view_of(request, topologies.empty() ? nullptr : &topologies[0]);
  std::vector<NcclLine> measured;
  std::vector<double> sizes;
  if (!request.against.empty()) {
    measured = read_nccl_tests(request.against);
    for (const NcclLine& line : measured) sizes.push_back(line.bytes);
  } else if (!request.bytes.empty()) {
    for (const std::string& text : request.bytes) sizes.push_back(parse_bytes(text));
  } else {
    const double last = parse_bytes(request.to);
    if (!(request.factor > 1.0)) throw Error(ErrorKind::usage, "sizes grow by a factor above 1", "--factor 2");
    const double first = parse_bytes(request.from);
    if (!(std::log(last / first) / std::log(request.factor) < static_cast<double>(most_rows)))
      throw Error(ErrorKind::usage,
                  "a factor of " + shortened(request.factor, 9) + " makes more than " + grouped(most_rows) + " sizes",
                  "--factor 2");
    for (double size = first; size <= last * (1.0 + 1e-12); size *= request.factor) sizes.push_back(size);
    if (sizes.empty()) throw Error(ErrorKind::usage, "--from is above --to", "give the smaller size first");
  }
  if (!topologies.empty() && request.topology.gpus_per_node && request.beside.empty() &&
      !type_of(topologies[0].spec.kind).acts.rails)
    throw Error(ErrorKind::usage, "--gpus-per-node has no effect without rails or --beside",
                "leave it out, or give rail-fat-tree or rail-planes");
  if (topologies.empty() && request.topology.host_gbps && view.domain > 1 &&
      *std::max_element(request.ranks.begin(), request.ranks.end()) <= view.domain)
    throw Error(ErrorKind::usage,
                "--host-gbps has no effect on ranks that NVLink joins, " + grouped(view.domain) + " GPUs here",
                "leave it out, or give more --ranks");
  ordered_json fitted;
  if (!request.fit.empty()) fitted = fit_log(request, measured, kind, algorithm, view);
  if (static_cast<std::int64_t>(request.ranks.size() * sizes.size()) > most_rows)
    throw Error(ErrorKind::usage, "an answer of more than " + grouped(most_rows) + " rows",
                "give fewer --ranks, or a larger --factor");
  ordered_json rows = ordered_json::array();
  for (std::int64_t ranks : request.ranks) {
    if (!topologies.empty() && !is_read_from_file(topologies[0].spec.kind) && ranks > topologies[0].spec.gpus) {
      throw Error(ErrorKind::input, grouped(ranks) + " ranks on " + grouped(topologies[0].spec.gpus) + " GPUs",
                  "add --gpus " + std::to_string(ranks));
    }
    const double share = request.beside.empty() ? 1.0 : share_of(request, topologies[0], kind, ranks);
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      const CollectiveTime t = collective_time(kind, algorithm, sizes[i], ranks, view, share);
      ordered_json row = {{"bytes", static_cast<std::int64_t>(std::llround(sizes[i]))},
                          {"ranks", ranks},
                          {"time_us", t.time_s * 1e6},
                          {"algbw_gbps", t.algorithm_bandwidth / 1e9},
                          {"busbw_gbps", t.bus_bandwidth / 1e9},
                          {"algorithm", name_of(t.algorithm)}};
      if (!request.beside.empty()) row["network_share"] = share;
      if (!measured.empty()) {
        row["measured_us"] = measured[i].time_us;
        row["measured_busbw_gbps"] = measured[i].busbw_gbps ? ordered_json(*measured[i].busbw_gbps) : ordered_json();
        if (!request.fit.empty()) row["fit"] = fitted;
        row["error_percent"] = 100.0 * (t.time_s * 1e6 / measured[i].time_us - 1.0);
      }
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

}  // namespace nadc
