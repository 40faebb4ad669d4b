#include "models/network/optimise.hpp"

#include <algorithm>

#include "sim/error.hpp"

namespace nadc {

double job_slowdown(const StepRequest& job, const TopologySpec& spec, double scatter) {
  StepRequest here = job, ideal = job;
  here.fabric = fabric_view(spec);
  here.fabric.scatter = scatter;
  ideal.fabric = FabricView{};
  ideal.fabric.nic = here.fabric.nic;
  const StepTime best = step_time(ideal);
  here.layout = best.layout;  // the job keeps its layout
  return step_time(here).step_s / best.step_s;
}

std::vector<StepRequest> usual_jobs(std::int64_t gpus) {
  std::vector<StepRequest> jobs;
  const std::int64_t large = std::max<std::int64_t>(512, gpus / 4 / 512 * 512);
  if (large <= gpus)
    jobs.push_back(
        step_request("llama3.1-405b", "h100", large, large / 2, 8192, Precision::fp8, {8, 8, 1, 0, 0, 0, 0}));
  if (gpus >= 512)
    jobs.push_back(step_request("llama3.1-70b", "h100", 512, 1024, 8192, Precision::fp8, {4, 4, 1, 0, 0, 0, 0}));
  if (gpus >= 64)
    jobs.push_back(step_request("llama3.1-8b", "h100", 64, 256, 8192, Precision::bf16, {1, 1, 2, 0, 0, 0, 0}));
  return jobs;
}

std::vector<Candidate> optimise_network(const OptimiseRequest& request) {
  if (request.jobs.empty()) throw Error(ErrorKind::input, "no job to keep fast", "give a model and its GPUs");
  if (!(request.most_slowdown >= 1.0))
    throw Error(ErrorKind::usage, "a slow-down below 1", "1.05 allows five per cent");
  std::vector<Candidate> found;
  std::string reason;
  for (const TopologyName& row : topology_names()) {
    if (row.kind == TopologyKind::custom) continue;
    const bool tree = row.kind != TopologyKind::dragonfly && row.kind != TopologyKind::dragonfly_plus;
    for (int radix : request.radices) {
      for (double oversubscription : tree ? std::vector<double>{1, 2, 4, 8} : std::vector<double>{1}) {
        Candidate candidate;
        TopologySpec spec = request.base;
        spec.kind = row.kind;
        spec.radix = radix;
        spec.tiers = 0;
        spec.p = spec.a = spec.h = 0;
        spec.leaf_oversubscription = oversubscription;
        spec.name = std::string(row.name) + " radix " + std::to_string(radix);
        if (tree) spec.name += " " + std::to_string(static_cast<int>(oversubscription)) + ":1";
        candidate.size = size_network(spec, request.inputs);
        if (!candidate.size.shape.fits) {
          reason = candidate.size.shape.why;
          continue;
        }
        double sum = 0.0;
        for (const StepRequest& job : request.jobs) {
          const double slowdown = job_slowdown(job, spec, request.scatter);
          sum += slowdown;
          candidate.worst = std::max(candidate.worst, slowdown);
        }
        candidate.slowdown = sum / static_cast<double>(request.jobs.size());
        candidate.meets = candidate.slowdown <= request.most_slowdown;
        found.push_back(std::move(candidate));
      }
    }
  }
  if (found.empty())
    throw Error(ErrorKind::input, "no topology of these radices fits: " + reason, "give a larger radix");
  std::stable_sort(found.begin(), found.end(), [](const Candidate& a, const Candidate& b) {
    if (a.meets != b.meets) return a.meets;
    if (a.size.cost_krw && b.size.cost_krw) return *a.size.cost_krw < *b.size.cost_krw;
    return a.size.power_kw < b.size.power_kw;
  });
  return found;
}

}  // namespace nadc
