// The field tables of a study's own keys.
#include "app/scenario/units.hpp"
#include "app/study/study.hpp"
#include "models/metrics.hpp"

namespace nadc {

using namespace spec;

const FieldTable& CorrelationSpec::fields() {
  static const FieldTable table{
      "correlation",
      "Two uncertain scalars that move together.",
      {
          text(&CorrelationSpec::first, "first", required, "Path of an uncertain scalar.", ""),
          text(&CorrelationSpec::second, "second", required, "Path of another.", ""),
          number(&CorrelationSpec::rank, "rank", between(-1, 1), required, "Spearman's rank correlation.", ""),
      }};
  return table;
}

const FieldTable& StoppingSettings::fields() {
  static const FieldTable table{
      "stopping",
      "When to stop before design.replicas.",
      {
          number(&StoppingSettings::half_width, "half_width", positive, required,
                 "95 % half-width that every watched series must reach; a share of its mean, or in its own unit.", ""),
          choice(&StoppingSettings::precision, "precision", {"relative", "absolute"}, "relative",
                 "Whether half_width is a share of the mean.", "neutral default"),
          choice(&StoppingSettings::watch, "watch", {"values", "differences"}, "values",
                 "Outcomes of every lever, or their differences to the first lever.", "neutral default"),
          integer(&StoppingSettings::min_replicas, "min_replicas", at_least(2), "30",
                  "Replicas before the first check.", "measured: intervals then cover 95 % (docs/experiments.md)"),
          integer(&StoppingSettings::batch, "batch", at_least(1), "10", "Replicas between two checks.",
                  "measured: intervals then cover 95 % (docs/experiments.md)"),
      }};
  return table;
}

namespace {

void stopping_fits(const DesignSettings& design, std::vector<Complaint>& complaints) {
  if (design.stopping && design.stopping->min_replicas > design.replicas)
    complaints.push_back({"stopping",
                          "min_replicas is more than design.replicas (" + std::to_string(design.replicas) +
                              "), the most that a study makes",
                          "raise design.replicas, or lower min_replicas"});
}

}  // namespace

const FieldTable& DesignSettings::fields() {
  static const FieldTable table{
      "design",
      "How the uncertain scalars are sampled, and how many random histories each sample gets.",
      {
          integer(&DesignSettings::samples, "samples", between(1, 4294967295.0), "1",
                  "Samples of the uncertain scalars.", "neutral default"),
          integer(&DesignSettings::replicas, "replicas", between(1, 4294967295.0), "1", "Replicas of each sample.",
                  "neutral default"),
          choice(&DesignSettings::sampling, "sampling", {"sobol", "lhs", "random"}, "sobol", "Sampling design.",
                 "neutral default: the least variance for smooth outcomes"),
          choice(
              &DesignSettings::layout, "layout", {"plain", "pick-freeze"}, "plain",
              "pick-freeze: blocks of d + 2 samples, d uncertain scalars, from which nadc decide tells how much each "
              "matters with its interactions; samples is a multiple of d + 2.",
              "neutral default"),
          integer(&DesignSettings::seed, "seed", at_least(0), "1", "Seed of the study.", "neutral default"),
          list(&DesignSettings::correlations, "correlations", anything, "[]", "Correlated pairs."),
          object(&DesignSettings::stopping, "stopping", "When to stop before all replicas are made."),
          integer(&DesignSettings::screening, "screening", between(0, 4294967295.0), "0",
                  "Samples of the hourly ledger that sharpen the means of the summary; 0: none.", "neutral default"),
          integer(&DesignSettings::screening_draws, "screening_draws", between(0, 1e9), "5000",
                  "Jobs that a run of the ledger may draw one by one; the others flow in at their mean rate.",
                  "measured: little is gained beyond (docs/experiments.md)"),
      },
      check_with<&stopping_fits>};
  return table;
}

namespace {

void known_metric(const OutcomeSpec& outcome, std::vector<Complaint>& complaints) {
  std::vector<std::string_view> names;
  for (const MetricInfo& info : outcome.of.empty() ? site_metrics() : group_metrics()) names.push_back(info.name);
  if (std::find(names.begin(), names.end(), outcome.metric) != names.end()) return;
  const std::string near = nearest(outcome.metric, names);
  complaints.push_back(
      {"metric", "no metric '" + outcome.metric + "'" + (outcome.of.empty() ? "" : " of a group, class or domain"),
       near.empty() ? "see nadc explain metrics" : "did you mean " + near + "?"});
}

}  // namespace

const FieldTable& OutcomeSpec::fields() {
  static const FieldTable table{
      "outcome",
      "A metric that the study is about.",
      {
          text(&OutcomeSpec::metric, "metric", required, "Name of a metric.", ""),
          choice(&OutcomeSpec::better, "better", {"higher", "lower"}, "higher", "Which way is better.",
                 "neutral default"),
          number(&OutcomeSpec::threshold, "threshold", anything, optional,
                 "Value to reach; its probability is reported.", ""),
          text(&OutcomeSpec::of, "of", "\"\"", "The group, class or domain whose metric it is; empty: of all.",
               "neutral default"),
      },
      check_with<&known_metric>};
  return table;
}

std::string label_of(const OutcomeSpec& outcome) {
  return outcome.metric + (outcome.of.empty() ? "" : " of " + outcome.of);
}

const FieldTable& StudySpec::fields() {
  static const FieldTable table{
      "study",
      "A scenario under several levers, with uncertain scalars.",
      {
          text(&StudySpec::name, "name", required, "Name of the study.", ""),
          text(&StudySpec::description, "description", "\"\"", "What it asks.", "neutral default"),
          path(&StudySpec::scenario, "scenario", required, "Scenario that the levers change.", ""),
          object(&StudySpec::design, "design", "{}", "Samples and replicas."),
          list(&StudySpec::outcomes, "outcomes", anything, "[]", "Metrics that the study is about."),
      }};
  return table;
}

std::span<const FreeMap> study_override_keys() {
  static constexpr FreeMap keys[] = {
      {"levers", "Levers by name; each maps key paths of the scenario to values."},
      {"grid",
       "Key paths, each with a list of values, or names, each with a map of named variants; every lever is combined "
       "with every combination."},
      {"uncertainties", "Key paths of scalars, each with the law of what is not known."},
  };
  return keys;
}

}  // namespace nadc
