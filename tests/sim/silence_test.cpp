// A server that no longer knows us, and one that only says nothing.
#include <chrono>

#include "test.h"
#include "world.h"

namespace sallyport::sim {
namespace {

using namespace openvpn;
using std::chrono::milliseconds;
using std::chrono::seconds;

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
