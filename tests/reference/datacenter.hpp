// A plain reference datacenter: the rules of docs/ in the shortest words that say them, to judge the simulator by.
//
// It reads the same World and Point and draws the same random numbers, so the histories of both are equal when both
// follow the rules. It shares no rule with models/: one std::map is the calendar, nodes and jobs stand in vectors, and
// everything that can be looked up is looked up anew each time. It is slow, and has no capacities and no caches.
//
// What it covers: arrivals, orders, windows, access, backfill, placement, several partitions and rates, deliveries,
// failures, crews, spares, slow nodes, outages, checkpoints, power limits, pods that slow jobs down, demand that
// answers, fair share that is forgotten, who gives way, triggers. Not: solved flows and calibrated surfaces of
// networks.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "models/scheduler/place.hpp"
#include "models/workload/job_source.hpp"
#include "models/world.hpp"
#include "sim/random.hpp"
#include "tests/reference/history.hpp"
#include "tests/reference/totals.hpp"

namespace nadc::reference {

struct Job {
  std::uint32_t cell = 0, number = 0, gpus = 0;
  Tick submit = 0;
  Tick useful = 0;   // work left, without checkpoints [ticks at full rate]
  Tick work = 0;     // the same with the checkpoints that it will make
  Tick request = 0;  // left of what was asked
  std::int64_t key = 0;
  Tick save_every = 0, save_cost = 0;
  std::uint32_t save_load = 0;
  int restarts = 0;

  // While it runs.
  std::uint32_t partition = 0;
  std::uint32_t held = 0;  // GPUs
  std::vector<int> nodes;  // of the partition; none where GPUs are a pool
  std::uint32_t pods = 1;
  Tick started = 0, since = 0;
  std::int64_t left_q16 = 0, request_q16 = 0;  // at `since`, restart included
  std::int64_t useful_q16 = 0;                 // work of this segment by then that is neither a restart nor a save
  double useful_time = 0;                      // that it took
  std::int64_t unmeasured_q16 = 0;             // of that work, what was done in the warm-up
  Tick changes = 0;                            // of its speed
  Tick restart_cost = 0;
  std::uint32_t rate = 0;
  std::int64_t full_mw = 0;  // above idle, at full clocks
  std::int64_t draw_mw = 0;  // now
};

struct Node {
  enum State { absent, dark, stands_by, up, down };
  State state = absent;
  Tick delivered = 0;
  std::uint32_t speed = q16_one;  // of its jobs; less where it is slow and nobody has found out
  std::uint64_t finding = 0;      // which discovery is awaited; 0: none
  std::uint64_t ticket = 0;       // of that
};

// GPUs that are taken for a time, now or by promise.
struct Taken {
  Tick from, until;
  std::uint32_t gpus;      // of the pool, or of the one node
  std::vector<int> nodes;  // whole nodes, or one
  bool whole;
};

class Datacenter {
 public:
  // What happens before `measured_from` is written down apart.
  Datacenter(const World& world, const Point& point, const RandomKey& key, Tick measured_from = 0);
  const History& run();
  const Ledger& ledger() const { return ledger_; }  // of a run to a horizon

 private:
  // The calendar: at one tick by rank, then by an identity: of repairs, outages and discoveries the lowest number that
  // was free; else in order of entry.
  using When = std::tuple<Tick, EventRank, std::uint64_t>;
  When at_time(Tick tick, EventRank rank, std::function<void()> what);
  When at_time(Tick tick, EventRank rank, std::uint64_t id, std::function<void()> what);
  std::uint64_t take_ticket();
  void leave_ticket(std::uint64_t ticket) { tickets_.erase(ticket); }

  // Jobs (datacenter.cpp).
  void arrive(std::uint32_t source);
  void submit(const nadc::Job& candidate);
  Job placed(Job job, std::uint32_t partition, std::vector<int> nodes) const;
  bool start(Job job);
  void end(std::uint32_t slot);
  void stop(std::uint32_t slot, bool with_notice);
  void progress(Job& job);  // brings its clocks to now, and writes down what it did
  std::uint32_t upper_load(std::uint32_t p) const;
  std::uint32_t level_in(std::uint32_t p) const;
  std::uint32_t rate_there(const Job& job, std::uint32_t load) const;
  bool set_rates();
  Event event_of(const Job& job, Happening what) const;
  std::int64_t useful_q16_of(const Job& job) const;
  Tick lost(const Job& job, std::int64_t kept_q16) const;
  Tick expected_end(const Job& job) const;
  Tick limit_of(const Job& job) const;
  void think();
  void reckon();
  Tick lost_if_stopped(const Job& job) const;

  // Who starts, and where (scheduling.cpp).
  enum class Answer { no, borrows, yes };
  Answer access_says(const Job& job) const;
  void pass();
  bool look_at_queue(bool borrowers, std::optional<Job>& head);
  enum class Found { nothing, place, other_speeds };
  Found start_if_possible(const Job& job, const std::optional<Job>& head);
  using Promised = std::set<std::pair<std::uint32_t, std::uint32_t>>;  // cell and number of jobs
  bool follow_plan(bool borrowers, std::vector<std::vector<Taken>>& plan, Promised& promised);
  Tick earliest_fit(const Job& job, std::uint32_t p, const std::vector<Taken>& taken) const;
  std::optional<std::vector<int>> places_for(const Job& job, std::uint32_t partition, const std::vector<Taken>& taken,
                                             Tick from, Tick until) const;
  std::vector<std::vector<Taken>> taken_by_running() const;
  Taken taking(const Job& job, std::uint32_t partition, const std::vector<int>& nodes, Tick from, Tick until) const;
  std::uint32_t held_by(const Job& job, std::uint32_t partition) const;
  std::uint32_t most_held_by(const Job& job) const;
  Tick longest_on(const Job& job, std::uint32_t partition) const;
  std::vector<std::uint32_t> partitions_for(const Job& job) const;

  // What breaks (reliability.cpp).
  void await_failure();
  void candidate_fails(const Uniforms& u, std::uint32_t number);
  void stop_jobs_on(std::uint32_t partition, int node, bool with_notice, std::uint32_t entity, std::uint32_t number);
  void drain(std::uint32_t partition, int node, Tick repair, std::uint32_t entity, std::uint32_t number);
  void take_out(std::uint32_t partition, int node, bool with_notice);
  void give_back(std::uint32_t partition, int node);
  void send_crews();
  void await_outage(std::uint32_t kind, Tick after, std::uint32_t number);
  void outage(std::uint32_t kind, const Uniforms& u, std::uint32_t number);

  // What is there, and what it draws (power.cpp).
  void deliver(std::uint32_t tranche);
  void switch_on();
  std::int64_t base_mw(std::uint32_t domain) const;
  std::int64_t full_mw(std::uint32_t domain) const;
  std::int64_t limit_mw(std::uint32_t domain) const;
  std::uint32_t level_for(std::uint32_t domain, std::int64_t full) const;
  bool power_for(const Job& job, std::uint32_t partition) const;
  std::int64_t job_mw(const Job& job, std::uint32_t partition) const;
  void keep_limits();
  std::vector<std::uint32_t> domains_of(std::uint32_t partition) const;

  // What triggers do (triggers.cpp).
  void await_looks();
  void look(std::uint32_t trigger);
  bool holds(std::uint32_t trigger) const;
  bool act(std::uint32_t trigger);
  void remember(Tick until);

  // What there is.
  bool by_node() const { return !Places::holds<Pool>(point_.place); }
  std::uint32_t gpus_per_node(std::uint32_t p) const { return parts_[p].shape.gpus_per_node; }
  std::uint32_t in_service(std::uint32_t p) const;
  std::uint32_t held_in(std::uint32_t p) const;
  std::uint32_t held_on(std::uint32_t p, int node) const;
  std::uint32_t group_of(const Job& job) const { return job.cell / world_.classes; }
  const ClassParams& class_of(const Job& job) const {
    return at(&point_, point_.classes).data[job.cell % world_.classes];
  }
  std::uint32_t speed(const Job& job, std::uint32_t p) const {
    return at(&point_, point_.rates)[job.cell * world_.partitions.count + p];
  }
  const double* tables() const { return at(&world_, world_.tables); }
  Uniforms draw_of(Stream stream, std::uint32_t entity, std::uint32_t number) const {
    return draw(key_, static_cast<std::uint32_t>(stream), entity, number);
  }
  State state() const;
  void write_span(Tick until);

  const World& world_;
  const Point& point_;
  const RandomKey key_;
  const JobSource source_;
  const PartitionWorld* const parts_;
  const Tick measured_from_;

  Tick now_ = 0;
  std::uint64_t entries_ = 0;
  std::map<When, std::function<void()>> calendar_;
  std::vector<ArrivalCursor> arrivals_;   // (source)
  std::vector<Job> waiting_;              // in order
  std::map<std::uint32_t, Job> running_;  // by the lowest number that was free
  std::map<std::uint32_t, When> ends_;    // of the running jobs
  std::vector<std::vector<Node>> nodes_;  // (partition)
  std::vector<std::uint32_t> delivered_;  // tranches, in order of number

  struct Broken {
    std::uint32_t partition;
    int node;
    Tick length;
    std::uint64_t ticket;
  };
  std::set<std::uint64_t> tickets_;  // of repairs, outages and discoveries that are awaited
  std::vector<Broken> broken_;       // that wait for a crew, first failed first
  std::uint32_t crews_at_work_ = 0;
  std::uint64_t findings_ = 0;
  std::vector<std::uint32_t> missing_;       // (partition) nodes that failed and that no spare has replaced
  std::vector<std::uint64_t> uplinks_lost_;  // (partition) nodes × share, in 1/65,536

  std::vector<std::int64_t> connected_mw_;   // (domain)
  std::vector<std::uint32_t> window_share_;  // (domain) in 1/65,536
  std::vector<std::uint32_t> level_;         // (domain)

  // Demand that answers.
  std::vector<Tick> believed_;         // (group)
  std::vector<std::uint64_t> demand_;  // (group) threshold of a uniform
  struct Start {
    Tick at, wait;
  };
  std::vector<std::vector<Start>> met_;   // (group) first starts
  std::vector<GroupResponse> responses_;  // at the prices of now

  // Triggers.
  struct Watch {
    std::vector<Tick> waits;            // of the period
    std::uint64_t held = 0, there = 0;  // GPU-ticks in it
    std::uint32_t in_a_row = 0, rest = 0, acts = 0;
  };
  std::vector<Watch> watches_;                // (trigger)
  std::vector<std::int64_t> quotas_;          // (group) in 10⁻⁹, as triggers left them
  std::vector<double> price_, warmup_price_;  // (group) over that of the start

  // Fair share.
  struct Held {
    std::uint32_t group, gpus;
    Tick from, until;
  };
  std::vector<std::uint64_t> used_;     // (group) GPU-ticks, as far as they are remembered
  std::vector<std::int64_t> standing_;  // (group) that over its share
  std::vector<Held> held_;              // by jobs that stopped since then
  Tick reckoned_ = 0;                   // then

  History history_;
  Ledger ledger_;
};

}  // namespace nadc::reference
