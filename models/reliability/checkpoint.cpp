#include "models/reliability/checkpoint.hpp"

#include <algorithm>
#include <cmath>

#include "sim/error.hpp"

namespace nadc {
namespace {

void require(bool holds, const char* message) {
  if (!holds) throw Error(ErrorKind::usage, message);
}

void require_times(Seconds mttf, Seconds save, Seconds restart) {
  require(mttf.value > 0.0 && save.value > 0.0 && restart.value >= 0.0,
          "time to failure and save time are above 0, restart time is 0 or more");
}

}  // namespace

Seconds write_time(const CheckpointStore& storage, Bytes size, double nodes, double jobs) {
  require(nodes >= 1.0 && jobs >= 1.0, "a checkpoint is written by at least one node of at least one job");
  require(storage.write_total.value > 0.0 && storage.write_per_node.value > 0.0, "a store has bandwidths above 0");
  const double rate = std::min(storage.write_total.value / jobs, storage.write_per_node.value * nodes);
  return storage.latency + size / BytesPerSecond(rate);
}

CheckpointCost checkpoint_cost(const CheckpointStore& storage, Bytes size, double nodes, Saving saving,
                               BytesPerSecond copy_per_node, double jobs) {
  const Seconds write = write_time(storage, size, nodes, jobs);
  if (saving == Saving::blocking) return {write, write};
  require(copy_per_node.value > 0.0, "asynchronous saving needs a copy rate above 0");
  const Seconds copy = size / BytesPerSecond(copy_per_node.value * nodes);
  return {copy, write + copy};
}

Seconds young_interval(Seconds mttf, Seconds save) {
  require_times(mttf, save, Seconds(0.0));
  return Seconds(std::sqrt(2.0 * mttf.value * save.value));
}

Seconds availability_period(Seconds mttf, Seconds save, Seconds restart) {
  require_times(mttf, save, restart);
  const double s = save.value;
  return Seconds(s + std::sqrt(2.0 * (mttf.value + restart.value) * s + s * s));
}

double expected_ettr(Seconds work, Seconds mttf, Seconds save, Seconds restart) {
  require_times(mttf, save, restart);
  require(work.value > 0.0, "the work between saves is above 0");
  const double f = mttf.value;
  return work.value / (f * std::exp(restart.value / f) * std::expm1((work + save).value / f));
}

double first_order_ettr(Seconds work, Seconds mttf, Seconds save, Seconds restart) {
  require_times(mttf, save, restart);
  require(work.value > 0.0, "the work between saves is above 0");
  const double period = (work + save).value;
  return work.value / period / (1.0 + (restart.value + period / 2.0) / mttf.value);
}

Seconds best_interval(Seconds mttf, Seconds save, Seconds restart) {
  require_times(mttf, save, restart);
  const double ratio = (std::sqrt(5.0) - 1.0) / 2.0;
  const auto value = [&](double log_work) { return expected_ettr(Seconds(std::exp(log_work)), mttf, save, restart); };
  // ETTR has one maximum in the work; the optimum lies below T_f + √(2 T_f T_s)
  double low = std::log(1e-6 * save.value), high = std::log(mttf.value + young_interval(mttf, save).value);
  double a = high - ratio * (high - low), b = low + ratio * (high - low);
  double at_a = value(a), at_b = value(b);
  while (high - low > 1e-6) {
    if (at_a < at_b) {
      low = a, a = b, at_a = at_b;
      b = low + ratio * (high - low), at_b = value(b);
    } else {
      high = b, b = a, at_b = at_a;
      a = high - ratio * (high - low), at_a = value(a);
    }
  }
  return Seconds(std::exp((low + high) / 2.0));
}

}  // namespace nadc
