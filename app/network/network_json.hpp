// What each verb of `nadc network` answers, as JSON.
#pragma once
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/network/topology_options.hpp"
#include "models/network/collective.hpp"

namespace nadc {

struct SizeRequest {
  TopologyOptions topology;
  std::vector<std::string> fabrics;                         // storage, front-end, management
  std::optional<std::int64_t> grow_to;                      // GPUs
  std::int64_t down = 0;                                    // failures of each kind, worst case
  std::vector<std::string> failed_switches, failed_cables;  // by name or number
  std::string sweep;                                        // FROM:TO[:STEP]
  bool bill = false;                                        // what to order, a line an item
  double spares = 2.0;                                      // [%] of each item
  HallOptions hall;
  bool racks = false;               // a line a rack
  double optimise = 0.0;            // largest slow-down; 0: no search
  std::string model, gpu = "h100";  // the job for --optimise; empty: usual_jobs
  std::int64_t job_gpus = 0, batch = 0, seq = 8192;
  std::string scenario, lever;  // its jobs are those for --optimise
  std::vector<std::string> overrides;
  bool all = false;  // judge also what is dearer than the first that meets
};
// What is left when --down of each kind, or the named ones, are down.
nlohmann::ordered_json damage_json(const Topology& topology, const SizeRequest& request);
// Lines of a bill of materials, each with its network.
void append_bill(nlohmann::ordered_json& rows, const NetworkSize& size, const SizingInputs& inputs, double spares);
nlohmann::ordered_json size_json(const SizeRequest& request);

struct FlowsRequest {
  std::string file;  // an instance; else a pattern on a topology
  TopologyOptions topology;
  std::string pattern;  // permutation, shift, all-to-all
  int flows_per_gpu = 1;
  double bytes = 1e9;  // largest of a flow; sizes are uniform up to it
  std::string routing = "ecmp";
  int queue_pairs = 1;
  std::uint64_t seed = 1;
  std::vector<std::string> failed_switches, failed_cables;  // by name or number
  std::string write;                                        // the instance, when every flow takes one path
};
// Pairs (from, to) of its pattern.
std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs_of(const FlowsRequest& request, std::uint32_t gpus);
nlohmann::ordered_json flows_json(const FlowsRequest& request);

struct CollectiveRequest {
  TopologyOptions topology;
  std::string kind = "all-reduce", algorithm = "auto", gpu = "h100";
  std::vector<std::int64_t> ranks{8};
  std::vector<std::string> bytes;
  std::string from = "8", to = "8G";  // swept when no bytes are given
  double factor = 4.0;
  std::string beside;  // permutation or all-reduce: other traffic on the same topology
  std::string routing = "ecmp";
  std::string against;    // nccl-tests output
  std::string fit;        // file that the constants fitted to it are written to
  std::string constants;  // file of constants
};
nlohmann::ordered_json collective_json(const CollectiveRequest& request);

struct StepTimeRequest {
  TopologyOptions topology;
  std::string model, gpu = "h100", precision = "bf16";
  std::int64_t gpus = 0, batch = 0, seq = 8192;
  Layout layout;
  std::string schedule = "auto", recompute = "auto", gradients = "fp32";
  std::optional<double> tensor_overlap;
  double capacity = 1.0;
  std::string constants;  // file of nadc network collective --fit
  double scatter = 0.0;   // share of neighbours that the placement puts under another leaf
  double share = 1.0;     // of the network's bandwidth that other traffic leaves
};
nlohmann::ordered_json steptime_json(const StepTimeRequest& request);

struct CalibrateRequest {
  std::string file, output;  // a scenario, or a topology file; the table
  std::vector<std::string> overrides;
  int replicas = 1;  // of each load and placement
  bool force = false;
};
nlohmann::ordered_json calibrate_json(const CalibrateRequest& request);

}  // namespace nadc
