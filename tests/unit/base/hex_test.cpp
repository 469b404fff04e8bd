#include "base/hex.h"

#include "test.h"

namespace sallyport::base {
namespace {

TEST_SUITE("base/hex") {
  TEST_CASE("decodes both cases and skips white space") {
    const auto bytes = hex_decode("00 ff\r\n\tAb cD");
    REQUIRE(bytes.has_value());
    EXPECT(hex_encode(*bytes) == "00ffabcd");
  }

  TEST_CASE("refuses odd digits and other characters") {
    EXPECT_FALSE(hex_decode("abc").has_value());
    EXPECT_FALSE(hex_decode("0x12").has_value());
    EXPECT_FALSE(hex_decode("12:34").has_value());
    EXPECT(hex_decode("")->empty());
  }
}

}  // namespace
}  // namespace sallyport::base
