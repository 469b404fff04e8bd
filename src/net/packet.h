// An IP packet, looked at once: parse_packet() checks every length and keeps the facts that rules,
// NAT, splitting and merging need. After it succeeded, every offset below lies inside `bytes`. A
// Packet borrows the buffer and changes with it: who rewrites a field through net/rewrite.h keeps
// both in step.
#pragma once

#include <cstdint>
#include <expected>

#include "base/bytes.h"
#include "net/address.h"
#include "net/offload.h"

namespace sallyport::net {

// The protocol numbers (IANA) that mean something here; any other value is possible.
enum class IpProtocol : std::uint8_t {
  kHopByHop = 0,
  kIcmp = 1,
  kTcp = 6,
  kUdp = 17,
  kRouting = 43,
  kFragment = 44,
  kIcmp6 = 58,
  kDestinationOptions = 60,
};

enum class PacketError : std::uint8_t {
  kTruncated,         // shorter than its headers say
  kVersion,           // neither IPv4 nor IPv6
  kHeaderLength,      // an IHL below 5
  kTotalLength,       // longer than the buffer, or shorter than the header
  kHeaderChecksum,    // RFC 1812 5.2.2: silently discarded
  kOptions,           // IPv4 options that do not add up
  kSourceRoute,       // LSRR, SSRR or a routing header with segments left (RFC 7126 4.3, RFC 5095)
  kExtensionHeaders,  // too many, or hop-by-hop not first (RFC 8200 4.1)
  kMappedAddress,     // an IPv4-mapped address in an IPv6 header
  kFragment,          // beyond 65535 bytes, empty, or no multiple of 8 with more to come
  kTinyFragment,     // a first fragment without its whole transport header (RFC 1858 3, RFC 7112 5)
  kTransportHeader,  // a TCP, UDP or ICMP header that does not fit
  kUdpLength,        // a UDP length below 8 or beyond the packet
  kOffload,          // metadata that does not fit the packet
  kCount,
};

struct Fragment {
  std::uint32_t id = 0;
  // Bytes, a multiple of 8.
  std::uint32_t offset = 0;
  bool more = false;
};

// Flag bits of a TCP header (RFC 9293 3.1, RFC 3168).
struct TcpFlags {
  static constexpr std::uint8_t kFin = 0x01;
  static constexpr std::uint8_t kSyn = 0x02;
  static constexpr std::uint8_t kRst = 0x04;
  static constexpr std::uint8_t kPsh = 0x08;
  static constexpr std::uint8_t kAck = 0x10;
  static constexpr std::uint8_t kUrg = 0x20;
  static constexpr std::uint8_t kEce = 0x40;
  static constexpr std::uint8_t kCwr = 0x80;
};

struct TcpFacts {
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  std::uint8_t flags = 0;

  bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
};

struct IcmpFacts {
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  // The identifier of an echo; bytes 4 and 5 of any other message.
  std::uint16_t id = 0;
};

struct Packet {
  // Bounds on IPv6 extension headers before the transport header. More is no traffic but an
  // attempt.
  static constexpr unsigned kMaxExtensionHeaders = 8;
  static constexpr std::size_t kMaxLength = 65535;

  // The packet without any padding that followed it. A merged run has only its first segment here
  // (net/merge.h), a quote in an ICMP error only what was quoted.
  base::MutableBytes bytes;
  // As the IP header says, header included.
  std::uint32_t length = 0;

  // 4 or 6; both addresses are of that family.
  std::uint8_t version = 0;
  IpAddress source;
  IpAddress destination;
  IpProtocol protocol{};
  std::uint8_t ttl = 0;
  std::uint8_t traffic_class = 0;
  // A router may not fragment it. Always so in IPv6, but for what came in fragments and was put
  // together here.
  bool dont_fragment = false;

  // From the first byte: where the transport header starts, and where what it carries starts.
  std::uint16_t transport_at = 0;
  std::uint16_t payload_at = 0;
  // Where the IPv6 fragment header starts, 0 without one; an atomic fragment (RFC 6946) has one
  // too.
  std::uint16_t fragment_header_at = 0;
  Fragment fragment;

  // TCP, UDP or ICMP, whole or the first fragment: the facts below are then there. Never in a later
  // fragment.
  bool has_transport = false;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  TcpFacts tcp;
  IcmpFacts icmp;

  Offload offload;

  bool is_v4() const { return version == 4; }
  bool is_fragment() const { return fragment.more || fragment.offset != 0; }
  bool is(IpProtocol which) const { return has_transport && protocol == which; }
  bool is_tcp() const { return is(IpProtocol::kTcp); }
  bool is_udp() const { return is(IpProtocol::kUdp); }
  // ICMP of its own family; ICMPv6 inside IPv4 (and the reverse) is just an unknown protocol.
  bool is_icmp() const { return is(IpProtocol::kIcmp) || is(IpProtocol::kIcmp6); }
  // ICMP that reports an error about another packet (RFC 792; RFC 4443 2.1: types below 128).
  bool is_icmp_error() const;
  bool is_echo_request() const;
  bool is_echo_reply() const;

  // The transport header and everything behind it.
  std::uint32_t transport_length() const { return length - transport_at; }
  std::uint32_t payload_length() const { return length - payload_at; }
  base::MutableBytes payload() const { return bytes.subspan(payload_at); }
};

// `bytes` starts with the IP header; what lies behind the packet's own length (Ethernet padding) is
// cut off. `offload` is kept in the packet after it was found to fit it.
std::expected<Packet, PacketError> parse_packet(base::MutableBytes bytes,
                                                const Offload& offload = {});

// The packet quoted in an ICMP error: its length may exceed what is there, its header checksum and
// TTL are as the reporting router left them, and of its transport header only 8 bytes are needed
// (RFC 792). TCP flags and acknowledgement are not looked for.
std::expected<Packet, PacketError> parse_quoted_packet(base::MutableBytes bytes);

}  // namespace sallyport::net
