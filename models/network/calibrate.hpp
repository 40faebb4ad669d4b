// Distils a response surface from flow runs: what communication stretched by, as a mean over job time in each cell of
// size, spread and load; and how far the surface is from the flows on runs that were held out.
//
// Cells that no run met take their neighbours' values: along the load first (linear between two that were met), then
// the nearest spread, then the nearest size.
#pragma once
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "models/network/pace.hpp"
#include "models/run/running_job.hpp"
#include "sim/time.hpp"

namespace nadc {

class SurfaceFit {
 public:
  void add(std::uint32_t cell, double stretch, double weight) {
    weight_[cell] += weight;
    sum_[cell] += weight * stretch;
  }
  std::uint32_t cells_met() const;
  std::vector<std::uint16_t> cells() const;

 private:
  std::vector<double> weight_ = std::vector<double>(PaceSurface::cells), sum_ = weight_;
};

// Slow-downs of jobs by flow and by table, of one size step, weighted by time.
struct SurfaceError {
  double weight = 0, flow = 0, table = 0, square = 0;
  void add(double by_flow, double by_table, double w) {
    weight += w;
    flow += w * by_flow;
    table += w * by_table;
    square += w * (by_flow - by_table) * (by_flow - by_table);
  }
  void add(const SurfaceError& other) {
    weight += other.weight, flow += other.flow, table += other.table, square += other.square;
  }
  double mean_flow() const { return weight > 0 ? flow / weight : 1.0; }
  double mean_table() const { return weight > 0 ? table / weight : 1.0; }
  double rmse() const { return weight > 0 ? std::sqrt(square / weight) : 0.0; }
};

// Watches a run with flows, and feeds the fit of each partition's fabric, or its error.
class SurfaceObserver {
 public:
  static constexpr bool active = true;
  using Errors = std::array<SurfaceError, PaceSurface::sizes>;

  // fabric_of: (partition). Feeds fits, or compares with surfaces when they are given.
  SurfaceObserver(std::vector<std::uint32_t> fabric_of, std::vector<SurfaceFit>* fits,
                  const std::vector<std::vector<std::uint16_t>>* surfaces, std::vector<Errors>* errors)
      : fabric_of_(std::move(fabric_of)), fits_(fits), surfaces_(surfaces), errors_(errors) {}

  // How much what is seen from now on counts in a fit.
  void weigh(double weight) { share_ = weight; }
  void restart() { last_ = 0; }
  template <class Datacenter> void before(Tick tick, const Datacenter& datacenter) {
    const double length = share_ * static_cast<double>(tick - last_);
    last_ = tick;
    if (!(length > 0)) return;
    for (const SlotId slot : datacenter.slots()) {
      const RunningJob& run = datacenter.job_in(slot);
      if (run.rate == 0 || run.where.nodes <= 1) continue;
      const PaceView view = datacenter.pace_view(run);
      if (!view.communicates()) continue;
      const std::uint32_t fabric = fabric_of_[run.where.partition.value];
      const std::uint32_t cell = PaceSurface::cell(view.nodes, view.pods, view.load_16ths);
      const double slowdown = static_cast<double>(full_rate) / run.pace;
      if (fits_) (*fits_)[fabric].add(cell, stretch_at(view.communication, view.hidden, view.slack, slowdown), length);
      if (!surfaces_) continue;
      const double stretch = (*surfaces_)[fabric][cell] / static_cast<double>(PaceSurface::one);
      (*errors_)[fabric][PaceSurface::size(view.nodes)].add(
          slowdown, time_at(view.communication, view.hidden, view.slack, stretch), length);
    }
  }
  void started(Tick, const RunningJob&) {}
  void ended(Tick, const RunningJob&, Tick) {}
  void interrupted(Tick, const RunningJob&, Tick) {}

 private:
  std::vector<std::uint32_t> fabric_of_;
  std::vector<SurfaceFit>* fits_;
  const std::vector<std::vector<std::uint16_t>>* surfaces_;
  std::vector<Errors>* errors_;
  Tick last_ = 0;
  double share_ = 1.0;
};

}  // namespace nadc
