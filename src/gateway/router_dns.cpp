// What of clients' DNS is told from the rest, and what of it is answered here.
#include "base/qubes_ranges.h"
#include "gateway/router.h"
#include "net/dns/reverse_zone.h"
#include "net/ports.h"
#include "net/udp_packet.h"

namespace sallyport::gateway {

bool Router::is_dns(const net::Packet& packet) const {
  // A later fragment is judged when it is whole.
  if (packet.is_fragment()) return dns_.is_virtual_resolver(packet.destination);
  return (packet.is_udp() || packet.is_tcp()) && packet.destination_port == net::kDnsPort &&
         dns_.is_virtual_resolver(packet.destination);
}

// Programs ask for the names of their own and their gateway's addresses. Nobody behind the tunnel
// knows those, and would learn which there are.
bool Router::answer_reverse_query(base::Now now, InsideClient& client, const net::Packet& packet) {
  if (!packet.is_udp() || packet.offload.gso != net::Gso::kNone) return false;
  const auto answer = net::answer_for_reverse_zones(packet.payload(), base::qubes_ranges());
  if (!answer) return false;
  if (!is_allowed(client, packet)) {
    refuse(now, client, packet, {Refusal::kByRule, Answer::kRejected});
  } else if (inside_.has_room()) {
    const bool v4 = packet.is_v4();
    const base::MutableBytes space = inside_.scratch(net::udp_packet_size(v4, answer->size()));
    net::write_udp_packet({packet.destination, packet.destination_port},
                          {packet.source, packet.source_port}, *answer, space);
    send_packet(client, space, v4);
  }
  return true;
}

}  // namespace sallyport::gateway
