// One replica of a datacenter: the event loop that wires its parts together, the same for `run` and `sweep`, host and
// device. At one tick all events are applied, then the scheduler makes one pass. Each part owns its state and sees the
// others only as arguments; what touches several is a transaction (models/transactions_of_*.hpp).
//
// Width is the lane group's (1 on the host); Observer sees everything and can change nothing; Flow, on the host, gives
// jobs their speed from the flows of all (models/network/flow_pace.hpp), at the end of every tick at which one started
// or ended.
//
// Memory: one block of bytes(…), handed in; nothing is allocated. A status other than done means that nothing that was
// counted holds: a capacity was too small; or a replay without horizon stalled, since at most_futile moments in a row
// jobs were interrupted that had saved nothing, and none ended.
#pragma once
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "models/loop/agenda.hpp"
#include "models/loop/carver.hpp"
#include "models/loop/frame.hpp"
#include "models/loop/ledger.hpp"
#include "models/network/tier_load.hpp"
#include "models/paranoid.hpp"
#include "models/policy/triggers.hpp"
#include "models/power/domains.hpp"
#include "models/power/victim.hpp"
#include "models/reliability/failure_source.hpp"
#include "models/reliability/faults.hpp"
#include "models/run/running_jobs.hpp"
#include "models/run/speed.hpp"
#include "models/scheduler/conservative.hpp"
#include "models/scheduler/easy.hpp"
#include "models/scheduler/openings.hpp"
#include "models/scheduler/order.hpp"
#include "models/scheduler/queue.hpp"
#include "models/scheduler/releases.hpp"
#include "models/site/fleet_state.hpp"
#include "models/workload/arrivals.hpp"

namespace nadc {

// What an observer is shown.
struct Snapshot {
  Tick now;
  std::uint64_t waiting, running;  // jobs
  std::uint64_t gpus_busy, gpus_in_service, gpus_down, gpus_dark, gpus_spare;
  std::int64_t it_power_mw;
};

struct NoObserver {
  static constexpr bool active = false;
};

// An observer that is also shown the jobs that the end cuts off.
template <class Observer>
concept SeesTheEnd = requires(Observer& observer, Tick now, const RunningJob& run, const WaitingJob& job) {
  observer.still_running(now, run, now);
  observer.still_waiting(now, job);
};

template <int Width, class Observer = NoObserver, class Flow = NoFlowPace> class Datacenter {
 public:
  // fast_bytes: of a fast block, which takes arrays while they fit; the result is what the slow one must hold.
  NADC_HD static std::size_t bytes(const World& world, const Point& point, const Capacity& capacity,
                                   std::size_t fast_bytes = 0) {
    return Datacenter(world, point, {}, capacity, nullptr, nullptr, {nullptr, fast_bytes}).bytes_;
  }

  NADC_HD Datacenter(const World& world, const Point& point, const RandomKey& key, const Capacity& capacity,
                     void* memory, Observer* observer = nullptr, FastBlock fast = {}, Flow* flow = nullptr)
      : f_(world, point, key, capacity), observer_(observer), flow_(flow) {
    Carver carver(memory, fast);
    lay_out(carver, Heat::hot);
    lay_out(carver, Heat::cold);
    bytes_ = carver.used();
  }

  NADC_HD Status run() {
    start();
    while (f_.status == Status::done) {
      auto next = agenda_.next(f_);
      const Tick tick = next.tick();
      if (!next.pending() || tick > f_.world.horizon) break;
      if constexpr (Observer::active) observer_->before(tick, *this);
      f_.now = tick;
      do {
        apply(next.slot);
        ++event_count_;
        next = agenda_.next(f_);
      } while (next.tick() == tick && next.pending() && f_.status == Status::done);
      if (f_.point.limited) keep_limits();
      schedule();
      if (f_.point.limited) keep_limits();
      queue_.await_rekey(f_, agenda_);
      if constexpr (Flow::active) follow_flows();
      if constexpr (paranoid)
        if (f_.status == Status::done) paranoid_.check(*this);
      power_.note_power(f_);
      if (f_.world.horizon >= never && futile_ >= most_futile) f_.status = Status::stalled;
      if (f_.world.horizon >= never && arrivals_.over() && jobs_.running() == 0 && trace_is_done()) break;
    }
    if (f_.status == Status::done) finish();
    return f_.status;
  }

  NADC_HD Snapshot snapshot() const {
    Snapshot shot{f_.now, queue_.size(), jobs_.running(), jobs_.gpus_busy(), 0, 0, 0, 0, power_.power_mw()};
    for (const PartitionId p : f_.partitions()) {
      shot.gpus_in_service += fleet_[p].in_service;
      shot.gpus_down += fleet_[p].down;
      shot.gpus_dark += fleet_[p].dark;
      shot.gpus_spare += fleet_[p].spare;
    }
    return shot;
  }
  NADC_HD Raw raw() const { return ledger_.raw(f_); }
  NADC_HD const void* raw_memory() const { return ledger_.memory(); }
  NADC_HD const RawShape& raw_shape() const { return f_.shape; }
  NADC_HD const World& world() const { return f_.world; }
  NADC_HD const Point& point() const { return f_.point; }
  NADC_HD const PowerDomain& domain(DomainId d) const { return power_[d]; }
  NADC_HD const Partition<Width>& partition(PartitionId p) const { return fleet_[p]; }
  NADC_HD Ids<SlotId> slots() const { return f_.slots(); }
  NADC_HD const RunningJob& job_in(SlotId slot) const { return jobs_[slot]; }  // rate 0: the slot is free
  // The job in the slot owns the whole node, among others.
  NADC_HD bool holds(SlotId slot, NodeId node) const {
    const Placement& where = jobs_[slot].where;
    return where.nodes && jobs_.holds(f_, where.partition, where, node);
  }
  NADC_HD PaceView pace_view(const RunningJob& run) const {
    return nadc::pace_view(f_, tiers_, f_.shape.class_of(run.job.cell), run.where);
  }

 private:
  static constexpr bool paranoid = always_paranoid || wants_paranoia<Observer>;
  friend class Paranoid<Datacenter>;
  static constexpr std::uint32_t most_futile = 10000;

  NADC_HD void lay_out(Carver& carver, Heat heat) {
    const World& world = f_.world;
    const Point& point = f_.point;
    const Capacity& capacity = f_.capacity;
    agenda_.layout(carver, heat, world, point, capacity);
    ledger_.layout(carver, heat, world);
    power_.layout(carver, heat, world);
    fleet_.layout(carver, heat, world, point);
    tiers_.layout(carver, heat, world);
    arrivals_.layout(carver, heat, world, point);
    triggers_.layout(carver, heat, point);
    failures_.layout(carver, heat, point);
    faults_.layout(carver, heat, capacity);
    jobs_.layout(carver, heat, capacity, fleet_.node_words());
    queue_.layout(carver, heat, world, point, capacity);
    releases_.layout(carver, heat, world, point, capacity);
  }

  NADC_HD void start() {
    ledger_.start(f_);
    agenda_.start(f_);
    arrivals_.start(f_, agenda_);
    triggers_.start(f_, agenda_);
    fleet_.start(f_, agenda_);
    tiers_.start(f_);
    power_.start(f_, agenda_);
    failures_.start(f_, agenda_);
    faults_.start(f_);
    jobs_.start(f_);
    queue_.start(f_, agenda_);
    if (f_.shape.periods > 1) agenda_.set(f_, EventKind::period, at(&f_.world, f_.world.period_ends)[0]);
  }

  NADC_HD void apply(std::uint32_t slot) {
    const auto [kind, i] = agenda_.event_in(slot);
    switch (kind) {
      case EventKind::completion:
        return end_job(SlotId(i));
      case EventKind::arrival:
        return arrivals_.arrive(f_, agenda_, ledger_, SourceId(i), [this](const Job& job) { enqueue(job); });
      case EventKind::delivery:
        return deliver(TrancheId(i));
      case EventKind::connection:
        return connect(GridStepId(i));
      case EventKind::repair:
        return repair(RepairId(i));
      case EventKind::outage:
        return outage(OutageId(i));
      case EventKind::failure:
        return failure();
      case EventKind::period:
        return turn_period();
      case EventKind::meter:
        return power_.read_meter(f_, agenda_, ledger_);
      case EventKind::window:
        queue_.look_again();
        return power_.turn_window(f_, agenda_);
      case EventKind::rekey:
        return queue_.rekey(f_, agenda_);
      case EventKind::trigger:
        return pull(TriggerId(i));
      default:
        return arrivals_.think(f_, agenda_, ledger_, queue_.waiting());
    }
  }

  // ---- transactions: models/transactions_of_*.hpp

  // Of jobs.
  NADC_HD void enqueue(const Job& job);
  NADC_HD void schedule();
  NADC_HD void pass_in_order();
  NADC_HD PartitionId choose(const WaitingJob& job);
  NADC_HD Tick end_if_started(const WaitingJob& job, PartitionId p);
  NADC_HD void start_job(PlaceId place, PartitionId p);
  NADC_HD Placement take_gpus(const WaitingJob& job, PartitionId p, SetId set);
  NADC_HD void give_gpus(const Placement& where);
  NADC_HD void end_job(SlotId slot);
  NADC_HD void interrupt(SlotId slot, Notice notice);
  NADC_HD void vacate(SlotId slot, const RunningJob& run);
  NADC_HD void set_speed(SlotId slot, Speed speed);
  NADC_HD Speed start_speed(const WaitingJob& job, const Placement& where, std::uint32_t slow) const;
  NADC_HD Speed speed_now(const RunningJob& run) const;
  NADC_HD std::uint32_t speed_of_nodes(const Placement& where) const;
  NADC_HD void span(PartitionId p, std::int64_t sixteenths);
  void follow_flows();
  // Of power.
  NADC_HD void keep_limits();
  NADC_HD SlotId victim(DomainId d) const;
  NADC_HD void retune(DomainId d);
  NADC_HD bool is_in(const RunningJob& run, DomainId d) const;
  // Of nodes. Cause: what stops jobs, for the draw of a pool's victims.
  struct Cause {
    std::uint32_t entity, number;
    Notice notice = Notice::none;
  };
  NADC_HD void change_duty(PartitionId p, Duty from, Duty to, std::uint32_t nodes);
  NADC_HD void lose_node(PartitionId p, NodeId node);
  NADC_HD void regain_node(PartitionId p, NodeId node);
  NADC_HD void deliver(TrancheId t);
  NADC_HD void connect(GridStepId g);
  NADC_HD void switch_on(SiteId site);
  NADC_HD void failure();
  NADC_HD void drain(PartitionId p, NodeId node, Tick length, Cause cause);
  NADC_HD void degrade(const NodeFailure& failed);
  NADC_HD void repair(RepairId entry);
  NADC_HD void outage(OutageId o);
  NADC_HD void change_uplinks(PartitionId p, NodeId begin, NodeId end, OutageId o, int direction);
  NADC_HD void stop_jobs(PartitionId p, NodeId node, std::uint32_t gpus, Cause cause);
  NADC_HD void evict_from_pool(PartitionId p, std::uint32_t gpus, Cause cause);
  // Of policy.
  NADC_HD void pull(TriggerId t);
  // Of time.
  NADC_HD void turn_period();
  NADC_HD void finish();
  NADC_HD void count_unended();
  NADC_HD void count_unended(const WaitingJob& job);
  NADC_HD bool trace_is_done() const;

  NADC_HD Openings<Width> openings() const { return {f_, fleet_, power_}; }
  // What the ledger asks for when it cuts a period.
  NADC_HD auto gpus_now() const {
    return [this](PartitionId p) -> const Partition<Width>& { return fleet_[p]; };
  }
  NADC_HD auto capped_now() const {
    return [this](DomainId d) { return std::uint64_t{power_[d].capped}; };
  }
  // In which the group needs its results.
  NADC_HD Tick needed_within(GroupId group) const { return at(&f_.point, f_.point.group_money)[group].within; }

  Frame<Width> f_;
  Observer* observer_;
  Flow* flow_;
  Agenda<Width> agenda_;
  Ledger<Width> ledger_;
  PowerDomains<Width> power_;
  FleetState<Width> fleet_;
  TierLoad<Width> tiers_;
  Arrivals<Width> arrivals_;
  Triggers<Width> triggers_;
  FailureSource<Width> failures_;
  Faults<Width> faults_;
  RunningJobs<Width> jobs_;
  Queue<Width> queue_;
  ReleaseTimes<Width> releases_;
  Easy<Width> easy_;
  Conservative<Width> plan_;
  std::uint64_t event_count_ = 0, passes_ = 0;
  std::uint32_t futile_ = 0;  // moments of interruptions since a job last ended or kept something
  Tick futile_at_ = -1;       // the last
  std::size_t bytes_ = 0;     // of the block
  [[no_unique_address]] std::conditional_t<paranoid, Paranoid<Datacenter>, Trusting> paranoid_;
};

}  // namespace nadc

#include "models/transactions_of_jobs.hpp"
#include "models/transactions_of_policy.hpp"
#include "models/transactions_of_schedule.hpp"
#include "models/transactions_of_site.hpp"
