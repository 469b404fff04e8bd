#include <algorithm>

#include "base/endian.h"
#include "nat_world.h"
#include "pcap.h"

namespace sallyport::net {
namespace {

struct Family {
  testing::Ends client;
  const char* router;
  std::uint8_t unreachable;
  std::uint8_t time_exceeded;
};

const Family kFamilies[] = {{ends("10.137.0.5", 5000, "198.51.100.7", 443), "203.0.113.1", 3, 11},
                            {ends("fd09::5", 5000, "2001:db8::7", 443), "2001:db8:ffff::1", 1, 3}};

// What the remote, or a router on the way, says about `sent`.
ByteVector error_about(const ByteVector& sent, const char* reporter, std::uint8_t type,
                       std::size_t quoted = 1000) {
  ByteVector quote = sent;
  quote.resize(std::min(quote.size(), quoted));
  const auto about = World::ends_of(sent);
  return icmp_error_packet({ip(reporter), about.source}, type, 0, quote, 1400);
}

// The quote of an error with its header's own checksum, which is not the tests' business, taken
// out.
ByteVector quote_of(const ByteVector& error) {
  const std::size_t at = error[0] >> 4 == 4 ? 28 : 48;
  return {error.begin() + static_cast<std::ptrdiff_t>(at), error.end()};
}

std::vector<ByteVector> packets_of(const testing::Ends& each) {
  return {udp_packet(each, counting_bytes(20)), tcp_packet(each, {.flags = 0x02}),
          echo_packet(each, true, counting_bytes(20))};
}

TEST_SUITE("net/nat/nat_error") {
  TEST_CASE("an error about a client's packet reaches it, with the packet as the client sent it") {
    for (const Family& family : kFamilies) {
      for (const ByteVector& original : packets_of(family.client)) {
        for (const std::uint8_t type : {family.unreachable, family.time_exceeded}) {
          World world;
          const ByteVector sent = world.send(kAlice, original).value();
          const auto result = world.receive(error_about(sent, family.router, type));
          REQUIRE(result.has_value());
          EXPECT(result->client == kAlice);
          ByteVector bytes = result->bytes;
          const Packet packet = parse_packet(bytes).value();
          EXPECT(packet.destination == family.client.source);
          EXPECT(packet.source == ip(family.router));
          // Every byte, checksums included.
          EXPECT(quote_of(bytes) == original);
        }
      }
    }
  }

  TEST_CASE("an error that quotes eight bytes of transport header is enough") {
    for (const Family& family : kFamilies) {
      const std::size_t quoted = (family.client.source.is_v4() ? 20 : 40) + 8;
      for (const ByteVector& original : packets_of(family.client)) {
        World world;
        const ByteVector sent = world.send(kAlice, original).value();
        const auto result =
            world.receive(error_about(sent, family.router, family.unreachable, quoted));
        REQUIRE(result.has_value());
        EXPECT(
            quote_of(result->bytes) ==
            ByteVector(original.begin(), original.begin() + static_cast<std::ptrdiff_t>(quoted)));
        EXPECT(world.receive(error_about(sent, family.router, family.unreachable, quoted - 1))
                   .error() == NatDrop::kIcmpError);
      }
    }
  }

  TEST_CASE("a packet-too-big keeps its MTU") {
    for (const Family& family : kFamilies) {
      World world;
      const ByteVector sent =
          world.send(kAlice, tcp_packet(family.client, {.flags = 0x02})).value();
      const std::uint8_t type = family.client.source.is_v4() ? 3 : 2;
      const ByteVector error = world.receive(error_about(sent, family.router, type))->bytes;
      EXPECT(base::load_u32(error, family.client.source.is_v4() ? 24 : 44) == 1400);
    }
  }

  TEST_CASE("a client's error about an answer reaches who sent it, as it was sent") {
    for (const Family& family : kFamilies) {
      World world;
      const ByteVector sent = world.send(kAlice, udp_packet(family.client)).value();
      const ByteVector answer = udp_packet(World::ends_of(sent).reversed(), counting_bytes(30));
      const ByteVector delivered = world.receive(answer)->bytes;
      const auto result =
          world.send(kAlice, icmp_error_packet({family.client.source, family.client.destination},
                                               family.unreachable, 3, delivered));
      REQUIRE(result.has_value());
      ByteVector bytes = *result;
      const Packet packet = parse_packet(bytes).value();
      EXPECT(packet.source == World::ends_of(sent).source);
      EXPECT(packet.destination == family.client.destination);
      EXPECT(quote_of(bytes) == answer);
    }
  }

  TEST_CASE("a real stack's port-unreachable goes out translated") {
    // client.pcap: a question, its answer, a second answer, and the client's error about that.
    const auto frames = testing::read_pcap("net/client.pcap");
    const auto packet = [&](std::size_t i) {
      return ByteVector(frames[i].begin() + 14, frames[i].end());
    };
    World world;
    const auto outside = World::ends_of(world.send(kAlice, packet(145)).value());
    auto late = packet(147);
    Packet parsed = parse_packet(late).value();
    ByteVector from_outside = udp_packet(outside.reversed(), parsed.payload());
    REQUIRE(world.receive(from_outside).has_value());
    const ByteVector error = world.send(kAlice, packet(148)).value();
    ByteVector quote = quote_of(error);
    const Packet quoted = parse_quoted_packet(quote).value();
    EXPECT(quoted.destination == ip(kTunnel4));
    EXPECT(quoted.destination_port == outside.source_port);
    EXPECT(testing::checksums_are_right(quote));
  }

  TEST_CASE("redirected flows keep their secret in errors both ways") {
    World world;
    const Endpoint resolver{ip("10.8.0.1"), 53};
    const auto query = ends("10.137.0.5", 5000, "10.139.1.1", 53);
    const ByteVector original = udp_packet(query, counting_bytes(10));
    const ByteVector sent = world.send(kAlice, original, resolver).value();
    // The resolver has its port closed: the client hears it from the address it knows.
    ByteVector error = world.receive(error_about(sent, "10.8.0.1", 3))->bytes;
    EXPECT(parse_packet(error)->source == ip("10.139.1.1"));
    EXPECT(quote_of(error) == original);
    // A router on the way is named as it is.
    error = world.receive(error_about(sent, "203.0.113.1", 11))->bytes;
    EXPECT(parse_packet(error)->source == ip("203.0.113.1"));
    // And the other way.
    const ByteVector answer = udp_packet(World::ends_of(sent).reversed(), counting_bytes(5));
    const ByteVector delivered = world.receive(answer)->bytes;
    ByteVector back =
        world.send(kAlice, icmp_error_packet({query.source, query.destination}, 3, 3, delivered))
            .value();
    EXPECT(parse_packet(back)->destination == resolver.address);
    EXPECT(quote_of(back) == answer);
  }

  TEST_CASE("errors about no flow are refused in both directions") {
    for (const Family& family : kFamilies) {
      World world;
      const ByteVector sent = world.send(kAlice, udp_packet(family.client)).value();
      const auto refused_inbound = [&](const ByteVector& error) {
        const auto result = world.receive(error);
        return !result && result.error() == NatDrop::kIcmpError;
      };
      auto other = World::ends_of(sent);
      other.source_port ^= 1;
      EXPECT(refused_inbound(error_about(udp_packet(other), family.router, family.unreachable)));
      other = World::ends_of(sent);
      other.destination_port ^= 1;
      EXPECT(refused_inbound(error_about(udp_packet(other), family.router, family.unreachable)));
      other = World::ends_of(sent);
      other.source = family.client.source;
      EXPECT(refused_inbound(icmp_error_packet({ip(family.router), World::ends_of(sent).source},
                                               family.unreachable, 0, udp_packet(other))));
      // About a packet that was not ours, sent to us.
      EXPECT(refused_inbound(icmp_error_packet({ip(family.router), World::ends_of(sent).source},
                                               family.unreachable, 0, udp_packet(family.client))));
      // Bob reports on Alice's flow.
      const auto from_bob = world.send(
          kBob, icmp_error_packet({family.client.source, family.client.destination},
                                  family.unreachable, 3, udp_packet(family.client.reversed())));
      EXPECT(from_bob.error() == NatDrop::kIcmpError);
      // Alice reports to somebody else than it is about.
      const auto astray = world.send(
          kAlice, icmp_error_packet({family.client.source, ip(family.router)}, family.unreachable,
                                    3, udp_packet(family.client.reversed())));
      EXPECT(astray.error() == NatDrop::kIcmpError);
    }
  }

  TEST_CASE("a corrupt error is refused, not repaired") {
    for (const Family& family : kFamilies) {
      World world;
      const ByteVector sent =
          world.send(kAlice, udp_packet(family.client, counting_bytes(9))).value();
      ByteVector error = error_about(sent, family.router, family.unreachable);
      error.back() ^= 1;
      EXPECT(world.receive(error).error() == NatDrop::kIcmpError);
    }
  }

  TEST_CASE("redirects and source quenches are refused") {
    World world;
    const ByteVector sent = world.send(kAlice, udp_packet(kFamilies[0].client)).value();
    for (const std::uint8_t type : testing::Octets{4, 5}) {
      EXPECT(world.receive(error_about(sent, "203.0.113.1", type)).error() == NatDrop::kIcmpError);
    }
    const ByteVector sent6 = world.send(kAlice, udp_packet(kFamilies[1].client)).value();
    EXPECT(world.receive(error_about(sent6, "2001:db8::1", 137)).error() == NatDrop::kIcmpType);
  }

  TEST_CASE("an error keeps no flow alive") {
    World world;
    const ByteVector sent = world.send(kAlice, udp_packet(kFamilies[0].client)).value();
    world.now += std::chrono::seconds(29);
    EXPECT(world.receive(error_about(sent, "203.0.113.1", 11)).has_value());
    world.now += std::chrono::seconds(1);
    EXPECT(world.receive(error_about(sent, "203.0.113.1", 11)).error() == NatDrop::kIcmpError);
  }

  TEST_CASE("an error whose source is no host is refused") {
    World world;
    const ByteVector sent = world.send(kAlice, udp_packet(kFamilies[0].client)).value();
    EXPECT(world.receive(error_about(sent, "127.0.0.1", 3)).error() == NatDrop::kIcmpError);
  }
}

}  // namespace
}  // namespace sallyport::net
