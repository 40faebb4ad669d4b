#include "tests/app/scenario/test_spec.hpp"

#include <unistd.h>

#include <atomic>

#include "sim/error.hpp"

namespace nadc::scenario_test {

using namespace spec;

const FieldTable& Grid::fields() {
  static const FieldTable table{
      "grid",
      "The connection to the grid.",
      {quantity(&Grid::connection, "connection", Dimension::power, positive, "40 MW", "Power that may be drawn.",
                "assumption"),
       quantity(&Grid::price, "price", Dimension::money_per_energy, not_negative, "182.6 KRW/kWh", "Price of energy.",
                "assumption: derived"),
       quantity(&Grid::share, "share", Dimension::ratio, fraction, "85 %", "Share that is firm.", "contract")}};
  return table;
}

const FieldTable& Site::fields() {
  static const FieldTable table{
      "site",
      "A site.",
      {spec::name(&Site::name, "Its name."), integer(&Site::gpus, "gpus", at_least(1), required, "GPUs here.", ""),
       integer(&Site::crews, "crews", between(0, 100), "2", "Repair crews.", "assumption"),
       object(&Site::grid, "grid", "{}", "The grid."), object(&Site::backup, "backup", "A second connection.")}};
  return table;
}

const FieldTable& Job::fields() {
  static const FieldTable table{"job",
                                "A class of jobs.",
                                {spec::name(&Job::label, "Its name."),
                                 law(&Job::runtime, "runtime", Dimension::duration, not_negative,
                                     "{lognormal: {median: 2 h, sigma: 1.9}}", "How long it runs.", "assumption"),
                                 number(&Job::weight, "weight", positive, "1", "Relative number.", "convention")}};
  return table;
}

const FieldTable& Spread::fields() {
  static const FieldTable table{
      "spread",
      "Parameters of spreading.",
      {quantity(&Spread::penalty, "penalty", Dimension::ratio, fraction, "5 %", "Slow-down a pod.", "assumption"),
       integer(&Spread::depth, "depth", at_least(1), "3", "Pods looked at.", "convention")}};
  return table;
}

std::span<const Alternative> orders() {
  static const Alternative all[] = {alternative("fifo", "As they come."), alternative<Spread>("spread", "Apart."),
                                    alternative("smallest", "Small first.")};
  return all;
}

void end_after_start(const World& world, std::vector<Complaint>& complaints) {
  if (world.end <= world.start) complaints.push_back({"end", "the end is not after the start", "move it"});
}

const FieldTable& World::fields() {
  static const FieldTable table{
      "world",
      "Everything.",
      {text(&World::title, "title", required, "What it is.", ""),
       date(&World::start, "start", "2026-01-01", "First day.", "convention"),
       date(&World::end, "end", "start + 365 d", "Last day.", "convention"),
       duration(&World::outage, "outage", between(0, 86400), "90 min", "An outage.", "assumption"),
       boolean(&World::strict, "strict", "false", "Strictness.", "convention"),
       choice(&World::cooling, "cooling", {"air", "liquid"}, "air", "Cooling.", "assumption"),
       number(&World::ratio, "ratio", {.min = 0, .max = 2, .at_max = Bound::open}, "1.5", "A ratio.", "convention"),
       quantity(&World::peak, "peak", not_negative, optional, "Peak power.", ""),
       quantity(&World::ambient, "ambient", Dimension::temperature, between(-50, 60), "25 °C", "Outside.",
                "assumption"),
       numbers(&World::hours, "hours", not_negative, "[1, 2.5]", "Rates by hour.", "convention"),
       quantities(&World::bandwidths, "bandwidths", Dimension::data_rate, positive, "[400 Gbit/s]", "By tier.",
                  "data sheet"),
       integers(&World::counts, "counts", at_least(0), "[]", "Counts.", "convention"),
       texts(&World::tags, "tags", "[]", "Labels.", "convention"),
       amounts(&World::shares, "shares", Dimension::ratio, fraction, "{}", "Shares by name.", "convention"),
       path(&World::trace, "trace", "\"\"", "A trace.", "convention"),
       list(&World::sites, "sites", at_least(1), required, "All sites."),
       map(&World::jobs, "jobs", anything, "{}", "Job classes."),
       one_of(&World::order, "order", orders, "fifo", "Order of the queue.", "assumption")},
      check_with<&end_after_start>};
  return table;
}

Folder::Folder() {
  static std::atomic<int> next{0};
  path_ = std::filesystem::temp_directory_path() /
          ("nadc-scenario-" + std::to_string(::getpid()) + "-" + std::to_string(next++));
  std::filesystem::create_directories(path_);
}

namespace {

Loaded finish(Node root, const std::vector<std::string>& overrides) {
  apply_overrides(root, &World::fields(), parse_overrides(overrides));
  Loaded loaded;
  loaded.reading = read_into(loaded.world, root);
  return loaded;
}

}  // namespace

Loaded load(const std::string& yaml, const std::vector<std::string>& overrides) {
  return finish(merge_with_bases(parse_document(yaml, "test.yaml"), &World::fields()), overrides);
}

Loaded load_file(const std::string& file, const std::vector<std::string>& overrides) {
  return finish(read_with_bases(file, &World::fields()), overrides);
}

std::string errors_of(const std::string& yaml, const std::vector<std::string>& overrides) {
  try {
    load(yaml, overrides);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace nadc::scenario_test
