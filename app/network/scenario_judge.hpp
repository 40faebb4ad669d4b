// How much candidates for a scenario's networks slow its jobs: the loop itself, one replica, with flows on the
// candidate.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "models/network/optimise.hpp"

namespace nadc {

class Study;

class ScenarioJudge {
 public:
  // Errors: Error as of nadc run; Error (input) when no class of jobs communicates.
  ScenarioJudge(const std::string& file, std::span<const std::string> overrides, const std::string& lever);
  ~ScenarioJudge();

  // The fabric of each cluster as the scenario has it: GPUs, node, speeds.
  const std::vector<TopologySpec>& bases() const { return bases_; }
  std::string routing() const;

  // Slow-down of all jobs of the classes that communicate (comm_slowdown_mean, by GPU-time held), and of the class that
  // suffers most. All candidates meet the same jobs, those of nadc run.
  NetworkVerdict operator()(std::span<const TopologySpec> topologies);

 private:
  std::unique_ptr<Study> study_;
  std::string lever_name_;
  std::uint32_t lever_ = 0;
  std::vector<TopologySpec> bases_;
  bool warned_ = false;
};

}  // namespace nadc
