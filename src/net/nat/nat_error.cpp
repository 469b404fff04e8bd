// ICMP errors through the NAT (RFC 5508 4): the packet they quote is found among the flows, and
// both it and the error around it are translated. An error neither opens a flow nor keeps one
// alive.
#include "net/nat/nat.h"
#include "net/nat/packet_ends.h"
#include "net/rewrite.h"
#include "net/transport_checksum.h"

namespace sallyport::net {
namespace {

struct Quote {
  Packet packet;
  FlowKind kind;
};

// Destination unreachable, time exceeded, parameter problem, and in ICMPv6 packet too big. Never a
// redirect or a source quench: they are orders, not reports.
bool is_translated(const Packet& error) {
  const std::uint8_t type = error.icmp.type;
  return error.is_v4() ? type == 3 || type == 11 || type == 12 : type >= 1 && type <= 4;
}

// The quote of an intact error that is translated. Since the error's checksum is computed anew
// afterwards, it has to be right before.
std::optional<Quote> quote_of(const Packet& error) {
  if (!is_translated(error) || !transport_checksum_is_correct(error)) return std::nullopt;
  const auto packet = parse_quoted_packet(error.payload());
  if (!packet || packet->version != error.version) return std::nullopt;
  const auto kind = kind_of(*packet);
  if (!kind) return std::nullopt;
  return Quote{*packet, *kind};
}

}  // namespace

// A client reports on a packet that was delivered to it: from `shown` to `inside`, in the client's
// eyes.
std::expected<FlowRef, NatDrop> Nat::outbound_error(ClientId client, Packet& packet,
                                                    base::Instant now) {
  auto quote = quote_of(packet);
  if (!quote || quote->packet.is_echo_request()) return std::unexpected(NatDrop::kIcmpError);
  Packet& inner = quote->packet;
  const InsideKey key{client, quote->kind, client_end(inner, Direction::kInbound),
                      remote_end(inner, Direction::kInbound)};
  // RFC 5508 REQ-5: an error goes to whom it is about.
  const auto ref = packet.destination == inner.source ? find(key, {}, now) : std::nullopt;
  if (!ref) return std::unexpected(NatDrop::kIcmpError);
  const Flow& flow = flows_[*ref];
  const IpAddress outside = *outside_address(packet);
  set_client_end(inner, Direction::kInbound, {outside, flow.outside_port});
  if (flow.is_redirected()) set_remote_end(inner, Direction::kInbound, flow.remote);
  set_source(packet, outside);
  set_destination(packet, flow.remote.address);
  write_transport_checksum(packet.bytes, packet);
  return *ref;
}

// Somebody on the way, or the remote itself, reports on a packet that we sent for a client.
std::expected<Nat::Inbound, NatDrop> Nat::inbound_error(Packet& packet, base::Instant now) {
  auto quote = quote_of(packet);
  if (!quote || quote->packet.is_echo_reply() || !is_host(packet.source)) {
    return std::unexpected(NatDrop::kIcmpError);
  }
  Packet& inner = quote->packet;
  if (inner.source != packet.destination) return std::unexpected(NatDrop::kIcmpError);
  const OutsideKey key{quote->kind, client_end(inner, Direction::kOutbound).port,
                       remote_end(inner, Direction::kOutbound)};
  const auto ref = find(key, {}, now);
  if (!ref) return std::unexpected(NatDrop::kIcmpError);
  const Flow& flow = flows_[*ref];
  set_client_end(inner, Direction::kOutbound, flow.inside);
  if (flow.is_redirected()) {
    set_remote_end(inner, Direction::kOutbound, flow.shown);
    // The client has never heard of the real destination.
    if (packet.source == flow.remote.address) set_source(packet, flow.shown.address);
  }
  set_destination(packet, flow.inside.address);
  write_transport_checksum(packet.bytes, packet);
  return Inbound{flow.client, *ref};
}

}  // namespace sallyport::net
