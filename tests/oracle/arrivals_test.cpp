// Arrivals against the rates that a scenario asks for. χ² and z tests at a false-alarm rate of 10⁻⁴; fixed seeds.
#include <gtest/gtest.h>

#include <cmath>

#include "models/workload/job_source.hpp"
#include "tests/models/world_fixture.hpp"
#include "tests/oracle/chi_square.hpp"

namespace nadc::test {
namespace {

Scenario arriving(double jobs_per_day, const LawSpec& gap) {
  Scenario s = machine(8, 8, 7 * 52 * ticks_per_day);
  s.workload.classes = {job_class("all", LawSpec::constant(1), LawSpec::constant(1))};
  s.workload.jobs_per_day = jobs_per_day;
  s.workload.arrivals.gap = gap;
  return s;
}

std::vector<Tick> times(const Scenario& scenario, std::uint32_t replica = 0) {
  const Study study({scenario});
  const JobSource source(study.world(), study.point(), study.key(replica));
  std::vector<Tick> list;
  for (ArrivalCursor cursor = source.first(SourceId(0)); cursor.at < scenario.horizon; source.next(SourceId(0), cursor))
    list.push_back(cursor.at);
  return list;
}

// From a Wednesday, 52 weeks of 24 hourly and 7 daily rates, among them hours without arrivals.
TEST(Arrivals, FollowTheHoursOfTheWeek) {
  Scenario s = arriving(400, LawSpec::exponential(1));
  s.start = monday + 2 * 86400;
  for (int h = 0; h < 24; ++h) s.workload.arrivals.hours.push_back(h == 3 || h == 4 ? 0 : 1 + 0.1 * h);
  s.workload.arrivals.days = {1, 1.1, 1.2, 1, 0.9, 0.5, 0.3};
  std::vector<double> counts(168, 0), expected(168, 0);  // from Monday on
  double weights = 0;
  for (std::size_t h = 0; h < 168; ++h) {
    expected[h] = s.workload.arrivals.hours[h % 24] * s.workload.arrivals.days[h / 24];
    weights += expected[h];
  }
  for (Tick t : times(s)) ++counts[static_cast<std::size_t>((t / ticks_per_hour + 48) % 168)];
  std::vector<double> some_counts, some_expected;
  for (std::size_t h = 0; h < 168; ++h) {
    expected[h] *= 400 * 7 * 52 / weights;
    if (expected[h] == 0) {
      EXPECT_EQ(counts[h], 0) << h;
      continue;
    }
    some_counts.push_back(counts[h]);
    some_expected.push_back(expected[h]);
  }
  EXPECT_LT(chi_square(some_counts, some_expected), chi_square_limit(static_cast<double>(some_counts.size())));
}

// Within an hour a Poisson stream is uniform.
TEST(Arrivals, AreUniformWithinAnHour) {
  Scenario s = arriving(400, LawSpec::exponential(1));
  for (int h = 0; h < 24; ++h) s.workload.arrivals.hours.push_back(1 + h % 5);
  std::vector<double> counts(60, 0);
  const auto list = times(s);
  for (Tick t : list) ++counts[static_cast<std::size_t>(t % ticks_per_hour / ticks_per_minute)];
  EXPECT_LT(chi_square(counts, std::vector<double>(60, static_cast<double>(list.size()) / 60)), chi_square_limit(59));
}

// A part of the gaps is 0, the others are longer, so that the rate stays. The number of arrivals in time T of a renewal
// process with gaps of mean m and variance v is normal about T/m with variance T·v/m³.
TEST(Arrivals, KeepTheirRateWithBatchesAndOtherGaps) {
  const double per_day = 300, days = 364, m = 86400 / per_day;
  struct Row {
    LawSpec gap;
    double squared_variation;  // of the gaps that are not 0
  };
  const double g1 = std::tgamma(1 + 1 / 0.6), g2 = std::tgamma(1 + 2 / 0.6);
  for (double batch : {0.0, 0.4})
    for (const Row& row : {Row{LawSpec::exponential(5), 1.0}, Row{LawSpec::weibull(0.6, 3), g2 / (g1 * g1) - 1},
                           Row{LawSpec::constant(2), 0.0}}) {
      Scenario s = arriving(per_day, row.gap);
      s.workload.arrivals.batch = batch;
      double count = 0, batched = 0;
      const std::uint32_t replicas = 5;
      for (std::uint32_t r = 0; r < replicas; ++r) {
        const auto list = times(s, r);
        count += static_cast<double>(list.size());
        for (std::size_t i = 1; i < list.size(); ++i) batched += list[i] == list[i - 1];
      }
      // With a share b of zeros: E[gap²] = (1 + C²)·m²/(1 − b).
      const double variance = m * m * ((1 + row.squared_variation) / (1 - batch) - 1);
      const double expected = replicas * days * per_day;
      EXPECT_NEAR(count, expected, 3.891 * std::sqrt(replicas * days * 86400 * variance / (m * m * m)) + replicas)
          << batch << " " << row.squared_variation;
      // Gaps of less than a tick are common with a Weibull shape of 0.6 only: P(gap < 0.5 ms) ≈ 3·10⁻⁴.
      EXPECT_NEAR(batched / count, batch, 3.891 * std::sqrt(batch * (1 - batch) / count) + 1e-3);
    }
}

// Two groups of which one sends three times the jobs of the other, of two classes 1 : 4.
TEST(Arrivals, AreSharedAmongGroupsAndClasses) {
  Scenario s = arriving(500, LawSpec::exponential(1));
  s.workload.classes.push_back(s.workload.classes[0]);
  s.workload.classes[1].name = "more";
  s.workload.classes[1].share = 4;
  s.workload.groups = {GroupSpec{}, GroupSpec{}};
  s.workload.groups[0].name = "a";
  s.workload.groups[1].name = "b";
  s.workload.groups[1].share = 3;
  const Study study({s});
  const JobSource source(study.world(), study.point(), study.key(0));
  std::vector<double> counts, expected;
  for (const SourceId source_of_cell : range<SourceId>(4)) {
    const std::uint32_t cell = source_of_cell.value;
    double n = 0;
    for (ArrivalCursor cursor = source.first(source_of_cell); cursor.at < s.horizon;
         source.next(source_of_cell, cursor))
      ++n;
    counts.push_back(n);
    expected.push_back(500 * 364 * (cell / 2 ? 0.75 : 0.25) * (cell % 2 ? 0.8 : 0.2));
  }
  EXPECT_LT(chi_square(counts, expected), 23.5);  // χ², four degrees, 10⁻⁴
}

}  // namespace
}  // namespace nadc::test
