#include "models/scheduler/build_scheduler.hpp"

#include <algorithm>
#include <vector>

namespace nadc {

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
}

}  // namespace nadc
