#include "app/power_command.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "models/power/node_power.hpp"
#include "sim/error.hpp"

namespace nadc {

nlohmann::json power_machine(const PowerMachineQuery& query) {
  const ServerKind& kind = find_node_kind(query.node);
  const Load load = parse_load(query.load);
  const MachinePower m = machine_power(kind, query.gpus, load, query.tflops_per_gpu);
  const NodePower p = node_power(kind, load, query.tflops_per_gpu);
  nlohmann::json j;
  j["it_power_kw"] = m.total().value / 1000.0;
  j["w_per_gpu"] = m.total().value / static_cast<double>(query.gpus);
  j["nodes_kw"] = m.nodes_power.value / 1000.0;
  j["network_kw"] = m.network.value / 1000.0;
  j["node"] = kind.name;
  j["gpus"] = query.gpus;
  j["nodes"] = m.nodes;
  j["load"] = load_name(load);
  j["cooling"] = cooling_name(kind.cooling);
  j["parts_w_per_node"] = {{"gpu", p.gpu.value},     {"cpu", p.cpu.value},   {"memory_and_nic", p.memory_and_nic.value},
                           {"other", p.other.value}, {"fans", p.fans.value}, {"supply_loss", p.supply_loss.value}};
  j["source"] = std::string(kind.source) + "; GPU: " + std::string(kind.gpu->source);
  return j;
}

std::string render_power_machine(const nlohmann::json& result, const std::string& format) {
  if (format == "json") return result.dump(2) + "\n";
  std::vector<std::pair<std::string, std::string>> cells;
  const auto add = [&](const std::string& key, const nlohmann::json& value) {
    char number[40];
    std::snprintf(number, sizeof number, "%.1f", value.is_number() ? value.get<double>() : 0.0);
    cells.emplace_back(key, value.is_string()           ? value.get<std::string>()
                            : value.is_number_integer() ? value.dump()
                                                        : std::string(number));
  };
  for (const char* key :
       {"node", "cooling", "load", "gpus", "nodes", "it_power_kw", "w_per_gpu", "nodes_kw", "network_kw"})
    add(key, result.at(key));
  for (const auto& [part, watts] : result.at("parts_w_per_node").items()) add("node_" + part + "_w", watts);
  add("source", result.at("source"));
  std::string text;
  if (format == "csv") {
    std::string head, row;
    for (const auto& [key, value] : cells) {
      head += (head.empty() ? "" : ",") + key;
      const bool quote = value.find_first_of(",\"") != std::string::npos;
      row += (row.empty() ? "" : ",") + (quote ? "\"" + value + "\"" : value);
    }
    return head + "\n" + row + "\n";
  }
  if (format == "markdown") {
    text = "| | |\n|---|---|\n";
    for (const auto& [key, value] : cells) text += "| " + key + " | " + value + " |\n";
    return text;
  }
  if (format != "table")
    throw Error(ErrorKind::usage, "unknown format '" + format + "'", "known formats: table, json, csv, markdown");
  std::size_t width = 0;
  for (const auto& [key, value] : cells) width = std::max(width, key.size());
  for (const auto& [key, value] : cells) text += key + std::string(width + 2 - key.size(), ' ') + value + "\n";
  return text;
}

void register_power(CLI::App& app, Command& command, OutputOptions& out) {
  CLI::App* power = app.add_subcommand("power", "What machines and sites draw");
  power->require_subcommand(1);
  CLI::App* machine = power->add_subcommand("machine", "Power of a machine of equal nodes under one load");
  auto query = std::make_shared<PowerMachineQuery>();
  std::string kinds;
  for (const std::string& name : node_kind_names()) kinds += (kinds.empty() ? "" : ", ") + name;
  machine->add_option("--node", query->node, "Node kind: " + kinds)->required();
  machine->add_option("--gpus", query->gpus, "Accelerators in the machine")->required();
  machine->add_option("--load", query->load, "idle, hpl, training, inference, communication, checkpoint or down")
      ->capture_default_str();
  machine->add_option("--tflops-per-gpu", query->tflops_per_gpu,
                      "Achieved TFLOP/s an accelerator: FP64 for hpl, 16-bit for training; the typical rate if absent");
  machine->add_option("--format", out.format, "table, json, csv or markdown")->capture_default_str();
  machine->callback([&command, &out, query] {
    command.action = [&out, query] {
      std::cout << render_power_machine(power_machine(*query), out.format);
      return 0;
    };
  });
}

}  // namespace nadc
