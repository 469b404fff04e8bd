#include "crypto/tls_prf.h"

#include <array>

#include "base/hex.h"
#include "test.h"

namespace sallyport::crypto {
namespace {

TEST_SUITE("crypto/tls_prf") {
  // Values of OpenVPN's own unit tests.
  TEST_CASE("reproduces OpenVPN's vectors") {
    const auto secret = base::bytes_of(
        "Lorem ipsum dolor sit amet, consectetur adipisici elit, sed eiusmod tempor incidunt ut "
        "labore et dolore magna aliqua.");
    const auto seed =
        base::bytes_of("Quis aute iure reprehenderit in voluptate velit esse cillum dolore");
    std::array<std::uint8_t, 32> out{};
    REQUIRE(tls1_prf(secret, seed, out));
    EXPECT(base::hex_encode(out) ==
           "d98c8518c85e946927916acfc2d592fbb1567e4b4b1459e6a904ac2ddab72d67");

    std::array<std::uint8_t, 8> short_out{};
    REQUIRE(tls1_prf(base::bytes_of("tls1-prf-test-secret"), base::bytes_of("tls1-prf-test"),
                     short_out));
    EXPECT(base::hex_encode(short_out) == "7144fe2540737595");
  }
}

}  // namespace
}  // namespace sallyport::crypto
