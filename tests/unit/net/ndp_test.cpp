#include "net/ndp.h"

#include <algorithm>

#include "base/endian.h"
#include "packet_builder.h"
#include "pcap.h"
#include "test.h"

namespace sallyport::net {
namespace {

using testing::Frame;
using testing::ip;

constexpr std::size_t kIpv6At = EthernetHeader::kSize;
constexpr std::size_t kIcmpAt = kIpv6At + 40;

// client.pcap: a real stack solicits fd09:24ef:4179::1, another one advertises it; and a probe for
// an address that the first one is about to use.
Frame real_solicitation() {
  return testing::read_pcap("net/client.pcap")[9];
}
Frame real_advertisement() {
  return testing::read_pcap("net/client.pcap")[10];
}
Frame real_probe() {
  return testing::read_pcap("net/client.pcap")[144];
}

std::expected<NeighbourSolicitation, NdpError> parse(Frame& frame) {
  const EthernetFrame ethernet = parse_ethernet(frame).value();
  const auto packet = parse_packet(ethernet.payload);
  REQUIRE(packet.has_value());
  return parse_neighbour_solicitation(*packet, ethernet.header.source);
}

// Of a frame whose message was changed, with its checksum made right again.
std::expected<NeighbourSolicitation, NdpError> parse_changed(Frame frame) {
  const auto right = testing::with_new_checksums(base::Bytes(frame).subspan(kIpv6At));
  std::ranges::copy(right, frame.begin() + kIpv6At);
  return parse(frame);
}

TEST_SUITE("net/ndp") {
  TEST_CASE("a real solicitation is answered as Linux answers it") {
    Frame frame = real_solicitation();
    const auto solicitation = parse(frame);
    REQUIRE(solicitation.has_value());
    EXPECT(solicitation->sender == ip("fd09:24ef:4179::a89:5"));
    EXPECT(solicitation->target == ip("fd09:24ef:4179::1"));

    std::array<std::uint8_t, 100> out{};
    const auto reply =
        write_neighbour_advertisement(*solicitation, *MacAddress::parse("fe:ff:ff:ff:ff:ff"), out);
    // Linux says router, solicited and override too, as its forwarding was on.
    EXPECT(std::ranges::equal(reply, real_advertisement()));
  }

  TEST_CASE("a probe is answered at all nodes, unsolicited") {
    Frame frame = real_probe();
    const auto solicitation = parse(frame);
    REQUIRE(solicitation.has_value());
    std::array<std::uint8_t, 100> out{};
    const auto reply =
        write_neighbour_advertisement(*solicitation, *MacAddress::parse("fe:ff:ff:ff:ff:ff"), out);
    const auto packet = parse_packet(reply.subspan(kIpv6At));
    REQUIRE(packet.has_value());
    EXPECT(packet->destination == ip("ff02::1"));
    EXPECT(packet->source == ip("fd09:24ef:4179::99"));
    EXPECT(base::load_u32(reply, kIcmpAt + 4) == 0xa000'0000);
    EXPECT(testing::checksums_are_right(packet->bytes));
  }

  TEST_CASE("what RFC 4861 says to discard is refused by its reason") {
    Frame far = real_solicitation();
    far[kIpv6At + 7] = 254;
    EXPECT(parse(far).error() == NdpError::kHopLimit);

    Frame coded = real_solicitation();
    coded[kIcmpAt + 1] = 1;
    EXPECT(parse_changed(coded).error() == NdpError::kFormat);

    Frame broken = real_solicitation();
    broken[kIcmpAt + 20] ^= 1;
    EXPECT(parse(broken).error() == NdpError::kChecksum);

    Frame group = real_solicitation();
    group[kIcmpAt + 8] = 0xff;
    EXPECT(parse_changed(group).error() == NdpError::kTarget);

    Frame mapped = real_solicitation();
    const auto v4 = ip("10.0.0.1").bytes();
    std::ranges::copy(v4, mapped.begin() + kIcmpAt + 8);
    EXPECT(parse_changed(mapped).error() == NdpError::kTarget);

    Frame empty_option = real_solicitation();
    empty_option[kIcmpAt + 25] = 0;
    EXPECT(parse_changed(empty_option).error() == NdpError::kFormat);

    Frame long_option = real_solicitation();
    long_option[kIcmpAt + 25] = 2;
    EXPECT(parse_changed(long_option).error() == NdpError::kFormat);

    Frame advertisement = real_advertisement();
    EXPECT(parse(advertisement).error() == NdpError::kNotSolicitation);
  }

  TEST_CASE("a link-layer address that is not the frame's is a spoof") {
    Frame frame = real_solicitation();
    frame[kIcmpAt + 26] ^= 2;
    EXPECT(parse_changed(frame).error() == NdpError::kSender);
  }

  TEST_CASE("a probe names no link-layer address and goes to the target's group") {
    Frame elsewhere = real_probe();
    elsewhere[kIpv6At + 39] ^= 1;
    EXPECT(parse_changed(elsewhere).error() == NdpError::kGroup);

    Frame with_address = real_solicitation();
    std::ranges::fill_n(with_address.begin() + kIpv6At + 8, 16, std::uint8_t{0});
    EXPECT(parse_changed(with_address).error() == NdpError::kSender);
  }

  TEST_CASE("a message that ends before its target is refused") {
    for (std::uint8_t size = 8; size < 24; ++size) {
      Frame frame = real_solicitation();
      frame.resize(kIcmpAt + size);
      frame[kIpv6At + 5] = size;
      EXPECT(parse_changed(frame).error() == NdpError::kFormat);
    }
  }
}

}  // namespace
}  // namespace sallyport::net
