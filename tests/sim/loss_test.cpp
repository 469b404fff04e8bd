// Tunnels that are up and carry nothing, or half: who looks at them is told.
#include <algorithm>
#include <chrono>

#include "gateway_world.h"
#include "packet_builder.h"
#include "server_world.h"
#include "test.h"

namespace sallyport::sim {
namespace {

using namespace openvpn;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kClient = "10.137.0.10";
constexpr const char* kRemote = "198.51.100.7";
constexpr const char* kTunnel = "10.8.0.2";

struct Tunnel {
  GatewayWorld world;
  net::ClientId client;

  explicit Tunnel(ScriptedServer::Script script) : world(std::move(script)) {
    client = world.add_client(kClient);
    world.use_profile();
    REQUIRE(world.connect());
  }
  // Of the server, one each half second.
  void receive_for(base::Duration time) {
    for (const base::Instant end = world.now().mono + time; world.now().mono < end;) {
      world.send(client, testing::udp_packet(testing::ends(kClient, 4000, kRemote, 123)));
      world.send_from_tunnel(testing::udp_packet(testing::ends(kRemote, 123, kTunnel, 4000)));
      world.run_for(milliseconds(450));
    }
  }
  // What status warns of, as far as it is about that.
  std::string losses() {
    std::string text;
    for (const std::string& warning : world.gateway().status().warnings) {
      if (warning.find("lost here") != std::string::npos) text += warning;
    }
    return text;
  }
  unsigned lines_with(std::string_view text) const {
    return static_cast<unsigned>(std::ranges::count_if(
        world.log, [&](const std::string& line) { return line.find(text) != std::string::npos; }));
  }
};

TEST_SUITE("sim/loss") {
  TEST_CASE("a tunnel whose packets are all framed otherwise: status says what to compare, once") {
    ScriptedServer::Script script;
    script.framing = CompressionFraming::kLzo;
    Tunnel tunnel(script);
    const unsigned news = tunnel.world.news;
    tunnel.receive_for(seconds(4));
    EXPECT(tunnel.losses().empty());
    tunnel.receive_for(seconds(60));
    const gateway::Status status = tunnel.world.gateway().status();
    EXPECT(status.state == gateway::State::kConnected);
    const std::string loss = tunnel.losses();
    EXPECT(loss.starts_with("packets of the server are lost here: no IP packet inside; "));
    EXPECT(loss.find("comp-lzo") != std::string::npos);
    EXPECT(tunnel.world.news == news + 1);
    EXPECT(tunnel.lines_with("packets of the server are lost here") == 1);
    // With the tunnel goes what was said of it.
    tunnel.world.gateway().reconnect(tunnel.world.now());
    REQUIRE(tunnel.world.connect());
    EXPECT(tunnel.losses().empty());
  }

  TEST_CASE("packets that come twice, or damaged, are no trouble as long as others are used") {
    Tunnel tunnel({});
    tunnel.world.path().weather().repeated = 900;
    tunnel.world.path().weather().damaged = 100;
    tunnel.receive_for(seconds(60));
    const gateway::Status status = tunnel.world.gateway().status();
    EXPECT(status.dropped_outside[DropReason::kDataReplay] > 50);
    EXPECT(tunnel.losses().empty());
    EXPECT(tunnel.lines_with("lost here") == 0);
  }

  TEST_CASE("a server says once which client's packets it cannot use, and what to compare") {
    ServerWorld::Setup setup{.clients = 2};
    setup.change_profile = [](Profile& profile) {
      profile.tunnel.compression = CompressionFraming::kLzo;
    };
    ServerWorld world(std::move(setup));
    REQUIRE(world.run_until([&] { return world.all_connected(); }, seconds(10)));
    for (int i = 0; i < 60; ++i) {
      world.send_up(0, base::IpAddress::v4(0x0a080001), "up");
      world.run_for(seconds(1));
    }
    EXPECT(world.inside.empty());
    EXPECT(world.server().drops()[DropReason::kNotIp] >= 60);
    const auto said = std::ranges::count_if(world.notes, [](const std::string& note) {
      return note.find("are lost here: no IP packet inside; ") != std::string::npos &&
             note.find("comp-lzo") != std::string::npos;
    });
    EXPECT(said == 1);
  }
}

}  // namespace
}  // namespace sallyport::sim
