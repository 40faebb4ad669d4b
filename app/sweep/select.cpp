#include "app/sweep/select.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "app/scenario/units.hpp"
#include "app/sweep/summary.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

nlohmann::ordered_json number(double value) { return std::isfinite(value) ? nlohmann::ordered_json(value) : nullptr; }

}  // namespace

SelectRequest parse_select(const std::string& text, double within, const Study& study, std::size_t levers) {
  const std::size_t colon = text.rfind(':');
  const std::string name = text.substr(0, colon), direction = colon == std::string::npos ? "" : text.substr(colon + 1);
  if (name.find('@') != std::string::npos)
    throw Error(ErrorKind::usage, "--select " + name + ": a selection looks at the whole site",
                "run it without, and ask nadc compare --outcome " + name);
  if (!direction.empty() && direction != "lower" && direction != "higher")
    throw Error(ErrorKind::usage, fmt::format("--select {}: '{}' is no direction", text, direction),
                fmt::format("write {0}:lower or {0}:higher", name));
  SelectRequest select;
  select.metric = metric_number(name);
  OutcomeDirection better = usual_direction(name);
  for (const OutcomeSpec& outcome : study.spec().outcomes)
    if (outcome.metric == name && outcome.of.empty()) better = outcome.better;
  if (!direction.empty()) better = direction == "lower" ? OutcomeDirection::lower : OutcomeDirection::higher;
  select.spec.better = better == OutcomeDirection::higher ? Better::higher : Better::lower;
  select.spec.within = within;
  const auto replicas = static_cast<std::uint64_t>(study.spec().design.replicas);
  if (levers < 2) throw Error(ErrorKind::usage, "--select among one lever", "add levers, or leave --select out");
  if (replicas < select.spec.first)
    throw Error(
        ErrorKind::usage,
        fmt::format("--select looks at {} replicas first, and the study allows {}", select.spec.first, replicas),
        "--replicas is the most that it makes, for example --replicas 200");
  return select;
}

std::string selection_text(const SequentialSelection& selection, const SelectRequest& select,
                           const std::vector<std::string>& levers, std::uint64_t replicas) {
  const MetricInfo& info = site_metrics()[select.metric];
  const auto amount = [&](double value) {
    return human_number(value, 4) + (info.unit == "1" ? "" : " " + std::string(info.unit));
  };
  const std::string& best = levers[selection.chosen()];
  std::string text;
  if (selection.ended() == SelectionEnd::chosen)
    text = fmt::format("{}: {} is chosen; where the best leads by {} or more, it is the best with 95 % confidence",
                       info.name, best, amount(select.spec.within));
  else
    text = fmt::format("{}: not decided within {} replicas ({}): {} leads", info.name, replicas,
                       amount(select.spec.within), best);
  for (std::size_t lever = 0; lever < levers.size(); ++lever) {
    if (lever == selection.chosen()) continue;
    const double behind = selection.behind(lever);
    const bool in = std::count(selection.in().begin(), selection.in().end(), lever) > 0;
    text += fmt::format("\n  {} {} {} behind after {} replicas{}", levers[lever], in ? "is" : "left", amount(behind),
                        selection.used(lever), behind < select.spec.within ? ": alike, as far as that was seen" : "");
  }
  return text;
}

nlohmann::ordered_json selection_json(const SequentialSelection& selection, const SelectRequest& select,
                                      const std::vector<std::string>& levers) {
  nlohmann::ordered_json json{{"metric", site_metrics()[select.metric].name},
                              {"better", select.spec.better == Better::higher ? "higher" : "lower"},
                              {"within", select.spec.within},
                              {"confidence", select.spec.confidence},
                              {"decided", selection.ended() == SelectionEnd::chosen},
                              {"chosen", levers[selection.chosen()]}};
  for (std::size_t lever = 0; lever < levers.size(); ++lever)
    json["levers"][levers[lever]] = {{"replicas", selection.used(lever)}, {"behind", number(selection.behind(lever))}};
  return json;
}

}  // namespace nadc
