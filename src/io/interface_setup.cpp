#include "io/interface_setup.h"

#include <arpa/inet.h>
#include <linux/ipv6.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "io/unique_fd.h"

namespace sallyport::io {
namespace {

constexpr std::uint32_t kRouteMetric = 1;
constexpr std::uint16_t kHostPrefix = 128;

ifreq request_for(const std::string& name) {
  ifreq request{};
  std::copy_n(name.begin(), std::min(name.size(), sizeof request.ifr_name - 1), request.ifr_name);
  return request;
}

sockaddr as_sockaddr(const std::string& v4) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  ::inet_pton(AF_INET, v4.c_str(), &address.sin_addr);
  sockaddr generic{};
  std::memcpy(&generic, &address, sizeof address);
  return generic;
}

// Address, size, and up.
Result<void> bring_up_v4(int fd, const std::string& name, const base::IpAddress& address,
                         const base::IpAddress& mask, int mtu) {
  ifreq request = request_for(name);
  request.ifr_addr = as_sockaddr(address.to_string());
  if (::ioctl(fd, SIOCSIFADDR, &request) != 0) return system_error("cannot set the address");
  request.ifr_netmask = as_sockaddr(mask.to_string());
  if (::ioctl(fd, SIOCSIFNETMASK, &request) != 0) return system_error("cannot set the netmask");
  request = request_for(name);
  request.ifr_mtu = mtu;
  if (::ioctl(fd, SIOCSIFMTU, &request) != 0) return system_error("cannot set the MTU");
  request = request_for(name);
  if (::ioctl(fd, SIOCGIFFLAGS, &request) != 0) return system_error("cannot read the flags");
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  if (::ioctl(fd, SIOCSIFFLAGS, &request) != 0) return system_error("cannot bring it up");
  return {};
}

base::IpAddress mask_of(unsigned length) {
  return base::IpAddress::v4(length == 0 ? 0 : ~std::uint32_t{0} << (32 - length));
}

Result<void> add_route_v4(int fd, std::string name, const base::IpPrefix& network) {
  rtentry route{};
  route.rt_dst = as_sockaddr(network.address().to_string());
  route.rt_genmask = as_sockaddr(mask_of(network.length()).to_string());
  route.rt_flags = RTF_UP;
  route.rt_dev = name.data();
  if (::ioctl(fd, SIOCADDRT, &route) != 0)
    return system_error("cannot set the route to " + network.to_string());
  return {};
}

Result<void> add_route_v6(int fd, int index, const base::IpPrefix& network) {
  in6_rtmsg route{};
  ::inet_pton(AF_INET6, network.address().to_string().c_str(), &route.rtmsg_dst);
  route.rtmsg_dst_len = static_cast<std::uint16_t>(network.length());
  route.rtmsg_flags = RTF_UP;
  route.rtmsg_metric = kRouteMetric;
  route.rtmsg_ifindex = index;
  if (::ioctl(fd, SIOCADDRT, &route) != 0)
    return system_error("cannot set the route to " + network.to_string());
  return {};
}

Result<void> set_address_v6(int fd, int index, const base::IpAddress& address, unsigned length) {
  in6_ifreq request{};
  ::inet_pton(AF_INET6, address.to_string().c_str(), &request.ifr6_addr);
  request.ifr6_prefixlen = length;
  request.ifr6_ifindex = index;
  if (::ioctl(fd, SIOCSIFADDR, &request) != 0) return system_error("cannot set the IPv6 address");
  return {};
}

Result<void> set_up_v4(int fd, const InterfaceSetup& setup) {
  if (auto up = bring_up_v4(fd, setup.name, setup.v4, mask_of(32), setup.mtu); !up) return up;
  return add_route_v4(fd, setup.name, base::IpPrefix(base::IpAddress::v4(0), 0));
}

Result<void> set_up_v6(const InterfaceSetup& setup) {
  const UniqueFd fd(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return system_error("IPv6 is not there");
  const auto index = static_cast<int>(::if_nametoindex(setup.name.c_str()));
  if (auto set = set_address_v6(fd.get(), index, *setup.v6, kHostPrefix); !set) return set;
  return add_route_v6(fd.get(), index, base::IpPrefix());
}

}  // namespace

Result<void> set_up_interface(const InterfaceSetup& setup) {
  const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return system_error("cannot open a socket");
  if (auto done = set_up_v4(fd.get(), setup); !done) return done;
  return setup.v6 ? set_up_v6(setup) : Result<void>{};
}

Result<void> set_up_tunnel(const TunnelSetup& setup) {
  const UniqueFd v4(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!v4.valid()) return system_error("cannot open a socket");
  if (auto up = bring_up_v4(v4.get(), setup.name, setup.v4, mask_of(setup.v4_length), setup.mtu);
      !up)
    return up;
  const UniqueFd v6(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto index = static_cast<int>(::if_nametoindex(setup.name.c_str()));
  if (setup.v6) {
    if (!v6.valid()) return system_error("IPv6 is not there");
    if (auto set = set_address_v6(v6.get(), index, *setup.v6, setup.v6_length); !set) return set;
  }
  for (const base::IpPrefix& network : setup.routes) {
    auto added = network.address().is_v4() ? add_route_v4(v4.get(), setup.name, network)
                                           : add_route_v6(v6.get(), index, network);
    if (!added) return added;
  }
  return {};
}

}  // namespace sallyport::io
