// What is around a sealed packet on its way to the other end.
#pragma once

#include <cstddef>

#include "openvpn/profile/profile.h"

namespace sallyport::openvpn {

struct OuterPath {
  bool ipv6 = false;
  Transport transport = Transport::kUdp;
  std::size_t relay_header = 0;  // of a SOCKS proxy, before each datagram
};

// In bytes; TCP's and IP's headers are without options.
constexpr std::size_t outer_headers(const OuterPath& path) {
  const std::size_t ip = path.ipv6 ? 40 : 20;
  return ip + path.relay_header + (path.transport == Transport::kUdp ? 8 : 20);
}

}  // namespace sallyport::openvpn
