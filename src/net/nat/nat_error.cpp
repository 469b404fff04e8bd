// ICMP errors through the NAT (RFC 5508 4): the packet they quote is found among the flows, and
// both it and the error around it are translated. An error neither opens a flow nor keeps one
// alive.
#include <algorithm>

#include "base/endian.h"
#include "net/checksum.h"
#include "net/nat/nat.h"
#include "net/rewrite.h"

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

ChecksumSum pseudo_header_of(const Packet& error) {
  if (error.is_v4()) return {};
  return pseudo_header_sum(error.source, error.destination,
                           static_cast<std::uint8_t>(error.protocol), error.transport_length());
}

// The quote of an intact error that is translated. Since the error's checksum is computed anew
// afterwards, it has to be right before.
std::optional<Quote> quote_of(const Packet& error) {
  if (!is_translated(error)) return std::nullopt;
  ChecksumSum sum = pseudo_header_of(error);
  sum.add(error.bytes.subspan(error.transport_at));
  if (!sum.is_correct()) return std::nullopt;
  const auto packet = parse_quoted_packet(error.payload());
  if (!packet || packet->version != error.version) return std::nullopt;
  const auto kind = kind_of(*packet);
  if (!kind) return std::nullopt;
  return Quote{*packet, *kind};
}

void write_checksum(Packet& error) {
  const base::MutableBytes message = error.bytes.subspan(error.transport_at);
  base::store_u16(message, 2, 0);
  ChecksumSum sum = pseudo_header_of(error);
  sum.add(message);
  base::store_u16(message, 2, sum.checksum());
}

void set_quoted_source(Packet& quote, const Endpoint& end) {
  set_source(quote, end.address);
  if (!quote.is_icmp()) set_source_port(quote, end.port);
}

void set_quoted_destination(Packet& quote, const Endpoint& end) {
  set_destination(quote, end.address);
  if (!quote.is_icmp()) set_destination_port(quote, end.port);
}

}  // namespace

// A client reports on a packet that was delivered to it: from `shown` to `inside`, in the client's
// eyes.
std::expected<FlowRef, NatDrop> Nat::outbound_error(ClientId client, Packet& packet,
                                                    base::Instant now) {
  auto quote = quote_of(packet);
  if (!quote || quote->packet.is_echo_request()) return std::unexpected(NatDrop::kIcmpError);
  Packet& inner = quote->packet;
  const std::uint16_t inside_port = inner.is_icmp() ? inner.icmp.id : inner.destination_port;
  const InsideKey key{
      client, quote->kind, {inner.destination, inside_port}, {inner.source, inner.source_port}};
  // RFC 5508 REQ-5: an error goes to whom it is about.
  const auto ref = packet.destination == inner.source ? find(key, {}, now) : std::nullopt;
  if (!ref) return std::unexpected(NatDrop::kIcmpError);
  const Flow& flow = flows_[*ref];
  const IpAddress outside = *outside_address(packet);
  set_quoted_destination(inner, {outside, flow.outside_port});
  if (inner.is_icmp()) set_echo_id(inner, flow.outside_port);
  if (flow.is_redirected()) set_quoted_source(inner, flow.remote);
  set_source(packet, outside);
  set_destination(packet, flow.remote.address);
  write_checksum(packet);
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
  const std::uint16_t outside_port = inner.is_icmp() ? inner.icmp.id : inner.source_port;
  const OutsideKey key{quote->kind, outside_port, {inner.destination, inner.destination_port}};
  const auto ref = find(key, {}, now);
  if (!ref) return std::unexpected(NatDrop::kIcmpError);
  const Flow& flow = flows_[*ref];
  set_quoted_source(inner, flow.inside);
  if (inner.is_icmp()) set_echo_id(inner, flow.inside.port);
  if (flow.is_redirected()) {
    set_quoted_destination(inner, flow.shown);
    // The client has never heard of the real destination.
    if (packet.source == flow.remote.address) set_source(packet, flow.shown.address);
  }
  set_destination(packet, flow.inside.address);
  write_checksum(packet);
  return Inbound{flow.client, *ref};
}

}  // namespace sallyport::net
