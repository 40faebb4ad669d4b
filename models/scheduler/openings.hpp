// Where a waiting job may start now: by what its class and group may use, by free GPUs, by power. A view, made for a
// call; and how long a job may run there.
#pragma once
#include <cstddef>
#include <cstdint>

#include "models/loop/frame.hpp"
#include "models/power/domains.hpp"
#include "models/run/running_job.hpp"
#include "models/scheduler/place.hpp"
#include "models/scheduler/waiting.hpp"
#include "models/site/fleet_state.hpp"
#include "sim/platform.hpp"
#include "sim/time.hpp"

namespace nadc {

// Speed of the job in a partition; 0: it may not run there.
template <int Width> NADC_HD inline std::uint32_t rate_of(const Frame<Width>& f, const WaitingJob& job, PartitionId p) {
  return f.rate(job.cell, p);
}

// GPUs that the job holds in a partition.
template <int Width> NADC_HD inline std::uint32_t held(const Frame<Width>& f, const WaitingJob& job, PartitionId p) {
  return Places::visit(f.point.place, [&](const auto& place) { return place.held(f.parts[p].shape, job.gpus); });
}
// Where it holds most.
template <int Width> NADC_HD inline std::uint32_t most_held(const Frame<Width>& f, const WaitingJob& job) {
  std::uint32_t most = 0;
  for (const PartitionId p : f.partitions())
    if (rate_of(f, job, p) && held(f, job, p) > most) most = held(f, job, p);
  return most;
}

template <int Width> NADC_HD inline Tick restart_of(const Frame<Width>& f, const WaitingJob& job) {
  return job.restarts ? f.classes[f.shape.class_of(job.cell)].restart_cost : 0;
}

// How long the job runs at most at a rate, by its request. What is ended at its limit may run as long as it asked,
// however slow or fast it is.
template <int Width> NADC_HD inline Tick request_at(const Frame<Width>& f, const WaitingJob& job, std::uint32_t rate) {
  const Tick asked = job.request + restart_of(f, job);
  return f.point.kills ? asked : ticks_at(asked << 16, rate);
}
template <int Width> NADC_HD inline Tick request_on(const Frame<Width>& f, const WaitingJob& job, PartitionId p) {
  return request_at(f, job, rate_of(f, job, p));
}
// Where the job runs fastest.
template <int Width> NADC_HD inline Tick shortest_request(const Frame<Width>& f, const WaitingJob& job) {
  std::uint32_t fastest = 0;
  for (const PartitionId p : f.partitions())
    if (rate_of(f, job, p) > fastest) fastest = rate_of(f, job, p);
  return fastest ? request_at(f, job, fastest) : never;
}

template <int Width> struct Openings {
  const Frame<Width>& f;
  const FleetState<Width>& fleet;
  const PowerDomains<Width>& power;

  NADC_HD std::int64_t full_draw(const WaitingJob& job, PartitionId p) const {
    return nadc::full_draw(f, f.shape.class_of(job.cell), p, held(f, job, p));
  }
  NADC_HD bool has_power(const WaitingJob& job, PartitionId p) const { return power.has_room(f, p, full_draw(job, p)); }
  NADC_HD bool has_gpus(const WaitingJob& job, PartitionId p) const {
    return Places::visit(f.point.place, [&](const auto& place) { return place.fits(fleet[p], job.gpus); });
  }
  NADC_HD bool fits(const WaitingJob& job, PartitionId p) const {
    return has_gpus(job, p) && (!f.point.limited || has_power(job, p));
  }

  // GPUs of the largest job that fits, if it has power.
  NADC_HD std::uint32_t largest(PartitionId p) const {
    return Places::visit(f.point.place, [&](const auto& place) { return place.largest(fleet[p]); });
  }
  NADC_HD std::uint32_t largest() const {
    std::uint32_t most = 0;
    for (const PartitionId p : f.partitions()) {
      const std::uint32_t here = largest(p);
      if (here > most) most = here;
    }
    return most;
  }

  // The fastest partition in which the job fits now, the lowest of these; invalid if there is none.
  NADC_HD PartitionId fastest(const WaitingJob& job) const {
    PartitionId best;
    std::uint32_t best_rate = 0;
    for (const PartitionId p : f.partitions()) {
      const std::uint32_t rate = rate_of(f, job, p);
      if (rate > best_rate && fits(job, p)) {
        best = p;
        best_rate = rate;
      }
    }
    return best;
  }

  // The job would fit into a partition that only a rule of access keeps it out of.
  NADC_HD bool is_walled_out(const WaitingJob& job) const {
    if (f.point.walled.count == 0) return false;
    const std::uint32_t* walled = at(&f.point, f.point.walled) + std::size_t{job.cell.value} * f.shape.partitions;
    for (const PartitionId p : f.partitions())
      if (walled[p.value] && fits(job, p)) return true;
    return false;
  }
};

}  // namespace nadc
