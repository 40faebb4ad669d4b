#include "models/policy/trigger_spec.hpp"

namespace nadc {

using namespace spec;

namespace {

void threshold_fits(const TriggerWhen& when, std::vector<Complaint>& complaints) {
  const bool waits = is_of_waits(when.metric), of_group = when.metric == TriggerMetric::group_use;
  const int of_waits = (when.longer >= 0) + (when.shorter >= 0), of_shares = (when.above >= 0) + (when.below >= 0);
  if (waits && of_shares > 0)
    complaints.push_back({when.above >= 0 ? "above" : "below", "is of shares, and the metric is a wait",
                          "write longer: 1 d, or shorter"});
  if (!waits && of_waits > 0)
    complaints.push_back({when.longer >= 0 ? "longer" : "shorter", "is of waits, and the metric is a share",
                          "write above: 90 %, or below"});
  if (of_waits + of_shares == 0)
    complaints.push_back(
        {"", "the threshold is missing", waits ? "write longer: 1 d, or shorter" : "write above: 90 %, or below"});
  if (of_waits > 1 || of_shares > 1)
    complaints.push_back({waits ? "shorter" : "below", "stands beside another threshold", "give one of them"});
  if (when.metric == TriggerMetric::utilization && when.above >= 1)
    complaints.push_back({"above", "utilization is never above 100 %, so the trigger never acts", "give less"});
  if (when.below == 0) complaints.push_back({"below", "nothing is below 0, so the trigger never acts", "give more"});
  if (when.metric == TriggerMetric::wait_mean && when.shorter == 0)
    complaints.push_back({"shorter", "no wait is shorter than 0 s, so the trigger never acts", "give more"});
  if (of_group && when.of.empty())
    complaints.push_back({"of", "group_use is of a group", "name one of workload.groups"});
  if (when.metric == TriggerMetric::utilization && !when.of.empty())
    complaints.push_back({"of", "utilization is of all groups", "drop the key, or take metric: group_use"});
}

void groups_differ(const QuotaMoveSpec& move, std::vector<Complaint>& complaints) {
  if (move.from == move.to) complaints.push_back({"to", "is the group that gives", "name another group"});
}

void price_changes(const PriceChangeSpec& price, std::vector<Complaint>& complaints) {
  if (price.by == 1) complaints.push_back({"by", "a factor of 1 changes nothing", "1.2 raises the price by a fifth"});
}

void something_is_done(const TriggerThen& then, std::vector<Complaint>& complaints) {
  if (!then.order && !then.quota && !then.price)
    complaints.push_back({"", "says nothing that the trigger does", "give order, quota or price"});
}

}  // namespace

const FieldTable& TriggerWhen::fields() {
  static const FieldTable table{
      "when",
      "The rule of a trigger, over one of its periods.",
      {
          choice(
              &TriggerWhen::metric, "metric", {"wait_mean", "wait_p90", "utilization", "group_use"}, required,
              "What is looked at: waits of the jobs that started and of those that have waited too long already, the "
              "utilization of all GPUs, or the use that a group makes of its quota.",
              ""),
          text(&TriggerWhen::of, "of", "\"\"", "Group whose jobs count; none: all.", "neutral default"),
          duration(&TriggerWhen::longer, "longer", not_negative, optional, "Holds when the wait is longer.", ""),
          duration(&TriggerWhen::shorter, "shorter", not_negative, optional, "Holds when the wait is shorter.", ""),
          quantity(&TriggerWhen::above, "above", Dimension::ratio, {.min = 0, .max = 4}, optional,
                   "Holds when the share is above.", ""),
          quantity(&TriggerWhen::below, "below", Dimension::ratio, {.min = 0, .max = 4}, optional,
                   "Holds when the share is below.", ""),
          integer(&TriggerWhen::in_a_row, "for", between(1, 1000), "1",
                  "Periods in a row for which it has to hold before the trigger acts.", "neutral default"),
      },
      check_with<&threshold_fits>};
  return table;
}

const FieldTable& OrderSpec::fields() {
  static const FieldTable table{
      "order",
      "A tranche that a trigger orders each time it acts.",
      {
          text(&OrderSpec::site, "site", "\"\"", "Site where it stands; none: the first.", "neutral default"),
          text(&OrderSpec::cluster, "cluster", "\"\"", "Cluster that it joins; none: the first of the site.",
               "neutral default"),
          text(&OrderSpec::node, "node", required, "Node kind of the catalog.", ""),
          integer(&OrderSpec::gpus, "gpus", between(1, 1e6), required, "GPUs; whole nodes, rounded up.", ""),
          duration(&OrderSpec::lead, "lead", between(0, 3.2e9), required, "From the order to the planned delivery.",
                   ""),
          law(&OrderSpec::delay, "delay", Dimension::duration, not_negative, "0 s", "Delay after that.",
              "assumption: on time"),
          choice(&OrderSpec::owner, "owner", {"shared", "state", "investors"}, "shared",
                 "Who pays and owns; shared: by policy.ownership.", "neutral default"),
          choice(&OrderSpec::how, "how", {"buy", "rent"}, "buy", "Whether the GPUs are bought, or rented by the hour.",
                 "neutral default"),
      }};
  return table;
}

const FieldTable& QuotaMoveSpec::fields() {
  static const FieldTable table{
      "move",
      "A part of a quota that goes from one group to another.",
      {
          text(&QuotaMoveSpec::from, "from", required, "Group that gives.", ""),
          text(&QuotaMoveSpec::to, "to", required, "Group that gets it.", ""),
          quantity(&QuotaMoveSpec::share, "share", Dimension::ratio, {.min = 0, .max = 1, .at_min = Bound::open},
                   required, "Of all GPUs, each time; less where the one has less, or the other comes to 100 %.", ""),
      },
      check_with<&groups_differ>};
  return table;
}

const FieldTable& PriceChangeSpec::fields() {
  static const FieldTable table{
      "price change",
      "A change of what groups pay for a GPU-hour.",
      {
          number(&PriceChangeSpec::by, "by", {.min = 0.01, .max = 100}, required, "Factor on the price, each time.",
                 ""),
          text(&PriceChangeSpec::of, "of", "\"\"", "Group whose price it is; none: all.", "neutral default"),
      },
      check_with<&price_changes>};
  return table;
}

const FieldTable& TriggerThen::fields() {
  static const FieldTable table{"then",
                                "What a trigger does.",
                                {
                                    object(&TriggerThen::order, "order", "GPUs are ordered."),
                                    object(&TriggerThen::quota, "quota", "A part of a quota moves."),
                                    object(&TriggerThen::price, "price", "A price changes."),
                                },
                                check_with<&something_is_done>};
  return table;
}

const FieldTable& TriggerSpec::fields() {
  static const FieldTable table{
      "trigger",
      "A rule on what a period was like, and what is done when it holds.",
      {
          spec::name(&TriggerSpec::name, "Name of the trigger."),
          choice(&TriggerSpec::every, "every", {"day", "week", "month", "quarter", "year"}, "quarter",
                 "Its periods: days and weeks from the start, months, quarters and years of the calendar.",
                 "neutral default"),
          object(&TriggerSpec::when, "when", required, "The rule."),
          object(&TriggerSpec::then, "then", required, "What is done."),
          integer(&TriggerSpec::at_most, "at_most", between(1, 64), "1", "How often it acts at most.",
                  "neutral default"),
          integer(&TriggerSpec::pause, "pause", between(0, 1000), "0",
                  "Periods after an act that do not count: until what was done shows.", "neutral default"),
      }};
  return table;
}

}  // namespace nadc
