// From a client's frame to sealed packets.
#include "base/check.h"
#include "gateway/router.h"
#include "net/arp.h"
#include "net/fragment.h"
#include "net/mss.h"
#include "net/ndp.h"
#include "net/ports.h"
#include "net/rewrite.h"
#include "net/segment.h"

namespace sallyport::gateway {

void Router::handle_inside(base::Now now, net::ClientId from, base::MutableBytes bytes,
                           const net::Offload& offload) {
  InsideClient* const client = find(from);
  if (client == nullptr) return refused_.add(Refusal::kClientGone);
  const auto frame = net::parse_ethernet(bytes);
  if (!frame) return refuse(*client, Refusal::kMalformedFrame);
  if (frame->header.source != client->setup().mac) return refuse(*client, Refusal::kSpoofedMac);
  if (frame->header.type == net::EtherType::kArp) return answer_arp(*client, *frame);
  if (frame->header.type != net::EtherType::kIpv4 && frame->header.type != net::EtherType::kIpv6) {
    return refuse(*client, Refusal::kMalformedFrame);
  }
  auto packet = net::parse_packet(frame->payload, offload);
  if (!packet || packet->is_v4() != (frame->header.type == net::EtherType::kIpv4)) {
    return refuse(*client, Refusal::kMalformedPacket);
  }
  if (!packet->is_v4() && answer_solicitation(*client, *packet, *frame)) return;
  // RFC 1122 3.3.6: what came as a link-layer broadcast is not forwarded.
  if (frame->header.destination.is_group()) return refuse(*client, Refusal::kGroupDestination);
  route_inside(now, *client, *packet);
}

// For everything but the client's own address: some systems ask for their gateway, others for any
// destination. And not for probes, which would make the client believe that its address is taken.
void Router::answer_arp(InsideClient& client, const net::EthernetFrame& frame) {
  const auto request = net::parse_arp_request(frame);
  if (!request) {
    // Some systems announce their addresses by replies that nobody asked for.
    if (request.error() == net::ArpError::kNotRequest) return;
    const bool spoofed = request.error() == net::ArpError::kSender;
    return refuse(client, spoofed ? Refusal::kSpoofedMac : Refusal::kMalformedFrame);
  }
  if (client.owns(request->target) || !net::is_host(request->sender) || !inside_.has_room()) return;
  if (!client.owns(request->sender)) return refuse(client, Refusal::kSpoofedAddress);
  inside_.add(client.id(), {},
              net::write_arp_reply(*request, kGatewayMac, inside_.scratch(net::kArpFrameSize)));
}

// The same for IPv6. True: the packet was a solicitation, or other talk of the link that ends here.
bool Router::answer_solicitation(InsideClient& client, const net::Packet& packet,
                                 const net::EthernetFrame& frame) {
  const auto solicitation = net::parse_neighbour_solicitation(packet, frame.header.source);
  if (!solicitation) {
    if (solicitation.error() == net::NdpError::kNotSolicitation) return false;
    refuse(client, solicitation.error() == net::NdpError::kSender ? Refusal::kSpoofedMac
                                                                  : Refusal::kMalformedPacket);
    return true;
  }
  const bool probe = net::is_unspecified(solicitation->sender);
  if (probe || client.owns(solicitation->target) || !inside_.has_room()) return true;
  if (!client.owns(solicitation->sender) && !net::is_link_local(solicitation->sender)) {
    refuse(client, Refusal::kSpoofedAddress);
    return true;
  }
  inside_.add(
      client.id(), {},
      net::write_neighbour_advertisement(*solicitation, kGatewayMac,
                                         inside_.scratch(net::kNeighbourAdvertisementFrameSize)));
  return true;
}

void Router::route_inside(base::Now now, InsideClient& client, net::Packet& packet) {
  if (!client.owns(packet.source)) {
    // IPv6 hosts talk to their link on their own (router solicitations, multicast reports): noise,
    // but no forgery.
    const bool noise = net::is_multicast(packet.destination) &&
                       (net::is_link_local(packet.source) || net::is_unspecified(packet.source));
    return refuse(client, noise ? Refusal::kGroupDestination : Refusal::kSpoofedAddress);
  }
  if (const auto verdict = judge_destination(packet.destination); verdict && !is_dns(packet)) {
    return refuse(now, client, packet, *verdict);
  }
  if (const auto verdict = judge_tunnel(packet)) return refuse(now, client, packet, *verdict);
  if (packet.is_fragment()) {
    const auto whole = reassembly_.add(net::FragmentOwner(client.id().value()), packet, now.mono);
    if (!whole) return refuse(client, Refusal::kBadFragment);
    if (!*whole) return;
    packet = **whole;
    // Only now its ports are known: it may be DNS after all, or pretend no longer.
    if (const auto verdict = judge_destination(packet.destination); verdict && !is_dns(packet)) {
      return refuse(now, client, packet, *verdict);
    }
  }
  if (may_leave(now, client, packet)) seal(client, packet);
}

std::optional<Router::Verdict> Router::judge_destination(const base::IpAddress& destination) {
  if (destination == judged_destination_) return std::nullopt;
  if (net::is_multicast(destination) || net::is_broadcast(destination)) {
    return Verdict{Refusal::kGroupDestination, Answer::kNone};
  }
  if (!net::is_host(destination) || net::is_link_local(destination)) {
    return Verdict{Refusal::kBogusDestination, Answer::kNone};
  }
  if (internal_.contains(destination))
    return Verdict{Refusal::kInternalDestination, Answer::kProhibited};
  judged_destination_ = destination;
  return std::nullopt;
}

// The one place where a client's packet is let into the tunnel or not (docs/security.md, "States
// and what may flow").
std::optional<Router::Verdict> Router::judge_tunnel(const net::Packet& packet) const {
  // IPv6 that the tunnel does not carry is said to have no route, so that programs take IPv4 at
  // once.
  if (!policy_.seal_inside_packets || tunnel_.session == nullptr) {
    return Verdict{Refusal::kTunnelDown, packet.is_v4() ? Answer::kProhibited : Answer::kNoRoute};
  }
  if (packet.is_v4() && !tunnel_.addresses.v4)
    return Verdict{Refusal::kNoIpv4InTunnel, Answer::kNoRoute};
  if (!packet.is_v4() && !tunnel_.addresses.v6)
    return Verdict{Refusal::kNoIpv6InTunnel, Answer::kNoRoute};
  return std::nullopt;
}

// TTL, MTU, flow and addresses; true when the packet is ready to be sealed.
bool Router::may_leave(base::Now now, InsideClient& client, net::Packet& packet) {
  const std::size_t wire_size = packet.offload.gso == net::Gso::kNone
                                    ? packet.length
                                    : packet.payload_at + std::size_t{packet.offload.segment_size};
  if (wire_size > limit_of(packet) && packet.dont_fragment) {
    refuse(client, Refusal::kTooBig);
    send_error(now, client, packet, net::IcmpErrorKind::kTooBig, limit_of(packet));
    return false;
  }
  // A super-packet's segments may have to be cut, too. Half the limit is less than what a piece
  // takes along, whatever stands in front of it.
  const std::size_t pieces =
      wire_size > limit_of(packet) ? 1 + 2 * wire_size / limit_of(packet) : 1;
  const std::size_t packets = net::Segmenter(packet).count() * pieces;
  if (!outside_.takes(packets * tunnel_.most_pieces,
                      packets * packet.payload_at + packet.payload_length())) {
    refuse(client, Refusal::kTooBig);
    return false;
  }
  if (!net::decrement_ttl(packet)) {
    refuse(client, Refusal::kTtlExceeded);
    send_error(now, client, packet, net::IcmpErrorKind::kTimeExceeded);
    return false;
  }
  if (!translate(now, client, packet)) return false;
  net::clamp_mss(packet, net::max_mss(tunnel_.limits.tcp, packet.is_v4()));
  return true;
}

bool Router::translate(base::Now now, InsideClient& client, net::Packet& packet) {
  const bool dns = is_dns(packet);
  if (dns && answer_reverse_query(now, client, packet)) return false;
  std::optional<base::IpAddress> resolver;
  if (dns) resolver = dns_.resolver_for(packet.destination, now.mono);
  if (dns && !resolver) {
    refuse(now, client, packet, {Refusal::kNoResolver, Answer::kPortUnreachable});
    return false;
  }
  auto flow = nat_.outbound(client.id(), packet, now.mono, last_outbound_);
  if (!flow && flow.error() == net::NatDrop::kNewFlow) {
    if (!is_allowed(client, packet)) {
      refuse(now, client, packet, {Refusal::kByRule, Answer::kRejected});
      return false;
    }
    if (!resolver && !tunnel_.served.contains(packet.destination)) {
      refuse(now, client, packet, {Refusal::kNotServed, Answer::kNoRoute});
      return false;
    }
    const auto redirect =
        resolver ? std::optional(net::Endpoint{*resolver, net::kDnsPort}) : std::nullopt;
    flow = nat_.open(client.id(), packet, now.mono, redirect);
  }
  if (!flow) {
    refuse_untranslated(now, client, packet, flow.error());
    return false;
  }
  last_outbound_ = *flow;
  // RFC 6864 5.3: the client's own identification is unique only among the client's packets.
  if (packet.is_v4() && !packet.dont_fragment)
    net::set_identification(packet, next_identification());
  return true;
}

// Not to be foretold, and cheaper than randomness for each packet.
std::uint16_t Router::next_identification() {
  ++identifications_;
  return static_cast<std::uint16_t>(identification_hash_(std::span(&identifications_, 1), 0));
}

void Router::refuse_untranslated(base::Now now, InsideClient& client, const net::Packet& packet,
                                 net::NatDrop drop) {
  switch (drop) {
    case net::NatDrop::kNoConnection:
      refuse(client, Refusal::kNoSuchFlow);
      return send_reset(now, client, packet);
    case net::NatDrop::kProtocol:
    case net::NatDrop::kIcmpType:
      return refuse(now, client, packet, {Refusal::kProtocolNotCarried, Answer::kProhibited});
    case net::NatDrop::kNoRoom:
      return refuse(now, client, packet, {Refusal::kNoRoomForFlow, Answer::kProhibited});
    case net::NatDrop::kDestination:
      return refuse(now, client, packet, {Refusal::kBogusDestination, Answer::kNone});
    case net::NatDrop::kNoAddress:
      return refuse(now, client, packet, {Refusal::kNoIpv6InTunnel, Answer::kNoRoute});
    case net::NatDrop::kUnsolicited:
    case net::NatDrop::kIcmpError:
      return refuse(client, Refusal::kNoSuchFlow);
    case net::NatDrop::kFragment:
      return refuse(client, Refusal::kBadFragment);
    case net::NatDrop::kNewFlow:
    case net::NatDrop::kUnknownClient:
    case net::NatDrop::kNotOurs:
    case net::NatDrop::kCount:
      break;
  }
  CHECK(false);
}

template <class Writer>
bool Router::seal_whole(std::size_t size, Writer write) {
  const OutsideBatch::Claim claim = outside_.claim(size);
  write(claim.packet);
  if (!tunnel_.session->seal(claim.sealed, size)) return false;
  outside_.commit();
  return true;
}

// Where the tunnel cuts packets (`fragment`).
template <class Writer>
bool Router::seal_pieces(std::size_t size, Writer write) {
  openvpn::DataChannel& data = tunnel_.session->data();
  write(data.packet_space(size));
  const auto plan = data.cut();
  if (!plan) return false;
  for (std::size_t i = 0; i < plan->count(); ++i) {
    const OutsideBatch::Claim claim = outside_.claim(plan->size(i));
    data.piece(*plan, i, claim.packet);
    if (!tunnel_.session->seal(claim.sealed, plan->size(i))) return false;
    outside_.commit();
  }
  return true;
}

template <class Writer>
bool Router::seal_one(InsideClient& client, std::size_t size, Writer write) {
  const bool sealed =
      tunnel_.session->data().cuts() ? seal_pieces(size, write) : seal_whole(size, write);
  if (!sealed) {
    refuse(client, Refusal::kNotSealed);
    return false;
  }
  client.to_outside.add(1, size);
  to_outside_.add(1, size);
  return true;
}

void Router::seal(InsideClient& client, net::Packet& packet) {
  const bool whole = packet.offload.gso == net::Gso::kNone;
  if (whole && packet.length > limit_of(packet)) return seal_fragments(client, packet);
  const net::Segmenter segments(packet);
  if (!whole && segments.size(0) > limit_of(packet)) return seal_cut_segments(client, segments);
  for (std::size_t i = 0; i < segments.count(); ++i) {
    const auto write = [&](base::MutableBytes out) { segments.write(i, out); };
    if (!seal_one(client, segments.size(i), write)) return;
  }
}

// What a router would do with segments that may be fragmented and have to be. Nobody sends them on
// purpose.
void Router::seal_cut_segments(InsideClient& client, const net::Segmenter& segments) {
  for (std::size_t i = 0; i < segments.count(); ++i) {
    std::vector<std::uint8_t> bytes(segments.size(i));
    segments.write(i, bytes);
    auto segment = net::parse_packet(bytes);
    CHECK(segment.has_value());
    seal(client, *segment);
  }
}

void Router::seal_fragments(InsideClient& client, net::Packet& packet) {
  net::finish_checksum(packet);
  const auto fragments =
      net::Fragmenter::make(packet, limit_of(packet), base::random_value<std::uint32_t>(rng_));
  if (!fragments) return refuse(client, Refusal::kTooBig);
  for (std::size_t i = 0; i < fragments->count(); ++i) {
    const auto write = [&](base::MutableBytes out) { fragments->write(i, out); };
    if (!seal_one(client, fragments->size(i), write)) return;
  }
}

}  // namespace sallyport::gateway
