#include "models/network/steptime.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "models/network/text.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

// Fitted together on all shared rows (least squares of the logarithm with priors; docs/network.md has the residuals).
constexpr double kMemoryEfficiency = 0.85;   // assumption: stream copies reach 0.8–0.9
constexpr double kNormBytes = 101.5;         // fitted: bytes a token and hidden unit in a layer, forward and backward
constexpr double kActivationBytes = 24.0;    // a token and FFN unit; ×1.5 when gated
constexpr double kGradientBytes = 8.0;       // FP32 gradient read and written, a weight and micro-batch
constexpr double kCastBytes = 60.3;          // fitted: FP8 and FP4 casts, bytes a token and hidden unit
constexpr double kTensorExposed = 0.4773;    // fitted
constexpr double kPipelineExposed = 0.3767;  // fitted
constexpr double kDataExposed = 0.1483;      // fitted
constexpr double kExpertExposed = 0.5;       // assumption
constexpr double kDataBytes = 6.0;           // FP32 gradient out, BF16 weight in
constexpr double kOptimizerBytes = 40.0;     // Adam: master, two moments, gradient, weight
constexpr double kFixed = 0.0569;            // [s] fitted: launch, clipping, logging
constexpr double kStraggler = 0.0024;        // fitted: a doubling beyond 8 GPUs
constexpr double kNvlinkEfficiency = 0.8;
constexpr double kSendEfficiency = 0.92, kDataEfficiency = 0.9;  // of the NIC

const std::array kModels{
    TransformerModel{"gpt3-175b", 96, 12288, 96, 96, 49152, false, 51200, 0, 0,
                     "Brown et al. 2020; vocabulary as MLPerf pads it"},
    TransformerModel{"llama3.1-8b", 32, 4096, 32, 8, 14336, true, 128256, 0, 0, "Dubey et al. 2024, table 3"},
    TransformerModel{"llama3.1-70b", 80, 8192, 64, 8, 28672, true, 128256, 0, 0, "Dubey et al. 2024, table 3"},
    TransformerModel{"llama3.1-405b", 126, 16384, 128, 8, 53248, true, 128256, 0, 0, "Dubey et al. 2024, table 3"},
    TransformerModel{"nemotron4-15b", 32, 6144, 48, 8, 24576, false, 256000, 0, 0, "Parmar et al. 2024, table 1"},
    TransformerModel{"nemotron4-340b", 96, 18432, 96, 8, 73728, false, 256000, 0, 0,
                     "NVIDIA 2024 (Nemotron-4 340B), table 1"},
};

const std::array kGpus{
    GpuKind{"h100", 989.4e12, 1978.9e12, 0.0, 3.35e12, 80e9, 450e9, 8, 50e9, 0.636, 0.7074, 0.7281, 0.0, 0.5502, 138.2,
            "NVIDIA H100 SXM5 data sheet", "32 rows: MLPerf Training 3.1–5.0, DGX Cloud, Megatron Core"},
    GpuKind{"h200", 989.4e12, 1978.9e12, 0.0, 4.8e12, 141e9, 450e9, 8, 50e9, 0.636, 0.7074, 0.7281, 0.0, 0.5502, 138.2,
            "NVIDIA H200 data sheet", "H100's constants; one row checks them: MLPerf 5.0, 405B"},
    GpuKind{"b200", 2250e12, 4500e12, 9000e12, 8e12, 180e9, 900e9, 8, 50e9, 0.536, 0.6279, 0.5931, 0.48, 0.4904, 345.5,
            "NVIDIA DGX B200 data sheet", "GB200's constants (assumption); NVFP4 efficiency from memory, 0.40–0.55"},
    GpuKind{"gb200", 2450e12, 4900e12, 9800e12, 8e12, 186e9, 900e9, 72, 50e9, 0.536, 0.6279, 0.5931, 0.48, 0.4904,
            345.5, "peak of the DGX Cloud MFU columns; NVIDIA GB200 NVL72 data sheet",
            "3 rows: MLPerf 5.0 and DGX Cloud 405B; NVFP4 efficiency from memory, 0.40–0.55"},
};

template <class Row, std::size_t N>
const Row& find(std::string_view what, std::string_view name, const std::array<Row, N>& rows) {
  std::vector<std::string_view> names;
  std::string known;
  for (const Row& row : rows) {
    if (row.name == name) return row;
    names.push_back(row.name);
    known += (known.empty() ? "" : ", ") + row.name;
  }
  throw Error(ErrorKind::usage, "no " + std::string(what) + " is called '" + std::string(name) + "'",
              "did you mean " + std::string(nearest_word(name, names)) + "? known: " + known);
}

void reject(const std::string& problem, const std::string& hint) { throw Error(ErrorKind::input, problem, hint); }

// Layers of the fullest stage; the embedding and the vocabulary may each take a layer's place when that divides evenly.
struct Stages {
  int layers = 0;
  bool ends_lighter = false;
};
Stages stages_of(int layers, int pp) {
  if (layers % pp != 0 && (layers + 2) % pp == 0) return {(layers + 2) / pp, true};
  return {(layers + pp - 1) / pp, false};
}

// Largest interleaving with at least three layers a chunk, when the micro-batches allow it.
int default_vp(int stage_layers, int pp, std::int64_t micro_batches) {
  if (pp == 1 || micro_batches % pp != 0) return 1;
  for (int vp = stage_layers / 3; vp > 1; --vp) {
    if (stage_layers % vp == 0) return vp;
  }
  return 1;
}

// At least 4,096 tokens a micro-batch, while the pipeline keeps four rounds.
int default_micro_batch(std::int64_t per_rank, double seq, int cp, int pp) {
  std::int64_t size = 1;
  while (2.0 * static_cast<double>(size) * seq / cp <= 4096.0 && per_rank % (2 * size) == 0 &&
         per_rank / (2 * size) >= 4 * pp)
    size *= 2;
  return static_cast<int>(size);
}

double memory_of(const StepRequest& r, const Layout& l, const Stages& stages) {
  const TransformerModel& m = r.model;
  const double ep = std::max(l.ep, 1);
  const double attention =
      m.layer_weights() - (m.experts > 0 ? (m.gated ? 3.0 : 2.0) * m.hidden * m.ffn * m.experts : 0.0);
  const double experts = m.layer_weights() - attention;
  const double weights =
      (stages.layers * (attention + experts / ep) + (l.pp == 1 ? 2.0 : 1.0) * m.hidden * m.vocabulary) / l.tp;
  const double state = weights * (2.0 + 4.0 + 12.0 / (static_cast<double>(l.dp) * l.cp / ep));
  const double tokens = static_cast<double>(l.micro_batch) * static_cast<double>(r.seq) / l.cp;
  // Kept for the backward pass: 34 bytes a token and hidden unit of a layer (Korthikanti et al. 2022), sequence
  // parallel.
  const double in_flight = l.pp == 1 ? 1.0 : l.pp * (1.0 + (l.pp - 1.0) / (static_cast<double>(l.pp) * l.vp));
  const double activations =
      34.0 * m.hidden * tokens / l.tp * stages.layers * in_flight / l.pp * (l.pp == 1 ? 1.0 : 1.0);
  return state + activations + tokens * m.vocabulary * 6.0 / l.tp;
}

// Chunks of a stage take turns in rounds of PP micro-batches.
bool interleaves(const StepRequest& r, const Layout& l) {
  const std::int64_t per_rank = r.batch / l.dp;
  const int size =
      l.micro_batch > 0 ? l.micro_batch : default_micro_batch(per_rank, static_cast<double>(r.seq), l.cp, l.pp);
  return l.pp > 1 && per_rank / size % l.pp == 0;
}

// Time with every part of the layout set.
StepTime timed(const StepRequest& r, Layout l) {
  const TransformerModel& m = r.model;
  const GpuKind& g = r.gpu;
  StepTime t;
  const Stages stages = stages_of(m.layers, l.pp);
  const std::int64_t per_rank = r.batch / l.dp;
  if (l.micro_batch == 0) l.micro_batch = default_micro_batch(per_rank, static_cast<double>(r.seq), l.cp, l.pp);
  t.micro_batches = per_rank / l.micro_batch;
  if (l.vp == 0) l.vp = default_vp(stages.layers, l.pp, t.micro_batches);
  t.layout = l;

  const double h = m.hidden, tp = l.tp, seq = static_cast<double>(r.seq);
  const double tokens = l.micro_batch * seq / l.cp;
  const double memory = g.memory_rate * kMemoryEfficiency;
  const double low = r.precision == Precision::bf16 ? 0.0 : 1.0;
  const double element = r.precision == Precision::bf16 ? 2.0 : r.precision == Precision::fp8 ? 1.0 : 0.5;
  const double efficiency = r.precision == Precision::bf16  ? g.gemm_bf16
                            : r.precision == Precision::fp8 ? g.gemm_fp8
                                                            : g.gemm_nvfp4;
  const double rate = g.peak(r.precision) * efficiency;
  const double half = g.half_length * (r.precision == Precision::bf16  ? 1.0
                                       : r.precision == Precision::fp8 ? 2.0
                                                                       : 4.0);
  const double active = m.experts > 0 ? m.top_k : 1.0;
  const double ep = std::max(l.ep, 1);
  const double kv = 2.0 * h * m.kv_heads / m.heads;

  const auto gemm = [&](double k, double n, double rows) {
    return rows <= 0.0 ? 0.0 : 2.0 * k * n * rows * (3.0 + half * (1.0 / k + 1.0 / n + 1.0 / rows)) / rate;
  };
  // Tokens that meet one expert's matrices, and how many such products a GPU does.
  const double local_experts = m.experts > 0 ? m.experts / ep : 1.0;
  const double rows = tokens * active / local_experts;
  const double gemm_s = gemm(h, (h + kv) / tp, tokens) + gemm(h / tp, h, tokens) +
                        local_experts * (gemm(h, (m.gated ? 2.0 : 1.0) * m.ffn / tp, rows) + gemm(m.ffn / tp, h, rows));
  const double attention_s = 7.0 * seq * h * tokens / tp / (g.bf16 * g.attention);
  const double stored =
      (m.layer_weights() - (m.experts > 0 ? (m.gated ? 3.0 : 2.0) * h * m.ffn * (m.experts - local_experts) : 0.0)) /
      tp;
  const double memory_s = ((kNormBytes * h + kActivationBytes * (m.gated ? 1.5 : 1.0) * m.ffn * active) * tokens / tp +
                           stored * (kGradientBytes + 3.0 * element) + low * kCastBytes * h * tokens / tp) /
                          memory;

  FabricView fabric = r.fabric;
  fabric.nvlink = g.nvlink;
  fabric.domain = g.domain;
  const double nvlink = g.nvlink * kNvlinkEfficiency;
  const double domain = g.domain;
  const auto network = [&](double stride) { return fabric.network_rate(stride) * r.share; };

  const double tensor_rate = tp <= domain ? nvlink : std::min(nvlink, network(domain) * domain * kDataEfficiency);
  const double tensor_s = 8.0 * tokens * h * 2.0 * (tp - 1.0) / tp / tensor_rate * kTensorExposed;
  double context_s = 0.0;
  if (l.cp > 1) {
    const double ring = tp * l.cp <= domain ? nvlink : network(domain) * kSendEfficiency;
    context_s = std::max(0.0, 3.0 * kv / tp * tokens * 2.0 * (l.cp - 1.0) / ring - attention_s);
  }
  double expert_s = 0.0;
  if (m.experts > 0 && ep > 1) {
    const double bytes = tokens * active * h * 2.0 / tp * (ep - 1.0) / ep;
    const double a2a = ep * tp <= domain
                           ? nvlink
                           : fabric.all_to_all_rate(static_cast<std::int64_t>(ep * tp)) * r.share * kDataEfficiency;
    expert_s = 4.0 * bytes / a2a * kExpertExposed;
  }
  const double layer_s = gemm_s + attention_s + memory_s + tensor_s + context_s + expert_s;
  const double vocabulary_s =
      6.0 * h * m.vocabulary * tokens / tp / (g.bf16 * g.gemm_bf16) + m.vocabulary * tokens / tp * 24.0 / memory;

  // The slowest stage paces the pipeline.
  const double whole = stages.layers * layer_s;
  const double last = (stages.layers - (stages.ends_lighter ? 1 : 0)) * layer_s + vocabulary_s;
  const double count = static_cast<double>(t.micro_batches);
  double layers = stages.layers, vocabulary = 0.0;
  double stage_s = whole;
  if (l.pp == 1 || last > whole) {
    layers -= stages.ends_lighter && l.pp > 1 ? 1 : 0;
    vocabulary = vocabulary_s;
    stage_s = layers * layer_s + vocabulary_s;
  }
  t.gemm_s = count * layers * gemm_s;
  t.attention_s = count * layers * attention_s;
  t.memory_s = count * layers * memory_s;
  t.tensor_s = count * layers * tensor_s;
  t.context_s = count * layers * context_s;
  t.expert_s = count * layers * expert_s;
  t.vocabulary_s = count * vocabulary;
  const double bubble = (l.pp - 1.0) / l.vp;
  t.bubble_s = bubble * stage_s;
  if (l.pp > 1) {
    const double stride = tp * l.cp * l.dp;
    const double send_rate = static_cast<double>(r.gpus) > domain ? network(stride) * kSendEfficiency : nvlink;
    t.pipeline_s = (count + bubble) * 2.0 * l.vp * tokens * h * 2.0 / tp / send_rate * kPipelineExposed;
  }
  const double ranks = static_cast<double>(l.dp) * l.cp;
  const double dense =
      stages.layers * (m.layer_weights() - (m.experts > 0 ? (m.gated ? 3.0 : 2.0) * h * m.ffn * m.experts : 0.0));
  const double expert_weights =
      m.experts > 0 ? stages.layers * (m.gated ? 3.0 : 2.0) * h * m.ffn * m.experts / ep : 0.0;
  const double weights = (dense + expert_weights + (l.pp == 1 ? 2.0 : 1.0) * h * m.vocabulary) / tp;
  if (ranks > 1.0) {
    const double local = std::max(1.0, std::min(ranks, std::floor(domain / std::min(tp, domain))));
    const double data_rate =
        ranks <= local ? nvlink : std::min(nvlink, local * network(std::max(domain, tp)) * kDataEfficiency);
    t.data_s = weights * kDataBytes * (ranks - 1.0) / ranks / data_rate * kDataExposed;
  }
  t.optimizer_s = weights / ranks * kOptimizerBytes / memory;
  t.fixed_s = kFixed;
  const double sum = t.gemm_s + t.attention_s + t.memory_s + t.vocabulary_s + t.bubble_s + t.communication_s() +
                     t.optimizer_s + t.fixed_s;
  t.straggler_s = sum * kStraggler * std::max(0.0, std::log2(static_cast<double>(r.gpus) / 8.0));
  t.step_s = sum + t.straggler_s;
  t.tokens_per_s = static_cast<double>(r.batch) * seq / t.step_s;
  t.mfu = m.flops_per_token(seq) * t.tokens_per_s / (static_cast<double>(r.gpus) * g.peak(r.precision));
  t.memory_bytes = memory_of(r, l, stages);
  return t;
}

void check(const StepRequest& r) {
  const TransformerModel& m = r.model;
  if (m.layers <= 0 || m.hidden <= 0 || m.heads <= 0 || m.kv_heads <= 0 || m.ffn <= 0 || m.vocabulary <= 0) {
    reject("the model has a dimension that is not positive",
           "give layers, hidden, heads, kv_heads, ffn and vocabulary");
  }
  if (m.experts > 0 && (m.top_k <= 0 || m.top_k > m.experts))
    reject("a token meets " + std::to_string(m.top_k) + " of " + std::to_string(m.experts) + " experts",
           "give top_k between 1 and the experts");
  if (r.gpus <= 0) reject("a step needs at least one GPU", "give --gpus");
  if (r.batch <= 0) reject("a step needs at least one sequence", "give --batch, the sequences of the whole job");
  if (r.seq <= 0) reject("a sequence needs at least one token", "give --seq");
  if (r.gpu.peak(r.precision) <= 0.0) {
    reject("a " + r.gpu.name + " has no " + std::string(name_of(r.precision)) + " matrix units",
           "use fp8, or a b200 or gb200");
  }
  const Layout& l = r.layout;
  if (std::min({l.tp, l.pp, l.cp, l.dp, l.ep, l.vp, l.micro_batch}) < 0)
    reject("a negative degree of parallelism", "leave it out to have it chosen");
  if (l.ep > 1 && m.experts == 0) reject("EP is of models with experts, and " + m.name + " has none", "leave EP out");
  if (l.tp > 0 && m.heads % l.tp != 0)
    reject("TP " + std::to_string(l.tp) + " does not divide " + std::to_string(m.heads) + " heads", "use 1, 2, 4 or 8");
  if (l.pp > m.layers)
    reject("PP " + std::to_string(l.pp) + " is more than the " + std::to_string(m.layers) + " layers",
           "at most one stage a layer");
}

}  // namespace

double TransformerModel::layer_weights() const {
  const double h = hidden;
  return h * h * (2.0 + 2.0 * kv_heads / heads) + (gated ? 3.0 : 2.0) * h * ffn * (experts > 0 ? experts : 1.0);
}
double TransformerModel::layer_active_weights() const {
  const double h = hidden;
  return h * h * (2.0 + 2.0 * kv_heads / heads) + (gated ? 3.0 : 2.0) * h * ffn * (experts > 0 ? top_k : 1.0);
}
double TransformerModel::parameters() const {
  return layers * layer_weights() + 2.0 * hidden * static_cast<double>(vocabulary);
}
double TransformerModel::flops_per_token(double seq) const {
  return 6.0 * (layers * layer_active_weights() + static_cast<double>(hidden) * vocabulary) +
         12.0 * layers * hidden * seq;
}

double GpuKind::peak(Precision precision) const {
  return precision == Precision::bf16 ? bf16 : precision == Precision::fp8 ? fp8 : nvfp4;
}

std::span<const TransformerModel> transformer_models() { return kModels; }
const TransformerModel& transformer_model(std::string_view name) { return find("model", name, kModels); }
std::span<const GpuKind> gpu_kinds() { return kGpus; }
const GpuKind& gpu_kind(std::string_view name) { return find("GPU kind with step-time constants", name, kGpus); }

std::string_view name_of(Precision precision) {
  return precision == Precision::bf16 ? "bf16" : precision == Precision::fp8 ? "fp8" : "nvfp4";
}
Precision precision_of(std::string_view name) {
  for (Precision precision : {Precision::bf16, Precision::fp8, Precision::nvfp4}) {
    if (name == name_of(precision)) return precision;
  }
  throw Error(ErrorKind::usage, "no precision is called '" + std::string(name) + "'", "known: bf16, fp8, nvfp4");
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

StepTime step_time(const StepRequest& request) {
  check(request);
  const Layout& asked = request.layout;
  const auto options = [](int given, std::vector<int> free) { return given > 0 ? std::vector<int>{given} : free; };
  std::vector<int> stages;
  for (int pp = 1; pp <= std::min(request.model.layers, 32); ++pp) {
    if (request.model.layers % pp == 0 || (request.model.layers + 2) % pp == 0) stages.push_back(pp);
  }
  const bool all_given = asked.tp > 0 && asked.pp > 0 && asked.dp > 0;
  StepTime best;
  best.step_s = std::numeric_limits<double>::infinity();
  bool best_fits = false, any = false, plain = false;
  for (int tp : options(asked.tp, {1, 2, 4, 8})) {
    if (request.model.heads % tp != 0) continue;
    for (int pp : options(asked.pp, stages)) {
      for (int cp : options(asked.cp, all_given ? std::vector<int>{1} : std::vector<int>{1, 2, 4, 8, 16})) {
        const std::int64_t inner = static_cast<std::int64_t>(tp) * pp * cp;
        if (request.gpus % inner != 0 || request.seq % cp != 0) continue;
        const std::int64_t dp = request.gpus / inner;
        if ((asked.dp > 0 && asked.dp != dp) || request.batch % dp != 0) continue;
        const int ep =
            asked.ep > 0
                ? asked.ep
                : static_cast<int>(std::clamp<std::int64_t>(
                      request.model.experts, 1, std::min<std::int64_t>(dp * cp, std::max(1, request.gpu.domain / tp))));
        if (request.model.experts > 0 && (request.model.experts % ep != 0 || (dp * cp) % ep != 0)) continue;
        const std::int64_t per_rank = request.batch / dp;
        if (asked.micro_batch > 0 && per_rank % asked.micro_batch != 0) continue;
        Layout layout{tp, pp, cp, static_cast<int>(dp), ep, asked.vp, asked.micro_batch};
        if (asked.vp > 1 && !interleaves(request, layout)) {
          plain = true;
          continue;
        }
        any = true;
        StepTime time = timed(request, layout);
        const bool fits = time.memory_bytes <= request.gpu.memory;
        // Sequences are cut only where memory asks for it.
        const bool fewer = time.layout.cp != best.layout.cp && asked.cp == 0;
        const bool better = fits != best_fits ? fits
                            : !fits           ? time.memory_bytes < best.memory_bytes
                            : fewer           ? time.layout.cp < best.layout.cp
                                              : time.step_s < best.step_s;
        if (std::isinf(best.step_s) || better) {
          best = std::move(time);
          best_fits = fits;
        }
      }
    }
  }
  if (!any && plain)
    reject("VP " + std::to_string(asked.vp) + " needs a pipeline, and micro-batches in multiples of PP",
           "give --pp above 1 and a batch of DP × PP × micro-batch times a whole number, or leave VP out");
  if (!any) {
    const std::int64_t inner = std::max<std::int64_t>(
        1, static_cast<std::int64_t>(std::max(asked.tp, 1)) * std::max(asked.pp, 1) * std::max(asked.cp, 1));
    const std::int64_t product = inner * std::max(asked.dp, 1);
    if (asked.dp > 0 && asked.tp > 0 && asked.pp > 0 && product != request.gpus) {
      reject("TP×PP×CP×DP = " + grouped(product) + " and there are " + grouped(request.gpus) + " GPUs",
             "use " + grouped(product) + " GPUs" +
                 (request.gpus % inner == 0 ? ", or DP " + grouped(request.gpus / inner) : ""));
    }
    if (request.gpus % inner != 0) {
      reject(grouped(request.gpus) + " GPUs are no multiple of TP×PP×CP = " + grouped(inner),
             "use " + grouped(std::max<std::int64_t>(1, (request.gpus + inner / 2) / inner) * inner) + " GPUs");
    }
    const std::int64_t dp = request.gpus / inner;
    if (request.batch % dp != 0) {
      reject("a batch of " + grouped(request.batch) + " sequences does not divide over DP " + grouped(dp),
             "use " + grouped(std::max<std::int64_t>(1, (request.batch + dp / 2) / dp) * dp) + " sequences");
    }
    reject("no layout of " + grouped(request.gpus) + " GPUs holds this batch and the degrees that are given",
           "leave degrees out, or use a batch that is a multiple of the data-parallel ranks");
  }
  std::string chosen;
  const auto name = [&](const char* what, int given, int used) {
    if (given == 0) chosen += (chosen.empty() ? "chosen: " : " ") + std::string(what) + " " + std::to_string(used);
  };
  name("TP", asked.tp, best.layout.tp);
  name("PP", asked.pp, best.layout.pp);
  name("CP", asked.cp, best.layout.cp);
  name("DP", asked.dp, best.layout.dp);
  if (request.model.experts > 0) name("EP", asked.ep, best.layout.ep);
  name("VP", asked.vp, best.layout.vp);
  name("micro-batch", asked.micro_batch, best.layout.micro_batch);
  if (!chosen.empty()) best.notes.push_back(chosen);
  if (!best_fits) {
    best.notes.push_back("needs about " + shortened(best.memory_bytes / 1e9, 3) + " GB a GPU of " +
                         shortened(request.gpu.memory / 1e9, 3) + " GB without recomputing activations");
  }
  return best;
}

}  // namespace nadc
