#include "models/network/flows.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ctime>
#include <fstream>
#include <iterator>

#include "models/network/limits.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

constexpr double infinite_time = std::numeric_limits<double>::infinity();

void check_bytes(double bytes) {
  if (!(bytes > 0.0)) {
    throw Error(ErrorKind::input, "a flow has " + std::to_string(bytes) + " bytes to move", "give a positive number");
  }
}

double process_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

}  // namespace

void Flows::reserve(std::size_t flows, std::size_t entries) {
  rates_.reserve(flows, entries);
  states_.reserve(flows);
  heap_.reserve(flows);
  completed_.reserve(flows);
}

Flows::Flow Flows::add(std::span<const Link> route, double bytes, double weight) {
  check_bytes(bytes);
  const Flow flow = rates_.add(route, weight);
  start(flow, bytes);
  return flow;
}

Flows::Flow Flows::add(std::span<const LinkUse> uses, double bytes, double weight) {
  check_bytes(bytes);
  const Flow flow = rates_.add(uses, weight);
  start(flow, bytes);
  return flow;
}

void Flows::start(Flow flow, double bytes) {
  if (flow >= states_.size()) states_.resize(flow + 1);
  states_[flow] = State{bytes, now_, 0.0, MaxMin::none};
}

void Flows::remove(Flow flow) {
  rates_.remove(flow);
  if (states_[flow].place != MaxMin::none) drop(states_[flow].place);
  states_[flow].rate = 0.0;
}

void Flows::sift(std::uint32_t place, Key key) {
  const auto before = [](Key a, Key b) { return a.time < b.time || (a.time == b.time && a.flow < b.flow); };
  const std::uint32_t n = static_cast<std::uint32_t>(heap_.size());
  while (place > 0) {
    const std::uint32_t parent = (place - 1) / 4;
    if (!before(key, heap_[parent])) break;
    put(place, heap_[parent]);
    place = parent;
  }
  for (;;) {
    const std::uint32_t first = 4 * place + 1;
    if (first >= n) break;
    std::uint32_t least = first;
    for (std::uint32_t child = first + 1; child < std::min(first + 4, n); ++child) {
      if (before(heap_[child], heap_[least])) least = child;
    }
    if (!before(heap_[least], key)) break;
    put(place, heap_[least]);
    place = least;
  }
  put(place, key);
}

void Flows::rekey(Flow flow, double time) {
  std::uint32_t place = states_[flow].place;
  if (place == MaxMin::none) {
    place = static_cast<std::uint32_t>(heap_.size());
    heap_.emplace_back();
  }
  sift(place, Key{time, flow});
}

void Flows::drop(std::uint32_t place) {
  states_[heap_[place].flow].place = MaxMin::none;
  const Key last = heap_.back();
  heap_.pop_back();
  if (place < heap_.size()) sift(place, last);
}

void Flows::update() {
  if (!rates_.dirty()) return;
  rates_.solve();
  for (Flow flow : rates_.changed()) {
    State& state = states_[flow];
    if (state.rate > 0.0) state.left = std::max(0.0, state.left - state.rate * (now_ - state.since));
    state.since = now_;
    state.rate = rates_.rate(flow);
    rekey(flow, state.rate > 0.0 ? now_ + state.left / state.rate : infinite_time);
  }
}

std::span<const Flows::Flow> Flows::solve() {
  update();
  return rates_.changed();
}

double Flows::next_completion() {
  update();
  return heap_.empty() ? infinite_time : heap_.front().time;
}

double Flows::rate(Flow flow) {
  update();
  return states_[flow].rate;
}

double Flows::bytes_left(Flow flow) const {
  const State& state = states_[flow];
  return state.rate > 0.0 ? std::max(0.0, state.left - state.rate * (now_ - state.since)) : state.left;
}

void Flows::advance(double t) {
  const double next = next_completion();
  if (!(t >= now_) || t > next) {
    throw Error(ErrorKind::input, "the network's clock cannot move from " + std::to_string(now_) + " s to " +
                                      std::to_string(t) + " s past a completion at " + std::to_string(next) + " s");
  }
  now_ = t;
  completed_.clear();
  while (!heap_.empty() && heap_.front().time <= t * (1.0 + same_time) && heap_.front().time < infinite_time) {
    const Flow flow = heap_.front().flow;
    completed_.push_back(flow);
    remove(flow);
  }
}

FlowInstance read_flow_instance(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw Error(ErrorKind::input, "cannot open the flow file", "check its path", Place{path, 0, 0, {}, {}});
  FlowInstance instance;
  std::string line;
  int number = 0;
  std::size_t expected = 0;
  const auto fail = [&](const std::string& what, const std::string& hint) {
    throw Error(ErrorKind::input, what, hint, Place{path, number, 1, {}, line.substr(0, 120)});
  };
  std::vector<std::string_view> words;
  const auto split = [&] {
    words.clear();
    std::string_view rest(line);
    while (true) {
      const std::size_t begin = rest.find_first_not_of(" \t\r");
      if (begin == std::string_view::npos) return;
      rest.remove_prefix(begin);
      const std::size_t end = std::min(rest.find_first_of(" \t\r"), rest.size());
      words.push_back(rest.substr(0, end));
      rest.remove_prefix(end);
    }
  };
  const auto parse = [&](std::string_view word, auto& value, const char* what) {
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size()) {
      fail(std::string(what) + " is not a number: '" + std::string(word) + "'", "");
    }
  };
  while (std::getline(file, line)) {
    ++number;
    split();
    if (words.empty()) continue;
    if (instance.capacity == 0.0) {
      if (words.size() != 6 || words[0] != "links" || words[2] != "cap" || words[4] != "flows") {
        fail("the first line is not a header", "expected: links L cap C flows N");
      }
      parse(words[1], instance.links, "the number of links");
      parse(words[3], instance.capacity, "the capacity");
      parse(words[5], expected, "the number of flows");
      if (!(instance.capacity >= 1.0 && instance.capacity <= most_message_bytes))
        fail("the capacity of the links is outside 1 to 1e18", "give bytes a second, for example 50000000000");
      if (instance.links > static_cast<std::size_t>(most_links)) fail("more than a hundred million links", "");
      continue;
    }
    if (words.size() < 5) fail("a flow needs: src dst bytes nlinks link…", "leave no field out");
    double bytes = 0.0;
    std::size_t count = 0;
    parse(words[2], bytes, "the bytes");
    parse(words[3], count, "the number of links");
    if (!(bytes > 0.0 && bytes <= most_message_bytes))
      fail("the flow has no bytes to move, or more than 1e18", "give a positive number");
    if (words.size() != 4 + count) {
      fail("the flow names " + std::to_string(words.size() - 4) + " links and promises " + std::to_string(count), "");
    }
    for (std::size_t i = 4; i < words.size(); ++i) {
      MaxMin::Link link = 0;
      parse(words[i], link, "a link");
      if (link >= instance.links) {
        fail("link " + std::to_string(link) + " is outside 0.." + std::to_string(instance.links - 1), "");
      }
      instance.routes.push_back(link);
    }
    instance.bytes.push_back(bytes);
    instance.offsets.push_back(static_cast<std::uint32_t>(instance.routes.size()));
  }
  if (instance.capacity == 0.0) fail("the file is empty", "expected: links L cap C flows N");
  if (instance.flow_count() != expected) {
    fail("the header promises " + std::to_string(expected) + " flows and the file has " +
             std::to_string(instance.flow_count()),
         "the file may be cut short");
  }
  return instance;
}

FlowOutcome run_to_completion(const FlowInstance& instance) {
  const double begin = process_seconds();
  Flows flows(instance.links, instance.capacity);
  flows.reserve(instance.flow_count(), instance.routes.size());
  for (std::size_t f = 0; f < instance.flow_count(); ++f) flows.add(instance.route(f), instance.bytes[f]);
  FlowOutcome outcome;
  while (flows.flow_count() > 0) {
    flows.advance(flows.next_completion());
    outcome.makespan_s = flows.now();
    outcome.sum_completion_s += flows.now() * static_cast<double>(flows.completed().size());
  }
  outcome.solves = flows.rates().counters().solves;
  outcome.changed_rates = flows.rates().counters().changed_flows;
  outcome.cpu_s = process_seconds() - begin;
  return outcome;
}

}  // namespace nadc
