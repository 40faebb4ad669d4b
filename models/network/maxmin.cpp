#include "models/network/maxmin.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>

#include "sim/error.hpp"

namespace nadc {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kSame = 1e-14;  // a level that moved by less is left as it was

unsigned class_of(std::uint32_t count) { return count <= 2 ? 1u : static_cast<unsigned>(std::bit_width(count - 1)); }

}  // namespace

template <class T> std::uint32_t MaxMin::Pool<T>::take(unsigned size_class) {
  std::vector<std::uint32_t>& freed = free[size_class];
  if (!freed.empty()) {
    const std::uint32_t offset = freed.back();
    freed.pop_back();
    return offset;
  }
  const std::size_t offset = items.size();
  items.resize(offset + (std::size_t{1} << size_class));
  return static_cast<std::uint32_t>(offset);
}

MaxMin::MaxMin(std::span<const double> capacities) : links_(capacities.size()) {
  for (std::size_t i = 0; i < capacities.size(); ++i) {
    check_capacity(capacities[i]);
    links_[i].capacity = capacities[i];
  }
}

MaxMin::MaxMin(std::size_t links, double capacity) : links_(links) {
  check_capacity(capacity);
  for (LinkState& link : links_) link.capacity = capacity;
}

void MaxMin::check_capacity(double capacity) const {
  if (!(capacity >= 0.0) || std::isinf(capacity)) {
    throw Error(ErrorKind::input, "the capacity of a link is " + std::to_string(capacity) + " B/s",
                "give a finite number of bytes a second, 0 for a link that is down");
  }
}

MaxMin::Link MaxMin::add_link(double capacity) {
  check_capacity(capacity);
  links_.emplace_back().capacity = capacity;
  return static_cast<Link>(links_.size() - 1);
}

void MaxMin::reserve(std::size_t flows, std::size_t entries) {
  flows_.reserve(flows);
  pending_.reserve(flows);
  set_.reserve(flows);
  changed_.reserve(flows);
  slot_pool_.items.reserve(2 * entries);
  entry_pool_.items.reserve(3 * entries);
  touched_.reserve(links_.size());
  fill_links_.reserve(links_.size());
  heap_.reserve(links_.size());
}

void MaxMin::set_capacity(Link link, double capacity) {
  check_capacity(capacity);
  if (link >= links_.size()) throw Error(ErrorKind::input, "link " + std::to_string(link) + " does not exist");
  if (links_[link].capacity == capacity) return;
  links_[link].capacity = capacity;
  touch(link);
}

void MaxMin::touch(Link link) {
  if (links_[link].touched) return;
  links_[link].touched = true;
  touched_.push_back(link);
}

MaxMin::Flow MaxMin::place(double weight) {
  if (!(weight > 0.0) || std::isinf(weight)) {
    throw Error(ErrorKind::input, "the weight of a flow is " + std::to_string(weight), "give a positive number");
  }
  Flow flow;
  if (free_flows_.empty()) {
    flow = static_cast<Flow>(flows_.size());
    flows_.emplace_back();
  } else {
    flow = free_flows_.back();
    free_flows_.pop_back();
  }
  FlowState& state = flows_[flow];
  state.weight = weight;
  state.level = 0.0;
  state.bottleneck = kNone;
  state.alive = true;
  ++active_;
  pending_.push_back(flow);
  return flow;
}

void MaxMin::attach(Flow flow, Link link, double use) {
  LinkState& l = links_[link];
  if (l.count > 0) {  // a link that occurs twice keeps one entry
    Entry& last = entry_pool_.items[l.entries + l.count - 1];
    if (last.flow == flow) {
      last.use += use;
      slot_pool_.items[last.slot].use += use;
      return;
    }
  }
  const std::uint32_t capacity = l.size_class ? 1u << l.size_class : 0u;
  if (l.count == capacity) {
    const std::uint8_t grown = l.size_class ? static_cast<std::uint8_t>(l.size_class + 1) : std::uint8_t{1};
    const std::uint32_t moved = entry_pool_.take(grown);
    std::copy_n(entry_pool_.items.begin() + l.entries, l.count, entry_pool_.items.begin() + moved);
    if (l.size_class) entry_pool_.give(l.entries, l.size_class);
    l.entries = moved;
    l.size_class = grown;
  }
  FlowState& f = flows_[flow];
  const std::uint32_t slot = f.slots + f.slot_count++;
  slot_pool_.items[slot] = Slot{link, l.count, use};
  entry_pool_.items[l.entries + l.count++] = Entry{flow, slot, use};
}

MaxMin::Flow MaxMin::add(std::span<const Link> route, double weight) {
  if (route.empty()) throw Error(ErrorKind::input, "a flow crosses no link", "its rate would be unbounded");
  for (Link link : route) {
    if (link >= links_.size()) throw Error(ErrorKind::input, "link " + std::to_string(link) + " does not exist");
  }
  const Flow flow = place(weight);
  FlowState& state = flows_[flow];
  state.slot_class = class_of(static_cast<std::uint32_t>(route.size()));
  state.slots = slot_pool_.take(state.slot_class);
  state.slot_count = 0;
  for (Link link : route) attach(flow, link, weight);
  return flow;
}

MaxMin::Flow MaxMin::add(std::span<const LinkUse> uses, double weight) {
  if (uses.empty()) throw Error(ErrorKind::input, "a flow crosses no link", "its rate would be unbounded");
  for (const LinkUse& use : uses) {
    if (use.link >= links_.size())
      throw Error(ErrorKind::input, "link " + std::to_string(use.link) + " does not exist");
    if (!(use.fraction > 0.0) || std::isinf(use.fraction)) {
      throw Error(ErrorKind::input, "a flow puts a fraction of " + std::to_string(use.fraction) + " on a link",
                  "leave out links that it does not cross");
    }
  }
  const Flow flow = place(weight);
  FlowState& state = flows_[flow];
  state.slot_class = class_of(static_cast<std::uint32_t>(uses.size()));
  state.slots = slot_pool_.take(state.slot_class);
  state.slot_count = 0;
  for (const LinkUse& use : uses) attach(flow, use.link, weight * use.fraction);
  return flow;
}

void MaxMin::remove(Flow flow) {
  if (flow >= flows_.size() || !flows_[flow].alive) {
    throw Error(ErrorKind::input, "flow " + std::to_string(flow) + " does not exist");
  }
  FlowState& state = flows_[flow];
  for (std::uint32_t s = state.slots; s < state.slots + state.slot_count; ++s) {
    const Slot slot = slot_pool_.items[s];
    LinkState& l = links_[slot.link];
    const Entry last = entry_pool_.items[l.entries + --l.count];
    entry_pool_.items[l.entries + slot.position] = last;
    slot_pool_.items[last.slot].position = slot.position;
    touch(slot.link);
  }
  if (state.bottleneck != kNone) --links_[state.bottleneck].bound;
  slot_pool_.give(state.slots, state.slot_class);
  state.slot_count = 0;
  state.alive = false;
  state.level = 0.0;
  free_flows_.push_back(flow);
  --active_;
}

double MaxMin::load(Link link) const {
  double sum = 0.0;
  for (const Entry& entry : entries(links_[link])) sum += entry.use * flows_[entry.flow].level;
  return sum;
}

void MaxMin::include(Flow flow) {
  FlowState& state = flows_[flow];
  if (state.member == epoch_) return;
  state.member = epoch_;
  set_.push_back(flow);
  state.old = state.level;
}

// The level that the link alone would allow when no flow rises above its present one. New flows want everything.
double MaxMin::local_level(Link link) {
  const LinkState& l = links_[link];
  sorted_.clear();
  double use = 0.0;
  for (const Entry& entry : entries(l)) {
    const FlowState& f = flows_[entry.flow];
    sorted_.emplace_back(f.bottleneck == kNone ? kInfinity : f.level, entry.use);
    use += entry.use;
  }
  std::sort(sorted_.begin(), sorted_.end());
  double left = l.capacity;
  for (const auto& [level, share] : sorted_) {
    if (level * use >= left) return left / use;
    left -= level * share;
    use -= share;
  }
  return kInfinity;
}

// A first guess of who moves. Any guess is safe, because expand() adds whoever it left out.
void MaxMin::seed() {
  if (pending_.size() * 2 >= active_) {
    for (Flow f = 0; f < flows_.size(); ++f) {
      if (flows_[f].alive) include(f);
    }
    return;
  }
  for (Link link : touched_) {
    const LinkState& l = links_[link];
    double sum = 0.0, largest = 0.0;
    for (const Entry& entry : entries(l)) {
      const FlowState& f = flows_[entry.flow];
      sum += entry.use * f.level;
      largest = std::max(largest, f.level);
      if (f.bottleneck == link) include(entry.flow);
    }
    if (sum > l.capacity * (1.0 + kTolerance)) {  // the capacity went down
      const double level = local_level(link);
      for (const Entry& entry : entries(l)) {
        if (flows_[entry.flow].level > level) include(entry.flow);
      }
    }
  }
  for (Flow flow : pending_) {
    const FlowState& f = flows_[flow];
    if (!f.alive || f.member == epoch_) continue;
    include(flow);
    double level = kInfinity;
    for (const Slot& slot : slots(f)) level = std::min(level, local_level(slot.link));
    for (const Slot& slot : slots(f)) {
      if (load(slot.link) + slot.use * level <= links_[slot.link].capacity) continue;
      for (const Entry& entry : entries(links_[slot.link])) {
        if (flows_[entry.flow].level > level) include(entry.flow);
      }
    }
  }
}

// Puts the link's present level among the candidates, unless a lower one of it is there already.
void MaxMin::queue(Link link) {
  LinkState& l = links_[link];
  const double level = (l.left < 0.0 ? 0.0 : l.left) / l.use;
  if (level >= l.queued) return;
  l.queued = level;
  heap_.push_back({level, link});
  std::push_heap(heap_.begin(), heap_.end());
}

// The one flow that waits on this link is about to share it, so its other links may come to bind after all.
void MaxMin::queue_single_links(Link link) {
  for (const Entry& entry : entries(links_[link])) {
    const FlowState& f = flows_[entry.flow];
    if (f.member != epoch_ || f.frozen == stamp_) continue;
    for (const Slot& slot : slots(f)) {
      const LinkState& other = links_[slot.link];
      if (other.mark == stamp_ && other.waiting == 1) queue(slot.link);
    }
  }
}

// Lets a held flow into the fill that is under way, at a level below the flow's own.
void MaxMin::release(Flow flow) {
  const double level = flows_[flow].level;
  include(flow);
  for (const Slot& slot : slots(flows_[flow])) {
    LinkState& l = links_[slot.link];
    if (l.mark != stamp_) {
      l.mark = stamp_;
      l.waiting = l.members = 0;
      l.queued = kInfinity;
      l.use = 0.0;
      l.left = l.capacity;
      for (const Entry& entry : entries(l)) {
        const FlowState& f = flows_[entry.flow];
        if (f.member != epoch_) l.left -= entry.use * f.level;
      }
      fill_links_.push_back(slot.link);
    } else {
      l.left += slot.use * level;
      if (l.waiting == 1) queue_single_links(slot.link);
    }
    ++l.waiting;
    ++l.members;
    l.use += slot.use;
    queue(slot.link);
  }
}

// Progressive filling of set_, everyone else held.
void MaxMin::fill() {
  ++stamp_;
  ++counters_.fills;
  counters_.filled_flows += set_.size();
  fill_links_.clear();
  heap_.clear();
  for (Flow flow : set_) {
    for (const Slot& slot : slots(flows_[flow])) {
      LinkState& l = links_[slot.link];
      if (l.mark != stamp_) {
        l.mark = stamp_;
        l.waiting = 1;
        l.queued = kInfinity;
        l.use = slot.use;
        l.left = l.capacity;
        fill_links_.push_back(slot.link);
      } else {
        ++l.waiting;
        l.use += slot.use;
      }
    }
  }
  for (Link link : fill_links_) {
    LinkState& l = links_[link];
    l.members = l.waiting;
    if (l.waiting != l.count) {
      ++counters_.link_scans;
      for (const Entry& entry : entries(l)) {
        const FlowState& f = flows_[entry.flow];
        if (f.member != epoch_) l.left -= entry.use * f.level;
      }
    }
    if (l.waiting > 1) {
      l.queued = (l.left < 0.0 ? 0.0 : l.left) / l.use;
      heap_.push_back({l.queued, link});
    }
  }
  // A link with one flow of the set offers it the same level to the end, so only the least of them per flow counts.
  for (Flow flow : set_) {
    Candidate least{kInfinity, kNone};
    for (const Slot& slot : slots(flows_[flow])) {
      const LinkState& l = links_[slot.link];
      if (l.waiting != 1) continue;
      const double level = (l.left < 0.0 ? 0.0 : l.left) / l.use;
      if (level < least.level) least = {level, slot.link};
    }
    if (least.link != kNone) {
      heap_.push_back(least);
      links_[least.link].queued = least.level;
    }
  }
  std::make_heap(heap_.begin(), heap_.end());
  std::size_t unfilled = set_.size();
  while (unfilled > 0) {
    Candidate& top = heap_.front();
    LinkState& l = links_[top.link];
    if (l.waiting == 0) {
      l.queued = kInfinity;
      std::pop_heap(heap_.begin(), heap_.end());
      heap_.pop_back();
      continue;
    }
    const double now = (l.left < 0.0 ? 0.0 : l.left) / l.use;
    if (now > top.level * (1.0 + 1e-15)) {  // it rose since it was queued: let it sink
      l.queued = now;
      std::size_t i = 0;
      const Candidate moved{now, top.link};
      const std::size_t n = heap_.size();
      for (std::size_t child = 1; child < n; child = 2 * i + 1) {
        if (child + 1 < n && heap_[child + 1].level < heap_[child].level) ++child;
        if (heap_[child].level >= now) break;
        heap_[i] = heap_[child];
        i = child;
      }
      heap_[i] = moved;
      continue;
    }
    const Link link = top.link;
    l.queued = kInfinity;
    std::pop_heap(heap_.begin(), heap_.end());
    heap_.pop_back();
    // Again from the list itself, so that no rounding is carried over from earlier subtractions.
    double left = l.capacity, use = 0.0;
    for (const Entry& entry : entries(l)) {
      const FlowState& f = flows_[entry.flow];
      if (f.member == epoch_ && f.frozen != stamp_) {
        use += entry.use;
      } else {
        left -= entry.use * f.level;
      }
    }
    // Held flows that are above this level must come down: they join the fill, which only lifts what is left to do.
    if (l.members != l.count) {
      const double bound = (left > 0.0 ? left / use : 0.0) * (1.0 + kTolerance);
      const std::size_t before = set_.size();
      for (const Entry& entry : entries(l)) {
        if (flows_[entry.flow].member != epoch_ && flows_[entry.flow].level > bound) release(entry.flow);
      }
      if (set_.size() > before) {
        unfilled += set_.size() - before;
        counters_.filled_flows += set_.size() - before;
        continue;  // release() queued the link again
      }
    }
    const double level = left > 0.0 ? left / use : 0.0;
    moved_.clear();
    for (const Entry& entry : entries(l)) {
      FlowState& f = flows_[entry.flow];
      if (f.member != epoch_ || f.frozen == stamp_) continue;
      f.frozen = stamp_;
      f.level = level;
      if (f.bottleneck != kNone) --links_[f.bottleneck].bound;
      f.bottleneck = link;
      ++l.bound;
      --unfilled;
      if (std::fabs(level - f.old) > kSame * f.old) moved_.push_back(entry.flow);
      for (const Slot& slot : slots(f)) {
        LinkState& other = links_[slot.link];
        other.left -= slot.use * level;
        other.use -= slot.use;
        --other.waiting;
      }
    }
    // A link whose load has moved no longer binds as it did: the held flows that it bound will move too.
    const std::size_t before = set_.size();
    for (Flow flow : moved_) {
      for (const Slot& slot : slots(flows_[flow])) {
        const LinkState& other = links_[slot.link];
        if (other.bound == 0 || other.members == other.count) continue;
        for (const Entry& entry : entries(other)) {
          const FlowState& f = flows_[entry.flow];
          if (f.member != epoch_ && f.bottleneck == slot.link && f.level > level) release(entry.flow);
        }
      }
    }
    unfilled += set_.size() - before;
    counters_.filled_flows += set_.size() - before;
  }
}

// Adds the flows on this link whose certificate the last fill broke.
void MaxMin::scan_link(Link link) {
  const LinkState& l = links_[link];
  if (l.members == l.count) return;
  ++counters_.link_scans;
  double sum = 0.0, largest = 0.0, lowest = kInfinity;
  for (const Entry& entry : entries(l)) {
    const FlowState& f = flows_[entry.flow];
    sum += entry.use * f.level;
    largest = std::max(largest, f.level);
    if (f.member == epoch_ && f.bottleneck == link) lowest = std::min(lowest, f.level);
  }
  const bool saturated = sum >= l.capacity * (1.0 - kTolerance);
  for (const Entry& entry : entries(l)) {
    const FlowState& f = flows_[entry.flow];
    if (f.member == epoch_) continue;
    const bool lost = f.bottleneck == link && (!saturated || f.level < largest * (1.0 - kTolerance));
    if (lost || f.level > lowest * (1.0 + kTolerance)) include(entry.flow);
  }
}

bool MaxMin::expand() {
  const std::size_t before = set_.size();
  if (before == active_) return false;
  for (Link link : fill_links_) scan_link(link);
  return set_.size() > before;
}

void MaxMin::finish() {
  changed_.clear();
  for (std::size_t i = 0; i < set_.size(); ++i) {
    FlowState& f = flows_[set_[i]];
    const double old = f.old;
    if (old > 0.0 && std::fabs(f.level - old) <= kSame * old) {
      f.level = old;
    } else {
      changed_.push_back(set_[i]);
    }
  }
  counters_.changed_flows += changed_.size();
  for (Link link : touched_) links_[link].touched = false;
  touched_.clear();
  pending_.clear();
}

void MaxMin::solve() {
  changed_.clear();
  if (!dirty()) return;
  ++epoch_;
  set_.clear();
  seed();
  if (!set_.empty()) {
    ++counters_.solves;
    do fill();
    while (expand());
  }
  finish();
}

void MaxMin::solve_from_scratch() {
  ++epoch_;
  set_.clear();
  for (Flow f = 0; f < flows_.size(); ++f) {
    if (flows_[f].alive) include(f);
  }
  if (!set_.empty()) {
    ++counters_.solves;
    fill();
  }
  finish();
}

MaxMin::Certificate MaxMin::certificate(double tolerance) const {
  Certificate result;
  std::vector<double> loads(links_.size(), 0.0), largest(links_.size(), 0.0);
  for (std::size_t i = 0; i < links_.size(); ++i) {
    for (const Entry& entry : entries(links_[i])) {
      loads[i] += entry.use * flows_[entry.flow].level;
      largest[i] = std::max(largest[i], flows_[entry.flow].level);
    }
    const double capacity = links_[i].capacity;
    if (capacity > 0.0) {
      result.overload = std::max(result.overload, loads[i] / capacity - 1.0);
    } else if (loads[i] > 0.0) {
      result.overload = kInfinity;
    }
  }
  for (const FlowState& f : flows_) {
    if (!f.alive) continue;
    bool certified = false;
    for (const Slot& slot : slots(f)) {
      const bool saturated = loads[slot.link] >= links_[slot.link].capacity * (1.0 - tolerance);
      certified = certified || (saturated && f.level >= largest[slot.link] * (1.0 - tolerance));
    }
    result.uncertified += !certified;
  }
  return result;
}

}  // namespace nadc
