#include "models/network/routing.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "models/network/text.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

constexpr std::uint8_t far = 255;

std::uint64_t mixed(std::uint64_t x) {  // SplitMix64's finaliser (Steele et al., OOPSLA 2014)
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

}  // namespace

Router::Router(const Topology& topology, RoutingMode mode, NetworkHealth health, int queue_pairs)
    : topology_(topology), mode_(mode), health_(std::move(health)), queue_pairs_(queue_pairs) {
  if (queue_pairs < 1) throw Error(ErrorKind::input, "a flow needs at least one queue pair", "4 is common");
  first_switch_ = topology.gpus();
  load_.assign(2 * topology.cables().size(), 0.0);
  amount_.assign(topology.nodes().size(), 0.0);
  whole_.assign(topology.nodes().size() - first_switch_, nullptr);
  std::vector<std::uint32_t> first_leaf(first_switch_), order(first_switch_);
  for (std::uint32_t gpu = 0; gpu < first_switch_; ++gpu) {
    order[gpu] = gpu;
    const auto arcs = topology.arcs(gpu);
    const auto leaf =
        std::find_if(arcs.begin(), arcs.end(), [&](const Arc& arc) { return topology.is_switch(arc.to); });
    first_leaf[gpu] = leaf == arcs.end() ? 0 : leaf->to;
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return first_leaf[a] < first_leaf[b]; });
  place_.resize(first_switch_);
  for (std::uint32_t n = 0; n < first_switch_; ++n) place_[order[n]] = n;
  const Shape& shape = topology.shape();
  if (shape.groups > 0) {
    groups_ = static_cast<std::int32_t>(shape.groups);
    group_switches_.resize(static_cast<std::size_t>(groups_));
    for (std::uint32_t v = first_switch_; v < topology.nodes().size(); ++v) {
      const NetNode& node = topology.nodes()[v];
      if (node.kind == NodeKind::router || node.kind == NodeKind::leaf) {
        group_switches_[static_cast<std::size_t>(node.group)].push_back(v);
      }
    }
  }
}

// Hops from every switch to `to`, over switches of the two groups alone when they are given.
Router::Field& Router::distances(std::uint32_t to, std::int32_t group_a, std::int32_t group_b) {
  if (group_a < 0 && whole_[to - first_switch_]) return *whole_[to - first_switch_];
  const std::uint64_t key = (static_cast<std::uint64_t>(to) << 32) | static_cast<std::uint32_t>(group_a + 1);
  const auto [it, fresh] = fields_.try_emplace(key);
  if (group_a < 0) whole_[to - first_switch_] = &it->second;
  std::vector<std::uint8_t>& hops = it->second.hops;
  if (!fresh) return it->second;
  hops.assign(topology_.nodes().size() - first_switch_, far);
  it->second.lists.assign(hops.size(), 0);
  hops[to - first_switch_] = 0;
  queue_.assign(1, to);
  for (std::size_t head = 0; head < queue_.size(); ++head) {
    const std::uint32_t node = queue_[head];
    const std::uint8_t next = static_cast<std::uint8_t>(std::min<int>(hops[node - first_switch_] + 1, far - 1));
    for (const Arc& arc : topology_.arcs(node)) {
      if (!topology_.is_switch(arc.to) || hops[arc.to - first_switch_] != far || !alive(arc.link)) continue;
      if (group_a >= 0) {
        const std::int32_t group = topology_.nodes()[arc.to].group;
        if (group != group_a && group != group_b) continue;
      }
      hops[arc.to - first_switch_] = next;
      queue_.push_back(arc.to);
    }
  }
  return it->second;
}

// Minimal routing on a dragonfly stays in the two groups while a cable joins them.
Router::Field& Router::field(std::uint32_t from, std::uint32_t to) {
  if (groups_ > 0) {
    Field& inner = distances(to, topology_.nodes()[from].group, topology_.nodes()[to].group);
    if (inner.hops[from - first_switch_] != far) return inner;
  }
  return distances(to, -1, -1);
}

int Router::hops(std::uint32_t from, std::uint32_t to) {
  const std::uint8_t d = field(from, to).hops[from - first_switch_];
  return d == far ? -1 : d;
}

void Router::exits(std::uint32_t gpu, std::vector<Exit>& found) const {
  found.clear();
  for (const Arc& arc : topology_.arcs(gpu)) {
    if (topology_.is_switch(arc.to) && alive(arc.link)) found.push_back({gpu, arc.link, arc.to});
  }
}

bool Router::nvlink_path(std::uint32_t from, std::uint32_t to, double fraction, std::vector<LinkUse>& uses) const {
  const std::uint32_t domain = topology_.domain(from);
  if (domain == Topology::none || domain != topology_.domain(to)) return false;
  const std::uint32_t up = topology_.nvlink(from), down = topology_.nvlink(to) ^ 1u;
  if (!alive(up) || !alive(down)) return false;
  uses.push_back({up, fraction});
  uses.push_back({down, fraction});
  return true;
}

// Sets out_ and in_ to NIC links with a path between them: the GPU's own first, then a neighbour's on the other's rail,
// then any neighbour's.
bool Router::choose_ends(std::uint32_t from, std::uint32_t to) {
  const auto sides = [&](std::uint32_t gpu, std::uint32_t other) {
    std::vector<std::uint32_t> list{gpu};
    const std::uint32_t domain = topology_.domain(gpu);
    if (domain == Topology::none || !alive(topology_.nvlink(gpu))) return list;
    const std::int32_t rail = topology_.nodes()[other].plane;
    for (const bool same : {true, false}) {
      for (std::uint32_t peer : topology_.domain_gpus(domain)) {
        if (peer != gpu && (topology_.nodes()[peer].plane == rail) == same && alive(topology_.nvlink(peer)))
          list.push_back(peer);
      }
    }
    return list;
  };
  const auto try_pair = [&](std::uint32_t a, std::uint32_t b) {
    exits(a, out_);
    exits(b, in_);
    if (out_.size() == 1 && in_.size() == 1) return hops(out_[0].node, in_[0].node) >= 0;
    std::vector<Exit> good_in;
    std::vector<Exit> good_out;
    for (const Exit& out : out_) {
      for (const Exit& in : in_) {
        if (hops(out.node, in.node) < 0) continue;
        if (std::none_of(good_in.begin(), good_in.end(), [&](const Exit& e) { return e.link == in.link; }))
          good_in.push_back(in);
        if (good_out.empty() || good_out.back().link != out.link) good_out.push_back(out);
      }
    }
    out_ = std::move(good_out);
    in_ = std::move(good_in);
    return !out_.empty();
  };
  if (try_pair(from, to)) return true;
  const std::vector<std::uint32_t> sources = sides(from, to), targets = sides(to, from);
  for (std::uint32_t b : targets) {
    for (std::uint32_t a : sources) {
      if (try_pair(a, b)) return true;
    }
  }
  return false;
}

std::span<const std::uint32_t> Router::nearer(std::uint32_t node, Field& field) {
  std::uint32_t& begin = field.lists[node - first_switch_];
  if (begin == 0) {
    links_.clear();
    const std::uint8_t here = field.hops[node - first_switch_];
    for (const Arc& arc : topology_.arcs(node)) {
      if (!topology_.is_switch(arc.to)) continue;
      const std::uint8_t there = field.hops[arc.to - first_switch_];
      if (there != far && there + 1 == here && alive(arc.link)) links_.push_back(arc.link);
    }
    const auto [it, fresh] = list_of_.try_emplace(links_, static_cast<std::uint32_t>(lists_.size()));
    begin = it->second;
    if (fresh) {
      lists_.push_back(static_cast<std::uint32_t>(links_.size()));
      lists_.insert(lists_.end(), links_.begin(), links_.end());
    }
  }
  return {lists_.data() + begin + 1, lists_[begin]};
}

void Router::walk(std::uint32_t from, std::uint32_t to, std::uint32_t destination, std::uint64_t key, double fraction,
                  std::vector<LinkUse>& uses) {
  std::uint64_t number = place_[destination];
  std::array<std::size_t, 4> beside{};  // (level) which of the parallel cables led up
  std::size_t climbed = 0;
  Field* f = &field(from, to);
  for (std::uint32_t node = from; node != to;) {
    if (groups_ > 0 && node != from) f = &field(node, to);
    const std::span<const std::uint32_t> links = nearer(node, *f);
    std::size_t pick = 0;
    if (mode_ == RoutingMode::d_mod_k) {
      // On the way down cables are parallel: the one that is parallel to the same degree as on the way up.
      const NodeKind here = topology_.nodes()[node].kind, there = topology_.nodes()[topology_.link_to(links[0])].kind;
      if (there < here && climbed > 0) {
        pick = beside[--climbed] % links.size();
      } else {
        pick = static_cast<std::size_t>(number % links.size());
        number /= links.size();
        const auto parallel = [&](std::uint32_t link) {
          return topology_.link_to(link) == topology_.link_to(links[pick]);
        };
        if (climbed < beside.size())
          beside[climbed++] = static_cast<std::size_t>(
              std::count_if(links.begin(), links.begin() + static_cast<std::ptrdiff_t>(pick), parallel));
      }
    } else {
      pick = static_cast<std::size_t>(mixed(key ^ mixed(node)) % links.size());
    }
    uses.push_back({links[pick], fraction});
    node = topology_.link_to(links[pick]);
  }
}

// Levels amount over links: equal shares of capacity when spraying, equal loads when adaptive.
void Router::split(std::span<const std::uint32_t> links, double amount, std::vector<double>& parts) const {
  parts.assign(links.size(), 0.0);
  double total = 0.0;
  const auto weight = [&](std::uint32_t link) {
    return topology_.cables()[link >> 1].bytes_per_s *
           (health_.cable_factor.empty() ? 1.0 : health_.cable_factor[link >> 1]);
  };
  if (mode_ == RoutingMode::spray) {
    for (std::uint32_t link : links) total += weight(link);
    for (std::size_t i = 0; i < links.size(); ++i) parts[i] = amount * weight(links[i]) / total;
    return;
  }
  // The common level to which the load per capacity rises: fill from the least loaded upwards.
  std::vector<std::size_t> order(links.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) {
    const double a = load_[links[x]] / weight(links[x]), b = load_[links[y]] / weight(links[y]);
    return a < b || (a == b && x < y);
  });
  double loads = 0.0, level = 0.0;
  std::size_t used = 0;
  while (used < order.size()) {
    const std::uint32_t link = links[order[used]];
    if (used > 0 && load_[link] / weight(link) >= level) break;
    loads += load_[link];
    total += weight(link);
    level = (loads + amount) / total;
    ++used;
  }
  for (std::size_t i = 0; i < used; ++i) {
    const std::uint32_t link = links[order[i]];
    parts[order[i]] = std::max(0.0, level * weight(link) - load_[link]);
  }
}

void Router::fan_out(std::uint32_t from, std::uint32_t to, double fraction, std::vector<LinkUse>& uses) {
  Field& f = field(from, to);
  std::vector<std::uint32_t> level{from}, next;
  amount_[from] = fraction;
  while (level.size() > 1 || level[0] != to) {
    next.clear();
    for (std::uint32_t node : level) {
      const double amount = amount_[node];
      amount_[node] = 0.0;
      const std::span<const std::uint32_t> links = nearer(node, f);
      split(links, amount, parts_);
      for (std::size_t i = 0; i < links.size(); ++i) {
        if (parts_[i] <= 0.0) continue;
        uses.push_back({links[i], parts_[i]});
        const std::uint32_t there = topology_.link_to(links[i]);
        if (amount_[there] == 0.0) next.push_back(there);
        amount_[there] += parts_[i];
      }
    }
    level.swap(next);
  }
  amount_[to] = 0.0;
}

void Router::one_path(const Exit& out, const Exit& in, std::uint32_t destination, std::uint64_t key, double fraction,
                      bool valiant, std::vector<LinkUse>& uses) {
  uses.push_back({out.link, fraction});
  const std::int32_t a = topology_.nodes()[out.node].group, b = topology_.nodes()[in.node].group;
  if (valiant && groups_ > 2 && a != b) {
    std::int32_t via = static_cast<std::int32_t>(mixed(key ^ 0x76616c69u) % static_cast<std::uint64_t>(groups_ - 2));
    if (via >= std::min(a, b)) ++via;
    if (via >= std::max(a, b)) ++via;
    const std::vector<std::uint32_t>& there = group_switches_[static_cast<std::size_t>(via)];
    const std::uint32_t middle = there[mixed(key + 1) % there.size()];
    if (hops(out.node, middle) >= 0 && hops(middle, in.node) >= 0) {
      walk(out.node, middle, destination, key, fraction, uses);
      walk(middle, in.node, destination, key + 2, fraction, uses);
      uses.push_back({in.link ^ 1u, fraction});
      return;
    }
  }
  walk(out.node, in.node, destination, key, fraction, uses);
  uses.push_back({in.link ^ 1u, fraction});
}

bool Router::route(std::uint32_t from, std::uint32_t to, std::uint64_t key, std::vector<LinkUse>& uses) {
  uses.clear();
  if (!topology_.is_gpu(from) || !topology_.is_gpu(to) || from == to) {
    throw Error(ErrorKind::input,
                "a flow goes from one GPU to another, not from " + std::to_string(from) + " to " + std::to_string(to));
  }
  if (nvlink_path(from, to, 1.0, uses)) return true;
  if (!choose_ends(from, to)) return false;
  const std::uint32_t relay_out = out_[0].gpu, relay_in = in_[0].gpu;
  if (relay_out != from && !nvlink_path(from, relay_out, 1.0, uses)) return false;
  key = mixed((static_cast<std::uint64_t>(from) << 32 | to) ^ mixed(key));
  const bool fan =
      groups_ == 0 ? mode_ == RoutingMode::spray || mode_ == RoutingMode::adaptive : mode_ == RoutingMode::spray;
  if (fan) {
    std::vector<std::uint32_t> nics;
    for (const Exit& out : out_) nics.push_back(out.link);
    std::vector<double> sent;
    split(nics, 1.0, sent);
    for (std::size_t i = 0; i < out_.size(); ++i) {
      if (sent[i] <= 0.0) continue;
      uses.push_back({out_[i].link, sent[i]});
      std::vector<Exit> reach;
      for (const Exit& in : in_) {
        if (hops(out_[i].node, in.node) >= 0) reach.push_back(in);
      }
      std::vector<std::uint32_t> down;
      for (const Exit& in : reach) down.push_back(in.link ^ 1u);
      std::vector<double> parts;
      split(down, sent[i], parts);
      for (std::size_t j = 0; j < reach.size(); ++j) {
        if (parts[j] <= 0.0) continue;
        if (out_[i].node != reach[j].node) fan_out(out_[i].node, reach[j].node, parts[j], uses);
        uses.push_back({reach[j].link ^ 1u, parts[j]});
      }
    }
  } else {
    const double fraction = 1.0 / queue_pairs_;
    for (int q = 0; q < queue_pairs_; ++q) {
      const std::uint64_t queue_key = mixed(key + static_cast<std::uint64_t>(q));
      const std::size_t turn = mode_ == RoutingMode::d_mod_k ? to : static_cast<std::size_t>(queue_key >> 32);
      const Exit& out = out_[turn % out_.size()];
      reach_.clear();
      for (const Exit& in : in_) {
        if (in_.size() == 1 || hops(out.node, in.node) >= 0) reach_.push_back(in);
      }
      const Exit& in = reach_[(turn / out_.size()) % reach_.size()];
      if (mode_ != RoutingMode::adaptive) {
        one_path(out, in, to, queue_key, fraction, mode_ == RoutingMode::valiant, uses);
        continue;
      }
      std::vector<LinkUse> minimal, detour;
      one_path(out, in, to, queue_key, fraction, false, minimal);
      one_path(out, in, to, queue_key, fraction, true, detour);
      const auto cost = [&](const std::vector<LinkUse>& path) {
        double worst = 0.0;
        for (const LinkUse& use : path) {
          worst = std::max(worst, (load_[use.link] + use.fraction) / topology_.cables()[use.link >> 1].bytes_per_s);
        }
        return worst * static_cast<double>(path.size());
      };
      const std::vector<LinkUse>& better = cost(detour) < cost(minimal) ? detour : minimal;
      uses.insert(uses.end(), better.begin(), better.end());
    }
  }
  if (relay_in != to && !nvlink_path(relay_in, to, 1.0, uses)) return false;
  // One entry a link.
  std::sort(uses.begin(), uses.end(), [](const LinkUse& x, const LinkUse& y) { return x.link < y.link; });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < uses.size(); ++i) {
    if (kept > 0 && uses[kept - 1].link == uses[i].link) {
      uses[kept - 1].fraction += uses[i].fraction;
    } else {
      uses[kept++] = uses[i];
    }
  }
  uses.resize(kept);
  return true;
}

void Router::note(std::span<const LinkUse> uses, double weight) {
  for (const LinkUse& use : uses) load_[use.link] += weight * use.fraction;
}

}  // namespace nadc
