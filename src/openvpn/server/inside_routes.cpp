#include "openvpn/server/inside_routes.h"

#include <algorithm>

namespace sallyport::openvpn {

void InsideRoutes::add_network(const base::IpPrefix& network, PeerId client) {
  const auto place = std::ranges::find_if(
      networks_, [&](const Network& other) { return other.prefix.length() < network.length(); });
  networks_.insert(place, {network, client});
}

void InsideRoutes::remove(PeerId client) {
  std::erase_if(hosts_, [&](const auto& entry) { return entry.second == client; });
  std::erase_if(networks_, [&](const Network& network) { return network.client == client; });
}

std::optional<PeerId> InsideRoutes::host(const base::IpAddress& address) const {
  const auto host = hosts_.find(address);
  return host == hosts_.end() ? std::nullopt : std::optional(host->second);
}

std::optional<PeerId> InsideRoutes::find(const base::IpAddress& address) const {
  if (const auto owner = host(address)) return owner;
  const auto network = std::ranges::find_if(
      networks_, [&](const Network& entry) { return entry.prefix.contains(address); });
  if (network == networks_.end()) return std::nullopt;
  return network->client;
}

}  // namespace sallyport::openvpn
