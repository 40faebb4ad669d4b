#include "app/compare/comparison.hpp"

#include <cmath>

#include "tests/app/io/fixture.hpp"
#include "tests/app/io/scratch.hpp"

namespace nadc {
namespace {

class SweepSetTest : public ScratchTest {};

// Of a replica that failed the file keeps the sampled point. It is no row to compare, and neither is one that is
// missing.
TEST_F(SweepSetTest, CountsRowsThatAreDoneAlone) {
  const SweepSchema schema = fixture::sweep_schema({"a", "b"}, 1, 4);
  SweepPart part = SweepPart::create(path("a.h5"), fixture::header("sweep", "a"), schema, fixture::all_rows(schema));
  for (const std::uint64_t row : part.rows())
    if (row != 7) part.put(row, row == 5 ? RowState::failed : RowState::done, fixture::sweep_row(schema, row));
  part.publish_grid(MissingRows::keep);
  const SweepSet set({path("a.h5")});
  // A row's point is its lever and sample, its first metric the row.
  EXPECT_EQ(set.column(0, std::string("point_mtbf")), (std::vector<double>{0, 0, 0, 0}));
  EXPECT_EQ(set.column(0, std::string("utilization")), (std::vector<double>{0, 1, 2, 3}));
  for (const std::string variable : {"point_mtbf", "utilization"}) {
    const std::vector<double> b = set.column(1, variable);
    ASSERT_EQ(b.size(), 4u);
    EXPECT_EQ(b[0], variable == "utilization" ? 4 : 1);
    EXPECT_TRUE(std::isnan(b[1])) << variable;
    EXPECT_EQ(b[2], variable == "utilization" ? 6 : 1);
    EXPECT_TRUE(std::isnan(b[3])) << variable;
  }
}

TEST(UsualDirection, IsLessForWhatOneWouldRatherNotHave) {
  for (const char* metric :
       {"wait_mean_s", "bounded_slowdown_mean", "carbon_t", "cost_per_gpu_hour_krw", "jobs_failed"})
    EXPECT_EQ(usual_direction(metric), OutcomeDirection::lower) << metric;
  for (const char* metric : {"utilization", "jobs_completed", "gpu_hours_delivered"})
    EXPECT_EQ(usual_direction(metric), OutcomeDirection::higher) << metric;
}

}  // namespace
}  // namespace nadc
