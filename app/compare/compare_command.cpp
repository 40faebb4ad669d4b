#include "app/compare/compare_command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "app/compare/comparison.hpp"
#include "app/io/table.hpp"
#include "app/output_options.hpp"
#include "app/print.hpp"
#include "app/run/dropped.hpp"
#include "app/sweep/summary.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t most_on_page = 10;  // differences

struct CompareArguments {
  std::vector<std::string> files, outcomes, by;
  std::string baseline, folder, currency, units = "plain";
  bool assumptions = false, select = false, all = false;
};

const char* verdict_of(const Comparison& comparison) {
  switch (comparison.verdict) {
    case PairVerdict::a_better:
      return "better";
    case PairVerdict::b_better:
      return "worse";
    case PairVerdict::undecided:
      return comparison.difference.sd == 0 && comparison.difference.mean == 0 ? "equal" : "undecided";
  }
  return "";
}

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json json_of(const Estimate& e) {
  return {{"mean", number(e.mean)},
          {"sd", number(e.sd)},
          {"ci95", {number(e.ci95.low), number(e.ci95.high)}},
          {"p05", number(e.p05)},
          {"p50", number(e.p50)},
          {"p95", number(e.p95)},
          {"n", e.n}};
}

std::vector<std::string> assumptions_of(const SweepSet& set) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < set.files(); ++i)
    for (const std::string& line : set.file(i).header().provenance.assumptions)
      if (std::find(all.begin(), all.end(), line) == all.end()) all.push_back(line);
  return all;
}

Json json_of(const SweepSet& set, std::size_t baseline, const std::vector<OutcomeComparison>& outcomes,
             const std::string& pairing) {
  Json json;
  json["baseline"] = set.levers()[baseline].label;
  json["samples"] = set.samples();
  json["replicas"] = set.replicas();
  json["shared_worlds"] = pairing.empty();
  json["outcomes"] = Json::object();
  for (const OutcomeComparison& outcome : outcomes) {
    Json& out = json["outcomes"][label_of(outcome.outcome)];
    out["better"] = outcome.outcome.better == OutcomeDirection::higher ? "higher" : "lower";
    out["unit"] = outcome.unit;
    for (std::size_t i = 0; i < outcome.levers.size(); ++i) {
      Json& lever = out["levers"][set.levers()[i].label] = json_of(outcome.levers[i]);
      lever["bounded"] = outcome.unseen[i].bounded;
      lever["left_out"] = outcome.unseen[i].left_out;
      lever["few_and_skewed"] = outcome.levers[i].uncertain;
    }
    if (outcome.selection) {
      Json& selection = out["selection"];
      selection["chosen"] = set.levers()[outcome.selection->chosen].label;
      selection["may_be_best"] = Json::array();
      for (const std::size_t lever : outcome.selection->survivors)
        selection["may_be_best"].push_back(set.levers()[lever].label);
      selection["gap"] = number(outcome.selection->gap);
      selection["sentence"] = selection_sentence(set, outcome);
    }
    out["differences"] = Json::object();
    for (const LeverDifference& difference : outcome.differences) {
      const Comparison& c = difference.comparison;
      Json& entry = out["differences"][set.levers()[difference.lever].label];
      entry = json_of(c.difference);
      entry["p_better"] = number(c.better.p);
      entry["p_better_ci95"] = {number(c.better.ci.low), number(c.better.ci.high)};
      entry["p_equal"] = number(c.equal.p);
      entry["p_worse"] = number(c.worse.p);
      entry["pairs_bounded"] = c.bounded;
      entry["pairs_unknown"] = c.unknown;
      entry["pairs_left_out"] = difference.left_out;
      entry["few_and_skewed"] = c.difference.uncertain;
      entry["p_value"] = number(c.p_value);
      entry["p_holm"] = number(c.p_adjusted);
      entry["comparisons"] = c.comparisons;
      entry["verdict"] = verdict_of(c);
      entry["correlation"] = number(c.correlation);
      entry["variance_ratio"] = number(c.variance_ratio);
      const StudySize size = c.verdict == PairVerdict::undecided ? size_to_decide(c) : StudySize{};
      entry["samples_to_decide"] = size.samples ? Json(*size.samples) : Json(nullptr);
      entry["replicas_to_decide"] = size.replicas ? Json(*size.replicas) : Json(nullptr);
      entry["sentence"] = sentence(set, baseline, outcome, difference);
    }
  }
  json["assumptions"] = assumptions_of(set);
  json["sampled"] = sampled_ranges(set);
  return json;
}

struct Telling {
  const OutcomeComparison* outcome;
  const LeverDifference* difference;
};

// The differences to print, in order, and the levers that they speak of.
struct Shown {
  std::vector<Telling> differences;
  std::vector<std::size_t> levers;
  std::size_t hidden = 0;
};

// A page: of each outcome in turn the difference least likely to be chance, the larger (in standard errors) first among
// equals; ten in all. Up to ten levers all stand in the tables.
Shown shown_of(const std::vector<OutcomeComparison>& outcomes, bool all) {
  Shown shown;
  std::vector<std::vector<Telling>> orders;
  std::size_t count = 0, deepest = 0;
  for (const OutcomeComparison& outcome : outcomes) count += outcome.differences.size();
  for (const OutcomeComparison& outcome : outcomes) {
    std::vector<Telling>& order = orders.emplace_back();
    for (const LeverDifference& difference : outcome.differences) order.push_back({&outcome, &difference});
    deepest = std::max(deepest, order.size());
    const auto size = [](const Telling& one) {
      const Estimate& d = one.difference->comparison.difference;
      return d.mean == 0 || !(d.standard_error > 0) ? 0.0 : std::abs(d.mean) / d.standard_error;
    };
    if (all || count <= most_on_page) continue;
    std::stable_sort(order.begin(), order.end(), [&](const Telling& a, const Telling& b) {
      const double p = a.difference->comparison.p_adjusted, q = b.difference->comparison.p_adjusted;
      return p != q ? p < q : size(a) > size(b);
    });
  }
  const std::size_t most = all ? count : std::min(count, most_on_page);
  std::vector<std::size_t> taken(orders.size(), 0);
  for (std::size_t place = 0, n = 0; place < deepest && n < most; ++place)
    for (std::size_t o = 0; o < orders.size() && n < most; ++o)
      if (place < orders[o].size()) {
        ++taken[o];
        ++n;
      }
  for (std::size_t o = 0; o < orders.size(); ++o)
    for (std::size_t k = 0; k < taken[o]; ++k) shown.differences.push_back(orders[o][k]);
  shown.hidden = count - shown.differences.size();
  const bool few_levers = !outcomes.empty() && outcomes.front().levers.size() <= most_on_page;
  const auto add = [&](std::size_t lever) {
    if (std::find(shown.levers.begin(), shown.levers.end(), lever) == shown.levers.end()) shown.levers.push_back(lever);
  };
  for (const Telling& one : shown.differences) add(one.difference->lever);
  if (few_levers)
    for (const LeverDifference& difference : outcomes.front().differences) add(difference.lever);
  std::sort(shown.levers.begin(), shown.levers.end());
  return shown;
}

Shown everything(const std::vector<OutcomeComparison>& outcomes) { return shown_of(outcomes, true); }

Table difference_table(const SweepSet& set, std::size_t baseline, const std::vector<Telling>& differences) {
  Table table({{"outcome", "", Align::left},
               {"better", "", Align::left},
               {"lever", "", Align::left},
               {"baseline", "", Align::left},
               {"difference"},
               {"ci95_low", "", Align::right, 4, "95 % from"},
               {"ci95_high", "", Align::right, 4, "to"},
               {"unit", "", Align::left},
               {"p_better", "", Align::right, 3, "P(better)"},
               {"p_equal", "", Align::right, 3, "P(equal)"},
               {"p_worse", "", Align::right, 3, "P(worse)"},
               {"p_holm", "", Align::right, 2, "p (Holm)"},
               {"verdict", "", Align::left},
               {"pairs"},
               {"bounded"},
               {"left_out", "", Align::right, 4, "left out"}});
  for (const Telling& one : differences) {
    const OutcomeComparison& outcome = *one.outcome;
    const LeverDifference& difference = *one.difference;
    const Comparison& c = difference.comparison;
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    const bool known = c.difference.n > 1;  // one pair or none has no interval
    table.add({label_of(outcome.outcome),
               std::string(outcome.outcome.better == OutcomeDirection::higher ? "higher" : "lower"),
               set.levers()[difference.lever].label, set.levers()[baseline].label, c.difference.mean,
               known ? c.difference.ci95.low : none, known ? c.difference.ci95.high : none,
               outcome.unit == "1" ? std::string() : outcome.unit, c.better.p, c.equal.p, c.worse.p, c.p_adjusted,
               std::string(verdict_of(c)), static_cast<std::int64_t>(c.difference.n),
               static_cast<std::int64_t>(c.bounded), static_cast<std::int64_t>(difference.left_out)});
  }
  return table;
}

// The baseline and the levers that the differences shown speak of.
std::string levers_table(const SweepSet& set, const std::vector<OutcomeComparison>& outcomes, const Shown& shown,
                         std::size_t baseline, Format format) {
  std::vector<Column> columns{{"outcome", "", Align::left}};
  std::vector<std::size_t> levers = shown.levers;
  levers.push_back(baseline);
  std::sort(levers.begin(), levers.end());
  for (const std::size_t lever : levers) columns.push_back({set.levers()[lever].label});
  Table table(columns);
  for (const OutcomeComparison& outcome : outcomes) {
    std::vector<Cell> row{label_of(outcome.outcome) + (outcome.unit == "1" ? "" : " [" + outcome.unit + "]")};
    for (const std::size_t i : levers)
      row.push_back(with_interval(outcome.levers[i]) + beside(outcome.unseen[i], outcome.levers[i].n));
    table.add(row);
  }
  return table.render(format);
}

// In units for people, one for all members of a metric.
OutcomeComparison shown_in(OutcomeComparison outcome, const std::vector<double>& means, const Units& units) {
  const ShownUnit unit = shown_unit(outcome.unit, means, units);
  outcome.unit = unit.name;
  for (Estimate& lever : outcome.levers) lever = scaled(lever, unit.factor);
  for (LeverDifference& difference : outcome.differences) {
    Comparison& c = difference.comparison;
    c.difference = scaled(c.difference, unit.factor);
    c.mean_a *= unit.factor;
    c.mean_b *= unit.factor;
    c.spread.between *= unit.factor * unit.factor;
    c.spread.within *= unit.factor * unit.factor;
  }
  if (outcome.selection) outcome.selection->gap *= unit.factor;
  return outcome;
}

// Who gains and who loses under each lever: a line a metric and member, the difference to the baseline; those that win
// or lose are decided.
Table winners_table(const SweepSet& set, const std::vector<OutcomeComparison>& outcomes, const Shown& shown,
                    const std::vector<std::string>& by) {
  std::vector<Column> columns{{"metric", "", Align::left}, {fmt::format("{}", fmt::join(by, ", ")), "", Align::left}};
  for (const std::size_t lever : shown.levers) columns.push_back({set.levers()[lever].label});
  Table table(columns);
  for (const OutcomeComparison& outcome : outcomes) {
    std::vector<Cell> row{outcome.outcome.metric + (outcome.unit == "1" ? "" : " [" + outcome.unit + "]"),
                          outcome.outcome.of};
    for (const std::size_t lever : shown.levers) {
      const auto found = std::find_if(outcome.differences.begin(), outcome.differences.end(),
                                      [&](const LeverDifference& d) { return d.lever == lever; });
      const Comparison& c = found->comparison;
      if (c.difference.n == 0) {
        row.push_back(std::string("no value"));
        continue;
      }
      const std::string verdict = verdict_of(c);
      row.push_back((c.difference.mean > 0 ? "+" : "") + human_number(c.difference.mean, 3) +
                    (verdict == "better"  ? " wins"
                     : verdict == "worse" ? " loses"
                                          : ""));
    }
    table.add(row);
  }
  return table;
}

// By lever: who is better off, worse off, not decided.
Json winners_json(const SweepSet& set, const std::vector<OutcomeComparison>& outcomes) {
  Json json = Json::object();
  for (const OutcomeComparison& outcome : outcomes)
    for (const LeverDifference& difference : outcome.differences)
      json[set.levers()[difference.lever].label][outcome.outcome.metric][verdict_of(difference.comparison)].push_back(
          outcome.outcome.of);
  return json;
}

// The outcomes of the members of each axis in turn; an axis may lack some of them.
std::vector<OutcomeSpec> by_members(const SweepSet& set, const std::vector<OutcomeSpec>& chosen,
                                    const std::vector<std::string>& axes) {
  std::vector<OutcomeSpec> all;
  for (const std::string& axis : axes)
    for (OutcomeSpec& outcome : by_member(set, chosen, axis)) all.push_back(std::move(outcome));
  return all;
}

int compare(const CompareArguments& arguments, const OutputOptions& output) {
  const Format format = parse_format(output.format);
  Log log(console_of(output));
  const SweepSet set(arguments.files);
  const std::size_t baseline = arguments.baseline.empty() ? 0 : set.find(arguments.baseline);
  std::vector<OutcomeSpec> chosen = chosen_outcomes(set, arguments.outcomes);
  if (!arguments.by.empty()) chosen = by_members(set, chosen, arguments.by);
  std::vector<OutcomeComparison> outcomes =
      compare_outcomes(set, baseline, chosen, arguments.select ? Select::yes : Select::no);

  const std::string pairing = set.pairing_problem();
  if (!pairing.empty())
    log.warn(pairing + ": rows do not share their worlds, and intervals are wider than with one study");
  std::uint64_t incomplete = 0;
  for (std::size_t lever = 0; lever < set.levers().size(); ++lever)
    for (const double x : set.column(lever, "state_hash")) incomplete += std::isnan(x);
  if (incomplete > 0)
    log.warn(fmt::format("{} rows are missing, failed or skipped; pairs with one of them are left out", incomplete));
  std::vector<std::string> names;
  std::vector<double> hidden;
  for (std::size_t lever = 0; lever < set.levers().size(); ++lever) {
    const std::vector<double> shares = set.column(lever, "window_full_share");
    if (shares.empty()) continue;  // a file of before the metric
    names.push_back(set.levers()[lever].label);
    hidden.push_back(summarize(MatrixView(shares, set.samples(), set.replicas())).mean);
  }
  if (const std::string text = window_text(names, hidden); !text.empty()) log.warn(text);

  if (!arguments.folder.empty()) {
    write_flat_tables(set, arguments.folder, arguments.by);
    log.info(fmt::format("wrote {0}/experiments.csv and {0}/outcomes.csv", arguments.folder));
  }
  if (format == Format::json) {
    Json json = json_of(set, baseline, outcomes, pairing);
    if (!arguments.by.empty()) json["winners_and_losers"] = winners_json(set, outcomes);
    print(json.dump(2) + "\n");
    return 0;
  }
  if (format == Format::csv) {
    print(difference_table(set, baseline, everything(outcomes).differences).render(format));
    return 0;
  }
  const Units units = parse_units(arguments.units, arguments.currency,
                                  arguments.currency.empty() ? std::vector<DollarRate>() : dollar_rates(set));
  std::map<std::string, std::vector<double>> means;
  for (const OutcomeComparison& outcome : outcomes)
    for (const Estimate& lever : outcome.levers) means[outcome.outcome.metric].push_back(lever.mean);
  for (OutcomeComparison& outcome : outcomes)
    outcome = shown_in(std::move(outcome), means[outcome.outcome.metric], units);
  const Shown shown = shown_of(outcomes, arguments.all);
  std::string text = levers_table(set, outcomes, shown, baseline, format);
  if (!arguments.by.empty() && set.levers().size() > 1)
    text += "\n" + winners_table(set, outcomes, shown, arguments.by).render(format) + "differences to \"" +
            set.levers()[baseline].label + "\"; wins and loses: decided (5 %, Holm's adjustment), else not decided\n";
  if (set.levers().size() > 1) {
    text += "\n" + difference_table(set, baseline, shown.differences).render(format) + "\n";
    for (const Telling& one : shown.differences)
      text += (format == Format::markdown ? "* " : "") + sentence(set, baseline, *one.outcome, *one.difference) + "\n";
    if (shown.hidden > 0) text += fmt::format("{} more differences with --all\n", shown.hidden);
  }
  if (arguments.select) {
    text += "\n";
    for (const OutcomeComparison& outcome : outcomes)
      if (outcome.selection) text += (format == Format::markdown ? "* " : "") + selection_sentence(set, outcome) + "\n";
  }
  const std::vector<std::string> assumptions = assumptions_of(set);
  if (arguments.assumptions) {
    text += "\nThese results assume:\n";
    for (const std::string& line : assumptions) text += (format == Format::markdown ? "* " : "  ") + line + "\n";
    const std::vector<std::string> sampled = sampled_ranges(set);
    if (!sampled.empty()) text += "\nand sample what is not known, over these ranges:\n";
    for (const std::string& line : sampled) text += (format == Format::markdown ? "* " : "  ") + line + "\n";
  }
  std::size_t open = 0, equal = 0, all = 0;
  for (const OutcomeComparison& outcome : outcomes)
    for (const LeverDifference& difference : outcome.differences) {
      ++all;
      open += std::string_view(verdict_of(difference.comparison)) == "undecided";
      equal += std::string_view(verdict_of(difference.comparison)) == "equal";
    }
  if (all > 0) {
    text += fmt::format("\n{} of {} differences are decided; {} not yet", all - open - equal, all, open);
    text += equal > 0 ? fmt::format("; {} are 0 in every world.", equal) : ".";
    const std::size_t levers = set.levers().size() - 1;
    text += levers > 1 ? fmt::format(
                             " Verdicts allow a 5 % chance of one or more false ones among the {} comparisons of "
                             "an outcome (Holm); intervals are 95 % of each alone.\n",
                             levers)
                       : " Verdicts and intervals are at 95 %.\n";
  }
  if (const std::string rate = rate_sentence(units); !rate.empty()) text += rate + "\n";
  print(text);
  if (!arguments.assumptions && !assumptions.empty())
    log.info(fmt::format("these results rest on {} assumption{}; --assumptions lists them", assumptions.size(),
                         assumptions.size() == 1 ? "" : "s"));
  return 0;
}

}  // namespace

void register_compare(CLI::App& app, Command& command, OutputOptions& output) {
  auto arguments = std::make_shared<CompareArguments>();
  CLI::App* sub = app.add_subcommand("compare", "Compare levers of sweeps over the worlds that they share.");
  sub->add_option("files", arguments->files, "Results of sweeps (HDF5)")->required();
  sub->add_option("--baseline", arguments->baseline,
                  "Lever, or file, that the others are compared with (default: the first)");
  sub->add_option("--outcome", arguments->outcomes,
                  "Metric to compare, such as utilization or wait_mean_s:lower (default: the study's outcomes)");
  sub->add_option("--csv", arguments->folder, "Folder for flat tables, experiments.csv and outcomes.csv");
  sub->add_option("--by", arguments->by,
                  "For whom and when: the outcomes of each group, class, domain or period, and who wins and loses; "
                  "several as group,period")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"group", "class", "domain", "period"}));
  sub->add_option("--units", arguments->units,
                  "Won and times in tables: plain, billions (won in billions and trillions, hours and days) or korean")
      ->check(CLI::IsMember(units_names));
  sub->add_option("--currency", arguments->currency,
                  "Money in tables: USD at the scenario's exchange rate, or such as EUR=1650 in won (default: KRW)");
  sub->add_flag("--all", arguments->all, "All differences, not the ten most telling ones");
  sub->add_flag("--select", arguments->select,
                "Say which levers may be the best of all, and how far off the chosen one is");
  sub->add_flag("--assumptions", arguments->assumptions, "List what the results assume");
  command.rules.push_back({sub,
                           {{"files"},
                            {"--baseline"},
                            {"--outcome"},
                            {"--csv"},
                            {"--by"},
                            {"--all", "", "--format=json --format=csv"},
                            {"--units", "", "--format=json --format=csv"},
                            {"--currency", "", "--format=json --format=csv"},
                            {"--assumptions", "", "--format=csv"},
                            {"--select", "", "--format=csv"},
                            {"--format"}}});
  sub->callback([arguments, &command, &output] {
    command.action = [arguments, &output] { return compare(*arguments, output); };
  });
}

}  // namespace nadc
