#include "sim/error.hpp"

#include <gtest/gtest.h>

#include "sim/contract.hpp"

namespace nadc {
namespace {

TEST(Error, RendersPlaceCaretAndHint) {
  Problem problem{"12 has no unit", "write \"12 MW\"", {"a.yaml", 3, 9, "power.grid", "  grid: 12"}};
  EXPECT_EQ(render(problem),
            "a.yaml:3:9: error: power.grid: 12 has no unit\n"
            "    grid: 12\n"
            "          ^\n"
            "  hint: write \"12 MW\"");
}

TEST(Error, KeepsEveryProblem) {
  const Error error(ErrorKind::input, {Problem{"one", "", {}}, Problem{"two", "", {}}});
  EXPECT_EQ(error.problems().size(), 2u);
  EXPECT_STREQ(error.what(), "error: one\nerror: two");
}

TEST(ContractDeathTest, ABrokenDutyStopsTheProgramWhereContractsAreOn) {
  int looked = 0;
  const auto broken = [&] {
    NADC_EXPECT(++looked == 0);
    return looked;
  };
  if (NADC_CONTRACTS)
    EXPECT_DEATH(broken(), "the caller owes: \\+\\+looked == 0");
  else
    EXPECT_EQ(broken(), 0);  // not even evaluated
}

}  // namespace
}  // namespace nadc
