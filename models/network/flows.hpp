// Transfers in time: finite flows that share links max-min fairly until each has moved its bytes.
//
// The clock is a double [s] of its own; a simulator that counts ticks rounds a completion up to its tick. Rates are
// solved once a timestamp: add, remove and set_capacity only note the change, and the next question (next_completion,
// rate) solves. Completions within `same_time` of one another, relative, are one timestamp.
// Neglected: latency, slow start, packet loss; see maxmin.hpp.
//
// Use: while (flows.next_completion() <= t_next) { flows.advance(flows.next_completion()); … flows.completed() … }
// Cost: O(log n) a changed flow on top of the solve. Errors: ErrorKind::input as in maxmin.hpp, and for a clock that
// runs backwards or past a completion.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "models/network/maxmin.hpp"

namespace nadc {

class Flows {
 public:
  using Flow = MaxMin::Flow;
  using Link = MaxMin::Link;
  static constexpr double same_time = 1e-13;

  explicit Flows(std::span<const double> capacities) : rates_(capacities) {}  // [B/s]
  Flows(std::size_t links, double capacity) : rates_(links, capacity) {}

  void reserve(std::size_t flows, std::size_t entries);
  // `bytes` may be infinite: a flow that only takes its share until it is removed.
  Flow add(std::span<const Link> route, double bytes, double weight = 1.0);
  Flow add(std::span<const LinkUse> uses, double bytes, double weight = 1.0);
  void remove(Flow flow);
  void set_capacity(Link link, double capacity) { rates_.set_capacity(link, capacity); }
  Link add_link(double capacity) { return rates_.add_link(capacity); }

  double now() const { return now_; }  // [s]
  double next_completion();            // [s], infinite when nothing can end
  // Moves the clock to t <= next_completion(); what ends at t is removed and listed in completed() until the next call.
  void advance(double t);
  std::span<const Flow> completed() const { return completed_; }

  double rate(Flow flow);              // [B/s]
  double bytes_left(Flow flow) const;  // [B]
  std::size_t flow_count() const { return rates_.flow_count(); }
  const MaxMin& rates() const { return rates_; }
  // Flows whose rate has moved since the last call, each once; for a simulator that re-keys its own events.
  std::span<const Flow> solve();

 private:
  struct State {
    double left = 0.0;                   // [B] at `since`
    double since = 0.0;                  // [s]
    double rate = 0.0;                   // [B/s]
    std::uint32_t place = MaxMin::none;  // in the heap
  };
  struct Key {
    double time;
    Flow flow;
  };
  void start(Flow flow, double bytes);
  void update();
  void put(std::uint32_t place, Key key) {
    heap_[place] = key;
    states_[key.flow].place = place;
  }
  void rekey(Flow flow, double time);
  void drop(std::uint32_t place);
  void sift(std::uint32_t place, Key key);

  MaxMin rates_;
  std::vector<State> states_;
  std::vector<Key> heap_;  // 4-ary, earliest first, then by flow
  std::vector<Flow> completed_;
  double now_ = 0.0;
};

// A file of transfers that all start at 0: `links L cap C flows N`, then `src dst bytes nlinks link…` a line.
struct FlowInstance {
  std::size_t links = 0;
  double capacity = 0.0;  // [B/s], of every link
  std::vector<double> bytes;
  std::vector<std::uint32_t> offsets{0};  // (flow + 1), into routes
  std::vector<MaxMin::Link> routes;
  std::size_t flow_count() const { return bytes.size(); }
  std::span<const MaxMin::Link> route(std::size_t flow) const {
    return {routes.data() + offsets[flow], routes.data() + offsets[flow + 1]};
  }
};
FlowInstance read_flow_instance(const std::string& path);

struct FlowOutcome {
  double makespan_s = 0.0;
  double sum_completion_s = 0.0;
  std::uint64_t solves = 0;
  std::uint64_t changed_rates = 0;
  double cpu_s = 0.0;  // process time, the file's reading excluded
};
FlowOutcome run_to_completion(const FlowInstance& instance);

}  // namespace nadc
