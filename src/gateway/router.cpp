#include "gateway/router.h"

#include <algorithm>

#include "base/check.h"
#include "base/qubes_ranges.h"
#include "net/tcp_reset.h"

namespace sallyport::gateway {

Router::Router(base::Rng& rng)
    : rng_(rng),
      firewall_(rng),
      own_(kOwnClient,
           {.name = "gateway", .mac = kGatewayMac, .v4 = base::kVirtualResolver2, .v6 = {}}),
      nat_(net::NatLimits{.clients = kMaxClients + 1}, rng),
      identification_hash_(rng) {
  CHECK(nat_.add_client(kOwnClient));
  dns_.set_virtual_resolvers({base::kVirtualResolver1, base::kVirtualResolver2});
}

std::optional<net::ClientId> Router::attach(ClientSetup setup) {
  const auto free = std::ranges::find_if(clients_, [](const auto& client) { return !client; });
  const auto index = static_cast<std::size_t>(free - clients_.begin());
  if (index == kMaxClients) return std::nullopt;
  const net::ClientId id(static_cast<std::uint32_t>(index));
  if (!nat_.add_client(id)) return std::nullopt;
  if (free == clients_.end()) clients_.emplace_back();
  clients_[index] = std::make_unique<InsideClient>(id, std::move(setup));
  clients_[index]->set_mapping(mapping_of(*clients_[index]));
  for (const base::IpAddress& address : clients_[index]->known_addresses())
    internal_.add_client(address);
  forget_judged();
  return id;
}

void Router::detach(net::ClientId id) {
  const InsideClient* const client = find(id);
  if (client == nullptr) return;
  for (const base::IpAddress& address : client->known_addresses()) internal_.remove_client(address);
  forget_judged();
  nat_.remove_client(id);
  reassembly_.remove_owner(net::FragmentOwner(id.value()));
  clients_[id.value()].reset();
}

void Router::forget_flows(const InsideClient& client) {
  nat_.remove_client(client.id());
  reassembly_.remove_owner(net::FragmentOwner(client.id().value()));
  CHECK(nat_.add_client(client.id()));
}

InsideClient* Router::find(net::ClientId id) {
  return id.value() < clients_.size() ? clients_[id.value()].get() : nullptr;
}

const InsideClient* Router::client(net::ClientId id) const {
  return id.value() < clients_.size() ? clients_[id.value()].get() : nullptr;
}

std::uint64_t Router::flow_count(net::ClientId id) const {
  const auto statistics = nat_.statistics(id);
  return statistics ? statistics->flows : 0;
}

void Router::set_own_addresses(std::optional<base::IpAddress> address,
                               std::span<const base::IpAddress> virtual_resolvers) {
  own_address_ = address;
  internal_.set_own(address);
  forget_judged();
  std::vector<base::IpAddress> asked{base::kVirtualResolver1, base::kVirtualResolver2};
  asked.insert(asked.end(), virtual_resolvers.begin(), virtual_resolvers.end());
  if (address) asked.push_back(*address);
  dns_.set_virtual_resolvers(std::move(asked));
}

void Router::set_connected_ips(std::vector<base::IpAddress> addresses) {
  internal_.set_connected(std::move(addresses));
  forget_judged();
}

std::optional<InsideClient::Mapping> Router::mapping_of(const InsideClient& client) const {
  const auto at = mappings_.find(client.setup().v4);
  return at == mappings_.end() ? std::nullopt : std::optional(at->second);
}

void Router::set_mappings(std::map<base::IpAddress, InsideClient::Mapping> mappings) {
  mappings_ = std::move(mappings);
  for (const auto& client : clients_) {
    if (!client || mapping_of(*client) == client->mapping()) continue;
    client->set_mapping(mapping_of(*client));
    forget_flows(*client);
  }
}

void Router::use_tunnel(base::Now now, Tunnel tunnel, OutsideFraming framing) {
  CHECK(tunnel.session != nullptr && tunnel.session->ready() && outside_.empty());
  if (tunnel.addresses.v4 != tunnel_.addresses.v4 || tunnel.addresses.v6 != tunnel_.addresses.v6) {
    nat_.reset(tunnel.addresses);
  }
  outside_.configure(tunnel.session->seal_room(), framing, tunnel.datagram_prefix);
  dns_.set_resolvers(tunnel.resolvers);
  if (!tunnel.resolvers.empty()) firewall_.hosts().start(now);
  tunnel_ = std::move(tunnel);
}

void Router::lose_tunnel() {
  tunnel_.session = nullptr;
  firewall_.hosts().stop();
  dns_.set_resolvers({});
}

void Router::forget_judged() {
  judged_destination_.reset();
  judged_source_.reset();
}

void Router::handle_timeout(base::Now now) {
  nat_.expire(now.mono);
  reassembly_.expire(now.mono);
  if (firewall_.hosts().handle_timeout(now)) judge_flows();
  look_up_hosts(now);
}

std::optional<base::Instant> Router::next_deadline() const {
  std::optional<base::Instant> next;
  for (const auto deadline :
       {nat_.next_deadline(), reassembly_.next_deadline(), firewall_.hosts().next_deadline()}) {
    if (deadline && (!next || *deadline < *next)) next = deadline;
  }
  return next;
}

void Router::refuse(InsideClient& client, Refusal refusal) {
  client.refused.add(refusal);
  refused_.add(refusal);
}

void Router::refuse(base::Now now, InsideClient& client, const net::Packet& packet,
                    const Verdict& verdict) {
  refuse(client, verdict.refusal);
  // TCP that opens a connection gets the reset that ends connect() at once. In mid-stream an ICMP
  // error does the same for a program that asks, and leaves the connection alive for a tunnel that
  // comes back in time.
  const bool opens = packet.is_tcp() && packet.tcp.has(net::TcpFlags::kSyn);
  switch (verdict.answer) {
    case Answer::kNone:
      return;
    case Answer::kRejected:
      return send_error(now, client, packet, net::IcmpErrorKind::kAdminProhibited);
    case Answer::kProhibited:
      if (opens) return send_reset(now, client, packet);
      return send_error(now, client, packet, net::IcmpErrorKind::kAdminProhibited);
    case Answer::kNoRoute:
      return send_error(now, client, packet, net::IcmpErrorKind::kNetUnreachable);
    case Answer::kPortUnreachable:
      if (packet.is_tcp()) return send_reset(now, client, packet);
      return send_error(now, client, packet, net::IcmpErrorKind::kPortUnreachable);
  }
  CHECK(false);
}

// Errors come from the address that the client knows as its gateway's, or else from a resolver's:
// one that exists in its world and is nobody else's.
const base::IpAddress& Router::error_source(const InsideClient& client, bool v4) const {
  static const base::IpAddress link_local =
      base::IpAddress::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  if (!v4) return link_local;
  if (client.mapping()) {
    // It is not to learn from us that there is another address than the visible one.
    const auto& gateway = client.mapping()->gateway;
    return gateway && gateway->is_v4() ? *gateway : base::kVirtualResolver1;
  }
  if (own_address_ && own_address_->is_v4()) return *own_address_;
  return base::kVirtualResolver1;
}

void Router::send_error(base::Now now, InsideClient& client, const net::Packet& packet,
                        net::IcmpErrorKind kind, std::uint32_t mtu) {
  if (!inside_.has_room() || !client.answers().take(now.mono)) return;
  const base::MutableBytes space = inside_.scratch(net::kMaxIcmpErrorSize);
  const auto error =
      net::write_icmp_error(packet, kind, mtu, error_source(client, packet.is_v4()), space);
  if (error) send_packet(client, *error, packet.is_v4());
}

void Router::send_reset(base::Now now, InsideClient& client, const net::Packet& packet) {
  if (!inside_.has_room() || !client.answers().take(now.mono)) return;
  const auto reset = net::write_tcp_reset(packet, inside_.scratch(net::kMaxTcpResetSize));
  if (reset) send_packet(client, *reset, packet.is_v4());
}

void Router::send_packet(InsideClient& client, base::Bytes packet, bool v4) {
  if (client.id() == kOwnClient) return;
  inside_.add(client.id(), {}, client.header(v4), std::span(&packet, 1));
}

}  // namespace sallyport::gateway
