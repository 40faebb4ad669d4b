#include "app/report/bands.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

namespace nadc {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t most_values = 8'000'000;
constexpr std::array<double, 5> shares = {0.05, 0.25, 0.5, 0.75, 0.95};

// Six digits: a tenth of a pixel of any chart.
Json short_number(double value) {
  if (!std::isfinite(value)) return nullptr;
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return std::strtod(text, nullptr);
}

double quantile(const std::vector<double>& sorted, double p) {
  const double at = p * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(at), high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (at - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

const Axis* axis_of(const SweepReader& file, const std::string& name) {
  for (const Axis& axis : file.schema().axes)
    if (axis.name == name) return &axis;
  return nullptr;
}

// Rows of a lever that are done, every k-th of all, as (place, row): one list of values for each place in the variable.
std::vector<std::vector<double>> values_of(const SweepReader& file, std::uint64_t lever, const Variable& variable) {
  const SweepGrid& grid = file.schema().grid;
  const std::uint64_t cells = grid.samples * grid.replicas, width = file.schema().width(variable);
  const std::uint64_t every = (cells * width + most_values - 1) / most_values;
  const std::uint64_t block = std::max<std::uint64_t>(1, (std::uint64_t{1} << 20) / width);
  std::vector<std::vector<double>> columns(width);
  for (std::uint64_t first = 0; first < cells; first += block) {
    const std::uint64_t count = std::min(block, cells - first);
    const std::vector<double> values = file.read(variable, lever * cells + first, count);
    const std::vector<RowState> states = file.states(lever * cells + first, count);
    for (std::uint64_t i = 0; i < count; ++i) {
      if ((first + i) % every != 0 || states[i] != RowState::done) continue;
      for (std::uint64_t place = 0; place < width; ++place)
        if (!std::isnan(values[i * width + place])) columns[place].push_back(values[i * width + place]);
    }
  }
  return columns;
}

// (quantile, stretch)
Json band(std::vector<std::vector<double>>& columns, std::size_t first, std::size_t stretches) {
  Json json = Json::array();
  for (std::size_t t = 0; t < stretches; ++t) std::sort(columns[first + t].begin(), columns[first + t].end());
  for (const double p : shares) {
    Json& row = json.emplace_back(Json::array());
    for (std::size_t t = 0; t < stretches; ++t) {
      const std::vector<double>& of = columns[first + t];
      row.push_back(of.empty() ? Json(nullptr) : short_number(quantile(of, p)));
    }
  }
  return json;
}

}  // namespace

Json bands_json(const SweepSet& set) {
  const Axis* time = axis_of(set.file(0), "time");
  if (!time || !std::holds_alternative<std::vector<std::int64_t>>(time->values)) return nullptr;
  const auto& middles = std::get<std::vector<std::int64_t>>(time->values);
  const std::string since = "seconds since ";
  Json json = {{"start", time->units.starts_with(since) ? time->units.substr(since.size()) : ""},
               {"t", middles},
               {"quantiles", shares},
               {"series", Json::array()}};
  std::uint64_t every = 1;
  const auto same_time = [&](const SweepReader& file) {
    const Axis* other = axis_of(file, "time");
    const auto* there = other ? std::get_if<std::vector<std::int64_t>>(&other->values) : nullptr;
    return there && other->units == time->units && *there == middles;
  };
  for (const Variable& variable : set.file(0).schema().metrics) {
    if (!variable.name.starts_with("series_")) continue;
    const bool by_group = variable.dims == std::vector<std::string>{"group", "time"};
    if (!by_group && variable.dims != std::vector<std::string>{"time"}) continue;
    std::vector<std::string> groups = {""};
    if (const Axis* axis = by_group ? axis_of(set.file(0), "group") : nullptr)
      groups = std::get<std::vector<std::string>>(axis->values);
    const std::size_t at = json["series"].size();
    for (const std::string& group : groups) {
      const std::string name = variable.name.substr(by_group ? 13 : 7);
      json["series"].push_back({{"name", group.empty() ? name : name + " of " + group},
                                {"unit", variable.units},
                                {"help", variable.long_name},
                                {"levers", Json::array()}});
    }
    for (const ComparedLever& lever : set.levers()) {
      const SweepReader& file = set.file(lever.file);
      const std::vector<Variable>& all = file.schema().metrics;
      const auto here =
          std::find_if(all.begin(), all.end(), [&](const Variable& v) { return v.name == variable.name; });
      const Axis* axis = by_group ? axis_of(file, "group") : nullptr;
      if (here == all.end() || !same_time(file) ||
          (by_group && (!axis || std::get<std::vector<std::string>>(axis->values) != groups))) {
        for (std::size_t g = 0; g < groups.size(); ++g) json["series"][at + g]["levers"].push_back(nullptr);
        continue;
      }
      const SweepGrid& grid = file.schema().grid;
      const std::uint64_t values = grid.samples * grid.replicas * file.schema().width(*here);
      every = std::max(every, (values + most_values - 1) / most_values);
      std::vector<std::vector<double>> columns = values_of(file, lever.lever, *here);
      for (std::size_t g = 0; g < groups.size(); ++g)
        json["series"][at + g]["levers"].push_back(band(columns, g * middles.size(), middles.size()));
    }
  }
  json["every"] = every;
  return json;
}

}  // namespace nadc
