// What the router does with clients' packets once the tunnel is up: who may send what, and what
// becomes of it.
#include <algorithm>
#include <chrono>

#include "gateway_world.h"
#include "net/arp.h"
#include "net/ethernet.h"
#include "packet_builder.h"
#include "test.h"

namespace sallyport::sim {
namespace {

using namespace openvpn;
using gateway::Refusal;
using gateway::State;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ByteVector;
using testing::ends;

constexpr const char* kClient = "10.137.0.10";
constexpr const char* kClient6 = "fd09:24ef:4179::a89:a";
constexpr const char* kRemote = "198.51.100.7";
constexpr const char* kRemote6 = "2001:db8::7";
constexpr const char* kTunnel = "10.8.0.2";
constexpr net::MacAddress kMac(net::MacAddress::Octets{0x00, 0x16, 0x3e, 0x5e, 0x6c, 0x00});

constexpr const char* kPush =
    "PUSH_REPLY,topology subnet,ifconfig 10.8.0.2 255.255.255.0,peer-id 7,cipher "
    "AES-256-GCM,tun-mtu 1500,"
    "dhcp-option DNS 198.51.100.53,dhcp-option DNS 198.51.100.54,ifconfig-ipv6 fd00:8::2/64 "
    "fd00:8::1";

struct Up {
  GatewayWorld world;
  net::ClientId client;

  explicit Up(const char* push = kPush) : world(ScriptedServer::Script::pushing(push)) {
    client = world.add_client(kClient, kClient6);
    world.use_profile();
    REQUIRE(world.connect());
  }
  // Sends, and gives what came out of the tunnel at the server.
  std::vector<ByteVector> through(const ByteVector& packet, const net::Offload& offload = {}) {
    return world.through(client, packet, offload);
  }
  std::vector<ByteVector> back(const ByteVector& packet) {
    world.delivered(client);
    world.send_from_tunnel(packet);
    return world.delivered(client);
  }
  std::uint64_t refused(Refusal reason) { return world.gateway().router().refused()[reason]; }
};

std::uint16_t word(const ByteVector& bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}
std::string address4(const ByteVector& packet, std::size_t at) {
  return base::IpAddress::v4(std::uint32_t{word(packet, at)} << 16 | word(packet, at + 2))
      .to_string();
}

// Bytes `from` to `to` behind the header.
ByteVector fragment_of(const ByteVector& whole, std::size_t from, std::size_t to, bool more) {
  ByteVector packet(whole.begin(), whole.begin() + 20);
  packet.insert(packet.end(), whole.begin() + 20 + static_cast<std::ptrdiff_t>(from),
                whole.begin() + 20 + static_cast<std::ptrdiff_t>(to));
  packet[2] = static_cast<std::uint8_t>(packet.size() >> 8);
  packet[3] = static_cast<std::uint8_t>(packet.size());
  packet[6] = static_cast<std::uint8_t>((more ? 0x20 : 0) | from / 8 >> 8);
  packet[7] = static_cast<std::uint8_t>(from / 8);
  return testing::with_new_checksums(packet);
}

TEST_SUITE("sim/router") {
  TEST_CASE(
      "a client's packet leaves with the tunnel's address, one hop older, and its answer finds "
      "back") {
    Up up;
    const auto out = up.through(
        testing::udp_packet(ends(kClient, 4000, kRemote, 123), testing::counting_bytes(20)));
    REQUIRE(out.size() == 1);
    EXPECT(address4(out[0], 12) == kTunnel);
    EXPECT(address4(out[0], 16) == kRemote);
    EXPECT(out[0][8] == 63);
    EXPECT(testing::checksums_are_right(out[0]));
    const std::uint16_t port = word(out[0], 20);
    const auto in =
        up.back(testing::udp_packet(ends(kRemote, 123, kTunnel, port), testing::counting_bytes(9)));
    REQUIRE(in.size() == 1);
    EXPECT(address4(in[0], 16) == kClient);
    EXPECT(word(in[0], 22) == 4000);
    EXPECT(testing::checksums_are_right(in[0]));
  }

  TEST_CASE("IPv6 goes through where the tunnel has it, and is refused at once where it has not") {
    Up with;
    const auto out = with.through(
        testing::udp_packet(ends(kClient6, 4000, kRemote6, 123), testing::counting_bytes(20)));
    REQUIRE(out.size() == 1);
    EXPECT(testing::checksums_are_right(out[0]));
    Up without(
        "PUSH_REPLY,topology subnet,ifconfig 10.8.0.2 255.255.255.0,peer-id 7,cipher AES-256-GCM");
    EXPECT(without.through(testing::udp_packet(ends(kClient6, 4000, kRemote6, 123))).empty());
    const auto answers = without.world.delivered(without.client);
    REQUIRE(answers.size() == 1);
    EXPECT(answers[0][40] == 1);
    EXPECT(without.refused(Refusal::kNoIpv6InTunnel) == 1);
  }

  TEST_CASE("forged addresses and hardware addresses are dropped and counted") {
    Up up;
    EXPECT(up.through(testing::udp_packet(ends("10.137.0.11", 4000, kRemote, 123))).empty());
    EXPECT(up.through(testing::udp_packet(ends("198.51.100.1", 4000, kRemote, 123))).empty());
    EXPECT(up.through(testing::udp_packet(ends("fd09:24ef:4179::a89:b", 4000, kRemote6, 123)))
               .empty());
    EXPECT(up.refused(Refusal::kSpoofedAddress) == 3);
    ByteVector frame(14);
    net::EthernetHeader{gateway::kGatewayMac,
                        net::MacAddress(net::MacAddress::Octets{2, 0, 0, 0, 0, 9}),
                        net::EtherType::kIpv4}
        .write(frame);
    const auto packet = testing::udp_packet(ends(kClient, 4000, kRemote, 123));
    frame.insert(frame.end(), packet.begin(), packet.end());
    up.world.gateway().router().handle_inside(up.world.now(), up.client, frame, {});
    EXPECT(up.refused(Refusal::kSpoofedMac) == 1);
    EXPECT(up.world.delivered(up.client).empty());
  }

  TEST_CASE("clients do not reach each other, the gateway, or Qubes' own ranges") {
    Up up;
    up.world.add_client("10.137.0.11");
    up.world.gateway().router().set_own_addresses(testing::ip("10.137.0.1"), {});
    for (const char* destination : {"10.137.0.11", "10.137.0.1", "10.137.9.9", "10.138.1.1",
                                    "10.139.1.1", "fd09:24ef:4179::a89:b"}) {
      const bool v6 = std::string_view(destination).find(':') != std::string_view::npos;
      EXPECT(up.through(testing::udp_packet(ends(v6 ? kClient6 : kClient, 4000, destination, 8080)))
                 .empty());
      const auto answers = up.world.delivered(up.client);
      REQUIRE(answers.size() == 1);
      EXPECT(answers[0][v6 ? 41 : 21] == (v6 ? 1 : 13));
    }
    EXPECT(up.refused(Refusal::kInternalDestination) == 6);
  }

  TEST_CASE(
      "DNS to the virtual resolvers goes to the pushed ones, and the answer comes from whom was "
      "asked") {
    Up up;
    up.world.gateway().router().set_own_addresses(testing::ip("10.137.0.1"), {});
    struct Row {
      const char* asked;
      const char* real;
    };
    for (const Row& row : {Row{"10.139.1.1", "198.51.100.53"}, Row{"10.139.1.2", "198.51.100.54"},
                           Row{"10.137.0.1", "198.51.100.53"}}) {
      const auto out = up.through(
          testing::udp_packet(ends(kClient, 4000, row.asked, 53), testing::counting_bytes(30)));
      REQUIRE(out.size() == 1);
      EXPECT(address4(out[0], 16) == row.real);
      const auto in = up.back(testing::udp_packet(ends(row.real, 53, kTunnel, word(out[0], 20)),
                                                  testing::counting_bytes(60)));
      REQUIRE(in.size() == 1);
      EXPECT(address4(in[0], 12) == row.asked);
      EXPECT(testing::checksums_are_right(in[0]));
    }
    const auto tcp =
        up.through(testing::tcp_packet(ends(kClient, 4001, "10.139.1.1", 53), {.flags = 0x02}));
    REQUIRE(tcp.size() == 1);
    EXPECT(address4(tcp[0], 16) == "198.51.100.53");
  }

  TEST_CASE(
      "what has a name among Qubes' own addresses is answered here, and not asked for in the "
      "tunnel") {
    Up up;
    const std::string name(
        "\x02"
        "10"
        "\x01"
        "0"
        "\x03"
        "137"
        "\x02"
        "10"
        "\x07"
        "in-addr"
        "\x04"
        "arpa");
    ByteVector query{0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
    query.insert(query.end(), name.begin(), name.end());
    query.insert(query.end(), {0, 0, 12, 0, 1});
    const auto asked = testing::udp_packet(ends(kClient, 4000, "10.139.1.1", 53), query);
    EXPECT(up.through(asked).empty());
    const auto answers = up.world.delivered(up.client);
    REQUIRE(answers.size() == 1);
    EXPECT(address4(answers[0], 12) == "10.139.1.1");
    EXPECT(address4(answers[0], 16) == kClient);
    EXPECT(word(answers[0], 20) == 53);
    EXPECT(word(answers[0], 22) == 4000);
    EXPECT(word(answers[0], 28) == 0x1234);
    EXPECT(word(answers[0], 30) == 0x8183);
    EXPECT(testing::checksums_are_right(answers[0]));
    // Other names are the tunnel's resolver's to know.
    query[18] = '2';
    EXPECT(up.through(testing::udp_packet(ends(kClient, 4000, "10.139.1.1", 53), query)).size() ==
           1);
  }

  TEST_CASE("an address that becomes a client's is cut off in the middle of a flow, in both ways") {
    Up up;
    const auto question = testing::udp_packet(ends(kClient, 4000, kRemote, 123));
    const auto out = up.through(question);
    REQUIRE(out.size() == 1);
    const auto answer = testing::udp_packet(ends(kRemote, 123, kTunnel, word(out[0], 20)));
    REQUIRE(up.back(answer).size() == 1);
    const net::ClientId other = up.world.add_client(kRemote);
    EXPECT(up.through(question).empty());
    EXPECT(up.refused(Refusal::kInternalDestination) == 1);
    EXPECT(up.back(answer).empty());
    EXPECT(up.refused(Refusal::kOutsideBogusSource) == 1);
    up.world.gateway().router().detach(other);
    EXPECT(up.through(question).size() == 1);
    EXPECT(up.back(answer).size() == 1);
    up.world.gateway().router().set_connected_ips({testing::ip(kRemote)});
    EXPECT(up.through(question).empty());
    EXPECT(up.back(answer).empty());
  }

  TEST_CASE("a resolver that does not answer loses its place") {
    Up up;
    EXPECT(address4(up.through(testing::udp_packet(ends(kClient, 4000, "10.139.1.1", 53)))[0],
                    16) == "198.51.100.53");
    up.world.run_for(seconds(3));
    EXPECT(address4(up.through(testing::udp_packet(ends(kClient, 4001, "10.139.1.1", 53)))[0],
                    16) == "198.51.100.54");
  }

  TEST_CASE("without a pushed resolver DNS is refused at once") {
    Up up(
        "PUSH_REPLY,topology subnet,ifconfig 10.8.0.2 255.255.255.0,peer-id 7,cipher AES-256-GCM");
    EXPECT(up.through(testing::udp_packet(ends(kClient, 4000, "10.139.1.1", 53))).empty());
    auto answers = up.world.delivered(up.client);
    REQUIRE(answers.size() == 1);
    EXPECT(answers[0][21] == 3);  // port unreachable
    EXPECT(up.through(testing::tcp_packet(ends(kClient, 4000, "10.139.1.1", 53), {.flags = 0x02}))
               .empty());
    answers = up.world.delivered(up.client);
    REQUIRE(answers.size() == 1);
    EXPECT((answers[0][33] & 0x04) != 0);
    EXPECT(up.refused(Refusal::kNoResolver) == 2);
  }

  TEST_CASE("a tunnel without a resolver says so, in status, to followers and once in the log") {
    Up up(
        "PUSH_REPLY,topology subnet,ifconfig 10.8.0.2 255.255.255.0,peer-id 7,cipher AES-256-GCM");
    const auto warned = [&] {
      return std::ranges::count_if(up.world.log, [](const auto& line) {
        return line.find("names no resolver") != std::string::npos;
      });
    };
    REQUIRE(up.world.gateway().status().warnings.size() == 1);
    EXPECT(up.world.gateway().status().warnings[0].find("dhcp-option DNS") != std::string::npos);
    EXPECT(warned() == 1);
    up.world.gateway().reconnect(up.world.now());
    EXPECT(up.world.gateway().status().warnings.empty());
    REQUIRE(up.world.connect());
    EXPECT(up.world.gateway().status().warnings.size() == 1);
    EXPECT(warned() == 1);
    const unsigned news = up.world.news;
    up.world.server().send_text("PUSH_UPDATE,dhcp-option DNS 10.8.0.1");
    up.world.run_for(std::chrono::seconds(1));
    EXPECT(up.world.gateway().status().warnings.empty());
    EXPECT(up.world.news == news + 1);
    Up whole;
    EXPECT(whole.world.gateway().status().warnings.empty());
  }

  TEST_CASE("where the server carries only some networks, the rest is refused at once") {
    Up up((std::string(kPush) + ",route 10.10.10.0 255.255.254.0,route-ipv6 2001:db8:7::/48")
              .c_str());
    EXPECT(up.through(testing::udp_packet(ends(kClient, 4000, "10.10.11.7", 9))).size() == 1);
    EXPECT(up.through(testing::udp_packet(ends(kClient, 4000, "10.8.0.1", 9))).size() == 1);
    EXPECT(up.through(testing::udp_packet(ends(kClient6, 4000, "2001:db8:7::1", 9))).size() == 1);
    EXPECT(up.through(testing::udp_packet(ends(kClient, 4000, "10.139.1.1", 53))).size() == 1);
    EXPECT(up.refused(Refusal::kNotServed) == 0);
    up.world.delivered(up.client);
    EXPECT(up.through(testing::udp_packet(ends(kClient, 4000, kRemote, 9))).empty());
    const auto answers = up.world.delivered(up.client);
    REQUIRE(answers.size() == 1);
    EXPECT(word(answers[0], 20) == 0x0300);  // network unreachable
    EXPECT(up.through(testing::udp_packet(ends(kClient6, 4000, kRemote6, 9))).empty());
    EXPECT(up.refused(Refusal::kNotServed) == 2);
    REQUIRE(up.world.gateway().status().warnings.size() == 1);
    EXPECT(up.world.gateway().status().warnings[0].find("only 10.10.10.0/23, ") !=
           std::string::npos);
  }

  TEST_CASE(
      "a super-packet crosses once and leaves as segments, with the handshake's MSS kept to the "
      "tunnel's") {
    Up up;
    const auto syn = up.through(testing::tcp_packet(
        ends(kClient, 4000, kRemote, 80), {.flags = 0x02, .options = {2, 4, 0x05, 0xb4}}));
    REQUIRE(syn.size() == 1);
    EXPECT(word(syn[0], 42) ==
           1400);  // 1492 - 28 outer - 24 sealing - 40 (docs/protocol.md, "Sizes")
    const auto whole =
        testing::tcp_packet(ends(kClient, 4000, kRemote, 80), {.flags = 0x18, .sequence = 1001},
                            testing::counting_bytes(10000));
    net::Offload offload;
    offload.gso = net::Gso::kTcp4;
    offload.segment_size = 1400;
    offload.needs_checksum = true;
    const auto segments = up.through(testing::with_partial_checksum(whole), offload);
    REQUIRE(segments.size() == 8);
    std::size_t payload = 0;
    for (const ByteVector& segment : segments) {
      EXPECT(testing::checksums_are_right(segment));
      payload += segment.size() - 40;
    }
    EXPECT(payload == 10000);
  }

  // What a guest can ask of a link that takes super-packets: 1,300 segments of 1,400 bytes each.
  TEST_CASE("a super-packet whose segments would be mostly headers is refused, not split") {
    Up up;
    const auto with_long_header = [](const ByteVector& packet) {
      constexpr std::size_t kHeader = 1304;
      ByteVector longer(packet.begin(), packet.begin() + 40);
      longer[6] = 60;  // destination options: PadN until it is full
      longer.insert(longer.end(), {6, kHeader / 8 - 1});
      for (std::size_t left = kHeader - 2; left > 0;) {
        const std::size_t option = std::min<std::size_t>(left, 217);
        longer.insert(longer.end(), {1, static_cast<std::uint8_t>(option - 2)});
        longer.resize(longer.size() + option - 2);
        left -= option;
      }
      longer.insert(longer.end(), packet.begin() + 40, packet.end());
      longer[4] = static_cast<std::uint8_t>((longer.size() - 40) >> 8);
      longer[5] = static_cast<std::uint8_t>(longer.size() - 40);
      return longer;
    };
    const auto ends_of = ends(kClient6, 4000, kRemote6, 80);
    REQUIRE(up.through(with_long_header(testing::tcp_packet(ends_of, {.flags = 0x02}))).size() ==
            1);
    net::Offload offload;
    offload.gso = net::Gso::kTcp6;
    offload.segment_size = 48;
    offload.needs_checksum = true;
    const auto super =
        with_long_header(testing::tcp_packet(ends_of, {}, testing::counting_bytes(60000)));
    EXPECT(up.through(super, offload).empty());
    EXPECT(up.refused(Refusal::kTooBig) == 1);
    offload.segment_size = 100;
    const auto fewer =
        with_long_header(testing::tcp_packet(ends_of, {}, testing::counting_bytes(1000)));
    EXPECT(up.through(fewer, offload).size() == 10);
  }

  TEST_CASE("segments from the tunnel are merged on their way to the client") {
    Up up;
    const auto syn =
        up.through(testing::tcp_packet(ends(kClient, 4000, kRemote, 80), {.flags = 0x02}));
    const std::uint16_t port = word(syn[0], 20);
    up.back(testing::tcp_packet(ends(kRemote, 80, kTunnel, port), {.flags = 0x12}));
    for (std::uint32_t i = 0; i < 5; ++i) {
      up.world.server().send_data(base::text_of(
          testing::tcp_packet(ends(kRemote, 80, kTunnel, port), {.sequence = 1001 + i * 1000},
                              testing::counting_bytes(1000, static_cast<std::uint8_t>(i)))));
    }
    up.world.run_for(milliseconds(60));
    std::size_t payload = 0;
    for (const ByteVector& packet : up.world.delivered(up.client)) payload += packet.size() - 40;
    EXPECT(payload == 5000);
  }

  TEST_CASE("datagrams from the tunnel are merged where the clients' links take that") {
    constexpr std::size_t kHeaders = 20 + 8;
    for (const bool wanted : {false, true}) {
      Up up;
      gateway::Router& router = up.world.gateway().router();
      router.merge_datagrams(wanted);
      const auto first = up.through(testing::udp_packet(ends(kClient, 4000, kRemote, 80)));
      const testing::Ends answer = ends(kRemote, 80, kTunnel, word(first[0], 20));
      std::vector<ByteVector> batch;
      for (std::uint16_t i = 0; i < 5; ++i)
        batch.push_back(testing::udp_packet(answer, testing::counting_bytes(1000), {.id = i}));
      for (ByteVector& packet : batch) router.handle_outside(up.world.now(), packet);
      router.outside_batch_done(up.world.now());
      EXPECT(router.from_outside().packets == 5);
      up.world.run_for(milliseconds(1));
      const auto packets = up.world.delivered(up.client);
      REQUIRE(packets.size() == (wanted ? 1 : 5));
      EXPECT(packets[0].size() == kHeaders + (wanted ? 5000 : 1000));
    }
  }

  TEST_CASE("what is too big for the tunnel is fragmented, or its sender told") {
    Up up(
        "PUSH_REPLY,topology subnet,ifconfig 10.8.0.2 255.255.255.0,peer-id 7,cipher "
        "AES-256-GCM,tun-mtu 1300");
    const auto big = [](bool dont_fragment) {
      return testing::udp_packet(ends(kClient, 4000, kRemote, 123), testing::counting_bytes(1400),
                                 {.dont_fragment = dont_fragment});
    };
    EXPECT(up.through(big(true)).empty());
    const auto answers = up.world.delivered(up.client);
    REQUIRE(answers.size() == 1);
    EXPECT(answers[0][20] == 3);
    EXPECT(answers[0][21] == 4);
    EXPECT(word(answers[0], 26) == 1300);
    const auto fragments = up.through(big(false));
    REQUIRE(fragments.size() == 2);
    EXPECT(fragments[0].size() <= 1300);
    EXPECT(word(fragments[0], 4) == word(fragments[1], 4));
  }

  TEST_CASE("segments that are too big and may be fragmented are") {
    constexpr std::size_t kLimit = 1280, kPayload = 1400;
    Up up(
        "PUSH_REPLY,topology subnet,ifconfig 10.8.0.2 255.255.255.0,peer-id 7,cipher "
        "AES-256-GCM,tun-mtu 1280");
    const net::Offload offload{
        .gso = net::Gso::kUdp, .segment_size = kPayload, .needs_checksum = true};
    const auto train = [&](bool dont_fragment) {
      return testing::with_partial_checksum(testing::udp_packet(
          ends(kClient, 4000, kRemote, 80), testing::counting_bytes(10 * kPayload),
          {.dont_fragment = dont_fragment}));
    };
    const auto pieces = up.through(train(false), offload);
    EXPECT(pieces.size() == 20);
    std::size_t payload = 0;
    for (const ByteVector& piece : pieces) {
      EXPECT(piece.size() <= kLimit);
      payload += piece.size() - 20;
    }
    EXPECT(payload == 10 * (8 + kPayload));
    EXPECT(up.through(train(true), offload).empty());
    EXPECT(up.refused(Refusal::kTooBig) == 1);
  }

  TEST_CASE("fragments from a client are put together, judged whole, and leave in fragments") {
    Up up;
    const auto whole = testing::udp_packet(ends(kClient, 4000, kRemote, 123),
                                           testing::counting_bytes(2000), {.dont_fragment = false});
    EXPECT(up.through(fragment_of(whole, 1000, 2008, false)).empty());
    const auto out = up.through(fragment_of(whole, 0, 1000, true));
    REQUIRE(out.size() == 2);
    EXPECT(address4(out[0], 12) == kTunnel);
    EXPECT(address4(out[1], 12) == kTunnel);
    EXPECT(out[0].size() + out[1].size() == 2008 + 40);
  }

  TEST_CASE("a packet in fragments to a virtual resolver goes nowhere, unless it is DNS") {
    Up up;
    const auto send = [&](std::uint16_t port) {
      const auto whole =
          testing::udp_packet(ends(kClient, 4000, "10.139.1.1", port), testing::counting_bytes(200),
                              {.id = port, .dont_fragment = false});
      EXPECT(up.through(fragment_of(whole, 0, 104, true)).empty());
      return up.through(fragment_of(whole, 104, 208, false)).size();
    };
    EXPECT(send(8080) == 0);
    EXPECT(up.refused(Refusal::kInternalDestination) == 1);
    EXPECT(send(53) == 1);
    EXPECT(up.refused(Refusal::kInternalDestination) == 1);
  }

  TEST_CASE("what came as a broadcast of the link is not forwarded, whatever its destination") {
    Up up;
    up.world.server().received.clear();
    ByteVector frame(net::EthernetHeader::kSize);
    net::EthernetHeader{net::MacAddress::broadcast(), kMac, net::EtherType::kIpv4}.write(frame);
    const auto packet = testing::udp_packet(ends(kClient, 4000, kRemote, 123));
    frame.insert(frame.end(), packet.begin(), packet.end());
    up.world.gateway().router().handle_inside(up.world.now(), up.client, frame, {});
    EXPECT(up.world.gateway().router().outside().empty());
    EXPECT(up.refused(Refusal::kGroupDestination) == 1);
  }

  TEST_CASE("a client that comes after another inherits none of its fragments") {
    Up up;
    const auto whole = testing::udp_packet(ends(kClient, 4000, kRemote, 123),
                                           testing::counting_bytes(200), {.dont_fragment = false});
    EXPECT(up.through(fragment_of(whole, 0, 104, true)).empty());
    up.world.gateway().router().detach(up.client);
    REQUIRE(up.world.add_client(kClient) == up.client);
    EXPECT(up.through(fragment_of(whole, 104, 208, false)).empty());
    EXPECT(up.through(fragment_of(whole, 0, 104, true)).size() == 1);
  }

  TEST_CASE("packets that may be fragmented get identifications of the gateway's own") {
    Up up;
    std::vector<std::uint16_t> seen;
    for (int i = 0; i < 8; ++i) {
      const auto out = up.through(testing::udp_packet(ends(kClient, 4000, kRemote, 123), {},
                                                      {.id = 0x1234, .dont_fragment = false}));
      REQUIRE(out.size() == 1);
      EXPECT(testing::checksums_are_right(out[0]));
      seen.push_back(word(out[0], 4));
    }
    std::ranges::sort(seen);
    EXPECT(std::ranges::adjacent_find(seen) == seen.end());
    const auto whole =
        up.through(testing::udp_packet(ends(kClient, 4000, kRemote, 123), {}, {.id = 0x1234}));
    REQUIRE(whole.size() == 1);
    EXPECT(word(whole[0], 4) == 0x1234);
  }

  TEST_CASE("a packet at the end of its life is answered, for traceroute") {
    Up up;
    EXPECT(up.through(testing::udp_packet(ends(kClient, 4000, kRemote, 33434), {}, {.ttl = 1}))
               .empty());
    const auto answers = up.world.delivered(up.client);
    REQUIRE(answers.size() == 1);
    EXPECT(answers[0][20] == 11);
    EXPECT(testing::checksums_are_right(answers[0]));
  }

  TEST_CASE("TCP in mid-stream that nobody knows is reset") {
    Up up;
    EXPECT(
        up.through(testing::tcp_packet(ends(kClient, 4000, kRemote, 80), {.flags = 0x10})).empty());
    const auto answers = up.world.delivered(up.client);
    REQUIRE(answers.size() == 1);
    EXPECT((answers[0][33] & 0x04) != 0);
    EXPECT(up.refused(Refusal::kNoSuchFlow) == 1);
  }

  TEST_CASE("flows survive a reconnect under the same address, and end with another") {
    Up up;
    const auto out = up.through(testing::udp_packet(ends(kClient, 4000, kRemote, 123)));
    const std::uint16_t port = word(out[0], 20);
    up.world.gateway().reconnect(up.world.now());
    REQUIRE(up.world.connect());
    EXPECT(up.back(testing::udp_packet(ends(kRemote, 123, kTunnel, port))).size() == 1);
    up.world.server().script().push =
        "PUSH_REPLY,topology subnet,ifconfig 10.8.0.99 255.255.255.0,peer-id 7,cipher AES-256-GCM";
    up.world.gateway().reconnect(up.world.now());
    REQUIRE(up.world.connect());
    EXPECT(up.world.gateway().router().flow_count() == 0);
    EXPECT(up.back(testing::udp_packet(ends(kRemote, 123, "10.8.0.99", port))).empty());
  }

  TEST_CASE("ARP is answered for everything but the client's own address") {
    Up up;
    const auto ask = [&](const char* target, const char* sender) {
      ByteVector frame(net::kArpFrameSize);
      net::EthernetHeader{net::MacAddress::broadcast(), kMac, net::EtherType::kArp}.write(frame);
      const ByteVector fixed{0, 1, 8, 0, 6, 4, 0, 1};
      std::ranges::copy(fixed, frame.begin() + 14);
      kMac.store(frame, 22);
      std::ranges::copy(testing::ip(sender).wire(), frame.begin() + 28);
      std::ranges::copy(testing::ip(target).wire(), frame.begin() + 38);
      up.world.gateway().router().handle_inside(up.world.now(), up.client, frame, {});
      const std::size_t answers = up.world.gateway().router().inside().frames().size();
      up.world.settle();
      return answers;
    };
    EXPECT(ask("10.137.0.1", kClient) == 1);
    EXPECT(ask("198.51.100.7", kClient) == 1);
    EXPECT(ask(kClient, kClient) == 0);
    EXPECT(ask(kClient, "0.0.0.0") == 0);
    EXPECT(ask("10.137.0.1", "10.137.0.11") == 0);
    EXPECT(up.refused(Refusal::kSpoofedAddress) == 1);
  }

  TEST_CASE("an address that is announced by an ARP reply is no malformed frame") {
    Up up;
    ByteVector frame(net::kArpFrameSize);
    net::EthernetHeader{net::MacAddress::broadcast(), kMac, net::EtherType::kArp}.write(frame);
    std::ranges::copy(ByteVector{0, 1, 8, 0, 6, 4, 0, 2}, frame.begin() + 14);
    kMac.store(frame, 22);
    up.world.gateway().router().handle_inside(up.world.now(), up.client, frame, {});
    EXPECT(up.world.gateway().router().inside().empty());
    EXPECT(up.refused(Refusal::kMalformedFrame) == 0);
  }

  TEST_CASE("an ICMP error from the tunnel reaches the client whose packet it is about") {
    Up up;
    const auto out = up.through(
        testing::udp_packet(ends(kClient, 4000, kRemote, 123), testing::counting_bytes(20)));
    const auto in =
        up.back(testing::icmp_error_packet(ends("198.51.100.1", 0, kTunnel, 0), 3, 1, out[0]));
    REQUIRE(in.size() == 1);
    EXPECT(address4(in[0], 16) == kClient);
    EXPECT(address4(in[0], 28 + 12) == kClient);  // in the quote too
    EXPECT(word(in[0], 28 + 20) == 4000);
  }

  TEST_CASE("a detached client is gone at once, with its flows") {
    Up up;
    const auto out = up.through(testing::udp_packet(ends(kClient, 4000, kRemote, 123)));
    up.world.gateway().router().detach(up.client);
    EXPECT(up.world.gateway().router().flow_count() == 0);
    EXPECT(up.back(testing::udp_packet(ends(kRemote, 123, kTunnel, word(out[0], 20)))).empty());
    up.world.send(up.client, testing::udp_packet(ends(kClient, 4000, kRemote, 123)));
    EXPECT(up.refused(Refusal::kClientGone) == 1);
  }

  TEST_CASE("status tells what there is to know") {
    Up up;
    up.through(testing::udp_packet(ends(kClient, 4000, kRemote, 123)));
    const gateway::Status status = up.world.gateway().status();
    EXPECT(status.state == State::kConnected);
    EXPECT(status.tunnel_v4 == kTunnel);
    EXPECT(status.tunnel_v6 == "fd00:8::2");
    EXPECT(status.cipher == "AES-256-GCM");
    EXPECT(status.resolvers == std::vector<std::string>{"198.51.100.53", "198.51.100.54"});
    REQUIRE(status.clients.size() == 1);
    EXPECT(status.clients[0].to_outside.packets == 1);
    EXPECT(status.clients[0].flows == 1);
    EXPECT(status.remote == "192.0.2.1:1194 udp");
  }
}

}  // namespace
}  // namespace sallyport::sim
