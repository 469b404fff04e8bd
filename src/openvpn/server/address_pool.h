// The addresses inside the tunnel, one of each family for a client. A client gets the one that its
// name leads to, if that is free: so most keep theirs over restarts, without a file that remembers.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string_view>

#include "openvpn/server/server_config.h"

namespace sallyport::openvpn {

struct ClientAddresses {
  base::IpAddress v4;
  // What stands behind it in the client's ifconfig: a netmask (subnet), or the other end.
  base::IpAddress second;
  std::optional<base::IpAddress> v6;
  bool owns(const base::IpAddress& address) const { return address == v4 || address == v6; }
  friend bool operator==(const ClientAddresses&, const ClientAddresses&) = default;
};

class AddressPool {
 public:
  AddressPool(const PoolOptions& options, Topology topology);

  // What client-config-dir fixes: only whom it is fixed for gets it.
  void keep_for_owners(std::set<base::IpAddress> fixed);

  // For a client of that name; `fixed` is what client-config-dir says. Nobody else has either of
  // them until they are given back. nullopt when all are taken, or a fixed one is; that a pool is
  // full costs nothing to find out again.
  std::optional<ClientAddresses> take(std::string_view name, const ClientConfig* fixed);
  void give_back(const ClientAddresses& addresses);

  // The places; never more than there are addresses in the networks.
  std::size_t capacity() const;

 private:
  ClientAddresses of(std::uint32_t v4) const;
  // Both addresses, or nothing.
  bool reserve(const ClientAddresses& addresses);
  base::IpAddress v6_for(std::uint32_t v4) const;
  std::uint32_t step() const { return topology_ == Topology::kNet30 ? 4 : 1; }

  PoolOptions options_;
  Topology topology_;
  std::set<base::IpAddress> taken_;  // of both families, with what is the server's own
  std::set<base::IpAddress> fixed_;
  // No place was found, and none has become free since: not looked for again, since a pool may have
  // millions. The second is for clients whose IPv6 address is fixed.
  bool full_ = false;
  bool full_beside_fixed6_ = false;
};

// All that client-config-dir fixes.
std::set<base::IpAddress> fixed_addresses(const ServerConfig& config);

}  // namespace sallyport::openvpn
