#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>

#include "app/decide/decide_json.hpp"
#include "app/report/bands.hpp"
#include "app/report/report_json.hpp"
#include "app/scenario/document.hpp"
#include "app/scenario/read.hpp"
#include "models/metrics.hpp"

namespace nadc {
namespace {

using Json = nlohmann::ordered_json;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// Sample values beyond this many would make the page heavier than an office's mail takes; later outcomes then go
// without, and the page says so.
constexpr std::size_t most_sample_values = 200'000;

// What is shown of groups, domains and classes, where the file has it.
constexpr std::array<std::string_view, 6> scope_metrics = {
    "wait_mean_s", "time_to_result_mean_s", "gpu_hours_delivered", "gpu_time_share", "members_served", "jobs_dropped"};

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

// Seven digits are more than a sample mean has, and take half the room.
Json short_number(double value, int digits = 7) {
  if (!std::isfinite(value)) return nullptr;
  char text[32];
  std::snprintf(text, sizeof text, "%.*g", digits, value);
  return std::strtod(text, nullptr);
}

std::string_view help_of(std::span<const MetricInfo> infos, std::string_view name) {
  for (const MetricInfo& info : infos)
    if (info.name == name) return info.help;
  return {};
}

const char* word(OutcomeDirection better) { return better == OutcomeDirection::higher ? "higher" : "lower"; }

const char* word(const Comparison& c) {
  if (c.verdict == PairVerdict::a_better) return "better";
  if (c.verdict == PairVerdict::b_better) return "worse";
  return c.difference.n > 0 && c.difference.sd == 0 && c.difference.mean == 0 ? "equal" : "undecided";
}

Json estimate_json(const Estimate& e) {
  return {
      {"mean", number(e.mean)},       {"low", number(e.ci95.low)}, {"high", number(e.ci95.high)}, {"sd", number(e.sd)},
      {"p05", number(e.p05)},         {"p50", number(e.p50)},      {"p95", number(e.p95)},        {"n", e.n},
      {"few_and_skewed", e.uncertain}};
}

Json outcome_json(const SweepSet& set, const OutcomeComparison& outcome, bool with_samples) {
  Json json = {{"name", label_of(outcome.outcome)},
               {"unit", outcome.unit},
               {"help", std::string(help_of(site_metrics(), outcome.outcome.metric))},
               {"better", word(outcome.outcome.better)},
               {"threshold", number(outcome.outcome.threshold)},
               {"levers", Json::array()},
               {"differences", Json::array()},
               {"samples", Json::array()}};
  for (std::size_t i = 0; i < outcome.levers.size(); ++i) {
    Json& lever = json["levers"].emplace_back(estimate_json(outcome.levers[i]));
    lever["bounded"] = outcome.unseen[i].bounded;
    lever["left_out"] = outcome.unseen[i].left_out;
  }
  for (const LeverDifference& difference : outcome.differences) {
    const Comparison& c = difference.comparison;
    Json& entry = json["differences"].emplace_back(estimate_json(c.difference));
    entry["lever"] = difference.lever;
    entry["base"] = number(c.mean_b);
    entry["p_better"] = number(c.better.p);
    entry["p_equal"] = number(c.equal.p);
    entry["p_worse"] = number(c.worse.p);
    entry["p_holm"] = number(c.p_adjusted);
    entry["comparisons"] = c.comparisons;
    entry["bounded"] = c.bounded;
    entry["left_out"] = difference.left_out;
    entry["verdict"] = word(c);
  }
  if (outcome.selection) {
    json["chosen"] = outcome.selection->chosen;
    json["may_be_best"] = outcome.selection->survivors;
    json["gap"] = number(outcome.selection->gap);
  }
  if (!with_samples) return json;
  for (std::size_t lever = 0; lever < set.levers().size(); ++lever) {
    std::vector<double> rows = set.column(lever, outcome.outcome);
    if (rows.empty()) rows.assign(set.samples() * set.replicas(), nan);
    Json& means = json["samples"].emplace_back(Json::array());
    for (const double mean : sample_means(MatrixView(rows, set.samples(), set.replicas())))
      means.push_back(short_number(mean));
  }
  return json;
}

// The sampled scalars by sample. Levers share a sample's values; one that does not have the scalar says nothing of it.
Json uncertainties_json(const SweepSet& set) {
  Json list = Json::array();
  for (const Variable& point : set.file(0).schema().points) {
    if (point.name == "point_key") continue;
    std::vector<double> values(set.samples(), nan);
    for (std::size_t lever = 0; lever < set.levers().size(); ++lever) {
      const std::vector<double> column = set.column(lever, point.name);
      for (std::uint64_t s = 0; s < set.samples() && !column.empty(); ++s)
        for (std::uint64_t r = 0; r < set.replicas() && std::isnan(values[s]); ++r)
          values[s] = column[s * set.replicas() + r];
    }
    if (std::none_of(values.begin(), values.end(), [](double x) { return !std::isnan(x); })) continue;
    const std::string path = point.long_name.starts_with("sampled ") ? point.long_name.substr(8) : point.name;
    Json& one = list.emplace_back(Json{{"path", path}, {"unit", point.units}, {"values", Json::array()}});
    for (const double value : values) one["values"].push_back(short_number(value, 12));
  }
  return list;
}

// One variable with one added axis, by its place there: columns of (samples, replicas) rows that are done.
std::vector<std::vector<double>> columns_by_place(const SweepSet& set, std::size_t lever, const Variable& variable) {
  const ComparedLever& which = set.levers()[lever];
  const SweepReader& reader = set.file(which.file);
  const SweepGrid& grid = reader.schema().grid;
  const std::uint64_t cells = grid.samples * grid.replicas, width = reader.schema().width(variable);
  const std::vector<double> all = reader.read(variable, which.lever * cells, cells);
  const std::vector<RowState> states = reader.states(which.lever * cells, cells);
  std::vector<std::vector<double>> columns(width);
  for (std::uint64_t s = 0; s < set.samples(); ++s)
    for (std::uint64_t r = 0; r < set.replicas(); ++r) {
      const std::uint64_t i = s * grid.replicas + r;
      for (std::uint64_t place = 0; place < width; ++place)
        columns[place].push_back(states[i] == RowState::done ? all[i * width + place] : nan);
    }
  return columns;
}

const Variable* find_wide(const SweepSet& set, std::size_t lever, const std::string& name) {
  for (const Variable& v : set.file(set.levers()[lever].file).schema().metrics)
    if (v.name == name && v.dims.size() == 1) return &v;
  return nullptr;
}

// Means of every lever, and differences to the baseline, by group (domain, class); verdicts allow for all comparisons
// of the metric.
Json scope_metric(const SweepSet& set, std::size_t baseline, const std::string& scope, const std::string& metric,
                  std::size_t places) {
  const std::string name = scope + "_" + metric;
  const OutcomeDirection direction = usual_direction(metric);
  const Better better = direction == OutcomeDirection::higher ? Better::higher : Better::lower;
  std::vector<std::vector<std::vector<double>>> columns;  // (lever, place, row)
  std::string unit;
  for (std::size_t lever = 0; lever < set.levers().size(); ++lever) {
    const Variable* variable = find_wide(set, lever, name);
    columns.push_back(variable ? columns_by_place(set, lever, *variable) : std::vector<std::vector<double>>{});
    if (variable) unit = variable->units;
    columns.back().resize(places, std::vector<double>(set.samples() * set.replicas(), nan));
  }
  bool any = false;
  for (const auto& by_place : columns)
    for (const auto& rows : by_place)
      any = any || std::any_of(rows.begin(), rows.end(), [](double x) { return !std::isnan(x) && x != 0; });
  if (!any) return nullptr;

  std::vector<Comparison> all;
  for (std::size_t lever = 0; lever < columns.size(); ++lever)
    for (std::size_t place = 0; place < places; ++place)
      all.push_back(compare(MatrixView(columns[lever][place], set.samples(), set.replicas()),
                            MatrixView(columns[baseline][place], set.samples(), set.replicas()), better));
  std::vector<Comparison*> judged;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (i / places != baseline) judged.push_back(&all[i]);
  adjust_for_many(judged, better);

  Json json = {{"name", metric},
               {"unit", unit},
               {"help", std::string(help_of(group_metrics(), metric))},
               {"better", word(direction)},
               {"levers", Json::array()}};
  for (std::size_t lever = 0; lever < columns.size(); ++lever) {
    Json& row = json["levers"].emplace_back(Json::array());
    for (std::size_t place = 0; place < places; ++place) {
      const Estimate e = summarize(MatrixView(columns[lever][place], set.samples(), set.replicas()));
      Json& cell = row.emplace_back(Json{{"mean", number(e.mean)}});
      if (lever == baseline) continue;
      const Comparison& c = all[lever * places + place];
      cell["difference"] = number(c.difference.mean);
      cell["low"] = number(c.difference.ci95.low);
      cell["high"] = number(c.difference.ci95.high);
      cell["verdict"] = word(c);
    }
  }
  return json;
}

Json scopes_json(const SweepSet& set, std::size_t baseline) {
  Json scopes = Json::array();
  for (const std::string scope : {"group", "domain", "class"}) {
    const std::vector<Axis>& axes = set.file(0).schema().axes;
    const auto axis = std::find_if(axes.begin(), axes.end(), [&](const Axis& a) { return a.name == scope; });
    if (axis == axes.end() || !std::holds_alternative<std::vector<std::string>>(axis->values)) continue;
    const auto& names = std::get<std::vector<std::string>>(axis->values);
    Json one = {{"scope", scope}, {"names", names}, {"metrics", Json::array()}};
    for (const std::string_view metric : scope_metrics)
      if (Json of = scope_metric(set, baseline, scope, std::string(metric), names.size()); !of.is_null())
        one["metrics"].push_back(std::move(of));
    if (!one["metrics"].empty()) scopes.push_back(std::move(one));
  }
  return scopes;
}

// Name and description of the study, from the text that its file holds.
StudySpec spec_of(const SweepSet& set) {
  StudySpec spec;
  spec.name = set.file(0).header().title;
  const std::string& text = set.file(0).header().provenance.scenario;
  const Node root = parse_document(text.substr(0, text.find("\n--- ")), "study");
  for (const auto& [key, member] : {std::pair{"name", &spec.name}, std::pair{"description", &spec.description}})
    if (const Node::Entry* entry = root.find(key); entry && entry->value.kind == Node::Kind::scalar)
      *member = entry->value.text;
  return spec;
}

}  // namespace

Json provenance_json(const std::string& file, const Header& header) {
  const Provenance& p = header.provenance;
  return {{"file", file.substr(file.find_last_of('/') + 1)},
          {"title", header.title},
          {"version", p.version},
          {"git_hash", p.git_hash},
          {"compiler", p.compiler},
          {"backend", p.backend},
          {"device", p.device},
          {"seed", std::to_string(p.seed)},
          {"command_line", p.command_line},
          {"started", p.started},
          {"finished", p.finished},
          {"scenario_sha256", p.scenario_sha256()}};
}

Json study_page(const StudyPageRequest& request) {
  const SweepSet set(request.files);
  const std::size_t baseline = request.baseline.empty() ? 0 : set.find(request.baseline);
  const StudySpec spec = spec_of(set);
  Json json = {{"kind", "study"},
               {"name", spec.name},
               {"description", spec.description},
               {"baseline", baseline},
               {"levers", Json::array()},
               {"samples", set.samples()},
               {"replicas", set.replicas()},
               {"pairing_problem", set.pairing_problem()}};
  for (const ComparedLever& lever : set.levers()) json["levers"].push_back(lever.label);
  std::uint64_t incomplete = 0;
  for (std::size_t lever = 0; lever < set.levers().size(); ++lever)
    for (const double x : set.column(lever, "state_hash")) incomplete += std::isnan(x);
  json["incomplete_rows"] = incomplete;

  json["outcomes"] = Json::array();
  std::size_t values = 0;
  for (const OutcomeComparison& outcome : compare_levers(set, baseline, request.outcomes, Select::yes)) {
    values += set.levers().size() * set.samples();
    json["outcomes"].push_back(outcome_json(set, outcome, values <= most_sample_values));
  }
  json["uncertainties"] = uncertainties_json(set);
  if (set.levers().size() > 1) json["decide"] = Json::parse(decision_json(decide(set, {request.outcomes, {}, {}}), -1));
  json["scopes"] = scopes_json(set, baseline);
  json["bands"] = bands_json(set);
  json["sampled"] = sampled_ranges(set);
  json["assumptions"] = Json::array();
  json["provenance"] = Json::array();
  for (std::size_t i = 0; i < set.files(); ++i) {
    for (const std::string& line : set.file(i).header().provenance.assumptions)
      if (std::find(json["assumptions"].begin(), json["assumptions"].end(), line) == json["assumptions"].end())
        json["assumptions"].push_back(line);
    json["provenance"].push_back(provenance_json(request.files[i], set.file(i).header()));
  }
  return json;
}

}  // namespace nadc
