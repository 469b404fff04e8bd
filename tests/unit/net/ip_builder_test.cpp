#include "net/ip_builder.h"

#include "base/endian.h"
#include "packet_builder.h"
#include "test.h"

namespace sallyport::net {
namespace {

using testing::ByteVector;
using testing::counting_bytes;
using testing::ends;

TEST_SUITE("net/ip_builder") {
  TEST_CASE("headers equal those of the tests' own builder") {
    for (const auto& each :
         {ends("10.0.0.1", 1, "10.0.0.2", 2), ends("fd00::1", 1, "fd00::2", 2)}) {
      const ByteVector expected =
          udp_packet(each, counting_bytes(11), {.ttl = 9, .traffic_class = 0xc0, .id = 0});
      const IpHeader header{.source = each.source,
                            .destination = each.destination,
                            .protocol = IpProtocol::kUdp,
                            .ttl = 9,
                            .traffic_class = 0xc0};
      ByteVector bytes(expected.begin(), expected.end());
      std::fill_n(bytes.begin(), header.size(), std::uint8_t{0xee});
      header.write(bytes);
      EXPECT(bytes == expected);
      base::store_u16(bytes, header.size() + 6, 0);
      EXPECT(header.transport_checksum(base::Bytes(bytes).subspan(header.size())) ==
             base::load_u16(expected, header.size() + 6));
    }
  }
}

}  // namespace
}  // namespace sallyport::net
