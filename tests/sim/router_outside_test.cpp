// What the router does with what comes out of the tunnel: what may come in, in which form, and what
// is told to whom.
#include <algorithm>

#include "counting_rng.h"
#include "gateway_world.h"
#include "packet_builder.h"
#include "test.h"

namespace sallyport::sim {
namespace {

using gateway::Refusal;
using testing::ByteVector;
using testing::ends;

constexpr const char* kClient = "10.137.0.10";
constexpr const char* kClient6 = "fd09:24ef:4179::a89:a";
constexpr const char* kRemote = "198.51.100.7";
constexpr const char* kRemote6 = "2001:db8::7";
constexpr const char* kTunnel = "10.8.0.2";
constexpr const char* kTunnel6 = "fd00:8::2";
constexpr std::size_t kLink = 1500;

constexpr const char* kPush =
    "PUSH_REPLY,topology subnet,ifconfig 10.8.0.2 255.255.255.0,peer-id 7,cipher "
    "AES-256-GCM,tun-mtu 1500,ifconfig-ipv6 fd00:8::2/64 fd00:8::1";

std::uint16_t word(const ByteVector& bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

// A client with a flow to each remote, and the packets of these.
struct Up {
  GatewayWorld world;
  net::ClientId client;
  std::uint16_t port = 0, port6 = 0;

  explicit Up(const char* push = kPush) : world(ScriptedServer::Script::pushing(push)) {
    client = world.add_client(kClient, kClient6);
    world.use_profile();
    REQUIRE(world.connect());
    const auto out = through(testing::udp_packet(ends(kClient, 4000, kRemote, 123)));
    REQUIRE(out.size() == 1);
    port = word(out[0], 20);
    const auto out6 = through(testing::udp_packet(ends(kClient6, 4000, kRemote6, 123)));
    REQUIRE(out6.size() == 1);
    port6 = word(out6[0], 40);
  }
  gateway::Router& router() { return world.gateway().router(); }
  std::vector<ByteVector> through(const ByteVector& packet, const net::Offload& offload = {}) {
    return world.through(client, packet, offload);
  }
  ByteVector answer(std::size_t payload, const testing::IpOptions& options = {}) const {
    return testing::udp_packet(ends(kRemote, 123, kTunnel, port), testing::counting_bytes(payload),
                               options);
  }
  ByteVector answer6(std::size_t payload) const {
    return testing::udp_packet(ends(kRemote6, 123, kTunnel6, port6),
                               testing::counting_bytes(payload));
  }
  // As one receive call brings them: their memory stays until all have been handled.
  std::vector<ByteVector> back(std::vector<ByteVector> batch) {
    world.delivered(client);
    for (ByteVector& packet : batch) {
      if (!router().inside().has_room()) world.settle();
      router().handle_outside(world.now(), packet);
    }
    router().outside_batch_done(world.now());
    world.settle();
    return world.delivered(client);
  }
  // The same, and what the server then had out of the tunnel.
  std::vector<ByteVector> told(const ByteVector& packet) {
    world.server().received.clear();
    EXPECT(back({packet}).empty());
    world.run_for(std::chrono::milliseconds(60));
    std::vector<ByteVector> packets;
    for (const std::string& text : world.server().received)
      packets.emplace_back(text.begin(), text.end());
    return packets;
  }
  std::uint64_t refused(Refusal reason) { return router().refused()[reason]; }
};

// An IPv4 datagram in the fragments that a path with this MTU makes of it.
std::vector<ByteVector> fragments_of(const ByteVector& whole, std::size_t mtu = kLink) {
  std::vector<ByteVector> fragments;
  const std::size_t step = (mtu - 20) / 8 * 8;
  for (std::size_t from = 0; from < whole.size() - 20; from += step) {
    const std::size_t to = std::min(from + step, whole.size() - 20);
    ByteVector fragment(whole.begin(), whole.begin() + 20);
    fragment.insert(fragment.end(), whole.begin() + 20 + static_cast<std::ptrdiff_t>(from),
                    whole.begin() + 20 + static_cast<std::ptrdiff_t>(to));
    fragment[2] = static_cast<std::uint8_t>(fragment.size() >> 8);
    fragment[3] = static_cast<std::uint8_t>(fragment.size());
    const bool more = to < whole.size() - 20;
    fragment[6] = static_cast<std::uint8_t>((more ? 0x20 : 0) | from / 8 >> 8);
    fragment[7] = static_cast<std::uint8_t>(from / 8);
    fragment[10] = fragment[11] = 0;
    const std::uint16_t sum =
        static_cast<std::uint16_t>(~testing::plain_sum(std::span(fragment).first(20)));
    fragment[10] = static_cast<std::uint8_t>(sum >> 8);
    fragment[11] = static_cast<std::uint8_t>(sum);
    fragments.push_back(std::move(fragment));
  }
  return fragments;
}

// An IPv6 datagram in two fragments, the second with these bits of congestion marks.
std::vector<ByteVector> fragments6_of(const ByteVector& whole, std::uint8_t mark) {
  std::vector<ByteVector> fragments;
  const std::size_t half = 1000;
  for (const std::size_t from : {std::size_t{0}, half}) {
    const bool first = from == 0;
    const std::size_t to = first ? half : whole.size() - 40;
    ByteVector fragment(whole.begin(), whole.begin() + 40);
    const std::uint8_t next = fragment[6];
    fragment[6] = 44;
    fragment[1] = static_cast<std::uint8_t>(fragment[1] | (first ? 0x02 : mark) << 4);
    const std::uint16_t place = static_cast<std::uint16_t>(from | (first ? 1 : 0));
    for (const int byte : {int{next}, 0, place >> 8, place & 0xff, 0, 0, 0, 9})
      fragment.push_back(static_cast<std::uint8_t>(byte));
    fragment.insert(fragment.end(), whole.begin() + 40 + static_cast<std::ptrdiff_t>(from),
                    whole.begin() + 40 + static_cast<std::ptrdiff_t>(to));
    const std::size_t payload = fragment.size() - 40;
    fragment[4] = static_cast<std::uint8_t>(payload >> 8);
    fragment[5] = static_cast<std::uint8_t>(payload);
    fragments.push_back(std::move(fragment));
  }
  return fragments;
}

// The data behind the IPv4 headers of all fragments, in order.
std::size_t data_in(const std::vector<ByteVector>& packets) {
  std::size_t data = 0;
  for (const ByteVector& packet : packets) data += packet.size() - 20;
  return data;
}

TEST_SUITE("sim/router_outside") {
  TEST_CASE("the largest datagrams there are come in whole, many in one batch") {
    Up up;
    std::vector<ByteVector> batch;
    std::size_t data = 0;
    for (const std::size_t payload :
         {65507u, 63613u, 60000u, 40000u, 40000u, 32000u, 2000u, 65507u}) {
      const ByteVector whole = up.answer(
          payload,
          {.id = static_cast<std::uint16_t>(payload + batch.size()), .dont_fragment = false});
      data += whole.size() - 20;
      std::ranges::move(fragments_of(whole), std::back_inserter(batch));
    }
    const auto in = up.back(std::move(batch));
    EXPECT(data_in(in) == data);
    EXPECT(
        std::ranges::all_of(in, [](const ByteVector& packet) { return packet.size() <= kLink; }));
    EXPECT(up.refused(Refusal::kOutsideTooBig) == 0);
  }

  TEST_CASE(
      "packets too long for a client's link are cut where they may be, else their sender is told") {
    Up up;
    EXPECT(data_in(up.back({up.answer(1800, {.dont_fragment = false})})) == 1808);
    const ByteVector whole = up.answer(1800);
    const auto told = up.told(whole);
    REQUIRE(told.size() == 1);
    EXPECT(testing::checksums_are_right(told[0]));
    EXPECT(told[0][20] == 3);
    EXPECT(told[0][21] == 4);
    EXPECT(word(told[0], 26) == kLink);
    // Quoted as it was sent, not as it was translated.
    EXPECT(std::equal(told[0].begin() + 28, told[0].begin() + 28 + 40, whole.begin()));
    const auto told6 = up.told(up.answer6(1800));
    REQUIRE(told6.size() == 1);
    EXPECT(told6[0][40] == 2);
    EXPECT(word(told6[0], 46) == kLink);
    EXPECT(up.refused(Refusal::kOutsideTooBig) == 2);
  }

  TEST_CASE("P4: packets of any length, to be cut or not, come in within the link's limit or end") {
    Up up;
    const ByteVector syn = testing::tcp_packet(ends(kClient, 4001, kRemote, 80), {.flags = 0x02});
    const auto opened = up.through(syn);
    REQUIRE(opened.size() == 1);
    const std::uint16_t tcp_port = word(opened[0], 20);
    testing::CountingRng rng(7);
    std::uint32_t sequence = 1;
    for (int round = 0; round < 200; ++round) {
      std::vector<ByteVector> batch;
      for (int i = 0; i < 40; ++i) {
        const std::size_t size = base::random_below(rng, 5) == 0 ? base::random_below(rng, 60000)
                                                                 : base::random_below(rng, 3000);
        const testing::IpOptions options{.id = base::random_value<std::uint16_t>(rng),
                                         .dont_fragment = base::random_below(rng, 2) == 0};
        switch (base::random_below(rng, 4)) {
          case 0:
            batch.push_back(testing::tcp_packet(ends(kRemote, 80, kTunnel, tcp_port),
                                                {.flags = 0x10, .sequence = sequence},
                                                testing::counting_bytes(size), options));
            sequence += static_cast<std::uint32_t>(size);
            break;
          case 1:
            batch.push_back(up.answer6(size));
            break;
          case 2:
            std::ranges::move(
                fragments_of(up.answer(size, {.id = options.id, .dont_fragment = false})),
                std::back_inserter(batch));
            break;
          default:
            batch.push_back(up.answer(size, options));
        }
      }
      for (const ByteVector& packet : up.back(std::move(batch))) {
        // A merged run is longer, and its link cuts it.
        const bool run = packet[0] >> 4 == 4 && packet[9] == 6;
        REQUIRE((run || packet.size() <= kLink));
      }
      up.world.run_for(std::chrono::milliseconds(20));
    }
    EXPECT(up.refused(Refusal::kOutsideTooBig) > 100);
    EXPECT(up.world.gateway().state() == gateway::State::kConnected);
  }

  TEST_CASE("who is uninvited is told nothing of a packet that is too long") {
    Up up;
    EXPECT(up.told(testing::udp_packet(ends(kRemote, 124, kTunnel, up.port),
                                       testing::counting_bytes(1800)))
               .empty());
    EXPECT(up.refused(Refusal::kOutsideUnsolicited) == 1);
  }

  TEST_CASE("packets from link-local sources are refused as such, in both families") {
    Up up;
    for (const char* source : {"169.254.7.7", "fe80::7"}) {
      const bool v6 = source[0] == 'f';
      EXPECT(up.back({testing::udp_packet(
                         ends(source, 123, v6 ? kTunnel6 : kTunnel, v6 ? up.port6 : up.port))})
                 .empty());
    }
    EXPECT(up.refused(Refusal::kOutsideBogusSource) == 2);
  }

  TEST_CASE("a packet from the tunnel is one hop older at the client, and at its last hop ends") {
    Up up;
    const auto in = up.back({up.answer(9, {.ttl = 9})});
    REQUIRE(in.size() == 1);
    EXPECT(in[0][8] == 8);
    EXPECT(testing::checksums_are_right(in[0]));
    EXPECT(up.back({up.answer(9, {.ttl = 1})}).empty());
    EXPECT(up.refused(Refusal::kOutsideTtlExceeded) == 1);
  }

  TEST_CASE("the MSS is limited in both directions of a handshake") {
    Up up(
        "PUSH_REPLY,topology subnet,ifconfig 10.8.0.2 255.255.255.0,peer-id 7,cipher "
        "AES-256-GCM,tun-mtu 1300,ifconfig-ipv6 fd00:8::2/64 fd00:8::1");
    const ByteVector mss{2, 4, 0x05, 0xb4};  // 1460
    const auto out = up.through(
        testing::tcp_packet(ends(kClient, 4001, kRemote, 80), {.flags = 0x02, .options = mss}));
    REQUIRE(out.size() == 1);
    const std::uint16_t limited = word(out[0], 42);
    EXPECT(limited < 1460);
    const auto in = up.back({testing::tcp_packet(ends(kRemote, 80, kTunnel, word(out[0], 20)),
                                                 {.flags = 0x12, .options = mss})});
    REQUIRE(in.size() == 1);
    EXPECT(word(in[0], 42) == limited);
    EXPECT(testing::checksums_are_right(in[0]));
  }

  TEST_CASE("IPv6 flows end when the tunnel comes back with another IPv6 address") {
    Up up;
    EXPECT(up.router().flow_count(up.client) == 2);
    up.world.server().script().push =
        "PUSH_REPLY,topology subnet,ifconfig 10.8.0.2 255.255.255.0,peer-id 7,cipher "
        "AES-256-GCM,tun-mtu 1500,ifconfig-ipv6 fd00:8::3/64 fd00:8::1";
    up.world.gateway().reconnect(up.world.now());
    REQUIRE(up.world.connect());
    EXPECT(up.router().flow_count(up.client) == 0);
  }

  TEST_CASE("a server that changes the tunnel's options without end does not fill the log") {
    Up up;
    const std::size_t before = up.world.log.size();
    for (int i = 0; i < 50; ++i) {
      up.world.server().send_text("PUSH_UPDATE,dhcp-option DNS 198.51.100." +
                                  std::to_string(i + 1));
      up.world.run_for(std::chrono::milliseconds(100));
    }
    REQUIRE(up.world.gateway().state() == gateway::State::kConnected);
    EXPECT(up.world.gateway().status().resolvers.back() == "198.51.100.50");
    EXPECT(up.world.log.size() - before >= 1);
    EXPECT(up.world.log.size() - before <= 10);
  }

  TEST_CASE("packets that were sealed and not sent are thrown away when the tunnel goes down") {
    Up up;
    ByteVector frame(net::EthernetHeader::kSize);
    net::EthernetHeader{gateway::kGatewayMac,
                        net::MacAddress(net::MacAddress::Octets{0x00, 0x16, 0x3e, 0x5e, 0x6c, 0}),
                        net::EtherType::kIpv4}
        .write(frame);
    const auto packet = testing::udp_packet(ends(kClient, 4000, kRemote, 123));
    frame.insert(frame.end(), packet.begin(), packet.end());
    up.router().handle_inside(up.world.now(), up.client, frame, {});
    REQUIRE_FALSE(up.router().outside().empty());
    up.world.gateway().handle_disconnected(up.world.now(), "tests");
    while (up.world.gateway().poll(up.world.now())) {
    }
    EXPECT(up.router().outside().empty());
  }

  TEST_CASE("a mark of congestion on one fragment of an IPv6 datagram is the whole one's") {
    Up up;
    const auto in = up.back(fragments6_of(up.answer6(1200), 0x03));
    REQUIRE(in.size() == 1);
    EXPECT((in[0][1] >> 4 & 3) == 3);
    const auto unmarked = up.back(fragments6_of(up.answer6(1200), 0x02));
    REQUIRE(unmarked.size() == 1);
    EXPECT((unmarked[0][1] >> 4 & 3) == 2);
  }

  TEST_CASE("a packet that was put together is delivered whole, though a goodbye came with it") {
    ScriptedServer::Script script;
    script.fragment = 600;
    GatewayWorld world(script);
    const net::ClientId client = world.add_client(kClient);
    world.use_profile([](openvpn::Profile& profile) { profile.remotes[0].fragment = 600; });
    REQUIRE(world.connect());
    const auto out = world.through(client, testing::udp_packet(ends(kClient, 4000, kRemote, 123)));
    REQUIRE(out.size() == 1);
    const ByteVector payload = testing::counting_bytes(1000);
    world.server().send_data(
        base::text_of(testing::udp_packet(ends(kRemote, 123, kTunnel, word(out[0], 20)), payload)));
    world.server().send_data(base::text_of(openvpn::kExitNotice));
    world.run_for(std::chrono::milliseconds(50));
    const auto delivered = world.delivered(client);
    REQUIRE(delivered.size() == 1);
    REQUIRE(delivered[0].size() == 28 + payload.size());
    EXPECT(delivered[0][0] == 0x45);
    EXPECT(std::ranges::equal(std::span(delivered[0]).subspan(28), payload));
    EXPECT(world.gateway().state() != gateway::State::kConnected);
  }
}

}  // namespace
}  // namespace sallyport::sim
