#include "net/udp_packet.h"

#include "packet_builder.h"
#include "test.h"

namespace sallyport::net {
namespace {

using testing::ByteVector;
using testing::ip;

TEST_SUITE("net/udp_packet") {
  TEST_CASE("a datagram is what the test's own builder makes of the same ends and payload") {
    const ByteVector payload = testing::counting_bytes(33);
    const testing::Ends kinds[] = {testing::ends("10.139.1.2", 4000, "10.139.1.1", 53),
                                   testing::ends("fd00::1", 4000, "fd00::2", 53)};
    for (const testing::Ends& each : kinds) {
      ByteVector packet(udp_packet_size(each.source.is_v4(), payload.size()), 0xee);
      write_udp_packet({each.source, 4000}, {each.destination, 53}, payload, packet);
      EXPECT(packet == testing::udp_packet(each, payload, {.id = 0}));
    }
  }

  TEST_CASE("a checksum that comes out as zero is sent as its other zero") {
    // One word of payload that makes up for the rest.
    ByteVector packet(udp_packet_size(true, 2));
    for (std::uint32_t word = 0; word < 65536; ++word) {
      const ByteVector payload{static_cast<std::uint8_t>(word >> 8),
                               static_cast<std::uint8_t>(word)};
      write_udp_packet({ip("10.0.0.1"), 1}, {ip("10.0.0.2"), 2}, payload, packet);
      REQUIRE((packet[26] != 0 || packet[27] != 0));
    }
  }
}

}  // namespace
}  // namespace sallyport::net
