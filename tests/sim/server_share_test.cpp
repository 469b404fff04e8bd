// Several servers behind one address, as processes with SO_REUSEPORT would be (docs/scale.md,
// "Several processes"): nothing passes between them but the key of their cookies.
#include <algorithm>
#include <ranges>
#include <set>

#include "knocker.h"
#include "server_world.h"
#include "test.h"

namespace sallyport::sim {
namespace {

using namespace openvpn;
using std::chrono::minutes;
using std::chrono::seconds;

const base::IpAddress kInside = base::IpAddress::v4(0x0a080001);

ServerWorld::Setup shared(std::size_t clients, WrapKind wrap = WrapKind::kTlsCryptV2) {
  ServerWorld::Setup setup;
  setup.wrap = wrap;
  setup.servers = 2;
  setup.clients = clients;
  return setup;
}

// A place near `path` whose packets another server gets, or the same one.
Path elsewhere(const ServerWorld& world, Path path, bool same_server) {
  const std::size_t home = world.home_of(path);
  do {
    ++path.port;
  } while ((world.home_of(path) == home) != same_server);
  return path;
}

TEST_SUITE("sim/server_share") {
  TEST_CASE("clients are spread over the servers, and no address is given twice") {
    ServerWorld world(shared(100));
    REQUIRE(world.run_until([&] { return world.all_connected(); }, seconds(30)));
    EXPECT(world.server(0).connected() >= 25);
    EXPECT(world.server(1).connected() >= 25);
    EXPECT(world.server(0).connected() + world.server(1).connected() == 100);
    std::set<base::IpAddress> addresses;
    for (std::size_t i = 0; i < 2; ++i) {
      for (const ClientStatus& client : world.server(i).status()) {
        EXPECT(world.home_of(client.path) == i);
        EXPECT(addresses.insert(client.addresses.v4).second);
        EXPECT(addresses.insert(*client.addresses.v6).second);
      }
    }
    for (std::size_t i = 0; i < 100; ++i) {
      EXPECT(world.send_up(i, kInside, "up"));
      EXPECT(world.send_down(i, "down"));
    }
    world.run_for(seconds(1));
    EXPECT(world.inside.size() == 100);
    EXPECT(
        std::ranges::all_of(std::views::iota(std::size_t{0}, std::size_t{100}),
                            [&](std::size_t i) { return world.client(i).received.size() == 1; }));
  }

  TEST_CASE("R22: whoever answered the reset, each takes the third packet, from the same address") {
    for (const WrapKind wrap : kAllWraps) {
      CAPTURE(static_cast<int>(wrap));
      // One that answers, one that is asked next: as when a process is replaced in between.
      ServerWorld world(shared(0, wrap));
      Knocker knocker(wrap);
      const std::size_t home = world.home_of(kStranger);
      world.inject(kStranger, knocker.reset(world.now()));
      const SessionId cookie = cookie_in(world.answers.at(0));
      auto third = knocker.third(world.now(), cookie);
      static_cast<void>(world.server(1 - home).handle_datagram(world.now(), kStranger, third));
      EXPECT(world.server(1 - home).handshaking() == 1);
      EXPECT(world.server(home).handshaking() == 0);
    }
  }

  TEST_CASE("R22: an address that changes after the reset makes the cookie worthless everywhere") {
    for (const WrapKind wrap : kAllWraps) {
      for (const bool same_server : {true, false}) {
        CAPTURE(static_cast<int>(wrap));
        ServerWorld world(shared(0, wrap));
        Knocker knocker(wrap);
        world.inject(kStranger, knocker.reset(world.now()));
        const SessionId cookie = cookie_in(world.answers.at(0));
        const Path moved = elsewhere(world, kStranger, same_server);
        world.inject(moved, knocker.third(world.now(), cookie));
        EXPECT(world.server(0).handshaking() + world.server(1).handshaking() == 0);
        EXPECT(world.server(world.home_of(moved)).drops()[DropReason::kBadCookie] == 1);
        // A reset from there is answered, and then it goes on.
        Knocker again(wrap, 78);
        world.inject(moved, again.reset(world.now()));
        world.inject(moved, again.third(world.now(), cookie_in(world.answers.back())));
        EXPECT(world.server(world.home_of(moved)).handshaking() == 1);
      }
    }
  }

  TEST_CASE("a client that moves to the other server disturbs nobody there, and comes in anew") {
    ServerWorld world(shared(40));
    REQUIRE(world.run_until([&] { return world.all_connected(); }, seconds(30)));
    auto& mover = world.client(7);
    const std::size_t before = world.home_of(mover.path);
    const base::IpAddress old_address = mover.address();
    mover.path = elsewhere(world, mover.path, /*same_server=*/false);
    REQUIRE(world.send_up(7, kInside, "lost"));
    world.run_for(seconds(1));
    // Its peer id is somebody else's there, whose key says no.
    EXPECT(world.inside.empty());
    EXPECT(world.server(1 - before).connected() + world.server(before).connected() == 40);
    REQUIRE(world.run_until([&] { return mover.ups.size() == 2; }, minutes(5)));
    EXPECT(mover.address() != old_address);
    for (std::size_t i = 0; i < 40; ++i) {
      EXPECT(world.client(i).ups.size() == (i == 7 ? 2 : 1));
      EXPECT(world.send_up(i, kInside, "up"));
    }
    world.run_for(seconds(1));
    EXPECT(world.inside.size() == 40);
    // The old one is forgotten when it was silent for long enough.
    world.run_for(minutes(3));
    EXPECT(world.server(0).connected() + world.server(1).connected() == 40);
  }

  TEST_CASE("one that stays with its server may move as it likes") {
    ServerWorld world(shared(10));
    REQUIRE(world.run_until([&] { return world.all_connected(); }, seconds(30)));
    world.client(3).path = elsewhere(world, world.client(3).path, /*same_server=*/true);
    REQUIRE(world.send_up(3, kInside, "moved"));
    world.run_for(seconds(1));
    EXPECT(world.inside == std::vector<std::string>{"moved"});
    EXPECT(world.client(3).ups.size() == 1);
  }
}

}  // namespace
}  // namespace sallyport::sim
