#include "sim/law.hpp"

#include <gtest/gtest.h>

#include <boost/math/distributions/gamma.hpp>
#include <boost/math/distributions/lognormal.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/triangular.hpp>
#include <boost/math/distributions/weibull.hpp>
#include <cmath>
#include <functional>
#include <set>

#include "sim/error.hpp"

namespace nadc {
namespace {

namespace bm = boost::math;

constexpr double probabilities[] = {1e-6, 1e-4, 0.01, 0.1, 0.5, 0.9, 0.99, 1 - 1e-4, 1 - 1e-6};

// p = (u + ½)/2³²
std::uint32_t uniform_of(double p) { return static_cast<std::uint32_t>(p * 0x1p32); }
double probability_of(std::uint32_t u) { return (u + 0.5) * 0x1p-32; }

struct Case {
  std::string name;
  LawSpec spec;
  std::function<double(double)> exact;  // Boost's quantile
  double mean, variance;                // Boost's
};

template <class Distribution> Case boost_case(std::string name, LawSpec spec, Distribution law) {
  return {std::move(name), std::move(spec), [law](double p) { return bm::quantile(law, p); }, bm::mean(law),
          bm::variance(law)};
}

std::vector<Case> cases() {
  std::vector<Case> all;
  all.push_back(boost_case("normal", LawSpec::normal(100, 15), bm::normal_distribution<double>(100, 15)));
  all.push_back(boost_case("lognormal 0.5", LawSpec::lognormal(3600, 0.5),
                           bm::lognormal_distribution<double>(std::log(3600), 0.5)));
  all.push_back(boost_case("lognormal 2.5", LawSpec::lognormal(201, 2.5),
                           bm::lognormal_distribution<double>(std::log(201), 2.5)));
  all.push_back(boost_case("weibull 0.5", LawSpec::weibull(0.5, 22.5), bm::weibull_distribution<double>(0.5, 22.5)));
  all.push_back(boost_case("weibull 1.8", LawSpec::weibull(1.8, 900), bm::weibull_distribution<double>(1.8, 900)));
  all.push_back(boost_case("weibull 0.2", LawSpec::weibull(0.2, 5), bm::weibull_distribution<double>(0.2, 5)));
  all.push_back(boost_case("exponential", LawSpec::exponential(3600), bm::weibull_distribution<double>(1, 3600)));
  all.push_back(boost_case("gamma 0.2", LawSpec::gamma(0.2, 7), bm::gamma_distribution<double>(0.2, 7)));
  all.push_back(boost_case("gamma 3", LawSpec::gamma(3, 7), bm::gamma_distribution<double>(3, 7)));
  all.push_back(
      boost_case("triangular", LawSpec::triangular(10, 25, 100), bm::triangular_distribution<double>(10, 25, 100)));
  all.push_back(boost_case("triangular at its low end", LawSpec::triangular(10, 10, 100),
                           bm::triangular_distribution<double>(10, 10, 100)));
  all.push_back({"uniform", LawSpec::uniform(5, 25), [](double p) { return 5 + 20 * p; }, 15.0, 400.0 / 12.0});
  all.push_back({"constant", LawSpec::constant(42), [](double) { return 42.0; }, 42.0, 0.0});
  return all;
}

// ∫ f(sample) over u, finer towards both ends: 512 midpoints an octave of tail probability.
template <class F> double integrate(const Law& law, const double* tables, F&& f) {
  double total = 0.0;
  for (int octave = 10; octave < 32; ++octave) {
    const double from = std::ldexp(1.0, octave - 1), width = octave == 10 ? from * 2 : from;
    const double start = octave == 10 ? 0.0 : from;
    for (int i = 0; i < 512; ++i) {
      const auto tail = static_cast<std::uint32_t>(start + width * (i + 0.5) / 512);
      total += width / 512 * (f(sample(law, tables, tail)) + f(sample(law, tables, ~tail)));
    }
  }
  return total * 0x1p-32;
}

TEST(Law, QuantilesAgreeWithBoost) {
  LawTables tables;
  for (const Case& at : cases()) {
    const Law law = tables.compile(at.spec);
    for (const double p : probabilities) {
      const std::uint32_t u = uniform_of(p);
      const double exact = at.exact(probability_of(u));
      EXPECT_NEAR(sample(law, tables.values().data(), u), exact, 1e-3 * std::abs(exact)) << at.name << " at p = " << p;
      EXPECT_NEAR(quantile(at.spec, p), at.exact(p), 1e-11 * std::abs(at.exact(p))) << at.name << " at p = " << p;
    }
  }
}

TEST(Law, QuantilesHoldBetweenTheNodesToo) {
  LawTables tables;
  for (const Case& at : cases()) {
    const Law law = tables.compile(at.spec);
    double worst = 0.0;
    for (double tail = 1e-6; tail < 0.5; tail *= 1.0137)
      for (const std::uint32_t u : {uniform_of(tail), ~uniform_of(tail)}) {
        const double exact = at.exact(probability_of(u));
        worst = std::max(worst, std::abs(sample(law, tables.values().data(), u) / exact - 1.0));
      }
    EXPECT_LT(worst, 1e-3) << at.name;
  }
}

TEST(Law, MomentsAgreeWithBoost) {
  LawTables tables;
  for (const Case& at : cases()) {
    EXPECT_NEAR(mean(at.spec), at.mean, 1e-9 * at.mean) << at.name;
    if (at.name == "weibull 0.2") continue;  // its moments lie beyond p = 1 − 2⁻³³: capped cases below
    const Law law = tables.compile(at.spec);
    const double drawn = integrate(law, tables.values().data(), [](double x) { return x; });
    EXPECT_NEAR(drawn, at.mean, 1e-3 * at.mean) << at.name;
    if (at.name == "lognormal 2.5") continue;  // so does this one's variance
    const double square =
        integrate(law, tables.values().data(), [&](double x) { return (x - at.mean) * (x - at.mean); });
    EXPECT_NEAR(square, at.variance, 2e-3 * at.variance + 1e-12) << at.name;
  }
}

TEST(Law, CappedMeansAgreeWithTheDraws) {
  LawTables tables;
  for (Case& at : cases()) {
    const double spread = at.exact(0.9) - at.exact(0.1);
    const struct {
      double low, high;
    } caps[] = {{at.exact(0.05), at.exact(0.97)},
                {-INFINITY, at.exact(0.8)},
                {at.exact(0.3), INFINITY},
                {at.exact(1e-4) - spread, at.exact(0.999)},
                {at.exact(0.9999), at.exact(0.9999) + 1}};
    for (const auto& cap : caps) {
      if (at.name == "weibull 0.2" && std::isinf(cap.high)) continue;
      const LawSpec spec = LawSpec(at.spec).capped(cap.low, cap.high);
      const Law law = tables.compile(spec);
      const double drawn = integrate(law, tables.values().data(), [](double x) { return x; });
      EXPECT_NEAR(drawn, mean(spec), 1e-3 * std::abs(mean(spec))) << at.name << " in " << cap.low << ", " << cap.high;
      EXPECT_EQ(quantile(spec, 1e-9), std::max(cap.low, quantile(at.spec, 1e-9)));
      EXPECT_LE(sample(law, tables.values().data(), UINT32_MAX), cap.high);
      EXPECT_GE(sample(law, tables.values().data(), 0), cap.low);
    }
  }
}

TEST(Law, VariatesRiseWithTheUniform) {
  LawTables tables;
  std::vector<Case> all = cases();
  all.push_back({"choice", LawSpec::choice({{8, 1}, {1, 5}, {64, 0.25}}), {}, 0, 0});
  all.push_back(
      {"empirical", LawSpec::empirical({{7, 0.1}, {134, 0.5}, {134, 0.6}, {1352, 0.9}, {27491, 1}}), {}, 0, 0});
  for (const Case& at : all) {
    const Law law = tables.compile(at.spec);
    double before = -INFINITY;
    const auto step = [&](std::uint32_t u) {
      const double x = sample(law, tables.values().data(), u);
      EXPECT_GE(x, before - 1e-15 * std::abs(before)) << at.name << " at u = " << u;
      before = x;
    };
    for (std::uint32_t u = 0; u < 5000; ++u) step(u);
    for (std::uint64_t u = 5000; u < 0xffffec00u; u += 86243) step(static_cast<std::uint32_t>(u));
    for (std::uint64_t u = 0xffffec00u; u <= 0xffffffffu; ++u) step(static_cast<std::uint32_t>(u));
  }
}

TEST(Law, ChoiceTakesEachValueByItsWeight) {
  LawTables tables;
  const LawSpec spec = LawSpec::choice({{8, 2}, {1, 5}, {64, 1}, {32, 0}});
  const Law law = tables.compile(spec);
  const double* table = tables.values().data();
  const auto edge = [](double p) { return static_cast<std::uint32_t>(p * 0x1p32); };
  EXPECT_EQ(sample(law, table, 0), 1);
  EXPECT_EQ(sample(law, table, edge(0.625) - 1), 1);
  EXPECT_EQ(sample(law, table, edge(0.625)), 8);
  EXPECT_EQ(sample(law, table, edge(0.875) - 1), 8);
  EXPECT_EQ(sample(law, table, edge(0.875)), 64);
  EXPECT_EQ(sample(law, table, UINT32_MAX), 64);
  EXPECT_DOUBLE_EQ(mean(spec), (5 * 1 + 2 * 8 + 64) / 8.0);
  EXPECT_EQ(quantile(spec, 0.5), 1);
  EXPECT_EQ(quantile(spec, 0.9), 64);
}

TEST(Law, EmpiricalIsLinearBetweenPointsWithAtomsAndGaps) {
  // a tenth at 7, rising to 100 at a half, an atom of a tenth at 100, a gap from 200 to 400 at 0.8
  LawTables tables;
  const LawSpec spec = LawSpec::empirical({{7, 0.1}, {100, 0.5}, {100, 0.6}, {200, 0.8}, {400, 0.8}, {600, 1.0}});
  const Law law = tables.compile(spec);
  const auto at = [&](double p) { return sample(law, tables.values().data(), uniform_of(p)); };
  EXPECT_EQ(at(0.05), 7);
  EXPECT_NEAR(at(0.3), 53.5, 1e-6);
  EXPECT_EQ(at(0.55), 100);
  EXPECT_NEAR(at(0.7), 150, 1e-6);
  EXPECT_NEAR(at(0.79999999), 200, 1e-5);
  EXPECT_NEAR(at(0.80000001), 400, 1e-4);
  EXPECT_NEAR(at(0.9), 500, 1e-6);
  for (const double p : {0.02, 0.1234, 0.58, 0.77, 0.93})
    EXPECT_NEAR(at(p), quantile(spec, probability_of(uniform_of(p))), 1e-9);
  const double expected = 0.1 * 7 + 0.4 * 53.5 + 0.1 * 100 + 0.2 * 150 + 0.2 * 500;
  EXPECT_NEAR(mean(spec), expected, 1e-12);
  EXPECT_NEAR(integrate(law, tables.values().data(), [](double x) { return x; }), expected, 1e-3 * expected);
}

TEST(Law, LongTablesAreSearchedRight) {
  LawTables tables;
  std::vector<LawPoint> points;  // crowded towards 1, as measured tails are
  for (int i = 1; i <= 5000; ++i) points.push_back({static_cast<double>(i * i), 1.0 - std::exp(-i / 300.0)});
  points.push_back({5001.0 * 5001.0, 1.0});
  const LawSpec spec = LawSpec::empirical(points);
  const Law law = tables.compile(spec);
  for (std::uint64_t u = 0; u <= 0xffffffffu; u += 7654321) {
    const auto drawn = static_cast<std::uint32_t>(u);
    ASSERT_NEAR(sample(law, tables.values().data(), drawn), quantile(spec, probability_of(drawn)), 1e-6);
  }
}

TEST(Law, ShapesAreInternedOnce) {
  LawTables tables;
  const std::size_t standard = tables.values().size();
  (void)tables.compile(LawSpec::lognormal(10, 2));
  (void)tables.compile(LawSpec::weibull(0.7, 3));
  EXPECT_EQ(tables.values().size(), standard);
  const Law first = tables.compile(LawSpec::gamma(2.5, 1));
  const std::size_t with_gamma = tables.values().size();
  const Law second = tables.compile(LawSpec::gamma(2.5, 9));
  EXPECT_EQ(first.offset, second.offset);
  EXPECT_EQ(tables.values().size(), with_gamma);
  const Law third = tables.compile(LawSpec::choice({{1, 1}, {2, 3}}));
  EXPECT_EQ(third.offset, tables.compile(LawSpec::choice({{1, 1}, {2, 3}})).offset);
  EXPECT_NE(third.offset, tables.compile(LawSpec::choice({{1, 1}, {2, 4}})).offset);
}

TEST(Law, RecompilingEqualsCompiling) {
  LawTables tables;
  const LawSpec before[] = {LawSpec::lognormal(10, 2), LawSpec::weibull(0.5, 2), LawSpec::gamma(2, 3),
                            LawSpec::triangular(1, 2, 3), LawSpec::choice({{1, 1}, {2, 1}})};
  LawSpec after[] = {LawSpec::lognormal(99, 1.5), LawSpec::weibull(0.9, 7), LawSpec::gamma(2, 5),
                     LawSpec::triangular(1, 4, 9), LawSpec::choice({{1, 1}, {2, 1}})};
  after[4].parameter[0] = 3.5;
  for (int i = 0; i < 5; ++i) {
    after[i].capped(0.5, 1e4);
    const Law fast = LawTables::recompile(tables.compile(before[i]), after[i]);
    const Law slow = tables.compile(after[i]);
    for (std::uint32_t u = 1; u < 0xf0000000u; u += 123456789)
      EXPECT_EQ(sample(fast, tables.values().data(), u), sample(slow, tables.values().data(), u));
  }
}

TEST(Law, TicksAreRoundedAndBounded) {
  LawTables tables;
  const auto ticks = [&](const LawSpec& spec, std::uint32_t u) {
    const Law law = tables.compile(spec);
    return sample_ticks(law, tables.values().data(), u);
  };
  EXPECT_EQ(ticks(LawSpec::constant(1.2344), 0), 1234);
  EXPECT_EQ(ticks(LawSpec::constant(1.2346), 0), 1235);
  EXPECT_EQ(ticks(LawSpec::constant(0.0004), 0), 0);
  EXPECT_EQ(ticks(LawSpec::constant(0.0005), 0), 1);
  EXPECT_EQ(ticks(LawSpec::constant(-5), 0), 0);
  EXPECT_EQ(ticks(LawSpec::constant(1e300), 0), std::int64_t{1} << 58);
  EXPECT_EQ(ticks(LawSpec::lognormal(1e10, 90), UINT32_MAX), std::int64_t{1} << 58);
  EXPECT_EQ(ticks(LawSpec::lognormal(1e10, 90), 0), 0);
  EXPECT_EQ(ticks(LawSpec::lognormal(7200, 1.9).capped(60, 604800), UINT32_MAX), 604800000);
}

TEST(Law, UnsoundSpecsAreRefusedWithEveryReason) {
  LawTables tables;
  EXPECT_THROW((void)tables.compile(LawSpec::lognormal(-1, 2)), Error);
  EXPECT_THROW((void)mean(LawSpec::uniform(2, 1)), Error);
  EXPECT_THROW((void)quantile(LawSpec::exponential(1), 1.0), Error);
  EXPECT_EQ(problems_of(LawSpec::weibull(0, 0)).size(), 2u);
  EXPECT_EQ(problems_of(LawSpec::normal(NAN, 1)).size(), 1u);
  EXPECT_FALSE(problems_of(LawSpec::choice({})).empty());
  EXPECT_FALSE(problems_of(LawSpec::choice({{1, 0}})).empty());
  EXPECT_FALSE(problems_of(LawSpec::empirical({{2, 0.5}, {1, 1}})).empty());
  EXPECT_FALSE(problems_of(LawSpec::empirical({{1, 0.5}, {2, 0.9}})).empty());
  EXPECT_FALSE(problems_of(LawSpec::exponential(1).capped(5, 2)).empty());
  for (const Case& at : cases()) EXPECT_TRUE(problems_of(at.spec).empty()) << at.name;
}

TEST(Law, FormsNameEveryKindInOrder) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < law_forms().size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(law_forms()[i].kind), i);
    names.insert(law_forms()[i].name);
  }
  EXPECT_EQ(names.size(), 10u);
}

}  // namespace
}  // namespace nadc
