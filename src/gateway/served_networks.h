// Which networks the tunnel leads to. Nothing ever leaves beside the tunnel; but where its server
// carries only some networks, the rest is refused at once instead of being lost behind it.
#pragma once

#include <string>
#include <vector>

#include "base/ip_address.h"
#include "openvpn/push/tunnel_options.h"

namespace sallyport::gateway {

class ServedNetworks {
 public:
  // Everything: what holds without a tunnel, too.
  ServedNetworks() = default;
  // Everything, unless the options name routes that lead out of the tunnel's own network, all of
  // them are known, and none of them is a default route.
  static ServedNetworks of(const openvpn::TunnelOptions& options);

  bool everything() const { return networks_.empty(); }
  bool contains(const base::IpAddress& address) const;
  // "10.0.0.0/8, 192.0.2.0/24 and 3 more"; for a log.
  std::string describe() const;

 private:
  std::vector<base::IpPrefix> networks_;
};

}  // namespace sallyport::gateway
