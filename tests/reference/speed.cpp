// How fast jobs run.
#include <algorithm>

#include "models/network/pace.hpp"
#include "tests/reference/datacenter.hpp"

namespace nadc::reference {

static constexpr std::int64_t whole = 1 << 16;  // a rate of 1

// What a job's network sees of it, and of the load of the upper tiers.
static PaceView view_of(const Job& job, const ClassParams& klass, std::uint32_t gpus_per_node, std::uint32_t load) {
  PaceView view{};
  view.pods = job.pods;
  view.load_16ths = load;
  view.communication = klass.communication;
  view.nodes = job.held > gpus_per_node ? static_cast<std::uint32_t>(job.nodes.size()) : 0;
  return view;
}

// Of a partition's upper tiers, in sixteenths. The uplinks that are left carry it, at most all that they can.
std::uint32_t Datacenter::upper_load(std::uint32_t p) const {
  std::uint64_t upward = 0;  // in sixteenths of a GPU
  for (const auto& [slot, job] : running_)
    if (job.partition == p)
      upward += Paces::visit(point_.pace, [&](const auto& pace) {
        return pace.upward(view_of(job, class_of(job), gpus_per_node(p), 0), job.held);
      });
  const std::uint64_t uplinks = std::uint64_t{parts_[p].shape.nodes} * whole;
  const std::uint64_t left = uplinks_lost_[p] < uplinks ? in_service(p) * (uplinks - uplinks_lost_[p]) / uplinks : 0;
  const std::uint64_t carries = std::max<std::uint64_t>(1, left);
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(16, (upward + carries - 1) / carries));
}

// The lowest of its domains.
std::uint32_t Datacenter::level_in(std::uint32_t p) const {
  std::uint32_t level = full_level;
  for (const std::uint32_t d : domains_of(p)) level = std::min(level, level_[d]);
  return level;
}

// Of a job where it is: what else is on its fabric, slow nodes, and the level of its power.
std::uint32_t Datacenter::rate_there(const Job& job, std::uint32_t load) const {
  const std::uint32_t p = job.partition, level = level_in(p);
  std::uint64_t rate = speed(job, p);
  rate = rate *
         Paces::visit(point_.pace,
                      [&](const auto& pace) { return pace(view_of(job, class_of(job), gpus_per_node(p), load)); }) /
         whole;
  std::uint32_t slowest = q16_one;
  for (const int node : job.nodes) slowest = std::min(slowest, nodes_[p][node].speed);
  rate = rate * slowest / whole;
  if (level < full_level)
    rate = rate * at(&point_, point_.cap_speed)[job.cell % world_.classes * (full_level + 1) + level] / whole;
  return static_cast<std::uint32_t>(std::max<std::uint64_t>(rate, 1));
}

bool Datacenter::set_rates() {
  bool any = false;
  std::vector<std::uint32_t> load;
  for (std::uint32_t p = 0; p < nodes_.size(); ++p) load.push_back(upper_load(p));
  for (auto& [slot, job] : running_) {
    const std::uint32_t rate = rate_there(job, load[job.partition]), level = level_in(job.partition);
    progress(job);
    job.changes += job.rate != rate;
    any = any || job.rate != rate;
    job.rate = rate;
    job.draw_mw = level == full_level ? job.full_mw : job.full_mw * level / full_level;
    calendar_.erase(ends_.at(slot));
    Tick ends = now_ + (job.left_q16 + job.rate - 1) / job.rate;
    if (point_.kills) ends = std::min(ends, limit_of(job));
    ends_[slot] = at_time(ends, EventRank::completion, [this, slot = slot] { end(slot); });
  }
  return any;
}

}  // namespace nadc::reference
