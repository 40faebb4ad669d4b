// The cheapest network whose jobs stay fast enough.
//
// Candidates: every kind, the given radices, leaf oversubscriptions 1, 2, 4, 8 for the trees, at the given speeds; one
// kind, radix and oversubscription for all fabrics that are asked for, their costs summed. They are judged cheapest
// first (by cost where prices are given, else by power), by a function of the caller's:
//   judge_by_steps     a job's step on the candidate over its step on a network of full bisection with neighbours side
//                      by side; sees sustained bandwidth, not neighbours
//   a scenario's jobs  app/network/scenario_judge.hpp: the loop itself, with flows
// A judge that costs much is asked only until one candidate meets the bound: all others are dearer.
// Errors: ErrorKind::usage for a bound below 1; ErrorKind::input when no candidate fits or none can be judged.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "models/network/sizing.hpp"
#include "models/network/steptime.hpp"

namespace nadc {

struct NetworkVerdict {
  double slowdown = 1.0;  // mean over the jobs
  double worst = 1.0;
  std::string worst_of;  // whose
  std::string refused;   // why this network cannot serve; else empty
};
// Topologies of one candidate, one for each base.
using NetworkJudge = std::function<NetworkVerdict(std::span<const TopologySpec>)>;

enum class JudgeAll : bool { no, yes };

struct OptimiseRequest {
  std::vector<TopologySpec> bases;  // GPUs, speeds, node of each fabric; kind, radix and oversubscription are varied
  std::vector<int> radices{64, 128, 144};
  NetworkJudge judge;
  JudgeAll all = JudgeAll::yes;  // no: up to the first that meets the bound
  double most_slowdown = 1.05;
  SizingInputs inputs;
};

struct Candidate {
  std::vector<TopologySpec> specs;
  NetworkSize size;  // all fabrics together; the shape is the first's
  NetworkVerdict verdict;
  bool judged = false, meets = false;
};

// All that fit: those that meet the bound, then the other judged ones, then those that were not, each cheapest first.
std::vector<Candidate> optimise_network(const OptimiseRequest& request);

// scatter: share of neighbours that placement puts under another leaf (assumption, 0–1).
double job_slowdown(const StepRequest& job, const TopologySpec& spec, double scatter);
NetworkJudge judge_by_steps(std::vector<StepRequest> jobs, double scatter = 0.25);

// Jobs when the user names none (assumption): a 405B run on a quarter of the machine, 70B on 512, 8B on 64 GPUs.
std::vector<StepRequest> usual_jobs(std::int64_t gpus);

}  // namespace nadc
