// What ends a connection, and what comes after: liveness, failover, logins, the server's messages.
// The names B1 to B9 are defects of our ancestor, each of which has its test here or in the unit
// tests.
#include <algorithm>
#include <chrono>
#include <initializer_list>

#include "test.h"
#include "world.h"

namespace sallyport::sim {
namespace {

using namespace openvpn;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

base::IpAddress other_address(std::uint32_t number) {
  return base::IpAddress::v4(0xc6336400 + number);
}

Credentials login(std::string_view name, std::string_view password) {
  return {base::SecretBytes(name), base::SecretBytes(password)};
}

TEST_SUITE("sim/liveness") {
  TEST_CASE("pings keep an idle tunnel alive on both sides") {
    World::Setup setup = World::with_keepalive();
    World world(std::move(setup));
    REQUIRE(world.connect());
    const auto before = world.path().sent();
    for (int i = 0; i < 60; ++i) {
      world.server().send_data(base::text_of(kPingMagic));
      world.run_for(seconds(5));
    }
    EXPECT(world.downs.empty());
    EXPECT(world.path().sent() - before >= 110);
  }

  TEST_CASE(
      "a silent server is noticed after ping-restart, once, and the tunnel is made again (B6)") {
    World world(World::with_keepalive());
    REQUIRE(world.connect());
    world.server().script().silent = true;
    REQUIRE(world.run_until([&] { return !world.downs.empty(); }, minutes(2)));
    EXPECT(world.downs[0].reason == DownReason::kPeerSilent);
    world.restart_server();
    REQUIRE(world.connect());
    world.run_for(seconds(15));
    EXPECT(world.downs.size() == 1);
    EXPECT(world.ups.size() == 2);
  }

  TEST_CASE("junk does not count as life (B9)") {
    World world(World::with_keepalive());
    REQUIRE(world.connect());
    world.server().script().silent = true;
    testing::CountingRng rng(5);
    for (int i = 0; i < 60 && world.downs.empty(); ++i) {
      for (const int first : {0x20, 0x28, 0x30, 0x38, 0x40, 0x48, 0x18, 0x58, 0xff}) {
        std::vector<std::uint8_t> junk(80);
        rng.fill(junk);
        junk[0] = static_cast<std::uint8_t>(first);
        world.path().send(world.now().mono, Towards::kClient, junk);
      }
      world.run_for(seconds(1));
    }
    REQUIRE(world.downs.size() == 1);
    EXPECT(world.downs[0].reason == DownReason::kPeerSilent);
    EXPECT(world.drops.total() > 100);
  }

  TEST_CASE("R1: packets of any length and kind at any time change nothing (B10)") {
    World world(World::with_keepalive());
    testing::CountingRng rng(9);
    for (int round = 0; round < 400; ++round) {
      for (const std::size_t size : std::initializer_list<std::size_t>{
               0, 1, 2, 8, 9, 10, 13, 14, 49, 50, 54, 300, 1400, 65000}) {
        std::vector<std::uint8_t> junk(size);
        rng.fill(junk);
        if (size > 0 && round % 2 == 0)
          junk[0] = static_cast<std::uint8_t>((3 + rng.next() % 9) << 3);
        world.path().send(world.now().mono, Towards::kClient, std::move(junk));
      }
      world.run_for(milliseconds(20));
    }
    REQUIRE(world.connect());
    EXPECT(world.downs.empty());
    EXPECT(world.received.empty());
  }

  TEST_CASE("reconnecting starts clean: new ids, new push, new addresses (B8)") {
    World world(World::with_keepalive());
    REQUIRE(world.connect());
    world.server().script().push =
        "PUSH_REPLY,topology subnet,ifconfig 10.8.0.77 255.255.255.0,peer-id 7,cipher AES-256-GCM";
    world.client().reconnect(world.now());
    REQUIRE(world.connect());
    EXPECT(world.ups[1].options.ifconfig->local.to_string() == "10.8.0.77");
    EXPECT(world.ups[1].options.ping == base::Duration(0));
  }
}

TEST_SUITE("sim/failover") {
  TEST_CASE("a dead UDP server is left for the next one within connect-timeout (B5)") {
    World::Setup setup;
    setup.change_profile = [](Profile& profile) {
      profile.remotes.insert(profile.remotes.begin(), profile.remotes[0]);
      profile.remotes[0].host = other_address(1).to_string();
      for (Remote& remote : profile.remotes) remote.connect_timeout = seconds(10);
    };
    World world(std::move(setup));
    REQUIRE(world.run_until([&] { return world.connected(); }, seconds(15)));
    EXPECT(world.downs[0].reason == DownReason::kNoAnswer);
    EXPECT(world.attempts.size() == 2);
    EXPECT(world.attempts[1].address == kServerAddress);
  }

  TEST_CASE("all addresses of a name are tried, then the name is asked for again") {
    World::Setup setup;
    setup.change_profile = [](Profile& profile) {
      profile.remotes[0].host = "vpn.example.net";
      profile.remotes[0].connect_timeout = seconds(5);
    };
    World world(std::move(setup));
    world.run_for(seconds(2));
    EXPECT(world.resolves >= 2);
    world.names["vpn.example.net"] = {other_address(1), other_address(2), kServerAddress};
    REQUIRE(world.connect());
    EXPECT(world.downs[0].reason == DownReason::kResolveFailed);
    REQUIRE(world.attempts.size() == 3);
    EXPECT(world.attempts[0].address == other_address(1));
    EXPECT(world.attempts[2].address == kServerAddress);
  }

  TEST_CASE("only addresses of the wanted family are used") {
    World::Setup setup;
    setup.change_profile = [](Profile& profile) {
      profile.remotes[0].host = "vpn.example.net";
      profile.remotes[0].family = AddressFamily::kIpv4;
    };
    World world(std::move(setup));
    world.names["vpn.example.net"] = {base::IpAddress::parse("2001:db8::1").value(),
                                      kServerAddress};
    REQUIRE(world.connect());
    EXPECT(world.attempts.size() == 1);
  }

  TEST_CASE("when the resolver is gone, the address that last worked is used") {
    World::Setup setup = World::with_keepalive();
    setup.change_profile = [](Profile& profile) { profile.remotes[0].host = "vpn.example.net"; };
    World world(std::move(setup));
    world.names["vpn.example.net"] = {kServerAddress};
    REQUIRE(world.connect());
    world.names.clear();
    world.server().script().silent = true;
    REQUIRE(world.run_until([&] { return world.downs.size() >= 3; }, minutes(20)));
    world.restart_server();
    REQUIRE(world.connect());
    EXPECT(world.resolves > 1);
  }

  TEST_CASE("the pause between rounds grows to its maximum, and no number of rounds is the last") {
    World::Setup setup;
    setup.change_profile = [](Profile& profile) {
      profile.reconnect = {seconds(1), seconds(8), 20u};
    };
    World world(std::move(setup));
    world.refuse_connections = true;
    std::vector<base::Instant> times;
    for (std::size_t seen = 0; seen < 20; seen = world.attempts.size()) {
      REQUIRE(world.run_until([&] { return world.attempts.size() > seen; }, minutes(1)));
      times.push_back(world.now().mono);
    }
    EXPECT(times[1] - times[0] == seconds(1));
    EXPECT(times[19] - times[18] == seconds(8));
    world.run_for(hours(1));
    EXPECT(world.attempts.size() > 400);
    world.refuse_connections = false;
    REQUIRE(world.run_until([&] { return world.connected(); }, seconds(9)));
  }

  TEST_CASE("with two profiles the pause grows as with one") {
    const auto attempts_in_an_hour = [](unsigned profiles) {
      World::Setup setup;
      setup.profiles = profiles;
      World world(std::move(setup));
      world.refuse_connections = true;
      world.run_for(hours(1));
      return world.attempts.size();
    };
    const std::size_t one = attempts_in_an_hour(1);
    EXPECT(one < 30);
    EXPECT(attempts_in_an_hour(2) <= 2 * one);
  }

  TEST_CASE("remote-random uses all remotes in some order") {
    std::vector<std::string> firsts;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
      World::Setup setup;
      setup.seed = seed;
      setup.change_profile = [](Profile& profile) {
        profile.remote_random = true;
        for (std::uint32_t i = 1; i < 4; ++i) {
          profile.remotes.push_back(profile.remotes[0]);
          profile.remotes.back().host = other_address(i).to_string();
        }
        for (Remote& remote : profile.remotes) remote.connect_timeout = seconds(5);
      };
      World world(std::move(setup));
      REQUIRE(world.connect());
      firsts.push_back(world.attempts[0].address.to_string());
      EXPECT(world.attempts.size() <= 4);
    }
    std::ranges::sort(firsts);
    EXPECT(std::unique(firsts.begin(), firsts.end()) - firsts.begin() == 4);
  }
}

TEST_SUITE("sim/messages") {
  World::Setup with_login() {
    World::Setup setup;
    setup.change_profile = [](Profile& profile) { profile.login.wanted = true; };
    setup.login = login("alice", "secret");
    return setup;
  }

  TEST_CASE("a refused login is retried ever more rarely, and said to be held back") {
    World::Setup setup = with_login();
    setup.script.on_login = "AUTH_FAILED,wrong password";
    World world(std::move(setup));
    REQUIRE(world.run_until([&] { return !world.downs.empty(); }, seconds(5)));
    EXPECT(world.downs[0].reason == DownReason::kAuthFailed);
    EXPECT(world.downs[0].text.find("wrong password") != std::string::npos);
    EXPECT(world.client().held_back());
    world.run_for(hours(12));
    EXPECT(world.attempts.size() > 10);
    EXPECT(world.attempts.size() < 25);
    world.server().script().on_login.clear();
    REQUIRE(world.run_until([&] { return world.connected(); }, hours(2)));
  }

  TEST_CASE("auth-retry nointeract retries soon, but not so often that an account is locked") {
    World::Setup setup = with_login();
    setup.script.on_login = "AUTH_FAILED";
    setup.change_profile = [](Profile& profile) {
      profile.login.wanted = true;
      profile.login.retry = AuthRetry::kNoInteract;
    };
    World world(std::move(setup));
    world.run_for(seconds(60));
    EXPECT(world.attempts.size() >= 7);
    EXPECT(world.attempts.size() <= 9);
  }

  // Four remotes on three servers; kServerAddress is the last.
  void use_three_servers(Profile & profile) {
    profile.login.wanted = true;
    profile.remotes.resize(4, profile.remotes[0]);
    profile.remotes[0].host = "one.example";
    profile.remotes[1].host = "one.example";
    profile.remotes[1].port = 443;
    profile.remotes[2].host = "two.example";
  }

  TEST_CASE("a refused login is tried once with each other server before the long pause") {
    World::Setup setup = with_login();
    setup.script.on_login = "AUTH_FAILED,too many sessions";
    setup.change_profile = use_three_servers;
    World world(std::move(setup));
    world.names = {{"one.example", {kServerAddress}}, {"two.example", {kServerAddress}}};
    world.run_for(seconds(50));
    EXPECT(world.downs.size() == 3);
    world.run_for(minutes(2));
    EXPECT(world.downs.size() == 6);
    world.server().script().on_login.clear();
    REQUIRE(world.run_until([&] { return world.connected(); }, minutes(4)));
  }

  TEST_CASE("a temporary refusal waits as long as it says") {
    World::Setup setup = with_login();
    setup.script.on_login = "AUTH_FAILED,TEMP[backoff 42,advance no]:database is down";
    World world(std::move(setup));
    REQUIRE(world.run_until([&] { return !world.downs.empty(); }, seconds(5)));
    EXPECT(world.downs[0].reason == DownReason::kAuthTemporary);
    world.run_for(seconds(40));
    EXPECT(world.attempts.size() == 1);
    world.server().script().on_login.clear();
    world.run_for(seconds(5));
    EXPECT(world.connected());
  }

  TEST_CASE("a token replaces the password, and the password the token when it is refused") {
    World::Setup setup = with_login();
    setup.script.push += ",auth-token SESS_ID_AT_abcdef";
    setup.script.rekey_every = seconds(20);
    World world(std::move(setup));
    world.forbidden = {"SESS_ID_AT_abcdef"};
    REQUIRE(world.connect());
    EXPECT(world.server().client_password == "secret");
    world.run_for(seconds(50));
    EXPECT(world.server().keys_made >= 2);
    EXPECT(world.server().client_password == "SESS_ID_AT_abcdef");
    EXPECT(world.server().client_username == "alice");
    world.client().reconnect(world.now());
    REQUIRE(world.connect());
    EXPECT(world.server().client_password == "SESS_ID_AT_abcdef");

    world.server().script().on_login = "AUTH_FAILED,SESSION:token expired";
    world.client().reconnect(world.now());
    REQUIRE(world.run_until([&] { return world.downs.size() >= 3; }, seconds(10)));
    world.server().script().on_login.clear();
    REQUIRE(world.connect());
    EXPECT(world.server().client_password == "secret");
    EXPECT_FALSE(world.leaked);
  }

  TEST_CASE("RESTART, EXIT and the data channel's exit lead to a new connection") {
    for (const char* text : {"RESTART", "RESTART,[N]maintenance", "EXIT"}) {
      CAPTURE(std::string(text));
      World world(World::Setup{});
      REQUIRE(world.connect());
      world.server().send_text(text);
      world.run_for(seconds(1));
      REQUIRE(world.downs.size() == 1);
      EXPECT(world.downs[0].reason ==
             (std::string_view(text) == "EXIT" ? DownReason::kPeerExit : DownReason::kRestart));
      REQUIRE(world.connect());
    }
    World world(World::Setup{});
    REQUIRE(world.connect());
    world.server().send_data(base::text_of(kExitNotice));
    world.run_for(milliseconds(100));
    REQUIRE(world.downs.size() == 1);
    EXPECT(world.downs[0].reason == DownReason::kPeerExit);
    REQUIRE(world.connect());
  }

  TEST_CASE("HALT is obeyed until the user says otherwise") {
    World world(World::Setup{});
    REQUIRE(world.connect());
    world.server().send_text("HALT,go away");
    world.run_for(hours(10));
    REQUIRE(world.downs.size() == 1);
    EXPECT(world.downs[0].reason == DownReason::kHalt);
    EXPECT(world.attempts.size() == 1);
    world.client().reconnect(world.now());
    REQUIRE(world.connect());
  }

  TEST_CASE("AUTH_PENDING extends the wait for the push, to what it asks for and no longer") {
    for (const bool late : {false, true}) {
      World::Setup setup;
      setup.script.push = "AUTH_PENDING,timeout 150";
      World world(std::move(setup));
      world.run_for(seconds(100));
      EXPECT(world.downs.empty());
      if (late) {
        world.run_for(seconds(55));
        REQUIRE(world.downs.size() == 1);
        EXPECT(world.downs[0].reason == DownReason::kPushTimeout);
        continue;
      }
      world.server().send_text(
          "PUSH_REPLY,topology subnet,ifconfig 10.8.0.2 255.255.255.0,peer-id 7,cipher "
          "AES-256-GCM");
      EXPECT(world.run_until([&] { return world.connected(); }, seconds(10)));
    }
  }

  TEST_CASE("AUTH_PENDING is granted half of reneg-sec at most, counted once") {
    for (const seconds repeated : {seconds(0), seconds(20)}) {
      World::Setup setup;
      setup.change_profile = [](Profile& profile) {
        profile.rekey.every = minutes(10);
        profile.rekey.hand_window = seconds(60);
      };
      setup.script.push = "AUTH_PENDING,timeout 3600";
      World world(std::move(setup));
      for (int i = 0; i < 14 && repeated > seconds(0); ++i) {
        world.run_for(repeated);
        world.server().send_text("AUTH_PENDING,timeout 3600");
      }
      world.run_for(seconds(290) - 14 * repeated);
      EXPECT(world.downs.empty());
      world.run_for(seconds(15));
      REQUIRE(world.downs.size() == 1);
      EXPECT(world.downs[0].reason == DownReason::kPushTimeout);
    }
  }

  TEST_CASE("a push that comes in parts, and in more records than one, is applied whole (B11)") {
    World::Setup setup;
    setup.script.push =
        "PUSH_REPLY,topology subnet,ifconfig 10.8.0.2 255.255.255.0,push-continuation 2";
    World world(std::move(setup));
    world.run_for(seconds(2));
    EXPECT_FALSE(world.connected());
    std::string routes;
    for (int i = 0; i < 400; ++i)
      routes += ",route 172.16." + std::to_string(i % 250) + ".0 255.255.255.0";
    world.server().send_text("PUSH_REPLY" + routes + ",push-continuation 2");
    world.run_for(seconds(2));
    EXPECT_FALSE(world.connected());
    world.server().send_text("PUSH_REPLY,peer-id 7,cipher AES-256-GCM,push-continuation 1");
    REQUIRE(world.run_until([&] { return world.connected(); }, seconds(10)));
    EXPECT(world.ups[0].options.routes.size() == 400);
  }

  TEST_CASE("PUSH_UPDATE changes the tunnel's options, in parts too, and the tunnel stays") {
    World world(World::Setup{});
    REQUIRE(world.connect());
    world.server().send_text("PUSH_UPDATE,dhcp-option DNS 198.51.100.1,push-continuation 2");
    world.run_for(seconds(2));
    EXPECT(world.changes.empty());
    world.server().send_text("PUSH_UPDATE,dhcp-option DNS 198.51.100.2,tun-mtu 1400");
    world.run_for(seconds(2));
    REQUIRE(world.changes.size() == 1);
    EXPECT(world.changes[0].dns_servers.size() == 2);
    EXPECT(world.changes[0].tun_mtu == 1400);
    EXPECT(world.connected());
    EXPECT(world.send_inside("still there"));
    world.server().send_text("PUSH_UPDATE,-dhcp-option,?reneg-sec 1");
    world.run_for(seconds(2));
    REQUIRE(world.changes.size() == 2);
    EXPECT(world.changes[1].dns_servers.empty());
    EXPECT(world.downs.empty());
    world.server().send_text("PUSH_UPDATE,cipher AES-128-GCM");
    REQUIRE(world.run_until([&] { return !world.downs.empty(); }, seconds(10)));
    EXPECT(world.downs[0].reason == DownReason::kPushRefused);
  }

  TEST_CASE("a cipher we did not offer ends the attempt by name") {
    World::Setup setup;
    setup.script.push = "PUSH_REPLY,topology subnet,ifconfig 10.8.0.2 255.255.255.0,cipher BF-CBC";
    World world(std::move(setup));
    REQUIRE(world.run_until([&] { return !world.downs.empty(); }, seconds(10)));
    EXPECT(world.downs[0].reason == DownReason::kCipher);
    EXPECT(world.downs[0].text.find("BF-CBC") != std::string::npos);
  }

  TEST_CASE("R18: what a server says is escaped where it could control a terminal") {
    World world(World::Setup{});
    REQUIRE(world.connect());
    world.server().send_text("INFO,\x1b[31mred");
    world.server().send_text("PUSH_REPLY,ping 5\x1b[31m");
    world.run_for(seconds(2));
    EXPECT(world.downs.empty());
    REQUIRE(world.notes.size() == 2);
    for (const std::string& note : world.notes) EXPECT(note.find('\x1b') == std::string::npos);
  }

  TEST_CASE("stopping says goodbye where the server understands it") {
    World::Setup setup;
    setup.script.push += ",protocol-flags cc-exit";
    World world(std::move(setup));
    REQUIRE(world.connect());
    world.client().stop(world.now());
    world.run_for(seconds(2));
    EXPECT(world.client().phase() == Client::Phase::kBlocked);
    REQUIRE_FALSE(world.server().texts_received.empty());
    EXPECT(world.server().texts_received.back() == "EXIT");
  }

  TEST_CASE("inactive and session-timeout end the session, which is then made anew") {
    World::Setup idle;
    idle.script.push += ",inactive 30 1000";
    World world(std::move(idle));
    REQUIRE(world.connect());
    for (int i = 0; i < 40 && world.downs.empty(); ++i) {
      world.send_inside("x");
      world.run_for(seconds(1));
    }
    REQUIRE(world.downs.size() == 1);
    EXPECT(world.downs[0].reason == DownReason::kInactive);
    REQUIRE(world.connect());
  }
}

}  // namespace
}  // namespace sallyport::sim
