#include "openvpn/data/epoch_format.h"

#include "base/endian.h"
#include "counting_rng.h"
#include "openvpn/data/data_channel.h"
#include "test.h"
#include "unsealed.h"
#include "vectors.h"

namespace sallyport::openvpn {
namespace {

constexpr auto kAes256 = crypto::AeadAlgorithm::kAes256Gcm;
constexpr std::uint64_t kWholeEpoch = std::uint64_t{1} << 36;

std::vector<std::uint8_t> sealed(EpochFormat& format, std::string_view text) {
  auto packet = testing::unsealed(EpochFormat::room(), base::bytes_of(text));
  packet[0] = 0x48;
  REQUIRE(format.seal(packet));
  return packet;
}

struct Pair {
  StaticKey key2{vectors::counting_bytes(256)};
  EpochFormat client, server;
  explicit Pair(crypto::AeadAlgorithm algorithm = kAes256)
      : client(algorithm, key2, KeyDirection::kNormal, 64),
        server(algorithm, key2, KeyDirection::kInverse, 64) {}
};

std::uint16_t epoch_of(const std::vector<std::uint8_t>& packet) {
  return base::load_u16(packet, 4);
}

TEST_SUITE("openvpn/epoch_format") {
  // Published with OpenVPN's own unit tests.
  TEST_CASE("key and IV of an epoch are OpenVPN's") {
    std::vector<std::uint8_t> secret(32);
    secret[0] = 19;
    secret[1] = 12;
    const EpochSecret epoch(secret);
    EXPECT(base::hex_encode(epoch.key(24).reveal().first(24)) ==
           "ed8533db1c28ace418e9006ab29c17417d60ebe6cd90bf0a");
    EXPECT(base::hex_encode(epoch.iv()) == "86890aabf032cb59f4cfa34e");
  }

  // The same: a whole packet, the first of the fourth epoch.
  TEST_CASE("reproduces OpenVPN's packet with an epoch") {
    const std::string_view base_text = "abcdefgh01234567ABCDEFGHjkuchenl";
    std::vector<std::uint8_t> key2(256);
    for (std::size_t i = 0; i < key2.size(); ++i)
      key2[i] = static_cast<std::uint8_t>(static_cast<std::uint8_t>(base_text[i % 32]) ^ i);
    const std::string_view plain = "The quick little fox jumps over the bureaucratic hurdles";
    EpochFormat client(kAes256, StaticKey(key2), KeyDirection::kNormal, 64);
    const auto seal = [&] {
      const SealRoom room = EpochFormat::room();
      std::vector<std::uint8_t> packet(room.sealed_size(plain.size()));
      packet[0] = 7;
      packet[3] = 23;
      std::ranges::copy(base::bytes_of(plain),
                        packet.begin() + static_cast<std::ptrdiff_t>(room.front));
      REQUIRE(client.seal(packet));
      return packet;
    };
    std::vector<std::uint8_t> packet = seal();
    while (client.send_epoch() < 4) {
      client.use_up(kWholeEpoch);
      packet = seal();
    }
    EXPECT(base::hex_encode(std::span(packet).subspan(4, 8)) == "0004000000000001");
    EXPECT(base::hex_encode(std::span(packet).last(16)) == "0ffff5913d39d75b18573b5748589a7d");
    EXPECT(base::hex_encode(std::span(packet).subspan(4 + 14, 6)) == "36aab4d49ce6");
  }

  TEST_CASE("an epoch begins when the last one is used up, and the peer follows") {
    Pair pair;
    auto late = sealed(pair.client, "late");
    auto first = sealed(pair.client, "one");
    EXPECT(epoch_of(first) == 1);
    EXPECT(base::text_of(*pair.server.open(first)) == "one");
    pair.client.use_up(kWholeEpoch);
    auto second = sealed(pair.client, "two");
    EXPECT(epoch_of(second) == 2);
    EXPECT(base::text_of(*pair.server.open(second)) == "two");
    EXPECT(pair.server.send_epoch() == 2);
    // What was on its way before is still taken, once.
    auto again = late;
    EXPECT(base::text_of(*pair.server.open(late)) == "late");
    EXPECT(pair.server.open(again).error() == DropReason::kDataReplay);
    EXPECT_FALSE(pair.client.wants_renewal());
  }

  TEST_CASE("a peer that does not see its epoch used up is shown the next one, once") {
    for (const auto algorithm :
         {crypto::AeadAlgorithm::kAes256Gcm, crypto::AeadAlgorithm::kChaCha20Poly1305}) {
      Pair pair(algorithm);
      pair.client.use_up(0, kWholeEpoch);
      for (int i = 0; i < 3; ++i) {
        auto packet = sealed(pair.server, "endless");
        REQUIRE(pair.client.open(packet).has_value());
        const bool gcm = algorithm == crypto::AeadAlgorithm::kAes256Gcm;
        EXPECT(epoch_of(sealed(pair.client, "ours")) == (gcm ? 2 : 1));
      }
    }
  }

  // CVE-2025-15497 was about the last of them.
  TEST_CASE("R23: four epochs ahead are taken, a fifth is not, and a forged one moves nothing") {
    for (const int ahead : {4, 5}) {
      Pair pair;
      std::vector<std::uint8_t> packet;
      for (int i = 0; i < ahead; ++i) {
        pair.client.use_up(kWholeEpoch);
        packet = sealed(pair.client, "far");
      }
      auto forged = packet;
      forged.back() ^= 1;
      EXPECT_FALSE(pair.server.open(forged).has_value());
      EXPECT(pair.server.send_epoch() == 1);
      const auto opened = pair.server.open(packet);
      EXPECT(opened.has_value() == (ahead == 4));
      if (!opened) EXPECT(opened.error() == DropReason::kBadKeyId);
    }
    Pair pair;
    for (const std::uint16_t epoch : {std::uint16_t{0}, std::uint16_t{6}, std::uint16_t{0xffff}}) {
      auto other = sealed(pair.client, "x");
      base::store_u16(other, 4, epoch);
      EXPECT(pair.server.open(other).error() == DropReason::kBadKeyId);
      EXPECT(pair.server.send_epoch() == 1);
    }
  }

  TEST_CASE("epochs that are gone stay gone") {
    Pair pair;
    auto old = sealed(pair.client, "old");
    for (int i = 0; i < 2; ++i) {
      pair.client.use_up(kWholeEpoch);
      auto packet = sealed(pair.client, "x");
      REQUIRE(pair.server.open(packet).has_value());
    }
    EXPECT(pair.server.open(old).error() == DropReason::kBadKeyId);
  }

  TEST_CASE("the data channel speaks epochs both ways behind V2, and drops V1") {
    testing::CountingRng rng;
    BatchMemory memory;
    DataChannel client(Role::kClient, 64, rng, memory), server(Role::kServer, 64, rng, memory);
    for (DataChannel* const end : {&client, &server}) {
      DataSuite suite{DataCipher::kChaCha20Poly1305};
      suite.epochs = true;
      end->configure({suite, PeerId(9), CompressionFraming::kLzo});
      end->add_key(KeyId{}, StaticKey(vectors::counting_bytes(256)), base::Instant{});
    }
    const SealRoom room = client.seal_room();
    std::vector<std::uint8_t> packet(room.sealed_size(5));
    std::ranges::copy(base::bytes_of("hello"),
                      packet.begin() + static_cast<std::ptrdiff_t>(room.front));
    REQUIRE(client.seal(packet, 5).has_value());
    auto v1 = packet;
    v1[0] = 0x30;
    EXPECT_FALSE(server.open(v1).has_value());
    const auto opened = server.open(packet);
    REQUIRE(opened.has_value());
    EXPECT(base::text_of(opened->packet) == "hello");
    for (std::size_t size = 0; size < 33; ++size) {
      std::vector<std::uint8_t> cut(size, 0x48);
      EXPECT_FALSE(server.open(cut).has_value());
    }
  }
}

}  // namespace
}  // namespace sallyport::openvpn
