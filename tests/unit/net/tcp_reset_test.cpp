#include "net/tcp_reset.h"

#include <algorithm>

#include "packet_builder.h"
#include "pcap.h"
#include "test.h"

namespace sallyport::net {
namespace {

using testing::ByteVector;
using testing::counting_bytes;
using testing::ends;

const testing::Ends kEnds4 = ends("10.137.0.5", 40000, "198.51.100.7", 443);
const testing::Ends kEnds6 = ends("fd00::5", 40000, "2001:db8::7", 443);

std::optional<ByteVector> reset_for(ByteVector bytes) {
  const Packet packet = parse_packet(bytes).value();
  ByteVector out(kMaxTcpResetSize);
  const auto written = write_tcp_reset(packet, out);
  if (!written) return std::nullopt;
  EXPECT(testing::checksums_are_right(*written));
  return ByteVector(written->begin(), written->end());
}

TEST_SUITE("net/tcp_reset") {
  TEST_CASE("a SYN is refused as Linux refuses it") {
    const auto frames = testing::read_pcap("net/client.pcap");
    for (const std::size_t syn : testing::Sizes{104, 110}) {
      const ByteVector real(frames[syn + 1].begin() + 14, frames[syn + 1].end());
      ByteVector ours = reset_for({frames[syn].begin() + 14, frames[syn].end()}).value();
      // The TCP part alone: the IP headers differ in what a host may choose.
      REQUIRE(ours.size() == real.size());
      EXPECT(std::equal(ours.end() - 20, ours.end(), real.end() - 20));
    }
  }

  TEST_CASE("with ACK it takes the place acknowledged, without it acknowledges all") {
    struct Row {
      std::uint8_t flags;
      std::size_t payload;
      std::uint32_t sequence;
      std::uint32_t acknowledgement;
      std::uint8_t reset_flags;
    };
    for (const Row& row :
         {Row{0x02, 0, 0, 1001, 0x14}, Row{0x02, 10, 0, 1011, 0x14}, Row{0x12, 0, 2000, 0, 0x04},
          Row{0x10, 100, 2000, 0, 0x04}, Row{0x11, 5, 2000, 0, 0x04}, Row{0x00, 7, 0, 1007, 0x14},
          Row{0x01, 7, 0, 1008, 0x14}, Row{0x03, 0, 0, 1002, 0x14}}) {
      for (const auto& each : {kEnds4, kEnds6}) {
        ByteVector bytes =
            reset_for(tcp_packet(each, {.flags = row.flags}, counting_bytes(row.payload))).value();
        const Packet reset = parse_packet(bytes).value();
        EXPECT(reset.tcp.sequence == row.sequence);
        EXPECT(reset.tcp.acknowledgement == row.acknowledgement);
        EXPECT(reset.tcp.flags == row.reset_flags);
        EXPECT(reset.source == each.destination);
        EXPECT(reset.destination == each.source);
        EXPECT(reset.source_port == 443);
        EXPECT(reset.destination_port == 40000);
        EXPECT(reset.payload_length() == 0);
      }
    }
  }

  TEST_CASE("a super-packet counts with all its payload") {
    ByteVector bytes =
        reset_for(tcp_packet(kEnds4, {.flags = 0x00}, counting_bytes(60000))).value();
    EXPECT(parse_packet(bytes)->tcp.acknowledgement == 61000);
  }

  TEST_CASE("what is never answered gets no reset") {
    EXPECT_FALSE(reset_for(tcp_packet(kEnds4, {.flags = 0x04})).has_value());
    EXPECT_FALSE(reset_for(tcp_packet(kEnds4, {.flags = 0x14})).has_value());
    EXPECT_FALSE(reset_for(udp_packet(kEnds4, {})).has_value());
    EXPECT_FALSE(reset_for(tcp_packet(ends("10.0.0.1", 1, "224.0.0.1", 2), {})).has_value());
    EXPECT_FALSE(reset_for(tcp_packet(ends("0.0.0.0", 1, "10.0.0.1", 2), {})).has_value());
    EXPECT_FALSE(reset_for(tcp_packet(ends("::", 1, "fd00::1", 2), {})).has_value());
  }
}

}  // namespace
}  // namespace sallyport::net
