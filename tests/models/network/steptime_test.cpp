#include "models/network/steptime.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "models/network/step_rows.hpp"
#include "sim/error.hpp"
#include "tests/models/network/shared_data.hpp"

namespace nadc {
namespace {

TEST(StepTime, SharedRowsWithinTenPercentAndFifteenOnOtherGpus) {
  NADC_SHARED_OR_SKIP(folder, "reference");
  const std::vector<StepRow> rows = read_step_rows(folder);
  ASSERT_GE(rows.size(), 36u);
  for (const StepRow& row : rows) {
    const double error = step_time(row.request).step_s / row.measured_s - 1.0;
    EXPECT_LE(std::fabs(error), row.request.gpu.name == "h100" ? 0.10 : 0.15) << row.table << " " << row.name;
  }
}

TEST(StepTime, MfuIsCountedAsThePublishedTablesDo) {
  NADC_SHARED_OR_SKIP(folder, "reference");
  // Llama 3.1 8B, 8 H100, BF16: 85,459 tokens/s is 62.47 %.
  const double mfu = transformer_model("llama3.1-8b").flops_per_token(8192) * 85459 / (8 * gpu_kind("h100").bf16);
  EXPECT_NEAR(mfu, 0.6247, 0.002);
}

TEST(StepTime, ModelsHaveTheSizeOfTheirName) {
  for (const auto& [name, billions] : {std::pair{"gpt3-175b", 175.0},
                                       {"llama3.1-8b", 8.03},
                                       {"llama3.1-70b", 70.6},
                                       {"llama3.1-405b", 405.9},
                                       {"nemotron4-15b", 15.6},
                                       {"nemotron4-340b", 341.0}}) {
    EXPECT_NEAR(transformer_model(name).parameters() / 1e9, billions, 0.02 * billions) << name;
  }
}

TEST(StepTime, PartsAddUp) {
  const StepTime t = step_time(step_request("llama3.1-405b", "gb200", 512, 512, 8192, Precision::fp8));
  EXPECT_NEAR(t.gemm_s + t.attention_s + t.memory_s + t.vocabulary_s + t.recompute_s + t.bubble_s +
                  t.communication_s() + t.optimizer_s + t.fixed_s + t.straggler_s,
              t.step_s, 1e-9 * t.step_s);
  EXPECT_LE(t.memory.total(), gpu_kind("gb200").memory);
  ASSERT_FALSE(t.notes.empty());
  EXPECT_NE(t.notes[0].find("chosen: TP"), std::string::npos);
}

TEST(StepTime, DirectionsArePhysical) {
  const Layout layout{8, 8, 1, 0, 0, 2, 1};
  const auto step = [&](std::int64_t gpus, std::int64_t batch, Precision p,
                        const Layout& l = Layout{8, 8, 1, 0, 0, 2, 1}) {
    return step_time(step_request("llama3.1-405b", "h100", gpus, batch, 8192, p, l)).step_s;
  };
  const double base = step(1024, 1024, Precision::bf16, layout);
  EXPECT_GT(step(1024, 2048, Precision::bf16), 1.8 * base);  // twice the work
  EXPECT_LT(step(1024, 2048, Precision::bf16), 2.0 * base);  // less bubble
  EXPECT_LT(step(1024, 1024, Precision::fp8), 0.8 * base);
  EXPECT_NEAR(step(2048, 2048, Precision::bf16), base, 0.02 * base);  // weak scaling
  Layout interleaved = layout;
  interleaved.vp = 8;
  EXPECT_LT(step(1024, 1024, Precision::bf16, interleaved), base);
  StepRequest thin = step_request("llama3.1-405b", "h100", 4096, 1024, 8192, Precision::fp8, layout);
  const double full = step_time(thin).step_s;
  thin.share = 0.25;
  EXPECT_GT(step_time(thin).step_s, 1.05 * full);
}

TEST(StepTime, Nvfp4BeatsFp8OnBlackwellAndIsRefusedOnHopper) {
  const double fp8 =
      step_time(step_request("llama3.1-405b", "gb200", 512, 896, 8192, Precision::fp8, {4, 8, 2, 8, 0, 0, 0})).step_s;
  const double fp4 =
      step_time(step_request("llama3.1-405b", "gb200", 512, 896, 8192, Precision::nvfp4, {4, 8, 2, 8, 0, 0, 0})).step_s;
  EXPECT_LT(fp4, fp8);
  EXPECT_GT(fp4, 0.5 * fp8);
  EXPECT_THROW(step_time(step_request("llama3.1-8b", "h100", 8, 128, 8192, Precision::nvfp4)), Error);
}

std::string message(const StepRequest& request) {
  try {
    step_time(request);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(StepTime, WrongLayoutsSayWhatWorks) {
  const std::string product =
      message(step_request("gpt3-175b", "h100", 512, 2048, 2048, Precision::fp8, {4, 8, 1, 8, 0, 0, 0}));
  EXPECT_NE(product.find("256 and there are 512 GPUs"), std::string::npos) << product;
  EXPECT_NE(product.find("DP 16"), std::string::npos) << product;
  EXPECT_NE(message(step_request("gpt3-175b", "h100", 500, 2048, 2048, Precision::fp8, {4, 8, 1, 0, 0, 0, 0}))
                .find("512 GPUs"),
            std::string::npos);
  EXPECT_NE(message(step_request("gpt3-175b", "h100", 512, 2050, 2048, Precision::fp8, {4, 8, 1, 16, 0, 0, 0}))
                .find("2,048 sequences"),
            std::string::npos);
  EXPECT_NE(
      message(step_request("gpt3-175b", "h100", 512, 2048, 2048, Precision::fp8, {7, 8, 1, 0, 0, 0, 0})).find("TP 7"),
      std::string::npos);
  EXPECT_THROW(transformer_model("gpt4"), Error);
  EXPECT_THROW(gpu_kind("h1000"), Error);
}

}  // namespace
}  // namespace nadc
