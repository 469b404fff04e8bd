// Our server with our clients: every wrap, bad weather, rekeys, logins; and what a stranger tries.
#include <algorithm>
#include <set>

#include "knocker.h"
#include "server_world.h"
#include "test.h"
#include "unsealed.h"

namespace sallyport::sim {
namespace {

using namespace openvpn;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const base::IpAddress kInside = base::IpAddress::v4(0x0a080001);

TEST_SUITE("sim/server") {
  TEST_CASE(
      "our clients connect to our server under every wrap, over UDP and TCP, and packets pass") {
    for (const WrapKind wrap : kAllWraps) {
      for (const Transport transport : {Transport::kUdp, Transport::kTcp}) {
        CAPTURE(static_cast<int>(wrap));
        ServerWorld world({.wrap = wrap, .clients = 3, .transport = transport});
        REQUIRE(world.run_until([&] { return world.all_connected(); }, seconds(10)));
        EXPECT(world.server().connected() == 3);
        std::set<base::IpAddress> addresses;
        for (std::size_t i = 0; i < 3; ++i) {
          EXPECT(addresses.insert(world.client(i).address()).second);
          EXPECT(world.client(i).ups.back().options.flags.dynamic_tls_crypt);
          EXPECT(world.send_up(i, kInside, "up"));
          EXPECT(world.send_down(i, "down"));
        }
        world.run_for(seconds(1));
        EXPECT(world.inside.size() == 3);
        EXPECT(world.client(2).received == std::vector<std::string>{"down"});
        const auto& drops = world.server().drops();
        EXPECT(drops.total() == 0);
      }
    }
  }

  TEST_CASE("through loss, repetition, disorder and damage clients connect, rekey, and come back") {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
      CAPTURE(seed);
      ServerWorld::Setup setup{.wrap = kAllWraps[seed % std::size(kAllWraps)],
                               .clients = 2,
                               .weather = {.lost = 100,
                                           .repeated = 50,
                                           .damaged = 20,
                                           .shortest = milliseconds(10),
                                           .longest = milliseconds(80)},
                               .seed = seed};
      setup.change_config = [](ServerConfig& config) { config.rekey.every = seconds(30); };
      ServerWorld world(std::move(setup));
      REQUIRE(world.run_until([&] { return world.all_connected(); }, minutes(3)));
      for (int i = 0; i < 60; ++i) {
        world.send_up(0, kInside, "up");
        world.send_down(1, "down");
        world.run_for(seconds(5));
      }
      // Loss and damage like these end a session now and then.
      EXPECT(world.run_until([&] { return world.all_connected(); }, minutes(1)));
      EXPECT(world.inside.size() > 30);
      EXPECT(world.client(1).received.size() > 30);
    }
  }

  TEST_CASE(
      "R11: a reset is answered once, keeps nothing, and the third packet brings the client in") {
    for (const WrapKind wrap : kAllWraps) {
      CAPTURE(static_cast<int>(wrap));
      ServerWorld world(empty_server(wrap));
      Knocker knocker(wrap);
      const auto reset = knocker.reset(world.now());
      world.inject(kStranger, reset);
      REQUIRE(world.answers.size() == 1);
      EXPECT(world.server().handshaking() == 0);
      EXPECT(world.answers[0].path == kStranger);
      // R11: what goes out is at most twice what came in; with tls-crypt-v2, less.
      EXPECT(world.answers[0].packet.size() <= 2 * reset.size());
      if (knocker.has_key()) EXPECT(world.answers[0].packet.size() < reset.size());
      world.run_for(seconds(10));
      EXPECT(world.answers.size() == 1);
      world.inject(kStranger, knocker.third(world.now(), cookie_in(world.answers[0])));
      EXPECT(world.server().handshaking() == 1);
    }
  }

  TEST_CASE("R22: replayed, reflected, late and borrowed cookies bring nobody in") {
    for (const WrapKind wrap : kAllWraps) {
      CAPTURE(static_cast<int>(wrap));
      ServerWorld world(empty_server(wrap));
      Knocker knocker(wrap);
      world.inject(kStranger, knocker.reset(world.now()));
      const SessionId cookie = cookie_in(world.answers.at(0));
      const auto third = knocker.third(world.now(), cookie);
      const auto state = [&] { return world.server().handshaking() + world.server().connected(); };

      // From another address, another port, another socket.
      for (Path other : {Path{0, base::IpAddress::v4(0xcb0071c9), 5000},
                         Path{0, kStranger.address, 5001}, Path{1, kStranger.address, 5000}}) {
        world.inject(other, third);
        EXPECT(state() == 0);
      }
      // Under another session id of the client's.
      world.inject(kStranger, Knocker(wrap, 78).third(world.now(), cookie));
      EXPECT(state() == 0);
      // A cookie that nobody made, and our own words thrown back.
      world.inject(kStranger, knocker.third(world.now(), SessionId(cookie.value() ^ 1)));
      world.inject(kStranger, world.answers.at(0).packet);
      EXPECT(state() == 0);
      // Acknowledging, or sending, what there can't have been yet.
      world.inject(kStranger, knocker.third(world.now(), cookie, 2));
      world.inject(kStranger, knocker.third(world.now(), cookie, 0, 2));
      EXPECT(state() == 0);
      // Too late.
      world.run_for(seconds(91));
      world.inject(kStranger, knocker.third(world.now(), cookie));
      EXPECT(state() == 0);
    }
  }

  TEST_CASE("R22: a handshake that was overheard and played again from elsewhere leads nowhere") {
    ServerWorld world({.wrap = WrapKind::kTlsCryptV2});
    world.overhear = true;
    REQUIRE(world.run_until([&] { return world.all_connected(); }, seconds(10)));
    const std::size_t connected = world.server().connected();
    for (const auto& [path, packet] : world.overheard) world.inject(kStranger, packet);
    EXPECT(world.server().connected() == connected);
    EXPECT(world.server().handshaking() == 0);
    // From the client's own address it changes nothing either.
    for (const auto& [path, packet] : world.overheard) world.inject(path, packet);
    world.run_for(seconds(2));
    EXPECT(world.server().connected() == connected);
    EXPECT(world.client(0).connected());
  }

  TEST_CASE("R10, R25: a million resets keep nothing, and answers are as many as allowed") {
    ServerWorld world(empty_server());
    Knocker knocker(WrapKind::kTlsCryptV2);
    const auto reset = knocker.reset(world.now());
    Path path = kStranger;
    for (int i = 0; i < 1'000'000; ++i) {
      path.port = static_cast<std::uint16_t>(i);
      path.address = base::IpAddress::v4(0x01000000 + static_cast<std::uint32_t>(i));
      world.inject(path, reset);
    }
    EXPECT(world.answers.size() == 100);
    EXPECT(world.server().handshaking() == 0);
    EXPECT(world.server().drops()[DropReason::kRateLimited] == 999'900);
    EXPECT_FALSE(world.server().next_deadline().has_value());
    world.run_for(seconds(10));
    world.inject(path, reset);
    EXPECT(world.answers.size() == 101);
  }

  TEST_CASE("R24: wrapped keys of every impossible length are dropped") {
    ServerWorld world(empty_server());
    const auto reset = Knocker(WrapKind::kTlsCryptV2).reset(world.now());
    for (std::size_t length : {0ul, 1ul, 289ul, 290ul, reset.size() - 1, reset.size(),
                               reset.size() + 1, 1024ul, 1025ul, 65535ul}) {
      auto packet = reset;
      packet[packet.size() - 2] = static_cast<std::uint8_t>(length >> 8);
      packet[packet.size() - 1] = static_cast<std::uint8_t>(length);
      world.inject(kStranger, packet);
    }
    for (std::size_t size = 0; size < reset.size(); ++size)
      world.inject(kStranger, {reset.begin(), reset.begin() + static_cast<std::ptrdiff_t>(size)});
    EXPECT(world.answers.empty());
    EXPECT(world.server().handshaking() == 0);
  }

  TEST_CASE("a client without early negotiation gets state at once, or nothing with force-cookie") {
    for (const bool force : {false, true}) {
      auto setup = empty_server();
      if (force)
        setup.change_config = [](ServerConfig& config) { config.door.force_cookie = true; };
      ServerWorld world(std::move(setup));
      world.inject(kStranger, Knocker(WrapKind::kTlsCryptV2, 77, 1).reset(world.now()));
      EXPECT(world.server().handshaking() == (force ? 0 : 1));
      EXPECT(world.server().drops()[DropReason::kNoCookie] == (force ? 1 : 0));
      // Nobody goes on with it, so it ends.
      world.run_for(seconds(61));
      EXPECT(world.server().handshaking() == 0);
    }
  }

  TEST_CASE("a connection that brings nobody in is closed, and one that does is not") {
    const Path stream{0x10000, base::IpAddress::v4(0xcb0071c8), 5000};
    const auto setup = [] {
      auto made = empty_server();
      made.transport = Transport::kTcp;
      return made;
    };
    const auto garbage = [](int first) {
      std::vector<std::uint8_t> packet(60);
      packet[0] = static_cast<std::uint8_t>(first);
      return packet;
    };
    for (const int first : {0x00, 0x20, 0x38, 0x40, 0x48, 0x50, 0x58, 0xff}) {
      ServerWorld world(setup());
      world.inject(stream, garbage(first));
      EXPECT(world.closed == std::vector{stream.socket});
      EXPECT(world.server().handshaking() == 0);
    }
    ServerWorld world(setup());
    world.inject(stream, Knocker(WrapKind::kTlsCryptV2).reset(world.now()));
    EXPECT(world.server().handshaking() == 1);
    for (const int first : {0x00, 0x20, 0x48, 0x50}) world.inject(stream, garbage(first));
    EXPECT(world.closed.empty());
  }

  TEST_CASE("R6: opcodes of servers, of key method 1, and unknown ones are dropped at the door") {
    ServerWorld world(empty_server(WrapKind::kPlain));
    for (int opcode = 0; opcode < 32; ++opcode) {
      std::vector<std::uint8_t> packet(14);
      packet[0] = static_cast<std::uint8_t>(opcode << 3);
      packet[8] = 1;
      const std::size_t before = world.answers.size();
      world.inject(kStranger, packet);
      EXPECT((world.answers.size() > before) == (opcode == 7));
    }
    EXPECT(world.server().handshaking() == 0);
  }

  TEST_CASE("R8: only authentic, new packets that are not empty move a client to another address") {
    ServerWorld world({});
    REQUIRE(world.run_until([&] { return world.all_connected(); }, seconds(10)));
    world.overhear = true;
    world.send_up(0, kInside, "one");
    world.run_for(seconds(1));
    const auto sealed = world.overheard.back().second;
    const Path before = world.server().status()[0].path;
    // A replay, and a forgery.
    world.inject(kStranger, sealed);
    auto forged = sealed;
    forged[7] ^= 1;
    world.inject(kStranger, forged);
    EXPECT(world.server().status()[0].path == before);
    // A packet that the server has not seen, from elsewhere.
    Session* const session = world.client(0).client->session();
    const auto plain = ip_packet(world.client(0).address(), kInside, "two");
    for (const bool empty : {true, false}) {
      const std::size_t size = empty ? 0 : plain.size();
      auto packet = testing::unsealed(session->seal_room(), base::Bytes(plain).first(size));
      REQUIRE(session->seal(packet, size).has_value());
      world.inject(kStranger, packet);
      EXPECT((world.server().status()[0].path == kStranger) == !empty);
    }
    EXPECT(world.inside.back() == "two");
  }

  TEST_CASE("R8: nobody moves to where another session has the same id") {
    ServerWorld world({});
    world.overhear = true;
    REQUIRE(world.run_until([&] { return world.all_connected(); }, seconds(10)));
    const auto session_id = ControlHeader::parse(world.overheard.front().second)->session;
    const Path before = world.server().status()[0].path;
    world.inject(kStranger,
                 Knocker(WrapKind::kTlsCryptV2, session_id.value(), 1).reset(world.now()));
    REQUIRE(world.server().handshaking() == 1);
    Session* const session = world.client(0).client->session();
    const auto plain = ip_packet(world.client(0).address(), kInside, "from elsewhere");
    auto packet = testing::unsealed(session->seal_room(), plain);
    REQUIRE(session->seal(packet, plain.size()).has_value());
    world.inject(kStranger, packet);
    EXPECT(world.inside.back() == "from elsewhere");
    EXPECT(world.server().status()[0].path == before);
    EXPECT(world.server().handshaking() == 1);
  }

  TEST_CASE("R8: a client in its handshake is moved by nothing") {
    ServerWorld world(empty_server());
    Knocker knocker(WrapKind::kTlsCryptV2);
    world.inject(kStranger, knocker.reset(world.now()));
    world.inject(kStranger, knocker.third(world.now(), cookie_in(world.answers.at(0))));
    REQUIRE(world.server().handshaking() == 1);
    const Path elsewhere{0, kStranger.address, 9999};
    for (std::size_t size = 1; size < 40; ++size) {
      std::vector<std::uint8_t> data(size);
      data[0] = 0x48;  // DATA_V2 of peer id 0
      world.inject(elsewhere, data);
    }
    world.run_for(seconds(2));
    EXPECT(std::ranges::none_of(world.answers,
                                [&](const auto& sent) { return sent.path == elsewhere; }));
  }

  TEST_CASE("R9: nothing is pushed and nothing passes before a slow password check says yes") {
    ServerWorld::Setup setup;
    setup.login = Credentials{base::SecretBytes("alice"), base::SecretBytes("wonderland")};
    setup.change_config = [](ServerConfig& config) {
      config.login.users = list_of_users("alice");
      config.login.token = AuthTokenOptions{};
      config.rekey.every = seconds(40);
    };
    ServerWorld world(std::move(setup));
    REQUIRE(world.run_until([&] { return !world.checks.empty(); }, seconds(10)));
    // The client asks for its push all the while, eagerly.
    world.run_for(seconds(20));
    EXPECT(world.server().connected() == 0);
    EXPECT_FALSE(world.client(0).connected());
    EXPECT(world.checks.size() == 1);
    EXPECT(world.checks[0].password.reveal_text() == "wonderland");
    const auto answer = [&](bool right, std::uint64_t offset = 0) {
      world.server().handle_password(world.now(), world.checks[0].client,
                                     world.checks[0].number + offset, right);
    };
    // An answer to another question is none.
    answer(true, 1);
    world.run_for(seconds(1));
    EXPECT(world.server().connected() == 0);
    answer(true);
    REQUIRE(world.run_until([&] { return world.all_connected(); }, seconds(10)));
    // From now on the token does, over rekeys too.
    world.run_for(minutes(5));
    EXPECT(world.checks.size() == 1);
    EXPECT(world.client(0).connected());
  }

  TEST_CASE(
      "nothing is pushed unasked, and no refusal said, before the client has acknowledged our key "
      "message") {
    for (const bool right : {true, false}) {
      CAPTURE(right);
      ServerWorld::Setup setup;
      setup.weather.shortest = setup.weather.longest = milliseconds(100);
      setup.login = Credentials{base::SecretBytes("alice"), base::SecretBytes("wonderland")};
      setup.change_config = [](ServerConfig& config) {
        config.login.users = list_of_users("alice");
      };
      ServerWorld world(std::move(setup));
      REQUIRE(world.run_until([&] { return !world.checks.empty(); }, seconds(10)));
      // From here on nothing of the client's arrives, and everything of the server's.
      world.client(0).path.port ^= 1;
      world.server().handle_password(world.now(), world.checks[0].client, world.checks[0].number,
                                     right);
      world.run_for(seconds(1));
      const auto status = world.server().status();
      EXPECT(status.size() == (right ? 1 : 0));
      if (right) EXPECT_FALSE(world.server().client_at(status[0].addresses.v4).has_value());
      world.client(0).path.port ^= 1;
      world.run_until([&] { return world.all_connected() || !world.client(0).downs.empty(); },
                      seconds(20));
      EXPECT(world.all_connected() == right);
    }
  }

  // OpenVPN 3 (aa57ac46) keeps a text that comes with our key message until another one comes.
  TEST_CASE("so it is when there is nothing to judge and the client is in at once") {
    for (const bool common_cipher : {true, false}) {
      CAPTURE(common_cipher);
      ServerWorld::Setup setup;
      setup.weather.shortest = setup.weather.longest = milliseconds(100);
      if (!common_cipher) {
        setup.change_config = [](ServerConfig& config) {
          config.ciphers = {DataCipher::kChaCha20Poly1305};
        };
      }
      ServerWorld world(std::move(setup));
      const std::string_view said = common_cipher ? "is in" : "none of data-ciphers";
      const auto judged = [&] {
        return std::ranges::any_of(world.notes,
                                   [&](const std::string& note) { return note.contains(said); });
      };
      REQUIRE(world.run_until(judged, seconds(10)));
      world.client(0).path.port ^= 1;
      world.run_for(seconds(1));
      for (const auto& client : world.server().status())
        EXPECT_FALSE(world.server().client_at(client.addresses.v4).has_value());
      EXPECT(world.client(0).downs.empty());
      world.client(0).path.port ^= 1;
      world.run_until([&] { return world.all_connected() || !world.client(0).downs.empty(); },
                      seconds(20));
      EXPECT(world.all_connected() == common_cipher);
    }
  }

  TEST_CASE("a client with no cipher of ours is told so, and was never in") {
    ServerWorld::Setup setup;
    setup.change_config = [](ServerConfig& config) {
      config.ciphers = {DataCipher::kChaCha20Poly1305};
    };
    ServerWorld world(std::move(setup));
    REQUIRE(world.run_until([&] { return !world.client(0).downs.empty(); }, seconds(10)));
    EXPECT(world.client(0).downs[0].text.contains("no shared cipher"));
    EXPECT(std::ranges::any_of(world.notes, [](const std::string& note) {
      return note.contains("it takes none of data-ciphers");
    }));
    EXPECT(std::ranges::none_of(world.notes,
                                [](const std::string& note) { return note.contains("is in"); }));
  }

  TEST_CASE("a wrong password is AUTH_FAILED, and the session is gone after its last words") {
    ServerWorld::Setup setup;
    setup.login = Credentials{base::SecretBytes("alice"), base::SecretBytes("guess")};
    setup.change_config = [](ServerConfig& config) { config.login.users = *UserList::parse(""); };
    ServerWorld world(std::move(setup));
    REQUIRE(world.run_until([&] { return !world.checks.empty(); }, seconds(10)));
    world.server().handle_password(world.now(), world.checks[0].client, world.checks[0].number,
                                   false);
    world.run_for(seconds(6));
    REQUIRE(world.client(0).downs.size() == 1);
    EXPECT(world.client(0).downs[0].reason == DownReason::kAuthFailed);
    EXPECT(world.server().handshaking() + world.server().connected() == 0);
  }

  TEST_CASE("R13: a certificate does not stand for a password, nor a password for a certificate") {
    ServerWorld::Setup setup;  // without a login, at a server that wants one
    setup.change_config = [](ServerConfig& config) { config.login.users = *UserList::parse(""); };
    ServerWorld world(std::move(setup));
    world.run_for(seconds(8));
    EXPECT(world.server().connected() == 0);
    EXPECT(world.client(0).ups.empty());
    EXPECT(world.checks.empty());
  }

  TEST_CASE("R17: a thousand goodbyes do not postpone the end") {
    ServerWorld world({});
    REQUIRE(world.run_until([&] { return world.all_connected(); }, seconds(10)));
    Session* const session = world.client(0).client->session();
    session->leave(world.now());
    const base::Instant begin = world.now().mono;
    while (world.server().connected() > 0 && world.now().mono - begin < seconds(20)) {
      session->leave(world.now());
      world.run_for(milliseconds(100));
    }
    EXPECT(world.now().mono - begin <= ServerSession::kLinger + seconds(1));
  }

  TEST_CASE("packets under another client's address are dropped, and clients meet when they may") {
    for (const bool meet : {false, true}) {
      ServerWorld::Setup setup{.clients = 2};
      if (meet) setup.change_config = [](ServerConfig& config) { config.client_to_client = true; };
      ServerWorld world(std::move(setup));
      REQUIRE(world.run_until([&] { return world.all_connected(); }, seconds(10)));
      world.send_up(0, world.client(1).address(), "hello");
      world.run_for(seconds(1));
      EXPECT(world.client(1).received.size() == (meet ? 1 : 0));
      EXPECT(world.inside.size() == (meet ? 0 : 1));
      // The second client's tunnel, the first one's address.
      Session* const session = world.client(1).client->session();
      const auto plain = ip_packet(world.client(0).address(), kInside, "false");
      auto packet = testing::unsealed(session->seal_room(), plain);
      REQUIRE(session->seal(packet, plain.size()).has_value());
      world.inject(world.client(1).path, packet);
      EXPECT(world.server().drops()[DropReason::kBadSource] == 1);
      EXPECT(std::ranges::find(world.inside, "false") == world.inside.end());
    }
  }

  TEST_CASE("a stopping server tells its clients, who come back at once, and is empty soon") {
    ServerWorld world({.clients = 3});
    REQUIRE(world.run_until([&] { return world.all_connected(); }, seconds(10)));
    world.server().stop(world.now());
    EXPECT(world.run_until([&] { return world.server().is_empty(); }, seconds(2)));
    for (std::size_t i = 0; i < 3; ++i)
      EXPECT(world.client(i).downs.at(0).reason == DownReason::kRestart);
  }

  TEST_CASE("a client that is silent is gone after ping-restart, and its address is free") {
    ServerWorld::Setup setup;
    setup.change_config = [](ServerConfig& config) { config.pool->last = config.pool->first; };
    ServerWorld world(std::move(setup));
    REQUIRE(world.run_until([&] { return world.all_connected(); }, seconds(10)));
    world.client(0).network.weather().lost = 1000;
    world.run_for(seconds(122));
    EXPECT(world.server().connected() == 0);
    world.client(0).network.weather().lost = 0;
    EXPECT(world.run_until([&] { return world.server().connected() == 1; }, minutes(5)));
  }

  TEST_CASE(
      "a reload sends away whom the new policy would not take, and keeps the others' addresses") {
    ServerWorld world({.clients = 2});
    REQUIRE(world.run_until([&] { return world.all_connected(); }, seconds(10)));
    const auto fresh = [] {
      ServerConfig config = make_server_config(WrapKind::kTlsCryptV2);
      return config;
    };
    const auto tls = [] {
      return std::make_unique<testing::FakeTlsFactory>(testing::FakeTlsFactory::End::kServer);
    };
    world.server().reload(world.now(), fresh(), tls());
    world.run_for(seconds(10));
    EXPECT(world.server().connected() == 2);
    // A rekey after the reload uses the TLS of the reload.
    world.client(0).client->session()->rekey(world.now());
    world.run_for(seconds(5));
    EXPECT(world.client(0).connected());
    ServerConfig strict = fresh();
    strict.key_policy.denied.insert("user");  // what make_wrap() writes into the key
    world.server().reload(world.now(), std::move(strict), tls());
    world.run_for(seconds(7));
    EXPECT(world.server().connected() == 0);
    EXPECT(world.client(0).downs.at(0).reason == DownReason::kAuthFailed);
  }

  TEST_CASE("200 clients ping and rekey every 10 s for 3 minutes, and nothing is lost") {
    ServerWorld::Setup setup{.clients = 200};
    setup.change_config = [](ServerConfig& config) {
      config.rekey.every = seconds(10);
      config.door.resets = 1000;
    };
    ServerWorld world(std::move(setup));
    REQUIRE(world.run_until([&] { return world.all_connected(); }, seconds(20)));
    std::size_t sent = 0;
    for (int second = 0; second < 180; ++second) {
      for (std::size_t i = 0; i < 200; ++i) {
        sent += world.send_up(i, kInside, "ping");
        world.send_down(i, "pong");
      }
      world.run_for(seconds(1));
    }
    EXPECT(sent == 200u * 180u);
    EXPECT(world.inside.size() == sent);
    for (std::size_t i = 0; i < 200; ++i) {
      EXPECT(world.client(i).received.size() == 180);
      EXPECT(world.client(i).ups.size() == 1);
    }
  }
}

}  // namespace
}  // namespace sallyport::sim
