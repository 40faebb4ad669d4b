#include "models/network/schedule.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "sim/error.hpp"

namespace nadc {
namespace {

constexpr std::array<std::string_view, 4> names{"auto", "plain", "interleaved", "zero-bubble"};

struct Buckets {
  double exposed_s = 0.0, total_s = 0.0;
};

// Layers from the one that is done last; `layer_s` between two, `round_s` from a chunk to the next.
Buckets serial(const StepSchedule& s, double bucket_s, double end_bucket_s, double layer_s, int chunks) {
  const double round = static_cast<double>(std::min<std::int64_t>(s.micro_batches, s.stages));
  const double chunk_layers = static_cast<double>(s.layers) / chunks;
  Buckets buckets;
  double sent = end_bucket_s;
  buckets.exposed_s = end_bucket_s;
  for (int k = 0; k < s.layers; ++k) {
    const double chunk = std::floor(k / chunk_layers + 1e-9);
    const double slack = (chunk * round * chunk_layers + (k - chunk * chunk_layers)) * layer_s;
    sent += bucket_s;
    buckets.exposed_s = std::max(buckets.exposed_s, sent - slack);
  }
  buckets.total_s = sent;
  return buckets;
}

}  // namespace

std::string_view name_of(PipelineSchedule schedule) { return names[static_cast<std::size_t>(schedule)]; }
PipelineSchedule pipeline_schedule(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<PipelineSchedule>(i);
  throw Error(ErrorKind::usage, "no pipeline schedule is called '" + std::string(name) + "'",
              "known: auto, plain, interleaved, zero-bubble");
}

double exposed_beside(double transfer_s, double overlap, double window_s) {
  return transfer_s - std::min(overlap * transfer_s, window_s);
}

StepExposure expose(const StepSchedule& s) {
  StepExposure exposure;
  const double backward_s = s.input_s + s.weight_s;
  const double stage_s = s.layers * (s.forward_s + backward_s) + s.ends_s;
  const double others = s.stages - 1.0;
  exposure.bubble_s = others / s.chunks * stage_s;
  if (s.kind == PipelineSchedule::zero_bubble)
    exposure.bubble_s = std::max(0.0, others * (stage_s - 2.0 * s.layers * s.weight_s));

  if (s.stages > 1) {
    const double chunk_layers = static_cast<double>(s.layers) / s.chunks;
    const double times = static_cast<double>(s.micro_batches) * s.chunks;
    const double forward = std::min(s.send_s, chunk_layers * s.forward_s);
    const double backward = std::min(s.send_s, chunk_layers * backward_s);
    exposure.sends_hidden_s = times * (forward + backward);
    exposure.sends_s = times * (2.0 * s.send_s - forward - backward) + 2.0 * others * s.send_s +
                       s.contention * exposure.sends_hidden_s;
  }

  const bool split = s.kind == PipelineSchedule::zero_bubble;
  const Buckets reduced = serial(s, s.reduce_s, s.last_reduce_s, split ? s.weight_s : backward_s, split ? 1 : s.chunks);
  const Buckets gathered = serial(s, s.gather_s, s.first_gather_s, s.forward_s, split ? 1 : s.chunks);
  const double exposed = reduced.exposed_s + gathered.exposed_s;
  exposure.data_hidden_s = reduced.total_s + gathered.total_s - exposed;
  exposure.data_s = exposed + s.contention * exposure.data_hidden_s;
  return exposure;
}

}  // namespace nadc
