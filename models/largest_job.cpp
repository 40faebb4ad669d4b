#include "models/largest_job.hpp"

#include <algorithm>

#include "models/access/admit.hpp"
#include "models/power/draw.hpp"
#include "models/power/limits.hpp"
#include "models/scheduler/place.hpp"

namespace nadc {
namespace {

// The greatest n in [0, most] for which fits(n); fits(0) is taken for granted, and what fits fits when it is smaller.
template <class Fits> std::uint32_t greatest(std::uint32_t most, const Fits& fits) {
  std::uint32_t low = 0, high = most;
  while (low < high) {
    const std::uint32_t middle = low + (high - low + 1) / 2;
    if (fits(middle))
      low = middle;
    else
      high = middle - 1;
  }
  return low;
}

class Bounds {
 public:
  Bounds(const Point& point, const Fleet& fleet, const PowerLimits& limits, bool can_fail)
      : point_(point), fleet_(fleet), limits_(limits), can_fail_(can_fail) {
    standing_.resize(fleet.partitions.size(), 0);
    for (const TrancheParams& tranche : fleet.tranches)
      if (!tranche.trigger.valid() && tranche.date <= 0 &&
          !limits.domains[domain_of(fleet.partitions[tranche.partition].site)].has_grid)
        standing_[tranche.partition] += tranche.count;
    for (const PartitionId p : fleet_.partitions.ids()) service_ += machine(p);
  }

  std::uint32_t machine(PartitionId p) const {
    return (fleet_.params[p].nodes - fleet_.params[p].spares) * fleet_.partitions[p].shape.gpus_per_node;
  }
  std::uint32_t held(PartitionId p, std::uint32_t gpus) const {
    return Places::visit(point_.place, [&](const auto& place) { return place.held(fleet_.partitions[p].shape, gpus); });
  }
  // Whether the quota of the whole fleet lets in a job of a group that holds nothing.
  bool within_wall(const decltype(AdmitView::group_quota)& quota, std::uint32_t held) const {
    return Admits::visit(point_.admit, [&](const auto& admit) {
      return admit(AdmitView{held, 0, service_, quota}) != Verdict::no;
    });
  }
  bool has_power(PartitionId p, std::uint32_t gpus, double intensity) const {
    const PartitionWorld& partition = fleet_.partitions[p];
    const std::uint32_t holds = held(p, gpus), full = partition.shape.gpus_per_node;
    const std::int64_t draw = Draws::visit(
        point_.draw, [&](const auto& policy) { return policy.job(fleet_.params[p].draw, holds, intensity); });
    return has_power_in(domain_of(partition.site), p, (holds + full - 1) / full, draw) &&
           (!partition.own_domain.valid() || has_power_in(partition.own_domain, p, (holds + full - 1) / full, draw));
  }

 private:
  std::int64_t least_draw(PartitionId p) const {
    return Draws::visit(point_.draw, [&](const auto& policy) {
      const NodeDraw& node = fleet_.params[p].draw;
      return can_fail_ ? std::min(policy.idle(node), policy.down(node)) : policy.idle(node);
    });
  }
  bool has_power_in(DomainId d, PartitionId p, std::uint32_t nodes, std::int64_t draw) const {
    if (limits_.highest_mw[d] >= no_limit_mw) return true;
    std::int64_t base = 0;
    for (const PartitionId q : fleet_.partitions.ids()) {
      const PartitionWorld& partition = fleet_.partitions[q];
      if (domain_of(partition.site) == d || partition.own_domain == d)
        base += least_draw(q) * std::max(standing_[q], q == p ? nodes : 0);
    }
    const std::int64_t idle =
        Draws::visit(point_.draw, [&](const auto& policy) { return policy.idle(fleet_.params[p].draw); });
    base += (idle - least_draw(p)) * nodes;
    const std::int64_t room = std::max<std::int64_t>(0, limits_.highest_mw[d] - base);
    if (draw <= room) return true;
    return limits_.domains[d].at_limit == AtLimit::slow && room * full_level / draw >= point_.lowest_level;
  }

  const Point& point_;
  const Fleet& fleet_;
  const PowerLimits& limits_;
  bool can_fail_;
  VectorBy<PartitionId, std::uint32_t> standing_;  // nodes that are there from the start
  std::uint32_t service_ = 0;                      // GPUs
};

}  // namespace

VectorBy<CellId, LargestJob> largest_jobs(const Scenario& scenario, const Point& point, const Fleet& fleet,
                                          const PowerLimits& limits) {
  const bool can_fail = point.failures_on || !scenario.reliability.outages.empty();
  const Bounds bounds(point, fleet, limits, can_fail);
  const auto partitions = static_cast<std::uint32_t>(fleet.partitions.size()),
             classes = static_cast<std::uint32_t>(fleet.classes.size());
  VectorBy<CellId, LargestJob> largest(fleet.quotas.size() * classes);
  for (const CellId cell : largest.ids()) {
    const GroupId group(cell.value / classes);
    const ClassId klass(cell.value % classes);
    LargestJob& job = largest[cell];
    const auto serves = [&](PartitionId p) { return fleet.rates[cell.value * partitions + p.value] > 0; };
    for (const PartitionId p : fleet.partitions.ids())
      if (serves(p)) job.machine = std::max(job.machine, bounds.machine(p));
    // By what it would hold where it holds most, as the loop asks access.
    job.wall = greatest(job.machine, [&](std::uint32_t gpus) {
      std::uint32_t most = 0;
      for (const PartitionId p : fleet.partitions.ids())
        if (serves(p)) most = std::max(most, bounds.held(p, gpus));
      return bounds.within_wall(fleet.quotas[group], most);
    });
    for (const PartitionId p : fleet.partitions.ids())
      if (serves(p))
        job.power = std::max(job.power, greatest(bounds.machine(p), [&](std::uint32_t gpus) {
                               return bounds.has_power(p, gpus, fleet.classes[klass].intensity);
                             }));
    job.gpus = std::min({job.machine, job.wall, job.power});
  }
  return largest;
}

}  // namespace nadc
