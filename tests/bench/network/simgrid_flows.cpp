// The same transfers in SimGrid: one pseudo-host pair a flow in a star zone, so that each flow has its own route.
// Prints makespan, sum of completion times, and the process time of the simulation alone (platform building excluded).
// usage: simgrid_flows FILE   (format: models/network/flows.hpp)
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <simgrid/s4u.hpp>
#include <string>
#include <vector>

namespace sg4 = simgrid::s4u;

int main(int argc, char** argv) {
  sg4::Engine engine(&argc, argv);
  sg4::Engine::set_config("network/model:CM02");
  sg4::Engine::set_config("network/crosstraffic:0");
  sg4::Engine::set_config("network/TCP-gamma:0");
  sg4::Engine::set_config("maxmin/precision:1e-9");
  sg4::Engine::set_config("surf/precision:1e-12");
  std::ifstream file(argv[1]);
  std::string word;
  std::size_t link_count = 0, flow_count = 0;
  double capacity = 0.0;
  file >> word >> link_count >> word >> capacity >> word >> flow_count;
  sg4::NetZone* zone = sg4::create_star_zone("network");
  std::vector<sg4::Link*> links;
  for (std::size_t i = 0; i < link_count; ++i)
    links.push_back(zone->create_link("l" + std::to_string(i), capacity)->seal());
  struct Transfer {
    sg4::Host *from, *to;
    double bytes;
  };
  std::vector<Transfer> transfers;
  for (std::size_t f = 0; f < flow_count; ++f) {
    std::size_t src = 0, dst = 0, count = 0;
    Transfer t{zone->create_host("s" + std::to_string(f), 1e9), zone->create_host("d" + std::to_string(f), 1e9), 0.0};
    file >> src >> dst >> t.bytes >> count;
    std::vector<sg4::LinkInRoute> up, down;
    for (std::size_t i = 0; i < count; ++i) {
      std::size_t link = 0;
      file >> link;
      (i < count / 2 ? up : down).emplace_back(links[link]);
    }
    t.from->seal();
    t.to->seal();
    zone->add_route(t.from->get_netpoint(), nullptr, nullptr, nullptr, up, false);
    zone->add_route(nullptr, t.to->get_netpoint(), nullptr, nullptr, down, false);
    transfers.push_back(t);
  }
  zone->seal();
  double makespan = 0.0, sum = 0.0;
  std::vector<sg4::CommPtr> comms;
  sg4::Comm::on_completion_cb([&](const sg4::Activity& comm) {
    sum += comm.get_finish_time();
    makespan = std::max(makespan, comm.get_finish_time());
  });
  sg4::Actor::create("all", transfers.front().from, [&] {
    for (const Transfer& t : transfers) comms.push_back(sg4::Comm::sendto_async(t.from, t.to, t.bytes));
    sg4::Comm::wait_all(comms);
  });
  timespec a{}, b{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
  engine.run();
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
  std::printf("%.9g %.12g %.6f\n", makespan, sum, double(b.tv_sec - a.tv_sec) + 1e-9 * double(b.tv_nsec - a.tv_nsec));
}
