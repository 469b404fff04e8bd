#include "net/packet.h"

#include <algorithm>
#include <map>

#include "base/endian.h"
#include "packet_builder.h"
#include "pcap.h"
#include "test.h"

namespace sallyport::net {
namespace {

using testing::ByteVector;
using testing::counting_bytes;
using testing::ends;
using testing::ip;

const testing::Ends kEnds4 = ends("10.137.0.5", 40000, "198.51.100.7", 443);
const testing::Ends kEnds6 = ends("fd00::5", 40000, "2001:db8::7", 443);

PacketError error_of(ByteVector bytes, const Offload& offload = {}) {
  const auto packet = parse_packet(bytes, offload);
  REQUIRE_FALSE(packet.has_value());
  return packet.error();
}

// The packet with other bytes at `at`, and its checksums made right.
ByteVector changed(ByteVector bytes, std::size_t at, std::initializer_list<std::uint8_t> values) {
  for (const std::uint8_t value : values) bytes[at++] = value;
  return testing::with_new_checksums(bytes);
}

// An IPv6 packet whose extension headers and transport are given as bytes.
ByteVector ipv6_with(std::uint8_t next, base::Bytes rest) {
  return ip_packet(kEnds6, next, rest);
}

TEST_SUITE("net/packet") {
  TEST_CASE("every packet of a real capture is understood") {
    std::map<std::string, int> seen;
    for (testing::Frame& frame : testing::read_pcap("net/client.pcap")) {
      const std::uint16_t type = base::load_u16(frame, 12);
      if (type == 0x0806) continue;
      const auto packet = parse_packet(base::MutableBytes(frame).subspan(14));
      REQUIRE(packet.has_value());
      EXPECT(packet->length == frame.size() - 14);
      EXPECT(packet->is_v4() == (type == 0x0800));
      if (packet->is_tcp()) ++seen["tcp"];
      if (packet->is_udp()) ++seen["udp"];
      if (packet->is_echo_request()) ++seen["request"];
      if (packet->is_echo_reply()) ++seen["reply"];
      if (packet->is_icmp_error()) ++seen["error"];
      if (packet->is_fragment()) ++seen["fragment"];
      if (!packet->has_transport) ++seen["opaque"];
    }
    // As tcpdump counts them.
    EXPECT(seen == std::map<std::string, int>{{"tcp", 97},
                                              {"udp", 7},
                                              {"request", 11},
                                              {"reply", 7},
                                              {"error", 9},
                                              {"fragment", 12},
                                              {"opaque", 8}});
  }

  TEST_CASE("a TCP packet over IPv4 has all its facts") {
    ByteVector bytes = tcp_packet(
        kEnds4, {.flags = 0x18, .sequence = 7, .acknowledgement = 9, .options = ByteVector(12, 1)},
        counting_bytes(100),
        {.ttl = 63, .traffic_class = 0xb9, .id = 0x4321, .options = {1, 1, 1, 1}});
    const auto packet = parse_packet(bytes);
    REQUIRE(packet.has_value());
    EXPECT(packet->version == 4);
    EXPECT(packet->source == ip("10.137.0.5"));
    EXPECT(packet->destination == ip("198.51.100.7"));
    EXPECT(packet->length == 24 + 32 + 100);
    EXPECT(packet->ttl == 63);
    EXPECT(packet->traffic_class == 0xb9);
    EXPECT(packet->dont_fragment);
    EXPECT(packet->fragment.id == 0x4321);
    EXPECT_FALSE(packet->is_fragment());
    EXPECT(packet->is_tcp());
    EXPECT(packet->source_port == 40000);
    EXPECT(packet->destination_port == 443);
    EXPECT(packet->tcp.sequence == 7);
    EXPECT(packet->tcp.acknowledgement == 9);
    EXPECT(packet->tcp.flags == (TcpFlags::kPsh | TcpFlags::kAck));
    EXPECT(packet->transport_at == 24);
    EXPECT(packet->payload_at == 56);
    EXPECT(packet->payload_length() == 100);
    EXPECT(packet->payload()[1] == 1);
  }

  TEST_CASE("a UDP packet over IPv6 has all its facts") {
    ByteVector bytes = udp_packet(kEnds6, counting_bytes(10), {.ttl = 3, .traffic_class = 0x12});
    const auto packet = parse_packet(bytes);
    REQUIRE(packet.has_value());
    EXPECT(packet->version == 6);
    EXPECT(packet->source == ip("fd00::5"));
    EXPECT(packet->is_udp());
    EXPECT(packet->ttl == 3);
    EXPECT(packet->traffic_class == 0x12);
    EXPECT(packet->dont_fragment);
    EXPECT(packet->transport_at == 40);
    EXPECT(packet->payload_length() == 10);
  }

  TEST_CASE("Ethernet padding is cut off, a longer packet than the buffer refused") {
    for (const auto& each : {udp_packet(kEnds4, {}), udp_packet(kEnds6, {})}) {
      ByteVector padded = each;
      padded.resize(padded.size() + 18);
      EXPECT(parse_packet(padded)->bytes.size() == each.size());
      ByteVector cut = each;
      cut.pop_back();
      EXPECT(error_of(cut) == PacketError::kTotalLength);
    }
  }

  TEST_CASE("no truncation of any packet is accepted or read beyond") {
    for (const auto& each :
         {tcp_packet(kEnds4, {.options = ByteVector(8, 1)}), udp_packet(kEnds4, counting_bytes(3)),
          echo_packet(kEnds4, true), tcp_packet(kEnds6, {}), udp_packet(kEnds6, {}),
          echo_packet(kEnds6, false)}) {
      for (std::size_t size = 0; size < each.size(); ++size) {
        ByteVector cut(each.begin(), each.begin() + static_cast<std::ptrdiff_t>(size));
        EXPECT_FALSE(parse_packet(cut).has_value());
        if (size < 20) continue;
        // The same with a header that says how short it is.
        const bool v4 = cut[0] >> 4 == 4;
        if (!v4 && size < 40) continue;
        base::store_u16(cut, v4 ? 2 : 4, static_cast<std::uint16_t>(size - (v4 ? 0 : 40)));
        if (v4) base::store_u16(cut, 10, 0);
        if (v4) {
          const std::uint16_t sum = testing::plain_sum(base::Bytes(cut).first(20));
          base::store_u16(cut, 10, static_cast<std::uint16_t>(~sum));
        }
        EXPECT_FALSE(parse_packet(cut).has_value());
      }
    }
  }

  TEST_CASE("each defect of an IPv4 header has its reason") {
    const ByteVector good = udp_packet(kEnds4, counting_bytes(8));
    EXPECT(error_of({}) == PacketError::kTruncated);
    EXPECT(error_of(changed(good, 0, {0x55})) == PacketError::kVersion);
    EXPECT(error_of(changed(good, 0, {0x44})) == PacketError::kHeaderLength);
    EXPECT(error_of(changed(good, 2, {0, 19})) == PacketError::kTotalLength);
    ByteVector corrupt = good;
    corrupt[8] ^= 0x10;
    EXPECT(error_of(corrupt) == PacketError::kHeaderChecksum);
  }

  TEST_CASE("IPv4 options have to add up, and may not route") {
    const auto with_options = [](ByteVector options) {
      return udp_packet(kEnds4, {}, {.options = std::move(options)});
    };
    ByteVector record_route = with_options({7, 7, 4, 0, 0, 0, 0, 0});
    EXPECT(parse_packet(record_route).has_value());
    ByteVector ended = with_options({0, 131, 0xff, 0});
    EXPECT(parse_packet(ended).has_value());
    EXPECT(error_of(with_options({131, 7, 4, 1, 2, 3, 4, 0})) == PacketError::kSourceRoute);
    EXPECT(error_of(with_options({1, 137, 7, 4, 1, 2, 3, 4})) == PacketError::kSourceRoute);
    EXPECT(error_of(with_options({7, 1, 0, 0})) == PacketError::kOptions);
    EXPECT(error_of(with_options({7, 5, 0, 0})) == PacketError::kOptions);
    EXPECT(error_of(with_options({1, 1, 1, 7})) == PacketError::kOptions);
  }

  TEST_CASE("each defect of a transport header has its reason") {
    const ByteVector tcp = tcp_packet(kEnds4, {}, counting_bytes(4));
    EXPECT(error_of(changed(tcp, 32, {0x40})) == PacketError::kTransportHeader);
    EXPECT(error_of(changed(tcp, 32, {0x70})) == PacketError::kTransportHeader);
    const ByteVector udp = udp_packet(kEnds6, counting_bytes(4));
    EXPECT(error_of(changed(udp, 44, {0, 7})) == PacketError::kUdpLength);
    EXPECT(error_of(changed(udp, 44, {0, 13})) == PacketError::kUdpLength);
    ByteVector shorter = changed(udp, 44, {0, 11});
    EXPECT(parse_packet(shorter).has_value());
  }

  TEST_CASE("unknown protocols are packets without ports") {
    ByteVector esp = ip_packet(kEnds4, 50, counting_bytes(30));
    const auto packet = parse_packet(esp);
    REQUIRE(packet.has_value());
    EXPECT_FALSE(packet->has_transport);
    EXPECT(packet->protocol == IpProtocol{50});
    // ICMPv6 in IPv4 is not ICMP.
    ByteVector odd = ip_packet(kEnds4, 58, counting_bytes(30));
    EXPECT_FALSE(parse_packet(odd)->is_icmp());
  }

  TEST_CASE("an IPv4-mapped address in an IPv6 header is refused") {
    auto bad = kEnds6;
    ByteVector bytes = udp_packet(bad, {});
    const auto mapped = ip("10.0.0.1").bytes();
    std::ranges::copy(mapped, bytes.begin() + 24);
    EXPECT(error_of(bytes) == PacketError::kMappedAddress);
  }

  TEST_CASE("fragments have an offset, and later ones no ports") {
    ByteVector first = ip_packet(kEnds4, 17, counting_bytes(16), {.dont_fragment = false});
    base::store_u16(first, 24, 4000);
    first = changed(first, 6, {0x20, 0});
    const auto parsed = parse_packet(first);
    REQUIRE(parsed.has_value());
    EXPECT(parsed->is_fragment());
    EXPECT(parsed->is_udp());
    EXPECT(parsed->fragment.more);

    ByteVector later = changed(ip_packet(kEnds4, 50, counting_bytes(5)), 6, {0x01, 0x02});
    const auto rest = parse_packet(later);
    REQUIRE(rest.has_value());
    EXPECT(rest->is_fragment());
    EXPECT_FALSE(rest->fragment.more);
    EXPECT(rest->fragment.offset == 0x102 * 8);
    EXPECT_FALSE(rest->has_transport);
    EXPECT(rest->source_port == 0);
  }

  TEST_CASE("fragments that cannot be part of a datagram are refused") {
    const auto fragment = [](std::size_t size, std::uint8_t high, std::uint8_t low) {
      return changed(ip_packet(kEnds4, 50, counting_bytes(size)), 6, {high, low});
    };
    EXPECT(error_of(fragment(12, 0x20, 1)) == PacketError::kFragment);
    EXPECT(error_of(fragment(0, 0x20, 1)) == PacketError::kFragment);
    EXPECT(error_of(fragment(0, 0x00, 1)) == PacketError::kFragment);
    EXPECT(error_of(fragment(16, 0x1f, 0xff)) == PacketError::kFragment);
    ByteVector last = fragment(7, 0x1f, 0xff);
    EXPECT(parse_packet(last).has_value());
  }

  TEST_CASE("a first fragment without its whole transport header is refused") {
    ByteVector tcp4 = ip_packet(kEnds4, 6, counting_bytes(16), {.dont_fragment = false});
    EXPECT(error_of(changed(tcp4, 6, {0x20, 0})) == PacketError::kTinyFragment);
    // Fragment header with more to come, then half a TCP header; then a destination option that is
    // cut.
    ByteVector tcp6{6, 0, 0, 1, 0, 0, 0, 9};
    tcp6.resize(24);
    EXPECT(error_of(ipv6_with(44, tcp6)) == PacketError::kTinyFragment);
    ByteVector options{60, 0, 0, 1, 0, 0, 0, 9, 6, 1, 0, 0, 0, 0, 0, 0};
    EXPECT(error_of(ipv6_with(44, options)) == PacketError::kTinyFragment);
  }

  TEST_CASE("IPv6 extension headers are walked to the transport header") {
    // Hop-by-hop (8), destination options (16), then UDP.
    ByteVector rest{60, 0, 1, 4, 0, 0, 0, 0, 17, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    const ByteVector udp{0x9c, 0x40, 0, 53, 0, 8, 0, 0};
    rest.insert(rest.end(), udp.begin(), udp.end());
    ByteVector bytes = ipv6_with(0, rest);
    const auto packet = parse_packet(bytes);
    REQUIRE(packet.has_value());
    EXPECT(packet->transport_at == 64);
    EXPECT(packet->is_udp());
    EXPECT(packet->destination_port == 53);
  }

  TEST_CASE("extension headers in the wrong place, or too many of them, are refused") {
    const ByteVector hop_later{0, 0, 1, 4, 0, 0, 0, 0, 59, 0, 1, 4, 0, 0, 0, 0};
    EXPECT(error_of(ipv6_with(60, hop_later)) == PacketError::kExtensionHeaders);
    ByteVector many;
    for (int i = 0; i < 9; ++i) many.insert(many.end(), {60, 0, 1, 4, 0, 0, 0, 0});
    EXPECT(error_of(ipv6_with(60, many)) == PacketError::kExtensionHeaders);
    many[8 * 8] = 59;
    EXPECT(error_of(ipv6_with(60, many)) == PacketError::kExtensionHeaders);
    many[7 * 8] = 59;
    ByteVector enough = ipv6_with(60, many);
    EXPECT(parse_packet(enough).has_value());
    const ByteVector twice{44, 0, 0, 1, 0, 0, 0, 1, 17, 0, 0, 1, 0, 0, 0, 1};
    EXPECT(error_of(ipv6_with(44, twice)) == PacketError::kExtensionHeaders);
    EXPECT(error_of(ipv6_with(60, ByteVector{17, 1, 1, 4, 0, 0, 0, 0})) == PacketError::kTruncated);
  }

  TEST_CASE("a routing header that still routes is refused") {
    ByteVector rest{59, 2, 4, 0, 0, 0, 0, 0};
    rest.resize(24);
    ByteVector spent = ipv6_with(43, rest);
    EXPECT(parse_packet(spent).has_value());
    rest[3] = 1;
    EXPECT(error_of(ipv6_with(43, rest)) == PacketError::kSourceRoute);
    // RFC 5095: type 0 is deprecated whatever it says.
    rest[2] = rest[3] = 0;
    EXPECT(error_of(ipv6_with(43, rest)) == PacketError::kSourceRoute);
  }

  TEST_CASE("an atomic fragment is a whole packet") {
    ByteVector rest{17, 0, 0, 0, 0, 0, 0, 1, 0x9c, 0x40, 0, 53, 0, 8, 0, 0};
    ByteVector bytes = ipv6_with(44, rest);
    const auto packet = parse_packet(bytes);
    REQUIRE(packet.has_value());
    EXPECT_FALSE(packet->is_fragment());
    EXPECT(packet->fragment_header_at == 40);
    EXPECT(packet->is_udp());
  }

  TEST_CASE("a quote is read as far as it goes") {
    ByteVector bytes = tcp_packet(kEnds4, {.sequence = 77}, counting_bytes(500));
    bytes.resize(28);
    bytes[8] = 0;  // the TTL that ran out, without a new checksum
    const auto packet = parse_quoted_packet(bytes);
    REQUIRE(packet.has_value());
    EXPECT(packet->length == 540);
    EXPECT(packet->bytes.size() == 28);
    EXPECT(packet->destination_port == 443);
    EXPECT(packet->tcp.sequence == 77);
    EXPECT_FALSE(parse_packet(bytes).has_value());
    bytes.resize(27);
    EXPECT_FALSE(parse_quoted_packet(bytes).has_value());
  }

  TEST_CASE("offload metadata is taken when it fits the packet") {
    const ByteVector tcp =
        testing::with_partial_checksum(tcp_packet(kEnds4, {}, counting_bytes(3000)));
    ByteVector bytes = tcp;
    const auto packet =
        parse_packet(bytes, {.gso = Gso::kTcp4, .segment_size = 1000, .needs_checksum = true});
    REQUIRE(packet.has_value());
    EXPECT(packet->offload.checksum_start == 20);
    EXPECT(packet->offload.checksum_offset == 16);
    ByteVector udp = testing::with_partial_checksum(udp_packet(kEnds6, counting_bytes(3000)));
    const auto uso = parse_packet(udp, {.gso = Gso::kUdp,
                                        .segment_size = 1000,
                                        .needs_checksum = true,
                                        .checksum_start = 40,
                                        .checksum_offset = 6});
    REQUIRE(uso.has_value());
    EXPECT(uso->offload.gso == Gso::kUdp);
    // A size without gso means nothing.
    EXPECT(parse_packet(udp, {.segment_size = 9})->offload == Offload{});
  }

  TEST_CASE("offload metadata that does not fit is refused") {
    const ByteVector tcp = tcp_packet(kEnds4, {}, counting_bytes(3000));
    const ByteVector udp = udp_packet(kEnds4, counting_bytes(1290));
    const Offload gso{.gso = Gso::kTcp4, .segment_size = 1000, .needs_checksum = true};
    const auto with = [&gso](auto change) {
      Offload offload = gso;
      change(offload);
      return offload;
    };
    EXPECT(error_of(tcp, with([](Offload& o) { o.needs_checksum = false; })) ==
           PacketError::kOffload);
    EXPECT(error_of(tcp, with([](Offload& o) { o.segment_size = 0; })) == PacketError::kOffload);
    EXPECT(error_of(tcp, with([](Offload& o) { o.segment_size = 47; })) == PacketError::kOffload);
    EXPECT(error_of(tcp, with([](Offload& o) { o.gso = Gso::kTcp6; })) == PacketError::kOffload);
    EXPECT(error_of(tcp, with([](Offload& o) { o.gso = Gso::kUdp; })) == PacketError::kOffload);
    EXPECT(error_of(tcp, with([](Offload& o) { o.checksum_start = 34; })) == PacketError::kOffload);
    EXPECT(error_of(tcp, with([](Offload& o) { o.checksum_offset = 6; })) == PacketError::kOffload);
    EXPECT(error_of(tcp_packet(kEnds4, {.flags = 0x02}, counting_bytes(3000)), gso) ==
           PacketError::kOffload);
    EXPECT(error_of(tcp_packet(kEnds4, {}), gso) == PacketError::kOffload);
    EXPECT(error_of(udp, {.gso = Gso::kUdp, .segment_size = 10, .needs_checksum = true}) ==
           PacketError::kOffload);
    EXPECT(error_of(echo_packet(kEnds4, true), {.needs_checksum = true}) == PacketError::kOffload);
    EXPECT(error_of(changed(udp, 24, {0, 20}), {.needs_checksum = true}) == PacketError::kOffload);
    EXPECT(error_of(changed(tcp_packet(kEnds4, {}, counting_bytes(4)), 6, {0x20, 0}),
                    {.needs_checksum = true}) == PacketError::kOffload);
  }

  TEST_CASE("a super-packet of the greatest length is parsed") {
    ByteVector bytes = tcp_packet(kEnds4, {}, counting_bytes(65535 - 40));
    const auto packet =
        parse_packet(bytes, {.gso = Gso::kTcp4, .segment_size = 1448, .needs_checksum = true});
    REQUIRE(packet.has_value());
    EXPECT(packet->length == 65535);
    ByteVector six = tcp_packet(kEnds6, {}, counting_bytes(65535 - 20));
    EXPECT(parse_packet(six)->length == 65575);
  }
}

}  // namespace
}  // namespace sallyport::net
