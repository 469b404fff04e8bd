// The promises as a table (docs/security.md): whatever state the gateway is in and whatever happens
// to it, a client's packet leaves sealed or not at all, and nothing uninvited comes in.
#include <chrono>

#include "gateway_world.h"
#include "packet_builder.h"
#include "test.h"

namespace sallyport::sim {
namespace {

using namespace openvpn;
using gateway::Refusal;
using gateway::State;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ByteVector;
using testing::ends;

constexpr const char* kClient = "10.137.0.10";
constexpr const char* kClient6 = "fd09:24ef:4179::a89:a";

ByteVector marked(std::string_view more = {}) {
  const std::string text = std::string(GatewayWorld::kMarker) + std::string(more);
  const base::Bytes bytes = base::bytes_of(text);
  return {bytes.begin(), bytes.end()};
}

// One of everything a client may send.
std::vector<ByteVector> client_packets() {
  std::vector<ByteVector> packets;
  for (const char* destination : {"198.51.100.7", "203.0.113.1", "192.0.2.1", "10.139.1.1",
                                  "10.137.0.11", "10.137.0.1", "8.8.8.8"}) {
    for (const std::uint16_t port : {std::uint16_t{53}, std::uint16_t{80}, std::uint16_t{1194}}) {
      packets.push_back(testing::udp_packet(ends(kClient, 4000, destination, port), marked()));
      packets.push_back(
          testing::tcp_packet(ends(kClient, 4001, destination, port), {.flags = 0x02}, marked()));
      packets.push_back(
          testing::tcp_packet(ends(kClient, 4002, destination, port), {.flags = 0x10}, marked()));
    }
    packets.push_back(testing::echo_packet(ends(kClient, 7, destination, 0), true, marked()));
    packets.push_back(testing::ip_packet(ends(kClient, 0, destination, 0), 47, marked()));
  }
  packets.push_back(testing::udp_packet(ends(kClient6, 4000, "2001:db8::7", 53), marked()));
  packets.push_back(
      testing::tcp_packet(ends(kClient6, 4000, "2001:db8::7", 443), {.flags = 0x02}, marked()));
  packets.push_back(testing::echo_packet(ends(kClient6, 9, "2001:db8::7", 0), true, marked()));
  packets.push_back(testing::udp_packet(ends("10.137.0.99", 4000, "8.8.8.8", 53), marked()));
  packets.push_back(testing::udp_packet(ends(kClient, 4000, "255.255.255.255", 67), marked()));
  packets.push_back(testing::udp_packet(ends(kClient, 4000, "224.0.0.251", 5353), marked()));
  packets.push_back(testing::udp_packet(ends(kClient, 4000, "127.0.0.1", 53), marked()));
  return packets;
}

struct Preparation {
  const char* name;
  State expected;
  void (*prepare)(GatewayWorld&);
};

void connected(GatewayWorld& world) {
  world.use_profile();
  REQUIRE(world.connect());
}

const Preparation kStates[] = {
    {"no profile yet", State::kBlocked, [](GatewayWorld&) {}},
    {"a profile that cannot be used", State::kBlocked,
     [](GatewayWorld& world) { world.gateway().block(world.now(), "bad profile"); }},
    {"resolving", State::kResolving,
     [](GatewayWorld& world) {
       world.resolution.reset();
       world.use_profile([](Profile& profile) { profile.remotes[0].host = "vpn.example.net"; });
     }},
    {"resolve failed", State::kConnecting,
     [](GatewayWorld& world) {
       world.resolution.emplace();
       world.use_profile([](Profile& profile) { profile.remotes[0].host = "vpn.example.net"; });
     }},
    {"opening the socket", State::kConnecting,
     [](GatewayWorld& world) {
       world.answer_connects = false;
       world.use_profile();
     }},
    {"waiting for the server", State::kConnecting,
     [](GatewayWorld& world) {
       world.server().script().silent = true;
       world.use_profile();
       world.run_for(seconds(1));
     }},
    {"in the handshake", State::kConnecting,
     [](GatewayWorld& world) {
       world.use_profile();
       world.run_for(milliseconds(90));
     }},
    {"waiting for the push", State::kConnecting,
     [](GatewayWorld& world) {
       world.server().script().push_unasked = false;
       world.server().script().push = "INFO_PRE,CR_TEXT:R:wait";
       world.use_profile();
       world.run_for(seconds(2));
     }},
    {"connected", State::kConnected, connected},
    {"in a rekey", State::kConnected,
     [](GatewayWorld& world) {
       connected(world);
       world.server().start_rekey(world.now());
       world.run_for(milliseconds(50));
     }},
    {"asked to restart", State::kReconnecting,
     [](GatewayWorld& world) {
       connected(world);
       world.server().send_text("RESTART");
       world.run_for(milliseconds(100));
     }},
    {"server left", State::kReconnecting,
     [](GatewayWorld& world) {
       connected(world);
       world.server().send_data(base::text_of(kExitNotice));
       world.run_for(milliseconds(100));
     }},
    {"login refused", State::kBlocked,
     [](GatewayWorld& world) {
       world.server().script().on_login = "AUTH_FAILED";
       world.use_profile();
       world.run_for(seconds(2));
     }},
    {"halted", State::kBlocked,
     [](GatewayWorld& world) {
       connected(world);
       world.server().send_text("HALT");
       world.run_for(milliseconds(100));
     }},
    {"saying goodbye", State::kBlocked,
     [](GatewayWorld& world) {
       connected(world);
       world.gateway().stop(world.now());
       world.settle();
     }},
};

struct Event {
  const char* name;
  void (*happen)(GatewayWorld&);
};

const Event kEvents[] = {
    {"nothing", [](GatewayWorld&) {}},
    {"a second passes", [](GatewayWorld& world) { world.run_for(seconds(1)); }},
    {"an hour passes", [](GatewayWorld& world) { world.run_for(hours(1)); }},
    {"the server goes silent for an hour",
     [](GatewayWorld& world) {
       world.server().script().silent = true;
       world.run_for(hours(1));
     }},
    {"a name is resolved",
     [](GatewayWorld& world) {
       world.gateway().handle_resolved(world.now(), {kServerAddress}, "");
     }},
    {"a name is not resolved",
     [](GatewayWorld& world) { world.gateway().handle_resolved(world.now(), {}, "gone"); }},
    {"the socket is connected",
     [](GatewayWorld& world) { world.gateway().handle_connected(world.now()); }},
    {"the socket breaks",
     [](GatewayWorld& world) { world.gateway().handle_disconnected(world.now(), "reset"); }},
    {"junk arrives",
     [](GatewayWorld& world) {
       testing::CountingRng rng(3);
       for (int i = 0; i < 300; ++i) {
         ByteVector junk(rng.next() % 200);
         rng.fill(junk);
         world.gateway().handle_packet(world.now(), junk);
       }
       world.gateway().batch_done(world.now());
     }},
    {"the path takes almost nothing",
     [](GatewayWorld& world) { world.gateway().handle_path_mtu(1); }},
    {"the user reconnects", [](GatewayWorld& world) { world.gateway().reconnect(world.now()); }},
    {"the user stops it", [](GatewayWorld& world) { world.gateway().stop(world.now()); }},
    {"the profile goes away",
     [](GatewayWorld& world) { world.gateway().block(world.now(), "removed"); }},
    {"another profile comes", [](GatewayWorld& world) { world.use_profile(); }},
    {"the server restarts it", [](GatewayWorld& world) { world.server().send_text("RESTART"); }},
    {"the server refuses the login",
     [](GatewayWorld& world) { world.server().send_text("AUTH_FAILED,no"); }},
    {"the server halts it", [](GatewayWorld& world) { world.server().send_text("HALT"); }},
    {"the server leaves",
     [](GatewayWorld& world) { world.server().send_data(base::text_of(kExitNotice)); }},
    {"the server rekeys", [](GatewayWorld& world) { world.server().start_rekey(world.now()); }},
    {"a client comes and goes",
     [](GatewayWorld& world) { world.gateway().router().detach(world.add_client("10.137.0.77")); }},
};

// Sends one of everything; what is sealed is counted, and only allowed when the tunnel is up.
void expect_no_leak(GatewayWorld& world, net::ClientId client) {
  const bool up = world.gateway().state() == State::kConnected;
  const std::uint64_t before = world.sealed_packets;
  for (const ByteVector& packet : client_packets()) world.send(client, packet);
  if (!up) EXPECT(world.sealed_packets == before);
  if (up) EXPECT(world.sealed_packets > before);
  EXPECT_FALSE(world.leaked);
}

TEST_SUITE("sim/leak") {
  TEST_CASE(
      "P1: in every state, and after every event in it, clients' packets leave sealed or not at "
      "all") {
    for (const Preparation& state : kStates) {
      for (const Event& event : kEvents) {
        CAPTURE(std::string(state.name));
        CAPTURE(std::string(event.name));
        GatewayWorld world;
        const net::ClientId client = world.add_client(kClient, kClient6);
        world.add_client("10.137.0.11");
        state.prepare(world);
        REQUIRE(world.gateway().state() == state.expected);
        expect_no_leak(world, client);
        event.happen(world);
        world.settle();
        expect_no_leak(world, client);
        for (int i = 0; i < 5; ++i) {
          world.run_for(milliseconds(700));
          expect_no_leak(world, client);
        }
      }
    }
  }

  TEST_CASE("P2: nothing uninvited reaches a client, whatever comes out of the tunnel") {
    GatewayWorld world;
    const net::ClientId client = world.add_client(kClient, kClient6);
    const net::ClientId other = world.add_client("10.137.0.11");
    connected(world);
    world.send(client, testing::udp_packet(ends(kClient, 4000, "198.51.100.7", 53), marked()));
    world.run_for(milliseconds(100));
    REQUIRE(world.server().received.size() == 1);
    // The outside port is what the server saw.
    const auto& sent = world.server().received[0];
    const auto outside_port = static_cast<std::uint16_t>(static_cast<std::uint8_t>(sent[20]) << 8 |
                                                         static_cast<std::uint8_t>(sent[21]));
    for (const char* from : {"198.51.100.8", "10.137.0.11", "10.139.1.1", "127.0.0.1", "224.0.0.1",
                             "0.0.0.0", "10.8.0.1"}) {
      for (const char* to : {"10.8.0.2", kClient, "10.137.0.11", "192.0.2.99"}) {
        for (const std::uint16_t port : {outside_port, std::uint16_t{22}, std::uint16_t{4000}}) {
          world.send_from_tunnel(testing::udp_packet(ends(from, 53, to, port), marked()));
          world.send_from_tunnel(testing::tcp_packet(ends(from, 53, to, port), {.flags = 0x02}));
          world.send_from_tunnel(testing::tcp_packet(ends(from, 53, to, port), {.flags = 0x12}));
          world.send_from_tunnel(testing::echo_packet(ends(from, port, to, 0), true, marked()));
        }
      }
    }
    EXPECT(world.delivered(client).empty());
    EXPECT(world.delivered(other).empty());
    EXPECT(world.gateway().router().refused().total() > 300);
    // The one answer that was asked for comes through.
    world.send_from_tunnel(
        testing::udp_packet(ends("198.51.100.7", 53, "10.8.0.2", outside_port), marked()));
    EXPECT(world.delivered(client).size() == 1);
  }

  TEST_CASE(
      "P4: while the tunnel is down, TCP is reset and the rest is told that it is prohibited, at "
      "once") {
    GatewayWorld world;
    const net::ClientId client = world.add_client(kClient, kClient6);
    world.send(client,
               testing::tcp_packet(ends(kClient, 4001, "198.51.100.7", 80), {.flags = 0x02}));
    world.send(client, testing::tcp_packet(ends(kClient, 4002, "198.51.100.7", 80), {.flags = 0x10},
                                           marked()));
    world.send(client, testing::udp_packet(ends(kClient, 4000, "198.51.100.7", 123), marked()));
    world.send(client, testing::udp_packet(ends(kClient, 4000, "10.139.1.1", 53), marked()));
    world.send(client,
               testing::tcp_packet(ends(kClient6, 4000, "2001:db8::7", 443), {.flags = 0x02}));
    const auto answers = world.delivered(client);
    REQUIRE(answers.size() == 5);
    EXPECT(answers[0][9] == 6);
    EXPECT((answers[0][33] & 0x04) != 0);  // RST
    for (const std::size_t i : testing::Sizes{1, 2, 3}) {
      EXPECT(answers[i][9] == 1);
      EXPECT(answers[i][20] == 3);
      EXPECT(answers[i][21] == 13);  // administratively prohibited
    }
    EXPECT(answers[4][6] == 58);
    EXPECT(answers[4][40] == 1);
    EXPECT(answers[4][41] == 0);  // no route
    for (const auto& answer : answers) EXPECT(testing::checksums_are_right(answer));
    EXPECT(world.gateway().router().refused()[Refusal::kTunnelDown] == 5);
  }

  TEST_CASE(
      "P4: a server that takes its PUSH_REPLY back in the same packet ends only the attempt") {
    for (const char* second : {"RESTART", "HALT", "AUTH_FAILED", "EXIT"}) {
      CAPTURE(std::string(second));
      ScriptedServer::Script script;
      script.push += '\0';
      script.push += second;
      GatewayWorld world(std::move(script));
      const net::ClientId client = world.add_client(kClient);
      world.use_profile();
      world.run_for(milliseconds(500));
      EXPECT(world.gateway().state() != State::kConnected);
      EXPECT_FALSE(world.gateway().status().reason.empty());
      expect_no_leak(world, client);
      world.server().script().push = ScriptedServer::Script().push;
      world.gateway().reconnect(world.now());
      REQUIRE(world.connect());
      expect_no_leak(world, client);
    }
  }

  TEST_CASE("P4: a server that changes the tunnel and ends it in the same packet ends only it") {
    for (const char* second :
         {"RESTART", "HALT", "AUTH_FAILED", "EXIT", "PUSH_UPDATE,cipher none"}) {
      CAPTURE(std::string(second));
      GatewayWorld world;
      const net::ClientId client = world.add_client(kClient);
      world.use_profile();
      REQUIRE(world.connect());
      world.server().send_text("PUSH_UPDATE,dhcp-option DNS 198.51.100.1" + std::string(1, '\0') +
                               second);
      world.run_for(milliseconds(500));
      expect_no_leak(world, client);
      world.gateway().reconnect(world.now());
      REQUIRE(world.connect());
      expect_no_leak(world, client);
    }
  }

  TEST_CASE("a change of profile, or none that can be used, says goodbye to the server at once") {
    ScriptedServer::Script script;
    script.push += ",protocol-flags cc-exit";
    for (const bool blocked : {false, true}) {
      GatewayWorld world(script);
      const net::ClientId client = world.add_client(kClient);
      world.use_profile();
      REQUIRE(world.connect());
      if (blocked) {
        world.gateway().block(world.now(), "a reason");
        world.settle();
      } else {
        world.use_profile();
      }
      world.run_for(milliseconds(100));
      const auto& texts = world.server().texts_received;
      EXPECT(std::ranges::find(texts, "EXIT") != texts.end());
      if (blocked) expect_no_leak(world, client);
    }
  }

  TEST_CASE("a flood of refused packets is answered within limits") {
    GatewayWorld world;
    const net::ClientId client = world.add_client(kClient);
    for (int i = 0; i < 5000; ++i) {
      world.send(client, testing::udp_packet(ends(kClient, 4000, "198.51.100.7", 123), marked()));
    }
    EXPECT(world.delivered(client).size() < 1000);
    EXPECT(world.gateway().router().refused()[Refusal::kTunnelDown] == 5000);
  }
}

}  // namespace
}  // namespace sallyport::sim
