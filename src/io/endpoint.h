// An address and port of the uplink's side, and the kernel's form of it.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "base/ip_address.h"

namespace sallyport::io {

struct Endpoint {
  base::IpAddress address;
  std::uint16_t port = 0;
  std::string to_string() const;  // "192.0.2.1:1194", "[2001:db8::1]:1194"
};

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};
SocketAddress to_socket_address(const Endpoint& endpoint);
// Of a sockaddr_in or a sockaddr_in6.
base::IpAddress ip_address(const sockaddr* address);

}  // namespace sallyport::io
