#include "crypto/private_key.h"

#include "test.h"
#include "test_data.h"

namespace sallyport::crypto {
namespace {

using testing::read_test_data;

TEST_SUITE("crypto/private_key") {
  TEST_CASE("a key that wants a passphrase is told from others, in both of PEM's forms") {
    for (const std::string name : {"encrypted.key", "encrypted-traditional.key"}) {
      CAPTURE(name);
      EXPECT(is_encrypted_key(read_test_data("pki/" + name)));
      // With what openssl's -text and certificates put in front.
      EXPECT(is_encrypted_key("comment\n" + read_test_data("pki/ca.crt") +
                              read_test_data("pki/" + name)));
    }
    EXPECT_FALSE(is_encrypted_key(read_test_data("pki/client.key")));
    EXPECT_FALSE(is_encrypted_key(read_test_data("pki/ca.crt")));
    EXPECT_FALSE(is_encrypted_key(""));
    EXPECT_FALSE(is_encrypted_key("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n"));
  }

  TEST_CASE("the right passphrase opens a key, and no other does") {
    for (const std::string name : {"encrypted.key", "encrypted-traditional.key"}) {
      CAPTURE(name);
      const std::string pem = read_test_data("pki/" + name);
      const auto key = decrypt_key(pem, "secret");
      REQUIRE(key.has_value());
      EXPECT(key->reveal_text() == read_test_data("pki/client.key"));
      for (const std::string& wrong :
           {std::string("Secret"), std::string(), std::string(5000, 'x')}) {
        const auto refused = decrypt_key(pem, wrong);
        REQUIRE_FALSE(refused.has_value());
        EXPECT(refused.error() == "the passphrase is wrong");
      }
    }
  }

  TEST_CASE("a key in an old encryption says how it is taken off") {
    const auto refused = decrypt_key(read_test_data("pki/encrypted-legacy.key"), "secret");
    REQUIRE_FALSE(refused.has_value());
    EXPECT(refused.error().contains("openssl pkey -provider legacy"));
  }
}

}  // namespace
}  // namespace sallyport::crypto
