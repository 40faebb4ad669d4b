#include "app/trace/describe.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace nadc {
namespace {

TraceRow job(double submit_s, std::int64_t gpus, double duration_s, const char* user = "", const char* state = "") {
  TraceRow row;
  row.submit_s = submit_s;
  row.gpus = gpus;
  row.duration_s = row.request_s = duration_s;
  row.user = user;
  row.state = state;
  return row;
}

Trace trace_of(std::vector<TraceRow> rows) {
  Trace trace;
  trace.format = "csv";
  trace.rows = std::move(rows);
  return trace;
}

TEST(DescribeTrace, SharesOfSizesAndStatesByHand) {
  // GPU time: 1·100 + 8·50 + 8·50 + 128·100 = 13,700.
  const TraceSummary s = describe(trace_of({job(0, 1, 100, "a", "completed"), job(0, 8, 50, "b", "failed"),
                                            job(3600, 8, 50, "b"), job(7200, 128, 100, "c", "cancelled")}));
  EXPECT_EQ(s.jobs, 4);
  EXPECT_EQ(s.users, 3);
  EXPECT_EQ(s.largest_gpus, 128);
  EXPECT_NEAR(s.gpu_hours, 13700 / 3600.0, 1e-12);
  EXPECT_EQ(s.sizes[2].jobs, 2);  // 5-8
  EXPECT_NEAR(s.sizes[2].gpu_time_share, 800 / 13700.0, 1e-12);
  EXPECT_NEAR(s.sizes[5].job_share, 0.25, 1e-12);
  EXPECT_NEAR(s.states[0].gpu_time_share, 100 / 13700.0, 1e-12);
  EXPECT_NEAR(s.states[3].gpu_time_share, 400 / 13700.0, 1e-12);
  EXPECT_NEAR(s.top_ten_users_share, 1, 1e-12);
  EXPECT_EQ(s.durations.p50_s, 75);
  EXPECT_EQ(s.durations.mean_s, 75);
  EXPECT_NEAR(s.arrivals.zero_gap_share, 1 / 3.0, 1e-12);
  EXPECT_EQ(s.arrivals.mean_gap_s, 2400);
  EXPECT_NEAR(s.arrivals.cv, std::sqrt(4'320'000.0) / 2400, 1e-12);  // gaps 0, 3600, 3600
  // Hours hold 2, 1, 1 jobs: variance 1/3 over mean 4/3.
  EXPECT_NEAR(*s.arrivals.hourly_dispersion, 0.25, 1e-12);
}

TEST(DescribeTrace, SizeClassesCoverEverySizeOnce) {
  std::int64_t next = 1;
  for (const SizeClass& c : size_classes) {
    EXPECT_EQ(c.low, next);
    next = c.high + 1 > c.high ? c.high + 1 : 0;
    if (c.high == INT64_MAX) break;
  }
}

TEST(DescribeTrace, AnEmptyTraceIsAllZeros) {
  const TraceSummary s = describe(trace_of({}));
  EXPECT_EQ(s.jobs, 0);
  EXPECT_EQ(s.sizes.size(), size_classes.size());
}

TEST(DescribeTrace, CalendarDecidesHourOfWeekAndWeekend) {
  // One job at the start of each hour of two weeks from Thursday 1970-01-01 00:00; Saturday and Sunday have two.
  std::vector<TraceRow> rows;
  for (int hour = 0; hour < 336; ++hour) {
    const int day = (3 + hour / 24) % 7;
    for (int i = 0; i < (day >= 5 ? 2 : 1); ++i) rows.push_back(job(hour * 3600.0, 1, 1));
  }
  Trace trace = trace_of(rows);
  trace.origin_unix_s = 0;
  const ArrivalStatistics a = describe(trace).arrivals;
  EXPECT_NEAR(*a.weekend_factor, 2, 1e-12);
  EXPECT_NEAR(*a.peak_over_trough, 1, 1e-12);
  EXPECT_EQ(a.hour_of_week[0], 1);
  EXPECT_EQ(a.hour_of_week[167], 2);
}

// Fixed seed; 20,000 gaps put the shape's standard error near 0.78·k/√n = 0.0028 and the tolerance at 4.5 of them
// (false alarm 7·10⁻⁶).
TEST(DescribeTrace, RecoversTheWeibullShapeOfItsGaps) {
  std::mt19937_64 random(11);
  std::weibull_distribution<double> gap(0.5, 100);
  std::vector<TraceRow> rows;
  double at = 0;
  for (int i = 0; i <= 20000; ++i) {
    rows.push_back(job(at, 1, 1));
    at += gap(random);
  }
  const ArrivalStatistics a = describe(trace_of(rows)).arrivals;
  EXPECT_NEAR(*a.weibull_shape, 0.5, 0.0126);
  EXPECT_NEAR(a.cv, std::sqrt(5.0), 0.25);  // CV of Weibull 1/2 is √5
}

TEST(DescribeTrace, GapsThatAreAllEqualHaveNoWeibullShape) {
  EXPECT_FALSE(describe(trace_of({job(0, 1, 1), job(5, 1, 1), job(10, 1, 1)})).arrivals.weibull_shape);
}

}  // namespace
}  // namespace nadc
