// What the machine tells the gateway of its surroundings: that the way to the server is another
// one, and that the calendar was set.
#include <chrono>

#include "gateway_world.h"
#include "test.h"

namespace sallyport::sim {
namespace {

using gateway::State;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

struct Connected {
  GatewayWorld world;
  std::size_t attempts;

  Connected() {
    world.use_profile();
    REQUIRE(world.connect());
    attempts = world.attempts.size();
  }
  State state() { return world.gateway().status().state; }
  bool reconnects() {
    world.settle();
    return world.attempts.size() == attempts + 1 && world.connect();
  }
};

TEST_SUITE("sim/followers") {
  TEST_CASE("who follows status hears once of each new reason, also where the state stays") {
    GatewayWorld world;
    world.server().script().silent = true;
    world.use_profile();
    const std::size_t changes = world.changes.size();
    world.run_for(minutes(3));
    EXPECT(world.changes.size() == changes);
    EXPECT(world.gateway().status().reason.contains("no answer"));
    EXPECT(world.news == 1);
    world.server().script().silent = false;
    REQUIRE(world.connect());
    EXPECT(world.news == 1);
  }

  TEST_CASE("a page to log in at is news") {
    GatewayWorld world(ScriptedServer::Script{.on_login = "INFO_PRE,OPEN_URL:https://vpn.test/a"});
    world.use_profile();
    world.run_for(seconds(2));
    EXPECT(world.gateway().status().login_page == "https://vpn.test/a");
    EXPECT(world.news == 1);
  }
}

TEST_SUITE("sim/surroundings") {
  TEST_CASE("a new way to the server is taken at once") {
    Connected gateway;
    gateway.world.gateway().handle_new_path(gateway.world.now());
    EXPECT(gateway.reconnects());
    EXPECT(gateway.world.changes[gateway.world.changes.size() - 2].reason.contains("uplink"));
  }

  TEST_CASE("nobody waits for the end of a pause when there is a way again") {
    GatewayWorld world;
    world.answer_connects = false;
    world.use_profile();
    world.run_for(minutes(10));
    const std::size_t before = world.attempts.size();
    REQUIRE(before > 1);
    world.answer_connects = true;
    world.gateway().handle_new_path(world.now());
    world.settle();
    EXPECT(world.attempts.size() == before + 1);
    EXPECT(world.connect());
  }

  TEST_CASE("without a profile, or when the gateway is leaving, a new way changes nothing") {
    GatewayWorld world;
    world.gateway().handle_new_path(world.now());
    world.gateway().handle_clock_set(world.now());
    EXPECT(world.attempts.empty());
    Connected gateway;
    gateway.world.gateway().stop(gateway.world.now());
    gateway.world.gateway().handle_new_path(gateway.world.now());
    gateway.world.settle();
    EXPECT(gateway.world.attempts.size() == gateway.attempts);
  }

  TEST_CASE("a calendar that jumps ahead means sleep: the session is made anew") {
    Connected gateway;
    gateway.world.set_calendar(hours(8));
    EXPECT(gateway.reconnects());
  }

  TEST_CASE("a calendar that is put right, or back, means nothing") {
    Connected gateway;
    for (const seconds ahead : {seconds(10), seconds(-10), seconds(0), -seconds(hours(8))}) {
      gateway.world.set_calendar(ahead);
      gateway.world.settle();
    }
    EXPECT(gateway.world.attempts.size() == gateway.attempts);
    EXPECT(gateway.state() == State::kConnected);
  }

  TEST_CASE("time that our own clock counted is no jump, however long it was") {
    Connected gateway;
    gateway.world.run_for(hours(1));
    const std::size_t attempts = gateway.world.attempts.size();
    gateway.world.set_calendar(seconds(1));
    gateway.world.settle();
    EXPECT(gateway.world.attempts.size() == attempts);
  }
}

}  // namespace
}  // namespace sallyport::sim
