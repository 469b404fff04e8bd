// Which client an address inside the tunnel belongs to: its own, or one of a network behind it
// (iroute).
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "base/ip_address.h"
#include "openvpn/wire/ids.h"

namespace sallyport::openvpn {

class InsideRoutes {
 public:
  void add_host(const base::IpAddress& address, PeerId client) { hosts_[address] = client; }
  void add_network(const base::IpPrefix& network, PeerId client);
  // Everything of this client.
  void remove(PeerId client);

  // Whose own address it is.
  std::optional<PeerId> host(const base::IpAddress& address) const;
  // The longest prefix counts.
  std::optional<PeerId> find(const base::IpAddress& address) const;

 private:
  struct Network {
    base::IpPrefix prefix;
    PeerId client;
  };
  std::unordered_map<base::IpAddress, PeerId> hosts_;
  std::vector<Network> networks_;  // the longest prefixes first
};

}  // namespace sallyport::openvpn
