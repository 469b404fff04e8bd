#include <vector>

#include "nat_world.h"

namespace sallyport::net {
namespace {

constexpr NatLimits kSmall{.clients = 4, .flows = 1000, .flow_reserve = 50};

testing::Ends client_ends(const char* source, std::uint16_t port, std::uint16_t remote_port = 443) {
  return ends(source, port, source[0] == 'f' ? "2001:db8::7" : "198.51.100.7", remote_port);
}

// Opens `count` UDP flows of one client, each from another port or to another.
void flood(World& world, ClientId client, std::uint32_t count, bool new_sources = true) {
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto port = static_cast<std::uint16_t>(1 + i % 65000);
    const auto each =
        new_sources ? client_ends("10.137.0.5", port) : client_ends("10.137.0.5", 5000, port);
    (void)world.send(client, udp_packet(each));
  }
}

TEST_SUITE("net/nat/fairness") {
  TEST_CASE("a greedy client has all that is not reserved and then evicts its own flows") {
    World world(kSmall);
    flood(world, kAlice, 3000);
    const auto alice = *world.nat.statistics(kAlice);
    // 1000 flows, less 50 for each of three others.
    EXPECT(alice.flows == 850);
    EXPECT(alice.opened == 3000);
    EXPECT(alice.evicted == 3000 - 850);
    world.nat.check_consistency();
  }

  TEST_CASE("a modest client keeps its flows while another floods") {
    World world(kSmall);
    std::vector<testing::Ends> modest;
    for (std::uint16_t port = 1; port <= 50; ++port) {
      const auto each = client_ends("10.137.0.6", port);
      modest.push_back(World::ends_of(world.send(kBob, udp_packet(each)).value()));
    }
    flood(world, kAlice, 5000);
    for (const auto& each : modest)
      EXPECT(world.receive(udp_packet(each.reversed()))->client == kBob);
    EXPECT(world.nat.statistics(kBob)->evicted == 0);
  }

  TEST_CASE("a client that comes when all is taken still gets its reserve") {
    World world(kSmall);
    flood(world, kAlice, 5000);
    for (const ClientId late : {kBob, ClientId(3), ClientId(4)}) {
      if (late != kBob) REQUIRE(world.nat.add_client(late));
      flood(world, late, 60);
      EXPECT(world.nat.statistics(late)->flows == 50);
      EXPECT(world.nat.statistics(late)->evicted == 10);
    }
    EXPECT(world.nat.statistics(kAlice)->flows == 850);
    EXPECT(world.nat.flow_count() == 1000);
    EXPECT_FALSE(world.nat.add_client(ClientId(5)));
    world.nat.check_consistency();
  }

  TEST_CASE("what a client frees others may have") {
    World world(kSmall);
    flood(world, kAlice, 5000);
    world.nat.remove_client(kAlice);
    flood(world, kBob, 5000);
    EXPECT(world.nat.statistics(kBob)->flows == 850);
  }

  TEST_CASE("a client's own connections survive its own flood of unanswered packets") {
    World world(kSmall);
    const auto connection = client_ends("10.137.0.5", 60000);
    const auto syn = world.send(kAlice, tcp_packet(connection, {.flags = 0x02})).value();
    const auto back = World::ends_of(syn).reversed();
    REQUIRE(world.receive(tcp_packet(back, {.flags = 0x12})).has_value());
    REQUIRE(world.send(kAlice, tcp_packet(connection, {.flags = 0x10})).has_value());
    flood(world, kAlice, 5000);
    EXPECT(world.receive(tcp_packet(back, {.flags = 0x10})).has_value());
  }

  TEST_CASE("using up all UDP ports starves nobody") {
    World world;
    flood(world, kAlice, 65000);
    EXPECT(world.nat.flow_count() > 40000);
    EXPECT(world.nat.statistics(kAlice)->evicted > 0);
    for (std::uint16_t port = 1; port <= PortSpace::kReserve; ++port) {
      EXPECT(world.send(kBob, udp_packet(client_ends("10.137.0.6", port))).has_value());
    }
    EXPECT(world.nat.statistics(kBob)->evicted == 0);
    // The other family and the other protocols have ports of their own.
    EXPECT(world.send(kAlice, udp_packet(client_ends("fd09::5", 1))).has_value());
    EXPECT(world.send(kAlice, echo_packet(client_ends("10.137.0.5", 1), true)).has_value());
    world.nat.check_consistency();
  }

  TEST_CASE("using up all TCP ports to one server keeps nobody from it") {
    World world;
    for (std::uint32_t port = 1; port < 65536; ++port) {
      const auto each = client_ends("10.137.0.5", static_cast<std::uint16_t>(port));
      REQUIRE(world.send(kAlice, tcp_packet(each, {.flags = 0x02})).has_value());
    }
    for (std::uint16_t port = 1; port <= PortSpace::kReserve; ++port) {
      EXPECT(world.send(kBob, tcp_packet(client_ends("10.137.0.6", port), {.flags = 0x02}))
                 .has_value());
    }
    EXPECT(world.nat.statistics(kBob)->evicted == 0);
  }

  TEST_CASE("many flows of one endpoint do not stand in the way of a new endpoint") {
    World world(kSmall);
    flood(world, kAlice, 2000, /*new_sources=*/false);
    EXPECT(world.send(kAlice, udp_packet(client_ends("10.137.0.5", 1))).has_value());
    EXPECT(
        world.send(kAlice, tcp_packet(client_ends("10.137.0.5", 1), {.flags = 0x02})).has_value());
  }

  TEST_CASE("expiry is spread over calls, and reports what is left") {
    World world;
    flood(world, kAlice, 1000);
    world.now += std::chrono::seconds(60);
    world.nat.expire(world.now, 300);
    EXPECT(world.nat.flow_count() == 700);
    EXPECT(*world.nat.next_deadline() <= world.now);
    while (world.nat.next_deadline()) world.nat.expire(world.now);
    EXPECT(world.nat.flow_count() == 0);
    world.nat.check_consistency();
  }
}

}  // namespace
}  // namespace sallyport::net
