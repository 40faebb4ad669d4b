// What a replica reads: the World, once a study, and the Point, once a lever and sample. Both are relocatable blocks
// of plain data (sim/blob.hpp), the same on host and device. models/build.hpp makes them from scenarios.
#pragma once
#include <cstddef>
#include <cstdint>

#include "models/access/exact_share.hpp"
#include "models/ids.hpp"
#include "models/policy/money_params.hpp"
#include "models/policy/trigger_params.hpp"
#include "models/power/draw.hpp"
#include "models/power/limits.hpp"
#include "models/power/meter.hpp"
#include "models/power/site_energy.hpp"
#include "models/reliability/crews.hpp"
#include "models/reliability/failure_modes.hpp"
#include "models/reliability/saving.hpp"
#include "models/scheduler/backfill.hpp"
#include "models/site/node_map.hpp"
#include "sim/blob.hpp"
#include "sim/choice.hpp"
#include "sim/law.hpp"
#include "sim/time.hpp"

namespace nadc {

// Streams of random numbers. Entity and number say what a draw describes, never which policy is in force.
enum class Stream : std::uint32_t {
  job = 1,        // entity: cell; n: job. Words: gap before it, GPUs, duration, request factor and outcome
  failure = 2,    // entity: 0; n: candidate. Words: gap before it, node, thinning, repair
  delivery = 3,   // entity: tranche; n: 0. Word 0: delay
  victim = 4,     // entity: 0; n: candidate. Word 0: which GPU of a pool
  mode = 5,       // entity: 0; n: failure candidate. Words: mode, drains, repair, detection
  lemon = 6,      // entity: node; n: 0. Word 0: whether it is one
  outage = 7,     // entity: kind of outage; n: candidate. Words: gap before it, unit, thinning, length
  grid = 8,       // entity: connection step; n: 0. Word 0: delay
  response = 16,  // entity: cell; n: job. Word 0: whether its user sends it, demand being what it is
};

enum class Outcome : std::uint8_t { completed, failed, cancelled, killed };  // killed: by the loop, at its limit

// One job of a trace.
struct TraceJob {
  Tick submit;
  Tick duration;
  Tick request;
  std::uint32_t gpus;
  CellId16 cell;
  std::uint8_t outcome;
};

// Nodes of one kind in one cluster. A job runs inside one partition.
struct PartitionWorld {
  NodeMapShape shape;      // nodes: the most that any lever installs
  StudyNodeId first_node;  // its nodes are numbered from here over the whole study
  SiteId site;
  DomainId own_domain;  // of its cluster; invalid: none
};

// The week's rate of arrivals, from the hour in which the scenario starts: in hour h, `flat[h]` ticks of flat time
// pass, and a flat tick lasts stretch[h] / 2^20 ticks.
struct Week {
  static constexpr std::uint32_t hours = 168;
  std::int64_t flat[hours];
  std::int64_t stretch[hours];
};

struct World {
  std::uint64_t bytes;
  std::uint64_t seed;
  Tick horizon;
  std::uint32_t groups, classes;
  std::uint32_t nodes;                 // all partitions
  std::uint32_t largest_request_log2;  // no request is longer than 2^this ticks, as far as known
  Slice<double> tables;                // of the laws
  Slice<PartitionWorld, PartitionId> partitions;
  Slice<TraceJob> trace;                // by submission
  Slice<Tick> period_ends;              // ascending, the last is the horizon
  std::uint32_t first_measured_period;  // 1 when there is a warm-up, else 0
  std::uint64_t trace_dropped;          // rows of the trace that are no jobs
  std::uint32_t sites;                  // power domains [0, sites)
  std::uint32_t domains;
  Tick week_offset;                             // from Monday 00:00, local time, on or before tick 0, to tick 0
  Slice<MeterStretch> stretches;                // empty: energy is not metered by the hour
  Tick meter_interval;                          // between two readings: an hour, or the least demand interval
  std::uint32_t job_domains;                    // that classes name
  Slice<std::uint32_t, ClassId> class_domains;  // its domain; `job_domains` for none
  std::uint32_t triggers;                       // that levers have, by name
  std::uint32_t trigger_acts;                   // the most that one may act

  NADC_HD std::uint32_t cells() const { return groups * classes; }
  NADC_HD GroupId group_of(CellId c) const { return GroupId(c.value / classes); }
  NADC_HD ClassId class_of(CellId c) const { return ClassId(c.value % classes); }
};

// Nodes that a job will hold, as far as is known before it is placed: those of the first partition's kind.
NADC_HD inline std::uint32_t nodes_of(const World& world, std::uint32_t gpus) {
  const std::uint32_t full = at(&world, world.partitions)[PartitionId(0)].shape.gpus_per_node;
  return (gpus + full - 1) / full;
}

// One stream of jobs: a group and a class.
struct CellParams {
  Law gap;  // [s of flat time]
  Law gpus, duration, request_factor;
  std::uint32_t batch;   // a gap is 0 when its uniform is below this
  std::uint32_t active;  // 0: no jobs
};

struct ClassParams {
  Tick request_max;
  SavingParams saving;
  Tick restart_cost;
  double intensity, communication;
  double hidden, slack;             // communication under computing, and what could hide more: shares of the time
  std::uint32_t failed, cancelled;  // thresholds of a 16-bit uniform: below failed, below failed + cancelled
};

// How the demand of a group answers (workload/response.hpp).
struct ResponseParams {
  Tick every;  // 0: it does not
  double most;
  double memory;        // over `every`
  Tick step;            // between two thoughts
  std::uint32_t steps;  // in `every`
  double kept;          // weight of what is believed, in one step: memory^(1/steps)
};
struct GroupResponse {
  double wait_elasticity;
  double reference_wait;      // [ticks]
  double price_factor;        // demand at its price and the reference wait
  double relative_price = 1;  // over the reference
  double price_elasticity = 0;
};

struct PartitionParams {
  NodeDraw draw;
  std::uint32_t nodes;   // that this lever installs in the end, but for what triggers order
  double h100e;          // H100-equivalents a GPU
  double pue;            // of its site
  std::uint32_t spares;  // nodes at its end that stand by
  std::uint32_t orders;  // nodes that triggers may order besides
  double embodied_t;     // [tCO2eq] a GPU
  SurfaceId surface;     // of its fabric
};

// Nodes [first, first + count) of a partition enter service together.
struct TrancheParams {
  PartitionId partition;
  NodeId first;
  std::uint32_t count;
  std::uint32_t entity;  // of its random delay: the same tranche under every lever
  std::uint32_t spares;  // of its nodes, the last, that stand by
  Tick date;             // 0 or less: there from the start; of one that is ordered: after the order
  Law delay;
  TriggerId trigger;  // that may order it; invalid: it is planned
  std::uint32_t act;  // of the trigger, that does
};

// The largest jobs of a cell that can ever start, in GPUs, and by what limits them; a larger one is dropped.
struct LargestJob {
  std::uint32_t gpus;     // by all
  std::uint32_t machine;  // by the partitions that serve the cell; 0: none does
  std::uint32_t wall;     // by its group's quota of the largest fleet
  std::uint32_t power;    // by the highest power limits
};

inline constexpr std::uint32_t unlimited_queue = 0xffffffffu;

struct Point {
  std::uint64_t bytes;
  std::uint32_t lever, sample;
  Slice<CellParams, CellId> cells;  // none with a trace
  Slice<ClassParams, ClassId> classes;
  Slice<ExactShare, GroupId> quotas;
  Slice<PartitionParams, PartitionId> partitions;
  Slice<std::uint32_t> rates;  // (cell, partition) speed in 1/65,536; 0: may not run there
  Slice<TrancheParams, TrancheId> tranches;
  Slice<Week> week;
  ChoiceValue admit, order, place, pace, draw, victim, hazard;
  Backfill backfill;
  std::uint32_t kills;   // a job that reaches its request is ended
  std::uint32_t window;  // jobs that the scheduler sees
  std::uint32_t queue;   // jobs that may wait; unlimited_queue: any number
  Law failure_gap;       // [s] between candidates over all nodes of the study
  Law repair;
  double greatest_hazard;  // failures per 1,000 node-days, over the study
  std::uint32_t failures_on;
  std::uint32_t target_gpus;  // bought in all; when they are all there nothing more comes

  // Power (models/power/limits.hpp).
  Slice<DomainParams, DomainId> domains;
  Slice<GridParams, GridStepId> grid;
  Slice<WindowStep> windows;       // by time
  Slice<std::uint32_t> cap_speed;  // (class, level 0 … full_level) in 1/65,536
  Slice<SiteEnergy, SiteId> energy;
  Slice<std::uint64_t> holidays;  // (site, word): bit mask of days from that of the start; none: no holidays
  std::uint32_t holiday_words;    // a site
  std::uint32_t lowest_level;     // at which jobs can run
  std::uint32_t limited;          // some domain has a limit

  // Failures (models/reliability/failure_modes.hpp, crews.hpp, saving.hpp).
  Slice<FailureMode, ModeId> modes;  // none: every failure drains the node, for `repair`
  Slice<OutageParams, OutageId> outages;
  CrewParams crews;
  StoreParams store;
  std::uint32_t lemons;           // threshold of a 32-bit uniform
  double lemon_factor;            // how much more often they fail
  Slice<std::uint16_t> surfaces;  // (surface, cell of PaceSurface); none without pace: table

  // Access, demand, money.
  Slice<LargestJob, CellId> largest;
  Slice<std::uint32_t> walled;  // (cell, partition) speed where only a rule of access forbids it; none: no such rule
  Slice<std::int64_t, GroupId> priorities;
  Slice<std::uint32_t, GroupId> shares;  // of fair share, in 2^-20 of the greatest; none: the order has no memory
  ResponseParams response;
  Slice<GroupResponse, GroupId> responses;
  std::uint32_t goal_gpus;  // that were promised; when they are all there is a result
  Tick goal_at;             // by when
  MoneyParams money;
  Slice<Payment> payments;  // (tranche that is paid for)
  Slice<PartitionMoney, PartitionId> partition_money;
  Slice<GroupMoney, GroupId> group_money;

  // Triggers (models/policy/triggers.hpp).
  Slice<TriggerParams, TriggerId> triggers;
  Slice<Tick> looks;                 // ends of the periods of each trigger, ascending
  Slice<OrderMoney> orders;          // that triggers may give
  Slice<std::int64_t> order_prices;  // [KRW] of a node, (order, look)
};

// The calendar of a site's meter.
NADC_HD inline DayCalendar calendar_of(const World& world, const Point& point, SiteId site) {
  return {world.week_offset,
          point.holidays.count ? at(&point, point.holidays) + std::size_t{site.value} * point.holiday_words : nullptr};
}

}  // namespace nadc
