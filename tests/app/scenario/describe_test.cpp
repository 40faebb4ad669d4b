#include "app/scenario/describe.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>

#include "sim/error.hpp"
#include "tests/app/scenario/test_spec.hpp"

namespace nadc::scenario_test {
namespace {

TEST(Schema, IsDraft7AndFollowsTheTables) {
  const auto schema = nlohmann::json::parse(schema_json(World::fields(), "test"));
  EXPECT_EQ(schema["$schema"], "http://json-schema.org/draft-07/schema#");
  EXPECT_EQ(schema["additionalProperties"], false);
  EXPECT_EQ(schema["properties"]["strict"]["type"], "boolean");
  EXPECT_EQ(schema["properties"]["cooling"]["enum"], (nlohmann::json{"air", "liquid"}));
  EXPECT_EQ(schema["properties"]["sites"]["minItems"], 1);
  EXPECT_EQ(schema["properties"]["sites"]["items"]["$ref"], "#/definitions/site");
  EXPECT_FALSE(schema["definitions"]["site"].contains("required"));  // an extended file may give it
  EXPECT_FALSE(schema["definitions"]["job_entry"]["properties"].contains("name"));
  EXPECT_EQ(schema["properties"]["order"]["anyOf"][0]["enum"].size(), 3u);
  EXPECT_EQ(schema["properties"]["hours"]["default"], (nlohmann::json{1, 2.5}));
  EXPECT_EQ(schema["properties"]["trace"]["default"], "");
  EXPECT_EQ(schema["properties"]["outage"]["default"], "90 min");
  EXPECT_EQ(schema["properties"]["outage"]["anyOf"][0]["$ref"], "#/definitions/quantity_duration");
  const std::regex pattern(schema["definitions"]["quantity_duration"]["pattern"].get<std::string>());
  for (const char* good : {"90 min", "90min", "1.5e3 s", "-.5 h", "3 MWh/MW"})
    EXPECT_TRUE(std::regex_search(good, pattern)) << good;
  for (const char* bad : {"90", "1.5e3", " 40 ", "min", "fast", "12 1/h", "5 EUR"})
    EXPECT_FALSE(std::regex_search(bad, pattern)) << bad;
  // Every reference leads somewhere.
  const std::string text = schema.dump();
  for (std::size_t at = text.find("#/definitions/"); at != std::string::npos;
       at = text.find("#/definitions/", at + 1)) {
    const std::string name = text.substr(at + 14, text.find('"', at) - at - 14);
    EXPECT_TRUE(schema["definitions"].contains(name)) << name;
  }
}

TEST(Explain, TellsTypeUnitRangeDefaultAndSource) {
  EXPECT_EQ(explain(World::fields(), "sites[0].grid.connection"),
            "sites[…].grid.connection\n"
            "  Power that may be drawn.\n"
            "  type      power\n"
            "  units     mW, W, kW, MW, GW\n"
            "  range     more than 0 W\n"
            "  default   40 MW\n"
            "  source    assumption\n");
  EXPECT_NE(explain(World::fields(), "jobs.train.runtime").find("laws      constant, uniform"), std::string::npos);
  EXPECT_NE(explain(World::fields(), "sites.grid").find("price"), std::string::npos);
  EXPECT_NE(explain(World::fields(), "order").find("penalty: Slow-down a pod. (5 %)"), std::string::npos);
  EXPECT_NE(explain(World::fields(), "order.spread.depth").find("at least 1"), std::string::npos);
  EXPECT_NE(explain(World::fields(), "").find("cooling"), std::string::npos);
}

TEST(Explain, SuggestsTheNearestKey) {
  try {
    explain(World::fields(), "sites.grid.prize");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_EQ(std::string(error.what()), "error: unknown key 'prize' in 'sites.grid'\n  hint: did you mean 'price'?");
  }
}

TEST(Reference, ListsEveryKeyOnce) {
  const std::string page = reference_markdown(World::fields(), "Keys");
  EXPECT_NE(page.find("# Keys\n\n## Top level\n"), std::string::npos);
  EXPECT_NE(page.find("## `sites[…].grid`"), std::string::npos);
  EXPECT_NE(page.find("| `connection` | power | `40 MW` | more than 0 W | Power that may be drawn. | assumption |"),
            std::string::npos)
      << page;
  EXPECT_EQ(page.find("| `connection` |"), page.rfind("| `connection` |"));
}

}  // namespace
}  // namespace nadc::scenario_test
