#include "openvpn/wire/static_key.h"

#include "test.h"
#include "vectors.h"

namespace sallyport::openvpn {
namespace {

std::string key_file(std::string_view hex) {
  return "#\n# 2048 bit OpenVPN static key\n#\n-----BEGIN OpenVPN Static key V1-----\n" +
         std::string(hex) + "\n-----END OpenVPN Static key V1-----\ntrailing text\n";
}

TEST_SUITE("openvpn/static_key") {
  TEST_CASE("reads a key file with comments, indentation and any line length") {
    std::string hex(vectors::kStaticKey);
    for (std::size_t at = 32; at < hex.size(); at += 35) hex.insert(at, "\r\n ");
    const auto key = StaticKey::parse(key_file(hex));
    REQUIRE(key.has_value());
    EXPECT(base::hex_encode(key->reveal()) == vectors::kStaticKey);
  }

  TEST_CASE("cuts the key in two slots of cipher and hmac parts") {
    const StaticKey key(vectors::counting_bytes(256));
    EXPECT(key.cipher_key(KeyDirection::kNormal)[0] == 0);
    EXPECT(key.hmac_key(KeyDirection::kNormal)[0] == 64);
    EXPECT(key.cipher_key(KeyDirection::kInverse)[0] == 128);
    EXPECT(key.hmac_key(KeyDirection::kInverse)[0] == 192);
    EXPECT(key.hmac_key(KeyDirection::kInverse)[63] == 255);
  }

  TEST_CASE("says what is wrong with a bad file") {
    const std::string hex(vectors::kStaticKey);
    struct Row {
      std::string file;
      const char* reason;
    };
    for (const Row& row :
         {Row{"", "no OpenVPN static key"}, Row{hex, "no OpenVPN static key"},
          Row{key_file(hex).substr(0, 300), "no END line"},
          Row{key_file(hex + "zz"), "not hexadecimal"}, Row{key_file(hex.substr(2)), "255 bytes"},
          Row{key_file(hex + "00"), "257 bytes"},
          Row{key_file(std::string(512, '0')), "all zeros"}}) {
      const auto key = StaticKey::parse(row.file);
      REQUIRE_FALSE(key.has_value());
      CAPTURE(key.error());
      EXPECT(key.error().find(row.reason) != std::string::npos);
    }
  }
}

}  // namespace
}  // namespace sallyport::openvpn
