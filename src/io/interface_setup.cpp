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

Result<void> set_up_v4(int fd, const InterfaceSetup& setup) {
  ifreq request = request_for(setup.name);
  request.ifr_addr = as_sockaddr(setup.v4.to_string());
  if (::ioctl(fd, SIOCSIFADDR, &request) != 0) return system_error("cannot set the address");
  request.ifr_netmask = as_sockaddr("255.255.255.255");
  if (::ioctl(fd, SIOCSIFNETMASK, &request) != 0) return system_error("cannot set the netmask");
  request = request_for(setup.name);
  request.ifr_mtu = setup.mtu;
  if (::ioctl(fd, SIOCSIFMTU, &request) != 0) return system_error("cannot set the MTU");
  request = request_for(setup.name);
  if (::ioctl(fd, SIOCGIFFLAGS, &request) != 0) return system_error("cannot read the flags");
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  if (::ioctl(fd, SIOCSIFFLAGS, &request) != 0) return system_error("cannot bring it up");
  rtentry route{};
  route.rt_dst = route.rt_genmask = as_sockaddr("0.0.0.0");
  route.rt_flags = RTF_UP;
  std::string name = setup.name;
  route.rt_dev = name.data();
  if (::ioctl(fd, SIOCADDRT, &route) != 0) return system_error("cannot set the default route");
  return {};
}

Result<void> set_up_v6(const InterfaceSetup& setup) {
  const UniqueFd fd(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return system_error("IPv6 is not there");
  const auto index = static_cast<int>(::if_nametoindex(setup.name.c_str()));
  in6_ifreq request{};
  ::inet_pton(AF_INET6, setup.v6->to_string().c_str(), &request.ifr6_addr);
  request.ifr6_prefixlen = kHostPrefix;
  request.ifr6_ifindex = index;
  if (::ioctl(fd.get(), SIOCSIFADDR, &request) != 0)
    return system_error("cannot set the IPv6 address");
  in6_rtmsg route{};
  route.rtmsg_flags = RTF_UP;
  route.rtmsg_metric = kRouteMetric;
  route.rtmsg_ifindex = index;
  if (::ioctl(fd.get(), SIOCADDRT, &route) != 0)
    return system_error("cannot set the default route of IPv6");
  return {};
}

}  // namespace

Result<void> set_up_interface(const InterfaceSetup& setup) {
  const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return system_error("cannot open a socket");
  if (auto done = set_up_v4(fd.get(), setup); !done) return done;
  return setup.v6 ? set_up_v6(setup) : Result<void>{};
}

}  // namespace sallyport::io
