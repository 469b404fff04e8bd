#include "base/qubes_ranges.h"

#include "test.h"

namespace sallyport::base {
namespace {

TEST_SUITE("base/qubes_ranges") {
  TEST_CASE("knows the addresses between qubes from their first to their last, and no others") {
    for (const char* text :
         {"10.137.0.0", "10.137.255.255", "10.138.0.1", "10.138.255.255", "10.139.1.1",
          "10.139.255.255", "fd09:24ef:4179::", "fd09:24ef:4179:ffff:ffff:ffff:ffff:ffff"}) {
      CAPTURE(std::string(text));
      EXPECT(is_qubes_address(IpAddress::parse(text).value()));
    }
    for (const char* text : {"10.136.255.255", "10.140.0.0", "11.137.0.1", "0.0.0.0",
                             "::", "fd09:24ef:4178::1", "fd09:24ef:417a::1", "2001:db8::1"}) {
      CAPTURE(std::string(text));
      EXPECT_FALSE(is_qubes_address(IpAddress::parse(text).value()));
    }
  }

  TEST_CASE("the virtual resolvers are among them") {
    EXPECT(kVirtualResolver1.to_string() == "10.139.1.1");
    EXPECT(kVirtualResolver2.to_string() == "10.139.1.2");
    EXPECT(is_qubes_address(kVirtualResolver1));
    EXPECT(is_qubes_address(kVirtualResolver2));
  }
}

}  // namespace
}  // namespace sallyport::base
