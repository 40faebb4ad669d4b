#include <algorithm>

#include "models/power/victim.hpp"
#include "tests/reference/datacenter.hpp"

namespace nadc::reference {

void Datacenter::deliver(std::uint32_t t) {
  const TrancheParams& tranche = at(&point_, point_.tranches).data[t];
  for (std::uint32_t n = tranche.first.value; n < tranche.first.value + tranche.count; ++n) {
    nodes_[tranche.partition.value][n].state = Node::dark;
    nodes_[tranche.partition.value][n].delivered = now_;
  }
  delivered_.push_back(t);
  switch_on();
}

// Dark nodes, by tranche and number, as far as what they reserve fits under the connection of their site.
void Datacenter::switch_on() {
  std::sort(delivered_.begin(), delivered_.end());
  for (const std::uint32_t t : delivered_) {
    const TrancheParams& tranche = at(&point_, point_.tranches).data[t];
    const std::uint32_t site = parts_[tranche.partition.value].site.value;
    const DomainParams& domain = at(&point_, point_.domains).data[site];
    const auto reserve_of = [&](std::uint32_t p) {
      const NodeDraw& draw = at(&point_, point_.partitions).data[p].draw;
      return domain.reserves_full ? draw.busy_mw
                                  : Draws::visit(point_.draw, [&](const auto& policy) { return policy.idle(draw); });
    };
    const std::int64_t reserve = reserve_of(tranche.partition.value);
    for (std::uint32_t n = tranche.first.value; n < tranche.first.value + tranche.count; ++n) {
      Node& node = nodes_[tranche.partition.value][n];
      if (node.state != Node::dark) continue;
      std::int64_t reserved = 0;  // by the nodes of the site that are switched on
      for (std::uint32_t p = 0; p < nodes_.size(); ++p)
        for (const Node& other : nodes_[p])
          if (parts_[p].site.value == site && other.state > Node::dark) reserved += reserve_of(p);
      if (domain.has_grid && reserved + reserve > connected_mw_[site]) continue;
      node.state = n >= tranche.first.value + tranche.count - tranche.spares ? Node::stands_by : Node::up;
    }
  }
}

std::vector<std::uint32_t> Datacenter::domains_of(std::uint32_t p) const {
  if (!parts_[p].own_domain.valid()) return {parts_[p].site.value};
  return {parts_[p].site.value, parts_[p].own_domain.value};
}

// Of a domain's nodes, without jobs.
std::int64_t Datacenter::base_mw(std::uint32_t domain) const {
  std::int64_t sum = 0;
  for (std::uint32_t p = 0; p < nodes_.size(); ++p) {
    const auto of = domains_of(p);
    if (std::find(of.begin(), of.end(), domain) == of.end()) continue;
    const NodeDraw& draw = at(&point_, point_.partitions).data[p].draw;
    const std::int64_t idle = Draws::visit(point_.draw, [&](const auto& policy) { return policy.idle(draw); });
    for (const Node& node : nodes_[p]) {
      if (node.state == Node::up || node.state == Node::stands_by) sum += idle;
      if (node.state == Node::down) sum += draw.down_mw;
    }
  }
  return sum;
}

std::int64_t Datacenter::full_mw(std::uint32_t domain) const {
  std::int64_t sum = 0;
  for (const auto& [slot, job] : running_) {
    const auto of = domains_of(job.partition);
    if (std::find(of.begin(), of.end(), domain) != of.end()) sum += job.full_mw;
  }
  return sum;
}

std::int64_t Datacenter::job_mw(const Job& job, std::uint32_t partition) const {
  return Draws::visit(point_.draw, [&](const auto& policy) {
    return policy.job(at(&point_, point_.partitions).data[partition].draw, held_by(job, partition),
                      class_of(job).intensity);
  });
}

// The cap or the connection, the less, and in a window a share of it; idle nodes are never switched off.
std::int64_t Datacenter::limit_mw(std::uint32_t domain) const {
  const DomainParams& params = at(&point_, point_.domains).data[domain];
  std::int64_t limit = params.limit_mw;
  if (params.has_grid) limit = std::min(limit, connected_mw_[domain]);
  if (limit < no_limit_mw)
    limit = static_cast<std::int64_t>(static_cast<Int128>(limit) * window_share_[domain] / whole_ppm);
  return std::max(limit, base_mw(domain));
}

// The level, in 64ths, at which jobs that draw `full` at full clocks keep the limit.
std::uint32_t Datacenter::level_for(std::uint32_t domain, std::int64_t full) const {
  const std::int64_t room = limit_mw(domain) - base_mw(domain);
  return full <= room ? full_level : static_cast<std::uint32_t>(room * full_level / full);
}

bool Datacenter::power_for(const Job& job, std::uint32_t partition) const {
  if (!point_.limited) return true;
  for (const std::uint32_t d : domains_of(partition)) {
    const bool slows = at(&point_, point_.domains).data[d].at_limit == AtLimit::slow;
    if (level_for(d, full_mw(d) + job_mw(job, partition)) < (slows ? point_.lowest_level : full_level)) return false;
  }
  return true;
}

// The work that a job has done and cannot save, and the time of its restart.
Tick Datacenter::lost_if_stopped(const Job& job) const {
  Job now = job;
  now.left_q16 = std::max<std::int64_t>(0, job.left_q16 - (now_ - job.since) * job.rate);
  const Tick done = useful_q16_of(now) / q16_one;
  const Tick saved = job.save_every > 0 ? std::min(done, job.useful - 1) : 0;
  return done - saved + class_of(job).restart_cost;
}

// Where jobs draw more than the limit they slow down, or some stop: at once where the domain preempts, else when
// the lowest clock is still too much.
void Datacenter::keep_limits() {
  if (!point_.limited) return;
  for (std::uint32_t d = 0; d < world_.domains; ++d) {
    const bool preempts = at(&point_, point_.domains).data[d].at_limit == AtLimit::preempt;
    while (level_for(d, full_mw(d)) < (preempts ? full_level : point_.lowest_level)) {
      // Who gives way, then the newest, then the lowest number.
      using Claim = std::tuple<std::int64_t, Tick, std::uint32_t>;
      std::optional<Claim> first;
      for (const auto& [number, job] : running_) {
        const auto of = domains_of(job.partition);
        if (std::find(of.begin(), of.end(), d) == of.end() || job.full_mw == 0) continue;
        std::int64_t claim = 0;
        if (Victims::holds<LowestPriorityVictim>(point_.victim))
          claim = at(&point_, point_.priorities).data[group_of(job)];
        if (Victims::holds<LeastLostVictim>(point_.victim)) claim = lost_if_stopped(job) * job.held;
        const Claim its{claim, -job.started, number};
        if (!first || its < *first) first = its;
      }
      stop(std::get<2>(*first), true);
    }
    level_[d] = level_for(d, full_mw(d));
  }
}

// From now on nothing changes until then.
void Datacenter::write_span(Tick until) {
  if (until <= now_) return;
  Ledger::Span span{now_, until, std::vector<std::int64_t>(world_.sites), std::vector<std::uint64_t>(nodes_.size())};
  for (std::uint32_t s = 0; s < world_.sites; ++s) span.it_mw[s] = base_mw(s);
  for (const auto& [slot, job] : running_) span.it_mw[parts_[job.partition].site.value] += job.draw_mw;
  for (std::uint32_t p = 0; p < nodes_.size(); ++p)
    for (const Node& node : nodes_[p]) span.installed[p] += node.state == Node::absent ? 0 : gpus_per_node(p);
  ledger_.spans.push_back(std::move(span));
  remember(until);
}

}  // namespace nadc::reference
