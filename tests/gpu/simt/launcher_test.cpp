// The launcher against a device that is small, full, old, foreign, or breaks: every call in turn.
#include <gtest/gtest.h>

#include <atomic>
#include <set>

#include "gpu/ensemble.hpp"
#include "models/raw.hpp"
#include "sim/error.hpp"
#include "tests/gpu/simt/simt.hpp"
#include "tests/gpu/worlds.hpp"

namespace nadc::test {
namespace {

struct Outcome {
  std::size_t rows = 0, failed = 0;
  EnsembleReport report;
  std::string error;  // what run_ensemble threw
};

Outcome run(const BlobStudy& study, EnsembleOptions options, const std::atomic<bool>* stop = nullptr,
            const std::function<void(std::size_t)>& seen = {}) {
  options.backend = Backend::cuda;
  Outcome outcome;
  std::set<std::pair<std::uint32_t, std::uint32_t>> once;
  try {
    outcome.report = run_ensemble(
        study.world(), study.points, tasks_of(study), options,
        [&](const Row& row) {
          EXPECT_TRUE(once.insert({row.task.point, row.task.replica}).second) << "a row came twice";
          ++outcome.rows;
          if (!row.raw) {
            ++outcome.failed;
            return;
          }
          for (const ExpectedRow& expected : study.rows)
            if (expected.task.point == row.task.point && expected.task.replica == row.task.replica) {
              EXPECT_EQ(hash_of(study.world(), Raw(RawShape(study.world()), const_cast<void*>(row.raw))),
                        expected.hash);
            }
          if (seen) seen(outcome.rows);
        },
        stop);
  } catch (const Error& error) {
    outcome.error = error.what();
  }
  EXPECT_EQ(simt::leaks().size(), 0u) << simt::leaks().front();
  return outcome;
}

simt::Settings quick() {  // races are replicas_test's business
  simt::Settings settings;
  settings.watch_races = false;
  return settings;
}

const BlobStudy& small_study() {
  static const BlobStudy study = make_study("small", {lean_scenario(16, 0.05, 200, 8)}, 1, 6, 5);
  return study;
}

TEST(Launcher, BatchesTasksAndHandsOutEveryRow) {
  for (const std::uint32_t batch : {1u, 2u, 5u, 0u}) {
    simt::reset(quick());
    EnsembleOptions options;
    options.batch = batch;
    const Outcome outcome = run(small_study(), options);
    EXPECT_EQ(outcome.error, "");
    EXPECT_EQ(outcome.rows, 6u);
    EXPECT_EQ(outcome.report.launches, batch ? (6 + batch - 1) / batch : 1);
  }
}

TEST(Launcher, RunsWhatOverflowsAgain) {
  // Jobs that fill the queue beyond the first capacity.
  simt::reset(quick());
  const BlobStudy study = make_study("crowded", {lean_scenario(16, 0.25, 6000, 8)}, 1, 2, 5);
  const Outcome outcome = run(study, {});
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.rows, 2u);
  EXPECT_EQ(outcome.failed, 0u);
  EXPECT_GT(outcome.report.reruns, 0u);
}

TEST(Launcher, FailsRowsThatNeedMoreThanIsAllowed) {
  simt::reset(quick());
  EnsembleOptions options;
  options.most_replica_bytes = 20000;
  const Outcome outcome = run(small_study(), options);
  EXPECT_EQ(outcome.rows, 6u);
  EXPECT_EQ(outcome.failed, 6u);
  EXPECT_EQ(outcome.error, "");
}

TEST(Launcher, NamesADeviceThatOthersFill) {
  simt::Settings settings = quick();
  settings.held_by_others = settings.memory - (1 << 20);
  simt::reset(settings);
  const Outcome outcome = run(small_study(), {});
  EXPECT_EQ(outcome.rows, 0u);
  EXPECT_NE(outcome.error.find("CUDA failed"), outcome.error.find("no room")) << outcome.error;
  EXPECT_NE(outcome.error, "");
}

TEST(Launcher, TakesSmallerBatchesWhereLittleCanBePinned) {
  simt::Settings settings = quick();
  const std::size_t row = (RawShape(small_study().world()).bytes() + 15) / 16 * 16;
  settings.pinned = 4 * row + 4096 + 16 * sizeof(Point) * 8;
  simt::reset(settings);
  const Outcome outcome = run(small_study(), {});
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.rows, 6u);
  EXPECT_GT(outcome.report.launches, 1u);
}

TEST(Launcher, StopsBetweenReplicasAndKeepsWhatIsDone) {
  simt::reset(quick());
  std::atomic<bool> stop{false};
  EnsembleOptions options;
  options.groups_per_multiprocessor = 1;
  options.batch = 6;
  const BlobStudy study = make_study("long", {lean_scenario(16, 0.05, 200, 8)}, 1, 40, 5);
  const Outcome outcome = run(study, options, &stop, [&](std::size_t rows) { stop = rows >= 2; });
  EXPECT_EQ(outcome.error, "");
  EXPECT_TRUE(outcome.report.stopped);
  EXPECT_GE(outcome.rows, 2u);
  EXPECT_LT(outcome.rows, 40u);
}

TEST(Launcher, ASinkThatThrowsStopsTheDevice) {
  simt::reset(quick());
  EnsembleOptions options;
  options.backend = Backend::cuda;
  EXPECT_THROW(run_ensemble(small_study().world(), small_study().points, tasks_of(small_study()), options,
                            [](const Row&) { throw std::runtime_error("the disk is full"); }),
               std::runtime_error);
  EXPECT_EQ(simt::leaks().size(), 0u);
}

TEST(Launcher, EveryCallThatFailsBecomesAnErrorAndLeavesNothing) {
  simt::reset(quick());
  ASSERT_EQ(run(small_study(), {}).error, "");
  const std::int64_t calls = simt::calls();
  ASSERT_GT(calls, 40);
  std::size_t errors = 0;
  for (const bool for_ever : {false, true})
    for (const cudaError_t failure : {cudaErrorLaunchFailure, cudaErrorMemoryAllocation, cudaErrorDeviceLost})
      for (std::int64_t call = 0; call < calls; ++call) {
        SCOPED_TRACE(std::to_string(call) + (for_ever ? " and all after it" : "") + ": " + cudaGetErrorString(failure));
        simt::Settings settings = quick();
        settings.fail_at = call;
        settings.failure = failure;
        settings.fail_for_ever = for_ever;
        simt::reset(settings);
        const Outcome outcome = run(small_study(), {});
        // Either it was survived, every row there and right, or it is said; nothing in between.
        if (outcome.error.empty()) {
          EXPECT_EQ(outcome.rows, 6u);
        } else {
          ++errors;
        }
        EXPECT_EQ(outcome.failed, 0u);
        for (const std::string& fault : simt::faults()) ADD_FAILURE() << fault;
        if (::testing::Test::HasFailure()) return;
      }
  EXPECT_GT(errors, static_cast<std::size_t>(calls));
}

simt::Settings several(int cards) {
  simt::Settings settings = quick();
  settings.devices = cards;
  return settings;
}

TEST(SeveralCards, ShareTheRows) {
  const BlobStudy study = make_study("shared", {lean_scenario(16, 0.05, 200, 8)}, 1, 24, 5);
  for (const int helpers : {0, 2}) {
    simt::reset(several(3));
    EnsembleOptions options;
    options.threads = helpers;
    const Outcome outcome = run(study, options);
    EXPECT_EQ(outcome.error, "");
    EXPECT_EQ(outcome.rows, 24u);
    EXPECT_EQ(outcome.failed, 0u);
    for (const std::string& fault : simt::faults()) ADD_FAILURE() << fault;
    const std::int64_t launches = simt::launches(0) + simt::launches(1) + simt::launches(2);
    EXPECT_EQ(outcome.report.launches, static_cast<std::uint64_t>(launches));
    // The first bite is a sixth of what is left, so no card can have taken all; the host's threads may take the rest.
    if (helpers == 0) {
      EXPECT_LT(std::max({simt::launches(0), simt::launches(1), simt::launches(2)}), launches);
    }
  }
}

TEST(SeveralCards, OnlyThoseThatAreAskedForRun) {
  simt::reset(several(3));
  EnsembleOptions options;
  options.cards = {2};
  const Outcome outcome = run(small_study(), options);
  EXPECT_EQ(outcome.rows, 6u);
  EXPECT_EQ(simt::launches(0) + simt::launches(1), 0);
  EXPECT_EQ(simt::launches(2), 1);  // alone it takes all at once
  EXPECT_NE(describe(Backend::cuda).find("and 2 more"), std::string::npos);
  options.cards = {3};
  EXPECT_NE(run(small_study(), options).error.find("numbered from 0 to 2"), std::string::npos);
  options.cards = {1, 1};
  EXPECT_NE(run(small_study(), options).error.find("card 1 is named twice"), std::string::npos);
}

TEST(SeveralCards, OneThatIsLostStopsTheOthersAndIsNamed) {
  const BlobStudy study = make_study("shared", {lean_scenario(16, 0.05, 200, 8)}, 1, 24, 5);
  for (const std::int64_t call : {30, 60, 90}) {
    simt::Settings settings = several(2);
    settings.failing_card = 1;
    settings.fail_at = call;
    settings.fail_for_ever = true;
    settings.failure = cudaErrorDeviceLost;
    simt::reset(settings);
    const Outcome outcome = run(study, {});
    if (outcome.error.empty()) {
      EXPECT_EQ(outcome.rows, 24u);  // lost before it was counted as there, or after its work
    } else {
      EXPECT_NE(outcome.error.find("card 1: "), std::string::npos) << outcome.error;
      EXPECT_LT(outcome.rows, 24u);
    }
    EXPECT_EQ(outcome.failed, 0u);
  }
}

TEST(SeveralCards, StopTogether) {
  simt::reset(several(2));
  std::atomic<bool> stop{false};
  EnsembleOptions options;
  options.groups_per_multiprocessor = 1;
  options.threads = 1;
  const BlobStudy study = make_study("long", {lean_scenario(16, 0.05, 200, 8)}, 1, 60, 5);
  const Outcome outcome = run(study, options, &stop, [&](std::size_t rows) { stop = rows >= 2; });
  EXPECT_EQ(outcome.error, "");
  EXPECT_TRUE(outcome.report.stopped);
  EXPECT_GE(outcome.rows, 2u);
  EXPECT_LT(outcome.rows, 60u);
}

TEST(Launcher, SaysWhyADeviceIsNotUsed) {
  const auto first = [] { return available_backends().front(); };
  simt::reset(quick());
  EXPECT_EQ(first(), Backend::cuda);
  EXPECT_NE(describe(Backend::cuda).find("a device of fibers, sm_90"), std::string::npos) << describe(Backend::cuda);
  simt::Settings settings = quick();
  settings.devices = 0;
  simt::reset(settings);
  EXPECT_EQ(describe(Backend::cuda), "no CUDA device");
  settings = quick();
  settings.driver = 12040;
  simt::reset(settings);
  EXPECT_NE(first(), Backend::cuda);
  EXPECT_EQ(describe(Backend::cuda), "a driver of CUDA 12.4, and this build needs 13.0");
  settings = quick();
  settings.has_image = false;
  simt::reset(settings);
  EXPECT_NE(first(), Backend::cuda);
  EXPECT_NE(describe(Backend::cuda).find("no code"), std::string::npos);
  settings = quick();
  settings.watchdog = true;
  simt::reset(settings);
  EXPECT_NE(first(), Backend::cuda);
  EXPECT_NE(describe(Backend::cuda).find("stops kernels"), std::string::npos);
}

}  // namespace
}  // namespace nadc::test
