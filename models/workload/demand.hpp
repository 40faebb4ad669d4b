// What users of each group believe of the wait, and which of the candidates they send (workload/response.hpp). One a
// replica; its arrays stand in the replica's block.
#pragma once
#include <cstddef>
#include <cstdint>

#include "models/raw.hpp"
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
    return static_cast<std::uint32_t>(world.horizon / point.response.step) + 1;
  }
  NADC_HD static std::size_t bytes(const World& world, const Point& point) {
    return (3 + std::size_t{2} * point.response.steps + thoughts(world, point)) * world.groups * 8;
  }

  NADC_HD void start(Lanes<Width> lanes, const World& world, const Point& point, const RandomKey& key, void* memory) {
    point_ = &point;
    groups_ = at(&point, point.responses);
    key_ = key;
    count_ = world.groups;
    classes_ = world.classes;
    rows_ = thoughts(world, point);
    believed_ = {static_cast<Tick*>(memory)};
    met_ = reinterpret_cast<std::uint64_t*>(believed_.data + count_);
    const std::uint32_t kept = count_ * point.response.steps;
    started_ = met_ + kept;
    thresholds_ = started_ + kept;
    prices_ = {reinterpret_cast<double*>(thresholds_ + std::size_t{rows_} * count_)};
    price_factors_ = {prices_.data + count_};
    row_ = 0;
    lanes.for_each(kept, [&](std::uint32_t i) { met_[i] = started_[i] = 0; });
    lanes.for_each(range<GroupId>(count_), [&](GroupId g) {
      believed_[g] = static_cast<Tick>(groups_[g].reference_wait);
      prices_[g] = groups_[g].relative_price;
      price_factors_[g] = groups_[g].price_factor;
      thresholds_[g.value] = threshold(g);
    });
  }

  // The price of the group changes by this factor, from now on.
  NADC_HD void change_price(Lanes<Width> lanes, GroupId group, double by) {
    lanes.once([&] {
      prices_[group] *= by;
      price_factors_[group] = price_factor(prices_[group], groups_[group].price_elasticity);
      if (row_ < rows_) thresholds_[std::size_t{row_} * count_ + group.value] = threshold(group);
    });
  }

  // Whether job n of a cell, a candidate at that time, is sent.
  NADC_HD bool is_sent(CellId cell, std::uint32_t number, Tick at) const {
    const Uniforms u = draw(key_, static_cast<std::uint32_t>(Stream::response), cell.value, number);
    // A candidate at the moment of a thought is of the time before it.
    const auto row = at > 0 ? static_cast<std::uint32_t>((at - 1) / point_->response.step) : 0;
    return u.word[0] < thresholds_[std::size_t{row} * count_ + group_of(cell).value];
  }

  // Whether the candidate is sent at the demand that the workload says.
  NADC_HD bool is_usual(CellId cell, std::uint32_t number) const {
    const Uniforms u = draw(key_, static_cast<std::uint32_t>(Stream::response), cell.value, number);
    return u.word[0] < threshold_of(1.0, point_->response.most);
  }

  // A job of the group started after this wait.
  NADC_HD void met(Lanes<Width> lanes, GroupId group, Tick wait) {
    lanes.once([&] {
      const std::size_t i = ring() + group.value;
      met_[i] += static_cast<std::uint64_t>(wait);
      ++started_[i];
    });
  }

  // Users think again. counts: (group, ResponseCount). Gives the time of the next thought.
  NADC_HD Tick think(Lanes<Width> lanes, Tick now, const Waiting<Width>& waiting, std::uint64_t* counts) {
    const std::uint32_t steps = point_->response.steps;
    ++row_;
    for (const GroupId g : range<GroupId>(count_)) {
      const Ids<PlaceId> places{PlaceId(0), waiting.end()};
      const auto of_group = [&](PlaceId i) {
        return waiting.present(i) && !waiting[i].restarts && group_of(waiting[i].cell) == g;
      };
      const std::uint64_t wait = lanes.sum(
          places, [&](PlaceId i) { return of_group(i) ? static_cast<std::uint64_t>(now - waiting[i].submit) : 0; });
      const std::uint64_t jobs = lanes.sum(places, [&](PlaceId i) { return static_cast<std::uint64_t>(of_group(i)); });
      lanes.once([&] {
        std::uint64_t met = wait, n = jobs;
        for (std::uint32_t s = 0; s < steps; ++s) {
          met += met_[std::size_t{s} * count_ + g.value];
          n += started_[std::size_t{s} * count_ + g.value];
        }
        if (n > 0) believed_[g] = believe(believed_[g], static_cast<Tick>(met / n), point_->response.kept);
        met_[ring() + g.value] = started_[ring() + g.value] = 0;  // the oldest step gives way to the next
        if (row_ < rows_) thresholds_[std::size_t{row_} * count_ + g.value] = threshold(g);
        if (row_ >= rows_ - rows_ / 3) {
          std::uint64_t* of = counts + std::size_t{g.value} * response_counts;
          const std::uint64_t log = demand_log(demand(g));
          if (of[last_demand] == 0) of[least_demand] = of[greatest_demand] = of[first_demand] = log;
          if (log < of[least_demand]) of[least_demand] = log;
          if (log > of[greatest_demand]) of[greatest_demand] = log;
          of[last_demand] = log;
        }
      });
    }
    return now + point_->response.step;
  }

 private:
  NADC_HD GroupId group_of(CellId c) const { return GroupId(c.value / classes_); }
  // Where the present step keeps what is met: (step, group).
  NADC_HD std::size_t ring() const { return std::size_t{row_ % point_->response.steps} * count_; }
  NADC_HD double demand(GroupId g) const {
    GroupResponse now = groups_[g];
    now.price_factor = price_factors_[g];
    return demand_of(now, believed_[g], point_->response.most);
  }
  NADC_HD std::uint64_t threshold(GroupId g) const { return threshold_of(demand(g), point_->response.most); }

  const Point* point_ = nullptr;
  By<GroupId, const GroupResponse> groups_;
  RandomKey key_{};
  std::uint32_t count_ = 0, classes_ = 1;
  std::uint32_t rows_ = 0, row_ = 0;     // of the thresholds; the present one
  By<GroupId, Tick> believed_;           // wait
  std::uint64_t* met_ = nullptr;         // (step, group) [ticks] of the jobs that started in the last `every`
  std::uint64_t* started_ = nullptr;     // (step, group)
  std::uint64_t* thresholds_ = nullptr;  // (thought, group)
  By<GroupId, double> prices_;           // relative to the reference
  By<GroupId, double> price_factors_;    // of demand
};

}  // namespace nadc
