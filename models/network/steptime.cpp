#include "models/network/steptime.hpp"

#include <algorithm>
#include <cmath>

namespace nadc {
namespace {

// Fitted together on all shared rows (least squares of the logarithm with priors, each configuration weighing as the
// square root of its rows; docs/network.md has the residuals).
constexpr double memory_efficiency = 0.85;  // assumption: stream copies reach 0.8–0.9
constexpr double norm_bytes = 91.5;         // fitted: bytes a token and hidden unit in a layer, forward and backward
constexpr double activation_bytes = 24.0;   // a token and FFN unit; ×1.5 when gated
constexpr double gradient_traffic_bytes = 8.0;  // FP32 gradient read and written, a weight and micro-batch
constexpr double cast_bytes = 78.3;             // fitted: FP8 and FP4 casts, bytes a token and hidden unit
constexpr double usual_tensor_overlap = 0.537;  // fitted
constexpr double usual_contention = 0.0695;     // fitted: share of hidden communication that computing loses
constexpr double expert_overlap = 0.5;          // assumption, 0–0.9
constexpr double optimizer_bytes = 40.0;        // Adam: master, two moments, gradient, weight
constexpr double fixed_cost = 0.1131;           // [s] fitted: launch, clipping, logging
constexpr double straggler = 0.0035;            // fitted: a doubling beyond 8 GPUs
constexpr double nvlink_efficiency = 0.8;
constexpr double send_efficiency = 0.92, data_efficiency = 0.9;  // of the NIC

// One layer and micro-batch of a stage [s].
struct LayerTime {
  double gemm = 0.0, attention = 0.0, memory = 0.0, recompute = 0.0;
  double tensor = 0.0, context = 0.0, expert = 0.0;                       // exposed
  double tensor_hidden = 0.0, context_hidden = 0.0, expert_hidden = 0.0;  // under computing
  double total() const { return gemm + attention + memory + recompute + tensor + context + expert; }
  // A third of the products, two sevenths of attention; the rest is backward, of which weights take a third of the
  // products.
  double forward() const { return (gemm + memory) / 3.0 + attention * 2.0 / 7.0 + (tensor + context + expert) / 2.0; }
  double weight() const { return gemm / 3.0; }
};

struct Rates {
  double gemm = 0.0, half = 0.0, memory = 0.0, nvlink = 0.0;
};

Rates rates_of(const StepRequest& r) {
  const GpuKind& g = r.gpu;
  const double efficiency = r.precision == Precision::bf16  ? g.gemm_bf16
                            : r.precision == Precision::fp8 ? g.gemm_fp8
                                                            : g.gemm_nvfp4;
  const double longer = r.precision == Precision::bf16 ? 1.0 : r.precision == Precision::fp8 ? 2.0 : 4.0;
  return {g.peak(r.precision) * efficiency, g.half_length * longer, g.memory_rate * memory_efficiency,
          g.nvlink * nvlink_efficiency};
}

LayerTime layer_time(const StepRequest& r, const Layout& l, const Rates& rates, double tokens, Recompute recompute,
                     const FabricView& fabric) {
  const TransformerModel& m = r.model;
  const GpuKind& g = r.gpu;
  const double h = m.hidden, tp = l.tp, seq = static_cast<double>(r.seq), ep = std::max(l.ep, 1);
  const double element = r.precision == Precision::bf16 ? 2.0 : r.precision == Precision::fp8 ? 1.0 : 0.5;
  const double active = m.experts > 0 ? m.top_k * r.capacity : 1.0;
  const double matrices = m.gated ? 3.0 : 2.0, first = matrices - 1.0;
  const double kv = m.kept();
  const auto gemm = [&](double k, double n, double rows) {
    return rows <= 0.0 ? 0.0 : 2.0 * k * n * rows * (3.0 + rates.half * (1.0 / k + 1.0 / n + 1.0 / rows)) / rates.gemm;
  };
  const double measured = fabric.nic_efficiency / FabricView{}.nic_efficiency;  // of a log, over the built-in one
  const auto network = [&](double stride) { return fabric.network_rate(stride) * r.share * measured; };

  LayerTime t;
  // Tokens that meet one expert's matrices, and how many such products a GPU does.
  const double local_experts = m.experts > 0 ? m.experts / ep : 1.0;
  const double rows = tokens * active / local_experts;
  // The projections that come before attention, as wide as their weights say, and the one after.
  const double before = m.attention_layer() / h - m.width();
  t.gemm = gemm(h, before / tp, tokens) + gemm(m.width() / tp, h, tokens) +
           local_experts * (gemm(h, first * m.ffn / tp, rows) + gemm(m.ffn / tp, h, rows));
  if (m.shared_experts > 0)
    t.gemm += gemm(h, first * m.ffn * m.shared_experts / tp, tokens) +
              gemm(m.ffn * static_cast<double>(m.shared_experts) / tp, h, tokens);
  t.attention = 7.0 * seq * m.width() * tokens / tp / (g.bf16 * g.attention);
  const double inner = m.ffn * (active + m.shared_experts);
  const double stored = (m.layer_weights() - m.expert_layer() * (1.0 - 1.0 / ep)) / tp;
  t.memory = ((norm_bytes * h + activation_bytes * (m.gated ? 1.5 : 1.0) * inner) * tokens / tp +
              stored * (gradient_traffic_bytes + 3.0 * element) +
              (r.precision == Precision::bf16 ? 0.0 : cast_bytes) * h * tokens / tp) /
             rates.memory;

  const double domain = g.domain;
  const double tensor_rate =
      tp <= domain ? rates.nvlink : std::min(rates.nvlink, network(domain) * domain * data_efficiency);
  const double tensor = 8.0 * tokens * h * 2.0 * (tp - 1.0) / tp / tensor_rate;
  t.tensor = exposed_beside(tensor, r.tensor_overlap.value_or(usual_tensor_overlap), t.gemm);
  t.tensor_hidden = tensor - t.tensor;
  if (l.cp > 1) {
    const double ring = tp * l.cp <= domain ? rates.nvlink : network(domain) * send_efficiency;
    const double transfer = 3.0 * kv / tp * tokens * 2.0 * (l.cp - 1.0) / ring;
    const double window = t.attention * (l.cp - 1.0) / l.cp;
    t.context_hidden = std::min(transfer, window);
    t.context = transfer - t.context_hidden + usual_contention * t.context_hidden;
  }
  if (m.experts > 0 && ep > 1) {
    const double ranks = ep * tp, sparse = 1.0 - static_cast<double>(m.dense_layers) / m.layers;
    const double bytes = 4.0 * sparse * tokens * active * h * 2.0 / tp;
    double transfer = bytes * (std::min(ranks, domain) - 1.0) / ranks / rates.nvlink;
    if (ranks > domain) {
      const double outside = bytes * (1.0 - domain / ranks);
      const double rate =
          fabric.all_to_all_rate(static_cast<std::int64_t>(ranks)) * r.share * measured * data_efficiency;
      transfer = std::max(transfer, outside / rate) + outside * fabric.forwarded / rates.nvlink;
    }
    t.expert = exposed_beside(transfer, expert_overlap, t.gemm);
    t.expert_hidden = transfer - t.expert;
  }
  if (recompute == Recompute::selective) t.recompute = t.memory / 6.0;
  if (recompute == Recompute::full) t.recompute = t.forward();
  return t;
}

// Largest interleaving up to eight chunks whose layers divide evenly: 8 for 405B, 5 for 70B, 6 for GPT-3, as the
// published runs.
int default_vp(int stage_layers, int pp, std::int64_t micro_batches) {
  if (pp == 1 || micro_batches % pp != 0) return 1;
  for (int vp = std::min(8, stage_layers); vp > 1; --vp) {
    if (stage_layers % vp == 0) return vp;
  }
  return 1;
}

}  // namespace

StageLayers stage_layers(int layers, int pp) {
  if (layers % pp != 0 && (layers + 2) % pp == 0) return {(layers + 2) / pp, true};
  return {(layers + pp - 1) / pp, false};
}

StepTime timed_step(const StepRequest& r, const Layout& asked, Recompute recompute) {
  const TransformerModel& m = r.model;
  const GpuKind& g = r.gpu;
  StepTime t;
  Layout l = asked;
  const StageLayers stages = stage_layers(m.layers, l.pp);
  t.micro_batches = r.batch / l.dp / l.micro_batch;
  t.schedule = r.schedule;
  if (t.schedule == PipelineSchedule::plain || t.schedule == PipelineSchedule::zero_bubble) l.vp = 1;
  if (l.vp == 0) l.vp = default_vp(stages.layers, l.pp, t.micro_batches);
  if (t.schedule == PipelineSchedule::automatic)
    t.schedule = l.vp > 1 ? PipelineSchedule::interleaved : PipelineSchedule::plain;
  t.layout = l;
  t.recompute = recompute;

  const double h = m.hidden, tp = l.tp, seq = static_cast<double>(r.seq);
  const double tokens = l.micro_batch * seq / l.cp, domain = g.domain;
  const Rates rates = rates_of(r);
  FabricView fabric = r.fabric;
  fabric.nvlink = g.nvlink;
  fabric.domain = g.domain;
  const double measured = fabric.nic_efficiency / FabricView{}.nic_efficiency;
  const auto network = [&](double stride) { return fabric.network_rate(stride) * r.share * measured; };
  const LayerTime layer = layer_time(r, l, rates, tokens, recompute, fabric);
  const double layer_s = layer.total();
  const double vocabulary_s =
      6.0 * h * m.vocabulary * tokens / tp / (g.bf16 * g.gemm_bf16) + m.vocabulary * tokens / tp * 24.0 / rates.memory;

  // The slowest stage paces the pipeline.
  const double last = (stages.layers - (stages.ends_lighter ? 1 : 0)) * layer_s + vocabulary_s;
  const double count = static_cast<double>(t.micro_batches);
  StepSchedule schedule;
  schedule.kind = t.schedule;
  schedule.stages = l.pp;
  schedule.chunks = l.vp;
  schedule.micro_batches = t.micro_batches;
  schedule.layers = stages.layers;
  if (l.pp == 1 || last > stages.layers * layer_s) {
    schedule.layers -= stages.ends_lighter && l.pp > 1 ? 1 : 0;
    schedule.ends_s = vocabulary_s;
  }
  const double layers = schedule.layers;
  t.gemm_s = count * layers * layer.gemm;
  t.attention_s = count * layers * layer.attention;
  t.memory_s = count * layers * layer.memory;
  t.recompute_s = count * layers * layer.recompute;
  t.tensor_s = count * layers * layer.tensor;
  t.context_s = count * layers * layer.context;
  t.expert_s = count * layers * layer.expert;
  t.vocabulary_s = count * schedule.ends_s;

  schedule.forward_s = layer.forward();
  schedule.weight_s = layer.weight();
  schedule.input_s = layer_s - schedule.forward_s - schedule.weight_s;
  schedule.contention = usual_contention;
  const bool sends_cross = static_cast<double>(r.gpus) > domain;
  if (l.pp > 1)
    schedule.send_s =
        tokens * h * 2.0 / tp / (sends_cross ? network(tp * l.cp * l.dp) * send_efficiency : rates.nvlink);
  const double ranks = static_cast<double>(l.dp) * l.cp, ep = std::max(l.ep, 1);
  const double sparse = m.expert_layer() * (1.0 - static_cast<double>(m.dense_layers) / m.layers);
  const double shared = (m.layer_weights() - sparse) / tp, own = sparse / ep / tp;  // of a layer
  const double ends = (l.pp == 1 ? 2.0 : 1.0) * h * m.vocabulary / tp;
  const double local = std::max(1.0, std::min(ranks, std::floor(domain / std::min(tp, domain))));
  if (ranks > 1.0) {
    const double data_rate =
        ranks <= local ? rates.nvlink : std::min(rates.nvlink, local * network(std::max(domain, tp)) * data_efficiency);
    const double parts = std::max(1.0, ranks / ep);  // ranks that hold the same experts
    const double layer_share = shared * (ranks - 1.0) / ranks + own * (parts - 1.0) / parts;
    const double end_share = ends * (ranks - 1.0) / ranks;
    schedule.reduce_s = r.gradient_bytes * layer_share / data_rate;
    schedule.last_reduce_s = r.gradient_bytes * end_share / data_rate;
    schedule.gather_s = 2.0 * layer_share / data_rate;
    schedule.first_gather_s = 2.0 * end_share / data_rate;
  }
  const StepExposure exposure = expose(schedule);
  t.bubble_s = exposure.bubble_s;
  t.pipeline_s = exposure.sends_s;
  t.data_s = exposure.data_s;
  t.optimizer_s = (stages.layers * (shared / ranks + own / std::max(1.0, ranks / ep)) + ends / ranks) *
                  optimizer_bytes / rates.memory;
  t.fixed_s = fixed_cost;

  const double layer_count = count * layers;
  t.hidden_s = layer_count * (layer.tensor_hidden + layer.context_hidden + layer.expert_hidden) +
               exposure.sends_hidden_s + exposure.data_hidden_s;
  const auto crosses = [&](bool yes, double exposed, double hidden) {
    if (yes) t.network_exposed_s += exposed, t.network_hidden_s += hidden;
  };
  crosses(tp > domain, t.tensor_s, layer_count * layer.tensor_hidden);
  crosses(tp * l.cp > domain, t.context_s, layer_count * layer.context_hidden);
  crosses(ep * tp > domain, t.expert_s, layer_count * layer.expert_hidden);
  crosses(sends_cross, t.pipeline_s, exposure.sends_hidden_s);
  crosses(ranks > local, t.data_s, exposure.data_hidden_s);

  const double sum = t.gemm_s + t.attention_s + t.memory_s + t.vocabulary_s + t.recompute_s + t.bubble_s +
                     t.communication_s() + t.optimizer_s + t.fixed_s;
  t.straggler_s = sum * straggler * std::max(0.0, std::log2(static_cast<double>(r.gpus) / 8.0));
  t.step_s = sum + t.straggler_s;
  t.tokens_per_s = static_cast<double>(r.batch) * seq / t.step_s;
  const double peak = static_cast<double>(r.gpus) * g.peak(r.precision);
  t.mfu = m.flops_per_token(seq) * t.tokens_per_s / peak;
  t.mfu_causal = m.flops_per_token(seq, 0.5) * t.tokens_per_s / peak;
  t.memory = memory_use({m, r.precision, stages.layers, l.tp, l.pp, l.cp, std::max(l.ep, 1), l.vp, ranks, tokens,
                         t.micro_batches, r.gradient_bytes, recompute});
  t.fits = t.memory.total() <= g.memory;
  return t;
}

OverlapShares overlap_shares(const StepRequest& request) {
  StepRequest r = request;
  const StepTime now = step_time(r);
  r.layout = now.layout;
  r.recompute = now.recompute;
  r.schedule = now.schedule;
  const double own_share = r.share;
  const auto longer = [&](double stretch) {
    r.share = own_share / stretch;
    return step_time(r).step_s / now.step_s - 1.0;
  };
  constexpr double little = 1e-3, near = 6.0, far = 12.0;
  OverlapShares shares;
  const double at_near = longer(near);
  shares.communication = longer(1.0 + little) / little;
  const double all = (longer(far) - at_near) / (far - near);
  shares.hidden = std::max(0.0, all - shares.communication);
  shares.slack = std::max(0.0, all * (near - 1.0) - at_near);
  return shares;
}

StepRequest step_request(std::string_view model, std::string_view gpu, std::int64_t gpus, std::int64_t batch,
                         std::int64_t seq, Precision precision, const Layout& layout) {
  StepRequest request;
  request.model = transformer_model(model);
  request.gpu = gpu_kind(gpu);
  request.gpus = gpus;
  request.batch = batch;
  request.seq = seq;
  request.precision = precision;
  request.layout = layout;
  request.fabric.nic = request.gpu.nic;
  return request;
}

}  // namespace nadc
