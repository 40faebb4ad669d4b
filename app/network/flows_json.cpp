#include <cmath>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <random>

#include "app/network/network_json.hpp"
#include "models/network/damage.hpp"
#include "models/network/flows.hpp"
#include "models/network/limits.hpp"
#include "models/network/text.hpp"
#include "models/network/topologies/topology_type.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

using nlohmann::ordered_json;

double process_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

}  // namespace

// Permutations have no fixed point (Sattolo's cycle).
std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs_of(const FlowsRequest& r, std::uint32_t gpus) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
  std::mt19937_64 random(r.seed);
  if (gpus < 2) throw Error(ErrorKind::input, "a pattern needs two GPUs or more", "add --gpus");
  const std::int64_t to_each = r.pattern == "all-to-all" ? gpus - 1 : 1;
  if (r.flows_per_gpu > most_flows || r.queue_pairs > most_flows ||
      to_each * gpus * r.flows_per_gpu > most_flows / std::max(r.queue_pairs, 1))
    throw Error(ErrorKind::input,
                grouped(to_each * gpus) + " flows a round, " + grouped(r.flows_per_gpu) + " rounds and " +
                    grouped(r.queue_pairs) + " queue pairs are over " + grouped(most_flows) + " flows",
                "give fewer --flows-per-gpu, or a smaller --gpus");
  for (int round = 0; round < r.flows_per_gpu; ++round) {
    if (r.pattern == "permutation") {
      std::vector<std::uint32_t> to(gpus);
      std::iota(to.begin(), to.end(), 0u);
      for (std::uint32_t i = gpus - 1; i > 0; --i) std::swap(to[i], to[random() % i]);
      for (std::uint32_t i = 0; i < gpus; ++i) pairs.emplace_back(i, to[i]);
    } else if (r.pattern == "shift") {
      const std::uint32_t shift = 1 + static_cast<std::uint32_t>(random() % (gpus - 1));
      for (std::uint32_t i = 0; i < gpus; ++i) pairs.emplace_back(i, (i + shift) % gpus);
    } else if (r.pattern == "all-to-all") {
      for (std::uint32_t i = 0; i < gpus; ++i) {
        for (std::uint32_t j = 0; j < gpus; ++j) {
          if (i != j) pairs.emplace_back(i, j);
        }
      }
    } else {
      const std::string_view near = nearest_word(r.pattern, {"permutation", "shift", "all-to-all"});
      throw Error(ErrorKind::usage, "no traffic pattern is called '" + r.pattern + "'",
                  "did you mean " + std::string(near) + "? known: permutation, shift, all-to-all");
    }
  }
  return pairs;
}

namespace {

// By when a share of the flows has ended; ends come in order.
double completion_of(const std::vector<std::pair<double, std::size_t>>& ended, double share) {
  std::size_t all = 0, seen = 0;
  for (const auto& [when, count] : ended) all += count;
  for (const auto& [when, count] : ended) {
    seen += count;
    if (static_cast<double>(seen) >= share * static_cast<double>(all)) return when;
  }
  return 0.0;
}

ordered_json outcome_json(const FlowOutcome& o) {
  return {
      {"makespan_s", o.makespan_s}, {"sum_completion_s", o.sum_completion_s}, {"solves", o.solves}, {"cpu_s", o.cpu_s}};
}

}  // namespace

ordered_json flows_json(const FlowsRequest& request) {
  if (!request.file.empty()) return outcome_json(run_to_completion(read_flow_instance(request.file)));
  if (request.pattern.empty())
    throw Error(ErrorKind::usage, "neither a flow file nor a pattern is given",
                "nadc network flows FILE, or --topology … --pattern permutation");
  if (request.flows_per_gpu < 1) throw Error(ErrorKind::usage, "no flow a GPU", "give --flows-per-gpu 1 or more");
  if (!(request.bytes >= 1.0 && request.bytes <= most_message_bytes))
    throw Error(ErrorKind::usage, "flows of no byte, or of more than 1e18", "give --bytes from 1 to 1e18");
  const std::vector<NamedTopology> topologies = resolve_topologies(request.topology);
  if (topologies.size() != 1)
    throw Error(ErrorKind::usage, "flows run on one topology at a time", "give one topology, size and radix");
  const TopologyKind kind = topologies[0].spec.kind;
  if (request.queue_pairs > 1 && request.routing == "adaptive" && type_of(kind).acts.tiers)
    throw Error(ErrorKind::usage, "--queue-pairs has no effect on a tree with adaptive routing, which divides flows",
                "leave it out, or use ecmp");
  const Topology net = build_topology(topologies[0].spec);
  NetworkHealth health;
  for (const std::string& name : request.failed_switches) fail_named_switch(health, net, name);
  for (const std::string& name : request.failed_cables) fail_named_cable(health, net, name);
  Router router(net, routing_mode(request.routing), health, request.queue_pairs);
  const auto pairs = pairs_of(request, net.gpus());
  std::mt19937_64 random(request.seed + 1);
  std::vector<std::vector<LinkUse>> routes;
  std::vector<double> bytes;
  std::int64_t stranded = 0;
  std::vector<LinkUse> uses;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    // All-to-all moves the same between all pairs.
    const double size = request.pattern == "all-to-all"
                            ? std::ceil(request.bytes)
                            : std::ceil(request.bytes * (static_cast<double>(random() >> 11) + 1.0) * 0x1p-53);
    if (!router.route(pairs[i].first, pairs[i].second, i, uses)) {
      ++stranded;
      continue;
    }
    router.note(uses);
    routes.push_back(uses);
    bytes.push_back(size);
  }
  if (!request.write.empty()) {
    std::ofstream out(request.write);
    const std::vector<double> capacity = net.capacities();
    double common = 0.0;
    for (const auto& route : routes) {
      for (const LinkUse& use : route) {
        if (use.fraction != 1.0 || (common != 0.0 && capacity[use.link] != common)) {
          throw Error(ErrorKind::input,
                      "this instance has split flows or mixed speeds, which the file format cannot hold",
                      "use d-mod-k or ecmp with one queue pair, without NVLink (--nvlink-domain 0)");
        }
        common = capacity[use.link];
      }
    }
    out << "links " << capacity.size() << " cap " << static_cast<std::int64_t>(common) << " flows " << routes.size()
        << '\n';
    for (std::size_t i = 0; i < routes.size(); ++i) {
      out << pairs[i].first << ' ' << pairs[i].second << ' ' << static_cast<std::int64_t>(bytes[i]) << ' '
          << routes[i].size();
      for (const LinkUse& use : routes[i]) out << ' ' << use.link;
      out << '\n';
    }
    if (!out.flush())
      throw Error(ErrorKind::failed, "cannot write the instance", "is the folder writable?",
                  Place{request.write, 0, 0, {}, {}});
  }
  const double begin = process_seconds();
  Flows flows(capacities(net, health));
  for (std::size_t i = 0; i < routes.size(); ++i) flows.add(routes[i], bytes[i]);
  FlowOutcome outcome;
  std::vector<std::pair<double, std::size_t>> ended;  // when, and how many
  while (flows.flow_count() > 0 && std::isfinite(flows.next_completion())) {
    flows.advance(flows.next_completion());
    outcome.makespan_s = flows.now();
    outcome.sum_completion_s += flows.now() * static_cast<double>(flows.completed().size());
    ended.emplace_back(flows.now(), flows.completed().size());
  }
  outcome.solves = flows.rates().counters().solves;
  outcome.cpu_s = process_seconds() - begin;
  ordered_json answer = outcome_json(outcome);
  answer["p50_s"] = completion_of(ended, 0.50);
  answer["p99_s"] = completion_of(ended, 0.99);
  answer["flows"] = routes.size();
  answer["cut_off_flows"] = stranded;
  answer["cut_off_gpus"] = cut_off(net, health).size();
  return answer;
}

}  // namespace nadc
