#include "models/network/step_rows.hpp"

#include <fstream>
#include <map>
#include <sstream>

namespace nadc {
namespace {

using Record = std::map<std::string, std::string>;

std::vector<std::string> fields(const std::string& line) {
  std::vector<std::string> out(1);
  bool quoted = false;
  for (char c : line) {
    if (c == '"')
      quoted = !quoted;
    else if (c == ',' && !quoted)
      out.emplace_back();
    else if (c != '\r')
      out.back() += c;
  }
  return out;
}

std::vector<Record> records(const std::string& path) {
  std::ifstream file(path);
  std::vector<Record> rows;
  std::string line;
  if (!std::getline(file, line)) return rows;
  const std::vector<std::string> header = fields(line);
  while (std::getline(file, line)) {
    const std::vector<std::string> values = fields(line);
    Record row;
    for (std::size_t i = 0; i < header.size() && i < values.size(); ++i) row[header[i]] = values[i];
    rows.push_back(row);
  }
  return rows;
}

// "TP4 PP8 CP1 VP5, …": the number behind the key, or 0.
int degree(const std::string& text, const std::string& key) {
  const std::size_t at = text.find(key);
  return at == std::string::npos ? 0 : std::atoi(text.c_str() + at + key.size());
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

std::vector<StepRow> read_step_rows(const std::string& folder) {
  std::vector<StepRow> rows;
  for (Record& r : records(folder + "/mlperf_step_times.csv")) {
    const std::string model = r["model"].find("GPT") != std::string::npos ? "gpt3-175b" : "llama3.1-405b";
    const std::string gpu = lower(r["accelerator"].substr(0, r["accelerator"].find('-')));
    const Layout layout{std::stoi(r["TP"]), std::stoi(r["PP"]), std::stoi(r["CP"]), std::stoi(r["DP"]), 0, 0, 0};
    rows.push_back({"mlperf", r["mlperf_round"] + " " + model + " " + gpu + " " + r["gpus"], "MLPerf Training logs",
                    step_request(model, gpu, std::stoll(r["gpus"]), std::stoll(r["global_batch"]),
                                 std::stoll(r["seq_len"]), precision_of(lower(r["precision"])), layout),
                    std::stod(r["step_s_median"])});
  }
  for (Record& r : records(folder + "/dgxc_h100_gb200_scaling.csv")) {
    const std::string model = "llama3.1-" + lower(r["model"].substr(r["model"].find(' ') + 1));
    const std::string& text = r["parallelism"];
    const std::int64_t gpus = std::stoll(r["gpus"]);
    const std::int64_t batch = text.find("GBS=16*") != std::string::npos  ? 16 * gpus
                               : text.find("GBS=2*") != std::string::npos ? 2 * gpus
                                                                          : gpus / 2;
    const Layout layout{degree(text, "TP"),
                        degree(text, "PP"),
                        std::max(1, degree(text, "CP")),
                        0,
                        0,
                        degree(text, "VP"),
                        1};  // one sequence (from memory)
    rows.push_back(
        {"dgx-cloud", model + " " + r["gpu"] + " " + r["precision"] + " " + r["gpus"], "NVIDIA DGX Cloud benchmarking",
         step_request(model, lower(r["gpu"]), gpus, batch, 8192, precision_of(lower(r["precision"])), layout),
         std::stod(r["step_s"])});
  }
  for (Record& r : records(folder + "/megatron_core_weak_scaling.csv")) {
    TransformerModel m;
    m.name = r["params_B"] + "B";
    m.layers = std::stoi(r["layers"]);
    m.hidden = std::stoi(r["hidden"]);
    m.heads = m.kv_heads = std::stoi(r["heads"]);
    m.ffn = 4 * m.hidden;
    m.vocabulary = 131072;  // with it the named sizes come out; sequence 4,096 as that table's text says (from memory)
    StepRequest request =
        step_request("llama3.1-8b", "h100", std::stoll(r["gpus"]), std::stoll(r["batch"]), 4096, Precision::bf16,
                     {std::stoi(r["TP"]), std::stoi(r["PP"]), 1, std::stoi(r["DP"]), 0, 0, 0});
    request.model = m;
    const double flops =
        m.flops_per_token(4096) * 4096 * static_cast<double>(request.batch) / static_cast<double>(request.gpus);
    rows.push_back({"megatron", m.name + " " + r["gpus"], "NVIDIA Megatron Core weak scaling", request,
                    flops / (std::stod(r["TFLOPs_per_gpu"]) * 1e12)});
  }
  // NVIDIA's recipes reduce gradients in BF16 (grad_reduce_in_fp32: false; from memory).
  for (StepRow& row : rows) row.request.gradient_bytes = 2.0;
  return rows;
}

}  // namespace nadc
