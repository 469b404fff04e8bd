// The reset that answers a TCP segment nobody here can serve (RFC 9293 3.10.7.1): what turns a
// black hole into an immediate error for the client.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "net/packet.h"

namespace sallyport::net {

// The size over IPv6; over IPv4 it is 40.
inline constexpr std::size_t kMaxTcpResetSize = 60;

// Writes the IP packet that goes back to the sender of `segment` into `out`, which holds
// kMaxTcpResetSize bytes; gives the part it filled. `segment` is as its sender sent it, not yet
// translated. Empty for what is never answered: a reset, a fragment, no TCP, and addresses that do
// not each name a single host.
std::optional<base::MutableBytes> write_tcp_reset(const Packet& segment, base::MutableBytes out);

}  // namespace sallyport::net
