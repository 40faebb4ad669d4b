// Accelerators, fabrics and nodes as power sees them.
//
// One set of physics for every row (node_power.hpp). What a row holds is either a data-sheet figure, or one of the few
// fitted ones: an accelerator's active baseline and its energy a flop, and a node's "other" part. The fit is on the
// machines and training runs of validate_power(); rows that no published run touches say "assumption".
// "Data sheet" without more means the maker's product page, from memory.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nadc {

enum class Cooling : std::uint8_t { air, rear_door, liquid, immersion };

// Power of one accelerator (for MI300A: the whole APU; for GH200 and GB200: the GPU without its Grace share).
// FP64 rate r [TFLOP/s, as HPL counts]: baseline_w + fp64_w_per_tflops · r, at most limit_w. For training the same line
// runs from baseline_w to training_w at training_tflops [16-bit dense TFLOP/s].
struct GpuPower {
  std::string_view name;
  double idle_w;             // [W] no job, clocks down
  double limit_w;            // [W] power limit of the board
  double baseline_w;         // [W] clocks up, memory and leakage, no arithmetic; fitted
  double fp64_w_per_tflops;  // [W per TFLOP/s] fitted
  double hpl_tflops;         // [TFLOP/s] typical HPL rate, when the caller states none
  double training_w;         // [W] at training_tflops
  double training_tflops;    // [TFLOP/s] 16-bit
  double inference_w;        // [W] mean while serving
  std::string_view source;
};

inline constexpr std::string_view assumed_inference = "inference 60-65 % of the limit: assumption";

inline constexpr GpuPower gpu_v100{"V100 SXM2",
                                   40,
                                   300,
                                   110,
                                   28.0,
                                   5.5,
                                   260,
                                   60,
                                   190,
                                   "limit: data sheet; baseline and slope fitted to Sierra, PANGEA III and AiMOS "
                                   "(TOP500 June 2025); training: assumption"};
inline constexpr GpuPower gpu_a100{"A100 SXM4",
                                   64,
                                   400,
                                   132,
                                   15.0,
                                   14.0,
                                   340,
                                   150,
                                   250,
                                   "idle 62-66 W: measured, models guide; limit: data sheet; baseline and slope fitted "
                                   "to Perlmutter, JUWELS Booster, Discovery 5, Pégaso, HiPerGator AI (TOP500 June "
                                   "2025); training: assumption"};
inline constexpr GpuPower gpu_a100_64gb{"A100 SXM4 64 GB (custom)",
                                        64,
                                        440,
                                        132,
                                        15.0,
                                        17.4,
                                        370,
                                        170,
                                        270,
                                        "limit 440 W: CINECA, from memory; baseline and slope as A100 SXM4"};
inline constexpr GpuPower gpu_h100{
    "H100 SXM5",
    75,
    700,
    130,
    12.6,
    43.0,
    645,
    400,
    430,
    "limit: data sheet; baseline and slope fitted to Gefion and MareNostrum 5 (TOP500 June "
    "2025); training fitted to GPT-3 175B and Llama2-70B LoRA (MLPerf Training power)"};
inline constexpr GpuPower gpu_h100_pcie{
    "H100 PCIe", 50,  350, 65,  7.0,
    25.5,        310, 280, 220, "limit: data sheet; lower clocks give a lower slope: assumption"};
inline constexpr GpuPower gpu_h800{
    "H800 SXM5", 75,  700, 130, 12.6,
    0.9,         645, 400, 430, "H100 die with FP64 and NVLink reduced: H100 row, HPL rate ~1 TFLOP/s; assumption"};
inline constexpr GpuPower gpu_h200{
    "H200 SXM5", 80,  700, 140, 12.2,
    43.6,        645, 400, 450, "limit: data sheet; slope fitted to ABCI 3.0 (TOP500 June 2025); training as H100"};
inline constexpr GpuPower gpu_b200{"B200 SXM6",
                                   140,
                                   1000,
                                   220,
                                   18.0,
                                   37.0,
                                   940,
                                   800,
                                   640,
                                   "limit: data sheet; training fitted to Llama2-70B LoRA on 8 B200 (MLPerf Training "
                                   "v5.0 power); slope: assumption"};
inline constexpr GpuPower gpu_gb200{"B200 in GB200",
                                    150,
                                    1200,
                                    230,
                                    18.0,
                                    38.0,
                                    1040,
                                    880,
                                    740,
                                    "limit 1,200 W: data sheet; the rest scaled from B200: assumption"};
inline constexpr GpuPower gpu_gh200{
    "H100/H200 in GH200",
    75,
    680,
    85,
    10.8,
    42.0,
    580,
    400,
    420,
    "baseline and slope fitted to Alps (TOP500 June 2025); module limit 680 W a GPU and "
    "training: assumption"};
inline constexpr GpuPower gpu_mi250x{"MI250X",
                                     90,
                                     560,
                                     170,
                                     9.3,
                                     35.0,
                                     470,
                                     150,
                                     340,
                                     "limit: data sheet; baseline and slope fitted to Frontier, LUMI, Adastra (TOP500 "
                                     "June 2025); training: assumption"};
inline constexpr GpuPower gpu_mi300a{"MI300A (APU)",
                                     110,
                                     760,
                                     170,
                                     10.6,
                                     42.0,
                                     650,
                                     280,
                                     460,
                                     "limit 760 W: data sheet; baseline and slope fitted to El Capitan, Tuolumne, El "
                                     "Dorado (TOP500 June 2025); training: assumption"};
inline constexpr GpuPower gpu_mi300x{
    "MI300X", 130, 750, 170, 9.6, 55.0, 680, 400, 470, "limit: data sheet; slope scaled from MI300A: assumption"};
inline constexpr GpuPower gpu_pvc{
    "Data Center GPU Max 1550",
    120,
    600,
    160,
    16.0,
    15.9,
    480,
    150,
    360,
    "limit: data sheet; baseline and slope fitted to Aurora (TOP500 June 2025); training: "
    "assumption"};
inline constexpr GpuPower gpu_rngd{"RNGD",
                                   35,
                                   180,
                                   60,
                                   0.0,
                                   0.0,
                                   0,
                                   0,
                                   140,
                                   "limit 180 W, 256 TFLOP/s BF16, inference only: FuriosaAI product page; idle and "
                                   "baseline: assumption"};

enum class FabricShape : std::uint8_t { fat_tree, dragonfly };

// A switch family. A host link has optics at both ends when host_optics_ends is 2, copper when 0.
struct FabricKind {
  std::string_view name;
  FabricShape shape;
  int radix;            // ports
  int dragonfly_hosts;  // ports towards hosts on a dragonfly's switch
  double switch_w;      // [W] without optics
  double optic_w;       // [W] one end of one link
  int host_optics_ends;
  std::string_view source;
};

inline constexpr FabricKind fabric_edr{"EDR InfiniBand 100G",
                                       FabricShape::fat_tree,
                                       36,
                                       0,
                                       136,
                                       3.5,
                                       0,
                                       "136 W typical, 3.5 W an optic: data sheets, from memory"};
inline constexpr FabricKind fabric_hdr{"HDR InfiniBand 200G",
                                       FabricShape::fat_tree,
                                       40,
                                       0,
                                       253,
                                       4.5,
                                       0,
                                       "QM8700 253 W typical, 4.5 W an optic: data sheets, from memory"};
inline constexpr FabricKind fabric_slingshot{"Slingshot-11 200G",
                                             FabricShape::dragonfly,
                                             64,
                                             16,
                                             250,
                                             5.0,
                                             0,
                                             "250 W a switch, 16 hosts each, one optic end a host port: from memory"};
inline constexpr FabricKind fabric_ndr{"NDR InfiniBand 400G",
                                       FabricShape::fat_tree,
                                       64,
                                       0,
                                       747,
                                       8.0,
                                       2,
                                       "QM9700 747 W typical (from memory); twin-port 800G optics 15-17 W, single 400G "
                                       "8-9 W (NVIDIA product pages)"};

// Ports of the storage network, as a share of the compute ports (SuperPOD: one 400G port beside eight). Assumption.
inline constexpr double storage_port_share = 0.125;

struct ServerKind {
  std::string_view name;
  const GpuPower* gpu;
  int gpus;  // accelerators in the unit that is bought and switched: a server, or a rack for NVL72
  Cooling cooling;
  int cpus;
  double cpu_idle_w;      // [W] each
  double cpu_limit_w;     // [W] each
  double memory_w;        // [W] host memory
  double nic_w;           // [W] adapters
  double other_w;         // [W] NVSwitch, drives, board, baseboard controller
  double fan_full_w;      // [W] fans at heat_full_w; 0 where liquid or a bath takes the heat
  double heat_full_w;     // [W] heat for which the fans are sized
  double supply_rated_w;  // [W] of all supplies together, spares included
  const FabricKind* fabric;
  double ports;      // compute-fabric ports of the node
  double standby_w;  // [W] at the plug while the node is down; assumption
  std::string_view source;
};

inline constexpr std::array node_catalog{
    ServerKind{"dgx-a100", &gpu_a100, 8, Cooling::air, 2, 85, 225, 120, 140, 220, 700, 5300, 13200, &fabric_hdr, 8, 80,
               "2 EPYC 7742, 6 × 2.2 kW supplies, 8 HDR ports, 6.5 kW maximum: data sheet; idle server ~1.5 kW"},
    ServerKind{"a100-ex", &gpu_a100, 4, Cooling::liquid, 1, 100, 280, 40, 60, 30, 0, 1, 5000, &fabric_slingshot, 4, 50,
               "one EPYC 7763 and four A100 a node, as Perlmutter (NERSC pages); other: fitted"},
    ServerKind{"a100-4-liquid", &gpu_a100, 4, Cooling::liquid, 2, 60, 180, 40, 60, 40, 20, 2300, 6000, &fabric_hdr, 4,
               50, "two EPYC 7402, four A100, four HDR ports, as JUWELS Booster (FZJ pages); other: fitted"},
    ServerKind{"a100-64gb", &gpu_a100_64gb, 4, Cooling::liquid, 1, 90, 250, 60, 50, 30, 20, 2300, 6000, &fabric_hdr, 2,
               50, "one Xeon 8358, four custom A100, two dual-port HDR100, as Leonardo (CINECA pages); other: fitted"},
    ServerKind{"v100-4", &gpu_v100, 4, Cooling::liquid, 2, 60, 190, 70, 40, 50, 40, 1700, 4400, &fabric_edr, 2, 50,
               "AC922 with two POWER9 and four V100, as Sierra; other: fitted"},
    ServerKind{"v100-6", &gpu_v100, 6, Cooling::liquid, 2, 60, 190, 70, 40, 70, 40, 2200, 4400, &fabric_edr, 2, 50,
               "AC922 with two POWER9 and six V100, as PANGEA III and AiMOS; other: fitted"},
    ServerKind{
        "hgx-h100", &gpu_h100, 8, Cooling::air, 2, 110, 350, 200, 250, 520, 1300, 8400, 19800, &fabric_ndr, 8, 100,
        "DGX H100: two Xeon 8480C, 6 × 3.3 kW supplies, 8 NDR ports, 10.2 kW maximum (data sheet); other and fans "
        "fitted to Gefion and to Dell XE9680 runs"},
    ServerKind{"hgx-h100-liquid", &gpu_h100, 8, Cooling::liquid, 2, 110, 350, 200, 250, 480, 0, 1, 16000, &fabric_ndr,
               8, 100, "hgx-h100 without fans; checked on 512 immersion-cooled H100 (MLPerf Training power)"},
    ServerKind{"h100-4-liquid", &gpu_h100, 4, Cooling::liquid, 2, 80, 210, 80, 40, 50, 0, 1, 7000, &fabric_ndr, 1, 50,
               "four H100 with two 210 W EPYC, one NDR port, as Lenovo SD665-N V3; assumption"},
    ServerKind{"h100-64gb", &gpu_h100, 4, Cooling::liquid, 2, 110, 350, 120, 100, 80, 0, 1, 9000, &fabric_ndr, 2, 50,
               "two Xeon 8460Y+, four H100 64 GB, four NDR200 ports, as MareNostrum 5 ACC (BSC pages); other: fitted"},
    ServerKind{"h100-pcie", &gpu_h100_pcie, 4, Cooling::air, 2, 80, 265, 80, 30, 50, 180, 2000, 4800, &fabric_hdr, 1,
               50, "two Xeon 8362 and four H100 PCIe, as Lenovo SR670 V2; assumption"},
    ServerKind{"hgx-h800", &gpu_h800, 8, Cooling::air, 2, 110, 350, 200, 250, 520, 1300, 8400, 19800, &fabric_ndr, 8,
               100, "host as hgx-h100; assumption"},
    ServerKind{"hgx-h200", &gpu_h200, 8, Cooling::air, 2, 110, 350, 200, 250, 520, 1300, 8400, 19800, &fabric_ndr, 8,
               100, "DGX H200, 10.2 kW maximum (data sheet); host as hgx-h100"},
    ServerKind{"hgx-h200-liquid", &gpu_h200, 8, Cooling::liquid, 2, 110, 350, 200, 250, 480, 0, 1, 16000, &fabric_ndr,
               8, 100, "host as hgx-h100-liquid; assumption"},
    ServerKind{"hgx-b200", &gpu_b200, 8, Cooling::liquid, 2, 120, 400, 250, 250, 720, 0, 1, 26400, &fabric_ndr, 8, 120,
               "water-cooled eight-GPU B200, as Lenovo SR780a V3 (MLPerf Training v5.0 power); other: fitted"},
    ServerKind{"dgx-b200", &gpu_b200, 8, Cooling::air, 2, 120, 400, 250, 250, 720, 1500, 12000, 19800, &fabric_ndr, 8,
               120, "hgx-b200 with fans; 14.3 kW maximum, 6 × 3.3 kW supplies (data sheet); fans: assumption"},
    ServerKind{"gb200-nvl72", &gpu_gb200, 72, Cooling::liquid, 36, 60, 250, 0, 1800, 13000, 1500, 120000, 198000,
               &fabric_ndr, 72, 2000,
               "rack of 18 trays × 6,667 W maximum (models guide); 9 NVSwitch trays and the rest: assumption"},
    ServerKind{"gh200", &gpu_gh200, 4, Cooling::liquid, 4, 40, 120, 0, 60, 0, 0, 1, 7000, &fabric_slingshot, 4, 50,
               "four superchips a node, as Alps; Grace with its LPDDR5X 40-120 W: assumption"},
    ServerKind{"mi250x", &gpu_mi250x, 4, Cooling::liquid, 1, 90, 280, 50, 80, 40, 0, 1, 5000, &fabric_slingshot, 4, 50,
               "one 64-core EPYC, four MI250X, four Slingshot ports: HPE Cray EX235a; other: fitted"},
    ServerKind{"mi300a", &gpu_mi300a, 4, Cooling::liquid, 0, 0, 0, 0, 90, 20, 0, 1, 6000, &fabric_slingshot, 4, 50,
               "four APUs, no host: HPE Cray EX255a; other: fitted"},
    ServerKind{"mi300x", &gpu_mi300x, 8, Cooling::air, 2, 110, 360, 200, 250, 300, 1300, 8400, 19800, &fabric_ndr, 8,
               100, "eight-GPU OAM server; host as hgx-h100 without NVSwitch: assumption"},
    ServerKind{"pvc", &gpu_pvc, 6, Cooling::liquid, 2, 140, 350, 150, 160, 60, 0, 1, 9000, &fabric_slingshot, 8, 60,
               "two Xeon Max 9470, six GPU Max, eight Slingshot ports, as Aurora (ALCF pages); other: fitted"},
    ServerKind{"rngd", &gpu_rngd, 8, Cooling::air, 2, 60, 225, 80, 25, 60, 250, 2400, 6000, &fabric_hdr, 1, 60,
               "eight PCIe cards in a 3 kW server: FuriosaAI product page; split: assumption"},
};

// Other names under which people know a row.
struct ServerAlias {
  std::string_view alias, name;
};
inline constexpr std::array node_aliases{
    ServerAlias{"hgx-a100", "dgx-a100"},
    ServerAlias{"dgx-h100", "hgx-h100"},
    ServerAlias{"dgx-h200", "hgx-h200"},
    ServerAlias{"hgx-b200-liquid", "hgx-b200"},
    ServerAlias{"hgx-b200-air", "dgx-b200"},
    ServerAlias{"gb200", "gb200-nvl72"},
    ServerAlias{"hgx-h100-immersion", "hgx-h100-liquid"},
    ServerAlias{"hgx-mi300x", "mi300x"},
    ServerAlias{"v100", "v100-4"},
    ServerAlias{"a100", "dgx-a100"},
    ServerAlias{"h100", "hgx-h100"},
    ServerAlias{"h200", "hgx-h200"},
    ServerAlias{"b200", "hgx-b200"},
    ServerAlias{"h800", "hgx-h800"},
    ServerAlias{"gpu-max", "pvc"},
};

// The kind, or null.
const ServerKind* known_node_kind(std::string_view name);
// The row of a name or alias. Throws Error (usage) that names the nearest known kind. O(kinds).
const ServerKind& find_node_kind(std::string_view name);

// All names, in catalog order.
std::vector<std::string> node_kind_names();

std::string_view cooling_name(Cooling cooling);

}  // namespace nadc
