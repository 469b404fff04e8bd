#include "openvpn/profile/cipher_list.h"

#include <openssl/evp.h>

#include "openvpn/data/key_schedule.h"
#include "profile_fixture.h"
#include "test.h"

namespace sallyport::openvpn {
namespace {

TEST_SUITE("openvpn/cipher_list") {
  TEST_CASE("names are told apart in any case") {
    EXPECT(kind_of_cipher("aes-256-gcm") == CipherKind::kUsable);
    EXPECT(kind_of_cipher("ChaCha20-Poly1305") == CipherKind::kUsable);
    for (const char* name : {"AES-128-CBC", "aes-192-cbc", "AES-256-CBC"})
      EXPECT(kind_of_cipher(name) == CipherKind::kUsable);
    for (const char* name :
         {"none", "BF-CBC", "DES-EDE3-CBC", "RC2-40-CBC", "CAST5-CBC", "seed-cbc"})
      EXPECT(kind_of_cipher(name) == CipherKind::kWeak);
    for (const char* name : {"AES-256-CFB", "CAMELLIA-128-CBC", "ARIA-256-GCM"})
      EXPECT(kind_of_cipher(name) == CipherKind::kOther);
    for (const char* name : {"", "AES", "GCM", "AES-256-GCM "})
      EXPECT(kind_of_cipher(name) != CipherKind::kUsable);
    EXPECT(kind_of_cipher("ROT13") == CipherKind::kUnknown);
  }

  TEST_CASE("each cipher is listed once, where it comes first") {
    const CipherList list = CipherList::parse("AES-128-GCM:DEFAULT:?AES-128-GCM::AES-256-GCM");
    EXPECT(list.ciphers == std::vector{DataCipher::kAes128Gcm, DataCipher::kAes256Gcm,
                                       DataCipher::kChaCha20Poly1305});
    EXPECT(list.left_out.empty());
  }

  TEST_CASE("what this machine's OpenSSL lacks is no cipher, and ends nothing") {
    REQUIRE(EVP_set_default_properties(nullptr, "fips=yes") == 1);
    const bool known = data_cipher_by_name("AES-256-GCM").has_value();
    const CipherKind kind = kind_of_cipher("CHACHA20-POLY1305");
    const bool any = !default_ciphers().empty();
    const KeySource none{};
    const auto keys = derive_data_keys_by_prf(none, none, SessionId(1), SessionId(2));
    const ReadProfile read = read_text(usable_profile());
    EVP_set_default_properties(nullptr, "");
    EXPECT_FALSE(known);
    EXPECT(kind == CipherKind::kOther);
    EXPECT_FALSE(any);
    EXPECT_FALSE(keys.has_value());
    EXPECT_FALSE(read.report.usable());
    EXPECT(read_text(usable_profile()).report.usable());
  }

  TEST_CASE("a long list of nonsense makes a short message") {
    std::string text;
    for (int i = 0; i < 500; ++i) text += "X" + std::to_string(i) + std::string(50, 'y') + ":";
    const CipherList list = CipherList::parse(text);
    EXPECT(list.ciphers.empty());
    EXPECT(list.left_out.ends_with(" and others"));
    EXPECT(list.left_out.size() < 500);
  }
}

}  // namespace
}  // namespace sallyport::openvpn
