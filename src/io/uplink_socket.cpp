#include "io/uplink_socket.h"

#include <netinet/in.h>

#include <cerrno>

namespace sallyport::io {
namespace {

bool set_option(int fd, int level, int name, int value) {
  return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

}  // namespace

Result<UniqueFd> connect_uplink_socket(int type, const Endpoint& endpoint,
                                       const UplinkSocketOptions& options) {
  const int family = endpoint.address.is_v4() ? AF_INET : AF_INET6;
  UniqueFd fd(::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return system_error("cannot make a socket");
  if (!options.interface.empty() &&
      ::setsockopt(fd.get(), SOL_SOCKET, SO_BINDTODEVICE, options.interface.c_str(),
                   static_cast<socklen_t>(options.interface.size())) != 0) {
    return system_error("cannot bind to the uplink " + options.interface);
  }
  if (options.local_port) {
    set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
    const base::IpAddress any =
        endpoint.address.is_v4() ? base::IpAddress::v4(0) : base::IpAddress();
    const SocketAddress local = to_socket_address({any, *options.local_port});
    if (::bind(fd.get(), local.get(), local.length) != 0) {
      return system_error("cannot bind to local port " + std::to_string(*options.local_port));
    }
  }
  const SocketAddress peer = to_socket_address(endpoint);
  if (::connect(fd.get(), peer.get(), peer.length) != 0 && errno != EINPROGRESS) {
    return system_error("cannot connect to " + endpoint.to_string());
  }
  return fd;
}

Result<base::IpAddress> local_address(const UniqueFd& socket) {
  SocketAddress local;
  local.length = sizeof local.storage;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&local.storage), &local.length) !=
      0) {
    return system_error("cannot tell a socket's address");
  }
  return ip_address(local.get());
}

}  // namespace sallyport::io
