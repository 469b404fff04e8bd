// From a packet of the tunnel to a client's frame.
#include <algorithm>
#include <array>

#include "base/check.h"
#include "gateway/router.h"
#include "net/fragment.h"
#include "net/mss.h"
#include "net/rewrite.h"

namespace sallyport::gateway {
namespace {

// Of every client's link, as Qubes sets it.
constexpr std::size_t kLinkMtu = 1500;

Refusal refusal_of(net::NatDrop drop) {
  switch (drop) {
    case net::NatDrop::kNotOurs:
      return Refusal::kOutsideNotForUs;
    case net::NatDrop::kProtocol:
    case net::NatDrop::kIcmpType:
    case net::NatDrop::kUnsolicited:
    case net::NatDrop::kIcmpError:
    case net::NatDrop::kNoConnection:
    case net::NatDrop::kNoAddress:
      return Refusal::kOutsideUnsolicited;
    case net::NatDrop::kFragment:
      return Refusal::kOutsideBadFragment;
    case net::NatDrop::kNewFlow:
    case net::NatDrop::kUnknownClient:
    case net::NatDrop::kDestination:
    case net::NatDrop::kNoRoom:
    case net::NatDrop::kCount:
      break;
  }
  CHECK(false);
}

}  // namespace

void Router::handle_outside(base::Now now, base::MutableBytes bytes) {
  if (!policy_.deliver_to_clients) return refuse_outside(Refusal::kTunnelDown);
  auto packet = net::parse_packet(bytes);
  if (!packet) return refuse_outside(Refusal::kOutsideMalformed);
  if (const auto refusal = judge_outside(packet->source)) return refuse_outside(*refusal);
  if (packet->is_fragment()) {
    auto whole = reassembly_.add(kTunnelFragments, *packet, now.mono);
    if (!whole) return refuse_outside(Refusal::kOutsideBadFragment);
    if (*whole) deliver_reassembled(now, **whole);
    return;
  }
  const net::AckFilter::Outcome ack = acks_.add(*packet);
  if (ack.superseded) refuse_outside(Refusal::kOutsideSuperseded);
  if (ack.before) {
    net::Packet before = *ack.before;
    merge_or_deliver(now, before);
  }
  if (!ack.held) merge_or_deliver(now, *packet);
}

void Router::merge_or_deliver(base::Now now, net::Packet& packet) {
  // What is longer than the client's link takes is cut by itself, or refused.
  if (merger_.takes(packet) && packet.length <= kLinkMtu) {
    const bool held = merger_.add(packet);
    deliver_runs(now);
    if (held) return;
  }
  deliver(now, packet, {});
}

std::optional<Refusal> Router::judge_outside(const base::IpAddress& source) {
  if (source == judged_source_) return std::nullopt;
  if (!net::is_host(source) || net::is_link_local(source) || internal_.contains(source)) {
    return Refusal::kOutsideBogusSource;
  }
  judged_source_ = source;
  return std::nullopt;
}

void Router::deliver_runs(base::Now now) {
  while (net::MergedRun* const run = merger_.next()) deliver(now, run->packet(), run->payloads());
}

void Router::outside_batch_done(base::Now now) {
  merger_.flush();
  deliver_runs(now);
  while (auto ack = acks_.next()) deliver(now, *ack, {});
}

// The next fragments reuse the memory of a packet that was put together, so what the batch keeps is
// a copy.
void Router::deliver_reassembled(base::Now now, net::Packet& packet) {
  if (packet.length <= kLinkMtu) {
    const base::MutableBytes copy = inside_.scratch(packet.length);
    std::ranges::copy(packet.bytes, copy.begin());
    packet.bytes = copy;
  }
  deliver(now, packet, {});
}

void Router::deliver(base::Now now, net::Packet& packet, std::span<const base::Bytes> payloads) {
  const bool too_long = packet.offload.gso == net::Gso::kNone && packet.length > kLinkMtu;
  if (too_long && packet.dont_fragment) return refuse_too_long(now, packet);
  const auto inbound = nat_.inbound(packet, now.mono, last_inbound_);
  if (!inbound) return refuse_outside(refusal_of(inbound.error()));
  last_inbound_ = inbound->flow;
  if (inbound->client == kOwnClient) return handle_own(now, inbound->flow, packet);
  InsideClient* const client = find(inbound->client);
  if (client == nullptr) return refuse_outside(Refusal::kClientGone);
  if (const net::Flow* const flow = nat_.flow(inbound->flow);
      flow != nullptr && flow->is_redirected()) {
    dns_.answered(flow->remote.address);
  }
  if (!net::decrement_ttl(packet)) return refuse_outside(Refusal::kOutsideTtlExceeded);
  net::clamp_mss(packet, net::max_mss(tunnel_.limits.tcp, packet.is_v4()));
  if (too_long) return deliver_fragments(*client, packet);

  const std::size_t segments = 1 + payloads.size();
  client->from_outside.add(segments, packet.length);
  from_outside_.add(segments, packet.length);
  const base::Bytes header = client->header(packet.is_v4());
  const base::Bytes first = packet.bytes;
  // The list below is a kilobyte that is set to nothing first.
  if (payloads.empty())
    return inside_.add(client->id(), packet.offload, header, std::span(&first, 1));
  std::array<base::Bytes, InsideBatch::kMaxPieces> pieces;
  pieces[0] = first;
  std::ranges::copy(payloads, pieces.begin() + 1);
  inside_.add(client->id(), packet.offload, header, std::span(pieces).first(segments));
}

// Its sender is told, as a router tells it, if it is somebody's whom a client talks with.
void Router::refuse_too_long(base::Now now, net::Packet& packet) {
  // As it was sent: what finds its flow also rewrites it.
  std::vector<std::uint8_t> sent(packet.bytes.begin(), packet.bytes.end());
  const auto inbound = nat_.inbound(packet, now.mono, last_inbound_);
  if (!inbound) return refuse_outside(refusal_of(inbound.error()));
  refuse_outside(Refusal::kOutsideTooBig);
  const auto& from = packet.is_v4() ? tunnel_.addresses.v4 : tunnel_.addresses.v6;
  const bool may_tell = policy_.seal_inside_packets && tunnel_.session != nullptr && from &&
                        outside_.has_room() && own_.answers().take(now.mono);
  if (!may_tell) return;
  const auto offender = net::parse_packet(sent);
  CHECK(offender.has_value());
  std::array<std::uint8_t, net::kMaxIcmpErrorSize> space;
  const auto written =
      net::write_icmp_error(*offender, net::IcmpErrorKind::kTooBig, kLinkMtu, *from, space);
  if (!written) return;
  auto error = net::parse_packet(*written);
  CHECK(error.has_value());
  seal(own_, *error);
}

// What was put together here, or is longer than the client's link takes.
void Router::deliver_fragments(InsideClient& client, net::Packet& packet) {
  const auto fragments =
      net::Fragmenter::make(packet, kLinkMtu, base::random_value<std::uint32_t>(rng_));
  if (!fragments) return refuse_outside(Refusal::kOutsideTooBig);
  for (std::size_t i = 0; i < fragments->count(); ++i) {
    const base::MutableBytes fragment = inside_.scratch(fragments->size(i));
    fragments->write(i, fragment);
    send_packet(client, fragment, packet.is_v4());
    client.from_outside.add(1, fragment.size());
    from_outside_.add(1, fragment.size());
  }
}

}  // namespace sallyport::gateway
