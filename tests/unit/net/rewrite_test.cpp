#include "net/rewrite.h"

#include <vector>

#include "base/endian.h"
#include "counting_rng.h"
#include "packet_builder.h"
#include "test.h"

namespace sallyport::net {
namespace {

using testing::ByteVector;
using testing::counting_bytes;
using testing::ends;
using testing::ip;

struct Kind {
  const char* name;
  ByteVector bytes;
};

std::vector<Kind> every_kind() {
  std::vector<Kind> kinds;
  for (const auto& each :
       {ends("10.137.0.5", 40000, "198.51.100.7", 53), ends("fd00::5", 40000, "2001:db8::7", 53)}) {
    kinds.push_back({"tcp", tcp_packet(each, {.flags = 0x18}, counting_bytes(7))});
    kinds.push_back({"udp", udp_packet(each, counting_bytes(8))});
    kinds.push_back({"echo", echo_packet(each, true, counting_bytes(9))});
    kinds.push_back({"other", ip_packet(each, 50, counting_bytes(20))});
  }
  return kinds;
}

IpAddress other_address(const Packet& packet, std::uint8_t last) {
  return packet.is_v4() ? IpAddress::v4(0xac10'0800u | last)
                        : IpAddress::v6({0xfd, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last});
}

// Rewrites everything that can be rewritten.
void rewrite_all(Packet& packet, std::uint8_t last, std::uint16_t port) {
  const IpAddress source = other_address(packet, last);
  const IpAddress destination = other_address(packet, static_cast<std::uint8_t>(last + 1));
  if (packet.is_tcp() || packet.is_udp()) {
    set_source(packet, source, port);
    set_destination(packet, destination, static_cast<std::uint16_t>(port + 1));
    return;
  }
  set_source(packet, source);
  set_destination(packet, destination);
  if (packet.is_icmp()) set_echo_id(packet, port);
}

TEST_SUITE("net/rewrite") {
  TEST_CASE("what was rewritten equals a packet whose checksums were computed anew") {
    testing::CountingRng rng;
    for (const Kind& kind : every_kind()) {
      CAPTURE(std::string(kind.name));
      for (int round = 0; round < 200; ++round) {
        ByteVector bytes = kind.bytes;
        Packet packet = parse_packet(bytes).value();
        rewrite_all(packet, base::random_value<std::uint8_t>(rng),
                    base::random_value<std::uint16_t>(rng));
        REQUIRE(decrement_ttl(packet));
        REQUIRE(bytes == testing::with_new_checksums(bytes));
      }
    }
  }

  TEST_CASE("the facts of the packet follow its bytes") {
    for (const Kind& kind : every_kind()) {
      CAPTURE(std::string(kind.name));
      ByteVector bytes = kind.bytes;
      Packet packet = parse_packet(bytes).value();
      rewrite_all(packet, 9, 1234);
      REQUIRE(decrement_ttl(packet));
      const Packet again = parse_packet(bytes).value();
      EXPECT(packet.source == again.source);
      EXPECT(packet.destination == again.destination);
      EXPECT(packet.source_port == again.source_port);
      EXPECT(packet.destination_port == again.destination_port);
      EXPECT(packet.icmp.id == again.icmp.id);
      EXPECT(packet.ttl == again.ttl);
      EXPECT(again.source != parse_packet(bytes = kind.bytes)->source);
    }
  }

  TEST_CASE("a partial checksum keeps to the pseudo-header") {
    for (const Kind& kind : every_kind()) {
      if (kind.name != std::string_view("tcp") && kind.name != std::string_view("udp")) continue;
      ByteVector bytes = testing::with_partial_checksum(kind.bytes);
      Packet packet = parse_packet(bytes, {.needs_checksum = true}).value();
      rewrite_all(packet, 200, 65535);
      EXPECT(bytes == testing::with_partial_checksum(bytes));
    }
  }

  TEST_CASE("a wrong checksum stays wrong by the same amount") {
    for (const Kind& kind : every_kind()) {
      if (kind.name == std::string_view("other")) continue;
      ByteVector bytes = kind.bytes;
      bytes.back() ^= 0x40;
      Packet packet = parse_packet(bytes).value();
      rewrite_all(packet, 77, 4321);
      EXPECT_FALSE(testing::checksums_are_right(bytes));
      bytes.back() ^= 0x40;
      EXPECT(testing::checksums_are_right(bytes));
    }
  }

  TEST_CASE("a UDP checksum of zero stays none, and none ever becomes zero") {
    ByteVector none = udp_packet(ends("10.0.0.1", 1, "10.0.0.2", 2), counting_bytes(4));
    base::store_u16(none, 26, 0);
    Packet packet = parse_packet(none).value();
    rewrite_all(packet, 1, 5);
    EXPECT(base::load_u16(none, 26) == 0);

    int all_ones = 0;
    for (std::uint32_t port = 0; port <= 0xffff; ++port) {
      ByteVector bytes = udp_packet(ends("10.0.0.1", 1, "10.0.0.2", 2), counting_bytes(4));
      Packet each = parse_packet(bytes).value();
      set_source(each, each.source, static_cast<std::uint16_t>(port));
      const std::uint16_t checksum = base::load_u16(bytes, 26);
      REQUIRE(checksum != 0);
      all_ones += checksum == 0xffff;
    }
    EXPECT(all_ones == 1);
  }

  TEST_CASE("the last hop is not taken") {
    for (const std::uint8_t ttl : testing::Octets{0, 1}) {
      ByteVector v4 = udp_packet(ends("10.0.0.1", 1, "10.0.0.2", 2), {}, {.ttl = ttl});
      ByteVector v6 = udp_packet(ends("fd00::1", 1, "fd00::2", 2), {}, {.ttl = ttl});
      for (ByteVector* bytes : {&v4, &v6}) {
        const ByteVector before = *bytes;
        Packet packet = parse_packet(*bytes).value();
        EXPECT_FALSE(decrement_ttl(packet));
        EXPECT(*bytes == before);
      }
    }
  }

  TEST_CASE("a quote is rewritten as far as it reaches") {
    ByteVector bytes = tcp_packet(ends("10.0.0.1", 1, "10.0.0.2", 2), {}, counting_bytes(10));
    bytes.resize(28);
    Packet quote = parse_quoted_packet(bytes).value();
    set_source(quote, ip("172.16.0.9"), 999);
    ByteVector expected =
        tcp_packet(ends("172.16.0.9", 999, "10.0.0.2", 2), {}, counting_bytes(10));
    expected.resize(28);
    EXPECT(bytes == expected);
  }

  TEST_CASE("addresses of a later fragment change without a look for a transport header") {
    ByteVector bytes = ip_packet(ends("10.0.0.1", 0, "10.0.0.2", 0), 17, counting_bytes(16));
    base::store_u16(bytes, 6, 0x0002);
    base::store_u16(bytes, 10, 0);
    const std::uint16_t sum = testing::plain_sum(base::Bytes(bytes).first(20));
    base::store_u16(bytes, 10, static_cast<std::uint16_t>(~sum));
    const ByteVector before = bytes;
    Packet packet = parse_packet(bytes).value();
    set_source(packet, ip("172.16.0.9"));
    EXPECT(std::equal(before.begin() + 20, before.end(), bytes.begin() + 20));
    EXPECT(parse_packet(bytes).has_value());
  }
}

}  // namespace
}  // namespace sallyport::net
