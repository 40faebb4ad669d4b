// The cheapest network whose jobs stay fast enough.
//
// Slow-down of a job: its step on the candidate over its step on a network of full bisection with neighbours side by
// side. Candidates: every kind, the given radices, leaf oversubscriptions 1, 2, 4, 8 for the trees, at the given
// speeds. Cheapest by cost where prices are given, else by power. The model sees sustained bandwidth, not incast or
// tails.
#pragma once
#include <vector>

#include "models/network/sizing.hpp"
#include "models/network/steptime.hpp"

namespace nadc {

struct OptimiseRequest {
  TopologySpec base;  // GPUs, speeds, node; its kind, radix and oversubscription are varied
  std::vector<int> radices{64, 128, 144};
  std::vector<StepRequest> jobs;
  double most_slowdown = 1.05;
  double scatter = 0.25;  // share of neighbours that placement puts under another leaf (assumption, 0–1)
  SizingInputs inputs;
};

struct Candidate {
  NetworkSize size;
  double slowdown = 1.0;  // mean over the jobs
  double worst = 1.0;
  bool meets = false;
};

// All that fit, those that meet the bound first, cheapest first.
std::vector<Candidate> optimise_network(const OptimiseRequest& request);

double job_slowdown(const StepRequest& job, const TopologySpec& spec, double scatter);

// Jobs when the user names none (assumption): a 405B run on a quarter of the machine, 70B on 512, 8B on 64 GPUs.
std::vector<StepRequest> usual_jobs(std::int64_t gpus);

}  // namespace nadc
