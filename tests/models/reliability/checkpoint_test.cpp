#include "models/reliability/checkpoint.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>

#include "sim/error.hpp"

namespace nadc {
namespace {

TEST(Checkpoint, SizeAndWriteTimeByHand) {
  // 405·10⁹ parameters at 13 bytes: 5.265 TB; 2 TB/s shared by two jobs: 5.265 s and 1 s of latency.
  const CheckpointStore store{BytesPerSecond(2e12), BytesPerSecond(25e9), Seconds(1.0)};
  EXPECT_DOUBLE_EQ(checkpoint_size(405e9).value, 5.265e12);
  EXPECT_NEAR(write_time(store, checkpoint_size(405e9), 2048, 2).value, 6.265, 1e-9);
  // Two nodes are bound by their own ports: 50 GB/s.
  EXPECT_NEAR(write_time(store, Bytes(1e12), 2).value, 21.0, 1e-9);
  EXPECT_THROW(write_time(store, Bytes(1), 0), Error);
}

TEST(Checkpoint, AsynchronousSavesStallOnlyForTheCopy) {
  const CheckpointStore store{BytesPerSecond(1e11), BytesPerSecond(25e9), Seconds(0.0)};
  const auto blocking = checkpoint_cost(store, Bytes(1e12), 64, Saving::blocking, BytesPerSecond(0));
  const auto async = checkpoint_cost(store, Bytes(1e12), 64, Saving::asynchronous, BytesPerSecond(160e9));
  EXPECT_NEAR(blocking.stall.value, 10.0, 1e-9);
  EXPECT_NEAR(async.stall.value, 1e12 / (160e9 * 64), 1e-9);
  EXPECT_NEAR(async.least_period.value, 10.0 + async.stall.value, 1e-9);
}

TEST(Checkpoint, AvailabilityFormIsTheOptimumOfItsModel) {
  const Seconds mttf(10800), save(60), restart(600);
  const double period = availability_period(mttf, save, restart).value;
  const auto ettr = [&](double t) { return first_order_ettr(Seconds(t - save.value), mttf, save, restart); };
  EXPECT_GT(ettr(period), ettr(period * 1.01));
  EXPECT_GT(ettr(period), ettr(period * 0.99));
}

TEST(Checkpoint, ClosedFormsLieWithinTenPerCentOfTheExactOptimum) {
  for (const double mttf : {3600.0, 10800.0, 86400.0})
    for (const double share : {0.0005, 0.002, 0.006}) {
      const Seconds f(mttf), s(mttf * share), r(600);
      const double best = best_interval(f, s, r).value;
      EXPECT_NEAR(young_interval(f, s).value / best, 1.0, 0.10) << mttf << " " << share;
      // Restart enters the availability form's period, though it cannot move the exact optimum: allow for R/T_f.
      EXPECT_NEAR((availability_period(f, s, r) - s).value / best, 1.0, 0.10 + 0.5 * r.value / mttf);
      EXPECT_GE(expected_ettr(Seconds(best), f, s, r), expected_ettr(young_interval(f, s), f, s, r) - 1e-12);
    }
}

TEST(Checkpoint, ExactAndFirstOrderAgreeWhenFailuresAreRare) {
  const Seconds f(1e7), s(10), r(300), w(20000);
  EXPECT_NEAR(expected_ettr(w, f, s, r), first_order_ettr(w, f, s, r), 1e-5);
}

// 20,000 failures: the standard error of ETTR is about 0.2 %; the test allows 5 of them (false alarm under 10⁻⁶).
TEST(Checkpoint, ExactEttrIsWhatAPlainSimulationFinds) {
  const double mttf = 7200, save = 60, restart = 600, work = 1200;
  std::uint64_t x = 0x9E3779B97F4A7C15ull;
  const auto exponential = [&] {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    return -mttf * std::log((static_cast<double>(x >> 11) + 0.5) * 0x1.0p-53);
  };
  double wall = 0.0, useful = 0.0, next = exponential();
  for (int failures = 0; failures < 20000;) {
    double end = wall + work + save;
    while (next < end) {  // the period is lost; restarts may fail too
      wall = next;
      next += exponential();
      ++failures;
      while (next < wall + restart) {
        wall = next;
        next += exponential();
        ++failures;
      }
      wall += restart;
      end = wall + work + save;
    }
    wall = end;
    useful += work;
  }
  const double exact = expected_ettr(Seconds(work), Seconds(mttf), Seconds(save), Seconds(restart));
  EXPECT_NEAR(useful / wall, exact, 0.01 * exact);
}

TEST(Checkpoint, BadTimesAreRefused) {
  EXPECT_THROW(young_interval(Seconds(0), Seconds(1)), Error);
  EXPECT_THROW(expected_ettr(Seconds(0), Seconds(1), Seconds(1), Seconds(0)), Error);
  EXPECT_THROW(best_interval(Seconds(1), Seconds(-1), Seconds(0)), Error);
}

}  // namespace
}  // namespace nadc
