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
// waits for crews and spares, outages, limits of power, everything below an hour. Under GroupQuota the fourth and later
// groups share a wall; from the 33rd on, classes take the speed and the power of the first.
//
// Numbers are IEEE doubles and floats added in a fixed order, no libm: equal bits on host and device. State is below
// 1 KB (asserted). Cost: about 550 instructions a drawn job and 1,000 an hour. Errors: none; a trace is the caller's to
// refuse.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "models/access/admit.hpp"
#include "models/network/pace.hpp"
#include "models/power/draw.hpp"
#include "models/reliability/hazard.hpp"
#include "models/workload/job_source.hpp"
#include "models/world.hpp"
#include "sim/platform.hpp"
#include "sim/random.hpp"

namespace nadc {

inline constexpr std::uint32_t screening_cells = 20;    // drawn job by job, at most
inline constexpr std::uint32_t screening_groups = 4;    // with walls of their own
inline constexpr std::uint32_t screening_lengths = 5;   // duration classes: up to 1, 6, 36, 216 h, longer
inline constexpr std::uint32_t screening_classes = 32;  // classes with a rate and a power of their own

// Jobs or parts of jobs that arrive or wait together.
struct ScreeningLoad {
  float gpus = 0, gpu_hours = 0, jobs = 0;
  float draw_mw = 0;  // above idle
};

// What a ledger reads beside the Point: made on the host by plan_screening, a pure function of world, point and draws.
struct ScreeningPlan {
  std::uint32_t cells = 0;                // drawn
  std::uint32_t groups = 1;               // with walls; 1 when the queue is open
  CellId16 cell[screening_cells]{};       // ascending
  float slow[screening_classes]{};        // time a job takes over its duration, checkpoints not counted
  float draw_mw[screening_classes]{};     // of a GPU of the class, above idle
  float quota[screening_groups]{};        // share of the GPUs installed
  ScreeningLoad inflow[screening_groups][screening_lengths]{};  // of the cells not drawn, in an hour of flat time
  float inflow_hours[screening_groups][screening_lengths]{};    // that a GPU of it is held
  float inflow_work[screening_groups][screening_lengths]{};     // useful at the reference speed, of these hours
  std::uint32_t pod_gpus = 1, node_gpus = 1;                    // of the largest partition
  SurfaceId surface{0};                                         // likewise
  double down_saves_mw = 0;                                     // by a node that is down
  double pue = 1;
  double expected_draws = 0;  // jobs drawn a run
};

// draws: jobs that a run may draw one by one. Cells are taken by the mean square of a job's GPU-time, which is what a
// drawn job adds to the variance of the load, as long as their expected jobs fit.
ScreeningPlan plan_screening(const World& world, const Point& point, double draws);

// What a ledger answers, of the time after the warm-up. The names are those of the full metrics.
struct Screening {
  enum Outcome : std::uint32_t {
    jobs_submitted,
    utilization,
    gpu_hours_held,
    gpu_hours_delivered,
    gpu_hours_installed,
    gpu_hours_down,
    wait_mean_s,
    time_to_result_mean_s,
    it_energy_mwh,
    facility_energy_mwh,
    pue_mean,
    node_failures,
    job_interruptions,
    outcomes
  };
  double value[outcomes];
};

std::string_view name_of(Screening::Outcome outcome);
// The outcome that goes with a full metric: of the same name, or of what drives it. Screening::outcomes: none does.
Screening::Outcome control_of(std::string_view metric);

namespace screening_detail {

// GPUs by the hour in which they are released: the next day by the hour, eight days by 8 hours, then by 64. A coarse
// slot that comes near is spread evenly over the finer ones.
struct Wheel {
  static constexpr std::uint32_t fine = 24, middle = 24, coarse = 16;
  float slot[fine + middle + coarse];

  NADC_HD void hold(std::uint32_t now, float gpus, float hours) {
    const float most = 64.0f * coarse;
    const std::uint32_t end =
        now + (hours < 1.0f ? 1u : static_cast<std::uint32_t>((hours < most ? hours : most) + 0.5f));
    if (end - now < fine - 8)
      slot[end % fine] += gpus;
    else if (end / 8 - now / 8 < middle - 8)
      slot[fine + end / 8 % middle] += gpus;
    else
      slot[fine + middle + (end / 64 - now / 64 < coarse ? end / 64 : now / 64 + coarse - 1) % coarse] += gpus;
  }
  // Comes to the hour `now`: what is released in it.
  NADC_HD float turn(std::uint32_t now) {
    if (now % 64 == 0) {
      float& from = slot[fine + middle + now / 64 % coarse];
      for (std::uint32_t i = 0; i < 8; ++i) slot[fine + (now / 8 + i) % middle] += from * 0.125f;
      from = 0;
    }
    if (now % 8 == 0) {
      float& from = slot[fine + now / 8 % middle];
      for (std::uint32_t i = 0; i < 8; ++i) slot[(now + i) % fine] += from * 0.125f;
      from = 0;
    }
    const float due = slot[now % fine];
    slot[now % fine] = 0;
    return due;
  }
};

// All that changes while a ledger runs.
struct State {
  std::int64_t arrival[screening_cells];  // in flat time, of the next job
  std::uint32_t number[screening_cells];  // of that job
  Wheel wheel;
  ScreeningLoad waiting[screening_groups][screening_lengths];
  float held[screening_groups + 1];    // GPUs, by groups and last by repairs
  float length[screening_groups + 1];  // mean hours of what is held
  Tick candidate_at;
  std::uint32_t candidate;
  float installed;                // GPUs
  float used;                     // GPUs, the sum of held
  float asked[screening_groups];  // GPUs, the sum of waiting
  double busy, down, draw, idle_draw, waiting_gpus, waiting_jobs, jobs, job_hours, gpus_asked, installed_hours,
      failures, interruptions;
  double work, work_held;  // GPU-hours that came: at the reference speed, and as they are held
};
static_assert(sizeof(State) <= 1024, "a ledger's state");

NADC_HD inline std::uint32_t length_class(float hours) {
  return hours <= 1.0f ? 0 : hours <= 6.0f ? 1 : hours <= 36.0f ? 2 : hours <= 216.0f ? 3 : 4;
}

}  // namespace screening_detail

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

  NADC_HD Tick delivery_of(const TrancheParams& tranche) const {
    const Uniforms u = draw(key_, static_cast<std::uint32_t>(Stream::delivery), tranche.entity, 0);
    const Tick tick = tranche.date + sample_ticks(tranche.delay, tables(), u.word[0]);
    return tick > 0 ? tick : 0;
  }

  // Everything that is there by now, and when the next comes.
  NADC_HD void deliver() {
    const Tick now = static_cast<Tick>(hour_) * ticks_per_hour;
    next_delivery_ = never;
    double gpus = 0, draw = 0;
    for (const TrancheId t : point_.tranches.ids()) {
      const TrancheParams& tranche = at(&point_, point_.tranches)[t];
      const Tick tick = delivery_of(tranche);
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

  NADC_HD void next_candidate() {
    const Uniforms u = draw(key_, static_cast<std::uint32_t>(Stream::failure), 0, s_.candidate);
    s_.candidate_at += sample_ticks(point_.failure_gap, tables(), u.word[0]);
  }

  // A candidate, thinned as in the full replica; a node that fails is held by its repair.
  NADC_HD void fail() {
    const Uniforms u = draw(key_, static_cast<std::uint32_t>(Stream::failure), 0, s_.candidate);
    const Tick now = s_.candidate_at;
    const std::uint32_t number = s_.candidate++;
    next_candidate();
    const auto parts = at(&world_, world_.partitions);
    const StudyNodeId node{multiply_high(u.word[1], world_.nodes)};
    PartitionId p{0};
    while (p + 1 < world_.partitions.ids().last && node >= parts[p + 1].first_node) ++p;
    const NodeId local{node - parts[p].first_node};
    Tick delivered = never;
    for (const TrancheId t : point_.tranches.ids()) {
      const TrancheParams& tranche = at(&point_, point_.tranches)[t];
      if (tranche.partition == p && local >= tranche.first && local - tranche.first < tranche.count)
        delivered = delivery_of(tranche);
    }
    if (delivered > now) return;
    const HazardView view{node, now - delivered};
    double hazard = Hazards::visit(point_.hazard, [&](const auto& policy) { return policy(view); });
    if (point_.lemons && draw(key_, static_cast<std::uint32_t>(Stream::lemon), node.value, 0).word[0] < point_.lemons)
      hazard *= point_.lemon_factor;
    if ((static_cast<double>(u.word[2]) + 0.5) * 0x1p-32 * point_.greatest_hazard >= hazard) return;
    const double hours = hours_of(repair_of(u, number)), from = hours_of(now);
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

  // How long the node is out; 0: it serves on.
  NADC_HD Tick repair_of(const Uniforms& candidate, std::uint32_t number) const {
    if (point_.modes.count == 0) return sample_ticks(point_.repair, tables(), candidate.word[3]);
    const Uniforms u = draw(key_, static_cast<std::uint32_t>(Stream::mode), 0, number);
    const auto modes = at(&point_, point_.modes);
    ModeId m{0};
    while (m + 1 < point_.modes.ids().last && u.word[0] >= modes[m].below) ++m;
    return u.word[1] < modes[m].drains ? sample_ticks(modes[m].repair, tables(), u.word[2]) : 0;
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
