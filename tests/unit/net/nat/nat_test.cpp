#include "net/nat/nat.h"

#include <set>

#include "nat_world.h"
#include "net/merge.h"
#include "net/segment.h"

namespace sallyport::net {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

struct Family {
  testing::Ends client;
  testing::Ends other_remote;
  const char* tunnel;
};

const Family kFamilies[] = {{ends("10.137.0.5", 5000, "198.51.100.7", 443),
                             ends("10.137.0.5", 5000, "203.0.113.9", 80), kTunnel4},
                            {ends("fd09::5", 5000, "2001:db8::7", 443),
                             ends("fd09::5", 5000, "2001:db8:1::9", 80), kTunnel6}};

constexpr std::uint8_t kSyn = 0x02;
constexpr std::uint8_t kSynAck = 0x12;
constexpr std::uint8_t kAck = 0x10;
constexpr std::uint8_t kFinAck = 0x11;
constexpr std::uint8_t kRst = 0x04;

ByteVector echo_reply_to(const ByteVector& request) {
  const auto each = World::ends_of(request);
  return echo_packet({each.destination, each.source, each.source_port, 0}, false,
                     counting_bytes(3));
}

TEST_SUITE("net/nat/nat") {
  TEST_CASE("a UDP packet goes out under the tunnel's address, and its answer comes back") {
    for (const Family& family : kFamilies) {
      World world;
      const ByteVector sent =
          world.send(kAlice, udp_packet(family.client, counting_bytes(9))).value();
      const auto outside = World::ends_of(sent);
      EXPECT(outside.source == ip(family.tunnel));
      EXPECT(outside.source_port >= 1024);
      EXPECT(outside.destination == family.client.destination);
      EXPECT(outside.destination_port == 443);
      const Delivered answer =
          world.receive(udp_packet(outside.reversed(), counting_bytes(4))).value();
      EXPECT(answer.client == kAlice);
      EXPECT(answer.bytes == udp_packet(family.client.reversed(), counting_bytes(4)));
    }
  }

  TEST_CASE("a ping goes out under another identifier, and its answer comes back") {
    for (const Family& family : kFamilies) {
      World world;
      const ByteVector sent = world.send(kAlice, echo_packet(family.client, true)).value();
      const Delivered answer = world.receive(echo_reply_to(sent)).value();
      EXPECT(answer.client == kAlice);
      auto back = family.client.reversed();
      back.source_port = family.client.source_port;
      EXPECT(answer.bytes == echo_packet(back, false, counting_bytes(3)));
    }
  }

  TEST_CASE("a TCP connection passes in both directions from SYN to FIN") {
    for (const Family& family : kFamilies) {
      World world;
      const ByteVector syn = world.send(kAlice, tcp_packet(family.client, {.flags = kSyn})).value();
      const auto back = World::ends_of(syn).reversed();
      for (const std::uint8_t flags : testing::Octets{kSynAck, kAck, kFinAck, kAck}) {
        EXPECT(world.receive(tcp_packet(back, {.flags = flags}))->client == kAlice);
        const auto sent = world.send(kAlice, tcp_packet(family.client, {.flags = kAck}));
        EXPECT(World::ends_of(sent.value()).source_port == back.destination_port);
      }
      EXPECT(world.nat.flow_count() == 1);
    }
  }

  TEST_CASE("a merged run is translated once, as each of its segments would be") {
    for (const Family& family : kFamilies) {
      World world;
      const auto syn = world.send(kAlice, tcp_packet(family.client, {.flags = kSyn})).value();
      const auto back = World::ends_of(syn).reversed();
      REQUIRE(world.receive(tcp_packet(back, {.flags = kSynAck})).has_value());
      std::vector<ByteVector> one_by_one;
      std::vector<ByteVector> segments;
      for (std::uint8_t i = 0; i < 5; ++i) {
        segments.push_back(
            tcp_packet(back, {.sequence = 1000u + i * 500u}, counting_bytes(500, i), {.id = i}));
        one_by_one.push_back(world.receive(segments.back())->bytes);
      }
      Merger merger;
      for (ByteVector& segment : segments) {
        Packet packet = parse_packet(segment).value();
        REQUIRE(merger.add(packet));
      }
      merger.flush();
      MergedRun* const run = merger.next();
      REQUIRE(run != nullptr);
      EXPECT(world.nat.inbound(run->packet(), world.now)->client == kAlice);
      const Segmenter segmenter(run->packet(), run->payloads());
      REQUIRE(segmenter.count() == one_by_one.size());
      for (std::size_t i = 0; i < segmenter.count(); ++i) {
        ByteVector out(segmenter.size(i));
        segmenter.write(i, out);
        EXPECT(out == one_by_one[i]);
      }
    }
  }

  TEST_CASE("partial checksums pass through partial") {
    World world;
    ByteVector bytes =
        testing::with_partial_checksum(udp_packet(kFamilies[0].client, counting_bytes(50)));
    Packet packet = parse_packet(bytes, {.needs_checksum = true}).value();
    REQUIRE(world.nat.open(kAlice, packet, world.now).has_value());
    EXPECT(bytes == testing::with_partial_checksum(bytes));
    EXPECT(packet.offload.needs_checksum);
  }

  TEST_CASE("one endpoint has one outside port for all destinations") {
    for (const Family& family : kFamilies) {
      World world;
      const auto port_of = [&](const ByteVector& bytes) {
        return World::ends_of(world.send(kAlice, bytes).value()).source_port;
      };
      EXPECT(port_of(udp_packet(family.client)) == port_of(udp_packet(family.other_remote)));
      EXPECT(port_of(echo_packet(family.client, true)) ==
             port_of(echo_packet(family.other_remote, true)));
      EXPECT(world.nat.flow_count() == 4);
      world.nat.check_consistency();
    }
  }

  TEST_CASE("clients with the same endpoint have different ports and get their own answers") {
    for (const Family& family : kFamilies) {
      World world;
      const auto alice = World::ends_of(world.send(kAlice, udp_packet(family.client)).value());
      const auto bob = World::ends_of(world.send(kBob, udp_packet(family.client)).value());
      EXPECT(alice.source_port != bob.source_port);
      EXPECT(world.receive(udp_packet(alice.reversed()))->client == kAlice);
      EXPECT(world.receive(udp_packet(bob.reversed()))->client == kBob);
    }
  }

  TEST_CASE("nothing comes in that was not asked for") {
    for (const Family& family : kFamilies) {
      World world;
      const auto outside = World::ends_of(world.send(kAlice, udp_packet(family.client)).value());
      const auto refused = [&world](const ByteVector& bytes) {
        const auto result = world.receive(bytes);
        REQUIRE_FALSE(result.has_value());
        return result.error();
      };
      auto other_port = outside.reversed();
      other_port.source_port ^= 1;
      EXPECT(refused(udp_packet(other_port)) == NatDrop::kUnsolicited);
      auto other_host = outside.reversed();
      other_host.source = family.other_remote.destination;
      EXPECT(refused(udp_packet(other_host)) == NatDrop::kUnsolicited);
      auto other_outside = outside.reversed();
      other_outside.destination_port ^= 1;
      EXPECT(refused(udp_packet(other_outside)) == NatDrop::kUnsolicited);
      EXPECT(refused(tcp_packet(outside.reversed(), {.flags = kSyn})) == NatDrop::kUnsolicited);
      EXPECT(refused(tcp_packet(outside.reversed(), {.flags = kAck})) == NatDrop::kUnsolicited);
      EXPECT(refused(echo_packet(outside.reversed(), true)) == NatDrop::kUnsolicited);
      EXPECT(refused(echo_packet(outside.reversed(), false)) == NatDrop::kUnsolicited);
      // Whom a client pings may answer, but not ping.
      const ByteVector ping = world.send(kAlice, echo_packet(family.client, true)).value();
      auto pinger = outside.reversed();
      pinger.source_port = World::ends_of(ping).source_port;
      EXPECT(refused(echo_packet(pinger, true)) == NatDrop::kUnsolicited);
      EXPECT(refused(ip_packet(outside.reversed(), 50, counting_bytes(20))) == NatDrop::kProtocol);
      auto to_client = outside.reversed();
      to_client.destination = family.client.source;
      EXPECT(refused(udp_packet(to_client)) == NatDrop::kNotOurs);
    }
  }

  TEST_CASE("a packet that opens nothing is refused by its reason") {
    const auto refused = [](World& world, const ByteVector& bytes) {
      const auto result = world.send(kAlice, bytes);
      REQUIRE_FALSE(result.has_value());
      EXPECT(world.nat.flow_count() == 0);
      return result.error();
    };
    for (const Family& family : kFamilies) {
      World world;
      for (const std::uint8_t flags :
           testing::Octets{0x00, kAck, kSynAck, kFinAck, kRst, 0x06, 0x03, 0xff}) {
        EXPECT(refused(world, tcp_packet(family.client, {.flags = flags})) ==
               NatDrop::kNoConnection);
      }
      EXPECT(refused(world, echo_packet(family.client, false)) == NatDrop::kUnsolicited);
      EXPECT(refused(world, ip_packet(family.client, 47, counting_bytes(20))) ==
             NatDrop::kProtocol);
      const bool v4 = family.client.source.is_v4();
      EXPECT(refused(world, icmp_error_packet(family.client, v4 ? 13 : 133, 0,
                                              counting_bytes(12))) == NatDrop::kIcmpType);
    }
  }

  TEST_CASE("fragments are not translated") {
    World world;
    ByteVector fragment =
        udp_packet(kFamilies[0].client, counting_bytes(8), {.dont_fragment = false});
    fragment[6] = 0x20;
    EXPECT(world.send(kAlice, testing::with_new_checksums(fragment)).error() == NatDrop::kFragment);
  }

  TEST_CASE("no flow leads to the tunnel's own address, the link or a group") {
    World world;
    for (const char* destination : {kTunnel4, "127.0.0.1", "224.0.0.251", "255.255.255.255",
                                    "0.0.0.0", "169.254.1.1", "240.0.0.1"}) {
      CAPTURE(std::string(destination));
      EXPECT(world.send(kAlice, udp_packet(ends("10.137.0.5", 1, destination, 2))).error() ==
             NatDrop::kDestination);
    }
    for (const char* destination : {kTunnel6, "::1", "ff02::fb", "fe80::1", "::"}) {
      CAPTURE(std::string(destination));
      EXPECT(world.send(kAlice, udp_packet(ends("fd09::5", 1, destination, 2))).error() ==
             NatDrop::kDestination);
    }
  }

  TEST_CASE("without an address of the family nothing goes out or in") {
    World world;
    world.nat.reset({.v4 = ip(kTunnel4), .v6 = std::nullopt});
    EXPECT(world.send(kAlice, udp_packet(kFamilies[1].client)).error() == NatDrop::kNoAddress);
    EXPECT(world.receive(udp_packet(ends("2001:db8::7", 1, kTunnel6, 2))).error() ==
           NatDrop::kNotOurs);
    world.nat.reset({});
    EXPECT(world.send(kAlice, udp_packet(kFamilies[0].client)).error() == NatDrop::kNoAddress);
    EXPECT(world.receive(udp_packet(ends("198.51.100.7", 1, kTunnel4, 2))).error() ==
           NatDrop::kNotOurs);
  }

  TEST_CASE(
      "a redirected flow goes elsewhere, and its answers come from where the client sent to") {
    World world;
    const Endpoint resolver{ip("10.8.0.1"), 53};
    const auto query = ends("10.137.0.5", 5000, "10.139.1.1", 53);
    for (int i = 0; i < 3; ++i) {
      const auto sent = World::ends_of(world.send(kAlice, udp_packet(query), resolver).value());
      EXPECT(sent.destination == resolver.address);
      EXPECT(sent.destination_port == 53);
      EXPECT(world.receive(udp_packet(sent.reversed()))->bytes == udp_packet(query.reversed()));
    }
    EXPECT(world.nat.flow_count() == 1);
  }

  TEST_CASE("one socket may ask both names of the resolver, and the resolver itself") {
    World world;
    const Endpoint resolver{ip("10.8.0.1"), 53};
    std::set<std::uint16_t> ports;
    for (const char* shown : {"10.139.1.1", "10.139.1.2", "10.8.0.1"}) {
      const auto query = ends("10.137.0.5", 5000, shown, 53);
      const auto sent = World::ends_of(world.send(kAlice, udp_packet(query), resolver).value());
      EXPECT(ports.insert(sent.source_port).second);
      EXPECT(world.receive(udp_packet(sent.reversed()))->bytes == udp_packet(query.reversed()));
    }
    world.nat.check_consistency();
  }

  TEST_CASE("TCP and pings are redirected as well, but not into the other family") {
    World world;
    const auto query = ends("10.137.0.5", 5000, "10.139.1.1", 53);
    const Endpoint resolver{ip("10.8.0.1"), 53};
    const auto syn =
        World::ends_of(world.send(kAlice, tcp_packet(query, {.flags = kSyn}), resolver).value());
    EXPECT(syn.destination == resolver.address);
    EXPECT(world.receive(tcp_packet(syn.reversed(), {.flags = kSynAck}))->bytes ==
           tcp_packet(query.reversed(), {.flags = kSynAck}));
    const ByteVector ping = world.send(kAlice, echo_packet(query, true), resolver).value();
    auto back = query.reversed();
    back.source_port = query.source_port;
    EXPECT(world.receive(echo_reply_to(ping))->bytes ==
           echo_packet(back, false, counting_bytes(3)));
    EXPECT(world.send(kAlice, udp_packet(query), Endpoint{ip("2001:db8::1"), 53}).error() ==
           NatDrop::kNoAddress);
  }

  TEST_CASE("flows end when nothing was sent for their time") {
    World world;
    const auto udp = kFamilies[0].client;
    const auto outside = World::ends_of(world.send(kAlice, udp_packet(udp)).value());
    world.now += seconds(29);
    EXPECT(world.receive(udp_packet(outside.reversed())).has_value());
    world.now += seconds(179);
    EXPECT(world.receive(udp_packet(outside.reversed())).has_value());
    world.now += seconds(179);
    EXPECT(world.send(kAlice, udp_packet(udp)).has_value());
    world.now += seconds(180);
    // Even before anybody called expire().
    EXPECT(world.receive(udp_packet(outside.reversed())).error() == NatDrop::kUnsolicited);
    EXPECT(world.nat.flow_count() == 0);
    EXPECT_FALSE(world.nat.next_deadline().has_value());
  }

  TEST_CASE("an idle connection lives for two hours, a closed one for minutes") {
    for (const bool closed : {false, true}) {
      World world;
      const auto client = kFamilies[0].client;
      const auto back =
          World::ends_of(world.send(kAlice, tcp_packet(client, {.flags = kSyn})).value())
              .reversed();
      REQUIRE(world.receive(tcp_packet(back, {.flags = kSynAck})).has_value());
      REQUIRE(world.send(kAlice, tcp_packet(client, {.flags = kAck})).has_value());
      if (closed) {
        REQUIRE(world.send(kAlice, tcp_packet(client, {.flags = kFinAck})).has_value());
        REQUIRE(world.receive(tcp_packet(back, {.flags = kFinAck})).has_value());
      }
      const base::Instant end = world.now + (closed ? minutes(4) : minutes(124));
      int wake_ups = 0;
      while (const auto next = world.nat.next_deadline()) {
        REQUIRE(*next < end + seconds(2));
        world.nat.expire(*next);
        ++wake_ups;
      }
      EXPECT(wake_ups <= 4);
    }
  }

  TEST_CASE("a connection that is closed after a long time does not keep its long deadline") {
    World world;
    const auto client = kFamilies[0].client;
    const auto back =
        World::ends_of(world.send(kAlice, tcp_packet(client, {.flags = kSyn})).value()).reversed();
    REQUIRE(world.receive(tcp_packet(back, {.flags = kSynAck})).has_value());
    REQUIRE(world.send(kAlice, tcp_packet(client, {.flags = kAck})).has_value());
    world.now += minutes(10);
    world.nat.expire(world.now);
    REQUIRE(world.receive(tcp_packet(back, {.flags = kRst})).has_value());
    world.now += minutes(4) + seconds(1);
    world.nat.expire(world.now);
    EXPECT(world.nat.flow_count() == 0);
  }

  TEST_CASE("removing a client ends its flows and nobody else's") {
    World world;
    const auto alice = World::ends_of(world.send(kAlice, udp_packet(kFamilies[0].client)).value());
    const auto bob = World::ends_of(world.send(kBob, udp_packet(kFamilies[0].client)).value());
    world.nat.remove_client(kAlice);
    EXPECT(world.receive(udp_packet(alice.reversed())).error() == NatDrop::kUnsolicited);
    EXPECT(world.receive(udp_packet(bob.reversed()))->client == kBob);
    EXPECT(world.send(kAlice, udp_packet(kFamilies[0].client)).error() == NatDrop::kUnknownClient);
    EXPECT_FALSE(world.nat.statistics(kAlice).has_value());
    world.nat.check_consistency();
    EXPECT(world.nat.add_client(kAlice));
    EXPECT_FALSE(world.nat.add_client(kAlice));
    EXPECT(world.nat.statistics(kAlice)->flows == 0);
  }

  TEST_CASE("a new tunnel address forgets all flows") {
    World world;
    const auto before = World::ends_of(world.send(kAlice, udp_packet(kFamilies[0].client)).value());
    ByteVector syn = tcp_packet(kFamilies[0].client, {.flags = kSyn});
    REQUIRE(world.send(kAlice, syn).has_value());
    world.nat.reset({.v4 = ip("10.8.0.77"), .v6 = std::nullopt});
    EXPECT(world.nat.flow_count() == 0);
    EXPECT_FALSE(world.nat.next_deadline().has_value());
    EXPECT(world.receive(udp_packet(before.reversed())).error() == NatDrop::kNotOurs);
    // The client learns at once that its connection is gone.
    EXPECT(world.send(kAlice, tcp_packet(kFamilies[0].client, {.flags = kAck})).error() ==
           NatDrop::kNoConnection);
    const auto after = World::ends_of(world.send(kAlice, udp_packet(kFamilies[0].client)).value());
    EXPECT(after.source == ip("10.8.0.77"));
    world.nat.check_consistency();
  }

  TEST_CASE("flows that the rules no longer allow are revoked") {
    World world;
    REQUIRE(world.send(kAlice, udp_packet(kFamilies[0].client)).has_value());
    REQUIRE(world.send(kAlice, udp_packet(kFamilies[0].other_remote)).has_value());
    REQUIRE(world.send(kBob, udp_packet(kFamilies[0].client)).has_value());
    const std::size_t revoked = world.nat.revoke_if([](const Flow& flow) {
      return flow.client == kAlice && flow.shown.address == ip("198.51.100.7");
    });
    EXPECT(revoked == 1);
    std::size_t left = 0;
    world.nat.for_each_flow([&](const Flow& flow) {
      ++left;
      EXPECT((flow.client == kBob || flow.shown.address == ip("203.0.113.9")));
    });
    EXPECT(left == 2);
    world.nat.check_consistency();
  }

  TEST_CASE("a hint saves the look-up and never misleads") {
    World world;
    ByteVector first = udp_packet(kFamilies[0].client);
    Packet packet = parse_packet(first).value();
    const FlowRef hint = world.nat.open(kAlice, packet, world.now).value();
    for (const FlowRef given : {hint, FlowRef{}, FlowRef{.id = 99999, .generation = 3}}) {
      ByteVector again = udp_packet(kFamilies[0].client);
      Packet same = parse_packet(again).value();
      EXPECT(world.nat.outbound(kAlice, same, world.now, given) == hint);
      EXPECT(again == first);
      ByteVector other = udp_packet(kFamilies[0].other_remote);
      Packet different = parse_packet(other).value();
      EXPECT(world.nat.outbound(kAlice, different, world.now, given).error() == NatDrop::kNewFlow);
      ByteVector bobs = udp_packet(kFamilies[0].client);
      Packet of_bob = parse_packet(bobs).value();
      EXPECT(world.nat.outbound(kBob, of_bob, world.now, given).error() == NatDrop::kNewFlow);
    }
    const auto back = World::ends_of(first).reversed();
    for (const std::uint16_t other_port : testing::Words{442, 443}) {
      ByteVector answer =
          testing::udp_packet({back.source, back.destination, other_port, back.destination_port});
      Packet from_outside = parse_packet(answer).value();
      EXPECT(world.nat.inbound(from_outside, world.now, hint).has_value() == (other_port == 443));
    }
    EXPECT(world.nat.flow(hint)->client == kAlice);
    world.nat.remove_client(kAlice);
    EXPECT(world.nat.flow(hint) == nullptr);
  }

  TEST_CASE("outside ports differ from run to run and do not count up") {
    std::set<std::uint16_t> first_ports;
    int neighbours = 0;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
      World world({}, seed);
      std::uint16_t last = 0;
      for (std::uint16_t port = 1; port <= 20; ++port) {
        const auto each = ends("10.137.0.5", port, "198.51.100.7", 443);
        const auto bytes = port % 2 == 0 ? udp_packet(each) : tcp_packet(each, {.flags = kSyn});
        const std::uint16_t outside = World::ends_of(world.send(kAlice, bytes).value()).source_port;
        neighbours += std::abs(outside - last) < 8;
        if (port == 1) first_ports.insert(outside);
        last = outside;
      }
    }
    EXPECT(first_ports.size() > 45);
    EXPECT(neighbours < 10);
  }
}

}  // namespace
}  // namespace sallyport::net
