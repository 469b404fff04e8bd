#include "crypto/hmac.h"

#include <array>

#include "base/hex.h"
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
    aes256_ctr(key, iv, data);
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
