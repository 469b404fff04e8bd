// What reaches the server over a path that takes less than it did.
#include <chrono>

#include "gateway_world.h"
#include "packet_builder.h"
#include "test.h"

namespace sallyport::sim {
namespace {

using testing::ByteVector;
using testing::ends;

constexpr const char* kClient = "10.137.0.10";
constexpr const char* kClient6 = "fd09:24ef:4179::a89:a";
constexpr const char* kRemote = "198.51.100.7";
constexpr const char* kRemote6 = "2001:db8::7";
constexpr std::size_t kUdpHeaders = 28;

std::uint16_t word(const ByteVector& bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

struct Path {
  GatewayWorld world{ScriptedServer::Script::pushing(
      "PUSH_REPLY,topology subnet,ifconfig 10.8.0.2 255.255.255.0,ifconfig-ipv6 fd00:8::2/64 "
      "fd00:8::1,peer-id 7,cipher AES-256-GCM")};
  net::ClientId client = world.add_client(kClient, kClient6);

  Path() {
    world.use_profile();
    REQUIRE(world.connect());
  }
  // An IPv4 datagram of that size.
  ByteVector datagram(std::size_t size, bool dont_fragment = true) {
    return testing::udp_packet(ends(kClient, 4000, kRemote, 123),
                               testing::counting_bytes(size - kUdpHeaders),
                               {.dont_fragment = dont_fragment});
  }
  std::uint16_t announced_mss() {
    const auto syn =
        world.through(client, testing::tcp_packet(ends(kClient, 4001, kRemote, 80),
                                                  {.flags = 0x02, .options = {2, 4, 0x05, 0xb4}}));
    REQUIRE(syn.size() == 1);
    return word(syn[0], 42);
  }
};

TEST_SUITE("sim/path_mtu") {
  TEST_CASE("a path that takes less: who sends too much is told, and the next connection knows") {
    Path path;
    EXPECT(path.announced_mss() == 1400);
    EXPECT(path.world.through(path.client, path.datagram(1400)).size() == 1);
    path.world.gateway().handle_path_mtu(1280);
    EXPECT(path.world.through(path.client, path.datagram(1400)).empty());
    const auto answers = path.world.delivered(path.client);
    REQUIRE(answers.size() == 1);
    EXPECT(answers[0][20] == 3);
    EXPECT(answers[0][21] == 4);
    const std::uint16_t mtu = word(answers[0], 26);
    EXPECT(mtu == 1280 - 28 - 24);
    EXPECT(path.world.through(path.client, path.datagram(mtu)).size() == 1);
    EXPECT(path.announced_mss() == mtu - 40);
    EXPECT(path.world.gateway().status().mtu == mtu);
  }

  TEST_CASE("what may be fragmented is, before it is sealed") {
    Path path;
    path.world.gateway().handle_path_mtu(1280);
    const auto fragments = path.world.through(path.client, path.datagram(1400, false));
    REQUIRE(fragments.size() == 2);
    EXPECT(fragments[0].size() <= 1228);
  }

  TEST_CASE("an IPv6 sender is told 1280 at the least") {
    Path path;
    path.world.gateway().handle_path_mtu(600);
    const auto packet = [](std::size_t payload) {
      return testing::udp_packet(ends(kClient6, 4000, kRemote6, 123),
                                 testing::counting_bytes(payload));
    };
    EXPECT(path.world.through(path.client, packet(1300)).empty());
    const auto answers = path.world.delivered(path.client);
    REQUIRE(answers.size() == 1);
    EXPECT(answers[0][40] == 2);
    EXPECT(word(answers[0], 46) == 1280);
    EXPECT(path.world.through(path.client, packet(1280 - 48)).size() == 1);
  }

  TEST_CASE(
      "a path that takes more again is used again, and a new session begins with what is known") {
    Path path;
    path.world.gateway().handle_path_mtu(1280);
    path.world.gateway().handle_path_mtu(1500);
    EXPECT(path.world.through(path.client, path.datagram(1448)).size() == 1);
    path.world.gateway().handle_path_mtu(1000);
    path.world.gateway().reconnect(path.world.now());
    REQUIRE(path.world.connect());
    EXPECT(path.world.gateway().status().mtu == 1000 - 28 - 24);
  }

  TEST_CASE("reports at any time, of any size, change nothing but sizes") {
    GatewayWorld world;
    world.gateway().handle_path_mtu(0);
    world.use_profile();
    world.gateway().handle_path_mtu(70000);
    REQUIRE(world.connect());
    world.gateway().handle_path_mtu(0);
    EXPECT(world.gateway().status().mtu == 576);
    world.gateway().stop(world.now());
    world.gateway().handle_path_mtu(1400);
    world.run_for(std::chrono::seconds(5));
    EXPECT(world.gateway().left());
  }
}

}  // namespace
}  // namespace sallyport::sim
