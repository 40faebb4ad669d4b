#include "app/decide/decide_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "app/sweep/summary.hpp"

namespace nadc {
namespace {

constexpr std::size_t levers_on_page = 3, lines_on_page = 10, inputs_in_line = 3;

std::string percent(double p) {
  if (std::isnan(p)) return "";
  if (p < 1 && p > 0.995) return "> 99 %";
  if (p > 0 && p < 0.005) return "< 1 %";
  return fmt::format("{:.0f} %", 100 * p);
}

std::string with_range(double p, const ConfidenceInterval& ci) {
  return std::isnan(p) ? "" : percent(p) + fmt::format(" ({:.0f} to {:.0f})", 100 * ci.low, 100 * ci.high);
}

std::string named(const std::string& name, const std::string& unit) {
  return name + (unit == "1" || unit.empty() ? "" : " [" + unit + "]");
}

// Collects the sections.
class Page {
 public:
  Page(Format format, Length length) : format_(format), length_(length) {}

  void section(const std::string& title, const std::string& note = {}) {
    text_ += (text_.empty() ? "" : "\n") + std::string(format_ == Format::markdown ? "## " : "") + title + "\n";
    if (!note.empty()) text_ += note + "\n";
    if (format_ == Format::markdown) text_ += "\n";
  }
  void table(const Table& table) { text_ += table.render(format_); }
  void line(const std::string& line) { text_ += line + "\n"; }
  // How many of n rows to show; says at finish() what is left out.
  std::size_t shown(std::size_t n, std::size_t on_page = lines_on_page) {
    const std::size_t here = length_ == Length::all ? n : std::min(n, on_page);
    hidden_ += n - here;
    return here;
  }
  std::string finish() {
    if (hidden_ > 0) text_ += fmt::format("\n{} more lines with --all\n", hidden_);
    return text_;
  }

 private:
  Format format_;
  Length length_;
  std::string text_;
  std::size_t hidden_ = 0;
};

bool wants_ranking(const Decision& d) {
  return d.sections.empty() ||
         std::find(d.sections.begin(), d.sections.end(), DecideSection::ranking) != d.sections.end();
}

const char* few_or(const Decision& d) { return d.futures < fewest_futures ? "too few to say" : nullptr; }

void ranking(const Decision& d, Page& page) {
  page.section("Ranking", "mean over futures with its 95 % interval; regret: how far from the best of each future");
  Table table({{"outcome", "", Align::left},
               {"better", "", Align::left},
               {"lever", "", Align::left},
               {"mean"},
               {"P(best)"},
               {"regret", "", Align::right, 3},
               {"p90", "", Align::right, 3},
               {"max", "", Align::right, 3}});
  for (const OutcomeRanking& outcome : d.outcomes) {
    const std::size_t n = page.shown(outcome.order.size(), levers_on_page);
    for (std::size_t k = 0; k < n; ++k) {
      const RankedLever& lever = outcome.levers[outcome.order[k]];
      const char* few = few_or(d);
      table.add({k == 0 ? named(outcome.name, outcome.unit) : "",
                 k == 0 ? std::string(outcome.better == Better::higher ? "higher" : "lower") : "",
                 d.levers[outcome.order[k]],
                 few ? with_interval(lever.estimate.mean, 0) : with_interval(lever.estimate),
                 few ? std::string(few) : with_range(lever.regret.p_best, lever.regret.p_best_ci95), lever.regret.mean,
                 lever.regret.p90, lever.regret.max});
    }
    if (outcome.order.empty())
      table.add({named(outcome.name, outcome.unit), "", "no value under any lever", "", "", {}, {}, {}});
  }
  page.table(table);
  for (const OutcomeRanking& outcome : d.outcomes)
    if (outcome.left_out > 0)
      page.line(fmt::format("{}: {} of {} futures lack a value under some lever and are left out of P(best) and regret",
                            outcome.name, outcome.left_out, outcome.left_out + outcome.futures));
  if (!d.weights.empty()) {
    std::string text;
    for (const Weight& w : d.weights)
      text += (text.empty() ? "" : ", ") + fmt::format("{} counts {:g} from {} to {}", d.outcomes[w.outcome].name,
                                                       w.weight, human_number(w.worst, 4), human_number(w.best, 4));
    page.line("weighted score: " + text);
  }
}

void satisficing(const Decision& d, Page& page) {
  if (!d.satisficing) return;
  page.section("Satisficing", "share of futures in which all thresholds hold");
  std::vector<Column> columns{{"lever", "", Align::left}, {"all"}};
  for (const SatisficingThreshold& t : d.satisficing->thresholds)
    columns.push_back({d.outcomes[t.outcome].name + (d.outcomes[t.outcome].better == Better::higher ? " ≥ " : " ≤ ") +
                       human_number(t.value, 4)});
  Table table(columns);
  std::vector<std::size_t> order(d.levers.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return d.satisficing->all[a].p > d.satisficing->all[b].p;  // NaN stays behind
  });
  const std::size_t n = page.shown(order.size());
  for (std::size_t k = 0; k < n; ++k) {
    std::vector<Cell> row{d.levers[order[k]],
                          with_range(d.satisficing->all[order[k]].p, d.satisficing->all[order[k]].ci)};
    for (const ProbabilityEstimate& each : d.satisficing->each[order[k]]) row.push_back(percent(each.p));
    table.add(row);
  }
  page.table(table);
}

void pareto(const Decision& d, Page& page) {
  if (!d.pareto) return;
  page.section("Pareto set",
               fmt::format("levers that no other beats on the whole of {} outcomes", d.pareto->outcomes.size()));
  Table table(
      {{"lever", "", Align::left}, {"in the set"}, {"resampled"}, {"futures"}, {"dominated by", "", Align::left}});
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < d.levers.size(); ++i)
    if (d.pareto->set.levers[i].takes_part) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const auto &x = d.pareto->set.levers[a], &y = d.pareto->set.levers[b];
    return x.in_set != y.in_set ? x.in_set : x.p_in_set > y.p_in_set;
  });
  const std::size_t n = page.shown(order.size());
  for (std::size_t k = 0; k < n; ++k) {
    const ParetoLever& lever = d.pareto->set.levers[order[k]];
    table.add({d.levers[order[k]], std::string(lever.in_set ? "yes" : "no"),
               few_or(d) ? std::string(few_or(d)) : percent(lever.p_in_set), percent(lever.share_of_samples),
               lever.dominated_by ? d.levers[*lever.dominated_by] : std::string()});
  }
  page.table(table);
  for (std::size_t i = 0; i < d.levers.size(); ++i)
    if (!d.pareto->set.levers[i].takes_part) page.line(d.levers[i] + " takes no part: it has no value");
  const std::vector<std::size_t>& used = d.pareto->outcomes;
  for (std::size_t i = 0; i < d.outcomes.size(); ++i)
    if (std::find(used.begin(), used.end(), i) == used.end() && d.outcomes[i].name != "weighted score")
      page.line(d.outcomes[i].name + " is left out: some lever has no value in it");
}

std::string share_text(const Decision& d, const InputSensitivity& input) {
  std::string text =
      d.inputs[input.input].name + " " +
      (input.total ? fmt::format("{:.0f} %, with interactions {:.0f} % ({:.0f} to {:.0f})", 100 * input.first,
                                 100 * *input.total, 100 * input.total_ci95.low, 100 * input.total_ci95.high)
                   : fmt::format("{:.0f} % ({:.0f} to {:.0f})", 100 * input.first, 100 * input.first_ci95.low,
                                 100 * input.first_ci95.high));
  return text;
}

void sensitivity(const Decision& d, Page& page) {
  if (d.sensitivity.empty()) return;
  page.section("What drives it",
               d.sensitivity.front().method == SensitivityMethod::rank
                   ? "share of the variance that an input explains alone; rank-based, from the plain samples"
                   : "share of the variance that an input explains alone, and with interactions; Sobol', pick-freeze");
  Table table({{"outcome", "", Align::left},
               {"lever", "", Align::left},
               {"inputs whose interval is above 0", "", Align::left}});
  std::vector<const Sensitivity*> rows;
  // The best lever of each outcome first.
  for (const bool best : {true, false})
    for (const Sensitivity& s : d.sensitivity) {
      const auto& order = d.outcomes[s.outcome].order;
      if (best == (!order.empty() && order.front() == s.lever)) rows.push_back(&s);
    }
  const std::size_t n = page.shown(rows.size());
  for (std::size_t k = 0; k < n; ++k) {
    std::string text;
    std::size_t seen = 0;
    for (const InputSensitivity& input : rows[k]->inputs)
      if ((input.first_ci95.low > 0 || (input.total && input.total_ci95.low > 0)) && seen++ < inputs_in_line)
        text += (text.empty() ? "" : ", ") + share_text(d, input);
    if (seen > inputs_in_line) text += fmt::format(", and {} more", seen - inputs_in_line);
    table.add({d.outcomes[rows[k]->outcome].name, d.levers[rows[k]->lever], text.empty() ? "none that shows" : text});
  }
  page.table(table);
}

std::string box_text(const Decision& d, const ScenarioBox& box) {
  std::string text;
  for (const BoxSide& side : box.sides) {
    const std::string& name = d.inputs[side.input].name;
    const bool low = std::isfinite(side.low), high = std::isfinite(side.high);
    text += text.empty() ? "" : " and ";
    if (low && high)
      text += fmt::format("{} from {} to {}", name, human_number(side.low, 3), human_number(side.high, 3));
    else if (low)
      text += fmt::format("{} ≥ {}", name, human_number(side.low, 3));
    else
      text += fmt::format("{} ≤ {}", name, human_number(side.high, 3));
    text += fmt::format(" (qp {:.1g})", side.quasi_p);
  }
  return text.empty() ? "no box" : text;
}

void discovery(const Decision& d, Page& page) {
  if (d.discovery.empty()) return;
  page.section("Where it fails",
               "PRIM; coverage: of the misses, in the box; density: of the box, misses; qp: quasi-p-value");
  Table table({{"lever", "", Align::left},
               {"misses", "", Align::left},
               {"in"},
               {"when", "", Align::left},
               {"coverage"},
               {"density"},
               {"tree", "", Align::left}});
  std::vector<const Discovery*> rows;
  for (const Discovery& found : d.discovery) rows.push_back(&found);
  std::stable_sort(rows.begin(), rows.end(), [](const Discovery* a, const Discovery* b) {
    const auto f1 = [](const ScenarioBox& box) {
      return box.sides.empty() ? 0.0 : 2 * box.coverage * box.density / (box.coverage + box.density);
    };
    return f1(a->box) > f1(b->box);
  });
  const std::size_t n = page.shown(rows.size());
  for (std::size_t k = 0; k < n; ++k) {
    const Discovery& found = *rows[k];
    const OutcomeRanking& outcome = d.outcomes[found.outcome];
    std::string tree = found.tree.empty() ? "none" : "";
    for (std::size_t i = 0; i < std::min<std::size_t>(found.tree.size(), 1); ++i)
      for (const BoxSide& side : found.tree[i].sides) tree += (tree.empty() ? "" : ", ") + d.inputs[side.input].name;
    table.add({d.levers[found.lever],
               outcome.name + (outcome.better == Better::higher ? " ≥ " : " ≤ ") + human_number(found.threshold, 3) +
                   (found.worst_quarter ? " (its worst quarter)" : ""),
               fmt::format("{} of {}", found.box.all_cases, found.box.all_rows), box_text(d, found.box),
               percent(found.box.coverage), percent(found.box.density), tree});
  }
  page.table(table);
}

void switching(const Decision& d, Page& page) {
  if (d.switching.empty()) return;
  page.section("Where the answer turns",
               "the least move of the mean belief that makes first and second equal; re-weighted, with at least 10 "
               "effective samples");
  Table table({{"outcome", "", Align::left},
               {"first", "", Align::left},
               {"second", "", Align::left},
               {"belief", "", Align::left},
               {"mean"},
               {"equal at"},
               {"effective", "", Align::right, 2},
               {"or not between", "", Align::left}});
  std::vector<std::string> runs;
  for (const SwitchingValues& values : d.switching) {
    const std::size_t n = page.shown(values.inputs.size(), 2);
    for (std::size_t k = 0; k < n; ++k) {
      const InputSwitching& input = values.inputs[k];
      const Switching& s = input.found;
      table.add({k == 0 ? d.outcomes[values.outcome].name : "", k == 0 ? d.levers[values.first] : "",
                 k == 0 ? d.levers[values.second] : "", named(d.inputs[input.input].name, d.inputs[input.input].unit),
                 s.input_mean, s.at ? Cell(s.at->input_mean) : Cell(std::string("not within reach")),
                 s.at ? Cell(s.at->effective) : Cell(),
                 s.at ? std::string()
                      : fmt::format("{} and {}", human_number(s.lowest.input_mean, 4),
                                    human_number(s.highest.input_mean, 4))});
    }
    if (!values.inputs.front().found.at && !values.inputs.front().runs.empty())
      runs.push_back(fmt::format("{}: no belief within reach turns it; runs that would tell: {}",
                                 d.outcomes[values.outcome].name, fmt::join(values.inputs.front().runs, "; ")));
  }
  page.table(table);
  const std::size_t n = page.shown(runs.size(), levers_on_page);
  for (std::size_t k = 0; k < n; ++k) page.line(runs[k]);
}

void information(const Decision& d, Page& page) {
  if (d.voi.empty()) return;
  page.section("What knowing more is worth",
               "EVPI: all of it; then the inputs worth most on their own (EVPPI); ± one standard error");
  Table table({{"outcome", "", Align::left}, {"chosen", "", Align::left}, {"EVPI"}, {"of which", "", Align::left}});
  const auto with_error = [](double value, double error) {
    return human_number(value, 3) + (std::isfinite(error) && error > 0 ? " ± " + human_number(error, 2) : "");
  };
  for (const InformationOfOutcome& voi : d.voi) {
    std::string inputs;
    std::size_t seen = 0;
    for (const InformationOfInput& input : voi.inputs)
      if (input.value > 0 && seen++ < inputs_in_line)
        inputs += (inputs.empty() ? "" : ", ") + d.inputs[input.input].name + " " +
                  with_error(input.value, input.standard_error);
    table.add({named(d.outcomes[voi.outcome].name, d.outcomes[voi.outcome].unit), d.levers[voi.chosen],
               with_error(voi.perfect, voi.standard_error),
               voi.inputs.empty() ? "too few to say"
               : inputs.empty()   ? "no input alone"
                                  : inputs});
  }
  page.table(table);
}

}  // namespace

std::string decision_text(const Decision& d, Format format, Length length) {
  Page page(format, length);
  if (wants_ranking(d)) ranking(d, page);
  satisficing(d, page);
  pareto(d, page);
  sensitivity(d, page);
  discovery(d, page);
  switching(d, page);
  information(d, page);
  if (!d.too_few.empty()) {
    page.section("Too few to say");
    for (const std::string& sentence : d.too_few) page.line("- " + sentence);
  }
  return page.finish();
}

Table decision_table(const Decision& d) {
  Table table({{"section"}, {"outcome"}, {"lever"}, {"input"}, {"quantity"}, {"value"}, {"low"}, {"high"}});
  const Cell none;
  const auto add = [&](const char* section, const Cell& outcome, const Cell& lever, const Cell& input,
                       const char* quantity, double value, const Cell& low, const Cell& high) {
    table.add({std::string(section), outcome, lever, input, std::string(quantity), value, low, high});
  };
  for (const OutcomeRanking& outcome : d.outcomes) {
    if (!wants_ranking(d)) break;
    for (const std::size_t i : outcome.order) {
      const RankedLever& lever = outcome.levers[i];
      const LeverRegret& r = lever.regret;
      add("ranking", outcome.name, d.levers[i], none, "mean", lever.estimate.mean, lever.estimate.ci95.low,
          lever.estimate.ci95.high);
      add("ranking", outcome.name, d.levers[i], none, "p_best", r.p_best, r.p_best_ci95.low, r.p_best_ci95.high);
      add("ranking", outcome.name, d.levers[i], none, "regret_mean", r.mean, none, none);
      add("ranking", outcome.name, d.levers[i], none, "regret_p90", r.p90, none, none);
      add("ranking", outcome.name, d.levers[i], none, "regret_max", r.max, none, none);
    }
  }
  if (d.satisficing)
    for (std::size_t i = 0; i < d.levers.size(); ++i) {
      const ProbabilityEstimate& p = d.satisficing->all[i];
      add("satisficing", none, d.levers[i], none, "share", p.p, p.ci.low, p.ci.high);
    }
  if (d.pareto)
    for (std::size_t i = 0; i < d.levers.size(); ++i) {
      const ParetoLever& lever = d.pareto->set.levers[i];
      if (!lever.takes_part) continue;
      add("pareto", none, d.levers[i], none, "in_set", lever.in_set, none, none);
      add("pareto", none, d.levers[i], none, "p_in_set", lever.p_in_set, none, none);
      add("pareto", none, d.levers[i], none, "share_of_futures", lever.share_of_samples, none, none);
    }
  for (const Sensitivity& s : d.sensitivity)
    for (const InputSensitivity& input : s.inputs) {
      const std::string &outcome = d.outcomes[s.outcome].name, &lever = d.levers[s.lever],
                        &name = d.inputs[input.input].name;
      add("sensitivity", outcome, lever, name, s.method == SensitivityMethod::rank ? "first_rank" : "first",
          input.first, input.first_ci95.low, input.first_ci95.high);
      if (input.total)
        add("sensitivity", outcome, lever, name, "total", *input.total, input.total_ci95.low, input.total_ci95.high);
    }
  for (const Discovery& found : d.discovery) {
    const std::string &outcome = d.outcomes[found.outcome].name, &lever = d.levers[found.lever];
    add("discovery", outcome, lever, none, "coverage", found.box.coverage, none, none);
    add("discovery", outcome, lever, none, "density", found.box.density, none, none);
    for (const BoxSide& side : found.box.sides)
      add("discovery", outcome, lever, d.inputs[side.input].name, "quasi_p", side.quasi_p, side.low, side.high);
  }
  for (const SwitchingValues& values : d.switching)
    for (const InputSwitching& input : values.inputs)
      add("switching", d.outcomes[values.outcome].name, d.levers[values.first] + " to " + d.levers[values.second],
          d.inputs[input.input].name, "equal_at",
          input.found.at ? input.found.at->input_mean : std::numeric_limits<double>::quiet_NaN(),
          input.found.lowest.input_mean, input.found.highest.input_mean);
  for (const InformationOfOutcome& voi : d.voi) {
    add("voi", d.outcomes[voi.outcome].name, d.levers[voi.chosen], none, "evpi", voi.perfect, none, none);
    for (const InformationOfInput& input : voi.inputs)
      add("voi", d.outcomes[voi.outcome].name, d.levers[voi.chosen], d.inputs[input.input].name, "evppi", input.value,
          none, none);
  }
  return table;
}

}  // namespace nadc
