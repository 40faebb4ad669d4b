// Time of one training step of a transformer on a GPU kind, a layout and a network.
//
// A GPU holds 1/TP of the layers of its pipeline stage and sees seq/CP tokens of each sequence of a micro-batch.
// Per layer and micro-batch:
//   GEMM        Σ 2KN·tokens·(3 + k·(1/K + 1/N + 1/tokens)) ÷ (peak × efficiency), forward and both backward products;
//               k is the length at which a matrix unit's start and end cost as much as its work
//   attention   causal, half of the pairs: 2 s·h forward and 2.5 times that backward, at its own efficiency of the BF16
//               peak
//   memory      norms, activations, casts, and gradients added in FP32 to every weight, at the HBM's rate
//   tensor      8 gathers and scatters of tokens·h·2 bytes; at most tensor_overlap of it under the products
//   context     keys and values round the CP ring, under the attention of the pieces before
//   expert      4 all-to-alls of tokens·top_k·capacity·h·2 bytes, half under the products (assumption); what leaves the
//               NVLink domain at the fabric's all-to-all rate, and once more over NVLink where rails are planes
//   recompute   selective: half of the forward memory traffic again (assumption); full: the forward pass again
// Between layers, schedule.hpp: what the pipeline idles, and how much of sends, gradients and weights does not fit
// under computing. Step = m × slowest stage (the last one also holds the vocabulary) + all that is exposed + optimizer
// + a fixed cost, × a straggler factor per doubling.
// MFU = model FLOPs of all pairs of tokens ÷ (peak at the precision × time), as Megatron and NVIDIA's published tables
// count; mfu_causal counts half of the pairs. Constants: one set a GPU kind (transformer.hpp) and those of
// steptime.cpp, fitted to mlperf_step_times, dgxc_h100_gb200_scaling, megatron_core_weak_scaling at once. Memory:
// memory.hpp. Neglected: uneven experts, data loading, checkpoints, evaluation; software releases differ by ±8 % on one
// configuration.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/network/collective.hpp"
#include "models/network/memory.hpp"
#include "models/network/schedule.hpp"
#include "models/network/transformer.hpp"

namespace nadc {

struct Layout {  // 0: choose
  int tp = 0, pp = 0, cp = 0, dp = 0, ep = 0, vp = 0, micro_batch = 0;
};

struct StepRequest {
  TransformerModel model;
  GpuKind gpu;
  std::int64_t gpus = 0;
  std::int64_t batch = 0;  // sequences, whole job
  std::int64_t seq = 0;    // tokens
  Precision precision = Precision::bf16;
  Layout layout;
  PipelineSchedule schedule = PipelineSchedule::automatic;
  Recompute recompute = Recompute::automatic;
  double gradient_bytes = 4.0;           // of a gradient as it is kept and reduced
  std::optional<double> tensor_overlap;  // share of tensor-parallel communication that may hide; none: as fitted
  double capacity = 1.0;                 // rows of an expert over the mean
  FabricView fabric;                     // its NVLink part is taken from the GPU kind
  double share = 1.0;                    // of its network bandwidth that other traffic leaves
};
StepRequest step_request(std::string_view model, std::string_view gpu, std::int64_t gpus, std::int64_t batch,
                         std::int64_t seq, Precision precision, const Layout& layout = {});

struct StepTime {
  double step_s = 0.0;
  double gemm_s = 0.0, attention_s = 0.0, memory_s = 0.0, vocabulary_s = 0.0, recompute_s = 0.0, bubble_s = 0.0;
  double tensor_s = 0.0, context_s = 0.0, expert_s = 0.0, pipeline_s = 0.0, data_s = 0.0;  // exposed communication
  double optimizer_s = 0.0, fixed_s = 0.0, straggler_s = 0.0;
  double hidden_s = 0.0;           // communication under computing
  double network_exposed_s = 0.0;  // of the exposed, what crosses the network
  double network_hidden_s = 0.0;
  double tokens_per_s = 0.0, mfu = 0.0, mfu_causal = 0.0;
  MemoryUse memory;  // of one GPU
  bool fits = false;
  Layout layout;  // as used
  PipelineSchedule schedule = PipelineSchedule::plain;
  Recompute recompute = Recompute::none;
  std::int64_t micro_batches = 0;
  std::vector<std::string> notes;  // what was chosen
  double communication_s() const { return tensor_s + context_s + expert_s + pipeline_s + data_s; }
};

// The shortest step of the layouts that the request leaves open, among those that fit into memory.
// ErrorKind::input when the layout and the GPUs do not multiply out, with the nearest that does; when nothing fits,
// with what it needs.
StepTime step_time(const StepRequest& request);

// How a job feels a network on which its communication takes `stretch` times as long: its time grows to
//   1 + communication·(stretch − 1) + max(0, hidden·(stretch − 1) − slack),
// the first line from what is exposed at full speed, the second through the step at stretches of 6 and 12 (pace.hpp);
// between 1 and 16 within 5 points of the step itself, for 405B on 4,096 GPUs.
struct OverlapShares {
  double communication = 0.0, hidden = 0.0, slack = 0.0;
};
OverlapShares overlap_shares(const StepRequest& request);

// One layout whose every part is set; no check. For layout.cpp.
StepTime timed_step(const StepRequest& request, const Layout& layout, Recompute recompute);

// Layers of the fullest stage; the embedding and the vocabulary may each take a layer's place when that divides evenly.
struct StageLayers {
  int layers = 0;
  bool ends_lighter = false;
};
StageLayers stage_layers(int layers, int pp);

}  // namespace nadc
