// The packet path: from clients' frames to sealed packets and back. Everything a client sends is
// judged here, in this order: its own addresses, where it goes, whether the tunnel is up, its flow.
// What may not pass is counted and, where a router owes an answer, answered at once.
//
// The caller brings frames and plaintexts in batches, and takes what is in outside() and inside()
// before it reuses the memory they came in.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "gateway/dns_policy.h"
#include "gateway/firewall.h"
#include "gateway/inside_batch.h"
#include "gateway/inside_client.h"
#include "gateway/internal_addresses.h"
#include "gateway/outside_batch.h"
#include "gateway/packet_limits.h"
#include "gateway/refusal.h"
#include "gateway/served_networks.h"
#include "gateway/state.h"
#include "net/ack_filter.h"
#include "net/icmp_error.h"
#include "net/merge.h"
#include "net/nat/keyed_hash.h"
#include "net/nat/nat.h"
#include "net/reassembly.h"
#include "net/segment.h"
#include "openvpn/session/session.h"

namespace sallyport::gateway {

class Router {
 public:
  // `rng` outlives the router.
  explicit Router(base::Rng& rng);

  // Empty when there are as many clients as the gateway takes.
  std::optional<net::ClientId> attach(ClientSetup setup);
  void detach(net::ClientId id);
  const InsideClient* client(net::ClientId id) const;
  // Calls visit(const InsideClient&) for each.
  template <class Visitor>
  void each_client(Visitor visit) const {
    for (const auto& client : clients_) {
      if (client) visit(*client);
    }
  }

  // The gateway's own address among the clients, if it has one: it answers DNS there and nothing
  // else. The others are Qubes' virtual resolvers, where they are not the usual ones.
  void set_own_addresses(std::optional<base::IpAddress> address,
                         std::span<const base::IpAddress> virtual_resolvers);
  // Whose network VM we are: nobody reaches them through the tunnel, running or not.
  void set_connected_ips(std::vector<base::IpAddress> addresses);
  // By the address that a client is known by. The flows of clients whose mapping changes are
  // forgotten.
  void set_mappings(std::map<base::IpAddress, InsideClient::Mapping> mappings);

  // Nobody writes rules: what the router itself allows is allowed (see Firewall). Without this, and
  // before set_rules(), a client may do nothing.
  void accept_all() { firewall_.accept_all(); }
  // From now on these are the rules of the clients with that address; their flows are judged anew.
  void set_rules(base::Now now, const base::IpAddress& source, net::RuleSet rules);

  // All clients' links take super-packets of UDP (net/merge.h).
  void merge_datagrams(bool wanted) { merger_.merge_datagrams(wanted); }

  // What may flow from now on. Without seal_inside_packets nothing of a client's is ever sealed.
  void set_policy(const Policy& policy) { policy_ = policy; }

  // The tunnel that packets go through; it outlives its use.
  struct Tunnel {
    openvpn::Session* session = nullptr;
    net::TunnelAddresses addresses;
    std::vector<base::IpAddress> resolvers;
    ServedNetworks served{};
    PacketLimits limits;
    // Datagrams that one packet may become: more than one where the tunnel cuts packets.
    std::size_t most_pieces = 1;
    // Before each datagram, for a relay on the way.
    std::vector<std::uint8_t> datagram_prefix{};
  };
  // Flows go on when the tunnel's addresses are those of last time; else they are all forgotten.
  void use_tunnel(base::Now now, Tunnel tunnel, OutsideFraming framing);
  void lose_tunnel();
  // For packets from now on.
  void set_limits(const PacketLimits& limits) { tunnel_.limits = limits; }
  const PacketLimits& limits() const { return tunnel_.limits; }

  // Whether it is good to take another frame from a client before the batches are moved on.
  bool takes_more() const {
    return outside_.has_room() && !outside_.is_enough() && inside_.has_room();
  }
  // A frame from a client, changed in place. Only while outside().has_room() and
  // inside().has_room().
  void handle_inside(base::Now now, net::ClientId from, base::MutableBytes frame,
                     const net::Offload& offload);
  // An IP packet that came through the tunnel, changed in place, in memory that stays until the
  // batch is delivered. Only while inside().has_room().
  void handle_outside(base::Now now, base::MutableBytes packet);
  // The batch from outside is complete: what waited to be merged goes to inside().
  void outside_batch_done(base::Now now);

  InsideBatch& inside() { return inside_; }
  OutsideBatch& outside() { return outside_; }

  void handle_timeout(base::Now now);
  std::optional<base::Instant> next_deadline() const;

  const TrafficCounters& to_outside() const { return to_outside_; }
  const TrafficCounters& from_outside() const { return from_outside_; }
  const base::CounterSet<Refusal>& refused() const { return refused_; }
  std::size_t flow_count() const { return nat_.flow_count(); }
  std::uint64_t flow_count(net::ClientId id) const;

 private:
  // What becomes of a packet that may not pass.
  // kRejected is what Qubes' own firewall does, for TCP too.
  enum class Answer { kNone, kProhibited, kRejected, kNoRoute, kPortUnreachable };
  struct Verdict {
    Refusal refusal;
    Answer answer;
  };
  static constexpr std::size_t kMaxClients = 255;
  // The gateway's own flows: the look-ups that its rules need.
  static constexpr net::ClientId kOwnClient{kMaxClients};
  // Fragments out of the tunnel share one account, like those of a client.
  static constexpr net::FragmentOwner kTunnelFragments{kMaxClients};

  void answer_arp(InsideClient& client, const net::EthernetFrame& frame);
  bool answer_solicitation(InsideClient& client, const net::Packet& packet,
                           const net::EthernetFrame& frame);
  void route_inside(base::Now now, InsideClient& client, net::Packet& packet);
  bool may_leave(base::Now now, InsideClient& client, net::Packet& packet);
  std::uint16_t limit_of(const net::Packet& packet) const {
    return packet.is_v4() ? tunnel_.limits.v4 : tunnel_.limits.v6;
  }
  std::optional<Verdict> judge_destination(const base::IpAddress& destination);
  std::optional<Verdict> judge_tunnel(const net::Packet& packet) const;
  bool is_dns(const net::Packet& packet) const;
  // A question about Qubes' own addresses is answered here, or refused, and that is all: true.
  bool answer_reverse_query(base::Now now, InsideClient& client, const net::Packet& packet);
  bool translate(base::Now now, InsideClient& client, net::Packet& packet);
  std::uint16_t next_identification();
  bool is_allowed(const InsideClient& client, const net::Packet& packet) const;
  // Forgets the flows that rules no longer allow, of one source or of all.
  void judge_flows(const std::optional<base::IpAddress>& source = std::nullopt);
  net::RuleSubject subject_of(net::FlowKind kind, const net::Endpoint& destination) const;
  void look_up_hosts(base::Now now);
  // A packet that answers a look-up.
  void handle_own(base::Now now, net::FlowRef flow, const net::Packet& packet);
  void refuse_untranslated(base::Now now, InsideClient& client, const net::Packet& packet,
                           net::NatDrop drop);
  void seal(InsideClient& client, net::Packet& packet);
  void seal_fragments(InsideClient& client, net::Packet& packet);
  void seal_cut_segments(InsideClient& client, const net::Segmenter& segments);
  template <class Writer>
  bool seal_one(InsideClient& client, std::size_t size, Writer write);
  template <class Writer>
  bool seal_whole(std::size_t size, Writer write);
  template <class Writer>
  bool seal_pieces(std::size_t size, Writer write);

  void deliver(base::Now now, net::Packet& packet, std::span<const base::Bytes> payloads);
  void deliver_reassembled(base::Now now, net::Packet& packet);
  void refuse_too_long(base::Now now, net::Packet& packet);
  void deliver_fragments(InsideClient& client, net::Packet& packet);
  void merge_or_deliver(base::Now now, net::Packet& packet);
  void deliver_runs(base::Now now);
  std::optional<Refusal> judge_outside(const base::IpAddress& source);

  void refuse(InsideClient& client, Refusal refusal);
  void refuse(base::Now now, InsideClient& client, const net::Packet& packet,
              const Verdict& verdict);
  void send_error(base::Now now, InsideClient& client, const net::Packet& packet,
                  net::IcmpErrorKind kind, std::uint32_t mtu = 0);
  void send_reset(base::Now now, InsideClient& client, const net::Packet& packet);
  void send_packet(InsideClient& client, base::Bytes packet, bool v4);
  void refuse_outside(Refusal refusal) { refused_.add(refusal); }
  InsideClient* find(net::ClientId id);
  // Verdicts on addresses may be others now.
  void forget_judged();
  std::optional<InsideClient::Mapping> mapping_of(const InsideClient& client) const;
  void forget_flows(const InsideClient& client);
  const base::IpAddress& error_source(const InsideClient& client, bool v4) const;

  base::Rng& rng_;
  std::vector<std::unique_ptr<InsideClient>> clients_;  // by ClientId
  Policy policy_;
  Tunnel tunnel_;
  std::optional<base::IpAddress> own_address_;
  InternalAddresses internal_;
  // The last ones that may be reached, and may be heard: most packets go where the one before went.
  std::optional<base::IpAddress> judged_destination_;
  std::optional<base::IpAddress> judged_source_;
  std::map<base::IpAddress, InsideClient::Mapping> mappings_;
  DnsPolicy dns_;
  Firewall firewall_;
  InsideClient own_;
  net::Nat nat_;
  net::Reassembly reassembly_;
  net::AckFilter acks_;
  net::Merger merger_;
  net::KeyedHash identification_hash_;
  std::uint64_t identifications_ = 0;
  net::FlowRef last_outbound_;
  net::FlowRef last_inbound_;
  InsideBatch inside_;
  OutsideBatch outside_;
  TrafficCounters to_outside_;
  TrafficCounters from_outside_;
  base::CounterSet<Refusal> refused_;
};

}  // namespace sallyport::gateway
