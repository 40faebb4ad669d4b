#include "tests/reference/datacenter.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "models/access/admit.hpp"
#include "models/scenario.hpp"
#include "models/scheduler/order.hpp"
#include "models/workload/response.hpp"

namespace nadc::reference {

namespace {

constexpr std::int64_t whole = 1 << 16;  // a rate of 1

}  // namespace

Datacenter::Datacenter(const World& world, const Point& point, const RandomKey& key, Tick measured_from)
    : world_(world),
      point_(point),
      key_(key),
      source_(world, point, key),
      parts_(at(&world, world.partitions).data),
      measured_from_(measured_from) {
  for (Ledger::Jobs* jobs : {&ledger_.warmup, &ledger_.measured}) {
    jobs->delivered.resize(world.groups);
    jobs->paid.resize(world.groups);
  }
}

Datacenter::When Datacenter::at_time(Tick tick, EventRank rank, std::function<void()> what) {
  return at_time(tick, rank, entries_++, std::move(what));
}
Datacenter::When Datacenter::at_time(Tick tick, EventRank rank, std::uint64_t id, std::function<void()> what) {
  const When when{tick, rank, id};
  calendar_.emplace(when, std::move(what));
  return when;
}

const History& Datacenter::run() {
  for (std::uint32_t p = 0; p < world_.partitions.count; ++p) nodes_.emplace_back(parts_[p].shape.nodes);
  missing_.assign(nodes_.size(), 0);
  uplinks_lost_.assign(nodes_.size(), 0);
  connected_mw_.assign(world_.domains, 0);
  window_share_.assign(world_.domains, whole_ppm);
  level_.assign(world_.domains, full_level);

  for (std::uint32_t t = 0; t < point_.tranches.count; ++t) {
    const TrancheParams& tranche = at(&point_, point_.tranches).data[t];
    const Tick date =
        tranche.date + sample_ticks(tranche.delay, tables(), draw_of(Stream::delivery, tranche.entity, 0).word[0]);
    if (!tranche.trigger.valid()) at_time(std::max<Tick>(0, date), EventRank::delivery, [this, t] { deliver(t); });
  }
  for (std::uint32_t g = 0; g < point_.grid.count; ++g) {
    const GridParams& step = at(&point_, point_.grid).data[g];
    const Tick date = step.date + sample_ticks(step.delay, tables(), draw_of(Stream::grid, step.entity, 0).word[0]);
    at_time(std::max<Tick>(0, date), EventRank::delivery, [this, step] {
      connected_mw_[step.site.value] += step.adds_mw;
      switch_on();
    });
  }
  for (std::uint32_t w = 0; w < point_.windows.count; ++w) {
    const WindowStep step = at(&point_, point_.windows)[w];
    at_time(std::max<Tick>(0, step.from), EventRank::periodic,
            [this, step] { window_share_[step.domain.value] = step.share_ppm; });
  }
  if (point_.failures_on) await_failure();
  for (std::uint32_t o = 0; o < point_.outages.count; ++o) await_outage(o, 0, 0);

  for (std::uint32_t g = 0; g < world_.groups && point_.response.every > 0; ++g) {
    responses_.push_back(at(&point_, point_.responses).data[g]);
    believed_.push_back(static_cast<Tick>(responses_[g].reference_wait));
    demand_.push_back(threshold_of(demand_of(responses_[g], believed_[g], point_.response.most), point_.response.most));
    met_.emplace_back();
  }
  if (point_.response.every > 0) at_time(point_.response.step, EventRank::periodic, [this] { think(); });
  await_looks();

  used_.assign(world_.groups, 0);
  standing_.assign(world_.groups, 0);
  if (Orders::holds<FairShare>(point_.order))
    at_time(point_.order.as<FairShare>().interval, EventRank::periodic, [this] { reckon(); });

  for (const SourceId source : source_.sources()) {
    const std::uint32_t s = source.value;
    arrivals_.push_back(source_.first(source));
    if (arrivals_[s].at < never) at_time(arrivals_[s].at, EventRank::arrival, [this, s] { arrive(s); });
  }

  // Moments at which nothing happens but a pass: the meter is read, a period ends.
  for (std::uint32_t t = 0; t < world_.stretches.count; ++t) {
    const Tick end = at(&world_, world_.stretches)[t].end, from = t == 0 ? 0 : at(&world_, world_.stretches)[t - 1].end;
    for (Tick tick = from - (from + world_.week_offset) % world_.meter_interval; tick < end;
         tick += world_.meter_interval)
      if (tick > from) at_time(tick, EventRank::periodic, [] {});
    at_time(end, EventRank::periodic, [] {});
  }
  for (std::uint32_t e = 0; e + 1 < world_.period_ends.count; ++e)
    at_time(at(&world_, world_.period_ends)[e], EventRank::periodic, [] {});

  const bool until_the_last_job = world_.horizon >= never;
  while (!calendar_.empty()) {
    const Tick next = std::get<0>(calendar_.begin()->first);
    if (next >= world_.horizon) break;
    if (until_the_last_job && running_.empty() && waiting_.empty() && arrivals_[0].at >= never) break;
    write_span(next);
    now_ = next;
    while (!calendar_.empty() && std::get<0>(calendar_.begin()->first) == now_) {
      const std::function<void()> what = std::move(calendar_.begin()->second);
      calendar_.erase(calendar_.begin());
      what();
    }
    keep_limits();
    set_rates();
    pass();
    while (point_.queue != unlimited_queue && waiting_.size() > point_.queue) {
      waiting_.resize(point_.queue);
      if (Admits::holds<BorrowedQuota>(point_.admit))
        pass();  // those that borrow were out of the way of those that left
    }
    keep_limits();
    set_rates();
    // Nobody reckons where nothing else is to come.
    if (reckoned_ == now_ && now_ > 0 && !calendar_.empty())
      at_time(now_ + point_.order.as<FairShare>().interval, EventRank::periodic, [this] { reckon(); });
    history_.note(state());
  }
  if (!until_the_last_job) {
    write_span(world_.horizon);
    now_ = world_.horizon;
    for (auto& [slot, job] : running_) progress(job);
  }
  return history_;
}

void Datacenter::arrive(std::uint32_t source) {
  ArrivalCursor& cursor = arrivals_[source];
  const nadc::Job candidate = source_.job(SourceId(source), cursor);
  source_.next(SourceId(source), cursor);
  if (cursor.at < never) at_time(cursor.at, EventRank::arrival, [this, source] { arrive(source); });
  if (point_.response.every > 0 && world_.trace.count == 0) {
    const Uniforms u = draw_of(Stream::response, candidate.cell.value, candidate.number);
    if (u.word[0] >= demand_[candidate.cell.value / world_.classes]) return;
  }
  if (candidate.gpus <= at(&point_, point_.largest).data[candidate.cell.value].gpus) submit(candidate);
}

// A job saves after each `save_every` of work but the last, and each save takes `save_cost`.
static Tick with_its_saves(Tick useful, const Job& job) {
  if (job.save_every == 0 || useful <= 0) return useful;
  return useful + (useful - 1) / job.save_every * job.save_cost;
}

void Datacenter::submit(const nadc::Job& candidate) {
  Job job;
  job.cell = candidate.cell.value;
  job.number = candidate.number;
  job.gpus = candidate.gpus;
  job.submit = candidate.submit;
  job.useful = candidate.duration;
  std::uint64_t load = 0;  // of the store, by the jobs that run
  for (const auto& [slot, other] : running_) load += other.save_load;
  const SavePlan plan = saving_of(class_of(job).saving, point_.store, job.gpus, nodes_of(world_, job.gpus), load);
  job.save_every = plan.every;
  job.save_cost = plan.cost;
  job.save_load = plan.load;
  job.work = with_its_saves(job.useful, job);
  // A trace's limit is what it says; whoever asks for a multiple of a duration knows of the saves.
  job.request = candidate.request + (point_.kills && world_.trace.count > 0 ? 0 : job.work - job.useful);
  if (Orders::holds<ShortestFirst>(point_.order))
    job.key = job.request;
  else if (Orders::holds<SmallestFirst>(point_.order))
    job.key = job.gpus;
  else if (Orders::holds<FairShare>(point_.order))
    job.key = standing_[group_of(job)];
  else
    job.key = job.submit;
  if (Orders::holds<PriorityFirst>(point_.order))
    job.key -= at(&point_, point_.priorities).data[group_of(job)] * (Tick{1} << 44);
  waiting_.push_back(std::move(job));
}

// The job as it would run from now on there.
Job Datacenter::placed(Job job, std::uint32_t partition, std::vector<int> nodes) const {
  job.partition = partition;
  job.nodes = std::move(nodes);
  job.held = held_by(job, partition);
  std::vector<int> pods;
  for (const int node : job.nodes) pods.push_back(node / static_cast<int>(parts_[partition].shape.pod_nodes));
  std::sort(pods.begin(), pods.end());
  job.pods =
      std::max<std::uint32_t>(1, static_cast<std::uint32_t>(std::unique(pods.begin(), pods.end()) - pods.begin()));
  job.started = job.since = now_;
  job.restart_cost = job.restarts > 0 ? class_of(job).restart_cost : 0;
  job.left_q16 = (job.restart_cost + job.work) * whole;
  job.request_q16 = (job.restart_cost + job.request) * whole;
  job.useful_q16 = 0;
  job.useful_time = 0;
  job.unmeasured_q16 = 0;
  job.changes = 0;
  job.rate = rate_there(job, upper_load(partition));
  job.full_mw = job.draw_mw = job_mw(job, partition);
  return job;
}

// Whether the speed of a job that runs changed.
bool Datacenter::start(Job job) {
  if (job.restarts == 0 && point_.response.every > 0) met_[group_of(job)].push_back({now_, now_ - job.submit});
  for (std::uint32_t t = 0; t < watches_.size() && job.restarts == 0; ++t) {
    const GroupId of = at(&point_, point_.triggers).data[t].of;
    if (!of.valid() || of.value == group_of(job)) watches_[t].waits.push_back(now_ - job.submit);
  }
  history_.events.push_back(event_of(job, Happening::starts));
  std::uint32_t slot = 0;
  while (running_.count(slot)) ++slot;
  ends_[slot] = at_time(never, EventRank::completion, [this, slot] { end(slot); });
  running_[slot] = std::move(job);
  return set_rates();
}

void Datacenter::progress(Job& job) {
  const double held = static_cast<double>(now_ - job.since);
  Ledger::Jobs& of = job.since < measured_from_ ? ledger_.warmup : ledger_.measured;
  const std::int64_t done = (now_ - job.since) * job.rate, before = job.useful_q16;
  job.left_q16 = std::max<std::int64_t>(0, job.left_q16 - done);
  job.request_q16 = std::max<std::int64_t>(0, job.request_q16 - done);
  job.since = now_;
  job.useful_q16 = useful_q16_of(job);
  const double useful = static_cast<double>(job.useful_q16 - before), useful_time = useful / job.rate;
  job.useful_time += useful_time;
  of.held += held * job.held;
  of.lost += (held - useful_time) * job.held;
  of.delivered[group_of(job)] += useful / whole * job.gpus;
  of.paid[group_of(job)] += useful / whole * job.gpus * price_[group_of(job)];
  if (&of == &ledger_.warmup) job.unmeasured_q16 = job.useful_q16;
  if (held > 0) ledger_.rounding += 2.0 * job.held;
}

Tick Datacenter::expected_end(const Job& job) const {
  if (point_.kills) return limit_of(job);
  const std::int64_t rate = job.rate;
  return job.since + (job.request_q16 + rate - 1) / rate;
}

// When its time is up, where jobs are ended at their requests.
Tick Datacenter::limit_of(const Job& job) const { return job.started + job.restart_cost + job.request; }

// A cycle is an interval of work and a save.
std::int64_t Datacenter::useful_q16_of(const Job& job) const {
  const std::int64_t done = std::max<std::int64_t>(0, job.work * whole - job.left_q16);
  if (job.save_every == 0) return done;
  const std::int64_t cycle = (job.save_every + job.save_cost) * whole, every = job.save_every * whole;
  return done / cycle * every + std::min(done % cycle, every);
}

// What a job was held for and did not use, when of its useful work so much is kept. What is destroyed took its part of
// the useful time.
Tick Datacenter::lost(const Job& job, std::int64_t kept_q16) const {
  const double destroyed = static_cast<double>(std::max<std::int64_t>(0, job.useful_q16 - kept_q16));
  const double kept_time =
      job.useful_q16 > 0 ? job.useful_time * (1 - destroyed / static_cast<double>(job.useful_q16)) : 0;
  return now_ - job.started - static_cast<Tick>(kept_time);
}

void Datacenter::end(std::uint32_t slot) {
  Job job = std::move(running_.at(slot));
  running_.erase(slot);
  ends_.erase(slot);
  progress(job);
  held_.push_back({group_of(job), job.held, job.started, now_});
  Event event = event_of(job, Happening::ends);
  event.lost = lost(job, job.useful_q16);
  event.rounding = 2 + job.changes;
  history_.events.push_back(event);
}

// A job goes back to the queue with the work that its last checkpoint holds; with notice it saves all first, if it
// saves at all.
void Datacenter::stop(std::uint32_t slot, bool with_notice) {
  Job job = std::move(running_.at(slot));
  running_.erase(slot);
  calendar_.erase(ends_.at(slot));
  ends_.erase(slot);
  progress(job);
  held_.push_back({group_of(job), job.held, job.started, now_});
  if (Orders::holds<FairShare>(point_.order)) job.key = standing_[group_of(job)];
  const Tick done = std::max<Tick>(0, (job.work * whole - job.left_q16) / whole);
  Tick saved = 0;
  if (job.save_every > 0) {
    const Tick cycle = job.save_every + job.save_cost;
    saved = with_notice ? job.useful_q16 / whole : done / cycle * job.save_every;
    saved = std::min(saved, job.useful - 1);
  }
  Event event = event_of(job, Happening::is_stopped);
  event.lost = lost(job, saved * whole);
  // What is destroyed was the last that was done; what of it was done in the warm-up is taken from there.
  const std::int64_t destroyed = std::max<std::int64_t>(0, job.useful_q16 - saved * whole),
                     measured = std::min(destroyed, job.useful_q16 - job.unmeasured_q16);
  const auto take_back = [&](Ledger::Jobs& from, std::int64_t work) {
    const double gone = static_cast<double>(work) / whole * job.gpus;
    from.delivered[group_of(job)] -= gone;
    from.paid[group_of(job)] -= gone * (&from == &ledger_.warmup ? warmup_price_ : price_)[group_of(job)];
    if (work > 0)
      from.lost += job.useful_time * static_cast<double>(work) / static_cast<double>(job.useful_q16) * job.held;
  };
  take_back(ledger_.measured, measured);
  take_back(ledger_.warmup, destroyed - measured);
  event.rounding = 2 + job.changes;
  history_.events.push_back(event);
  const Tick work_before = job.work;
  job.useful -= saved;
  job.work = with_its_saves(job.useful, job);
  const Tick kept = work_before - job.work;
  if (!point_.kills)
    job.request -= kept;
  else if (kept > 0)  // the time in which it was done is up
    job.request = std::max<Tick>(
        1, job.request - std::min(now_ - job.started, (now_ - job.started) * kept / (job.restart_cost + done)));
  job.restarts = 1;
  job.nodes.clear();
  waiting_.push_back(std::move(job));
}

Event Datacenter::event_of(const Job& job, Happening what) const {
  Event event;
  event.at = now_;
  event.what = what;
  event.cell = job.cell;
  event.number = job.number;
  event.partition = job.partition;
  event.gpus = job.held;
  event.pods = job.pods;
  if (by_node() && job.gpus > gpus_per_node(job.partition))
    event.nodes = static_cast<std::uint32_t>(job.nodes.size());
  else if (by_node())
    event.node = static_cast<std::uint32_t>(job.nodes[0]);
  return event;
}

// Users mix what they believed with the mean wait of the jobs that started since `every` ago and of those that wait.
void Datacenter::think() {
  const Tick since = now_ - point_.response.step * point_.response.steps;
  for (std::uint32_t g = 0; g < world_.groups; ++g) {
    Tick wait = 0, jobs = 0;
    for (const Start& start : met_[g])
      if (start.at >= since && start.at < now_) {
        wait += start.wait;
        ++jobs;
      }
    for (const Job& job : waiting_)
      if (group_of(job) == g && job.restarts == 0) {
        wait += now_ - job.submit;
        ++jobs;
      }
    if (jobs > 0) believed_[g] = believe(believed_[g], wait / jobs, point_.response.kept);
    demand_[g] = threshold_of(demand_of(responses_[g], believed_[g], point_.response.most), point_.response.most);
  }
  at_time(now_ + point_.response.step, EventRank::periodic, [this] { think(); });
}

// What a group used before counts a part of what it did; what it used since is added; by that over its share it stands.
void Datacenter::reckon() {
  const FairShare& rule = point_.order.as<FairShare>();
  for (const auto& [slot, job] : running_) held_.push_back({group_of(job), job.held, job.started, now_});
  for (std::uint32_t g = 0; g < world_.groups; ++g) {
    const std::uint32_t share = at(&point_, point_.shares).data[g];
    used_[g] = static_cast<std::uint64_t>(UInt128{used_[g]} * rule.kept_q32 / (UInt128{1} << 32));
    for (const Held& held : held_)
      if (held.group == g && held.until > reckoned_)
        used_[g] += static_cast<std::uint64_t>(held.until - std::max(held.from, reckoned_)) * held.gpus;
    standing_[g] = share > 0 ? static_cast<std::int64_t>(UInt128{used_[g]} * (1 << 20) / share)
                             : std::numeric_limits<std::int64_t>::max();
  }
  held_.clear();
  reckoned_ = now_;
  for (Job& job : waiting_) job.key = standing_[group_of(job)];
}

std::uint32_t Datacenter::in_service(std::uint32_t p) const {
  return gpus_per_node(p) * static_cast<std::uint32_t>(std::count_if(
                                nodes_[p].begin(), nodes_[p].end(), [](const Node& n) { return n.state == Node::up; }));
}
std::uint32_t Datacenter::held_in(std::uint32_t p) const {
  std::uint32_t held = 0;
  for (const auto& [slot, job] : running_)
    if (job.partition == p) held += job.held;
  return held;
}
std::uint32_t Datacenter::held_on(std::uint32_t p, int node) const {
  std::uint32_t held = 0;
  for (const auto& [slot, job] : running_)
    if (job.partition == p && std::find(job.nodes.begin(), job.nodes.end(), node) != job.nodes.end())
      held += std::min(job.held, gpus_per_node(p));
  return held;
}

State Datacenter::state() const {
  State state;
  state.at = now_;
  state.waiting = waiting_.size();
  state.running = running_.size();
  for (std::uint32_t p = 0; p < nodes_.size(); ++p) {
    state.busy += held_in(p);
    for (std::size_t n = 0; n < nodes_[p].size(); ++n) {
      const Node& node = nodes_[p][n];
      const std::uint32_t gpus = gpus_per_node(p);
      state.in_service += node.state == Node::up ? gpus : 0;
      state.down += node.state == Node::down ? gpus : 0;
      state.dark += node.state == Node::dark ? gpus : 0;
      state.spare += node.state == Node::stands_by ? gpus : 0;
      if (by_node())
        state.free.push_back(static_cast<std::int16_t>(
            node.state == Node::up ? static_cast<int>(gpus - held_on(p, static_cast<int>(n))) : -1));
    }
  }
  for (std::uint32_t d = 0; d < world_.sites; ++d) state.power_mw += base_mw(d);
  for (const auto& [slot, job] : running_) state.power_mw += job.draw_mw;
  return state;
}

}  // namespace nadc::reference
