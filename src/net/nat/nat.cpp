#include "net/nat/nat.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "net/nat/packet_ends.h"

namespace sallyport::net {
namespace {

constexpr std::array kAllKinds{FlowKind::kTcp4, FlowKind::kTcp6,  FlowKind::kUdp4,
                               FlowKind::kUdp6, FlowKind::kIcmp4, FlowKind::kIcmp6};

NatDrop reason_for_no_kind(const Packet& packet) {
  return packet.is_icmp() ? NatDrop::kIcmpType : NatDrop::kProtocol;
}

FlowState first_state(FlowKind kind) {
  if (is_tcp(kind)) return FlowState::kOpening;
  return is_udp(kind) ? FlowState::kUnreplied : FlowState::kEcho;
}

Flow new_flow(ClientId client, const Packet& packet, const std::optional<Endpoint>& redirect) {
  Flow flow;
  flow.client = client;
  flow.kind = *kind_of(packet);
  flow.state = first_state(flow.kind);
  flow.inside = client_end(packet, Direction::kOutbound);
  flow.shown = remote_end(packet, Direction::kOutbound);
  flow.remote = redirect.value_or(flow.shown);
  if (packet.is_icmp()) flow.remote.port = 0;
  return flow;
}

bool opens_connection(const TcpFacts& tcp) {
  return tcp.has(TcpFlags::kSyn) && !tcp.has(TcpFlags::kAck | TcpFlags::kRst | TcpFlags::kFin);
}

}  // namespace

Nat::Nat(const NatLimits& limits, base::Rng& rng)
    : rng_(rng),
      flow_share_(limits.flows, limits.flow_reserve, limits.clients),
      clients_(limits.clients),
      flows_(KeyedHash(rng), limits.clients),
      ports_(KeyedHash(rng)) {
  CHECK(limits.clients <= PortSpace::kClients);
  for (std::uint32_t number = limits.clients; number-- > 0;) free_numbers_.push_back(number);
}

bool Nat::add_client(ClientId client) {
  if (free_numbers_.empty() || numbers_.contains(client)) return false;
  const std::uint32_t number = free_numbers_.back();
  free_numbers_.pop_back();
  clients_[number] = Client{};
  clients_[number].id = client;
  numbers_.emplace(client, number);
  return true;
}

void Nat::remove_client(ClientId client) {
  const auto entry = numbers_.find(client);
  if (entry == numbers_.end()) return;
  for (const FlowKind kind : kAllKinds) {
    while (const auto ref = flows_.first(entry->second, kind)) forget(*ref);
  }
  free_numbers_.push_back(entry->second);
  numbers_.erase(entry);
}

void Nat::reset(const TunnelAddresses& addresses) {
  addresses_ = addresses;
  flows_.clear();
  ports_.clear();
  for (Client& client : clients_) flow_share_.give_back(client.flows, client.flows.held);
}

const std::optional<IpAddress>& Nat::outside_address(const Packet& packet) const {
  return packet.is_v4() ? addresses_.v4 : addresses_.v6;
}

std::optional<FlowRef> Nat::unless_expired(std::optional<FlowRef> found, base::Instant now) {
  if (!found || flows_[*found].deadline > now) return found;
  forget(*found);
  return std::nullopt;
}

void Nat::use(FlowRef ref, const Packet& packet, Direction direction, base::Instant now) {
  Flow& flow = flows_[ref];
  track(flow, packet, direction);
  const base::Instant before = std::exchange(flow.deadline, now + flow.idle_timeout());
  if (flow.deadline < before) flows_.deadline_shortened(ref, now);
}

std::expected<FlowRef, NatDrop> Nat::outbound(ClientId client, Packet& packet, base::Instant now,
                                              FlowRef hint) {
  if (packet.is_fragment()) return std::unexpected(NatDrop::kFragment);
  if (packet.is_icmp_error()) return outbound_error(client, packet, now);
  const auto kind = kind_of(packet);
  if (!kind) return std::unexpected(reason_for_no_kind(packet));
  if (packet.is_echo_reply()) return std::unexpected(NatDrop::kUnsolicited);
  const InsideKey key{client, *kind, client_end(packet, Direction::kOutbound),
                      remote_end(packet, Direction::kOutbound)};
  const auto ref = find(key, hint, now);
  if (!ref) {
    if (!numbers_.contains(client)) return std::unexpected(NatDrop::kUnknownClient);
    const bool late = packet.is_tcp() && !opens_connection(packet.tcp);
    return std::unexpected(late ? NatDrop::kNoConnection : NatDrop::kNewFlow);
  }
  use(*ref, packet, Direction::kOutbound, now);
  translate_outbound(flows_[*ref], packet);
  return *ref;
}

void Nat::translate_outbound(const Flow& flow, Packet& packet) const {
  set_client_end(packet, Direction::kOutbound, {*outside_address(packet), flow.outside_port});
  if (flow.is_redirected()) set_remote_end(packet, Direction::kOutbound, flow.remote);
}

std::expected<FlowRef, NatDrop> Nat::open(ClientId client, Packet& packet, base::Instant now,
                                          const std::optional<Endpoint>& redirect) {
  const auto known = outbound(client, packet, now);
  if (known || known.error() != NatDrop::kNewFlow) return known;
  Flow flow = new_flow(client, packet, redirect);
  flow.deadline = now + flow.idle_timeout();
  if (const auto reason = reason_not_to_open(packet, flow.remote)) return std::unexpected(*reason);
  const std::uint32_t number = numbers_.at(client);
  Client& owner = clients_[number];
  if (!take_share(owner, number)) return std::unexpected(NatDrop::kNoRoom);
  if (!take_port(owner, number, flow)) {
    flow_share_.give_back(owner.flows, 1);
    return std::unexpected(NatDrop::kNoRoom);
  }
  const FlowRef ref = flows_.insert(flow, number, now);
  ++owner.opened;
  translate_outbound(flow, packet);
  return ref;
}

std::optional<NatDrop> Nat::reason_not_to_open(const Packet& packet, const Endpoint& remote) const {
  const auto& address = outside_address(packet);
  if (!address || remote.address.is_v4() != packet.is_v4()) return NatDrop::kNoAddress;
  if (!is_host(remote.address) || is_link_local(remote.address) || remote.address == *address) {
    return NatDrop::kDestination;
  }
  return std::nullopt;
}

std::expected<Nat::Inbound, NatDrop> Nat::inbound(Packet& packet, base::Instant now, FlowRef hint) {
  if (packet.is_fragment()) return std::unexpected(NatDrop::kFragment);
  if (packet.destination != outside_address(packet)) return std::unexpected(NatDrop::kNotOurs);
  if (packet.is_icmp_error()) return inbound_error(packet, now);
  const auto kind = kind_of(packet);
  if (!kind) return std::unexpected(reason_for_no_kind(packet));
  if (packet.is_echo_request()) return std::unexpected(NatDrop::kUnsolicited);
  const OutsideKey key{*kind, client_end(packet, Direction::kInbound).port,
                       remote_end(packet, Direction::kInbound)};
  const auto ref = find(key, hint, now);
  if (!ref) return std::unexpected(NatDrop::kUnsolicited);
  use(*ref, packet, Direction::kInbound, now);
  const Flow& flow = flows_[*ref];
  set_client_end(packet, Direction::kInbound, flow.inside);
  if (flow.is_redirected()) set_remote_end(packet, Direction::kInbound, flow.shown);
  return Inbound{flow.client, *ref};
}

void Nat::expire(base::Instant now, std::size_t most) {
  while (const auto ref = flows_.pop_expired(now, most)) forget(*ref);
}

void Nat::forget(FlowRef ref) {
  const Flow& flow = flows_[ref];
  ports_.give_back(flow);
  flow_share_.give_back(clients_[numbers_.at(flow.client)].flows, 1);
  flows_.erase(ref);
}

bool Nat::take_share(Client& client, std::uint32_t number) {
  if (flow_share_.take(client.flows, 1)) return true;
  const FlowKind most = *std::ranges::max_element(
      kAllKinds, {}, [&](FlowKind kind) { return flows_.count(number, kind); });
  return evict(client, number, most) && flow_share_.take(client.flows, 1);
}

bool Nat::take_port(Client& client, std::uint32_t number, Flow& flow) {
  // One flow less may free no port, when others share its mapping. Who has so many is not worth
  // more work.
  constexpr int kEvictions = 4;
  auto port = ports_.take(number, flow, flows_, rng_);
  for (int i = 0; i < kEvictions && !port; ++i) {
    const auto freed = evict(client, number, flow.kind);
    if (!freed) return false;
    port = ports_.take(number, flow, flows_, rng_, freed);
  }
  flow.outside_port = port.value_or(0);
  return port.has_value();
}

std::optional<std::uint16_t> Nat::evict(Client& client, std::uint32_t number, FlowKind kind) {
  const auto ref = flows_.least_useful(number, kind);
  if (!ref) return std::nullopt;
  const std::uint16_t port = flows_[*ref].outside_port;
  forget(*ref);
  ++client.evicted;
  return port;
}

std::optional<Nat::ClientStatistics> Nat::statistics(ClientId client) const {
  const auto entry = numbers_.find(client);
  if (entry == numbers_.end()) return std::nullopt;
  const Client& found = clients_[entry->second];
  return ClientStatistics{
      .flows = found.flows.held, .opened = found.opened, .evicted = found.evicted};
}

void Nat::check_consistency() const {
  flows_.check_consistency();
  ports_.check_consistency(flows_);
  CHECK(flow_share_.total_held() == flows_.size());
  for (const auto& [id, number] : numbers_) {
    std::size_t flows = 0;
    for (const FlowKind kind : kAllKinds) flows += flows_.count(number, kind);
    CHECK(clients_[number].id == id && clients_[number].flows.held == flows);
  }
  flows_.for_each([this](FlowRef, const Flow& flow) { CHECK(numbers_.contains(flow.client)); });
}

}  // namespace sallyport::net
