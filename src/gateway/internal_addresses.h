// The addresses on our own side: Qubes' ranges, the gateway's own, its clients', and those of VMs
// whose network we are. Nobody reaches them through the tunnel, and nothing comes out of it from
// them.
#pragma once

#include <optional>
#include <vector>

#include "base/ip_address.h"

namespace sallyport::gateway {

class InternalAddresses {
 public:
  void set_own(const std::optional<base::IpAddress>& address);
  // Running or not.
  void set_connected(std::vector<base::IpAddress> addresses);
  // An address may be added several times, and is then there until it was removed as often.
  void add_client(const base::IpAddress& address);
  void remove_client(const base::IpAddress& address);

  bool contains(const base::IpAddress& address) const;

 private:
  void sort();

  std::optional<base::IpAddress> own_;
  std::vector<base::IpAddress> connected_;
  std::vector<base::IpAddress> clients_;
  // All of these, ascending: the cost of a look does not follow the number of clients.
  std::vector<base::IpAddress> all_;
};

}  // namespace sallyport::gateway
