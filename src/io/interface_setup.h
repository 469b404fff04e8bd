// A network interface's addresses and routes, as a small client needs them: one address of each
// family, and everything through it.
#pragma once

#include <optional>
#include <string>

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

}  // namespace sallyport::io
