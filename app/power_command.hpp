// `nadc power machine`: what a machine of equal nodes draws under one load.
#pragma once
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace CLI {
class App;
}

namespace nadc {

struct Command;
struct OutputOptions;

struct PowerMachineQuery {
  std::string node;
  std::int64_t gpus = 0;
  std::string load = "hpl";
  double tflops_per_gpu = 0.0;  // [TFLOP/s]; 0: the kind's typical rate
};

// Keys: it_power_kw, w_per_gpu, nodes_kw, network_kw; and node, gpus, nodes, load, cooling, parts_w_per_node (by part
// of one full node), source. Throws Error (usage) for an unknown kind or load (with the nearest name), gpus < 1 and a
// bad rate.
nlohmann::json power_machine(const PowerMachineQuery& query);

// power_machine as text in one of the formats of OutputOptions. Throws Error (usage) for another format.
std::string render_power_machine(const nlohmann::json& result, const std::string& format);

// Adds `power machine` to the command line; when it is chosen, command.action prints to stdout. `out` must live
// until then. Returns the command `power`.
CLI::App& register_power(CLI::App& app, Command& command, OutputOptions& out);

}  // namespace nadc
