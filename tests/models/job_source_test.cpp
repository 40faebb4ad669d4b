// What a synthetic job asks for, and how it ends, against what its class says.
#include "models/workload/job_source.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/world_fixture.hpp"

namespace nadc::test {
namespace {

Scenario of_class(double duration_s, double factor, Tick request_max) {
  Scenario s = machine(8, 8, ticks_per_day);
  s.workload.classes = {job_class("all", LawSpec::constant(1), LawSpec::constant(duration_s))};
  s.workload.classes[0].request_factor = LawSpec::constant(factor);
  s.workload.classes[0].request_max = request_max;
  s.workload.jobs_per_day = 100;
  return s;
}

std::vector<Job> jobs_of(const Scenario& s, std::uint32_t count) {
  const Study study({s});
  const JobSource source(study.world(), study.point(), study.key(0));
  std::vector<Job> jobs;
  for (ArrivalCursor cursor = source.first(SourceId(0)); jobs.size() < count; source.next(SourceId(0), cursor))
    jobs.push_back(source.job(SourceId(0), cursor));
  return jobs;
}

// At most 2,000 s are asked for. 1,000 s of work times 1.5 are below that, times 3 above. 3,000 s of work need their
// 3,000 s, unless the job is ended at its request.
TEST(Request, IsTheFactorUpToTheGreatestOfTheClass) {
  const Tick most = 2000 * ticks_per_second;
  EXPECT_EQ(jobs_of(of_class(1000, 1.5, most), 1)[0].request, 1500 * ticks_per_second);
  EXPECT_EQ(jobs_of(of_class(1000, 3, most), 1)[0].request, most);
  Scenario longer = of_class(3000, 3, most);
  EXPECT_EQ(jobs_of(longer, 1)[0].request, 3000 * ticks_per_second);
  longer.scheduler.limit = TimeLimit::kill;
  EXPECT_EQ(jobs_of(longer, 1)[0].request, most);
}

// 3 in 8 jobs fail and 1 in 4 is cancelled: binomial in 20,000 jobs, within 3.9 standard errors (10⁻⁴).
TEST(Outcomes, ComeWithTheSharesOfTheClass) {
  Scenario s = of_class(1000, 1, ticks_per_day);
  s.workload.classes[0].failed = 0.375;
  s.workload.classes[0].cancelled = 0.25;
  constexpr double n = 20000;
  double failed = 0, cancelled = 0;
  for (const Job& job : jobs_of(s, 20000)) {
    failed += job.outcome == Outcome::failed;
    cancelled += job.outcome == Outcome::cancelled;
  }
  EXPECT_NEAR(failed, 0.375 * n, 3.9 * std::sqrt(n * 0.375 * 0.625));
  EXPECT_NEAR(cancelled, 0.25 * n, 3.9 * std::sqrt(n * 0.25 * 0.75));
}

// Half fail and half are cancelled: nobody is left to complete.
TEST(Outcomes, OfSharesThatAddUpToAllLeaveNone) {
  Scenario s = of_class(1000, 1, ticks_per_day);
  s.workload.classes[0].failed = s.workload.classes[0].cancelled = 0.5;
  for (const Job& job : jobs_of(s, 1000)) EXPECT_NE(job.outcome, Outcome::completed) << job.number;
}

}  // namespace
}  // namespace nadc::test
