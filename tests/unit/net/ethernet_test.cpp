#include "net/ethernet.h"

#include <algorithm>

#include "pcap.h"
#include "test.h"

namespace sallyport::net {
namespace {

TEST_SUITE("net/ethernet") {
  TEST_CASE("reads and writes the header of a real frame") {
    testing::Frame frame = testing::read_pcap("net/client.pcap")[5];
    const auto parsed = parse_ethernet(frame);
    REQUIRE(parsed.has_value());
    EXPECT(parsed->header.destination.to_string() == "fe:ff:ff:ff:ff:ff");
    EXPECT(parsed->header.source.to_string() == "00:16:3e:5e:6c:05");
    EXPECT(parsed->header.type == EtherType::kIpv4);
    EXPECT(parsed->payload.data() == frame.data() + EthernetHeader::kSize);
    EXPECT(parsed->payload.size() == frame.size() - EthernetHeader::kSize);

    testing::Frame copy(EthernetHeader::kSize);
    parsed->header.write(copy);
    EXPECT(std::ranges::equal(copy, base::Bytes(frame).first(EthernetHeader::kSize)));
  }

  TEST_CASE("needs a whole header, and nothing more") {
    testing::Frame frame(EthernetHeader::kSize);
    EXPECT(parse_ethernet(frame)->payload.empty());
    frame.pop_back();
    EXPECT_FALSE(parse_ethernet(frame).has_value());
  }
}

}  // namespace
}  // namespace sallyport::net
