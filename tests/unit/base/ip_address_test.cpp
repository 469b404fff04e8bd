#include "base/ip_address.h"

#include <unordered_set>

#include "test.h"

namespace sallyport::base {
namespace {

IpPrefix prefix(std::string_view text) {
  return IpPrefix::parse(text).value();
}
IpAddress address(std::string_view text) {
  return IpAddress::parse(text).value();
}

TEST_SUITE("base/ip_address") {
  TEST_CASE("literals of both families print as they were read") {
    for (const char* text :
         {"0.0.0.0", "10.137.0.5", "255.255.255.255", "::", "::1", "fd09:24ef:4179::a89:5"}) {
      EXPECT(address(text).to_string() == text);
      EXPECT(address(text).is_v4() == (std::string_view(text).find('.') != std::string_view::npos));
    }
    EXPECT(address("10.0.0.1").v4_value() == 0x0a000001);
    EXPECT(address("10.0.0.1").wire().size() == 4);
    EXPECT(address("fd00::1").wire().size() == 16);
  }

  TEST_CASE("what is not a literal is no address") {
    for (const char* text :
         {"", "10.1", "010.0.0.1", "10.0.0.256", "10.0.0.1 ", "1.2.3.4.5", "host", "[", "[::1",
          "[::1]:", "::1%eth0", ":::", "1:2:3:4:5:6:7:8:9", "0x0a000001"}) {
      CAPTURE(std::string(text));
      EXPECT_FALSE(IpAddress::parse(text).has_value());
    }
    EXPECT_FALSE(IpAddress::parse(std::string_view("10.0.0.1\0x", 10)).has_value());
  }

  TEST_CASE("a prefix contains its addresses and no others") {
    EXPECT(prefix("10.128.0.0/9").contains(address("10.137.0.5")));
    EXPECT_FALSE(prefix("10.128.0.0/9").contains(address("10.127.255.255")));
    EXPECT(prefix("0.0.0.0/0").contains(address("1.2.3.4")));
    EXPECT_FALSE(prefix("::/0").contains(address("1.2.3.4")));
    EXPECT_FALSE(prefix("0.0.0.0/0").contains(address("fd00::1")));
    EXPECT(prefix("fd00::/8").contains(address("fdff::1")));
    EXPECT(prefix("10.0.0.1").contains(address("10.0.0.1")));
    EXPECT(prefix("10.1.2.3/8").to_string() == "10.0.0.0/8");
    EXPECT(prefix("fd09:24ef::1/33").to_string() == "fd09:24ef::/33");
  }

  TEST_CASE("bad prefixes are refused") {
    for (const char* text :
         {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "fd00::/129", "/8", "10.0.0.0/8/8"}) {
      CAPTURE(std::string(text));
      EXPECT_FALSE(IpPrefix::parse(text).has_value());
    }
  }

  TEST_CASE("addresses can be the keys of a table") {
    const std::unordered_set<IpAddress> set{address("10.0.0.1"), address("fd00::1"),
                                            address("10.0.0.1")};
    EXPECT(set.size() == 2);
    EXPECT(set.contains(address("fd00::1")));
    EXPECT_FALSE(set.contains(address("fd00::2")));
  }

  TEST_CASE("only contiguous netmasks have a length") {
    EXPECT(netmask_length(address("255.255.255.0")) == 24);
    EXPECT(netmask_length(address("0.0.0.0")) == 0);
    EXPECT(netmask_length(address("255.255.255.255")) == 32);
    EXPECT_FALSE(netmask_length(address("255.0.255.0")).has_value());
    EXPECT_FALSE(netmask_length(address("0.0.0.255")).has_value());
    EXPECT_FALSE(netmask_length(address("ffff::")).has_value());
  }
}

}  // namespace
}  // namespace sallyport::base
