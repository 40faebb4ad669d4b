#include "app/compare/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <limits>

#include "app/io/atomic_file.hpp"
#include "app/io/table.hpp"
#include "app/scenario/document.hpp"
#include "app/scenario/read.hpp"
#include "app/scenario/units.hpp"
#include "models/metrics.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::string stem_of(const std::string& file) { return std::filesystem::path(file).stem().string(); }

const Variable* find_variable(const SweepSchema& schema, const std::string& name) {
  for (const auto* list : {&schema.metrics, &schema.points})
    for (const Variable& variable : *list)
      if (variable.name == name && variable.dims.empty()) return &variable;
  return nullptr;
}

std::string with_unit(double value, const std::string& unit) {
  return human_number(value, 3) + (unit == "1" ? "" : " " + unit);
}

std::string percent(double p) {
  // 100 % and 0 % are said of nothing that is not exactly so.
  if (p < 1 && p > 0.995) return "more than 99 %";
  if (p > 0 && p < 0.005) return "less than 1 %";
  return fmt::format("{:.0f} %", 100 * p);
}

std::string p_text(double p) { return p < 0.001 ? "below 0.001" : fmt::format("{:.2g}", p); }

// The settings of a study, which stand before its levers; nothing for a scenario.
std::optional<Node> settings_of(const SweepReader& file) {
  const std::string& text = file.header().provenance.scenario;
  const std::size_t end = text.find("\n--- ");
  if (end == std::string::npos) return std::nullopt;
  return parse_document(text.substr(0, end + 1), "study");
}

}  // namespace

std::vector<DollarRate> dollar_rates(const SweepSet& set) {
  std::vector<DollarRate> rates;
  for (const ComparedLever& lever : set.levers()) {
    const std::string& text = set.file(lever.file).header().provenance.scenario;
    const std::string& name = set.file(lever.file).schema().grid.levers[lever.lever];
    const std::string mark = "--- # lever " + name + "\n";
    std::size_t begin = text.find(mark), end = std::string::npos;
    if (begin != std::string::npos) {
      begin += mark.size();
      end = text.find("\n--- ", begin);
    } else {
      begin = 0;
    }
    const Node root = parse_document(text.substr(begin, end == std::string::npos ? end : end + 1 - begin), "scenario");
    const Node* node = &root;
    for (const char* key : {"policy", "purchase", "exchange_rate"}) {
      const Node::Entry* entry = node->is_map() ? node->find(key) : nullptr;
      if (!entry) {
        node = nullptr;
        break;
      }
      node = &entry->value;
    }
    DollarRate rate{lever.label, nan};
    if (node && node->is_scalar()) std::from_chars(node->text.data(), node->text.data() + node->text.size(), rate.won);
    rates.push_back(rate);
  }
  return rates;
}

DesignSettings design_of(const SweepReader& file) {
  DesignSettings design;
  const auto root = settings_of(file);
  if (const Node::Entry* entry = root ? root->find("design") : nullptr) read_into(design, entry->value);
  return design;
}

std::vector<OutcomeSpec> outcomes_of(const SweepReader& file) {
  std::vector<OutcomeSpec> all;
  const auto root = settings_of(file);
  if (const Node::Entry* entry = root ? root->find("outcomes") : nullptr)
    for (const Node& item : entry->value.items) read_into(all.emplace_back(), item);
  return all;
}

namespace {

// The metrics that a member of the axis has.
std::span<const MetricInfo> metrics_of(const std::string& axis) {
  return axis == "period" ? period_metrics() : group_metrics();
}

// The axis that names this group, class, domain or period; null: none. The first wins.
const Axis* axis_of(const SweepSchema& schema, const std::string& member) {
  for (const Axis& axis : schema.axes)
    if (const auto* labels = std::get_if<std::vector<std::string>>(&axis.values))
      if (std::find(labels->begin(), labels->end(), member) != labels->end()) return &axis;
  return nullptr;
}

}  // namespace

std::optional<OutcomePlace> place_of(const SweepSchema& schema, const OutcomeSpec& outcome) {
  if (outcome.of.empty()) {
    const Variable* variable = find_variable(schema, outcome.metric);
    return variable ? std::optional(OutcomePlace{variable, 0}) : std::nullopt;
  }
  for (const Axis& axis : schema.axes) {
    const auto* labels = std::get_if<std::vector<std::string>>(&axis.values);
    if (!labels) continue;
    const auto label = std::find(labels->begin(), labels->end(), outcome.of);
    if (label == labels->end()) continue;
    for (const Variable& variable : schema.metrics)
      if (variable.name == axis.name + "_" + outcome.metric)
        return OutcomePlace{&variable, static_cast<std::uint64_t>(label - labels->begin())};
  }
  return std::nullopt;
}

SweepSet::SweepSet(const std::vector<std::string>& files) : names_(files) {
  for (const std::string& name : files) {
    files_.push_back(std::make_unique<SweepReader>(name));
    const SweepReader& reader = *files_.back();
    if (reader.is_part())
      throw Error(ErrorKind::input, "this is one shard of a sweep", "join all shards with nadc merge", in_file(name));
    const SweepGrid& grid = reader.schema().grid;
    samples_ = files_.size() == 1 ? grid.samples : std::min(samples_, grid.samples);
    replicas_ = files_.size() == 1 ? grid.replicas : std::min(replicas_, grid.replicas);
    for (std::uint64_t lever = 0; lever < grid.levers.size(); ++lever)
      levers_.push_back({grid.levers[lever], files_.size() - 1, lever});
  }
  std::vector<std::string> labels;
  for (const ComparedLever& lever : levers_) {
    const bool twice = std::count_if(levers_.begin(), levers_.end(),
                                     [&](const ComparedLever& other) { return other.label == lever.label; }) > 1;
    const bool only = files_[lever.file]->schema().grid.levers.size() == 1;
    labels.push_back(!twice ? lever.label : stem_of(names_[lever.file]) + (only ? "" : ":" + lever.label));
  }
  for (std::size_t i = 0; i < levers_.size(); ++i) {
    levers_[i].label = labels[i];
    if (std::count(labels.begin(), labels.end(), labels[i]) > 1)
      levers_[i].label =
          names_[levers_[i].file] + ":" + files_[levers_[i].file]->schema().grid.levers[levers_[i].lever];
  }
}

std::size_t SweepSet::find(const std::string& name) const {
  std::vector<std::string_view> known;
  for (std::size_t i = 0; i < levers_.size(); ++i) {
    if (levers_[i].label == name) return i;
    known.push_back(levers_[i].label);
  }
  std::vector<std::size_t> matches;
  for (std::size_t i = 0; i < levers_.size(); ++i)
    if (files_[levers_[i].file]->schema().grid.levers[levers_[i].lever] == name) matches.push_back(i);
  if (matches.size() == 1) return matches.front();
  for (std::size_t i = 0; i < levers_.size(); ++i)
    if (names_[levers_[i].file] == name || stem_of(names_[levers_[i].file]) == name) return i;
  std::string list;
  for (const std::string_view label : known) list += (list.empty() ? "" : ", ") + std::string(label);
  const std::string near = nearest(name, known);
  throw Error(ErrorKind::usage, "no lever '" + name + "'",
              (near.empty() ? "" : "did you mean " + near + "? ") + ("levers: " + list));
}

std::vector<double> SweepSet::column(std::size_t lever, const std::string& variable) const {
  const Variable* found = find_variable(files_[levers_[lever].file]->schema(), variable);
  return found ? cells(lever, *found, 0) : std::vector<double>();
}

std::vector<double> SweepSet::column(std::size_t lever, const OutcomeSpec& outcome) const {
  const auto found = place_of(files_[levers_[lever].file]->schema(), outcome);
  return found ? cells(lever, *found->variable, found->place) : std::vector<double>();
}

std::vector<double> SweepSet::cells(std::size_t lever, const Variable& variable, std::uint64_t place) const {
  const ComparedLever& which = levers_[lever];
  const SweepReader& reader = *files_[which.file];
  const SweepGrid& grid = reader.schema().grid;
  const std::uint64_t rows = grid.samples * grid.replicas;
  const std::vector<double> all = reader.read(variable, which.lever * rows, rows);
  const std::vector<RowState> states = reader.states(which.lever * rows, rows);
  const std::size_t width = all.size() / std::max<std::uint64_t>(rows, 1);
  std::vector<double> common;
  common.reserve(samples_ * replicas_);
  for (std::uint64_t s = 0; s < samples_; ++s)
    for (std::uint64_t r = 0; r < replicas_; ++r) {
      const std::size_t i = s * grid.replicas + r;
      common.push_back(states[i] == RowState::done ? all[i * width + place] : nan);
    }
  return common;
}

std::string SweepSet::unit_of(const OutcomeSpec& outcome) const {
  const SweepSchema& schema = files_.front()->schema();
  std::vector<std::string_view> names;
  if (outcome.of.empty()) {
    const Variable* variable = find_variable(schema, outcome.metric);
    if (variable && !variable->name.starts_with("point_")) return variable->units;
    for (const Variable& v : schema.metrics)
      if (v.dims.empty()) names.push_back(v.name);
    const std::string near = nearest(outcome.metric, names);
    throw Error(ErrorKind::usage, "no metric '" + outcome.metric + "' in the file",
                near.empty() ? "nadc explain metrics lists all" : "did you mean " + near + "?");
  }
  if (const auto found = place_of(schema, outcome)) return found->variable->units;
  std::vector<std::string> all;
  for (const Axis& axis : schema.axes)
    for (const std::string& label : std::get<std::vector<std::string>>(axis.values)) all.push_back(label);
  if (std::find(all.begin(), all.end(), outcome.of) == all.end()) {
    const std::string near = nearest(outcome.of, std::vector<std::string_view>(all.begin(), all.end()));
    throw Error(ErrorKind::usage, "no group, class, domain or period '" + outcome.of + "' in the file",
                near.empty() ? fmt::format("there are {}", fmt::join(all, ", ")) : "did you mean " + near + "?");
  }
  for (const MetricInfo& info : metrics_of(axis_of(schema, outcome.of)->name)) names.push_back(info.name);
  const std::string near = nearest(outcome.metric, names);
  throw Error(ErrorKind::usage, "no metric '" + outcome.metric + "' of " + outcome.of + " in the file",
              near.empty() ? "see docs/metrics.md" : "did you mean " + near + "?");
}

std::string SweepSet::pairing_problem() const {
  const SweepReader& first = *files_.front();
  for (std::size_t i = 1; i < files_.size(); ++i) {
    const SweepReader& other = *files_[i];
    const auto say = [&](const std::string& what) {
      return fmt::format("{} of {} and {} differ", what, names_.front(), names_[i]);
    };
    if (first.header().provenance.seed != other.header().provenance.seed) return say("the seeds");
    if (first.header().provenance.git_hash != other.header().provenance.git_hash) return say("the programs");
    if (first.schema().points.size() != other.schema().points.size()) return say("the uncertain scalars");
    for (const Variable& point : first.schema().points) {
      if (point.name == "point_key") continue;
      if (!find_variable(other.schema(), point.name)) return say("the uncertain scalars");
      const auto values = [&](const SweepReader& reader) {
        std::vector<double> sampled;
        const std::vector<double> rows =
            reader.read(point, 0, reader.schema().grid.samples * reader.schema().grid.replicas);
        for (std::uint64_t s = 0; s < samples_; ++s) sampled.push_back(rows[s * reader.schema().grid.replicas]);
        return sampled;
      };
      const std::vector<double> a = values(first), b = values(other);
      for (std::size_t s = 0; s < a.size(); ++s)
        if (a[s] != b[s] && !(std::isnan(a[s]) || std::isnan(b[s]))) return say("the sampled values");
    }
  }
  return {};
}

DesignLayout SweepSet::layout() const { return design_of(*files_.front()).layout; }

std::vector<OutcomeSpec> SweepSet::outcomes() const {
  std::vector<OutcomeSpec> all;
  for (const auto& file : files_)
    for (const OutcomeSpec& spec : outcomes_of(*file))
      if (std::none_of(all.begin(), all.end(),
                       [&](const OutcomeSpec& o) { return o.metric == spec.metric && o.of == spec.of; }))
        all.push_back(spec);
  return all;
}

namespace {

// Which rows of the lever hold a lower bound: where the metric that counts what is cut off is above 0.
std::vector<std::uint8_t> bounds_of(const SweepSet& set, std::size_t lever, const OutcomeSpec& censored_by) {
  std::vector<std::uint8_t> bounds;
  if (censored_by.metric.empty()) return bounds;
  for (const double cut_off : set.column(lever, censored_by)) bounds.push_back(cut_off > 0);
  return bounds;
}

std::uint64_t count_bounds(const std::vector<double>& values, const std::vector<std::uint8_t>& bounds) {
  std::uint64_t n = 0;
  for (std::size_t i = 0; i < bounds.size(); ++i) n += bounds[i] && !std::isnan(values[i]);
  return n;
}

std::uint64_t without_value(const std::vector<double>& values, const std::vector<double>& done) {
  std::uint64_t n = 0;
  for (std::size_t i = 0; i < done.size(); ++i) n += std::isnan(values[i]) && !std::isnan(done[i]);
  return n;
}

// Observations are sample means, or replicas where there is one sample. Nothing where no lever has a value.
std::optional<LeverSelection> select_among(const std::vector<std::vector<double>>& columns, const SweepSet& set,
                                           Better better) {
  std::vector<double> rows;
  bool any = false;
  for (const std::vector<double>& column : columns) {
    const std::vector<double> units =
        set.samples() > 1 ? sample_means(MatrixView(column, set.samples(), set.replicas())) : column;
    for (const double x : units) any = any || !std::isnan(x);
    rows.insert(rows.end(), units.begin(), units.end());
  }
  if (!any) return std::nullopt;
  return select_best(MatrixView(rows, columns.size(), rows.size() / columns.size()), better);
}

}  // namespace

std::vector<OutcomeSpec> chosen_outcomes(const SweepSet& set, const std::vector<std::string>& texts) {
  const std::vector<OutcomeSpec> known = set.outcomes();
  std::vector<OutcomeSpec> chosen;
  for (const std::string& text : texts) {
    const std::size_t at = text.find('@'), colon = text.rfind(':');
    const std::string name = text.substr(0, colon);
    OutcomeSpec spec;
    spec.metric = name.substr(0, at);
    if (at != std::string::npos && at < name.size()) spec.of = name.substr(at + 1);
    const std::string direction = colon == std::string::npos ? "" : text.substr(colon + 1);
    const auto from_study = std::find_if(
        known.begin(), known.end(), [&](const OutcomeSpec& o) { return o.metric == spec.metric && o.of == spec.of; });
    if (from_study != known.end())
      spec = *from_study;
    else
      spec.better = usual_direction(spec.metric);
    if (!direction.empty() && direction != "lower" && direction != "higher")
      throw Error(ErrorKind::usage, fmt::format("--outcome {}: '{}' is no direction", text, direction),
                  fmt::format("write {0}:lower or {0}:higher", name));
    if (!direction.empty()) spec.better = direction == "lower" ? OutcomeDirection::lower : OutcomeDirection::higher;
    chosen.push_back(spec);
  }
  if (texts.empty()) chosen = known;
  if (chosen.empty())
    for (const std::size_t metric : shown_metrics({})) {
      const std::string name(site_metrics()[metric].name);
      chosen.push_back({name, usual_direction(name), nan, {}});
    }
  for (const OutcomeSpec& spec : chosen) set.unit_of(spec);
  return chosen;
}

std::vector<OutcomeComparison> compare_levers(const SweepSet& set, std::size_t baseline,
                                              const std::vector<std::string>& outcomes, Select select) {
  return compare_outcomes(set, baseline, chosen_outcomes(set, outcomes), select);
}

std::vector<OutcomeSpec> by_member(const SweepSet& set, const std::vector<OutcomeSpec>& outcomes,
                                   const std::string& axis) {
  std::vector<std::string> members, axes;
  for (const Axis& one : set.file(0).schema().axes) {
    axes.push_back(one.name);
    if (one.name == axis) members = std::get<std::vector<std::string>>(one.values);
  }
  if (std::find(axes.begin(), axes.end(), axis) == axes.end())
    throw Error(ErrorKind::usage, "--by " + axis + ": the file has no such axis",
                axis == "period" ? "sweep with outputs.by=month (or quarter, or year), over more than one of them"
                                 : fmt::format("it has {}", fmt::join(axes, ", ")));
  std::vector<OutcomeSpec> all;
  for (const OutcomeSpec& outcome : outcomes) {
    const auto known = metrics_of(axis);
    if (!outcome.of.empty() ||
        std::none_of(known.begin(), known.end(), [&](const MetricInfo& info) { return info.name == outcome.metric; }))
      continue;
    for (const std::string& member : members) {
      all.push_back(outcome);
      all.back().of = member;
      all.back().threshold = nan;
    }
  }
  if (all.empty())
    throw Error(ErrorKind::usage, "--by " + axis + ": no outcome is one of a " + axis + " too",
                "name some, such as --outcome wait_mean_s");
  return all;
}

std::vector<OutcomeComparison> compare_outcomes(const SweepSet& set, std::size_t baseline,
                                                const std::vector<OutcomeSpec>& chosen, Select select) {
  std::vector<std::vector<double>> done;
  for (std::size_t lever = 0; lever < set.levers().size(); ++lever) done.push_back(set.column(lever, "state_hash"));
  std::vector<OutcomeComparison> result;
  for (const OutcomeSpec& spec : chosen) {
    OutcomeComparison& out = result.emplace_back();
    out.outcome = spec;
    out.unit = set.unit_of(spec);
    OutcomeSpec censored_by = spec;
    censored_by.metric.clear();
    const Axis* axis = spec.of.empty() ? nullptr : axis_of(set.file(0).schema(), spec.of);
    for (const MetricInfo& info : axis ? metrics_of(axis->name) : site_metrics())
      if (info.name == spec.metric) censored_by.metric = info.censored_by;
    const Better better = spec.better == OutcomeDirection::higher ? Better::higher : Better::lower;
    std::vector<std::vector<double>> columns;
    std::vector<std::vector<std::uint8_t>> bounds;
    for (std::size_t lever = 0; lever < set.levers().size(); ++lever) {
      columns.push_back(set.column(lever, spec));
      if (columns.back().empty()) columns.back().assign(set.samples() * set.replicas(), nan);
      out.levers.push_back(
          within_range(summarize(MatrixView(columns.back(), set.samples(), set.replicas())), spec.metric));
      bounds.push_back(bounds_of(set, lever, censored_by));
      out.unseen.push_back({count_bounds(columns.back(), bounds.back()), without_value(columns.back(), done[lever])});
    }
    const MatrixView b(columns[baseline], set.samples(), set.replicas());
    std::vector<Comparison*> all;
    for (std::size_t lever = 0; lever < columns.size(); ++lever) {
      if (lever == baseline) continue;
      const MatrixView a(columns[lever], set.samples(), set.replicas());
      std::vector<double> pair(columns[lever]), both(done[lever]);
      for (std::size_t i = 0; i < pair.size(); ++i) {
        pair[i] += columns[baseline][i];
        both[i] += done[baseline][i];
      }
      out.differences.push_back(
          {lever, compare(a, b, better, bounds[lever], bounds[baseline]), without_value(pair, both)});
    }
    for (LeverDifference& difference : out.differences) all.push_back(&difference.comparison);
    adjust_for_many(all, better);
    if (select == Select::yes) out.selection = select_among(columns, set, better);
  }
  return result;
}

std::string more_needed(const SweepSet& set, const Comparison& comparison) {
  if (comparison.verdict != PairVerdict::undecided) return {};
  const StudySize size = size_to_decide(comparison);
  const auto whole = [](std::uint64_t n) { return human_number(static_cast<std::int64_t>(n)); };
  std::string text;
  // The plan is Student's; where the interval is wider for skewed values the present size may look enough.
  if ((size.samples && *size.samples <= set.samples()) || (size.replicas && *size.replicas <= set.replicas()))
    return set.samples() > 1 ? "a few more samples" : "a few more replicas";
  if (size.samples && *size.samples > set.samples()) text = whole(*size.samples - set.samples()) + " more samples";
  if (size.replicas && *size.replicas > set.replicas())
    text += (text.empty() ? "" : ", or ") + whole(*size.replicas - set.replicas()) + " more replicas" +
            (set.samples() > 1 ? " a sample" : "");
  return text;
}

std::string sentence(const SweepSet& set, std::size_t baseline, const OutcomeComparison& outcome,
                     const LeverDifference& difference) {
  const Comparison& c = difference.comparison;
  const std::string &a = set.levers()[difference.lever].label, &b = set.levers()[baseline].label;
  const std::string metric = label_of(outcome.outcome);
  const Estimate& d = c.difference;
  if (d.n == 0 && difference.left_out > 0)
    return fmt::format("{}: no world has a value under both {} and {} ({} left out).", metric, a, b,
                       difference.left_out);
  if (d.n == 0) return fmt::format("{}: {} and {} have no row in common.", metric, a, b);
  if (d.n == 1)
    return fmt::format("{}: {} differs from {} by {} in the one world that both have; one world has no interval.",
                       metric, a, b, with_unit(d.mean, outcome.unit));
  // What the difference does not see, and how surely the interval holds.
  std::string beside;
  if (c.bounded > 0) beside += fmt::format("; {} of {} pairs hold a lower bound, counted as its value", c.bounded, d.n);
  if (c.unknown > 0) beside += fmt::format(", and in {} of them it is open which is larger", c.unknown);
  if (difference.left_out > 0) beside += fmt::format("; {} pairs have no value and are left out", difference.left_out);
  if (d.sd == 0 && d.mean == 0)
    return c.bounded > 0 ? fmt::format("{}: {} and {} have equal values in every world{}.", metric, a, b, beside)
                         : fmt::format("{}: {} and {} are equal in every world{}.", metric, a, b, beside);
  if (d.uncertain) beside += "; worlds are few and skewed: the interval may cover less than 92 %";
  const std::string many = c.comparisons > 1 ? fmt::format(" (p = {} after Holm's adjustment for {} comparisons)",
                                                           p_text(c.p_adjusted), c.comparisons)
                                             : "";
  const std::string shares =
      fmt::format("{} is better in {} of worlds ({} to {}), equal in {}, worse in {}", a, percent(c.better.p),
                  percent(c.better.ci.low), percent(c.better.ci.high), percent(c.equal.p), percent(c.worse.p));
  const std::string relative =
      c.mean_b != 0 && std::isfinite(c.mean_b) ? fmt::format(" ({:+.3g} %)", 100 * d.mean / std::abs(c.mean_b)) : "";
  const bool higher = d.mean > 0, flip = c.verdict != PairVerdict::undecided && !higher;
  const double low = flip ? -d.ci95.high : d.ci95.low, high = flip ? -d.ci95.low : d.ci95.high;
  const std::string interval =
      fmt::format("95 % interval {} to {}", human_number(low, 3), with_unit(high, outcome.unit));
  if (c.verdict == PairVerdict::undecided) {
    const std::string more = more_needed(set, c);
    return fmt::format(
        "{}: undecided between {} and {}: the difference is {}{}, {}{}; {}{}{}.", metric, a, b,
        with_unit(d.mean, outcome.unit), relative, interval, many, shares,
        more.empty() ? "; no feasible size would tell" : "; if it is as it looks, " + more + " would tell", beside);
  }
  const bool a_better = c.verdict == PairVerdict::a_better;
  return fmt::format("{}: {} is {} than {} by {}{}, {}, which is {}{}; {}{}.", metric, a, higher ? "higher" : "lower",
                     b, with_unit(std::abs(d.mean), outcome.unit), relative, interval, a_better ? "better" : "worse",
                     many, shares, beside);
}

std::string selection_sentence(const SweepSet& set, const OutcomeComparison& outcome) {
  if (!outcome.selection) return {};
  const LeverSelection& s = *outcome.selection;
  std::string list;
  for (const std::size_t lever : s.survivors) list += (list.empty() ? "" : ", ") + set.levers()[lever].label;
  std::string text = fmt::format("{}: {} has the best mean", label_of(outcome.outcome), set.levers()[s.chosen].label);
  if (s.decided())
    text += fmt::format("; with 95 % confidence it is the best of {} levers", set.levers().size());
  else
    text += fmt::format("; {} of {} levers may be the best (95 % confidence): {}", s.survivors.size(),
                        set.levers().size(), list);
  if (!s.decided() && std::isfinite(s.gap))
    text += fmt::format("; it is at most {} worse than the best", with_unit(s.gap, outcome.unit));
  std::uint64_t bounded = 0;
  for (const Unseen& unseen : outcome.unseen) bounded += unseen.bounded;
  if (bounded > 0) text += fmt::format("; {} values are lower bounds, counted as their value", bounded);
  return text + ".";
}

std::vector<std::string> sampled_ranges(const SweepSet& set) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < set.files(); ++i)
    for (const Variable& point : set.file(i).schema().points) {
      if (point.name == "point_key") continue;
      double low = std::numeric_limits<double>::infinity(), high = -low;
      for (std::size_t lever = 0; lever < set.levers().size(); ++lever)
        for (const double value : set.column(lever, point.name)) {
          low = std::fmin(low, value);
          high = std::fmax(high, value);
        }
      if (!(low <= high)) continue;
      const std::string path = point.long_name.starts_with("sampled ") ? point.long_name.substr(8) : point.name;
      const std::string line = path + ": " + human_number(low, 4) + " to " + with_unit(high, point.units);
      if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(line);
    }
  return lines;
}

void write_flat_tables(const SweepSet& set, const std::string& folder, const std::vector<std::string>& axes) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw file_error(ErrorKind::failed, "make the folder", error.value(), folder);
  const auto variables = [&](bool points) {
    std::vector<Variable> all;
    for (std::size_t i = 0; i < set.files(); ++i)
      for (const Variable& v : points ? set.file(i).schema().points : set.file(i).schema().metrics)
        if (v.dims.empty() && v.name != "point_key" && v.name != "state_hash" &&
            std::none_of(all.begin(), all.end(), [&](const Variable& known) { return known.name == v.name; }))
          all.push_back(v);
    return all;
  };
  const std::vector<Variable> uncertain = variables(true), metrics = variables(false);
  std::vector<Column> left{{"experiment"}, {"scenario"}, {"replica"}, {"policy"}, {"model"}}, right;
  for (const Variable& v : uncertain) left.push_back({v.name.substr(6)});
  for (const Variable& v : metrics) right.push_back({v.name});
  std::vector<OutcomeSpec> members;
  for (const std::string& axis : axes) {
    std::vector<OutcomeSpec> whole;
    for (const MetricInfo& info : metrics_of(axis))
      whole.push_back({std::string(info.name), OutcomeDirection::lower, nan, {}});
    for (OutcomeSpec& outcome : by_member(set, whole, axis)) {
      right.push_back({outcome.metric + "@" + outcome.of});
      members.push_back(std::move(outcome));
    }
  }
  Table experiments(left), outcomes(right);
  std::int64_t number = 0;
  for (std::size_t lever = 0; lever < set.levers().size(); ++lever) {
    const auto read = [&](const std::vector<Variable>& list) {
      std::vector<std::vector<double>> columns;
      for (const Variable& v : list) {
        columns.push_back(set.column(lever, v.name));
        if (columns.back().empty()) columns.back().assign(set.samples() * set.replicas(), nan);
      }
      return columns;
    };
    const std::vector<double> done = set.column(lever, "state_hash");
    const std::vector<std::vector<double>> inputs = read(uncertain);
    std::vector<std::vector<double>> values = read(metrics);
    for (const OutcomeSpec& outcome : members) {
      values.push_back(set.column(lever, outcome));
      if (values.back().empty()) values.back().assign(set.samples() * set.replicas(), nan);
    }
    for (std::uint64_t i = 0; i < set.samples() * set.replicas(); ++i) {
      if (i < done.size() && std::isnan(done[i])) continue;
      std::vector<Cell> row{number++, static_cast<std::int64_t>(i / set.replicas()),
                            static_cast<std::int64_t>(i % set.replicas()), set.levers()[lever].label,
                            set.file(set.levers()[lever].file).header().title};
      for (const auto& column : inputs) row.push_back(column[i]);
      experiments.add(row);
      row.clear();
      for (const auto& column : values) row.push_back(column[i]);
      outcomes.add(row);
    }
  }
  write_file(folder + "/experiments.csv", experiments.render(Format::csv));
  write_file(folder + "/outcomes.csv", outcomes.render(Format::csv));
}

}  // namespace nadc
