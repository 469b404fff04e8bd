// What the machine's OpenSSL lacks: algorithms of providers that are not loaded, and, where only
// those of FIPS 140 are allowed, what that does not have.
#include <openssl/evp.h>

#include "crypto/aead.h"
#include "crypto/cbc.h"
#include "crypto/digest.h"
#include "crypto/hmac.h"
#include "crypto/scrypt.h"
#include "crypto/tls_openssl.h"
#include "crypto/tls_prf.h"
#include "test.h"
#include "test_data.h"

namespace sallyport::crypto {
namespace {

constexpr AeadAlgorithm kAllAeads[] = {AeadAlgorithm::kAes128Gcm, AeadAlgorithm::kAes192Gcm,
                                       AeadAlgorithm::kAes256Gcm, AeadAlgorithm::kChaCha20Poly1305};

// A kernel in FIPS mode asks so for what no provider here has.
class OnlyFips {
 public:
  OnlyFips() { REQUIRE(EVP_set_default_properties(nullptr, "fips=yes") == 1); }
  ~OnlyFips() { EVP_set_default_properties(nullptr, ""); }
};

TEST_SUITE("crypto/availability") {
  TEST_CASE("digests of a provider that is not loaded are unknown") {
    for (const char* name : {"MD4", "md4", "RSA-MD4", "whirlpool", "MDC2"}) {
      CAPTURE(name);
      EXPECT_FALSE(Digest::by_name(name).has_value());
    }
    EXPECT(Digest::by_name("MD5").has_value());
    EXPECT(Digest::md5().has_value());
  }

  TEST_CASE("every digest that is known makes a HMAC") {
    unsigned known = 0;
    const auto try_one = [](const EVP_MD*, const char* name, const char*, void* counter) {
      const auto digest = Digest::by_name(name);
      if (!digest) return;
      ++*static_cast<unsigned*>(counter);
      std::array<std::uint8_t, Digest::kMaxSize> mac{};
      Hmac(*digest, base::bytes_of("key")).compute({base::bytes_of("text")}, mac);
      EXPECT(hash(*digest, base::bytes_of("text")).size() == digest->size());
    };
    EVP_MD_do_all_sorted(try_one, &known);
    EXPECT(known > 10);
  }

  TEST_CASE("what is missing is refused, and ends nothing") {
    for (const AeadAlgorithm algorithm : kAllAeads) EXPECT(is_available(algorithm));
    EXPECT(cbc_is_available(32));
    std::array<std::uint8_t, 16> out{};
    EXPECT(tls1_prf(out, out, out));
    TlsConfig config;
    config.ca_pem = testing::read_test_data("pki/ca.crt");
    EXPECT(make_tls_factory(config.clone()).has_value());
    const OnlyFips only_fips;
    for (const char* name : {"MD5", "SHA1", "SHA256"})
      EXPECT_FALSE(Digest::by_name(name).has_value());
    EXPECT_FALSE(Digest::md5().has_value());
    for (const AeadAlgorithm algorithm : kAllAeads) EXPECT_FALSE(is_available(algorithm));
    for (const std::size_t size : {16u, 24u, 32u}) EXPECT_FALSE(cbc_is_available(size));
    EXPECT_FALSE(tls1_prf(out, out, out));
    EXPECT_FALSE(scrypt("password", out, {}, out));
    EXPECT_FALSE(make_tls_factory(config.clone()).has_value());
  }
}

}  // namespace
}  // namespace sallyport::crypto
