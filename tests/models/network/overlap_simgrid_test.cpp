// The overlap model beside SimGrid: whole pipelines in Megatron's order of micro-batches and chunks, one actor a rank,
// activations over a link to the next rank, gradients and weights bucket by bucket over a NIC of the rank's own.
// Nothing of the model is used but its answer.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <memory>
#include <simgrid/s4u.hpp>
#include <string>
#include <vector>

#include "models/network/schedule.hpp"

namespace nadc {
namespace {

namespace sg4 = simgrid::s4u;

// One pipeline: what its actors share.
struct Pipeline {
  StepSchedule s;
  std::string name;
  std::vector<sg4::Host*> hosts, peers;
  double end_s = 0.0;
  int chunk_layers() const { return s.layers / s.chunks; }
};

struct Work {
  bool forward;
  int chunk;
  std::int64_t micro_batch;
};

// Megatron-LM's interleaved 1F1B (Narayanan et al., SC 2021); with one chunk, plain 1F1B.
std::vector<Work> order_of(const StepSchedule& s, int rank) {
  const std::int64_t total = s.micro_batches * s.chunks, round = std::int64_t{s.stages} * s.chunks;
  const std::int64_t warm = std::min<std::int64_t>(
      total, s.chunks == 1 ? s.stages - rank - 1 : (s.stages - rank - 1) * 2 + (s.chunks - 1) * s.stages);
  const auto forward = [&](std::int64_t k) {
    return Work{true, static_cast<int>(k % round / s.stages), k / round * s.stages + k % s.stages};
  };
  const auto backward = [&](std::int64_t k) {
    return Work{false, s.chunks - 1 - static_cast<int>(k % round / s.stages), k / round * s.stages + k % s.stages};
  };
  std::vector<Work> order;
  for (std::int64_t k = 0; k < warm; ++k) order.push_back(forward(k));
  for (std::int64_t k = warm; k < total; ++k) order.push_back(forward(k)), order.push_back(backward(k - warm));
  for (std::int64_t k = total - warm; k < total; ++k) order.push_back(backward(k));
  return order;
}

std::string box(const Pipeline& p, int rank, const Work& w) {
  return p.name + (w.forward ? "f" : "b") + std::to_string(rank) + "." + std::to_string(w.chunk) + "." +
         std::to_string(w.micro_batch);
}

void run_rank(Pipeline* p, int rank) {
  static int token = 0;
  const StepSchedule& s = p->s;
  sg4::Host* peer = p->peers[static_cast<std::size_t>(rank)];
  const std::string wire = p->name + "wire" + std::to_string(rank);
  sg4::Actor::create(wire, peer, [wire] {
    while (*sg4::Mailbox::by_name(wire)->get<int>() == 0) {}
  });
  static int more = 0, enough = 1;
  // Weights, layer by layer, then gradients as they come.
  auto gathered = std::make_shared<std::vector<sg4::SemaphorePtr>>();
  auto ready = sg4::Semaphore::create(0);
  auto sent = sg4::Semaphore::create(0);
  auto sizes = std::make_shared<std::deque<double>>();
  for (int l = 0; l < s.layers; ++l) gathered->push_back(sg4::Semaphore::create(0));
  const bool first = rank == 0;
  sg4::Actor::create(wire + "s", p->hosts[static_cast<std::size_t>(rank)], [=] {
    sg4::Mailbox* mailbox = sg4::Mailbox::by_name(wire);
    const auto send = [&](double seconds) {
      if (seconds > 0.0) mailbox->put(&more, static_cast<std::uint64_t>(std::llround(seconds * 1e9)));
    };
    if (first) send(s.first_gather_s);
    for (int l = 0; l < s.layers; ++l) {
      send(s.gather_s);
      (*gathered)[static_cast<std::size_t>(l)]->release();
    }
    for (int l = 0; l < s.layers; ++l) {
      ready->acquire();
      send(s.reduce_s);
    }
    ready->acquire();
    if (first) send(s.last_reduce_s);
    mailbox->put(&enough, 1);
    sent->release();
  });

  const int layers = p->chunk_layers(), last_rank = s.stages - 1;
  for (const Work& w : order_of(s, rank)) {
    const bool begins = w.forward ? rank == 0 && w.chunk == 0 : rank == last_rank && w.chunk == s.chunks - 1;
    if (!begins) sg4::Mailbox::by_name(box(*p, rank, w))->get<int>();
    for (int i = 0; i < layers; ++i) {
      const int layer = w.chunk * layers + (w.forward ? i : layers - 1 - i);
      if (w.forward && w.micro_batch == 0) (*gathered)[static_cast<std::size_t>(layer)]->acquire();
      sg4::this_actor::execute(w.forward ? s.forward_s : s.input_s + s.weight_s);
      if (!w.forward && w.micro_batch == s.micro_batches - 1) ready->release();
    }
    const bool wraps = w.forward ? rank == last_rank : rank == 0;
    Work next = w;
    if (wraps) next.chunk += w.forward ? 1 : -1;
    if (next.chunk < 0 || next.chunk >= s.chunks) continue;
    const int to = w.forward ? (rank + 1) % s.stages : (rank + last_rank) % s.stages;
    sg4::Mailbox::by_name(box(*p, to, next))
        ->put_init(&token, static_cast<std::uint64_t>(std::llround(s.send_s * 1e9)))
        ->detach();
  }
  ready->release();
  sent->acquire();
  p->end_s = std::max(p->end_s, sg4::Engine::get_clock());
}

StepSchedule schedule(int stages, int chunks, std::int64_t micro_batches, double reduce_s, double gather_s,
                      double send_s) {
  StepSchedule s;
  s.kind = chunks > 1 ? PipelineSchedule::interleaved : PipelineSchedule::plain;
  s.stages = stages, s.chunks = chunks, s.micro_batches = micro_batches;
  s.layers = 8;
  s.forward_s = 0.010, s.input_s = 0.012, s.weight_s = 0.008;
  s.reduce_s = reduce_s, s.gather_s = gather_s;
  s.last_reduce_s = reduce_s / 3.0, s.first_gather_s = gather_s / 3.0;
  s.send_s = send_s;
  return s;
}

double model_s(const StepSchedule& s) {
  const StepExposure e = expose(s);
  return static_cast<double>(s.micro_batches) * s.layers * (s.forward_s + s.input_s + s.weight_s) + e.bubble_s +
         e.sends_s + e.data_s;
}

// A SimGrid process holds one engine, so all pipelines run side by side on links of their own.
TEST(OverlapBesideSimGrid, StepsAgreeWhereCommunicationFitsAndWhereItDoesNot) {
  int argc = 1;
  char name[] = "overlap", quiet[] = "--log=root.thres:error";
  char* argv[] = {name, quiet, nullptr};
  argc = 2;
  sg4::Engine engine(&argc, argv);
  sg4::Engine::set_config("network/model:CM02");
  sg4::Engine::set_config("network/crosstraffic:0");
  sg4::Engine::set_config("network/TCP-gamma:0");
  std::vector<Pipeline> pipelines;
  const auto add = [&](const StepSchedule& s) {
    pipelines.push_back({s, "p" + std::to_string(pipelines.size()) + ".", {}, {}, 0.0});
  };
  add(schedule(1, 1, 8, 0.004, 0.002, 0.0));     // all but the end hides
  add(schedule(1, 1, 8, 0.200, 0.100, 0.0));     // one window for ten times its worth
  add(schedule(4, 1, 16, 0.004, 0.002, 0.001));  // plain pipeline, fits
  add(schedule(4, 1, 16, 0.160, 0.080, 0.001));  // plain pipeline, does not
  add(schedule(4, 4, 16, 0.040, 0.020, 0.001));  // chunks give the window
  add(schedule(4, 4, 16, 0.160, 0.080, 0.001));  // and not enough of it
  add(schedule(8, 8, 16, 0.300, 0.150, 0.002));  // as 405B on an 8:1 network
  sg4::NetZone* zone = sg4::create_full_zone("root");
  for (Pipeline& p : pipelines) {
    const int n = p.s.stages;
    for (int r = 0; r < n; ++r) {
      p.hosts.push_back(zone->create_host(p.name + "h" + std::to_string(r), 1.0)->set_core_count(2));
      p.peers.push_back(zone->create_host(p.name + "n" + std::to_string(r), 1.0));
    }
    for (int r = 0; r < n; ++r) {
      const auto link = [&](const std::string& id) {
        return zone->create_link(p.name + id, 1e9)->set_latency(0.0)->seal();
      };
      const std::string number = std::to_string(r);
      const std::vector<sg4::LinkInRoute> nic{sg4::LinkInRoute(link("nic" + number))};
      sg4::Host* mine = p.hosts[static_cast<std::size_t>(r)];
      zone->add_route(mine->get_netpoint(), p.peers[static_cast<std::size_t>(r)]->get_netpoint(), nullptr, nullptr, nic,
                      false);
      zone->add_route(p.peers[static_cast<std::size_t>(r)]->get_netpoint(), mine->get_netpoint(), nullptr, nullptr, nic,
                      false);
      if (n == 1) continue;
      sg4::Host* next = p.hosts[static_cast<std::size_t>((r + 1) % n)];
      zone->add_route(mine->get_netpoint(), next->get_netpoint(), nullptr, nullptr,
                      {sg4::LinkInRoute(link("up" + number))}, false);
      zone->add_route(next->get_netpoint(), mine->get_netpoint(), nullptr, nullptr,
                      {sg4::LinkInRoute(link("down" + number))}, false);
    }
  }
  zone->seal();
  for (Pipeline& p : pipelines)
    for (int r = 0; r < p.s.stages; ++r)
      sg4::Actor::create(p.name + "rank" + std::to_string(r), p.hosts[static_cast<std::size_t>(r)], run_rank, &p, r);
  engine.run();
  for (const Pipeline& p : pipelines) {
    const double model = model_s(p.s);
    std::printf("P %d V %d reduce %.3f s: SimGrid %.4f s, model %.4f s (%+.2f %%)\n", p.s.stages, p.s.chunks,
                p.s.reduce_s, p.end_s, model, 100.0 * (model / p.end_s - 1.0));
    EXPECT_NEAR(model / p.end_s, 1.0, 0.045) << p.name;
  }
}

}  // namespace
}  // namespace nadc
