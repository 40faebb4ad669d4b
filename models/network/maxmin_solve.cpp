// The sweep that brings a MaxMin up to date; maxmin.hpp says how it works.
#include <algorithm>
#include <cmath>

#include "models/network/maxmin.hpp"

namespace nadc {
namespace {

constexpr double kSame = 1e-14;            // a level that moved by less is left as it was
constexpr double kClear = 1e-9;            // so much is no rounding
constexpr std::uint8_t kMostUpdates = 64;  // of a link's sum before it is taken again from the list

}  // namespace

void MaxMin::include(Flow flow) {
  FlowState& f = flows_[flow];
  if (f.member == epoch_) return;
  f.member = epoch_;
  set_.push_back(flow);
  old_.push_back(f.level);
}

// The flows that hold a level from elsewhere take so much more of the link.
void MaxMin::shift(LinkState& link, double load) {
  link.left -= load;
  link.updates += link.updates < 255;
}

// The link loses one of the flows that it binds.
void MaxMin::unbind(LinkState& link, double use) {
  --link.bound;
  link.use = link.open() > 0 ? link.use - use : 0.0;
  if (link.bound > 0) return;
  link.level = kUnbound;
  clear_suspicion(link);
}

void MaxMin::suspect(Link link) {
  LinkState& l = links_[link];
  if (l.suspect) return;
  l.suspect = true;
  ++suspects_;
  if (l.queued == kUnbound) queue(link);
}

void MaxMin::clear_suspicion(LinkState& link) {
  suspects_ -= link.suspect;
  link.suspect = false;
}

bool MaxMin::overloaded(const LinkState& link) { return link.left < -kTolerance * link.capacity; }

// The level at which the link has to be looked at: nothing on it moves below.
double MaxMin::key(const LinkState& link) {
  if (link.open() > 0) return std::min(link.level, link.offer());
  return overloaded(link) ? 0.0 : kUnbound;
}

void MaxMin::queue(Link link) {
  if (links_[link].updates > kMostUpdates) sum(link);
  queue_at(link, key(links_[link]));
}

void MaxMin::queue_at(Link link, double key) {
  LinkState& l = links_[link];
  if (key >= l.queued) return;  // also when both are kUnbound
  l.queued = key;
  queue_.push(key, link);
}

// Sums the link again from its list, so that no rounding is carried on; returns the largest level held from elsewhere
// that may still move.
double MaxMin::sum(Link link) {
  ++counters_.link_scans;
  LinkState& l = links_[link];
  double left = l.capacity, use = 0.0, largest = 0.0;
  for (const Entry& entry : entries(l)) {
    const FlowState& f = flows_[entry.flow];
    if (f.bottleneck == kNone || f.bottleneck == link) {
      use += entry.use;
    } else {
      left -= entry.use * f.level;
      if (f.member != epoch_) largest = std::max(largest, f.level);
    }
  }
  l.left = left;
  l.use = use;
  l.updates = 0;
  return largest;
}

// Lets the flows that the link binds go: on all their links they wait.
void MaxMin::lift(Link link) {
  LinkState& l = links_[link];
  for (const Entry& entry : entries(l)) {
    FlowState& f = flows_[entry.flow];
    if (f.bottleneck != link) continue;
    include(entry.flow);
    f.bottleneck = kNone;
    ++waiting_;
    for (const Slot& slot : slots(f)) {
      if (slot.link == link) continue;
      LinkState& other = links_[slot.link];
      shift(other, -slot.use * f.level);
      other.use += slot.use;
      ++other.waiting;
      if (other.bound > 0) suspect(slot.link);
      queue(slot.link);
    }
  }
  l.waiting += l.bound;
  l.bound = 0;
  l.level = kUnbound;
  clear_suspicion(l);
  queue(link);
}

// Gives a flow its level, at the link that binds it from now on.
void MaxMin::give(Flow flow, Link link, double level) {
  FlowState& f = flows_[flow];
  include(flow);
  const Link from = f.bottleneck;
  const double old = f.level;
  f.level = level;
  f.bottleneck = link;
  waiting_ -= from == kNone;
  for (const Slot& slot : slots(f)) {
    if (slot.link == link) continue;
    LinkState& l = links_[slot.link];
    if (from == kNone) {
      --l.waiting;
      l.use = l.open() > 0 ? l.use - slot.use : 0.0;
      shift(l, slot.use * level);
      if (l.waiting == 0 && overloaded(l)) suspect(slot.link);  // flows above have to come down
      continue;
    }
    if (from == slot.link) {
      unbind(l, slot.use);
      shift(l, slot.use * level);
    } else {
      shift(l, slot.use * (level - old));
    }
    if (l.bound > 0 || overloaded(l)) suspect(slot.link);
  }
}

// A flow that is bound elsewhere and keeps its level when another link comes down to `level`.
bool MaxMin::stays(const FlowState& flow, double level) const {
  return flow.bottleneck != kNone && (flow.member == epoch_ || flow.level <= level * (1.0 + kTolerance));
}

// Binds every open flow of the link, and every one above `level` that has not been settled.
void MaxMin::bind(Link link, double level) {
  LinkState& l = links_[link];
  const bool same = l.bound > 0 && std::fabs(level - l.level) <= kSame * l.level;
  if (same) level = l.level;
  std::uint32_t bound = 0;
  double left = l.capacity, use = 0.0;
  for (const Entry& entry : entries(l)) {
    const FlowState& f = flows_[entry.flow];
    const bool own = f.bottleneck == link;
    if (!own && stays(f, level)) {
      left -= entry.use * f.level;
      continue;
    }
    use += entry.use;
    ++bound;
    if (!own || !same) give(entry.flow, link, level);
  }
  l.left = left;
  l.use = use;
  l.waiting = 0;
  l.bound = bound;
  l.level = bound > 0 ? level : kUnbound;
  clear_suspicion(l);
}

// What the link offers when it takes the flows that are above it as well, the highest first.
double MaxMin::claim(Link link) {
  const LinkState& l = links_[link];
  higher_.clear();
  for (const Entry& entry : entries(l)) {
    const FlowState& f = flows_[entry.flow];
    if (f.bottleneck != kNone && f.bottleneck != link && !stays(f, l.offer())) higher_.push_back({f.level, entry.use});
  }
  std::sort(higher_.begin(), higher_.end());
  double left = l.left, use = l.use, offer = l.offer();
  for (; !higher_.empty() && higher_.back().level > offer * (1.0 + kTolerance); higher_.pop_back()) {
    left += higher_.back().use * higher_.back().level;
    use += higher_.back().use;
    offer = left > 0.0 ? left / use : 0.0;
  }
  left = l.capacity, use = 0.0;  // again from the list, without the rounding
  for (const Entry& entry : entries(l)) {
    const FlowState& f = flows_[entry.flow];
    if (f.bottleneck != link && stays(f, offer)) {
      left -= entry.use * f.level;
    } else {
      use += entry.use;
    }
  }
  return left > 0.0 ? left / use : 0.0;
}

// Looks at a link whose key is the lowest of all.
void MaxMin::settle(Link link, double key) {
  LinkState& l = links_[link];
  if (l.waiting == 0 && l.bound > 0 && l.offer() > l.level * (1.0 + kClear)) return lift(link);
  const double largest = sum(link);
  double offer = l.offer();
  if (l.bound > 0 && offer > l.level * (1.0 + kSame)) return lift(link);
  if (l.waiting == 0 && (l.bound > 0 ? offer >= l.level * (1.0 - kSame) : !overloaded(l))) return clear_suspicion(l);
  if (largest > offer * (1.0 + kTolerance)) offer = claim(link);
  if (offer > key && offer > queue_.floor()) return queue_at(link, offer);
  bind(link, offer);
}

void MaxMin::drop_candidates() {
  queue_.clear([this](Link link) { links_[link].queued = kUnbound; });
}

// Whether a candidate stands where it was put. One that has risen is put in again, one that means nothing is dropped.
bool MaxMin::stands(Link link, double at) {
  LinkState& l = links_[link];
  if (l.queued != at) return false;  // it has been put in lower
  const double now = key(l);
  if (now <= at) return true;
  l.queued = kUnbound;
  if (now == kUnbound) clear_suspicion(l);
  queue_at(link, now);
  return false;
}

void MaxMin::sweep() {
  const auto keep = [this](const LevelQueue::Item& item) { return stands(item.value, item.key); };
  while ((waiting_ > 0 || suspects_ > 0) && queue_.ready(keep)) {
    const LevelQueue::Item top = queue_.pop();
    if (!stands(top.value, top.key)) continue;
    links_[top.value].queued = kUnbound;
    settle(top.value, top.key);
  }
  drop_candidates();
}

// Puts the links that were touched among the candidates.
void MaxMin::seed() {
  for (Link link : touched_) {
    LinkState& l = links_[link];
    l.touched = false;
    if (l.updates > kMostUpdates) sum(link);
    if (l.bound > 0 || overloaded(l)) suspect(link);
    queue(link);
  }
  touched_.clear();
}

void MaxMin::lift_all() {
  for (Flow flow = 0; flow < flows_.size(); ++flow) {
    if (!flows_[flow].alive()) continue;
    include(flow);
    flows_[flow].bottleneck = kNone;
  }
  waiting_ = active_;
  drop_candidates();
  for (Link link = 0; link < links_.size(); ++link) {
    LinkState& l = links_[link];
    l.waiting = l.count;
    l.bound = 0;
    l.level = kUnbound;
    clear_suspicion(l);
    sum(link);
    queue(link);
  }
}

void MaxMin::begin() {
  ++epoch_;
  set_.clear();
  old_.clear();
  changed_.clear();
}

void MaxMin::finish() {
  for (std::size_t i = 0; i < set_.size(); ++i) {
    FlowState& f = flows_[set_[i]];
    if (old_[i] > 0.0 && std::fabs(f.level - old_[i]) <= kSame * old_[i]) {
      f.level = old_[i];
    } else {
      changed_.push_back(set_[i]);
    }
  }
  counters_.solves += !set_.empty();
  counters_.filled_flows += set_.size();
  counters_.changed_flows += changed_.size();
}

void MaxMin::solve() {
  begin();
  if (!dirty()) return;
  seed();
  sweep();
  finish();
}

void MaxMin::solve_from_scratch() {
  begin();
  for (Link link : touched_) links_[link].touched = false;
  touched_.clear();
  lift_all();
  sweep();
  finish();
}

}  // namespace nadc
