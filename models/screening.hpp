// A reduced hourly ledger of the datacenter's rules, cheap enough for a million samples and with the luck of the full
// replica, which costs some 200 times as much. It is a control for full replicas (sim/experiment/control_variate.hpp),
// never a replacement.
//
// Shared with the full replica of the same (point, replica), draw for draw: arrivals, GPUs and durations of the cells
// that matter most (a plan's drawn cells, through JobSource), delays of deliveries, candidates of failures, their
// nodes, thinning, modes and repairs. The other cells flow in at their mean rate in each hour of the week, as five
// duration classes.
//
// Kept: the laws, the hour of week, jobs that fit nowhere, checkpoints, node speeds (mean over the nodes where a class
// may run), slow-down by an idle network, deliveries, infant failures, lemons, failure modes, repairs,
// quotas by group, draw, PUE as a constant. GPU-hours delivered are those held × the share of useful work at the
// reference speed in all that came.
// Neglected: where a job runs (all partitions are one pool, jobs may start in parts), the order of the queue (what
// waits starts in proportion), requests and reservations, load of the network and of the store, work lost to failures,
// waits for crews and spares, outages, limits of power, triggers, everything below an hour. Under GroupQuota the fourth
// and later groups share a wall; from the 33rd on, classes take the speed and the power of the first.
//
// Numbers are IEEE doubles and floats added in a fixed order, no libm: equal bits on host and device. State is below
// 1 KB (asserted). Cost: about 550 instructions a drawn job and 1,000 an hour. Errors: none; a trace is the caller's to
// refuse.
#pragma once
#include <cstddef>
#include <cstdint>

#include "models/network/pace.hpp"
#include "models/power/draw.hpp"
#include "models/reliability/failure_draw.hpp"
#include "models/screening/plan.hpp"
#include "models/screening/state.hpp"
#include "models/site/delivery_draw.hpp"
#include "models/workload/job_source.hpp"
#include "models/world.hpp"
#include "sim/platform.hpp"
#include "sim/random.hpp"

namespace nadc {

class ScreeningLedger {
 public:
  NADC_HD ScreeningLedger(const World& world, const Point& point, const ScreeningPlan& plan, const RandomKey& key)
      : world_(world),
        point_(point),
        plan_(plan),
        key_(key),
        source_(world, point, key),
        begin_h_(world.first_measured_period ? hours_of(at(&world, world.period_ends)[0]) : 0.0),
        end_h_(hours_of(world.horizon)) {}

  NADC_HD Screening run() {
    start();
    const Week& week = *at(&point_, point_.week);
    const auto hours = static_cast<std::uint32_t>((world_.horizon + ticks_per_hour - 1) / ticks_per_hour);
    std::int64_t flat = 0;
    for (std::uint32_t hour = 0; hour < hours; ++hour) {
      const std::int64_t end = flat + week.flat[hour % Week::hours];
      hour_ = hour;
      release(s_.wheel.turn(hour));
      if (static_cast<Tick>(hour) * ticks_per_hour >= next_delivery_) deliver();
      while (s_.candidate_at < (static_cast<Tick>(hour) + 1) * ticks_per_hour) fail();
      drain();
      for (std::uint32_t c = 0; c < plan_.cells; ++c)
        if (s_.arrival[c] < end) draw_jobs(c, flat, end);
      flow_in(static_cast<float>(end - flat) * (1.0f / static_cast<float>(ticks_per_hour)));
      account();
      flat = end;
    }
    return answer();
  }

 private:
  using State = screening_detail::State;

  NADC_HD static double hours_of(Tick ticks) {
    return static_cast<double>(ticks) / static_cast<double>(ticks_per_hour);
  }
  NADC_HD const double* tables() const { return at(&world_, world_.tables); }

  NADC_HD void start() {
    s_ = State{};
    for (std::uint32_t c = 0; c < plan_.cells; ++c) {
      const ArrivalCursor cursor = source_.first(source_of(plan_.cell[c]));
      s_.arrival[c] = cursor.at < never ? cursor.flat : INT64_MAX;
      s_.number[c] = cursor.number;
    }
    s_.candidate_at = never;
    if (point_.failures_on) {
      s_.candidate_at = 0;
      next_candidate();
    }
    deliver();
  }

  // never, of one that a trigger may order.
  NADC_HD Tick delivery_of(TrancheId t) const {
    const TrancheParams& tranche = at(&point_, point_.tranches)[t];
    return tranche.trigger.valid() ? never : delivery_date(key_, tables(), tranche);
  }
  NADC_HD DrawFailure draw_failure() const { return {world_, point_, key_}; }

  // Everything that is there by now, and when the next comes.
  NADC_HD void deliver() {
    const Tick now = static_cast<Tick>(hour_) * ticks_per_hour;
    next_delivery_ = never;
    double gpus = 0, draw = 0;
    for (const TrancheId t : point_.tranches.ids()) {
      const TrancheParams& tranche = at(&point_, point_.tranches)[t];
      const Tick tick = delivery_of(t);
      if (tick > now) {
        if (tick < next_delivery_) next_delivery_ = tick;
        continue;
      }
      const NodeDraw& node = at(&point_, point_.partitions)[tranche.partition].draw;
      gpus += static_cast<double>(tranche.count) * node.gpus;
      draw += static_cast<double>(tranche.count) *
              static_cast<double>(Draws::visit(point_.draw, [&](const auto& policy) { return policy.idle(node); }));
    }
    s_.installed = static_cast<float>(gpus);
    idle_mw_ = draw;
  }

  NADC_HD void next_candidate() { s_.candidate_at += draw_failure().gap(draw_failure().candidate(s_.candidate)); }

  // A candidate, thinned as in the full replica; a node that fails is held by its repair.
  NADC_HD void fail() {
    const Uniforms u = draw_failure().candidate(s_.candidate);
    const Tick now = s_.candidate_at;
    NodeFailure failed;
    failed.number = s_.candidate++;
    next_candidate();
    const auto parts = at(&world_, world_.partitions);
    const StudyNodeId node = draw_failure().node(u);
    PartitionId p{0};
    while (p + 1 < world_.partitions.ids().last && node >= parts[p + 1].first_node) ++p;
    const TrancheId tranche = tranche_of(point_, p, NodeId(node - parts[p].first_node));
    const Tick delivered = tranche.valid() ? delivery_of(tranche) : never;
    if (delivered > now || !draw_failure().fails(u, node, now - delivered)) return;
    draw_failure().decide(u, false, failed);
    const double hours = hours_of(failed.kind == NodeFailure::drains ? failed.length : 0), from = hours_of(now);
    if (from >= begin_h_ && from < end_h_) {
      s_.failures += 1;
      s_.interruptions += busy_share();
    }
    if (!(hours > 0)) return;
    const auto gpus = static_cast<float>(parts[p].shape.gpus_per_node);
    const double down = overlap(from, from + hours);
    s_.down += down * static_cast<double>(gpus);
    s_.draw -= down * plan_.down_saves_mw;
    hold(screening_groups, gpus, static_cast<float>(hours));
  }

  NADC_HD double busy_share() const {
    float held = 0;
    for (std::uint32_t g = 0; g < plan_.groups; ++g) held += s_.held[g];
    const float all = s_.installed - s_.held[screening_groups];
    return all > 0 ? static_cast<double>(held) / static_cast<double>(all) : 0.0;
  }

  // Of [from, to) hours, those that are measured.
  NADC_HD double overlap(double from, double to) const {
    const double first = from > begin_h_ ? from : begin_h_, last = to < end_h_ ? to : end_h_;
    return last > first ? last - first : 0.0;
  }

  NADC_HD float free_gpus() const {
    const float free = s_.installed - s_.used;
    return free > 0 ? free : 0;
  }
  // GPUs that the group may still take.
  NADC_HD float room(std::uint32_t g) const {
    const float free = free_gpus();
    if (plan_.groups == 1) return free;
    const float wall = plan_.quota[g] * s_.installed - s_.held[g];
    return wall < free ? (wall > 0 ? wall : 0) : free;
  }

  NADC_HD void hold(std::uint32_t g, float gpus, float hours) {
    s_.wheel.hold(hour_, gpus, hours);
    const float held = s_.held[g] + gpus;
    if (held > 0) s_.length[g] += (hours - s_.length[g]) * (gpus / held);
    s_.held[g] = held;
    s_.used += gpus;
  }
  // GPUs become free: from each group, and from repairs, by what it holds and how short that is.
  NADC_HD void release(float gpus) {
    float weight[screening_groups + 1], sum = 0, held = 0;
    const auto each = [&](auto&& f) {
      for (std::uint32_t g = 0; g < plan_.groups; ++g) f(g);
      f(screening_groups);
    };
    each([&](std::uint32_t g) {
      weight[g] = s_.held[g] / (s_.length[g] + 0.5f);
      sum += weight[g];
      held += s_.held[g];
    });
    if (!(sum > 0)) return;
    const float part = (gpus < held ? gpus : held) / sum;
    float left = 0;
    each([&](std::uint32_t g) {
      s_.held[g] -= part * weight[g];
      if (s_.held[g] < 0) {
        left -= s_.held[g];
        s_.held[g] = 0;
      }
    });
    s_.used = 0;
    each([&](std::uint32_t g) {
      const float more = left < s_.held[g] ? left : s_.held[g];
      s_.held[g] -= more;
      left -= more;
      s_.used += s_.held[g];
    });
  }

  NADC_HD void begin(std::uint32_t g, const ScreeningLoad& load, float hours) {
    const double from = static_cast<double>(hour_) + 0.5, measured = overlap(from, from + static_cast<double>(hours));
    s_.busy += static_cast<double>(load.gpus) * measured;
    s_.draw += static_cast<double>(load.draw_mw) * measured;
    hold(g, load.gpus, hours);
  }

  // A job, or a part of the mean inflow, that takes so many hours.
  NADC_HD void arrive(std::uint32_t g, const ScreeningLoad& load, float hours, float work_hours) {
    s_.work += static_cast<double>(load.gpus * work_hours);
    s_.work_held += static_cast<double>(load.gpus * hours);
    if (static_cast<double>(hour_) >= begin_h_) {
      s_.jobs += static_cast<double>(load.jobs);
      s_.job_hours += static_cast<double>(load.jobs * hours);
      s_.gpus_asked += static_cast<double>(load.gpus);
    }
    if (load.gpus <= room(g)) return begin(g, load, hours);
    ScreeningLoad& queue = s_.waiting[g][screening_detail::length_class(hours)];
    queue.gpus += load.gpus;
    queue.gpu_hours += load.gpu_hours;
    queue.jobs += load.jobs;
    queue.draw_mw += load.draw_mw;
    s_.asked[g] += load.gpus;
  }

  // Starts what waits, in proportion, as far as it fits.
  NADC_HD void drain() {
    for (std::uint32_t g = 0; g < plan_.groups; ++g) {
      const float asked = s_.asked[g];
      if (!(asked > 0)) continue;
      float others = 0;
      for (std::uint32_t h = g; h < plan_.groups; ++h) others += s_.asked[h];
      const float fair = free_gpus() * (asked / others), most = room(g);
      const float share = (fair < most ? fair : most) / asked, part = share < 1 ? share : 1;
      if (!(part > 0)) continue;
      s_.asked[g] = 0;
      for (std::uint32_t i = 0; i < screening_lengths; ++i) {
        ScreeningLoad& queue = s_.waiting[g][i];
        if (!(queue.gpus > 0)) continue;
        const ScreeningLoad load{queue.gpus * part, queue.gpu_hours * part, queue.jobs * part, queue.draw_mw * part};
        begin(g, load, queue.gpu_hours / queue.gpus);
        if (part < 1)
          queue = {queue.gpus - load.gpus, queue.gpu_hours - load.gpu_hours, queue.jobs - load.jobs,
                   queue.draw_mw - load.draw_mw};
        else
          queue = {};
        s_.asked[g] += queue.gpus;
      }
    }
  }

  NADC_HD static SourceId source_of(CellId cell) { return SourceId(cell.value); }
  NADC_HD std::uint32_t wall_of(GroupId group) const {
    return group.value < plan_.groups ? group.value : plan_.groups - 1;
  }

  // The jobs of a drawn cell that arrive in this hour.
  NADC_HD void draw_jobs(std::uint32_t c, std::int64_t flat, std::int64_t end) {
    const CellId cell = plan_.cell[c];
    const ClassId k = world_.class_of(cell);
    const std::uint32_t slot = k.value < screening_classes ? k.value : 0;
    const ClassParams& klass = at(&point_, point_.classes)[k];
    ArrivalCursor cursor;
    cursor.flat = s_.arrival[c];
    cursor.hour = hour_;
    cursor.hour_flat = flat;
    cursor.number = s_.number[c];
    cursor.uniforms = draw(key_, static_cast<std::uint32_t>(Stream::job), cell.value, cursor.number);
    while (cursor.flat < end) {
      const Job job = source_.job(source_of(cell), cursor);
      source_.next(source_of(cell), cursor);
      if (cursor.at >= never) cursor.flat = INT64_MAX;
      if (job.gpus > at(&point_, point_.largest)[cell].gpus) continue;
      const Tick work =
          with_saves(saving_of(klass.saving, point_.store, job.gpus, nodes_of(world_, job.gpus), 0), job.duration);
      ScreeningLoad load;
      load.gpus = static_cast<float>(job.gpus);
      float slow = plan_.slow[slot];
      if (job.gpus > plan_.node_gpus) slow *= spread(klass, job.gpus);
      const float hours = static_cast<float>(hours_of(work)) * slow;
      load.gpu_hours = hours * load.gpus;
      load.jobs = 1;
      load.draw_mw = plan_.draw_mw[slot] * load.gpus;
      arrive(wall_of(world_.group_of(cell)), load, hours, static_cast<float>(hours_of(job.duration)));
    }
    s_.arrival[c] = cursor.flat;
    s_.number[c] = cursor.number;
  }

  // By how much an idle network lengthens a job of several nodes.
  NADC_HD float spread(const ClassParams& klass, std::uint32_t gpus) const {
    PaceView view{};
    view.pods = (gpus + plan_.pod_gpus - 1) / plan_.pod_gpus;
    view.communication = klass.communication, view.hidden = klass.hidden, view.slack = klass.slack;
    view.nodes = (gpus + plan_.node_gpus - 1) / plan_.node_gpus;
    const std::size_t surface = std::size_t{plan_.surface.value} * PaceSurface::cells;
    view.surface = point_.surfaces.count > surface ? at(&point_, point_.surfaces) + surface : nullptr;
    const std::uint32_t rate = Paces::visit(point_.pace, [&](const auto& pace) { return pace(view); });
    return rate ? 65536.0f / static_cast<float>(rate) : 1.0f;
  }

  // The mean of what the other cells send in this hour.
  NADC_HD void flow_in(float flat_hours) {
    for (std::uint32_t g = 0; g < plan_.groups; ++g)
      for (std::uint32_t i = 0; i < screening_lengths; ++i) {
        const ScreeningLoad& inflow = plan_.inflow[g][i];
        const ScreeningLoad load{inflow.gpus * flat_hours, inflow.gpu_hours * flat_hours, inflow.jobs * flat_hours,
                                 inflow.draw_mw * flat_hours};
        if (load.gpus > 0) arrive(g, load, plan_.inflow_hours[g][i], plan_.inflow_work[g][i]);
      }
  }

  NADC_HD void account() {
    const double part = overlap(static_cast<double>(hour_), static_cast<double>(hour_) + 1.0);
    if (!(part > 0)) return;
    s_.installed_hours += part * static_cast<double>(s_.installed);
    s_.idle_draw += part * idle_mw_;
    for (std::uint32_t g = 0; g < plan_.groups; ++g) {
      if (!(s_.asked[g] > 0)) continue;
      s_.waiting_gpus += part * static_cast<double>(s_.asked[g]);
      for (std::uint32_t i = 0; i < screening_lengths; ++i)
        s_.waiting_jobs += part * static_cast<double>(s_.waiting[g][i].jobs);
    }
  }

  NADC_HD Screening answer() const {
    Screening out{};
    const double available = s_.installed_hours - s_.down, it = (s_.idle_draw + s_.draw) * 1e-9;
    out.value[Screening::jobs_submitted] = s_.jobs;
    out.value[Screening::utilization] = available > 0 ? s_.busy / available : 0.0;
    out.value[Screening::gpu_hours_held] = s_.busy;
    out.value[Screening::gpu_hours_delivered] = s_.work_held > 0 ? s_.busy * (s_.work / s_.work_held) : 0.0;
    out.value[Screening::gpu_hours_installed] = s_.installed_hours;
    out.value[Screening::gpu_hours_down] = s_.down;
    out.value[Screening::wait_mean_s] = s_.gpus_asked > 0 ? s_.waiting_gpus / s_.gpus_asked * 3600.0 : 0.0;
    out.value[Screening::time_to_result_mean_s] =
        s_.jobs > 0 ? (s_.job_hours + s_.waiting_jobs) / s_.jobs * 3600.0 : 0.0;
    out.value[Screening::it_energy_mwh] = it;
    out.value[Screening::facility_energy_mwh] = it * plan_.pue;
    out.value[Screening::pue_mean] = plan_.pue;
    out.value[Screening::node_failures] = s_.failures;
    out.value[Screening::job_interruptions] = s_.interruptions;
    return out;
  }

  const World& world_;
  const Point& point_;
  const ScreeningPlan& plan_;
  const RandomKey key_;
  const JobSource source_;
  const double begin_h_, end_h_;  // what is measured
  std::uint32_t hour_ = 0;
  Tick next_delivery_ = never;
  double idle_mw_ = 0;
  State s_{};
};
static_assert(sizeof(ScreeningLedger) <= 1024 + 160, "a ledger with what it refers to");

}  // namespace nadc
