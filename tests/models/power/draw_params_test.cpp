#include "models/power/draw_params.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <type_traits>

#include "sim/error.hpp"
#include "sim/time.hpp"

namespace nadc {
namespace {

static_assert(std::is_trivially_copyable_v<DrawParams>);

TEST(DrawParams, AreTheNodeModelAtBothEnds) {
  for (const ServerKind& kind : node_catalog) {
    if (kind.gpu->training_tflops <= 0) continue;
    const DrawParams p = make_draw(kind, {}, 16);
    const auto gpus = static_cast<std::uint32_t>(kind.gpus);
    EXPECT_NEAR(static_cast<double>(node_draw(p, NodeState::up, 0)) / 1e3, node_power(kind, Load::idle).total().value,
                1e-3);
    EXPECT_NEAR(static_cast<double>(node_draw(p, NodeState::up, gpus)) / 1e3,
                node_power(kind, Load::training).total().value, 0.05);
    EXPECT_NEAR(static_cast<double>(node_draw(p, NodeState::down, gpus)) / 1e3,
                node_power(kind, Load::down).total().value, 1e-3);
  }
}

TEST(DrawParams, ArePartlyBusyWithinAFewPerCentOfTheRange) {
  for (const char* name : {"hgx-h100", "dgx-a100", "hgx-b200", "gh200"}) {
    const ServerKind& kind = find_node_kind(name);
    const DrawParams p = make_draw(kind, {}, 16);
    const double range = static_cast<double>(p.busy_mw_per_gpu) * kind.gpus / 1e3;
    for (int busy = 0; busy <= kind.gpus; ++busy) {
      const double exact = node_power(kind, Load::training, 0.0, busy).total().value;
      EXPECT_NEAR(static_cast<double>(node_draw(p, NodeState::up, static_cast<std::uint32_t>(busy))) / 1e3, exact,
                  0.04 * range)
          << name;
    }
  }
}

TEST(DrawParams, MixPhasesByTime) {
  const ServerKind& kind = find_node_kind("hgx-h100");
  const DrawParams p = make_draw(kind, {Load::training, 0.0, 0.25, 0.05}, 16);
  const double mix = 0.7 * static_cast<double>(p.compute_mw_per_gpu) +
                     0.25 * static_cast<double>(p.communication_mw_per_gpu) +
                     0.05 * static_cast<double>(p.checkpoint_mw_per_gpu);
  EXPECT_NEAR(static_cast<double>(p.busy_mw_per_gpu), mix, 0.5);
  EXPECT_LT(p.busy_mw_per_gpu, make_draw(kind, {}, 16).busy_mw_per_gpu);
  EXPECT_LE(p.flexible_mw_per_gpu, p.busy_mw_per_gpu);
  EXPECT_GT(p.flexible_mw_per_gpu, 0);
  EXPECT_EQ(synchronous_swing(p, 16), 16 * (p.compute_mw_per_gpu - p.communication_mw_per_gpu));
}

TEST(DrawParams, EnergyIsTheSumOverStatesHoweverTheTimeIsCut) {
  const DrawParams p = make_draw(find_node_kind("hgx-h100"), {}, 16);
  // 3 h idle, 5 h with 6 GPUs, 2 h down.
  const Int128 states = Int128(node_draw(p, NodeState::up, 0)) * 3 * ticks_per_hour +
                        Int128(node_draw(p, NodeState::up, 6)) * 5 * ticks_per_hour +
                        Int128(node_draw(p, NodeState::down, 0)) * 2 * ticks_per_hour;
  for (const Tick step : {Tick(7), Tick(1000), Tick(999983), Tick(36000000)}) {
    Int128 energy = 0;
    for (Tick t = 0; t < 10 * ticks_per_hour;) {
      const Tick edge = t < 3 * ticks_per_hour   ? 3 * ticks_per_hour
                        : t < 8 * ticks_per_hour ? 8 * ticks_per_hour
                                                 : 10 * ticks_per_hour;
      const Tick end = std::min(edge, (t / step + 1) * step);
      const auto mw = edge == 3 * ticks_per_hour   ? node_draw(p, NodeState::up, 0)
                      : edge == 8 * ticks_per_hour ? node_draw(p, NodeState::up, 6)
                                                   : node_draw(p, NodeState::down, 0);
      energy += Int128(mw) * (end - t);
      t = end;
    }
    EXPECT_TRUE(energy == states) << step;
  }
}

TEST(NodeDraw, GivesTheSeamTheSamePower) {
  const ServerKind& kind = find_node_kind("hgx-h100");
  const JobLoad job{Load::training, 0.0, 0.3, 0.0};
  const LinearDraw draw;
  const NodeDraw node = make_node_draw(kind);
  const double intensity = draw_intensity(kind, job);
  EXPECT_GT(intensity, 0.5);
  EXPECT_LT(intensity, 1.0);
  EXPECT_NEAR(draw_intensity(kind, {}), 1.0, 1e-6);
  const std::int64_t params = node_draw(make_draw(kind, job, 1), NodeState::up, 5);
  EXPECT_NEAR(static_cast<double>(draw.idle(node) + draw.job(node, 5, intensity)), static_cast<double>(params), 10.0);
}

TEST(DrawParams, BadSharesAreRefused) {
  const ServerKind& kind = find_node_kind("hgx-h100");
  EXPECT_THROW(make_draw(kind, {Load::training, 0.0, 0.7, 0.4}, 4), Error);
  EXPECT_THROW(make_draw(kind, {Load::training, 0.0, -0.1, 0.0}, 4), Error);
  EXPECT_THROW(make_draw(kind, {Load::idle, 0.0, 0.0, 0.0}, 4), Error);
}

}  // namespace
}  // namespace nadc
