#include "net/nat/packet_ends.h"

#include "packet_builder.h"
#include "test.h"

namespace sallyport::net {
namespace {

using testing::ByteVector;
using testing::ends;
using testing::ip;

TEST_SUITE("net/nat/packet_ends") {
  TEST_CASE(
      "an outbound packet has its client's end at the source, an inbound one at the destination") {
    ByteVector bytes = udp_packet(ends("10.0.0.1", 1000, "198.51.100.7", 53));
    Packet packet = parse_packet(bytes).value();
    EXPECT(client_end(packet, Direction::kOutbound) == Endpoint{ip("10.0.0.1"), 1000});
    EXPECT(remote_end(packet, Direction::kOutbound) == Endpoint{ip("198.51.100.7"), 53});
    EXPECT(client_end(packet, Direction::kInbound) == Endpoint{ip("198.51.100.7"), 53});
    EXPECT(remote_end(packet, Direction::kInbound) == Endpoint{ip("10.0.0.1"), 1000});
    set_client_end(packet, Direction::kInbound, {ip("10.9.9.9"), 9});
    set_remote_end(packet, Direction::kInbound, {ip("10.8.8.8"), 8});
    EXPECT(bytes == udp_packet(ends("10.8.8.8", 8, "10.9.9.9", 9)));
    set_client_end(packet, Direction::kOutbound, {ip("10.7.7.7"), 7});
    set_remote_end(packet, Direction::kOutbound, {ip("10.6.6.6"), 6});
    EXPECT(bytes == udp_packet(ends("10.7.7.7", 7, "10.6.6.6", 6)));
  }

  TEST_CASE("an echo's identifier belongs to the client, on whichever side it is") {
    for (const Direction direction : {Direction::kOutbound, Direction::kInbound}) {
      const bool request = direction == Direction::kOutbound;
      ByteVector bytes = echo_packet(ends("fd00::1", 77, "fd00::2", 0), request);
      Packet packet = parse_packet(bytes).value();
      EXPECT(client_end(packet, direction).port == 77);
      EXPECT(remote_end(packet, direction).port == 0);
      set_client_end(packet, direction, {ip("fd00::3"), 78});
      set_remote_end(packet, direction, {ip("fd00::4"), 99});
      const auto expected =
          request ? ends("fd00::3", 78, "fd00::4", 0) : ends("fd00::4", 78, "fd00::3", 0);
      EXPECT(bytes == echo_packet(expected, request));
    }
  }
}

}  // namespace
}  // namespace sallyport::net
