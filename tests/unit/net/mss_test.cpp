#include "net/mss.h"

#include <algorithm>

#include "base/endian.h"
#include "counting_rng.h"
#include "packet_builder.h"
#include "pcap.h"
#include "test.h"

namespace sallyport::net {
namespace {

using testing::ByteVector;
using testing::ends;

const testing::Ends kEnds4 = ends("10.0.0.1", 1, "10.0.0.2", 2);
const testing::Ends kEnds6 = ends("fd00::1", 1, "fd00::2", 2);

ByteVector syn(const testing::Ends& each, ByteVector options, std::uint8_t flags = 0x02) {
  return tcp_packet(each, {.flags = flags, .options = std::move(options)});
}

TEST_SUITE("net/mss") {
  TEST_CASE("the greatest MSS leaves room for the headers") {
    EXPECT(max_mss(1500, /*v4=*/true) == 1460);
    EXPECT(max_mss(1500, /*v4=*/false) == 1440);
    EXPECT(max_mss(1440, true) == 1400);
    EXPECT(max_mss(40, true) == 0);
    EXPECT(max_mss(59, false) == 0);
    EXPECT(max_mss(100000, false) == 65535);
  }

  TEST_CASE("real handshakes are clamped, checksums included") {
    int clamped = 0;
    for (testing::Frame& frame : testing::read_pcap("net/client.pcap")) {
      auto packet = parse_packet(base::MutableBytes(frame).subspan(14));
      if (!packet || !packet->is_tcp()) continue;
      const bool syn = packet->tcp.has(TcpFlags::kSyn);
      EXPECT(clamp_mss(*packet, 1300) == syn);
      clamped += syn;
      EXPECT(testing::checksums_are_right(packet->bytes));
      EXPECT_FALSE(clamp_mss(*packet, 1300));
    }
    EXPECT(clamped == 12);
  }

  TEST_CASE("the option is lowered at any alignment, and never raised") {
    for (const auto& each : {kEnds4, kEnds6}) {
      for (std::size_t shift = 0; shift < 4; ++shift) {
        ByteVector options(8, 1);
        base::store_u32(options, shift, 0x0204'05b4);
        for (const std::uint16_t max : testing::Words{0, 1, 536, 1400, 1459}) {
          ByteVector bytes = syn(each, options);
          Packet packet = parse_packet(bytes).value();
          EXPECT(clamp_mss(packet, max));
          EXPECT(testing::checksums_are_right(bytes));
          EXPECT(base::load_u16(bytes, packet.transport_at + 22 + shift) == max);
        }
        ByteVector bytes = syn(each, options);
        Packet packet = parse_packet(bytes).value();
        EXPECT_FALSE(clamp_mss(packet, 1460));
        EXPECT_FALSE(clamp_mss(packet, 9000));
        EXPECT(bytes == syn(each, options));
      }
    }
  }

  TEST_CASE("a partial checksum does not cover the option") {
    ByteVector bytes = testing::with_partial_checksum(syn(kEnds4, {2, 4, 0x05, 0xb4}));
    Packet packet = parse_packet(bytes, {.needs_checksum = true}).value();
    EXPECT(clamp_mss(packet, 1200));
    EXPECT(bytes == testing::with_partial_checksum(bytes));
  }

  TEST_CASE("of several options none is left too great") {
    ByteVector bytes = syn(kEnds4, {2, 4, 0x05, 0xb4, 2, 4, 0x03, 0xe8, 2, 4, 0xff, 0xff});
    Packet packet = parse_packet(bytes).value();
    EXPECT(clamp_mss(packet, 1200));
    EXPECT(bytes == syn(kEnds4, {2, 4, 0x04, 0xb0, 2, 4, 0x03, 0xe8, 2, 4, 0x04, 0xb0}));
  }

  TEST_CASE("what is no SYN, and what is no option, stays as it is") {
    for (const ByteVector& original :
         {syn(kEnds4, {2, 4, 0x05, 0xb4}, 0x10), syn(kEnds4, {0, 0, 2, 4, 0x05, 0xb4, 0, 0}),
          syn(kEnds4, {2, 3, 0x05, 0xb4}), syn(kEnds4, {2, 0, 0x05, 0xb4}),
          syn(kEnds4, {8, 1, 2, 4, 0x05, 0xb4, 0, 0}), syn(kEnds4, {1, 1, 2, 4}),
          syn(kEnds4, {1, 1, 1, 2}), syn(kEnds4, {30, 40, 2, 4, 0x05, 0xb4, 0, 0}),
          syn(kEnds4, {})}) {
      ByteVector bytes = original;
      Packet packet = parse_packet(bytes).value();
      EXPECT_FALSE(clamp_mss(packet, 1000));
      EXPECT(bytes == original);
    }
  }

  TEST_CASE("R3: whatever the bytes are, nothing beside the packet is read or written") {
    testing::CountingRng rng(3);
    constexpr std::size_t kMargin = 64;
    int clamped = 0;
    for (int round = 0; round < 20000; ++round) {
      const std::size_t size = base::random_below(rng, 120);
      ByteVector bytes(kMargin + size + kMargin, 0x5a);
      const auto packet_bytes = std::span(bytes).subspan(kMargin, size);
      rng.fill(packet_bytes);
      // Enough of a handshake's header to be believed, now and then.
      if (size > 53 && round % 4 != 0) {
        packet_bytes[0] = round % 2 == 0 ? 0x60 : 0x45;
        base::store_u16(packet_bytes, round % 2 == 0 ? 4 : 2,
                        static_cast<std::uint16_t>(round % 2 == 0 ? size - 40 : size));
        if (round % 2 != 0) base::store_u16(packet_bytes, 6, 0);
        packet_bytes[round % 2 == 0 ? 6 : 9] = 6;
        const auto tcp = packet_bytes.subspan(round % 2 == 0 ? 40 : 20);
        tcp[13] = 0x02;
        if (round % 3 != 0 && tcp.size() > 24) {
          tcp[12] = 0x60;
          tcp[20] = 2;
          tcp[21] = 4;
        }
      }
      auto packet = parse_packet(packet_bytes);
      if (packet) clamped += clamp_mss(*packet, 1);
      // A packet of its own size, for the sanitizer.
      ByteVector alone(packet_bytes.begin(), packet_bytes.end());
      if (auto again = parse_packet(alone)) (void)clamp_mss(*again, 536);
      const auto untouched = [](std::uint8_t byte) { return byte == 0x5a; };
      REQUIRE(std::ranges::all_of(std::span(bytes).first(kMargin), untouched));
      REQUIRE(std::ranges::all_of(std::span(bytes).last(kMargin), untouched));
    }
    EXPECT(clamped > 0);
  }

  TEST_CASE("R3: random options never break a checksum") {
    testing::CountingRng rng;
    for (int round = 0; round < 20000; ++round) {
      ByteVector options(base::random_below(rng, 11) * 4);
      for (std::uint8_t& byte : options) {
        byte = static_cast<std::uint8_t>(base::random_below(rng, round % 2 == 0 ? 6 : 256));
      }
      ByteVector bytes = syn(kEnds6, options, 0x12);
      Packet packet = parse_packet(bytes).value();
      (void)clamp_mss(packet, 1);
      REQUIRE(testing::checksums_are_right(bytes));
    }
  }
}

}  // namespace
}  // namespace sallyport::net
