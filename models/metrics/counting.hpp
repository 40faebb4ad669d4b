// Adds what a replica counted to a scope: of cells of jobs, of the machine, of energy and of money.
#pragma once
#include <cstdint>
#include <vector>

#include "models/metrics/scope.hpp"
#include "models/policy/orders.hpp"
#include "models/power/energy_metrics.hpp"
#include "models/raw.hpp"
#include "models/world.hpp"

namespace nadc::metrics {

class Counting {
 public:
  Counting(const World& world, const Point& point, const Raw& raw);

  const World& world() const { return world_; }
  const Point& point() const { return point_; }
  const Raw& raw() const { return raw_; }
  const RawShape& shape() const { return shape_; }
  const TriggersDone& triggers() const { return triggers_; }
  Tick begin_of(std::uint32_t period) const { return period == 0 ? 0 : at(&world_, world_.period_ends)[period - 1]; }
  Tick end_of(std::uint32_t period) const;  // at most the run's
  Tick end() const { return static_cast<Tick>(raw_.end[RawShape::end_tick]); }
  std::uint32_t first_measured() const { return world_.first_measured_period; }

  // last: of the periods that are added; counts of a moment are those of its end.
  void add_cell(Scope& scope, std::uint32_t period, CellId cell, std::uint32_t last) const;
  // Jobs of the warm-up that were still there when measuring began count as submitted in it.
  void carry_over(Scope& scope, CellId cell) const;
  void add_machine(Scope& scope, std::uint32_t period) const;
  // IT energy of the nodes and of the jobs on them in periods [first, end), and what the sites make of it.
  void add_energy(Scope& scope, std::uint32_t first, std::uint32_t end) const;
  // Capital charge and running cost of them, which are the ticks [from, to), and the hours in H100-equivalents; the
  // energy was added before.
  void add_cost(Scope& scope, std::uint32_t first, std::uint32_t end, Tick from, Tick to) const;
  // Of a wait or a time to result: of the jobs that ended it, and of those that the end cuts off.
  void add_sketch(std::vector<std::uint64_t>& ended, std::vector<std::uint64_t>& open, std::uint32_t sketch) const;

 private:
  double add_it_energy(Scope& scope, std::uint32_t first, std::uint32_t end,
                       VectorBy<SiteId, double>& it_of_site) const;
  void add_metered(Scope& scope, std::uint32_t first, std::uint32_t end) const;
  double delivered_h100e_hours(std::uint32_t first, std::uint32_t end,
                               VectorBy<PartitionId, std::uint64_t>& installed) const;
  std::int64_t capital_charge(Tick from, Tick to) const;

  const World& world_;
  const Point& point_;
  const Raw& raw_;
  const RawShape shape_;
  const By<PartitionId, const PartitionParams> partitions_;
  const By<SiteId, const SiteEnergy> sites_;
  const MeteredDemand demand_;
  const TriggersDone triggers_;
};

}  // namespace nadc::metrics
