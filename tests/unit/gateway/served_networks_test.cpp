#include "gateway/served_networks.h"

#include <initializer_list>

#include "test.h"

namespace sallyport::gateway {
namespace {

using openvpn::Topology;
using openvpn::TunnelOptions;

base::IpAddress ip(const char* text) {
  return base::IpAddress::parse(text).value();
}

TunnelOptions options_with(std::initializer_list<const char*> routes) {
  TunnelOptions options;
  options.topology = Topology::kSubnet;
  options.ifconfig = openvpn::Ifconfig{ip("10.8.0.2"), ip("255.255.255.0")};
  for (const char* route : routes) options.routes.push_back(*base::IpPrefix::parse(route));
  return options;
}

TEST_SUITE("gateway/served_networks") {
  TEST_CASE("routes that lead out of the tunnel's network, and no default route, limit it") {
    const ServedNetworks served =
        ServedNetworks::of(options_with({"192.168.0.0/16", "10.9.0.7/32"}));
    EXPECT_FALSE(served.everything());
    for (const char* inside : {"192.168.3.4", "10.9.0.7", "10.8.0.200"})
      EXPECT(served.contains(ip(inside)));
    for (const char* outside : {"192.169.0.1", "10.9.0.8", "198.51.100.7", "2001:db8::1"})
      EXPECT_FALSE(served.contains(ip(outside)));
    EXPECT(served.describe() == "192.168.0.0/16, 10.9.0.7/32, 10.8.0.2/32, 10.8.0.0/24");
  }

  TEST_CASE(
      "a default route in any form, redirect-gateway, or none but the tunnel's own is everything") {
    for (const auto& routes :
         {options_with({}), options_with({"10.8.0.1/32"}), options_with({"10.8.0.0/24"}),
          options_with({"192.168.0.0/16", "0.0.0.0/0"}),
          options_with({"192.168.0.0/16", "0.0.0.0/1", "128.0.0.0/1"}),
          options_with({"192.168.0.0/16", "2000::/3"}), options_with({"192.168.0.0/16", "::/0"})}) {
      EXPECT(ServedNetworks::of(routes).everything());
      EXPECT(ServedNetworks::of(routes).contains(ip("198.51.100.7")));
    }
    TunnelOptions redirected = options_with({"192.168.0.0/16"});
    redirected.redirect_gateway = true;
    EXPECT(ServedNetworks::of(redirected).everything());
    TunnelOptions incomplete = options_with({"192.168.0.0/16"});
    incomplete.routes_incomplete = true;
    EXPECT(ServedNetworks::of(incomplete).everything());
    EXPECT_FALSE(ServedNetworks::of(options_with({"192.168.0.0/16", "0.0.0.0/1"})).everything());
    const auto quarters = {"0.0.0.0/2", "64.0.0.0/2", "10.0.0.0/8", "128.0.0.0/2", "192.0.0.0/2"};
    EXPECT(ServedNetworks::of(options_with(quarters)).everything());
    EXPECT_FALSE(ServedNetworks::of(options_with({"0.0.0.0/2", "64.0.0.0/2", "64.0.0.0/2",
                                                  "128.0.0.0/2", "10.0.0.0/8"}))
                     .everything());
  }

  TEST_CASE("what a server of net30 pushes by itself is its own network") {
    for (const char* route : {"10.8.0.0/24", "10.8.0.1/32"}) {
      CAPTURE(std::string(route));
      TunnelOptions options = options_with({route});
      options.topology = Topology::kNet30;
      options.ifconfig = openvpn::Ifconfig{ip("10.8.0.6"), ip("10.8.0.5")};
      EXPECT(ServedNetworks::of(options).everything());
      options.routes.push_back(*base::IpPrefix::parse("192.168.1.0/24"));
      EXPECT_FALSE(ServedNetworks::of(options).everything());
    }
  }

  TEST_CASE("a long list is cut where it is told, not where it holds") {
    TunnelOptions options = options_with({});
    for (std::uint32_t i = 0; i < 100; ++i)
      options.routes.push_back({base::IpAddress::v4(0xc0a80000 + (i << 8)), 24});
    const ServedNetworks served = ServedNetworks::of(options);
    EXPECT(served.contains(ip("192.168.99.1")));
    EXPECT(served.describe().ends_with("192.168.4.0/24 and 97 more"));
  }
}

}  // namespace
}  // namespace sallyport::gateway
