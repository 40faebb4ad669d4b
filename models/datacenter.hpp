// One replica of a datacenter: the event loop that wires the rooms together, the same for `run` and `sweep`, host and
// device. At one tick all events are applied, then the scheduler makes one pass. Width is the lane group's (1 on the
// host); Observer sees everything and can change nothing; Flow, on the host, gives jobs their speed from the flows of
// all (models/network/flow_pace.hpp), at the end of every tick at which one started or ended.
//
// Memory: one block of bytes(…), handed in; nothing is allocated. A status other than done means that nothing that was
// counted holds: a capacity was too small; or a replay without horizon stalled, since at most_futile moments in a row
// jobs were interrupted that had saved nothing, and none ended.
#pragma once
#include <cstdint>
#include <type_traits>

#include "models/access/admit.hpp"
#include "models/loop/agenda.hpp"
#include "models/loop/ledger.hpp"
#include "models/network/pace.hpp"
#include "models/network/tier_load.hpp"
#include "models/paranoid.hpp"
#include "models/power/domains.hpp"
#include "models/power/draw.hpp"
#include "models/reliability/failure_source.hpp"
#include "models/reliability/faults.hpp"
#include "models/run/running_jobs.hpp"
#include "models/scheduler/order.hpp"
#include "models/site/fleet_state.hpp"
#include "models/state.hpp"
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
    lay_out(memory, fast);
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
    Snapshot shot{f_.now, waiting_.size(), jobs_.running(), jobs_.gpus_busy(), 0, 0, 0, 0, power_.power_mw()};
    for (std::uint32_t p = 0; p < f_.world.partitions.count; ++p) {
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
  NADC_HD const PowerDomain& domain(std::uint32_t d) const { return power_[d]; }
  NADC_HD const Partition<Width>& partition(std::uint32_t p) const { return fleet_[p]; }
  NADC_HD std::uint32_t slots() const { return f_.capacity.slots; }
  NADC_HD const RunningJob& job_in(std::uint32_t slot) const { return jobs_[slot]; }  // rate 0: the slot is free
  // The job in the slot owns the whole node, among others.
  NADC_HD bool holds(std::uint32_t slot, std::uint32_t node) const {
    const Placement& where = jobs_[slot].where;
    return where.nodes && jobs_.holds(f_, where.partition, where, node);
  }
  NADC_HD PaceView pace_view(const RunningJob& run) const {
    return pace_view(f_.classes[run.job.cell % f_.shape.classes], run.where);
  }

 private:
  static constexpr bool paranoid = always_paranoid || wants_paranoia<Observer>;
  friend class Paranoid<Datacenter>;
  using L = Lanes<Width>;
  static constexpr std::uint32_t none = 0xffffffffu;
  static constexpr std::uint32_t most_futile = 10000;
  static constexpr std::uint32_t most_gaps = 32;  // in a short queue before a scan closes them

  NADC_HD static WheelShape wheel_shape(const World& world) {
    WheelShape shape;
    // Most requests are due within a turn of 12 days; buckets of 4 minutes keep their lists short.
    shape.shift = world.largest_request_log2 > 30   ? 18
                  : world.largest_request_log2 > 12 ? world.largest_request_log2 - 12
                                                    : 0;
    return shape;
  }
  // With no memory it measures.
  NADC_HD void lay_out(void* memory, FastBlock fast) {
    Carver carver(memory, fast);
    const auto lay = [&](Heat heat) {
      agenda_.layout(carver, heat, f_.world, f_.point, f_.capacity);
      ledger_.layout(carver, heat, f_.world);
      power_.layout(carver, heat, f_.world);
      fleet_.layout(carver, heat, f_.world, f_.point);
      tiers_.layout(carver, heat, f_.world);
      arrivals_.layout(carver, heat, f_.world, f_.point);
      failures_.layout(carver, heat, f_.point);
      faults_.layout(carver, heat, f_.capacity);
      jobs_.layout(carver, heat, f_.capacity, fleet_.node_words());
      a_.layout(carver, heat, f_.world, f_.point, f_.capacity, wheel_shape(f_.world));
    };
    lay(Heat::hot);
    lay(Heat::cold);
    bytes_ = carver.used();
  }

  // What the ledger asks for when it cuts a period.
  NADC_HD auto gpus_now() const {
    return [this](std::uint32_t p) -> const Partition<Width>& { return fleet_[p]; };
  }
  NADC_HD auto capped_now() const {
    return [this](std::uint32_t d) { return std::uint64_t{power_[d].capped}; };
  }

  // ---- the frame of a run

  NADC_HD void start() {
    ledger_.start(f_);
    agenda_.start(f_);
    waiting_.init(f_.lanes, a_.waiting, f_.capacity.waiting, wall_columns(f_.world, f_.point), f_.shape.classes);
    jobs_.start(f_);
    f_.lanes.for_each(f_.shape.groups, [&](std::uint32_t g) { a_.group_busy[g] = 0; });
    arrivals_.start(f_, agenda_);
    fleet_.start(f_, agenda_);
    tiers_.start(f_);
    failures_.start(f_, agenda_);
    faults_.start(f_);
    if (f_.shape.periods > 1) agenda_.set(f_, EventKind::period, 0, at(&f_.world, f_.world.period_ends)[0]);
    power_.start(f_, agenda_);
  }

  NADC_HD void finish() {
    // A horizon without end is one that stops when the trace is done.
    if (f_.world.horizon < never) f_.now = f_.world.horizon;
    if constexpr (Observer::active) observer_->before(f_.now, *this);
    jobs_.settle_all(f_, ledger_);
    ledger_.close(f_, gpus_now(), capped_now(), power_.peaks());
    count_unended();
    const Raw raw = ledger_.raw(f_);
    f_.lanes.once([&] {
      raw.end[RawShape::end_tick] = static_cast<std::uint64_t>(f_.now);
      raw.end[RawShape::waiting_at_end] = waiting_.size();
      raw.end[RawShape::events] = event_count_;
      raw.end[RawShape::scheduling_passes] = passes_;
      raw.end[RawShape::target_tick] = static_cast<std::uint64_t>(fleet_.target(f_));
    });
    f_.lanes.for_each(f_.shape.partitions, [&](std::uint32_t p) { raw.installed[p] = fleet_[p].installed(); });
  }

  // The waits and lives so far of the jobs that the end cuts off.
  NADC_HD void count_unended() {
    for (std::uint32_t i = 0; i < waiting_.end(); ++i)
      if (waiting_.present(i)) count_waiting(waiting_[i]);
    jobs_.for_each(f_, [&](std::uint32_t slot) {
      const RunningJob& run = jobs_[slot];
      count_unended(run.job);
      if constexpr (SeesTheEnd<Observer>)
        observer_->still_running(f_.now, run, f_.now - run.segment_start - run.useful_time);
    });
  }
  NADC_HD void count_waiting(const WaitingJob& job) {
    if (!job.restarts) {
      const std::uint32_t first = f_.shape.ended_sketches();
      ledger_.count_in_sketch(f_, first + job.cell / f_.shape.classes, f_.now - job.submit);
      ledger_.count_in_sketch(f_, first + f_.shape.groups + job.cell % f_.shape.classes, f_.now - job.submit);
    }
    count_unended(job);
    if constexpr (SeesTheEnd<Observer>) observer_->still_waiting(f_.now, job);
  }
  NADC_HD void count_unended(const WaitingJob& job) {
    const std::uint32_t group = job.cell / f_.shape.classes;
    ledger_.count_in_sketch(f_, f_.shape.ended_sketches() + f_.shape.groups + f_.shape.classes + group,
                            f_.now - job.submit);
    if (f_.now - job.submit > needed_within(group)) f_.lanes.once([&] { ++ledger_.cell(job.cell, overdue); });
  }
  // In which the group needs its results.
  NADC_HD Tick needed_within(std::uint32_t group) const { return at(&f_.point, f_.point.group_money)[group].within; }

  // No job is left, or none that could ever start: nothing runs, and the whole machine is in service.
  NADC_HD bool trace_is_done() const {
    if (waiting_.size() == 0) return true;
    std::uint64_t well = 0;
    for (std::uint32_t p = 0; p < f_.shape.partitions; ++p) well += fleet_[p].in_service + fleet_[p].spare;
    return well == f_.point.target_gpus;
  }

  NADC_HD void apply(std::uint32_t slot) {
    const auto [kind, i] = agenda_.event_in(slot);
    switch (kind) {
      case EventKind::completion:
        return complete(i);
      case EventKind::arrival:
        return arrivals_.arrive(f_, agenda_, ledger_, i, [this](const Job& job) { enqueue(job); });
      case EventKind::delivery:
        return deliver(i);
      case EventKind::connection:
        return connect(i);
      case EventKind::repair:
        return repair(i);
      case EventKind::outage:
        return outage(i);
      case EventKind::failure:
        return failure();
      case EventKind::period:
        return turn_period();
      case EventKind::meter:
        return power_.read_meter(f_, agenda_, ledger_);
      case EventKind::window:
        rescan_ = true;
        return power_.turn_window(f_, agenda_);
      default:
        return arrivals_.think(f_, agenda_, ledger_, waiting_);
    }
  }

  NADC_HD void turn_period() {
    jobs_.settle_all(f_, ledger_);
    ledger_.close(f_, gpus_now(), capped_now(), power_.peaks());
    ledger_.open_next(f_, gpus_now(), capped_now());
    const std::uint32_t period = ledger_.period();
    if (period == f_.world.first_measured_period) jobs_.end_warmup(f_);
    power_.forget_peaks();
    const Tick end = at(&f_.world, f_.world.period_ends)[period];
    agenda_.set(f_, EventKind::period, 0, period + 1 < f_.shape.periods ? end : never);
  }

  // ---- arrivals

  NADC_HD void enqueue(const Job& job) {
    const ClassParams& klass = f_.classes[job.cell % f_.shape.classes];
    WaitingJob waiting;
    waiting.submit = job.submit;
    waiting.duration = job.duration;
    const SavePlan saving =
        saving_of(klass.saving, f_.point.store, job.gpus, nodes_of(f_.world, job.gpus), jobs_.store_load());
    waiting.save_every = saving.every;
    waiting.save_cost = saving.cost;
    waiting.save_load = saving.load;
    waiting.work = with_saves(saving, job.duration);
    // Saves come on top of what was asked, unless that is a limit that a trace states.
    const bool stated = f_.point.kills && f_.world.trace.count > 0;
    waiting.request = job.request + (stated ? 0 : waiting.work - job.duration);
    waiting.number = job.number;
    waiting.gpus = job.gpus;
    waiting.cell = job.cell;
    waiting.outcome = static_cast<std::uint8_t>(job.outcome);
    waiting.key = order_key(waiting);
    waiting.most_held = most_held(waiting);
    insert(waiting);
  }

  NADC_HD std::int64_t order_key(const WaitingJob& job) const {
    const OrderView view{job.submit, job.request, job.gpus,
                         at(&f_.point, f_.point.priorities)[job.cell / f_.shape.classes]};
    return Orders::visit(f_.point.order, [&](const auto& order) { return order(view); });
  }

  // A job that goes behind all that was looked at leaves that so.
  NADC_HD void insert(const WaitingJob& job) {
    waiting_.trim();
    settle_scan();
    std::uint32_t place = waiting_.place_of(job), room = waiting_.room(f_.lanes, place);
    if (room == waiting_.none) {
      const std::uint32_t scanned = waiting_.present_before(f_.lanes, scanned_),
                          head = head_ != none ? waiting_.present_before(f_.lanes, head_) : none;
      using Gaps = typename Waiting<Width>::Gaps;
      if (!waiting_.compact(f_.lanes, place == waiting_.end() ? Gaps::closed : Gaps::spread)) {
        f_.status = Status::waiting_full;
        return;
      }
      scanned_ = scanned ? waiting_.place_of_rank(scanned - 1) + 1 : 0;
      if (head_ != none) head_ = waiting_.place_of_rank(head);
      place = waiting_.place_of(job);
      room = waiting_.room(f_.lanes, place, none);
    }
    if (place < scanned_ || (head_ != none && place <= head_)) moved_ = true;
    if (head_ != none && head_borrows_) moved_ = true;  // it may go before those who borrow
    if (f_.by_use && counted_ && (f_.may_borrow || f_.point.backfill == Backfill::conservative)) look_deeper_ = true;
    waiting_.insert(f_.lanes, job, shortest_request(job), place, room);
    f_.lanes.once([&] { ledger_.join(f_, job.cell / f_.shape.classes); });
  }

  // What was looked at ends with a job, or there is none.
  NADC_HD void settle_scan() {
    if (scanned_ > waiting_.end()) scanned_ = waiting_.end();
    while (scanned_ > waiting_.first() && !waiting_.present(scanned_ - 1)) --scanned_;
    if (scanned_ <= waiting_.first()) scanned_ = 0;
  }

  // The job at `place` leaves the queue.
  NADC_HD void leave(std::uint32_t place) {
    const std::uint32_t group = waiting_[place].cell / f_.shape.classes;
    f_.lanes.once([&] { ledger_.leave(f_, group); });
    waiting_.remove(f_.lanes, place);
    ++left_;
  }

  // ---- the scheduling pass: models/scheduler/pass.hpp
  NADC_HD void schedule();
  NADC_HD void turn_away();
  NADC_HD void schedule_in_order();
  NADC_HD bool is_still_head() const;
  NADC_HD void first_round();
  NADC_HD bool second_round();
  NADC_HD void begin_pass();
  NADC_HD bool advance();
  // What the scan of a pass looks for, made when it is first needed; good until something starts.
  struct BackfillScan {
    std::uint32_t largest = none;  // GPUs of a job that fits anywhere
    bool ready = false;            // what follows is made
    WaitingFilter filter{};
  };
  NADC_HD std::uint32_t next_candidate(std::uint32_t from, std::uint32_t to, BackfillScan& scan);
  NADC_HD bool takes_place(std::uint32_t place) const;
  NADC_HD bool may_take_places(std::uint32_t block) const;
  NADC_HD AdmitView admit_view(std::uint32_t group, std::uint32_t gpus) const;
  NADC_HD void find_room(std::uint32_t group);
  NADC_HD void close_gaps();
  NADC_HD void count_held_back();
  NADC_HD bool is_walled_out(const WaitingJob& job) const;
  NADC_HD bool hides_jobs() const;
  NADC_HD std::uint32_t next_to_backfill(std::uint32_t from, std::uint32_t to, BackfillScan& scan);
  NADC_HD WaitingFilter backfill_filter();
  NADC_HD std::uint32_t spare_gpus(std::uint32_t p);
  NADC_HD void schedule_by_plan();
  NADC_HD void begin_plan();
  NADC_HD void start_due_jobs();
  NADC_HD void plan_job(std::uint32_t place);
  NADC_HD Tick earliest(const WaitingJob& job, std::uint32_t p);
  NADC_HD void reserve_in_plan(std::uint32_t p, Tick start, Tick length, std::uint32_t gpus);
  NADC_HD void base_plan(std::uint32_t p, Tick end, std::int64_t gpus);
  NADC_HD bool admissible(const WaitingJob& job) const;
  NADC_HD Verdict verdict(const WaitingJob& job) const;
  NADC_HD std::uint32_t rate_of(const WaitingJob& job, std::uint32_t p) const;
  NADC_HD std::uint32_t held(const WaitingJob& job, std::uint32_t p) const;
  NADC_HD std::uint32_t most_held(const WaitingJob& job) const;
  NADC_HD bool fits(const WaitingJob& job, std::uint32_t p) const;
  NADC_HD std::uint32_t largest_fit(std::uint32_t p) const;
  NADC_HD std::uint32_t largest_fit() const;
  NADC_HD Tick restart_of(const WaitingJob& job) const;
  NADC_HD Tick shortest_request(const WaitingJob& job) const;
  NADC_HD Tick request_at(const WaitingJob& job, std::uint32_t rate) const;
  NADC_HD Tick request_on(const WaitingJob& job, std::uint32_t p) const;
  NADC_HD std::uint32_t choose_partition(const WaitingJob& job) const;
  NADC_HD std::uint32_t choose_backfill(const WaitingJob& job);
  NADC_HD bool leaves_reservation(const WaitingJob& job, std::uint32_t p);
  NADC_HD std::uint64_t reserved_units(const WaitingJob& job, std::uint32_t p) const;
  NADC_HD Tick end_if_started(const WaitingJob& job, std::uint32_t p);
  NADC_HD void reserve(const WaitingJob& job);
  NADC_HD typename Releases<Width>::Reservation reservation_in(std::uint32_t p, std::uint32_t gpus);

  // ---- running jobs: models/scheduler/running.hpp
  NADC_HD void launch(std::uint32_t place, std::uint32_t p);
  NADC_HD Placement take(const WaitingJob& job, std::uint32_t p, std::uint32_t set);
  NADC_HD void foresee(std::uint32_t slot, const Placement& where, Tick end);
  NADC_HD void forget(std::uint32_t slot, const Placement& where);
  NADC_HD PaceView pace_view(const ClassParams& klass, const Placement& where) const;
  NADC_HD std::int64_t upward(const PaceView& view, std::uint32_t gpus) const;
  NADC_HD std::uint32_t paced(std::uint32_t base, const PaceView& view) const;
  NADC_HD static std::uint32_t at_pace(std::uint32_t base, std::uint32_t pace);
  NADC_HD void span(std::uint32_t p, std::int64_t sixteenths);
  NADC_HD bool feels_load(std::uint32_t slot, std::uint32_t p) const;
  void follow_flows();
  NADC_HD Speed start_speed(const WaitingJob& job, const Placement& where, std::uint32_t slow) const;
  NADC_HD void set_rate(std::uint32_t slot, Speed speed);
  NADC_HD void complete(std::uint32_t slot);
  NADC_HD void interrupt(std::uint32_t slot, Notice notice = Notice::none);
  NADC_HD void vacate(std::uint32_t slot, const RunningJob& run);

  // ---- power: models/power/in_loop.hpp
  NADC_HD std::int64_t full_draw(const WaitingJob& job, std::uint32_t p, std::uint32_t gpus) const;
  NADC_HD bool has_power(const WaitingJob& job, std::uint32_t p) const;
  NADC_HD void hold_back(const WaitingJob& job);
  NADC_HD void keep_limits();
  NADC_HD std::uint32_t newest_job(std::uint32_t d) const;
  NADC_HD void retune(std::uint32_t d);
  NADC_HD Speed speed_now(const RunningJob& run) const;
  NADC_HD std::uint32_t slowed(std::uint32_t rate, std::uint32_t speed_q16, std::uint32_t k, std::uint32_t level) const;

  // ---- nodes, deliveries and connections: models/site/in_loop.hpp
  NADC_HD void change_duty(std::uint32_t p, Duty from, Duty to, std::uint32_t nodes);
  NADC_HD void lose_node(std::uint32_t p, std::uint32_t node);
  NADC_HD void regain_node(std::uint32_t p, std::uint32_t node);
  NADC_HD void deliver(std::uint32_t t);
  NADC_HD void connect(std::uint32_t g);
  NADC_HD void switch_on(std::uint32_t site);

  // ---- failures, outages, repairs: models/reliability/in_loop.hpp
  // What stops jobs, for the draw of a pool's victims.
  struct Cause {
    std::uint32_t entity, number;
    Notice notice = Notice::none;
  };
  NADC_HD void failure();
  NADC_HD void stop_jobs(std::uint32_t p, std::uint32_t node, std::uint32_t gpus, Cause cause);
  NADC_HD void drain(std::uint32_t p, std::uint32_t node, Tick length, Cause cause);
  NADC_HD void repair(std::uint32_t entry);
  NADC_HD void degrade(const NodeFailure& failed);
  NADC_HD std::uint32_t speed_of_nodes(std::uint32_t p, const Placement& where) const;
  NADC_HD void outage(std::uint32_t o);
  NADC_HD void change_uplinks(std::uint32_t p, std::uint32_t begin, std::uint32_t end, std::uint32_t o, int direction);
  NADC_HD void evict_from_pool(std::uint32_t p, std::uint32_t gpus, Cause cause);

  Frame<Width> f_;
  Observer* observer_;
  Flow* flow_;
  Agenda<Width> agenda_;
  Ledger<Width> ledger_;
  PowerDomains<Width> power_;
  FleetState<Width> fleet_;
  TierLoad<Width> tiers_;
  Arrivals<Width> arrivals_;
  FailureSource<Width> failures_;
  Faults<Width> faults_;
  RunningJobs<Width> jobs_;
  Arrays<Width> a_;
  std::size_t bytes_ = 0;  // of the block
  Waiting<Width> waiting_;
  std::uint64_t event_count_ = 0, passes_ = 0;
  std::uint32_t futile_ = 0;                      // moments of interruptions since a job last ended or kept something
  Tick futile_at_ = -1;                           // the last
  std::uint64_t held_back_ = 0, walled_out_ = 0;  // GPUs that wait at a wall, or before a partition's

  // The scheduler's memory between passes.
  bool rescan_ = false;        // something ended: look at everything again
  bool moved_ = false;         // jobs changed places: likewise
  std::uint32_t scanned_ = 0;  // places before this were looked at
  std::uint32_t left_ = 0;     // jobs that left the queue since gaps were last looked for
  bool counted_ = false;       // more jobs wait than the window holds
  std::uint32_t places_ = 0;   // of the window, taken in this round; only if counted
  bool hid_ = false;           // the window of the first round hid jobs
  bool look_deeper_ = false;   // some may have become free since
  std::uint32_t head_ = none;  // the first job that does not fit
  bool head_borrows_ = false;
  bool passed_ = false;     // a job was left to the second round
  bool borrowing_ = false;  // the second round
  bool reserved_ = false;   // the reservation below is that of the head
  Shadow shadow_;
  std::uint32_t shadow_partition_ = none;
  std::uint32_t shadow_part_ = 0;  // GPUs of a node for which the head waits there; 0: whole nodes, or a pool
  bool tied_ = false;              // another partition has room for the head as early
  bool lacks_power_ = false;       // a partition has room for the head now: what starts there moves the next release
  std::uint64_t extra_ = 0;        // units that stay free when the head starts
  bool refused_part_ = false;      // a job was refused for the part of a node that it would have got
  bool refused_pace_ = false;      // or for the pace at which it would have run
  bool look_again_ = false;        // something started since, and it may get another
  bool plan_valid_ = false;        // what happened since the plan was made was foreseen in it
  bool started_ = false;           // a job started since the plan was made
  bool blocked_ = false;           // a job was due, and could not start
  bool passed_over_ = false;       // a job was not admissible
  Tick planned_next_ = never;
  Placement planned_where_;  // by node: of the job that is started now

  [[no_unique_address]] std::conditional_t<paranoid, Paranoid<Datacenter>, Trusting> paranoid_;
};

}  // namespace nadc

#include "models/power/in_loop.hpp"
#include "models/reliability/in_loop.hpp"
#include "models/scheduler/pass.hpp"
#include "models/scheduler/running.hpp"
#include "models/site/in_loop.hpp"
