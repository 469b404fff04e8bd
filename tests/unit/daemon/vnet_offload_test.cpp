#include "daemon/vnet_offload.h"

#include "test.h"

namespace sallyport::daemon {
namespace {

using io::VnetHeader;

TEST_SUITE("daemon/vnet_offload") {
  TEST_CASE("what is left undone comes out as it went in, whatever stands before the IP header") {
    for (const std::size_t link_header : {0u, 14u}) {
      for (const net::Gso gso :
           {net::Gso::kNone, net::Gso::kTcp4, net::Gso::kTcp6, net::Gso::kUdp}) {
        const net::Offload offload{.gso = gso,
                                   .segment_size = std::uint16_t(gso == net::Gso::kNone ? 0 : 1300),
                                   .needs_checksum = true,
                                   .checksum_valid = false,
                                   .checksum_start = 40,
                                   .checksum_offset = 16};
        const VnetHeader header = vnet_header_of(offload, link_header);
        EXPECT(header.checksum_start == 40 + link_header);
        const std::size_t headers = link_header + 40 + (gso == net::Gso::kUdp ? 8 : 20);
        EXPECT(header.header_length == (gso == net::Gso::kNone ? 0 : headers));
        EXPECT(offload_of(header, link_header) == offload);
      }
    }
  }

  TEST_CASE("a checksum is not both unfinished and known to be right") {
    net::Offload offload;
    offload.checksum_valid = true;
    EXPECT(vnet_header_of(offload, 14).checksum_valid);
    offload.needs_checksum = true;
    EXPECT_FALSE(vnet_header_of(offload, 14).checksum_valid);
  }

  TEST_CASE(
      "of a segment size without segments, and a start inside the link's header, nothing is "
      "taken") {
    VnetHeader header;
    header.segment_size = 1300;
    header.needs_checksum = true;
    header.checksum_start = 13;
    header.checksum_offset = 6;
    const net::Offload offload = offload_of(header, 14);
    EXPECT(offload.segment_size == 0);
    EXPECT(offload.needs_checksum);
    EXPECT(offload.checksum_start == 0);
    EXPECT(offload.checksum_offset == 0);
    header.gso = VnetHeader::Gso::kUdpOld;
    EXPECT(offload_of(header, 14).gso == net::Gso::kNone);
  }
}

}  // namespace
}  // namespace sallyport::daemon
