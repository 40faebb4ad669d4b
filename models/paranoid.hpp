// The loop's paranoid mode: after every moment all that it keeps beside the jobs themselves is recomputed from them,
// plainly, and compared: counts of groups and cells, node maps, releases, reservations, plans, load of the network and
// of the checkpoint store, power by domain, speeds, ends, the queue's order, and every integral of time. A difference
// is a std::logic_error that names it. On the host only; on for an observer that says so (tests of random worlds) and
// in builds with contracts (NADC_CONTRACTS), so under the sanitizers; else it is not there.
#pragma once
#include <algorithm>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/loop/agenda.hpp"
#include "models/loop/ledger.hpp"
#include "models/network/pace.hpp"
#include "models/power/domains.hpp"
#include "models/reliability/faults.hpp"
#include "models/run/running_jobs.hpp"
#include "models/run/speed.hpp"
#include "models/scheduler/easy.hpp"
#include "models/scheduler/queue.hpp"
#include "models/scheduler/releases.hpp"
#include "models/site/fleet_state.hpp"
#include "sim/contract.hpp"
#include "sim/platform.hpp"
#include "sim/time.hpp"

namespace nadc {

template <class Observer> inline constexpr bool wants_paranoia = requires { requires Observer::paranoid; };
#if NADC_CONTRACTS && !NADC_DEVICE_CODE && !defined(__CUDACC__)
inline constexpr bool always_paranoid = true;
#else
inline constexpr bool always_paranoid = false;
#endif

// In place of it, where it is off.
struct Trusting {};

// A friend of the loop D; reads everything, and changes nothing that counts.
template <class D> class Paranoid {
 public:
  // At the end of a moment: all events applied, the pass made, limits kept.
  void check(D& d) {
    now_ = d.f_.now;
    recount(d);
    check_counts(d);
    check_queue(d);
    for (const PartitionId p : d.f_.partitions()) {
      check_nodes(d, p);
      check_releases(d, p);
    }
    check_running(d);
    check_power(d);
    check_repairs(d);
    check_integrals(d);
    ++moments_;
  }
  std::uint64_t moments() const { return moments_; }

 private:
  struct Cell {
    std::uint64_t gpus = 0, requeued = 0, unstarted = 0, unstarted_submits = 0, unended = 0, unended_submits = 0;
    std::int64_t mw = 0;
  };
  struct Site {  // a partition
    std::uint64_t held = 0, spanning = 0;
    std::int64_t full_mw = 0, drawn_mw = 0, base_mw = 0;
    VectorBy<NodeId, std::uint32_t> used;  // GPUs
  };

  template <class A, class B> void same(const char* what, std::uint64_t which, A kept, B plain) const {
    if (kept == static_cast<A>(plain)) return;
    throw std::logic_error("paranoid: " + std::string(what) + " [" + std::to_string(which) + "] is kept as " +
                           std::to_string(static_cast<std::int64_t>(kept)) + " and is " +
                           std::to_string(static_cast<std::int64_t>(plain)) + " at tick " + std::to_string(now_));
  }

  template <class Tag, class A, class B> void same(const char* what, Index<Tag> which, A kept, B plain) const {
    same(what, which.value, kept, plain);
  }

  void recount(D& d) {
    cells_.assign(d.f_.shape.cells, {});
    sites_.assign(d.f_.shape.partitions, {});
    waiting_.assign(d.f_.shape.groups, 0);
    running_ = busy_ = store_ = 0;
    for (const PartitionId p : d.f_.partitions()) sites_[p].used.assign(d.f_.parts[p].shape.nodes, 0);
    d.jobs_.for_each(d.f_, [&](SlotId slot) {
      const auto& run = d.jobs_[slot];
      const auto& where = run.where;
      Cell& cell = cells_[run.job.cell];
      Site& site = sites_[where.partition];
      ++running_;
      busy_ += where.gpus;
      store_ += run.job.save_load;
      cell.gpus += where.gpus;
      cell.mw += run.draw_mw;
      ++cell.unended;
      cell.unended_submits += static_cast<std::uint64_t>(run.job.submit);
      site.held += where.gpus;
      site.full_mw += full_draw(d.f_, d.f_.shape.class_of(run.job.cell), where.partition, where.gpus);
      site.drawn_mw += run.draw_mw;
      if (where.pods > 1) site.spanning += static_cast<std::uint64_t>(upward(d.f_, d.pace_view(run), where.gpus));
      if (!d.f_.by_node) return;
      const std::uint32_t full = d.f_.parts[where.partition].shape.gpus_per_node;
      for (const NodeId node : site.used.ids())
        if (d.jobs_.holds(d.f_, where.partition, where, node)) site.used[node] += where.nodes ? full : where.gpus;
    });
    for (PlaceId i{0}; i < d.queue_.waiting().end(); ++i) {
      if (!d.queue_.waiting().present(i)) continue;
      const auto& job = d.queue_[i];
      Cell& cell = cells_[job.cell];
      ++waiting_[d.f_.shape.group_of(job.cell)];
      ++cell.unended;
      cell.unended_submits += static_cast<std::uint64_t>(job.submit);
      if (job.restarts) {
        cell.requeued += job.gpus;
      } else {
        ++cell.unstarted;
        cell.unstarted_submits += static_cast<std::uint64_t>(job.submit);
      }
    }
    for (const PartitionId p : d.f_.partitions()) {
      const std::int64_t each = d.f_.parts[p].shape.gpus_per_node;
      sites_[p].base_mw = d.fleet_[p].in_service / each * d.fleet_.node_draw(d.f_, p, Duty::serving) +
                          d.fleet_[p].spare / each * d.fleet_.node_draw(d.f_, p, Duty::spare) +
                          d.fleet_[p].down / each * d.fleet_.node_draw(d.f_, p, Duty::down);
    }
  }

  void check_counts(const D& d) const {
    VectorBy<GroupId, std::uint64_t> groups(d.f_.shape.groups, 0);
    for (const CellId c : d.f_.cells()) {
      groups[d.f_.shape.group_of(c)] += cells_[c].gpus;
      same("GPUs of the cell", c, d.ledger_.cell_now(c).busy, cells_[c].gpus);
      same("GPUs waited for after interruptions", c, d.ledger_.cell_now(c).requeued, cells_[c].requeued);
      same("power of the cell [mW]", c, d.ledger_.cell_now(c).mw, cells_[c].mw);
      same("jobs not started", c, d.ledger_.cell_now(c).unstarted.jobs, cells_[c].unstarted);
      same("their submissions", c, d.ledger_.cell_now(c).unstarted.submits, cells_[c].unstarted_submits);
      same("jobs not ended", c, d.ledger_.cell_now(c).unended.jobs, cells_[c].unended);
      same("their submissions", c, d.ledger_.cell_now(c).unended.submits, cells_[c].unended_submits);
    }
    std::uint64_t service = 0, installed = 0;
    for (const GroupId g : d.f_.groups()) {
      same("GPUs of the group", g, d.queue_.group_busy(g), groups[g]);
      same("jobs of the group that wait", g, d.ledger_.waiting(g), waiting_[g]);
    }
    for (const PartitionId p : d.f_.partitions()) {
      service += d.fleet_[p].in_service;
      installed += d.fleet_[p].in_service + d.fleet_[p].down + d.fleet_[p].dark + d.fleet_[p].spare;
      same("free GPUs", p, d.fleet_[p].free, d.fleet_[p].in_service - sites_[p].held);
    }
    same("GPUs in service", 0, d.fleet_.in_service(), service);
    same("GPUs installed", 0, d.fleet_.installed(), installed);
    same("jobs running", 0, d.jobs_.running(), running_);
    same("GPUs busy", 0, d.jobs_.gpus_busy(), busy_);
    same("load of the checkpoint store", 0, d.jobs_.store_load(), store_);
  }

  void check_queue(const D& d) const {
    const auto& queue = d.queue_.waiting();
    std::uint32_t size = 0;
    PlaceId last;
    for (PlaceId i{0}; i < queue.end(); ++i) {
      if (!queue.present(i)) continue;
      ++size;
      same("the queue's first place", i, queue.first() <= i, true);
      same("the queue's least job", i, queue.least() <= queue[i].gpus, true);
      if (last.valid()) same("the queue's order", i, queue[i].before(queue[last]), false);
      if (d.queue_.standings().remembers()) same("the key of a job", i, queue[i].key, d.queue_.key_of(d.f_, queue[i]));
      last = i;
      if (queue.columns() == 0) continue;
      const std::uint32_t column = d.f_.shape.group_of(queue[i].cell).value % queue.columns();
      same("the least held of a block", i, queue.least_held(queue.block_of(i), column) <= queue[i].most_held, true);
    }
    same("jobs in the queue", 0, queue.size(), size);
    if (d.queue_.counted() && !d.f_.by_use && d.f_.point.backfill != decltype(d.f_.point.backfill)::none) {
      std::uint32_t looked_at = 0;
      for (PlaceId i{0}; i < d.queue_.scanned() && i < queue.end(); ++i) looked_at += queue.present(i);
      same("places of the window", 0, d.queue_.places(), looked_at);
    }
  }

  void check_nodes(const D& d, PartitionId p) const {
    if (!d.f_.by_node) return;
    const auto& map = d.fleet_[p].map;
    const auto& shape = d.f_.parts[p].shape;
    std::vector<std::uint32_t> count(shape.levels(), 0);
    VectorBy<PodId, std::uint32_t> idle(shape.pods(), 0);
    for (const NodeId node : d.f_.nodes(p)) {
      const bool serves = map.present(node);
      const std::uint32_t free = serves ? shape.gpus_per_node - sites_[p].used[node] : 0;
      if (!serves) same("GPUs held of a node that does not serve", node, sites_[p].used[node], 0u);
      same("free GPUs of a node", node, map.free_gpus(node), free);
      if (serves) ++count[free];
      if (serves && free == shape.gpus_per_node) ++idle[shape.pod_of(node)];
    }
    for (std::uint32_t level = 0; level < shape.levels(); ++level)
      same("nodes of a level", level, map.count(level), count[level]);
    for (const PodId pod : idle.ids()) same("idle nodes of a pod", pod, map.idle_in_pod(pod), idle[pod]);
    std::uint32_t best = shape.levels();
    for (std::uint32_t level = shape.levels(); level-- > 0;) {
      if (count[level]) best = level;
      same("the least level that suffices", level, map.best_level(level), best);
    }
  }

  // What a blocked job's reservation is computed from, and the one that is kept.
  void check_releases(D& d, PartitionId p) const {
    auto& releases = d.releases_[p];
    const auto& shape = d.f_.parts[p].shape;
    std::map<Tick, std::uint64_t> released_at;  // units by end
    VectorBy<NodeId, Tick> latest(d.f_.by_node ? shape.nodes : 0, -1);
    d.jobs_.for_each(d.f_, [&](SlotId slot) {
      const auto& run = d.jobs_[slot];
      if (run.where.partition != p) return;
      same("the expected end of a job", slot, d.releases_.due(slot), due_of(run, d.f_.point.kills));
      if (d.f_.by_node && run.where.nodes == 0) {
        latest[run.where.node()] = std::max(latest[run.where.node()], d.releases_.due(slot));
        return;
      }
      released_at[d.releases_.due(slot)] += d.f_.by_node ? run.where.nodes : run.where.gpus;
    });
    for (const NodeId node : latest.ids()) {
      same("a node that is shared", node, releases.ends.shared(node), latest[node] >= 0);
      if (latest[node] < 0) continue;
      same("the last end of a shared node", node, releases.ends.latest(node), latest[node]);
      ++released_at[latest[node]];
    }
    std::uint64_t units = d.f_.by_node ? d.fleet_[p].map.idle_nodes() : d.fleet_[p].free;
    for (const auto& [end, released] : released_at) {
      if (end >= never) break;
      const auto found = releases.wheel.find(
          d.f_.lanes, now_, d.f_.by_node ? d.fleet_[p].map.idle_nodes() : d.fleet_[p].free, units + released);
      units += released;
      same("when units are released", units, found.at, end);
      same("units released by then", units, found.units, units);
    }
    if (d.easy_.reserved() && d.queue_.head().valid() && releases.reservation.good) {
      const auto& head = d.queue_[d.queue_.head()];
      const auto& kept = releases.reservation;
      if (kept.number == head.number && kept.cell == head.cell) {
        const auto fresh = d.easy_.reservation_in(d.openings(), d.releases_, p, held(d.f_, head, p));
        same("the head's reservation", p, kept.shadow.at, fresh.shadow.at);
        same("units left over then", p, kept.extra, fresh.extra);
      }
    }
    if (d.f_.point.backfill == decltype(d.f_.point.backfill)::conservative && !d.f_.plans_by_node) {
      const auto& base = releases.profile.base;
      const std::int64_t free = d.fleet_[p].free;
      same("the plan's free GPUs now", p, base.earliest(now_, 1, free), now_);
      same("and no more of them", p, base.earliest(now_, 1, free + 1) > now_, true);
    }
  }

  void check_running(const D& d) const {
    d.jobs_.for_each(d.f_, [&](SlotId slot) {
      const auto& run = d.jobs_[slot];
      same("a running job has a rate", slot, run.rate > 0, true);
      same("its work is not over", slot, run.work_left > 0, true);
      same("its end", slot, d.agenda_.is_set(slot, end_of(run, d.f_.point.kills)), true);
      const auto speed = d.speed_now(run);
      same("its rate", slot, run.rate, speed.all);
      same("its rate by the network alone", slot, run.network_rate, speed.network);
      if (d.f_.by_node)
        same("the speed of its slowest node", slot, run.slow,
             d.faults_.degraded() ? d.speed_of_nodes(run.where) : full_rate);
    });
  }

  void check_power(const D& d) const {
    std::int64_t all = 0;
    VectorBy<DomainId, std::int64_t> base(d.f_.shape.domains, 0), full = base, drawn = base;
    for (const PartitionId p : d.f_.partitions()) {
      const Site& site = sites_[p];
      same("power of nodes [mW]", p, d.fleet_[p].base_mw, site.base_mw);
      all += site.base_mw + site.drawn_mw;
      for_domains(d.f_.parts[p], [&](DomainId domain) {
        base[domain] += site.base_mw, full[domain] += site.full_mw, drawn[domain] += site.drawn_mw;
      });
      const bool spans = Paces::visit(d.f_.point.pace, [](const auto& pace) { return pace.depends_on_load; });
      if (spans) same("load of the upper tiers", p, d.tiers_.spanning(p), site.spanning);
    }
    same("power [mW]", 0, d.power_.power_mw(), all);
    if (!d.f_.powered) return;
    for (const DomainId i : d.f_.domains()) {
      const auto& domain = d.power_[i];
      same("power of a domain's nodes [mW]", i, domain.base_mw, base[i]);
      same("its jobs' power at full clocks [mW]", i, domain.full_mw, full[i]);
      same("their power [mW]", i, domain.drawn_mw, drawn[i]);
      if (!d.f_.point.limited || domain.dirty) continue;
      same("the level of a domain", i, domain.level, domain.level_for(d.power_.params(d.f_, i), full[i]));
    }
  }

  void check_repairs(const D& d) const {
    std::uint32_t working = 0, degraded = 0;
    for (const RepairId i : range<RepairId>(d.f_.capacity.repairs)) {
      working += d.faults_[i].state == Repair::working;
      degraded += d.faults_[i].state == Repair::degraded;
      if (d.faults_[i].state == Repair::free) same("no free entry before", i, d.faults_.entries_taken() <= i, true);
    }
    same("crews at work", 0, d.faults_.crews_busy(), working);
    same("degraded nodes", 0, d.faults_.degraded(), degraded);
  }

  // ---- integrals: what was counted, and what the counts of all moments add up to

  // f(name, number, counted, present count): of the running period, as the loop telescopes them.
  template <class F> void each_integral(const D& d, std::uint32_t period, F&& f) const {
    const Raw raw = d.ledger_.raw(d.f_);
    const auto cell = [&](CellId c, CellCount count) {
      return raw.cell[(std::size_t{period} * d.f_.shape.cells + c.value) * cell_counts + count];
    };
    for (const CellId c : d.f_.cells()) {
      f("GPU-ticks held", c, UInt128{cell(c, busy_ticks)}, cells_[c].gpus);
      f("GPU-ticks waited for after interruptions", c, UInt128{cell(c, requeue_ticks)}, cells_[c].requeued);
      f("energy of the cell", c, raw.cell_energy[std::size_t{period} * d.f_.shape.cells + c.value],
        static_cast<UInt128>(static_cast<Int128>(cells_[c].mw)));
    }
    for (const GroupId g : d.f_.groups())
      f("ticks in which the group waited", g, UInt128{cell(d.f_.shape.first_cell_of(g), queued_ticks)},
        std::uint64_t{waiting_[g] > 0});
    for (const PartitionId p : d.f_.partitions()) {
      const std::uint64_t* counts =
          raw.partition + (std::size_t{period} * d.f_.shape.partitions + p.value) * partition_counts;
      const std::uint64_t all = d.fleet_[p].in_service + d.fleet_[p].down + d.fleet_[p].dark + d.fleet_[p].spare;
      f("GPU-ticks installed", p, UInt128{counts[installed_ticks]}, all);
      f("GPU-ticks down", p, UInt128{counts[down_ticks]}, d.fleet_[p].down);
      f("GPU-ticks dark", p, UInt128{counts[dark_ticks]}, d.fleet_[p].dark);
      f("GPU-ticks standing by", p, UInt128{counts[spare_ticks]}, d.fleet_[p].spare);
      f("GPU-ticks held of the partition", p, UInt128{counts[held_ticks]}, sites_[p].held);
      f("GPU-ticks stranded", p, UInt128{counts[stranded_ticks]},
        p == PartitionId(0) ? d.ledger_.idle_now(stranded_ticks) : 0);
      f("GPU-ticks walled", p, UInt128{counts[walled_ticks]},
        p == PartitionId(0) ? d.ledger_.idle_now(walled_ticks) : 0);
      f("ticks in which the window hid jobs", p, UInt128{counts[hidden_ticks]},
        p == PartitionId(0) ? d.ledger_.idle_now(hidden_ticks) : 0);
      f("energy of the nodes", p, raw.partition_energy[std::size_t{period} * d.f_.shape.partitions + p.value],
        static_cast<UInt128>(static_cast<Int128>(sites_[p].base_mw)));
    }
    for (const DomainId i : d.f_.domains())
      f("ticks capped", i,
        UInt128{raw.domain[(std::size_t{period} * d.f_.shape.domains + i.value) * domain_counts + capped_ticks]},
        d.power_[i].capped);
  }

  void check_integrals(const D& d) {
    const auto span = static_cast<UInt128>(now_ - last_);
    if (sums_.size() != counts_.size()) sums_.resize(counts_.size(), 0);
    for (std::size_t i = 0; i < counts_.size(); ++i) sums_[i] += span * counts_[i];
    if (period_ != d.ledger_.period()) {  // a period has ended at this tick: all of it is counted
      if (!counts_.empty() && period_ + 1 == d.ledger_.period()) {
        std::size_t i = 0;
        each_integral(d, period_, [&](const char* what, auto which, UInt128 counted, UInt128) {
          same(what, which, static_cast<std::uint64_t>(counted), static_cast<std::uint64_t>(sums_[i++]));
        });
      }
      sums_.assign(sums_.size(), 0);
      period_ = d.ledger_.period();
    }
    counts_.clear();
    std::size_t i = 0;
    each_integral(d, period_, [&](const char* what, auto which, UInt128 counted, UInt128 count) {
      const UInt128 until_now = counted + static_cast<UInt128>(now_) * count;
      same(what, which, static_cast<std::uint64_t>(until_now),
           static_cast<std::uint64_t>(i < sums_.size() ? sums_[i] : 0));
      counts_.push_back(count);
      ++i;
    });
    last_ = now_;
  }

  Tick now_ = 0, last_ = 0;
  std::uint64_t moments_ = 0;
  VectorBy<CellId, Cell> cells_;
  VectorBy<PartitionId, Site> sites_;
  VectorBy<GroupId, std::uint64_t> waiting_;  // jobs
  std::uint64_t running_ = 0, busy_ = 0, store_ = 0;
  std::uint32_t period_ = 0;
  std::vector<UInt128> sums_, counts_;  // (integral) of the period until `last_`; present since then
};

}  // namespace nadc
