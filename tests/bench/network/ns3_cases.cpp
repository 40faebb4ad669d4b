// Small networks, packet by packet in ns-3: prints mean and last flow completion time [s] and the packets dropped, and
// writes the same transfers on the same links as an instance for nadc network flows.
// usage: ns3_cases CASE VARIANT INSTANCE
//   CASE     long-K           K flows of 40 MB through one link
//            lot-3            one flow over three links, and one across each, 20 MB
//            permutation-16   16 hosts, 4 leaves, 4 spines, one flow each of 10 MB, hashed over the spines
//            incast-N-BYTES   N hosts to one
//   VARIANT  cubic-200, cubic-1, dctcp-1: congestion control, and the least retransmission timeout [ms]
// Links 10 Gbit/s and 1 µs, ports of a switch hold 100 packets of 1,500 bytes (DCTCP marks from 20), hosts' own queues
// never drop. The instance's capacity is the rate of payload: headers are taken out.
#include <ns3/applications-module.h>
#include <ns3/core-module.h>
#include <ns3/internet-module.h>
#include <ns3/network-module.h>
#include <ns3/point-to-point-module.h>
#include <ns3/traffic-control-module.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace ns3;

namespace {

constexpr double line_rate = 10e9 / 8;
constexpr double payload = 1448, on_the_wire = 1502;  // IP packet 1,500, and the link's own header of 2

struct Transfer {
  std::vector<int> path;  // nodes, first the sender
  std::uint64_t bytes = 0;
  double done = -1;  // [s]
  std::uint64_t got = 0;
};

struct Case {
  int hosts = 0, nodes = 0;  // hosts come first
  std::vector<std::pair<int, int>> cables;
  std::vector<Transfer> transfers;
};

Case make_case(const std::string& name) {
  Case c;
  if (name.rfind("long-", 0) == 0) {
    const int k = std::stoi(name.substr(5));
    c.hosts = 2 * k;
    c.nodes = c.hosts + 2;
    for (int i = 0; i < k; ++i) {
      c.cables.push_back({i, c.hosts});
      c.cables.push_back({k + i, c.hosts + 1});
      c.transfers.push_back({{i, c.hosts, c.hosts + 1, k + i}, 40'000'000});
    }
    c.cables.push_back({c.hosts, c.hosts + 1});
  } else if (name == "lot-3") {
    c.hosts = 8;  // 0 → 1 all along; 2+2i → 3+2i across link i
    c.nodes = 12;
    c.cables = {{0, 8}, {1, 11}, {8, 9}, {9, 10}, {10, 11}};
    c.transfers.push_back({{0, 8, 9, 10, 11, 1}, 20'000'000});
    for (int i = 0; i < 3; ++i) {
      c.cables.push_back({2 + 2 * i, 8 + i});
      c.cables.push_back({3 + 2 * i, 9 + i});
      c.transfers.push_back({{2 + 2 * i, 8 + i, 9 + i, 3 + 2 * i}, 20'000'000});
    }
  } else if (name == "permutation-16") {
    c.hosts = 16;  // leaves 16 … 19, spines 20 … 23
    c.nodes = 24;
    for (int h = 0; h < 16; ++h) c.cables.push_back({h, 16 + h / 4});
    for (int leaf = 16; leaf < 20; ++leaf)
      for (int spine = 20; spine < 24; ++spine) c.cables.push_back({leaf, spine});
    std::uint32_t hash = 12345;
    for (int h = 0; h < 16; ++h) {
      const int to = (5 * h + 7) % 16;  // none to itself
      hash = hash * 1664525u + 1013904223u;
      const int a = 16 + h / 4, b = 16 + to / 4, spine = 20 + static_cast<int>((hash >> 24) % 4);
      c.transfers.push_back({a == b ? std::vector<int>{h, a, to} : std::vector<int>{h, a, spine, b, to}, 10'000'000});
    }
  } else if (name.rfind("incast-", 0) == 0) {
    const std::size_t dash = name.find('-', 7);
    const int n = std::stoi(name.substr(7, dash - 7));
    c.hosts = n + 1;
    c.nodes = n + 2;
    for (int i = 0; i <= n; ++i) c.cables.push_back({i, n + 1});
    for (int i = 0; i < n; ++i) c.transfers.push_back({{i, n + 1, n}, std::stoull(name.substr(dash + 1))});
  } else {
    std::fprintf(stderr, "no case is called %s\n", name.c_str());
    std::exit(2);
  }
  return c;
}

void write_instance(const Case& c, const std::string& file) {
  std::map<std::pair<int, int>, int> number;
  for (const Transfer& t : c.transfers)
    for (std::size_t i = 1; i < t.path.size(); ++i)
      number.try_emplace({t.path[i - 1], t.path[i]}, static_cast<int>(number.size()));
  std::ofstream out(file);
  out.precision(17);
  out << "links " << number.size() << " cap " << line_rate * payload / on_the_wire << " flows " << c.transfers.size()
      << '\n';
  for (const Transfer& t : c.transfers) {
    out << t.path.front() << ' ' << t.path.back() << ' ' << t.bytes << ' ' << t.path.size() - 1;
    for (std::size_t i = 1; i < t.path.size(); ++i) out << ' ' << number.at({t.path[i - 1], t.path[i]});
    out << '\n';
  }
}

std::uint64_t dropped = 0;
void count_drop(Ptr<const Packet>) { ++dropped; }
void count_disc_drop(Ptr<const QueueDiscItem>) { ++dropped; }

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return std::fprintf(stderr, "usage: %s CASE VARIANT INSTANCE\n", argv[0]), 2;
  const std::string variant = argv[2];
  const bool dctcp = variant.rfind("dctcp", 0) == 0;
  const int rto_ms = std::stoi(variant.substr(variant.find('-') + 1));
  Case c = make_case(argv[1]);
  write_instance(c, argv[3]);

  Config::SetDefault("ns3::TcpL4Protocol::SocketType",
                     TypeIdValue(dctcp ? TcpDctcp::GetTypeId() : TcpCubic::GetTypeId()));
  Config::SetDefault("ns3::TcpSocket::SegmentSize", UintegerValue(1448));
  Config::SetDefault("ns3::TcpSocket::SndBufSize", UintegerValue(1 << 20));
  Config::SetDefault("ns3::TcpSocket::RcvBufSize", UintegerValue(4 << 20));
  Config::SetDefault("ns3::TcpSocket::InitialCwnd", UintegerValue(10));
  Config::SetDefault("ns3::TcpSocket::DelAckTimeout", TimeValue(MicroSeconds(200)));
  Config::SetDefault("ns3::TcpSocketBase::MinRto", TimeValue(MilliSeconds(rto_ms)));
  Config::SetDefault("ns3::TcpSocketBase::ClockGranularity", TimeValue(MicroSeconds(1)));
  if (dctcp) Config::SetDefault("ns3::TcpSocketBase::UseEcn", EnumValue(TcpSocketState::On));

  NodeContainer nodes;
  nodes.Create(static_cast<std::uint32_t>(c.nodes));
  InternetStackHelper stack;
  Ipv4StaticRoutingHelper routing;
  stack.SetRoutingHelper(routing);
  stack.SetIpv6StackInstall(false);
  stack.Install(nodes);

  for (std::uint32_t n = 0; n < nodes.GetN(); ++n)
    nodes.Get(n)->GetObject<TrafficControlLayer>()->TraceConnectWithoutContext("TcDrop", MakeCallback(&count_drop));

  PointToPointHelper cable;
  cable.SetDeviceAttribute("DataRate", StringValue("10Gbps"));
  cable.SetChannelAttribute("Delay", StringValue("1us"));
  Ipv4AddressHelper addresses;
  addresses.SetBase("10.0.0.0", "255.255.255.252");
  TrafficControlHelper mark;
  mark.SetRootQueueDisc("ns3::RedQueueDisc", "LinkBandwidth", StringValue("10Gbps"), "LinkDelay", StringValue("1us"),
                        "MeanPktSize", UintegerValue(1500), "MaxSize", QueueSizeValue(QueueSize("100p")), "MinTh",
                        DoubleValue(20), "MaxTh", DoubleValue(20), "QW", DoubleValue(1), "UseEcn", BooleanValue(true),
                        "UseHardDrop", BooleanValue(false));
  std::map<std::pair<int, int>, std::uint32_t> interface;  // of the first towards the second
  std::map<std::pair<int, int>, Ipv4Address> gateway;      // address of the second as the first sees it
  std::vector<Ipv4Address> address(static_cast<std::size_t>(c.nodes));
  for (const auto& [a, b] : c.cables) {
    NetDeviceContainer devices =
        cable.Install(nodes.Get(static_cast<std::uint32_t>(a)), nodes.Get(static_cast<std::uint32_t>(b)));
    const Ipv4InterfaceContainer interfaces = addresses.Assign(devices);
    addresses.NewNetwork();
    TrafficControlHelper none;
    none.Uninstall(devices);
    for (const std::uint32_t end : {0u, 1u}) {
      const int here = end == 0 ? a : b, there = end == 0 ? b : a;
      const auto device = DynamicCast<PointToPointNetDevice>(devices.Get(end));
      const bool marked = dctcp && here >= c.hosts;
      const char* depth = here < c.hosts ? "1000000p" : marked ? "1p" : "100p";
      device->GetQueue()->SetMaxSize(QueueSize(depth));
      device->GetQueue()->TraceConnectWithoutContext("Drop", MakeCallback(&count_drop));
      if (marked)
        mark.Install(devices.Get(end)).Get(0)->TraceConnectWithoutContext("Drop", MakeCallback(&count_disc_drop));
      interface[{
        here, there}] = interfaces.Get(end).second;
      gateway[{here, there}] = interfaces.GetAddress(1 - end);
      if (here < c.hosts) address[static_cast<std::size_t>(here)] = interfaces.GetAddress(end);
    }
  }

  // Data take the routes of the case; acknowledgements return on them, or on a route that is there already.
  std::set<std::pair<int, int>> routed;  // (node, host)
  const auto lead = [&](const std::vector<int>& path) {
    for (std::size_t i = 1; i < path.size(); ++i) {
      if (!routed.insert({path[i - 1], path.back()}).second) continue;
      const std::pair<int, int> hop{path[i - 1], path[i]};
      routing.GetStaticRouting(nodes.Get(static_cast<std::uint32_t>(hop.first))->GetObject<Ipv4>())
          ->AddHostRouteTo(address[static_cast<std::size_t>(path.back())], gateway.at(hop), interface.at(hop));
    }
  };
  for (const Transfer& t : c.transfers) lead(t.path);
  for (const Transfer& t : c.transfers) lead({t.path.rbegin(), t.path.rend()});

  std::size_t left = c.transfers.size();
  std::uint16_t port = 5000;
  for (Transfer& t : c.transfers) {
    const InetSocketAddress to(address[static_cast<std::size_t>(t.path.back())], ++port);
    PacketSinkHelper sink("ns3::TcpSocketFactory", to);
    const ApplicationContainer receiver = sink.Install(nodes.Get(static_cast<std::uint32_t>(t.path.back())));
    receiver.Get(0)->TraceConnectWithoutContext(
        "Rx", Callback<void, Ptr<const Packet>, const Address&>([&t, &left](Ptr<const Packet> packet, const Address&) {
          t.got += packet->GetSize();
          if (t.got < t.bytes || t.done >= 0) return;
          t.done = Simulator::Now().GetSeconds();
          if (--left == 0) Simulator::Stop();
        }));
    BulkSendHelper send("ns3::TcpSocketFactory", to);
    send.SetAttribute("MaxBytes", UintegerValue(t.bytes));
    send.SetAttribute("SendSize", UintegerValue(64 * 1024));
    send.Install(nodes.Get(static_cast<std::uint32_t>(t.path.front()))).Start(Seconds(0));
  }
  Simulator::Stop(Seconds(60));
  Simulator::Run();
  double sum = 0, last = 0;
  for (const Transfer& t : c.transfers) {
    if (t.done < 0) return std::fprintf(stderr, "a flow did not end in a minute\n"), 1;
    sum += t.done;
    last = std::max(last, t.done);
  }
  std::printf("%.9g %.9g %llu\n", sum / static_cast<double>(c.transfers.size()), last,
              static_cast<unsigned long long>(dropped));
  Simulator::Destroy();
}
