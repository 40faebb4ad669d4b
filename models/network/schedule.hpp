// What communication costs a training step: how much of it hides under computing, and what does not fit.
//
// One pipeline rank of P stages runs m micro-batches through its layers in V chunks, forward f, backward to the inputs
// i and to the weights w a layer [s]. Schedules and their idle time:
//   plain        (P − 1) × a stage's f + i + w (1F1B; Narayanan et al., SC 2021)
//   interleaved  the same ÷ V; chunks take turns in rounds of P micro-batches
//   zero-bubble  (P − 1) × a stage's f + i − w (ZB-H1; Qi et al., ICLR 2024): weight gradients fill the gaps
// Windows:
//   sends     a chunk's activations travel under the next chunk's computing, forward and backward; the 2(P − 1) sends
//             that fill and drain the pipe have no window
//   gradients one bucket a layer. The layer that is k-th from the end of the step's backward pass has its gradient k
//             layers' time before the end: within a chunk one layer each, and a whole round of min(m, P) micro-batches
//             from a chunk to the next. Buckets go one after another; the step ends when the last has gone
//             (embedding last). Zero-bubble: buckets wait for the weight passes at the end
//   weights   the same in the forward pass, mirrored: a layer waits for its own gather
// What communicates under computing takes `contention` of its time from it (streaming processors, memory).
// A serial channel of buckets with due times d_k: exposed = max over k of Σ_{j ≤ k} c_j − slack_k. Complexity
// O(layers). Neglected: sends and collectives on the same NIC at once; jitter.
#pragma once
#include <cstdint>
#include <string_view>

namespace nadc {

enum class PipelineSchedule : std::uint8_t { automatic, plain, interleaved, zero_bubble };
std::string_view name_of(PipelineSchedule schedule);
PipelineSchedule pipeline_schedule(std::string_view name);  // ErrorKind::usage with what is known

struct StepSchedule {
  PipelineSchedule kind = PipelineSchedule::plain;
  int stages = 1, chunks = 1;
  std::int64_t micro_batches = 1;
  int layers = 1;                                         // of the stage
  double forward_s = 0.0, input_s = 0.0, weight_s = 0.0;  // a layer and micro-batch
  double ends_s = 0.0;                                    // vocabulary, a micro-batch of the slowest stage
  double send_s = 0.0;                                    // activations of one boundary
  double reduce_s = 0.0, gather_s = 0.0;                  // of one layer's gradients, of its weights
  double last_reduce_s = 0.0, first_gather_s = 0.0;       // embedding
  double contention = 0.0;                                // share of hidden communication that computing loses
};

struct StepExposure {
  double bubble_s = 0.0;
  double sends_s = 0.0, sends_hidden_s = 0.0;
  double data_s = 0.0, data_hidden_s = 0.0;
};
StepExposure expose(const StepSchedule& schedule);

// What of `transfer_s` is left when `window_s` of computing hides at most the share `overlap` of it.
double exposed_beside(double transfer_s, double overlap, double window_s);

}  // namespace nadc
