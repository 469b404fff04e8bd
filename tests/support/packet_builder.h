// IP packets for tests, built and checked in the plainest way there is and without a line of
// src/net: what it computes is the independent opinion that the tests of src/net compare with.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/ip_address.h"

namespace sallyport::testing {

using ByteVector = std::vector<std::uint8_t>;
// What a test goes through in a loop.
using Octets = std::initializer_list<std::uint8_t>;
using Words = std::initializer_list<std::uint16_t>;
using Sizes = std::initializer_list<std::size_t>;

base::IpAddress ip(std::string_view text);
// `size` bytes that count up from `first`.
ByteVector counting_bytes(std::size_t size, std::uint8_t first = 0);

struct IpOptions {
  std::uint8_t ttl = 64;
  std::uint8_t traffic_class = 0;
  std::uint16_t id = 0x1234;
  bool dont_fragment = true;
  std::uint32_t flow_label = 0;
  // A multiple of 4; IPv4 only.
  ByteVector options = {};
};

struct Ends {
  base::IpAddress source;
  base::IpAddress destination;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;

  // The same seen from the other side.
  Ends reversed() const { return {destination, source, destination_port, source_port}; }
};
// "10.0.0.1" 1000 "198.51.100.7" 80, or both IPv6.
Ends ends(std::string_view source, std::uint16_t source_port, std::string_view destination,
          std::uint16_t destination_port);

struct TcpOptions {
  std::uint8_t flags = 0x10;
  std::uint32_t sequence = 1000;
  std::uint32_t acknowledgement = 2000;
  std::uint16_t window = 501;
  // A multiple of 4.
  ByteVector options = {};
};

// Whole packets, IP header first, with all checksums right.
ByteVector ip_packet(const Ends& ends, std::uint8_t protocol, base::Bytes transport,
                     const IpOptions& ip = {});
ByteVector tcp_packet(const Ends& ends, const TcpOptions& tcp, base::Bytes payload = {},
                      const IpOptions& ip = {});
ByteVector udp_packet(const Ends& ends, base::Bytes payload = {}, const IpOptions& ip = {});
// The source port is the identifier.
ByteVector echo_packet(const Ends& ends, bool request, base::Bytes payload = {},
                       const IpOptions& ip = {});
// An ICMP or ICMPv6 error; `rest` is the second word of its header.
ByteVector icmp_error_packet(const Ends& ends, std::uint8_t type, std::uint8_t code,
                             base::Bytes quote, std::uint32_t rest = 0);

// One's-complement sum of big-endian words, one by one.
std::uint16_t plain_sum(base::Bytes bytes, std::uint32_t start = 0);
// The sum over the pseudo-header of an IP packet without extension headers.
std::uint16_t plain_pseudo_sum(base::Bytes packet);
// Are the IPv4 header checksum and the TCP, UDP or ICMP checksum right? No extension headers, no
// fragments.
bool checksums_are_right(base::Bytes packet);
// The same packet with all checksums computed anew.
ByteVector with_new_checksums(base::Bytes packet);
// The same packet with a partial checksum: just the pseudo-header's sum in the TCP or UDP checksum
// field.
ByteVector with_partial_checksum(base::Bytes packet);

}  // namespace sallyport::testing
