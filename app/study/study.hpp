// A study: one base scenario under several levers (named override sets), with uncertain scalars, a sampling design and
// the outcomes that matter. A plain scenario is a study with one lever, "base". A point is (lever, sample): the lever's
// scenario with the sample's values; the median when no sample is asked for.
//
//   scenario: ../korea-base.yaml
//   levers: {gpus-10k: {fleet.gpus: 10000}, gpus-18k: {fleet.gpus: 18000}}
//   grid: {scheduler.backfill: [none, easy]}                    # each lever with each combination
//   uncertainties: {workload.jobs_per_day: {uniform: {low: 4000, high: 5000}}}
//   design: {samples: 64, replicas: 4}
//   outcomes: [{metric: utilization, better: higher}, {metric: wait_mean_s, of: start-up, better: lower}]
// An axis of the grid may also be a map of named variants, {small: {fleet.gpus: 10000}, large: {fleet.gpus: 18000}};
// their names are joined with "-".
//
// design.stopping ends the study early, by replica index, when all intervals that are watched are narrow enough.
#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/network/scenario_network.hpp"
#include "app/scenario/describe.hpp"
#include "app/scenario/load.hpp"
#include "app/scenario/scalar_access.hpp"
#include "models/build.hpp"
#include "sim/experiment/design.hpp"
#include "sim/field.hpp"

namespace nadc {

struct CorrelationSpec {
  std::string first, second;  // paths of uncertain scalars
  double rank = 0;            // Spearman
  static const FieldTable& fields();
};

enum class StoppingWatch : int { values, differences };
enum class StoppingWidth : int { relative, absolute };

// Stops at the first check where the 95 % half-width of every watched series is small enough. A series is an outcome
// of a lever (values), or its difference to the first lever (differences), as a mean over the samples by replica.
struct StoppingSettings {
  double half_width = 0.05;
  StoppingWidth precision = StoppingWidth::relative;
  StoppingWatch watch = StoppingWatch::values;
  std::int64_t min_replicas = 30, batch = 10;  // design.replicas is the most
  static const FieldTable& fields();
};

// pick_freeze: rows in blocks of d + 2, d the number of uncertain scalars, as saltelli_point() lays them out: total
// Sobol' indices can be told, and two rows of each block are independent samples.
enum class DesignLayout : int { plain, pick_freeze };

struct DesignSettings {
  std::int64_t samples = 1, replicas = 1, seed = 1;
  Sampling sampling = Sampling::sobol;
  DesignLayout layout = DesignLayout::plain;
  std::vector<CorrelationSpec> correlations;
  std::optional<StoppingSettings> stopping;
  std::int64_t screening = 0, screening_draws = 5000;
  static const FieldTable& fields();
};

enum class OutcomeDirection : int { higher, lower };

struct OutcomeSpec {
  std::string metric;
  OutcomeDirection better = OutcomeDirection::higher;
  double threshold = std::numeric_limits<double>::quiet_NaN();  // NaN: none
  std::string of;                                               // a group, class or domain; empty: of all
  static const FieldTable& fields();
};

// "wait_mean_s of start-up".
std::string label_of(const OutcomeSpec& outcome);

struct StudySpec {
  std::string name, description, scenario;
  DesignSettings design;
  std::vector<OutcomeSpec> outcomes;
  static const FieldTable& fields();
};

// Keys of a study beside its table: they hold overrides of the scenario.
std::span<const FreeMap> study_override_keys();

struct Lever {
  std::string name;
  LoadedScenario loaded;
};

class Study {
 public:
  // file: a scenario or a study. Errors: Error (input) with all problems, Error (usage) for what is no override.
  Study(const std::string& file, std::span<const std::string> overrides);

  const std::string& file() const { return file_; }
  const StudySpec& spec() const { return spec_; }
  const std::vector<Lever>& levers() const { return levers_; }
  // Number of the lever; Error (usage) with the nearest name.
  std::uint32_t lever(const std::string& name) const;
  // Names of the uncertain scalars, of all levers.
  const std::vector<UncertainScalar>& uncertain() const { return uncertain_; }
  // What was read, with all defaults: the scenario, or the study with each lever's scenario.
  const std::string& resolved() const { return resolved_; }

  const WorldBuilder& builder() const { return *builder_; }
  // The flow solver of each lever's fabrics, empty without one; and what its network comes to.
  const ScenarioNetwork& network(std::uint32_t lever) const { return networks_[lever]; }
  std::vector<FlowService> flows() const;
  // Values of the uncertain scalars in sample s, in the unit of each; the medians without a sample.
  std::vector<double> values(std::optional<std::uint32_t> sample) const;
  // The block of a point. Errors: Error (input) when the sample's values do not fit together.
  std::vector<std::byte> point(std::uint32_t lever, std::optional<std::uint32_t> sample) const;

  // Reads the trace, if any, and builds the world with this seed. Called once before builder() and point().
  void build(std::optional<std::uint64_t> seed);
  std::uint64_t seed() const { return seed_; }
  // After build: what differs from what the files say, and what was assumed in reading the trace.
  const std::vector<std::string>& warnings() const { return warnings_; }
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  void align_to(const TraceInputs& inputs);
  void fit_pools();
  void note_rounding();
  // The error of building, with its place and the lever that it belongs to.
  Error with_lever(const Error& error, const TraceInputs* inputs) const;
  void build_design();
  void refuse_unknown_names() const;  // of outcomes
  void refuse_pick_freeze() const;    // when the study cannot be laid out so

  std::string file_;
  Node tree_;  // of a study, with places
  StudySpec spec_;
  std::vector<Lever> levers_;
  std::vector<UncertainScalar> uncertain_;
  std::vector<std::vector<std::optional<ScalarAccess>>> access_;  // (lever, uncertain)
  std::string resolved_;
  std::vector<Scenario> scenarios_;        // of the levers, at the medians
  std::vector<Scenario> world_scenarios_;  // what the world must hold
  std::optional<WorldBuilder> builder_;
  std::vector<ScenarioNetwork> networks_;  // (lever)
  std::optional<Design> design_;
  std::uint64_t seed_ = 1;
  std::vector<std::string> warnings_, notes_;
};

}  // namespace nadc
