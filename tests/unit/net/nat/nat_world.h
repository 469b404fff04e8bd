// A NAT with a clock for its tests: packets go through it as the router sends them.
#pragma once

#include <expected>
#include <optional>
#include <utility>

#include "counting_rng.h"
#include "net/nat/nat.h"
#include "packet_builder.h"
#include "test.h"

namespace sallyport::net {

using testing::ByteVector;
using testing::counting_bytes;
using testing::echo_packet;
using testing::ends;
using testing::icmp_error_packet;
using testing::ip;

inline constexpr ClientId kAlice{1};
inline constexpr ClientId kBob{2};
inline constexpr const char* kTunnel4 = "10.8.0.2";
inline constexpr const char* kTunnel6 = "fd42::2";

struct Delivered {
  ClientId client;
  ByteVector bytes;
};

struct World {
  testing::CountingRng rng;
  Nat nat;
  base::Instant now{std::chrono::seconds(5000)};

  explicit World(const NatLimits& limits = {}, std::uint64_t seed = 1)
      : rng(seed), nat(limits, rng) {
    nat.reset({.v4 = ip(kTunnel4), .v6 = ip(kTunnel6)});
    REQUIRE(nat.add_client(kAlice));
    REQUIRE(nat.add_client(kBob));
  }

  // A client's packet as the tunnel gets it: of an open flow, or of one that the rules allow.
  std::expected<ByteVector, NatDrop> send(ClientId client, ByteVector bytes,
                                          const std::optional<Endpoint>& redirect = std::nullopt) {
    Packet packet = parse_packet(bytes).value();
    auto ref = nat.outbound(client, packet, now);
    if (!ref && ref.error() == NatDrop::kNewFlow) ref = nat.open(client, packet, now, redirect);
    if (!ref) return std::unexpected(ref.error());
    EXPECT(testing::checksums_are_right(bytes));
    return bytes;
  }

  // A packet from the tunnel as a client gets it.
  std::expected<Delivered, NatDrop> receive(ByteVector bytes) {
    Packet packet = parse_packet(bytes).value();
    const auto inbound = nat.inbound(packet, now);
    if (!inbound) return std::unexpected(inbound.error());
    EXPECT(testing::checksums_are_right(bytes));
    return Delivered{inbound->client, bytes};
  }

  // The ends of a packet, so that it can be answered.
  static testing::Ends ends_of(ByteVector bytes) {
    const Packet packet = parse_packet(bytes).value();
    const std::uint16_t id = packet.is_icmp() ? packet.icmp.id : packet.source_port;
    return {packet.source, packet.destination, id, packet.destination_port};
  }
};

}  // namespace sallyport::net
