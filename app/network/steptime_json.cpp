#include <nlohmann/json.hpp>

#include "app/network/network_json.hpp"
#include "models/network/text.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

using nlohmann::ordered_json;

// The fabric of the request's topology, and its name.
std::string set_fabric(StepRequest& step, const StepTimeRequest& request) {
  step.fabric.nic = request.topology.host_gbps ? link_rate(*request.topology.host_gbps) : step.gpu.nic;
  if (request.topology.topologies.empty()) return "full bisection";
  const std::vector<NamedTopology> named = resolve_topologies(request.topology, request.gpus);
  if (named.size() != 1)
    throw Error(ErrorKind::usage, "a step runs on one topology at a time", "give one topology, size and radix");
  const TopologySpec& spec = named[0].spec;
  if (is_read_from_file(spec.kind)) {
    step.fabric = fabric_view(read_topology(spec));
  } else {
    if (spec.gpus < request.gpus) {
      throw Error(ErrorKind::input,
                  "the topology joins " + grouped(spec.gpus) + " GPUs and the job asks for " + grouped(request.gpus),
                  "use a topology of at least that size");
    }
    step.fabric = fabric_view(spec);
  }
  return spec.name.empty() ? std::string(name_of(spec.kind)) : spec.name;
}

double gradient_bytes(const std::string& name) {
  if (name == "fp32") return 4.0;
  if (name == "bf16") return 2.0;
  throw Error(ErrorKind::usage, "no gradients are called '" + name + "'", "known: fp32, bf16");
}

ordered_json memory_json(const StepTime& t, const GpuKind& gpu) {
  return {{"memory_gb", t.memory.total() / 1e9},
          {"memory_of_gb", gpu.memory / 1e9},
          {"memory",
           {{"weights_gb", t.memory.weights / 1e9},
            {"gradients_gb", t.memory.gradients / 1e9},
            {"optimizer_gb", t.memory.optimizer / 1e9},
            {"activations_gb", t.memory.activations / 1e9},
            {"logits_gb", t.memory.logits / 1e9},
            {"reserve_gb", t.memory.reserve / 1e9}}},
          {"fits", t.fits}};
}

}  // namespace

ordered_json steptime_json(const StepTimeRequest& request) {
  StepRequest step;
  step.model = read_model(request.model);
  step.gpu = gpu_kind(request.gpu);
  step.gpus = request.gpus;
  step.batch = request.batch;
  step.seq = request.seq;
  step.precision = precision_of(request.precision);
  step.layout = request.layout;
  step.schedule = pipeline_schedule(request.schedule);
  step.recompute = recompute_of(request.recompute);
  step.gradient_bytes = gradient_bytes(request.gradients);
  step.tensor_overlap = request.tensor_overlap;
  step.capacity = request.capacity;
  if (request.capacity != 1.0 && step.model.experts == 0)
    throw Error(ErrorKind::usage, "--capacity-factor has no effect on a model without experts", "leave it out");
  const std::string network = set_fabric(step, request);
  if (request.gpus <= step.gpu.domain && (request.share < 1.0 || request.scatter > 0.0 || request.topology.host_gbps))
    throw Error(ErrorKind::usage,
                "--network-share, --scatter and --host-gbps have no effect on a job that NVLink joins, up to " +
                    grouped(step.gpu.domain) + " " + step.gpu.name,
                "leave them out, or give more --gpus");
  if (!(request.scatter >= 0.0 && request.scatter <= 1.0))
    throw Error(ErrorKind::usage, "scatter is a share between 0 and 1");
  if (!(request.share > 0.0 && request.share <= 1.0))
    throw Error(ErrorKind::usage, "the network's share is above 0 and at most 1");
  if (!request.constants.empty()) {
    if (request.gpus <= step.gpu.domain)
      throw Error(ErrorKind::usage, "--constants has no effect on a job that NVLink joins", "leave it out");
    read_constants(request.constants).apply(step.fabric);
  }
  step.fabric.scatter = request.scatter;
  step.share = request.share;
  const StepTime t = step_time(step);
  const OverlapShares shares = overlap_shares(step);
  ordered_json answer = {{"model", step.model.name},
                         {"gpu", step.gpu.name},
                         {"gpus", request.gpus},
                         {"batch", request.batch},
                         {"seq", request.seq},
                         {"precision", name_of(step.precision)},
                         {"network", network},
                         {"step_s", t.step_s},
                         {"tokens_per_s", t.tokens_per_s},
                         {"tokens_per_s_per_gpu", t.tokens_per_s / static_cast<double>(request.gpus)},
                         {"mfu", t.mfu},
                         {"mfu_causal", t.mfu_causal},
                         {"communication_share", t.communication_s() / t.step_s},
                         {"parts",
                          {{"gemm_s", t.gemm_s},
                           {"attention_s", t.attention_s},
                           {"memory_s", t.memory_s},
                           {"vocabulary_s", t.vocabulary_s},
                           {"recompute_s", t.recompute_s},
                           {"bubble_s", t.bubble_s},
                           {"tensor_s", t.tensor_s},
                           {"context_s", t.context_s},
                           {"expert_s", t.expert_s},
                           {"pipeline_s", t.pipeline_s},
                           {"data_s", t.data_s},
                           {"optimizer_s", t.optimizer_s},
                           {"fixed_s", t.fixed_s},
                           {"straggler_s", t.straggler_s}}},
                         {"hidden_s", t.hidden_s},
                         {"network_exposed_s", t.network_exposed_s},
                         {"network_hidden_s", t.network_hidden_s},
                         {"class",
                          {{"communication", shares.communication},
                           {"hidden_communication", shares.hidden},
                           {"overlap_slack", shares.slack}}},
                         {"layout",
                          {{"tp", t.layout.tp},
                           {"pp", t.layout.pp},
                           {"cp", t.layout.cp},
                           {"dp", t.layout.dp},
                           {"ep", t.layout.ep},
                           {"vp", t.layout.vp},
                           {"micro_batch", t.layout.micro_batch},
                           {"micro_batches", t.micro_batches},
                           {"schedule", name_of(t.schedule)},
                           {"recompute", name_of(t.recompute)}}}};
  answer.update(memory_json(t, step.gpu));
  answer["calibrated_on"] = step.gpu.calibrated_on;
  answer["notes"] = t.notes;
  return answer;
}

}  // namespace nadc
