#include "models/network/transformer.hpp"

#include <array>
#include <vector>

#include "models/network/text.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

const std::array known_models{
    TransformerModel{.name = "gpt3-175b",
                     .layers = 96,
                     .hidden = 12288,
                     .heads = 96,
                     .kv_heads = 96,
                     .ffn = 49152,
                     .gated = false,
                     .vocabulary = 51200,
                     .source = "Brown et al. 2020; vocabulary as MLPerf pads it"},
    TransformerModel{.name = "llama3.1-8b",
                     .layers = 32,
                     .hidden = 4096,
                     .heads = 32,
                     .kv_heads = 8,
                     .ffn = 14336,
                     .gated = true,
                     .vocabulary = 128256,
                     .source = "Dubey et al. 2024, table 3"},
    TransformerModel{.name = "llama3.1-70b",
                     .layers = 80,
                     .hidden = 8192,
                     .heads = 64,
                     .kv_heads = 8,
                     .ffn = 28672,
                     .gated = true,
                     .vocabulary = 128256,
                     .source = "Dubey et al. 2024, table 3"},
    TransformerModel{.name = "llama3.1-405b",
                     .layers = 126,
                     .hidden = 16384,
                     .heads = 128,
                     .kv_heads = 8,
                     .ffn = 53248,
                     .gated = true,
                     .vocabulary = 128256,
                     .source = "Dubey et al. 2024, table 3"},
    TransformerModel{.name = "nemotron4-15b",
                     .layers = 32,
                     .hidden = 6144,
                     .heads = 48,
                     .kv_heads = 8,
                     .ffn = 24576,
                     .gated = false,
                     .vocabulary = 256000,
                     .source = "Parmar et al. 2024, table 1"},
    TransformerModel{.name = "nemotron4-340b",
                     .layers = 96,
                     .hidden = 18432,
                     .heads = 96,
                     .kv_heads = 8,
                     .ffn = 73728,
                     .gated = false,
                     .vocabulary = 256000,
                     .source = "NVIDIA 2024 (Nemotron-4 340B), table 1"},
    TransformerModel{.name = "mixtral-8x7b",
                     .layers = 32,
                     .hidden = 4096,
                     .heads = 32,
                     .kv_heads = 8,
                     .ffn = 14336,
                     .gated = true,
                     .vocabulary = 32000,
                     .experts = 8,
                     .top_k = 2,
                     .source = "Jiang et al. 2024, table 1"},
    TransformerModel{.name = "mixtral-8x22b",
                     .layers = 56,
                     .hidden = 6144,
                     .heads = 48,
                     .kv_heads = 8,
                     .ffn = 16384,
                     .gated = true,
                     .vocabulary = 32768,
                     .experts = 8,
                     .top_k = 2,
                     .source = "Mistral AI 2024, the released configuration"},
    // Latent attention: queries through 1,536, keys and values through 512 + 64; 128 heads of 128 + 64 and 128.
    TransformerModel{
        .name = "deepseek-v3",
        .layers = 61,
        .hidden = 7168,
        .heads = 128,
        .kv_heads = 128,
        .ffn = 2048,
        .gated = true,
        .vocabulary = 129280,
        .experts = 256,
        .top_k = 8,
        .shared_experts = 1,
        .dense_layers = 3,
        .dense_ffn = 18432,
        .attention_weights = 7168.0 * 1536 + 1536.0 * 128 * 192 + 7168.0 * 576 + 512.0 * 128 * 256 + 128.0 * 128 * 7168,
        .attention_width = 128 * (192 + 128) / 2,
        .kv_width = 576,
        .source = "DeepSeek-AI 2024 (V3), section 4.2"},
};

const std::array known_gpus{
    GpuKind{"a100", 312e12, 0.0, 0.0, 2.039e12, 80e9, 300e9, 8, 25e9, 0.0, 0.6956, 0.0, 0.0, 0.6943, 136.3,
            "NVIDIA A100 80GB SXM data sheet; 200 Gbit/s NICs of DGX A100", "H100's constants (assumption)"},
    GpuKind{"h100", 989.4e12, 1978.9e12, 0.0, 3.35e12, 80e9, 450e9, 8, 50e9, 0.636, 0.6956, 0.7018, 0.0, 0.6943, 136.3,
            "NVIDIA H100 SXM5 data sheet", "32 rows: MLPerf Training 3.1–5.0, DGX Cloud, Megatron Core"},
    GpuKind{"h200", 989.4e12, 1978.9e12, 0.0, 4.8e12, 141e9, 450e9, 8, 50e9, 0.636, 0.6956, 0.7018, 0.0, 0.6943, 136.3,
            "NVIDIA H200 data sheet", "H100's constants; one row checks them: MLPerf 5.0, 405B"},
    GpuKind{"b200", 2250e12, 4500e12, 9000e12, 8e12, 180e9, 900e9, 8, 50e9, 0.536, 0.6091, 0.5869, 0.48, 0.489, 346.2,
            "NVIDIA DGX B200 data sheet", "GB200's constants (assumption); NVFP4 efficiency from memory, 0.40–0.55"},
    GpuKind{"gb200", 2450e12, 4900e12, 9800e12, 8e12, 186e9, 900e9, 72, 50e9, 0.536, 0.6091, 0.5869, 0.48, 0.489, 346.2,
            "peak of the DGX Cloud MFU columns; NVIDIA GB200 NVL72 data sheet",
            "3 rows: MLPerf 5.0 and DGX Cloud 405B; NVFP4 efficiency from memory, 0.40–0.55"},
    GpuKind{"b300", 2250e12, 4500e12, 13500e12, 8e12, 270e9, 900e9, 8, 100e9, 0.536, 0.6091, 0.5869, 0.48, 0.489, 346.2,
            "NVIDIA DGX B300 data sheet (from memory)", "GB200's constants (assumption)"},
    GpuKind{"gb300", 2500e12, 5000e12, 15000e12, 8e12, 279e9, 900e9, 72, 100e9, 0.536, 0.6091, 0.5869, 0.48, 0.489,
            346.2, "NVIDIA GB300 NVL72 data sheet (from memory)", "GB200's constants (assumption)"},
    GpuKind{"mi300x", 1307.4e12, 2614.9e12, 0.0, 5.3e12, 192e9, 448e9, 8, 50e9, 0.0, 0.5, 0.45, 0.0, 0.35, 300.0,
            "AMD Instinct MI300X data sheet; seven links of 64 GB/s each way",
            "none: efficiencies are an assumption, 0.40–0.60 of the peak"},
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

}  // namespace

double TransformerModel::attention_layer() const {
  const double h = hidden;
  return attention_weights > 0.0 ? attention_weights : h * h * (2.0 + 2.0 * kv_heads / heads);
}
double TransformerModel::expert_layer() const {
  return experts > 0 ? (gated ? 3.0 : 2.0) * hidden * static_cast<double>(ffn) * experts : 0.0;
}
double TransformerModel::layer_weights() const {
  const double matrix = (gated ? 3.0 : 2.0) * hidden;
  if (experts == 0) return attention_layer() + matrix * ffn;
  const double sparse = matrix * ffn * (experts + shared_experts) + static_cast<double>(hidden) * experts;
  const double share = static_cast<double>(dense_layers) / layers;
  return attention_layer() + (1.0 - share) * sparse + share * matrix * dense_ffn;
}
double TransformerModel::layer_active_weights() const {
  const double matrix = (gated ? 3.0 : 2.0) * hidden;
  if (experts == 0) return layer_weights();
  const double share = static_cast<double>(dense_layers) / layers;
  return attention_layer() + (1.0 - share) * matrix * ffn * (top_k + shared_experts) + share * matrix * dense_ffn;
}
double TransformerModel::parameters() const {
  return layers * layer_weights() + 2.0 * hidden * static_cast<double>(vocabulary);
}
double TransformerModel::flops_per_token(double seq, double attention) const {
  return 6.0 * (layers * layer_active_weights() + static_cast<double>(hidden) * vocabulary) +
         12.0 * layers * width() * seq * attention;
}

double GpuKind::peak(Precision precision) const {
  return precision == Precision::bf16 ? bf16 : precision == Precision::fp8 ? fp8 : nvfp4;
}

std::span<const TransformerModel> transformer_models() { return known_models; }
const TransformerModel& transformer_model(std::string_view name) { return find("model", name, known_models); }
std::span<const GpuKind> gpu_kinds() { return known_gpus; }
const GpuKind& gpu_kind(std::string_view name) { return find("GPU kind with step-time constants", name, known_gpus); }

std::string_view name_of(Precision precision) {
  return precision == Precision::bf16 ? "bf16" : precision == Precision::fp8 ? "fp8" : "nvfp4";
}
Precision precision_of(std::string_view name) {
  for (Precision precision : {Precision::bf16, Precision::fp8, Precision::nvfp4}) {
    if (name == name_of(precision)) return precision;
  }
  throw Error(ErrorKind::usage, "no precision is called '" + std::string(name) + "'", "known: bf16, fp8, nvfp4");
}

}  // namespace nadc
