#include "net/segment.h"

#include <algorithm>
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
using testing::Frame;

constexpr std::size_t kVnetHeader = 10;
constexpr std::size_t kEthernet = 14;

// The little-endian fields of a virtio_net_hdr without mergeable buffers (virtio 1.2, 5.1.6).
Offload offload_of(base::Bytes vnet) {
  const auto u16 = [vnet](std::size_t at) {
    return static_cast<std::uint16_t>(vnet[at] | vnet[at + 1] << 8);
  };
  Offload offload{.segment_size = u16(4),
                  .needs_checksum = (vnet[0] & 1) != 0,
                  .checksum_start = static_cast<std::uint16_t>(u16(6) - kEthernet),
                  .checksum_offset = u16(8)};
  switch (vnet[1] & 0x7f) {
    case 1:
      offload.gso = Gso::kTcp4;
      break;
    case 4:
      offload.gso = Gso::kTcp6;
      break;
    case 5:
      offload.gso = Gso::kUdp;
      break;
    default:
      break;
  }
  return offload;
}

std::vector<ByteVector> split(const Packet& packet) {
  const Segmenter segmenter(packet);
  std::vector<ByteVector> segments;
  for (std::size_t i = 0; i < segmenter.count(); ++i) {
    ByteVector& segment = segments.emplace_back(segmenter.size(i));
    segmenter.write(i, segment);
  }
  return segments;
}

TEST_SUITE("net/segment") {
  // super.pcap has virtio_net_hdr, Ethernet and a super-packet each, as they were written into a
  // TAP; split.pcap what Linux made of them, in the same order (tests/data/net/README.md).
  TEST_CASE("super-packets become the segments that Linux makes of them, byte for byte") {
    std::vector<ByteVector> ours;
    for (Frame& frame : testing::read_pcap("net/super.pcap")) {
      const auto packet = parse_packet(base::MutableBytes(frame).subspan(kVnetHeader + kEthernet),
                                       offload_of(frame));
      REQUIRE(packet.has_value());
      std::ranges::move(split(*packet), std::back_inserter(ours));
    }
    const std::vector<Frame> theirs = testing::read_pcap("net/split.pcap");
    REQUIRE(ours.size() == theirs.size());
    for (std::size_t i = 0; i < ours.size(); ++i) {
      CAPTURE(i);
      EXPECT(std::ranges::equal(ours[i], base::Bytes(theirs[i]).subspan(kEthernet)));
    }
  }

  TEST_CASE("any segment size gives back all bytes in order, with right checksums") {
    for (const auto& each :
         {ends("10.0.0.1", 1, "10.0.0.2", 2), ends("fd00::1", 1, "fd00::2", 2)}) {
      const ByteVector payload = counting_bytes(2000);
      for (const std::uint16_t size :
           testing::Words{48, 49, 999, 1000, 1001, 1999, 2000, 2001, 65535}) {
        ByteVector bytes = testing::with_partial_checksum(tcp_packet(each, {}, payload));
        const Gso gso = each.source.is_v4() ? Gso::kTcp4 : Gso::kTcp6;
        const auto packet =
            parse_packet(bytes, {.gso = gso, .segment_size = size, .needs_checksum = true});
        REQUIRE(packet.has_value());
        ByteVector joined;
        for (ByteVector& segment : split(*packet)) {
          EXPECT(testing::checksums_are_right(segment));
          const Packet parsed = parse_packet(segment).value();
          EXPECT(parsed.tcp.sequence == 1000 + joined.size());
          joined.insert(joined.end(), parsed.payload().begin(), parsed.payload().end());
        }
        EXPECT(joined == payload);
      }
    }
  }

  TEST_CASE("a packet that is none of the large ones is copied as it is") {
    ByteVector bytes = udp_packet(ends("10.0.0.1", 1, "10.0.0.2", 2), counting_bytes(33));
    const Packet packet = parse_packet(bytes).value();
    const auto segments = split(packet);
    REQUIRE(segments.size() == 1);
    EXPECT(segments[0] == bytes);
  }

  TEST_CASE("a partial checksum is completed, whatever the guest left in the field") {
    for (const auto& each :
         {ends("10.0.0.1", 1, "10.0.0.2", 2), ends("fd00::1", 1, "fd00::2", 2)}) {
      for (const ByteVector& whole :
           {tcp_packet(each, {}, counting_bytes(31)), udp_packet(each, counting_bytes(31))}) {
        for (const std::uint16_t garbage : testing::Words{0x0000, 0xffff, 0x1234}) {
          ByteVector bytes = whole;
          Packet packet = parse_packet(bytes, {.needs_checksum = true}).value();
          base::store_u16(bytes, packet.transport_at + std::size_t{packet.offload.checksum_offset},
                          garbage);
          EXPECT(split(packet).at(0) == whole);
          finish_checksum(packet);
          EXPECT(bytes == whole);
          EXPECT(packet.offload == Offload{.checksum_valid = true});
        }
      }
    }
  }

  TEST_CASE("a UDP checksum that comes out as zero is sent as all ones") {
    const auto each = ends("10.0.0.1", 1, "10.0.0.2", 2);
    ByteVector payload(2);
    ByteVector probe = udp_packet(each, payload);
    // What the checksum is short of zero goes into the payload.
    const std::uint16_t checksum = base::load_u16(probe, 26);
    base::store_u16(payload, 0, checksum);
    ByteVector bytes = testing::with_partial_checksum(udp_packet(each, payload));
    Packet packet = parse_packet(bytes, {.needs_checksum = true}).value();
    finish_checksum(packet);
    EXPECT(base::load_u16(bytes, 26) == 0xffff);
  }

  TEST_CASE("the longest super-packet at the least segment size is still bounded") {
    ByteVector bytes = tcp_packet(ends("10.0.0.1", 1, "10.0.0.2", 2), {}, counting_bytes(65495));
    const Packet packet = parse_packet(bytes, {.gso = Gso::kTcp4,
                                               .segment_size = Offload::kMinTcpSegment,
                                               .needs_checksum = true})
                              .value();
    EXPECT(Segmenter(packet).count() == 1365);
  }
}

}  // namespace
}  // namespace sallyport::net
