// New keys, from either side, in good and bad weather, without losing a packet to them.
#include <chrono>

#include "server_world.h"
#include "test.h"
#include "world.h"

namespace sallyport::sim {
namespace {

using namespace openvpn;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

World::Setup setup_with(WrapKind wrap, bool modern) {
  World::Setup setup;
  setup.wrap = wrap;
  if (modern) {
    setup.script.push += ",protocol-flags tls-ekm dyn-tls-crypt";
    setup.script.exporter = setup.script.dynamic_tls_crypt = true;
  }
  return setup;
}

// Sends a numbered packet each way every 100 ms for `duration`; returns how many were sent each
// way.
int talk(World& world, base::Duration duration) {
  int sent = 0;
  for (base::Duration passed{0}; passed < duration; passed += milliseconds(100)) {
    world.send_inside("up " + std::to_string(sent));
    world.server().send_data("down " + std::to_string(sent));
    ++sent;
    world.run_for(milliseconds(100));
  }
  return sent;
}

TEST_SUITE("sim/rekey") {
  TEST_CASE("rekeys from our side, from the server's, and from both at once lose no packet") {
    struct Row {
      int ours, theirs;
    };
    for (const Row& row : {Row{10, 0}, Row{0, 10}, Row{10, 10}, Row{7, 11}}) {
      for (const WrapKind wrap : kAllWraps) {
        for (const bool modern : {false, true}) {
          CAPTURE(row.ours);
          CAPTURE(row.theirs);
          World::Setup setup = setup_with(wrap, modern);
          setup.script.rekey_every = seconds(row.theirs);
          setup.change_profile =
              row.ours == 7    ? [](Profile& profile) { profile.rekey.every = seconds(7); }
              : row.ours == 10 ? [](Profile& profile) { profile.rekey.every = seconds(10); }
                               : [](Profile& profile) { profile.rekey.every = seconds(0); };
          World world(std::move(setup));
          REQUIRE(world.run_until([&] { return world.connected(); }, seconds(3)));
          const int sent = talk(world, seconds(100));
          world.run_for(seconds(1));
          EXPECT(world.server().keys_made >= 9);
          EXPECT(world.server().received.size() == static_cast<std::size_t>(sent));
          EXPECT(world.received.size() == static_cast<std::size_t>(sent));
          EXPECT(world.downs.empty());
        }
      }
    }
  }

  TEST_CASE("R15: rekeys under loss, reordering and repetition keep the tunnel up") {
    for (std::uint64_t seed = 1; seed <= 150; ++seed) {
      CAPTURE(seed);
      World::Setup setup = setup_with(kAllWraps[seed % std::size(kAllWraps)], seed % 2 == 0);
      setup.seed = seed;
      setup.script.rekey_every = seconds(seed % 3 == 0 ? 0 : 15);
      setup.change_profile = [](Profile& profile) { profile.rekey.every = seconds(12); };
      World world(std::move(setup));
      REQUIRE(world.run_until([&] { return world.connected(); }, seconds(3)));
      world.path().weather() = {
          .lost = static_cast<unsigned>(seed % 200), .repeated = 30, .longest = milliseconds(150)};
      const int sent = talk(world, seconds(120));
      EXPECT(world.server().keys_made >= 4);
      // What is lost is the weather's work, not that of the rekeys.
      const double expected = sent * (1000.0 - static_cast<double>(seed % 200)) / 1000.0;
      EXPECT(world.downs.empty());
      EXPECT(static_cast<double>(world.received.size()) > expected * 0.9 - 20);
      EXPECT(static_cast<double>(world.server().received.size()) > expected * 0.9 - 20);
    }
  }

  TEST_CASE("bytes and packets ask for a new key too") {
    for (const bool bytes : {false, true}) {
      World::Setup setup;
      setup.change_profile = bytes ? [](Profile& profile) { profile.rekey.bytes = 2000; }
                                   : [](Profile& profile) { profile.rekey.packets = 20; };
      World world(std::move(setup));
      REQUIRE(world.run_until([&] { return world.connected(); }, seconds(3)));
      const std::string packet(200, 'x');
      // A new key seals only when it is a minute old, so the limits of three keys take some
      // minutes.
      for (int i = 0; i < 60; ++i) {
        world.send_inside(packet);
        world.run_for(seconds(5));
      }
      EXPECT(world.server().keys_made >= 3);
      EXPECT(world.server().received.size() == 60);
    }
  }

  // Either end may have used its key up once more before the new one is let in.
  TEST_CASE("no further key begins while the server judges the login of the last one") {
    for (const bool by_client : {false, true}) {
      CAPTURE(by_client);
      ServerWorld::Setup setup;
      setup.login = Credentials{base::SecretBytes("alice"), base::SecretBytes("wonderland")};
      setup.change_config = [](ServerConfig& config) { config.login.users = list_of_users("alice"); };
      if (!by_client) {
        setup.change_config = [](ServerConfig& config) {
          config.login.users = list_of_users("alice");
          config.rekey.packets = 20;
        };
      }
      ServerWorld world(std::move(setup));
      const base::IpAddress inside = *base::IpAddress::parse("10.8.0.1");
      std::size_t answered = 0, sent = 0;
      const auto judge = [&] {
        if (world.checks.size() == answered) return;
        const PasswordCheck& check = world.checks[answered++];
        world.server().handle_password(world.now(), check.client, check.number, true);
      };
      REQUIRE(world.run_until([&] { return !world.checks.empty(); }, seconds(10)));
      judge();
      REQUIRE(world.run_until([&] { return world.all_connected(); }, seconds(10)));
      // Each login waits for up to two seconds, in which both ends go on talking.
      for (int i = 0; i < 1200 && world.client(0).connected(); ++i) {
        if (world.send_up(0, inside, "up")) ++sent;
        world.run_for(milliseconds(100));
        if (by_client) world.client(0).client->session()->rekey(world.now());
        if (i % 20 == 0) judge();
      }
      EXPECT(answered >= 3);
      EXPECT(world.client(0).downs.empty());
      EXPECT(world.server().connected() == 1);
      world.run_for(seconds(1));
      if (!by_client) {
        EXPECT(sent == 1200);
        EXPECT(world.inside.size() == sent);
      }
      // A client that begins one key after the other seals with keys that are not let in yet.
      judge();
      world.run_for(seconds(10));
      judge();
      EXPECT(world.send_up(0, inside, "after"));
      world.run_for(seconds(1));
      EXPECT(world.inside.back() == "after");
    }
  }

  TEST_CASE("a rekey whose login nobody judges within hand-window ends the session") {
    ServerWorld::Setup setup;
    setup.login = Credentials{base::SecretBytes("alice"), base::SecretBytes("wonderland")};
    setup.change_config = [](ServerConfig& config) {
      config.login.users = list_of_users("alice");
      config.rekey.every = seconds(30);
    };
    ServerWorld world(std::move(setup));
    REQUIRE(world.run_until([&] { return !world.checks.empty(); }, seconds(10)));
    world.server().handle_password(world.now(), world.checks[0].client, world.checks[0].number,
                                   true);
    REQUIRE(world.run_until([&] { return world.all_connected(); }, seconds(10)));
    REQUIRE(world.run_until([&] { return world.checks.size() == 2; }, seconds(40)));
    world.run_for(seconds(50));
    EXPECT(world.server().connected() == 1);
    world.run_for(seconds(15));
    EXPECT(world.server().connected() == 0);
  }

  TEST_CASE("a rekey that cannot finish brings the session down, and a new one follows") {
    World::Setup setup = setup_with(WrapKind::kTlsCryptV2, true);
    setup.change_profile = [](Profile& profile) { profile.rekey.every = seconds(30); };
    World world(std::move(setup));
    REQUIRE(world.run_until([&] { return world.connected(); }, seconds(3)));
    world.run_for(seconds(29));
    world.server().script().silent = true;
    REQUIRE(world.run_until([&] { return !world.downs.empty(); }, minutes(3)));
    EXPECT(world.downs[0].reason == DownReason::kHandshake);
    EXPECT(world.downs[0].text.find("rekey") != std::string::npos);
    world.server().script().silent = false;
    EXPECT(world.run_until([&] { return world.connected(); }, minutes(3)));
  }

  // The certificate is locked to the first handshake's.
  TEST_CASE("another certificate in a rekey ends the session") {
    World world(World::Setup{});
    REQUIRE(world.run_until([&] { return world.connected(); }, seconds(3)));
    world.server_tls().present(99);
    world.client().session()->rekey(world.now());
    REQUIRE(world.run_until([&] { return !world.downs.empty(); }, minutes(1)));
    EXPECT(world.downs[0].reason == DownReason::kKeyExchange);
  }

  TEST_CASE("the old key seals until the new one's time has come") {
    World::Setup setup;
    setup.change_profile = [](Profile& profile) {
      profile.rekey.every = seconds(0);
      profile.rekey.hand_window = seconds(20);
      profile.rekey.tran_window = seconds(60);
    };
    World world(std::move(setup));
    REQUIRE(world.run_until([&] { return world.connected(); }, seconds(3)));
    world.client().session()->rekey(world.now());
    world.run_for(seconds(5));
    EXPECT(world.server().keys_made == 2);
    // Until 20 s we seal with the old one, which the server opens.
    REQUIRE(world.send_inside("old key"));
    world.run_for(seconds(30));
    REQUIRE(world.send_inside("new key"));
    world.run_for(seconds(1));
    EXPECT(world.server().received == std::vector<std::string>{"old key", "new key"});
  }

  TEST_CASE("a peer that still seals with the old key after the transition window is not heard") {
    World::Setup setup;
    setup.change_profile = [](Profile& profile) {
      profile.rekey.every = seconds(0);
      profile.rekey.tran_window = seconds(30);
    };
    World world(std::move(setup));
    REQUIRE(world.run_until([&] { return world.connected(); }, seconds(3)));
    world.client().session()->rekey(world.now());
    world.run_for(seconds(5));
    REQUIRE(world.server().keys_made == 2);
    // The server seals with the old key for its first minute.
    world.run_for(seconds(20));
    world.server().send_data("in time");
    world.run_for(seconds(10));
    world.server().send_data("too late");
    world.run_for(seconds(10));
    EXPECT(world.received == std::vector<std::string>{"in time"});
    EXPECT(world.drops[DropReason::kBadKeyId] == 1);
    EXPECT(world.downs.empty());
    // The new key is heard: from here on the server knows that we have it.
    world.run_for(seconds(30));
    world.server().send_data("new key");
    world.run_for(seconds(1));
    EXPECT(world.received.back() == "new key");
  }
}

}  // namespace
}  // namespace sallyport::sim
