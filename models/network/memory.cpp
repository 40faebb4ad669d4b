#include "models/network/memory.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "sim/error.hpp"

namespace nadc {
namespace {

constexpr std::array<std::string_view, 4> names{"auto", "none", "selective", "full"};

// Kept for the backward pass, of a token and layer, before TP divides it [B].
double kept_bytes(const MemoryQuestion& q) {
  const TransformerModel& m = q.model;
  const double h = m.hidden, kv = m.kept(), matrices = m.gated ? 3.0 : 2.0;
  const double inner = static_cast<double>(m.ffn) * (m.experts > 0 ? m.top_k + m.shared_experts : 1);
  const double further = m.experts > 0 ? 4.0 * h * m.top_k : 0.0;
  // What a product takes in: two norms, attention's output, the activation function's.
  const double low = q.precision == Precision::bf16 ? 0.0 : 3.0 * h + inner;
  if (q.recompute == Recompute::selective)
    return 2.0 * (4.0 * h + kv + (matrices - 1.0) * inner) + further - std::min(low, h);
  return 2.0 * (6.0 * h + kv + matrices * inner) + further - low;
}

}  // namespace

std::string_view name_of(Recompute recompute) { return names[static_cast<std::size_t>(recompute)]; }
Recompute recompute_of(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<Recompute>(i);
  throw Error(ErrorKind::usage, "no way of recomputing activations is called '" + std::string(name) + "'",
              "known: auto, none, selective, full");
}

MemoryUse memory_use(const MemoryQuestion& q) {
  const TransformerModel& m = q.model;
  const double layers = q.stage_layers, ep = std::max(q.ep, 1);
  const double experts = layers * m.expert_layer() * (1.0 - static_cast<double>(m.dense_layers) / m.layers) / ep;
  const double all = layers * m.layer_weights();
  const double ends = (q.pp == 1 ? 2.0 : 1.0) * m.hidden * static_cast<double>(m.vocabulary);
  const double shared = (all - experts * ep + ends) / q.tp, own = experts / q.tp;
  MemoryUse use;
  use.weights = 2.0 * (shared + own);
  use.gradients = q.gradient_bytes * (shared + own);
  use.optimizer = 12.0 * (shared / q.data_ranks + own / std::max(1.0, q.data_ranks / ep));
  const double in_flight =
      std::min(static_cast<double>(q.micro_batches), q.pp + (q.vp > 1 ? (q.pp - 1.0) / q.vp : 0.0));
  const double token_layers = q.tokens / q.tp * layers * in_flight;
  if (q.recompute == Recompute::full)
    use.activations = 2.0 * m.hidden * token_layers + kept_bytes(q) * q.tokens / q.tp;
  else
    use.activations = kept_bytes(q) * token_layers;
  use.logits = 6.0 * q.tokens * m.vocabulary / q.tp;
  return use;
}

}  // namespace nadc
