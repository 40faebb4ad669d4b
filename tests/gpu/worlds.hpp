// Small studies for the tests of the backends, made in C++ so that they need no scenario files.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "gpu/study_blob.hpp"
#include "models/scenario.hpp"

namespace nadc::test {

// FIFO, EASY backfill, best fit, constant hazard, energy: the lean profile. largest: GPUs of the largest jobs.
Scenario lean_scenario(std::int64_t gpus, double days, double jobs_per_day, double largest = 128);

// Quotas, two sites with deliveries, node kinds of different speed, pods that slow jobs down, infant mortality,
// checkpoints, jobs that fail and are cancelled, a window, months and a warm-up.
Scenario full_scenario(std::int64_t gpus, double days, double jobs_per_day, double largest = 64);

// What a scenario may choose, as numbers: one level a factor.
struct Factor {
  const char* name;
  int levels;
};
std::span<const Factor> factors();
using Choices = std::vector<int>;  // (factor)

// A small world with these choices; the seed draws sizes, loads and laws.
Scenario scenario_with(const Choices& choices, std::uint64_t seed);

// Choices in which every pair of levels of every two factors occurs; the same for a seed.
std::vector<Choices> pairwise_cover(std::uint64_t seed);

// A world of these levers, a point for each lever and sample, and rows (point, replica) with the hashes that a plain
// loop over ReplicaRunner<1> gives. A scenario whose choices ask for a trace gets one.
BlobStudy make_study(std::string name, const std::vector<Scenario>& levers, std::uint32_t samples,
                     std::uint32_t replicas, std::uint64_t seed = 1);

// The two studies of tests/gpu/hashes.txt.
std::vector<BlobStudy> built_in_studies();

// The studies to be timed: 18,000 GPUs and 8,000 jobs a day at about 90 % load, lean and full.
std::vector<BlobStudy> timed_studies(double days);

std::vector<Task> tasks_of(const BlobStudy& study);

}  // namespace nadc::test
