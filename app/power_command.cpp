#include "app/power_command.hpp"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "app/io/table.hpp"
#include "app/output_options.hpp"
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
  const Format as = parse_format(format);
  if (as == Format::json) return result.dump(2) + "\n";
  std::vector<Column> columns;
  std::vector<Cell> row;
  const auto text = [&](const char* key) {
    columns.push_back({key, {}, Align::left});
    row.emplace_back(result.at(key).get<std::string>());
  };
  const auto count = [&](const char* key) {
    columns.push_back({key});
    row.emplace_back(result.at(key).get<std::int64_t>());
  };
  text("node"), text("cooling"), text("load");
  count("gpus"), count("nodes");
  for (const char* key : {"it_power_kw", "w_per_gpu", "nodes_kw", "network_kw"}) {
    columns.push_back({key});
    row.emplace_back(result.at(key).get<double>());
  }
  for (const auto& [part, watts] : result.at("parts_w_per_node").items()) {
    columns.push_back({"node_" + part + "_w"});
    row.emplace_back(watts.get<double>());
  }
  Table table(std::move(columns));
  table.add(std::move(row));
  return table.render(as);
}

CLI::App& register_power(CLI::App& app, Command& command, OutputOptions& out) {
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
  command.rules.push_back({machine, {{"--node"}, {"--gpus"}, {"--load"}, {"--tflops-per-gpu"}, {"--format"}}});
  machine->callback([&command, &out, query] {
    command.action = [&out, query] {
      std::cout << render_power_machine(power_machine(*query), out.format);
      if (!std::cout.flush()) throw Error(ErrorKind::failed, "cannot write to standard output", "is the disk full?");
      return 0;
    };
  });
  return *power;
}

}  // namespace nadc
