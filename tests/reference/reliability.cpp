#include <algorithm>

#include "models/reliability/hazard.hpp"
#include "tests/reference/datacenter.hpp"

namespace nadc::reference {

void Datacenter::await_failure() {
  // Candidates of the whole study; each draws the gap before it.
  struct Candidates {
    static void next(Datacenter& self, Tick before, std::uint32_t number) {
      const Uniforms u = self.draw_of(Stream::failure, 0, number);
      const Tick when = before + sample_ticks(self.point_.failure_gap, self.tables(), u.word[0]);
      self.at_time(when, EventRank::failure, [&self, u, when, number] {
        next(self, when, number + 1);
        self.candidate_fails(u, number);
      });
    }
  };
  Candidates::next(*this, 0, 0);
}

void Datacenter::candidate_fails(const Uniforms& u, std::uint32_t number) {
  const std::uint32_t global = multiply_high(u.word[1], world_.nodes);
  std::uint32_t p = 0;
  while (global >= parts_[p].first_node.value + parts_[p].shape.nodes) ++p;
  const int local = static_cast<int>(global - parts_[p].first_node.value);
  Node& node = nodes_[p][local];
  if (node.state != Node::up && node.state != Node::stands_by) return;

  double hazard = Hazards::visit(point_.hazard, [&](const auto& h) {
    return h(HazardView{StudyNodeId(global), now_ - node.delivered});
  });
  if (draw_of(Stream::lemon, global, 0).word[0] < point_.lemons) hazard *= point_.lemon_factor;
  if ((u.word[2] + 0.5) * 0x1p-32 * point_.greatest_hazard >= hazard) return;

  if (point_.modes.count == 0) {
    drain(p, local, sample_ticks(point_.repair, tables(), u.word[3]), 0, number);
    return;
  }
  const Uniforms kind = draw_of(Stream::mode, 0, number);
  const FailureMode* mode = at(&point_, point_.modes).data;
  while (mode + 1 < at(&point_, point_.modes).data + point_.modes.count && kind.word[0] >= mode->below) ++mode;
  if (mode->speed_q16 < q16_one && by_node()) {
    const std::uint64_t ticket = take_ticket(), finding = ++findings_;
    if (node.finding) leave_ticket(node.ticket);
    node.speed = std::min(node.speed, mode->speed_q16);
    node.finding = finding;
    node.ticket = ticket;
    const Tick length = sample_ticks(mode->repair, tables(), kind.word[2]);
    at_time(now_ + sample_ticks(mode->detection, tables(), kind.word[3]), EventRank::repair, ticket,
            [this, p, local, finding, ticket, length, number] {
              if (nodes_[p][local].finding != finding) return;
              nodes_[p][local].finding = 0;
              leave_ticket(ticket);
              drain(p, local, length, 0, number);
            });
    return;
  }
  if (kind.word[1] < mode->drains)
    drain(p, local, sample_ticks(mode->repair, tables(), kind.word[2]), 0, number);
  else if (node.state == Node::up)
    stop_jobs_on(p, local, false, 0, number);
}

// By node the jobs that it runs; in a pool the one that holds the GPU that is drawn, if any does.
void Datacenter::stop_jobs_on(std::uint32_t p, int node, bool with_notice, std::uint32_t entity, std::uint32_t number) {
  std::vector<std::uint32_t> hit;
  if (by_node()) {
    for (const auto& [slot, job] : running_)
      if (job.partition == p && std::find(job.nodes.begin(), job.nodes.end(), node) != job.nodes.end())
        hit.push_back(slot);
  } else {
    std::uint32_t position = multiply_high(draw_of(Stream::victim, entity, number).word[0], in_service(p));
    for (const auto& [slot, job] : running_) {
      if (job.partition != p) continue;
      if (position < job.held) {
        hit.push_back(slot);
        break;
      }
      position -= job.held;
    }
  }
  for (const std::uint32_t slot : hit) stop(slot, with_notice);
}

std::uint64_t Datacenter::take_ticket() {
  std::uint64_t ticket = 0;
  while (tickets_.count(ticket)) ++ticket;
  tickets_.insert(ticket);
  return ticket;
}

// The node waits for a crew.
void Datacenter::drain(std::uint32_t p, int node, Tick repair, std::uint32_t entity, std::uint32_t number) {
  const std::uint64_t ticket = take_ticket();
  if (nodes_[p][node].state == Node::up) stop_jobs_on(p, node, false, entity, number);
  take_out(p, node, false);
  broken_.push_back({p, node, repair, ticket});
  send_crews();
}

void Datacenter::send_crews() {
  while (!broken_.empty() && (point_.crews.crews == 0 || crews_at_work_ < point_.crews.crews)) {
    const Broken next = broken_.front();
    broken_.erase(broken_.begin());
    ++crews_at_work_;
    // Work goes on during the shift only.
    const Tick midnight = now_ - (now_ + world_.week_offset) % ticks_per_day;
    Tick left = next.length, done = now_;
    if (point_.crews.shift_to - point_.crews.shift_from >= ticks_per_day) {
      done = now_ + left;
    } else {
      for (Tick day = midnight;; day += ticks_per_day) {
        const Tick from = std::max(now_, day + point_.crews.shift_from), to = day + point_.crews.shift_to;
        if (from > to) continue;
        if (left <= to - from) {
          done = from + left;
          break;
        }
        left -= to - from;
      }
    }
    at_time(done, EventRank::repair, next.ticket, [this, next] {
      --crews_at_work_;
      leave_ticket(next.ticket);
      give_back(next.partition, next.node);
      send_crews();
    });
  }
}

// A node leaves service, and one that stands by takes its place.
void Datacenter::take_out(std::uint32_t p, int node, bool with_notice) {
  const bool served = nodes_[p][node].state == Node::up;
  nodes_[p][node].state = Node::down;
  nodes_[p][node].speed = q16_one;
  if (nodes_[p][node].finding) leave_ticket(nodes_[p][node].ticket);
  nodes_[p][node].finding = 0;
  if (!served) return;
  // Of a pool, jobs stop by number until the node's GPUs are free.
  while (!by_node() && held_in(p) > in_service(p)) {
    const auto first =
        std::find_if(running_.begin(), running_.end(), [&](const auto& slot) { return slot.second.partition == p; });
    stop(first->first, with_notice);
  }
  const auto spare = std::find_if(nodes_[p].begin(), nodes_[p].end(),
                                  [](const Node& other) { return other.state == Node::stands_by; });
  if (spare != nodes_[p].end())
    spare->state = Node::up;
  else
    ++missing_[p];
}

// It takes a place that is empty, or stands by.
void Datacenter::give_back(std::uint32_t p, int node) {
  nodes_[p][node].state = missing_[p] > 0 ? Node::up : Node::stands_by;
  if (missing_[p] > 0) --missing_[p];
}

void Datacenter::await_outage(std::uint32_t kind, Tick after, std::uint32_t number) {
  const Uniforms u = draw_of(Stream::outage, kind, number);
  const Tick when = after + sample_ticks(at(&point_, point_.outages).data[kind].gap, tables(), u.word[0]);
  at_time(when, EventRank::failure, [this, kind, u, when, number] {
    await_outage(kind, when, number + 1);
    outage(kind, u, number);
  });
}

// All nodes of a unit that are in service or stand by go down together, or the unit loses a share of its uplinks.
void Datacenter::outage(std::uint32_t kind, const Uniforms& u, std::uint32_t number) {
  const OutageParams& params = at(&point_, point_.outages).data[kind];
  if (!params.active) return;
  if (!params.planned && (u.word[2] + 0.5) * 0x1p-32 >= params.share) return;
  struct Unit {
    std::uint32_t partition, first, end;
  };
  std::vector<Unit> units;
  for (std::uint32_t p = 0; p < nodes_.size(); ++p) {
    const std::uint32_t all = parts_[p].shape.nodes, step = params.nodes ? params.nodes : std::max(1u, all);
    for (std::uint32_t first = 0; first < all; first += step) units.push_back({p, first, std::min(all, first + step)});
  }
  const auto count = static_cast<std::uint32_t>(units.size());
  const Unit unit = units[params.planned ? number % count : multiply_high(u.word[1], count)];
  const Tick until = now_ + sample_ticks(params.length, tables(), u.word[3]);
  if (params.uplinks_q16) {
    const std::uint64_t lost = std::uint64_t{unit.end - unit.first} * params.uplinks_q16;
    uplinks_lost_[unit.partition] += lost;
    const std::uint64_t ticket = take_ticket();
    at_time(until, EventRank::repair, ticket, [this, unit, lost, ticket] {
      leave_ticket(ticket);
      uplinks_lost_[unit.partition] -= lost;
    });
    return;
  }
  for (std::uint32_t n = unit.first; n < unit.end; ++n) {
    const Node::State state = nodes_[unit.partition][n].state;
    if (state != Node::up && state != Node::stands_by) continue;
    const int node = static_cast<int>(n);
    const std::uint64_t ticket = take_ticket();
    if (state == Node::up)
      stop_jobs_on(unit.partition, node, params.planned, 2 + kind, number * parts_[unit.partition].shape.nodes + n);
    take_out(unit.partition, node, params.planned);
    at_time(until, EventRank::repair, ticket, [this, unit, node, ticket] {
      leave_ticket(ticket);
      give_back(unit.partition, node);
    });
  }
}

}  // namespace nadc::reference
