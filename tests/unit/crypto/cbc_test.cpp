#include "crypto/cbc.h"

#include "base/hex.h"
#include "test.h"

namespace sallyport::crypto {
namespace {

std::vector<std::uint8_t> bytes(std::string_view hex) {
  return base::hex_decode(hex).value();
}

TEST_SUITE("crypto/cbc") {
  // NIST SP 800-38A, F.2.1, F.2.3 and F.2.5: the first two blocks.
  TEST_CASE("AES in CBC mode gives the published blocks, and takes them back") {
    struct Row {
      const char* key;
      const char* encrypted;
    };
    const std::string plain = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51";
    const auto iv_bytes = bytes("000102030405060708090a0b0c0d0e0f");
    const CbcIv iv(base::Bytes(iv_bytes).first<kCbcBlockSize>());
    for (const Row& row :
         {Row{"2b7e151628aed2a6abf7158809cf4f3c",
              "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"},
          Row{"8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
              "4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a"},
          Row{"603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
              "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"}}) {
      auto data = bytes(plain);
      CbcEncryptor encryptor(bytes(row.key));
      for (int i = 0; i < 2; ++i) {
        data = bytes(plain);
        encryptor.encrypt(iv, data);
        EXPECT(base::hex_encode(data) == row.encrypted);
      }
      CbcDecryptor(bytes(row.key)).decrypt(iv, data);
      EXPECT(base::hex_encode(data) == plain);
    }
  }
}

}  // namespace
}  // namespace sallyport::crypto
