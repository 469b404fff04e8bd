#include "io/endpoint.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace sallyport::io {

std::string Endpoint::to_string() const {
  const std::string text = address.to_string();
  return (address.is_v4() ? text : "[" + text + "]") + ":" + std::to_string(port);
}

SocketAddress to_socket_address(const Endpoint& endpoint) {
  SocketAddress result;
  const base::Bytes wire = endpoint.address.wire();
  if (endpoint.address.is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    std::memcpy(&v4.sin_addr, wire.data(), wire.size());
    std::memcpy(&result.storage, &v4, sizeof v4);
    result.length = sizeof v4;
    return result;
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(endpoint.port);
  std::memcpy(&v6.sin6_addr, wire.data(), wire.size());
  std::memcpy(&result.storage, &v6, sizeof v6);
  result.length = sizeof v6;
  return result;
}

base::IpAddress ip_address(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof v4);
    return base::IpAddress::v4(ntohl(v4.sin_addr.s_addr));
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, address, sizeof v6);
  return base::IpAddress::v6(std::to_array(v6.sin6_addr.s6_addr));
}

}  // namespace sallyport::io
