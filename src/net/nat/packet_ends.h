// A packet's two ends as the NAT sees them: the client's, wherever it stands, and the remote's.
// Hides that an ICMP echo has one identifier in place of two ports, which goes with the client's
// end.
#pragma once

#include "net/nat/flow.h"
#include "net/packet.h"

namespace sallyport::net {

// For packets that have a kind_of(). Outbound, the client's end is the source; inbound, the
// destination.
Endpoint client_end(const Packet& packet, Direction direction);
Endpoint remote_end(const Packet& packet, Direction direction);
void set_client_end(Packet& packet, Direction direction, const Endpoint& end);
void set_remote_end(Packet& packet, Direction direction, const Endpoint& end);

}  // namespace sallyport::net
