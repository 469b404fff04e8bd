// The qubes' firewall rules in the gateway: judged when a flow opens, and again when rules or the
// addresses of their names change.
#include <chrono>

#include "base/qubes_ranges.h"
#include "dns_reply.h"
#include "gateway_world.h"
#include "packet_builder.h"
#include "test.h"

namespace sallyport::sim {
namespace {

using gateway::Refusal;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ByteVector;
using testing::ends;
using testing::ip;
using Texts = std::vector<std::string>;

constexpr const char* kClient = "10.137.0.10";
constexpr const char* kClient6 = "fd09:24ef:4179::a89:a";
constexpr const char* kRemote = "198.51.100.7";
constexpr const char* kResolver = "198.51.100.53";
constexpr const char* kPush =
    "PUSH_REPLY,topology subnet,ifconfig 10.8.0.2 255.255.255.0,peer-id 7,cipher AES-256-GCM,"
    "dhcp-option DNS 198.51.100.53,ifconfig-ipv6 fd00:8::2/64 fd00:8::1";

struct Ruled {
  GatewayWorld world;
  net::ClientId client;

  Ruled() : world(ScriptedServer::Script::pushing(kPush), 1, GatewayWorld::Rules::kEnforced) {
    client = world.add_client(kClient, kClient6);
    world.use_profile();
    REQUIRE(world.connect());
  }
  void set(const Texts& rules, const char* source = kClient) {
    const bool v4 = ip(source).is_v4();
    auto set = net::RuleSet::parse("drop", rules, v4 ? net::Family::kIpv4 : net::Family::kIpv6);
    REQUIRE(set);
    world.gateway().router().set_rules(world.now(), ip(source), *std::move(set));
    world.settle();
  }
  // What comes out of the tunnel for one packet of the client's.
  std::size_t through(const ByteVector& packet) {
    std::size_t count = 0;
    for (const ByteVector& out : world.through(client, packet))
      count += base::text_of(out).contains(kPayload);
    return count;
  }
  std::size_t udp(const char* to, std::uint16_t port, std::uint16_t from = 4000) {
    return through(testing::udp_packet(ends(kClient, from, to, port), base::bytes_of(kPayload)));
  }
  std::size_t tcp(const char* to, std::uint16_t port, std::uint8_t flags = 0x02) {
    return through(testing::tcp_packet(ends(kClient, 5000, to, port), {.flags = flags},
                                       base::bytes_of(kPayload)));
  }
  std::size_t ping(const char* to) {
    return through(testing::echo_packet(ends(kClient, 7, to, 0), true, base::bytes_of(kPayload)));
  }
  // Look-ups that have reached the server, each answered with `reply`.
  std::vector<std::string> answer_lookups(const testing::DnsReply& reply) {
    std::vector<std::string> names;
    world.run_for(milliseconds(100));
    for (const std::string& text : std::exchange(world.server().received, {})) {
      const ByteVector packet(text.begin(), text.end());
      if (packet.size() < 40 || packet[9] != 17 || packet[23] != 53) continue;
      EXPECT(testing::checksums_are_right(packet));
      const auto port = static_cast<std::uint16_t>(packet[20] << 8 | packet[21]);
      const base::Bytes query = base::Bytes(packet).subspan(28);
      names.push_back(testing::dns_name_asked(query));
      world.send_from_tunnel(testing::udp_packet(ends(kResolver, 53, "10.8.0.2", port),
                                                 testing::dns_reply(query, reply)));
    }
    world.run_for(milliseconds(100));
    return names;
  }
  std::uint64_t refused() { return world.gateway().router().refused()[Refusal::kByRule]; }

  static constexpr std::string_view kPayload = "payload-of-the-client";
};

TEST_SUITE("sim/rules") {
  TEST_CASE("before any rule was written nothing leaves, and the client is told at once") {
    Ruled up;
    EXPECT(up.udp(kRemote, 123) == 0);
    EXPECT(up.tcp(kRemote, 80) == 0);
    EXPECT(up.ping(kRemote) == 0);
    EXPECT(up.udp("10.139.1.1", 53) == 0);
    EXPECT(up.refused() == 4);
    const auto answers = up.world.delivered(up.client);
    REQUIRE(answers.size() == 4);
    for (const ByteVector& answer : answers) {
      // ICMP, destination unreachable, communication administratively prohibited.
      EXPECT(answer[9] == 1);
      EXPECT(answer[20] == 3);
      EXPECT(answer[21] == 13);
    }
  }

  TEST_CASE("the rules of one address family say nothing about the other") {
    Ruled up;
    up.set({"action=accept"});
    EXPECT(up.udp(kRemote, 123) == 1);
    const auto six = testing::udp_packet(ends(kClient6, 4000, "2001:db8::7", 123),
                                         base::bytes_of(Ruled::kPayload));
    EXPECT(up.through(six) == 0);
    up.set({"action=accept proto=udp dst6=2001:db8::/32"}, kClient6);
    EXPECT(up.through(six) == 1);
  }

  TEST_CASE("a rule set is for its source and no other client") {
    Ruled up;
    up.set({"action=accept"}, "10.137.0.11");
    EXPECT(up.udp(kRemote, 123) == 0);
  }

  TEST_CASE("DNS needs its rule, and that rule lets nothing else through") {
    Ruled up;
    up.set({"action=accept specialtarget=dns"});
    EXPECT(up.udp("10.139.1.1", 53) == 1);
    EXPECT(up.udp("10.139.1.2", 53, 4001) == 1);
    EXPECT(up.udp(kResolver, 53, 4002) == 0);
    EXPECT(up.udp(kRemote, 123) == 0);
    up.set({"action=drop specialtarget=dns", "action=accept"});
    EXPECT(up.udp("10.139.1.1", 53, 4003) == 0);
    EXPECT(up.udp(kRemote, 123) == 1);
  }

  TEST_CASE("new rules hold for open flows too") {
    Ruled up;
    up.set({"action=accept"});
    EXPECT(up.udp(kRemote, 123) == 1);
    EXPECT(up.tcp(kRemote, 80) == 1);
    EXPECT(up.tcp(kRemote, 443) == 1);
    up.set({"action=accept proto=tcp dstports=80-80"});
    EXPECT(up.world.gateway().router().flow_count() == 1);
    up.world.delivered(up.client);
    EXPECT(up.udp(kRemote, 123) == 0);
    EXPECT(up.tcp(kRemote, 80, 0x10) == 1);
    // In mid-stream: the reset that ends it.
    EXPECT(up.tcp(kRemote, 443, 0x10) == 0);
    const auto answers = up.world.delivered(up.client);
    REQUIRE(answers.size() == 2);
    EXPECT(answers[1][9] == 6);
    EXPECT((answers[1][33] & 0x04) != 0);
    EXPECT(up.refused() == 1);
  }

  TEST_CASE("names in rules are looked up through the tunnel, by the tunnel's resolver") {
    Ruled up;
    up.set({"action=accept dsthost=www.example.com proto=tcp dstports=443-443"});
    EXPECT(up.tcp(kRemote, 443) == 0);
    EXPECT(up.answer_lookups({{ip(kRemote), ip("198.51.100.8")}}) == Texts{"www.example.com"});
    EXPECT(up.tcp(kRemote, 443) == 1);
    EXPECT(up.tcp("198.51.100.8", 443) == 1);
    EXPECT(up.tcp("198.51.100.9", 443) == 0);
    EXPECT_FALSE(up.world.leaked);
  }

  TEST_CASE("a name is not looked up while there is no tunnel, and is when it comes back") {
    Ruled up;
    up.world.gateway().block(up.world.now(), "test");
    up.world.settle();
    const std::uint64_t sealed = up.world.sealed_packets;
    up.set({"action=accept dsthost=www.example.com"});
    up.world.run_for(minutes(1));
    EXPECT(up.world.sealed_packets == sealed);
    up.world.use_profile();
    REQUIRE(up.world.connect());
    EXPECT(up.answer_lookups({{ip(kRemote)}}) == Texts{"www.example.com"});
    EXPECT(up.udp(kRemote, 123) == 1);
  }

  TEST_CASE("a name in a drop rule blocks until it is known, and then only its host") {
    Ruled up;
    up.set({"action=drop dsthost=bad.example", "action=accept"});
    EXPECT(up.udp(kRemote, 123) == 0);
    up.answer_lookups({{ip("198.51.100.66")}});
    EXPECT(up.udp(kRemote, 123) == 1);
    EXPECT(up.udp("198.51.100.66", 123) == 0);
  }

  TEST_CASE("a host that moves is dropped when its old address has not been heard of for long") {
    Ruled up;
    up.set({"action=accept dsthost=a.example"});
    up.answer_lookups({{ip(kRemote)}, 60});
    EXPECT(up.tcp(kRemote, 80) == 1);
    for (int minute = 0; minute < 62; ++minute) {
      up.world.run_for(seconds(59));
      up.answer_lookups({{ip("198.51.100.9")}, 60});
    }
    EXPECT(up.tcp(kRemote, 80, 0x10) == 0);
    EXPECT(up.tcp("198.51.100.9", 80) == 1);
  }

  TEST_CASE("an answer to no look-up, and one from elsewhere, changes nothing") {
    Ruled up;
    up.set({"action=accept dsthost=a.example"});
    up.world.run_for(milliseconds(100));
    const ByteVector query(up.world.server().received.at(0).begin(),
                           up.world.server().received.at(0).end());
    const auto port = static_cast<std::uint16_t>(query[20] << 8 | query[21]);
    const auto reply = testing::dns_reply(base::Bytes(query).subspan(28), {{ip(kRemote)}});
    up.world.send_from_tunnel(
        testing::udp_packet(ends("198.51.100.99", 53, "10.8.0.2", port), reply));
    auto other = reply;
    other[0] ^= 1;
    up.world.send_from_tunnel(testing::udp_packet(ends(kResolver, 53, "10.8.0.2", port), other));
    EXPECT(up.udp(kRemote, 123) == 0);
    up.world.send_from_tunnel(testing::udp_packet(ends(kResolver, 53, "10.8.0.2", port), reply));
    EXPECT(up.udp(kRemote, 123) == 1);
  }
}

}  // namespace
}  // namespace sallyport::sim
