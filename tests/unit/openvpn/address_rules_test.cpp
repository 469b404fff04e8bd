#include "openvpn/push/address_rules.h"

#include "base/qubes_ranges.h"
#include "test.h"

namespace sallyport::openvpn {
namespace {

std::string objection(const char* text) {
  return objection_to_host(base::IpAddress::parse(text).value()).value_or("");
}
std::string route_objection(const char* text) {
  return objection_to_route(base::IpPrefix::parse(text).value()).value_or("");
}

TEST_SUITE("openvpn/address_rules") {
  TEST_CASE("an address that is no host's, or a qube's, is objected to by name") {
    EXPECT(objection("127.0.0.1") == "127.0.0.1 is a loopback address");
    EXPECT(objection("0.1.2.3") == "0.1.2.3 means no address at all");
    EXPECT(objection("169.254.0.1").contains("link-local"));
    EXPECT(objection("224.0.0.1").contains("multicast"));
    EXPECT(objection("255.255.255.255").contains("broadcast"));
    EXPECT(objection("::").contains("no address"));
    EXPECT(objection("fe80::1").contains("link-local"));
    EXPECT(objection("ff02::1").contains("multicast"));
    for (const base::IpPrefix& range : base::qubes_ranges())
      EXPECT(objection_to_host(range.address()).value_or("").contains("Qubes OS"));
  }

  TEST_CASE("hosts of the world and of private networks are fine") {
    for (const char* text : {"10.8.0.2", "192.168.1.1", "172.16.0.1", "198.51.100.7", "2001:db8::1",
                             "fd00:8::2", "10.136.255.255", "10.140.0.1"}) {
      CAPTURE(std::string(text));
      EXPECT(objection(text).empty());
    }
  }

  TEST_CASE("a route inside a forbidden range is objected to, one that contains it is not") {
    EXPECT(route_objection("10.137.4.0/24").contains("Qubes OS"));
    EXPECT(route_objection("10.139.0.0/16").contains("Qubes OS"));
    EXPECT(route_objection("fd09:24ef:4179:1::/64").contains("Qubes OS"));
    EXPECT(route_objection("127.0.0.0/8").contains("loopback"));
    for (const char* text : {"0.0.0.0/0", "0.0.0.0/1", "10.0.0.0/8", "::/0", "fd00::/8"}) {
      CAPTURE(std::string(text));
      EXPECT(route_objection(text).empty());
    }
  }
}

}  // namespace
}  // namespace sallyport::openvpn
