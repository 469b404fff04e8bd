#include "gateway/tunnel_warnings.h"

namespace sallyport::gateway {

std::vector<std::string> tunnel_warnings(const openvpn::TunnelOptions& options,
                                         const ServedNetworks& served) {
  std::vector<std::string> warnings;
  if (options.dns_servers.empty()) {
    warnings.emplace_back(
        "the server names no resolver, so AppVMs cannot look up names: add 'dhcp-option DNS "
        "ADDRESS'"
        " to the profile");
  }
  if (!served.everything()) {
    warnings.push_back("the server carries only " + served.describe() +
                       ", so the rest is refused: if it carries everything, add 'redirect-gateway'"
                       " to the profile");
  }
  return warnings;
}

}  // namespace sallyport::gateway
