#include "app/sweep/rows.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "app/run/run.hpp"
#include "app/scenario/units.hpp"
#include "app/version.hpp"
#include "models/metrics/series.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

constexpr std::uint64_t low_53_bits = (std::uint64_t{1} << 53) - 1;

void add_variables(std::vector<Variable>& all, std::span<const MetricInfo> infos, const std::string& prefix,
                   const std::vector<std::string>& dims) {
  for (const MetricInfo& info : infos)
    all.push_back({prefix + std::string(info.name), dims, std::string(info.unit), std::string(info.help)});
}

std::vector<std::string> period_labels(const WorldBuilder& builder) {
  const World& world = builder.world();
  std::vector<std::string> labels;
  for (std::uint32_t p = world.first_measured_period; p < world.period_ends.count; ++p) {
    const Tick end = at(&world, world.period_ends)[p];
    labels.push_back(end >= never ? "end" : format_date(builder.start() + end / ticks_per_second));
  }
  return labels;
}

// The stretches of outputs.series by their middles.
Axis stretches(const WorldBuilder& builder) {
  const World& world = builder.world();
  const Tick* ends = at(&world, world.period_ends);
  std::vector<std::int64_t> middles;
  for (std::uint32_t p = world.first_measured_period; p < world.period_ends.count; ++p)
    middles.push_back(((p == 0 ? 0 : ends[p - 1]) + ends[p]) / 2 / ticks_per_second);
  Axis axis = time_axis(clock_text(builder.start()));
  axis.long_name = "middle of the stretch of which a value is the mean";
  axis.values = std::move(middles);
  return axis;
}

// A key path as the name of a variable.
std::string variable_name(const std::string& path, const std::vector<Variable>& taken) {
  std::string name = "point_";
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain || name.back() != '_') name += plain ? c : '_';
  }
  while (name.back() == '_') name.pop_back();
  std::string unique = name;
  const auto is_taken = [&] {
    return std::any_of(taken.begin(), taken.end(), [&](const Variable& v) { return v.name == unique; });
  };
  for (int n = 2; is_taken(); ++n) unique = name + "_" + std::to_string(n);
  return unique;
}

void append_axis(std::vector<double>& row, std::size_t metrics, const std::vector<std::vector<double>>& values) {
  for (std::size_t m = 0; m < metrics; ++m)
    for (const std::vector<double>& one : values) row.push_back(one[m]);
}

}  // namespace

SweepRows::SweepRows(const Study& study, std::vector<std::uint32_t> levers)
    : study_(study), levers_(std::move(levers)), keys_(study) {
  const DesignSettings& design = study.spec().design;
  schema_.grid.samples = static_cast<std::uint64_t>(design.samples);
  schema_.grid.replicas = static_cast<std::uint64_t>(design.replicas);
  for (const std::uint32_t lever : levers_) schema_.grid.levers.push_back(study.levers()[lever].name);

  const WorldBuilder& builder = study.builder();
  schema_.axes = {labelled("group", "user group", builder.groups()), labelled("class", "job class", builder.classes())};
  std::vector<Variable>& metrics = schema_.metrics;
  add_variables(metrics, site_metrics(), "", {});
  add_variables(metrics, group_metrics(), "group_", {"group"});
  add_variables(metrics, group_metrics(), "class_", {"class"});
  if (!builder.domains().empty()) {
    schema_.axes.push_back(labelled("domain", "domain of the jobs", builder.domains()));
    add_variables(metrics, group_metrics(), "domain_", {"domain"});
  }
  series_ = study.levers().front().loaded.scenario.outputs.series > 0;
  if (series_) {
    schema_.axes.push_back(stretches(builder));
    add_variables(metrics, series_metrics(), "series_", {"time"});
    add_variables(metrics, group_series_metrics(), "series_group_", {"group", "time"});
  } else if (const std::vector<std::string> labels = period_labels(builder); labels.size() > 1) {
    schema_.axes.push_back(labelled("period", "period, by its end", labels));
    add_variables(metrics, period_metrics(), "period_", {"period"});
  }
  metrics.push_back({"state_hash", {}, "1", "low 53 bits of the hash of all that the replica counted"});

  schema_.points.push_back({"point_key", {}, "1", "fingerprint of all that rows of this point depend on"});
  for (const UncertainScalar& scalar : study.uncertain()) {
    const std::string unit(coherent_unit(scalar.dimension));
    schema_.points.push_back(
        {variable_name(scalar.path, schema_.points), {}, unit.empty() ? "1" : unit, "sampled " + scalar.path});
  }
}

std::vector<double> SweepRows::encode(const Metrics& metrics, std::span<const double> series, std::uint64_t hash,
                                      std::span<const double> point) const {
  std::vector<double> row = metrics.site;
  row.reserve(schema_.row_width());
  append_axis(row, group_metrics().size(), metrics.groups);
  append_axis(row, group_metrics().size(), metrics.classes);
  append_axis(row, group_metrics().size(), metrics.domains);
  row.insert(row.end(), series.begin(), series.end());
  if (!series_ && metrics.periods.size() > 1) append_axis(row, period_metrics().size(), metrics.periods);
  row.push_back(static_cast<double>(hash & low_53_bits));
  row.insert(row.end(), point.begin(), point.end());
  // One kind of NaN, so that equal rows are equal bytes.
  for (double& value : row)
    if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
  return row;
}

std::vector<double> SweepRows::encode(const World& world, const Point& block, const Raw& raw,
                                      std::span<const double> point) const {
  return encode(finalize(world, block, raw), series_ ? series_of(world, block, raw) : std::vector<double>(),
                hash_of(world, raw), point);
}

std::vector<double> SweepRows::encode_failed(std::span<const double> point) const {
  std::vector<double> row(schema_.row_width() - point.size(), std::numeric_limits<double>::quiet_NaN());
  row.insert(row.end(), point.begin(), point.end());
  return row;
}

std::vector<double> SweepRows::encode_point(std::uint64_t lever, std::uint64_t sample) const {
  const std::uint32_t number = levers_[lever];
  std::vector<double> point{static_cast<double>(keys_.key(number, static_cast<std::uint32_t>(sample)))};
  const std::vector<UncertainScalar>& own = study_.levers()[number].loaded.uncertain;
  const std::vector<double> values = study_.values(static_cast<std::uint32_t>(sample));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string& path = study_.uncertain()[i].path;
    const bool has = std::any_of(own.begin(), own.end(), [&](const UncertainScalar& u) { return u.path == path; });
    point.push_back(has ? values[i] : std::numeric_limits<double>::quiet_NaN());
  }
  return point;
}

Header SweepRows::header(const std::string& backend, const std::string& device, const std::string& command_line) const {
  Header header;
  header.kind = "sweep";
  header.title = study_.spec().name;
  Provenance& p = header.provenance;
  p.version = version;
  p.git_hash = git_hash;
  p.compiler = compiler;
  p.backend = backend;
  p.device = device;
  p.seed = study_.seed();
  p.scenario = study_.resolved() + fmt::format("# fingerprint of the data files: {:016x}\n", data_fingerprint(study_));
  p.command_line = command_line;
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  p.host = host;
  p.started = utc_now();
  // An assumption that all levers share once, else with its levers.
  std::vector<std::pair<std::string, std::vector<std::string>>> assumptions;
  for (const std::uint32_t number : levers_)
    for (const std::string& line : assumption_lines(study_.levers()[number])) {
      auto known =
          std::find_if(assumptions.begin(), assumptions.end(), [&](const auto& entry) { return entry.first == line; });
      if (known == assumptions.end()) known = assumptions.insert(known, {line, {}});
      known->second.push_back(study_.levers()[number].name);
    }
  for (const auto& [line, names] : assumptions)
    p.assumptions.push_back(names.size() == levers_.size() ? line
                                                           : fmt::format("[{}] {}", fmt::join(names, ", "), line));
  return header;
}

}  // namespace nadc
