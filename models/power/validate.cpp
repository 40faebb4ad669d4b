#include <array>
#include <string>

#include "models/power/node_power.hpp"
#include "models/validation.hpp"

namespace nadc {
namespace {

struct MachineRow {
  const char* system;
  const char* kind;
  std::int64_t accelerators;
  double rmax_tflops_per_accelerator;  // [TFLOP/s]
  double power_kw;
};

constexpr const char* top500 = "TOP500 June 2025, power submitted; accelerators = accelerator cores / SMs";

// The calibration set.
constexpr std::array machines{
    MachineRow{"El Capitan", "mi300a", 43808, 39.76, 29580.98},
    MachineRow{"Frontier", "mi250x", 38416, 35.22, 24607.00},
    MachineRow{"Aurora", "pvc", 63744, 15.88, 38698.36},
    MachineRow{"Alps", "gh200", 10400, 41.82, 7124.00},
    MachineRow{"LUMI", "mi250x", 11664, 32.55, 7106.82},
    MachineRow{"Leonardo", "a100-64gb", 13824, 17.45, 7493.74},
    MachineRow{"Tuolumne", "mi300a", 4608, 45.16, 3386.62},
    MachineRow{"MareNostrum 5 ACC", "h100-64gb", 4480, 39.13, 4158.90},
    MachineRow{"ABCI 3.0", "hgx-h200", 3328, 43.60, 3596.10},
    MachineRow{"Sierra", "v100-4", 17280, 5.48, 7438.28},
    MachineRow{"Perlmutter", "a100-ex", 7168, 11.05, 2945.00},
    MachineRow{"El Dorado", "mi300a", 1520, 44.75, 1110.02},
    MachineRow{"Gefion", "hgx-h100", 1528, 43.58, 1753.20},
    MachineRow{"Adastra", "mi250x", 1352, 34.10, 921.48},
    MachineRow{"JUWELS Booster", "a100-4-liquid", 3744, 11.78, 1764.22},
    MachineRow{"Discovery 5", "a100-ex", 2000, 13.06, 964.00},
    MachineRow{"Pégaso", "dgx-a100", 2016, 9.46, 1033.00},
    MachineRow{"PANGEA III", "v100-6", 3384, 5.28, 1367.00},
    MachineRow{"HiPerGator AI", "dgx-a100", 1120, 15.36, 582.63},
    MachineRow{"AiMOS", "v100-6", 1500, 5.56, 512.08},
};

// Not in the calibration table, though seen when parameters were chosen (docs/power.md). Accelerators: cores / (SMs or
// CUs + host cores a GPU).
struct OtherRow {
  MachineRow row;
  const char* source;
};
constexpr const char* register_2025 = "Green500 November 2025 as printed by The Register, 2025-11-21";
constexpr std::array others{
    OtherRow{{"Kairos", "gh200", 64, 47.66, 46}, register_2025},
    OtherRow{{"ROMEO-2025", "gh200", 232, 42.50, 160}, register_2025},
    OtherRow{{"Levante GPU extension", "gh200", 176, 38.35, 110}, register_2025},
    OtherRow{{"Isambard-AI phase 1", "gh200", 168, 44.17, 117}, register_2025},
    OtherRow{{"Helios GPU", "gh200", 440, 43.50, 317}, register_2025},
    OtherRow{{"Ouranos", "mi300a", 66, 45.30, 48}, register_2025},
    OtherRow{{"Portage", "mi300a", 512, 47.85, 370}, register_2025},
    OtherRow{{"Capella", "h100-4-liquid", 576, 41.77, 445}, register_2025},
    OtherRow{{"Henri", "h100-pcie", 80, 25.50, 31}, "TOP500 November 2022 as printed by The Register"},
    OtherRow{{"Selene", "dgx-a100", 4480, 14.17, 2646}, "TOP500: 63.46 PFLOP/s, 23.98 GFLOP/s/W"},
    OtherRow{{"JUPITER Booster", "gh200", 23536, 33.71, 13088}, "TOP500 June 2025, from memory"},
    OtherRow{{"JEDI", "gh200", 96, 46.9, 67.3}, "Green500 November 2024, from memory"},
    OtherRow{{"HPC6", "mi250x", 13320, 35.88, 8461}, "TOP500 June 2025, from memory"},
    OtherRow{{"Setonix GPU", "mi250x", 768, 35.36, 477}, "TOP500 June 2025, from memory"},
    OtherRow{{"Summit", "v100-6", 27648, 5.375, 10096}, "TOP500 June 2024, from memory"},
    OtherRow{{"Marconi-100", "v100-4", 3920, 5.52, 1476}, "TOP500 June 2022, from memory"},
    OtherRow{{"MeluXina", "a100-4-liquid", 800, 13.15, 390}, "TOP500 June 2023, from memory"},
};

constexpr const char* smc = "MLPerf Training power, 8 H100 a node, immersion-cooled; at the plug";

ValidationRow machine_row(std::string group, const MachineRow& m, const char* source) {
  const double watts =
      machine_power(find_node_kind(m.kind), m.accelerators, Load::hpl, m.rmax_tflops_per_accelerator).total().value;
  return {
      std::move(group), std::string(m.system) + " (" + m.kind + ")", watts / 1000.0, m.power_kw, 0.12, "kW", source};
}

double node_watts(const char* kind, Load load) { return node_power(find_node_kind(kind), load).total().value; }

}  // namespace

std::vector<ValidationRow> validate_power() {
  std::vector<ValidationRow> rows;
  for (const MachineRow& m : machines) rows.push_back(machine_row("power/hpl", m, top500));
  for (const OtherRow& h : others) rows.push_back(machine_row("power/hpl other", h.row, h.source));

  const auto training = [&](const char* name, const char* kind, double expected, const char* source) {
    rows.push_back({"power/training", name, node_watts(kind, Load::training), expected, 0.08, "W/node", source});
  };
  training("GPT-3 175B FP8, 64 nodes", "hgx-h100-liquid", 6848, smc);
  training("Llama2-70B LoRA, 1 node", "hgx-h100-liquid", 6950, smc);
  training("Llama2-70B LoRA, 8 Dell XE9680, air and rear door", "hgx-h100", 7033 / 0.96,
           "MLPerf Training v4.1 power: mean reading 7,033 W before 0.96 supply efficiency");
  training("Llama2-70B LoRA, 8 B200, water", "hgx-b200", 9575 / 0.94,
           "MLPerf Training v5.0 power: mean reading 9,575 W before 0.94 supply efficiency");

  rows.push_back({"power/network", "512 H100: interconnect", network_power(find_node_kind("hgx-h100"), 64).value, 59570,
                  0.40, "W", "submitter's estimate from nameplates (an upper bound), MLPerf Training power"});
  rows.push_back({"power/idle", "8 × A100 server", node_watts("dgx-a100", Load::idle), 1500, 0.15, "W",
                  "measured ~1.5 kW (models guide)"});
  return rows;
}

}  // namespace nadc
