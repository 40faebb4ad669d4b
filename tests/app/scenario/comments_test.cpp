#include "app/scenario/comments.hpp"

#include <gtest/gtest.h>

#include "app/scenario/load.hpp"

namespace nadc::scenario_test {
namespace {

TEST(StatedAssumptions, BelongToTheKeyOnTheirLineOrBelowThem) {
  const Node tree = parse_document(R"(# Everything here is called an assumption.
name: x
pue: 1.3  # assumption: a new site
limit: "13 # MW"
# Sixteen by habit.
window: 16
sites:
  # Assumption: what is missing
  # is bought later.
  - {node: a, gpus: 8}
  - {node: b, gpus: 8}  # known
groups:
  one: {share: 2}   # assumption
)",
                                   "file.yaml");
  const std::vector<Assumption> found = stated_assumptions(tree);
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].path, "pue");
  EXPECT_EQ(found[0].value, "1.3");
  EXPECT_EQ(found[0].doc, "assumption: a new site");
  EXPECT_EQ(found[0].source, "file.yaml:3");
  EXPECT_EQ(found[1].path, "sites[0]");
  EXPECT_EQ(found[1].doc, "Assumption: what is missing is bought later.");
  EXPECT_EQ(found[2].path, "groups.one");
  EXPECT_EQ(found[2].value, "{…}");
}

TEST(StatedAssumptions, OfAValueThatIsOverriddenAreGone) {
  const std::string file = NADC_SCENARIOS "/korea-base.yaml";
  const auto states = [](const LoadedScenario& loaded, std::string_view path) {
    for (const Assumption& assumption : loaded.assumptions)
      if (assumption.path == path && assumption.source.find("korea-base.yaml:") != std::string::npos) return true;
    return false;
  };
  EXPECT_TRUE(states(load_scenario(file, {}), "sites[0].pue"));
  const std::vector<std::string> changed{"sites[0].pue=1.2"};
  EXPECT_FALSE(states(load_scenario(file, changed), "sites[0].pue"));
}

}  // namespace
}  // namespace nadc::scenario_test
