#include "net/ipv6_extension.h"

#include "packet_builder.h"
#include "test.h"

namespace sallyport::net {
namespace {

using testing::ByteVector;
using testing::ends;

TEST_SUITE("net/ipv6_extension") {
  TEST_CASE("finds who names a header, and where the repeated part ends") {
    // Hop-by-hop (8), routing (24), destination options (16), then no more.
    ByteVector rest{43, 0, 1, 4, 0, 0, 0, 0, 60, 2, 4};
    rest.resize(32);
    rest.insert(rest.end(), {59, 1, 1, 12});
    rest.resize(48);
    const ByteVector packet = ip_packet(ends("fd00::1", 0, "fd00::2", 0), 0, rest);
    EXPECT(next_header_field(packet, 40) == 6);
    EXPECT(next_header_field(packet, 48) == 40);
    EXPECT(next_header_field(packet, 72) == 48);
    EXPECT(next_header_field(packet, 88) == 72);
    EXPECT(unfragmentable_size(packet) == 72);
  }

  TEST_CASE("without extension headers the fixed header is all") {
    const ByteVector packet = udp_packet(ends("fd00::1", 0, "fd00::2", 0));
    EXPECT(next_header_field(packet, 40) == 6);
    EXPECT(unfragmentable_size(packet) == 40);
  }
}

}  // namespace
}  // namespace sallyport::net
