#include "gateway/internal_addresses.h"

#include "packet_builder.h"
#include "test.h"

namespace sallyport::gateway {
namespace {

using testing::ip;

TEST_SUITE("gateway/internal_addresses") {
  TEST_CASE("Qubes' ranges are always on our side") {
    const InternalAddresses addresses;
    for (const char* const inside : {"10.137.0.0", "10.137.255.255", "10.138.1.2", "10.139.1.1",
                                     "fd09:24ef:4179::1", "fd09:24ef:4179:ffff::1"})
      EXPECT(addresses.contains(ip(inside)));
    for (const char* const outside :
         {"10.136.255.255", "10.140.0.0", "11.137.0.1", "fd09:24ef:4178:ffff::1",
          "fd09:24ef::", "fd09:24ef:417a::", "::", "0.0.0.0"})
      EXPECT_FALSE(addresses.contains(ip(outside)));
  }

  TEST_CASE(
      "the gateway's own, connected and clients' addresses are, as long as they are said to be") {
    InternalAddresses addresses;
    addresses.set_own(ip("172.16.0.1"));
    addresses.set_connected({ip("192.168.0.9"), ip("192.168.0.3")});
    addresses.add_client(ip("192.168.1.1"));
    for (const char* const inside : {"172.16.0.1", "192.168.0.3", "192.168.0.9", "192.168.1.1"})
      EXPECT(addresses.contains(ip(inside)));
    EXPECT_FALSE(addresses.contains(ip("192.168.0.4")));
    addresses.set_own(std::nullopt);
    addresses.set_connected({ip("192.168.0.4")});
    addresses.remove_client(ip("192.168.1.1"));
    for (const char* const outside : {"172.16.0.1", "192.168.0.3", "192.168.0.9", "192.168.1.1"})
      EXPECT_FALSE(addresses.contains(ip(outside)));
    EXPECT(addresses.contains(ip("192.168.0.4")));
  }

  TEST_CASE("an address of two clients stays until both have gone") {
    InternalAddresses addresses;
    addresses.add_client(ip("192.168.1.1"));
    addresses.add_client(ip("192.168.1.1"));
    addresses.remove_client(ip("192.168.1.1"));
    EXPECT(addresses.contains(ip("192.168.1.1")));
    addresses.remove_client(ip("192.168.1.1"));
    EXPECT_FALSE(addresses.contains(ip("192.168.1.1")));
  }
}

}  // namespace
}  // namespace sallyport::gateway
