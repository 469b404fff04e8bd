// What the qubes' firewall rules say of flows, and the look-ups that names in rules need.
#include "base/check.h"
#include "base/qubes_ranges.h"
#include "gateway/router.h"
#include "net/ports.h"
#include "net/udp_packet.h"

namespace sallyport::gateway {
namespace {

// What a flow of ICMP begins with (RFC 792, RFC 4443 4.1).
constexpr std::uint8_t kEchoRequest = 8;
constexpr std::uint8_t kEchoRequest6 = 128;

net::RuleProtocol protocol_of(net::FlowKind kind) {
  if (net::is_tcp(kind)) return net::RuleProtocol::kTcp;
  return net::is_udp(kind) ? net::RuleProtocol::kUdp : net::RuleProtocol::kIcmp;
}

}  // namespace

void Router::set_rules(base::Now now, const base::IpAddress& source, net::RuleSet rules) {
  firewall_.set_rules(now, source, std::move(rules));
  judge_flows(source);
}

net::RuleSubject Router::subject_of(net::FlowKind kind, const net::Endpoint& destination) const {
  net::RuleSubject subject;
  subject.protocol = protocol_of(kind);
  subject.destination = destination.address;
  if (subject.protocol == net::RuleProtocol::kIcmp) {
    subject.icmp_type = destination.address.is_v4() ? kEchoRequest : kEchoRequest6;
  } else {
    subject.port = destination.port;
    subject.to_resolver = dns_.is_virtual_resolver(destination.address);
  }
  return subject;
}

bool Router::is_allowed(const InsideClient& client, const net::Packet& packet) const {
  if (client.id() == kOwnClient) return true;
  const auto kind = net::kind_of(packet);
  // What no flow can be opened for is refused for that reason.
  if (!kind) return true;
  return firewall_.accepts(client.known_as(packet.source),
                           subject_of(*kind, {packet.destination, packet.destination_port}));
}

void Router::judge_flows(const std::optional<base::IpAddress>& source) {
  nat_.revoke_if([&](const net::Flow& flow) {
    const InsideClient* const owner = client(flow.client);
    if (owner == nullptr) return false;  // it is our own
    const base::IpAddress& known = owner->known_as(flow.inside.address);
    if (source && known != *source) return false;
    return !firewall_.accepts(known, subject_of(flow.kind, flow.shown));
  });
}

// They go the way of a client's DNS, to the same resolvers.
void Router::look_up_hosts(base::Now now) {
  if (!policy_.seal_inside_packets || tunnel_.session == nullptr) return;
  while (outside_.has_room()) {
    const auto message = firewall_.hosts().poll(now);
    if (!message) return;
    std::vector<std::uint8_t> bytes(net::udp_packet_size(true, message->size()));
    net::write_udp_packet({own_.setup().v4, base::random_value<std::uint16_t>(rng_)},
                          {base::kVirtualResolver1, net::kDnsPort}, *message, bytes);
    auto packet = net::parse_packet(bytes);
    CHECK(packet);
    if (may_leave(now, own_, *packet)) seal(own_, *packet);
  }
}

void Router::handle_own(base::Now now, net::FlowRef ref, const net::Packet& packet) {
  if (!packet.is_udp()) return refuse_outside(Refusal::kOutsideUnsolicited);
  if (const net::Flow* const flow = nat_.flow(ref); flow != nullptr) {
    dns_.answered(flow->remote.address);
  }
  if (firewall_.hosts().handle_answer(now, packet.payload())) judge_flows();
}

}  // namespace sallyport::gateway
