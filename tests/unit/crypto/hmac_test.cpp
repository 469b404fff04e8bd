#include "crypto/hmac.h"

#include <openssl/hmac.h>

#include <array>
#include <vector>

#include "base/hex.h"
#include "counting_rng.h"
#include "crypto/aes_ctr.h"
#include "crypto/constant_time.h"
#include "test.h"

namespace sallyport::crypto {
namespace {

TEST_SUITE("crypto/hmac") {
  TEST_CASE("matches RFC 4231 test case 2, however the message is cut") {
    Hmac hmac(Digest::sha256(), base::bytes_of("Jefe"));
    std::array<std::uint8_t, 32> mac{};
    const std::string expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    hmac.compute({base::bytes_of("what do ya want for nothing?")}, mac);
    EXPECT(base::hex_encode(mac) == expected);
    hmac.compute({base::bytes_of("what do ya "), {}, base::bytes_of("want for nothing?")}, mac);
    EXPECT(base::hex_encode(mac) == expected);
  }

  TEST_CASE("matches RFC 2202 test case 2 for SHA1") {
    Hmac hmac(Digest::sha1(), base::bytes_of("Jefe"));
    std::array<std::uint8_t, 20> mac{};
    hmac.compute({base::bytes_of("what do ya want for nothing?")}, mac);
    EXPECT(base::hex_encode(mac) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  }

  TEST_CASE("matches RFC 4231 test cases 6 and 7: a key longer than a block is hashed") {
    const std::vector<std::uint8_t> key(131, 0xaa);
    struct Row {
      const char* digest;
      const char* text;
      const char* mac;
    };
    for (const Row& row :
         {Row{"SHA256", "Test Using Larger Than Block-Size Key - Hash Key First",
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
          Row{"SHA512",
              "This is a test using a larger than block-size key and a larger than block-size "
              "data. "
              "The key needs to be hashed before being used by the HMAC algorithm.",
              "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944b6022cac3c4982b1"
              "0d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58"}}) {
      Hmac hmac(*Digest::by_name(row.digest), key);
      std::vector<std::uint8_t> mac(hmac.size());
      hmac.compute({base::bytes_of(row.text)}, mac);
      EXPECT(base::hex_encode(mac) == row.mac);
    }
  }

  TEST_CASE("is what the library's own HMAC is, for every digest, key and message size") {
    testing::CountingRng rng;
    for (const char* name : {"MD5", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512", "SHA512-256",
                             "SHA3-224", "SHA3-512", "RIPEMD160", "BLAKE2b512"}) {
      const auto digest = Digest::by_name(name);
      if (!digest) continue;
      CAPTURE(name);
      for (const std::size_t key_size :
           {1U, 20U, 63U, 64U, 65U, 127U, 128U, 129U, 143U, 144U, 145U, 300U}) {
        std::vector<std::uint8_t> key(key_size), message(key_size * 3);
        rng.fill(key);
        rng.fill(message);
        Hmac ours(*digest, key);
        std::vector<std::uint8_t> mac(ours.size()), expected(EVP_MAX_MD_SIZE);
        unsigned size = 0;
        if (HMAC(digest->handle(), key.data(), static_cast<int>(key_size), message.data(),
                 message.size(), expected.data(), &size) == nullptr) {
          continue;  // one that this library does not have
        }
        expected.resize(size);
        // Twice: the second message is not to know of the first.
        for (int i = 0; i < 2; ++i) {
          ours.compute({base::Bytes(message).first(7 % message.size()),
                        base::Bytes(message).subspan(7 % message.size())},
                       mac);
          EXPECT(mac == expected);
        }
      }
    }
  }

  TEST_CASE("digests go by any name OpenSSL knows") {
    EXPECT(Digest::by_name("sha512")->size() == 64);
    EXPECT(Digest::by_name("SHA512")->name() == "SHA512");
    EXPECT(Digest::by_name("RSA-SHA256") == Digest::sha256());
    EXPECT_FALSE(Digest::by_name("none").has_value());
    EXPECT_FALSE(Digest::by_name("SHAKE256").has_value());
    EXPECT_FALSE(Digest::by_name("").has_value());
  }

  TEST_CASE("AES-256 in counter mode matches SP 800-38A F.5.5") {
    const auto key =
        base::hex_decode("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
            .value();
    const auto iv = base::hex_decode("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff").value();
    auto data = base::hex_decode("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51")
                    .value();
    aes256_ctr(key, iv, data);
    EXPECT(base::hex_encode(data) ==
           "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5");
    // One that keeps its key does the same, again and again.
    Aes256Ctr cipher(key);
    for (int i = 0; i < 3; ++i) cipher.apply(iv, data);
    EXPECT(base::hex_encode(data) ==
           "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
  }

  TEST_CASE("constant-time equality compares length and content") {
    EXPECT(constant_time_equal(base::bytes_of("same"), base::bytes_of("same")));
    EXPECT_FALSE(constant_time_equal(base::bytes_of("same"), base::bytes_of("samE")));
    EXPECT_FALSE(constant_time_equal(base::bytes_of("same"), base::bytes_of("sam")));
    EXPECT(constant_time_equal({}, {}));
  }
}

}  // namespace
}  // namespace sallyport::crypto
