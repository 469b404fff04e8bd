// Who may come in, who may stay, and what a stranger can take from those who may.
#include <algorithm>

#include "knocker.h"
#include "openvpn/push/base64.h"
#include "server_world.h"
#include "test.h"

namespace sallyport::sim {
namespace {

using namespace openvpn;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::FakeTlsFactory;

const base::IpAddress kInside = base::IpAddress::v4(0x0a080001);
constexpr std::string_view kPassword = "wonderland";
constexpr std::uint8_t kNamed = 1, kRevoked = 7;

enum class Login { kNone, kEmpty, kRight, kWrong, kToken, kTokenOfRemoved };
constexpr Login kLogins[] = {Login::kNone,  Login::kEmpty, Login::kRight,
                             Login::kWrong, Login::kToken, Login::kTokenOfRemoved};

// One file of a server, as far as it says who may come in.
struct Rules {
  ClientCertificates certificates;
  bool users, optional, name_from_user, token;
};

AuthTokenKey token_key() {
  return AuthTokenKey(std::vector<std::uint8_t>(AuthTokenKey::kFileSize, 5));
}

std::optional<Credentials> credentials(Login login) {
  const auto with = [](std::string_view name, base::SecretBytes password) {
    return Credentials{base::SecretBytes(name), std::move(password)};
  };
  const base::WallTime now{seconds(1'900'000'000)};
  const auto token = [&](std::string_view name) {
    return make_auth_token(token_key(), AuthTokenSession{{}, now}, name, now);
  };
  switch (login) {
    case Login::kNone:
      return std::nullopt;
    case Login::kEmpty:
      return with("alice", {});
    case Login::kRight:
      return with("alice", base::SecretBytes(kPassword));
    case Login::kWrong:
      return with("alice", base::SecretBytes("guess"));
    case Login::kToken:
      return with("alice", token("alice"));
    case Login::kTokenOfRemoved:
      return with("bob", token("bob"));
  }
  return std::nullopt;
}

void apply(const Rules& rules, ServerConfig& config) {
  config.certificates = rules.certificates;
  if (rules.users) config.login.users = list_of_users("alice");
  config.login.optional = rules.optional;
  config.login.name_from_user = rules.name_from_user;
  if (rules.token) config.login.token = AuthTokenOptions{};
  config.login.token_key = token_key();
}

void answer_checks(ServerWorld& world) {
  for (PasswordCheck& check : std::exchange(world.checks, {})) {
    world.server().handle_password(world.now(), check.client, check.number,
                                   check.password.reveal_text() == kPassword);
  }
}

// The name under which the only client is in; empty: it is not.
std::string name_inside(ServerWorld& world) {
  world.run_until([&] { return world.all_connected() || !world.checks.empty(); }, seconds(6));
  answer_checks(world);
  world.run_until([&] { return world.all_connected(); }, seconds(6));
  const auto status = world.server().status();
  if (status.empty()) return "";
  return status[0].name.empty() ? "somebody without a name" : status[0].name;
}

ServerWorld world_of(const Rules& rules, std::uint8_t certificate, Login login) {
  ServerWorld::Setup setup;
  setup.login = credentials(login);
  setup.change_config = [&](ServerConfig& config) { apply(rules, config); };
  // Who is not asked for a certificate shows none.
  const bool asked = rules.certificates != ClientCertificates::kNone;
  setup.certificates = {asked ? certificate : FakeTlsFactory::kNoCertificate};
  ServerWorld world(std::move(setup));
  world.server_tls->require_certificate(rules.certificates == ClientCertificates::kRequired);
  world.server_tls->revoke(kRevoked);
  return world;
}

// What the files' manual pages promise, as one sentence each.
std::string expected_name(const Rules& rules, std::uint8_t certificate, Login login) {
  const bool asked = rules.certificates != ClientCertificates::kNone;
  const std::uint8_t shown = asked ? certificate : FakeTlsFactory::kNoCertificate;
  const bool named = shown == kNamed;
  const bool proven =
      rules.users && (login == Login::kRight || (login == Login::kToken && rules.token));
  // A certificate that is no good is worse than none.
  if (shown == kRevoked || shown == FakeTlsFactory::kNameless) return "";
  if (rules.certificates == ClientCertificates::kRequired && !named) return "";
  // Where there are users, a login is right, or left out where it may be and a certificate is
  // there.
  if (rules.users && !proven && !(login == Login::kNone && rules.optional && named)) return "";
  if (!rules.users && !named) return "";
  // A name that nobody has proved counts for nothing.
  return proven && (rules.name_from_user || !named) ? "alice" : "peer-1";
}

TEST_SUITE("sim/server_admission") {
  TEST_CASE(
      "R13: of all certificates, logins and rules, only who has all that is asked for comes in, "
      "under the name that it proved") {
    std::size_t in = 0, tried = 0;
    for (const auto certificates : {ClientCertificates::kNone, ClientCertificates::kOptional,
                                    ClientCertificates::kRequired}) {
      for (unsigned bits = 0; bits < 16; ++bits) {
        const Rules rules{certificates, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0,
                          (bits & 8) != 0};
        for (const std::uint8_t certificate :
             {FakeTlsFactory::kNoCertificate, kNamed, FakeTlsFactory::kNameless, kRevoked}) {
          for (const Login login : kLogins) {
            CAPTURE(static_cast<int>(certificates));
            CAPTURE(bits);
            CAPTURE(static_cast<int>(certificate));
            CAPTURE(static_cast<int>(login));
            ServerWorld world = world_of(rules, certificate, login);
            const std::string name = name_inside(world);
            EXPECT(name == expected_name(rules, certificate, login));
            in += !name.empty();
            ++tried;
          }
        }
      }
    }
    EXPECT(tried == 3 * 16 * 4 * 6);
    EXPECT(in > 50);
  }

  TEST_CASE("what is taken away is away at once, for who is in and for who comes back") {
    struct Loss {
      const char* what;
      void (*take)(ServerConfig&, FakeTlsFactory&);
    };
    constexpr Loss kLosses[] = {
        {"nothing", [](ServerConfig&, FakeTlsFactory&) {}},
        {"the user",
         [](ServerConfig& config, FakeTlsFactory&) { config.login.users = list_of_users("bob"); }},
        {"the certificate", [](ServerConfig&, FakeTlsFactory& tls) { tls.revoke(kNamed); }},
        {"the client, by its file",
         [](ServerConfig& config, FakeTlsFactory&) { config.clients["peer-1"].disabled = true; }},
        {"the client, by a file that cannot be used",
         [](ServerConfig& config, FakeTlsFactory&) { config.clients["peer-1"].problem = "x"; }},
        {"the client's file",
         [](ServerConfig& config, FakeTlsFactory&) { config.only_listed_clients = true; }},
        {"the key",
         [](ServerConfig& config, FakeTlsFactory&) { config.key_policy.denied.insert("user"); }},
    };
    for (const Loss& loss : kLosses) {
      CAPTURE(loss.what);
      const Rules rules{ClientCertificates::kRequired, true, false, false, true};
      ServerWorld world = world_of(rules, kNamed, Login::kRight);
      REQUIRE(name_inside(world) == "peer-1");
      ServerConfig config = make_server_config(WrapKind::kTlsCryptV2);
      apply(rules, config);
      auto tls = std::make_unique<FakeTlsFactory>(FakeTlsFactory::End::kServer, 500);
      loss.take(config, *tls);
      const bool stays = std::string_view(loss.what) == "nothing";
      world.server().reload(world.now(), std::move(config), std::move(tls));
      world.run_for(seconds(1));
      EXPECT(world.send_up(0, kInside, "still here") == stays);
      world.run_for(seconds(6));
      EXPECT(world.server().connected() == (stays ? 1 : 0));
      // By its token, which is still good, or its password.
      world.client(0).client->reconnect(world.now());
      for (int second = 0; second < 30; ++second) {
        world.run_for(seconds(1));
        answer_checks(world);
      }
      EXPECT(world.server().connected() == (stays ? 1 : 0));
    }
  }

  TEST_CASE("a handshake that began before its certificate was revoked leads nowhere") {
    for (const bool revoked : {false, true}) {
      const Rules rules{ClientCertificates::kRequired, true, false, false, false};
      ServerWorld world = world_of(rules, kNamed, Login::kRight);
      REQUIRE(world.run_until([&] { return !world.checks.empty(); }, seconds(6)));
      ServerConfig config = make_server_config(WrapKind::kTlsCryptV2);
      apply(rules, config);
      auto tls = std::make_unique<FakeTlsFactory>(FakeTlsFactory::End::kServer, 500);
      if (revoked) tls->revoke(kNamed);
      world.server().reload(world.now(), std::move(config), std::move(tls));
      answer_checks(world);
      world.run_for(seconds(4));
      EXPECT(world.server().connected() == (revoked ? 0 : 1));
    }
  }

  TEST_CASE("a reload names what needs a restart, and nothing else does") {
    ServerWorld world({.clients = 0});
    const auto named = [&](const std::function<void(ServerConfig&)>& change) {
      ServerConfig config = make_server_config(WrapKind::kTlsCryptV2);
      change(config);
      return std::string(world.server().needs_restart(config).value_or(""));
    };
    EXPECT(named([](ServerConfig&) {}).empty());
    EXPECT(named([](ServerConfig& config) { config.push.clear(); }).empty());
    EXPECT(named([](ServerConfig& config) { config.max_clients = 1; }).empty());
    EXPECT(named([](ServerConfig& config) { config.listen.push_back({}); }).contains("port"));
    EXPECT(named([](ServerConfig& config) { config.device = "tun7"; }) == "dev");
    EXPECT(named([](ServerConfig& config) { config.topology = Topology::kNet30; }) == "topology");
    EXPECT(named([](ServerConfig& config) { --config.pool->last; }).contains("server"));
    EXPECT(named([](ServerConfig& config) { config.pool->size6 /= 2; }).contains("pool"));
    EXPECT(named([](ServerConfig& config) { config.routes.emplace_back(); }) == "route");
    EXPECT(named([](ServerConfig& config) {
             config.sets_up = DeviceSetup::kNothing;
           }).contains("ifconfig-noexec"));
    EXPECT(named([](ServerConfig& config) { config.tunnel.tun_mtu = 1400; }) == "tun-mtu");
    EXPECT(named([](ServerConfig& config) { config.user = "nobody"; }) == "user");
  }

  TEST_CASE("max-clients, and a pool without a free address, send a client away until later") {
    for (const bool by_pool : {false, true}) {
      CAPTURE(by_pool);
      ServerWorld::Setup setup{.clients = 2};
      setup.change_config = [&](ServerConfig& config) {
        if (by_pool) config.pool->last = config.pool->first;
        if (!by_pool) config.max_clients = 1;
      };
      ServerWorld world(std::move(setup));
      world.run_for(seconds(10));
      EXPECT(world.server().connected() == 1);
      const std::size_t out = world.client(0).connected() ? 1 : 0;
      const std::size_t in = 1 - out;
      REQUIRE_FALSE(world.client(out).downs.empty());
      for (const Down& down : world.client(out).downs)
        EXPECT(down.reason == DownReason::kAuthTemporary);
      // It is not worth telling about more than once in its backoff.
      EXPECT(world.client(out).downs.size() <= 2);
      world.client(in).client->stop(world.now());
      EXPECT(world.run_until([&] { return world.client(out).connected(); }, minutes(2)));
    }
  }

  TEST_CASE("a password that nobody has time to check is no wrong one, and is asked for again") {
    const Rules rules{ClientCertificates::kRequired, true, false, false, false};
    ServerWorld world = world_of(rules, kNamed, Login::kRight);
    REQUIRE(world.run_until([&] { return !world.checks.empty(); }, seconds(6)));
    const PasswordCheck check = std::move(world.checks.front());
    world.checks.clear();
    world.server().handle_unchecked(world.now(), check.client, check.number);
    world.run_for(seconds(1));
    REQUIRE(world.client(0).downs.size() == 1);
    EXPECT(world.client(0).downs[0].reason == DownReason::kAuthTemporary);
    REQUIRE(world.run_until([&] { return !world.checks.empty(); }, minutes(1)));
    answer_checks(world);
    EXPECT(world.run_until([&] { return world.all_connected(); }, seconds(10)));
  }

  TEST_CASE("ccd-exclusive lets in whom client-config-dir knows, and nobody else") {
    ServerWorld::Setup setup{.clients = 2};
    setup.change_config = [](ServerConfig& config) {
      config.clients["peer-2"] = {};
      config.only_listed_clients = true;
    };
    ServerWorld world(std::move(setup));
    world.run_for(seconds(10));
    const auto status = world.server().status();
    REQUIRE(status.size() == 1);
    EXPECT(status[0].name == "peer-2");
  }

  TEST_CASE("R13: a client that comes with another user name in a rekey is sent away") {
    for (const std::string_view name : {"alice", "bob"}) {
      CAPTURE(name);
      // The server itself makes it change, by what it pushes.
      ServerWorld::Setup setup;
      setup.login = credentials(Login::kRight);
      setup.change_config = [&](ServerConfig& config) {
        config.login.users = list_of_users("alice", "bob");
        config.rekey.every = seconds(20);
        config.push.push_back("auth-token " + std::string(kPassword));
        const base::SecretBytes user = encode_base64(base::bytes_of(name));
        config.push.push_back("auth-token-user " + std::string(user.reveal_text()));
      };
      ServerWorld world(std::move(setup));
      REQUIRE(name_inside(world) == "peer-1");
      for (int second = 0; second < 40; ++second) {
        world.run_for(seconds(1));
        answer_checks(world);
      }
      EXPECT(world.client(0).downs.empty() == (name == "alice"));
    }
  }

  TEST_CASE("of one name the newest session counts, and with duplicate-cn all do") {
    for (const bool duplicates : {false, true}) {
      ServerWorld::Setup setup{.clients = 2, .certificates = {3, 3}};
      setup.change_config = [&](ServerConfig& config) { config.duplicate_names = duplicates; };
      ServerWorld world(std::move(setup));
      world.client(1).network.weather().lost = 1000;
      REQUIRE(world.run_until([&] { return world.client(0).connected(); }, seconds(10)));
      const base::IpAddress first = world.client(0).address();
      world.client(1).network.weather().lost = 0;
      REQUIRE(world.run_until([&] { return world.client(1).connected(); }, minutes(3)));
      EXPECT(world.server().connected() == (duplicates ? 2 : 1));
      EXPECT((world.client(1).address() == first) == !duplicates);
    }
  }

  TEST_CASE("R8: a place that is somebody's is taken over only by the same certificate") {
    for (const bool same : {false, true}) {
      CAPTURE(same);
      ServerWorld::Setup setup{.clients = 2,
                               .certificates = {3, same ? std::uint8_t{3} : std::uint8_t{4}}};
      setup.change_config = [](ServerConfig& config) { config.duplicate_names = true; };
      ServerWorld world(std::move(setup));
      REQUIRE(world.run_until([&] { return world.all_connected(); }, seconds(10)));
      world.inject(world.client(1).path, world.sealed_up(0, kInside, "from there"));
      EXPECT(world.inside == std::vector<std::string>{"from there"});
      EXPECT(world.server().connected() == (same ? 1 : 2));
      for (const ClientStatus& client : world.server().status())
        EXPECT((client.path == world.client(1).path) ==
               (same || client.addresses.v4 == world.client(1).address()));
    }
  }

  TEST_CASE("R8: nobody moves to another of the server's sockets") {
    ServerWorld world({});
    REQUIRE(world.run_until([&] { return world.all_connected(); }, seconds(10)));
    Path other = world.client(0).path;
    other.socket = 1;
    world.inject(other, world.sealed_up(0, kInside, "from there"));
    EXPECT(world.inside.empty());
    EXPECT(world.server().drops()[DropReason::kUnknownPeer] == 1);
    EXPECT(world.server().status()[0].path == world.client(0).path);
  }

  TEST_CASE(
      "a client that sends from two ports is told about once a minute, not with each packet") {
    ServerWorld world({});
    REQUIRE(world.run_until([&] { return world.all_connected(); }, seconds(10)));
    const auto moves = [&] {
      return std::ranges::count_if(
          world.notes, [](const std::string& note) { return note.contains("moves to"); });
    };
    Path other = world.client(0).path;
    other.port = 40001;
    for (int i = 0; i < 2000; ++i)
      world.inject(i % 2 == 0 ? other : world.client(0).path, world.sealed_up(0, kInside, "x"));
    EXPECT(world.inside.size() == 2000);
    EXPECT(moves() == 1);
    world.run_for(minutes(1));
    world.inject(other, world.sealed_up(0, kInside, "x"));
    EXPECT(moves() == 2);
  }

  TEST_CASE("a fixed address waits for its owner, whoever comes first") {
    ServerWorld::Setup setup{.clients = 3};
    const base::IpAddress fixed = base::IpAddress::v4(0x0a080002);
    setup.change_config = [&](ServerConfig& config) {
      config.pool->last = config.pool->first + 1;
      config.clients["peer-3"].address = fixed;
    };
    ServerWorld world(std::move(setup));
    REQUIRE(world.run_until([&] { return world.client(2).connected(); }, seconds(10)));
    world.run_for(seconds(5));
    EXPECT(world.client(2).address() == fixed);
    EXPECT(world.server().connected() == 2);
  }

  TEST_CASE("who has an address that is fixed for another now makes room when that one comes") {
    ServerWorld::Setup setup{.clients = 2};
    setup.change_config = [](ServerConfig& config) {
      config.pool->last = config.pool->first + 1;
      config.clients["peer-2"].disabled = true;
    };
    ServerWorld world(std::move(setup));
    REQUIRE(world.run_until([&] { return world.client(0).connected(); }, seconds(10)));
    const base::IpAddress wanted = world.client(0).address();
    ServerConfig config = make_server_config(WrapKind::kTlsCryptV2);
    config.pool->last = config.pool->first + 1;
    config.clients["peer-2"].address = wanted;
    world.server().reload(world.now(), std::move(config),
                          std::make_unique<FakeTlsFactory>(FakeTlsFactory::End::kServer, 500));
    world.client(1).client->reconnect(world.now());
    REQUIRE(world.run_until([&] { return world.client(1).connected(); }, seconds(10)));
    EXPECT(world.client(1).address() == wanted);
    REQUIRE(world.run_until([&] { return world.client(0).ups.size() == 2; }, seconds(20)));
    EXPECT(world.client(0).address() != wanted);
    EXPECT(world.client(0).downs.at(0).reason == DownReason::kRestart);
  }

  TEST_CASE("R10: a connection is one client's, however many resets it brings") {
    ServerWorld world(empty_server(WrapKind::kPlain));
    const Path stream{ServerWorld::kFirstStream, kStranger.address, 5000};
    for (std::uint64_t session = 1; session <= 3000; ++session)
      world.inject(stream, Knocker(WrapKind::kPlain, session).reset(world.now()));
    EXPECT(world.server().handshaking() == 1);
    EXPECT(world.server().drops()[DropReason::kBadSession] == 2999);
    world.server().handle_disconnected(world.now(), stream.socket);
    EXPECT(world.server().handshaking() == 0);
  }

  TEST_CASE("R10: one place does not take all the room that there is for handshakes") {
    ServerWorld world(empty_server(WrapKind::kPlain));
    Path stream{ServerWorld::kFirstStream, kStranger.address, 5000};
    const auto knock = [&](int times) {
      for (int i = 0; i < times; ++i, ++stream.socket)
        world.inject(stream, Knocker(WrapKind::kPlain).reset(world.now()));
    };
    knock(2000);
    const std::size_t taken = world.server().handshaking();
    EXPECT(taken == 512);
    stream.address = base::IpAddress::v4(kStranger.address.v4_value() + 1);
    knock(100);
    EXPECT(world.server().handshaking() == taken + 64);
    // An IPv6 network of a stranger's is one place, too.
    for (std::uint8_t host = 0; host < 100; ++host) {
      auto bytes = base::IpAddress::parse("2001:db8::1")->bytes();
      bytes[15] = host;
      stream.address = base::IpAddress::v6(bytes);
      knock(1);
    }
    EXPECT(world.server().handshaking() == taken + 128);
  }

  TEST_CASE("who is refused again and again does not fill the log") {
    ServerWorld::Setup setup{.clients = 60};
    setup.certificates.assign(60, FakeTlsFactory::kNameless);
    ServerWorld world(std::move(setup));
    world.run_for(seconds(8));
    EXPECT(world.notes.size() == 20);
    EXPECT(std::ranges::all_of(world.notes, [](const std::string& note) {
      return note.contains("its certificate has no common name");
    }));
    // They come back, and are told of again, with those who were not.
    REQUIRE(world.run_until([&] { return world.notes.size() > 20; }, minutes(30)));
    EXPECT(world.notes[20] == "40 more clients were refused");
  }
}

}  // namespace
}  // namespace sallyport::sim
