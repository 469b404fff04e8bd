#include "crypto/aead.h"

#include <array>
#include <vector>

#include "base/hex.h"
#include "test.h"

namespace sallyport::crypto {
namespace {

std::vector<std::uint8_t> bytes(std::string_view hex) {
  return base::hex_decode(hex).value();
}

struct Vector {
  AeadAlgorithm algorithm;
  const char *key, *nonce, *associated, *plain, *sealed, *tag;
};

// AES-128/256-GCM: NIST GCM test cases 4 and 16. AES-192-GCM: case 10. ChaCha20-Poly1305: RFC 8439
// section 2.8.2.
constexpr auto kGcmPlain =
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b5"
    "25b16aedf5aa0de657ba637b39";
const Vector kVectors[] = {
    {AeadAlgorithm::kAes128Gcm, "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2", kGcmPlain,
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84a"
     "a051ba30b396a0aac973d58e091",
     "5bc94fbc3221a5db94fae95ae7121a47"},
    {AeadAlgorithm::kAes192Gcm, "feffe9928665731c6d6a8f9467308308feffe9928665731c",
     "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2", kGcmPlain,
     "3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c7d773d00c144c525ac619d18c84a3"
     "f4718e2448b2fe324d9ccda2710",
     "2519498e80f1478f37ba55bd6d27618c"},
    {AeadAlgorithm::kAes256Gcm, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
     "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2", kGcmPlain,
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828"
     "838c5f61e6393ba7a0abcc9f662",
     "76fc6ece0f4e1768cddf8853bb2d551b"},
    {AeadAlgorithm::kChaCha20Poly1305,
     "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f", "070000004041424344454647",
     "50515253c0c1c2c3c4c5c6c7",
     "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a20496620492"
     "0636f756c64206f6666657220796f"
     "75206f6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73637265656e20776f756c642"
     "062652069742e",
     "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da927"
     "28b1a71de0a9e060b2905d6a5b67e"
     "cd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26"
     "586cec64b6116",
     "1ae10b594f09e26a7e902ecbd0600691"},
};

TEST_SUITE("crypto/aead") {
  TEST_CASE("seals and opens the published vectors in place") {
    for (const Vector& vector : kVectors) {
      CAPTURE(name_of(vector.algorithm));
      const auto nonce_bytes = bytes(vector.nonce);
      const AeadNonce nonce(nonce_bytes.data(), kAeadNonceSize);
      auto data = bytes(vector.plain);
      std::array<std::uint8_t, kAeadTagSize> tag{};
      AeadSealer sealer(vector.algorithm, bytes(vector.key));
      sealer.seal(nonce, bytes(vector.associated), data, tag);
      EXPECT(base::hex_encode(data) == vector.sealed);
      EXPECT(base::hex_encode(tag) == vector.tag);

      AeadOpener opener(vector.algorithm, bytes(vector.key));
      REQUIRE(opener.open(nonce, bytes(vector.associated), data, tag));
      EXPECT(base::hex_encode(data) == vector.plain);
    }
  }

  TEST_CASE("opens nothing that was altered") {
    for (const Vector& vector : kVectors) {
      CAPTURE(name_of(vector.algorithm));
      const auto nonce_bytes = bytes(vector.nonce);
      const AeadNonce nonce(nonce_bytes.data(), kAeadNonceSize);
      AeadOpener opener(vector.algorithm, bytes(vector.key));
      const auto opens = [&](auto change) {
        auto data = bytes(vector.sealed);
        auto tag = bytes(vector.tag);
        auto associated = bytes(vector.associated);
        change(data, tag, associated);
        return opener.open(nonce, associated, data, tag);
      };
      EXPECT(opens([](auto&, auto&, auto&) {}));
      EXPECT_FALSE(opens([](auto& data, auto&, auto&) { data[0] ^= 1; }));
      EXPECT_FALSE(opens([](auto& data, auto&, auto&) { data.pop_back(); }));
      EXPECT_FALSE(opens([](auto& data, auto&, auto&) { data.clear(); }));
      EXPECT_FALSE(opens([](auto&, auto& tag, auto&) { tag[15] ^= 0x80; }));
      EXPECT_FALSE(opens([](auto&, auto& tag, auto&) { tag.pop_back(); }));
      EXPECT_FALSE(opens([](auto&, auto&, auto& associated) { associated[3] ^= 1; }));
      EXPECT_FALSE(opens([](auto&, auto&, auto& associated) { associated.clear(); }));
      // None of it is left in the context.
      EXPECT(opens([](auto&, auto&, auto&) {}));
    }
  }

  TEST_CASE("one sealer serves many packets, empty ones and nothing but data too") {
    for (const auto algorithm : {AeadAlgorithm::kAes256Gcm, AeadAlgorithm::kChaCha20Poly1305}) {
      const std::vector<std::uint8_t> key(key_size(algorithm), 7);
      AeadSealer sealer(algorithm, key);
      AeadOpener opener(algorithm, key);
      for (std::uint8_t i = 0; i < 20; ++i) {
        std::array<std::uint8_t, kAeadNonceSize> nonce{i};
        std::vector<std::uint8_t> data(i * 10u, i);
        std::array<std::uint8_t, kAeadTagSize> tag{};
        const base::Bytes associated = base::bytes_of("ad").first(i % 3);
        sealer.seal(nonce, associated, data, tag);
        REQUIRE(opener.open(nonce, associated, data, tag));
        EXPECT(data == std::vector<std::uint8_t>(i * 10u, i));
      }
    }
  }

  TEST_CASE("knows OpenVPN's names in any case and no others") {
    EXPECT(aead_by_name("aes-256-gcm") == AeadAlgorithm::kAes256Gcm);
    EXPECT(aead_by_name("ChaCha20-Poly1305") == AeadAlgorithm::kChaCha20Poly1305);
    EXPECT_FALSE(aead_by_name("AES-256-CBC").has_value());
    EXPECT_FALSE(aead_by_name("").has_value());
    EXPECT(name_of(AeadAlgorithm::kAes192Gcm) == "AES-192-GCM");
  }
}

}  // namespace
}  // namespace sallyport::crypto
