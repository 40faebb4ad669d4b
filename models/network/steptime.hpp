// Time of one training step of a transformer on a GPU kind, a layout and a network.
//
// A GPU holds 1/TP of the layers of its pipeline stage and sees seq/CP tokens of each sequence of a micro-batch.
// Per layer and micro-batch:
//   GEMM        Σ 2KN·tokens·(3 + k·(1/K + 1/N + 1/tokens)) ÷ (peak × efficiency), forward and both backward products;
//               k is the length at which a matrix unit's start and end cost as much as its work
//   attention   causal, 2 s·h forward and 2.5 times that backward, at its own efficiency of the BF16 peak
//   memory      norms, activations, casts, and gradients added in FP32 to every weight, at the HBM's rate
//   tensor      8 gathers and scatters of tokens·h·2 bytes, the part that compute does not hide
//   context     keys and values round the CP ring, what attention does not hide
//   expert      4 all-to-alls of tokens·top_k·h·2 bytes, the part that compute does not hide
// Step = (m + (PP − 1)/VP) × slowest stage (the last one also holds the vocabulary) + sends between stages + the
// exposed part of reduce-scatter and all-gather over DP×CP + optimizer + a fixed cost, × a straggler factor per
// doubling. MFU = (6·weights without the input embedding + 12·L·h·s) × tokens ÷ (peak at the precision × time): full
// attention, as Megatron and NVIDIA's published tables count. Constants: one set a GPU kind, fitted to
// mlperf_step_times, dgxc_h100_gb200_scaling, megatron_core_weak_scaling at once; steptime.cpp says which GPU kinds
// were measured and which are inferred. Neglected: activation recomputation, uneven experts, data loading, checkpoints,
// evaluation; software releases differ by ±8 % on one configuration.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/network/collective.hpp"

namespace nadc {

struct TransformerModel {
  std::string name;
  int layers = 0, hidden = 0, heads = 0, kv_heads = 0;
  int ffn = 0;
  bool gated = false;  // SwiGLU: three matrices
  int vocabulary = 0;
  int experts = 0, top_k = 0;  // 0: dense
  std::string source;
  double layer_weights() const;         // stored, all experts
  double layer_active_weights() const;  // touched by a token
  double parameters() const;
  double flops_per_token(double seq) const;  // model FLOPs, forward and backward
};
std::span<const TransformerModel> transformer_models();
const TransformerModel& transformer_model(std::string_view name);  // ErrorKind::usage with the nearest name

enum class Precision : std::uint8_t { bf16, fp8, nvfp4 };
std::string_view name_of(Precision precision);
Precision precision_of(std::string_view name);

struct GpuKind {
  std::string name;
  double bf16 = 0.0, fp8 = 0.0, nvfp4 = 0.0;  // dense peak [FLOP/s]; 0: not supported
  double memory_rate = 0.0, memory = 0.0;     // [B/s], [B]
  double nvlink = 0.0;                        // each way [B/s]
  int domain = 8;
  double nic = 50e9;                                         // each way [B/s]
  double in_switch = 0.636;                                  // efficiency of NVLink switches that reduce (NVLS)
  double gemm_bf16 = 0.0, gemm_fp8 = 0.0, gemm_nvfp4 = 0.0;  // efficiency of large products
  double attention = 0.0;                                    // of the BF16 peak
  double half_length = 0.0;                                  // k at BF16; ×2 at FP8, ×4 at NVFP4
  std::string source;                                        // of the peaks
  std::string calibrated_on;
  double peak(Precision precision) const;
};
std::span<const GpuKind> gpu_kinds();
const GpuKind& gpu_kind(std::string_view name);

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
  FabricView fabric;   // its NVLink part is taken from the GPU kind
  double share = 1.0;  // of its network bandwidth that other traffic leaves
};
StepRequest step_request(std::string_view model, std::string_view gpu, std::int64_t gpus, std::int64_t batch,
                         std::int64_t seq, Precision precision, const Layout& layout = {});

struct StepTime {
  double step_s = 0.0;
  double gemm_s = 0.0, attention_s = 0.0, memory_s = 0.0, vocabulary_s = 0.0, bubble_s = 0.0;
  double tensor_s = 0.0, context_s = 0.0, expert_s = 0.0, pipeline_s = 0.0, data_s = 0.0;  // exposed communication
  double optimizer_s = 0.0, fixed_s = 0.0, straggler_s = 0.0;
  double tokens_per_s = 0.0, mfu = 0.0;
  double memory_bytes = 0.0;  // estimate, of one GPU
  Layout layout;              // as used
  std::int64_t micro_batches = 0;
  std::vector<std::string> notes;  // what was chosen, what does not fit
  double communication_s() const { return tensor_s + context_s + expert_s + pipeline_s + data_s; }
};

// ErrorKind::input when the layout and the GPUs do not multiply out, with the nearest that does.
StepTime step_time(const StepRequest& request);

}  // namespace nadc
