// The sweep that brings a MaxMin up to date; maxmin.hpp says how it works.
#include <algorithm>
#include <cmath>

#include "models/network/maxmin.hpp"

namespace nadc {
namespace {

constexpr double same_level = 1e-14;       // a level that moved by less is left as it was
constexpr double clear_change = 1e-9;      // so much is no rounding
constexpr std::uint8_t most_updates = 64;  // of a link's sum before it is taken again from the list

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
  link.level = unbound;
  clear_suspicion(link);
}

void MaxMin::suspect(Link link) {
  LinkState& l = links_[link];
  if (l.suspect) return;
  l.suspect = true;
  ++suspects_;
  if (l.queued == unbound) queue(link);
}

void MaxMin::clear_suspicion(LinkState& link) {
  suspects_ -= link.suspect;
  link.suspect = false;
}

bool MaxMin::overloaded(const LinkState& link) { return link.left < -certificate_tolerance * link.capacity; }

// The level at which the link has to be looked at: nothing on it moves below.
double MaxMin::key(const LinkState& link) {
  if (link.open() > 0) return std::min(link.level, link.offer());
  return overloaded(link) ? 0.0 : unbound;
}

void MaxMin::queue(Link link) {
  if (links_[link].updates > most_updates) sum(link);
  queue_at(link, key(links_[link]));
}

void MaxMin::queue_at(Link link, double key) {
  LinkState& l = links_[link];
  if (key >= l.queued) return;  // also when both are unbound
  l.queued = key;
  queue_.push(key, link);
}

// Sums the link again from its list, so that no rounding is carried on.
void MaxMin::sum(Link link) {
  ++counters_.link_scans;
  LinkState& l = links_[link];
  l.left = l.capacity;
  l.use = 0.0;
  for (const Entry& entry : entries(l)) {
    const FlowState& f = flows_[entry.flow];
    if (f.bottleneck == none || f.bottleneck == link) {
      l.use += entry.use;
    } else {
      l.left -= entry.use * f.level;
    }
  }
  l.updates = 0;
}

// Lets the flows that the link binds go: on all their links they wait.
void MaxMin::lift(Link link) {
  LinkState& l = links_[link];
  for (const Entry& entry : entries(l)) {
    FlowState& f = flows_[entry.flow];
    if (f.bottleneck != link) continue;
    include(entry.flow);
    f.bottleneck = none;
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
  l.level = unbound;
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
  waiting_ -= from == none;
  for (const Slot& slot : slots(f)) {
    if (slot.link == link) continue;
    LinkState& l = links_[slot.link];
    if (from == none) {
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

// The link's open flows go to takers_; those that hold more than `above` and may still move, to higher_; what the
// others leave is returned.
MaxMin::Share MaxMin::survey(Link link, double above) {
  ++counters_.link_scans;
  takers_.clear();
  higher_.clear();
  Share share{links_[link].capacity, 0.0};
  for (const Entry& entry : entries(links_[link])) {
    const FlowState& f = flows_[entry.flow];
    if (f.bottleneck == none || f.bottleneck == link) {
      takers_.push_back(entry.flow);
      share.use += entry.use;
    } else if (f.level > above && f.member != epoch_) {
      higher_.push_back({f.level, entry.use, entry.flow});
    } else {
      share.left -= entry.use * f.level;
    }
  }
  return share;
}

// Moves the flows that are above what the link offers over to takers_, the highest first; the others leave `share`.
void MaxMin::claim(Share& share) {
  std::sort(higher_.begin(), higher_.end());
  double held = 0.0;
  for (const Higher& flow : higher_) held += flow.use * flow.level;
  for (; !higher_.empty(); higher_.pop_back()) {
    const Higher& flow = higher_.back();
    if (flow.level <= Share{share.left - held, share.use}.offer() * (1.0 + certificate_tolerance)) break;
    held -= flow.use * flow.level;
    share.use += flow.use;
    takers_.push_back(flow.flow);
  }
  for (const Higher& flow : higher_) share.left -= flow.use * flow.level;
}

// Gives the takers their share and binds them here.
void MaxMin::bind(Link link, const Share& share) {
  LinkState& l = links_[link];
  double level = share.offer();
  const bool same = l.bound > 0 && std::fabs(level - l.level) <= same_level * l.level;
  if (same) level = l.level;
  for (const Flow flow : takers_) {
    if (!same || flows_[flow].bottleneck != link) give(flow, link, level);
  }
  l.left = share.left;
  l.use = share.use;
  l.updates = 0;
  l.waiting = 0;
  l.bound = static_cast<std::uint32_t>(takers_.size());
  l.level = l.bound > 0 ? level : unbound;
  clear_suspicion(l);
}

// Looks at a link whose key is the lowest of all.
void MaxMin::settle(Link link, double key) {
  LinkState& l = links_[link];
  const auto rises = [&l](double offer, double margin) { return l.bound > 0 && offer > l.level * (1.0 + margin); };
  if (l.waiting == 0 && rises(l.offer(), clear_change)) return lift(link);
  if (l.open() == 0) {
    sum(link);
    if (!overloaded(l)) return clear_suspicion(l);
  }
  Share share = survey(link, key);
  if (!higher_.empty()) claim(share);
  if (takers_.empty()) return clear_suspicion(l);
  const double offer = share.offer();
  if (rises(offer, same_level)) return lift(link);
  if (l.waiting == 0 && l.bound > 0 && std::fabs(offer - l.level) <= same_level * l.level) return clear_suspicion(l);
  if (offer > key && offer > queue_.floor()) return queue_at(link, offer);
  bind(link, share);
}

void MaxMin::drop_candidates() {
  queue_.clear([this](Link link) { links_[link].queued = unbound; });
}

// Whether a candidate stands where it was put. One that has risen is put in again, one that means nothing is dropped.
bool MaxMin::stands(Link link, double at) {
  LinkState& l = links_[link];
  if (l.queued != at) return false;  // it has been put in lower
  const double now = key(l);
  if (now <= at) return true;
  l.queued = unbound;
  if (now == unbound) clear_suspicion(l);
  queue_at(link, now);
  return false;
}

void MaxMin::sweep() {
  const auto keep = [this](const LevelQueue::Item& item) { return stands(item.value, item.key); };
  std::size_t patience = 64 * (links_.size() + 64);  // never used up, unless rounding goes round in circles
  while ((waiting_ > 0 || suspects_ > 0) && queue_.ready(keep)) {
    if (patience-- == 0) lift_all();
    const LevelQueue::Item top = queue_.pop();
    if (!stands(top.value, top.key)) continue;
    links_[top.value].queued = unbound;
    settle(top.value, top.key);
  }
  drop_candidates();
}

// Puts the links that were touched among the candidates.
void MaxMin::seed() {
  for (Link link : touched_) {
    LinkState& l = links_[link];
    l.touched = false;
    if (l.updates > most_updates) sum(link);
    if (l.bound > 0 || overloaded(l)) suspect(link);
    queue(link);
  }
  touched_.clear();
}

void MaxMin::lift_all() {
  for (Flow flow = 0; flow < flows_.size(); ++flow) {
    if (!flows_[flow].alive()) continue;
    include(flow);
    flows_[flow].bottleneck = none;
  }
  waiting_ = active_;
  drop_candidates();
  for (Link link = 0; link < links_.size(); ++link) {
    LinkState& l = links_[link];
    l.waiting = l.count;
    l.bound = 0;
    l.level = unbound;
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
    if (old_[i] > 0.0 && std::fabs(f.level - old_[i]) <= same_level * old_[i]) {
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
