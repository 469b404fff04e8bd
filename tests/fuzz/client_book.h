// What each client of a fuzzed gateway has said, kept in the plainest way: whatever comes back to a
// client must answer something in its book.
#pragma once

#include <map>
#include <set>
#include <tuple>

#include "base/check.h"
#include "net/packet.h"

namespace sallyport::fuzz {

class ClientBook {
 public:
  // A packet that the client sent, whole or in pieces.
  void sent(base::MutableBytes bytes, const net::Offload& offload = {}) {
    const auto packet = net::parse_packet(bytes, offload);
    if (!packet) return;
    peers_.insert({packet->source, packet->destination});
    if (packet->is_fragment()) in_pieces_.insert({packet->source, packet->destination});
    if (packet->has_transport) talks_.insert(talk_of(*packet));
  }

  // An IP packet that is about to reach the client, whose addresses are `v4` and `v6`.
  void expect_invited(base::MutableBytes bytes, const base::IpAddress& v4,
                      const base::IpAddress& v6) const {
    const auto packet = net::parse_packet(bytes);
    CHECK(packet.has_value());
    // The link's own talk.
    if (packet->is(net::IpProtocol::kIcmp6) && packet->icmp.type == kNeighbourAdvertisement) return;
    CHECK(packet->destination == v4 || packet->destination == v6);
    if (packet->is_icmp_error()) return expect_own_quote(packet->payload());
    const Peers peers{packet->destination, packet->source};
    CHECK(peers_.contains(peers));
    if (!packet->has_transport || in_pieces_.contains(peers)) return;
    CHECK(talks_.contains(reversed(talk_of(*packet))));
  }

 private:
  using Peers = std::pair<base::IpAddress, base::IpAddress>;
  // Protocol, the client's end, the other end. An echo's identifier stands for the client's port.
  using Talk =
      std::tuple<net::IpProtocol, base::IpAddress, std::uint16_t, base::IpAddress, std::uint16_t>;
  static constexpr std::uint8_t kNeighbourAdvertisement = 136;

  static Talk talk_of(const net::Packet& packet) {
    if (packet.is_icmp())
      return {packet.protocol, packet.source, packet.icmp.id, packet.destination, packet.icmp.id};
    return {packet.protocol, packet.source, packet.source_port, packet.destination,
            packet.destination_port};
  }
  static Talk reversed(const Talk& talk) {
    const auto& [protocol, source, source_port, destination, destination_port] = talk;
    return {protocol, destination, destination_port, source, source_port};
  }

  // An error is about a packet that the client sent itself.
  void expect_own_quote(base::MutableBytes quote) const {
    const auto packet = net::parse_quoted_packet(quote);
    CHECK(packet.has_value());
    const Peers peers{packet->source, packet->destination};
    CHECK(peers_.contains(peers));
    if (packet->has_transport && !in_pieces_.contains(peers))
      CHECK(talks_.contains(talk_of(*packet)));
  }

  std::set<Peers> peers_;
  // Those between whom ports cannot be told.
  std::set<Peers> in_pieces_;
  std::set<Talk> talks_;
};

}  // namespace sallyport::fuzz
