// What a trace looks like: counts, sizes, durations, arrivals, final states. The figures that a synthetic workload is
// calibrated on, by the same definitions for every trace. Cost O(n log n).
//
// Definitions. GPU time of a job = gpus × duration. Quantiles interpolate linearly between order statistics (Hyndman
// and Fan 1996, type 7). Gaps are times between submissions in a row; `cv` is their standard deviation over their mean,
// `weibull_shape` the maximum-likelihood shape of the gaps above 0 (a Poisson stream has 1 and 1). `hourly_dispersion`
// is variance over mean of the submissions in each clock hour between the first and the last (Poisson: 1).
// Calendar hours are the cluster's wall clock; without calendar times submit_s = 0 is taken as Monday 00:00.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/trace/trace.hpp"

namespace nadc {

// Jobs by GPUs asked, with the class limits of the published tables of Seren, Philly and Helios.
struct SizeClass {
  std::string_view name;
  std::int64_t low, high;  // GPUs, both included
};
inline constexpr std::array<SizeClass, 8> size_classes{{{"1", 1, 1},
                                                        {"2-4", 2, 4},
                                                        {"5-8", 5, 8},
                                                        {"9-64", 9, 64},
                                                        {"65-127", 65, 127},
                                                        {"128-512", 128, 512},
                                                        {"513-1024", 513, 1024},
                                                        {">1024", 1025, INT64_MAX}}};

struct Share {
  std::string name;
  std::int64_t jobs = 0;
  double job_share = 0;       // of all jobs
  double gpu_time_share = 0;  // of all GPU time
};

struct DurationStatistics {
  double mean_s = 0, p10_s = 0, p50_s = 0, p90_s = 0, p99_s = 0, max_s = 0;
  double log_mean = 0, log_sd = 0;  // of ln s: the lognormal with the same two moments
};

struct ArrivalStatistics {
  double jobs_per_day = 0;
  double mean_gap_s = 0;
  double cv = 0;
  double zero_gap_share = 0;
  std::optional<double> weibull_shape;      // needs two different gaps above 0
  std::optional<double> hourly_dispersion;  // needs two clock hours
  std::optional<double> peak_over_trough;   // of the mean rate by hour of day; needs a day without an empty hour
  std::optional<double> weekend_factor;     // mean rate of Saturday and Sunday over that of the other days; a week
  std::array<double, 168> hour_of_week{};   // mean submissions in each hour, (hour), Monday 00:00 first
};

struct TraceSummary {
  std::string format;
  std::int64_t jobs = 0;
  DropCounts dropped;
  std::int64_t users = 0, groups = 0;
  double span_s = 0;        // first to last submission
  std::string first, last;  // submission, as the wall clock showed; empty without a calendar
  double gpu_hours = 0;
  std::int64_t largest_gpus = 0;
  double top_ten_users_share = 0;  // of GPU time; 0 without user names
  std::vector<Share> sizes;        // one a size class
  std::vector<Share> states;       // completed, cancelled, failed, unknown
  DurationStatistics durations;
  ArrivalStatistics arrivals;
  std::vector<std::string> notes;
};

// A trace without rows gives a summary of zeros.
TraceSummary describe(const Trace& trace);

}  // namespace nadc
