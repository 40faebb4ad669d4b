// What users of each group believe of the wait, and which of the candidates they send (workload/response.hpp). One a
// replica; its arrays stand in the replica's block.
#pragma once
#include <cstddef>
#include <cstdint>

#include "models/scheduler/waiting.hpp"
#include "models/workload/response.hpp"
#include "models/world.hpp"
#include "sim/lanes.hpp"
#include "sim/platform.hpp"
#include "sim/random.hpp"

namespace nadc {

template <int Width> class Demand {
 public:
  // Thoughts until the horizon, with that before the start.
  NADC_HD static std::uint32_t thoughts(const World& world, const Point& point) {
    return static_cast<std::uint32_t>(world.horizon / point.response.every) + 1;
  }
  NADC_HD static std::size_t bytes(const World& world, const Point& point) {
    return (std::size_t{3} + thoughts(world, point)) * world.groups * 8;
  }

  NADC_HD void start(Lanes<Width> lanes, const World& world, const Point& point, const RandomKey& key, void* memory) {
    point_ = &point;
    groups_ = at(&point, point.responses);
    key_ = key;
    count_ = world.groups;
    classes_ = world.classes;
    rows_ = thoughts(world, point);
    believed_ = static_cast<Tick*>(memory);
    met_ = reinterpret_cast<std::uint64_t*>(believed_ + count_);
    started_ = met_ + count_;
    thresholds_ = started_ + count_;
    row_ = 0;
    lanes.for_each(count_, [&](std::uint32_t g) {
      believed_[g] = static_cast<Tick>(groups_[g].reference_wait);
      met_[g] = started_[g] = 0;
      thresholds_[g] = threshold(g);
    });
  }

  // Whether job n of a cell, a candidate at that time, is sent.
  NADC_HD bool is_sent(std::uint32_t cell, std::uint32_t number, Tick at) const {
    const Uniforms u = draw(key_, static_cast<std::uint32_t>(Stream::response), cell, number);
    // A candidate at the moment of a thought is of the time before it.
    const auto row = at > 0 ? static_cast<std::uint32_t>((at - 1) / point_->response.every) : 0;
    return u.word[0] < thresholds_[std::size_t{row} * count_ + cell / classes_];
  }

  // Whether the candidate is sent at the demand that the workload says.
  NADC_HD bool is_usual(std::uint32_t cell, std::uint32_t number) const {
    const Uniforms u = draw(key_, static_cast<std::uint32_t>(Stream::response), cell, number);
    return u.word[0] < threshold_of(1.0, point_->response.most);
  }

  // A job of the group started after this wait.
  NADC_HD void met(Lanes<Width> lanes, std::uint32_t group, Tick wait) {
    lanes.once([&] {
      met_[group] += static_cast<std::uint64_t>(wait);
      ++started_[group];
    });
  }

  // Users think again. Gives the time of the next thought.
  NADC_HD Tick think(Lanes<Width> lanes, Tick now, const Waiting<Width>& waiting) {
    ++row_;
    for (std::uint32_t g = 0; g < count_; ++g) {
      const auto of_group = [&](std::uint32_t i) {
        return waiting.present(i) && !waiting[i].restarts && waiting[i].cell / classes_ == g;
      };
      const std::uint64_t wait = lanes.sum(waiting.end(), [&](std::uint32_t i) {
        return of_group(i) ? static_cast<std::uint64_t>(now - waiting[i].submit) : 0;
      });
      const std::uint64_t jobs =
          lanes.sum(waiting.end(), [&](std::uint32_t i) { return static_cast<std::uint64_t>(of_group(i)); });
      lanes.once([&] {
        if (started_[g] + jobs > 0)
          believed_[g] = believe(believed_[g], static_cast<Tick>((met_[g] + wait) / (started_[g] + jobs)),
                                 point_->response.memory_q16);
        met_[g] = started_[g] = 0;
        if (row_ < rows_) thresholds_[std::size_t{row_} * count_ + g] = threshold(g);
      });
    }
    return now + point_->response.every;
  }

 private:
  NADC_HD std::uint64_t threshold(std::uint32_t g) const {
    const double most = point_->response.most;
    return threshold_of(demand_of(groups_[g], believed_[g], most), most);
  }

  const Point* point_ = nullptr;
  const GroupResponse* groups_ = nullptr;
  RandomKey key_{};
  std::uint32_t count_ = 0, classes_ = 1;
  std::uint32_t rows_ = 0, row_ = 0;     // of the thresholds; the present one
  Tick* believed_ = nullptr;             // (group) wait
  std::uint64_t* met_ = nullptr;         // (group) [ticks] of the jobs that started since the last thought
  std::uint64_t* started_ = nullptr;     // (group)
  std::uint64_t* thresholds_ = nullptr;  // (thought, group)
};

}  // namespace nadc
