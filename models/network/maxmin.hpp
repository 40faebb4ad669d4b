// Exact max-min fair rates with incremental repair.
//
// Modelled: every flow f has a weight w_f and a level x_f; its rate is w_f x_f. On link l it takes use(f, l) x_f of the
// capacity, where use = w_f × (fraction of the flow that crosses l), so a sprayed flow or a whole collective is one
// variable. An allocation is max-min fair exactly when every flow has a saturated link on which no level is larger
// (Bertsekas & Gallager, Data Networks, 1992, section 6.5.2): the flow's certificate.
// Neglected: packets, queues, transport dynamics; rates jump at once.
//
// Every link that binds has a level, which all flows bound there hold; no other flow on it is above. After a change
// some links offer another level than they hold. They are settled in the order of the lower of the two (Ramalingam &
// Reps, 1996, repair shortest paths so): a link that offers more lets its flows go, and they wait on all their links; a
// link that offers less, or has flows waiting, binds these and every flow above its offer. Why one sweep is enough:
// with k the lowest key, a link can only give k or more, and a flow that leaves a link for a level of k or more, or
// waits, does not lower what is left to others below k; so keys never fall below k, and no link is given a flow above
// its own key. At the end no flow waits and every link offers what it holds: all have their certificate. That is exact
// to rounding: rates agree with a solve from scratch to `agreement_ulp` units in the last place (tests hold it to that,
// and check the certificates).
//
// Cost: a flow that moves costs its route twice, a link that is settled costs its list once and its place in
// a ring of buckets (level_queue.hpp), O(1).
// Memory: 16 bytes twice for each (flow, link) entry. Errors: ErrorKind::input for an unknown link, an empty route, or
// a bad number.
#pragma once
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "models/network/level_queue.hpp"

namespace nadc {

struct LinkUse {
  std::uint32_t link = 0;
  double fraction = 1.0;  // of the flow that crosses the link [1]; above 1 when several parts of it do
};

class MaxMin {
 public:
  using Link = std::uint32_t;
  using Flow = std::uint32_t;
  static constexpr std::uint32_t none = 0xffffffffu;
  static constexpr double certificate_tolerance = 2e-14;  // of a certificate, relative
  static constexpr int agreement_ulp = 4096;              // incremental against from scratch

  explicit MaxMin(std::span<const double> capacities);  // [B/s], one a directed link, >= 0
  MaxMin(std::size_t links, double capacity);

  Link add_link(double capacity);                        // also a private limit of one flow
  void reserve(std::size_t flows, std::size_t entries);  // saves time when a known number of flows comes
  void set_capacity(Link link, double capacity);
  double capacity(Link link) const { return links_[link].capacity; }
  std::size_t link_count() const { return links_.size(); }

  // A link that occurs twice in a route counts twice. Rates are not valid until solve().
  Flow add(std::span<const Link> route, double weight = 1.0);
  Flow add(std::span<const LinkUse> uses, double weight = 1.0);
  void remove(Flow flow);
  std::size_t flow_count() const { return active_; }

  // Brings the rates up to date with everything added, removed and changed since the last call. Cheap when clean.
  void solve();
  void solve_from_scratch();
  bool dirty() const { return !touched_.empty(); }

  double rate(Flow flow) const { return weights_[flow] * flows_[flow].level; }  // [B/s]
  double level(Flow flow) const { return flows_[flow].level; }
  Link bottleneck(Flow flow) const { return flows_[flow].bottleneck; }
  double load(Link link) const;                               // [B/s]
  std::span<const Flow> changed() const { return changed_; }  // whose rate the last solve() moved, new flows included

  // The certificate of every flow, computed afresh.
  struct Certificate {
    double overload = 0.0;        // largest load/capacity − 1 over all links
    std::size_t uncertified = 0;  // flows without a saturated link on which their level is the largest
  };
  Certificate certificate(double tolerance = 1e-9) const;

  struct Counters {
    std::uint64_t solves = 0;
    std::uint64_t filled_flows = 0;   // given a level, once a solve
    std::uint64_t changed_flows = 0;  // of them with another level than before
    std::uint64_t link_scans = 0;     // walks over a link's list
  };
  const Counters& counters() const { return counters_; }

 private:
  struct Slot {  // one link of a flow
    Link link;
    std::uint32_t position;  // in the link's list
    double use;
  };
  struct Entry {  // one flow on a link
    Flow flow;
    std::uint32_t slot;
    double use;
  };
  // Lists in one array, sizes rounded to powers of two, freed blocks kept by size.
  template <class T> struct Pool {
    std::vector<T> items;
    std::vector<std::uint32_t> free[32];
    std::uint32_t take(unsigned size_class);
    void give(std::uint32_t offset, unsigned size_class) { free[size_class].push_back(offset); }
  };
  struct FlowState {
    double level = 0.0;
    Link bottleneck = none;    // none: the flow waits for a level
    std::uint32_t member = 0;  // == epoch_: in set_
    std::uint32_t slots = 0, slot_count = 0;
    std::uint8_t slot_class = 0;
    bool alive() const { return slot_count > 0; }
  };
  // The open flows of a link are those that it binds and those that wait; all others hold a level from elsewhere.
  struct alignas(64) LinkState {
    double capacity = 0.0;
    double left = 0.0;        // what the open flows share: the capacity less what the others take
    double use = 0.0;         // sum over the open flows
    double level = unbound;   // of the flows that it binds
    double queued = unbound;  // its lowest key among the candidates
    std::uint32_t entries = 0, count = 0;
    std::uint32_t waiting = 0, bound = 0;
    std::uint8_t size_class = 0;
    std::uint8_t updates = 0;  // of `left` since it was last summed from the list, up to 255
    bool touched = false;      // changed since the last solve
    bool suspect = false;      // has to be settled: may not offer its level any more, or is overloaded
    std::uint32_t open() const { return waiting + bound; }
    double offer() const { return left > 0.0 ? left / use : 0.0; }
  };
  struct Share {  // what a link leaves to some of its flows
    double left, use;
    double offer() const { return left > 0.0 ? left / use : 0.0; }
  };
  struct Higher {  // a flow above what a link offers
    double level, use;
    Flow flow;
    bool operator<(const Higher& other) const { return level < other.level; }
  };
  static constexpr double unbound = std::numeric_limits<double>::infinity();

  void check_capacity(double capacity) const;
  Flow place(double weight, std::size_t links);
  void attach(Flow flow, Link link, double use);
  void detach(const FlowState& flow, const Slot& slot);
  void touch(Link link);

  void begin();
  void seed();
  void sweep();
  void settle(Link link, double key);
  void sum(Link link);
  Share survey(Link link, double above);
  void claim(Share& share);
  void bind(Link link, const Share& share);
  void give(Flow flow, Link link, double level);
  void lift(Link link);
  void lift_all();
  void include(Flow flow);
  void shift(LinkState& link, double load);
  void unbind(LinkState& link, double use);
  void suspect(Link link);
  void clear_suspicion(LinkState& link);
  static bool overloaded(const LinkState& link);
  static double key(const LinkState& link);
  void queue(Link link);
  void queue_at(Link link, double key);
  bool stands(Link link, double at);
  void drop_candidates();
  void finish();
  std::span<const Slot> slots(const FlowState& flow) const {
    return {slot_pool_.items.data() + flow.slots, flow.slot_count};
  }
  std::span<const Entry> entries(const LinkState& link) const {
    return {entry_pool_.items.data() + link.entries, link.count};
  }

  std::vector<LinkState> links_;
  std::vector<FlowState> flows_;
  std::vector<double> weights_;
  std::vector<Flow> free_flows_;
  Pool<Slot> slot_pool_;
  Pool<Entry> entry_pool_;
  std::size_t active_ = 0;
  std::uint32_t epoch_ = 0;
  std::size_t waiting_ = 0;   // flows
  std::size_t suspects_ = 0;  // links
  std::vector<Link> touched_;
  std::vector<Flow> set_, changed_;  // set_: given a level or lifted in this solve,
  std::vector<double> old_;          // from this level
  LevelQueue queue_;
  std::vector<Flow> takers_;
  std::vector<Higher> higher_;
  Counters counters_;
};

}  // namespace nadc
