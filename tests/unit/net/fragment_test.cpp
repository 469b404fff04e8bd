#include "net/fragment.h"

#include <algorithm>
#include <vector>

#include "packet_builder.h"
#include "test.h"

namespace sallyport::net {
namespace {

using testing::ByteVector;
using testing::counting_bytes;
using testing::ends;

const testing::Ends kEnds4 = ends("10.0.0.1", 9, "10.0.0.2", 10);
const testing::Ends kEnds6 = ends("fd00::1", 9, "fd00::2", 10);

struct Fragments {
  std::vector<ByteVector> bytes;
  std::vector<Packet> packets;
};

Fragments fragments_of(const Packet& packet, std::size_t mtu, std::uint32_t id = 0xabcdef01) {
  const Fragmenter fragmenter = Fragmenter::make(packet, mtu, id).value();
  Fragments fragments;
  for (std::size_t i = 0; i < fragmenter.count(); ++i) {
    fragments.bytes.emplace_back(fragmenter.size(i));
    fragmenter.write(i, fragments.bytes.back());
  }
  for (ByteVector& bytes : fragments.bytes)
    fragments.packets.push_back(parse_packet(bytes).value());
  return fragments;
}

TEST_SUITE("net/fragment") {
  TEST_CASE("fragments cover the data once, in multiples of eight, within the MTU") {
    ByteVector bytes = udp_packet(kEnds4, counting_bytes(3000), {.dont_fragment = false});
    const Packet packet = parse_packet(bytes).value();
    for (const std::size_t mtu : testing::Sizes{68, 576, 1279, 1280, 1281, 1400, 3027}) {
      ByteVector data;
      const Fragments fragments = fragments_of(packet, mtu);
      for (const Packet& fragment : fragments.packets) {
        EXPECT(fragment.length <= mtu);
        EXPECT(fragment.fragment.offset == data.size());
        EXPECT(fragment.fragment.id == 0xef01);
        EXPECT(fragment.fragment.more == (&fragment != &fragments.packets.back()));
        const auto part = fragment.bytes.subspan(fragment.transport_at);
        data.insert(data.end(), part.begin(), part.end());
      }
      EXPECT(std::ranges::equal(data, base::Bytes(bytes).subspan(20)));
    }
  }

  TEST_CASE("options that say so are copied into every fragment, others only into the first") {
    // Record route (not copied), then a security option of 3 bytes (copied), then the end.
    ByteVector bytes = udp_packet(kEnds4, counting_bytes(100),
                                  {.dont_fragment = false, .options = {7, 3, 4, 130, 3, 9, 0, 0}});
    const Packet packet = parse_packet(bytes).value();
    const Fragments fragments = fragments_of(packet, 76);
    REQUIRE(fragments.packets.size() == 3);
    EXPECT(fragments.packets[0].transport_at == 28);
    for (const std::size_t later : testing::Sizes{1, 2}) {
      EXPECT(fragments.packets[later].transport_at == 24);
      EXPECT(std::ranges::equal(base::Bytes(fragments.bytes[later]).subspan(20, 4),
                                ByteVector{130, 3, 9, 0}));
    }
  }

  TEST_CASE("what may not be fragmented is not") {
    ByteVector v4 = udp_packet(kEnds4, counting_bytes(3000));
    EXPECT_FALSE(Fragmenter::make(parse_packet(v4).value(), 1400, 1).has_value());
    ByteVector v6 = udp_packet(kEnds6, counting_bytes(3000));
    EXPECT_FALSE(Fragmenter::make(parse_packet(v6).value(), 1400, 1).has_value());
    ByteVector small = udp_packet(kEnds4, counting_bytes(3000), {.dont_fragment = false});
    EXPECT_FALSE(Fragmenter::make(parse_packet(small).value(), 27, 1).has_value());
    EXPECT(Fragmenter::make(parse_packet(small).value(), 28, 1)->count() == 376);
  }

  TEST_CASE("IPv6 repeats what comes before the fragment header") {
    ByteVector rest{60, 0, 1, 4, 0, 0, 0, 0, 59, 0, 1, 4, 0, 0, 0, 0};
    rest.resize(116);
    ByteVector bytes = ip_packet(kEnds6, 0, rest);
    Packet packet = parse_packet(bytes).value();
    packet.dont_fragment = false;
    const Fragments fragments = fragments_of(packet, 120);
    REQUIRE(fragments.packets.size() == 2);
    for (const Packet& fragment : fragments.packets) {
      EXPECT(fragment.fragment_header_at == 48);
      EXPECT(fragment.bytes[40] == 44);
      EXPECT(fragment.bytes[48] == 60);
      EXPECT(fragment.fragment.id == 0xabcdef01);
    }
  }

  TEST_CASE("IPv6 with more in front than any honest packet has is not fragmented") {
    ByteVector rest{59, 15, 1, 124};
    rest.resize(128 + 3000);
    ByteVector bytes = ip_packet(kEnds6, 0, rest);
    Packet packet = parse_packet(bytes).value();
    packet.dont_fragment = false;
    EXPECT_FALSE(Fragmenter::make(packet, 1400, 1).has_value());
  }

  TEST_CASE("a packet that fits is one fragment with nothing more to come") {
    ByteVector bytes = udp_packet(kEnds4, counting_bytes(10), {.dont_fragment = false});
    const Packet packet = parse_packet(bytes).value();
    const Fragments fragments = fragments_of(packet, 1400);
    REQUIRE(fragments.packets.size() == 1);
    EXPECT_FALSE(fragments.packets[0].is_fragment());
  }
}

}  // namespace
}  // namespace sallyport::net
