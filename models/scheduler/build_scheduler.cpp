#include "models/scheduler/build_scheduler.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "models/scheduler/order.hpp"
#include "sim/exp2log2.hpp"

namespace nadc {
namespace {

// Of exact arithmetic, as all that the loop reads: every host builds the same.
std::uint64_t kept_q32(const FairShare& order) {
  if (order.half_life == 0) return std::uint64_t{1} << 32;
  const double halves = static_cast<double>(order.interval) / static_cast<double>(order.half_life);
  return static_cast<std::uint64_t>(exact_exp2(-halves) * 0x1p32);
}

void add_shares(Point& point, BlobWriter<Point>& writer, const StudyNames& names, const Scenario& scenario) {
  FairShare order = scenario.scheduler.order.as<FairShare>();
  order.kept_q32 = kept_q32(order);
  Orders::choose(point.order, order);
  const auto share_of = [](const GroupSpec& group) { return group.fair_share > 0 ? group.fair_share : group.quota; };
  double greatest = 0;
  for (const GroupSpec& group : scenario.workload.groups) greatest = std::max(greatest, share_of(group));
  VectorBy<GroupId, std::uint32_t> shares(names.groups.size(), 0);
  for (const GroupSpec& group : scenario.workload.groups)
    if (share_of(group) > 0)
      shares[names.group(group.name)] =
          std::max(1u, static_cast<std::uint32_t>(std::lround(share_of(group) / greatest * whole_share)));
  point.shares = writer.append(shares);
}

}  // namespace

void add_scheduler(Point& point, BlobWriter<Point>& writer, const StudyNames& names, const Scenario& scenario) {
  const SchedulerSpec& spec = scenario.scheduler;
  point.order = spec.order;
  point.place = spec.place;
  point.backfill = spec.backfill;
  point.kills = spec.limit == TimeLimit::kill;
  point.window = static_cast<std::uint32_t>(spec.window);
  point.queue = spec.queue < 0 ? unlimited_queue
                               : static_cast<std::uint32_t>(std::min<std::int64_t>(spec.queue, unlimited_queue - 1));
  VectorBy<GroupId, std::int64_t> priorities(names.groups.size(), 0);
  for (const GroupSpec& group : scenario.workload.groups) priorities[names.group(group.name)] = group.priority;
  point.priorities = writer.append(priorities);
  if (Orders::holds<FairShare>(spec.order)) add_shares(point, writer, names, scenario);
}

}  // namespace nadc
