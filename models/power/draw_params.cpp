#include "models/power/draw_params.hpp"

#include <algorithm>
#include <cmath>

#include "sim/error.hpp"

namespace nadc {
namespace {

std::int64_t milliwatts(double watts) { return std::llround(watts * 1000.0); }

}  // namespace

DrawParams make_draw(const ServerKind& kind, const JobLoad& job, std::int64_t nodes) {
  const double m = job.communication_share, k = job.checkpoint_share;
  if (!(m >= 0.0 && k >= 0.0 && m + k <= 1.0))
    throw Error(ErrorKind::usage, "communication and checkpoint shares are 0 or more and sum to at most 1");
  if (job.compute != Load::hpl && job.compute != Load::training && job.compute != Load::inference)
    throw Error(ErrorKind::usage, "a job computes hpl, training or inference");
  DrawParams p;
  const double idle = node_power(kind, Load::idle).total().value;
  const auto added = [&](Load load, double rate) {
    return milliwatts((node_power(kind, load, rate).total().value - idle) / kind.gpus);
  };
  p.down_mw = milliwatts(node_power(kind, Load::down).total().value);
  p.idle_mw = milliwatts(idle);
  p.compute_mw_per_gpu = added(job.compute, job.tflops_per_gpu);
  p.communication_mw_per_gpu = added(Load::communication, 0.0);
  p.checkpoint_mw_per_gpu = added(Load::checkpoint, 0.0);
  p.busy_mw_per_gpu = std::llround((1.0 - m - k) * static_cast<double>(p.compute_mw_per_gpu) +
                                   m * static_cast<double>(p.communication_mw_per_gpu) +
                                   k * static_cast<double>(p.checkpoint_mw_per_gpu));
  // A cap reaches what a GPU draws above its idle power; host, fans and losses are left as they are (on the safe side).
  const double above = (1.0 - m - k) * gpu_power(*kind.gpu, job.compute, job.tflops_per_gpu).value +
                       m * gpu_power(*kind.gpu, Load::communication).value +
                       k * gpu_power(*kind.gpu, Load::checkpoint).value - kind.gpu->idle_w;
  p.flexible_mw_per_gpu = std::min(p.busy_mw_per_gpu, milliwatts(above));
  p.network_mw_per_node = nodes > 0 ? milliwatts(network_power(kind, nodes).value / static_cast<double>(nodes)) : 0;
  return p;
}

NodeDraw make_node_draw(const ServerKind& kind) {
  const Load full = kind.gpu->training_tflops > 0.0 ? Load::training : Load::inference;
  return {milliwatts(node_power(kind, Load::idle).total().value), milliwatts(node_power(kind, full).total().value),
          milliwatts(node_power(kind, Load::down).total().value), static_cast<std::uint32_t>(kind.gpus)};
}

double draw_intensity(const ServerKind& kind, const JobLoad& job) {
  const NodeDraw node = make_node_draw(kind);
  const DrawParams p = make_draw(kind, job, 1);
  return static_cast<double>(p.busy_mw_per_gpu) * kind.gpus / static_cast<double>(node.busy_mw - node.idle_mw);
}

}  // namespace nadc
