#include "net/mac_address.h"

#include "test.h"

namespace sallyport::net {
namespace {

TEST_SUITE("net/mac_address") {
  TEST_CASE("prints as it was read") {
    const auto mac = MacAddress::parse("00:16:3E:5e:6c:05");
    REQUIRE(mac.has_value());
    EXPECT(mac->to_string() == "00:16:3e:5e:6c:05");
    EXPECT_FALSE(mac->is_group());
    EXPECT(MacAddress::broadcast().is_group());
    EXPECT(MacAddress::parse("fe:ff:ff:ff:ff:ff")->is_group() == false);
    EXPECT(MacAddress::parse("33:33:00:00:00:01")->is_group());
  }

  TEST_CASE("refuses what is not six pairs with colons") {
    for (const char* text :
         {"", "00:16:3e:5e:6c", "00:16:3e:5e:6c:0", "00:16:3e:5e:6c:05:", "00-16-3e-5e-6c-05",
          "0016:3e:5e:6c:05:0", "00:16:3e:5e:6c:0g", " 0:16:3e:5e:6c:05", "00:16:3e:5e:6c:055"}) {
      CAPTURE(std::string(text));
      EXPECT_FALSE(MacAddress::parse(text).has_value());
    }
  }

  TEST_CASE("comes out of a buffer as it went in") {
    std::array<std::uint8_t, 8> buffer{};
    const MacAddress mac(MacAddress::Octets{1, 2, 3, 4, 5, 6});
    mac.store(buffer, 1);
    EXPECT(buffer == std::array<std::uint8_t, 8>{0, 1, 2, 3, 4, 5, 6, 0});
    EXPECT(MacAddress::load(buffer, 1) == mac);
  }
}

}  // namespace
}  // namespace sallyport::net
