#include "models/network/schedule.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "models/network/memory.hpp"
#include "models/network/pace.hpp"
#include "models/network/steptime.hpp"
#include "sim/error.hpp"
#include "tests/models/network/shared_data.hpp"

namespace nadc {
namespace {

StepSchedule four_stages() {
  StepSchedule s;
  s.stages = 4, s.micro_batches = 16, s.layers = 8;
  s.forward_s = 1.0, s.input_s = 1.0, s.weight_s = 1.0;
  return s;
}

// (P − 1)(f + b) = 3·8·3; a quarter of it in four chunks; (P − 1)(f + i − w) = 3·8 with weights in the gaps.
TEST(Schedule, BubblesAreThoseOfThePapers) {
  StepSchedule s = four_stages();
  EXPECT_DOUBLE_EQ(expose(s).bubble_s, 72.0);
  s.kind = PipelineSchedule::interleaved, s.chunks = 4;
  EXPECT_DOUBLE_EQ(expose(s).bubble_s, 18.0);
  s.kind = PipelineSchedule::zero_bubble, s.chunks = 1;
  EXPECT_DOUBLE_EQ(expose(s).bubble_s, 24.0);
}

// Eight buckets of 3 s become due every 2 s, the last at the end: 8·3 − 7·2 = 10 s beyond it. Gathers of 0.5 s under
// layers of 1 s: only the first waits.
TEST(Schedule, BucketsThatDoNotFitStickOut) {
  StepSchedule s = four_stages();
  s.stages = 1;
  s.reduce_s = 3.0, s.gather_s = 0.5;
  StepExposure e = expose(s);
  EXPECT_DOUBLE_EQ(e.data_s, 10.5);
  EXPECT_DOUBLE_EQ(e.data_hidden_s, 14.0 + 3.5);
  // Two chunks of four layers in rounds of four micro-batches: the other chunk was ready 4·4·2 s before the end, so its
  // 12 s are gone by then, and of the last chunk's 12 s there are 3·2 s of window.
  s.stages = 4, s.chunks = 2, s.kind = PipelineSchedule::interleaved;
  e = expose(s);
  EXPECT_DOUBLE_EQ(e.data_s, 6.0 + 0.5);
}

TEST(Schedule, SendsHideUnderTheNextChunkAndNotInThePipesEnds) {
  StepSchedule s = four_stages();
  s.send_s = 2.0;  // under 8 and 16 s
  StepExposure e = expose(s);
  EXPECT_DOUBLE_EQ(e.sends_s, 2.0 * 3.0 * 2.0);
  EXPECT_DOUBLE_EQ(e.sends_hidden_s, 16.0 * 2.0 * 2.0);
  s.send_s = 10.0;  // 2 s a micro-batch stick out forward
  e = expose(s);
  EXPECT_DOUBLE_EQ(e.sends_s, 16.0 * 2.0 + 2.0 * 3.0 * 10.0);
}

// Llama 3.1 405B in FP8 on 4,096 H100 behind leaves of 8:1 whose rings all cross them: TP 8, PP 8, 64 data-parallel
// ranks. By hand: 16 layers of 3.187e9 weights and 2.1e9 of the vocabulary ÷ 8 = 6.64e9 a GPU; 6 B each · 63/64 over
// 50 GB/s · 0.9 / 8 = 6.97 s, of which a plain schedule hides 15/16 of one micro-batch (0.34–0.46 s): about 6.5 s.
StepRequest behind_eight_to_one() {
  StepRequest r = step_request("llama3.1-405b", "h100", 4096, 2048, 8192, Precision::fp8, {8, 8, 1, 64, 0, 0, 0});
  r.fabric.leaf_gpus = 448;
  r.fabric.leaf_share = 1.0 / 8.0;
  r.fabric.scatter = 1.0;
  return r;
}
TEST(Schedule, HandComputationOfEightToOne) {
  StepRequest r = behind_eight_to_one();
  r.schedule = PipelineSchedule::plain;
  const StepTime plain = step_time(r);
  const double all = 6.64e9 * 6.0 * 63.0 / 64.0 / (50e9 * 0.9 / 8.0);
  const double micro_batch =
      (plain.gemm_s + plain.attention_s + plain.memory_s + plain.recompute_s + plain.tensor_s) / 32;
  EXPECT_NEAR(plain.data_s, all - micro_batch * 15.0 / 16.0, 0.02 * all);
  EXPECT_GT(plain.data_s, 6.2);
  // Eight chunks give a window of 7/8 of eight micro-batches, a third of it forward.
  r.schedule = PipelineSchedule::automatic;
  const StepTime chunks = step_time(r);
  ASSERT_EQ(chunks.layout.vp, 8);
  EXPECT_GT(chunks.data_s, all - 8.0 * micro_batch);
  EXPECT_LT(chunks.data_s, 0.75 * all);
  // Full bisection hides all but the ends.
  r.fabric = FabricView{};
  EXPECT_LT(step_time(r).data_s, 0.2);
}

// Meta, The Llama 3 Herd of Models (2024), table 4: BF16 MFU 43 % on 8,192 H100 and 41 % on 16,384, TP 8, PP 16, 2,048
// sequences of 8,192 tokens. Its stack does not overlap tensor-parallel communication (assumption), reduces in FP32.
TEST(StepTime, LlamaScalesAsPublished) {
  const auto mfu = [](std::int64_t gpus) {
    StepRequest r = step_request("llama3.1-405b", "h100", gpus, 2048, 8192, Precision::bf16, {8, 16, 1, 0, 0, 0, 0});
    r.tensor_overlap = 0.0;
    const StepTime t = step_time(r);
    EXPECT_EQ(t.layout.vp, 8);
    EXPECT_NE(t.recompute, Recompute::full);  // "without activation checkpointing"
    return t.mfu_causal;
  };
  const double half = mfu(8192), whole = mfu(16384);
  EXPECT_NEAR(half, 0.43, 0.05);
  EXPECT_NEAR(whole, 0.41, 0.05);
  EXPECT_NEAR(half - whole, 0.02, 0.02);
  EXPECT_NEAR(mfu(4096) - whole, 0.04, 0.05);
}

// Weights of a two-stage GPT-3: (48·12·12288² + 12288·51200)/4; 2, 2 and 12/16 B each.
TEST(Memory, PartsByHand) {
  const TransformerModel& m = transformer_model("gpt3-175b");
  MemoryQuestion q{m};
  q.stage_layers = 48, q.tp = 4, q.pp = 2, q.data_ranks = 16, q.tokens = 2048, q.micro_batches = 8;
  q.gradient_bytes = 2.0;
  const MemoryUse use = memory_use(q);
  const double weights = (48.0 * 12.0 * 12288.0 * 12288.0 + 12288.0 * 51200.0) / 4.0;
  EXPECT_NEAR(use.weights, 2.0 * weights, 1e-9 * weights);
  EXPECT_NEAR(use.gradients, 2.0 * weights, 1e-9 * weights);
  EXPECT_NEAR(use.optimizer, 0.75 * weights, 1e-9 * weights);
  // Korthikanti et al. with flash attention: 34 B a token, unit and layer less two dropout masks of a byte; two
  // micro-batches in flight.
  EXPECT_NEAR(use.activations, 32.0 * 12288 * 2048 / 4 * 48 * 2, 1e-9 * use.activations);
  q.recompute = Recompute::full;
  EXPECT_NEAR(memory_use(q).activations, (2.0 * 48 * 2 + 32.0) * 12288 * 2048 / 4, 1e-9 * use.activations);
}

std::string message(const StepRequest& request) {
  try {
    step_time(request);
  } catch (const Error& error) {
    return std::string(error.what()) + " " + error.problems().front().hint;
  }
  return "";
}

TEST(Memory, WhatDoesNotFitIsRefusedWithWhatDoes) {
  EXPECT_NE(message(step_request("llama3.1-405b", "h100", 1, 1, 8192, Precision::bf16)).find("no layout of 1 h100"),
            std::string::npos);
  const std::string flat =
      message(step_request("llama3.1-405b", "h100", 512, 512, 8192, Precision::bf16, {8, 1, 0, 0, 0, 0, 0}));
  EXPECT_NE(flat.find("TP 8 PP 1"), std::string::npos) << flat;
  EXPECT_NE(flat.find(" fits"), std::string::npos) << flat;
}

// DeepSeek-V3 (2024): 671e9 weights of which 37e9 meet a token, on 2,048 GPUs with EP 64 over eight nodes. Mixtral:
// 46.7e9 and 12.9e9 (Jiang et al. 2024); 141e9 and 39e9.
TEST(Experts, PublishedSizesAndALayoutThatFits) {
  const auto active = [](const TransformerModel& m) {
    return (m.layers * m.layer_active_weights() + 2.0 * m.hidden * m.vocabulary) / 1e9;
  };
  const TransformerModel& deepseek = transformer_model("deepseek-v3");
  EXPECT_NEAR(deepseek.parameters() / 1e9, 671.0, 6.7);
  EXPECT_NEAR(active(deepseek), 37.0, 1.5);
  EXPECT_NEAR(transformer_model("mixtral-8x7b").parameters() / 1e9, 46.7, 0.5);
  EXPECT_NEAR(active(transformer_model("mixtral-8x7b")), 12.9, 0.2);
  EXPECT_NEAR(transformer_model("mixtral-8x22b").parameters() / 1e9, 141.0, 1.4);
  const StepTime t = step_time(step_request("deepseek-v3", "h100", 2048, 15360, 4096, Precision::fp8));
  EXPECT_TRUE(t.fits);
  EXPECT_GT(t.layout.ep * t.layout.tp * t.layout.pp, 8);
}

// What leaves a node of eight goes to another rail seven times in eight, over NVLink first. 120 micro-batches, 4
// layers, 4 all-to-alls (58 of 61 layers have them) of 4,096 tokens to 8 experts, 7,168 units of 2 B, 56 of 64 ranks
// elsewhere, at 360 GB/s: 3.1 s, all beyond what can hide.
TEST(Experts, RailPlanesForwardOverNvlink) {
  StepRequest r = step_request("deepseek-v3", "h100", 2048, 15360, 4096, Precision::fp8, {1, 16, 1, 0, 64, 0, 1});
  const StepTime whole = step_time(r);
  r.fabric.forwarded = 7.0 / 8.0;
  const StepTime planes = step_time(r);
  const double bytes = 120.0 * 4.0 * 4.0 * 58.0 / 61.0 * 4096.0 * 8.0 * 7168.0 * 2.0 * 56.0 / 64.0;
  EXPECT_NEAR(planes.expert_s - whole.expert_s, bytes * 7.0 / 8.0 / 360e9, 1e-6);
  EXPECT_GT(planes.step_s / whole.step_s, 1.05);
  // Alone, an all-to-all of 1 GB a rank takes 7/8 · 47/370 = 11 % longer.
  FabricView plain, rails;
  rails.forwarded = 7.0 / 8.0;
  const auto alone = [](const FabricView& f) {
    return collective_time(CollectiveKind::all_to_all, CollectiveAlgorithm::automatic, 1e9, 64, f).time_s;
  };
  EXPECT_NEAR(alone(rails) / alone(plain), 1.11, 0.01);
}

// The three figures that a scenario's class takes say of any stretch what the step says.
TEST(OverlapShares, TwoLinesFollowTheStep) {
  StepRequest r = step_request("llama3.1-405b", "h100", 4096, 2048, 8192, Precision::fp8, {8, 8, 2, 0, 0, 0, 0});
  const OverlapShares shares = overlap_shares(r);
  const double alone = step_time(r).step_s;
  for (double stretch : {1.0, 1.5, 2.0, 4.0, 8.0, 16.0}) {
    r.share = 1.0 / stretch;
    const double lines =
        1.0 + shares.communication * (stretch - 1.0) + std::max(0.0, shares.hidden * (stretch - 1.0) - shares.slack);
    EXPECT_NEAR(step_time(r).step_s / alone, lines, 0.05) << stretch;
  }
}

// 10 % exposed, 30 % hidden with room for 20 %: at twice the time 1.1 + 0.1, at thrice 1.2 + 0.4; and back.
TEST(OverlapShares, TimeAndStretchByHand) {
  EXPECT_DOUBLE_EQ(time_at(0.1, 0.3, 0.2, 1.0), 1.0);
  EXPECT_DOUBLE_EQ(time_at(0.1, 0.3, 0.2, 2.0), 1.2);
  EXPECT_DOUBLE_EQ(time_at(0.1, 0.3, 0.2, 3.0), 1.6);
  EXPECT_DOUBLE_EQ(time_at(0.4, 0.0, 0.0, 3.0), 1.8);
  for (double stretch : {1.0, 1.5, 2.0, 3.0, 8.0})
    EXPECT_NEAR(stretch_at(0.1, 0.3, 0.2, time_at(0.1, 0.3, 0.2, stretch)), stretch, 1e-12);
  EXPECT_DOUBLE_EQ(stretch_at(0.0, 0.3, 0.2, 1.4), 3.0);
  EXPECT_DOUBLE_EQ(stretch_at(0.0, 0.3, 0.2, 1.0), 1.0);
}

}  // namespace
}  // namespace nadc
