// A server that no longer knows us, and one that only says nothing.
#include <chrono>

#include "test.h"
#include "world.h"

namespace sallyport::sim {
namespace {

using namespace openvpn;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kMegabit = 125'000;  // bytes

// Sends `rate` bytes a second into the tunnel, that nobody answers.
void flood(World& world, std::size_t rate, base::Duration time) {
  const std::string packet(1400, 'x');
  const auto between = base::Duration(seconds(1)) * packet.size() / rate;
  for (const base::Instant end = world.now().mono + time; world.now().mono < end;) {
    world.send_inside(packet);
    world.run_for(between);
  }
}

World congested_world(std::size_t rate, std::size_t queue) {
  World::Setup setup;
  setup.weather.rate = rate;
  setup.weather.queue = queue;
  return World(std::move(setup));
}

TEST_SUITE("sim/silence") {
  TEST_CASE("a server that forgot us is noticed within seconds of the first packet, not earlier") {
    World world(World::with_keepalive());
    REQUIRE(world.connect());
    world.run_for(seconds(1));
    world.restart_server();
    world.run_for(seconds(10));
    EXPECT(world.downs.empty());
    world.send_inside("is anybody there?");
    REQUIRE(world.run_until([&] { return !world.downs.empty(); }, milliseconds(4001)));
    EXPECT(world.downs[0].reason == DownReason::kPeerSilent);
    REQUIRE(world.run_until([&] { return world.connected(); }, seconds(1)));
  }

  TEST_CASE("a server that was never heard to answer such a question is left to ping-restart") {
    World world(World::with_keepalive());
    REQUIRE(world.connect());
    world.server().script().silent = true;
    world.send_inside("is anybody there?");
    world.run_for(seconds(15));
    EXPECT(world.connected());
    world.run_for(seconds(6));
    EXPECT_FALSE(world.connected());
  }

  TEST_CASE("whom a token spares the question is missed as soon as anybody") {
    World::Setup setup = World::with_keepalive();
    setup.script.push += ",auth-token SESS_ID_AT_abcdef";
    setup.change_profile = [](Profile& profile) {
      profile.login.wanted = true;
      profile.login.static_challenge = LoginOptions::StaticChallenge{"PIN?", false};
    };
    setup.login = {base::SecretBytes(std::string_view("alice")),
                   base::SecretBytes(std::string_view("wonderland"))};
    World world(std::move(setup));
    world.run_for(seconds(1));
    REQUIRE(world.client().answer(world.now(), base::SecretBytes(std::string_view("1234"))));
    REQUIRE(world.connect());
    world.run_for(seconds(1));
    world.server().script().silent = true;
    world.send_inside("is anybody there?");
    world.run_for(seconds(6));
    EXPECT_FALSE(world.connected());
  }

  TEST_CASE("a server that has nothing to say, but lives, is believed to") {
    World world({});
    REQUIRE(world.connect());
    for (int i = 0; i < 100; ++i) {
      world.send_inside("one way only");
      world.run_for(milliseconds(200));
    }
    EXPECT(world.downs.empty());
    EXPECT(world.server().received.size() == 100);
  }

  TEST_CASE("an upload that fills a slow uplink and that nobody answers never brings us to leave") {
    struct Case {
      std::size_t rate, upload, queue;
    };
    // What an old modem keeps, half a second's worth, and 6.5 s of it.
    for (const auto& [rate, upload, queue] :
         {Case{10 * kMegabit, 60 * kMegabit, 8'000'000},
          Case{10 * kMegabit, 14 * kMegabit, 8'000'000},
          Case{10 * kMegabit, 100 * kMegabit, 600'000}, Case{kMegabit, 2 * kMegabit, 256'000},
          Case{kMegabit, 10 * kMegabit, 256'000}}) {
      CAPTURE(rate);
      CAPTURE(upload);
      World world = congested_world(rate, queue);
      REQUIRE(world.connect());
      flood(world, upload, seconds(40));
      EXPECT(world.downs.empty());
      // Somebody else's few packets now stand behind all that.
      for (int i = 0; i < 20; ++i) {
        world.send_inside("is anybody there?");
        world.run_for(milliseconds(500));
      }
      EXPECT(world.downs.empty());
    }
  }

  TEST_CASE("a server that is gone is noticed in a congested path, too, within half a minute") {
    World world = congested_world(10 * kMegabit, 8'000'000);
    REQUIRE(world.connect());
    flood(world, 14 * kMegabit, seconds(20));
    REQUIRE(world.downs.empty());
    world.server().script().silent = true;
    flood(world, 14 * kMegabit, seconds(45));
    REQUIRE_FALSE(world.downs.empty());
    EXPECT(world.downs[0].reason == DownReason::kPeerSilent);
  }

  TEST_CASE("packets that are lost for three seconds bring nobody to leave") {
    World world({});
    REQUIRE(world.connect());
    world.path().weather().lost = 1000;
    for (int i = 0; i < 15; ++i) {
      world.send_inside("lost");
      world.run_for(milliseconds(200));
    }
    world.path().weather().lost = 0;
    world.run_for(seconds(2));
    EXPECT(world.downs.empty());
  }

  TEST_CASE("whom a new login would need is left alone until ping-restart") {
    World::Setup setup = World::with_keepalive();
    setup.change_profile = [](Profile& profile) {
      profile.login.wanted = true;
      profile.login.static_challenge = LoginOptions::StaticChallenge{"PIN?", false};
    };
    setup.login = {base::SecretBytes(std::string_view("alice")),
                   base::SecretBytes(std::string_view("wonderland"))};
    World world(std::move(setup));
    world.run_for(seconds(1));
    REQUIRE(world.client().answer(world.now(), base::SecretBytes(std::string_view("1234"))));
    REQUIRE(world.connect());
    world.run_for(seconds(1));
    world.server().script().silent = true;
    world.send_inside("is anybody there?");
    world.run_for(seconds(15));
    EXPECT(world.connected());
    world.run_for(seconds(6));
    EXPECT_FALSE(world.connected());
  }
}

}  // namespace
}  // namespace sallyport::sim
