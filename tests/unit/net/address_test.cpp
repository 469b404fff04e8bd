#include "net/address.h"

#include <array>

#include "packet_builder.h"
#include "test.h"

namespace sallyport::net {
namespace {

using testing::ip;

TEST_SUITE("net/address") {
  TEST_CASE("addresses come out of a buffer as they went in") {
    std::array<std::uint8_t, 24> buffer{};
    store_address(buffer, 1, ip("10.137.0.5"));
    store_address(buffer, 6, ip("fd09:24ef:4179::a89:5"));
    EXPECT(load_ipv4(buffer, 1) == ip("10.137.0.5"));
    EXPECT(load_ipv6(buffer, 6) == ip("fd09:24ef:4179::a89:5"));
    EXPECT(buffer[0] == 0);
    EXPECT(buffer[5] == 0);
    EXPECT(buffer[22] == 0);
  }

  TEST_CASE("each kind of address has its edges where the RFCs put them") {
    struct Row {
      bool (*is)(const IpAddress&);
      const char* first;
      const char* last;
      const char* before;
      const char* after;
    };
    for (const Row& row : {
             Row{is_this_network, "0.0.0.0", "0.255.255.255", "255.255.255.255", "1.0.0.0"},
             Row{is_loopback, "127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0"},
             Row{is_loopback, "::1", "::1", "::", "::2"},
             Row{is_link_local, "169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0"},
             Row{is_link_local, "fe80::", "febf:ffff::", "fe7f:ffff::", "fec0::"},
             Row{is_multicast, "224.0.0.0", "239.255.255.255", "223.255.255.255", "240.0.0.0"},
             Row{is_multicast, "ff00::", "ffff::", "feff::", "::"},
             Row{is_reserved, "240.0.0.0", "255.255.255.254", "239.255.255.255", "255.255.255.255"},
             Row{is_broadcast, "255.255.255.255", "255.255.255.255", "255.255.255.254", "::"},
             Row{is_unspecified, "::", "0.0.0.0", "::1", "0.0.0.1"},
         }) {
      CAPTURE(std::string(row.first));
      EXPECT(row.is(ip(row.first)));
      EXPECT(row.is(ip(row.last)));
      EXPECT_FALSE(row.is(ip(row.before)));
      EXPECT_FALSE(row.is(ip(row.after)));
    }
  }

  TEST_CASE("only what can name one host is a host") {
    for (const char* host :
         {"10.137.0.5", "169.254.1.1", "8.8.8.8", "fe80::1", "fd00::1", "2001:db8::7"}) {
      CAPTURE(std::string(host));
      EXPECT(is_host(ip(host)));
    }
    for (const char* other : {"0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "240.0.0.1",
                              "255.255.255.255", "::", "::1", "ff02::1"}) {
      CAPTURE(std::string(other));
      EXPECT_FALSE(is_host(ip(other)));
    }
  }
}

}  // namespace
}  // namespace sallyport::net
