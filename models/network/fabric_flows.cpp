// The flows of running jobs in one replica, as the loop calls them (flow_pace.hpp).
#include <algorithm>
#include <bit>
#include <map>

#include "models/network/fabric.hpp"

namespace nadc {
namespace {

constexpr std::size_t most_cached = 4096;

// One fabric in one replica.
struct Traffic {
  explicit Traffic(const Fabric& f) : fabric(&f), router(f), rates(router.capacities()) {}
  const Fabric* fabric;
  JobRouter router;
  MaxMin rates;
  std::vector<std::uint32_t> slot_of;  // (flow)
  std::vector<MaxMin::Link> own;       // (slot) a link of the job's own, its NICs
  std::map<std::vector<std::uint32_t>, JobUse> cache;
  std::vector<UplinkLoss> losses;  // in force
  bool changed = false;            // they are others than at the last solve
};

struct State {
  explicit State(const FabricSet& s) : set(s) {
    for (const Fabric& fabric : set.fabrics) traffic.push_back(std::make_unique<Traffic>(fabric));
  }
  const FabricSet& set;
  std::vector<std::unique_ptr<Traffic>> traffic;
  struct Running {
    Traffic* traffic = nullptr;
    MaxMin::Flow flow = MaxMin::none;
    double ring_alone = 1, spread_alone = 1;
    std::vector<std::uint32_t> nodes;
  };
  std::vector<Running> running;  // (slot)
  std::vector<std::uint32_t> nodes;
  std::vector<FlowStretch> changes;
  JobUse use;
};

const JobUse& use_of(State& state, Traffic& traffic) {
  if (traffic.fabric->has_classes()) {
    traffic.router.use(state.nodes, state.use);
    return state.use;
  }
  if (traffic.cache.size() >= most_cached) traffic.cache.clear();
  const auto [it, fresh] = traffic.cache.try_emplace(state.nodes);
  if (fresh) traffic.router.use(state.nodes, it->second);
  return it->second;
}

void start(void* self, std::uint32_t slot, const Placement& where, const std::uint64_t* set) {
  State& state = *static_cast<State*>(self);
  const auto [fabric, part] = state.set.of_partition[where.partition.value];
  Traffic& traffic = *state.traffic[fabric];
  state.nodes.clear();
  for (std::uint32_t word = where.first; word <= where.last; ++word)
    for (std::uint64_t bits = set[word]; bits; bits &= bits - 1)
      state.nodes.push_back(traffic.fabric->first_node(part) + word * 64 +
                            static_cast<std::uint32_t>(std::countr_zero(bits)));
  const JobUse& use = use_of(state, traffic);
  while (traffic.own.size() <= slot) traffic.own.push_back(traffic.rates.add_link(traffic.fabric->nic()));
  std::vector<LinkUse> links = use.shared;
  links.push_back({traffic.own[slot], use.own});
  const MaxMin::Flow flow = traffic.rates.add(links);
  if (traffic.slot_of.size() <= flow) traffic.slot_of.resize(flow + 1);
  traffic.slot_of[flow] = slot;
  if (state.running.size() <= slot) state.running.resize(slot + 1);
  state.running[slot] = {&traffic, flow, use.ring_alone, use.spread_alone, state.nodes};
}

void end(void* self, std::uint32_t slot) {
  State& state = *static_cast<State*>(self);
  if (slot >= state.running.size() || !state.running[slot].traffic) return;
  state.running[slot].traffic->rates.remove(state.running[slot].flow);
  state.running[slot] = {};
}

void change_uplinks(void* self, std::uint32_t partition, std::uint32_t begin, std::uint32_t end, std::uint32_t lost_q16,
                    bool lost) {
  State& state = *static_cast<State*>(self);
  const auto [fabric, part] = state.set.of_partition[partition];
  Traffic& traffic = *state.traffic[fabric];
  const std::uint32_t first = traffic.fabric->first_node(part), nodes = traffic.fabric->parts()[part].nodes;
  const UplinkLoss loss{first + std::min(begin, nodes), first + std::min(end, nodes), lost_q16 / 65536.0};
  if (lost)
    traffic.losses.push_back(loss);
  else
    traffic.losses.erase(std::find(traffic.losses.begin(), traffic.losses.end(), loss));
  traffic.changed = true;
}

// New capacities, and with them what every running job would take alone.
void renew(State& state, Traffic& traffic) {
  traffic.changed = false;
  traffic.router.lose(traffic.losses);
  const std::vector<double> capacities = traffic.router.capacities();
  for (std::uint32_t link = 0; link < capacities.size(); ++link) traffic.rates.set_capacity(link, capacities[link]);
  traffic.cache.clear();
  for (State::Running& run : state.running) {
    if (run.traffic != &traffic) continue;
    state.nodes = run.nodes;
    const JobUse& use = use_of(state, traffic);
    run.ring_alone = use.ring_alone;
    run.spread_alone = use.spread_alone;
  }
}

FlowStretch stretch_of(const State::Running& run, std::uint32_t slot) {
  const Traffic& traffic = *run.traffic;
  const double rate = traffic.rates.rate(run.flow), nic = traffic.fabric->nic();
  const double shared = rate * most_stretch > nic ? std::max(1.0, nic / rate) : most_stretch;
  const double spread = traffic.fabric->spec().all_to_all;
  return {slot, (1.0 - spread) * std::max(shared, run.ring_alone) + spread * std::max(shared, run.spread_alone)};
}

std::span<const FlowStretch> solve(void* self) {
  State& state = *static_cast<State*>(self);
  state.changes.clear();
  for (const auto& traffic : state.traffic) {
    const bool all = traffic->changed;
    if (all) renew(state, *traffic);
    traffic->rates.solve();
    if (all) {
      for (std::uint32_t slot = 0; slot < state.running.size(); ++slot)
        if (state.running[slot].traffic == traffic.get())
          state.changes.push_back(stretch_of(state.running[slot], slot));
      continue;
    }
    for (const MaxMin::Flow flow : traffic->rates.changed())
      state.changes.push_back(stretch_of(state.running[traffic->slot_of[flow]], traffic->slot_of[flow]));
  }
  return state.changes;
}

const FlowCalls flow_calls{[](const void* set) -> void* { return new State(*static_cast<const FabricSet*>(set)); },
                           [](void* state) { delete static_cast<State*>(state); },
                           &start,
                           &end,
                           &change_uplinks,
                           &solve};

}  // namespace

FlowService flow_service(std::shared_ptr<const FabricSet> fabrics) { return {&flow_calls, std::move(fabrics)}; }

}  // namespace nadc
