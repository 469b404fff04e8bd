#include "openvpn/profile/cipher_list.h"

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
