#include "net/nat/outside_ports.h"

#include <set>

#include "counting_rng.h"
#include "packet_builder.h"
#include "test.h"

namespace sallyport::net {
namespace {

using testing::ip;

Flow flow_to(FlowKind kind, std::uint16_t port, const char* remote) {
  Flow flow;
  flow.client = ClientId(1);
  flow.kind = kind;
  flow.inside = {ip("10.137.0.5"), port};
  flow.shown = flow.remote = {ip(remote), 443};
  return flow;
}

struct World {
  testing::CountingRng rng;
  FlowTable flows{KeyedHash(1, 2), 1};
  OutsidePorts ports{KeyedHash(3, 4)};

  std::uint16_t open(Flow flow) {
    flow.outside_port = ports.take(0, flow, flows, rng).value();
    (void)flows.insert(flow, 0, {});
    return flow.outside_port;
  }
};

TEST_SUITE("net/nat/outside_ports") {
  TEST_CASE("UDP and ICMP have one port for all remotes, TCP any") {
    for (const FlowKind kind : {FlowKind::kUdp4, FlowKind::kIcmp4}) {
      World world;
      const std::uint16_t port = world.open(flow_to(kind, 5000, "198.51.100.7"));
      EXPECT(world.open(flow_to(kind, 5000, "198.51.100.8")) == port);
      EXPECT(world.open(flow_to(kind, 5001, "198.51.100.7")) != port);
      world.ports.check_consistency(world.flows);
    }
    World world;
    const std::uint16_t port = world.open(flow_to(FlowKind::kTcp4, 5000, "198.51.100.7"));
    EXPECT(world.open(flow_to(FlowKind::kTcp4, 5000, "198.51.100.8")) != port);
  }

  TEST_CASE("TCP ports to one remote are unique, and more flows than ports are possible") {
    World world;
    std::set<std::uint16_t> ports;
    for (std::uint16_t i = 0; i < 20000; ++i) {
      EXPECT(ports.insert(world.open(flow_to(FlowKind::kTcp4, i, "198.51.100.7"))).second);
    }
    for (const char* remote : {"198.51.100.8", "198.51.100.9", "198.51.100.10"}) {
      for (std::uint16_t i = 0; i < 20000; ++i)
        (void)world.open(flow_to(FlowKind::kTcp4, i, remote));
    }
    EXPECT(world.flows.size() == 80000);
  }

  TEST_CASE("a redirected flow never shares its port") {
    World world;
    Flow redirected = flow_to(FlowKind::kUdp4, 5000, "10.139.1.1");
    redirected.remote = {ip("198.51.100.7"), 443};
    const std::uint16_t port = world.open(redirected);
    const std::uint16_t direct = world.open(flow_to(FlowKind::kUdp4, 5000, "198.51.100.7"));
    EXPECT(direct != port);
    redirected.shown.address = ip("10.139.1.2");
    EXPECT(world.open(redirected) != port);
    world.ports.check_consistency(world.flows);
  }

  TEST_CASE("a port is free again with the last flow of its mapping") {
    World world;
    Flow one = flow_to(FlowKind::kUdp4, 5000, "198.51.100.7");
    Flow two = flow_to(FlowKind::kUdp4, 5000, "198.51.100.8");
    one.outside_port = two.outside_port = world.open(one);
    (void)world.ports.take(0, two, world.flows, world.rng);
    world.ports.give_back(one);
    EXPECT(world.ports.take(0, one, world.flows, world.rng) == one.outside_port);
    world.ports.give_back(one);
    world.ports.give_back(two);
    world.flows.clear();
    world.ports.check_consistency(world.flows);
  }
}

}  // namespace
}  // namespace sallyport::net
