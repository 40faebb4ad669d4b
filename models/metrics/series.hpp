// Series of a replica: means over the equal stretches of outputs.series, from what was counted in each of them. The
// mean number of jobs waiting is an integral too: of a stretch, the waits of the jobs that started in it and the waits
// so far of those that still wait at its end, less the waits so far of those that waited when it began.
#pragma once
#include <span>
#include <vector>

#include "models/metrics.hpp"

namespace nadc {

std::span<const MetricInfo> series_metrics();        // of the whole
std::span<const MetricInfo> group_series_metrics();  // of a user group

// Each metric after the other: of the whole by stretch, then of groups by group and stretch. Stretches are the periods
// that are measured.
std::vector<double> series_of(const World& world, const Point& point, const Raw& raw);

}  // namespace nadc
