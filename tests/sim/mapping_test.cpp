// What dom0 says of clients beside their rules: that one has another address on its link than the
// one it is known by (net.fake-ip), and who else is behind the gateway.
#include <chrono>

#include "base/byte_reader.h"
#include "gateway_world.h"
#include "packet_builder.h"
#include "test.h"

namespace sallyport::sim {
namespace {

using gateway::InsideClient;
using gateway::Refusal;
using std::chrono::milliseconds;
using testing::ByteVector;
using testing::ends;
using testing::ip;

constexpr const char* kKnown = "10.137.0.10";
constexpr const char* kKnown6 = "fd09:24ef:4179::a89:a";
constexpr const char* kVisible = "192.168.1.128";
constexpr const char* kOther = "10.137.0.11";
constexpr const char* kRemote = "198.51.100.7";
constexpr const char* kTunnel = "10.8.0.2";
constexpr const char* kPush =
    "PUSH_REPLY,topology subnet,ifconfig 10.8.0.2 255.255.255.0,peer-id 7,cipher AES-256-GCM,"
    "ifconfig-ipv6 fd00:8::2/64 fd00:8::1";

struct Mapped {
  GatewayWorld world;
  net::ClientId client;
  net::ClientId other;

  explicit Mapped(GatewayWorld::Rules rules = GatewayWorld::Rules::kNone)
      : world(ScriptedServer::Script::pushing(kPush), 1, rules) {
    client = world.add_client(kKnown, kKnown6);
    other = world.add_client(kOther);
    world.use_profile();
    REQUIRE(world.connect());
  }
  gateway::Router& router() { return world.gateway().router(); }
  void map(std::optional<base::IpAddress> visible) {
    router().set_mappings({{ip(kKnown), InsideClient::Mapping{visible, {}}}});
  }
  std::vector<ByteVector> through(net::ClientId from, const char* source,
                                  const char* destination = kRemote) {
    return world.through(from, testing::udp_packet(ends(source, 4000, destination, 123),
                                                   base::bytes_of(GatewayWorld::kMarker)));
  }
  // Where the answer to what came through goes.
  std::vector<ByteVector> answered(net::ClientId to, const ByteVector& packet) {
    const auto port = static_cast<std::uint16_t>(packet[20] << 8 | packet[21]);
    world.delivered(to);
    world.send_from_tunnel(testing::udp_packet(ends(kRemote, 123, kTunnel, port)));
    return world.delivered(to);
  }
  void allow(const char* source) {
    const std::vector<std::string> rules{"action=accept"};
    auto set = net::RuleSet::parse("drop", rules, net::Family::kIpv4);
    REQUIRE(set);
    router().set_rules(world.now(), ip(source), *std::move(set));
  }
};

base::IpAddress destination_of(const ByteVector& packet) {
  return base::IpAddress::v4(base::ByteReader(base::Bytes(packet).subspan(16)).u32().value());
}

TEST_SUITE("sim/mapping") {
  TEST_CASE("a mapped client sends and is answered by its visible address, and by no other") {
    Mapped mapped;
    mapped.map(ip(kVisible));
    const auto out = mapped.through(mapped.client, kVisible);
    REQUIRE(out.size() == 1);
    const auto in = mapped.answered(mapped.client, out[0]);
    REQUIRE(in.size() == 1);
    EXPECT(destination_of(in[0]) == ip(kVisible));
    EXPECT(mapped.through(mapped.client, kKnown).empty());
    EXPECT(mapped.through(mapped.client, kKnown6, "2001:db8::7").empty());
    EXPECT(mapped.router().refused()[Refusal::kSpoofedAddress] == 2);
  }

  TEST_CASE("a client that attaches after its mapping was said is mapped") {
    Mapped mapped;
    mapped.map(ip(kVisible));
    const auto again = mapped.world.add_client(kKnown);
    EXPECT(mapped.through(again, kVisible).size() == 1);
  }

  TEST_CASE("the rules of a mapped client are those of the address it is known by") {
    Mapped mapped(GatewayWorld::Rules::kEnforced);
    mapped.map(ip(kVisible));
    mapped.allow(kVisible);
    EXPECT(mapped.through(mapped.client, kVisible).empty());
    mapped.allow(kKnown);
    EXPECT(mapped.through(mapped.client, kVisible).size() == 1);
    // And when they are judged again.
    mapped.router().set_rules(mapped.world.now(), ip(kKnown), net::RuleSet());
    EXPECT(mapped.router().flow_count(mapped.client) == 0);
  }

  TEST_CASE("a mapped client is told of errors by its visible gateway, others by the real one") {
    Mapped mapped;
    mapped.router().set_own_addresses(ip("10.137.0.1"), {});
    const auto told_by = [&](net::ClientId client, const char* source) {
      mapped.world.delivered(client);
      EXPECT(mapped.world
                 .through(client,
                          testing::udp_packet(ends(source, 4000, kRemote, 33434), {}, {.ttl = 1}))
                 .empty());
      const auto told = mapped.world.delivered(client);
      REQUIRE(told.size() == 1);
      return base::IpAddress::v4(base::ByteReader(base::Bytes(told[0]).subspan(12)).u32().value());
    };
    mapped.router().set_mappings(
        {{ip(kKnown), InsideClient::Mapping{ip(kVisible), ip("192.168.1.1")}}});
    EXPECT(told_by(mapped.client, kVisible) == ip("192.168.1.1"));
    EXPECT(told_by(mapped.other, kOther) == ip("10.137.0.1"));
    mapped.map(ip(kVisible));
    EXPECT(told_by(mapped.client, kVisible) == ip("10.139.1.1"));
  }

  TEST_CASE("what is no address leaves a mapped client without any") {
    Mapped mapped;
    mapped.map(std::nullopt);
    EXPECT(mapped.through(mapped.client, kKnown).empty());
    EXPECT(mapped.through(mapped.client, "0.0.0.0").empty());
    EXPECT(mapped.through(mapped.other, kOther).size() == 1);
  }

  TEST_CASE("a mapping that changes ends the client's flows, and those of nobody else") {
    Mapped mapped;
    REQUIRE(mapped.through(mapped.client, kKnown).size() == 1);
    REQUIRE(mapped.through(mapped.other, kOther).size() == 1);
    mapped.map(ip(kVisible));
    EXPECT(mapped.router().flow_count(mapped.client) == 0);
    EXPECT(mapped.router().flow_count(mapped.other) == 1);
    REQUIRE(mapped.through(mapped.client, kVisible).size() == 1);
    mapped.map(ip(kVisible));
    EXPECT(mapped.router().flow_count(mapped.client) == 1);
  }

  TEST_CASE("another client's visible address is its own affair; what it is known by is internal") {
    Mapped mapped;
    mapped.map(ip(kVisible));
    EXPECT(mapped.through(mapped.other, kOther, kVisible).size() == 1);
    EXPECT(mapped.through(mapped.other, kOther, kKnown).empty());
    EXPECT(mapped.router().refused()[Refusal::kInternalDestination] == 1);
  }

  TEST_CASE("a qube that could be behind the gateway is not looked for in the tunnel") {
    Mapped mapped;
    EXPECT(mapped.through(mapped.other, kOther, "192.0.2.77").size() == 1);
    mapped.router().set_connected_ips({ip("192.0.2.99"), ip("192.0.2.77"), ip(kOther)});
    EXPECT(mapped.through(mapped.other, kOther, "192.0.2.77").empty());
    EXPECT(mapped.through(mapped.other, kOther, "192.0.2.78").size() == 1);
  }
}

}  // namespace
}  // namespace sallyport::sim
