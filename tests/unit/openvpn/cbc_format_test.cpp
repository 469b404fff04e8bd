#include "openvpn/data/cbc_format.h"

#include <set>

#include "counting_rng.h"
#include "openvpn/data/data_key.h"
#include "test.h"
#include "unsealed.h"
#include "vectors.h"

namespace sallyport::openvpn {
namespace {

constexpr std::string_view kPlain = "The quick brown fox";

KeyId key_id() {
  return KeyId{};
}

DataSuite suite(DataCipher cipher, std::string_view digest) {
  return {cipher, crypto::Digest::by_name(digest).value()};
}

std::vector<std::uint8_t> sealed(DataKey& key, const DataSuite& suite, std::string_view plain) {
  const DataHeader header = DataHeader::make(key_id(), PeerId(5));
  auto packet = testing::unsealed(suite.room(header.size), base::bytes_of(plain));
  REQUIRE(key.seal(header, packet, plain.size()).has_value());
  return packet;
}

TEST_SUITE("openvpn/cbc_format") {
  // Made by the openssl program and Python's hmac from key bytes 00 01 .. ff, IV a0 .. af, packet
  // id 1.
  TEST_CASE("opens what OpenSSL and Python's hmac made") {
    struct Row {
      DataCipher cipher;
      const char* digest;
      const char* packet;
    };
    testing::CountingRng rng;
    for (const Row& row :
         {Row{DataCipher::kAes128Cbc, "SHA1",
              "e13376c9740c8e5890f89b10b76e59b8e2151502a0a1a2a3a4a5a6a7a8a9aaabacadaeaf1b53a840c2fe"
              "2c6d2848dd96707ae7c57a74238a2794bcdd461a360cb3a70b99"},
          Row{DataCipher::kAes256Cbc, "SHA512",
              "118635929734981350263315b4ecec6931ac7713eb9a134ffdbf6a2b3efc109acc0970ab324ea14d350d"
              "97cb3645af59839898b18c05ec62ae8f187d6788fde1a0a1a2a3a4a5a6a7a8a9aaabacadaeaf3b65fa22"
              "9f67373ec13f6e52a963e42efa6c58915cdba4d72cabfcbc639e8706"}}) {
      DataKey client(key_id(), suite(row.cipher, row.digest),
                     StaticKey(vectors::counting_bytes(256)), Role::kClient, 64, rng);
      auto packet = vectors::bytes("30" + std::string(row.packet));
      const auto opened = client.open(1, packet);
      REQUIRE(opened.has_value());
      EXPECT(base::text_of(*opened) == kPlain);
    }
  }

  TEST_CASE("every size comes back under every digest, no longer than it was said to be") {
    testing::CountingRng rng;
    for (const char* digest : {"MD5", "SHA1", "SHA256", "SHA384", "SHA512"}) {
      const DataSuite with = suite(DataCipher::kAes256Cbc, digest);
      const StaticKey key2(vectors::counting_bytes(256));
      DataKey client(key_id(), with, key2, Role::kClient, 64, rng);
      DataKey server(key_id(), with, key2, Role::kServer, 64, rng);
      const SealRoom room = with.room(4);
      for (std::size_t size = 0; size < 50; ++size) {
        const std::string plain(size, 'x');
        auto packet = sealed(client, with, plain);
        EXPECT(room.largest_packet(packet.size()) >= size);
        EXPECT(room.sealed_size(room.largest_packet(packet.size())) == packet.size());
        EXPECT(room.largest_packet(packet.size() - 1) < size + 16);
        const auto opened = server.open(4, packet);
        REQUIRE(opened.has_value());
        EXPECT(base::text_of(*opened) == plain);
      }
    }
  }

  TEST_CASE("no two packets have the same IV") {
    testing::CountingRng rng;
    const DataSuite with = suite(DataCipher::kAes128Cbc, "SHA256");
    DataKey key(key_id(), with, StaticKey(vectors::counting_bytes(256)), Role::kClient, 64, rng);
    std::set<std::string> ivs;
    for (int i = 0; i < 200; ++i) {
      const auto packet = sealed(key, with, "same");
      ivs.insert(base::hex_encode(std::span(packet).subspan(4 + 32, 16)));
    }
    EXPECT(ivs.size() == 200);
  }

  TEST_CASE(
      "what was changed or cut is dropped before it is decrypted, what was seen is a replay") {
    testing::CountingRng rng;
    const DataSuite with = suite(DataCipher::kAes192Cbc, "SHA384");
    const StaticKey key2(vectors::counting_bytes(256));
    DataKey client(key_id(), with, key2, Role::kClient, 64, rng);
    DataKey server(key_id(), with, key2, Role::kServer, 64, rng);
    const auto packet = sealed(client, with, kPlain);
    for (std::size_t at = 4; at < packet.size(); ++at) {
      auto changed = packet;
      changed[at] ^= 1;
      const auto before = std::vector(changed.end() - 32, changed.end());
      EXPECT(server.open(4, changed).error() == DropReason::kDataAuthentication);
      EXPECT(std::vector(changed.end() - 32, changed.end()) == before);
    }
    for (std::size_t size = 0; size < packet.size(); ++size) {
      auto cut = std::vector(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_FALSE(server.open(4, cut).has_value());
    }
    auto good = packet, replay = packet, echo = packet;
    EXPECT(server.open(4, good).has_value());
    EXPECT(server.open(4, replay).error() == DropReason::kDataReplay);
    EXPECT(client.open(4, echo).error() == DropReason::kDataAuthentication);
  }
}

}  // namespace
}  // namespace sallyport::openvpn
