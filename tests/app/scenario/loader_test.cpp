#include <gtest/gtest.h>

#include <cmath>

#include "app/scenario/scalar_access.hpp"
#include "app/scenario/units.hpp"
#include "sim/error.hpp"
#include "tests/app/scenario/test_spec.hpp"

namespace nadc::scenario_test {
namespace {

constexpr const char* full = R"(title: "123"
start: 2026-03-01
end: start + 90 d
outage: 30 min
strict: true
cooling: liquid
ratio: 1.25
peak: 12 MW
ambient: -5 °C
hours: [0, 0.5, 1e3]
bandwidths: ["400 Gbit/s", 3.6 TB/s]
counts: [1, 2, 3]
tags: [one, "2", 한국]
shares: {a: 30 %, b: 0.7}
sites:
  - name: north
    gpus: 10000
    crews: 5
    grid:
      connection: 40 MW
      price: "182.6 KRW/kWh"
    backup: {share: 1}
  - {name: south, gpus: 8000}
jobs:
  train:
    runtime: {lognormal: {median: "2 h", sigma: 1.9, max: "7 d"}}
    weight: 0.25
  infer:
    runtime: 90 s
  debug:
    runtime: {choice: {"1 min": 3, "1 h": 1}}
  scan:
    runtime: {empirical: {points: {"1 s": 0.5, "9 s": 1}, factor: 2}}
order: {spread: {penalty: 7 %}}
)";

TEST(Scenario, FillsEveryKindOfField) {
  const World world = load(full).world;
  EXPECT_EQ(world.title, "123");
  EXPECT_EQ(world.end - world.start, 90 * 86400);
  EXPECT_EQ(world.outage, 30 * ticks_per_minute);
  EXPECT_TRUE(world.strict);
  EXPECT_EQ(world.cooling, Cooling::liquid);
  EXPECT_EQ(world.ratio, 1.25);
  EXPECT_EQ(world.peak.value, 12e6);
  EXPECT_EQ(world.ambient, -5);
  EXPECT_EQ(world.hours, (std::vector<double>{0, 0.5, 1000}));
  EXPECT_EQ(world.bandwidths, (std::vector<double>{50e9, 3.6e12}));
  EXPECT_EQ(world.counts, (std::vector<std::int64_t>{1, 2, 3}));
  EXPECT_EQ(world.tags, (std::vector<std::string>{"one", "2", "한국"}));
  ASSERT_EQ(world.shares.size(), 2u);
  EXPECT_EQ(world.shares[1].name, "b");
  EXPECT_EQ(world.shares[1].value, 0.7);
  ASSERT_EQ(world.sites.size(), 2u);
  EXPECT_EQ(world.sites[0].crews, 5);
  EXPECT_EQ(world.sites[0].grid.price, 182.6 / 3.6e6);
  ASSERT_TRUE(world.sites[0].backup.has_value());
  EXPECT_EQ(world.sites[0].backup->share, 1);
  EXPECT_FALSE(world.sites[1].backup.has_value());
  ASSERT_EQ(world.jobs.size(), 4u);
  EXPECT_EQ(world.jobs[0].label, "train");
  EXPECT_EQ(world.jobs[0].runtime.kind, LawSpec::Kind::lognormal);
  EXPECT_EQ(world.jobs[0].runtime.parameter[0], 7200);
  EXPECT_EQ(world.jobs[0].runtime.max, 604800);
  EXPECT_EQ(world.jobs[1].runtime.parameter[0], 90);
  EXPECT_EQ(world.jobs[2].runtime.points.size(), 2u);
  EXPECT_EQ(world.jobs[2].runtime.points[1].value, 3600);
  EXPECT_EQ(world.jobs[3].runtime.parameter[0], 2);
  EXPECT_EQ(world.order.index, 1);
  EXPECT_EQ(world.order.as<Spread>().penalty, 0.07);
  EXPECT_EQ(world.order.as<Spread>().depth, 3);
}

TEST(Scenario, FillsDefaults) {
  const World world = load(minimal).world;
  EXPECT_EQ(world.end - world.start, 365 * 86400);
  EXPECT_EQ(world.outage, 90 * ticks_per_minute);
  EXPECT_EQ(world.peak.value, 0);
  EXPECT_EQ(world.bandwidths, std::vector<double>{50e9});
  EXPECT_EQ(world.sites[0].crews, 2);
  EXPECT_EQ(world.sites[0].grid.connection, 40e6);
  EXPECT_EQ(world.sites[0].grid.share, 0.85);
}

TEST(Scenario, ListsTheAssumptionsInUse) {
  const auto paths = [](const Loaded& loaded) {
    std::vector<std::string> all;
    for (const Assumption& each : loaded.reading.assumptions) all.push_back(each.path);
    return all;
  };
  EXPECT_EQ(paths(load(minimal)),
            (std::vector<std::string>{"outage", "cooling", "ambient", "sites[0].crews", "sites[0].grid.connection",
                                      "sites[0].grid.price", "order"}));
  EXPECT_EQ(paths(load(std::string(minimal) + "order: spread\ncooling: air\nambient: 20 °C\noutage: 1 s\n",
                       {"sites[0].grid.connection=1 MW", "sites[0].crews=1"})),
            (std::vector<std::string>{"sites[0].grid.price", "order.spread.penalty"}));
}

TEST(Scenario, ResolvedTextReadsBackToTheSame) {
  for (const char* yaml : {full, minimal}) {
    const Loaded first = load(yaml);
    const std::string text = emit(first.reading.resolved, EmitDefaults::marked);
    const Loaded second = load(text);
    EXPECT_EQ(emit(second.reading.resolved), emit(first.reading.resolved));
    EXPECT_TRUE(second.reading.assumptions.empty());  // all is written now
    EXPECT_EQ(second.world.title, first.world.title);
    EXPECT_EQ(second.world.end, first.world.end);
    EXPECT_EQ(second.world.bandwidths, first.world.bandwidths);
    EXPECT_EQ(second.world.sites.size(), first.world.sites.size());
    EXPECT_EQ(second.world.sites[0].grid.price, first.world.sites[0].grid.price);
    EXPECT_EQ(second.world.order.index, first.world.order.index);
  }
  const std::string text = emit(load(minimal).reading.resolved, EmitDefaults::marked);
  EXPECT_NE(text.find("outage: 90 min  # default\n"), std::string::npos) << text;
  EXPECT_NE(text.find("title: test\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  - name: north\n    gpus: 8\n    crews: 2  # default\n"), std::string::npos) << text;
}

TEST(Scenario, TextSurvivesEmission) {
  for (const char* text :
       {"plain", "with: colon", "# no comment", "true", "010", "", "a\nb", "\"quoted\"", "- dash", "~", "null",
        "한국: 데이터", "back\\slash", "trailing ", "{brace}", "*star", "a #b", "\x01"}) {
    Node node;
    node.kind = Node::Kind::map;
    Node value;
    value.kind = Node::Kind::scalar;
    value.quoted = true;
    value.text = text;
    node.entries.push_back({"key", {}, value});
    const Node back = parse_document(emit(node), "back.yaml");
    ASSERT_TRUE(back.entries[0].value.is_scalar()) << emit(node);
    EXPECT_EQ(back.entries[0].value.text, text) << emit(node);
  }
}

TEST(Overrides, ChangeAddAndRemove) {
  const World world =
      load(full,
           {"outage=1 h", "sites[1].gpus=18000", "sites.0.grid.connection=60 MW", "order=spread",
            "order.spread.depth=9", "jobs.train.runtime.lognormal.sigma=2", "jobs.infer.runtime={uniform: [1 s, 3 s]}",
            "+jobs.tune={runtime: 1 h}", "~jobs.debug", "~strict", "hours=[7]", "+shares.c=10 %",
            "+sites[2]={name: west, gpus: 16}", "+sites[3].name=east", "+sites[3].gpus=24", "tags[0]=uno", "peak=~"})
          .world;
  EXPECT_EQ(world.outage, ticks_per_hour);
  EXPECT_EQ(world.sites[1].gpus, 18000);
  EXPECT_EQ(world.sites[0].grid.connection, 60e6);
  EXPECT_EQ(world.order.as<Spread>().depth, 9);
  EXPECT_EQ(world.order.as<Spread>().penalty, 0.05);  // order=spread began anew
  EXPECT_EQ(world.jobs[0].runtime.parameter[1], 2);
  EXPECT_EQ(world.jobs[0].runtime.parameter[0], 7200);
  EXPECT_EQ(world.jobs[1].runtime.kind, LawSpec::Kind::uniform);
  ASSERT_EQ(world.jobs.size(), 4u);
  EXPECT_EQ(world.jobs[3].label, "tune");
  EXPECT_FALSE(world.strict);
  EXPECT_EQ(world.hours, std::vector<double>{7});
  EXPECT_EQ(world.shares.back().name, "c");
  ASSERT_EQ(world.sites.size(), 4u);
  EXPECT_EQ(world.sites[3].name, "east");
  EXPECT_EQ(world.tags[0], "uno");
  EXPECT_EQ(world.peak.value, 0);
}

TEST(Overrides, ReachIntoDefaults) {
  const World world =
      load(minimal, {"order=spread", "order.spread.penalty=9 %", "hours[1]=4", "sites[0].backup.share=0.5"}).world;
  EXPECT_EQ(world.order.as<Spread>().penalty, 0.09);
  EXPECT_EQ(world.hours, (std::vector<double>{1, 4}));
  EXPECT_EQ(world.sites[0].backup->share, 0.5);
}

TEST(Extends, MergesMapsReplacesListsAndKeepsTheLastWord) {
  const Folder folder;
  folder.write("data/trace.csv", "x");
  folder.write("data/base.yaml", std::string(full) + "trace: trace.csv\n");
  folder.write("middle.yaml",
               "extends: data/base.yaml\nratio: 0.5\njobs: {train: {weight: 3}, debug: ~}\nhours: [9]\n");
  const std::string top = folder.write("top.yaml",
                                       "extends: middle.yaml\ntitle: top\norder: {spread: {depth: 4}}\noutage: ~\n"
                                       "jobs: {infer: {runtime: {uniform: [1 s, 2 s]}}, train: {runtime: 3 h}}\n");
  const World world = load_file(top).world;
  EXPECT_EQ(world.title, "top");
  EXPECT_EQ(world.ratio, 0.5);
  EXPECT_EQ(world.hours, std::vector<double>{9});
  ASSERT_EQ(world.jobs.size(), 3u);
  EXPECT_EQ(world.jobs[0].weight, 3);
  EXPECT_EQ(world.jobs[0].runtime.kind, LawSpec::Kind::constant);
  EXPECT_EQ(world.jobs[1].runtime.kind, LawSpec::Kind::uniform);
  EXPECT_EQ(world.order.as<Spread>().penalty, 0.07);
  EXPECT_EQ(world.order.as<Spread>().depth, 4);
  EXPECT_EQ(world.outage, 90 * ticks_per_minute);
  EXPECT_EQ(world.trace, folder.path() + "/data/trace.csv");
}

TEST(Extends, AnotherLawReplacesTheOldOne) {
  const Folder folder;
  folder.write("base.yaml",
               std::string(minimal) +
                   "jobs: {a: {runtime: {lognormal: {median: 1 h, sigma: 1}}}}\norder: {spread: {depth: 2}}\n");
  const std::string top = folder.write(
      "top.yaml", "extends: base.yaml\njobs: {a: {runtime: {weibull: {shape: 1, scale: 1 h}}}}\norder: fifo\n");
  const World world = load_file(top).world;
  EXPECT_EQ(world.jobs[0].runtime.kind, LawSpec::Kind::weibull);
  EXPECT_EQ(world.order.index, 0);
}

TEST(Extends, TakesSeveralBasesLastWins) {
  const Folder folder;
  folder.write("a.yaml", std::string(minimal) + "ratio: 0.1\nstrict: true\n");
  folder.write("b.yaml", "ratio: 0.2\n");
  const World world = load_file(folder.write("top.yaml", "extends: [a.yaml, b.yaml]\n")).world;
  EXPECT_EQ(world.ratio, 0.2);
  EXPECT_TRUE(world.strict);
}

TEST(Overrides, ComeFromTheMapOfALever) {
  Node root = parse_document(full, "full.yaml");
  const Node lever = parse_document(
      "sites[1].gpus: 12000\n+shares.c: 5 %\n~strict:\nratio: {uncertain: {uniform: [0, 1]}}\n", "study.yaml");
  apply_overrides(root, &World::fields(), overrides_from(lever));
  World world;
  const Reading reading = read_into(world, root);
  EXPECT_EQ(world.sites[1].gpus, 12000);
  EXPECT_EQ(world.shares.size(), 3u);
  EXPECT_FALSE(world.strict);
  EXPECT_EQ(world.ratio, 0.5);
  EXPECT_EQ(reading.uncertain.size(), 1u);
  EXPECT_THROW(overrides_from(parse_document("a..b: 1", "study.yaml")), Error);
}

TEST(Laws, ReadObservationsAndDistributionsFromFiles) {
  const Folder folder;
  folder.write("seen.csv", "# seconds\nduration\n9\n1\n4\n1\n");
  folder.write("cdf.csv", "value,p\n1,0.25\n10,1\n");
  const std::string file = folder.write("a.yaml", std::string(minimal) +
                                                      "jobs: {a: {runtime: {empirical: seen.csv}}, b: {runtime: "
                                                      "{empirical: {file: cdf.csv, factor: 3}}}}\n");
  const World world = load_file(file).world;
  ASSERT_EQ(world.jobs[0].runtime.points.size(), 4u);
  EXPECT_EQ(world.jobs[0].runtime.points[2].value, 4);
  EXPECT_EQ(world.jobs[0].runtime.points[2].weight, 0.75);
  EXPECT_EQ(world.jobs[1].runtime.points[0].weight, 0.25);
  EXPECT_EQ(world.jobs[1].runtime.parameter[0], 3);
}

constexpr const char* unsure = R"(title: t
outage: {uncertain: {triangular: [10 min, 20 min, 90 min]}}
ratio: {uncertain: {uniform: {low: 0.5, high: 1.5}}}
hours: [1, {uncertain: {uniform: [2, 4]}}]
shares: {a: {uncertain: {uniform: [10 %, 30 %]}}}
sites:
  - name: a
    gpus: 8
    grid: {price: {uncertain: {lognormal: {median: "180 KRW/kWh", sigma: 0.1}}}}
jobs:
  train:
    runtime: {lognormal: {median: {uncertain: {uniform: [1 h, 3 h]}}, sigma: 1.9}}
  infer:
    runtime: {uncertain: {uniform: [10 s, 30 s]}}
order: {spread: {penalty: {uncertain: {uniform: [1 %, 9 %]}}}}
)";

TEST(Uncertain, TakesTheMedianAndListsTheScalar) {
  const Loaded loaded = load(unsure);
  const World& world = loaded.world;
  std::vector<std::string> paths;
  for (const UncertainScalar& each : loaded.reading.uncertain) paths.push_back(each.path);
  EXPECT_EQ(paths, (std::vector<std::string>{"outage", "ratio", "hours[1]", "shares.a", "sites[0].grid.price",
                                             "jobs.train.runtime.lognormal.median", "jobs.infer.runtime",
                                             "order.spread.penalty"}));
  EXPECT_EQ(world.ratio, 1.0);
  EXPECT_EQ(world.hours[1], 3.0);
  EXPECT_NEAR(world.sites[0].grid.price, 180 / 3.6e6, 1e-16);
  EXPECT_EQ(world.jobs[0].runtime.parameter[0], 7200);
  EXPECT_EQ(world.jobs[1].runtime.parameter[0], 20);
  EXPECT_NEAR(world.order.as<Spread>().penalty, 0.05, 1e-15);
  EXPECT_EQ(loaded.reading.uncertain[4].dimension, Dimension::money_per_energy);
  EXPECT_EQ(loaded.reading.uncertain[0].law.kind, LawSpec::Kind::triangular);
  EXPECT_EQ(loaded.reading.uncertain[0].place.line, 2);
}

TEST(Uncertain, SampledValuesGoBackToTheirPlace) {
  Loaded loaded = load(unsure);
  const auto set = [&](const UncertainScalar& scalar, double p) {
    const ScalarAccess access(World::fields(), &loaded.world, scalar.path);
    EXPECT_EQ(access.dimension(), scalar.dimension) << scalar.path;
    const double value = quantile(scalar.law, p);
    World other = loaded.world;
    access.set(&other, value);
    EXPECT_NEAR(access.get(&other), value, std::fabs(value) * 1e-6 + 1e-12) << scalar.path;
    EXPECT_NE(access.get(&loaded.world), access.get(&other)) << scalar.path;
    access.set(&loaded.world, value);
  };
  for (const UncertainScalar& scalar : loaded.reading.uncertain) set(scalar, 0.9);
  EXPECT_NEAR(loaded.world.ratio, 1.4, 1e-12);
  EXPECT_EQ(loaded.world.outage, std::llround(quantile(loaded.reading.uncertain[0].law, 0.9) * 1000));
  EXPECT_NEAR(loaded.world.shares[0].value, 0.28, 1e-12);
  EXPECT_NEAR(loaded.world.jobs[0].runtime.parameter[0], 3600 * 2.8, 1e-9);
  EXPECT_NEAR(loaded.world.order.as<Spread>().penalty, 0.082, 1e-12);
}

TEST(ScalarAccess, RefusesWhatIsNoNumberAndWhatIsOutOfRange) {
  Loaded loaded = load(full);
  World& world = loaded.world;
  const auto refuses = [&](const char* path) {
    try {
      ScalarAccess(World::fields(), &world, path);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_NE(refuses("title").find("this is not a number"), std::string::npos);
  EXPECT_NE(refuses("rattio").find("did you mean 'ratio'?"), std::string::npos);
  EXPECT_NE(refuses("sites").find("holds several"), std::string::npos);
  EXPECT_NE(refuses("sites[0]").find("holds several"), std::string::npos);
  EXPECT_NE(refuses("sites[7].gpus").find("there is no entry '7'"), std::string::npos);
  EXPECT_NE(refuses("sites[1].backup.share").find("'backup' is absent here"), std::string::npos);
  EXPECT_NE(refuses("jobs.train.runtime").find("several parameters"), std::string::npos);
  EXPECT_NE(refuses("jobs.train.runtime.uniform.low").find("the law here is 'lognormal'"), std::string::npos);
  EXPECT_NE(refuses("order.fifo.x").find("the alternative chosen here is 'spread'"), std::string::npos);
  EXPECT_EQ(refuses("jobs.train.runtime.lognormal.max"), "");
  const ScalarAccess ratio(World::fields(), &world, "ratio");
  EXPECT_THROW(ratio.set(&world, 2), Error);
  EXPECT_THROW(ratio.set(&world, std::nan("")), Error);
  set_scalar(World::fields(), &world, "sites[1].gpus", 14000.4);
  EXPECT_EQ(world.sites[1].gpus, 14000);
  set_scalar(World::fields(), &world, "sites.north.crews", 7);
  EXPECT_EQ(world.sites[0].crews, 7);
  World other = load(minimal).world;
  const ScalarAccess south(World::fields(), &world, "sites[1].gpus");
  EXPECT_THROW(south.set(&other, 8), Error);
}

TEST(Audit, FindsBadTablesAndPassesGoodOnes) {
  EXPECT_EQ(audit<World>(), std::vector<std::string>{});
  struct Bad {
    double power = 0;
    double twice = 0;
    static const FieldTable& fields() {
      using namespace spec;
      static const FieldTable table{
          "bad",
          "Bad.",
          {quantity(&Bad::power, "power", Dimension::power, positive, "40", "Power.", "assumption"),
           number(&Bad::twice, "twice", fraction, "2", "", ""),
           number(&Bad::twice, "twice", anything, "1", "Two.", "x")}};
      return table;
    }
  };
  const std::vector<std::string> found = audit<Bad>();
  ASSERT_EQ(found.size(), 5u);
  EXPECT_NE(found[0].find("power: default: '40' has no unit"), std::string::npos);
  EXPECT_NE(found[1].find("twice: has no doc"), std::string::npos);
  EXPECT_NE(found[2].find("no source"), std::string::npos);
  EXPECT_NE(found[3].find("out of range"), std::string::npos);
  EXPECT_NE(found[4].find("stands twice"), std::string::npos);
}

}  // namespace
}  // namespace nadc::scenario_test
