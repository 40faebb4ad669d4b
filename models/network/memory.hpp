// What one GPU holds of a training job: weights, gradients, optimiser and activations.
//
//   weights      2 B each, gradients 2 or 4 B, Adam's master weight and moments 12 B ÷ the data-parallel ranks
//                (ZeRO 1; Rajbhandari et al., SC 2020); experts ÷ EP, their optimiser over ranks ÷ EP
//   activations  of a token and layer, sequence parallel: 2(6h + kv + ff·ffn) B, kv the width of keys and values,
//                ff = 3 gated, 2 otherwise, plus 4h a further expert (after Korthikanti et al., MLSys 2023, with flash
//                attention). FP8 keeps the inputs of its products in one byte.
//                selective recompute drops what norms and activation functions give: 2(4h + kv + (ff − 1)·ffn) B; full
//                keeps a layer's input, 2h B, and one layer's whole set while it is computed again
//   in flight    micro-batches of the first stage: min(m, P) plain, min(m, P + (P − 1)/V) interleaved
//   logits       6 B a token and word; 3 GB for the context, communication buffers and fragments (assumption, 2–6)
// Neglected: copies of weights in low precision, uneven experts, ZeRO 3, offload.
#pragma once
#include <cstdint>
#include <string_view>

#include "models/network/transformer.hpp"

namespace nadc {

enum class Recompute : std::uint8_t { automatic, none, selective, full };
std::string_view name_of(Recompute recompute);
Recompute recompute_of(std::string_view name);  // ErrorKind::usage with what is known

struct MemoryQuestion {
  const TransformerModel& model;
  Precision precision = Precision::bf16;
  int stage_layers = 1;
  int tp = 1, pp = 1, cp = 1, ep = 1, vp = 1;
  double data_ranks = 1.0;  // DP × CP
  double tokens = 1.0;      // of a micro-batch that a GPU sees: sequences × length ÷ CP
  std::int64_t micro_batches = 1;
  double gradient_bytes = 4.0;
  Recompute recompute = Recompute::none;
};

struct MemoryUse {  // [B]
  double weights = 0.0, gradients = 0.0, optimizer = 0.0, activations = 0.0, logits = 0.0, reserve = 3e9;
  double total() const { return weights + gradients + optimizer + activations + logits + reserve; }
};
MemoryUse memory_use(const MemoryQuestion& question);

}  // namespace nadc
