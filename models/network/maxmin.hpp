// Exact max-min fair rates with incremental repair.
//
// Modelled: every flow f has a weight w_f and a level x_f; its rate is w_f x_f. On link l it takes use(f, l) x_f of the
// capacity, where use = w_f × (fraction of the flow that crosses l), so a sprayed flow or a whole collective is one
// variable. An allocation is max-min fair exactly when every flow has a saturated link on which no level is larger
// (Bertsekas & Gallager, Data Networks, 1992, section 6.5.2): the flow's certificate.
// Neglected: packets, queues, transport dynamics; rates jump at once.
//
// On a change only the flows whose certificate lay on a touched link are filled again, the others held; certificates
// are then checked on every link of those flows, violators join, and the fill repeats until none is left. The set only
// grows, so it ends; what it ends with is the exact answer, to rounding: rates agree with a solve from scratch to
// `kAgreementUlp` units in the last place (tests hold it to that).
//
// Cost: a fill of S flows with K link entries is O(K log K) plus the lists of the touched links. Memory: 16 bytes twice
// for each (flow, link) entry. Errors: ErrorKind::input for an unknown link, an empty route, or a bad number.
#pragma once
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace nadc {

struct LinkUse {
  std::uint32_t link = 0;
  double fraction = 1.0;  // of the flow that crosses the link [1]; above 1 when several parts of it do
};

class MaxMin {
 public:
  using Link = std::uint32_t;
  using Flow = std::uint32_t;
  static constexpr std::uint32_t kNone = 0xffffffffu;
  static constexpr double kTolerance = 1e-13;  // of a certificate, relative
  static constexpr int kAgreementUlp = 4096;   // incremental against from scratch

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
  bool dirty() const { return !touched_.empty() || !pending_.empty(); }

  double rate(Flow flow) const { return flows_[flow].weight * flows_[flow].level; }  // [B/s]
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
    std::uint64_t solves = 0, fills = 0, filled_flows = 0, changed_flows = 0, link_scans = 0;
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
    std::uint32_t slots = 0, slot_count = 0;
    std::uint32_t slot_class = 0;
    Link bottleneck = kNone;
    double weight = 1.0, level = 0.0;
    double old = 0.0;          // level before the solve that is under way
    std::uint32_t member = 0;  // == epoch_: in the set being filled
    std::uint32_t frozen = 0;  // == stamp_: has its level in this fill
    bool alive = false;
  };
  struct alignas(64) LinkState {
    double capacity = 0.0;
    double left = 0.0, use = 0.0;  // what the waiting flows share, and the sum of their uses
    double queued = 0.0;           // its lowest level among the candidates
    std::uint32_t entries = 0, count = 0;
    std::uint32_t mark = 0;     // == stamp_: in this fill
    std::uint32_t waiting = 0;  // flows of the fill that have no level yet
    std::uint32_t members = 0;  // flows of the fill
    std::uint32_t bound = 0;    // flows whose bottleneck this is
    std::uint8_t size_class = 0;
    bool touched = false;
  };
  struct Candidate {
    double level;
    Link link;
    bool operator<(const Candidate& other) const { return level > other.level; }
  };

  void check_capacity(double capacity) const;
  Flow place(double weight);
  void attach(Flow flow, Link link, double use);
  void touch(Link link);
  void include(Flow flow);
  void seed();
  double local_level(Link link);
  void queue(Link link);
  void queue_single_links(Link link);
  void release(Flow flow);
  void fill();
  bool expand();
  void scan_link(Link link);
  void finish();
  std::span<const Slot> slots(const FlowState& flow) const {
    return {slot_pool_.items.data() + flow.slots, flow.slot_count};
  }
  std::span<const Entry> entries(const LinkState& link) const {
    return {entry_pool_.items.data() + link.entries, link.count};
  }

  std::vector<LinkState> links_;
  std::vector<FlowState> flows_;
  std::vector<Flow> free_flows_;
  Pool<Slot> slot_pool_;
  Pool<Entry> entry_pool_;
  std::size_t active_ = 0;
  std::uint32_t stamp_ = 0, epoch_ = 0;
  std::vector<Link> touched_, fill_links_;
  std::vector<Flow> pending_, set_, changed_;
  std::vector<Flow> moved_;
  std::vector<Candidate> heap_;
  std::vector<std::pair<double, double>> sorted_;
  Counters counters_;
};

}  // namespace nadc
