// Small worlds for tests, said in a few words: a Scenario with sane values, a study of one or more of them, and runs.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/build.hpp"
#include "models/metrics.hpp"
#include "models/network/pace.hpp"
#include "models/replica.hpp"
#include "models/scheduler/place.hpp"

namespace nadc::test {

inline constexpr std::int64_t monday = 1767571200;  // 2026-01-05 00:00, a Monday

inline NodeKindSpec node_kind(std::string name, std::int64_t gpus, double idle_w = 100, double busy_w = 1000,
                              double down_w = 10) {
  NodeKindSpec kind;
  kind.name = std::move(name);
  kind.gpus = gpus;
  kind.idle = Watts(idle_w);
  kind.busy = Watts(busy_w);
  kind.down = Watts(down_w);
  return kind;
}

inline ClassSpec job_class(std::string name, LawSpec gpus, LawSpec duration) {
  ClassSpec klass;
  klass.name = std::move(name);
  klass.gpus = std::move(gpus);
  klass.duration = std::move(duration);
  klass.request_factor = LawSpec::constant(1);
  klass.request_max = 30 * ticks_per_day;
  return klass;
}

// One cluster of one kind of node, no jobs: a pool of GPUs, first come first served, nothing overtakes.
inline Scenario machine(std::int64_t gpus, std::int64_t gpus_per_node, Tick horizon) {
  Scenario s;
  s.name = "test";
  s.start = monday;
  s.horizon = horizon;
  s.catalog.nodes.push_back(node_kind("node", gpus_per_node));
  s.fleet.node = "node";
  s.fleet.gpus = gpus;
  s.scheduler.backfill = Backfill::none;
  Places::choose<Pool>(s.scheduler.place);
  s.workload.arrivals.gap = LawSpec::exponential(1);
  s.reliability.repair = LawSpec::constant(3600);
  return s;
}

// The same as one site with one cluster, jobs placed by node.
inline Scenario cluster_of(std::int64_t nodes, Tick horizon, std::int64_t gpus_per_node = 8) {
  Scenario s = machine(nodes * gpus_per_node, gpus_per_node, horizon);
  Places::choose<BestFit>(s.scheduler.place);
  TrancheSpec tranche;
  tranche.node = "node";
  tranche.gpus = nodes * gpus_per_node;
  ClusterSpec cluster;
  cluster.name = "cluster";
  cluster.tranches = {tranche};
  SiteSpec site;
  site.name = "site";
  site.clusters = {cluster};
  s.sites = {site};
  s.fleet = {};
  return s;
}

inline TraceInput job(double submit_s, std::int64_t gpus, double duration_s, double request_s = 0,
                      std::string group = "", std::string klass = "") {
  TraceInput row;
  row.submit_s = submit_s;
  row.duration_s = duration_s;
  row.request_s = request_s > 0 ? request_s : duration_s;
  row.gpus = gpus;
  row.group = std::move(group);
  row.klass = std::move(klass);
  return row;
}

// Scenarios (levers) over one world. With a trace, each says so.
class Study {
 public:
  explicit Study(std::vector<Scenario> levers, std::uint64_t seed = 1)
      : levers_(std::move(levers)), builder_(levers_, nullptr, seed) {
    make_points();
  }
  Study(Scenario scenario, std::vector<TraceInput> jobs)
      : levers_{std::move(scenario)}, trace_{std::move(jobs), 0}, builder_(replayed(levers_), &trace_, 1) {
    make_points();
  }
  Study(const Study&) = delete;
  Study& operator=(const Study&) = delete;

  const World& world() const { return builder_.world(); }
  const Point& point(std::uint32_t lever = 0) const { return *reinterpret_cast<const Point*>(points_[lever].data()); }
  const WorldBuilder& builder() const { return builder_; }
  RandomKey key(std::uint32_t replica) const { return {world().seed, 0, replica}; }

  template <int Width = 1, class Observer = NoObserver>
  ReplicaResult run(std::uint32_t replica = 0, std::uint32_t lever = 0, Observer* observer = nullptr) const {
    return run_with<Width>(first_capacity(world(), point(lever)), replica, lever, observer);
  }
  template <int Width = 1, class Observer = NoObserver>
  ReplicaResult run_with(const Capacity& capacity, std::uint32_t replica = 0, std::uint32_t lever = 0,
                         Observer* observer = nullptr) const {
    ReplicaRunner<Width> runner;
    return runner.run(world(), point(lever), key(replica), capacity, observer);
  }

  std::uint64_t hash(const ReplicaResult& result) const { return hash_of(world(), result.raw(world())); }
  Metrics metrics(const ReplicaResult& result, std::uint32_t lever = 0) const {
    return finalize(world(), point(lever), result.raw(world()));
  }
  double site(const ReplicaResult& result, std::string_view name, std::uint32_t lever = 0) const {
    return value(site_metrics(), metrics(result, lever).site, name);
  }
  static double value(std::span<const MetricInfo> infos, const std::vector<double>& values, std::string_view name) {
    for (std::size_t i = 0; i < infos.size(); ++i)
      if (infos[i].name == name) return values[i];
    throw Error(ErrorKind::failed, "no metric " + std::string(name));
  }

 private:
  static const std::vector<Scenario>& replayed(std::vector<Scenario>& levers) {
    for (Scenario& scenario : levers) {
      scenario.workload.trace = "trace";
      if (scenario.workload.classes.empty())
        scenario.workload.classes.push_back(job_class("all", LawSpec::constant(1), LawSpec::constant(1)));
    }
    return levers;
  }
  void make_points() {
    for (std::uint32_t lever = 0; lever < levers_.size(); ++lever)
      points_.push_back(builder_.point(levers_[lever], lever, 0));
  }

  std::vector<Scenario> levers_;
  TraceInputs trace_;
  WorldBuilder builder_;
  std::vector<std::vector<std::byte>> points_;
};

// Does nothing, and is called.
struct Silent {
  static constexpr bool active = true;
  void restart() {}
  template <class D> void before(Tick, const D&) {}
  void started(Tick, const RunningJob&) {}
  void ended(Tick, const RunningJob&, Tick) {}
  void interrupted(Tick, const RunningJob&, Tick) {}
};

// Notes when each job of a trace started (first) and ended.
struct Diary : Silent {
  std::vector<Tick> start, end, wasted, lost;
  std::vector<int> segments;
  std::vector<Placement> where;
  void restart() { *this = Diary{}; }
  void started(Tick now, const RunningJob& run) {
    const std::size_t n = run.job.number;
    if (n >= start.size()) {
      start.resize(n + 1, -1);
      end.resize(n + 1, -1);
      wasted.resize(n + 1, 0);
      lost.resize(n + 1, 0);
      segments.resize(n + 1, 0);
      where.resize(n + 1);
    }
    if (segments[n]++ == 0) start[n] = now;
    where[n] = run.where;
  }
  void ended(Tick now, const RunningJob& run, Tick waste) {
    end[run.job.number] = now;
    wasted[run.job.number] = waste;
  }
  void interrupted(Tick, const RunningJob& run, Tick held_in_vain) { lost[run.job.number] += held_in_vain; }
};

}  // namespace nadc::test
