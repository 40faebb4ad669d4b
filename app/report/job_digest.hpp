// What a page shows of the jobs in a results file: waits by group and by size, and the jobs of the busiest day.
//
// Waits are exact quantiles of `jobs_wait`: of a job that has not started, its wait so far. The busiest day is that in
// which jobs hold most GPU-time between first start and end (interruptions are not told apart); of its jobs the page
// gets those with most GPU-time in it, and how much of the day's GPU-time the rest hold. One column is in memory at a
// time, besides waits, starts, ends and GPUs: 40 bytes a job. O(n log n).
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "app/io/results_file.hpp"

namespace nadc {

// null when the file has no records of jobs. horizon_s: the end of the run, for jobs that still run.
nlohmann::ordered_json job_digest(const ResultsReader& file, double horizon_s);

}  // namespace nadc
