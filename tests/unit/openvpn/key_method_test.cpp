#include "openvpn/wire/key_method.h"

#include <algorithm>

#include "counting_rng.h"
#include "test.h"
#include "vectors.h"

namespace sallyport::openvpn {
namespace {

using ParseError = KeyMethodMessage::ParseError;

// What a live 2.6.14 server sends, with its randoms replaced: options, then three empty strings.
std::vector<std::uint8_t> server_message() {
  auto wire = vectors::bytes("0000000002");
  wire.insert(wire.end(), 32, 0x11);
  wire.insert(wire.end(), 32, 0x22);
  const std::string options =
      "V4,dev-type tun,link-mtu 1541,tun-mtu 1500,proto UDPv4,auth SHA1,keysize 128,key-method "
      "2,tls-server";
  wire.push_back(0);
  wire.push_back(static_cast<std::uint8_t>(options.size() + 1));
  wire.insert(wire.end(), options.begin(), options.end());
  wire.insert(wire.end(), 1 + 6, 0);
  return wire;
}

TEST_SUITE("openvpn/key_method") {
  TEST_CASE("reads a server's message") {
    const auto message = KeyMethodMessage::parse(Role::kServer, server_message());
    REQUIRE(message.has_value());
    EXPECT(message->source.random1.reveal()[0] == 0x11);
    EXPECT(message->source.random2.reveal()[31] == 0x22);
    EXPECT(message->options.ends_with("tls-server"));
    EXPECT(message->username.empty());
    EXPECT(message->peer_info.empty());
  }

  TEST_CASE("the strings behind the options may be missing altogether") {
    auto wire = server_message();
    wire.resize(wire.size() - 6);
    EXPECT(KeyMethodMessage::parse(Role::kServer, wire).has_value());
    wire.resize(wire.size() - 1);
    EXPECT(KeyMethodMessage::parse(Role::kServer, wire).error() == ParseError::kIncomplete);
  }

  TEST_CASE("every truncation before that is incomplete, never malformed") {
    const auto wire = server_message();
    for (std::size_t size = 0; size < wire.size() - 6; ++size) {
      EXPECT(KeyMethodMessage::parse(Role::kServer, std::span(wire).first(size)).error() ==
             ParseError::kIncomplete);
    }
  }

  TEST_CASE(
      "R6: other key methods, non-zero leads, empty options and strings without their NUL are "
      "malformed") {
    const auto malformed = [](std::size_t at, std::uint8_t value) {
      auto wire = server_message();
      wire[at] = value;
      const auto message = KeyMethodMessage::parse(Role::kServer, wire);
      return !message && message.error() == ParseError::kMalformed;
    };
    EXPECT(malformed(0, 1));
    EXPECT(malformed(4, 1));
    EXPECT(malformed(4, 3));
    EXPECT(malformed(70, 0));       // NUL inside the options: the length is now wrong for the text
    EXPECT(malformed(71 + 20, 0));  // a NUL amid the text
    auto empty = server_message();
    empty[69] = empty[70] = 0;
    EXPECT(KeyMethodMessage::parse(Role::kServer, empty).error() == ParseError::kMalformed);
  }

  TEST_CASE("a password too long for its length is cut, and has as many bytes as it says") {
    testing::CountingRng rng;
    KeyMethodMessage message;
    message.source = KeySource::random(rng);
    message.password = base::SecretBytes(std::string(70'000, 'x'));
    const std::size_t whole = message.serialize(Role::kClient).size();
    message.password = {};
    EXPECT(whole == message.serialize(Role::kClient).size() + 0xffff);
  }

  TEST_CASE("a client's message brings its pre-master and its login, and parses back") {
    testing::CountingRng rng;
    KeyMethodMessage message;
    message.source = KeySource::random(rng);
    message.options = "V4,tls-client";
    message.username = base::SecretBytes(std::string_view("alice"));
    message.password = base::SecretBytes(std::string(3000, 'p'));
    message.peer_info = "IV_PROTO=2974\n";
    const auto wire = message.serialize(Role::kClient);
    const auto back = KeyMethodMessage::parse(Role::kClient, wire.reveal());
    REQUIRE(back.has_value());
    EXPECT(
        std::ranges::equal(back->source.pre_master.reveal(), message.source.pre_master.reveal()));
    EXPECT(back->username.reveal_text() == "alice");
    EXPECT(back->password.size() == 3000);
    EXPECT(back->peer_info == "IV_PROTO=2974\n");
  }
}

}  // namespace
}  // namespace sallyport::openvpn
