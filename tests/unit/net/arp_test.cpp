#include "net/arp.h"

#include <algorithm>

#include "packet_builder.h"
#include "pcap.h"
#include "test.h"

namespace sallyport::net {
namespace {

using testing::Frame;
using testing::ip;

// client.pcap: a real stack asks for 10.137.0.1, and another one answers.
Frame real_request() {
  return testing::read_pcap("net/client.pcap")[3];
}
Frame real_reply() {
  return testing::read_pcap("net/client.pcap")[4];
}

std::expected<ArpRequest, ArpError> parse(Frame& frame) {
  return parse_arp_request(parse_ethernet(frame).value());
}

ArpError error_with(std::size_t at, std::uint8_t value) {
  Frame frame = real_request();
  frame[at] = value;
  const auto request = parse(frame);
  REQUIRE_FALSE(request.has_value());
  return request.error();
}

TEST_SUITE("net/arp") {
  TEST_CASE("a real request is answered byte for byte as Linux answers it") {
    Frame frame = real_request();
    const auto request = parse(frame);
    REQUIRE(request.has_value());
    EXPECT(request->sender == ip("10.137.0.5"));
    EXPECT(request->target == ip("10.137.0.1"));
    EXPECT(request->sender_mac.to_string() == "00:16:3e:5e:6c:05");

    std::array<std::uint8_t, 64> out{};
    const auto reply = write_arp_reply(*request, *MacAddress::parse("fe:ff:ff:ff:ff:ff"), out);
    EXPECT(std::ranges::equal(reply, real_reply()));
  }

  TEST_CASE("padding behind a request is ignored and every truncation refused") {
    Frame frame = real_request();
    frame.resize(60);
    EXPECT(parse(frame).has_value());
    for (std::size_t size = EthernetHeader::kSize; size < kArpFrameSize; ++size) {
      Frame cut = real_request();
      cut.resize(size);
      const auto request = parse(cut);
      REQUIRE_FALSE(request.has_value());
      EXPECT(request.error() == ArpError::kTruncated);
    }
  }

  TEST_CASE("only requests for IPv4 over Ethernet are taken") {
    EXPECT(error_with(15, 6) == ArpError::kFormat);
    EXPECT(error_with(16, 0x86) == ArpError::kFormat);
    EXPECT(error_with(18, 8) == ArpError::kFormat);
    EXPECT(error_with(19, 16) == ArpError::kFormat);
    EXPECT(error_with(21, 2) == ArpError::kNotRequest);
    EXPECT(error_with(21, 8) == ArpError::kNotRequest);
  }

  TEST_CASE("a sender that is not the frame's is a spoof") {
    EXPECT(error_with(27, 0x06) == ArpError::kSender);
    Frame group = real_request();
    group[6] |= 1;
    group[22] |= 1;
    EXPECT(parse(group).error() == ArpError::kSender);
  }
}

}  // namespace
}  // namespace sallyport::net
