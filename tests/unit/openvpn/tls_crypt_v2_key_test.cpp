#include "openvpn/wire/tls_crypt_v2_key.h"

#include <algorithm>
#include <initializer_list>
#include <ranges>

#include "base/endian.h"
#include "counting_rng.h"
#include "test.h"
#include "vectors.h"

namespace sallyport::openvpn {
namespace {

TlsCryptV2ServerKey server_key() {
  return TlsCryptV2ServerKey(vectors::counting_bytes(128));
}

TEST_SUITE("openvpn/tls_crypt_v2_key") {
  TEST_CASE("the server unwraps the published client keys, and wraps them again bit by bit") {
    struct Row {
      std::string_view file;
      std::uint8_t type;
      std::size_t size;
    };
    for (const Row& row :
         {Row{vectors::kClientKeyTimestamp, 1, 9}, Row{vectors::kClientKeyUser, 0, 7}}) {
      const auto client = TlsCryptV2ClientKey::parse(row.file);
      REQUIRE(client.has_value());
      EXPECT(std::ranges::equal(client->key().reveal(), vectors::counting_bytes(256)));
      const auto unwrapped = server_key().unwrap(client->wrapped_key());
      REQUIRE(unwrapped.has_value());
      EXPECT(std::ranges::equal(unwrapped->key.reveal(), client->key().reveal()));
      REQUIRE(unwrapped->metadata.size() == row.size);
      EXPECT(unwrapped->metadata[0] == row.type);
      EXPECT(std::ranges::equal(server_key().wrap(client->key(), unwrapped->metadata),
                                client->wrapped_key()));
    }
  }

  TEST_CASE("another server's key and any flipped bit are refused") {
    const auto client = TlsCryptV2ClientKey::parse(vectors::kClientKeyTimestamp);
    TlsCryptV2ServerKey other(std::vector<std::uint8_t>(128, 7));
    EXPECT(other.unwrap(client->wrapped_key()).error() == UnwrapError::kNotOurs);
    for (std::size_t at = 0; at < client->wrapped_key().size(); at += 13) {
      std::vector<std::uint8_t> changed(client->wrapped_key().begin(), client->wrapped_key().end());
      changed[at] ^= 0x10;
      EXPECT_FALSE(server_key().unwrap(changed).has_value());
    }
  }

  TEST_CASE("keys come back from their files, and a fingerprint is that of the key alone") {
    testing::CountingRng rng;
    const auto server = TlsCryptV2ServerKey::random(rng);
    const auto again = TlsCryptV2ServerKey::parse(server.to_file().reveal_text());
    REQUIRE(again.has_value());
    const StaticKey key = StaticKey::random(rng);
    const TlsCryptV2ClientKey one(key.clone(), again->wrap(key, std::vector<std::uint8_t>{0, 1}));
    const TlsCryptV2ClientKey other(key.clone(), again->wrap(key, {}));
    const auto read = TlsCryptV2ClientKey::parse(one.to_file().reveal_text());
    REQUIRE(read.has_value());
    EXPECT(std::ranges::equal(read->wrapped_key(), one.wrapped_key()));
    EXPECT(fingerprint_of(server.unwrap(read->wrapped_key())->key) == fingerprint_of(key));
    EXPECT(fingerprint_of(server.unwrap(other.wrapped_key())->key) == fingerprint_of(key));
    EXPECT(fingerprint_of(StaticKey::random(rng)) != fingerprint_of(key));
  }

  TEST_CASE("every truncation of a wrapped key is refused by its length") {
    const auto client = TlsCryptV2ClientKey::parse(vectors::kClientKeyTimestamp);
    for (std::size_t size = 0; size < client->wrapped_key().size(); ++size) {
      EXPECT(server_key().unwrap(client->wrapped_key().first(size)).error() ==
             UnwrapError::kBadLength);
    }
  }

  // Lengths around every limit, none may reach outside the packet or onto the opcode.
  TEST_CASE(
      "R24: the wrapped key at the end of a packet is found only when its length can be true") {
    const std::size_t packet_size = 400;
    for (const std::size_t length :
         std::initializer_list<std::size_t>{0, 1, 289, 290, 399, 400, 401, 1024, 1025, 65535}) {
      CAPTURE(length);
      std::vector<std::uint8_t> packet(packet_size);
      base::store_u16(packet, packet_size - 2, static_cast<std::uint16_t>(length));
      const auto found = trailing_wrapped_key(packet);
      EXPECT(found.has_value() == (length == 290 || length == 399));
      if (found) EXPECT(found->size() == length);
    }
    EXPECT_FALSE(trailing_wrapped_key({}).has_value());
    EXPECT_FALSE(trailing_wrapped_key(std::vector<std::uint8_t>(290)).has_value());
  }

  // Access Server and CloudConnexa: tag, encrypted key and metadata, number of the server's key,
  // length.
  TEST_CASE("to a client a wrapped key is opaque, also one that names the server's key") {
    std::vector<std::uint8_t> wrapped = vectors::counting_bytes(32 + 256 + 9 + 4 + 2);
    base::store_u16(wrapped, wrapped.size() - 2, static_cast<std::uint16_t>(wrapped.size()));
    const TlsCryptV2ClientKey made(StaticKey(vectors::counting_bytes(StaticKey::kSize)), wrapped);
    const auto read = TlsCryptV2ClientKey::parse(made.to_file().reveal_text());
    REQUIRE(read.has_value());
    EXPECT(std::ranges::equal(read->wrapped_key(), wrapped));
  }

  TEST_CASE("damaged client key files are refused") {
    std::string file(vectors::kClientKeyTimestamp);
    EXPECT_FALSE(TlsCryptV2ClientKey::parse("").has_value());
    EXPECT_FALSE(TlsCryptV2ClientKey::parse(file.substr(0, 700)).has_value());
    file.erase(file.find("wMHC"), 64);
    EXPECT_FALSE(TlsCryptV2ClientKey::parse(file).has_value());
  }
}

}  // namespace
}  // namespace sallyport::openvpn
