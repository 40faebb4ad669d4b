#include "app/decide/break_even.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>

#include "app/io/atomic_file.hpp"
#include "app/io/table.hpp"
#include "app/run/run.hpp"
#include "app/scenario/units.hpp"
#include "app/sweep/levers.hpp"
#include "models/metrics.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

namespace fs = std::filesystem;

// A number and what stands behind it; nothing when it begins with none.
std::optional<std::pair<double, std::string>> number_and_unit(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string::npos) return std::nullopt;
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + begin, end, value);
  if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
  std::string unit(stop, end);
  unit.erase(0, std::min(unit.find_first_not_of(' '), unit.size()));
  while (!unit.empty() && unit.back() == ' ') unit.pop_back();
  return std::pair(value, unit);
}

std::string file_name(const std::string& text) {
  std::string name;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                       c == '-' || c == '+' || c == '=' || c == '_';
    name += plain ? c : '_';
  }
  return name + ".h5";
}

bool decided(const ValueTried& value) { return value.difference.comparison.verdict != PairVerdict::undecided; }

std::string with_unit(double value, const std::string& unit) {
  return human_number(value, 3) + (unit == "1" ? "" : " " + unit);
}

// Sweeps both levers at one value after the other.
class Search {
 public:
  Search(const BreakEvenRequest& request, Log& log, const std::atomic<bool>& stop)
      : request_(request), log_(log), stop_(stop) {}

  int sign_at(double x) {
    if (const auto known = tried_.find(x); known != tried_.end()) return known->second.sign;
    std::vector<std::string> overrides = request_.overrides;
    overrides.push_back(request_.range.key + "=" + request_.range.value(x));
    Study study(request_.study, overrides);
    const std::vector<std::uint32_t> levers = parse_levers(study, request_.levers);
    if (levers.size() != 2)
      throw Error(
          ErrorKind::usage,
          fmt::format("two levers change places, and there {} {}", levers.size() == 1 ? "is" : "are", levers.size()),
          "name two with --levers A,B");
    study.build(std::nullopt);
    SweepRequest sweep;
    sweep.backend = choose_backend(request_.device, study, log_);
    sweep.cards = cards_of(request_.device);
    sweep.threads = request_.threads;
    sweep.output = (fs::path(request_.folder) / file_name(request_.range.key + "=" + request_.range.value(x))).string();
    sweep.resume = Resume::allow;
    sweep.command_line = request_.command_line;
    if (tried_.empty()) {
      for (const std::string& warning : study.warnings()) log_.warn(warning);
      warn_of_idle_keys(study, levers, log_);
    }
    const SweepRows rows(study, levers);
    refuse_unknown_outcome(rows.schema());
    const SweepOutcome outcome = run_sweep(study, rows, sweep, log_, stop_);
    if (outcome.interrupted) throw Interrupted{};
    found.failed += outcome.failures.size();
    const SweepSet set({sweep.output});
    std::vector<std::string> texts;
    if (!request_.outcome.empty()) texts.push_back(request_.outcome);
    const std::vector<OutcomeSpec> chosen = chosen_outcomes(set, texts);
    const OutcomeComparison compared = compare_outcomes(set, 1, {chosen.front()}).front();
    found.first = set.levers()[0].label;
    found.second = set.levers()[1].label;
    found.unit = compared.unit;
    found.outcome = compared.outcome;
    found.samples = set.samples();
    found.replicas = set.replicas();
    const Estimate& d = compared.differences.front().comparison.difference;
    if (d.n == 0)
      throw Error(ErrorKind::input,
                  fmt::format("{} has no value under both levers at {}={}", label_of(compared.outcome),
                              request_.range.key, request_.range.value(x)),
                  "choose another outcome, or a narrower range");
    const int sign = d.mean > 0 ? 1 : d.mean < 0 ? -1 : 0;
    tried_.emplace(x, ValueTried{x, compared.differences.front(), sign});
    log_.info(fmt::format("{}={}: {} differs by {}{}", request_.range.key, request_.range.value(x), found.first,
                          with_unit(d.mean, found.unit),
                          d.n > 1
                              ? fmt::format(" ({} to {})", human_number(d.ci95.low, 3), human_number(d.ci95.high, 3))
                              : std::string()));
    return sign;
  }

  // Before anything runs; what else is wrong with it is said by chosen_outcomes().
  void refuse_unknown_outcome(const SweepSchema& schema) const {
    const std::string name = request_.outcome.substr(0, request_.outcome.find_first_of("@:"));
    const bool known = std::any_of(schema.metrics.begin(), schema.metrics.end(), [&](const Variable& v) {
      return v.name == name || (!v.dims.empty() && v.name == v.dims.front() + "_" + name);
    });
    if (name.empty() || known) return;
    std::vector<std::string_view> names;
    for (const MetricInfo& info : site_metrics()) names.push_back(info.name);
    const std::string near = nearest(name, names);
    throw Error(ErrorKind::usage, "--outcome: no metric '" + name + "'",
                near.empty() ? "nadc explain metrics lists all" : "did you mean " + near + "?");
  }

  struct Interrupted {};
  BreakEven found;
  const std::map<double, ValueTried>& tried() const { return tried_; }

 private:
  const BreakEvenRequest& request_;
  Log& log_;
  const std::atomic<bool>& stop_;
  std::map<double, ValueTried> tried_;
};

// The lever that is better where the difference has this sign.
std::string better_at(const BreakEven& found, int sign) {
  if (sign == 0) return "neither";
  const bool first = (sign > 0) == (found.outcome.better == OutcomeDirection::higher);
  return first ? found.first : found.second;
}

const ValueTried& at(const BreakEven& found, double x) {
  return *std::find_if(found.values.begin(), found.values.end(), [&](const ValueTried& v) { return v.at == x; });
}

std::string difference_at(const BreakEven& found, double x) {
  const Estimate& d = at(found, x).difference.comparison.difference;
  return d.n > 1 ? fmt::format("{} (95 % {} to {})", human_number(d.mean, 3), human_number(d.ci95.low, 3),
                               with_unit(d.ci95.high, found.unit))
                 : fmt::format("{}, of one world", with_unit(d.mean, found.unit));
}

}  // namespace

std::string KeyRange::value(double x) const { return fmt::format("{:.10g}{}{}", x, unit.empty() ? "" : " ", unit); }

KeyRange parse_range(const std::string& text) {
  const auto fault = [&](const std::string& why) {
    return Error(ErrorKind::usage, fmt::format("'{}' is no range of a key: {}", text, why),
                 "for example policy.purchase.rents.hgx-b200=3.5..6, or \"policy.cost.lifetime=3 y..6 y\"");
  };
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) throw fault("there is no KEY=");
  const std::size_t dots = text.find("..", equals);
  if (dots == std::string::npos) throw fault("there is no LOW..HIGH");
  const auto low = number_and_unit(text.substr(equals + 1, dots - equals - 1)),
             high = number_and_unit(text.substr(dots + 2));
  if (!low || !high) throw fault("LOW and HIGH must be numbers");
  KeyRange range{text.substr(0, equals), high->second, low->first, high->first};
  if (!low->second.empty() && low->second != high->second) throw fault("LOW and HIGH have different units");
  if (!(range.low < range.high)) throw fault("LOW must lie below HIGH");
  return range;
}

std::optional<BreakEven> break_even(const BreakEvenRequest& request, Log& log, const std::atomic<bool>& stop) {
  std::error_code error;
  fs::create_directories(request.folder, error);
  if (error) throw file_error(ErrorKind::failed, "make the folder", error.value(), request.folder);
  BracketSearch search = request.search;
  if (!(search.within > 0)) search.within = (search.high - search.low) / 100;
  Search runs(request, log, stop);
  std::vector<Bracket> brackets;
  try {
    brackets = sign_changes(search, [&](double x) { return runs.sign_at(x); });
  } catch (const Search::Interrupted&) {
    return std::nullopt;
  }
  BreakEven found = std::move(runs.found);
  found.range = request.range;
  found.within = search.within;
  for (const auto& [x, value] : runs.tried()) found.values.push_back(value);
  for (std::size_t i = 0; i < brackets.size(); ++i) {
    PlaceChange change{brackets[i], std::nullopt, std::nullopt};
    const double from = i > 0 ? brackets[i - 1].high : search.low;
    const double to = i + 1 < brackets.size() ? brackets[i + 1].low : search.high;
    for (const ValueTried& value : found.values) {
      if (!decided(value)) continue;
      if (value.at >= from && value.at <= change.bracket.low && value.sign == change.bracket.before)
        change.decided_below = value.at;
      if (value.at >= change.bracket.high && value.at <= to && value.sign == change.bracket.after &&
          !change.decided_above)
        change.decided_above = value.at;
    }
    found.changes.push_back(change);
  }
  return found;
}

std::vector<std::string> sentences(const BreakEven& found) {
  std::vector<std::string> all;
  const std::string outcome = label_of(found.outcome);
  for (const PlaceChange& change : found.changes) {
    const Bracket& b = change.bracket;
    std::string text =
        fmt::format("{}: {} is better at {}={}, {} at {}; the difference is {}, and {}. ", outcome,
                    better_at(found, b.before), found.range.key, found.range.value(b.low), better_at(found, b.after),
                    found.range.value(b.high), difference_at(found, b.low), difference_at(found, b.high));
    if (b.high - b.low > found.within * (1 + 1e-9))
      text += fmt::format("No value between can be tried (asked: within {}). ", human_number(found.within, 4));
    if (change.decided_below && change.decided_above)
      text += *change.decided_below == b.low && *change.decided_above == b.high
                  ? "It is decided (95 %) at both."
                  : fmt::format(
                        "Of the values tried it is decided (95 %) up to {} and from {} on; between, these runs "
                        "cannot tell.",
                        found.range.value(*change.decided_below), found.range.value(*change.decided_above));
    else if (change.decided_below)
      text += fmt::format("It is decided (95 %) up to {}, and above at no value tried.",
                          found.range.value(*change.decided_below));
    else if (change.decided_above)
      text += fmt::format("It is decided (95 %) from {} on, and below at no value tried.",
                          found.range.value(*change.decided_above));
    else
      text += "It is decided (95 %) on neither side: this may be chance, and more samples or replicas would tell.";
    all.push_back(text);
  }
  if (!found.changes.empty()) return all;
  const auto open =
      std::count_if(found.values.begin(), found.values.end(), [](const ValueTried& v) { return !decided(v); });
  const int sign = found.values.front().sign;
  all.push_back(fmt::format(
      "{}: no change of places at {} values of {} from {} to {}: {}; the difference is {} and {} at the ends{}.",
      outcome, found.values.size(), found.range.key, found.range.value(found.values.front().at),
      found.range.value(found.values.back().at),
      sign == 0 ? found.first + " and " + found.second + " are equal throughout"
                : better_at(found, sign) + " is better throughout",
      difference_at(found, found.values.front().at), difference_at(found, found.values.back().at),
      open > 0 && sign != 0 ? fmt::format("; at {} of them it is not decided", open) : ""));
  return all;
}

}  // namespace nadc
