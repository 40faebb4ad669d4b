// Laws (probability distributions): one 32-bit uniform gives one variate, monotone in the uniform, same bits anywhere.
//
// A LawSpec says which law, in the quantity's SI unit (seconds for durations). Its mean and quantiles are exact
// (Boost.Math) and respect min and max, which *cap* the variate (they clamp it; the mass beyond sits on the cap).
// LawTables makes the standardised shapes on the host, and compile() reduces a spec to a Law of 56 bytes that any
// thread can sample:
//   normal       value = mean + sd·T(u)                                   T: standard normal quantile
//   lognormal    value = 2^(log2 median + sigma/ln 2·T(u))                T: standard normal quantile
//   exponential, weibull   value = 2^(log2 scale + T(u)/shape)            T: log2 of the standard exponential quantile
//   gamma        value = 2^(log2 scale + T(u))                            T: log2 of the gamma quantile, one table a
//   shape uniform, triangular    closed forms of u       choice, empirical: cumulative tables, searched through a guide
// The uniform is p = (u + ½)/2³². A table has 32 linear segments in each octave of tail probability, on both sides; the
// nodes are exact (to 2⁻³⁶, so that last bits of one C library or another do not show), and so are the 32 extreme u.
// Quantiles then hold within 10⁻³ relative from p = 10⁻⁶ to 1 − 10⁻⁶ (tested) for sigma ≤ 5, weibull and gamma shapes ≥
// 0.2. No variate lies beyond p = 2⁻³³ of either end. Monotone means up to one part in 10¹⁵: rounding of the last bit
// may differ between neighbouring segments.
//
// Cost on the host: a draw takes 2 to 7 ns, 11 for the log-scale laws; compile() of an interned shape 20 ns, 200 for a
// short choice or empirical law; a new gamma shape a few milliseconds. Errors: LawTables::compile, mean and quantile
// throw Error (input) with every problem of the spec; problems_of lists them without throwing.
#pragma once
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/exp2log2.hpp"
#include "sim/platform.hpp"

namespace nadc {

// A value with its weight (choice), or with its cumulative probability (empirical).
struct LawPoint {
  double value;
  double weight;
};

struct LawSpec {
  enum class Kind : std::uint8_t {
    constant,     // value
    uniform,      // low, high
    triangular,   // low, mode, high
    normal,       // mean, sd
    lognormal,    // median, sigma (of ln x)
    weibull,      // shape, scale
    exponential,  // mean
    gamma,        // shape, scale
    choice,       // points (value, weight); factor
    empirical,    // points (value, cumulative probability), linear between points; factor
  };
  Kind kind = Kind::constant;
  double parameter[3] = {0.0, 0.0, 0.0};  // in the order named above; choice and empirical: factor × every value
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  std::vector<LawPoint> points = {};

  static LawSpec constant(double value) { return {Kind::constant, {value, 0, 0}}; }
  static LawSpec uniform(double low, double high) { return {Kind::uniform, {low, high, 0}}; }
  static LawSpec triangular(double low, double mode, double high) { return {Kind::triangular, {low, mode, high}}; }
  static LawSpec normal(double mean, double sd) { return {Kind::normal, {mean, sd, 0}}; }
  static LawSpec lognormal(double median, double sigma) { return {Kind::lognormal, {median, sigma, 0}}; }
  static LawSpec weibull(double shape, double scale) { return {Kind::weibull, {shape, scale, 0}}; }
  static LawSpec exponential(double mean) { return {Kind::exponential, {mean, 0, 0}}; }
  static LawSpec gamma(double shape, double scale) { return {Kind::gamma, {shape, scale, 0}}; }
  static LawSpec choice(std::vector<LawPoint> values_and_weights);
  // Points in rising order of value and cumulative probability; the last probability is 1. The mass at or below the
  // first value sits on it; equal values make an atom, equal probabilities a gap.
  static LawSpec empirical(std::vector<LawPoint> values_and_cumulative);
  LawSpec& capped(double least, double most) {
    min = least;
    max = most;
    return *this;
  }
};

// What a parameter of a law is, so that a reader of scenario files needs no switch.
enum class LawUnit : std::uint8_t { quantity, ratio };  // the law's own unit, or a pure number
struct LawField {
  std::string_view name;
  LawUnit unit;
};
enum class LawPoints : std::uint8_t { none, weights, cumulative };
struct LawForm {
  LawSpec::Kind kind;
  std::string_view name;
  std::string_view help;
  std::vector<LawField> fields;  // parameter[i] of the spec
  LawPoints points;
};
std::span<const LawForm> law_forms();  // one row a kind, in the order of the kinds

std::vector<std::string> problems_of(const LawSpec& spec);  // empty: the spec is sound
double mean(const LawSpec& spec);                           // [unit of the law]
double quantile(const LawSpec& spec, double p);             // [unit of the law], 0 < p < 1

// A compiled law. Trivially copyable; its offset points into the table array of the LawTables that made it.
struct Law {
  enum class Form : std::uint32_t { linear, table, power_table, triangular, steps, segments };
  double a = 0.0;    // location (log2 of it for power_table)
  double b = 0.0;    // scale
  double c = 0.0;    // triangular: probability below the mode
  double low = 0.0;  // caps
  double high = 0.0;
  std::uint32_t offset = 0;
  std::uint32_t size = 0;  // steps, segments: log2 of the number of guide cells
  Form form = Form::linear;
};
static_assert(sizeof(Law) == 56);

// Interns shapes; grows only. Not safe for concurrent compile() that adds shapes.
class LawTables {
 public:
  LawTables();
  Law compile(const LawSpec& spec);
  // The same law with other parameters or caps, points unchanged: no search, no check of the points.
  // For gamma the shape must be unchanged too. About 20 ns.
  static Law recompile(const Law& law, const LawSpec& spec);
  // The flat array that goes to the device. A later compile() of a new shape may move it; offsets stay valid.
  std::span<const double> values() const { return values_; }

 private:
  std::uint32_t gamma_shape(double shape);
  std::uint32_t points_shape(const LawSpec& spec, std::uint32_t& size);

  std::vector<double> values_;
  std::map<double, std::uint32_t> gamma_shapes_;
  std::map<std::vector<double>, std::uint32_t> point_shapes_;
};

namespace law_detail {

inline constexpr std::uint32_t segments_per_octave = 32;
inline constexpr std::uint32_t side_nodes = 32 * 27 + 33;  // nodes of one tail, from w = 0 (unused) to p = 1/2
inline constexpr std::uint32_t table_nodes = 2 * side_nodes;

// Interpolates a two-sided table at u. w = 2·(tail count) + 1 is the tail probability in units of 2⁻³³.
NADC_HD inline double look_up(const double* table, std::uint32_t u) {
  const std::uint32_t upper = 0u - (u >> 31);  // all ones in the upper half: no branch on a random bit
  const std::uint32_t w = 2u * (u ^ upper) + 1u;
  const auto shift = static_cast<std::uint32_t>(highest_bit(w | 32u) - 5);
  const double* node = table + ((upper & side_nodes) + segments_per_octave * shift + (w >> shift));
  const auto inside = static_cast<std::uint32_t>(static_cast<std::uint64_t>(w) << (32u - shift));
  return node[0] + (node[1] - node[0]) * (static_cast<double>(inside) * 0x1p-32);
}

// Layout at `table`: count, then 2^size + 1 guide cells, then count cumulative probabilities, then count values.
// Gives the first point whose cumulative probability exceeds p.
NADC_HD inline std::uint32_t find_point(const double* guide, const double* cumulative, std::uint32_t size, double p,
                                        std::uint32_t u) {
  const std::uint32_t cell = size == 0 ? 0u : u >> (32u - size);
  auto least = static_cast<std::uint32_t>(guide[cell]);
  auto most = static_cast<std::uint32_t>(guide[cell + 1]);
  while (least < most) {
    const std::uint32_t middle = (least + most) >> 1;
    if (cumulative[middle] > p)
      most = middle;
    else
      least = middle + 1;
  }
  return least;
}

NADC_HD inline double square_root(double x) {
#if NADC_DEVICE_CODE
  return __dsqrt_rn(x);
#else
  return __builtin_sqrt(x);
#endif
}

}  // namespace law_detail

// The variate of uniform u, in the law's unit.
NADC_HD inline double sample(const Law& law, const double* tables, std::uint32_t u) {
  const double* table = tables + law.offset;
  const double p = (static_cast<double>(u) + 0.5) * 0x1p-32;
  double value;
  switch (law.form) {
    case Law::Form::table:
      value = law.a + law.b * law_detail::look_up(table, u);
      break;
    case Law::Form::power_table:
      value = exact_exp2(law.a + law.b * law_detail::look_up(table, u));
      break;
    case Law::Form::triangular:
      value = law.a + law.b * (p < law.c ? law_detail::square_root(p * law.c)
                                         : 1.0 - law_detail::square_root((1.0 - p) * (1.0 - law.c)));
      break;
    case Law::Form::steps:
    case Law::Form::segments: {
      const auto count = static_cast<std::uint32_t>(table[0]);
      const double* cumulative = table + (1u << law.size) + 2u;
      const double* values = cumulative + count;
      const std::uint32_t i = law_detail::find_point(table + 1, cumulative, law.size, p, u);
      value = values[i];
      if (law.form == Law::Form::segments && i > 0) {
        const double share = (p - cumulative[i - 1]) / (cumulative[i] - cumulative[i - 1]);
        value = values[i - 1] + (value - values[i - 1]) * share;
      }
      value *= law.b;
      break;
    }
    default:
      value = law.a + law.b * p;
      break;
  }
  value = value < law.low ? law.low : value;
  return value > law.high ? law.high : value;
}

inline constexpr std::int64_t longest_duration = INT64_C(1) << 58;  // [ticks]

// The variate of a law in seconds, in ticks: rounded to the nearest, from 0 to 2⁵⁸.
NADC_HD inline std::int64_t sample_ticks(const Law& law, const double* tables, std::uint32_t u) {
  const double ticks = sample(law, tables, u) * 1000.0 + 0.5;
  if (!(ticks >= 1.0)) return 0;
  return ticks >= 0x1p58 ? longest_duration : static_cast<std::int64_t>(ticks);
}

}  // namespace nadc
