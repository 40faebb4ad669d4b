// What a scenario says of the queue. Host.
#pragma once
#include "models/scenario.hpp"
#include "models/study_names.hpp"
#include "models/world.hpp"
#include "sim/blob.hpp"

namespace nadc {

void add_scheduler(Point& point, BlobWriter<Point>& writer, const StudyNames& names, const Scenario& scenario);

}  // namespace nadc
