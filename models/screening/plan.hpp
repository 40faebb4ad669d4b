// What a screening ledger reads beside the Point, and what it answers.
#pragma once
#include <cstdint>
#include <string_view>

#include "models/world.hpp"

namespace nadc {

inline constexpr std::uint32_t screening_cells = 20;    // drawn job by job, at most
inline constexpr std::uint32_t screening_groups = 4;    // with walls of their own
inline constexpr std::uint32_t screening_lengths = 5;   // duration classes: up to 1, 6, 36, 216 h, longer
inline constexpr std::uint32_t screening_classes = 32;  // classes with a rate and a power of their own

// Jobs or parts of jobs that arrive or wait together.
struct ScreeningLoad {
  float gpus = 0, gpu_hours = 0, jobs = 0;
  float draw_mw = 0;  // above idle
};

// What a ledger reads beside the Point: made on the host by plan_screening, a pure function of world, point and draws.
struct ScreeningPlan {
  std::uint32_t cells = 0;             // drawn
  std::uint32_t groups = 1;            // with walls; 1 when the queue is open
  CellId16 cell[screening_cells]{};    // ascending
  float slow[screening_classes]{};     // time a job takes over its duration, checkpoints not counted
  float draw_mw[screening_classes]{};  // of a GPU of the class, above idle
  float quota[screening_groups]{};     // share of the GPUs installed
  ScreeningLoad inflow[screening_groups][screening_lengths]{};  // of the cells not drawn, in an hour of flat time
  float inflow_hours[screening_groups][screening_lengths]{};    // that a GPU of it is held
  float inflow_work[screening_groups][screening_lengths]{};     // useful at the reference speed, of these hours
  std::uint32_t pod_gpus = 1, node_gpus = 1;                    // of the largest partition
  SurfaceId surface{0};                                         // likewise
  double down_saves_mw = 0;                                     // by a node that is down
  double pue = 1;
  double expected_draws = 0;  // jobs drawn a run
};

// draws: jobs that a run may draw one by one. Cells are taken by the mean square of a job's GPU-time, which is what a
// drawn job adds to the variance of the load, as long as their expected jobs fit.
ScreeningPlan plan_screening(const World& world, const Point& point, double draws);

// What a ledger answers, of the time after the warm-up. The names are those of the full metrics.
struct Screening {
  enum Outcome : std::uint32_t {
    jobs_submitted,
    utilization,
    gpu_hours_held,
    gpu_hours_delivered,
    gpu_hours_installed,
    gpu_hours_down,
    wait_mean_s,
    time_to_result_mean_s,
    it_energy_mwh,
    facility_energy_mwh,
    pue_mean,
    node_failures,
    job_interruptions,
    outcomes
  };
  double value[outcomes];
};

std::string_view name_of(Screening::Outcome outcome);
// The outcome that goes with a full metric: of the same name, or of what drives it. Screening::outcomes: none does.
Screening::Outcome control_of(std::string_view metric);

}  // namespace nadc
