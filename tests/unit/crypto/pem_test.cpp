#include "crypto/pem.h"

#include "base/hex.h"
#include "test.h"

namespace sallyport::crypto {
namespace {

constexpr std::string_view kLabel = "OpenVPN tls-crypt-v2 server key";

TEST_SUITE("crypto/pem") {
  TEST_CASE("finds the block with the label among other text and blocks") {
    const std::string text =
        "# a comment\n-----BEGIN OTHER-----\nAAAA\n-----END OTHER-----\n"
        "-----BEGIN OpenVPN tls-crypt-v2 server key-----\nAQID\r\nBA==\n-----END OpenVPN "
        "tls-crypt-v2 server key-----\n";
    const auto content = pem_decode(text, kLabel);
    REQUIRE(content.has_value());
    EXPECT(base::hex_encode(content->reveal()) == "01020304");
  }

  TEST_CASE("yields nothing for a missing, cut or garbled block") {
    EXPECT_FALSE(pem_decode("", kLabel).has_value());
    EXPECT_FALSE(
        pem_decode("-----BEGIN OpenVPN tls-crypt-v2 server key-----\nAQID\n", kLabel).has_value());
    EXPECT_FALSE(pem_decode("-----BEGIN OpenVPN tls-crypt-v2 server key-----\nA*D\n"
                            "-----END OpenVPN tls-crypt-v2 server key-----\n",
                            kLabel)
                     .has_value());
  }

  TEST_CASE("what is encoded decodes again") {
    const auto text = pem_encode(base::bytes_of("some key"), kLabel);
    EXPECT(text.reveal_text().starts_with("-----BEGIN OpenVPN tls-crypt-v2 server key-----\n"));
    EXPECT(pem_decode(text.reveal_text(), kLabel)->reveal_text() == "some key");
  }
}

}  // namespace
}  // namespace sallyport::crypto
