#include "base/parse_number.h"

#include <cstdint>

#include "test.h"

namespace sallyport::base {
namespace {

TEST_SUITE("base/parse_number") {
  TEST_CASE("takes the whole text or nothing") {
    EXPECT(parse_number<std::uint16_t>("65535") == 65535);
    EXPECT(parse_number<int>("-7") == -7);
    for (const char* bad :
         {"", " 1", "1 ", "+1", "0x10", "1e9", "1,", "65536", "-1", "18446744073709551616"}) {
      CAPTURE(bad);
      EXPECT_FALSE(parse_number<std::uint16_t>(bad).has_value());
    }
  }

  TEST_CASE("holds to the range it is given") {
    EXPECT(parse_number<unsigned>("100", 100u, 200u) == 100);
    EXPECT(parse_number<unsigned>("200", 100u, 200u) == 200);
    EXPECT_FALSE(parse_number<unsigned>("99", 100u, 200u).has_value());
    EXPECT_FALSE(parse_number<unsigned>("201", 100u, 200u).has_value());
  }
}

}  // namespace
}  // namespace sallyport::base
