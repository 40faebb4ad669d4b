#include "models/network/maxmin.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>

#include "sim/error.hpp"

namespace nadc {
namespace {

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

MaxMin::MaxMin(std::span<const double> capacities) {
  links_.reserve(capacities.size());
  for (double capacity : capacities) add_link(capacity);
}

MaxMin::MaxMin(std::size_t links, double capacity) {
  check_capacity(capacity);
  LinkState link;
  link.capacity = link.left = capacity;
  links_.assign(links, link);
}

void MaxMin::check_capacity(double capacity) const {
  if (!(capacity >= 0.0) || std::isinf(capacity)) {
    throw Error(ErrorKind::input, "the capacity of a link is " + std::to_string(capacity) + " B/s",
                "give a finite number of bytes a second, 0 for a link that is down");
  }
}

MaxMin::Link MaxMin::add_link(double capacity) {
  check_capacity(capacity);
  LinkState& link = links_.emplace_back();
  link.capacity = link.left = capacity;
  return static_cast<Link>(links_.size() - 1);
}

void MaxMin::reserve(std::size_t flows, std::size_t entries) {
  flows_.reserve(flows);
  weights_.reserve(flows);
  set_.reserve(flows);
  old_.reserve(flows);
  changed_.reserve(flows);
  slot_pool_.items.reserve(2 * entries);
  entry_pool_.items.reserve(3 * entries);
  touched_.reserve(links_.size());
}

void MaxMin::set_capacity(Link link, double capacity) {
  check_capacity(capacity);
  if (link >= links_.size()) throw Error(ErrorKind::input, "link " + std::to_string(link) + " does not exist");
  LinkState& l = links_[link];
  if (l.capacity == capacity) return;
  l.left += capacity - l.capacity;
  l.updates = 255;
  l.capacity = capacity;
  touch(link);
}

void MaxMin::touch(Link link) {
  if (links_[link].touched) return;
  links_[link].touched = true;
  touched_.push_back(link);
}

MaxMin::Flow MaxMin::place(double weight, std::size_t links) {
  if (!(weight > 0.0) || std::isinf(weight)) {
    throw Error(ErrorKind::input, "the weight of a flow is " + std::to_string(weight), "give a positive number");
  }
  Flow flow;
  if (free_flows_.empty()) {
    flow = static_cast<Flow>(flows_.size());
    flows_.emplace_back();
    weights_.emplace_back();
  } else {
    flow = free_flows_.back();
    free_flows_.pop_back();
  }
  weights_[flow] = weight;
  FlowState& state = flows_[flow];
  state = FlowState{};
  state.slot_class = static_cast<std::uint8_t>(class_of(static_cast<std::uint32_t>(links)));
  state.slots = slot_pool_.take(state.slot_class);
  ++active_;
  ++waiting_;
  return flow;
}

// Puts a new flow on a link, where it waits.
void MaxMin::attach(Flow flow, Link link, double use) {
  LinkState& l = links_[link];
  l.use += use;
  touch(link);
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
  ++l.waiting;
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
  const Flow flow = place(weight, route.size());
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
  const Flow flow = place(weight, uses.size());
  for (const LinkUse& use : uses) attach(flow, use.link, weight * use.fraction);
  return flow;
}

void MaxMin::detach(const FlowState& flow, const Slot& slot) {
  LinkState& l = links_[slot.link];
  const Entry last = entry_pool_.items[l.entries + --l.count];
  entry_pool_.items[l.entries + slot.position] = last;
  slot_pool_.items[last.slot].position = slot.position;
  if (flow.bottleneck == none) {
    --l.waiting;
    l.use = l.open() > 0 ? l.use - slot.use : 0.0;
  } else if (flow.bottleneck == slot.link) {
    unbind(l, slot.use);
  } else {
    shift(l, -slot.use * flow.level);
  }
  if (l.open() > 0) touch(slot.link);
}

void MaxMin::remove(Flow flow) {
  if (flow >= flows_.size() || !flows_[flow].alive()) {
    throw Error(ErrorKind::input, "flow " + std::to_string(flow) + " does not exist");
  }
  FlowState& state = flows_[flow];
  for (const Slot& slot : slots(state)) detach(state, slot);
  if (state.bottleneck == none) --waiting_;
  slot_pool_.give(state.slots, state.slot_class);
  state = FlowState{};
  free_flows_.push_back(flow);
  --active_;
}

double MaxMin::load(Link link) const {
  double sum = 0.0;
  for (const Entry& entry : entries(links_[link])) sum += entry.use * flows_[entry.flow].level;
  return sum;
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
      result.overload = unbound;
    }
  }
  for (const FlowState& f : flows_) {
    if (!f.alive()) continue;
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
