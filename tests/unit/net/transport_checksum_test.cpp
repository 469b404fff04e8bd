#include "net/transport_checksum.h"

#include <vector>

#include "base/endian.h"
#include "packet_builder.h"
#include "pcap.h"
#include "test.h"

namespace sallyport::net {
namespace {

using testing::ByteVector;
using testing::counting_bytes;
using testing::ends;

const testing::Ends kEnds4 = ends("10.0.0.1", 1, "10.0.0.2", 2);
const testing::Ends kEnds6 = ends("fd00::1", 1, "fd00::2", 2);

std::vector<ByteVector> every_kind() {
  std::vector<ByteVector> kinds;
  for (const auto& each : {kEnds4, kEnds6}) {
    kinds.push_back(tcp_packet(each, {}, counting_bytes(9)));
    kinds.push_back(udp_packet(each, counting_bytes(9)));
    kinds.push_back(echo_packet(each, true, counting_bytes(9)));
  }
  return kinds;
}

TEST_SUITE("net/transport_checksum") {
  TEST_CASE(
      "every packet of a real capture has a correct one, and a wrong one with any bit changed") {
    int judged = 0;
    for (testing::Frame& frame : testing::read_pcap("net/client.pcap")) {
      if (base::load_u16(frame, 12) == 0x0806) continue;
      const Packet packet = parse_packet(base::MutableBytes(frame).subspan(14)).value();
      if (!packet.has_transport || packet.is_fragment()) continue;
      ++judged;
      EXPECT(transport_checksum_is_correct(packet));
      packet.bytes[packet.transport_at] ^= 0x20;
      EXPECT_FALSE(transport_checksum_is_correct(packet));
    }
    EXPECT(judged > 100);
  }

  TEST_CASE("is written as the tests' own builder writes it") {
    for (const ByteVector& expected : every_kind()) {
      ByteVector bytes = expected;
      const Packet packet = parse_packet(bytes).value();
      base::store_u16(bytes, transport_checksum_at(packet).value(), 0x1234);
      write_transport_checksum(bytes, packet);
      EXPECT(bytes == expected);
    }
  }

  TEST_CASE("a UDP packet without a checksum has none that is correct") {
    ByteVector bytes = udp_packet(kEnds4, counting_bytes(9));
    base::store_u16(bytes, 26, 0);
    EXPECT_FALSE(transport_checksum_is_correct(parse_packet(bytes).value()));
  }

  TEST_CASE("other protocols have none") {
    ByteVector bytes = ip_packet(kEnds4, 50, counting_bytes(40));
    Packet packet = parse_packet(bytes).value();
    EXPECT_FALSE(transport_checksum_at(packet).has_value());
    EXPECT_FALSE(transport_checksum_is_correct(packet));
    const ByteVector before = bytes;
    ChecksumUpdate update;
    update.replace_u16(1, 2);
    update_transport_checksum(packet, update, Covers::kTransport);
    EXPECT(bytes == before);
  }

  TEST_CASE("a quote that was cut before it has none") {
    ByteVector bytes = tcp_packet(kEnds4, {}, counting_bytes(9));
    bytes.resize(28);
    EXPECT_FALSE(transport_checksum_at(parse_quoted_packet(bytes).value()).has_value());
  }
}

}  // namespace
}  // namespace sallyport::net
