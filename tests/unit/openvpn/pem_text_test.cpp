#include "openvpn/profile/pem_text.h"

#include "crypto/pem.h"
#include "test.h"
#include "test_data.h"

namespace sallyport::openvpn {
namespace {

using testing::read_test_data;

// A block as an authority's certificate has it: the name is what counts here.
std::string certificate_naming(std::string_view name) {
  const auto pem = crypto::pem_encode(base::bytes_of("0\x82" + std::string(name)), "CERTIFICATE");
  return std::string(pem.reveal_text());
}

TEST_SUITE("openvpn/pem_text") {
  TEST_CASE("certificates are taken out of whatever stands around them") {
    const std::string ca = read_test_data("pki/ca.crt");
    const std::string key = read_test_data("pki/client.key");
    const std::string text = "# comment\n" + key + ca + "subject=...\n" + ca;
    const std::string taken = certificates_in(text);
    EXPECT_FALSE(taken.contains("PRIVATE"));
    EXPECT_FALSE(taken.contains("comment"));
    EXPECT(taken == certificates_in(ca) + certificates_in(ca));
    EXPECT(certificates_in(key).empty());
    EXPECT(revocation_lists_in(ca).empty());
    EXPECT_FALSE(revocation_lists_in(read_test_data("pki/ca.crl")).empty());
  }

  TEST_CASE("blocks that are cut give nothing") {
    const std::string ca = certificates_in(read_test_data("pki/ca.crt"));
    for (std::size_t length = 0; length + 1 < ca.size(); ++length)
      EXPECT(certificates_in(std::string_view(ca).substr(0, length)).empty());
    EXPECT(certificates_in("-----BEGIN ").empty());
    EXPECT(certificates_in("-----BEGIN -----").empty());
  }

  TEST_CASE("public authorities are known by name") {
    EXPECT(public_authority_in(certificate_naming("O=Internet Security Research Group")) ==
           "Internet Security Research Group");
    EXPECT_FALSE(public_authority_in(certificate_naming("O=My own CA")).has_value());
    EXPECT_FALSE(public_authority_in(read_test_data("pki/ca.crt")).has_value());
    EXPECT_FALSE(public_authority_in("").has_value());
  }
}

}  // namespace
}  // namespace sallyport::openvpn
