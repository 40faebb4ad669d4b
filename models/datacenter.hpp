// One replica of a datacenter: the event loop that wires the rooms together, the same for `run` and `sweep`, host and
// device. At one tick all events are applied, then the scheduler makes one pass. Width is the lane group's (1 on the
// host); Observer sees everything and can change nothing; Flow, on the host, gives jobs their speed from the flows of
// all (models/network/flow_pace.hpp), at the end of every tick at which one started or ended.
//
// Memory: one block of bytes(…), handed in; nothing is allocated. A status other than done means that a capacity was
// too small and nothing that was counted holds.
#pragma once
#include <cstdint>

#include "models/access/admit.hpp"
#include "models/network/pace.hpp"
#include "models/power/draw.hpp"
#include "models/reliability/hazard.hpp"
#include "models/scheduler/order.hpp"
#include "models/state.hpp"
#include "models/workload/demand.hpp"

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

template <int Width, class Observer = NoObserver, class Flow = NoFlowPace> class Datacenter {
 public:
  // fast_bytes: of a fast block, which takes arrays while they fit; the result is what the slow one must hold.
  NADC_HD static std::size_t bytes(const World& world, const Point& point, const Capacity& capacity,
                                   std::size_t fast_bytes = 0) {
    return Arrays<Width>::carve(world, point, capacity, wheel_shape(world), nullptr, {nullptr, fast_bytes}, false, {})
        .bytes;
  }

  NADC_HD Datacenter(const World& world, const Point& point, const RandomKey& key, const Capacity& capacity,
                     void* memory, Observer* observer = nullptr, FastBlock fast = {}, Flow* flow = nullptr)
      : world_(world),
        point_(point),
        key_(key),
        capacity_(capacity),
        source_(world, point, key),
        observer_(observer),
        flow_(flow),
        a_(Arrays<Width>::carve(world, point, capacity, wheel_shape(world), memory, fast, true, {})),
        shape_(world),
        raw_(shape_, a_.raw),
        classes_(at(&point, point.classes)),
        parts_(at(&world, world.partitions)),
        part_params_(at(&point, point.partitions)),
        rates_(at(&point, point.rates)),
        largest_(at(&point, point.largest)),
        tranches_(at(&point, point.tranches)),
        arrival_slots_(capacity.slots),
        tranche_slots_(arrival_slots_ + source_.sources()),
        grid_slots_(tranche_slots_ + point.tranches.count),
        repair_slots_(grid_slots_ + point.grid.count),
        outage_slots_(repair_slots_ + capacity.repairs),
        failure_slot_(outage_slots_ + point.outages.count),
        window_(point.window ? point.window : 0xffffffffu),
        metered_(world.stretches.count > 0),
        powered_(metered_ || point.limited) {}

  NADC_HD Status run() {
    start();
    while (status_ == Status::done) {
      NextEvent next = events_.top(lanes_);
      const Tick tick = static_cast<Tick>(next.key >> 3);
      if (next.key == UINT64_MAX || tick > world_.horizon) break;
      if constexpr (Observer::active) observer_->before(tick, *this);
      now_ = tick;
      do {
        apply(next.slot);
        ++event_count_;
        next = events_.top(lanes_);
      } while (static_cast<Tick>(next.key >> 3) == tick && next.key != UINT64_MAX && status_ == Status::done);
      if (point_.limited) keep_limits();
      schedule();
      if (point_.limited) keep_limits();
      if constexpr (Flow::active) follow_flows();
      if (power_mw_ > peak_mw_ && now_ < world_.horizon) peak_mw_ = power_mw_;
      if (world_.horizon >= never && arrivals_left_ == 0 && running_ == 0 && trace_is_done()) break;
    }
    finish();
    return status_;
  }

  NADC_HD Snapshot snapshot() const {
    Snapshot shot{now_, waiting_.size() + backlog_, running_, busy_, 0, 0, 0, 0, power_mw_};
    for (std::uint32_t p = 0; p < world_.partitions.count; ++p) {
      shot.gpus_in_service += a_.partitions[p].in_service;
      shot.gpus_down += a_.partitions[p].down;
      shot.gpus_dark += a_.partitions[p].dark;
      shot.gpus_spare += a_.partitions[p].spare;
    }
    return shot;
  }
  NADC_HD const Raw& raw() const { return raw_; }
  NADC_HD const void* raw_memory() const { return a_.raw; }
  NADC_HD const RawShape& raw_shape() const { return shape_; }
  NADC_HD const World& world() const { return world_; }
  NADC_HD const Point& point() const { return point_; }
  NADC_HD const PowerDomain& domain(std::uint32_t d) const { return a_.domains[d]; }
  NADC_HD const Partition<Width>& partition(std::uint32_t p) const { return a_.partitions[p]; }
  NADC_HD std::uint32_t slots() const { return capacity_.slots; }
  NADC_HD const RunningJob& job_in(std::uint32_t slot) const { return a_.jobs[slot]; }  // rate 0: the slot is free
  // The job in the slot owns the whole node, among others.
  NADC_HD bool holds(std::uint32_t slot, std::uint32_t node) const {
    const Placement& where = a_.jobs[slot].where;
    return where.nodes && node < parts_[where.partition].shape.nodes &&
           ((a_.sets[std::size_t{where.set} * a_.set_words + node / 64] >> (node % 64)) & 1) != 0;
  }
  NADC_HD PaceView pace_view(const RunningJob& run) const {
    return pace_view(classes_[run.job.cell % shape_.classes], run.where);
  }

 private:
  using L = Lanes<Width>;
  static constexpr std::uint32_t none = 0xffffffffu;
  static constexpr std::uint32_t most_gaps = 32;  // in the window before a scan closes them

  NADC_HD static WheelShape wheel_shape(const World& world) {
    WheelShape shape;
    // Most requests are due within a turn of 12 days; buckets of 4 minutes keep their lists short.
    shape.shift = world.largest_request_log2 > 30   ? 18
                  : world.largest_request_log2 > 12 ? world.largest_request_log2 - 12
                                                    : 0;
    return shape;
  }
  NADC_HD std::uint32_t period_slot() const { return failure_slot_ + 1; }
  NADC_HD std::uint32_t meter_slot() const { return failure_slot_ + 2; }
  NADC_HD std::uint32_t window_slot() const { return failure_slot_ + 3; }
  NADC_HD std::uint32_t response_slot() const { return failure_slot_ + 4; }
  NADC_HD static std::uint64_t key_of(Tick tick, EventRank rank) {
    return tick >= never ? UINT64_MAX : (static_cast<std::uint64_t>(tick) << 3) | static_cast<std::uint64_t>(rank);
  }

  // ---- counting

  NADC_HD std::uint64_t* cell(std::uint32_t c, CellCount count) const {
    return &raw_.cell[(std::size_t{period_} * shape_.cells + c) * cell_counts + count];
  }
  NADC_HD std::uint64_t* part(std::uint32_t p, PartitionCount count) const {
    return &raw_.partition[(std::size_t{period_} * shape_.partitions + p) * partition_counts + count];
  }
  NADC_HD std::uint64_t* limit_count(std::uint32_t d) const {
    return &raw_.domain[(std::size_t{period_} * shape_.domains + d) * domain_counts + capped_ticks];
  }
  NADC_HD std::uint64_t now_times(std::uint64_t n) const { return static_cast<std::uint64_t>(now_) * n; }

  // GPUs and power of a cell change at this tick. One lane.
  NADC_HD void hold(std::uint32_t c, std::uint32_t group, std::uint32_t gpus, std::int64_t mw) {
    a_.cell_busy[c] += gpus;
    a_.group_busy[group] += gpus;
    a_.cell_mw[c] += mw;
    *cell(c, busy_ticks) -= now_times(gpus);
    raw_.cell_energy[std::size_t{period_} * shape_.cells + c] -=
        static_cast<UInt128>(now_) * static_cast<UInt128>(static_cast<Int128>(mw));
  }
  NADC_HD void let_go(std::uint32_t c, std::uint32_t group, std::uint32_t gpus, std::int64_t mw) {
    a_.cell_busy[c] -= gpus;
    a_.group_busy[group] -= gpus;
    a_.cell_mw[c] -= mw;
    *cell(c, busy_ticks) += now_times(gpus);
    raw_.cell_energy[std::size_t{period_} * shape_.cells + c] +=
        static_cast<UInt128>(now_) * static_cast<UInt128>(static_cast<Int128>(mw));
  }
  // The base power of a partition changes by mw at this tick. One lane.
  NADC_HD void base_power(std::uint32_t p, std::int64_t mw) {
    a_.partitions[p].base_mw += mw;
    raw_.partition_energy[std::size_t{period_} * shape_.partitions + p] -=
        static_cast<UInt128>(now_) * static_cast<UInt128>(static_cast<Int128>(mw));
  }

  // Adds the present counts times the present tick: the end of the integrals of a period (sign +1), or the start of
  // those of the next (sign −1).
  NADC_HD void flush(std::int64_t sign) {
    const auto times = static_cast<std::uint64_t>(sign * now_);
    const auto wide = static_cast<UInt128>(static_cast<Int128>(sign * now_));
    lanes_.for_each(shape_.cells, [&](std::uint32_t c) {
      *cell(c, busy_ticks) += times * a_.cell_busy[c];
      *cell(c, requeue_ticks) += times * a_.cell_requeued[c];
      raw_.cell_energy[std::size_t{period_} * shape_.cells + c] +=
          wide * static_cast<UInt128>(static_cast<Int128>(a_.cell_mw[c]));
    });
    lanes_.for_each(shape_.groups, [&](std::uint32_t g) {
      if (a_.group_waiting[g]) *cell(g * shape_.classes, queued_ticks) += times;
    });
    lanes_.for_each(shape_.partitions, [&](std::uint32_t p) {
      const Partition<Width>& partition = a_.partitions[p];
      *part(p, installed_ticks) += times * (partition.in_service + partition.down + partition.dark + partition.spare);
      *part(p, down_ticks) += times * partition.down;
      *part(p, dark_ticks) += times * partition.dark;
      *part(p, spare_ticks) += times * partition.spare;
      *part(p, held_ticks) += times * (partition.in_service - partition.free);
      *part(p, stranded_ticks) += times * (p == 0 ? stranded_ : 0);
      *part(p, walled_ticks) += times * (p == 0 ? walled_ : 0);
      raw_.partition_energy[std::size_t{period_} * shape_.partitions + p] +=
          wide * static_cast<UInt128>(static_cast<Int128>(partition.base_mw));
    });
    lanes_.for_each(shape_.domains, [&](std::uint32_t d) { *limit_count(d) += times * a_.domains[d].capped; });
  }

  NADC_HD void count_in_sketch(std::uint32_t sketch, Tick value) {
    std::uint32_t* counts = raw_.sketch + std::size_t{sketch} * Sketch::bucket_count;
    lanes_.once([&] { ++counts[Sketch::bucket(static_cast<std::uint64_t>(value))]; });
  }

  // ---- the frame of a run

  NADC_HD void start() {
    lanes_.for_each(static_cast<std::uint32_t>(shape_.bytes() / 4),
                    [&](std::uint32_t i) { static_cast<std::uint32_t*>(a_.raw)[i] = 0; });
    events_.init(lanes_, a_.events, a_.event_slots);
    waiting_.init(a_.waiting, capacity_.waiting);
    set_all(a_.free_slots, capacity_.slots);
    set_all(a_.free_sets, capacity_.sets);
    lanes_.for_each(capacity_.slots, [&](std::uint32_t i) { a_.jobs[i].rate = 0; });
    lanes_.for_each(capacity_.sets * a_.set_words, [&](std::uint32_t i) { a_.sets[i] = 0; });
    lanes_.for_each(capacity_.repairs, [&](std::uint32_t i) { a_.repairs[i] = Repair{}; });
    lanes_.for_each(shape_.partitions * a_.set_words, [&](std::uint32_t i) { a_.stock[i] = 0; });
    lanes_.for_each(shape_.domains, [&](std::uint32_t d) { a_.domains[d] = PowerDomain{}; });
    lanes_.for_each(shape_.cells, [&](std::uint32_t c) {
      a_.cell_busy[c] = 0;
      a_.cell_requeued[c] = 0;
      a_.cell_mw[c] = 0;
    });
    lanes_.for_each(shape_.groups, [&](std::uint32_t g) { a_.group_busy[g] = a_.group_waiting[g] = 0; });
    lanes_.for_each(shape_.partitions, [&](std::uint32_t p) {
      Partition<Width>& partition = a_.partitions[p];
      partition.free = partition.in_service = partition.down = partition.dark = partition.spare = 0;
      partition.spanning = partition.load_16ths = 0;
      partition.uplinks_lost = 0;
      partition.base_mw = 0;
    });
    for (std::uint32_t t = 0; t < point_.tranches.count; ++t) {
      Tick date = tranches_[t].date;
      const Uniforms u = draw(key_, static_cast<std::uint32_t>(Stream::delivery), tranches_[t].entity, 0);
      date += sample_ticks(tranches_[t].delay, tables(), u.word[0]);
      lanes_.put(&a_.delivered[t], never);
      lanes_.put(&a_.switched_on[t], 0u);
      events_.set(lanes_, tranche_slots_ + t, key_of(date > 0 ? date : 0, EventRank::delivery));
    }
    for (std::uint32_t s = 0; s < source_.sources(); ++s) {
      const ArrivalCursor cursor = source_.first(s);
      lanes_.put(&a_.arrivals[s], cursor);
      if (cursor.at < never) {
        events_.set(lanes_, arrival_slots_ + s, key_of(cursor.at, EventRank::arrival));
        ++arrivals_left_;
      }
    }
    for (std::uint32_t g = 0; g < point_.grid.count; ++g) {
      const GridParams& step = at(&point_, point_.grid)[g];
      const Uniforms u = draw(key_, static_cast<std::uint32_t>(Stream::grid), step.entity, 0);
      const Tick date = step.date + sample_ticks(step.delay, tables(), u.word[0]);
      events_.set(lanes_, grid_slots_ + g, key_of(date > 0 ? date : 0, EventRank::delivery));
    }
    if (point_.failures_on) next_failure();
    for (std::uint32_t o = 0; o < point_.outages.count; ++o) {
      lanes_.put(&a_.outage_number[o], 0u);
      lanes_.put(&a_.outage_at[o], Tick{0});
      next_outage(o);
    }
    if (point_.response.every > 0) {
      demand_.start(lanes_, world_, point_, key_, a_.demand);
      events_.set(lanes_, response_slot(), key_of(point_.response.every, EventRank::periodic));
    }
    if (shape_.periods > 1)
      events_.set(lanes_, period_slot(), key_of(at(&world_, world_.period_ends)[0], EventRank::periodic));
    if (metered_) next_reading();
    if (point_.windows.count)
      events_.set(lanes_, window_slot(), key_of(at(&point_, point_.windows)[0].from, EventRank::periodic));
  }

  NADC_HD void finish() {
    // A horizon without end is one that stops when the trace is done.
    if (world_.horizon < never) now_ = world_.horizon;
    if constexpr (Observer::active) observer_->before(now_, *this);
    flush(+1);
    lanes_.once([&] {
      raw_.peak_mw[period_] = static_cast<std::uint64_t>(peak_mw_);
      raw_.swing_mw[period_] = static_cast<std::uint64_t>(swing_mw_);
      raw_.end[RawShape::end_tick] = static_cast<std::uint64_t>(now_);
      raw_.end[RawShape::waiting_at_end] = waiting_.size() + backlog_;
      raw_.end[RawShape::events] = event_count_;
      raw_.end[RawShape::scheduling_passes] = passes_;
      raw_.end[RawShape::target_tick] = static_cast<std::uint64_t>(target_);
    });
    lanes_.for_each(shape_.partitions, [&](std::uint32_t p) {
      const Partition<Width>& partition = a_.partitions[p];
      raw_.installed[p] = partition.in_service + partition.down + partition.dark + partition.spare;
    });
  }

  // No job is left, or none that could ever start: nothing runs, and the whole machine is in service.
  NADC_HD bool trace_is_done() const {
    if (waiting_.size() == 0) return true;
    std::uint64_t well = 0;
    for (std::uint32_t p = 0; p < shape_.partitions; ++p) well += a_.partitions[p].in_service + a_.partitions[p].spare;
    return well == point_.target_gpus;
  }

  NADC_HD void apply(std::uint32_t slot) {
    if (slot < arrival_slots_)
      complete(slot);
    else if (slot < tranche_slots_)
      arrive(slot - arrival_slots_);
    else if (slot < grid_slots_)
      deliver(slot - tranche_slots_);
    else if (slot < repair_slots_)
      connect(slot - grid_slots_);
    else if (slot < outage_slots_)
      repair(slot - repair_slots_);
    else if (slot < failure_slot_)
      outage(slot - outage_slots_);
    else if (slot == failure_slot_)
      failure();
    else if (slot == period_slot())
      turn_period();
    else if (slot == meter_slot())
      read_meter();
    else if (slot == response_slot())
      events_.set(lanes_, response_slot(), key_of(demand_.think(lanes_, now_, waiting_), EventRank::periodic));
    else
      turn_window();
  }

  NADC_HD void turn_period() {
    flush(+1);
    lanes_.once([&] {
      raw_.peak_mw[period_] = static_cast<std::uint64_t>(peak_mw_);
      raw_.swing_mw[period_] = static_cast<std::uint64_t>(swing_mw_);
    });
    if (period_ < world_.first_measured_period)  // the warm-up's waits count for nothing
      lanes_.for_each(shape_.sketches() * Sketch::bucket_count, [&](std::uint32_t i) { raw_.sketch[i] = 0; });
    ++period_;
    peak_mw_ = swing_mw_ = 0;
    flush(-1);
    const Tick end = at(&world_, world_.period_ends)[period_];
    events_.set(lanes_, period_slot(), period_ + 1 < shape_.periods ? key_of(end, EventRank::periodic) : UINT64_MAX);
  }

  // ---- arrivals

  NADC_HD void arrive(std::uint32_t source) {
    ArrivalCursor cursor = a_.arrivals[source];
    const Job job = source_.job(source, cursor);
    const bool sent = is_sent(job), fits_nowhere = job.gpus > largest_[job.cell];
    lanes_.once([&] {
      if (sent || demand_.is_usual(job.cell, job.number))
        ++*cell(job.cell, !sent ? deterred : fits_nowhere ? dropped : submitted);
    });
    if (!sent || fits_nowhere) {
    } else if (point_.queue != unlimited_queue || (backlog_ == 0 && waiting_.size() < window_)) {
      enqueue(job);
    } else {
      // The first job behind the window: the second cursors start from here.
      if (backlog_ == 0) lanes_.for_each(source_.sources(), [&](std::uint32_t s) { a_.backlog[s] = a_.arrivals[s]; });
      ++backlog_;
    }
    source_.next(source, cursor);
    lanes_.put(&a_.arrivals[source], cursor);
    if (cursor.at >= never) --arrivals_left_;
    events_.set(lanes_, arrival_slots_ + source, key_of(cursor.at, EventRank::arrival));
  }

  NADC_HD bool is_sent(const Job& job) const {
    return point_.response.every <= 0 || demand_.is_sent(job.cell, job.number, job.submit);
  }

  // Brings waiting jobs into the window, in the order of their arrival.
  NADC_HD void refill() {
    while (backlog_ > 0 && waiting_.size() < window_ && status_ == Status::done) {
      const KeyAt least = lanes_.min_at(source_.sources(),
                                        [&](std::uint32_t s) { return static_cast<std::uint64_t>(a_.backlog[s].at); });
      ArrivalCursor cursor = a_.backlog[least.index];
      const Job job = source_.job(least.index, cursor);
      source_.next(least.index, cursor);
      lanes_.put(&a_.backlog[least.index], cursor);
      if (job.gpus > largest_[job.cell] || !is_sent(job)) continue;
      --backlog_;
      enqueue(job);
    }
  }

  NADC_HD void enqueue(const Job& job) {
    const ClassParams& klass = classes_[job.cell % shape_.classes];
    WaitingJob waiting;
    waiting.submit = job.submit;
    waiting.duration = job.duration;
    const SavePlan saving = saving_of(klass.saving, point_.store, job.gpus, nodes_of(world_, job.gpus), store_load_);
    waiting.save_every = saving.every;
    waiting.save_cost = saving.cost;
    waiting.save_load = saving.load;
    waiting.work = with_saves(saving, job.duration);
    waiting.request = job.request + (waiting.work - job.duration);
    waiting.number = job.number;
    waiting.gpus = job.gpus;
    waiting.cell = job.cell;
    waiting.outcome = static_cast<std::uint8_t>(job.outcome);
    waiting.key = order_key(waiting);
    insert(waiting);
  }

  NADC_HD std::int64_t order_key(const WaitingJob& job) const {
    const OrderView view{job.submit, job.request, job.gpus, at(&point_, point_.priorities)[job.cell / shape_.classes]};
    return Orders::visit(point_.order, [&](const auto& order) { return order(view); });
  }

  NADC_HD void insert(const WaitingJob& job) {
    waiting_.trim();
    if (scanned_ > waiting_.end()) scanned_ = waiting_.end();
    if (waiting_.full()) {  // what was looked at stays looked at
      scanned_ = waiting_.present_before(lanes_, scanned_);
      if (head_ != none) head_ = waiting_.present_before(lanes_, head_);
      if (!waiting_.compact(lanes_)) {
        status_ = Status::waiting_full;
        return;
      }
    }
    if (waiting_.insert(lanes_, job, shortest_request(job)) + 1 != waiting_.end()) moved_ = true;
    lanes_.once([&] {
      if (a_.group_waiting[job.cell / shape_.classes]++ == 0)
        *cell(job.cell / shape_.classes * shape_.classes, queued_ticks) -= now_times(1);
    });
  }

  // The job at `place` leaves the window.
  NADC_HD void leave(std::uint32_t place) {
    const std::uint32_t group = waiting_[place].cell / shape_.classes;
    lanes_.once([&] {
      if (--a_.group_waiting[group] == 0) *cell(group * shape_.classes, queued_ticks) += now_times(1);
    });
    waiting_.remove(lanes_, place);
  }

  // ---- the scheduling pass

  NADC_HD void schedule() {
    if (!rescan_ && !moved_ && scanned_ == waiting_.end() && planned_next_ > now_) return;
    ++passes_;
    if (point_.backfill == Backfill::conservative)
      schedule_by_plan();
    else
      schedule_in_order();
    turn_away();
    const std::uint64_t free = free_gpus(), stranded = held_back_ < free ? held_back_ : free;
    const std::uint64_t walled = walled_out_ < free - stranded ? walled_out_ : free - stranded;
    if (stranded != stranded_ || walled != walled_) {
      lanes_.once([&] {
        *part(0, stranded_ticks) += now_times(stranded_) - now_times(stranded);
        *part(0, walled_ticks) += now_times(walled_) - now_times(walled);
      });
      stranded_ = stranded;
      walled_ = walled;
    }
  }

  // The last in order leave when more wait than may.
  NADC_HD void turn_away() {
    if (point_.queue == unlimited_queue) return;
    while (waiting_.size() > point_.queue) {
      waiting_.trim();
      const std::uint32_t place = waiting_.end() - 1;
      lanes_.once([&] { ++*cell(waiting_[place].cell, turned_away); });
      if (waiting_[place].restarts) end_requeue(waiting_[place]);
      leave(place);
      if (head_ == place) head_ = none;
    }
    waiting_.trim();
    if (scanned_ > waiting_.end()) scanned_ = waiting_.end();
    if (waiting_.size() == 0) head_ = none;
  }

  // Queue order until a job does not fit; then, with EASY, whatever does not delay that one's reservation. What was
  // looked at before and could not start is looked at again only when something has ended.
  NADC_HD void schedule_in_order() {
    while (status_ == Status::done) {
      if (rescan_ || moved_) {
        rescan_ = moved_ = false;
        scanned_ = 0;
        head_ = none;
        reserved_ = false;
        first_round();
        if (point_.limited) forget_held();
        if (waiting_.gaps() > most_gaps) waiting_.compact(lanes_);
      }
      scanned_ = head_ == none ? waiting_.find(lanes_, scanned_, none - 1) : next_to_backfill();
      if (scanned_ == waiting_.end()) {
        if (second_round()) {
          walled_out_ = 0;  // all are looked at again
          continue;
        }
        if (backlog_ == 0 || waiting_.size() >= window_) return;
        refill();
        if (passed_) moved_ = true;
        continue;
      }
      const std::uint32_t place = scanned_++;
      const WaitingJob& job = waiting_[place];
      const Verdict admitted = verdict(job);
      if (head_ != none && head_borrows_ && admitted == Verdict::yes) {
        moved_ = true;  // it came after the second round began, and goes before those who borrow
        continue;
      }
      const std::uint32_t p = head_ == none ? choose_partition(job) : choose_backfill(job);
      if (admitted == Verdict::borrows && !borrowing_) {
        passed_ = true;
      } else if (admitted == Verdict::no) {
        if (p != none) held_back_ += job.gpus;
      } else if (p != none) {
        launch(place, p);
      } else {
        if (is_walled_out(job)) walled_out_ += job.gpus;
        if (head_ == none) {
          head_ = place;
          head_borrows_ = admitted == Verdict::borrows;
          if (point_.limited) hold_back(job);
        }
      }
    }
  }

  // The rounds of a pass (models/access/admit.hpp).
  NADC_HD void first_round() {
    borrowing_ = passed_ = head_borrows_ = false;
    held_back_ = walled_out_ = 0;
  }
  NADC_HD bool second_round() {
    if (!passed_ || borrowing_) return false;
    borrowing_ = true;
    scanned_ = 0;
    return true;
  }

  // The job would fit into a partition that only a rule of access keeps it out of.
  NADC_HD bool is_walled_out(const WaitingJob& job) const {
    if (point_.walled.count == 0) return false;
    const std::uint32_t* walled = at(&point_, point_.walled) + job.cell * shape_.partitions;
    for (std::uint32_t p = 0; p < shape_.partitions; ++p)
      if (walled[p] && fits(job, p)) return true;
    return false;
  }

  // The next place from scanned_ on whose job may start without delaying the head's reservation.
  NADC_HD std::uint32_t next_to_backfill() {
    if (point_.backfill == Backfill::none) return waiting_.end();
    const std::uint32_t first = waiting_.find(lanes_, scanned_, largest_fit());
    if (first == waiting_.end()) return first;
    if (!reserved_) reserve(waiting_[head_]);
    WaitingFilter filter;
    for (std::uint32_t p = 0; p < shape_.partitions; ++p) {
      const std::uint32_t here = largest_fit(p);
      if (p == shadow_partition_)
        filter.reserved = here;
      else if (here > filter.free)
        filter.free = here;
    }
    filter.longest = Waiting<Width>::brief(shadow_.at - now_);
    if (shadow_partition_ != none) filter.spare = spare_gpus(shadow_partition_);
    return waiting_.find(lanes_, first, filter);
  }

  // No job of more GPUs than this starts in the partition without taking reserved units.
  NADC_HD std::uint32_t spare_gpus(std::uint32_t p) const {
    const std::uint64_t most = none - 1;
    if (shadow_unit_ == Unit::gpus) return static_cast<std::uint32_t>(extra_ < most ? extra_ : most);
    const std::uint32_t full = parts_[p].shape.gpus_per_node;
    if (extra_ > 0) return static_cast<std::uint32_t>(extra_ < most / full ? extra_ * full : most);
    return place_detail::largest_part(a_.partitions[p]);
  }

  // Conservative: every waiting job has a reservation; one that is due starts. The plan is made anew when something
  // happened that it did not foresee.
  NADC_HD void schedule_by_plan() {
    if (rescan_ && (fragmented_ || passed_over_ || point_.walled.count > 0)) plan_valid_ = false;
    rescan_ = false;
    if (plan_valid_)
      lanes_.for_each(shape_.partitions, [&](std::uint32_t p) { a_.partitions[p].profile.plan.forget(now_); });
    if (plan_valid_ && !moved_) start_due_jobs();
    while (status_ == Status::done) {
      if (!plan_valid_ || moved_) {
        lanes_.for_each(shape_.partitions, [&](std::uint32_t p) {
          Profile& profile = a_.partitions[p].profile;
          profile.base.forget(now_);
          profile.plan.copy(profile.base);
        });
        plan_valid_ = true;
        moved_ = fragmented_ = passed_over_ = false;
        scanned_ = 0;
        first_round();
      }
      scanned_ = waiting_.find(lanes_, scanned_, none - 1);
      if (scanned_ == waiting_.end()) {
        if (second_round()) continue;
        if (backlog_ == 0 || waiting_.size() >= window_) break;
        refill();
        continue;
      }
      plan_job(scanned_++);
    }
    const KeyAt next = lanes_.min_at(waiting_.end(), [&](std::uint32_t i) {
      return static_cast<std::uint64_t>(waiting_.present(i) ? waiting_[i].planned : never);
    });
    planned_next_ = next.index == waiting_.end() ? never : static_cast<Tick>(next.key);
  }

  // Starts the jobs whose reservation is now. The plan becomes invalid when one finds its GPUs in fragments, or its
  // group at the wall.
  NADC_HD void start_due_jobs() {
    if (planned_next_ > now_) return;
    const std::uint32_t end = scanned_;
    for (std::uint32_t i = 0; i < end && i < waiting_.end(); ++i) {
      if (!waiting_.present(i)) continue;
      const WaitingJob job = waiting_[i];
      if (job.planned > now_) continue;
      if (fits(job, job.planned_partition) && admissible(job))
        launch(i, job.planned_partition);
      else
        plan_valid_ = false;
    }
  }

  // Gives the job the earliest start that delays nobody before it, and starts it when that is now.
  NADC_HD void plan_job(std::uint32_t place) {
    const WaitingJob job = waiting_[place];
    if (borrowing_ && job.planned < never) return;  // planned in the first round
    if (!admissible(job)) {
      passed_over_ = true;
      if (verdict(job) == Verdict::borrows)
        passed_ = true;
      else if (choose_partition(job) != none)
        held_back_ += job.gpus;
      waiting_.plan(lanes_, place, never, 0);
      return;
    }
    Tick best = never;
    std::uint32_t chosen = 0;
    for (std::uint32_t p = 0; p < shape_.partitions; ++p) {
      if (rate_of(job, p) == 0) continue;
      const Tick start = a_.partitions[p].profile.plan.earliest(now_, request_on(job, p), held(job, p));
      if (start < best || (start == best && start < never && rate_of(job, p) > rate_of(job, chosen))) {
        best = start;
        chosen = p;
      }
    }
    if (best == now_ && fits(job, chosen)) {
      reserve_in_plan(chosen, best, request_on(job, chosen), held(job, chosen));
      launch(place, chosen);
      return;
    }
    // Enough GPUs, but in fragments: nothing is reserved, and the job is tried again when something ends.
    if (best == now_) fragmented_ = true;
    if (is_walled_out(job)) walled_out_ += job.gpus;
    if (best > now_ && best < never) reserve_in_plan(chosen, best, request_on(job, chosen), held(job, chosen));
    waiting_.plan(lanes_, place, best == now_ ? never : best, chosen);
  }

  NADC_HD void reserve_in_plan(std::uint32_t p, Tick start, Tick length, std::uint32_t gpus) {
    lanes_.once([&] { a_.partitions[p].profile.plan.reserve(start, length, gpus); });
    if (a_.partitions[p].profile.full()) status_ = Status::profile_full;
  }
  // The running jobs' plan changes over [now, end).
  NADC_HD void base_plan(std::uint32_t p, Tick end, std::int64_t gpus) {
    if (point_.backfill != Backfill::conservative) return;
    lanes_.once([&] { a_.partitions[p].profile.base.add(now_, end, gpus); });
    if (a_.partitions[p].profile.full()) status_ = Status::profile_full;
  }

  NADC_HD bool admissible(const WaitingJob& job) const {
    const Verdict admitted = verdict(job);
    return admitted == Verdict::yes || (admitted == Verdict::borrows && borrowing_);
  }

  // By what the job would hold where it holds most.
  NADC_HD Verdict verdict(const WaitingJob& job) const {
    return Admits::visit(point_.admit, [&](const auto& admit) {
      if (!admit.depends_on_use) return Verdict::yes;
      std::uint32_t most = 0;
      for (std::uint32_t p = 0; p < shape_.partitions; ++p)
        if (rate_of(job, p) && held(job, p) > most) most = held(job, p);
      const std::uint32_t group = job.cell / shape_.classes;
      return admit(AdmitView{most, a_.group_busy[group], in_service_, at(&point_, point_.quotas)[group]});
    });
  }

  NADC_HD std::uint32_t rate_of(const WaitingJob& job, std::uint32_t p) const {
    return rates_[job.cell * shape_.partitions + p];
  }
  NADC_HD std::uint32_t held(const WaitingJob& job, std::uint32_t p) const {
    return Places::visit(point_.place, [&](const auto& place) { return place.held(parts_[p].shape, job.gpus); });
  }
  NADC_HD bool fits(const WaitingJob& job, std::uint32_t p) const {
    const bool idle =
        Places::visit(point_.place, [&](const auto& place) { return place.fits(a_.partitions[p], job.gpus); });
    return idle && (!point_.limited || has_power(job, p));
  }
  NADC_HD std::uint32_t largest_fit(std::uint32_t p) const {
    return Places::visit(point_.place, [&](const auto& place) { return place.largest(a_.partitions[p]); });
  }
  NADC_HD std::uint32_t largest_fit() const {
    std::uint32_t largest = 0;
    for (std::uint32_t p = 0; p < shape_.partitions; ++p) {
      const std::uint32_t here = largest_fit(p);
      if (here > largest) largest = here;
    }
    return largest;
  }
  NADC_HD bool by_node() const {
    return Places::visit(point_.place, [](const auto& place) { return place.by_node; });
  }
  NADC_HD std::uint64_t free_gpus() const {
    std::uint64_t free = 0;
    for (std::uint32_t p = 0; p < shape_.partitions; ++p) free += a_.partitions[p].free;
    return free;
  }

  // Ticks that `work` takes at a rate, rounded up.
  NADC_HD static Tick ticks_at(std::int64_t work_q16, std::uint32_t rate) {
    if (rate == full_rate) return (work_q16 + (full_rate - 1)) >> 16;
    return (work_q16 + rate - 1) / rate;
  }
  NADC_HD Tick restart_of(const WaitingJob& job) const {
    return job.restarts ? classes_[job.cell % shape_.classes].restart_cost : 0;
  }
  // Where the job runs fastest.
  NADC_HD Tick shortest_request(const WaitingJob& job) const {
    std::uint32_t fastest = 0;
    for (std::uint32_t p = 0; p < shape_.partitions; ++p)
      if (rate_of(job, p) > fastest) fastest = rate_of(job, p);
    return fastest ? ticks_at((job.request + restart_of(job)) << 16, fastest) : never;
  }
  NADC_HD Tick request_on(const WaitingJob& job, std::uint32_t p) const {
    return ticks_at((job.request + restart_of(job)) << 16, rate_of(job, p));
  }

  // The fastest partition in which the job fits now, the lowest of these.
  NADC_HD std::uint32_t choose_partition(const WaitingJob& job) const {
    std::uint32_t best = none, best_rate = 0;
    for (std::uint32_t p = 0; p < shape_.partitions; ++p) {
      const std::uint32_t rate = rate_of(job, p);
      if (rate > best_rate && fits(job, p)) {
        best = p;
        best_rate = rate;
      }
    }
    return best;
  }

  // As choose_partition, but nothing that delays the reservation.
  NADC_HD std::uint32_t choose_backfill(const WaitingJob& job) const {
    std::uint32_t best = none, best_rate = 0;
    for (std::uint32_t p = 0; p < shape_.partitions; ++p) {
      const std::uint32_t rate = rate_of(job, p);
      if (rate <= best_rate || !fits(job, p)) continue;
      if (p == shadow_partition_ && now_ + request_on(job, p) > shadow_.at && reserved_units(job, p) > extra_) continue;
      best = p;
      best_rate = rate;
    }
    return best;
  }

  // What the job would take of the units that the blocked one waits for.
  NADC_HD std::uint64_t reserved_units(const WaitingJob& job, std::uint32_t p) const {
    const std::uint32_t full = parts_[p].shape.gpus_per_node;
    if (shadow_unit_ == Unit::gpus) return held(job, p);
    if (job.gpus >= full) return held(job, p) / full;
    return a_.partitions[p].map.best_level(job.gpus) < full ? 0 : 1;
  }

  // The blocked job's reservation: the earliest moment, over the partitions, at which enough will be free. Whole nodes
  // are awaited from jobs that own whole nodes; if these do not suffice, until everything has ended.
  NADC_HD void reserve(const WaitingJob& job) {
    reserved_ = true;
    shadow_ = Shadow{never, 0};
    shadow_partition_ = none;
    extra_ = ~std::uint64_t{0};
    for (std::uint32_t p = 0; p < shape_.partitions; ++p) {
      Partition<Width>& partition = a_.partitions[p];
      const std::uint32_t full = parts_[p].shape.gpus_per_node, gpus = held(job, p);
      if (rate_of(job, p) == 0 || gpus > partition.in_service) continue;
      const Unit unit = by_node() && gpus >= full ? Unit::nodes : Unit::gpus;
      typename Partition<Width>::Reservation found = partition.reservation;
      if (!found.good || found.number != job.number || found.cell != job.cell) {
        const std::uint64_t free = unit == Unit::nodes ? partition.map.idle_nodes() : partition.free;
        const std::uint64_t asked = unit == Unit::nodes ? gpus / full : gpus;
        found.good = true;
        found.number = job.number;
        found.cell = job.cell;
        found.shadow = partition.wheel.find(lanes_, now_, unit, free, asked > free ? asked : free + 1);
        found.extra = found.shadow.units - asked;
        if (found.shadow.at == never && partition.free < partition.in_service) {
          found.shadow = partition.wheel.find(lanes_, now_, Unit::gpus, partition.free, partition.in_service);
          found.extra = 0;
        }
        lanes_.once([&] { partition.reservation = found; });
      }
      const Shadow& shadow = found.shadow;
      const std::uint64_t extra = found.extra;
      if (shadow.at < shadow_.at) {
        shadow_ = shadow;
        shadow_partition_ = p;
        shadow_unit_ = unit;
        extra_ = extra;
      }
    }
  }

  // ---- running jobs

  // Starts the waiting job at `place` in partition p, where it fits.
  NADC_HD void launch(std::uint32_t place, std::uint32_t p) {
    const WaitingJob& job = waiting_[place];
    Partition<Width>& partition = a_.partitions[p];
    const std::uint32_t slot = take_lowest(a_.free_slots, capacity_.slots);
    if (slot == none) {
      status_ = Status::slots_full;
      return;
    }
    std::uint32_t set = 0;
    const bool several = by_node() && job.gpus > parts_[p].shape.gpus_per_node;
    if (several) {
      set = take_lowest(a_.free_sets, capacity_.sets);
      if (set == none) {
        status_ = Status::sets_full;
        return;
      }
    }
    const ClassParams& klass = classes_[job.cell % shape_.classes];
    const std::uint32_t group = job.cell / shape_.classes;
    const std::uint64_t units = reserved_ && p == shadow_partition_ ? reserved_units(job, p) : 0;

    Placement where = Places::visit(point_.place, [&](const auto& policy) {
      return policy.take(lanes_, partition, job.gpus, a_.sets + std::size_t{set} * a_.set_words);
    });
    where.partition = p;
    where.set = set;
    const std::uint32_t base_rate = rate_of(job, p);
    const std::uint32_t slow = degraded_ ? speed_of_nodes(p, where) : full_rate, level = level_of(p);
    const PaceView view = pace_view(klass, where);
    const std::uint32_t rate =
        slowed(Flow::active ? base_rate : paced(base_rate, view), slow, job.cell % shape_.classes, level);
    const std::int64_t full_mw = full_draw(job, p, where.gpus), draw_mw = draw_at(full_mw, level);
    const Tick overhead = restart_of(job);
    // Field by field, in place: a copy through the stack waits for its own stores.
    lanes_.once([&] {
      RunningJob& fresh = a_.jobs[slot];
      fresh.job = job;
      fresh.where = where;
      fresh.segment_start = now_;
      fresh.since = now_;
      fresh.work_left = (job.work + overhead) << 16;
      fresh.request_left = (job.request + overhead) << 16;
      fresh.draw_mw = draw_mw;
      fresh.overhead = overhead;
      fresh.rate = rate;
      fresh.base_rate = base_rate;
      fresh.pace = full_rate;
      fresh.slow = slow;
    });
    const RunningJob& run = a_.jobs[slot];
    const Tick due = now_ + ticks_at((job.request + overhead) << 16, rate);
    events_.set(lanes_, slot, key_of(now_ + ticks_at((job.work + overhead) << 16, rate), EventRank::completion));
    partition.wheel.insert(lanes_, slot, due, where.gpus, whole_nodes(where, p));
    lanes_.put(&partition.reservation.good, false);
    base_plan(p, due, -static_cast<std::int64_t>(where.gpus));
    lanes_.once([&] {
      hold(job.cell, group, where.gpus, draw_mw);
      *part(p, held_ticks) -= now_times(where.gpus);
    });
    change_draw(p, 0, full_mw, draw_mw);
    if (full_mw > swing_mw_) swing_mw_ = full_mw;
    store_load_ += job.save_load;
    busy_ += where.gpus;
    ++running_;
    if (units && due > shadow_.at) extra_ -= units < extra_ ? units : extra_;
    if (!job.restarts) {
      lanes_.once([&] {
        ++*cell(job.cell, started);
        *cell(job.cell, wait_ticks) += static_cast<std::uint64_t>(now_ - job.submit);
      });
      if (point_.response.every > 0) demand_.met(lanes_, group, now_ - job.submit);
      count_in_sketch(group, now_ - job.submit);
      count_in_sketch(shape_.groups + job.cell % shape_.classes, now_ - job.submit);
    } else {
      end_requeue(job);
    }
    if constexpr (Observer::active) observer_->started(now_, run);
    leave(place);
    if (waiting_.size() == 0) {  // the window starts over
      scanned_ = 0;
      head_ = none;
      borrowing_ = passed_ = false;
    }
    if constexpr (Flow::active)
      flow_->start(slot, where, a_.sets + std::size_t{where.set} * a_.set_words, klass.communication);
    if (where.pods > 1) span(p, upward(view, where.gpus));
  }

  NADC_HD std::uint32_t whole_nodes(const Placement& where, std::uint32_t p) const {
    return where.nodes ? where.nodes : by_node() && where.gpus == parts_[p].shape.gpus_per_node ? 1 : 0;
  }
  NADC_HD PaceView pace_view(const ClassParams& klass, const Placement& where) const {
    const std::uint32_t surface = part_params_[where.partition].surface;
    return PaceView{where.pods, a_.partitions[where.partition].load_16ths, klass.communication, where.nodes,
                    point_.surfaces.count > surface * PaceSurface::cells
                        ? at(&point_, point_.surfaces) + std::size_t{surface} * PaceSurface::cells
                        : nullptr};
  }
  // Sixteenths of a GPU that the job puts on the upper tiers.
  NADC_HD std::int64_t upward(const PaceView& view, std::uint32_t gpus) const {
    return Paces::visit(point_.pace, [&](const auto& pace) { return pace.upward(view, gpus); });
  }
  NADC_HD std::uint32_t paced(std::uint32_t base, const PaceView& view) const {
    return at_pace(base, Paces::visit(point_.pace, [&](const auto& policy) { return policy(view); }));
  }
  NADC_HD static std::uint32_t at_pace(std::uint32_t base, std::uint32_t pace) {
    if (pace == full_rate) return base;
    const auto rate = static_cast<std::uint32_t>((static_cast<std::uint64_t>(base) * pace) >> 16);
    return rate > 0 ? rate : 1;
  }

  // What jobs put on the upper tiers changes: their load, and with it the pace of the jobs that feel it.
  NADC_HD void span(std::uint32_t p, std::int64_t sixteenths) {
    const bool matters = Paces::visit(point_.pace, [](const auto& pace) { return pace.depends_on_load; });
    if (!matters) return;
    Partition<Width>& partition = a_.partitions[p];
    const auto spanning = static_cast<std::uint32_t>(static_cast<std::int64_t>(partition.spanning) + sixteenths);
    std::uint64_t total = partition.in_service ? partition.in_service : 1;
    if (partition.uplinks_lost) {  // what is left carries the load
      const std::uint64_t whole = std::uint64_t{parts_[p].shape.nodes} << 16;
      total = partition.uplinks_lost < whole ? total * (whole - partition.uplinks_lost) / whole : 0;
      if (total == 0) total = 1;
    }
    const std::uint64_t full = (spanning + total - 1) / total;
    const auto load = static_cast<std::uint32_t>(full < 16 ? full : 16);
    const bool changed = load != partition.load_16ths;
    lanes_.once([&] {
      partition.spanning = spanning;
      partition.load_16ths = load;
    });
    if (!changed || Flow::active) return;
    for (std::uint32_t slot = 0;
         (slot = lanes_.find_first(slot, capacity_.slots, [&](std::uint32_t i) { return feels_load(i, p); })) <
         capacity_.slots;
         ++slot) {
      const RunningJob& run = a_.jobs[slot];
      set_rate(slot, rate_now(run));
    }
  }
  NADC_HD bool feels_load(std::uint32_t slot, std::uint32_t p) const {
    const RunningJob& run = a_.jobs[slot];
    if (run.rate == 0 || run.where.partition != p || run.where.nodes <= 1) return false;
    return Paces::visit(point_.pace, [&](const auto& pace) { return pace.feels_load(pace_view(run)); });
  }

  // The speed of the jobs whose flows met others than before.
  void follow_flows() {
    for (const auto& change : flow_->solve()) {
      RunningJob& run = a_.jobs[change.slot];
      run.pace = rate_at(classes_[run.job.cell % shape_.classes].communication, change.stretch);
      set_rate(change.slot, rate_now(run));
    }
  }

  // From now on the job in the slot runs at another rate.
  NADC_HD void set_rate(std::uint32_t slot, std::uint32_t rate) {
    RunningJob run = a_.jobs[slot];
    if (run.rate == rate) return;
    const Tick old_due = a_.due[slot].end;
    const std::int64_t done = (now_ - run.since) * run.rate;
    run.work_left -= done < run.work_left ? done : run.work_left;
    run.request_left -= done < run.request_left ? done : run.request_left;
    run.since = now_;
    run.rate = rate;
    lanes_.put(&a_.jobs[slot], run);
    const Tick due = now_ + ticks_at(run.request_left, rate);
    const std::uint32_t p = run.where.partition;
    events_.set(lanes_, slot, key_of(now_ + ticks_at(run.work_left, rate), EventRank::completion));
    lanes_.put(&a_.partitions[p].reservation.good, false);
    a_.partitions[p].wheel.remove(lanes_, slot);
    a_.partitions[p].wheel.insert(lanes_, slot, due, run.where.gpus, whole_nodes(run.where, p));
    base_plan(p, old_due, run.where.gpus);
    base_plan(p, due, -static_cast<std::int64_t>(run.where.gpus));
    plan_valid_ = false;
    rescan_ = true;
  }

  NADC_HD void complete(std::uint32_t slot) {
    const RunningJob& run = a_.jobs[slot];
    const WaitingJob& job = run.job;
    const std::uint32_t group = job.cell / shape_.classes;
    const Tick held_for = now_ - run.segment_start;
    // What the segment spent on checkpoints and its restart, at the pace at which it ran on the whole.
    const Tick segment_work = job.work + run.overhead;
    const Tick checkpoints =
        job.save_every > 0 && job.work > 0 ? (job.work - 1) / cycle_of(job) * static_cast<Tick>(job.save_cost) : 0;
    const Tick wasted = share_of(held_for, checkpoints + run.overhead, segment_work);
    const Tick unhindered = ticks_at(segment_work << 16, run.base_rate);
    const Tick life = now_ - job.submit, ideal = ticks_at(job.duration << 16, run.base_rate);
    const Tick floor = ideal > 10 * ticks_per_second ? ideal : 10 * ticks_per_second;
    const std::uint64_t slowdown =
        life > floor ? (static_cast<std::uint64_t>(life) << 16) / static_cast<std::uint64_t>(floor) : 65536u;
    lanes_.once([&] {
      const CellCount outcome = job.outcome == static_cast<std::uint8_t>(Outcome::completed) ? completed
                                : job.outcome == static_cast<std::uint8_t>(Outcome::failed)  ? failed
                                                                                             : cancelled;
      ++*cell(job.cell, outcome);
      *cell(job.cell, slowdown_q16) += slowdown;
      *cell(job.cell, result_ticks) += static_cast<std::uint64_t>(life);
      *cell(job.cell, lost_ticks) += static_cast<std::uint64_t>(wasted) * run.where.gpus;
      *cell(job.cell, stretch_ticks) +=
          static_cast<std::uint64_t>(held_for > unhindered ? held_for - unhindered : 0) * run.where.gpus;
    });
    count_in_sketch(shape_.groups + shape_.classes + group, life);
    if constexpr (Observer::active) observer_->ended(now_, run, wasted);
    vacate(slot, run);
  }

  // whole × part ÷ of, rounded down, without overflow; at most whole.
  NADC_HD static Tick share_of(Tick whole, Tick part, Tick of) {
    if (part <= 0 || of <= 0) return 0;
    if (part >= of) return whole;
    return static_cast<Tick>(static_cast<UInt128>(static_cast<std::uint64_t>(whole)) *
                             static_cast<std::uint64_t>(part) / static_cast<std::uint64_t>(of));
  }

  // Between the starts of two saves.
  NADC_HD static Tick cycle_of(const WaitingJob& job) { return static_cast<Tick>(job.save_every) + job.save_cost; }

  enum class Notice { none, given };

  // The job stops and goes back to the queue: with what its last checkpoint holds, or, with notice, with all that it
  // has done, if it saves at all.
  NADC_HD void interrupt(std::uint32_t slot, Notice notice = Notice::none) {
    const RunningJob run = a_.jobs[slot];
    const std::int64_t done_q16 = ((run.job.work + run.overhead) << 16) - run.work_left + (now_ - run.since) * run.rate;
    const Tick done = (done_q16 >> 16) - run.overhead;  // of the job's work, checkpoints included
    const Tick cycle = cycle_of(run.job);
    const Tick saved_cycles = run.job.save_every > 0 && done > 0 ? done / cycle : 0;
    Tick saved = saved_cycles * cycle, kept = saved_cycles * run.job.save_every;
    if (notice == Notice::given && run.job.save_every > 0 && done > saved) {
      const Tick rest = done - saved;
      kept += rest < run.job.save_every ? rest : run.job.save_every;
      saved = done < run.job.work ? done : run.job.work - 1;  // the restart has something left to do
    }
    const Tick held_for = now_ - run.segment_start;
    const Tick useful = share_of(held_for, kept, done_q16 >> 16);
    WaitingJob job = run.job;
    job.work -= saved;
    job.request -= saved;
    job.restarts = 1;
    job.planned = never;
    lanes_.once([&] {
      ++*cell(job.cell, notice == Notice::given ? preempted : interruptions);
      a_.cell_requeued[job.cell] += job.gpus;
      *cell(job.cell, requeue_ticks) -= now_times(job.gpus);
      *cell(job.cell, lost_ticks) += static_cast<std::uint64_t>(held_for - useful) * run.where.gpus;
    });
    if constexpr (Observer::active) observer_->interrupted(now_, run, held_for - useful);
    vacate(slot, run);
    insert(job);
  }

  // Frees what the job in the slot holds.
  NADC_HD void vacate(std::uint32_t slot, const RunningJob& run) {
    const std::uint32_t p = run.where.partition, group = run.job.cell / shape_.classes;
    Partition<Width>& partition = a_.partitions[p];
    events_.cancel(lanes_, slot);
    const Tick due = a_.due[slot].end;
    if (due != now_) plan_valid_ = false;
    base_plan(p, due, run.where.gpus);
    partition.wheel.remove(lanes_, slot);
    lanes_.put(&partition.reservation.good, false);
    if (run.where.nodes) {
      partition.map.give_set(lanes_, run.where.first, run.where.last, run.where.nodes,
                             a_.sets + std::size_t{run.where.set} * a_.set_words);
      give_back(a_.free_sets, run.where.set);
    } else if (by_node()) {
      partition.map.give(lanes_, run.where.first, run.where.gpus);
    }
    lanes_.once([&] {
      partition.free += run.where.gpus;
      a_.jobs[slot].rate = 0;
      let_go(run.job.cell, group, run.where.gpus, run.draw_mw);
      *part(p, held_ticks) += now_times(run.where.gpus);
    });
    give_back(a_.free_slots, slot);
    if (powered_)
      change_draw(p, 0, -full_draw(run.job, p, run.where.gpus), -run.draw_mw);
    else
      power_mw_ -= run.draw_mw;
    store_load_ -= run.job.save_load;
    busy_ -= run.where.gpus;
    --running_;
    rescan_ = true;
    if constexpr (Flow::active) flow_->end(slot);
    if (run.where.pods > 1) span(p, -upward(pace_view(run), run.where.gpus));
  }

  // ---- power

  NADC_HD std::int64_t full_draw(const WaitingJob& job, std::uint32_t p, std::uint32_t gpus) const {
    const double intensity = classes_[job.cell % shape_.classes].intensity;
    return Draws::visit(point_.draw,
                        [&](const auto& policy) { return policy.job(part_params_[p].draw, gpus, intensity); });
  }

  // f(domain) for the domains of a partition: its site, and its cluster if that has a limit of its own.
  template <class F> NADC_HD void for_domains(std::uint32_t p, F&& f) const {
    f(parts_[p].site);
    if (parts_[p].own_domain != no_domain) f(parts_[p].own_domain);
  }

  // What the nodes of a partition draw without jobs, and its jobs at full clocks and now, changes at this tick.
  NADC_HD void change_draw(std::uint32_t p, std::int64_t base, std::int64_t full, std::int64_t drawn) {
    power_mw_ += base + drawn;
    if (!powered_) return;
    lanes_.once([&] {
      for_domains(p, [&](std::uint32_t d) {
        PowerDomain& domain = a_.domains[d];
        domain.base_mw += base;
        domain.full_mw += full;
        domain.drawn_mw += drawn;
        if (base != 0 || full != 0) domain.dirty = 1;
        domain.meter -= static_cast<UInt128>(now_) * static_cast<UInt128>(static_cast<Int128>(base + drawn));
      });
    });
  }

  NADC_HD const DomainParams& domain_params(std::uint32_t d) const { return at(&point_, point_.domains)[d]; }
  NADC_HD std::uint32_t level_of(std::uint32_t p) const {
    std::uint32_t level = full_level;
    if (point_.limited)
      for_domains(p, [&](std::uint32_t d) {
        if (a_.domains[d].level < level) level = a_.domains[d].level;
      });
    return level;
  }
  NADC_HD bool has_power(const WaitingJob& job, std::uint32_t p) const {
    const std::int64_t full = full_draw(job, p, held(job, p));
    bool room = true;
    for_domains(p, [&](std::uint32_t d) {
      room = room && a_.domains[d].has_room(domain_params(d), full, point_.lowest_level);
    });
    return room;
  }
  // The first job in the queue does not start: marks the domains that have its GPUs, but not its power.
  NADC_HD void hold_back(const WaitingJob& job) {
    for (std::uint32_t p = 0; p < shape_.partitions; ++p) {
      const bool idle =
          Places::visit(point_.place, [&](const auto& place) { return place.fits(a_.partitions[p], job.gpus); });
      if (!idle || rate_of(job, p) == 0 || has_power(job, p)) continue;
      const std::int64_t full = full_draw(job, p, held(job, p));
      lanes_.once([&] {
        for_domains(p, [&](std::uint32_t d) {
          if (a_.domains[d].has_room(domain_params(d), full, point_.lowest_level)) return;
          a_.domains[d].held = a_.domains[d].dirty = 1;
        });
      });
    }
  }
  NADC_HD void forget_held() {
    lanes_.for_each(shape_.domains, [&](std::uint32_t d) {
      if (a_.domains[d].held) a_.domains[d].dirty = 1;
      a_.domains[d].held = 0;
    });
  }

  // After a change every domain finds the level at which its jobs keep its limit; the newest stop where none does.
  NADC_HD void keep_limits() {
    for (std::uint32_t d = 0; d < shape_.domains; ++d) {
      if (!a_.domains[d].dirty) continue;
      const DomainParams& params = domain_params(d);
      std::uint32_t level = a_.domains[d].level_for(params, a_.domains[d].full_mw);
      const std::uint32_t least = params.at_limit == AtLimit::preempt ? full_level : point_.lowest_level;
      while (level < least && status_ == Status::done) {
        const std::uint32_t slot = newest_job(d);
        if (slot == capacity_.slots) break;
        interrupt(slot, Notice::given);
        level = a_.domains[d].level_for(params, a_.domains[d].full_mw);
      }
      const bool changed = level != a_.domains[d].level;
      const std::uint32_t capped = level < full_level || a_.domains[d].held;
      lanes_.once([&] {
        PowerDomain& domain = a_.domains[d];
        domain.level = level;
        domain.dirty = 0;
        if (domain.capped != capped) *limit_count(d) += capped ? 0 - now_times(1) : now_times(1);
        domain.capped = capped;
      });
      if (changed) retune(d);
    }
  }
  // The job of a domain that started last; slots if it has none.
  NADC_HD std::uint32_t newest_job(std::uint32_t d) const {
    const KeyAt found = lanes_.min_at(capacity_.slots, [&](std::uint32_t i) {
      const RunningJob& run = a_.jobs[i];
      if (run.rate == 0 || (parts_[run.where.partition].site != d && parts_[run.where.partition].own_domain != d))
        return std::uint64_t{UINT64_MAX};
      return static_cast<std::uint64_t>(never - run.segment_start);
    });
    return found.key == UINT64_MAX ? capacity_.slots : found.index;
  }
  // The jobs of a domain take up its new level.
  NADC_HD void retune(std::uint32_t d) {
    for (std::uint32_t slot = 0; (slot = lanes_.find_first(slot, capacity_.slots,
                                                           [&](std::uint32_t i) {
                                                             const RunningJob& run = a_.jobs[i];
                                                             return run.rate &&
                                                                    (parts_[run.where.partition].site == d ||
                                                                     parts_[run.where.partition].own_domain == d);
                                                           })) < capacity_.slots;
         ++slot) {
      const RunningJob& run = a_.jobs[slot];
      const std::uint32_t p = run.where.partition;
      const std::int64_t drawn = draw_at(full_draw(run.job, p, run.where.gpus), level_of(p));
      const std::int64_t more = drawn - run.draw_mw;
      const std::uint32_t rate = rate_now(run);
      if (more != 0) {
        lanes_.once([&] {
          hold(run.job.cell, run.job.cell / shape_.classes, 0, more);
          a_.jobs[slot].draw_mw = drawn;
        });
        change_draw(p, 0, 0, more);
      }
      set_rate(slot, rate);
    }
  }

  // The rate of a running job where it is, as things are.
  NADC_HD std::uint32_t rate_now(const RunningJob& run) const {
    const std::uint32_t k = run.job.cell % shape_.classes, p = run.where.partition;
    const std::uint32_t pace = Flow::active ? at_pace(run.base_rate, run.pace) : paced(run.base_rate, pace_view(run));
    return slowed(pace, run.slow, k, level_of(p));
  }
  // By a degraded node, and by clocks below full.
  NADC_HD std::uint32_t slowed(std::uint32_t rate, std::uint32_t speed_q16, std::uint32_t k,
                               std::uint32_t level) const {
    if (speed_q16 == full_rate && level == full_level) return rate;
    std::uint64_t slow = (static_cast<std::uint64_t>(rate) * speed_q16) >> 16;
    if (level != full_level) slow = (slow * at(&point_, point_.cap_speed)[k * (full_level + 1) + level]) >> 16;
    return slow > 0 ? static_cast<std::uint32_t>(slow) : 1;
  }

  // A window of reduced power begins or ends.
  NADC_HD void turn_window() {
    const WindowStep* steps = at(&point_, point_.windows);
    while (windows_ < point_.windows.count && steps[windows_].from <= now_) {
      const WindowStep& step = steps[windows_++];
      lanes_.once([&] {
        a_.domains[step.domain].window_q16 = step.share_q16;
        a_.domains[step.domain].dirty = 1;
      });
    }
    rescan_ = true;
    events_.set(lanes_, window_slot(),
                windows_ < point_.windows.count ? key_of(steps[windows_].from, EventRank::periodic) : UINT64_MAX);
  }

  // The meter is read at every full hour and at the end of every stretch.
  NADC_HD void next_reading() {
    const Tick hour = next_full_hour(world_.week_offset, now_);
    const Tick end = at(&world_, world_.stretches)[stretch_].end;
    events_.set(lanes_, meter_slot(), key_of(hour < end ? hour : end, EventRank::periodic));
  }
  NADC_HD void read_meter() {
    const std::uint32_t bin = meter_bin(world_.week_offset, now_ - 1);
    lanes_.for_each(shape_.sites, [&](std::uint32_t s) {
      PowerDomain& site = a_.domains[s];
      const UInt128 begun =
          static_cast<UInt128>(now_) * static_cast<UInt128>(static_cast<Int128>(site.base_mw + site.drawn_mw));
      const UInt128 energy = site.meter + begun;
      const std::size_t at = std::size_t{stretch_} * shape_.sites + s;
      const auto mean = static_cast<std::uint64_t>(energy / static_cast<UInt128>(ticks_per_hour));
      raw_.metered[at * meter_bins + bin] += energy;
      if (mean > raw_.meter_peak[at]) raw_.meter_peak[at] = mean;
      site.meter = 0 - begun;
    });
    if (now_ == at(&world_, world_.stretches)[stretch_].end) ++stretch_;
    if (stretch_ < shape_.stretches)
      next_reading();
    else
      events_.cancel(lanes_, meter_slot());
  }

  // ---- what nodes are for

  enum class Duty { dark, spare, serving, down };

  NADC_HD static std::uint32_t& gpus_on(Partition<Width>& partition, Duty duty) {
    return duty == Duty::dark      ? partition.dark
           : duty == Duty::spare   ? partition.spare
           : duty == Duty::serving ? partition.in_service
                                   : partition.down;
  }
  // [mW] of one node without jobs.
  NADC_HD std::int64_t node_draw(std::uint32_t p, Duty duty) const {
    const NodeDraw& node = part_params_[p].draw;
    return duty == Duty::dark ? 0 : Draws::visit(point_.draw, [&](const auto& policy) {
      return duty == Duty::down ? policy.down(node) : policy.idle(node);
    });
  }
  // Nodes of a partition change their duty; the map and the stock are the caller's.
  NADC_HD void change_duty(std::uint32_t p, Duty from, Duty to, std::uint32_t nodes) {
    const std::uint32_t gpus = nodes * parts_[p].shape.gpus_per_node;
    const std::int64_t draw_mw = (node_draw(p, to) - node_draw(p, from)) * nodes;
    const std::int64_t serving = to == Duty::serving     ? gpus
                                 : from == Duty::serving ? -static_cast<std::int64_t>(gpus)
                                                         : 0;
    lanes_.once([&] {
      Partition<Width>& partition = a_.partitions[p];
      gpus_on(partition, from) -= gpus;
      gpus_on(partition, to) += gpus;
      count_duty(p, from, now_times(gpus));
      count_duty(p, to, 0 - now_times(gpus));
      base_power(p, draw_mw);
      partition.free += static_cast<std::uint32_t>(serving);
      partition.reservation.good = false;
    });
    change_draw(p, draw_mw, 0, 0);
    if (serving == 0) return;
    in_service_ += static_cast<std::uint32_t>(serving);
    span(p, 0);
    base_plan(p, never, serving);
    plan_valid_ = false;
    rescan_ = true;
  }
  NADC_HD void count_duty(std::uint32_t p, Duty duty, std::uint64_t gpu_ticks) const {
    if (duty == Duty::down) *part(p, down_ticks) += gpu_ticks;
    if (duty == Duty::dark) *part(p, dark_ticks) += gpu_ticks;
    if (duty == Duty::spare) *part(p, spare_ticks) += gpu_ticks;
  }

  // Nodes that stand by.
  NADC_HD std::uint64_t* stock(std::uint32_t p) const { return a_.stock + std::size_t{p} * a_.set_words; }
  NADC_HD bool in_stock(std::uint32_t p, std::uint32_t node) const { return (stock(p)[node / 64] >> (node % 64)) & 1; }
  NADC_HD void flip_stock(std::uint32_t p, std::uint32_t node) {
    lanes_.once([&] { stock(p)[node / 64] ^= std::uint64_t{1} << (node % 64); });
  }
  NADC_HD bool well(std::uint32_t p, std::uint32_t node) const {
    return node < parts_[p].shape.nodes && (a_.partitions[p].map.present(node) || in_stock(p, node));
  }

  // A node goes down; one that stands by takes its place. Its jobs have been stopped.
  NADC_HD void take_out(std::uint32_t p, std::uint32_t node) {
    if (degraded_) forget_degraded(parts_[p].first_node + node);
    if (in_stock(p, node)) {
      flip_stock(p, node);
      change_duty(p, Duty::spare, Duty::down, 1);
      return;
    }
    a_.partitions[p].map.leave(lanes_, node);
    change_duty(p, Duty::serving, Duty::down, 1);
    if (a_.partitions[p].spare == 0) return;
    const std::uint32_t words = parts_[p].shape.words();
    const std::uint32_t word = lanes_.find_first(0, words, [&](std::uint32_t w) { return stock(p)[w] != 0; });
    const std::uint32_t next = word * 64 + static_cast<std::uint32_t>(lowest_bit(stock(p)[word]));
    flip_stock(p, next);
    a_.partitions[p].map.enter(lanes_, next);
    change_duty(p, Duty::spare, Duty::serving, 1);
  }
  // A repaired node serves, or stands by when enough nodes serve.
  NADC_HD void put_back(std::uint32_t p, std::uint32_t node) {
    const std::uint32_t enough = part_params_[p].nodes - part_params_[p].spares;
    if (a_.partitions[p].in_service >= enough * parts_[p].shape.gpus_per_node) {
      flip_stock(p, node);
      change_duty(p, Duty::down, Duty::spare, 1);
      return;
    }
    a_.partitions[p].map.enter(lanes_, node);
    change_duty(p, Duty::down, Duty::serving, 1);
  }

  // ---- deliveries and connections

  NADC_HD void deliver(std::uint32_t t) {
    const TrancheParams& tranche = tranches_[t];
    const std::uint32_t p = tranche.partition, gpus = tranche.count * parts_[p].shape.gpus_per_node;
    events_.cancel(lanes_, tranche_slots_ + t);
    lanes_.put(&a_.delivered[t], now_);
    lanes_.once([&] {
      a_.partitions[p].dark += gpus;
      *part(p, installed_ticks) -= now_times(gpus);
      *part(p, dark_ticks) -= now_times(gpus);
    });
    installed_ += gpus;
    if (target_ >= never && installed_ >= point_.goal_gpus) target_ = now_;
    switch_on(parts_[p].site);
  }

  NADC_HD void connect(std::uint32_t g) {
    const GridParams& step = at(&point_, point_.grid)[g];
    events_.cancel(lanes_, grid_slots_ + g);
    lanes_.once([&] {
      a_.domains[step.site].grid_mw += step.adds_mw;
      a_.domains[step.site].dirty = 1;
    });
    rescan_ = true;
    switch_on(step.site);
  }

  // Nodes of a site that were delivered are switched on, in order, while its connection carries what they reserve.
  NADC_HD void switch_on(std::uint32_t site) {
    for (std::uint32_t t = 0; t < point_.tranches.count; ++t) {
      const TrancheParams& tranche = tranches_[t];
      const std::uint32_t p = tranche.partition, first_spare = tranche.first + tranche.count - tranche.spares;
      if (parts_[p].site != site || a_.delivered[t] > now_) continue;
      std::uint32_t serving = 0, spare = 0, on = a_.switched_on[t];
      for (; on < tranche.count && reserve_power(site, p); ++on) {
        const std::uint32_t node = tranche.first + on;
        if (node >= first_spare) {
          flip_stock(p, node);
          ++spare;
        } else {
          a_.partitions[p].map.enter(lanes_, node);
          ++serving;
        }
      }
      lanes_.put(&a_.switched_on[t], on);
      if (serving) change_duty(p, Duty::dark, Duty::serving, serving);
      if (spare) change_duty(p, Duty::dark, Duty::spare, spare);
    }
  }
  NADC_HD bool reserve_power(std::uint32_t site, std::uint32_t p) {
    const DomainParams& params = domain_params(site);
    if (!params.has_grid) return true;
    const std::int64_t needed = params.reserves_full ? part_params_[p].draw.busy_mw : node_draw(p, Duty::serving);
    if (a_.domains[site].committed_mw + needed > a_.domains[site].grid_mw) return false;
    lanes_.once([&] { a_.domains[site].committed_mw += needed; });
    return true;
  }

  // ---- failures, outages, repairs

  // What stops jobs, for the draw of a pool's victims.
  struct Cause {
    std::uint32_t entity, number;
    Notice notice = Notice::none;
  };

  NADC_HD void next_failure() {
    candidate_ = draw(key_, static_cast<std::uint32_t>(Stream::failure), 0, candidate_number_);
    candidate_at_ += sample_ticks(point_.failure_gap, tables(), candidate_.word[0]);
    events_.set(lanes_, failure_slot_, key_of(candidate_at_, EventRank::failure));
  }

  NADC_HD std::uint32_t partition_of(std::uint32_t node) const {
    std::uint32_t p = 0;
    while (p + 1 < shape_.partitions && node >= parts_[p + 1].first_node) ++p;
    return p;
  }

  // A candidate: thinned by the present hazard of the node that it names, if that is in service.
  NADC_HD void failure() {
    const Uniforms candidate = candidate_;
    const std::uint32_t number = candidate_number_++;
    next_failure();
    const std::uint32_t node = multiply_high(candidate.word[1], world_.nodes);
    const std::uint32_t p = partition_of(node), local = node - parts_[p].first_node;
    if (!well(p, local)) return;
    const HazardView view{node, now_ - delivered_at(p, local)};
    double hazard = Hazards::visit(point_.hazard, [&](const auto& policy) { return policy(view); });
    if (point_.lemons && draw(key_, static_cast<std::uint32_t>(Stream::lemon), node, 0).word[0] < point_.lemons)
      hazard *= point_.lemon_factor;
    if (uniform_of(candidate.word[2]) * point_.greatest_hazard >= hazard) return;
    lanes_.once([&] { ++*part(p, node_failures); });
    const Cause cause{0, number};
    if (point_.modes.count == 0) {
      drain(p, local, sample_ticks(point_.repair, tables(), candidate.word[3]), cause);
      return;
    }
    const Uniforms u = draw(key_, static_cast<std::uint32_t>(Stream::mode), 0, number);
    const FailureMode* modes = at(&point_, point_.modes);
    std::uint32_t m = 0;
    while (m + 1 < point_.modes.count && u.word[0] >= modes[m].below) ++m;
    if (modes[m].speed_q16 != full_rate && by_node())
      degrade(p, local, modes[m].speed_q16, m, sample_ticks(modes[m].detection, tables(), u.word[3]), u.word[2]);
    else if (u.word[1] < modes[m].drains)
      drain(p, local, sample_ticks(modes[m].repair, tables(), u.word[2]), cause);
    else
      stop_jobs(p, local, 0, cause);
  }
  NADC_HD static double uniform_of(std::uint32_t word) { return (static_cast<double>(word) + 0.5) * 0x1p-32; }

  NADC_HD Tick delivered_at(std::uint32_t p, std::uint32_t local) const {
    for (std::uint32_t t = 0; t < point_.tranches.count; ++t)
      if (tranches_[t].partition == p && local >= tranches_[t].first && local - tranches_[t].first < tranches_[t].count)
        return a_.delivered[t];
    return 0;
  }

  // Stops the jobs on a node; of a pool, one that holds a GPU of those in service, and more until `gpus` are free.
  NADC_HD void stop_jobs(std::uint32_t p, std::uint32_t node, std::uint32_t gpus, Cause cause) {
    if (in_stock(p, node)) return;
    if (by_node())
      for (std::uint32_t slot = 0; (slot = job_on(p, node, slot)) < capacity_.slots; ++slot)
        interrupt(slot, cause.notice);
    else
      evict_from_pool(p, gpus, cause);
  }

  // A node goes down until a crew has mended it.
  NADC_HD void drain(std::uint32_t p, std::uint32_t node, Tick length, Cause cause) {
    const std::uint32_t entry = free_entry();
    if (entry == capacity_.repairs) return;
    stop_jobs(p, node, parts_[p].shape.gpus_per_node, cause);
    take_out(p, node);
    lanes_.once([&] {
      Repair& repair = a_.repairs[entry];
      repair.node = parts_[p].first_node + node;
      repair.order = repair_order_;
      repair.length = length;
      repair.state = Repair::waiting;
    });
    ++repair_order_;
    if (point_.crews.crews == 0 || crews_busy_ < point_.crews.crews) begin_repair(entry);
  }
  NADC_HD std::uint32_t free_entry() {
    const std::uint32_t entry = lanes_.find_first(entries_taken_, capacity_.repairs,
                                                  [&](std::uint32_t i) { return a_.repairs[i].state == Repair::free; });
    if (entry == capacity_.repairs) status_ = Status::repairs_full;
    entries_taken_ = entry;
    return entry;
  }
  NADC_HD void leave_entry(std::uint32_t entry) {
    events_.cancel(lanes_, repair_slots_ + entry);
    lanes_.put(&a_.repairs[entry], Repair{});
    if (entry < entries_taken_) entries_taken_ = entry;
  }
  NADC_HD void begin_repair(std::uint32_t entry) {
    ++crews_busy_;
    lanes_.put(&a_.repairs[entry].state, std::uint32_t{Repair::working});
    const Tick day_offset = world_.week_offset % ticks_per_day;
    ring(entry, work_done(point_.crews, day_offset, now_, a_.repairs[entry].length));
  }
  NADC_HD void ring(std::uint32_t entry, Tick when) {
    events_.set(lanes_, repair_slots_ + entry, key_of(when > now_ ? when : now_ + 1, EventRank::repair));
  }

  // A repair or an outage is over, or a degraded node is found out.
  NADC_HD void repair(std::uint32_t entry) {
    const Repair ended = a_.repairs[entry];
    leave_entry(entry);
    const std::uint32_t p = partition_of(ended.node), node = ended.node - parts_[p].first_node;
    if (ended.state == Repair::uplinks) return change_uplinks(p, node, ended.order, ended.mode, -1);
    if (ended.state == Repair::degraded) {
      --degraded_;
      if (well(p, node))
        drain(p, node, sample_ticks(at(&point_, point_.modes)[ended.mode].repair, tables(), ended.uniform),
              {1, ended.order});
      return;
    }
    put_back(p, node);
    if (ended.state != Repair::working) return;
    --crews_busy_;
    const KeyAt next = lanes_.min_at(capacity_.repairs, [&](std::uint32_t i) {
      return a_.repairs[i].state == Repair::waiting ? std::uint64_t{a_.repairs[i].order} : std::uint64_t{UINT64_MAX};
    });
    if (next.key != UINT64_MAX) begin_repair(next.index);
  }

  // From now on the jobs on a node run at a part of their speed, until that is noticed.
  NADC_HD void degrade(std::uint32_t p, std::uint32_t node, std::uint32_t speed_q16, std::uint32_t mode, Tick noticed,
                       std::uint32_t uniform) {
    const std::uint32_t entry = free_entry();
    if (entry == capacity_.repairs) return;
    if (degraded_) forget_degraded(parts_[p].first_node + node);
    lanes_.once([&] {
      Repair& repair = a_.repairs[entry];
      repair.node = parts_[p].first_node + node;
      repair.order = candidate_number_;
      repair.state = Repair::degraded;
      repair.mode = mode;
      repair.speed_q16 = speed_q16;
      repair.uniform = uniform;
    });
    ++degraded_;
    ring(entry, now_ + noticed);
    for (std::uint32_t slot = 0; (slot = job_on(p, node, slot)) < capacity_.slots; ++slot) {
      if (a_.jobs[slot].slow > speed_q16) lanes_.put(&a_.jobs[slot].slow, speed_q16);
      set_rate(slot, rate_now(a_.jobs[slot]));
    }
  }
  NADC_HD void forget_degraded(std::uint32_t node) {
    const std::uint32_t entry = lanes_.find_first(0, capacity_.repairs, [&](std::uint32_t i) {
      return a_.repairs[i].state == Repair::degraded && a_.repairs[i].node == node;
    });
    if (entry == capacity_.repairs) return;
    leave_entry(entry);
    --degraded_;
  }
  // The speed that the slowest node of a placement allows.
  NADC_HD std::uint32_t speed_of_nodes(std::uint32_t p, const Placement& where) const {
    std::uint32_t speed = full_rate;
    for (std::uint32_t i = 0; i < capacity_.repairs; ++i) {
      const Repair& repair = a_.repairs[i];
      if (repair.state != Repair::degraded || repair.speed_q16 >= speed) continue;
      if (holds(p, where, repair.node - parts_[p].first_node)) speed = repair.speed_q16;
    }
    return speed;
  }

  NADC_HD void next_outage(std::uint32_t o) {
    const Uniforms u = draw(key_, static_cast<std::uint32_t>(Stream::outage), o, a_.outage_number[o]);
    const Tick when = a_.outage_at[o] + sample_ticks(at(&point_, point_.outages)[o].gap, tables(), u.word[0]);
    lanes_.put(&a_.outage[o], u);
    lanes_.put(&a_.outage_at[o], when);
    events_.set(lanes_, outage_slots_ + o, key_of(when, EventRank::failure));
  }

  // All nodes of one unit go down together and come back together, without a crew.
  NADC_HD void outage(std::uint32_t o) {
    const OutageParams& params = at(&point_, point_.outages)[o];
    const Uniforms u = a_.outage[o];
    const std::uint32_t number = a_.outage_number[o];
    lanes_.put(&a_.outage_number[o], number + 1);
    next_outage(o);
    if (!params.active || (!params.planned && uniform_of(u.word[2]) >= params.share)) return;
    std::uint32_t units = 0;
    for (std::uint32_t p = 0; p < shape_.partitions; ++p) units += units_of(params, p);
    std::uint32_t unit = params.planned ? number % units : multiply_high(u.word[1], units), p = 0;
    for (; unit >= units_of(params, p); ++p) unit -= units_of(params, p);
    const std::uint32_t nodes = parts_[p].shape.nodes, begin = unit * (params.nodes ? params.nodes : nodes);
    const std::uint32_t end = params.nodes && begin + params.nodes < nodes ? begin + params.nodes : nodes;
    const Tick length = sample_ticks(params.length, tables(), u.word[3]);
    if (params.uplinks_q16) return lose_uplinks(o, p, begin, end, length);
    bool any = false;
    for (std::uint32_t node = begin; node < end && status_ == Status::done; ++node) {
      if (!well(p, node)) continue;
      const std::uint32_t entry = free_entry();
      if (entry == capacity_.repairs) return;
      stop_jobs(p, node, parts_[p].shape.gpus_per_node,
                {2 + o, number * nodes + node, params.planned ? Notice::given : Notice::none});
      take_out(p, node);
      lanes_.once([&] {
        a_.repairs[entry].node = parts_[p].first_node + node;
        a_.repairs[entry].state = Repair::unattended;
      });
      ring(entry, now_ + length);
      any = true;
    }
    if (any) lanes_.once([&] { ++*part(p, outages); });
  }
  // A unit loses a share of its uplinks for a while; jobs go on, slower.
  NADC_HD void lose_uplinks(std::uint32_t o, std::uint32_t p, std::uint32_t begin, std::uint32_t end, Tick length) {
    const std::uint32_t entry = free_entry();
    if (entry == capacity_.repairs) return;
    lanes_.once([&] {
      a_.repairs[entry].node = parts_[p].first_node + begin;
      a_.repairs[entry].order = end;
      a_.repairs[entry].state = Repair::uplinks;
      a_.repairs[entry].mode = o;
      ++*part(p, outages);
    });
    ring(entry, now_ + length);
    change_uplinks(p, begin, end, o, +1);
  }
  NADC_HD void change_uplinks(std::uint32_t p, std::uint32_t begin, std::uint32_t end, std::uint32_t o, int direction) {
    const std::uint32_t lost = at(&point_, point_.outages)[o].uplinks_q16;
    lanes_.once([&] {
      a_.partitions[p].uplinks_lost +=
          static_cast<std::uint64_t>(static_cast<std::int64_t>(std::uint64_t{end - begin} * lost) * direction);
    });
    if constexpr (Flow::active) flow_->change_uplinks(p, begin, end, lost, direction > 0);
    span(p, 0);
  }
  NADC_HD std::uint32_t units_of(const OutageParams& params, std::uint32_t p) const {
    const std::uint32_t nodes = parts_[p].shape.nodes;
    return params.nodes == 0 ? (nodes > 0) : (nodes + params.nodes - 1) / params.nodes;
  }

  NADC_HD void end_requeue(const WaitingJob& job) {
    lanes_.once([&] {
      a_.cell_requeued[job.cell] -= job.gpus;
      *cell(job.cell, requeue_ticks) += now_times(job.gpus);
    });
  }

  // Whether a placement holds a node of the partition.
  NADC_HD bool holds(std::uint32_t p, const Placement& where, std::uint32_t node) const {
    if (where.partition != p || node >= parts_[p].shape.nodes) return false;
    if (where.nodes == 0) return where.first == node;
    return ((a_.sets[std::size_t{where.set} * a_.set_words + node / 64] >> (node % 64)) & 1) != 0;
  }

  // The first slot from `from` on whose job runs on the node; slots if there is none.
  NADC_HD std::uint32_t job_on(std::uint32_t p, std::uint32_t node, std::uint32_t from) const {
    return lanes_.find_first(from, capacity_.slots, [&](std::uint32_t i) {
      const RunningJob& run = a_.jobs[i];
      return run.rate != 0 && holds(p, run.where, node);
    });
  }

  // A pool has no nodes: the GPUs that fail are drawn uniformly from those in service, so the job that holds one of
  // them stops; more stop, by slot, until `gpus` are free.
  NADC_HD void evict_from_pool(std::uint32_t p, std::uint32_t gpus, Cause cause) {
    const Uniforms u = draw(key_, static_cast<std::uint32_t>(Stream::victim), cause.entity, cause.number);
    const std::uint32_t position = multiply_high(u.word[0], a_.partitions[p].in_service);
    const auto held_in = [&](std::uint32_t i) -> std::uint64_t {
      const RunningJob& run = a_.jobs[i];
      return run.rate && run.where.partition == p ? run.where.gpus : 0;
    };
    const std::uint32_t victim = lanes_.find_prefix(capacity_.slots, std::uint64_t{position} + 1, held_in).index;
    if (victim < capacity_.slots) interrupt(victim, cause.notice);
    while (a_.partitions[p].free < gpus)
      interrupt(lanes_.find_first(0, capacity_.slots, [&](std::uint32_t i) { return held_in(i) != 0; }), cause.notice);
  }

  // ---- small things

  NADC_HD const double* tables() const { return at(&world_, world_.tables); }

  // Bit masks of what is free; the lowest is taken, so that a number does not depend on the capacity.
  NADC_HD void set_all(std::uint64_t* mask, std::uint32_t n) {
    lanes_.for_each((n + 63) / 64, [&](std::uint32_t w) {
      mask[w] = w * 64 + 64 <= n ? ~std::uint64_t{0} : (std::uint64_t{1} << (n % 64)) - 1;
    });
  }
  NADC_HD std::uint32_t take_lowest(std::uint64_t* mask, std::uint32_t n) {
    const std::uint32_t words = (n + 63) / 64,
                        w = lanes_.find_first(0, words, [&](std::uint32_t i) { return mask[i] != 0; });
    if (w == words) return none;
    const auto bit = static_cast<std::uint32_t>(lowest_bit(mask[w]));
    lanes_.once([&] { mask[w] &= mask[w] - 1; });
    return w * 64 + bit;
  }
  NADC_HD void give_back(std::uint64_t* mask, std::uint32_t number) {
    lanes_.once([&] { mask[number / 64] |= std::uint64_t{1} << (number % 64); });
  }

  const World& world_;
  const Point& point_;
  const RandomKey key_;
  const Capacity capacity_;
  const JobSource source_;
  Observer* observer_;
  Flow* flow_;
  const L lanes_{};
  const Arrays<Width> a_;
  const RawShape shape_;
  const Raw raw_;
  const ClassParams* classes_;
  const PartitionWorld* parts_;
  const PartitionParams* part_params_;
  const std::uint32_t* rates_;    // (cell, partition)
  const std::uint32_t* largest_;  // (cell)
  const TrancheParams* tranches_;
  const std::uint32_t arrival_slots_, tranche_slots_, grid_slots_, repair_slots_, outage_slots_,
      failure_slot_;  // first event slot of each kind
  const std::uint32_t window_;
  const bool metered_, powered_;  // powered: power domains are kept

  EventSet<Width> events_;
  Waiting<Width> waiting_;
  Status status_ = Status::done;
  Tick now_ = 0;
  std::uint32_t period_ = 0;
  std::uint64_t backlog_ = 0;        // waiting jobs behind the window
  std::uint32_t arrivals_left_ = 0;  // sources that are not exhausted
  std::uint64_t running_ = 0, busy_ = 0;
  std::int64_t power_mw_ = 0, peak_mw_ = 0;
  std::int64_t swing_mw_ = 0;     // the greatest draw of one job in this period
  std::uint64_t store_load_ = 0;  // of the checkpoint store, by the jobs that run
  std::uint32_t stretch_ = 0;     // of the meter
  std::uint32_t windows_ = 0;     // power windows passed
  std::uint32_t degraded_ = 0;    // nodes
  std::uint32_t crews_busy_ = 0, repair_order_ = 0;
  std::uint32_t entries_taken_ = 0;  // no repair entry below is free
  std::uint64_t event_count_ = 0, passes_ = 0;
  std::uint64_t installed_ = 0;   // GPUs delivered
  std::uint32_t in_service_ = 0;  // GPUs delivered and not down
  Tick target_ = never;
  std::uint64_t held_back_ = 0, stranded_ = 0;
  std::uint64_t walled_out_ = 0, walled_ = 0;
  Demand<Width> demand_;

  // The scheduler's memory between passes.
  bool rescan_ = false;        // something ended: look at everything again
  bool moved_ = false;         // jobs changed places: likewise
  std::uint32_t scanned_ = 0;  // places before this were looked at
  std::uint32_t head_ = none;  // the first job that does not fit
  bool head_borrows_ = false;
  bool passed_ = false;     // a job was left to the second round
  bool borrowing_ = false;  // the second round
  bool reserved_ = false;   // the reservation below is that of the head
  Shadow shadow_;
  std::uint32_t shadow_partition_ = none;
  Unit shadow_unit_ = Unit::gpus;
  std::uint64_t extra_ = 0;   // units that stay free when the head starts
  bool plan_valid_ = false;   // what happened since the plan was made was foreseen in it
  bool fragmented_ = false;   // a job had enough GPUs, but in fragments
  bool passed_over_ = false;  // a job was not admissible
  Tick planned_next_ = never;

  Uniforms candidate_{};
  std::uint32_t candidate_number_ = 0;
  Tick candidate_at_ = 0;
};

}  // namespace nadc
