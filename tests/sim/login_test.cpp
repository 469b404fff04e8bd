// Logins that a person makes: typed names and passwords, codes that serve once, the server's
// questions, and two gateways that log in with the same certificate.
#include <algorithm>
#include <chrono>

#include "test.h"
#include "test_data.h"
#include "world.h"

namespace sallyport::sim {
namespace {

using namespace openvpn;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

base::SecretBytes secret(std::string_view text) {
  return base::SecretBytes(text);
}

bool asks(World& world, std::string_view question) {
  return world.run_until(
      [&] {
        return world.client().question() && world.client().question()->text.contains(question);
      },
      seconds(10));
}

World::Setup wanting_login() {
  World::Setup setup;
  setup.change_profile = [](Profile& profile) { profile.login.wanted = true; };
  return setup;
}

World::Setup wanting_code() {
  World::Setup setup;
  setup.login = Credentials{secret("alice"), secret("wonderland")};
  setup.change_profile = [](Profile& profile) {
    profile.login.wanted = true;
    profile.login.static_challenge = LoginOptions::StaticChallenge{"Code?", true};
  };
  return setup;
}

TEST_SUITE("sim/login") {
  TEST_CASE("a login without a file is typed: first the name, then the password") {
    World world(wanting_login());
    world.forbidden = {"alice", "wonderland"};
    REQUIRE(asks(world, "User name"));
    EXPECT(world.client().question()->echo);
    EXPECT(world.attempts.empty());
    EXPECT(world.client().answer(world.now(), secret("")));
    REQUIRE(asks(world, "User name"));
    EXPECT(world.client().answer(world.now(), secret("alice")));
    REQUIRE(asks(world, "Password"));
    EXPECT_FALSE(world.client().question()->echo);
    EXPECT(world.attempts.empty());
    EXPECT(world.client().answer(world.now(), secret("wonderland")));
    REQUIRE(world.run_until([&] { return world.connected(); }, seconds(5)));
    EXPECT(world.server().client_username == "alice");
    EXPECT(world.server().client_password == "wonderland");
    EXPECT_FALSE(world.client().question());
    EXPECT_FALSE(world.leaked);
  }

  TEST_CASE("a profile that has only the name asks only for the password") {
    World::Setup setup;
    setup.change_profile = [](Profile& profile) {
      profile.login.wanted = true;
      profile.login.username = secret("alice");
    };
    World world(std::move(setup));
    REQUIRE(asks(world, "Password"));
    EXPECT(world.client().answer(world.now(), secret("wonderland")));
    REQUIRE(world.run_until([&] { return world.connected(); }, seconds(5)));
    EXPECT(world.server().client_username == "alice");
    EXPECT(world.server().client_password == "wonderland");
  }

  TEST_CASE("what was typed serves for the next connection too, until it is refused") {
    World world(wanting_login());
    REQUIRE(asks(world, "User name"));
    world.client().answer(world.now(), secret("alice"));
    world.client().answer(world.now(), secret("1234 567890"));
    REQUIRE(world.connect());
    world.client().reconnect(world.now());
    REQUIRE(world.run_until([&] { return world.ups.size() == 2; }, seconds(5)));
    world.server().script().on_login = "AUTH_FAILED,expired";
    world.client().reconnect(world.now());
    REQUIRE(asks(world, "User name"));
    EXPECT(world.downs.back().reason == DownReason::kQuestion);
    EXPECT(world.downs.back().text.find("expired") != std::string::npos);
    const std::size_t attempts = world.attempts.size();
    world.run_for(hours(1));
    EXPECT(world.attempts.size() == attempts);
  }

  TEST_CASE("a code that is refused, or was used at a rekey, is asked for again at once") {
    World::Setup setup = wanting_code();
    setup.script.on_login = "AUTH_FAILED,wrong code";
    setup.script.rekey_every = seconds(20);
    World world(std::move(setup));
    REQUIRE(asks(world, "Code?"));
    world.client().answer(world.now(), secret("0000"));
    REQUIRE(world.run_until([&] { return world.downs.size() == 2; }, seconds(5)));
    REQUIRE(world.client().question());
    EXPECT(world.downs[1].text.find("wrong code") != std::string::npos);

    world.server().script().on_login.clear();
    world.client().answer(world.now(), secret("4711"));
    REQUIRE(world.run_until([&] { return world.connected(); }, seconds(5)));
    EXPECT(world.notes.back().find("no token") != std::string::npos);
    // As a server that knows a spent code when it sees one.
    world.run_for(seconds(10));
    world.server().script().on_login = "AUTH_FAILED";
    world.server().send_text("AUTH_FAILED");
    REQUIRE(world.run_until([&] { return !world.connected(); }, seconds(30)));
    EXPECT(world.client().question());
  }

  TEST_CASE("a code goes behind the password where the server wants both as one") {
    World::Setup setup = wanting_code();
    setup.change_profile = [](Profile& profile) {
      profile.login.wanted = true;
      profile.login.static_challenge = LoginOptions::StaticChallenge{"Code?", true, true};
    };
    World world(std::move(setup));
    REQUIRE(asks(world, "Code?"));
    world.client().answer(world.now(), secret("4711"));
    REQUIRE(world.run_until([&] { return world.connected(); }, seconds(5)));
    EXPECT(world.server().client_password == "wonderland4711");
  }

  TEST_CASE("an encrypted key is asked for its passphrase, until it is the right one") {
    World::Setup setup;
    setup.change_profile = [](Profile& profile) {
      profile.tls.ca_pem = testing::read_test_data("pki/ca.crt");
      profile.tls.certificate_pem = testing::read_test_data("pki/client.crt");
      profile.locked_key =
          LockedKey{LockedKey::Form::kPem,
                    base::SecretBytes(testing::read_test_data("pki/encrypted.key")), false};
    };
    World world(std::move(setup));
    world.forbidden = {"secret"};
    const auto is_asked = [&] {
      return world.client().question() &&
             world.client().question()->kind == Question::Kind::kPassphrase;
    };
    REQUIRE(world.run_until(is_asked, seconds(10)));
    EXPECT_FALSE(world.client().question()->echo);
    world.run_for(hours(1));
    EXPECT(world.attempts.empty());
    EXPECT(world.client().answer(world.now(), secret("wrong")));
    REQUIRE(world.run_until(is_asked, seconds(1)));
    EXPECT(world.downs.back().reason == DownReason::kQuestion);
    EXPECT(world.downs.back().text.starts_with("the passphrase is wrong"));
    world.client().reconnect(world.now());
    REQUIRE(world.run_until(is_asked, seconds(1)));
    EXPECT(world.client().answer(world.now(), secret("secret")));
    REQUIRE(world.run_until([&] { return world.connected(); }, seconds(5)));
    EXPECT_FALSE(world.client().question());
    // It stays open.
    world.client().reconnect(world.now());
    REQUIRE(world.run_until([&] { return world.ups.size() == 2; }, seconds(5)));
    EXPECT_FALSE(world.leaked);
  }

  TEST_CASE("with a token no code is wanted, and nothing is said about one") {
    World::Setup setup = wanting_code();
    setup.script.push += ",auth-token SESS_ID_AT_abcdef";
    World world(std::move(setup));
    REQUIRE(asks(world, "Code?"));
    world.client().answer(world.now(), secret("4711"));
    REQUIRE(world.run_until([&] { return world.connected(); }, seconds(5)));
    for (const std::string& note : world.notes) EXPECT(note.find("no token") == std::string::npos);
    world.client().reconnect(world.now());
    REQUIRE(world.run_until([&] { return world.ups.size() == 2; }, seconds(5)));
  }

  TEST_CASE("the answer to a refused token's challenge logs in, with the token's name") {
    World::Setup setup = wanting_login();
    setup.script.push += ",auth-token SESS_ID_AT_abcdef,auth-token-user YWxpY2U=";
    World world(std::move(setup));
    REQUIRE(asks(world, "User name"));
    world.client().answer(world.now(), secret("typed"));
    world.client().answer(world.now(), secret("wonderland"));
    REQUIRE(world.run_until([&] { return world.connected(); }, seconds(5)));
    world.server().script().on_login = "AUTH_FAILED,CRV1:R,E:state::Colour?";
    world.client().reconnect(world.now());
    REQUIRE(asks(world, "Colour?"));
    world.server().script().on_login.clear();
    world.client().answer(world.now(), secret("blue"));
    REQUIRE(world.run_until([&] { return world.ups.size() == 2; }, seconds(5)));
    EXPECT(world.server().client_password == "CRV1::state::blue");
  }

  TEST_CASE(
      "what the server asks is said to be its question, and can be answered where no login is "
      "wanted") {
    World::Setup setup;
    setup.script.on_login = "AUTH_FAILED,CRV1:R,E:state:YWxpY2U=:Passphrase of the key";
    World world(std::move(setup));
    REQUIRE(asks(world, "the server asks: Passphrase of the key"));
    EXPECT(world.client().question()->text.starts_with("the server asks: "));
    world.server().script().on_login.clear();
    world.client().answer(world.now(), secret("blue"));
    REQUIRE(world.run_until([&] { return world.connected(); }, seconds(5)));
    EXPECT(world.server().client_username == "alice");
    EXPECT(world.server().client_password == "CRV1::state::blue");
  }

  TEST_CASE("a login that was typed and refused is tried with another server next") {
    World::Setup setup = wanting_login();
    setup.script.on_login = "AUTH_FAILED";
    setup.change_profile = [](Profile& profile) {
      profile.login.wanted = true;
      profile.remotes.resize(2, profile.remotes[0]);
      profile.remotes[1].host = "two.example";
    };
    World world(std::move(setup));
    world.names = {{"two.example", {kServerAddress}}};
    for (const unsigned resolves : {0u, 1u, 1u}) {
      REQUIRE(asks(world, "User name"));
      world.client().answer(world.now(), secret("alice"));
      world.client().answer(world.now(), secret("wonderland"));
      REQUIRE(world.run_until([&] { return world.client().question().has_value(); }, seconds(5)));
      EXPECT(world.resolves == resolves);
    }
  }

  TEST_CASE("while nobody types for one profile, another that needs nobody has its turns") {
    World::Setup setup;
    setup.profiles = 2;
    setup.change_profile = [](Profile& profile) { profile.name = "stored.ovpn"; };
    setup.change_second = [](Profile& profile) {
      profile.name = "typed.ovpn";
      profile.login.wanted = true;
    };
    World world(std::move(setup));
    world.refuse_connections = true;
    world.run_for(minutes(5));
    EXPECT(world.attempts.size() > 5);
    EXPECT_FALSE(world.client().question());
    world.refuse_connections = false;
    REQUIRE(world.connect());
    EXPECT(world.client().profile().name == "stored.ovpn");
  }

  TEST_CASE("a question names the profile that it is for") {
    World::Setup setup;
    setup.change_profile = [](Profile& profile) {
      profile.login.wanted = true;
      profile.name = "home.ovpn";
    };
    World world(std::move(setup));
    REQUIRE(asks(world, "User name for home.ovpn"));
    world.client().answer(world.now(), secret("alice"));
    REQUIRE(asks(world, "Password for home.ovpn"));
  }

  TEST_CASE("a tunnel that ends again soon after it came up leaves the place, and says why") {
    World world(World::with_keepalive());
    for (int life = 0; life < 5; ++life) {
      REQUIRE(world.connect());
      // As a server that has just let in another client of the same name.
      world.server().script().silent = true;
      world.run_for(seconds(1));
      while (world.connected()) {
        world.send_inside("is anybody there?");
        world.run_for(milliseconds(300));
      }
      world.restart_server();
      const bool told = world.downs.back().text.find("in use elsewhere") != std::string::npos;
      CHECK(told == (life >= 2));
      const base::Instant down = world.now().mono;
      REQUIRE(world.connect());
      CHECK(world.now().mono - down >= (life < 2    ? seconds(0)
                                        : life == 2 ? seconds(14)
                                                    : seconds(29)));
      CHECK(world.now().mono - down <= seconds(62));
    }
  }

  TEST_CASE("a network that is away for a while is no quarrel") {
    World world(World::with_keepalive());
    REQUIRE(world.connect());
    for (int gap = 0; gap < 6; ++gap) {
      world.path().weather().lost = 1000;
      for (int i = 0; i < 40; ++i) {
        world.send_inside("is anybody there?");
        world.run_for(milliseconds(300));
      }
      world.path().weather().lost = 0;
      REQUIRE(world.connect());
      world.run_for(seconds(5));
    }
    for (const Down& down : world.downs) EXPECT(down.text.find("in use") == std::string::npos);
  }

  TEST_CASE("who reconnects says goodbye first, where the server understands it") {
    World::Setup setup;
    setup.script.push += ",protocol-flags cc-exit";
    World world(std::move(setup));
    REQUIRE(world.connect());
    world.client().reconnect(world.now());
    world.run_for(milliseconds(100));
    EXPECT(std::ranges::count(world.server().texts_received, "EXIT") == 1);
  }
}

}  // namespace
}  // namespace sallyport::sim
