// Network address and port translation between the clients and the tunnel (RFC 4787, RFC 5382, RFC
// 5508; for IPv6 the same machinery). Every flow is opened from inside; what comes from outside is
// for a flow or refused (promise P2). All clients share the tunnel's address, and none can take
// from another: each has flows and ports that are kept for it, and one that is at its limit loses
// its own least useful flow.
//
// The way of a packet from a client: outbound(); if that says kNewFlow, the caller judges it by its
// rules and calls open(). From the tunnel: inbound(). Both translate in place. Fragments are put
// together before (net/reassembly.h); TTL and MSS are the caller's.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/rng.h"
#include "base/time.h"
#include "net/fair_share.h"
#include "net/nat/flow_table.h"
#include "net/nat/outside_ports.h"
#include "net/packet.h"

namespace sallyport::net {

// Why a packet was not translated.
enum class NatDrop : std::uint8_t {
  kNewFlow,        // outbound: no flow yet; open() makes one
  kUnknownClient,  // not added
  kNoConnection,   // outbound TCP that is no SYN, without a flow: to be answered with a reset
  kUnsolicited,    // inbound, and nobody asked for it; outbound: an echo reply nobody asked for
  kProtocol,       // neither TCP nor UDP nor ICMP
  kIcmpType,       // ICMP other than echo and the errors that are translated
  kIcmpError,      // an ICMP error that is malformed, or fits no flow
  kFragment,       // not put together before
  kNoAddress,      // the tunnel, or the redirect, has no address of this family
  kNotOurs,        // inbound: not for the tunnel's address
  kDestination,    // outbound: to no single host beyond the link, or to the tunnel's own address
  kNoRoom,         // no flow or port is left that this client may have
  kCount,
};

struct NatLimits {
  // Each has its reserve from the beginning, so it can't be had by others; at most
  // PortSpace::kClients.
  std::uint32_t clients = 256;
  std::uint32_t flows = 131072;
  // Flows kept for each client. What is left of `flows` goes to whoever asks first.
  std::uint32_t flow_reserve = 256;
};

// The addresses that the server gave us.
struct TunnelAddresses {
  std::optional<IpAddress> v4;
  std::optional<IpAddress> v6;
};

class Nat {
 public:
  struct Inbound {
    ClientId client;
    // Of the error's flow for an ICMP error.
    FlowRef flow;
  };
  struct ClientStatistics {
    std::uint64_t flows = 0;
    std::uint64_t opened = 0;
    // Lost to make room for a newer one.
    std::uint64_t evicted = 0;
  };

  Nat(const NatLimits& limits, base::Rng& rng);

  // False when there are as many as the limits say, or it is there already.
  [[nodiscard]] bool add_client(ClientId client);
  // With all its flows.
  void remove_client(ClientId client);

  // Forgets all flows: they would go on under an address that is somebody else's now.
  void reset(const TunnelAddresses& addresses);

  // Translates a packet of an open flow, or an ICMP error about one. `hint` is the flow of the
  // packet before, if any: when it fits, no look-up is needed.
  std::expected<FlowRef, NatDrop> outbound(ClientId client, Packet& packet, base::Instant now,
                                           FlowRef hint = {});
  // Opens the flow of a packet for which outbound() said kNewFlow, and translates it. With
  // `redirect` (of the same family) the flow goes there instead of to the packet's destination, for
  // as long as it lives, and answers come back under the destination that the client used.
  std::expected<FlowRef, NatDrop> open(ClientId client, Packet& packet, base::Instant now,
                                       const std::optional<Endpoint>& redirect = std::nullopt);
  // Translates a packet from outside for the client whose flow it belongs to.
  std::expected<Inbound, NatDrop> inbound(Packet& packet, base::Instant now, FlowRef hint = {});

  // Forgets flows that have been idle for long enough; looks at `most` of them, and next_deadline()
  // stays in the past if there may be more. A flow past its deadline is not used even before this
  // is called.
  void expire(base::Instant now, std::size_t most = 256);
  // When expire() should be called; empty without flows. The more distant a deadline, the coarser:
  // an idle flow costs a few wake-ups in all.
  std::optional<base::Instant> next_deadline() const { return flows_.next_deadline(); }

  // The flow of a live reference.
  const Flow* flow(FlowRef ref) const { return flows_.is_live(ref) ? &flows_[ref] : nullptr; }
  std::size_t flow_count() const { return flows_.size(); }
  // Empty for an unknown client.
  std::optional<ClientStatistics> statistics(ClientId client) const;

  // Calls visit(const Flow&) for each flow.
  template <class Visitor>
  void for_each_flow(Visitor visit) const {
    flows_.for_each([&visit](FlowRef, const Flow& flow) { visit(flow); });
  }
  // Forgets all flows for which judge(const Flow&) is true, as when rules have changed; tells how
  // many.
  template <class Judge>
  std::size_t revoke_if(Judge judge) {
    const std::size_t before = flows_.size();
    flows_.for_each([&](FlowRef ref, const Flow& flow) {
      if (judge(flow)) forget(ref);
    });
    return before - flows_.size();
  }

  // Aborts if the tables contradict each other. Looks at everything: for tests.
  void check_consistency() const;

 private:
  struct Client {
    ClientId id;
    FairShare::Member flows;
    std::uint64_t opened = 0;
    std::uint64_t evicted = 0;
  };

  // The tunnel's address of the packet's family.
  const std::optional<IpAddress>& outside_address(const Packet& packet) const;

  template <class Key>
  std::optional<FlowRef> find(const Key& key, FlowRef hint, base::Instant now) {
    const bool hit = flows_.is_live(hint) && key.names(flows_[hint]);
    return unless_expired(hit ? hint : flows_.find(key), now);
  }
  // A flow past its deadline is forgotten instead.
  std::optional<FlowRef> unless_expired(std::optional<FlowRef> found, base::Instant now);
  void use(FlowRef ref, const Packet& packet, Direction direction, base::Instant now);
  void translate_outbound(const Flow& flow, Packet& packet) const;
  void forget(FlowRef ref);

  // What open() asks of the packet itself.
  std::optional<NatDrop> reason_not_to_open(const Packet& packet, const Endpoint& remote) const;
  // These make room at the cost of the client's own flows.
  bool take_share(Client& client, std::uint32_t number);
  bool take_port(Client& client, std::uint32_t number, Flow& flow);
  // The port of the flow that went; empty when there is none of that kind.
  std::optional<std::uint16_t> evict(Client& client, std::uint32_t number, FlowKind kind);

  std::expected<FlowRef, NatDrop> outbound_error(ClientId client, Packet& packet,
                                                 base::Instant now);
  std::expected<Inbound, NatDrop> inbound_error(Packet& packet, base::Instant now);

  base::Rng& rng_;
  TunnelAddresses addresses_;
  FairShare flow_share_;
  // By number; a free place has no id in numbers_.
  std::vector<Client> clients_;
  std::vector<std::uint32_t> free_numbers_;
  std::unordered_map<ClientId, std::uint32_t> numbers_;
  FlowTable flows_;
  OutsidePorts ports_;
};

}  // namespace sallyport::net
