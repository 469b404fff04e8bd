// The client against the scripted server, in every wrap, and in bad weather.
#include <chrono>

#include "knocker.h"
#include "server_world.h"
#include "test.h"
#include "world.h"

namespace sallyport::sim {
namespace {

using namespace openvpn;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* kModernPush =
    "PUSH_REPLY,topology subnet,ifconfig 10.8.0.2 255.255.255.0,peer-id 7,cipher "
    "AES-256-GCM,protocol-flags cc-exit tls-ekm "
    "dyn-tls-crypt,tun-mtu 1500,ping 10,ping-restart 60";

World::Setup modern(WrapKind wrap) {
  World::Setup setup;
  setup.wrap = wrap;
  setup.script.push = kModernPush;
  setup.script.exporter = true;
  setup.script.dynamic_tls_crypt = true;
  return setup;
}

// Without a wrap.
std::vector<std::uint8_t> plain_packet(const ControlHeader& header, const ControlBody& body) {
  return ControlWrapper::plain().wrap({}, header, body.serialize());
}

// A client behind a server that is silent, whose words are said by others.
struct Unanswered {
  World world;
  SessionId local;
  Unanswered()
      : world([] {
          World::Setup setup;
          setup.wrap = WrapKind::kPlain;
          setup.script.silent = true;
          return setup;
        }()) {
    REQUIRE(world.run_until([&] { return !world.sent.empty(); }, seconds(1)));
    local = ControlHeader::parse(world.sent[0])->session;
  }
  void say(Opcode opcode, SessionId speaker, bool acknowledges, bool message) {
    ControlBody body;
    if (acknowledges) {
      body.acks = AckList{MessageId(0)};
      body.acked_session = local;
    }
    if (message) body.message_id = MessageId(0);
    world.path().send(world.now().mono, Towards::kClient,
                      plain_packet({opcode, KeyId{}, speaker}, body));
    world.run_for(milliseconds(300));
  }
  bool answered() { return world.client().session()->answered(); }
};

TEST_SUITE("sim/handshake") {
  TEST_CASE(
      "connects under every wrap, with old servers and new ones, and carries packets both ways") {
    for (const WrapKind wrap : kAllWraps) {
      for (const bool cookies : {false, true}) {
        for (const bool new_server : {false, true}) {
          CAPTURE(static_cast<int>(wrap));
          CAPTURE(cookies);
          World::Setup setup = new_server ? modern(wrap) : World::Setup{};
          setup.wrap = wrap;
          setup.script.cookies = cookies;
          World world(std::move(setup));
          REQUIRE(world.run_until([&] { return world.connected(); }, seconds(3)));
          EXPECT((world.server().stateless_replies > 0) == cookies);
          EXPECT(world.ups[0].cipher == "AES-256-GCM");
          EXPECT(world.ups[0].options.peer_id == PeerId(7));
          REQUIRE(world.send_inside("up"));
          world.server().send_data("down");
          world.run_for(seconds(1));
          EXPECT(world.server().received == std::vector<std::string>{"up"});
          EXPECT(world.received == std::vector<std::string>{"down"});
          EXPECT(world.downs.empty());
          EXPECT(world.drops.total() == 0);
        }
      }
    }
  }

  TEST_CASE("asks for the push when the server waits to be asked, and again every five seconds") {
    World::Setup setup;
    setup.script.push_unasked = false;
    World world(std::move(setup));
    REQUIRE(world.run_until([&] { return world.connected(); }, seconds(3)));
    EXPECT(world.server().texts_received == std::vector<std::string>{"PUSH_REQUEST"});

    World::Setup mute;
    mute.script.push_unasked = false;
    mute.script.push = "INFO_PRE,CR_TEXT:R:not yet";
    World waiting(std::move(mute));
    waiting.run_for(seconds(22));
    EXPECT(waiting.server().texts_received.size() == 5);
    EXPECT_FALSE(waiting.connected());
    REQUIRE(waiting.run_until([&] { return !waiting.downs.empty(); }, minutes(2)));
    EXPECT(waiting.downs[0].reason == DownReason::kPushTimeout);
  }

  TEST_CASE("a server that talks without end does not fill the log, and is heard again later") {
    World world(modern(WrapKind::kTlsCryptV2));
    REQUIRE(world.run_until([&] { return world.connected(); }, seconds(3)));
    const std::size_t before = world.notes.size();
    for (int i = 0; i < 500; ++i) world.server().send_text("INFO,hello");
    world.run_for(seconds(30));
    const std::size_t said = world.notes.size() - before;
    EXPECT(said > 10);
    EXPECT(said < 120);
    EXPECT(world.notes.back().contains("left out"));
    world.run_for(minutes(1));
    world.server().send_text("INFO,news");
    world.run_for(seconds(5));
    EXPECT(world.notes.back().contains("news"));
  }

  TEST_CASE(
      "thousands of stormy handshakes end connected, or down for a named reason and connected "
      "later") {
    unsigned at_first = 0;
    for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
      CAPTURE(seed);
      World::Setup setup = modern(kAllWraps[seed % std::size(kAllWraps)]);
      setup.seed = seed;
      setup.script.cookies = seed % 3 == 0;
      setup.weather.lost = static_cast<unsigned>(seed * 7 % 301);
      setup.weather.repeated = static_cast<unsigned>(seed % 60);
      // Under a wrap, damage is noticed; without one, a changed byte may fail TLS, which is a named
      // reason too.
      setup.weather.damaged = static_cast<unsigned>(seed % 20);
      setup.weather.longest = milliseconds(20 + seed % 200);
      World world(std::move(setup));
      REQUIRE(world.run_until([&] { return world.connected(); }, minutes(20)));
      if (world.downs.empty()) ++at_first;
      for (const Down& down : world.downs) EXPECT_FALSE(down.text.empty());
    }
    // Most get through the first time: 60 s are a lot of retransmissions.
    EXPECT(at_first > 2900);
  }

  TEST_CASE("control packets keep within max-packet-size") {
    for (const WrapKind wrap : kAllWraps) {
      World::Setup setup = modern(wrap);
      setup.weather.mtu = 1222;  // 1250 less the outer IPv4 and UDP headers
      setup.script.cookies = true;
      World world(std::move(setup));
      EXPECT(world.run_until([&] { return world.connected(); }, seconds(3)));
      EXPECT(world.downs.empty());
    }
  }

  // Our ancestor never sent it again (B4): the cookie handshake hung on a single lost packet.
  TEST_CASE("the wrapped key goes out again when message 1 is lost") {
    for (int lost = 0; lost < 3; ++lost) {
      World::Setup setup = modern(WrapKind::kTlsCryptV2);
      setup.script.cookies = true;
      World world(std::move(setup));
      world.run_until([&] { return world.server().stateless_replies > 0; }, seconds(2));
      world.path().weather().lost = 1000;
      world.run_for(seconds(lost * 6));
      world.path().weather().lost = 0;
      EXPECT(world.run_until([&] { return world.connected(); }, seconds(40)));
      EXPECT(world.server().keys_made == 1);
      EXPECT(world.downs.empty());
    }
  }

  // A server of 2.5 and before acknowledges our reset once: in its own reset, or, when that was
  // lost, in an ACK.
  TEST_CASE("an acknowledgement that comes apart from the server's reset is as good") {
    World world(modern(WrapKind::kPlain));
    world.run_for(milliseconds(30));  // our reset has arrived, the server's is under way
    world.path().arrived(world.now().mono + seconds(1));
    REQUIRE(world.run_until([&] { return world.connected(); }, seconds(10)));
    EXPECT(world.downs.empty());
  }

  TEST_CASE("the server's reset is taken from nobody but whoever acknowledged ours") {
    constexpr auto kReset = Opcode::kControlHardResetServerV2;
    const SessionId one(1), other(2);
    Unanswered apart;
    apart.say(kReset, one, false, true);
    EXPECT_FALSE(apart.answered());
    apart.say(Opcode::kAckV1, other, true, false);
    EXPECT_FALSE(apart.answered());
    apart.say(kReset, one, false, true);
    EXPECT_FALSE(apart.answered());
    EXPECT(apart.world.drops[DropReason::kBadAcks] == 2);
    apart.say(kReset, other, false, true);
    EXPECT(apart.answered());
    Unanswered together;
    together.say(kReset, one, true, true);
    EXPECT(together.answered());
    EXPECT(together.world.drops.total() == 0);
  }

  TEST_CASE("what acknowledges another session's messages is dropped, with all that is in it") {
    World::Setup setup;
    setup.wrap = WrapKind::kPlain;
    World world(std::move(setup));
    REQUIRE(world.connect());
    ControlBody body;
    body.acks = AckList{MessageId(0)};
    body.acked_session = SessionId(77);
    body.message_id = MessageId(6);
    world.sent.clear();
    world.server().send_control(world.now(), Opcode::kControlV1, KeyId{}, body.serialize());
    world.run_for(seconds(1));
    EXPECT(world.drops[DropReason::kNotForUs] == 1);
    // It was not acknowledged.
    EXPECT(world.sent.empty());
  }

  TEST_CASE("hard resets and wrapped keys under another key id than 0 are dropped, at both ends") {
    for (const WrapKind wrap : {WrapKind::kPlain, WrapKind::kTlsCryptV2}) {
      World::Setup setup;
      setup.wrap = wrap;
      World world(std::move(setup));
      REQUIRE(world.connect());
      world.client().session()->rekey(world.now());
      world.run_for(seconds(5));
      REQUIRE(world.server().keys_made == 2);
      ControlBody body;
      body.message_id = MessageId(0);
      world.server().send_control(world.now(), Opcode::kControlHardResetServerV2, KeyId{}.next(),
                                  body.serialize());
      world.run_for(seconds(1));
      EXPECT(world.drops[DropReason::kBadKeyId] == 1);

      ServerWorld ours({.wrap = wrap});
      ours.overhear = true;
      REQUIRE(ours.run_until([&] { return ours.all_connected(); }, seconds(10)));
      const SessionId client = ControlHeader::parse(ours.overheard.at(0).second)->session;
      ours.client(0).client->session()->rekey(ours.now());
      ours.run_for(seconds(5));
      const std::vector<Opcode> opcodes =
          wrap == WrapKind::kPlain
              ? std::vector{Opcode::kControlHardResetClientV2}
              : std::vector{Opcode::kControlHardResetClientV3, Opcode::kControlWkcV1};
      for (const Opcode opcode : opcodes) {
        const auto before = ours.server().drops()[DropReason::kBadKeyId];
        ours.inject(ours.client(0).path, plain_packet({opcode, KeyId{}.next(), client}, body));
        EXPECT(ours.server().drops()[DropReason::kBadKeyId] == before + 1);
      }
    }
  }

  TEST_CASE("control messages larger than OpenVPN's buffers are dropped, at both ends") {
    ControlBody body;
    const std::vector<std::uint8_t> large(65'000, 'x');
    body.payload = large;
    World::Setup setup;
    setup.wrap = WrapKind::kPlain;
    World world(std::move(setup));
    REQUIRE(world.connect());
    ServerWorld ours(empty_server(WrapKind::kPlain));
    Knocker knocker(WrapKind::kPlain);
    ours.inject(kStranger, knocker.reset(ours.now()));
    const SessionId cookie = cookie_in(ours.answers.at(0));
    ours.inject(kStranger, knocker.third(ours.now(), cookie, 0, 1, large));
    EXPECT(ours.server().handshaking() == 0);
    ours.inject(kStranger, knocker.third(ours.now(), cookie));
    REQUIRE(ours.server().handshaking() == 1);
    for (std::uint32_t id = 2; id < 12; ++id) {
      body.message_id = MessageId(id);
      world.server().send_control(world.now(), Opcode::kControlV1, KeyId{}, body.serialize());
      ours.inject(kStranger, plain_packet({Opcode::kControlV1, KeyId{}, SessionId(77)}, body));
    }
    world.run_for(seconds(1));
    EXPECT(world.drops[DropReason::kTooLong] == 10);
    EXPECT(ours.server().drops()[DropReason::kTooLong] == 11);
    EXPECT(world.downs.empty());
  }

  TEST_CASE("credentials reach the server and nobody else") {
    World::Setup setup = modern(WrapKind::kTlsCrypt);
    setup.change_profile = [](Profile& profile) { profile.login.wanted = true; };
    setup.login = Credentials{base::SecretBytes(std::string_view("alice")),
                              base::SecretBytes(std::string_view("wonderland"))};
    World world(std::move(setup));
    world.forbidden = {"alice", "wonderland"};
    REQUIRE(world.run_until([&] { return world.connected(); }, seconds(3)));
    EXPECT(world.server().client_username == "alice");
    EXPECT(world.server().client_password == "wonderland");
    EXPECT_FALSE(world.leaked);
  }

  TEST_CASE("a profile that wants a login does not connect without one, and asks for it") {
    World::Setup setup;
    setup.change_profile = [](Profile& profile) { profile.login.wanted = true; };
    World world(std::move(setup));
    world.run_for(minutes(5));
    EXPECT(world.attempts.empty());
    REQUIRE(world.downs.size() == 1);
    EXPECT(world.downs[0].reason == DownReason::kQuestion);
    EXPECT(world.client().held_back());
    REQUIRE(world.client().question());
    EXPECT(world.client().question()->text.starts_with("User name for "));
  }

  TEST_CASE("a connection's own mssfix takes the place of the tunnel's") {
    World::Setup setup;
    setup.change_profile = [](Profile& profile) {
      profile.tunnel.mssfix = 1400;
      profile.remotes[0].mssfix = Mssfix{1000, true, false};
    };
    World world(std::move(setup));
    REQUIRE(world.connect());
    EXPECT(world.ups[0].options.mssfix == 1000);
    EXPECT(world.ups[0].options.mssfix_counts_outer_headers);
  }

  TEST_CASE("a handshake that stops where the profile wants old TLS says what may be the cause") {
    for (const bool old : {false, true}) {
      World::Setup setup;
      if (old) setup.change_profile = [](Profile& profile) { profile.asks_for_old_tls = true; };
      World world(std::move(setup));
      REQUIRE(world.run_until(
          [&] {
            return world.client().session() != nullptr && world.client().session()->answered();
          },
          seconds(5)));
      world.server().script().silent = true;
      REQUIRE(world.run_until([&] { return !world.downs.empty(); }, minutes(2)));
      EXPECT(world.downs[0].reason == DownReason::kHandshake);
      EXPECT((world.downs[0].text.find("tls-version-min") != std::string::npos) == old);
    }
  }

  TEST_CASE("peer information is what we can do, and nothing about the machine") {
    World world(modern(WrapKind::kTlsCryptV2));
    REQUIRE(world.run_until([&] { return world.connected(); }, seconds(3)));
    const std::string info = world.server().client_peer_info.value();
    EXPECT(info.find("IV_PROTO=8094\n") != std::string::npos);
    EXPECT(info.find("IV_CIPHERS=AES-256-GCM:AES-128-GCM\n") != std::string::npos);
    EXPECT(info.find("IV_NCP=2\n") != std::string::npos);
    EXPECT(info.find("IV_HWADDR") == std::string::npos);
    EXPECT(info.find("IV_LZO=") == std::string::npos);
  }
}

}  // namespace
}  // namespace sallyport::sim
