// Which addresses a server or a profile may name (docs/protocol.md, "Pushed options"). Qubes OS
// numbers its own qubes from fixed ranges; a tunnel that claimed them could pose as a neighbour or
// as the resolver.
#pragma once

#include <optional>
#include <string>

#include "base/ip_address.h"

namespace sallyport::openvpn {

// What is wrong with `address` as an end of the tunnel or as a resolver behind it; a clause. Empty:
// nothing.
std::optional<std::string> objection_to_host(const base::IpAddress& address);
// The same for a network to be reached through the tunnel. Only one that lies wholly in a forbidden
// range is objected to: 0.0.0.0/0 contains them all and is what most servers push.
std::optional<std::string> objection_to_route(const base::IpPrefix& network);

}  // namespace sallyport::openvpn
