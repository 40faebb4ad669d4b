// Transformers and GPU kinds that training steps are timed for: dimensions, peaks, and the few constants that were
// fitted to measured steps. Figures and their sources: transformer.cpp.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace nadc {

struct TransformerModel {
  std::string name;
  int layers = 0, hidden = 0, heads = 0, kv_heads = 0;
  int ffn = 0;         // of an expert, when there are experts
  bool gated = false;  // SwiGLU: three matrices
  int vocabulary = 0;
  int experts = 0, top_k = 0;           // 0: dense
  int shared_experts = 0;               // that every token meets beside them
  int dense_layers = 0, dense_ffn = 0;  // first layers without experts
  double attention_weights = 0.0;       // of a layer; 0: h²(2 + 2·kv_heads/heads)
  int attention_width = 0;              // of scores and values, all heads, their mean; 0: hidden
  int kv_width = 0;                     // kept for a token's keys and values together; 0: 2h·kv_heads/heads
  std::string source;

  double attention_layer() const;       // weights
  double expert_layer() const;          // weights of all experts of a layer, without those that are shared
  double layer_weights() const;         // stored, all experts, mean over the layers
  double layer_active_weights() const;  // touched by a token
  double width() const { return attention_width > 0 ? attention_width : hidden; }
  double kept() const { return kv_width > 0 ? kv_width : 2.0 * hidden * kv_heads / heads; }
  double parameters() const;
  // Model FLOPs, forward and backward; `attention`: 1 counts all pairs of tokens, as Megatron and NVIDIA's tables do,
  // ½ those that causal attention computes.
  double flops_per_token(double seq, double attention = 1.0) const;
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
  double in_switch = 0.636;                                  // efficiency of NVLink switches that reduce; 0: none do
  double gemm_bf16 = 0.0, gemm_fp8 = 0.0, gemm_nvfp4 = 0.0;  // efficiency of large products
  double attention = 0.0;                                    // of the BF16 peak
  double half_length = 0.0;                                  // k at BF16; ×2 at FP8, ×4 at NVFP4
  std::string source;                                        // of the peaks
  std::string calibrated_on;
  double peak(Precision precision) const;
};
std::span<const GpuKind> gpu_kinds();
const GpuKind& gpu_kind(std::string_view name);

}  // namespace nadc
