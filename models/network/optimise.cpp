#include "models/network/optimise.hpp"

#include <algorithm>
#include <utility>

#include "models/network/topologies/topology_type.hpp"
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
  here.schedule = best.schedule;
  here.recompute = best.recompute;
  return step_time(here).step_s / best.step_s;
}

std::vector<StepRequest> usual_jobs(std::int64_t gpus) {
  std::vector<StepRequest> jobs;
  const std::int64_t large = std::max<std::int64_t>(512, gpus / 4 / 512 * 512);
  if (large <= gpus)
    jobs.push_back(
        step_request("llama3.1-405b", "h100", large, large / 2, 8192, Precision::fp8, {8, 8, 2, 0, 0, 0, 0}));
  if (gpus >= 512)
    jobs.push_back(step_request("llama3.1-70b", "h100", 512, 1024, 8192, Precision::fp8, {4, 4, 1, 0, 0, 0, 0}));
  if (gpus >= 64)
    jobs.push_back(step_request("llama3.1-8b", "h100", 64, 256, 8192, Precision::bf16, {1, 1, 2, 0, 0, 0, 0}));
  return jobs;
}

NetworkJudge judge_by_steps(std::vector<StepRequest> jobs, double scatter) {
  if (jobs.empty()) throw Error(ErrorKind::input, "no job to keep fast", "give a model and its GPUs");
  return [jobs = std::move(jobs), scatter](std::span<const TopologySpec> specs) {
    NetworkVerdict verdict;
    double sum = 0.0;
    for (const TopologySpec& spec : specs)
      for (const StepRequest& job : jobs) {
        const double slowdown = job_slowdown(job, spec, scatter);
        sum += slowdown;
        if (slowdown < verdict.worst) continue;
        verdict.worst = slowdown;
        verdict.worst_of = job.model.name;
      }
    verdict.slowdown = sum / static_cast<double>(jobs.size() * specs.size());
    return verdict;
  };
}

namespace {

void add(NetworkSize& sum, const NetworkSize& other) {
  sum.spec.gpus += other.spec.gpus;
  sum.switches += other.switches, sum.leaves += other.leaves, sum.spines += other.spines;
  sum.cores += other.cores, sum.groups += other.groups;
  for (std::size_t k = 0; k < sum.cables.size(); ++k) sum.cables[k] += other.cables[k];
  for (const CableGroup& g : other.media) {
    const auto same = std::find_if(sum.media.begin(), sum.media.end(), [&](const CableGroup& mine) {
      return mine.kind == g.kind && mine.medium == g.medium;
    });
    if (same == sum.media.end())
      sum.media.push_back(g);
    else
      same->count += g.count, same->metres += g.metres;
  }
  for (const TierPorts& t : other.ports) {
    const auto same =
        std::find_if(sum.ports.begin(), sum.ports.end(), [&](const TierPorts& mine) { return mine.tier == t.tier; });
    if (same == sum.ports.end())
      sum.ports.push_back(t);
    else
      same->switches += t.switches, same->used += t.used, same->left += t.left;
  }
  sum.optics += other.optics;
  sum.bisection_tbps += other.bisection_tbps, sum.injection_tbps += other.injection_tbps;
  sum.power_kw += other.power_kw;
  if (sum.cost_krw && other.cost_krw) *sum.cost_krw += *other.cost_krw;
}

bool cheaper(const Candidate& a, const Candidate& b) {
  if (a.size.cost_krw && b.size.cost_krw) return *a.size.cost_krw < *b.size.cost_krw;
  return a.size.power_kw < b.size.power_kw;
}

}  // namespace

std::vector<Candidate> optimise_network(const OptimiseRequest& request) {
  if (!(request.most_slowdown >= 1.0))
    throw Error(ErrorKind::usage, "a slow-down below 1", "1.05 allows five per cent");
  std::vector<Candidate> found;
  std::string reason;
  for (const TopologyType* type : topology_types()) {
    if (!type->shape) continue;
    for (int radix : request.radices) {
      for (double oversubscription : type->acts.tiers ? std::vector<double>{1, 2, 4, 8} : std::vector<double>{1}) {
        Candidate candidate;
        for (TopologySpec spec : request.bases) {
          spec.kind = type->kind;
          spec.radix = radix;
          spec.tiers = 0;
          spec.p = spec.a = spec.h = spec.group_links = 0;
          spec.leaf_radix = spec.spine_radix = spec.core_radix = 0;
          spec.leaf_port_gbps = spec.spine_port_gbps = spec.core_port_gbps = 0.0;
          spec.leaf_oversubscription = oversubscription;
          spec.name = std::string(name_of(type->kind)) + " radix " + std::to_string(radix);
          if (type->acts.tiers) spec.name += " " + std::to_string(static_cast<int>(oversubscription)) + ":1";
          const NetworkSize size = size_network(spec, request.inputs);
          if (!size.shape.fits) {
            reason = size.shape.why;
            break;
          }
          candidate.specs.push_back(spec);
          if (candidate.specs.size() == 1)
            candidate.size = size;
          else
            add(candidate.size, size);
        }
        if (candidate.specs.size() == request.bases.size()) found.push_back(std::move(candidate));
      }
    }
  }
  if (found.empty())
    throw Error(ErrorKind::input, "no topology of these radices fits: " + reason, "give a larger radix");
  std::stable_sort(found.begin(), found.end(), cheaper);
  bool met = false, any = false;
  for (Candidate& candidate : found) {
    if (met && request.all == JudgeAll::no) break;
    candidate.verdict = request.judge(candidate.specs);
    candidate.judged = candidate.verdict.refused.empty();
    any = any || candidate.judged;
    candidate.meets = candidate.judged && candidate.verdict.slowdown <= request.most_slowdown;
    met = met || candidate.meets;
  }
  if (!any)
    throw Error(ErrorKind::input, "no topology can serve these jobs: " + found.front().verdict.refused,
                "nadc network size --topology KIND says more of one");
  const auto rank = [](const Candidate& c) { return c.meets ? 0 : c.judged ? 1 : 2; };
  std::stable_sort(found.begin(), found.end(),
                   [&](const Candidate& a, const Candidate& b) { return rank(a) < rank(b); });
  return found;
}

}  // namespace nadc
