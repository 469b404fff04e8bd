// A network interface's addresses and routes, as a small client needs them: one address of each
// family, and everything through it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "io/error.h"

namespace sallyport::io {

struct InterfaceSetup {
  std::string name;
  base::IpAddress v4;
  std::optional<base::IpAddress> v6;
  int mtu = 1500;
};

// Gives the interface its addresses, brings it up and makes it the default route of both families
// (IPv6 only with an address).
Result<void> set_up_interface(const InterfaceSetup& setup);

// A tunnel device of a server: a network of each family behind it.
struct TunnelSetup {
  std::string name;
  base::IpAddress v4;
  unsigned v4_length = 24;
  std::optional<base::IpAddress> v6;
  unsigned v6_length = 64;
  std::vector<base::IpPrefix> routes;  // further networks behind it
  int mtu = 1500;
};
Result<void> set_up_tunnel(const TunnelSetup& setup);

}  // namespace sallyport::io
