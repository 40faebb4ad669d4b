// What a replica counts: integers only, so that they add up to the same bits in any order. finalize() makes the
// metrics of them, on the host, in one way for every backend.
//
// Time integrals telescope: when a count rises by d at tick t, d·t is subtracted, when it falls, added, and at the end
// of a period the present count times the end is added. The sums are taken modulo 2^64 (energy: 2^128); the integrals
// themselves fit.
//
// What a job does is counted as it happens: at every change of its speed, at the end of every period and of the run.
// Useful work is the progress in the job's duration × the GPUs that it asked for. Work that an interruption destroys
// leaves useful_ticks and enters lost_ticks at that moment, so that a period can have less than none; what of it was
// done in the warm-up is taken from the warm-up.
#pragma once
#include <cstddef>
#include <cstdint>

#include "models/world.hpp"
#include "sim/platform.hpp"
#include "sim/statistics.hpp"

namespace nadc {

// Of a cell (group and class) in a period.
enum CellCount : std::uint32_t {
  submitted,
  // Not submitted, because they could never start.
  dropped,           // larger than the machine will ever be
  dropped_unserved,  // no partition serves them
  dropped_wall,      // larger than their group's wall will ever let in
  dropped_power,     // they draw more than a power limit will ever let in
  turned_away,       // found the queue full; submitted, but not counted so by the metrics
  started,           // for the first time
  completed,
  failed,  // those killed included
  killed,  // at the limit of their time
  cancelled,
  interruptions,   // of running jobs, by node failures and outages
  wait_ticks,      // of the jobs started
  slowdown_q16,    // bounded slow-down of the jobs ended, in 1/65,536
  result_ticks,    // submission to end, of the jobs ended
  asked_ticks,     // GPU-ticks of the jobs submitted, at the reference speed
  busy_ticks,      // GPU-ticks held
  useful_ticks,    // GPU-ticks of useful work at the reference speed; signed (below)
  lost_ticks,      // GPU-ticks held for checkpoints, restarts and work done twice
  network_ticks,   // GPU-ticks by which the network lengthened what jobs did
  degraded_ticks,  // by which degraded nodes did
  power_ticks,     // by which clocks below full did
  preempted,       // running jobs stopped with notice: at a power limit, for maintenance
  requeue_ticks,   // GPU-ticks that interrupted jobs waited for their restart
  deterred,        // did not come at the demand that it was, but would have at the workload's; not submitted
  queued_ticks,    // during which a job of the group waited; in the group's first cell
  in_time,         // completed within the time in which the group needs its results
  // Of the moment at which the period ends, not of the period.
  unstarted,        // jobs that wait for their first start
  unstarted_ticks,  // their waits so far
  unended,          // jobs that wait or run
  unended_ticks,    // since their submission
  overdue,          // of these, those that come too late for their group; at the end alone
  cell_counts
};

constexpr bool is_of_a_moment(std::uint32_t count) { return count >= unstarted && count <= overdue; }

// Of a partition in a period.
enum PartitionCount : std::uint32_t {
  installed_ticks,  // GPU-ticks
  down_ticks,       // GPU-ticks of nodes under repair
  stranded_ticks,   // GPU-ticks idle while a waiting job that fits was held back by a rule of access
  node_failures,
  dark_ticks,    // GPU-ticks delivered but not switched on, for want of power
  spare_ticks,   // GPU-ticks standing by
  outages,       // that took at least one of its nodes
  held_ticks,    // GPU-ticks held by jobs
  walled_ticks,  // GPU-ticks idle while a waiting job that they would fit may not enter their partition
  hidden_ticks,  // during which jobs that might start stood behind the window, unseen; in the first partition
  work_ticks,    // GPU-ticks of useful work as long as it takes there undisturbed; signed
  partition_counts
};

// Of a power domain in a period.
enum DomainCount : std::uint32_t {
  capped_ticks,  // while its limit slowed or held back work
  domain_counts
};

// Of a group, over the last third of its users' thoughts: log2 of its demand, in 1/65,536, 2^40 added.
enum ResponseCount : std::uint32_t { least_demand, greatest_demand, first_demand, last_demand, response_counts };

struct RawShape {
  std::uint32_t periods, cells, groups, classes, partitions, sites, domains, stretches, triggers, trigger_acts;

  NADC_HD explicit RawShape(const World& world)
      : periods(world.period_ends.count),
        cells(world.cells()),
        groups(world.groups),
        classes(world.classes),
        partitions(world.partitions.count),
        sites(world.sites),
        domains(world.domains),
        stretches(world.stretches.count),
        triggers(world.triggers),
        trigger_acts(world.trigger_acts) {}
  NADC_HD std::size_t bytes() const {
    return sizeof(UInt128) * (std::size_t{periods} * (cells + partitions) + meters() * meter_bins) +
           sizeof(std::uint64_t) *
               (std::size_t{periods} * (std::size_t{cells} * cell_counts + std::size_t{partitions} * partition_counts +
                                        std::size_t{domains} * domain_counts + 2) +
                meters() + partitions + std::size_t{groups} * response_counts + acts() * (1 + groups)) +
           sizeof(std::uint64_t) * end_counts + sizeof(std::uint32_t) * std::size_t{sketches()} * Sketch::bucket_count;
  }
  NADC_HD GroupId group_of(CellId c) const { return GroupId(c.value / classes); }
  NADC_HD ClassId class_of(CellId c) const { return ClassId(c.value % classes); }
  NADC_HD CellId cell_of(GroupId g, ClassId k) const { return CellId(g.value * classes + k.value); }
  NADC_HD CellId first_cell_of(GroupId g) const { return CellId(g.value * classes); }
  NADC_HD std::size_t meters() const { return std::size_t{stretches} * sites; }
  NADC_HD std::size_t acts() const { return std::size_t{triggers} * trigger_acts; }
  NADC_HD std::size_t act_of(TriggerId t, std::uint32_t act) const { return std::size_t{t.value} * trigger_acts + act; }
  // Waits by group, waits by class, times to result by group; then the same of jobs at the end that have waited, or
  // whose result has been waited for, so long (censored).
  NADC_HD std::uint32_t ended_sketches() const { return 2 * groups + classes; }
  NADC_HD std::uint32_t sketches() const { return 2 * ended_sketches(); }
  NADC_HD std::uint32_t waits_of(GroupId g) const { return g.value; }
  NADC_HD std::uint32_t waits_of(ClassId k) const { return groups + k.value; }
  NADC_HD std::uint32_t results_of(GroupId g) const { return groups + classes + g.value; }

  enum EndCount : std::uint32_t { end_tick, waiting_at_end, events, scheduling_passes, target_tick, end_counts };
};

// The arrays of one replica, in one block.
struct Raw {
  UInt128* cell_energy;                      // (period, cell) [µJ] of the jobs, above idle
  UInt128* partition_energy;                 // (period, partition) [µJ] of nodes in service and down, without jobs
  UInt128* metered;                          // (stretch, site, meter bin) [µJ]
  std::uint64_t* cell;                       // (period, cell, CellCount)
  std::uint64_t* partition;                  // (period, partition, PartitionCount)
  std::uint64_t* domain;                     // (period, domain, DomainCount)
  std::uint64_t* peak_mw;                    // (period)
  std::uint64_t* swing_mw;                   // (period) the greatest draw of one job above idle
  std::uint64_t* meter_peak;                 // (stretch, site) the greatest mean power of one demand interval [mW]
  std::uint64_t* end;                        // (EndCount)
  By<PartitionId, std::uint64_t> installed;  // GPUs at the end
  std::uint64_t* response;                   // (group, ResponseCount); 0: demand does not answer
  std::uint64_t* acted;                      // (trigger, act) when; 0: not
  std::uint64_t* delivered;                  // (trigger, act, group) GPU-ticks until then; of those that set prices
  std::uint32_t* sketch;                     // (sketch, bucket)

  NADC_HD Raw(const RawShape& shape, void* memory) {
    cell_energy = static_cast<UInt128*>(memory);
    partition_energy = cell_energy + std::size_t{shape.periods} * shape.cells;
    metered = partition_energy + std::size_t{shape.periods} * shape.partitions;
    cell = reinterpret_cast<std::uint64_t*>(metered + shape.meters() * meter_bins);
    partition = cell + std::size_t{shape.periods} * shape.cells * cell_counts;
    domain = partition + std::size_t{shape.periods} * shape.partitions * partition_counts;
    peak_mw = domain + std::size_t{shape.periods} * shape.domains * domain_counts;
    swing_mw = peak_mw + shape.periods;
    meter_peak = swing_mw + shape.periods;
    end = meter_peak + shape.meters();
    installed = {end + RawShape::end_counts};
    response = installed.data + shape.partitions;
    acted = response + std::size_t{shape.groups} * response_counts;
    delivered = acted + shape.acts();
    sketch = reinterpret_cast<std::uint32_t*>(delivered + shape.acts() * shape.groups);
  }
};

// A hash of all that the replica counted: equal when two backends agree.
std::uint64_t hash_of(const World& world, const Raw& raw);

}  // namespace nadc
