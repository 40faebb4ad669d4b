// All that changes while a screening ledger runs; below 1 KB.
#pragma once
#include <cstdint>

#include "models/screening/plan.hpp"
#include "sim/platform.hpp"
#include "sim/time.hpp"

namespace nadc {

namespace screening_detail {

// GPUs by the hour in which they are released: the next day by the hour, eight days by 8 hours, then by 64. A coarse
// slot that comes near is spread evenly over the finer ones.
struct Wheel {
  static constexpr std::uint32_t fine = 24, middle = 24, coarse = 16;
  float slot[fine + middle + coarse];

  NADC_HD void hold(std::uint32_t now, float gpus, float hours) {
    const float most = 64.0f * coarse;
    const std::uint32_t end =
        now + (hours < 1.0f ? 1u : static_cast<std::uint32_t>((hours < most ? hours : most) + 0.5f));
    if (end - now < fine - 8)
      slot[end % fine] += gpus;
    else if (end / 8 - now / 8 < middle - 8)
      slot[fine + end / 8 % middle] += gpus;
    else
      slot[fine + middle + (end / 64 - now / 64 < coarse ? end / 64 : now / 64 + coarse - 1) % coarse] += gpus;
  }
  // Comes to the hour `now`: what is released in it.
  NADC_HD float turn(std::uint32_t now) {
    if (now % 64 == 0) {
      float& from = slot[fine + middle + now / 64 % coarse];
      for (std::uint32_t i = 0; i < 8; ++i) slot[fine + (now / 8 + i) % middle] += from * 0.125f;
      from = 0;
    }
    if (now % 8 == 0) {
      float& from = slot[fine + now / 8 % middle];
      for (std::uint32_t i = 0; i < 8; ++i) slot[(now + i) % fine] += from * 0.125f;
      from = 0;
    }
    const float due = slot[now % fine];
    slot[now % fine] = 0;
    return due;
  }
};

// All that changes while a ledger runs.
struct State {
  std::int64_t arrival[screening_cells];  // in flat time, of the next job
  std::uint32_t number[screening_cells];  // of that job
  Wheel wheel;
  ScreeningLoad waiting[screening_groups][screening_lengths];
  float held[screening_groups + 1];    // GPUs, by groups and last by repairs
  float length[screening_groups + 1];  // mean hours of what is held
  Tick candidate_at;
  std::uint32_t candidate;
  float installed;                // GPUs
  float used;                     // GPUs, the sum of held
  float asked[screening_groups];  // GPUs, the sum of waiting
  double busy, down, draw, idle_draw, waiting_gpus, waiting_jobs, jobs, job_hours, gpus_asked, installed_hours,
      failures, interruptions;
  double work, work_held;  // GPU-hours that came: at the reference speed, and as they are held
};
static_assert(sizeof(State) <= 1024, "a ledger's state");

NADC_HD inline std::uint32_t length_class(float hours) {
  return hours <= 1.0f ? 0 : hours <= 6.0f ? 1 : hours <= 36.0f ? 2 : hours <= 216.0f ? 3 : 4;
}

}  // namespace screening_detail

}  // namespace nadc
