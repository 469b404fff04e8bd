#include "net/checksum.h"

#include "counting_rng.h"
#include "packet_builder.h"
#include "test.h"

namespace sallyport::net {
namespace {

using testing::ByteVector;
using testing::counting_bytes;
using testing::ip;
using testing::plain_sum;

TEST_SUITE("net/checksum") {
  // RFC 1071 section 3: the words 0001 f203 f4f5 f6f7 sum to ddf2.
  TEST_CASE("sums the example of RFC 1071") {
    const ByteVector bytes{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    ChecksumSum sum;
    sum.add(bytes);
    EXPECT(sum.folded() == 0xddf2);
    EXPECT(internet_checksum(bytes) == 0x220d);
  }

  TEST_CASE("agrees with adding word by word, at every length and alignment") {
    testing::CountingRng rng;
    ByteVector bytes(300);
    rng.fill(bytes);
    for (std::size_t at = 0; at < 16; ++at) {
      for (std::size_t size = 0; at + size <= bytes.size(); ++size) {
        const base::Bytes part = base::Bytes(bytes).subspan(at, size);
        ChecksumSum sum;
        sum.add(part);
        REQUIRE(sum.folded() == plain_sum(part));
      }
    }
  }

  TEST_CASE("no carry is lost in the longest packet of ones") {
    const ByteVector ones(65535, 0xff);
    ChecksumSum sum;
    sum.add(ones);
    EXPECT(sum.folded() == plain_sum(ones));
    sum.add(ByteVector(65535, 0xff));
    EXPECT(sum.folded() == plain_sum(ByteVector(2, 0), 2 * std::uint32_t{plain_sum(ones)}));
  }

  TEST_CASE("pieces and fields add up to the whole") {
    const ByteVector bytes = counting_bytes(41, 0xd0);
    ChecksumSum sum;
    sum.add(base::Bytes(bytes).first(6));
    sum.add_u16(static_cast<std::uint16_t>(bytes[6] << 8 | bytes[7]));
    sum.add_u32(0xd8d9dadb);
    sum.add(base::Bytes(bytes).subspan(12));
    EXPECT(sum.folded() == plain_sum(bytes));
  }

  TEST_CASE("data with its checksum inside is correct") {
    ByteVector bytes = counting_bytes(20, 3);
    bytes[10] = bytes[11] = 0;
    const std::uint16_t checksum = internet_checksum(bytes);
    bytes[10] = static_cast<std::uint8_t>(checksum >> 8);
    bytes[11] = static_cast<std::uint8_t>(checksum);
    ChecksumSum sum;
    sum.add(bytes);
    EXPECT(sum.is_correct());
    EXPECT(internet_checksum(bytes) == 0);
  }

  TEST_CASE("the pseudo-header sums both addresses, the protocol and a 32-bit length") {
    const auto v4 = pseudo_header_sum(ip("10.137.0.5"), ip("198.51.100.7"), 6, 1480);
    EXPECT(v4.folded() == plain_sum(ByteVector{10, 137, 0, 5, 198, 51, 100, 7, 0, 6, 0x05, 0xc8}));
    const auto v6 = pseudo_header_sum(ip("fd00::1"), ip("2001:db8::7"), 17, 0x12345);
    EXPECT(v6.folded() == plain_sum(ByteVector{0xfd, 0, 0, 1, 0x20, 0x01, 0x0d, 0xb8, 0, 7, 0, 17,
                                               0x23, 0x45, 0, 1}));
  }
}

}  // namespace
}  // namespace sallyport::net
