#include "gateway/served_networks.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace sallyport::gateway {
namespace {

using base::IpAddress;
using base::IpPrefix;
using openvpn::TunnelOptions;

constexpr std::size_t kMostNamed = 5;

IpPrefix host(const IpAddress& address) {
  return {address, address.is_v4() ? 32u : 128u};
}

// The tunnel's own network, which every server answers for.
std::vector<IpPrefix> own_networks(const TunnelOptions& options) {
  std::vector<IpPrefix> own;
  if (options.ifconfig) {
    const auto length = base::netmask_length(options.ifconfig->second);
    own.push_back(host(options.ifconfig->local));
    if (options.topology == openvpn::Topology::kSubnet && length) {
      own.push_back({options.ifconfig->local, *length});
    } else {
      own.push_back(host(options.ifconfig->second));
    }
  }
  if (options.ifconfig_ipv6)
    own.push_back({options.ifconfig_ipv6->local, options.ifconfig_ipv6->prefix_length});
  if (options.route_gateway) own.push_back(host(*options.route_gateway));
  return own;
}

// Halves, quarters or more: people write a default route in many pieces, so that it takes the place
// of the machine's own.
bool covers_ipv4(const std::vector<IpPrefix>& routes) {
  std::uint64_t covered = 0;
  for (auto route = routes.begin(); route != routes.end(); ++route) {
    if (!route->address().is_v4()) continue;
    // Two prefixes are apart, or one is in the other.
    const bool counted = std::any_of(routes.begin(), routes.end(), [&](const IpPrefix& other) {
      return other.address().is_v4() && other.contains(route->address()) &&
             (other.length() < route->length() ||
              (other.length() == route->length() && &other < &*route));
    });
    if (!counted) covered += std::uint64_t{1} << (32 - route->length());
  }
  return covered == std::uint64_t{1} << 32;
}

// 2000::/3 is all of IPv6 that is routed.
bool covers_ipv6(const std::vector<IpPrefix>& routes) {
  const auto has = [&](std::uint8_t first, unsigned length) {
    return std::ranges::find(routes, IpPrefix(IpAddress::v6({first}), length)) != routes.end();
  };
  return has(0x00, 0) || has(0x20, 3) || (has(0x00, 1) && has(0x80, 1));
}

// A network of net30 and p2p is wider than the two addresses of one client, and its server names
// it: `route 10.8.0.0 255.255.255.0`, `route 10.8.0.1`.
bool is_of_tunnel(const IpPrefix& route, const TunnelOptions& options) {
  if (std::ranges::any_of(own_networks(options), [&](const IpPrefix& own) {
        return own.length() <= route.length() && own.contains(route.address());
      }))
    return true;
  if (!options.ifconfig || options.topology == openvpn::Topology::kSubnet) return false;
  const IpAddress& local = options.ifconfig->local;
  return route.contains(local) ||
         (route.length() == 32 && IpPrefix(local, 16).contains(route.address()));
}

}  // namespace

ServedNetworks ServedNetworks::of(const TunnelOptions& options) {
  ServedNetworks served;
  if (options.redirect_gateway || options.routes_incomplete || covers_ipv4(options.routes) ||
      covers_ipv6(options.routes)) {
    return served;
  }
  const bool leads_out = std::ranges::any_of(
      options.routes, [&](const IpPrefix& route) { return !is_of_tunnel(route, options); });
  if (!leads_out) return served;
  served.networks_ = options.routes;
  std::ranges::copy(own_networks(options), std::back_inserter(served.networks_));
  return served;
}

bool ServedNetworks::contains(const IpAddress& address) const {
  return everything() || std::ranges::any_of(networks_, [&](const IpPrefix& network) {
           return network.contains(address);
         });
}

std::string ServedNetworks::describe() const {
  std::string text;
  for (std::size_t i = 0; i < std::min(networks_.size(), kMostNamed); ++i)
    text += (i == 0 ? "" : ", ") + networks_[i].to_string();
  if (networks_.size() > kMostNamed)
    text += " and " + std::to_string(networks_.size() - kMostNamed) + " more";
  return text;
}

}  // namespace sallyport::gateway
