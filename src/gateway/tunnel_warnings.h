// What a tunnel that is up cannot do, and what a user can do about it.
#pragma once

#include <string>
#include <vector>

#include "gateway/served_networks.h"
#include "openvpn/push/tunnel_options.h"

namespace sallyport::gateway {

// Sentences for status, the log and the desktop; empty: nothing is missing.
std::vector<std::string> tunnel_warnings(const openvpn::TunnelOptions& options,
                                         const ServedNetworks& served);

}  // namespace sallyport::gateway
